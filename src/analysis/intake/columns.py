"""A whole column of text cells to values at once; what is not plainly readable is left for a look.

The meaning of a cell is that of :func:`analysis.intake.cells.parse` and no other: a cell is taken
here only where ``parse`` would give the same value without a finding and without a change.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from analysis.intake.cells import MISSING_WORDS, MOST_PERCENT_RATE, parse
from analysis.intake.heads import Head
from analysis.tables import Column

#: The compute functions are made at import time and carry no types.
pc: Any = pyarrow.compute
Mask = np.ndarray[Any, np.dtype[np.bool_]]

_MOST_DIGITS = 15
_NUMBER = r"^[0-9]{1,14}(\.[0-9]{1,8})?$"
#: A code with a digit, or Chinese characters: as it stands, and no word for "missing".
_CODE = r"^[0-9A-Za-z]*[0-9][0-9A-Za-z]*$"
_NAME = r"^[\x{4e00}-\x{9fff}0-9]{2,}$"
_LONGEST_PLAIN = {True: 18, False: 11}
_ARROW = {
    "str": pa.large_string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
}
_MISSING = pa.array(sorted(MISSING_WORDS), pa.string())


def arrow_type(column: Column) -> pa.DataType:
    """Return the type a column has in a streamed table."""
    return _ARROW[column.dtype]


def read_column(cells: pa.Array, column: Column, head: Head) -> tuple[pa.Array, Mask]:
    """Return the values of a column and which cells need a closer look (their value is null).

    Parameters
    ----------
    cells
        Text as it stands in the file, "" where a cell is empty.
    column, head
        What the column is, and the unit its header gives.
    """
    if head.unknown_unit:
        return pa.nulls(len(cells), arrow_type(column)), np.zeros(len(cells), dtype=bool)
    if _few_values(column):
        return _by_distinct(cells, column, head)
    if column.kind == "text":
        return _texts(cells, column, head)
    if head.factor != 1:
        # every converted cell is listed as a change, so each is looked at
        filled = mask_of(pc.not_equal(cells, ""))
        return pa.nulls(len(cells), pa.float64()), filled
    return _numbers(cells, column)


def _few_values(column: Column) -> bool:
    return column.kind in ("code", "flag", "whole") or column.name.endswith("year")


def mask_of(found: Any) -> Mask:
    """Return an array of true and false for numpy."""
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _by_distinct(cells: pa.Array, column: Column, head: Head) -> tuple[pa.Array, Mask]:
    """Read every different text once; a column of codes or years has few."""
    coded = pc.dictionary_encode(cells)
    values: list[object] = []
    odd = []
    for text in coded.dictionary.to_pylist():
        read = parse(column, text, head.factor)
        values.append(None if read.problem else read.value)
        odd.append(bool(read.problem or read.changed))
    kind = arrow_type(column)
    if kind == pa.float64():
        values = [float(v) if isinstance(v, (int, float)) else None for v in values]
    places = coded.indices
    looked = np.asarray(odd, dtype=bool)
    mask = looked[places.to_numpy(zero_copy_only=False)] if len(cells) else looked[:0]
    return pc.take(pa.array(values, kind), places), mask


def _texts(cells: pa.Array, column: Column, head: Head) -> tuple[pa.Array, Mask]:
    pattern = _CODE if column.name.endswith("_id") else _NAME
    length = pc.binary_length(cells).to_numpy(zero_copy_only=False)
    empty = length == 0
    plain = mask_of(pc.ascii_is_decimal(cells))
    if not (plain | empty).all():
        plain = mask_of(pc.match_substring_regex(cells, pattern))
    if pattern == _NAME:
        plain &= ~mask_of(pc.is_in(cells, _MISSING))
    # long digits may be a person's number and are looked at one by one
    plain &= length < _LONGEST_PLAIN[pattern == _CODE]
    mask = ~(plain | empty)
    values = pc.if_else(pa.array(empty), None, cells) if empty.any() else cells
    values = pc.cast(values, pa.large_string())
    if not mask.any():
        return values, mask
    others, strange = _by_distinct(pc.filter(cells, pa.array(mask)), column, head)
    values = pc.replace_with_mask(values, pa.array(mask), others)
    mask[mask] = strange
    return values, mask


def _whole_numbers(cells: pa.Array) -> pa.Array | None:
    """Return a column of nothing but whole numbers, None where some cell is anything else."""
    text = cells.buffers()[2]
    raw = text.to_pybytes() if text is not None else b""
    if b"x" in raw or b"X" in raw:
        return None  # Arrow also reads 0x1F
    try:
        return pc.cast(cells, pa.int64())
    except pa.ArrowInvalid:
        return None


def _numbers(cells: pa.Array, column: Column) -> tuple[pa.Array, Mask]:
    whole = _whole_numbers(cells)
    if whole is not None and len(whole):
        numbers = whole.to_numpy(zero_copy_only=False)
        wrong = _out_of_range(numbers, column) | (np.abs(numbers) >= 10**14) | (numbers < 0)
        values = pc.cast(whole, pa.float64())
        return (pc.if_else(pa.array(wrong), None, values) if wrong.any() else values), wrong
    length = pc.binary_length(cells).to_numpy(zero_copy_only=False)
    empty = length == 0
    # whole numbers at once; only where there are others is each cell held to the pattern
    plain = mask_of(pc.ascii_is_decimal(cells)) & (length < _MOST_DIGITS)
    if not (plain | empty).all():
        plain = mask_of(pc.match_substring_regex(cells, _NUMBER))
    given = cells if plain.all() else pc.if_else(pa.array(plain), cells, None)
    values = pc.cast(given, pa.float64())
    numbers = values.to_numpy(zero_copy_only=False)
    wrong = _out_of_range(numbers, column)
    mask = ~(plain | empty) | wrong
    if wrong.any():
        values = pc.if_else(pa.array(wrong), None, values)
    return values, mask


def _out_of_range(numbers: np.ndarray[Any, Any], column: Column) -> Mask:
    """Tell which numbers ``parse`` would not take as they are; missing ones are none of them."""
    high = column.high
    if high is None and column.kind == "share":
        high = MOST_PERCENT_RATE
    wrong = np.zeros(len(numbers), dtype=bool)
    with np.errstate(invalid="ignore"):
        if column.low is not None:
            wrong |= numbers < column.low
        if high is not None:
            wrong |= numbers > high
        if column.kind == "count" and numbers.dtype.kind == "f":
            wrong |= (numbers % 1 != 0) & ~np.isnan(numbers)
    return wrong
