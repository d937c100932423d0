"""Local search: what is not worth it goes, what pays is added, what can be exchanged is."""

from __future__ import annotations

import numpy as np

from analysis.planning.costs import TOLERANCE_CNY
from analysis.planning.instance import Array, Instance
from analysis.planning.state import Move, State

_ROUNDS = 60


def polished(instance: Instance, counts: Array) -> Array:
    """Improve a plan by small changes until none is left (局部改进).

    Parameters
    ----------
    counts
        A plan that keeps every rule.

    Returns
    -------
    Array
        A plan that keeps every rule and is never dearer. Dropping any unit of it costs money: a
        unit that makes no difference is dropped, because less is built.

    Notes
    -----
    The solver stops within its gap of the optimum; inside that gap a unit may stand that nobody
    needs. Changes are tried in a fixed order: drop, start at another time or exchange for another
    measure of the same place, add. Interchangeable measures are tried once.
    """
    state = State(instance, counts)
    twins = _twins(instance)
    for _ in range(_ROUNDS):
        changed = _drop_or_exchange(state, twins)
        changed = _add(state, twins) or changed
        if not changed:
            break
    return state.counts


def _twins(instance: Instance) -> list[int]:
    """Return for each measure the first one that differs from it in nothing but its name."""
    first: dict[object, int] = {}
    found = []
    for place, option in enumerate(instance.options):
        found.append(first.setdefault(option.likeness(), place))
    return found


def _drop_or_exchange(state: State, twins: list[int]) -> bool:
    changed = False
    by_zone = _by_zone(state.instance)
    for place, start in zip(*np.nonzero(state.counts), strict=True):
        drop: Move = (int(place), int(start), -1.0)
        while state.counts[place, start] > 0:
            moves = _better(state, drop, by_zone, twins)
            if moves is None:
                break
            state.apply(moves)
            changed = True
    return changed


def _better(
    state: State, drop: Move, by_zone: dict[int, list[int]], twins: list[int]
) -> list[Move] | None:
    """Return the first change of a unit that pays."""
    place, start, _ = drop
    if state.difference([drop]) <= TOLERANCE_CNY / 2 and not state.broken([drop]):
        return [drop]
    options = state.instance.options
    gaining = [zone for zone, seats in options[place].effects.items() if seats > 0]
    rivals = sorted({other for zone in gaining for other in by_zone[zone]} | {place})
    tried: set[int] = set()
    for other in rivals:
        room = options[other].most - state.units(other) > 0 or other == place
        if not room or twins[other] in tried:
            continue
        tried.add(twins[other])
        # at the same cost a measure without building is taken
        gentler = options[place].builds and not options[other].builds
        limit = TOLERANCE_CNY / 2 if gentler else -TOLERANCE_CNY
        for begin in options[other].starts:
            moves = [drop, (other, begin, 1.0)]
            if (other, begin) == (place, start):
                continue
            if state.difference(moves) < limit and not state.broken(moves):
                return moves
    return None


def _add(state: State, twins: list[int]) -> bool:
    """Add units that pay, one measure after the other."""
    changed = False
    tried: set[int] = set()
    for place, option in enumerate(state.instance.options):
        if state.units(place) >= option.most or twins[place] in tried:
            continue
        tried.add(twins[place])
        for start in option.starts:
            one: list[Move] = [(place, start, 1.0)]
            while state.difference(one) < -TOLERANCE_CNY and not state.broken(one):
                state.apply(one)
                changed = True
    return changed


def _by_zone(instance: Instance) -> dict[int, list[int]]:
    """Return the measures that add seats in each zone."""
    found: dict[int, list[int]] = {}
    for place, option in enumerate(instance.options):
        for zone, seats in option.effects.items():
            if seats > 0:
                found.setdefault(zone, []).append(place)
    return found
