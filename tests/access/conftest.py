"""A small county on a line: places and schools with coordinates, and its ledger."""

from __future__ import annotations

import pytest

from analysis import capacity, standards
from analysis.tables import Tables, contract

#: Degrees of latitude in a kilometre of great circle: 180 / (pi x 6371.0088).
DEGREES_A_KM = 0.008993203677616635


@pytest.fixture(scope="session")
def rules():
    """Rules without detour, so that distances in tests are those on the map."""
    return standards.load(
        "national_2017",
        [
            {
                "name": "detour_factor",
                "value": 1.0,
                "source": "straight lines of a test",
                "grade": "local",
            }
        ],
    )


def frame(name, rows):
    return contract(name).frame(rows)


def school(school_id, km, *, town="A", kind="primary", place="village", **more):
    """Return a school ``km`` north of the equator on the meridian of Greenwich."""
    return {
        "school_id": school_id,
        "school_name": f"学校{school_id}",
        "town_id": town,
        "kind": kind,
        "urban_rural": place,
        "lon": 0.0 if km is not None else None,
        "lat": km * DEGREES_A_KM if km is not None else None,
        **more,
    }


def settlement(settlement_id, km, children, *, town="A", place="village", junior=None):
    return {
        "settlement_id": settlement_id,
        "settlement_name": f"村{settlement_id}",
        "town_id": town,
        "urban_rural": place,
        "lon": 0.0 if km is not None else None,
        "lat": km * DEGREES_A_KM if km is not None else None,
        "primary_children": children,
        "junior_children": junior,
    }


def pupils_of(school_id, number, classes=1):
    """Return six equal primary grades."""
    return [
        {
            "school_id": school_id,
            "school_year": 2025,
            "grade": grade,
            "pupils": number,
            "classes": classes,
        }
        for grade in range(1, 7)
    ]


def rooms(school_id, classrooms, **more):
    return {
        "school_id": school_id,
        "school_year": 2025,
        "scope": "school",
        "classrooms": classrooms,
        "unsafe_classrooms": 0,
        "temporary_classrooms": 0,
        **more,
    }


def county(*, schools, facilities=(), enrolment=(), settlements=(), rules=None, **more):
    """Return tables of a county with its capacity results."""
    towns = sorted({row["town_id"] for row in schools})
    frames = {
        "towns": frame("towns", [{"town_id": t, "town_name": f"镇{t}"} for t in towns]),
        "schools": frame("schools", list(schools)),
        "facilities": frame("facilities", list(facilities)),
        "enrolment": frame("enrolment", list(enrolment)),
        "settlements": frame("settlements", list(settlements)),
    }
    frames |= {name: frame(name, rows) for name, rows in more.items()}
    tables = Tables(frames)
    step = capacity.capacity_gap(
        tables,
        rules=rules or standards.load("national_2017"),
        base_year=2025,
        horizon_years=1,
        area="C",
    )
    return tables.with_tables(step.tables)
