"""Counts that are published together: which sums hold between them, which are parts of which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from analysis.errors import DataError

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
#: Hiding a total costs the reader more than hiding a cell: its count is weighed by this for each
#: direction in which it is a total (tool default).
_TOTAL_COST = 10.0


@dataclass(frozen=True)
class Publication:
    """Counts of persons and all that a reader knows to hold between them.

    Parameters
    ----------
    values
        ``(n,)``: every count and every total that may be published, persons, whole, none missing.
    sums
        ``(m, n)``, sparse: each row times ``values`` is zero (a total minus what it adds up).
    parts
        ``(k, 2)``: places of a part and of the whole it never exceeds (boarders and pupils).
    weights
        ``(n,)``: how much hiding each costs the reader, beside its count.

    Raises
    ------
    DataError
        A count is missing, negative or not whole.
    """

    values: Array
    sums: Any
    parts: NDArray[np.int64]
    weights: Array

    def __post_init__(self) -> None:
        """Refuse what is no count."""
        values = self.values
        wrong = ~(np.isfinite(values) & (values >= 0) & (values == np.rint(values)))
        if wrong.any():
            import pandas as pd  # only the error needs it

            raise DataError(
                table="count_table",
                problem="a count is missing, negative or not whole",
                fix="Leave out the years or groups that are not complete.",
                rows=pd.DataFrame({"count": values[wrong]}),
            )

    @cached_property
    def costs(self) -> Array:
        """What hiding each count takes from the reader."""
        return self.weights * (self.values + 1.0)

    @cached_property
    def groups(self) -> list[NDArray[np.int64]]:
        """Places of the counts that hang together, group by group; no group tells of another."""
        number = len(self.values)
        joined = self.sums.T @ abs(self.sums) if self.sums.shape[0] else None
        joined = scipy.sparse.csr_matrix((number, number)) if joined is None else abs(joined)
        if len(self.parts):
            one = np.ones(len(self.parts))
            pairs = (one, (self.parts[:, 0], self.parts[:, 1]))
            joined = joined + scipy.sparse.csr_matrix(pairs, shape=(number, number))
        _, labels = scipy.sparse.csgraph.connected_components(joined, directed=False)
        order = np.argsort(labels, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)

    def only(self, places: NDArray[np.int64]) -> Publication:
        """Return one group of :attr:`groups` as a publication of its own."""
        position = np.full(len(self.values), -1)
        position[places] = np.arange(len(places))
        sums = self.sums[:, places]
        sums = sums[np.flatnonzero(sums.getnnz(axis=1))]
        parts = self.parts[position[self.parts[:, 0]] >= 0] if len(self.parts) else self.parts
        return Publication(self.values[places], sums, position[parts], self.weights[places])


def crossed(
    counts: Array, *, totals: Sequence[bool] | None = None, parts_of_first: bool = False
) -> Publication:
    """Return a table of any number of dimensions with its totals as a publication.

    Parameters
    ----------
    counts
        ``(A, B, ...)``, for instance towns by grades, or measures by towns by grades by years.
    totals
        For each dimension whether sums over it are published (all, if not given). The values are
        then those of ``(A + 1, B + 1, ...)`` flattened, the last place of a dimension its total.
    parts_of_first
        Whether the first dimension lists measures of which the second and later are each a part
        of the first; it then has no total.
    """
    summed = [True] * counts.ndim if totals is None else list(totals)
    if parts_of_first:
        summed[0] = False
    cells = np.asarray(counts, dtype=np.float64)
    weights = np.ones(cells.shape)
    for axis in (a for a, wanted in enumerate(summed) if wanted):
        cells = np.concatenate([cells, cells.sum(axis=axis, keepdims=True)], axis=axis)
        last = weights.take([0], axis=axis) * _TOTAL_COST
        weights = np.concatenate([weights, last], axis=axis)
    places = np.arange(cells.size).reshape(cells.shape)
    parts = np.zeros((0, 2), dtype=np.int64)
    if parts_of_first:
        whole = np.broadcast_to(places[:1], places[1:].shape)
        parts = np.column_stack([places[1:].ravel(), whole.ravel()])
    return Publication(cells.ravel(), _sums(places, summed), parts, weights.ravel())


def _sums(places: NDArray[np.int64], summed: Sequence[bool]) -> Any:
    """Return a row for every total in every direction: minus the total plus what it adds up."""
    blocks = []
    for axis in (a for a, wanted in enumerate(summed) if wanted):
        lines = np.moveaxis(places, axis, -1).reshape(-1, places.shape[axis])
        signs = np.ones(lines.shape)
        signs[:, -1] = -1.0
        numbers = np.repeat(np.arange(len(lines)), lines.shape[1])
        blocks.append(
            scipy.sparse.csr_matrix(
                (signs.ravel(), (numbers, lines.ravel())), shape=(len(lines), places.size)
            )
        )
    if not blocks:
        return scipy.sparse.csr_matrix((0, places.size))
    return scipy.sparse.vstack(blocks, format="csr")
