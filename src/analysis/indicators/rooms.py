"""Music and art rooms: one of each for every 12 classes, with the area reliefs (专用教室)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.indicators.definitions import TOLERANCE, number_or_none
from analysis.standards import RuleSet
from analysis.terms import Verdict

_AREA = {"music": "music_room_area_min", "art": "art_room_area_min"}


@dataclass(frozen=True)
class RoomNeed:
    """What one school needs of one kind of room: rooms by stage, each of at least some area."""

    rooms: Mapping[str, int]
    areas: Mapping[str, float]
    relief: str = ""

    @property
    def total(self) -> int:
        """Rooms needed over all stages: the needs of the stages add up."""
        return sum(self.rooms.values())


def rooms_needed(classes: float, classes_per_room: float) -> int:
    """Return ``ceil(classes / classes_per_room)``; no class needs no room."""
    return math.ceil(classes / classes_per_room - TOLERANCE) if classes > 0 else 0


def room_need(
    kind: str,
    classes: Mapping[str, float],
    rules: RuleSet,
    *,
    built_year: float | None,
    small_rural: bool,
) -> RoomNeed:
    """Return what a school needs of music or art rooms.

    Parameters
    ----------
    kind
        ``"music"`` or ``"art"``.
    classes
        Classes by compulsory stage.
    built_year
        Year planned and built; None where unknown (no relief for age).
    small_rural
        Whether it is a rural school whose largest class is below the norm.

    Notes
    -----
    Source: 教督〔2017〕6号 article 7; reliefs 73 / 67 m² (built up to 2016) and 54 / 61 m² (small
    rural) from 沈阳's sheet (grade C). Where two reliefs apply the smaller area counts. A
    nine-year school needs the sum of its stages' needs.
    """
    per_room = rules.value("classes_per_special_room")
    needed = {stage: rooms_needed(count, per_room) for stage, count in classes.items()}
    area = rules.value(_AREA[kind])
    relief = ""
    cut = number_or_none(rules, "special_room_old_built_year")
    old = number_or_none(rules, f"{_AREA[kind]}_old")
    if built_year is not None and cut is not None and old is not None and built_year <= cut:
        area, relief = old, "old_building"
    areas = dict.fromkeys(needed, area)
    if small_rural:
        for stage in areas:
            small = number_or_none(rules, "special_room_area_min_small_rural", stage)
            if small is not None and small < areas[stage]:
                areas[stage], relief = small, "small_rural"
    return RoomNeed(needed, areas, relief)


def rooms_short(need: RoomNeed, areas: Sequence[float]) -> int:
    """Return how many rooms are missing: big rooms serve the stages that ask for big ones first.

    Enough rooms exist exactly when, for every area asked for, the rooms of at least that area
    cover all needs that ask for at least that area.
    """
    short = 0
    for area in set(need.areas.values()):
        wanted = sum(n for stage, n in need.rooms.items() if need.areas[stage] >= area - TOLERANCE)
        there = sum(room >= area - TOLERANCE for room in areas)
        short = max(short, wanted - there)
    return short


def judge_rooms(need: RoomNeed, areas: Sequence[float], known: bool) -> tuple[Verdict, int]:
    """Return the verdict and the rooms short; a room of unknown area may or may not count.

    Parameters
    ----------
    areas
        Areas of the rooms of this kind; NaN where not given.
    known
        Whether the school's rooms were listed at all.
    """
    if need.total == 0:
        return Verdict.MET, 0
    measured = [a for a in areas if not math.isnan(a)]
    short = rooms_short(need, measured)
    if short == 0:
        return Verdict.MET, 0
    if not known:
        return Verdict.UNDETERMINED, short
    best_case = [math.inf] * (len(areas) - len(measured)) + measured
    if rooms_short(need, best_case) == 0:
        return Verdict.UNDETERMINED, short
    return Verdict.NOT_MET, short


def special_room_tests(
    schools: pd.DataFrame,
    classes: pd.DataFrame,
    special_rooms: pd.DataFrame,
    largest_class: Mapping[str, float],
    rules: RuleSet,
) -> pd.DataFrame:
    """Test every school's music and art rooms.

    Parameters
    ----------
    schools
        Compulsory schools that are open.
    classes
        ``school_id, stage, classes`` of the assessed year.
    largest_class
        Largest class of each school as far as known.

    Returns
    -------
    DataFrame
        Rows of ``school_tests``, tests ``music_rooms`` and ``art_rooms``. A school none of whose
        rooms is listed is undetermined, not without rooms.
    """
    listed = set(special_rooms["school_id"])
    areas = {
        key: group["area_m2"].tolist()
        for key, group in special_rooms.groupby(["school_id", "kind"], sort=False)
    }
    by_school = {
        school: dict(zip(group["stage"], group["classes"], strict=True))
        for school, group in classes.groupby("school_id", sort=False)
    }
    below = number_or_none(rules, "small_rural_class_below")
    rows = []
    for school in schools.to_dict("records"):
        name = str(school["school_id"])
        of_stage = by_school.get(name, {})
        if not of_stage:
            continue
        built = school["built_year"]
        rural = school["urban_rural"] == "village"
        largest = largest_class.get(name)
        small = rural and largest is not None and below is not None and largest < below
        may_be_small = rural and largest is None
        year = None if pd.isna(built) else float(built)
        rows += [
            {"test": f"{kind}_rooms", "school_id": name, "stage": "all"}
            | _judged(
                kind,
                of_stage,
                rules,
                year,
                (small, may_be_small),
                areas.get((name, kind), []),
                name in listed,
            )
            for kind in ("music", "art")
        ]
    return pd.DataFrame(rows)


def _judged(
    kind: str,
    classes: Mapping[str, float],
    rules: RuleSet,
    built_year: float | None,
    small: tuple[bool, bool],
    areas: Sequence[float],
    listed: bool,
) -> dict[str, object]:
    if any(math.isnan(count) for count in classes.values()):
        return {"verdict": "undetermined", "missing": "enrolment.classes"}
    need = room_need(kind, classes, rules, built_year=built_year, small_rural=small[0])
    verdict, short = judge_rooms(need, areas, listed)
    missing = "" if listed or verdict == "met" else "special_rooms.area_m2"
    if verdict == "not_met" and (small[1] or built_year is None):
        # an unknown building year or largest class could still bring a relief
        cut = number_or_none(rules, "special_room_old_built_year")
        eased = room_need(
            kind,
            classes,
            rules,
            built_year=cut if built_year is None else built_year,
            small_rural=small[0] or small[1],
        )
        if judge_rooms(eased, areas, listed)[0] != "not_met":
            verdict = Verdict.UNDETERMINED
            missing = "schools.built_year, class_sizes.pupils"
    elif verdict == "undetermined" and not missing:
        missing = "special_rooms.area_m2"
    fitting = sum(a >= min(need.areas.values()) - TOLERANCE for a in areas if not math.isnan(a))
    return {
        "value": float(fitting) if listed else float("nan"),
        "threshold": float(need.total),
        "relief": need.relief or None,
        "shortfall": float(short) if verdict == "not_met" else 0.0,
        "shortfall_unit": "间",
        "verdict": str(verdict),
        "missing": missing or None,
    }
