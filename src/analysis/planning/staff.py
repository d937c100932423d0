"""Teachers needed (教师需求): from classes and ratios, by stage and year; never netted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.planning.parameters import Parameters
from analysis.tables import Tables, contract


def staff_need(tables: Tables, parameters: Parameters, scenario: str) -> pd.DataFrame:
    """Return ``staff_need`` of the county by stage and school year.

    Parameters
    ----------
    tables
        ``seat_demand`` (county rows), ``seat_gap`` (classes by year, where it is known),
        ``teachers`` or ``totals`` for the teachers there are.
    scenario
        Line of demand.

    Notes
    -----
    Classes are those of the gap table (rounded up by grade and school); where it has none, pupils
    over the largest class, rounded up. Teachers = classes x largest class / pupils a teacher, so
    the need follows from the classes shown.
    """
    demand = tables["seat_demand"]
    county = demand[(demand["level"] == "county") & (demand["scenario"] == scenario)]
    if county.empty:
        county = demand[demand["scenario"] == scenario]
        county = county.groupby(["stage", "school_year"], as_index=False)[["pupils"]].sum()
    now = teachers_now(tables, parameters.base_year)
    classes = _classes(tables, scenario)
    rows: list[dict[str, Any]] = []
    for row in county.to_dict("records"):
        stage, year = str(row["stage"]), int(row["school_year"])
        if year < parameters.base_year:
            continue
        size = parameters.value("class_size_max", stage)
        ratio = parameters.value("pupils_per_teacher", stage)
        counted = classes.get((stage, year), float("nan"))
        number = counted if np.isfinite(counted) else float(np.ceil(row["pupils"] / size))
        needed = float(np.ceil(number * size / ratio - 1e-9))
        there = now.get(stage, float("nan"))
        rows.append(
            {
                "stage": stage,
                "school_year": year,
                "pupils": row["pupils"],
                "classes": number,
                "teachers_needed": needed,
                "teachers_now": there,
                "shortage": max(needed - there, 0.0) if np.isfinite(there) else np.nan,
                "surplus": max(there - needed, 0.0) if np.isfinite(there) else np.nan,
                "basis": f"{size:g} / {ratio:g}",
            }
        )
    return contract("staff_need").frame(rows)


def teachers_now(tables: Tables, base_year: int) -> dict[str, float]:
    """Return full-time teachers by stage in the latest year up to the base year."""
    teachers = tables["teachers"]
    teachers = teachers[teachers["school_year"] <= base_year]
    if not teachers.empty:
        latest = teachers[teachers["school_year"] == teachers["school_year"].max()]
        sums = latest.groupby("stage")["full_time"].agg(lambda v: v.sum(skipna=False))
        return {str(stage): float(value) for stage, value in sums.items()}
    totals = tables["totals"]
    totals = totals[(totals["school_year"] <= base_year) & totals["teachers"].notna()]
    if totals.empty:
        return {}
    latest = totals[totals["school_year"] == totals["school_year"].max()]
    towns = set(tables["towns"]["town_id"])
    county = latest[~latest["town_id"].isin(towns)]
    kept = county if not county.empty else latest
    return {str(s): float(v) for s, v in kept.groupby("stage")["teachers"].sum().items()}


def _classes(tables: Tables, scenario: str) -> dict[tuple[str, int], float]:
    gap = tables["seat_gap"] if "seat_gap" in tables else pd.DataFrame()
    if gap.empty:
        return {}
    rows = gap[(gap["level"] == "county") & (gap["scenario"] == scenario)]
    return {
        (str(r["stage"]), int(r["school_year"])): float(r["classes_required"])
        for r in rows.to_dict("records")
    }
