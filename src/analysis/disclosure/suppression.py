"""Complementary suppression of small counts in a two-way table with published totals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from analysis.errors import DataError

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
#: Hiding a total costs the reader more than hiding a cell: its count is weighed by this.
_TOTAL_COST = 10.0
_GRAND_TOTAL_COST = 100.0
_MOVED = 1e-6


@dataclass(frozen=True)
class CountTable:
    """Counts ``(R, C)`` of persons, published with row totals, column totals and their sum.

    The last row and column of :attr:`cells` are the totals, so its shape is ``(R + 1, C + 1)``.
    """

    counts: Array

    @cached_property
    def cells(self) -> Array:
        """Counts with their totals, ``(R + 1, C + 1)``."""
        rows = np.vstack([self.counts, self.counts.sum(axis=0)])
        return np.column_stack([rows, rows.sum(axis=1)])

    @cached_property
    def equations(self) -> Array:
        """Every published sum as a row over the flattened cells that adds to zero."""
        rows, columns = self.cells.shape
        built = []
        for r in range(rows):
            line = np.zeros((rows, columns))
            line[r, :-1], line[r, -1] = 1.0, -1.0
            built.append(line.ravel())
        for c in range(columns):
            line = np.zeros((rows, columns))
            line[:-1, c], line[-1, c] = 1.0, -1.0
            built.append(line.ravel())
        return np.array(built)

    def costs(self) -> Array:
        """Return what hiding each cell takes from the reader: its count, more for a total."""
        weight = np.ones(self.cells.shape)
        weight[-1, :] = weight[:, -1] = _TOTAL_COST
        weight[-1, -1] = _GRAND_TOTAL_COST
        return (weight * (self.cells + 1.0)).ravel()


def suppress(counts: Array, *, threshold: float) -> Mask:
    """Choose which counts to hide (小数隐去与互补隐去).

    A count from 1 to ``threshold - 1`` is hidden, and with it as little else as keeps anyone who
    knows every published count and total from placing it inside a narrower range.

    Parameters
    ----------
    counts
        Whole counts ``(R, C)``, none missing; row, column and grand totals are published with it.
    threshold
        Smallest count that may be published.

    Returns
    -------
    ndarray of bool
        ``(R + 1, C + 1)``, true where a count or total is hidden; the last row and column are the
        totals.

    Raises
    ------
    DataError
        A count is missing, negative or not whole.

    Notes
    -----
    For each hidden small count the cheapest change of other counts that leaves every published sum
    as it is and moves the small count up to ``threshold - 1``, and one that moves it down to 1, is
    found by linear programming; the cells it moves are hidden too. Zeros are taken as known.
    Source: Kelly, Golden and Assad (1992), Cell suppression: disclosure protection for sensitive
    tabular data, Networks 22; Fischetti and Salazar (2001), Management Science 47.
    """
    if not np.all(np.isfinite(counts) & (counts >= 0) & (counts == np.rint(counts))):
        import pandas as pd  # only the error needs it

        raise DataError(
            table="count_table",
            problem="a count is missing, negative or not whole",
            fix="Leave out the years or groups that are not complete.",
            rows=pd.DataFrame(counts),
        )
    table = CountTable(np.asarray(counts, dtype=np.float64))
    values = table.cells.ravel()
    small = (values > 0) & (values < threshold)
    hidden = small.copy()
    for cell in np.flatnonzero(small):
        for target in (threshold - 1 - values[cell], 1 - values[cell]):
            if abs(target) > 0:
                hidden |= _moved(table, hidden, int(cell), float(target))
    # a small count that needs no move (it is 1, threshold 2) still may not be the only unknown
    for cell in np.flatnonzero(small):
        if threshold - 1 == values[cell] == 1:
            hidden |= _moved(table, hidden, int(cell), 1.0)
    return hidden.reshape(table.cells.shape)


def _moved(table: CountTable, hidden: Mask, cell: int, target: float) -> Mask:
    """Return the cells that change when ``cell`` is moved by ``target`` as cheaply as can be."""
    values = table.cells.ravel()
    number = len(values)
    costs = np.where(hidden, 1e-3, table.costs())
    # up and down parts of the change; a zero count is known and stays
    highest = np.where(values > 0, np.inf, 0.0)
    bounds = [(0.0, high) for high in highest] + [
        (0.0, float(v)) for v in np.where(values > 0, values, 0.0)
    ]
    for part in (cell, number + cell):
        bounds[part] = (0.0, 0.0)
    up = max(target, 0.0)
    down = max(-target, 0.0)
    bounds[cell], bounds[number + cell] = (up, up), (down, down)
    equations = np.hstack([table.equations, -table.equations])
    solved = scipy.optimize.linprog(
        np.concatenate([costs, costs]),
        A_eq=equations,
        b_eq=np.zeros(len(equations)),
        bounds=bounds,
        method="highs",
    )
    if not solved.success:
        # nothing can move: the cell is all there is of its totals, so they go with it
        return np.asarray(np.isclose(values, values[cell]) & (values > 0), dtype=np.bool_)
    change = solved.x[:number] - solved.x[number:]
    return np.asarray(np.abs(change) > _MOVED, dtype=np.bool_)
