"""The plan a county draws up by hand: the largest gap first, the cheapest measure that fits."""

from __future__ import annotations

import numpy as np

from analysis.planning.instance import Array, Instance
from analysis.planning.state import State

_ROUNDS = 2_000
#: Cost a seat, start (negative: the later comes first), measure, years in use.
Offer = tuple[float, int, int, range]


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
    offers = _offers(instance)
    for _ in range(_ROUNDS):
        gap = np.where(given_up, 0.0, target - state.seats)
        zone, t = np.unravel_index(int(np.argmax(gap)), gap.shape)
        if gap[zone, t] < 1.0:
            break
        if not _add_cheapest(state, offers.get(int(zone), []), int(t)):
            given_up[zone, t] = True
    return state.counts


def _offers(instance: Instance) -> dict[int, list[Offer]]:
    """Return what can be started in each zone: the cheapest a seat first, then the latest."""
    found: dict[int, list[Offer]] = {}
    for place, option in enumerate(instance.options):
        cost = option.capital_cny + option.churn_cny + max(option.running_cny, 0.0)
        for zone, seats in option.effects.items():
            if seats > 0:
                found.setdefault(zone, []).extend(
                    (cost / seats, -start, place, option.open_years(start, instance.horizon))
                    for start in option.starts
                )
    return {zone: sorted(offers, key=lambda offer: offer[:3]) for zone, offers in found.items()}


def _add_cheapest(state: State, offers: list[Offer], t: int) -> bool:
    """Add one unit of the cheapest measure a seat that is open in year ``t``; say whether."""
    options = state.instance.options
    for _, minus_start, place, open_years in offers:
        if t not in open_years or state.units(place) >= options[place].most:
            continue
        one = [(place, -minus_start, 1.0)]
        if not state.broken(one):
            state.apply(one)
            return True
    return False
