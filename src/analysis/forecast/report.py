"""Backtest of any tidy table (``xuewei backtest``): rows in, accuracy rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.errors import DataError
from analysis.forecast.backtest import HORIZON, cases, score_rows
from analysis.forecast.methods import BASELINES, Method
from analysis.forecast.panel import Array, Panel, entry_cohorts

_WHOLE = "all"
#: Age at entry assumed for the lowest grade of the table: reception or kindergarten 5, grade 1 6.
_AGE_OF_GRADE_ONE = 6
_COLUMNS = ("level", "horizon", "size_band", "method", "n", "mape", "wape", "bias")


def backtest_report(
    table: pd.DataFrame,
    births: pd.DataFrame | None = None,
    start_age: int | None = None,
    *,
    horizon: int = HORIZON,
    methods: Sequence[Method] = BASELINES,
    first_origin_year: int | None = None,
) -> list[dict[str, object]]:
    """Backtest our method and the baselines on a tidy enrolment table (滚动起点回测).

    Parameters
    ----------
    table
        ``area_id, year, enrolment`` and ``grade`` or ``age`` (one row per area, grade and year;
        a table without them is one grade), optionally ``level`` (name of a group of grades) and
        ``parent_id`` (areas of one parent are shrunk towards it). Counts of one autumn.
    births
        ``area_id, year, births`` and optionally ``month``. Rows of the same areas are their own
        births; rows of any other ``area_id`` are births of the whole and are shared by all areas.
    start_age
        Completed age at entry into the lowest grade; by default 6 for grade 1 and one year less
        for each grade below, or the lowest age.
    horizon
        Years ahead.
    methods
        Methods beside ours.
    first_origin_year
        First origin; by default the first with five years of history (four when years are few).

    Returns
    -------
    list of dict
        ``level, horizon, size_band, method, n, mape, wape, bias, coverage80, coverage95, width80,
        interval_score``; errors as fractions; None where a method gives no interval.

    Raises
    ------
    DataError
        A column is missing, a key is repeated, or fewer than three years are given.
    """
    panel, levels = panel_of_table(table, births, start_age)
    origins = None
    if first_origin_year is not None:
        origins = [y for y in panel.years[:-1] if y >= first_origin_year]
    found = list(cases(panel, levels, horizon=horizon, methods=methods, origins=origins))
    return [{key: _plain(value) for key, value in row.items()} for row in score_rows(found)]


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not np.isfinite(value) else value


def panel_of_table(
    table: pd.DataFrame, births: pd.DataFrame | None = None, start_age: int | None = None
) -> tuple[Panel, dict[str, tuple[int, ...]]]:
    """Build the panel of a tidy table and the grades of each level.

    An area without any row in a year is unknown in that year; a grade without a row in a year in
    which the area has others is empty.

    Raises
    ------
    DataError
        See :func:`backtest_report`.
    """
    rows = _checked(table)
    areas = tuple(sorted(rows["area_id"].unique()))
    grades = tuple(range(int(rows["grade"].min()), int(rows["grade"].max()) + 1))
    years = tuple(range(int(rows["year"].min()), int(rows["year"].max()) + 1))
    index = pd.MultiIndex.from_product([areas, grades, years])
    cells = rows.set_index(["area_id", "grade", "year"])["enrolment"].reindex(index)
    grid = cells.to_numpy(dtype=float).reshape(len(areas), len(grades), len(years))
    present = np.isfinite(grid).any(axis=1, keepdims=True)
    grid = np.where(present & np.isnan(grid), 0.0, grid)
    groups = None
    if "parent_id" in rows and rows["parent_id"].notna().any():
        parents = rows.groupby("area_id")["parent_id"].first().reindex(list(areas)).astype(str)
        groups = np.unique(parents.to_numpy(dtype=str), return_inverse=True)[1]
    age = start_age if start_age is not None else _entry_age(table, grades[0])
    drivers, driver_years, known = _drivers(births, areas, age)
    panel = Panel(areas, grades, years, grid, drivers, driver_years, known, groups)
    return panel, _levels(rows, grades)


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its grade column, or say what is wrong with it."""
    rows = table.copy()
    if "grade" not in rows:
        rows["grade"] = rows.get("age", 0)
    missing = [c for c in ("area_id", "year", "enrolment") if c not in rows]
    if missing:
        raise DataError(
            table="backtest",
            problem=f"columns missing: {', '.join(missing)}",
            fix="Give area_id, grade or age, year, enrolment.",
            rows=table.head(3),
        )
    rows = rows[rows["enrolment"].notna()]
    rows["area_id"] = rows["area_id"].astype(str)
    repeated = rows.duplicated(["area_id", "grade", "year"], keep=False)
    if repeated.any():
        raise DataError(
            table="backtest",
            problem="an area, grade and year stands twice",
            fix="Give one row for each, or add them up.",
            rows=rows[repeated],
        )
    if rows["year"].nunique() < 3:
        raise DataError(
            table="backtest",
            problem="fewer than three years",
            fix="A backtest needs at least three school years.",
            rows=rows.head(3),
        )
    return rows


def _entry_age(table: pd.DataFrame, lowest: int) -> int:
    if "grade" not in table and "age" in table:
        return lowest
    return _AGE_OF_GRADE_ONE + min(lowest, 1) - 1


def _levels(rows: pd.DataFrame, grades: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    levels: dict[str, tuple[int, ...]] = {}
    if "level" in rows:
        for name, group in rows.groupby("level", sort=True):
            kept = set(group["grade"])
            levels[str(name)] = tuple(i for i, g in enumerate(grades) if g in kept)
    if len(levels) != 1:
        levels[_WHOLE] = tuple(range(len(grades)))
    if len(grades) > 1 and (0,) not in levels.values():
        levels["entry"] = (0,)
    return levels


def _drivers(
    births: pd.DataFrame | None, areas: tuple[str, ...], age: int
) -> tuple[Mapping[str, Array], tuple[int, ...], tuple[int, ...]]:
    """Return entry cohorts by driver: own births, and births of the whole."""
    if births is None or births.empty:
        return {}, (), ()
    given = births[births["births"].notna()].assign(area_id=births["area_id"].astype(str))
    years = tuple(range(int(given["year"].min()), int(given["year"].max()) + 1))
    monthly = "month" in given and bool((given["month"] > 0).all())
    drivers: dict[str, Array] = {}
    entry_years: tuple[int, ...] = ()
    known: tuple[int, ...] = ()
    keys = ["area_id", "year", "month"] if monthly else ["area_id", "year"]
    summed = given.groupby(keys)["births"].sum()
    whole = sorted(set(given["area_id"]) - set(areas))
    for name, places in (("births", areas), ("county_births", tuple(whole))):
        if not set(places) & set(given["area_id"]):
            continue
        axes = [places, years, range(1, 13)] if monthly else [places, years]
        values = summed.reindex(pd.MultiIndex.from_product(axes)).to_numpy(dtype=float)
        values = values.reshape([len(axis) for axis in axes])
        if name == "county_births":
            values = np.repeat(values.sum(axis=0, keepdims=True), len(areas), axis=0)
        drivers[name], entry_years, known = entry_cohorts(values, years, age, monthly=monthly)
    return drivers, entry_years, known
