"""Demand as the gap needs it: pupils by place, grade and year, and each school's share of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.capacity.ledger import STAGES, open_schools
from analysis.tables import Tables
from analysis.terms import STAGE_GRADES

Array = NDArray[np.float64]
SCENARIOS = ("low", "central", "high")
COUNTY = "county"


@dataclass(frozen=True)
class StageDemand:
    """Pupils of one stage.

    ``pupils`` is ``(scenario, place, grade, year)``; where only the stage's total is known there
    is one column of grades, and ``by_grade`` is false. ``total`` is ``(scenario, place, year)``.
    """

    stage: str
    places: tuple[str, ...]
    years: tuple[int, ...]
    pupils: Array
    total: Array
    by_grade: bool

    @property
    def grades(self) -> tuple[int, ...]:
        """Grades of the stage, or its first alone when grades are not known."""
        grades = STAGE_GRADES[self.stage]
        return grades if self.by_grade else grades[:1]


@dataclass(frozen=True)
class SchoolShares:
    """Which part of its place's pupils a school has: ``share`` is ``(school, grade, year)``."""

    schools: tuple[str, ...]
    place: NDArray[np.intp]
    share: Array

    def pupils(self, demand: Array) -> Array:
        """Spread ``(..., place, grade, year)`` over the schools of each place."""
        return np.asarray(np.take(demand, self.place, axis=-3) * self.share)


def area_code(tables: Tables, given: str = "") -> str:
    """Return the county's code: the one given, or the code that is in totals but is no town."""
    if given:
        return given
    towns = set(tables["towns"]["town_id"])
    for name in ("totals", "population"):
        others = sorted(set(tables[name]["town_id"]) - towns)
        if others:
            return str(others[0])
    county = tables["seat_demand"]
    county = county[county["level"] == "county"]
    return str(county["area_id"].iloc[0]) if not county.empty else COUNTY


def read_demand(
    tables: Tables, *, base_year: int, end_year: int, code: str
) -> dict[str, StageDemand]:
    """Return the demand of each stage: forecast where there is one, else what was counted.

    Towns where the forecast has towns; else the area as one place. Order of sources:
    ``grade_demand`` with ``seat_demand``, ``seat_demand`` alone, ``enrolment`` of the base year,
    ``totals`` of the latest year not after it.
    """
    found = {}
    for stage in STAGES:
        for source in (_forecast, _counted, _published):
            demand = source(tables, stage, base_year, end_year, code)
            if demand is not None:
                found[stage] = demand
                break
    return found


def _forecast(
    tables: Tables, stage: str, base_year: int, end_year: int, code: str
) -> StageDemand | None:
    del base_year, code
    seats = _rows(tables["seat_demand"], stage, end_year)
    grades = _rows(tables["grade_demand"], stage, end_year)
    frame = seats if not seats.empty else grades
    if frame.empty:
        return None
    if (frame["level"] == "town").any():
        frame = frame[frame["level"] == "town"]
    places = tuple(sorted(frame["area_id"].unique()))
    years = tuple(sorted({int(y) for y in frame["school_year"]}))
    grades = grades[grades["area_id"].isin(places)]
    by_grade = set(STAGE_GRADES[stage]) <= set(grades["grade"])
    keys = [SCENARIOS, places, years]
    if not by_grade:
        total = _grid(seats, ["scenario", "area_id", "school_year"], keys)
        return StageDemand(stage, places, years, total[:, :, None, :], total, by_grade=False)
    pupils = _grid(
        grades,
        ["scenario", "area_id", "grade", "school_year"],
        [SCENARIOS, places, STAGE_GRADES[stage], years],
    )
    total = pupils.sum(axis=2)
    if not seats.empty:
        total = _grid(seats, ["scenario", "area_id", "school_year"], keys)
    return StageDemand(stage, places, years, pupils, total, by_grade=True)


def _rows(frame: pd.DataFrame, stage: str, end_year: int) -> pd.DataFrame:
    return frame[(frame["stage"] == stage) & (frame["school_year"] <= end_year)]


def _grid(frame: pd.DataFrame, keys: list[str], axes: Sequence[Sequence[object]]) -> Array:
    """Return ``pupils`` on the full grid of ``axes``; absent cells are unknown."""
    index = pd.MultiIndex.from_product(axes)
    values = frame.set_index(keys)["pupils"].reindex(index).to_numpy(dtype=float)
    return np.asarray(values.reshape([len(axis) for axis in axes]))


def _counted(
    tables: Tables, stage: str, base_year: int, end_year: int, code: str
) -> StageDemand | None:
    """Return the pupils counted in the base year by town and grade."""
    del end_year, code
    rows = base_enrolment(tables, base_year)
    rows = rows[rows["grade"].isin(STAGE_GRADES[stage])]
    if rows.empty:
        return None
    places = tuple(sorted(rows["town_id"].unique()))
    year = int(rows["school_year"].max())
    summed = rows.groupby(["town_id", "grade"])["pupils"].sum()
    unknown = rows["pupils"].isna().groupby([rows["town_id"], rows["grade"]]).any()
    cells = summed.mask(unknown)
    index = pd.MultiIndex.from_product([places, STAGE_GRADES[stage]])
    # a counted year without such a row has no such pupils
    values = cells.reindex(index).to_numpy(dtype=float)
    absent = ~index.isin(list(cells.index))
    grid = np.where(absent, 0.0, values).reshape(1, len(places), -1, 1)
    pupils = np.repeat(grid, len(SCENARIOS), axis=0)
    return StageDemand(stage, places, (year,), pupils, pupils.sum(axis=2), by_grade=True)


def _published(
    tables: Tables, stage: str, base_year: int, end_year: int, code: str
) -> StageDemand | None:
    """Return the pupils of published totals: towns where given, else the area as one place."""
    del end_year
    totals = tables["totals"]
    rows = totals[(totals["stage"] == stage) & (totals["school_year"] <= base_year)]
    rows = rows[rows["pupils"].notna()]
    if rows.empty:
        return None
    rows = rows[rows["school_year"] == rows["school_year"].max()]
    below = rows[rows["town_id"] != code]
    # towns only where they make up the whole; else the area's own total
    rows = below if not below.empty and len(below) == len(rows) else rows[rows["town_id"] == code]
    places = tuple(sorted(rows["town_id"]))
    year = int(rows["school_year"].iloc[0])
    values = rows.set_index("town_id")["pupils"].reindex(list(places)).to_numpy(dtype=float)
    total = np.repeat(values[None, :, None], len(SCENARIOS), axis=0)
    return StageDemand(stage, places, (year,), total[:, :, None, :], total, by_grade=False)


def base_enrolment(tables: Tables, base_year: int) -> pd.DataFrame:
    """Return the base year's enrolment of ordinary open schools, with their towns."""
    enrolment = tables["enrolment"]
    enrolment = enrolment[enrolment["school_year"] <= base_year]
    if enrolment.empty or tables["schools"].empty:
        return enrolment.head(0).assign(town_id=pd.Series(dtype="str"))
    rows = enrolment[enrolment["school_year"] == enrolment["school_year"].max()]
    places = open_schools(tables, base_year)[["school_id", "town_id", "closed_year"]]
    joined: pd.DataFrame = rows.merge(places, on="school_id", how="inner", validate="m:1")
    return joined


def school_shares(
    tables: Tables,
    demand: StageDemand,
    starting: Mapping[str, int],
    *,
    base_year: int,
) -> SchoolShares | None:
    """Return every school's share of its town's pupils by grade and year.

    The share of a grade is that of the base year. A school that opens grade by grade gets its
    entry share in a grade once its first cohort reaches it, and shares of a town add up to one
    again. From the year a school closes its pupils go to the others of the town.

    Parameters
    ----------
    demand
        Demand by town; of an area known as one place there are no schools to share among.
    starting
        Schools that open grade by grade, and their top grades still empty.

    Returns
    -------
    SchoolShares or None
        None where the base year has no school rows of this stage by grade.
    """
    rows = base_enrolment(tables, base_year)
    rows = rows[rows["grade"].isin(STAGE_GRADES[demand.stage])]
    rows = rows[rows["town_id"].isin(demand.places)]
    if rows.empty or not demand.by_grade:
        return None
    first = rows.drop_duplicates("school_id").sort_values("school_id")
    schools = tuple(first["school_id"])
    place = np.array([demand.places.index(t) for t in first["town_id"]], dtype=np.intp)
    index = pd.MultiIndex.from_product([schools, demand.grades])
    counted = rows.set_index(["school_id", "grade"])["pupils"].reindex(index)
    absent = ~index.isin(list(zip(rows["school_id"], rows["grade"], strict=True)))
    base = np.where(absent, 0.0, counted.to_numpy(dtype=float)).reshape(len(schools), -1)
    raw = np.repeat(base[:, :, None], len(demand.years), axis=2)
    _open_grades(raw, base, schools, starting, demand.years)
    closing = first["closed_year"].to_numpy(dtype=float)
    for column, year in enumerate(demand.years):
        raw[closing <= year, :, column] = 0.0
    return SchoolShares(schools, place, _normalised(raw, place, len(demand.places)))


def _open_grades(
    raw: Array,
    base: Array,
    schools: tuple[str, ...],
    starting: Mapping[str, int],
    years: tuple[int, ...],
) -> None:
    """Let schools that start up reach one more grade a year, with their entrants' number."""
    grades = base.shape[1]
    for position, school in enumerate(schools):
        empty = starting.get(school, 0)
        for column, year in enumerate(years):
            opened = min(year - years[0], empty)
            lowest = grades - empty
            raw[position, lowest : lowest + opened, column] = base[position, 0]


def _normalised(raw: Array, place: NDArray[np.intp], places: int) -> Array:
    """Divide by the town's sum; a grade nobody attends is shared by the size of the stage."""
    share = np.zeros_like(raw)
    for town in range(places):
        own = place == town
        if not own.any():
            continue
        part = raw[own]
        known = np.isfinite(part)
        total = np.where(known, part, 0.0).sum(axis=0, keepdims=True)
        stage_size = np.where(known, part, 0.0).sum(axis=1, keepdims=True)
        whole = stage_size.sum(axis=0, keepdims=True)
        by_size = stage_size / np.where(whole > 0, whole, 1.0)
        fallback = np.where(whole > 0, by_size, 1.0 / own.sum())
        spread = np.where(total > 0, part / np.where(total > 0, total, 1.0), fallback)
        share[own] = np.where(known, spread, np.nan)
    return share
