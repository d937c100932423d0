"""Small repairs of a plan: what can go goes, what can wait waits, what pays is added."""

from __future__ import annotations

import numpy as np

from analysis.planning.costs import TOLERANCE_CNY
from analysis.planning.instance import Array, Instance
from analysis.planning.state import Move, State

_ROUNDS = 200


def polished(instance: Instance, counts: Array) -> Array:
    """Drop units that are not worth it, move their starts, exchange them for what costs less.

    The solver stops within its gap of the optimum; inside that gap a unit may stand that nobody
    needs. Each step keeps every rule and never makes the objective worse. A unit that makes no
    difference at all is dropped: less is built.
    """
    state = State(instance, counts)
    for _ in range(_ROUNDS):
        moves = _better(state)
        if moves is None:
            break
        state.apply(moves)
    return state.counts


def _better(state: State) -> list[Move] | None:
    """Return the first change that pays, in a fixed order."""
    for place, start in zip(*np.nonzero(state.counts), strict=True):
        drop: Move = (int(place), int(start), -1.0)
        if state.difference([drop]) <= TOLERANCE_CNY / 2 and not state.broken([drop]):
            return [drop]
        for other in _rivals(state, int(place)):
            for begin in state.instance.options[other].starts:
                if (other, begin) == (place, start):
                    continue
                moves = [drop, (other, begin, 1.0)]
                if state.difference(moves) < -TOLERANCE_CNY and not state.broken(moves):
                    return moves
    return None


def _rivals(state: State, place: int) -> list[int]:
    """Return the measures that add seats where this one does."""
    options = state.instance.options
    gains = {zone for zone, seats in options[place].effects.items() if seats > 0}
    return [
        other
        for other, option in enumerate(options)
        if any(seats > 0 and zone in gains for zone, seats in option.effects.items())
    ]
