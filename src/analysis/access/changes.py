"""Boundary changes that could help (学区调整可能): spare seats near a school that is short."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.access.distance import Ways


def catchment_changes(
    gap_schools: pd.DataFrame, between: Ways, *, stage: str, scenario: str, year: int, within: float
) -> list[dict[str, Any]]:
    """Pair schools that are short with spare seats nearby, nearest pairs first (学区调整可能).

    Parameters
    ----------
    gap_schools
        Pupils, shortage and surplus by school.
    between
        Ways from school to school.
    stage, scenario, year
        Rows of ``gap_schools`` that are looked at.
    within
        Longest way between two schools whose boundary could move, in kilometres.

    Returns
    -------
    list of dict
        Rows of ``catchment_changes``. A spare seat is offered once, and a school is offered no
        more than it is short of; a pair across a town boundary is marked.
    """
    rows = gap_schools[
        (gap_schools["stage"] == stage)
        & (gap_schools["scenario"] == scenario)
        & (gap_schools["school_year"] == year)
        & gap_schools["school_id"].isin(between.schools)
    ].set_index("school_id")
    short = {str(k): float(v) for k, v in rows["shortage"].items() if v > 0}
    spare = {str(k): float(v) for k, v in rows["surplus"].items() if v > 0}
    at = {school: place for place, school in enumerate(between.schools)}
    pairs = sorted(
        (float(between.km[at[school], at[other]]), school, other)
        for school in short
        for other in spare
        if np.isfinite(between.km[at[school], at[other]])
        and between.km[at[school], at[other]] <= within
    )
    left, free = dict(short), dict(spare)
    found: list[dict[str, Any]] = []
    for km, school, other in pairs:
        # whole children move; a part of a forecast child does not
        moved = float(np.floor(min(left[school], free[other]) + 1e-9))
        if moved <= 0:
            continue
        left[school] -= moved
        free[other] -= moved
        towns = rows["town_id"]
        found.append(
            {
                "school_id": school,
                "receiving_school_id": other,
                "stage": stage,
                "school_year": year,
                "town_id": towns[school],
                "receiving_town_id": towns[other],
                "same_town": bool(towns[school] == towns[other]),
                "distance_km": km,
                "shortage": short[school],
                "surplus": spare[other],
                "pupils_movable": moved,
                "shortage_left": left[school],
            }
        )
    return found
