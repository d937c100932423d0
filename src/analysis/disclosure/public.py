"""Cut the tables of the public edition out of the run's tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.disclosure.publication import crossed
from analysis.disclosure.suppression import suppress
from analysis.standards import RuleSet
from analysis.tables import Note, StepResult, Tables, contract
from analysis.terms import STAGE_GRADES

#: The second and third are parts of the first.
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

    Notes
    -----
    All that is published of one year hangs together: cells, towns, grades, stage and county
    totals, and the measures (boarders never exceed pupils); what to hide is decided for all of it
    at once. Years share no published total, so a year is decided by itself: an edition of a later
    year hides the same places of an earlier one, and comparing editions shows nothing new. Changes
    and shares may be shown only of counts that are both published, which adds nothing.
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
    built: list[pd.DataFrame] = []
    left_out = 0
    for stage, grades in STAGE_GRADES.items():
        mine = rows[rows["grade"].isin(grades)]
        for year, given in mine.groupby("school_year"):
            complete = [m for m in MEASURES if given[m].notna().all()]
            left_out += sum(bool(given[m].notna().any()) for m in MEASURES if m not in complete)
            if complete:
                frame = _published(given, complete, threshold, area)
                built.append(frame.assign(stage=stage, school_year=int(str(year))))
    notes = []
    if left_out:
        notes.append(Note("disclosure.years_left_out", {"number": left_out}, (), "caution"))
    return table.frame(pd.concat(built)) if built else table.empty(), notes


def _published(
    given: pd.DataFrame, measures: list[str], threshold: float, area: str
) -> pd.DataFrame:
    """Return one year of one stage: measures by places by grades with their totals."""
    summed = given.pivot_table(
        index="area_id", columns="grade", values=measures, aggfunc="sum", fill_value=0.0
    )
    towns = [str(town) for town in summed.index]
    grades = [int(str(grade)) for grade in summed[measures[0]].columns]
    counts = np.stack([summed[measure].to_numpy(dtype=np.float64) for measure in measures])
    publication = crossed(
        counts, totals=(False, True, True), parts_of_first=measures[0] == MEASURES[0]
    )
    hidden = suppress(publication, threshold=threshold)
    places = [("town", town) for town in towns] + [("county", area)]
    keys = [(m, *place, grade) for m in measures for place in places for grade in [*grades, 0]]
    frame = pd.DataFrame(keys, columns=["measure", "level", "area_id", "grade"])
    return frame.assign(count=np.where(hidden, np.nan, publication.values), suppressed=hidden)


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
