"""Builders of small counties whose seats and pupils are known."""

from __future__ import annotations

import pytest

from analysis import capacity, standards
from analysis.tables import Tables, contract

GRADES = {"primary": range(1, 7), "junior": range(7, 10)}


@pytest.fixture(scope="session")
def rules():
    return standards.load("national_2017")


def frame(name, rows):
    """Return a valid frame of the contract ``name``."""
    return contract(name).frame(rows)


def demand_rows(pupils, *, level="town", scenarios=("low", "central", "high")):
    """Return ``seat_demand`` rows of ``{(area, stage, year): pupils}``, equal in every scenario."""
    return [
        {
            "level": level,
            "area_id": area,
            "stage": stage,
            "school_year": year,
            "scenario": scenario,
            "pupils": value,
            "method": "cohort",
        }
        for (area, stage, year), value in pupils.items()
        for scenario in scenarios
    ]


def grade_rows(pupils, *, level="town", scenarios=("low", "central", "high")):
    """Return ``grade_demand`` rows of ``{(area, stage, grade, year): pupils}``."""
    return [
        {
            "level": level,
            "area_id": area,
            "stage": stage,
            "grade": grade,
            "school_year": year,
            "scenario": scenario,
            "pupils": value,
        }
        for (area, stage, grade, year), value in pupils.items()
        for scenario in scenarios
    ]


def school(school_id, town="A", kind="primary", **more):
    return {
        "school_id": school_id,
        "school_name": f"学校{school_id}",
        "town_id": town,
        "kind": kind,
        **more,
    }


def rooms(school_id, classrooms, *, unsafe=0, temporary=0, year=2025, scope="school", **more):
    return {
        "school_id": school_id,
        "school_year": year,
        "scope": scope,
        "classrooms": classrooms,
        "unsafe_classrooms": unsafe,
        "temporary_classrooms": temporary,
        **more,
    }


def pupils_of(school_id, by_grade, *, year=2025, classes=None):
    """Return enrolment rows of ``{grade: pupils}``; ``classes`` a number a grade or a mapping."""
    count = classes if isinstance(classes, dict) else dict.fromkeys(by_grade, classes)
    return [
        {
            "school_id": school_id,
            "school_year": year,
            "grade": grade,
            "pupils": value,
            "classes": count.get(grade),
        }
        for grade, value in by_grade.items()
    ]


def county(*, schools, facilities=(), enrolment=(), **more):
    """Return tables of a county."""
    frames = {
        "schools": frame("schools", list(schools)),
        "facilities": frame("facilities", list(facilities)),
        "enrolment": frame("enrolment", list(enrolment)),
    }
    towns = sorted({row["town_id"] for row in schools})
    frames["towns"] = frame("towns", [{"town_id": t, "town_name": f"镇{t}"} for t in towns])
    frames |= {name: frame(name, rows) for name, rows in more.items()}
    return Tables(frames)


def one_year(result, table, **where):
    """Return the single row of a result table that ``where`` names."""
    rows = result[table]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, f"{len(rows)} rows"
    return rows.iloc[0]


def bare_gap(tables, rules, *, base_year=2025, end_year=2025):
    """Return ``seat_gap``, ``grade_gap`` and ``gap_schools`` without the rest of the step."""
    sides = capacity.both_sides(
        tables, rules=rules, base_year=base_year, end_year=end_year, code="C"
    )
    return capacity.gap_tables(
        sides.demand,
        sides.grids,
        sides.shares,
        rules=rules,
        levels=capacity.warning_levels(rules, base_year),
        base_year=base_year,
        code="C",
    )
