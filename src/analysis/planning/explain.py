"""Why a project is in, which alternatives lost and by how much, why a shortage remains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.planning.chosen import Chosen
from analysis.planning.costs import TOLERANCE_CNY
from analysis.planning.instance import Array, Instance
from analysis.planning.problem import Problem
from analysis.planning.state import Move, State

REGRET_QUANTILE = 0.95
#: Less than this many seats is nobody's shortage.
LEAST_SEATS = 0.5


@dataclass(frozen=True)
class Alternative:
    """What would be done instead of a project, everything else as planned."""

    code: str
    option: int | None
    moves: tuple[Move, ...]
    extra: float
    seat_years: float
    feasible: bool


def alternatives(state: State, project: Chosen) -> list[Alternative]:
    """Return doing nothing, waiting a year, and the best other measure of every kind."""
    away = project.moves_away
    found = [_judged(state, "nothing", None, away)]
    if project.start + 1 in project.option.starts:
        found.append(
            _judged(state, "wait", None, [*away, (project.place, project.start + 1, project.units)])
        )
    best: dict[str, Alternative] = {}
    for other, option in enumerate(state.instance.options):
        if other == project.place or option.kind == "smaller_classes":
            continue
        units = _units(state, project, other)
        for begin in option.starts if units else ():
            tried = _judged(state, option.kind, other, [*away, (other, begin, units)])
            held = best.get(option.kind)
            if held is None or (not tried.feasible, tried.extra) < (not held.feasible, held.extra):
                best[option.kind] = tried
    return [*found, *(best[kind] for kind in sorted(best) if kind != "merger")]


def _units(state: State, project: Chosen, other: int) -> float:
    """Return the units of another measure that come closest to the project's seats."""
    option = state.instance.options[other]
    zone = max(project.gains, key=lambda z: project.gains[z]) if project.gains else -1
    seats = option.effects.get(zone, 0.0)
    if seats <= 0:
        return 0.0
    free = option.most - state.units(other)
    if free < 1:
        return 0.0
    return float(min(np.ceil(project.gains[zone] / seats), free))


def _judged(state: State, code: str, other: int | None, moves: list[Move]) -> Alternative:
    return Alternative(
        code,
        other,
        tuple(moves),
        state.difference(moves),
        state.shortage_difference(moves),
        not state.broken(moves),
    )


def regrets(state: State, moves: tuple[Move, ...], futures: Array) -> tuple[float, float]:
    """Return expected and 95th-percentile regret of the project against an alternative.

    In futures in which the alternative would have been cheaper, the regret is the difference.
    """
    regret = np.maximum(-state.future_difference(list(moves), futures), 0.0)
    return float(regret.mean()), float(np.quantile(regret, REGRET_QUANTILE))


@dataclass(frozen=True)
class Reason:
    """Why a shortage remains: a code and the values of its sentence."""

    code: str
    values: dict[str, Any]


def reason_for(problem: Problem, state: State, zone: int, t: int, *, only_here: bool) -> Reason:
    """Return the binding reason of a shortage in a county's plan.

    Parameters
    ----------
    only_here
        Whether the chosen scenario has no shortage there, so it is this scenario's alone.
    """
    found = binding_reason(state, zone, t)
    if found.code == "no_candidate":
        return _without_offer(problem, zone)
    if found.code == "not_worth" and only_here:
        return Reason("scenario", found.values)
    return found


def given_up(state: State, zone: int, t: int, short: float) -> Reason | None:
    """Return the reason if the shortage is there only because the plan took seats away.

    Rooms that one stage or town lends to another may leave it short for a year. Its values are the
    measure that takes most seats there and the seats the plan takes away in all.
    """
    instance = state.instance
    taken: dict[int, float] = {}
    for place, option in enumerate(instance.options):
        lost = -option.effects.get(zone, 0.0)
        units = sum(
            state.counts[place, start]
            for start in option.starts
            if t in option.open_years(start, instance.horizon)
        )
        if lost > 0 and units > 0:
            taken[place] = lost * float(units)
    total = sum(taken.values())
    if short - total >= LEAST_SEATS or not taken:
        return None
    most = min(taken, key=lambda place: (-taken[place], place))
    return Reason("given_up", {"option": most, "seats": total})


def binding_reason(state: State, zone: int, t: int) -> Reason:
    """Return the binding reason of a shortage in a zone and year.

    Notes
    -----
    The reasons are tried in the order of the facts: is there a measure at all; could it be open in
    time; is land the only thing in the way; would a measure pay that money or a cap bars; and if
    all that holds, adding any of them costs more than it saves over all futures.
    """
    instance = state.instance
    offers = [i for i, o in enumerate(instance.options) if o.effects.get(zone, 0.0) > 0]
    if not offers:
        return Reason("no_candidate", {})
    in_time = _open_in(instance, offers, t)
    if not in_time:
        return _too_late(instance, offers, t)
    tried = [(i, s, state.broken([(i, s, 1.0)])) for i, s in in_time]
    worth = {(i, s): state.difference([(i, s, 1.0)]) for i, s, _ in tried}
    for rule in ("budget", "limit"):
        # what would pay if only this rule allowed it
        paying = [(worth[i, s], i, s) for i, s, why in tried if why == rule]
        if paying and min(paying)[0] < -TOLERANCE_CNY:
            return _barred(state, rule, *min(paying)[1:])
    free = [(worth[i, s], i, s) for i, s, why in tried if not why]
    if free:
        extra, place, _ = min(free)
        return Reason("not_worth", {"option": place, "extra": max(extra, 0.0)})
    barred = [(worth[i, s], i, s, why) for i, s, why in tried if why == "budget"]
    if barred:
        return _barred(state, "budget", *min(barred)[1:3])
    return Reason("size_cap", {"option": offers[0]})


def _barred(state: State, rule: str, place: int, start: int) -> Reason:
    """Say what a measure lacks that a rule bars."""
    if rule == "budget":
        return Reason("budget", {"option": place, "missing": _missing(state, place, start)})
    return Reason("size_cap", {"option": place})


def _open_in(instance: Instance, offers: list[int], t: int) -> list[tuple[int, int]]:
    return [
        (i, s)
        for i in offers
        for s in instance.options[i].starts
        if t in instance.options[i].open_years(s, instance.horizon)
    ]


def _without_offer(problem: Problem, zone: int) -> Reason:
    town, stage = problem.instance.zones[zone]
    if zone in problem.beyond:
        limit = problem.parameters.value("catchment_distance_km")
        return Reason("travel", {"km": problem.beyond[zone], "limit_km": limit})
    sites = problem.setting.here(stage, town)
    if sites and all(site.room_for == 0 and site.limit != "unknown" for site in sites):
        return Reason("size_cap", {"option": None})
    return Reason("no_candidate", {})


def _too_late(instance: Instance, offers: list[int], t: int) -> Reason:
    """Say whether land or the time of building stands in the way."""
    first = {i: min(instance.options[i].starts) for i in offers}
    waiting = [i for i in offers if first[i] > 0 and instance.options[i].lead_years <= t]
    soonest = min(offers, key=lambda i: (first[i] + instance.options[i].lead_years, i))
    opens = instance.years[0] + first[soonest] + instance.options[soonest].lead_years
    if waiting:
        place = min(waiting, key=lambda i: (first[i], i))
        return Reason("land", {"option": place, "year": instance.years[first[place]]})
    return Reason("lead_time", {"option": soonest, "year": opens})


def _missing(state: State, place: int, start: int) -> float:
    """Return the money that is missing for one more unit."""
    left = state.money_left([(place, start, 1.0)])
    return 0.0 if left is None else max(-float(left.min()), TOLERANCE_CNY)
