"""The plan a county draws up by hand: the largest gap first, the cheapest measure that fits."""

from __future__ import annotations

import numpy as np

from analysis.planning.instance import Array, Instance
from analysis.planning.state import State

_ROUNDS = 2_000


def greedy_plan(instance: Instance, target: Array) -> Array:
    """Close the largest gap to ``target`` seats again and again (按缺口逐个建设).

    Parameters
    ----------
    instance
        The problem; its futures are not looked at.
    target
        ``(Z, T)`` seats wanted.

    Returns
    -------
    Array
        A plan ``(J, T)`` that keeps every rule. In each round the zone and year with the largest
        gap gets the measure with the least cost a seat that can open in time, as early as it must.

    Notes
    -----
    Looks at neither use after the peak nor other futures: the usual practice that the optimiser is
    compared with.
    """
    state = State(instance, np.zeros((len(instance.options), instance.horizon)))
    given_up = np.zeros_like(target, dtype=bool)
    for _ in range(_ROUNDS):
        gap = np.where(given_up, 0.0, target - state.seats)
        zone, t = np.unravel_index(int(np.argmax(gap)), gap.shape)
        if gap[zone, t] < 1.0:
            break
        if not _add_cheapest(state, int(zone), int(t)):
            given_up[zone, t] = True
    return state.counts


def _add_cheapest(state: State, zone: int, t: int) -> bool:
    """Add one unit of the cheapest measure a seat that is open in year ``t``; say whether."""
    offers = []
    instance = state.instance
    for place, option in enumerate(instance.options):
        seats = option.effects.get(zone, 0.0)
        if seats <= 0 or state.counts[place].sum() >= option.most:
            continue
        starts = [s for s in option.starts if t in option.open_years(s, instance.horizon)]
        cost = option.capital_cny + option.churn_cny + max(option.running_cny, 0.0)
        offers += [(cost / seats, -s, place) for s in starts]
    for _, minus_start, place in sorted(offers):
        one = [(place, -minus_start, 1.0)]
        if not state.broken(one):
            state.apply(one)
            return True
    return False
