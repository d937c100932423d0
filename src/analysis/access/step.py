"""How far children live from school, and what mergers would mean: the end of notebook 50."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.access.catchment import two_step_catchment
from analysis.access.changes import catchment_changes
from analysis.access.coverage import access_coverage, access_distances
from analysis.access.distance import Ways, ways_between
from analysis.access.mergers import merger_proposals
from analysis.access.places import STAGES, has_coordinates, origins, stage_schools
from analysis.standards import RuleSet
from analysis.tables import Note, StepResult, Tables, contract

_NAMES = (
    "access_distances",
    "access_coverage",
    "access_catchment",
    "catchment_changes",
    "merger_proposals",
    "merger_rules",
)


def access(
    tables: Tables, *, rules: RuleSet, base_year: int, scenario: str = "central", area: str = ""
) -> StepResult:
    """Measure ways to school, children beyond the limits, seats within reach, and mergers.

    Parameters
    ----------
    tables
        ``schools`` and ``towns`` with coordinates, ``settlements`` and ``road_times`` where they
        are given, and the results ``capacity_ledger``, ``seat_gap`` and ``gap_schools``.
    rules
        ``detour_factor``, ``distance_limit_urban``, ``distance_limit_rural``,
        ``catchment_reach``, ``merger_pupils_below`` and the school norms.
    base_year
        School year of children, seats and pupils.
    scenario
        Scenario of boundary changes; mergers are tested in every scenario.
    area
        Code of the county.

    Returns
    -------
    StepResult
        ``access_distances``, ``access_coverage``, ``access_catchment``, ``catchment_changes``,
        ``merger_proposals``, ``merger_rules``. Without coordinates all are empty and a note says
        why; no other room reads coordinates, so no other number changes.
    """
    result = {name: contract(name).empty() for name in _NAMES}
    if not tables.has("schools"):
        return StepResult(result, (Note("access.no_schools", {}, ("schools",), "gap"),))
    if not has_coordinates(tables):
        return StepResult(result, (Note("access.no_coordinates", {}, ("schools",), "gap"),))
    if not tables.has("capacity_ledger"):
        return StepResult(result, (Note("access.no_ledger", {}, ("enrolment",), "gap"),))
    places = origins(tables, base_year)
    detour = rules.value("detour_factor")
    year = _year_ahead(tables, rules, base_year)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in _NAMES}
    for stage in STAGES:
        schools = stage_schools(tables, stage)
        if schools.empty:
            continue
        ways = ways_between(places, schools, tables, detour=detour)
        if not places.empty:
            parts["access_distances"].append(
                access_distances(places, ways, stage=stage, rules=rules, base_year=base_year)
            )
            parts["access_catchment"].append(_catchment(places, schools, ways, stage, rules))
        sites = schools.rename(columns={"school_id": "id"})
        between = ways_between(sites, schools, tables, detour=detour)
        changes = catchment_changes(
            tables["gap_schools"],
            between,
            stage=stage,
            scenario=scenario,
            year=year,
            within=rules.value("catchment_distance_km"),
        )
        parts["catchment_changes"].append(contract("catchment_changes").frame(changes))
        proposals, tested = merger_proposals(
            schools,
            between,
            places,
            ways,
            tables["gap_schools"],
            stage=stage,
            rules=rules,
            base_year=base_year,
        )
        parts["merger_proposals"].append(contract("merger_proposals").frame(proposals))
        parts["merger_rules"].append(contract("merger_rules").frame(tested))
    for name, frames in parts.items():
        filled = [frame for frame in frames if not frame.empty]
        if filled:
            result[name] = contract(name).frame(pd.concat(filled, ignore_index=True))
    result["access_coverage"] = access_coverage(result["access_distances"], area or "county")
    return StepResult(result, _notes(tables, places))


def _year_ahead(tables: Tables, rules: RuleSet, base_year: int) -> int:
    """Return the school year that warnings look at, as far as the forecast goes."""
    ahead = base_year + round(rules.value("warning_years_ahead"))
    known = tables["gap_schools"]["school_year"]
    return min(ahead, int(known.max())) if not known.empty else ahead


def _catchment(
    places: pd.DataFrame, schools: pd.DataFrame, ways: Ways, stage: str, rules: RuleSet
) -> pd.DataFrame:
    """Return seats within reach a child.

    Schools of unknown seats and places of unknown children take no part.
    """
    known_seats = schools["seats_available"].notna()
    known_children = places[stage].notna() & (places[stage] > 0)
    reach = rules.value("catchment_reach", stage)
    km = ways.km[np.ix_(known_children.to_numpy(), known_seats.to_numpy())]
    people = places[known_children]
    if people.empty or not known_seats.any():
        return contract("access_catchment").empty()
    children = people[stage].to_numpy(dtype=float)
    values = two_step_catchment(
        children, schools.loc[known_seats, "seats_available"].to_numpy(dtype=float), km, reach
    )
    mean = float((values * children).sum() / children.sum())
    located = [bool(np.isfinite(row).any()) for row in km]
    near_schools = np.asarray(km <= reach).sum(axis=1)
    rows: list[dict[str, Any]] = [
        {
            "origin_id": origin,
            "town_id": town,
            "stage": stage,
            "children": count,
            "seats_per_child": value if seen else float("nan"),
            "relative": value / mean if seen and mean > 0 else float("nan"),
            "schools_in_reach": float(near) if seen else float("nan"),
            "reach_km": reach,
        }
        for origin, town, count, value, near, seen in zip(
            people["id"],
            people["town_id"],
            children,
            values,
            near_schools,
            located,
            strict=True,
        )
    ]
    return contract("access_catchment").frame(rows)


def _notes(tables: Tables, places: pd.DataFrame) -> tuple[Note, ...]:
    notes: list[Note] = []
    if places.empty:
        notes.append(Note("access.no_places", {}, ("settlements", "towns"), "gap"))
    elif places["from_towns"].any():
        notes.append(Note("access.towns_stand_in", {}, ("settlements",), "caution"))
    if not tables.has("road_times"):
        notes.append(Note("access.straight_lines", {}, ("road_times",), "info"))
    schools = tables["schools"]
    silent = int((schools["lon"].isna() | schools["lat"].isna()).sum())
    if silent and not tables.has("road_times"):
        notes.append(
            Note(
                "access.schools_without_coordinates",
                {"count": silent, "all": len(schools)},
                ("schools",),
                "caution",
            )
        )
    if not places.empty and places["urban_rural"].isna().any():
        notes.append(Note("access.no_class", {}, ("towns",), "caution"))
    return tuple(notes)
