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
2. Only breakpoints that the measures can reach become columns.
3. Measures of a zone that differ in nothing but their name become one integer column.
4. The search starts from the greedy plan.

Source: Birge and Louveaux (2011), *Introduction to Stochastic Programming*, section 2.4 (simple
recourse); Antunes and Peeters (2000), *Socio-Economic Planning Sciences* 34 (multi-period schools).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from analysis.planning.costs import objective, recourse_parts
from analysis.planning.instance import ANY_SOURCE, Array, Instance, Option, start_cost

#: Money inside the solver is in units of 10 000 yuan, which keeps the numbers near one.
MONEY_UNIT = 1e4
SEED = 20_170_426
NODE_LIMIT = 20_000
TIME_LIMIT_SECONDS = 240.0
GAP = 1e-3


@dataclass(frozen=True)
class Limits:
    """When to stop. Gap and nodes come first: they give the same plan on every machine."""

    gap: float = GAP
    nodes: int = NODE_LIMIT
    seconds: float = TIME_LIMIT_SECONDS


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
        alone = option.group or option.requires or option.option_id in needed
        key: object = (
            place
            if alone
            else (
                option.kind,
                tuple(sorted(option.effects.items())),
                option.capital_cny,
                option.starts,
                option.lead_years,
                option.life_years,
                option.running_cny,
                option.travel_cny,
                option.churn_cny,
                option.residual_share,
                option.source,
            )
        )
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
    """The programme, what it leaves out as a constant, and where each start stands."""

    columns: _Columns
    classes: list[Class]
    starts: dict[tuple[int, int], int]
    constant: float
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
    return np.maximum(least, 0.0), np.maximum(most, np.maximum(least, 0.0))


def _pieces(
    bends: Array, jumps: Array, low: float, high: float, slope: float
) -> list[tuple[float, float]]:
    """Return the (width, slope) pieces of a convex function between ``low`` and ``high``.

    Parameters
    ----------
    bends, jumps
        Where the slope changes, and by how much.
    slope
        Slope to the left of every bend.
    """
    order = np.argsort(bends, kind="stable")
    points, rise = bends[order], jumps[order]
    slope += float(rise[points <= low].sum())
    pieces, here = [], low
    inside = (points > low) & (points < high)
    for point, jump in zip(points[inside], rise[inside], strict=True):
        if point > here:
            pieces.append((float(point - here), slope))
            here = float(point)
        slope += float(jump)
    if high > here:
        pieces.append((float(high - here), slope))
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
    programme = Programme(columns, grouped, starts, 0.0, {})
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
    at_low = recourse_parts(instance, low, instance.demand)
    programme.constant = float(sum(at_low.values()) @ instance.probability)
    touching: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for (number, start), column in programme.starts.items():
        option = programme.classes[number].option
        for t in option.open_years(start, horizon):
            for zone, seats in option.effects.items():
                touching.setdefault((zone, t), []).append((column, -seats))
    for (zone, t), terms in sorted(touching.items()):
        bends, jumps, slope = _bends(instance, zone, t)
        pieces = _pieces(bends, jumps, low[zone, t], high[zone, t], slope)
        own = [(columns.column(slope, width), width) for width, slope in pieces]
        programme.pieces[zone, t] = (float(low[zone, t]), own)
        right = instance.seats[zone, t] - low[zone, t]
        columns.row(right, right, [*[(column, 1.0) for column, _ in own], *terms])


def _bends(instance: Instance, zone: int, t: int) -> tuple[Array, Array, float]:
    """Return where the expected cost of a zone and year bends, by how much, and its first slope."""
    weights, mass = instance.weights, instance.probability
    factor = float(weights.discount(instance.horizon)[t])
    short, spare = weights.shortage[zone] * factor, weights.spare[zone] * factor
    bends = instance.demand[zone, t]
    jumps = mass * (short + spare)
    if t == instance.horizon - 1:
        bends = np.concatenate([bends, np.maximum(bends, instance.seats[zone, t])])
        jumps = np.concatenate([jumps, mass * weights.stranded[zone] * factor])
    return bends, jumps, -short


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
    """Solve an instance; the given plan is never beaten by what comes back.

    Parameters
    ----------
    start
        A plan ``(J, T)`` that keeps every rule; by default doing nothing.
    limits
        When to stop. Gap and node limits give the same plan on every machine; the time limit is the
        last resort and is named in the status when it was hit.
    """
    limits = limits or Limits()
    begin = np.zeros((len(instance.options), instance.horizon)) if start is None else start
    programme = build(instance)
    if not programme.starts:
        value = objective(instance, begin)
        return Solution(begin, value, value, "optimal", 0)
    solver = _run(programme, limits, _as_solution(instance, programme, begin))
    if not _honest(programme, solver):
        solver = _run(programme, limits, None)
    return _read(instance, programme, solver, begin)


def _run(
    programme: Programme, limits: Limits, first: highspy.HighsSolution | None
) -> highspy.Highs:
    solver = _solver(limits)
    solver.passModel(programme.columns.programme())
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


def _read(
    instance: Instance, programme: Programme, solver: highspy.Highs, begin: Array
) -> Solution:
    info = solver.getInfo()
    state = solver.getModelStatus()
    names = {
        highspy.HighsModelStatus.kOptimal: "optimal",
        highspy.HighsModelStatus.kTimeLimit: "time_limit",
        highspy.HighsModelStatus.kSolutionLimit: "node_limit",
    }
    counts = begin
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        values = np.array(solver.getSolution().col_value)
        found = _spread(instance, programme, values)
        if objective(instance, found) <= objective(instance, begin):
            counts = found
    value = objective(instance, counts)
    bound = info.mip_dual_bound * MONEY_UNIT + programme.constant
    if not np.isfinite(bound):
        bound = float("-inf")
    return Solution(
        counts, value, min(bound, value), names.get(state, "stopped"), int(info.mip_node_count)
    )


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
