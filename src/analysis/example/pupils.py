"""Births and pupils of the demonstration county, followed cohort by cohort through the schools."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.example.places import County, School, Town

Array = NDArray[Any]

GRADES = 12
FIRST_JUNIOR, FIRST_SENIOR = 7, 10
#: Grade 9 of the first published year entered school eight years earlier.
YEARS_BEFORE = 8
#: Largest class of a stage by the national standard; above it a school opens another class.
CLASS_CAP = {"primary": 45, "junior": 50, "senior": 50}
#: Classes a full school still packs before it turns pupils away.
PACKED = 62
_MONTHS = (0.079, 0.076, 0.077, 0.075, 0.077, 0.078, 0.083, 0.088, 0.091, 0.095, 0.092, 0.089)
#: Luck of births and entrants of a town, entrants of the county, and small cohorts of a school.
_BIRTH_NOISE, _ENTRY_NOISE, _COUNTY_ENTRY_NOISE, _GRADE_NOISE = 0.012, 0.022, 0.012, 0.22
#: Years in which families move more or less than usual: the whole county, and each town.
_COUNTY_MOVES, _TOWN_MOVES = 0.004, 0.007
_ON_TO_JUNIOR = 0.992


@dataclass(frozen=True)
class Population:
    """What the simulation gives.

    ``births`` is (towns, years, 12); ``pupils`` and ``classes`` map a school's code to (years,
    grades 1 to 12); ``flows`` maps (home town, school town or ``outside``, school year) to grade-7
    entrants.
    """

    birth_years: tuple[int, ...]
    births: Array
    pupils: dict[str, Array]
    classes: dict[str, Array]
    flows: dict[tuple[str, str, int], int]


def simulate(county: County, rng: np.random.Generator) -> Population:
    """Simulate births, entrants, grades, transfers and classes."""
    birth_years = tuple(sorted(county.described.births_shape))
    births = _births(county, birth_years, rng)
    everyone, flows = _cohorts(county, birth_years, births, rng)
    keep = slice(YEARS_BEFORE, None)
    pupils = {code: grid[keep] for code, grid in everyone.items()}
    classes = {
        school.school_id: _classes(school, pupils[school.school_id]) for school in county.schools
    }
    published = {key: count for key, count in flows.items() if key[2] in county.years}
    return Population(birth_years, births, pupils, classes, published)


def _births(county: County, years: Sequence[int], rng: np.random.Generator) -> Array:
    shape = county.described.births_shape
    result = np.zeros((len(county.towns), len(years), 12))
    for i, town in enumerate(county.towns):
        for j, year in enumerate(years):
            level = town.described.births * shape[year]
            level *= (1.0 + town.described.growth) ** (year - 2016)
            level *= 1.0 + _BIRTH_NOISE * rng.normal()
            months = level * np.array(_MONTHS)
            result[i, j] = np.maximum(np.rint(months + 0.6 * np.sqrt(months) * rng.normal()), 0.0)
    return result


def _line(first: float, last: float, county: County, year: int) -> float:
    """Return the value of a year on the line from the first to the base school year."""
    years = county.years
    place = min(max((year - years[0]) / (years[-1] - years[0]), 0.0), 1.0)
    return first + (last - first) * place


def _cohorts(
    county: County, birth_years: Sequence[int], births: Array, rng: np.random.Generator
) -> tuple[dict[str, Array], dict[tuple[str, str, int], int]]:
    years = range(county.years[0] - YEARS_BEFORE, county.years[-1] + 1)
    grids = {s.school_id: np.zeros((len(years), GRADES), dtype=int) for s in county.schools}
    flows: dict[tuple[str, str, int], int] = {}
    for t, year in enumerate(years):
        if t > 0:
            _move_up(county, grids, t, year, rng)
            _transfer(county, grids, flows, t, year, rng)
        shared = 1.0 + _COUNTY_ENTRY_NOISE * rng.normal()
        for i, town in enumerate(county.towns):
            born = year - 7 - birth_years[0]
            children = births[i, born, 8:].sum() + births[i, born + 1, :8].sum()
            ratio = _line(*town.described.entry, county, year)
            entrants = children * ratio * shared * (1.0 + _ENTRY_NOISE * rng.normal())
            _spread(county, grids, town, t, year, "primary", 1, entrants, rng)
        _others(county, grids, t, year, rng)
    return grids, flows


def _spread(
    county: County,
    grids: dict[str, Array],
    town: Town,
    t: int,
    year: int,
    stage: str,
    grade: int,
    total: float,
    rng: np.random.Generator,
) -> None:
    """Share entrants of a town out among its open schools."""
    if total <= 0:
        return
    places = [s for s in county.of_town(town) if s.is_open(year) and getattr(s.described, stage)]
    weights = np.array([getattr(s.described, stage) for s in places])
    expected = total * weights / weights.sum()
    drawn = expected * (1.0 + 0.05 * rng.normal(size=len(places)))
    drawn *= total / drawn.sum()
    for school, number in zip(places, np.rint(drawn), strict=True):
        grids[school.school_id][t, grade - 1] += int(number)


def _kept(number: float, ratio: float, rng: np.random.Generator) -> int:
    """Return pupils of a cohort a year later: a ratio, and the luck of small numbers."""
    if number <= 0:
        return 0
    return max(round(float(number * ratio + _GRADE_NOISE * np.sqrt(number) * rng.normal())), 0)


def _move_up(
    county: County, grids: dict[str, Array], t: int, year: int, rng: np.random.Generator
) -> None:
    shared = _COUNTY_MOVES * rng.normal()
    moves = {town.town_id: shared + _TOWN_MOVES * rng.normal() for town in county.towns}
    for school in county.schools:
        described = school.described
        ratio = school.town.described.progression + moves[school.town.town_id]
        for grade in range(2, FIRST_SENIOR):
            if grade == FIRST_JUNIOR:
                continue
            number = _kept(grids[school.school_id][t - 1, grade - 2], ratio, rng)
            target = school
            if not school.is_open(year) and described.merged_into:
                target = county.named(described.merged_into)
            elif described.kind == "teaching_point" and grade > described.last_grade:
                target = next(s for s in county.of_town(school.town) if s.described.primary > 30)
            grids[target.school_id][t, grade - 1] += number


def _transfer(
    county: County,
    grids: dict[str, Array],
    flows: dict[tuple[str, str, int], int],
    t: int,
    year: int,
    rng: np.random.Generator,
) -> None:
    """Send the grade 6 of each town on to the junior schools of its own and of other towns."""
    arriving: dict[str, float] = defaultdict(float)
    ramp = _line(0.5, 1.0, county, year)
    for home in county.towns:
        leavers = sum(grids[s.school_id][t - 1, 5] for s in county.of_town(home)) * _ON_TO_JUNIOR
        going = leavers
        for place, share in home.described.leave.items():
            moved = round(leavers * share * ramp * (1.0 + 0.04 * rng.normal()))
            target = place if place == "outside" else county.town_named(place).town_id
            flows[home.town_id, target, year] = moved
            arriving[target] += moved
            going -= moved
        flows[home.town_id, home.town_id, year] = round(going)
        arriving[home.town_id] += round(going)
    for town in county.towns:
        total = arriving[town.town_id]
        _spread(county, grids, town, t, year, "junior", FIRST_JUNIOR, total, rng)


def _others(
    county: County, grids: dict[str, Array], t: int, year: int, rng: np.random.Generator
) -> None:
    """Fill senior grades and special classes, which no cohort of the county feeds here."""
    for school in county.schools:
        grid = grids[school.school_id]
        if school.described.senior:
            for grade in range(FIRST_SENIOR, GRADES + 1):
                level = school.described.senior * _line(0.9, 1.05, county, year)
                grid[t, grade - 1] = round(level * (1.0 + 0.02 * rng.normal()))
        if school.described.special:
            grid[t, :9] = school.described.special + rng.integers(-2, 3, size=9)


def stage_columns(stage: str) -> slice:
    """Return the columns of a stage's grades."""
    return {"primary": slice(0, 6), "junior": slice(6, 9), "senior": slice(9, 12)}[stage]


def _classes(school: School, pupils: Array) -> Array:
    """Return classes by year and grade: by the cap, then packed into the rooms there are."""
    result = np.zeros_like(pupils)
    for stage, cap in CLASS_CAP.items():
        columns = stage_columns(stage)
        result[:, columns] = -(-pupils[:, columns] // cap)
    rooms = school.described.rooms
    if school.described.kind == "special":
        return np.minimum(result, 1)
    for t in range(len(pupils) if rooms else 0):
        while result[t].sum() > rooms:
            fewer = np.where(result[t] > 1, pupils[t] / np.maximum(result[t] - 1, 1), np.inf)
            grade = int(np.argmin(fewer))
            if fewer[grade] > PACKED:
                break
            result[t, grade] -= 1
    return result


def class_register(number: int, classes: int, rng: np.random.Generator) -> list[int]:
    """Split the pupils of a grade into its classes, nearly even; they add up exactly."""
    if classes <= 0:
        return []
    sizes = [number // classes + (1 if k < number % classes else 0) for k in range(classes)]
    if classes > 1 and min(sizes) > 6:
        shift = int(rng.integers(0, 4))
        sizes[0] += shift
        sizes[-1] -= shift
    return sizes
