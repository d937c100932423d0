"""Cut the tables of the public edition out of the run's tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.disclosure.suppression import suppress
from analysis.standards import RuleSet
from analysis.tables import Note, StepResult, Tables, contract
from analysis.terms import STAGE_GRADES

MEASURES = ("pupils", "boarders", "migrant_children")


def public_edition(tables: Tables, *, rules: RuleSet, area: str) -> StepResult:
    """Return the counts and forecasts that may be published (公开版).

    Parameters
    ----------
    tables
        Uses ``enrolment`` + ``schools`` and ``seat_demand``.
    rules
        Norms ``small_count_threshold`` and ``public_forecast_unit``.
    area
        Code of the county.

    Returns
    -------
    StepResult
        ``public_pupils``: counts by town, stage and grade with their totals, small ones and their
        complements suppressed; years in which a school gave no count are left out of that measure.
        ``public_demand``: forecasts, rounded, without towns whose base count is suppressed. No
        table of schools belongs to the public edition.
    """
    threshold = rules.value("small_count_threshold")
    pupils, notes = _pupils(tables, threshold, area)
    demand = _demand(tables, pupils, rules.value("public_forecast_unit"))
    return StepResult({"public_pupils": pupils, "public_demand": demand}, tuple(notes))


def _pupils(tables: Tables, threshold: float, area: str) -> tuple[pd.DataFrame, list[Note]]:
    table = contract("public_pupils")
    if not tables.has("enrolment", "schools"):
        missing = tables.missing("enrolment", "schools")
        return table.empty(), [Note("disclosure.no_counts", {}, missing, "gap")]
    towns = tables["schools"].set_index("school_id")["town_id"]
    rows = tables["enrolment"].assign(area_id=lambda t: t["school_id"].map(towns))
    rows = rows[rows["area_id"].notna()]
    built: list[dict[str, object]] = []
    left_out = 0
    for measure in MEASURES:
        for stage, grades in STAGE_GRADES.items():
            mine = rows[rows["grade"].isin(grades)]
            for year, given in mine.groupby("school_year"):
                if given[measure].isna().any():
                    left_out += int(given[measure].notna().any())
                    continue
                cells = given.pivot_table(
                    index="area_id", columns="grade", values=measure, aggfunc="sum"
                ).fillna(0.0)
                built += _published(cells, measure, stage, int(str(year)), threshold, area)
    notes = []
    if left_out:
        notes.append(Note("disclosure.years_left_out", {"number": left_out}, (), "caution"))
    return table.frame(built), notes


def _published(
    cells: pd.DataFrame, measure: str, stage: str, year: int, threshold: float, area: str
) -> list[dict[str, object]]:
    hidden = suppress(cells.to_numpy(dtype=np.float64), threshold=threshold)
    values = np.vstack([cells.to_numpy(), cells.to_numpy().sum(axis=0)])
    values = np.column_stack([values, values.sum(axis=1)])
    places = [("town", str(town)) for town in cells.index] + [("county", area)]
    grades = [int(str(grade)) for grade in cells.columns] + [0]
    return [
        {
            "measure": measure,
            "level": level,
            "area_id": place,
            "stage": stage,
            "grade": grade,
            "school_year": year,
            "count": np.nan if hidden[r, c] else float(values[r, c]),
            "suppressed": bool(hidden[r, c]),
        }
        for r, (level, place) in enumerate(places)
        for c, grade in enumerate(grades)
    ]


def _demand(tables: Tables, pupils: pd.DataFrame, unit: float) -> pd.DataFrame:
    demand = tables["seat_demand"]
    if demand.empty:
        return contract("public_demand").empty()
    whole = pupils[(pupils["grade"] == 0) & (pupils["measure"] == "pupils") & pupils["suppressed"]]
    hidden_places = set(zip(whole["area_id"], whole["stage"], strict=True))
    ahead = demand[demand["method"] != "observed"]
    hidden = pd.Series(
        [key in hidden_places for key in zip(ahead["area_id"], ahead["stage"], strict=True)],
        index=ahead.index,
        dtype=bool,
    )
    rounded = (ahead["pupils"] / unit).round() * unit
    frame = ahead[["level", "area_id", "stage", "school_year", "scenario"]].assign(
        seats_required=rounded.where(~hidden), suppressed=hidden
    )
    return contract("public_demand").frame(frame)
