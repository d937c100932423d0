"""The integer programme of the plan, put together for HiGHS; the formulation is in ``model``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from analysis.planning.costs import recourse_parts
from analysis.planning.instance import ANY_SOURCE, Array, Instance, Option, start_cost

#: Money inside the solver is in units of 10 000 yuan, which keeps the numbers near one.
MONEY_UNIT = 1e4
#: Steps of seats above which a zone's cost is given by its bends instead.
MOST_STEPS = 400
_SAME_SLOPE = 1e-9


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


class Columns:
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

    columns: Columns
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
        found[zone] = _common(o.effects[zone] for o in instance.options if zone in o.effects)
    return found


def _common(effects: Iterable[float]) -> float:
    """Return the greatest common divisor of whole numbers; zero if one is not whole."""
    sizes = list(effects)
    if not sizes or not all(float(size).is_integer() for size in sizes):
        return 0.0
    return float(math.gcd(*(int(size) for size in sizes)))


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
    for width, slope in zip(widths.tolist(), slopes.tolist(), strict=True):
        if pieces and abs(pieces[-1][1] - slope) < _SAME_SLOPE * (1.0 + abs(slope)):
            pieces[-1] = (pieces[-1][0] + width, pieces[-1][1])
        else:
            pieces.append((width, slope))
    return pieces


def build(instance: Instance, *, merge: bool = True) -> Programme:
    """Build the programme of an instance."""
    columns = Columns()
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
    limit_rows(instance, programme)
    zone_rows(instance, programme)
    budget_rows(instance, programme)
    return programme


def limit_rows(instance: Instance, programme: Programme) -> None:
    """Add the limits of every measure and group, and what needs what."""
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


def zone_rows(instance: Instance, programme: Programme) -> None:
    """Add the seats of every zone and year, and the pieces of their cost."""
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
        values = zone_cost(instance, zone, t, points)
        fixed[zone, t] = _piece_row(programme, (zone, t), points, values, terms, here)
    lasting = fixed[:, -1]
    if instance.stranded_built:
        lasting = stranded_rows(instance, programme)
    at_low = recourse_parts(instance, fixed, instance.demand, lasting=lasting)
    columns.offset = float(sum(at_low.values()) @ instance.probability)


def _piece_row(
    programme: Programme,
    key: tuple[int, int],
    points: Array,
    values: Array,
    terms: list[tuple[int, float]],
    here: float,
) -> float:
    """Add the pieces of a convex cost of seats and the row that fills them; return the least."""
    columns = programme.columns
    own = [(columns.column(slope, width), width) for width, slope in convex_pieces(points, values)]
    programme.pieces[key] = (float(points[0]), own)
    right = here - float(points[0])
    columns.row(right, right, [*[(column, 1.0) for column, _ in own], *terms])
    return float(points[0])


def stranded_rows(instance: Instance, programme: Programme) -> Array:
    """Add what buildings cost that nobody needs at the end; return the least lasting seats.

    Their pieces stand under the year after the last one.
    """
    horizon, last = instance.horizon, instance.horizon - 1
    low: Array = instance.seats[:, -1].copy()
    high = low.copy()
    touching: dict[int, list[tuple[int, float]]] = {}
    for (number, start), column in programme.starts.items():
        option = programme.classes[number].option
        if last not in option.open_years(start, horizon) or not instance.may_strand(option):
            continue
        for zone, seats in option.effects.items():
            touching.setdefault(zone, []).append((column, -seats))
    kept = [
        option
        for option in instance.options
        if instance.may_strand(option)
        and any(last in option.open_years(s, horizon) for s in option.starts)
    ]
    for option in kept:
        for zone, seats in option.effects.items():
            (high if seats > 0 else low)[zone] += seats * option.most
    for zone, terms in sorted(touching.items()):
        here = float(instance.seats[zone, -1])
        bends = np.maximum(instance.demand[zone, -1], here)
        step = _common(o.effects[zone] for o in kept if zone in o.effects)
        points = reachable(here, float(low[zone]), float(high[zone]), step, bends)
        values = stranded_cost(instance, zone, points)
        low[zone] = _piece_row(programme, (zone, horizon), points, values, terms, here)
    return low


def _bends(instance: Instance, zone: int, t: int) -> Array:
    """Return where the expected cost of a zone and year bends."""
    bends: Array = instance.demand[zone, t]
    if t == instance.horizon - 1 and not instance.stranded_built:
        bends = np.concatenate([bends, np.maximum(bends, instance.seats[zone, t])])
    return bends


def zone_cost(instance: Instance, zone: int, t: int, seats: Array) -> Array:
    """Return the expected cost ``(N,)`` of a zone and year at given seats."""
    weights, mass = instance.weights, instance.probability
    over = seats[:, None] - instance.demand[zone, t][None, :]
    cost = weights.shortage[zone] * np.maximum(-over, 0) + weights.spare[zone] * np.maximum(over, 0)
    found = np.asarray(cost @ mass * weights.discount(instance.horizon)[t], dtype=float)
    if t == instance.horizon - 1 and not instance.stranded_built:
        found = found + stranded_cost(instance, zone, seats)
    return found


def stranded_cost(instance: Instance, zone: int, seats: Array) -> Array:
    """Return the expected cost ``(N,)`` of lasting seats that nobody needs in the last year."""
    weights = instance.weights
    needed = np.maximum(instance.demand[zone, -1], instance.seats[zone, -1])
    idle = np.maximum(seats[:, None] - needed[None, :], 0.0) @ instance.probability
    factor = weights.stranded[zone] * weights.discount(instance.horizon)[-1]
    return np.asarray(idle * factor, dtype=float)


def budget_rows(instance: Instance, programme: Programme) -> None:
    """Add the funds: tied measures by source, the others by what the sources have left."""
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
    columns: Columns, spent: list[list[tuple[int, float]]], funds: Array, *, carry_over: bool
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
