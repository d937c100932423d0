"""What a reader could compute back: the range of every hidden count given all that is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.optimize
import scipy.sparse

from analysis.disclosure.publication import Mask, Publication


@dataclass(frozen=True)
class Statement:
    """Something said of the counts besides themselves: a weighted sum of them lies in a range.

    "+3 against last year" is ``{this: 1, last: -1}`` in ``[3, 3]``; "about 5" of a figure rounded
    to fives is ``{place: 1}`` in ``[2.5, 7.5]``; see :func:`share` for percentages.
    """

    weights: Mapping[int, float]
    low: float
    high: float


def change(place: int, before: int, by: float) -> Statement:
    """Return what "``by`` more than before" says."""
    return Statement({place: 1.0, before: -1.0}, by, by)


def share(part: int, whole: int, shown: float, *, rounded_to: float) -> list[Statement]:
    """Return what a share that is shown rounded says of its part and its whole.

    Parameters
    ----------
    part, whole
        Places of the counts.
    shown
        The share as printed, a fraction (0.125 for 12.5 %).
    rounded_to
        Step of the rounding, a fraction (0.001 for one decimal of a per cent).
    """
    least, most = shown - rounded_to / 2, shown + rounded_to / 2
    return [
        Statement({part: 1.0, whole: -least}, 0.0, np.inf),
        Statement({part: 1.0, whole: -most}, -np.inf, 0.0),
    ]


@dataclass(frozen=True)
class Interval:
    """Range a hidden count must lie in, as everything published implies it."""

    place: int
    count: float
    low: float
    high: float


def attack(
    publication: Publication,
    hidden: Mask,
    statements: Sequence[Statement] = (),
    *,
    places: Sequence[int] | None = None,
    whole_numbers: bool = False,
) -> list[Interval]:
    """Return the range of hidden counts (线性规划攻击).

    Parameters
    ----------
    publication
        The true counts and what holds between them.
    hidden
        As :func:`analysis.disclosure.suppress` gives it.
    statements
        Whatever else is published of them: changes, percentages, rounded figures.
    places
        Which hidden counts to ask for; all if not given.
    whole_numbers
        Whether the attacker also uses that persons are whole (slower).

    Notes
    -----
    The attacker knows every published count and total, that hidden counts are not negative, which
    are zero, and which are parts of which. One programme for the least and one for the largest
    value of each hidden count.
    """
    values, unknown = publication.values, np.flatnonzero(hidden)
    known = np.where(hidden, 0.0, values)
    matrix, low, high = _constraints(publication, statements)
    held = matrix @ known
    constraint = scipy.optimize.LinearConstraint(matrix[:, unknown], low - held, high - held)
    position = {int(place): number for number, place in enumerate(unknown)}
    found = []
    for place in unknown if places is None else places:
        ends = []
        for sign in (1.0, -1.0):
            goal = np.zeros(len(unknown))
            goal[position[int(place)]] = sign
            solved = scipy.optimize.milp(
                goal,
                constraints=constraint,
                bounds=scipy.optimize.Bounds(0, np.inf),
                integrality=np.full(len(unknown), int(whole_numbers)),
            )
            ends.append(sign * solved.fun if solved.success else sign * -np.inf)
        found.append(Interval(int(place), float(values[place]), ends[0], ends[1]))
    return found


def _constraints(
    publication: Publication, statements: Sequence[Statement]
) -> tuple[scipy.sparse.csr_matrix, np.ndarray, np.ndarray]:
    """Return all that is known as rows between a lower and an upper value."""
    number = len(publication.values)
    said = list(statements)
    said += [Statement({int(p): 1.0, int(w): -1.0}, -np.inf, 0.0) for p, w in publication.parts]
    rows = [row for row, one in enumerate(said) for _ in one.weights]
    columns = [place for one in said for place in one.weights]
    weights = [weight for one in said for weight in one.weights.values()]
    more = scipy.sparse.csr_matrix((weights, (rows, columns)), shape=(len(said), number))
    sums = publication.sums
    zero = np.zeros(sums.shape[0])
    low = np.concatenate([zero, [one.low for one in said]])
    high = np.concatenate([zero, [one.high for one in said]])
    return scipy.sparse.vstack([sums, more], format="csr"), low, high
