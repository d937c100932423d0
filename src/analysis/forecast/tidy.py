"""Read any tidy enrolment table (整洁表) into panels; grades and years as others write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.forecast.panel import Array, Panel, entry_cohorts

WHOLE = "all"
ENTRY = "entry"
FEWEST_YEARS = 3
#: Age at entry assumed for grade 1; each grade below is a year younger.
AGE_OF_GRADE_ONE = 6
#: Ages are read as grades: completed age less this.
AGE_LESS_GRADE = AGE_OF_GRADE_ONE - 1
#: How kindergarten and reception are written where grades are not numbers.
_GRADE_WORDS = {"k": 0, "kg": 0, "kindergarten": 0, "r": 0, "reception": 0, "pk": -1, "prek": -1}
#: A table may lack this share of its counts (suppressed, say) and still be read.
_MOST_UNREADABLE = 0.5
#: Pupils of a grade that do not vanish from one year to the next.
_MANY = 10.0


@dataclass(frozen=True)
class Tidy:
    """One panel of a tidy table, and the grades (by position) of each level asked for."""

    panel: Panel
    levels: Mapping[str, tuple[int, ...]]


def read_tidy(
    table: pd.DataFrame, births: pd.DataFrame | None = None, start_age: int | None = None
) -> list[Tidy]:
    """Build the panels of a tidy table.

    Parameters
    ----------
    table
        ``area_id, year, enrolment`` and ``grade`` or ``age``; a table without them is one grade.
        ``level`` may name groups of grades (one panel), or kinds of places (one panel each).
        ``parent_id`` may name each area's parent.
    births
        ``area_id, year, births`` and optionally ``month``, of the areas, of their parents, or of
        the whole.
    start_age
        Completed age at entry into the lowest grade.

    Notes
    -----
    An area without any row in a year is unknown in that year. A grade without a row in a year in
    which its area has others is empty, unless it and the grade below had pupils a year before: so
    many do not vanish at once. A row without a readable count is unknown.

    Raises
    ------
    ParameterError
        A column is missing or unreadable, a key is repeated, grades leave a gap, or fewer than
        three years are given.
    """
    rows = checked_table(table)
    by_age = "grade" not in _named(table) and "age" in _named(table)
    levels = _levels(rows)
    if levels is None:  # levels are kinds of places: towns, counties, schools
        parts = {str(name): part for name, part in rows.groupby("level", sort=True)}
        return [
            Tidy(_panel(part, births, start_age, by_age=by_age), _whole(part, name))
            for name, part in parts.items()
        ]
    return [Tidy(_panel(rows, births, start_age, by_age=by_age), levels)]


def _named(table: pd.DataFrame) -> set[str]:
    return {str(c).strip().lower() for c in table.columns}


def checked_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with known counts, whole years and grades, text identifiers.

    Raises
    ------
    ParameterError
        See :func:`read_tidy`.
    """
    rows = table.rename(columns={c: str(c).strip().lower() for c in table.columns})
    missing = [c for c in ("area_id", "year", "enrolment") if c not in rows]
    if missing:
        msg = (
            f"The table has no column {', '.join(missing)}. It needs area_id, grade or age, year, "
            f"enrolment; it has: {', '.join(map(str, table.columns))}."
        )
        raise ParameterError(msg)
    if rows.empty:
        raise ParameterError("The table has no rows.")
    if "grade" in rows:
        grade = _readable("grade", rows["grade"], _grade)
    elif "age" in rows:
        grade = _readable("age", rows["age"], _grade) - AGE_LESS_GRADE
    else:
        grade = pd.Series(1, index=rows.index)
    rows = rows.assign(
        area_id=identifiers(rows["area_id"]),
        grade=grade,
        year=_readable("year", rows["year"], _year),
        enrolment=_counts(rows["enrolment"]),
    )
    if "parent_id" in rows:
        rows["parent_id"] = identifiers(rows["parent_id"])
    rows = rows[rows["area_id"] != ""]
    _complain_of(rows)
    return rows


def _complain_of(rows: pd.DataFrame) -> None:
    keys = ["area_id", "grade", "year"]
    if "level" in rows and _levels(rows) is None:
        keys = ["level", *keys]
    repeated = rows.duplicated(keys, keep=False)
    if repeated.any():
        msg = (
            f"{int(repeated.sum())} rows share area, grade and year with another; give one row for "
            f"each, or add them up. First: {_sample(rows[repeated], keys)}."
        )
        raise ParameterError(msg)
    if (rows["enrolment"] < 0).any():
        bad = rows[rows["enrolment"] < 0]
        msg = f"Enrolment is below zero in {len(bad)} rows. First: {_sample(bad, keys)}."
        raise ParameterError(msg)
    years = rows.loc[rows["enrolment"].notna(), "year"].nunique()
    if years < FEWEST_YEARS:
        msg = (
            f"A backtest needs at least {FEWEST_YEARS} school years with counts; there are {years}."
        )
        raise ParameterError(msg)
    grades = sorted(rows["grade"].unique())
    gaps = sorted(set(range(grades[0], grades[-1] + 1)) - set(grades))
    if gaps:
        msg = (
            f"No area ever has grade {', '.join(map(str, gaps))}, which lies between grade "
            f"{grades[0]} and {grades[-1]}: cohorts cannot be followed across it. Give those "
            "grades, or backtest the grades on each side by themselves."
        )
        raise ParameterError(msg)


def _sample(rows: pd.DataFrame, keys: list[str]) -> str:
    first = rows[keys].head(3).to_dict("records")
    return "; ".join(", ".join(f"{k} {v}" for k, v in row.items()) for row in first)


def identifiers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return identifiers as text; 101.0 and 101 are the same place, a missing one is empty."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype("str").where(values.notna(), "").str.strip()


def _readable(name: str, values: pd.Series[Any], reader: Any) -> pd.Series[Any]:
    known = {value: reader(value) for value in values.unique()}
    unread = [str(v) for v, found in known.items() if found is None]
    if unread:
        msg = (
            f"Column {name} holds {', '.join(repr(v) for v in unread[:5])}"
            f"{' and more' if len(unread) > 5 else ''}, which cannot be read as a {name}. Leave "
            "those rows out or write whole numbers."
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
    return int(found.group(1)) if found else None


def _whole_number(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if np.isfinite(number) and number == int(number) else None


def _counts(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return counts as numbers; suppressed cells (*, <10, ..) are unknown."""
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("float64").where(np.isfinite(values.astype("float64")))
    text = values.astype("str").str.replace(",", "", regex=False).str.strip()
    read = pd.to_numeric(text, errors="coerce").astype("float64")
    if read.isna().mean() > _MOST_UNREADABLE:
        msg = f"Column enrolment is mostly not numbers, for example {text[read.isna()].iloc[0]!r}."
        raise ParameterError(msg)
    return read.where(np.isfinite(read))


def _levels(rows: pd.DataFrame) -> dict[str, tuple[int, ...]] | None:
    """Return the grades of each level, or None when levels are kinds of places."""
    grades = list(range(int(rows["grade"].min()), int(rows["grade"].max()) + 1))
    levels: dict[str, tuple[int, ...]] = {}
    if "level" in rows and rows["level"].notna().any():
        of_grade = rows.groupby("grade")["level"].nunique()
        if len(grades) > 1 and (of_grade > 1).any():
            return None
        if len(grades) == 1 and len(set(rows["level"])) > 1:
            return None
        for name, group in rows.groupby("level", sort=True):
            kept = set(group["grade"])
            levels[str(name)] = tuple(i for i, g in enumerate(grades) if g in kept)
    if len(levels) != 1:
        levels[WHOLE] = tuple(range(len(grades)))
    if len(grades) > 1 and (0,) not in levels.values():
        levels[ENTRY] = (0,)
    return levels


def _whole(rows: pd.DataFrame, name: str) -> dict[str, tuple[int, ...]]:
    count = int(rows["grade"].max() - rows["grade"].min()) + 1
    levels = {name: tuple(range(count))}
    return levels | ({f"{name} {ENTRY}": (0,)} if count > 1 else {})


def _panel(
    rows: pd.DataFrame, births: pd.DataFrame | None, start_age: int | None, *, by_age: bool
) -> Panel:
    areas = tuple(sorted(rows["area_id"].unique()))
    grades = tuple(range(int(rows["grade"].min()), int(rows["grade"].max()) + 1))
    years = tuple(range(int(rows["year"].min()), int(rows["year"].max()) + 1))
    index = pd.MultiIndex.from_product([areas, grades, years])
    given = rows.set_index(["area_id", "grade", "year"])["enrolment"]
    shape = (len(areas), len(grades), len(years))
    grid = given.reindex(index).to_numpy(dtype=float).reshape(shape)
    listed = index.isin(given.index).reshape(shape)
    present = np.isfinite(grid).any(axis=1, keepdims=True)
    grid = np.where(present & ~listed & ~_vanished(grid, listed), 0.0, grid)
    groups, parents = None, ()
    if "parent_id" in rows and (rows["parent_id"] != "").any():
        named = rows.groupby("area_id")["parent_id"].last().reindex(list(areas))
        groups = np.unique(named.to_numpy(dtype=str), return_inverse=True)[1]
        parents = tuple(named.tolist())
    age = start_age
    if age is None:
        age = grades[0] + AGE_LESS_GRADE if by_age or grades[0] < 1 else AGE_OF_GRADE_ONE
    drivers, driver_years, known = _drivers(births, areas, parents, age)
    return Panel(areas, grades, years, grid, drivers, driver_years, known, groups)


def _vanished(grid: Array, listed: Array) -> Array:
    """Return which cells are absent although pupils were there, and were to come, a year before."""
    before = np.zeros(grid.shape)
    before[:, :, 1:] = np.nan_to_num(grid[:, :, :-1])
    below = np.concatenate([before[:, :1], before[:, :-1]], axis=1)
    return np.asarray(~listed & (before >= _MANY) & (below >= _MANY))


def _checked_births(births: pd.DataFrame) -> pd.DataFrame:
    given = births.rename(columns={c: str(c).strip().lower() for c in births.columns})
    missing = [c for c in ("year", "births") if c not in given]
    if missing:
        raise ParameterError(f"The births table has no column {', '.join(missing)}.")
    if "area_id" not in given:
        given = given.assign(area_id="whole")
    given = given.assign(
        area_id=identifiers(given["area_id"]),
        year=_readable("year", given["year"], _year),
        births=_counts(given["births"]),
    )
    given = given[given["births"].notna()]
    keys = ["area_id", "year", *(["month"] if "month" in given else [])]
    if given.duplicated(keys).any():
        again = given[given.duplicated(keys, keep=False)]
        raise ParameterError(f"Births stand twice. First: {_sample(again, keys)}.")
    return given


def _drivers(
    births: pd.DataFrame | None, areas: tuple[str, ...], parents: tuple[str, ...], age: int
) -> tuple[dict[str, Array], tuple[int, ...], tuple[int, ...]]:
    """Return entry cohorts by driver: own births, those of the parents, those of the whole."""
    if births is None or births.empty:
        return {}, (), ()
    given = _checked_births(births)
    found = set(given["area_id"])
    years = tuple(range(int(given["year"].min()), int(given["year"].max()) + 1))
    if len(years) < 2 or not found:
        return {}, (), ()
    monthly = "month" in given and bool((given["month"].fillna(0) > 0).all())
    keys = ["area_id", "year", "month"] if monthly else ["area_id", "year"]
    summed = given.groupby(keys)["births"].sum()
    others = tuple(sorted(found - set(areas) - set(parents)))
    places: dict[str, tuple[str, ...]] = {}
    if found & set(areas):
        places["births"] = areas
    if found & set(parents):
        places["parent_births"] = parents
    if others and (not places or len(others) == 1):
        places["county_births"] = others
    drivers: dict[str, Array] = {}
    entry_years: tuple[int, ...] = ()
    known: tuple[int, ...] = ()
    for name, wanted in places.items():
        axes = [sorted(set(wanted)), years, *([range(1, 13)] if monthly else [])]
        values = summed.reindex(pd.MultiIndex.from_product(axes)).to_numpy(dtype=float)
        values = values.reshape([len(axis) for axis in axes])
        if name == "county_births":
            values = np.repeat(values.sum(axis=0, keepdims=True), len(areas), axis=0)
        else:
            values = values[[axes[0].index(place) for place in wanted]]
        drivers[name], entry_years, known = entry_cohorts(values, years, age, monthly=monthly)
    return drivers, entry_years, known
