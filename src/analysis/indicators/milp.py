"""A small mixed-integer model on HiGHS: variables, rows, one solve. Deterministic, one thread."""

from __future__ import annotations

from collections.abc import Mapping
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
_FOUND = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kSolutionLimit)


class _Quiet(highspy.Highs):
    """The solver without its banner and without callbacks."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()


@dataclass
class Model:
    """Minimise ``cost' x`` over bounded, partly whole variables under linear rows."""

    costs: list[float] = field(default_factory=list)
    lowers: list[float] = field(default_factory=list)
    uppers: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[Mapping[int, float], float]] = field(default_factory=list)

    def variable(self, cost: float, upper: float, *, whole: bool, lower: float = 0.0) -> int:
        """Add a variable and return its number."""
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

    def solve(self, *, relaxed: bool = False, gap: float = GAP) -> tuple[Array, float, float]:
        """Return the solution, its cost and the proven lower bound.

        Parameters
        ----------
        relaxed
            Whether whole variables may be fractions (the linear relaxation).
        gap
            Relative gap at which the search stops.

        Raises
        ------
        InfeasiblePlanError
            No solution exists.
        SolverLimitError
            The node limit came before any solution.
        """
        solver = _Quiet()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("random_seed", 0)
        solver.setOptionValue("mip_rel_gap", gap)
        solver.setOptionValue("mip_max_nodes", NODES)
        solver.passModel(self._program(relaxed))
        solver.run()
        status = solver.getModelStatus()
        info = solver.getInfo()
        if status == highspy.HighsModelStatus.kInfeasible:
            msg = "No path makes every school and every CV pass within the measures allowed."
            raise InfeasiblePlanError(msg)
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        if not feasible:
            msg = f"The solver stopped before it found a path ({status})."
            raise SolverLimitError(msg)
        values = np.asarray(solver.getSolution().col_value, dtype=float)
        scale = self._scale()
        cost = float(info.objective_function_value) * scale
        proven = float(info.mip_dual_bound) * scale
        bound = cost if relaxed or not any(self.whole) else proven
        return values, cost, bound

    def _scale(self) -> float:
        """Return what costs are divided by: yuan by the million break the simplex tolerances."""
        return max(1.0, max(self.costs, default=0.0) / LARGEST_COST)

    def _program(self, relaxed: bool) -> highspy.HighsLp:
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self.costs), len(self.rows)
        program.col_cost_ = np.asarray(self.costs, dtype=float) / self._scale()
        program.col_lower_ = np.asarray(self.lowers, dtype=float)
        program.col_upper_ = np.asarray(self.uppers, dtype=float)
        program.row_lower_ = np.asarray([bound for _, bound in self.rows], dtype=float)
        program.row_upper_ = np.full(len(self.rows), highspy.kHighsInf)
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        counts = [len(terms) for terms, _ in self.rows]
        program.a_matrix_.start_ = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        program.a_matrix_.index_ = np.asarray(
            [k for terms, _ in self.rows for k in terms], dtype=np.int32
        )
        program.a_matrix_.value_ = np.asarray(
            [v for terms, _ in self.rows for v in terms.values()], dtype=float
        )
        if not relaxed:
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            program.integrality_ = [kinds[int(whole)] for whole in self.whole]
        return program
