"""A table too big for memory: a CSV file read block by block into canonical rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv as pcsv

from analysis.errors import IntakeError
from analysis.intake.cells import MISSING_WORDS, code_words
from analysis.intake.headers import HeaderBook
from analysis.tables import Column, Contract, contract
from analysis.terms import LABELS

#: Bytes read at a time: memory stays at a few of these whatever the size of the file.
BLOCK_BYTES = 16 * 1024**2


#: The compute functions are made at import time and carry no types.
pc: Any = pyarrow.compute


def stream(
    source: BinaryIO, table: str, *, name: str, delimiter: str = ","
) -> Iterator[tuple[pd.DataFrame, dict[str, int]]]:
    """Yield canonical rows of a tidy CSV file in UTF-8, and the cells of each block set aside.

    Parameters
    ----------
    source
        The open file; its first line holds the headers.
    table
        The canonical table its rows are.
    name
        The file's name, written into ``source`` with the line of each row.

    Yields
    ------
    tuple
        A frame with the columns of the contract, and by column how many cells could not be read
        or broke its range (they are missing), and under ``"rows"`` how many rows lack a key.

    Raises
    ------
    IntakeError
        The file is not such a CSV file, or none of its headers belong to the table.

    Notes
    -----
    Only rules of single cells are applied; rules across rows need the whole table at once.
    """
    item = contract(table)
    book = HeaderBook()
    titles = source.readline().decode("utf-8-sig", "replace").strip("\r\n").split(delimiter)
    titles = [title.strip('"') for title in titles]
    try:
        reader = pcsv.open_csv(
            source,
            read_options=pcsv.ReadOptions(block_size=BLOCK_BYTES, column_names=titles),
            parse_options=pcsv.ParseOptions(delimiter=delimiter),
            # text at first: codes keep their zeros, and a bad cell stops nothing
            convert_options=pcsv.ConvertOptions(column_types=dict.fromkeys(titles, pa.string())),
        )
        heads = {title: book.head(table, title) for title in titles}
        columns = {
            h.column: (t, h.factor) for t, h in heads.items() if h and h.column in item.names
        }
        if item.keys[0] not in columns:
            raise IntakeError(f"{name}: 没有 {table} 的表头。 It has no headers of {table}.")
        line = 2
        for batch in reader:
            yield _block(batch, item, columns, name, line)
            line += batch.num_rows
    except pa.ArrowInvalid as error:
        raise IntakeError(
            f"{name}: 不是可读的 CSV 文件。 It is not a readable CSV file. ({error})"
        ) from error


def _block(
    batch: pa.RecordBatch,
    item: Contract,
    columns: dict[str, tuple[str, float]],
    name: str,
    line: int,
) -> tuple[pd.DataFrame, dict[str, int]]:
    found: dict[str, Any] = {}
    set_aside: dict[str, int] = {}
    for column in item.columns:
        if column.name not in columns:
            continue
        title, factor = columns[column.name]
        values, bad = _read(batch.column(title), column, factor)
        found[column.name] = values
        if bad:
            set_aside[column.name] = bad
    frame = pd.DataFrame(found)
    if "source" in item.names:
        lines = pd.Series(np.arange(line, line + batch.num_rows)).astype(str)
        frame["source"] = f"{name}#" + lines
    required = [c.name for c in item.columns if not c.nullable]
    frame = frame.reindex(columns=item.names)
    whole = frame[required].notna().all(axis=1)
    if not whole.all():
        set_aside["rows"] = int((~whole).sum())
        frame = frame[whole]
    for column in item.columns:
        frame[column.name] = frame[column.name].astype(column.dtype)
    return frame, set_aside


def _read(cells: pa.Array, column: Column, factor: float) -> tuple[Any, int]:
    """Return the values of a column and how many cells were set aside."""
    text = pc.utf8_trim_whitespace(pc.cast(cells, pa.string()))
    empty = pc.is_in(text, pa.array(sorted(MISSING_WORDS)))
    text = pc.if_else(empty, None, text)
    if column.kind in ("text", "code"):
        values = text.to_pandas()
        if column.kind == "text":
            return values, 0
        coded = values.map(_words(column))
        return coded, int((values.notna() & coded.isna()).sum())
    try:
        numbers = pc.cast(text, pa.float64()).to_pandas()
    except pa.ArrowInvalid:
        numbers = pd.to_numeric(text.to_pandas(), errors="coerce")
    numbers = numbers.astype("float64") * factor
    low = 0.0 if column.kind == "count" and column.low is None else column.low
    wrong = pd.Series(False, index=numbers.index)
    if low is not None:
        wrong |= numbers < low
    if column.high is not None:
        wrong |= numbers > column.high
    if column.kind in ("count", "whole"):
        wrong |= numbers % 1 != 0
    numbers = numbers.mask(wrong & numbers.notna())
    return numbers, len(text) - text.null_count - int(numbers.notna().sum())


def _words(column: Column) -> dict[str, str]:
    words = {code: code for code in column.values}
    for code in column.values:
        zh, en = LABELS.get(column.family, {}).get(code, (code, code))
        words |= {zh: code, en: code}
    own = code_words().get(column.family or column.name, {})
    return {**{k: v for k, v in own.items() if v in column.values}, **words}
