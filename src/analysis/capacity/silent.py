"""Schools that did not report pupils: which they are, and how many pupils the others were given."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.capacity.demand import SCENARIOS, StageDemand, base_enrolment
from analysis.tables import Note, Tables
from analysis.terms import STAGE_GRADES

_NAMED = 8


def silent_notes(
    tables: Tables, demand: Mapping[str, StageDemand], ledger: pd.DataFrame, base_year: int
) -> list[Note]:
    """Say which schools give no pupils in the base year, and what follows (未报在校生).

    Parameters
    ----------
    tables
        ``enrolment`` and ``schools``.
    demand
        Demand by stage; the forecast fills a town's cell that one school left unknown.
    ledger
        ``capacity_ledger``, pupils missing where a school gave none.
    base_year
        School year of the count.

    Notes
    -----
    Two cases. A school with rows whose number is missing: the town's demand is filled by the
    forecast and spread over its other schools, whose own numbers are then too high. A school
    without any row: its town's demand does not hold its pupils at all.
    """
    unknown = _unknown_cells(tables, base_year)
    silent = ledger[ledger["pupils"].isna()]
    with_rows = set(zip(unknown["school_id"], unknown["stage"], strict=True))
    keys = list(zip(silent["school_id"], silent["stage"], strict=True))
    absent = silent[[key not in with_rows for key in keys]]
    notes = []
    if not absent.empty:
        values = {"count": len(absent), "schools": _names(tables, absent["school_id"])}
        notes.append(Note("capacity.schools_without_pupils", values, ("enrolment",), "caution"))
    pupils = spread_pupils(tables, demand, unknown, base_year)
    if not unknown.empty and np.isfinite(pupils):
        stages = unknown.drop_duplicates(["school_id", "stage"])
        values = {
            "count": len(stages),
            "schools": _names(tables, stages["school_id"]),
            "towns": _names(tables, stages["town_id"]),
            "pupils": round(pupils),
        }
        notes.append(Note("capacity.pupils_spread", values, ("enrolment",), "caution"))
    return notes


def _unknown_cells(tables: Tables, base_year: int) -> pd.DataFrame:
    """Return ``school_id, town_id, stage, grade`` of base-year rows without a number."""
    rows = base_enrolment(tables, base_year)
    stage_of = {grade: stage for stage, grades in STAGE_GRADES.items() for grade in grades}
    rows = rows.assign(stage=rows["grade"].map(stage_of))
    rows = rows[rows["pupils"].isna() & rows["stage"].isin(["primary", "junior"])]
    kept: pd.DataFrame = rows[["school_id", "town_id", "stage", "grade"]].drop_duplicates()
    return kept


def spread_pupils(
    tables: Tables, demand: Mapping[str, StageDemand], unknown: pd.DataFrame, base_year: int
) -> float:
    """Return the pupils of towns with such schools that the other schools were given.

    Town's demand in the grade less what its schools counted, in the base year (failing that, the
    first year of the demand); NaN where the town's own demand is unknown too, so that nothing was
    spread.
    """
    counted = base_enrolment(tables, base_year).groupby(["town_id", "grade"])["pupils"].sum()
    parts = []
    for cell in unknown.drop_duplicates(["town_id", "grade"]).to_dict("records"):
        wanted = demand.get(str(cell["stage"]))
        if wanted is None or not wanted.by_grade or cell["town_id"] not in wanted.places:
            continue
        column = wanted.years.index(base_year) if base_year in wanted.years else 0
        total = wanted.pupils[
            SCENARIOS.index("central"),
            wanted.places.index(cell["town_id"]),
            wanted.grades.index(cell["grade"]),
            column,
        ]
        parts.append(max(total - float(counted[cell["town_id"], cell["grade"]]), 0.0))
    known = [part for part in parts if np.isfinite(part)]
    return float(sum(known)) if known else float("nan")


def _names(tables: Tables, codes: pd.Series[str]) -> str:
    """Return the names of schools or towns, at most eight of them."""
    named = dict(zip(tables["schools"]["school_id"], tables["schools"]["school_name"], strict=True))
    named |= dict(zip(tables["towns"]["town_id"], tables["towns"]["town_name"], strict=True))
    found = list(dict.fromkeys(named.get(code, code) for code in codes))
    return "、".join(found[:_NAMED]) + ("…" if len(found) > _NAMED else "")
