"""What single projects do for the way to school: children who come within the limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.access.coverage import distance_limit
from analysis.access.distance import haversine_km, nearest, ways_between
from analysis.access.places import STAGES, has_coordinates, origins, stage_schools
from analysis.standards import RuleSet
from analysis.tables import Note, StepResult, Tables, contract

_NAN = float("nan")
#: Kinds of project that put seats at a place; boundaries, mergers and class sizes have none.
WITH_PLACE = (
    "new_build",
    "relocation",
    "expansion",
    "temporary",
    "lease",
    "conversion",
    "shared_campus",
)


def project_access(tables: Tables, *, rules: RuleSet, base_year: int) -> StepResult:
    """Say how many children come within the limit thanks to each project (项目的就近入学效果).

    Parameters
    ----------
    tables
        ``plan_projects`` (committed ones and those the plan chose), ``projects``, ``schools``,
        ``towns``, ``settlements``, ``capacity_ledger`` and ``seat_gap``.
    rules
        ``detour_factor`` and the distance limits.
    base_year
        School year of children and of the schools there are.

    Returns
    -------
    StepResult
        ``access_projects``, one row a project and stage. Empty with a note where nothing has
        coordinates.

    Notes
    -----
    Each project alone, beside the schools of the base year; two projects that serve the same place
    both count its children. A project stands where its own list says, else at its school, else at
    its town's seat (``place_basis``). Seats at a school that already teaches the stage shorten no
    way: they keep children from being sent elsewhere, which is no matter of distance. Children
    of a town that stands in for its settlements are undetermined.
    """
    empty = {"access_projects": contract("access_projects").empty()}
    projects = tables["plan_projects"]
    chosen = projects["rank"].notna() | (projects["status"] == "committed")
    projects = projects[chosen & projects["kind"].isin(WITH_PLACE)]
    if projects.empty:
        return StepResult(empty)
    known = tables.has("schools", "capacity_ledger") and has_coordinates(tables)
    places = origins(tables, base_year) if known else pd.DataFrame()
    if places.empty or not places["lon"].notna().any():
        note = Note("access.projects_no_coordinates", {}, ("schools", "settlements"), "gap")
        return StepResult(empty, (note,))
    rows: list[dict[str, Any]] = []
    for stage in STAGES:
        rows += _stage_rows(projects, tables, places, stage, rules, base_year)
    frame = contract("access_projects").frame(rows) if rows else empty["access_projects"]
    return StepResult({"access_projects": frame}, _notes(frame, len(projects)))


def _stage_rows(
    projects: pd.DataFrame,
    tables: Tables,
    places: pd.DataFrame,
    stage: str,
    rules: RuleSet,
    base_year: int,
) -> list[dict[str, Any]]:
    """Return the rows of every project of a stage that has a place."""
    schools = stage_schools(tables, stage)
    detour = rules.value("detour_factor")
    ways = ways_between(places, schools, tables, detour=detour)
    at = nearest(ways)
    now = np.array([ways.km[i, j] if j >= 0 else np.inf for i, j in enumerate(at)])
    now = np.where(np.isfinite(now), now, np.inf)
    limits = np.array([_limit(rules, stage, kind, base_year) for kind in places["urban_rural"]])
    children = places[stage].fillna(0.0).to_numpy(dtype=float)
    taught = set(schools["school_id"])
    rows = []
    for row in projects[projects["stage"].isna() | (projects["stage"] == stage)].to_dict("records"):
        record = {str(key): value for key, value in row.items()}
        lon, lat, basis = project_place(record, tables)
        if basis == "unknown":
            continue
        here = np.asarray(haversine_km(places["lon"], places["lat"], lon, lat)) * detour
        if basis == "school" and record["school_id"] in taught:
            here = np.full(len(places), np.inf)
        rows.append(
            {
                "project_id": record["project_id"],
                "project_name": record["project_name"],
                "town_id": record["town_id"],
                "stage": stage,
                "kind": record["kind"],
                "place_basis": basis,
            }
            | _effect(children, now, here, limits, undetermined=bool(places["from_towns"].any()))
        )
    return rows


def _limit(rules: RuleSet, stage: str, urban_rural: object, year: int) -> float:
    found = distance_limit(rules, stage, urban_rural, year)
    return _NAN if found is None else float(found.value)


def project_place(row: Mapping[str, Any], tables: Tables) -> tuple[float, float, str]:
    """Return longitude, latitude and where they come from: own, school, town, or unknown."""
    listed = tables["projects"]
    found = _first(listed[listed["project_id"] == row["project_id"]], "own")
    if found is not None:
        return found
    schools = tables["schools"]
    found = _first(schools[schools["school_id"] == row["school_id"]], "school")
    if found is not None and row["kind"] not in ("new_build", "relocation"):
        return found
    towns = tables["towns"]
    seat = _first(towns[towns["town_id"] == row["town_id"]], "town")
    if seat is None:
        mean = schools.loc[schools["town_id"] == row["town_id"], ["lon", "lat"]].mean()
        seat = _first(mean.to_frame().T, "town")
    return seat or (_NAN, _NAN, "unknown")


def _first(rows: pd.DataFrame, basis: str) -> tuple[float, float, str] | None:
    located = rows.dropna(subset=["lon", "lat"])
    if located.empty:
        return None
    return float(located["lon"].iloc[0]), float(located["lat"].iloc[0]), basis


def _effect(
    children: np.ndarray[Any, Any],
    now: np.ndarray[Any, Any],
    here: np.ndarray[Any, Any],
    limits: np.ndarray[Any, Any],
    *,
    undetermined: bool,
) -> dict[str, float]:
    """Return children nearer to the project than to any school, and what changes for them."""
    here = np.where(np.isfinite(here), here, np.inf)
    nearer = here < now
    served = children * nearer
    total = float(served.sum())
    decided = np.isfinite(limits) & (not undetermined)
    gained = nearer & decided & np.isfinite(now) & (now > limits) & (here <= limits)
    return {
        "children_nearer": total,
        "children_gained": _NAN if undetermined else float(children[gained].sum()),
        "children_undetermined": float(served[~decided].sum()),
        "children_beyond": _NAN
        if undetermined
        else float(children[decided & np.isfinite(now) & (now > limits)].sum()),
        "mean_km_now": _mean(now, served, total),
        "mean_km_with": _mean(here, served, total),
    }


def _mean(km: np.ndarray[Any, Any], weight: np.ndarray[Any, Any], total: float) -> float:
    if total <= 0:
        return _NAN
    part = weight > 0
    value = float((km[part] * weight[part]).sum() / total)
    return value if np.isfinite(value) else _NAN


def _notes(frame: pd.DataFrame, projects: int) -> tuple[Note, ...]:
    """Say which projects stand at their town's seat, and which have no place at all."""
    notes = []
    if guessed := int(frame.loc[frame["place_basis"] == "town", "project_id"].nunique()):
        notes.append(Note("access.projects_at_town", {"count": guessed}, ("projects",), "caution"))
    if missing := projects - int(frame["project_id"].nunique()):
        notes.append(
            Note("access.projects_unplaced", {"count": missing}, ("towns", "schools"), "gap")
        )
    return tuple(notes)
