"""Sheets as a bureau sends them: a title row, headers with units, a total row, footnotes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter

#: Written into every workbook instead of the clock, so that a seed gives the same bytes.
FIXED_DATE = dt.datetime(2025, 9, 20, tzinfo=dt.UTC)
_ZIP_DATE = (2025, 9, 20, 0, 0, 0)
MARK = "合成数据 SYNTHETIC"


@dataclass(frozen=True)
class Sheet:
    """One sheet: title, one header row or two, rows, an optional total row and footnotes."""

    name: str
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]
    upper_heads: Sequence[str] = ()
    total: Sequence[Any] = ()
    notes: Sequence[str] = field(default=())


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """Return an Excel workbook, the same bytes for the same sheets."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": FIXED_DATE, "title": MARK})
        bold = book.add_format({"bold": True, "align": "center"})
        head = book.add_format({"bold": True, "text_wrap": True, "border": 1, "align": "center"})
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, bold, head)
    return _stored(buffer.getvalue())


def _write(target: Any, sheet: Sheet, bold: Any, head: Any) -> None:
    width = len(sheet.heads) - 1
    target.merge_range(0, 0, 0, max(width, 1), f"{sheet.title}（{MARK}）", bold)
    row = 1
    if sheet.upper_heads:
        _merged_heads(target, row, sheet.upper_heads, head)
        row += 1
    for column, text in enumerate(sheet.heads):
        target.write_string(row, column, text, head)
    target.set_column(0, width, 12)
    target.freeze_panes(row + 1, 0)
    for cells in (*sheet.rows, *((sheet.total,) if sheet.total else ())):
        row += 1
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                target.write_string(row, column, cell)
            elif cell is not None:
                target.write_number(row, column, cell)
    for note in sheet.notes:
        row += 1
        target.write_string(row, 0, note)


def _merged_heads(target: Any, row: int, heads: Sequence[str], style: Any) -> None:
    start = 0
    for column in range(1, len(heads) + 1):
        if column < len(heads) and heads[column] == heads[start]:
            continue
        if column - start > 1:
            target.merge_range(row, start, row, column - 1, heads[start], style)
        else:
            target.write_string(row, start, heads[start], style)
        start = column


def _stored(content: bytes) -> bytes:
    """Pack a workbook again without compression: compressed bytes differ between machines."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as new,
    ):
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _ZIP_DATE), old.read(name))
    return buffer.getvalue()


def delimited(
    heads: Sequence[str], rows: Sequence[Sequence[Any]], encoding: str = "utf-8-sig"
) -> bytes:
    """Return a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def under_titles(
    rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> tuple[list[str], list[list[Any]]]:
    """Return headers and cells of rows keyed by column name."""
    return list(titles.values()), [[row.get(column) for column in titles] for row in rows]
