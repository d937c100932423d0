"""The capacity ledger (学位台账): rooms and seats of every school and stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.capacity.norms import norm_value
from analysis.capacity.rooms import shared_area, shared_rooms, stage_weights
from analysis.standards import RuleSet
from analysis.tables import Tables, contract
from analysis.terms import STAGE_GRADES

STAGES = ("primary", "junior")
#: Kinds of school whose seats are no ordinary compulsory-stage seats.
NOT_COUNTED = ("special", "vocational", "senior", "kindergarten")
STAGES_OF_KIND: dict[str, tuple[str, ...]] = {
    "primary": ("primary",),
    "teaching_point": ("primary",),
    "junior": ("junior",),
    "nine_year": ("primary", "junior"),
    "complete_secondary": ("junior", "senior"),
    "twelve_year": ("primary", "junior", "senior"),
}
_SEVERAL_COMPULSORY = ("nine_year", "twelve_year")
_ALL_GRADES = STAGE_GRADES | {"senior": (10, 11, 12)}
_NAN = float("nan")


@dataclass(frozen=True)
class StageCount:
    """Pupils, classes and empty upper grades of one stage of one school in the base year."""

    pupils: float = _NAN
    classes: float = _NAN
    empty_upper: int = 0


def capacity_ledger(tables: Tables, *, rules: RuleSet, base_year: int) -> pd.DataFrame:
    """Count rooms and seats of every school and compulsory stage (学位台账).

    Parameters
    ----------
    tables
        ``schools``; ``facilities`` for rooms and areas, ``enrolment`` for pupils and classes.
    rules
        ``class_size_max``, ``l4_threshold``, ``l5_threshold``, ``site_area_per_pupil_min``,
        ``school_size_max``, ``school_size_max_multi_stage`` and the split weights.
    base_year
        School year; of earlier facilities the latest are used.

    Returns
    -------
    DataFrame
        ``capacity_ledger``. A school without a count of classrooms has no seats: they are
        missing, and its ``basis`` is ``unknown``. Crowded classes do not make seats.

    Notes
    -----
    Usable classrooms are ordinary classrooms less unsafe and temporary ones. Where nobody
    reported those, the rooms count and the basis says so (``classrooms_unchecked``). Source:
    class size GB 50099 3.0.1 and 教督〔2017〕6号 article 7; areas 教督〔2017〕6号 article 6.
    """
    schools = open_schools(tables, base_year)
    counts = stage_counts(tables, base_year)
    latest = latest_facilities(tables, base_year)
    rows: list[dict[str, Any]] = []
    for school in schools.to_dict("records"):
        name = str(school["school_id"])
        rows += _school_rows(
            {str(k): v for k, v in school.items()},
            counts.get(name, {}),
            latest.get(name, {}),
            rules,
            base_year,
        )
    return contract("capacity_ledger").frame(rows)


def open_schools(tables: Tables, base_year: int) -> pd.DataFrame:
    """Return ordinary schools that are open in ``base_year``."""
    schools = tables["schools"]
    closed = schools["closed_year"].fillna(np.inf) <= base_year
    later = schools["opened_year"].fillna(-np.inf) > base_year
    return schools[~closed & ~later & ~schools["kind"].isin(NOT_COUNTED)]


def stage_counts(tables: Tables, base_year: int) -> dict[str, dict[str, StageCount]]:
    """Return pupils, classes and empty upper grades by school and stage in the base year.

    The base year is the latest year not after ``base_year`` that the table holds; a school
    without rows in it is left out, so its numbers are unknown rather than old.
    """
    enrolment = tables["enrolment"]
    enrolment = enrolment[enrolment["school_year"] <= base_year]
    if enrolment.empty:
        return {}
    rows = enrolment[enrolment["school_year"] == enrolment["school_year"].max()]
    columns = (rows[name].tolist() for name in ("school_id", "grade", "pupils", "classes"))
    schools: dict[str, dict[int, tuple[float, float]]] = {}
    for school, grade, pupils, classes in zip(*columns, strict=True):
        schools.setdefault(str(school), {})[int(grade)] = (pupils, classes)
    return {school: _by_stage(schools[school]) for school in sorted(schools)}


def _by_stage(by_grade: Mapping[int, tuple[float, float]]) -> dict[str, StageCount]:
    """Return the counts of a school by stage; a grade not known leaves its stage not known."""
    stages = {}
    for stage, grades in _ALL_GRADES.items():
        own = {grade: by_grade[grade] for grade in grades if grade in by_grade}
        if all(
            pupils == 0 and (classes == 0 or np.isnan(classes)) for pupils, classes in own.values()
        ):
            continue
        stages[stage] = StageCount(
            sum(pupils for pupils, _ in own.values()),
            sum(classes for _, classes in own.values()),
            _empty_upper({grade: pupils for grade, (pupils, _) in own.items()}, grades),
        )
    return stages


def _empty_upper(pupils: Mapping[int, float], grades: tuple[int, ...]) -> int:
    """Count the top grades in a row that nobody attends."""
    filled = [grade for grade in grades if grade in pupils and pupils[grade] != 0]
    return max(grades) - max(filled, default=max(grades))


def latest_facilities(tables: Tables, base_year: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the newest facilities row of each school by what it covers (school or a stage)."""
    facilities = tables["facilities"]
    facilities = facilities[facilities["school_year"] <= base_year]
    newest = facilities.groupby("school_id")["school_year"].transform("max")
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in facilities[facilities["school_year"] == newest].to_dict("records"):
        found.setdefault(str(row["school_id"]), {})[str(row["scope"])] = {
            str(k): v for k, v in row.items()
        }
    return found


def _school_rows(
    school: Mapping[str, Any],
    counts: Mapping[str, StageCount],
    facilities: Mapping[str, Mapping[str, Any]],
    rules: RuleSet,
    base_year: int,
) -> list[dict[str, Any]]:
    stages = tuple(counts) or STAGES_OF_KIND.get(str(school["kind"]), ())
    own = {stage: counts.get(stage, StageCount()) for stage in stages}
    parts = _stage_parts(own, facilities, rules, base_year)
    rows = []
    for stage in (s for s in STAGES if s in own):
        cap = norm_value(rules, "class_size_max", stage, base_year)
        part = parts[stage]
        rooms = _rooms(part)
        row: dict[str, Any] = {
            "school_id": school["school_id"],
            "stage": stage,
            "town_id": school["town_id"],
            "school_year": part.get("school_year", _NAN),
            "pupils": own[stage].pupils,
            "classes": own[stage].classes,
            "class_size_max": cap,
            **rooms,
            "seats_temporary": part.get("temporary_classrooms", _NAN) * cap,
            "seats_unsafe": part.get("unsafe_classrooms", _NAN) * cap,
            "seats_available": rooms["usable_classrooms"] * cap,
            "basis": _basis(part),
        }
        row |= _area_ceilings(school, stage, part, rules, base_year)
        rows.append(row)
    _add_size_ceiling(rows, school, rules, base_year)
    for row in rows:
        _add_limit(row)
        _add_start_up(row, school, own[str(row["stage"])], base_year)
    return rows


def _rooms(part: Mapping[str, Any]) -> dict[str, float]:
    total = part.get("classrooms", _NAN)
    unsafe = part.get("unsafe_classrooms", _NAN)
    temporary = part.get("temporary_classrooms", _NAN)
    taken = (0.0 if np.isnan(unsafe) else unsafe) + (0.0 if np.isnan(temporary) else temporary)
    return {
        "classrooms": total,
        "unsafe_classrooms": unsafe,
        "temporary_classrooms": temporary,
        # more unsafe rooms than rooms is a fault of the data, reported by the intake
        "usable_classrooms": max(total - taken, 0.0) if np.isfinite(total) else _NAN,
    }


def _basis(part: Mapping[str, Any]) -> str:
    if not np.isfinite(part.get("classrooms", _NAN)):
        return "unknown"
    told = [part.get(name, _NAN) for name in ("unsafe_classrooms", "temporary_classrooms")]
    return "classrooms" if np.isfinite(told).all() else "classrooms_unchecked"


_ROOM_COLUMNS = ("classrooms", "unsafe_classrooms", "temporary_classrooms")
_AREA_COLUMNS = (
    "teaching_area_m2",
    "indoor_sports_m2",
    "sports_ground_m2",
    "leased_sports_m2",
    "converted_sports_m2",
    "site_area_m2",
)


def _stage_parts(
    own: Mapping[str, StageCount],
    facilities: Mapping[str, Mapping[str, Any]],
    rules: RuleSet,
    base_year: int,
) -> dict[str, dict[str, Any]]:
    """Return each stage's rooms and areas: returned for the stage, or its share of the school."""
    whole = facilities.get("school", {})
    weights = stage_weights(tuple(own), rules, base_year)
    classes = {stage: count.classes for stage, count in own.items()}
    pupils = {stage: count.pupils for stage, count in own.items()}
    parts: dict[str, dict[str, Any]] = {stage: {} for stage in own}
    if whole:
        shares = {c: shared_rooms(whole.get(c, _NAN), classes) for c in _ROOM_COLUMNS}
        shares |= {c: shared_area(whole.get(c, _NAN), pupils, weights) for c in _AREA_COLUMNS}
        for stage in own:
            parts[stage] = {name: values[stage] for name, values in shares.items()}
            parts[stage]["school_year"] = whole["school_year"]
            # a safe school has no unsafe room, whichever of the two it reported
            if np.isnan(parts[stage]["unsafe_classrooms"]) and whole.get("unsafe_area_m2") == 0:
                parts[stage]["unsafe_classrooms"] = 0.0
    for stage in own:
        if stage in facilities:
            parts[stage] = dict(facilities[stage])
    return parts


def _area_ceilings(
    school: Mapping[str, Any], stage: str, part: Mapping[str, Any], rules: RuleSet, year: int
) -> dict[str, float]:
    """Return how many pupils the areas hold at the national per-pupil thresholds."""
    indoor = part.get("indoor_sports_m2", _NAN)
    teaching = part.get("teaching_area_m2", _NAN) - indoor
    sports = part.get("sports_ground_m2", _NAN) + indoor
    if school.get("dense_city_centre") == "yes":
        relief = [part.get(name, _NAN) for name in ("leased_sports_m2", "converted_sports_m2")]
        sports += sum(0.0 if np.isnan(value) else value for value in relief)
    site = part.get("site_area_m2", _NAN)
    return {
        "seats_by_teaching_area": np.floor(
            np.maximum(teaching, 0.0) / norm_value(rules, "l4_threshold", stage, year) + 1e-9
        ),
        "seats_by_sports_area": np.floor(
            sports / norm_value(rules, "l5_threshold", stage, year) + 1e-9
        ),
        "seats_by_site_area": np.floor(
            site / norm_value(rules, "site_area_per_pupil_min", stage, year) + 1e-9
        ),
    }


def _add_size_ceiling(
    rows: list[dict[str, Any]], school: Mapping[str, Any], rules: RuleSet, year: int
) -> None:
    """Add the seats the size limit allows; a nine-year school shares its limit by seats."""
    several = school["kind"] in _SEVERAL_COMPULSORY
    limit = norm_value(
        rules, "school_size_max_multi_stage" if several else "school_size_max", year=year
    )
    if len(rows) == 1:
        rows[0]["seats_by_school_size"] = limit
        return
    total = sum(row["seats_available"] for row in rows)
    for row in rows:
        seats = row["seats_available"]
        row["seats_by_school_size"] = limit * seats / total if total > 0 else _NAN


def _add_limit(row: dict[str, Any]) -> None:
    """Add the least of the known ceilings and its name."""
    ceilings = {
        "classrooms": row["seats_available"],
        "teaching_area": row["seats_by_teaching_area"],
        "sports_area": row["seats_by_sports_area"],
        "site_area": row["seats_by_site_area"],
        "school_size": row["seats_by_school_size"],
    }
    known = {name: v for name, v in ceilings.items() if np.isfinite(v)}
    if "classrooms" not in known:
        row |= {"limit_reason": "unknown", "seats_within_norms": _NAN}
        return
    least = min(known, key=lambda name: known[name])
    row |= {"limit_reason": least, "seats_within_norms": known[least]}


def _add_start_up(
    row: dict[str, Any], school: Mapping[str, Any], count: StageCount, base_year: int
) -> None:
    """Add the seats of grades a newly opened school has not reached yet."""
    grades = len(STAGE_GRADES[str(row["stage"])])
    opened = school.get("opened_year", _NAN)
    new = bool(np.isfinite(opened)) and base_year - opened < grades - 1 and count.empty_upper > 0
    seats = row["seats_available"]
    row["start_up"] = new
    row["empty_grades"] = count.empty_upper if new else 0
    row["start_up_vacancy"] = seats * count.empty_upper / grades if new else seats * 0.0
    row["utilisation_rate"] = count.pupils / seats if seats > 0 else _NAN
