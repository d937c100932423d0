"""Schools that did not report: named, with the number of pupils the others were given."""

from __future__ import annotations

from .conftest import pupils_of, school
from .test_notes import complete, notes_of

REPORTED = dict.fromkeys(range(1, 7), 40)


def silent_in(grades):
    """Two schools of one town; the second leaves some grades without a number."""
    given = REPORTED | dict.fromkeys(grades)
    return complete(enrolment=[*pupils_of("P1", REPORTED, classes=1), *pupils_of("P2", given)])


def test_pupils_spread_over_the_others_are_counted_and_their_schools_named(rules):
    # the forecast gives 80 a grade; P1 counted 40 in each, so 40 in each of two grades are spread
    note = notes_of(silent_in([2, 5]), rules)["capacity.pupils_spread"]

    assert note.values == {"count": 1, "schools": "学校P2", "towns": "镇A", "pupils": 80}
    assert note.severity == "caution"
    assert note.missing == ("enrolment",)


def test_a_town_whose_demand_is_unknown_too_spreads_nothing(rules):
    tables = silent_in([2])
    kept = {name: tables[name] for name in tables if name not in ("grade_demand", "demand_paths")}

    assert "capacity.pupils_spread" not in notes_of(type(tables)(kept), rules)


def test_every_grade_reported_says_nothing(rules):
    notes = notes_of(silent_in([]), rules)

    assert "capacity.pupils_spread" not in notes
    assert "capacity.schools_without_pupils" not in notes


def test_a_school_without_any_row_is_left_out_of_the_demand(rules):
    schools = [school("P1"), school("P2"), *(school(f"Q{i}") for i in range(9))]

    note = notes_of(complete(schools=schools), rules)["capacity.schools_without_pupils"]

    # nine schools without a row; eight are named
    assert note.values["count"] == 9
    assert note.values["schools"] == "、".join(f"学校Q{i}" for i in range(8)) + "…"


def test_forecast_below_the_count_spreads_no_negative_number(rules):
    # P1 alone counted 100 where the forecast has 80: nothing is left to spread
    enrolment = [
        *pupils_of("P1", REPORTED | {1: 100}, classes=1),
        *pupils_of("P2", REPORTED | {1: None}),
    ]

    assert (
        notes_of(complete(enrolment=enrolment), rules)["capacity.pupils_spread"].values["pupils"]
        == 0
    )
