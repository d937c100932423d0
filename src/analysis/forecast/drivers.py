"""Drivers of entrants (招生驱动数据): births and counts of children under six, as entry cohorts."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.forecast.panel import DEFAULT_START_AGE, Array, Panel, entry_cohorts
from analysis.tables import Tables

#: Drivers that hold the same children of the whole county for every town.
_COUNTY_PREFIX = "county_"
COUNTY_BIRTHS = f"{_COUNTY_PREFIX}births"


def is_shared(driver: str) -> bool:
    """Tell whether a driver holds the same children of the whole county for every town."""
    return driver.startswith(_COUNTY_PREFIX)


def with_drivers(
    panel: Panel, tables: Tables, code: str, base_year: int, births_basis: str = ""
) -> tuple[Panel, bool]:
    """Add births and counts of children under six as entry cohorts; say if births are by month."""
    found, monthly = birth_cohorts(panel, tables, code, base_year, births_basis)
    found |= under_six_cohorts(panel, tables, code, base_year)
    if not found:
        return panel, monthly
    first = min(cohorts.years[0] for cohorts in found.values())
    last = max(cohorts.years[-1] for cohorts in found.values())
    years = tuple(range(first, last + 1))
    drivers, own_known = {}, {}
    for name, cohorts in found.items():
        values = np.full((len(panel.areas), len(years)), np.nan)
        known = np.full(len(years), base_year)
        start = cohorts.years[0] - first
        part = slice(start, start + len(cohorts.years))
        values[:, part], known[part] = cohorts.children, cohorts.known
        drivers[name], own_known[name] = values, tuple(int(k) for k in known)
    made = replace(panel, drivers=drivers, driver_years=years, own_known=own_known)
    return replace(made, driver_known=next(iter(own_known.values()))), monthly


class Cohorts(NamedTuple):
    """Children by entry year, and the calendar year in which each column was counted."""

    children: Array  # (A, E)
    years: tuple[int, ...]
    known: tuple[int, ...]


def birth_cohorts(
    panel: Panel, tables: Tables, code: str, base_year: int, basis: str = ""
) -> tuple[dict[str, Cohorts], bool]:
    """Return entry cohorts from births: of each town, and of the county for all towns alike.

    Births of the prefecture, province or nation, where nothing nearer is given, stand in for the
    county's: what a town takes of them is its own entry ratio.
    """
    births = tables["births"]
    births = births[births["births"].notna() & (births["year"] <= base_year)]
    if births.empty:
        return {}, False
    births = births[births["basis"] == _chosen_basis(births, basis)]
    years = tuple(range(int(births["year"].min()), int(births["year"].max()) + 1))
    if len(years) < 2:
        return {}, False
    whole = _whole_births(births, panel, code).assign(town_id=code)
    sources: dict[str, tuple[tuple[str, ...], pd.DataFrame]] = {}
    alone = panel.areas == (code,)
    if not alone and set(births["town_id"]) & set(panel.areas):
        sources["births"] = (panel.areas, births)
    sources["births" if alone else COUNTY_BIRTHS] = ((code,), whole)
    found: dict[str, Cohorts] = {}
    monthly = False
    for name, (places, rows) in sources.items():
        grid, by_month = _births_grid(rows, places, years)
        children, entry_years, known = entry_cohorts(
            grid, years, DEFAULT_START_AGE, monthly=by_month
        )
        if np.isfinite(children).any():
            shared = np.broadcast_to(children, (len(panel.areas), len(entry_years)))
            found[name] = Cohorts(shared, entry_years, known)
            monthly = by_month
    return found, monthly


def _whole_births(births: pd.DataFrame, panel: Panel, code: str) -> pd.DataFrame:
    """Return births of the county; else of all its towns together; else of one place around it.

    Of several places around it the one with the most years is taken, and of those with as many the
    one with the fewest births: the nearest.
    """
    own = births[births["town_id"] == code]
    if not own.empty:
        return own
    towns = births[births["town_id"].isin(panel.areas)]
    if not towns.empty:
        return towns
    around = births.groupby("town_id").agg(years=("year", "nunique"), births=("births", "sum"))
    around = around.sort_values(["years", "births"], ascending=[False, True], kind="stable")
    nearest: pd.DataFrame = births[births["town_id"] == around.index[0]]
    return nearest


def under_six_cohorts(
    panel: Panel, tables: Tables, code: str, base_year: int
) -> dict[str, Cohorts]:
    """Return entry cohorts from counts of children by age (户籍、接种或在园儿童).

    Children of completed age ``a`` on 31 August of year ``y`` enter in ``y + 6 - a``. The latest
    count of a cohort is taken: the nearer to entry, the fewer still move.
    """
    counts = tables["under_six"]
    counts = counts[counts["children"].notna() & (counts["year"] <= base_year)]
    if counts.empty:
        return {}
    counts = counts[counts["basis"] == _chosen_basis(counts)]
    by_town = counts[counts["town_id"].isin(panel.areas)]
    rows = by_town
    if by_town.empty:
        rows = counts[counts["town_id"] == code]
        rows = (counts if rows.empty else rows).assign(town_id=code)
    entry = rows["year"] + DEFAULT_START_AGE - rows["age"]
    grouped = rows.assign(entry_year=entry).groupby(["town_id", "entry_year", "year"])
    latest = grouped["children"].sum().reset_index().sort_values("year")
    latest = latest.groupby(["town_id", "entry_year"]).last()
    years = tuple(range(int(entry.min()), int(entry.max()) + 1))
    places = [code] if by_town.empty else list(panel.areas)
    index = pd.MultiIndex.from_product([places, years])
    wide = latest.reindex(index)
    children = wide["children"].to_numpy(dtype=float).reshape(len(places), len(years))
    seen = wide["year"].to_numpy(dtype=float).reshape(len(places), len(years))
    latest_year = np.where(np.isfinite(seen), seen, -np.inf).max(axis=0)
    known = [int(y) if np.isfinite(y) else base_year for y in latest_year]
    name = f"{_COUNTY_PREFIX}under_six" if by_town.empty and panel.areas != (code,) else "under_six"
    shared = np.broadcast_to(children, (len(panel.areas), len(years)))
    return {name: Cohorts(shared, years, tuple(known))}


def _chosen_basis(births: pd.DataFrame, wanted: str = "") -> str:
    """Return the basis wanted, else the one with the most rows; bases are never mixed."""
    counts = births.groupby("basis").size()
    if wanted in counts.index:
        return wanted
    return str(counts.sort_index().idxmax())


def _births_grid(
    births: pd.DataFrame, places: tuple[str, ...], years: tuple[int, ...]
) -> tuple[Array, bool]:
    """Return births ``(A, Y)``, or ``(A, Y, 12)`` when every known place-year is by month."""
    months = births[births["month"] > 0]
    if not months.empty and months.groupby(["town_id", "year"]).size().ge(12).all():
        summed = months.groupby(["town_id", "year", "month"])["births"].sum()
        index = pd.MultiIndex.from_product([places, years, range(1, 13)])
        grid = summed.reindex(index).to_numpy(dtype=float).reshape(len(places), len(years), 12)
        return grid, True
    whole = births[births["month"] == 0]
    summed = whole.groupby(["town_id", "year"])["births"].sum(min_count=1)
    index = pd.MultiIndex.from_product([places, years])
    return summed.reindex(index).to_numpy(dtype=float).reshape(len(places), len(years)), False
