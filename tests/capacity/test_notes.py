"""What the page says about its own gaps: each note when it is due, and only then."""

from __future__ import annotations

import pytest

from analysis import capacity
from analysis.tables import Tables

from .conftest import county, frame, grade_rows, pupils_of, rooms, school
from .test_thin_areas import xinpu


def notes_of(tables, rules, base_year=2025, area="C"):
    result = capacity.capacity_gap(
        tables, rules=rules, base_year=base_year, horizon_years=1, area=area
    )
    return {note.key: note for note in result.notes}


def complete(**more):
    """A county that wants for nothing but what ``more`` takes away."""
    given = {
        "schools": [school("P1"), school("P2")],
        "facilities": [rooms("P1", 6), rooms("P2", 6)],
        "enrolment": [
            *pupils_of("P1", dict.fromkeys(range(1, 7), 40), classes=1),
            *pupils_of("P2", dict.fromkeys(range(1, 7), 40), classes=1),
        ],
        "grade_demand": grade_rows(
            {("A", "primary", g, y): 80 for g in range(1, 7) for y in (2025, 2026)}
        ),
        "demand_paths": [
            {
                "town_id": "A",
                "stage": "primary",
                "grade": g,
                "school_year": 2026,
                "path": 0,
                "pupils": 80,
            }
            for g in range(1, 7)
        ],
        "special_rooms": [{"school_id": "P1", "kind": "music", "room_no": "1"}],
        "projects": [
            {
                "project_id": "X",
                "project_name": "X",
                "town_id": "A",
                "stage": "primary",
                "kind": "expansion",
                "status": "committed",
                "seats": 90,
                "finish_year": 2026,
            }
        ],
    }
    return county(**(given | more))


def test_a_complete_county_has_nothing_to_say(rules):
    assert notes_of(complete(), rules) == {}


@pytest.mark.parametrize(
    ("gone", "key", "missing", "severity"),
    [
        ("special_rooms", "no_special_rooms", ("special_rooms",), "gap"),
        ("projects", "no_projects", ("projects",), "info"),
        ("demand_paths", "no_paths", ("enrolment",), "gap"),
    ],
)
def test_each_missing_table_has_its_note(rules, gone, key, missing, severity):
    tables = complete()
    left = Tables({name: tables[name] for name in tables if name != gone})

    notes = notes_of(left, rules)

    assert set(notes) == {f"capacity.{key}"}
    assert notes[f"capacity.{key}"].missing == missing
    assert notes[f"capacity.{key}"].severity == severity


def test_without_a_forecast_only_the_base_year_is_compared(rules):
    tables = complete()
    gone = ("grade_demand", "demand_paths")

    notes = notes_of(Tables({n: tables[n] for n in tables if n not in gone}), rules)

    assert set(notes) == {"capacity.no_forecast", "capacity.no_paths"}


def test_schools_without_rooms_are_counted_once_whatever_their_stages(rules):
    both = [
        *pupils_of("N1", dict.fromkeys(range(1, 7), 40), classes=1),
        *pupils_of("N1", dict.fromkeys(range(7, 10), 40), classes=1),
    ]
    tables = complete(
        schools=[school("N1", kind="nine_year"), school("P2"), school("P3")],
        facilities=[rooms("P2", 6) | {"temporary_classrooms": None}],
        enrolment=[*both, *pupils_of("P2", dict.fromkeys(range(1, 7), 40), classes=1)],
    )

    notes = notes_of(tables, rules)

    unknown = notes["capacity.schools_unknown"]
    assert (unknown.values, unknown.severity) == ({"count": 2, "all": 3}, "gap")
    unchecked = notes["capacity.schools_classrooms_unchecked"]
    assert (unchecked.values, unchecked.severity) == ({"count": 1, "all": 3}, "caution")
    assert notes["capacity.schools_without_pupils"].values == {"count": 1, "schools": "学校P3"}


def test_no_room_anywhere_leaves_supply_unsaid(rules):
    assert "capacity.no_seats" in notes_of(complete(facilities=[]), rules)
    # one school of another town with rooms is enough to speak of
    apart = complete(schools=[school("P1"), school("P2", town="B")], facilities=[rooms("P1", 6)])
    assert "capacity.no_seats" not in notes_of(apart, rules)


def test_totals_are_not_asked_for_special_rooms(rules):
    notes = notes_of(xinpu(), rules, base_year=2015, area="xinpu")

    assert set(notes) == {
        "capacity.no_forecast",
        "capacity.totals_only",
        "capacity.no_seats",
        "capacity.no_projects",
        "capacity.no_paths",
    }


def test_published_seats_are_seats(rules):
    rows = [{"town_id": "C", "school_year": 2025, "stage": "primary", "pupils": 50, "seats": 60}]

    notes = notes_of(Tables({"totals": frame("totals", rows)}), rules)

    assert "capacity.no_seats" not in notes
    assert "capacity.no_pupils" not in notes
