"""Demand in numbers: zones, scenario lines, simulated futures for planning and for testing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.planning.instance import Array
from analysis.tables import Tables
from analysis.terms import STAGE_GRADES, Scenario

SCENARIOS: tuple[str, ...] = tuple(s.value for s in Scenario)
#: Futures the plan is made for, and futures kept back to test it on.
PLANNING_PATHS = 40
HELD_OUT_PATHS = 240
SEED = 20_170_426


@dataclass(frozen=True)
class Futures:
    """Demand and supply of every zone that has both.

    ``seats`` ``(Z, T)``; ``lines`` ``(Z, T)`` by scenario; ``planning`` and ``held_out``
    ``(Z, T, K)``; ``entrants`` ``(Z, T, K)`` pupils of the stage's first grade on the held-out
    paths, with the base year's known entrants ``(Z,)`` beside them.
    """

    level: str
    zones: tuple[tuple[str, str], ...]
    years: tuple[int, ...]
    seats: Array
    committed: Array
    lines: dict[str, Array]
    planning: Array
    held_out: Array
    entrants: Array
    simulated: bool
    unknown: tuple[tuple[str, str], ...] = ()


def read_futures(
    tables: Tables, *, base_year: int, horizon_years: int, reserve_rate: float
) -> Futures | None:
    """Return the futures, or None when there is no demand or no supply to compare.

    Parameters
    ----------
    tables
        ``seat_demand``, ``seat_supply`` and, where they exist, ``demand_paths``.
    reserve_rate
        Seats kept free: required seats are pupils times one plus this rate.
    """
    years = tuple(range(base_year + 1, base_year + horizon_years + 1))
    demand, supply = tables["seat_demand"], tables["seat_supply"]
    demand = demand[demand["school_year"].isin(years)]
    years = tuple(sorted(set(demand["school_year"])))
    if demand.empty or supply.empty:
        return None
    level = "town" if (demand["level"] == "town").any() else "county"
    demand = demand[demand["level"] == level]
    supply = supply[supply["level"] == level]
    lines = _cube(demand, years, "scenario", "pupils")
    seats, committed = (
        supply.pivot_table(
            index=["area_id", "stage"], columns="school_year", values=name, dropna=False
        ).reindex(columns=list(years))
        for name in ("seats_available", "seats_committed")
    )
    known = seats.dropna()
    every = sorted(set(lines.index))
    zones = tuple(zone for zone in every if zone in known.index)
    if not zones:
        return None
    place = list(zones)
    factor = 1.0 + reserve_rate
    by_scenario = {
        s: lines.loc[place, s].to_numpy(dtype=float) * factor
        for s in SCENARIOS
        if s in lines.columns.get_level_values(0)
    }
    paths, entrants = _paths(tables, zones, years)
    if paths is None:
        middle = np.stack(list(by_scenario.values()), axis=2)
        planning = held_out = middle
        entrants = np.full_like(middle, np.nan)
    else:
        first, rest = split(paths * factor)
        planning, held_out = paths[..., first] * factor, paths[..., rest] * factor
        entrants = entrants[..., rest]
    return Futures(
        level,
        zones,
        years,
        known.loc[place].to_numpy(dtype=float),
        committed.reindex(place).fillna(0.0).to_numpy(dtype=float),
        by_scenario,
        planning,
        held_out,
        entrants,
        paths is not None,
        tuple(zone for zone in every if zone not in known.index),
    )


def _cube(rows: pd.DataFrame, years: tuple[int, ...], by: str, value: str) -> pd.DataFrame:
    """Return (area, stage) x (``by``, year)."""
    table = rows.pivot_table(
        index=["area_id", "stage"], columns=[by, "school_year"], values=value, dropna=False
    )
    kept = table.columns.get_level_values("school_year").isin(years)
    return table.loc[:, kept].sort_index(axis=1).dropna()


def _paths(
    tables: Tables, zones: tuple[tuple[str, str], ...], years: tuple[int, ...]
) -> tuple[Array | None, Array]:
    """Return simulated pupils and first-grade entrants ``(Z, T, P)``; None if any is missing."""
    rows = tables["demand_paths"]
    none = np.zeros((len(zones), len(years), 0))
    if rows.empty:
        return None, none
    zone = _zone_of(rows, zones)
    year = rows["school_year"].to_numpy() - years[0]
    path, paths = _numbered(rows["path"].to_numpy())
    wanted = (zone >= 0) & (year >= 0) & (year < len(years))
    shape = (len(zones), len(years), paths)
    cell = np.where(wanted, (zone * shape[1] + year) * shape[2] + path, 0)
    # a zone without pupils in some year of some path is unknown there, never empty
    if (np.bincount(cell[wanted], minlength=int(np.prod(shape))) == 0).any():
        return None, none
    pupils = rows["pupils"].to_numpy(dtype=float)
    first = rows["grade"].isin([grades[0] for grades in STAGE_GRADES.values()]).to_numpy()
    total, entrants = (
        np.bincount(cell, np.where(kept, pupils, 0.0), int(np.prod(shape)))
        for kept in (wanted, wanted & first)
    )
    return (
        np.asarray(total, dtype=float).reshape(shape),
        np.asarray(entrants, dtype=float).reshape(shape),
    )


def _numbered(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Return the rank of each whole number among the different ones, and how many there are."""
    if numbers.min() >= 0 and numbers.max() < len(numbers) and np.bincount(numbers).all():
        return numbers, int(numbers.max()) + 1  # without a gap from zero on, as paths are
    ranks, different = pd.factorize(numbers, sort=True)
    return ranks, len(different)


def _zone_of(rows: pd.DataFrame, zones: tuple[tuple[str, str], ...]) -> NDArray[np.int64]:
    """Return the position of each row's zone, -1 where it is none of them."""
    town, towns = pd.factorize(rows["town_id"])
    stage, stages = pd.factorize(rows["stage"])
    place = {zone: i for i, zone in enumerate(zones)}
    table = np.array([[place.get((t, s), -1) for s in stages] for t in towns], dtype=np.int64)
    return np.asarray(table[town, stage])


def split(
    paths: Array, *, planning: int = PLANNING_PATHS, held_out: int = HELD_OUT_PATHS
) -> tuple[Array, Array]:
    """Choose futures for planning, spread over the whole range of totals, and others for testing.

    Paths are put in order of their total; one is drawn from each of ``planning`` equal strata. The
    test paths are drawn from the rest, so no future serves both. With few paths half go to each.
    """
    count = paths.shape[-1]
    wanted = min(planning, max(1, count // 2))
    random = np.random.default_rng([SEED, count])
    order = np.argsort(paths.sum(axis=(0, 1)), kind="stable")
    strata = np.array_split(order, wanted)
    chosen = np.array([part[random.integers(len(part))] for part in strata])
    rest = np.setdiff1d(order, chosen)
    kept = random.permutation(rest)[:held_out] if len(rest) else chosen
    return np.sort(chosen), np.sort(kept)
