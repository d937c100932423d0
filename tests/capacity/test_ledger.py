"""The ledger: rooms that count, rooms that stand apart, shared rooms, second ceilings."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import capacity
from analysis.capacity.rooms import shared_area, shared_rooms, stage_weights
from analysis.standards import load

from .conftest import county, pupils_of, rooms, school


def ledger_of(tables, rules, base_year=2025):
    table = capacity.capacity_ledger(tables, rules=rules, base_year=base_year)
    return table.set_index(["school_id", "stage"])


def full_primary(pupils=40, classes=1):
    return pupils_of("P1", dict.fromkeys(range(1, 7), pupils), classes=classes)


def test_unsafe_and_temporary_rooms_stand_apart(rules):
    # 20 rooms, 3 unsafe, 2 temporary: 15 usable x 45 = 675 seats; 2 x 45 = 90 and 3 x 45 = 135.
    tables = county(
        schools=[school("P1")],
        facilities=[rooms("P1", 20, unsafe=3, temporary=2)],
        enrolment=full_primary(),
    )

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert row["usable_classrooms"] == 15
    assert row["seats_available"] == 675
    assert (row["seats_temporary"], row["seats_unsafe"]) == (90, 135)
    assert row["basis"] == "classrooms"
    assert row["utilisation_rate"] == pytest.approx(240 / 675)


def test_junior_rooms_hold_fifty(rules):
    tables = county(
        schools=[school("J1", kind="junior")],
        facilities=[rooms("J1", 12)],
        enrolment=pupils_of("J1", dict.fromkeys(range(7, 10), 200), classes=4),
    )

    row = ledger_of(tables, rules).loc[("J1", "junior")]

    assert (row["class_size_max"], row["seats_available"]) == (50, 600)


def test_without_a_count_of_rooms_seats_are_unknown_whatever_the_classes(rules):
    tables = county(schools=[school("P1")], enrolment=full_primary(classes=2))

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert row["classes"] == 12
    assert np.isnan(row["seats_available"])
    assert np.isnan(row["seats_within_norms"])
    assert (row["basis"], row["limit_reason"]) == ("unknown", "unknown")


def test_crowding_makes_no_seats(rules):
    # 6 rooms with 66 in each class: 270 seats, use 396 / 270 = 1.4667.
    tables = county(
        schools=[school("P1")], facilities=[rooms("P1", 6)], enrolment=full_primary(pupils=66)
    )

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert row["seats_available"] == 270
    assert row["utilisation_rate"] == pytest.approx(396 / 270)


@pytest.mark.parametrize("silent", ["unsafe_classrooms", "temporary_classrooms"])
def test_rooms_whose_unsafe_part_nobody_reported_are_marked(rules, silent):
    # Not reported is not zero: the rooms count, and the basis says they are unchecked.
    tables = county(
        schools=[school("P1")],
        facilities=[rooms("P1", 10) | {silent: None}],
        enrolment=full_primary(),
    )

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert row["seats_available"] == 450
    assert row["basis"] == "classrooms_unchecked"
    assert np.isnan(row[silent])


def test_a_school_without_unsafe_floor_has_no_unsafe_room(rules):
    tables = county(
        schools=[school("P1")],
        facilities=[rooms("P1", 10, unsafe_area_m2=0.0) | {"unsafe_classrooms": None}],
        enrolment=full_primary(),
    )

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert (row["unsafe_classrooms"], row["basis"]) == (0, "classrooms")


def test_more_unsafe_rooms_than_rooms_leave_none(rules):
    tables = county(
        schools=[school("P1")], facilities=[rooms("P1", 4, unsafe=6)], enrolment=full_primary()
    )

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert (row["usable_classrooms"], row["seats_available"]) == (0, 0)
    assert np.isnan(row["utilisation_rate"])


def nine_year(**more):
    # 12 primary and 6 junior classes, 480 and 270 pupils
    return county(
        schools=[school("N1", kind="nine_year")],
        facilities=[rooms("N1", 24, **more)],
        enrolment=[
            *pupils_of("N1", dict.fromkeys(range(1, 7), 80), classes=2),
            *pupils_of("N1", dict.fromkeys(range(7, 10), 90), classes=2),
        ],
    )


def test_a_nine_year_school_shares_rooms_by_its_classes(rules):
    # 24 rooms over 12 + 6 classes: 16 primary and 8 junior; 16 x 45 = 720, 8 x 50 = 400.
    table = ledger_of(nine_year(), rules)

    assert table.loc[("N1", "primary"), "seats_available"] == 720
    assert table.loc[("N1", "junior"), "seats_available"] == 400


def test_a_nine_year_school_shares_areas_by_weighted_pupils(rules):
    # W = 480 + 1.1 x 270 = 777. Teaching 3885 less indoor 0 = 3885: primary 480/777 x 3885 = 2400,
    # / 4.5 = 533; junior 297/777 x 3885 = 1485, / 5.8 = 256. Sports 7770: primary 4800 / 7.5 = 640,
    # junior 2970 / 10.2 = 291. Site 15540: primary 9600 / 15 = 640, junior 5940 / 20 = 297.
    table = ledger_of(
        nine_year(
            teaching_area_m2=3885.0,
            indoor_sports_m2=0.0,
            sports_ground_m2=7770.0,
            site_area_m2=15540.0,
        ),
        rules,
    )

    primary, junior = table.loc[("N1", "primary")], table.loc[("N1", "junior")]
    assert (primary["seats_by_teaching_area"], junior["seats_by_teaching_area"]) == (533, 256)
    assert (primary["seats_by_sports_area"], junior["seats_by_sports_area"]) == (640, 291)
    assert (primary["seats_by_site_area"], junior["seats_by_site_area"]) == (640, 297)
    # size limit 2500 shared by seats 720 : 400
    assert primary["seats_by_school_size"] == pytest.approx(2500 * 720 / 1120)
    assert junior["seats_by_school_size"] == pytest.approx(2500 * 400 / 1120)
    assert (primary["limit_reason"], primary["seats_within_norms"]) == ("teaching_area", 533)
    assert (junior["limit_reason"], junior["seats_within_norms"]) == ("teaching_area", 256)


def test_areas_returned_by_stage_are_used_as_they_are(rules):
    tables = county(
        schools=[school("N1", kind="nine_year")],
        facilities=[
            rooms("N1", 10, scope="primary", year=2025),
            rooms("N1", 7, scope="junior", year=2025),
        ],
        enrolment=[
            *pupils_of("N1", dict.fromkeys(range(1, 7), 80), classes=2),
            *pupils_of("N1", dict.fromkeys(range(7, 10), 90), classes=2),
        ],
    )

    table = ledger_of(tables, rules)

    assert table.loc[("N1", "primary"), "usable_classrooms"] == 10
    assert table.loc[("N1", "junior"), "usable_classrooms"] == 7


def test_senior_classes_take_their_rooms_of_a_complete_secondary_school(rules):
    # 30 rooms over 9 junior and 21 senior classes leave 9 for the junior stage: 450 seats.
    tables = county(
        schools=[school("S1", kind="complete_secondary")],
        facilities=[rooms("S1", 30)],
        enrolment=[
            *pupils_of("S1", dict.fromkeys(range(7, 10), 140), classes=3),
            *pupils_of("S1", dict.fromkeys(range(10, 13), 350), classes=7),
        ],
    )

    table = ledger_of(tables, rules)

    assert list(table.index) == [("S1", "junior")]
    assert table.loc[("S1", "junior"), "seats_available"] == 450


def test_shared_rooms_are_whole_and_add_up():
    # 10 rooms over 7 : 6 : 3 classes: 4.375, 3.75, 1.875 -> 4 + 3 + 1, the two left go to the
    # largest remainders .875 and .75.
    assert shared_rooms(10, {"a": 7, "b": 6, "c": 3}) == {"a": 4, "b": 4, "c": 2}
    # a tie goes to the first
    assert shared_rooms(3, {"a": 1, "b": 1}) == {"a": 2, "b": 1}
    assert shared_rooms(5, {"a": 4}) == {"a": 5}


def test_rooms_without_classes_cannot_be_shared():
    for weights in ({"a": 0.0, "b": 0.0}, {"a": np.nan, "b": 3.0}):
        assert all(np.isnan(part) for part in shared_rooms(8, weights).values())
    assert all(np.isnan(p) for p in shared_rooms(np.nan, {"a": 1.0, "b": 1.0}).values())


def test_weights_are_those_of_the_kinds_of_school():
    rules = load("national_2017")

    assert stage_weights(("primary", "junior", "senior"), rules, 2025) == pytest.approx(
        {"primary": 1.0, "junior": 1.1, "senior": 1.32}
    )
    assert stage_weights(("junior", "senior"), rules, 2025) == pytest.approx(
        {"junior": 1.0, "senior": 1.2}
    )


def test_areas_without_pupils_cannot_be_shared():
    weights = {"primary": 1.0, "junior": 1.1}

    assert all(
        np.isnan(part)
        for part in shared_area(100.0, {"primary": 0.0, "junior": 0.0}, weights).values()
    )
    assert shared_area(100.0, {"junior": np.nan}, {"junior": 1.0}) == {"junior": 100.0}


def test_gymnasium_counts_as_sports_and_not_as_teaching(rules):
    # Teaching 1000 less gymnasium 100 = 900 / 4.5 = 200; sports 1400 + 100 = 1500 / 7.5 = 200.
    tables = county(
        schools=[school("P1")],
        facilities=[
            rooms(
                "P1",
                12,
                teaching_area_m2=1000.0,
                indoor_sports_m2=100.0,
                sports_ground_m2=1400.0,
                leased_sports_m2=750.0,
            )
        ],
        enrolment=full_primary(),
    )

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert row["seats_by_teaching_area"] == 200
    # leased grounds relieve only schools in a dense city centre
    assert row["seats_by_sports_area"] == 200


def test_leased_grounds_relieve_a_dense_city_centre(rules):
    # 1400 + 100 + 750 = 2250 / 7.5 = 300; converted areas are not reported and add nothing.
    tables = county(
        schools=[school("P1", dense_city_centre="yes")],
        facilities=[
            rooms(
                "P1",
                12,
                indoor_sports_m2=100.0,
                sports_ground_m2=1400.0,
                leased_sports_m2=750.0,
            )
        ],
        enrolment=full_primary(),
    )

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert row["seats_by_sports_area"] == 300
    assert np.isnan(row["seats_by_teaching_area"])
    assert (row["limit_reason"], row["seats_within_norms"]) == ("sports_area", 300)


def test_a_large_school_is_held_by_its_size_limit(rules):
    # 50 rooms x 45 = 2250 seats against 2000 pupils.
    tables = county(
        schools=[school("P1")], facilities=[rooms("P1", 50)], enrolment=full_primary(300, 7)
    )

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert row["seats_available"] == 2250
    assert (row["limit_reason"], row["seats_within_norms"]) == ("school_size", 2000)


def test_a_new_school_waits_for_its_upper_grades(rules):
    # Opened 2023: grades 1-3 are taught, 4-6 empty. 18 rooms x 45 = 810 seats, half of them wait.
    tables = county(
        schools=[school("P1", opened_year=2023)],
        facilities=[rooms("P1", 18)],
        enrolment=pupils_of("P1", {1: 120, 2: 110, 3: 100}, classes=3),
    )

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert row["start_up"]
    assert (row["empty_grades"], row["start_up_vacancy"]) == (3, 405)


def test_upper_grades_listed_with_nobody_are_empty_grades_not_an_empty_stage(rules):
    # The same school as a form lists it: grades 4-6 with 0 pupils and 0 classes.
    tables = county(
        schools=[school("P1", opened_year=2023)],
        facilities=[rooms("P1", 18)],
        enrolment=[
            *pupils_of("P1", {1: 120, 2: 110, 3: 100}, classes=3),
            *pupils_of("P1", {4: 0, 5: 0, 6: 0}, classes=0),
        ],
    )

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert (row["pupils"], row["classes"]) == (330, 9)
    assert (row["empty_grades"], row["start_up_vacancy"]) == (3, 405)


def test_an_old_incomplete_school_is_no_start_up(rules):
    # A teaching point that teaches grades 1-4 for good has no vacancy waiting for anybody.
    tables = county(
        schools=[school("P1", kind="teaching_point", opened_year=1990), school("P2")],
        facilities=[rooms("P1", 6), rooms("P2", 6)],
        enrolment=[
            *pupils_of("P1", {1: 10, 2: 10, 3: 10, 4: 10}, classes=1),
            *pupils_of("P2", {1: 10, 2: 10}, classes=1),
        ],
    )

    table = ledger_of(tables, rules)

    assert not table["start_up"].any()
    assert table["start_up_vacancy"].tolist() == [0, 0]


@pytest.mark.parametrize(("opened", "starts"), [(2020, False), (2021, True), (2025, True)])
def test_start_up_ends_when_every_grade_could_be_reached(rules, opened, starts):
    # A primary school of 2020 has reached grade 6 in 2025; one of 2021 has reached grade 5.
    tables = county(
        schools=[school("P1", opened_year=opened)],
        facilities=[rooms("P1", 6)],
        enrolment=pupils_of("P1", {1: 30}, classes=1),
    )

    assert ledger_of(tables, rules).loc[("P1", "primary"), "start_up"] == starts


def test_closed_later_opened_and_special_schools_are_left_out(rules):
    tables = county(
        schools=[
            school("P1"),
            school("P2", closed_year=2025),
            school("P3", opened_year=2026),
            school("P4", kind="special"),
            school("P5", closed_year=2026),
        ],
        facilities=[rooms(f"P{i}", 6) for i in range(1, 6)],
    )

    table = ledger_of(tables, rules)

    assert [s for s, _ in table.index] == ["P1", "P5"]


def test_latest_facilities_not_after_the_base_year_are_used(rules):
    tables = county(
        schools=[school("P1")],
        facilities=[
            rooms("P1", 6, year=2023),
            rooms("P1", 8, year=2024),
            rooms("P1", 99, year=2026),
        ],
        enrolment=full_primary(),
    )

    row = ledger_of(tables, rules).loc[("P1", "primary")]

    assert (row["classrooms"], row["school_year"]) == (8, 2024)


def test_a_school_that_did_not_report_pupils_keeps_its_seats(rules):
    tables = county(
        schools=[school("P1"), school("P2")],
        facilities=[rooms("P1", 6), rooms("P2", 6)],
        enrolment=full_primary(),
    )

    row = ledger_of(tables, rules).loc[("P2", "primary")]

    assert row["seats_available"] == 270
    assert np.isnan(row["pupils"])
    assert np.isnan(row["utilisation_rate"])


def test_grades_that_nobody_attends_make_no_stage(rules):
    # A nine-year school whose form lists the junior grades with nobody in them is a primary
    # school for now, and keeps all of its rooms for that stage.
    tables = county(
        schools=[school("N1", kind="nine_year")],
        facilities=[rooms("N1", 9)],
        enrolment=[
            *pupils_of("N1", dict.fromkeys(range(1, 7), 30), classes=1),
            *pupils_of("N1", dict.fromkeys(range(7, 10), 0)),
        ],
    )

    table = ledger_of(tables, rules)

    assert list(table.index) == [("N1", "primary")]
    assert table.loc[("N1", "primary"), "usable_classrooms"] == 9


def test_without_pupils_the_kind_of_school_gives_its_stages(rules):
    tables = county(
        schools=[
            school("N1", kind="nine_year"),
            school("S1", kind="complete_secondary"),
            school("T1", kind="teaching_point"),
            school("Z1", kind="twelve_year"),
        ],
    )

    assert list(ledger_of(tables, rules).index) == [
        ("N1", "junior"),
        ("N1", "primary"),
        ("S1", "junior"),
        ("T1", "primary"),
        ("Z1", "junior"),
        ("Z1", "primary"),
    ]


def test_one_unknown_grade_makes_the_stage_unknown(rules):
    tables = county(
        schools=[school("P1")],
        facilities=[rooms("P1", 6)],
        enrolment=pupils_of("P1", {1: 40, 2: None, 3: 40, 4: 40, 5: 40, 6: 40}, classes=1),
    )

    assert np.isnan(ledger_of(tables, rules).loc[("P1", "primary"), "pupils"])
