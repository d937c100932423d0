"""Builders of small counties whose numbers can be checked by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd
import pytest

from analysis import standards
from analysis.indicators.compliance import school_compliance, school_verdicts
from analysis.indicators.steps import assessed, detailed_values
from analysis.indicators.variation import variation
from analysis.tables import Tables, contract

YEAR = 2024
#: Resources of one stage in terms of its pupils that meet every national threshold exactly once.
PLENTY = {
    "primary": (4.2, 1.0, 0.9, 4.5, 7.5, 2000.0, 2.3),
    "junior": (5.3, 1.0, 0.9, 5.8, 10.2, 2500.0, 2.4),
}


@pytest.fixture(scope="session")
def rules():
    return standards.load("national_2017")


def frame(name: str, rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    return contract(name).frame(pd.DataFrame(list(rows)))


class County:
    """Rows of a county, added school by school, turned into contract tables."""

    def __init__(self) -> None:
        self.schools: list[dict[str, object]] = []
        self.enrolment: list[dict[str, object]] = []
        self.teachers: list[dict[str, object]] = []
        self.facilities: list[dict[str, object]] = []
        self.more: dict[str, list[dict[str, object]]] = {}

    def school(
        self,
        school_id: str,
        kind: str = "primary",
        *,
        pupils: dict[int, float | None] | None = None,
        classes: float = 1,
        town: str = "T1",
        **details: object,
    ) -> County:
        self.schools.append(
            {
                "school_id": school_id,
                "school_name": school_id,
                "town_id": town,
                "kind": kind,
                "owner": "public",
                "urban_rural": "town",
                **details,
            }
        )
        for grade, count in (pupils or {}).items():
            self.enrolment.append(
                {
                    "school_id": school_id,
                    "school_year": YEAR,
                    "grade": grade,
                    "pupils": count,
                    "classes": classes,
                }
            )
        return self

    def staff(self, school_id: str, stage: str, l1=0, l2=0, l3=0, **more: object) -> County:
        self.teachers.append(
            {
                "school_id": school_id,
                "school_year": YEAR,
                "stage": stage,
                "above_required_qualification": l1,
                "backbone": l2,
                "pe_and_arts": l3,
                **more,
            }
        )
        return self

    def rooms(self, school_id: str, l4=0.0, l5=0.0, l6=0.0, l7=0, scope="school", **more) -> County:
        self.facilities.append(
            {
                "school_id": school_id,
                "school_year": YEAR,
                "scope": scope,
                "teaching_area_m2": l4,
                "indoor_sports_m2": 0.0,
                "sports_ground_m2": l5,
                "equipment_cny": l6,
                "multimedia_rooms": l7,
                **more,
            }
        )
        return self

    def plain(self, school_id: str, pupils: float, shares=(1.0,) * 7, **details) -> County:
        """Add a one-stage school with each indicator at a share of its national threshold.

        Teachers and multimedia rooms are rounded up to whole ones.
        """
        stage = "junior" if details.get("kind") == "junior" else "primary"
        grade = 7 if stage == "junior" else 1
        factors = (100, 100, 100, 1, 1, 1, 100)
        amounts = [
            round(share * level * pupils / factor, 6)
            for share, level, factor in zip(shares, PLENTY[stage], factors, strict=True)
        ]
        for place in (0, 1, 2, 6):
            amounts[place] = math.ceil(amounts[place] - 1e-9)
        kind = details.pop("kind", "primary")
        self.school(school_id, kind, pupils={grade: pupils}, **details)
        self.staff(school_id, stage, *amounts[:3])
        return self.rooms(school_id, *amounts[3:])

    def add(self, table: str, **row: object) -> County:
        self.more.setdefault(table, []).append(row)
        return self

    def tables(self) -> Tables:
        frames = {
            "schools": frame("schools", self.schools),
            "enrolment": frame("enrolment", self.enrolment),
        }
        if self.teachers:
            frames["teachers"] = frame("teachers", self.teachers)
        if self.facilities:
            frames["facilities"] = frame("facilities", self.facilities)
        return Tables(frames | {name: frame(name, rows) for name, rows in self.more.items()})


def with_resources(tables: Tables, rules) -> Tables:
    """Return tables with what the assessment reads of the step before, and no more of it."""
    rows = assessed(tables, rules, YEAR)
    values = detailed_values(rows[rows["in_scope"]], rules)
    frames = {
        "indicator_values": values[contract("indicator_values").names],
        "school_compliance": school_compliance(rows, school_verdicts(values, rules)),
        "variation": variation(values, rules),
    }
    return tables.with_tables({n: contract(n).frame(f) for n, f in frames.items()})


def assessed_rows_of(county: County, rules, tables: Tables | None = None) -> pd.DataFrame:
    return assessed(county.tables() if tables is None else tables, rules, YEAR)


def values_of(county: County, rules) -> pd.DataFrame:
    """Return indicator values alone: the cheap part of the step."""
    rows = assessed_rows_of(county, rules)
    return detailed_values(rows[rows["in_scope"]], rules)


def compliance_of(county: County, rules) -> pd.DataFrame:
    rows = assessed_rows_of(county, rules)
    values = detailed_values(rows[rows["in_scope"]], rules)
    return school_compliance(rows, school_verdicts(values, rules))
