"""Complementary suppression: hide small counts, and what would let a reader compute them back."""

from __future__ import annotations

import highspy
import numpy as np

from analysis.disclosure.publication import Array, Mask, Publication

_MOVED = 1e-6
#: Moving what is hidden already costs the reader next to nothing.
_HIDDEN_COST = 1e-3


def suppress(publication: Publication, *, threshold: float) -> Mask:
    """Choose which counts to hide (小数隐去与互补隐去).

    A count from 1 to ``threshold - 1`` is hidden, and with it as little else as keeps anyone who
    knows every published count and total from placing it inside a narrower range.

    Parameters
    ----------
    publication
        All counts and totals that are published together.
    threshold
        Smallest count that may be published.

    Returns
    -------
    ndarray of bool
        ``(n,)``, true where a count or total is hidden.

    Notes
    -----
    For each hidden small count the cheapest change of other counts that leaves every published
    count and every sum as it is, keeps parts below their wholes, and moves the small count up to
    ``threshold - 1``, and one that moves it down to 1, is found by linear programming (in whole
    numbers where the programme gives fractions); the counts it moves are hidden too. Zeros are
    taken as known. What one change proves for other small counts is kept and not proved again.
    Source: Kelly, Golden and Assad (1992), Cell suppression: disclosure protection for sensitive
    tabular data, Networks 22; Fischetti and Salazar (2001), Management Science 47.
    """
    hidden = np.zeros(len(publication.values), dtype=np.bool_)
    small = (publication.values > 0) & (publication.values < threshold)
    for places in publication.groups:
        if small[places].any():
            hidden[places] = _suppress_group(publication.only(places), threshold)
    return hidden


def _suppress_group(group: Publication, threshold: float) -> Mask:
    values = group.values
    small = (values > 0) & (values < threshold)
    hidden = small.copy()
    lowest, highest = values.copy(), values.copy()
    changes = _Changes(group)
    for cell in np.flatnonzero(small):
        # a count of 1 under a threshold of 2 needs no room, but may not be the only unknown
        wanted = {threshold - 1, 1.0} - {values[cell]} or {2.0}
        for target in sorted(wanted, reverse=True):
            if highest[cell] >= target if target > values[cell] else lowest[cell] <= target:
                continue
            change = changes.cheapest(hidden, int(cell), float(target))
            hidden |= np.abs(change) > _MOVED
            lowest = np.minimum(lowest, values + change)
            highest = np.maximum(highest, values + change)
    return hidden


class _Quiet(highspy.Highs):
    """HiGHS without the banner its own constructor prints before it can be told not to."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()
        self.setOptionValue("output_flag", False)


class _Changes:
    """The programme of changes that leave every sum as it is; solved again and again."""

    def __init__(self, group: Publication) -> None:
        self._group = group
        number = self._number = len(group.values)
        self._model = model = _Quiet()
        model.setOptionValue("threads", 1)
        # a zero is known and stays; nothing falls below zero
        self._highest = np.where(group.values > 0, np.inf, 0.0)
        for upper in (self._highest, group.values):
            model.addVars(number, np.zeros(number), upper)
        sums = group.sums.tocsr()
        for start, end in zip(sums.indptr[:-1], sums.indptr[1:], strict=True):
            self._row(0.0, 0.0, sums.indices[start:end], sums.data[start:end])
        for part, whole in group.parts:
            room = float(group.values[whole] - group.values[part])
            self._row(-np.inf, room, np.array([part, whole]), np.array([1.0, -1.0]))

    def _row(self, low: float, high: float, places: Array, signs: Array) -> None:
        columns = np.concatenate([places, places + self._number]).astype(np.int32)
        entries = np.concatenate([signs, -signs])
        self._model.addRow(low, high, len(columns), columns, entries)

    def cheapest(self, hidden: Mask, cell: int, target: float) -> Array:
        """Return the cheapest change ``(n,)`` that gives ``cell`` the count ``target``."""
        values, number, model = self._group.values, self._number, self._model
        costs = np.where(hidden, _HIDDEN_COST, self._group.costs)
        columns = np.arange(2 * number, dtype=np.int32)
        model.changeColsCost(2 * number, columns, np.concatenate([costs, costs]))
        up, down = max(target - values[cell], 0.0), max(values[cell] - target, 0.0)
        model.changeColBounds(cell, up, up)
        model.changeColBounds(number + cell, down, down)
        change = self._solve()
        if change is not None and np.abs(change - np.rint(change)).max() > _MOVED:
            kinds = [highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous]
            self._become(kinds[0])
            change = self._solve()
            self._become(kinds[1])
        model.changeColBounds(cell, 0.0, float(self._highest[cell]))
        model.changeColBounds(number + cell, 0.0, float(values[cell]))
        if change is None:  # nothing can move: all it hangs together with goes with it
            return np.where(values > 0, 1.0, 0.0)
        return np.rint(change)

    def _become(self, kind: highspy.HighsVarType) -> None:
        for column in range(2 * self._number):
            self._model.changeColIntegrality(column, kind)

    def _solve(self) -> Array | None:
        self._model.run()
        if self._model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        found = np.asarray(self._model.getSolution().col_value)
        change: Array = found[: self._number] - found[self._number :]
        return change
