"""Seat supply (学位供给): seats that are there, and committed projects when they open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.capacity.ledger import STAGES, STAGES_OF_KIND, open_schools
from analysis.capacity.norms import norm_value
from analysis.standards import RuleSet
from analysis.tables import Tables, contract
from analysis.terms import STAGE_GRADES

_NAN = float("nan")
#: From best to worst; a sum is as good as its worst part.
BASIS_ORDER = ("classrooms", "classrooms_unchecked", "seats_total", "classes_in_use", "unknown")
_TEMPORARY_KINDS = ("temporary",)
_NO_SEATS = ("equipment", "merger", "other", "catchment")
_SUMMED = [
    "seats_existing",
    "seats_committed",
    "seats_available",
    "seats_temporary",
    "seats_within_norms",
    "start_up_vacancy",
    "usable_classrooms",
    "schools",
    "schools_unknown",
    "seats_of_known_schools",
    "seats_in_classes",
]
_PLACE = ["area_id", "stage", "school_year"]


@dataclass(frozen=True)
class Committed:
    """A committed project as the supply sees it."""

    project_id: str
    town_id: str
    school_id: str
    stage: str
    seats: float
    classes: float
    opens: int
    temporary: bool
    new_school: bool


def committed_projects(
    tables: Tables, *, rules: RuleSet, base_year: int
) -> tuple[list[Committed], list[str]]:
    """Return committed projects that add seats, and those whose size or year is unknown.

    A project counts from the school year in which it is finished. Seats that are not given are
    classes x largest class. Projects that finished by the base year are part of the rooms
    already, so they do not count again.
    """
    projects = tables["projects"]
    projects = projects[(projects["status"] == "committed") & ~projects["kind"].isin(_NO_SEATS)]
    towns = dict(zip(tables["schools"]["school_id"], tables["schools"]["town_id"], strict=True))
    found, unknown = [], []
    for row in projects.sort_values("project_id").to_dict("records"):
        town = row["town_id"] if isinstance(row["town_id"], str) else towns.get(row["school_id"])
        stage = row["stage"]
        if not isinstance(town, str) or not isinstance(stage, str) or np.isnan(row["finish_year"]):
            unknown.append(str(row["project_id"]))
            continue
        size = norm_value(rules, "class_size_max", stage, base_year)
        seats = row["seats"] if np.isfinite(row["seats"]) else row["classes"] * size
        if not np.isfinite(seats):
            unknown.append(str(row["project_id"]))
            continue
        opens = int(row["finish_year"])
        if opens <= base_year:
            continue
        classes = row["classes"] if np.isfinite(row["classes"]) else np.floor(seats / size)
        school = row["school_id"] if isinstance(row["school_id"], str) else ""
        found.append(
            Committed(
                str(row["project_id"]),
                town,
                school,
                stage,
                float(seats),
                float(classes),
                opens,
                row["kind"] in _TEMPORARY_KINDS,
                row["kind"] == "new_build",
            )
        )
    return found, unknown


def school_years(
    ledger: pd.DataFrame,
    projects: Sequence[Committed],
    tables: Tables,
    years: Sequence[int],
    base_year: int,
) -> pd.DataFrame:
    """Return seats and rooms of every school and stage by year; new schools count as schools.

    A school that is known to close has no seats from that year on. Start-up vacancy shrinks by
    one grade a year.
    """
    closing = dict(
        zip(tables["schools"]["school_id"], tables["schools"]["closed_year"], strict=True)
    )
    rows: list[dict[str, Any]] = []
    for row in ledger.to_dict("records"):
        closed = closing.get(row["school_id"], _NAN)
        grades = len(STAGE_GRADES[row["stage"]])
        per_grade = row["seats_available"] / grades
        for year in years:
            open_then = not (np.isfinite(closed) and closed <= year)
            kept = 1.0 if open_then else 0.0
            vacancy = max(row["start_up_vacancy"] - per_grade * (year - base_year), 0.0)
            rows.append(
                {
                    "school_id": row["school_id"],
                    "town_id": row["town_id"],
                    "stage": row["stage"],
                    "school_year": year,
                    "seats_existing": row["seats_available"] if open_then else 0.0,
                    "seats_committed": 0.0,
                    "seats_temporary": row["seats_temporary"] if open_then else 0.0,
                    "seats_within_norms": row["seats_within_norms"] if open_then else 0.0,
                    "start_up_vacancy": vacancy * kept if row["start_up"] else 0.0,
                    "usable_classrooms": row["usable_classrooms"] if open_then else 0.0,
                    "seats_in_classes": row["classes"] * row["class_size_max"] * kept,
                    "schools": kept,
                    "basis": row["basis"] if open_then else "classrooms",
                }
            )
    if not rows:  # an area known from totals adds its projects to those
        return pd.DataFrame()
    for project in projects:
        rows += [_project_row(project, year) for year in years if year >= project.opens]
    keys = ["school_id", "town_id", "stage", "school_year"]
    frame = pd.DataFrame(rows)
    return _worst_basis_sum(frame, keys, list(frame.columns.difference([*keys, "basis"])))


def _project_row(project: Committed, year: int) -> dict[str, Any]:
    grades = len(STAGE_GRADES[project.stage])
    waiting = max(grades - 1 - (year - project.opens), 0) / grades if project.new_school else 0.0
    permanent = 0.0 if project.temporary else 1.0
    new = project.new_school or not project.school_id
    return {
        "school_id": project.school_id or project.project_id,
        "town_id": project.town_id,
        "stage": project.stage,
        "school_year": year,
        "seats_existing": 0.0,
        "seats_committed": project.seats * permanent,
        "seats_temporary": project.seats * (1.0 - permanent),
        "seats_within_norms": project.seats * permanent,
        "start_up_vacancy": project.seats * waiting * permanent,
        "usable_classrooms": project.classes * permanent,
        "seats_in_classes": 0.0,
        "schools": 1.0 if new else 0.0,
        "basis": "classrooms",
    }


def seat_supply(
    schools: pd.DataFrame,
    tables: Tables,
    projects: Sequence[Committed],
    *,
    rules: RuleSet,
    years: Sequence[int],
    base_year: int,
    code: str,
) -> pd.DataFrame:
    """Add school seats up by town and for the county, year by year (学位供给).

    Parameters
    ----------
    schools
        From :func:`school_years`.
    tables
        ``totals`` give seats of places that have no school rows.
    projects
        Committed projects, for places known from totals only.
    rules
        ``class_size_max``.
    years
        School years of the result.
    base_year
        Later totals are not looked at.
    code
        Code of the county.

    Returns
    -------
    DataFrame
        ``seat_supply``. One school without a count of rooms makes its town's seats unknown; the
        seats of the others stand in ``seats_of_known_schools``. A town whose schools all teach
        another stage has no seats of this one.
    """
    places = _town_rows(schools)
    if not places.empty:
        none = _without_school(places, schools, tables, years, base_year)
        places = pd.concat([places, none], ignore_index=True) if not none.empty else places
    if places.empty:
        places = _totals_rows(tables, projects, rules, years, base_year)
    if places.empty:
        return contract("seat_supply").empty()
    own = places["area_id"] == code
    towns = places[~own]
    county = places[own] if own.any() else county_sum(towns, _SUMMED, code)
    rows = [towns.assign(level="town"), county.assign(level="county")]
    return contract("seat_supply").frame(pd.concat(rows, ignore_index=True))


def _town_rows(schools: pd.DataFrame) -> pd.DataFrame:
    if schools.empty:
        return pd.DataFrame()
    frame = schools.assign(
        seats_available=schools["seats_existing"] + schools["seats_committed"],
        area_id=schools["town_id"],
    )
    known = frame["seats_available"].notna()
    frame = frame.assign(
        schools_unknown=(~known).astype(float),
        seats_of_known_schools=frame["seats_available"].fillna(0.0),
    )
    return _worst_basis_sum(frame, _PLACE, _SUMMED)


def _without_school(
    places: pd.DataFrame,
    schools: pd.DataFrame,
    tables: Tables,
    years: Sequence[int],
    base_year: int,
) -> pd.DataFrame:
    """Return rows of no seats for towns whose schools teach other stages only.

    Such a town has no seats of the stage, which is known and no gap in the data. A town without
    any school in the list may have been left out, and one with a school of a kind that teaches the
    stage may have it (a nine-year school with no pupils there yet): both stay unknown.
    """
    listed = open_schools(tables, base_year)
    counted = set(zip(schools["school_id"], schools["stage"], strict=True))
    doubtful = {
        (row["town_id"], stage)
        for row in listed.to_dict("records")
        for stage in STAGES_OF_KIND.get(str(row["kind"]), STAGES)
        if (row["school_id"], stage) not in counted
    }
    there = set(zip(places["area_id"], places["stage"], places["school_year"], strict=True))
    rows = [
        dict.fromkeys(_SUMMED, 0.0)
        | {"area_id": town, "stage": stage, "school_year": year, "basis": "classrooms"}
        for town in sorted(set(listed["town_id"]))
        for stage in sorted(set(schools["stage"]))
        for year in years
        if (town, stage) not in doubtful and (town, stage, year) not in there
    ]
    return pd.DataFrame(rows)


def _worst_basis_sum(frame: pd.DataFrame, keys: list[str], columns: list[str]) -> pd.DataFrame:
    """Sum ``columns``; a sum with an unknown part is unknown, its basis that of its worst part."""
    order = {basis: place for place, basis in enumerate(BASIS_ORDER)}
    grouped = frame.assign(basis=frame["basis"].map(order)).groupby(keys, sort=True)
    summed = grouped[columns].sum(skipna=False)
    worst = grouped["basis"].max().map(dict(enumerate(BASIS_ORDER)))
    return summed.assign(basis=worst).reset_index()


def county_sum(towns: pd.DataFrame, columns: list[str], code: str) -> pd.DataFrame:
    """Sum towns to the county; unknown where a town is unknown."""
    return _worst_basis_sum(towns.assign(area_id=code), _PLACE, columns)


def _totals_rows(
    tables: Tables,
    projects: Sequence[Committed],
    rules: RuleSet,
    years: Sequence[int],
    base_year: int,
) -> pd.DataFrame:
    """Return places known from totals only: published seats, and the classes in use beside them."""
    totals = tables["totals"]
    totals = totals[totals["school_year"] <= base_year]
    if totals.empty:
        return pd.DataFrame()
    latest = totals.sort_values("school_year").groupby(["town_id", "stage"]).tail(1)
    rows: list[dict[str, Any]] = []
    for row in latest.to_dict("records"):
        size = norm_value(rules, "class_size_max", row["stage"], base_year)
        known = np.isfinite(row["seats"])
        for year in years:
            coming = [
                p
                for p in projects
                if p.town_id == row["town_id"] and p.stage == row["stage"] and p.opens <= year
            ]
            added = float(sum(p.seats for p in coming if not p.temporary))
            rows.append(
                {
                    "area_id": row["town_id"],
                    "stage": row["stage"],
                    "school_year": year,
                    "seats_existing": row["seats"],
                    "seats_committed": added,
                    "seats_available": row["seats"] + added,
                    "seats_temporary": float(sum(p.seats for p in coming if p.temporary)),
                    "seats_within_norms": _NAN,
                    "start_up_vacancy": 0.0,
                    "usable_classrooms": _NAN,
                    "schools": row["schools"],
                    "schools_unknown": row["schools"] if not known else 0.0,
                    "seats_of_known_schools": row["seats"] + added if known else added,
                    "seats_in_classes": row["classes"] * size,
                    "basis": "seats_total" if known else "unknown",
                }
            )
    return pd.DataFrame(rows)
