"""What a reader could compute back: the range of every hidden count given the published ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.optimize

from analysis.disclosure.suppression import Array, CountTable, Mask


@dataclass(frozen=True)
class Interval:
    """Range a hidden cell must lie in, as the published counts imply it."""

    row: int
    column: int
    count: float
    low: float
    high: float


def attack(counts: Array, hidden: Mask) -> list[Interval]:
    """Return the range of every hidden cell of a two-way table (线性规划攻击).

    Parameters
    ----------
    counts
        The true counts ``(R, C)``.
    hidden
        ``(R + 1, C + 1)`` as :func:`analysis.disclosure.suppress` gives it.

    Notes
    -----
    The attacker knows every published count and total, that hidden counts are not negative, and
    which cells are zero. One linear programme for the least and one for the largest value of each
    hidden cell.
    """
    table = CountTable(np.asarray(counts, dtype=np.float64))
    values = table.cells.ravel()
    unknown = hidden.ravel()
    known = np.where(unknown, 0.0, values)
    equations = table.equations[:, unknown]
    right = -table.equations @ known
    places = np.flatnonzero(unknown)
    columns = table.cells.shape[1]
    found = []
    for position, place in enumerate(places):
        ends = []
        for sign in (1.0, -1.0):
            goal = np.zeros(len(places))
            goal[position] = sign
            solved = scipy.optimize.linprog(
                goal, A_eq=equations, b_eq=right, bounds=(0, None), method="highs"
            )
            ends.append(sign * solved.fun if solved.success else sign * -np.inf)
        row, column = divmod(int(place), columns)
        found.append(Interval(row, column, float(values[place]), ends[0], ends[1]))
    return found
