"""Small generated counties for the planning tests and benchmarks, as canonical tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.tables import Tables, contract
from analysis.terms import STAGE_GRADES

BASE_YEAR = 2025
SIZE = {"primary": 45, "junior": 50}


def county(
    *,
    towns=3,
    schools_each=2,
    horizon=10,
    paths=120,
    seed=5,
    tightness=1.0,
    growth=(0.03, 0.0, -0.03),
    spread=0.06,
    funds=60e6,
    shape=None,
    coordinates=True,
):
    """Return tables of a county with demand, seats, schools, projects and funds.

    ``tightness`` is demand over seats in the first year; ``growth`` is the yearly change by town
    (in turn); ``shape`` replaces the growth path: ``shape(town, stage, t)`` times the seats there.
    """
    random = np.random.default_rng(seed)
    years = range(BASE_YEAR + 1, BASE_YEAR + horizon + 1)
    schools, ledger, demand, paths_rows, supply = [], [], [], [], []
    names = [f"T{i:02d}" for i in range(towns)]
    shared = random.standard_normal((paths, horizon)).cumsum(axis=1) * spread / np.sqrt(horizon)
    for i, town in enumerate(names):
        for stage in ("primary", "junior"):
            seats = 0.0
            for s in range(schools_each):
                rooms = int(random.integers(6, 25)) if stage == "primary" else 12 + 3 * s
                school_id = f"{town}-{stage[0]}{s}"
                schools.append(school(school_id, town, stage, i + 0.02 * s, coordinates))
                ledger.append(ledger_row(school_id, town, stage, rooms))
                seats += rooms * SIZE[stage]
            own = random.standard_normal((paths, horizon)).cumsum(axis=1) * spread / 2
            rate = growth[i % len(growth)]
            line = np.array(
                [
                    seats * shape(i, stage, t) if shape else seats * tightness * (1 + rate) ** t
                    for t in range(horizon)
                ]
            )
            values = line * np.exp(shared + own)
            demand += demand_rows(town, stage, years, line)
            paths_rows.append(path_frame(town, stage, years, values))
            supply += [supply_row(town, stage, year, seats) for year in (BASE_YEAR, *years)]
    frames = {
        "towns": contract("towns").frame(
            [
                {"town_id": t, "town_name": f"镇{t}", "lon": 110 + i * 0.04, "lat": 23.0}
                for i, t in enumerate(names)
            ]
        ),
        "schools": contract("schools").frame(schools),
        "capacity_ledger": filled("capacity_ledger", ledger),
        "seat_demand": contract("seat_demand").frame(demand + county_rows(demand)),
        "demand_paths": contract("demand_paths").frame(pd.concat(paths_rows)),
        "seat_supply": filled("seat_supply", supply),
    }
    if funds:
        frames["finance"] = contract("finance").frame(
            [
                {"year": year, "funding_source": source, "amount_cny": funds * share}
                for year in list(years)[:5]
                for source, share in (("县级财政", 0.6), ("上级补助", 0.4))
            ]
        )
    return Tables(frames)


def filled(name, rows):
    """Return a frame in which whole numbers and flags that are not given are zero and false."""
    frame = pd.DataFrame(rows)
    for column in contract(name).columns:
        if column.name not in frame and column.kind in ("whole", "flag"):
            frame[column.name] = 0 if column.kind == "whole" else False
    return contract(name).frame(frame)


def school(school_id, town, stage, place, coordinates):
    found = {
        "school_id": school_id,
        "school_name": f"{school_id}学校",
        "town_id": town,
        "kind": stage,
        "owner": "public",
    }
    if coordinates:
        found |= {"lon": 110 + place * 0.04, "lat": 23.0}
    return found


def ledger_row(school_id, town, stage, rooms):
    seats = rooms * SIZE[stage]
    return {
        "school_id": school_id,
        "stage": stage,
        "town_id": town,
        "school_year": BASE_YEAR,
        "pupils": seats * 0.9,
        "classes": rooms,
        "class_size_max": SIZE[stage],
        "classrooms": rooms,
        "unsafe_classrooms": 0,
        "temporary_classrooms": 0,
        "usable_classrooms": rooms,
        "seats_available": seats,
        "seats_temporary": 0,
        "seats_by_school_size": 2000,
        "seats_by_sports_area": seats + 600,
        "limit_reason": "classrooms",
        "basis": "classrooms",
        "start_up": False,
    }


def demand_rows(town, stage, years, line):
    return [
        {
            "level": "town",
            "area_id": town,
            "stage": stage,
            "school_year": year,
            "scenario": scenario,
            "pupils": float(value * factor),
            "lower80": float(value * factor * 0.9),
            "upper80": float(value * factor * 1.1),
            "lower95": float(value * factor * 0.85),
            "upper95": float(value * factor * 1.15),
            "method": "cohort",
        }
        for year, value in zip(years, line, strict=True)
        for scenario, factor in (("low", 0.92), ("central", 1.0), ("high", 1.08))
    ]


def county_rows(rows):
    frame = pd.DataFrame(rows).drop(columns=["area_id", "level", "method"])
    sums = frame.groupby(["stage", "school_year", "scenario"], as_index=False).sum()
    return (
        sums.assign(level="county", area_id="450000", method="cohort").to_dict("records")
        if len(sums)
        else []
    )


def path_frame(town, stage, years, values):
    grades = STAGE_GRADES[stage]
    parts = []
    for grade in grades:
        for t, year in enumerate(years):
            parts.append(
                pd.DataFrame(
                    {
                        "town_id": town,
                        "stage": stage,
                        "grade": grade,
                        "school_year": year,
                        "path": range(len(values)),
                        "pupils": values[:, t] / len(grades),
                    }
                )
            )
    return pd.concat(parts)


def supply_row(town, stage, year, seats, level="town"):
    return {
        "level": level,
        "area_id": town,
        "stage": stage,
        "school_year": year,
        "seats_existing": seats,
        "seats_committed": 0.0,
        "seats_available": seats,
        "seats_temporary": 0.0,
        "basis": "classrooms",
    }
