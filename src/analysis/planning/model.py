r"""The optimiser: a two-stage integer programme over simulated futures, solved by HiGHS.

Formulation
-----------
.. math::

    \min_x \sum_{j,s} c_{js} x_{js}
        + \sum_{z,t} d_t \sum_k p_k \left[ a_z (D_{ztk} - E_{zt})^+ + b_z (E_{zt} - D_{ztk})^+
        \right] + d_T \sum_z h_z \sum_k p_k (L_z - \max(D_{zTk}, e_{zT}))^+

    E_{zt} = e_{zt} + \sum_j \sum_{s:\, s + l_j \le t < s + l_j + v_j} q_{jz} x_{js} \ge 0

    \sum_s x_{js} \le m_j, \quad \sum_{j \in g, s} x_{js} \le m_g, \quad
    x_{is} \le m_i \sum_{r \le s} x_{jr} \;\; (i \text{ requires } j)

    \sum_{j} y_{jft} = \text{(spending tied to } f) + w_{ft}, \quad
    \sum_{u \le t} y_{\cdot fu} \le \sum_{u \le t} F_{fu}, \quad x_{js} \in \{0, 1, \dots, m_j\}

Where
-----
``x_js`` units of measure j started in year s; ``c_js`` discounted capital, running, travel and
churn of one unit, less the value left at the end; ``E_zt`` seats of zone z (a town and stage) in
year t; ``L_z`` seats of the last year that may be stranded: in a county's plan those there and its
buildings, in an instance file all of ``E_zT``; ``D_ztk`` seats required in future k of probability
``p_k``; ``a_z, b_z, h_z`` cost of a seat short, spare, and stranded at the end; ``d_t`` discount
factor; ``l_j, v_j`` lead time and life; ``q_jz`` seats of a unit; ``m`` limits; ``F_ft`` funds of
source f, ``w_ft`` what it pays of measures that any source may pay.

Tricks (each keeps the optimum)
-------------------------------
1. The recourse depends on ``E_zt`` alone, so the futures of a zone and year collapse into one
   convex piecewise-linear function: its pieces are bounded columns with rising slopes, one row a
   zone and year instead of one a future.
2. Seats change by whole classes, so the function is needed at those values only; straight lines
   between them lie above it, which tightens the relaxation and loses nothing.
3. Measures of a zone that differ in nothing but their name become one integer column.
4. The relaxed plan, rounded either way and repaired by local search, comes before the search.

Source: Birge and Louveaux (2011), *Introduction to Stochastic Programming*, section 2.4 (simple
recourse); Antunes and Peeters (2000), *Socio-Economic Planning Sciences* 34 (multi-period schools).
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from analysis.planning.costs import objective, violations
from analysis.planning.instance import Array, Instance
from analysis.planning.polish import polished
from analysis.planning.programme import MONEY_UNIT, Programme, build

SEED = 20_170_426
NODE_LIMIT = 200
TIME_LIMIT_SECONDS = 600.0
GAP = 1e-2
#: Nodes spent on the neighbourhood of the relaxed plan.
NEAR_NODES = 200
_WHOLE = 1e-6


@dataclass(frozen=True)
class Limits:
    """When to stop. Gap and nodes come first: they give the same plan on every machine.

    Without ``search`` the plan of the relaxation's neighbourhood stands, whatever its gap.
    """

    gap: float = GAP
    nodes: int = NODE_LIMIT
    seconds: float = TIME_LIMIT_SECONDS
    search: bool = True


@dataclass(frozen=True)
class Solution:
    """A plan ``counts`` ``(J, T)``, its objective, the proven bound and how the search ended."""

    counts: Array
    objective: float
    bound: float
    status: str
    nodes: int

    @property
    def gap(self) -> float:
        """Proven relative distance from the optimum."""
        return max(0.0, self.objective - self.bound) / max(abs(self.objective), 1e-9)


def solve(
    instance: Instance, *, start: Array | None = None, limits: Limits | None = None
) -> Solution:
    """Solve an instance; the given plan is never better than what comes back.

    Parameters
    ----------
    start
        A plan ``(J, T)`` that keeps every rule; by default doing nothing.
    limits
        When to stop. Gap and node limits give the same plan on every machine; the time limit is the
        last resort and is named in the status when it was hit.

    Notes
    -----
    First the relaxation and its neighbourhood (every number of units rounded up or down), repaired
    by local search: on county problems that is usually within the gap already. Only then the whole
    search, from that plan.
    """
    limits = limits or Limits()
    begin = np.zeros((len(instance.options), instance.horizon)) if start is None else start
    programme = build(instance)
    if not programme.starts:
        value = objective(instance, begin)
        return Solution(begin, value, value, "optimal", 0)
    relaxed = _run(programme, limits, relax=True)
    bound = relaxed.getInfo().objective_function_value * MONEY_UNIT
    if relaxed.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        begin = polished(instance, begin)
    else:
        values = np.array(relaxed.getSolution().col_value)
        near = _run(programme, limits, near=values)
        begin = polished(instance, _best_of(instance, programme, near, begin))
        value = objective(instance, begin)
        within = value - bound <= limits.gap * abs(value)
        if within or not limits.search:
            return Solution(
                begin, value, min(bound, value), "optimal" if within else "not_searched", 0
            )
    solver = _run(programme, limits, first=_as_solution(instance, programme, begin))
    if not _honest(programme, solver):
        solver = _run(programme, limits)
    return _read(instance, programme, solver, begin)


def _run(
    programme: Programme,
    limits: Limits,
    *,
    first: highspy.HighsSolution | None = None,
    near: Array | None = None,
    relax: bool = False,
) -> highspy.Highs:
    """Run the solver: on the programme, its relaxation, or the neighbourhood of a relaxed plan."""
    lp = programme.columns.programme()
    if relax:
        lp.integrality_ = []
    if near is not None:
        lower, upper = np.array(lp.col_lower_), np.array(lp.col_upper_)
        places = list(programme.starts.values())
        lower[places] = np.floor(near[places] + _WHOLE)
        upper[places] = np.ceil(near[places] - _WHOLE)
        lp.col_lower_, lp.col_upper_ = lower, upper
        limits = Limits(limits.gap / 4, min(limits.nodes, NEAR_NODES), limits.seconds / 4)
    solver = _solver(limits)
    solver.passModel(lp)
    if first is not None:
        solver.setSolution(first)
    solver.run()
    return solver


def _honest(programme: Programme, solver: highspy.Highs) -> bool:
    """Tell whether the columns that came back are worth what the solver says.

    HiGHS 1.16 can hand back the starting plan with the value of a better one, when presolve
    improves on the start; the search is then repeated without it.
    """
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return True
    values = np.array(solver.getSolution().col_value)
    worth = float(np.array(programme.columns.cost) @ values)
    worth += programme.columns.offset / MONEY_UNIT
    said = info.objective_function_value
    return abs(worth - said) <= 1e-6 * max(1.0, abs(said))


class _Quiet(highspy.Highs):
    """The solver without its banner: the callbacks that print it are not needed here."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()


def _solver(limits: Limits) -> highspy.Highs:
    solver = _Quiet()
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", SEED),
        ("mip_rel_gap", limits.gap),
        ("mip_max_nodes", limits.nodes),
        ("time_limit", limits.seconds),
    ):
        solver.setOptionValue(name, value)
    return solver


def _as_solution(instance: Instance, programme: Programme, counts: Array) -> highspy.HighsSolution:
    values = np.zeros(len(programme.columns.cost))
    for (number, start), column in programme.starts.items():
        values[column] = counts[list(programme.classes[number].members), start].sum()
    # pieces under the year after the last are those of lasting seats
    seats = np.column_stack([instance.seats_with(counts), instance.lasting_seats(counts)])
    for (zone, t), (low, pieces) in programme.pieces.items():
        left = seats[zone, t] - low
        for column, width in pieces:
            values[column] = min(max(left, 0.0), width)
            left -= width
    solution = highspy.HighsSolution()
    solution.col_value = list(values)
    solution.value_valid = True
    return solution


def _best_of(
    instance: Instance, programme: Programme, solver: highspy.Highs, begin: Array
) -> Array:
    """Return the plan the solver found, or the one it began with if that is better."""
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return begin
    found = _spread(instance, programme, np.array(solver.getSolution().col_value))
    better = objective(instance, found) <= objective(instance, begin)
    return found if better and not violations(instance, found) else begin


def _read(
    instance: Instance, programme: Programme, solver: highspy.Highs, begin: Array
) -> Solution:
    info = solver.getInfo()
    names = {
        highspy.HighsModelStatus.kOptimal: "optimal",
        highspy.HighsModelStatus.kTimeLimit: "time_limit",
        highspy.HighsModelStatus.kSolutionLimit: "node_limit",
    }
    counts = polished(instance, _best_of(instance, programme, solver, begin))
    value = objective(instance, counts)
    bound = info.mip_dual_bound * MONEY_UNIT
    if not np.isfinite(bound):
        bound = float("-inf")
    status = names.get(solver.getModelStatus(), "stopped")
    return Solution(counts, value, min(bound, value), status, int(info.mip_node_count))


def _spread(instance: Instance, programme: Programme, values: Array) -> Array:
    """Give the units of a class to its members, first come first served."""
    counts = np.zeros((len(instance.options), instance.horizon))
    for number, item in enumerate(programme.classes):
        room = [instance.options[m].most for m in item.members]
        for start in sorted(item.option.starts):
            wanted = round(values[programme.starts[number, start]])
            for place, member in enumerate(item.members):
                given = min(wanted, room[place])
                counts[member, start] += given
                room[place] -= given
                wanted -= given
    return counts
