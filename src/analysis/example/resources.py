"""Rooms, areas, equipment and teachers of the demonstration county's schools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.example.places import County, Profile, School
from analysis.example.pupils import Population, stage_columns

#: Seats of an ordinary classroom for which a school was laid out.
SEATS_A_ROOM = 45
#: School years in which buildings and teachers are reported.
REPORTED_YEARS = 3
_UNSAFE_ROOMS = {"沙洲小学": 3, "高峰乡中心小学": 4, "泉水教学点": 2}
_TEMPORARY_ROOMS = {"城关第一初级中学": 4, "城关第三小学": 2, "东城实验小学": 3}
_LEASED_M2 = {"城关第二小学": 1800, "城关第一初级中学": 2600}
_CONVERTED_M2 = {"城关第一小学": 900}
_FUNDS = {"primary": 720, "junior": 940}
_MUSIC, _ART = "音乐教室", "美术教室"


@dataclass(frozen=True)
class Drawn:
    """A value between the low and the high of a profile for every quantity, drawn once."""

    teaching_m2: float
    sports_m2: float
    equipment_cny: float
    multimedia: float
    teachers: float
    above: float
    backbone: float
    arts: float


def draw(profile: Profile, rng: np.random.Generator) -> Drawn:
    """Draw a school's values."""

    def between(pair: tuple[float, float]) -> float:
        return pair[0] + (pair[1] - pair[0]) * float(rng.random())

    return Drawn(
        between(profile.teaching_m2),
        between(profile.sports_m2),
        between(profile.equipment_cny),
        between(profile.multimedia),
        between(profile.teachers),
        between(profile.above),
        between(profile.backbone),
        between(profile.arts),
    )


def classrooms(county: County, school: School, population: Population) -> int:
    """Return ordinary classrooms: as described, or for the most classes ever taught and some."""
    described = school.described
    if described.rooms:
        return described.rooms
    most = int(population.classes[school.school_id].sum(axis=1).max())
    if described.kind == "teaching_point":
        return max(most, 2)
    return int(np.ceil(most * (1.0 + county.described.profile[described.profile].spare)))


def taught_stages(school: School) -> list[str]:
    """Return the stages of compulsory education that a school teaches."""
    if school.described.kind in ("senior", "vocational", "special"):
        return []
    return [s for s in ("primary", "junior") if getattr(school.described, s)]


def _number(school: School, population: Population, t: int, stage: str, what: str) -> int:
    grid = getattr(population, what)[school.school_id]
    return int(grid[t, stage_columns(stage)].sum())


def facility_rows(
    county: County, population: Population, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Return rows of the table ``facilities`` for the last school years, keyed by column name."""
    rows = []
    for school in county.schools:
        profile = county.described.profile[school.described.profile]
        drawn = draw(profile, rng)
        rooms = classrooms(county, school, population)
        for year in county.years[-REPORTED_YEARS:]:
            if not school.is_open(year) or school.described.kind in ("senior", "vocational"):
                continue
            age = county.described.base_year - year
            whole = _facilities(school, drawn, rooms, population, county.years.index(year), age)
            rows += [{"school_id": school.school_id, "school_year": year, **row} for row in whole]
    return rows


def _facilities(
    school: School, drawn: Drawn, rooms: int, population: Population, t: int, age: int
) -> list[dict[str, Any]]:
    seats = rooms * SEATS_A_ROOM
    small = school.described.kind == "teaching_point"
    if small:
        seats = rooms * 20
    gym = 0.12 * seats if school.described.profile in ("strong", "new") else 0.0
    funds = sum(
        _FUNDS[s] * max(_number(school, population, t, s, "pupils"), 100)
        for s in taught_stages(school)
    )
    training = 0.058 - 0.02 * (school.described.profile == "weak") * (drawn.arts < 0.7)
    row: dict[str, Any] = {
        "scope": "全校",
        "teaching_area_m2": round(seats * drawn.teaching_m2 + gym),
        "indoor_sports_m2": round(gym),
        "sports_ground_m2": round(seats * drawn.sports_m2),
        "leased_sports_m2": _LEASED_M2.get(school.name, 0),
        "converted_sports_m2": _CONVERTED_M2.get(school.name, 0),
        "equipment_cny": round(seats * drawn.equipment_cny * 0.96**age, -2),
        "multimedia_rooms": round(rooms * drawn.multimedia - age * 0.02 * rooms),
        "computers": round(seats * (0.10 + 0.05 * drawn.multimedia)),
        "books": round(seats * (18 + 8 * drawn.above)),
        "classrooms": rooms,
        "unsafe_classrooms": min(_UNSAFE_ROOMS.get(school.name, 0), rooms),
        "temporary_classrooms": _TEMPORARY_ROOMS.get(school.name, 0),
        "floor_area_m2": round(seats * drawn.teaching_m2 * 1.45 + gym),
        "unsafe_area_m2": _UNSAFE_ROOMS.get(school.name, 0) * 62,
        "site_area_m2": round(seats * (drawn.sports_m2 * 1.3 + drawn.teaching_m2 * 1.6)),
        "public_funds_cny": funds,
        "training_funds_cny": round(funds * training),
    }
    if not school.described.by_stage:
        return [row]
    return _by_stage(school, row, population, t)


def _by_stage(
    school: School, row: dict[str, Any], population: Population, t: int
) -> list[dict[str, Any]]:
    """Split a row by stage in the ratio of classes, as a school that reports by stage does."""
    classes = {s: _number(school, population, t, s, "classes") for s in taught_stages(school)}
    share = classes["primary"] / sum(classes.values())
    parts = []
    for label, part in (("小学", share), ("初中", 1.0 - share)):
        values = {k: round(v * part) for k, v in row.items() if k != "scope"}
        parts.append({"scope": label, **values})
    for column, whole in row.items():
        if column != "scope":
            parts[1][column] = round(whole - parts[0][column])
    return parts


def teacher_rows(
    county: County, population: Population, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Return rows of the table ``teachers`` for the last school years, keyed by column name."""
    rows = []
    for school in county.schools:
        drawn = draw(county.described.profile[school.described.profile], rng)
        luck = float(rng.random())
        for year in county.years[-REPORTED_YEARS:]:
            t = county.years.index(year)
            age = county.described.base_year - year
            for stage in taught_stages(school):
                pupils = _number(school, population, t, stage, "pupils")
                classes = _number(school, population, t, stage, "classes")
                if not school.is_open(year) or pupils == 0:
                    continue
                rows.append(
                    {
                        "school_id": school.school_id,
                        "school_year": year,
                        "stage": {"primary": "小学", "junior": "初中"}[stage],
                        **_teachers(drawn, stage, pupils, classes, age, luck),
                    }
                )
    return rows


def _teachers(
    drawn: Drawn, stage: str, pupils: int, classes: int, age: int, luck: float
) -> dict[str, int]:
    a_hundred = drawn.teachers * (1.0 if stage == "primary" else 1.12)
    full = max(round(pupils * a_hundred / 100), int(np.ceil(classes * 1.3)))
    higher = drawn.above if stage == "primary" else drawn.above - 0.06
    untrained = 0 if luck < 0.6 else max(1, round(full * 0.03))
    return {
        "full_time": full,
        "above_required_qualification": min(full, round(full * (higher - 0.015 * age))),
        "backbone": min(full, round(pupils * drawn.backbone / 100)),
        "pe_and_arts": min(full, round(pupils * drawn.arts / 100 + 0.3)),
        "pe_and_arts_shared": 1 if pupils < 100 else 0,
        "certified": full if luck < 0.93 else full - 1,
        "trained": full - untrained,
        "senior_title": round(full * (0.38 + 0.2 * luck)),
    }


def special_room_rows(
    county: County, population: Population, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Return rows of the table ``special_rooms`` of the base year, keyed by column name."""
    rows: list[dict[str, Any]] = []
    for school in county.schools:
        classes = sum(_number(school, population, -1, s, "classes") for s in taught_stages(school))
        if not classes or not school.is_open(county.described.base_year):
            continue
        needed = -(-classes // 12)
        weak = school.described.profile in ("weak", "village")
        for kind, wide, old in ((_MUSIC, 96.0, 73.0), (_ART, 90.0, 67.0)):
            number = needed - int(weak and needed > 1 and rng.random() < 0.5)
            if school.described.kind == "teaching_point" and rng.random() < 0.4:
                number = 0
            base = wide if school.described.built > 2016 else old
            if school.described.kind == "teaching_point" or classes <= 6:
                base = 54.0
            rows += [
                _room(school, kind, n + 1, base + float(rng.integers(-3 if weak else 0, 9)))
                for n in range(number)
            ]
        for kind, number in (("科学教室", max(1, classes // 18)), ("图书阅览室", 1)):
            if classes > 6:
                rows += [_room(school, kind, n + 1, 90.0) for n in range(number)]
    return rows


def _room(school: School, kind: str, number: int, area: float) -> dict[str, Any]:
    return {
        "school_id": school.school_id,
        "kind": kind,
        "room_no": f"{kind[:2]}{number}",
        "area_m2": area,
    }
