"""The two-sided gap: the acceptance case, no netting, county sums, classes rounded up."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import capacity
from analysis.tables import Tables

from .conftest import county, demand_rows, frame, grade_rows, one_year, pupils_of, rooms, school


def totals(*rows):
    return [
        {"town_id": t, "school_year": 2025, "stage": s, "pupils": p, "seats": seats}
        for t, s, p, seats in rows
    ]


def gap_of(tables, rules, **more):
    return capacity.capacity_gap(
        tables,
        rules=rules,
        base_year=2025,
        horizon_years=more.pop("horizon_years", 3),
        area="C",
        **more,
    )


def test_five_hundred_short_and_five_hundred_spare_are_never_netted(rules):
    # A: 1500 pupils on 1000 seats = 500 short; B: 1000 pupils on 1500 seats = 500 spare.
    tables = Tables(
        {
            "totals": frame(
                "totals", totals(("A", "primary", 1500, 1000), ("B", "primary", 1000, 1500))
            )
        }
    )

    result = gap_of(tables, rules)
    whole = one_year(result, "seat_gap", level="county", scenario="central")

    assert (whole["shortage"], whole["surplus"]) == (500, 500)
    towns = result["seat_gap"].query("level == 'town' and scenario == 'central'")
    assert towns["shortage"].tolist() == [500, 0]
    assert towns["surplus"].tolist() == [0, 500]
    assert towns["warning"].tolist() == ["red", "green"]  # 150 % and 66.7 %
    assert whole["warning"] == "red"


def test_stages_are_never_netted(rules):
    # One town, primary 500 short and junior 500 spare: the county shows each on its own row.
    tables = Tables(
        {
            "totals": frame(
                "totals", totals(("A", "primary", 1500, 1000), ("A", "junior", 1000, 1500))
            )
        }
    )

    result = gap_of(tables, rules)

    primary = one_year(result, "seat_gap", level="county", stage="primary", scenario="central")
    junior = one_year(result, "seat_gap", level="county", stage="junior", scenario="central")
    assert (primary["shortage"], primary["surplus"]) == (500, 0)
    assert (junior["shortage"], junior["surplus"]) == (0, 500)


def test_grades_are_never_netted(rules):
    # 12 rooms x 45 = 540 seats, 90 a grade. Grade 1 has 140 pupils (50 over), grade 6 has 40
    # (50 under), the others 90. Stage: 540 pupils on 540 seats. By grade: 50 short, 50 spare.
    counted = {1: 140, 2: 90, 3: 90, 4: 90, 5: 90, 6: 40}
    tables = county(
        schools=[school("P1")],
        facilities=[rooms("P1", 12)],
        enrolment=pupils_of("P1", counted, classes=2),
    )

    row = one_year(gap_of(tables, rules), "seat_gap", level="county", scenario="central")

    assert (row["shortage"], row["surplus"]) == (0, 0)
    assert (row["shortage_by_grade"], row["surplus_by_grade"]) == (50, 50)
    # ceil(140/45) = 4, four times ceil(90/45) = 2, ceil(40/45) = 1: 13 classes on 12 rooms
    assert row["classes_required"] == 13
    assert row["classrooms_short"] == 1
    assert row["warning"] == "red"  # 540 of 540


def test_classes_are_rounded_up_for_each_grade_of_each_school(rules):
    # Two schools, 46 pupils in each grade: ceil(46/45) = 2 classes x 6 grades x 2 schools = 24,
    # where 552 pupils in one heap would need ceil(552/45) = 13.
    tables = county(
        schools=[school("P1"), school("P2")],
        facilities=[rooms("P1", 12), rooms("P2", 12)],
        enrolment=[
            *pupils_of("P1", dict.fromkeys(range(1, 7), 46), classes=2),
            *pupils_of("P2", dict.fromkeys(range(1, 7), 46), classes=2),
        ],
    )

    row = one_year(gap_of(tables, rules), "seat_gap", level="county", scenario="central")

    assert row["classes_required"] == 24
    assert row["usable_classrooms"] == 24
    assert row["classrooms_short"] == 0


def test_temporary_rooms_and_norms_stand_beside_the_gap(rules):
    # 8 usable rooms x 45 = 360 seats for 480 pupils: 120 short; 2 temporary rooms hold 90 of them.
    # Sports ground 1500 / 7.5 = 200 pupils: within every norm 280 are short.
    tables = county(
        schools=[school("P1")],
        facilities=[rooms("P1", 10, temporary=2, sports_ground_m2=1500.0, indoor_sports_m2=0.0)],
        enrolment=pupils_of("P1", dict.fromkeys(range(1, 7), 80), classes=2),
    )

    row = one_year(gap_of(tables, rules), "seat_gap", level="county", scenario="central")

    assert row["shortage"] == 120
    assert row["shortage_after_temporary"] == 30
    assert row["shortage_within_norms"] == 280
    assert row["shortage_at_most"] == 120


def test_pupils_of_a_grade_nobody_attends_yet_follow_the_size_of_schools(rules):
    # Nobody is in grade 6 this year; next year 90 are. P1 has 200 pupils, P2 100: 60 and 30.
    base = {1: 40, 2: 40, 3: 40, 4: 40, 5: 40}
    half = {grade: number / 2 for grade, number in base.items()}
    tables = county(
        schools=[school("P1"), school("P2")],
        facilities=[rooms("P1", 8), rooms("P2", 6)],
        enrolment=[*pupils_of("P1", base, classes=1), *pupils_of("P2", half, classes=1)],
        grade_demand=grade_rows(
            {
                ("A", "primary", g, y): 90 if g == 6 and y == 2026 else 0
                for g in range(1, 7)
                for y in (2025, 2026)
            }
        ),
    )

    result = gap_of(tables, rules, horizon_years=1)

    pupils = [
        one_year(result, "gap_schools", school_id=s, school_year=2026, scenario="central")["pupils"]
        for s in ("P1", "P2")
    ]
    assert pupils == pytest.approx([60, 30])


def test_start_up_vacancy_is_the_part_of_the_surplus_that_waits(rules):
    # Opened 2024 with grades 1-2: 12 rooms x 45 = 540 seats, 360 of them wait. 60 pupils leave
    # 480 spare, 360 of which are start-up vacancy.
    tables = county(
        schools=[school("P1", opened_year=2024)],
        facilities=[rooms("P1", 12)],
        enrolment=pupils_of("P1", {1: 30, 2: 30}, classes=1),
    )

    row = one_year(gap_of(tables, rules), "seat_gap", level="county", scenario="central")

    assert (row["surplus"], row["start_up_vacancy"]) == (480, 360)


def test_a_school_that_did_not_report_opens_no_class_of_its_own(rules):
    # The town's 100 a grade are all spread over P1: ceil(100/45) = 3 classes x 6 grades.
    tables = county(
        schools=[school("P1"), school("P2")],
        facilities=[rooms("P1", 20), rooms("P2", 6)],
        enrolment=[
            *pupils_of("P1", dict.fromkeys(range(1, 7), 60), classes=2),
            *pupils_of("P2", dict.fromkeys(range(1, 7), None), classes=1),
        ],
        grade_demand=grade_rows({("A", "primary", g, 2025): 100 for g in range(1, 7)}),
    )

    result = gap_of(tables, rules, horizon_years=1)
    row = one_year(result, "seat_gap", level="town", scenario="central")
    silent = one_year(result, "gap_schools", school_id="P2", scenario="central")

    assert row["classes_required"] == 18
    assert np.isnan(silent["pupils"])
    assert silent["warning"] == "undetermined"


def test_caps_are_45_and_50(rules):
    # 45 pupils fill one primary class, 50 one junior class; one more opens a second.
    assert capacity.rooms.classes_required(np.array([0.0, 45, 46, 90]), 45.0).tolist() == [
        0,
        1,
        2,
        2,
    ]
    assert capacity.rooms.classes_required(np.array([50.0, 51]), 50.0).tolist() == [1, 2]


def test_forecast_is_spread_over_schools_by_base_year_shares(rules):
    # Base year: P1 has 60 and P2 20 of 80 in every grade, so 3/4 and 1/4 of the town's 120 in
    # 2026: 90 and 30 a grade. Classes: P1 ceil(90/45) = 2, P2 ceil(30/45) = 1: (2 + 1) x 6 = 18.
    base = {(("A"), "primary", g, 2025): 80 for g in range(1, 7)}
    ahead = {(("A"), "primary", g, 2026): 120 for g in range(1, 7)}
    tables = county(
        schools=[school("P1"), school("P2")],
        facilities=[rooms("P1", 8), rooms("P2", 6)],
        enrolment=[
            *pupils_of("P1", dict.fromkeys(range(1, 7), 60), classes=2),
            *pupils_of("P2", dict.fromkeys(range(1, 7), 20), classes=1),
        ],
        grade_demand=grade_rows(base | ahead),
        seat_demand=demand_rows({("A", "primary", 2025): 480, ("A", "primary", 2026): 720}),
    )

    result = gap_of(tables, rules, horizon_years=1)
    town = one_year(result, "seat_gap", level="town", school_year=2026, scenario="central")
    first = one_year(result, "gap_schools", school_id="P1", school_year=2026, scenario="central")
    second = one_year(result, "gap_schools", school_id="P2", school_year=2026, scenario="central")

    # 14 rooms x 45 = 630 seats against 720 pupils
    assert (town["seats_available"], town["shortage"]) == (630, 90)
    assert town["classes_required"] == 18
    assert town["classrooms_short"] == 4
    # P1 540 pupils on 8 x 45 = 360 seats; P2 180 on 270
    assert (first["pupils"], first["shortage"]) == pytest.approx((540, 180))
    assert (second["pupils"], second["surplus"]) == pytest.approx((180, 90))
    assert first["shortage_share"] == 1
    warned = one_year(result, "seat_warnings", level="town", stage="primary")
    assert warned["schools"] == "学校P1"
