"""A quick look at whether a frame keeps its contract; pandera has the last word when it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionDtype

if TYPE_CHECKING:
    from analysis.tables.contract import Column, Contract

_TEXT: Final[ExtensionDtype] = pd.StringDtype(na_value=np.nan)
_NUMERIC = {name: np.dtype(name) for name in ("int64", "float64", "bool")}
#: Above this the combined key codes could overflow 64 bits; pandera then looks for duplicates.
_MOST_KEYS = 2**62


def keeps(item: Contract, frame: pd.DataFrame, *, key_is_unique: bool = False) -> bool:
    """Tell whether ``frame`` surely keeps the contract ``item``.

    False says nothing more than that the slow, complete validation has to decide. The rules are
    those of :meth:`analysis.tables.contract.Column.schema`; a test holds the two together.
    ``key_is_unique`` says that the caller has already seen that no key comes twice.
    """
    if list(frame.columns) != item.names:
        return False
    if frame.empty:
        return all(frame[c.name].dtype == dtype_of(c) for c in item.columns)
    keys: dict[str, _Coded] = {}
    for column in item.columns:
        values = frame[column.name]
        if values.dtype != dtype_of(column):
            return False
        is_key = column.name in item.keys and not key_is_unique
        if column.dtype == "str" and (is_key or column.values):
            coded = keys[column.name] = _coded(values)  # once for the words and for the key
            if not _words_keep(column, coded):
                return False
        elif column.dtype == "str":
            if not _text_keeps(column, values):
                return False
        else:
            if not _numbers_keep(column, values.to_numpy()):
                return False
            if is_key:
                keys[column.name] = _coded(values)
    if item.keys and not key_is_unique and not _unique([keys[key] for key in item.keys]):
        return False
    return all(bool(rule.test(frame).all()) for rule in item.checks)


def sorted_by_key(item: Contract, frame: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """Return the rows in the order of their key, numbered anew, and whether no key comes twice.

    Missing keys come last, rows of one key stay in their order. False says nothing more than that
    somebody else has to look.
    """
    keys = [_ordered(_coded(frame[key])) for key in item.keys]
    combined = _combined(keys) if keys else None
    if combined is None:
        return frame.sort_values(list(item.keys), kind="stable", ignore_index=True), False
    steps = np.diff(combined)
    if (steps >= 0).all():
        return frame.reset_index(drop=True), bool((steps > 0).all())
    order = np.argsort(combined, kind="stable")
    found = frame.take(order).reset_index(drop=True)
    return found, bool((np.diff(combined[order]) > 0).all())


def dtype_of(column: Column) -> ExtensionDtype | np.dtype[Any]:
    """Return the dtype in which a column is held."""
    return _TEXT if column.dtype == "str" else _NUMERIC[column.dtype]


class _Coded(NamedTuple):
    """Codes of values from 0 on; how many there may be; the words they stand for, if words."""

    codes: NDArray[np.int64]
    size: int
    words: NDArray[np.object_] | None = None


def _coded(values: pd.Series) -> _Coded:
    """Give each different value a number, missing ones the last."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "bi":
        numbers = values.to_numpy().astype(np.int64, copy=False)
        low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
        if high - low < _MOST_KEYS:  # whole numbers are their own codes
            return _Coded(numbers - low, high - low + 1)
    codes, different = pd.factorize(values, use_na_sentinel=True)
    missing = bool((codes < 0).any())
    places = np.where(codes < 0, len(different), codes) if missing else codes
    if values.dtype == _TEXT:
        return _Coded(places, len(different) + 1, different.to_numpy(dtype=object))
    order = np.argsort(different.to_numpy(), kind="stable")
    return _Coded(_ranks(order)[places], len(different) + 1)


def _ranks(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of each value in an order, and one place more for what is missing."""
    ranks = np.empty(len(order) + 1, dtype=np.int64)
    ranks[order] = np.arange(len(order))
    ranks[-1] = len(order)
    return ranks


def _ordered(coded: _Coded) -> _Coded:
    """Let the codes of words follow the order of the words."""
    if coded.words is None:
        return coded
    return _Coded(_ranks(np.argsort(coded.words, kind="stable"))[coded.codes], coded.size)


def _numbers_keep(column: Column, numbers: NDArray[Any]) -> bool:
    if column.dtype == "bool":
        return True
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


def _words_keep(column: Column, coded: _Coded) -> bool:
    """Judge text by its different words."""
    present = set(coded.words.tolist() if coded.words is not None else ())
    if not column.nullable and (coded.codes == len(present)).any():
        return False
    if column.values and not present <= column.value_set:
        return False
    return not (column.required and "" in present)


def _text_keeps(column: Column, values: pd.Series) -> bool:
    """Judge text that may hold any words: without looking at them one by one."""
    if not column.required:
        return True
    return not values.hasnans and not bool((values == "").any())


def _combined(keys: list[_Coded]) -> NDArray[np.int64] | None:
    """Return one number a row for all of its keys; None where they would not fit."""
    combined, size = keys[0].codes, keys[0].size
    for key in keys[1:]:
        size *= key.size
        if size > _MOST_KEYS:
            return None
        combined = combined * key.size + key.codes
    return combined if size <= _MOST_KEYS else None


def _unique(keys: list[_Coded]) -> bool:
    """Tell whether no combination of key values comes twice."""
    combined = _combined(keys)
    if combined is None:
        return False
    if (combined[1:] > combined[:-1]).all():  # in order of the key: nothing to sort
        return True
    ordered = np.sort(combined)
    return bool((ordered[1:] != ordered[:-1]).all())
