"""Smaller classes, special rooms, seats open to entrants, start-up shares."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import capacity

from .conftest import county, grade_rows, one_year, pupils_of, rooms, school


def gap_of(tables, rules, horizon=2, base_year=2025):
    return capacity.capacity_gap(
        tables, rules=rules, base_year=base_year, horizon_years=horizon, area="C"
    )


def two_towns():
    # A: 12 rooms, 80 pupils a grade; B: 20 rooms, 40 pupils a grade
    return county(
        schools=[school("P1"), school("P2", town="B")],
        facilities=[rooms("P1", 12), rooms("P2", 20)],
        enrolment=[
            *pupils_of("P1", dict.fromkeys(range(1, 7), 80), classes=2),
            *pupils_of("P2", dict.fromkeys(range(1, 7), 40), classes=1),
        ],
    )


@pytest.mark.parametrize(
    # A needs 6 x ceil(80/size) classes on 12 rooms, B 6 x ceil(40/size) on 20; seats are 12 x size
    # and 20 x size against 480 and 240 pupils.
    ("size", "classes", "rooms_short", "rooms_spare", "short", "spare"),
    [
        (45, 12 + 6, 0, 14, 0, 60 + 660),  # 540 and 900 seats
        (40, 12 + 6, 0, 14, 0, 0 + 560),  # 480 and 800
        (35, 18 + 12, 6, 8, 60, 460),  # 420 and 700
        (30, 18 + 12, 6, 8, 120, 360),  # 360 and 600
    ],
)
def test_smaller_classes_need_more_rooms(
    rules, size, classes, rooms_short, rooms_spare, short, spare
):
    result = gap_of(two_towns(), rules)

    row = one_year(result, "class_size_scenarios", level="county", class_size=size)

    assert row["classes_required"] == classes
    assert (row["classrooms_short"], row["classrooms_spare"]) == (rooms_short, rooms_spare)
    assert (row["shortage"], row["surplus"]) == (short, spare)
    assert row["is_norm"] == (size == 45)


def test_the_sizes_are_the_norm_and_those_of_the_rule_set(rules):
    result = gap_of(two_towns(), rules)

    sizes = result["class_size_scenarios"]["class_size"].unique()
    assert sorted(sizes) == [30, 35, 40, 45]


def test_music_and_art_rooms_follow_classes_by_stage(rules):
    # 13 primary classes need 2 rooms of each kind, 6 junior classes 1: 3 of each for the school,
    # where 19 classes in one heap would need 2.
    listed = [{"school_id": "N1", "kind": "music", "room_no": str(n)} for n in (1, 2)]
    tables = county(
        schools=[school("N1", kind="nine_year"), school("P2")],
        facilities=[rooms("N1", 20), rooms("P2", 6)],
        enrolment=[
            *pupils_of("N1", {1: 90, 2: 90, 3: 90, 4: 90, 5: 90, 6: 90}, classes=2),
            *pupils_of("N1", dict.fromkeys(range(7, 10), 90), classes=2),
            *pupils_of("P2", dict.fromkeys(range(1, 7), 40), classes=1),
        ],
        special_rooms=listed,
    )
    enrolment = tables["enrolment"]
    first = (enrolment["school_id"] == "N1") & (enrolment["grade"] == 1)
    thirteen = enrolment.assign(classes=enrolment["classes"].mask(first, 3.0))
    tables = tables.with_tables({"enrolment": thirteen})

    result = gap_of(tables, rules)
    music = one_year(result, "special_room_need", school_id="N1", kind="music")
    art = one_year(result, "special_room_need", school_id="N1", kind="art")
    other = one_year(result, "special_room_need", school_id="P2", kind="music")

    assert (music["classes"], music["rooms_needed"]) == (19, 3)
    assert (music["rooms"], music["rooms_short"]) == (2, 1)
    assert (art["rooms"], art["rooms_short"]) == (0, 3)
    # P2 is in no list, so how many it has is unknown
    assert other["rooms_needed"] == 1
    assert np.isnan(other["rooms"])
    assert np.isnan(other["rooms_short"])


def test_music_rooms_when_classes_are_most(rules):
    # 2026: 100 a grade = 3 classes a grade = 18, 2 rooms of each kind; 2027: 80 = 12 classes.
    years = {2025: 40, 2026: 100, 2027: 80}
    tables = county(
        schools=[school("P1")],
        facilities=[rooms("P1", 20)],
        enrolment=pupils_of("P1", dict.fromkeys(range(1, 7), 40), classes=1),
        grade_demand=grade_rows(
            {("A", "primary", g, y): p for y, p in years.items() for g in range(1, 7)}
        ),
        special_rooms=[{"school_id": "P1", "kind": "music", "room_no": "1"}],
    )

    row = one_year(gap_of(tables, rules), "special_room_need", school_id="P1", kind="music")

    assert (row["classes_peak"], row["peak_year"]) == (18, 2026)
    assert (row["rooms_short"], row["rooms_short_peak"]) == (0, 1)


def test_exactly_twelve_classes_need_one_room_now_and_later(rules):
    # 80 a grade are 2 classes each: 12 classes at 12 to a room need 1, not 2.
    tables = county(
        schools=[school("P1"), school("P2")],
        facilities=[rooms("P1", 12)],
        enrolment=[
            *pupils_of("P1", dict.fromkeys(range(1, 7), 80), classes=2),
            *pupils_of("P2", {1: 30, 2: 30}, classes={1: 1, 2: None}),
        ],
        special_rooms=[{"school_id": s, "kind": "art", "room_no": "1"} for s in ("P1", "P2")],
    )

    result = gap_of(tables, rules)
    row = one_year(result, "special_room_need", school_id="P1", kind="art")
    unknown = one_year(result, "special_room_need", school_id="P2", kind="art")

    assert (row["rooms_needed"], row["rooms_short"], row["rooms_short_peak"]) == (1, 0, 0)
    # one class is unknown, so the need is
    assert np.isnan(unknown["classes"])
    assert np.isnan(unknown["rooms_needed"])
    assert np.isnan(unknown["rooms_short"])
    # later classes follow from pupils and are known
    assert unknown["rooms_short_peak"] == 0


def test_seats_open_to_entrants_are_the_rooms_other_grades_leave(rules):
    # 15 rooms; grades 2-6 with 50 each need 2 classes each = 10; 5 rooms x 45 = 225 for grade 1.
    # The other school has 4 rooms and 5 classes above grade 1: it opens none, and takes none from
    # its neighbour.
    tables = county(
        schools=[school("P1"), school("P2")],
        facilities=[rooms("P1", 15), rooms("P2", 4)],
        enrolment=[
            *pupils_of("P1", {1: 30} | dict.fromkeys(range(2, 7), 50), classes=2),
            *pupils_of("P2", dict.fromkeys(range(1, 7), 30), classes=1),
        ],
    )

    result = gap_of(tables, rules)
    first = one_year(result, "grade_gap", level="town", grade=1, scenario="central")
    second = one_year(result, "grade_gap", level="town", grade=2, scenario="central")

    assert first["entry_seats"] == 225
    assert np.isnan(second["entry_seats"])
    # 19 rooms x 45 = 855 seats, 142.5 a grade; grade 1 has 60 pupils, grade 2 has 80
    assert first["seats_available"] == 142.5
    assert (first["surplus"], second["surplus"]) == (82.5, 62.5)


def test_a_school_that_opens_grade_by_grade_takes_a_grade_more_each_year(rules):
    # Town: 100 in every grade and year. Old school P1: 60 in grade 1, 100 in the others.
    # New P2 (opened 2024): 40 in grade 1, 40 in grade 2 (then P1 has 60 there), none above.
    # 2026: P2 reaches grade 3 with its 40 entrants' weight against P1's 100: 40/140.
    old = {1: 60, 2: 60, 3: 100, 4: 100, 5: 100, 6: 100}
    new = {1: 40, 2: 40}
    years = (2025, 2026, 2027, 2029)
    tables = county(
        schools=[school("P1"), school("P2", opened_year=2024)],
        facilities=[rooms("P1", 18), rooms("P2", 12)],
        enrolment=[*pupils_of("P1", old, classes=2), *pupils_of("P2", new, classes=1)],
        grade_demand=grade_rows(
            {("A", "primary", g, y): 100 for g in range(1, 7) for y in range(2025, 2030)}
        ),
    )

    result = gap_of(tables, rules, horizon=4)
    pupils = [
        one_year(result, "gap_schools", school_id="P2", school_year=y, scenario="central")["pupils"]
        for y in years
    ]

    grade = 100 * 40 / 140
    assert pupils == pytest.approx([80, 80 + grade, 80 + 2 * grade, 80 + 4 * grade])
    both = result["gap_schools"].groupby(["scenario", "school_year"])["pupils"].sum()
    assert both.tolist() == pytest.approx([600] * 15)


def test_pupils_of_a_closing_school_go_to_the_others_of_its_town(rules):
    tables = county(
        schools=[school("P1"), school("P2", closed_year=2027)],
        facilities=[rooms("P1", 18), rooms("P2", 12)],
        enrolment=[
            *pupils_of("P1", dict.fromkeys(range(1, 7), 60), classes=2),
            *pupils_of("P2", dict.fromkeys(range(1, 7), 30), classes=1),
        ],
        grade_demand=grade_rows(
            {("A", "primary", g, y): 90 for g in range(1, 7) for y in (2025, 2026, 2027)}
        ),
    )

    result = gap_of(tables, rules)
    rows = result["gap_schools"]
    rows = rows[(rows["scenario"] == "central")].set_index(["school_id", "school_year"])["pupils"]

    assert (rows["P1", 2026], rows["P2", 2026]) == pytest.approx((360, 180))
    assert (rows["P1", 2027], rows["P2", 2027]) == pytest.approx((540, 0))
