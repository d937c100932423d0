r"""The optimiser: a two-stage integer programme over simulated futures, solved by HiGHS.

Formulation
-----------
.. math::

    \min_x \sum_{j,s} c_{js} x_{js}
        + \sum_{z,t} d_t \sum_k p_k \left[ a_z (D_{ztk} - E_{zt})^+ + b_z (E_{zt} - D_{ztk})^+
        \right] + d_T \sum_z h_z \sum_k p_k (E_{zT} - \max(D_{zTk}, e_{zT}))^+

    E_{zt} = e_{zt} + \sum_j \sum_{s:\, s + l_j \le t < s + l_j + v_j} q_{jz} x_{js} \ge 0

    \sum_s x_{js} \le m_j, \quad \sum_{j \in g, s} x_{js} \le m_g, \quad
    x_{is} \le m_i \sum_{r \le s} x_{jr} \;\; (i \text{ requires } j)

    \sum_{j} y_{jft} = \text{(spending tied to } f) + w_{ft}, \quad
    \sum_{u \le t} y_{\cdot fu} \le \sum_{u \le t} F_{fu}, \quad x_{js} \in \{0, 1, \dots, m_j\}

Where
-----
``x_js`` units of measure j started in year s; ``c_js`` discounted capital, running, travel and
churn of one unit, less the value left at the end; ``E_zt`` seats of zone z (a town and stage) in
year t; ``D_ztk`` seats required in future k of probability ``p_k``; ``a_z, b_z, h_z`` cost of a
seat short, spare, and stranded at the end; ``d_t`` discount factor; ``l_j, v_j`` lead time and
life; ``q_jz`` seats of a unit; ``m`` limits; ``F_ft`` funds of source f, ``w_ft`` what it pays of
measures that any source may pay.

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

import math
from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from analysis.planning.costs import objective, recourse_parts, violations
from analysis.planning.instance import ANY_SOURCE, Array, Instance, Option, start_cost
from analysis.planning.polish import polished

#: Money inside the solver is in units of 10 000 yuan, which keeps the numbers near one.
MONEY_UNIT = 1e4
SEED = 20_170_426
NODE_LIMIT = 200
TIME_LIMIT_SECONDS = 600.0
GAP = 1e-2
#: Nodes spent on the neighbourhood of the relaxed plan.
NEAR_NODES = 200
_WHOLE = 1e-6
#: Steps of seats above which a zone's cost is given by its bends instead.
MOST_STEPS = 400
_SAME_SLOPE = 1e-9


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


@dataclass(frozen=True)
class Class:
    """Measures that differ in nothing but their name, as one."""

    option: Option
    members: tuple[int, ...]
    most: int


def classes_of(instance: Instance) -> list[Class]:
    """Put interchangeable measures together, in the order of the first of each."""
    needed = {option.requires for option in instance.options if option.requires}
    found: dict[object, list[int]] = {}
    for place, option in enumerate(instance.options):
        unique = option.option_id in needed
        key = option.option_id if unique else option.likeness()
        found.setdefault(key, []).append(place)
    return [
        Class(
            instance.options[members[0]],
            tuple(members),
            sum(instance.options[m].most for m in members),
        )
        for members in found.values()
    ]


class _Columns:
    """Columns and rows of the programme as they are put together."""

    def __init__(self) -> None:
        self.offset = 0.0
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.whole: list[bool] = []
        self.row_low: list[float] = []
        self.row_high: list[float] = []
        self.rows: list[int] = []
        self.places: list[int] = []
        self.values: list[float] = []

    def column(self, cost: float, upper: float, whole: bool = False) -> int:
        """Add a column that starts at zero."""
        self.cost.append(cost / MONEY_UNIT)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, low: float, high: float, terms: Sequence[tuple[int, float]]) -> None:
        """Add a row over (column, coefficient) terms."""
        number = len(self.row_low)
        self.row_low.append(low)
        self.row_high.append(high)
        for place, value in terms:
            self.rows.append(number)
            self.places.append(place)
            self.values.append(value)

    def programme(self) -> highspy.HighsLp:
        """Return the programme in HiGHS's own form."""
        lp = highspy.HighsLp()
        lp.offset_ = self.offset / MONEY_UNIT
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.row_low)
        lp.col_cost_ = np.array(self.cost)
        lp.col_lower_ = np.zeros(len(self.cost))
        lp.col_upper_ = np.array(self.upper)
        lp.row_lower_ = np.array(self.row_low)
        lp.row_upper_ = np.array(self.row_high)
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[whole] for whole in self.whole]
        order = np.lexsort((self.places, self.rows))
        counts = np.bincount(self.rows, minlength=lp.num_row_)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(counts)])
        lp.a_matrix_.index_ = np.array(self.places, dtype=np.int32)[order]
        lp.a_matrix_.value_ = np.array(self.values)[order]
        return lp


@dataclass
class Programme:
    """The programme, and where each start and each piece of a zone's cost stands in it."""

    columns: _Columns
    classes: list[Class]
    starts: dict[tuple[int, int], int]
    pieces: dict[tuple[int, int], tuple[float, list[tuple[int, float]]]]


def reach(instance: Instance) -> tuple[Array, Array]:
    """Return the least and most seats ``(Z, T)`` that the measures can bring about."""
    least, most = instance.seats.copy(), instance.seats.copy()
    for option in instance.options:
        spans = [option.open_years(s, instance.horizon) for s in option.starts]
        years = sorted({t for span in spans for t in span})
        for zone, seats in option.effects.items():
            target = most if seats > 0 else least
            target[zone, years] += seats * option.most
    return least, most


def steps(instance: Instance) -> Array:
    """Return the step ``(Z,)`` in which measures change the seats of each zone; zero if none.

    The greatest common divisor of all effects there, if they are whole numbers.
    """
    found = np.zeros(len(instance.zones))
    for zone in range(len(instance.zones)):
        sizes = [o.effects[zone] for o in instance.options if zone in o.effects]
        if sizes and all(float(size).is_integer() for size in sizes):
            found[zone] = math.gcd(*(int(size) for size in sizes))
    return found


def reachable(seats: float, low: float, high: float, step: float, bends: Array) -> Array:
    """Return the values between ``low`` and ``high`` at which the cost of a zone may bend.

    Seats change by whole steps, so only every step counts; where there is no common step, or it is
    very fine, the bends of the cost itself are taken.
    """
    low = max(low, 0.0)
    if step and (high - low) / step <= MOST_STEPS:
        first = seats + step * np.ceil((low - seats) / step - 1e-9)
        count = int(np.floor((high - first) / step + 1e-9)) + 1
        return np.asarray(first + step * np.arange(count), dtype=float)
    inside = np.unique(bends[(bends > low) & (bends < high)])
    return np.concatenate([[low], inside, [high] if high > low else []])


def convex_pieces(points: Array, values: Array) -> list[tuple[float, float]]:
    """Return the (width, slope) pieces of a convex function given at ``points``."""
    widths: Array = np.diff(points)
    slopes: Array = np.diff(values) / widths
    pieces: list[tuple[float, float]] = []
    for width, slope in zip(widths, slopes, strict=True):
        if pieces and abs(pieces[-1][1] - slope) < _SAME_SLOPE * (1.0 + abs(slope)):
            pieces[-1] = (pieces[-1][0] + float(width), pieces[-1][1])
        else:
            pieces.append((float(width), float(slope)))
    return pieces


def build(instance: Instance, *, merge: bool = True) -> Programme:
    """Build the programme of an instance."""
    columns = _Columns()
    grouped = (
        classes_of(instance)
        if merge
        else [Class(o, (i,), o.most) for i, o in enumerate(instance.options)]
    )
    starts: dict[tuple[int, int], int] = {}
    for number, item in enumerate(grouped):
        for start in item.option.starts:
            cost = sum(start_cost(instance, item.option, start).values())
            starts[number, start] = columns.column(cost, item.most, whole=True)
    programme = Programme(columns, grouped, starts, {})
    _limit_rows(instance, programme)
    _zone_rows(instance, programme)
    _budget_rows(instance, programme)
    return programme


def _limit_rows(instance: Instance, programme: Programme) -> None:
    columns, starts = programme.columns, programme.starts
    groups: dict[str, list[tuple[int, float]]] = {}
    number_of = {c.option.option_id: n for n, c in enumerate(programme.classes)}
    for number, item in enumerate(programme.classes):
        own = [(starts[number, s], 1.0) for s in item.option.starts]
        if len(own) > 1:
            columns.row(-highspy.kHighsInf, item.most, own)
        if item.option.group:
            groups.setdefault(item.option.group, []).extend(own)
        if item.option.requires:
            first = number_of[item.option.requires]
            earlier = programme.classes[first].option.starts
            for start in item.option.starts:
                before = [(starts[first, s], -float(item.most)) for s in earlier if s <= start]
                columns.row(-highspy.kHighsInf, 0.0, [(starts[number, start], 1.0), *before])
    for name, terms in groups.items():
        columns.row(-highspy.kHighsInf, instance.group_most.get(name, 1), terms)


def _zone_rows(instance: Instance, programme: Programme) -> None:
    horizon, columns = instance.horizon, programme.columns
    low, high = reach(instance)
    step = steps(instance)
    fixed: Array = instance.seats.copy()
    touching: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for (number, start), column in programme.starts.items():
        option = programme.classes[number].option
        for t in option.open_years(start, horizon):
            for zone, seats in option.effects.items():
                touching.setdefault((zone, t), []).append((column, -seats))
    for (zone, t), terms in sorted(touching.items()):
        here = float(instance.seats[zone, t])
        span = (float(low[zone, t]), float(high[zone, t]))
        points = reachable(here, *span, float(step[zone]), _bends(instance, zone, t))
        pieces = convex_pieces(points, zone_cost(instance, zone, t, points))
        own = [(columns.column(slope, width), width) for width, slope in pieces]
        fixed[zone, t] = points[0]
        programme.pieces[zone, t] = (float(points[0]), own)
        right = here - float(points[0])
        columns.row(right, right, [*[(column, 1.0) for column, _ in own], *terms])
    at_low = recourse_parts(instance, fixed, instance.demand)
    columns.offset = float(sum(at_low.values()) @ instance.probability)


def _bends(instance: Instance, zone: int, t: int) -> Array:
    """Return where the expected cost of a zone and year bends."""
    bends: Array = instance.demand[zone, t]
    if t == instance.horizon - 1:
        bends = np.concatenate([bends, np.maximum(bends, instance.seats[zone, t])])
    return bends


def zone_cost(instance: Instance, zone: int, t: int, seats: Array) -> Array:
    """Return the expected cost ``(N,)`` of a zone and year at given seats."""
    weights, mass = instance.weights, instance.probability
    over = seats[:, None] - instance.demand[zone, t][None, :]
    cost = weights.shortage[zone] * np.maximum(-over, 0) + weights.spare[zone] * np.maximum(over, 0)
    if t == instance.horizon - 1:
        there = instance.seats[zone, t]
        cost = cost + weights.stranded[zone] * np.minimum(
            np.maximum(over, 0), np.maximum(seats[:, None] - there, 0)
        )
    return np.asarray(cost @ mass * weights.discount(instance.horizon)[t], dtype=float)


def _budget_rows(instance: Instance, programme: Programme) -> None:
    budget = instance.budget
    if budget is None:
        return
    horizon, columns = instance.horizon, programme.columns
    spent: dict[tuple[str, int], list[tuple[int, float]]] = {}
    for (number, start), column in programme.starts.items():
        option = programme.classes[number].option
        share = option.capital_cny / max(option.lead_years, 1) / MONEY_UNIT
        if share:
            for t in option.paid_years(start, horizon):
                spent.setdefault((option.source, t), []).append((column, share * budget.index[t]))
    funds = budget.funds / MONEY_UNIT
    tied = any(name != ANY_SOURCE for name, _ in spent)
    if not tied:
        loose = [spent.get((ANY_SOURCE, t), []) for t in range(horizon)]
        _funds_rows(columns, loose, funds.sum(axis=0), carry_over=budget.carry_over)
        return
    paid = {
        (name, t): columns.column(0.0, highspy.kHighsInf)
        for name in budget.sources
        for t in range(horizon)
        if (ANY_SOURCE, t) in spent
    }
    for t in range(horizon):
        if (ANY_SOURCE, t) in spent:
            paying = [(paid[name, t], -1.0) for name in budget.sources]
            columns.row(0.0, 0.0, [*_added([], spent[ANY_SOURCE, t]), *paying])
    for place, name in enumerate(budget.sources):
        own = [
            spent.get((name, t), []) + ([(paid[name, t], 1.0)] if (name, t) in paid else [])
            for t in range(horizon)
        ]
        _funds_rows(columns, own, funds[place], carry_over=budget.carry_over)


def _funds_rows(
    columns: _Columns, spent: list[list[tuple[int, float]]], funds: Array, *, carry_over: bool
) -> None:
    """Keep spending within the funds, year by year or added up."""
    earlier: list[tuple[int, float]] = []
    for t, own in enumerate(spent):
        if not own:
            continue
        earlier = _added(earlier if carry_over else [], own)
        given = funds[: t + 1].sum() if carry_over else funds[t]
        columns.row(-highspy.kHighsInf, float(given), earlier)


def _added(
    left: list[tuple[int, float]], right: list[tuple[int, float]]
) -> list[tuple[int, float]]:
    total = dict(left)
    for place, value in right:
        total[place] = total.get(place, 0.0) + value
    return sorted(total.items())


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
    begin = polished(instance, begin)
    relaxed = _run(programme, limits, relax=True)
    bound = relaxed.getInfo().objective_function_value * MONEY_UNIT
    if relaxed.getModelStatus() == highspy.HighsModelStatus.kOptimal:
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
    seats = instance.seats_with(counts)
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
