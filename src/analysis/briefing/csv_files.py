"""Every table of a run as CSV."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pandas as pd

from analysis.briefing.workbook import table_names
from analysis.store import Run

#: A spreadsheet runs a text that begins with one of these.
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def csv_tables(run: Run) -> dict[str, bytes]:
    """Return every table as CSV (UTF-8 with mark, so that Excel shows Chinese), by name.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    return {name: csv_table(run.tables[name]) for name in table_names(run)}


def csv_table(frame: pd.DataFrame) -> bytes:
    """Return one table as CSV: ten digits a number, nothing where a value is missing.

    Written by columns: pandas would give the same bytes in three times the time.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(zip(*(_column(frame[name]) for name in frame), strict=True))
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def _column(column: pd.Series[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    if column.dtype == float:
        return ["" if value != value else f"{value:.10g}" for value in values]
    if column.dtype.kind in "bi":
        return values
    written = {v: harmless(v) if isinstance(v, str) else "" for v in dict.fromkeys(values)}
    return [written[value] for value in values]


def harmless(value: Any) -> Any:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_RISKY) else value
