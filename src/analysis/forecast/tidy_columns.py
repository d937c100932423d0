"""Columns of tidy tables (整洁表的列): names, grades, years and counts as others write them.

What cannot be meant is an error with the line of the file it stands in; what can be read but is
better known is a remark.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import ParameterError

#: Age at entry assumed for grade 1; each grade below is a year younger.
AGE_OF_GRADE_ONE = 6
#: Ages are read as grades: completed age less this.
AGE_LESS_GRADE = AGE_OF_GRADE_ONE - 1
#: School years that can be meant.
FIRST_YEAR, LAST_YEAR = 1900, 2100
#: How kindergarten and reception are written where grades are not numbers.
_GRADE_WORDS = {"k": 0, "kg": 0, "kindergarten": 0, "r": 0, "reception": 0, "pk": -1, "prek": -1}
#: A table may lack this share of its counts (suppressed, say) and still be read.
_MOST_UNREADABLE = 0.5
_ALIASES = {"enrollment": "enrolment"}
_HEADER_LINES = 2  # the first row of data is the second line of its file


def named(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with column names in lower case and one spelling.

    Raises
    ------
    ParameterError
        Two columns have the same name.
    """
    names = [str(c).strip().lower() for c in table.columns]
    # a repeated head of a CSV file comes as "year.1"
    plain = [_ALIASES.get(n, n) for n in (re.sub(r"\.\d+$", "", n) for n in names)]
    used = [n for n in plain if n in _USED]
    twice = sorted({n for n in used if used.count(n) > 1})
    if twice:
        raise ParameterError(f"Column {', '.join(twice)} is there twice; leave one of them out.")
    kept = [p if p in _USED else n for n, p in zip(names, plain, strict=True)]
    return table.set_axis(kept, axis=1)


_USED = ("area_id", "parent_id", "level", "grade", "age", "year", "month", "enrolment", "births")


def lines(rows: pd.DataFrame | pd.Series[Any]) -> str:
    """Name the lines of the file that rows came from, the first three."""
    numbers = [str(int(i) + _HEADER_LINES) for i in rows.index[:3]]
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return f"line {', '.join(numbers)}{more}"


def sample(rows: pd.DataFrame, keys: list[str]) -> str:
    """Show the first distinct keys of some rows, with their lines."""
    first = rows[keys].drop_duplicates().head(3).to_dict("records")
    shown = "; ".join(", ".join(f"{k} {v}" for k, v in row.items()) for row in first)
    return f"{shown} ({lines(rows)})"


def identifiers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return identifiers as text; 101.0 and 101 are the same place, a missing one is empty."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype("str").where(values.notna(), "").str.strip()


def whole_numbers(name: str, values: pd.Series[Any]) -> pd.Series[Any]:
    """Return grades, ages, years or months as integers.

    Raises
    ------
    ParameterError
        A cell cannot be read as one, or lies outside what can be meant.
    """
    reader = {"year": _year, "month": _month}.get(name, _grade)
    known = {value: reader(value) for value in values.unique()}
    bad = values[values.map({value: found is None for value, found in known.items()})]
    if len(bad):
        unread = list(dict.fromkeys(str(v) for v in bad))
        limits = {"year": f", {FIRST_YEAR} to {LAST_YEAR}", "month": ", 1 to 12"}.get(name, "")
        msg = (
            f"Column {name} holds {', '.join(repr(v) for v in unread[:5])}"
            f"{' and more' if len(unread) > 5 else ''} ({lines(bad)}), which cannot be read as a "
            f"{name}. Leave those rows out or write whole numbers{limits}."
        )
        raise ParameterError(msg)
    return values.map(known).astype("int64")


def _grade(value: object) -> int | None:
    text = str(value).strip().lower().removeprefix("grade").removeprefix("year").strip()
    if text in _GRADE_WORDS:
        return _GRADE_WORDS[text]
    return _whole_number(text)


def _year(value: object) -> int | None:
    """Read 2014, 2014.0, 2014/15, 2014-2015 or 2014-09-01 as 2014, the year it begins in."""
    found = re.match(r"^\s*(\d{4})(?:\.0+)?(?:\s*[-/–]\s*\d{1,4}.*)?\s*$", str(value))
    year = int(found.group(1)) if found else 0
    return year if FIRST_YEAR <= year <= LAST_YEAR else None


def _month(value: object) -> int | None:
    number = _whole_number(str(value).strip())
    return number if number is not None and 0 <= number <= 12 else None


def _whole_number(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if np.isfinite(number) and number == int(number) else None


def counts(name: str, values: pd.Series[Any]) -> pd.Series[Any]:
    """Return counts as numbers; cells that are not numbers (*, <10, ..) are unknown.

    Raises
    ------
    ParameterError
        A count is below zero or without end, or most cells are not numbers.
    """
    read = _numbers(values)
    endless, below = values[np.isinf(read)], values[read < 0]
    for bad, said in ((endless, "is no number of people"), (below, "is below zero")):
        if len(bad):
            msg = f"Column {name} holds {str(bad.iloc[0])!r}, which {said} ({lines(bad)})."
            raise ParameterError(msg)
    unread = read.isna() & values.notna()
    if len(values) and unread.mean() > _MOST_UNREADABLE:
        msg = f"Column {name} is mostly not numbers, for example {str(values[unread].iloc[0])!r}."
        raise ParameterError(msg)
    return read


def _numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("float64")
    text = values.astype("str").str.replace(",", "", regex=False).str.strip()
    return pd.to_numeric(text, errors="coerce").astype("float64")


def count_remarks(name: str, values: pd.Series[Any]) -> list[str]:
    """Return what is worth knowing about a column of counts that can be read."""
    read = _numbers(values)
    found = []
    unread = values[read.isna()]
    if len(unread):
        shown = [v for v in unread if pd.notna(v)]
        first = f", the first {str(shown[0])!r}" if shown else ""
        found.append(f"{len(unread)} cells of {name} are unknown{first} ({lines(unread)}).")
    parts = values[(read % 1 > 0) & np.isfinite(read)]
    if len(parts):
        found.append(
            f"{len(parts)} cells of {name} are not whole, the first {str(parts.iloc[0])!r} "
            f"({lines(parts)}); they are used as they are."
        )
    return found
