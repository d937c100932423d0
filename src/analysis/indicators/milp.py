"""A small mixed-integer model on HiGHS: variables, rows, solves. Deterministic, one thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray

from analysis.errors import InfeasiblePlanError, SolverLimitError

Array = NDArray[np.float64]
#: Relative gap at which the search stops, and the nodes it may search: no clock is consulted.
GAP = 1e-4
NODES = 4_000
#: Costs are scaled so that the dearest unit costs this much.
LARGEST_COST = 1e3
_KINDS = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)


class _Quiet(highspy.Highs):
    """The solver without its banner and without callbacks."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()


@dataclass
class Model:
    """Minimise ``cost' x`` over bounded, partly whole variables under linear rows.

    The solver is kept between solves: rows added since are appended, and the linear relaxation
    starts from its last basis.
    """

    costs: list[float] = field(default_factory=list)
    lowers: list[float] = field(default_factory=list)
    uppers: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[Mapping[int, float], float]] = field(default_factory=list)
    _solver: _Quiet | None = field(default=None, repr=False)
    _passed: int = field(default=0, repr=False)

    def variable(self, cost: float, upper: float, *, whole: bool, lower: float = 0.0) -> int:
        """Add a variable and return its number; only before the first solve."""
        self.costs.append(cost)
        self.lowers.append(lower)
        self.uppers.append(upper)
        self.whole.append(whole)
        return len(self.costs) - 1

    def at_least(self, terms: Mapping[int, float], bound: float) -> None:
        """Add the row ``sum terms >= bound``."""
        self.rows.append((dict(terms), bound))

    def equal(self, terms: Mapping[int, float], bound: float) -> None:
        """Add the row ``sum terms = bound``."""
        self.at_least(terms, bound)
        self.at_least({k: -v for k, v in terms.items()}, -bound)

    def solve(
        self, *, relaxed: bool = False, gap: float = GAP, nodes: int = NODES
    ) -> tuple[Array, float, float]:
        """Return the solution, its cost and the proven lower bound.

        Parameters
        ----------
        relaxed
            Whether whole variables may be fractions (the linear relaxation).
        gap
            Relative gap at which the search stops.
        nodes
            Nodes the search may open.

        Raises
        ------
        InfeasiblePlanError
            No solution exists.
        SolverLimitError
            The node limit came before any solution.
        """
        solver = self._ready(relaxed)
        solver.setOptionValue("mip_rel_gap", gap)
        solver.setOptionValue("mip_max_nodes", nodes)
        values = self._run(solver)
        info = solver.getInfo()
        scale = self._scale()
        cost = float(info.objective_function_value) * scale
        if relaxed or not any(self.whole):
            return values, cost, cost
        return values, cost, float(info.mip_dual_bound) * scale

    def largest(self, terms: Mapping[int, float]) -> float:
        """Return the largest value of ``sum terms`` in the linear relaxation."""
        solver = self._ready(relaxed=True)
        numbers = np.arange(len(self.costs), dtype=np.int32)
        goal = np.zeros(len(self.costs))
        goal[list(terms)] = [-v for v in terms.values()]
        solver.changeColsCost(len(numbers), numbers, goal)
        values = self._run(solver)
        solver.changeColsCost(len(numbers), numbers, np.asarray(self.costs) / self._scale())
        return float(sum(values[k] * v for k, v in terms.items()))

    def _run(self, solver: _Quiet) -> Array:
        solver.run()
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            msg = "No path makes every school and every CV pass within the measures allowed."
            raise InfeasiblePlanError(msg)
        found = solver.getInfo().primal_solution_status
        if found != highspy.SolutionStatus.kSolutionStatusFeasible:
            msg = f"The solver stopped before it found a path ({status})."
            raise SolverLimitError(msg)
        return np.asarray(solver.getSolution().col_value, dtype=float)

    def _scale(self) -> float:
        """Return what costs are divided by: yuan by the million break the simplex tolerances."""
        return max(1.0, max(self.costs, default=0.0) / LARGEST_COST)

    def _ready(self, relaxed: bool) -> _Quiet:
        """Return the solver with every row in it and the whole variables whole or not."""
        if self._solver is None:
            self._solver = _Quiet()
            for name, chosen in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
                self._solver.setOptionValue(name, chosen)
            self._solver.passModel(self._program())
        elif self._passed < len(self.rows):
            start, index, value = _sparse([terms for terms, _ in self.rows[self._passed :]])
            lower = np.asarray([bound for _, bound in self.rows[self._passed :]], dtype=float)
            upper = np.full(len(lower), highspy.kHighsInf)
            self._solver.addRows(len(lower), lower, upper, len(index), start, index, value)
        self._passed = len(self.rows)
        numbers = np.flatnonzero(self.whole).astype(np.int32)
        kind = _KINDS[int(not relaxed)]
        self._solver.changeColsIntegrality(len(numbers), numbers, np.full(len(numbers), kind))
        return self._solver

    def _program(self) -> highspy.HighsLp:
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self.costs), len(self.rows)
        program.col_cost_ = np.asarray(self.costs, dtype=float) / self._scale()
        program.col_lower_ = np.asarray(self.lowers, dtype=float)
        program.col_upper_ = np.asarray(self.uppers, dtype=float)
        program.row_lower_ = np.asarray([bound for _, bound in self.rows], dtype=float)
        program.row_upper_ = np.full(len(self.rows), highspy.kHighsInf)
        start, index, value = _sparse([terms for terms, _ in self.rows])
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_, program.a_matrix_.index_ = start, index
        program.a_matrix_.value_ = value
        return program


def _sparse(
    rows: Sequence[Mapping[int, float]],
) -> tuple[NDArray[np.int32], NDArray[np.int32], Array]:
    """Return rows as starts, variable numbers and coefficients."""
    counts = np.asarray([0, *(len(terms) for terms in rows)]).cumsum().astype(np.int32)
    index = np.asarray([k for terms in rows for k in terms], dtype=np.int32)
    value = np.asarray([v for terms in rows for v in terms.values()], dtype=float)
    return counts, index, value
