"""Read any tidy enrolment table (整洁表) into panels; grades and years as others write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.forecast.panel import Array, Panel, entry_cohorts
from analysis.forecast.tidy_columns import (
    AGE_LESS_GRADE,
    AGE_OF_GRADE_ONE,
    count_remarks,
    counts,
    identifiers,
    lines,
    named,
    sample,
    whole_numbers,
)

WHOLE = "all"
ENTRY = "entry"
FEWEST_YEARS = 3
#: Completed ages at entry that can be meant.
START_AGES = (0, 20)
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
    if start_age is not None and not START_AGES[0] <= start_age <= START_AGES[1]:
        raise ParameterError(f"start_age is {start_age}; it is an age from 0 to 20.")
    rows = checked_table(table)
    by_age = "grade" not in rows.attrs["given"] and "age" in rows.attrs["given"]
    levels = _levels(rows)
    if levels is None:  # levels are kinds of places: towns, counties, schools
        parts = {str(name): part for name, part in rows.groupby("level", sort=True)}
        _complain_of_births(births, rows)
        return [
            Tidy(_panel(part, births, start_age, by_age=by_age), _whole(part, name))
            for name, part in parts.items()
        ]
    _complain_of_births(births, rows)
    return [Tidy(_panel(rows, births, start_age, by_age=by_age), levels)]


def tidy_remarks(table: pd.DataFrame, births: pd.DataFrame | None = None) -> list[str]:
    """Return what is worth knowing about tables that can be read: what is unknown or left out.

    Parameters
    ----------
    table, births
        As for :func:`read_tidy`.
    """
    given = named(table)
    rows = checked_table(table)
    found = count_remarks("enrolment", given["enrolment"])
    if {"grade", "age"} <= set(given):
        found.append("Columns grade and age are both there; grade is used.")
    if "parent_id" in rows:
        own = rows[(rows["parent_id"] == rows["area_id"]) & (rows["parent_id"] != "")]
        if len(own):
            found.append(f"Areas are their own parents: {sample(own, ['area_id'])}.")
        above = rows[rows["parent_id"] != ""].groupby("area_id")["parent_id"].last().to_dict()
        round_about = sorted(str(a) for a, p in above.items() if p != a and above.get(p) == a)
        if round_about:
            found.append(f"Areas are each other's parents: {', '.join(round_about[:3])}.")
        moved = rows[rows["parent_id"] != ""].groupby("area_id")["parent_id"].nunique()
        if (moved > 1).any():
            first = moved.index[moved > 1][0]
            found.append(f"Area {first} has several parents; the last one named is used.")
    if births is not None and not births.empty:
        children = _checked_births(births)
        found += count_remarks("births", named(births)["births"])
        outside = sorted(set(children["area_id"]) - _places(rows))
        if len(outside) > 1:
            found.append(
                f"Births of {len(outside)} areas that are not in the table are not used, the first "
                f"{outside[0]}."
            )
    return found


def _places(rows: pd.DataFrame) -> set[str]:
    parents = set(rows["parent_id"]) - {""} if "parent_id" in rows else set()
    return set(rows["area_id"]) | parents


def _complain_of_births(births: pd.DataFrame | None, rows: pd.DataFrame) -> None:
    """Refuse births of several places that are neither areas nor parents: they are no whole."""
    if births is None or births.empty:
        return
    given = _checked_births(births)
    outside = sorted(set(given["area_id"]) - _places(rows))
    if len(outside) > 1 and len(outside) == given["area_id"].nunique():
        first = given[given["area_id"] == outside[0]]
        msg = (
            f"Births are of {len(outside)} places that the table does not have, the first "
            f"{outside[0]} ({lines(first)}). Give births of the areas, of their parents "
            "(parent_id), or of one whole."
        )
        raise ParameterError(msg)


def checked_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with known counts, whole years and grades, text identifiers.

    Raises
    ------
    ParameterError
        See :func:`read_tidy`.
    """
    rows = named(table)
    missing = [c for c in ("area_id", "year", "enrolment") if c not in rows]
    if missing:
        msg = (
            f"The table has no column {', '.join(missing)}. It needs area_id, grade or age, year, "
            f"enrolment, separated by commas; it has: {', '.join(map(str, table.columns))}."
        )
        raise ParameterError(msg)
    if rows.empty:
        raise ParameterError("The table has no rows.")
    given = tuple(rows.columns)
    rows = rows.reset_index(drop=True).dropna(how="all")
    if "grade" in rows:
        grade = whole_numbers("grade", rows["grade"])
    elif "age" in rows:
        grade = whole_numbers("age", rows["age"]) - AGE_LESS_GRADE
    else:
        grade = pd.Series(1, index=rows.index)
    rows = rows.assign(
        area_id=identifiers(rows["area_id"]),
        grade=grade,
        year=whole_numbers("year", rows["year"]),
        enrolment=counts("enrolment", rows["enrolment"]),
    )
    if "parent_id" in rows:
        rows["parent_id"] = identifiers(rows["parent_id"])
    nameless = rows[rows["area_id"] == ""]
    if len(nameless):
        raise ParameterError(f"Column area_id is empty ({lines(nameless)}).")
    rows.attrs["given"] = given
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
            f"each, or add them up. First: {sample(rows[repeated], keys)}."
        )
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
    given = named(births)
    missing = [c for c in ("year", "births") if c not in given]
    if missing:
        raise ParameterError(f"The births table has no column {', '.join(missing)}.")
    given = given.reset_index(drop=True).dropna(how="all")
    if "area_id" not in given:
        given = given.assign(area_id="whole")
    given = given.assign(
        area_id=identifiers(given["area_id"]),
        year=whole_numbers("year", given["year"]),
        births=counts("births", given["births"]),
    )
    if "month" in given:
        given["month"] = whole_numbers("month", given["month"].fillna(0))
    given = given[given["births"].notna()]
    keys = ["area_id", "year", *(["month"] if "month" in given else [])]
    if given.duplicated(keys).any():
        again = given[given.duplicated(keys, keep=False)]
        raise ParameterError(f"Births stand twice. First: {sample(again, keys)}.")
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
