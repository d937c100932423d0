"""A quick look at whether a frame keeps its contract; pandera has the last word when it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from analysis.tables.contract import Column, Contract

_TEXT = pd.Series([], dtype="str").dtype
#: Above this the combined key codes could overflow 64 bits; pandera then looks for duplicates.
_MOST_KEYS = 2**62


def keeps(item: Contract, frame: pd.DataFrame) -> bool:
    """Tell whether ``frame`` surely keeps the contract ``item``.

    False says nothing more than that the slow, complete validation has to decide. The rules are
    those of :meth:`analysis.tables.contract.Column.schema`; a test holds the two together.
    """
    if list(frame.columns) != item.names:
        return False
    if frame.empty:
        return all(frame[c.name].dtype == _dtype(c) for c in item.columns)
    if not all(_column_keeps(column, frame[column.name]) for column in item.columns):
        return False
    if item.keys and not _unique([frame[key] for key in item.keys]):
        return False
    return all(bool(rule.test(frame).all()) for rule in item.checks)


def _dtype(column: Column) -> object:
    return _TEXT if column.dtype == "str" else np.dtype(column.dtype)


def _column_keeps(column: Column, values: pd.Series) -> bool:
    if values.dtype != _dtype(column):
        return False
    if column.dtype == "str":
        return _text_keeps(column, values)
    if column.dtype == "bool":
        return True
    numbers = values.to_numpy()
    missing = np.isnan(numbers) if column.dtype == "float64" else np.zeros(0, dtype=bool)
    if missing.any():
        if not column.nullable:
            return False
        numbers = numbers[~missing]
    low = 0.0 if column.kind == "count" and column.low is None else column.low
    if len(numbers) == 0:
        return True
    if low is not None and numbers.min() < low:
        return False
    if column.high is not None and numbers.max() > column.high:
        return False
    if column.values and not set(np.unique(numbers).tolist()) <= set(column.values):
        return False
    return column.kind != "count" or bool((numbers % 1 == 0).all())


def _text_keeps(column: Column, values: pd.Series) -> bool:
    allowed = column.values
    if column.nullable and not allowed:  # any text may stand, or none
        return True
    present = set(values.unique().tolist())
    texts = {text for text in present if isinstance(text, str)}
    if len(texts) < len(present) and not column.nullable:
        return False
    if allowed and not texts <= set(allowed):
        return False
    return not (column.required and "" in texts)


def _unique(keys: list[pd.Series]) -> bool:
    """Tell whether no combination of key values comes twice."""
    combined = np.zeros(len(keys[0]), dtype=np.int64)
    size = 1
    for key in keys:
        codes, different = pd.factorize(key, use_na_sentinel=False)
        size *= max(len(different), 1)
        if size > _MOST_KEYS:
            return False
        combined = combined * len(different) + codes
    if len(combined) < 2:
        return True
    if (combined[1:] > combined[:-1]).all():  # in order of the key: nothing to sort
        return True
    ordered = np.sort(combined)
    return bool((ordered[1:] != ordered[:-1]).all())
