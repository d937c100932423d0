"""The gap on simulated paths: never netted, classes rounded up, probabilities by counting."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import capacity
from analysis.tables import Tables

from .conftest import county, demand_rows, frame, grade_rows, one_year, pupils_of, rooms, school


def path_rows(pupils, year=2026):
    """Return ``demand_paths`` rows of ``{town: [pupils by path]}``, spread evenly by grade."""
    return [
        {
            "town_id": town,
            "stage": "primary",
            "grade": grade,
            "school_year": year,
            "path": path,
            "pupils": value / 6,
        }
        for town, values in pupils.items()
        for path, value in enumerate(values)
        for grade in range(1, 7)
    ]


def risk_of(rules, pupils, classrooms, *, without=""):
    """Two towns with one school each, all pupils of the town in it; one may have no paths."""
    towns = sorted(pupils)
    middle = {t: float(np.mean(values)) for t, values in pupils.items()}
    tables = county(
        schools=[school(f"P{t}", town=t) for t in towns],
        facilities=[rooms(f"P{t}", classrooms[t]) for t in towns],
        enrolment=[
            row
            for t in towns
            for row in pupils_of(f"P{t}", dict.fromkeys(range(1, 7), 40), classes=1)
        ],
        seat_demand=demand_rows(
            {(t, "primary", y): middle[t] for t in towns for y in (2025, 2026)}
        ),
        grade_demand=grade_rows(
            {
                (t, "primary", g, y): middle[t] / 6
                for t in towns
                for g in range(1, 7)
                for y in (2025, 2026)
            }
        ),
        demand_paths=path_rows({t: v for t, v in pupils.items() if t != without}),
    )
    return capacity.capacity_gap(tables, rules=rules, base_year=2025, horizon_years=1, area="C")


def test_paths_are_netted_neither_across_towns_nor_with_each_other(rules):
    # A and B have 20 rooms = 900 seats. Path 0: A 1400 (500 short), B 400 (500 spare);
    # path 1 the other way round. On every path 500 are short and 500 spare; the mean is 900 each,
    # so any netting would give 0.
    result = risk_of(rules, {"A": [1400, 400], "B": [400, 1400]}, {"A": 20, "B": 20})

    whole = one_year(result, "gap_risk", level="county")
    town = one_year(result, "gap_risk", level="town", area_id="A")
    assert (whole["expected_shortage"], whole["expected_surplus"]) == pytest.approx((500, 500))
    assert (whole["shortage_p50"], whole["shortage_p95"]) == pytest.approx((500, 500))
    assert whole["probability_short"] == 1
    assert (town["expected_shortage"], town["expected_surplus"]) == pytest.approx((250, 250))
    assert (town["probability_short"], town["probability_spare"]) == (0.5, 0.5)


def test_probabilities_of_levels_count_paths(rules):
    # 900 seats: 900 = 100 % red, 810 = 90 % amber, 720 = 80 % green, 540 = 60 % green,
    # 450 = 50 % blue.
    result = risk_of(rules, {"A": [900, 810, 720, 540, 450]}, {"A": 20})

    row = one_year(result, "gap_risk", level="town")
    chances = {
        level: row[f"warning_probability_{level}"] for level in ("red", "amber", "green", "blue")
    }
    assert chances == pytest.approx({"red": 0.2, "amber": 0.2, "green": 0.4, "blue": 0.2})
    assert row["paths"] == 5
    # at 900 of 900 nobody is short: red warns before seats run out
    assert row["probability_short"] == 0
    # spare: 0, 90, 180, 360, 450
    assert row["expected_surplus"] == pytest.approx(216)
    assert row["surplus_p50"] == 180


def test_classes_are_rounded_up_on_every_path(rules):
    # 270 pupils are 45 a grade: 6 classes on 6 rooms. 276 are 46 a grade: 12 classes, 6 short.
    # In the mean 273 pupils would need ceil(45.5 / 45) x 6 = 12; rounding path by path gives 9.
    result = risk_of(rules, {"A": [270, 276]}, {"A": 6})

    row = one_year(result, "gap_risk", level="town")
    assert row["expected_classes"] == 9
    assert (row["expected_classrooms_short"], row["probability_rooms_short"]) == (3, 0.5)
    # linear between 0 and 6: 0.8 x 6
    assert row["classrooms_short_p80"] == pytest.approx(4.8)
    # 276 - 270 = 6 seats short on the second path
    assert row["expected_shortage"] == 3
    assert row["shortage_p80"] == pytest.approx(4.8)


def test_unknown_seats_have_no_probability(rules):
    result = risk_of(rules, {"A": [900, 700], "B": [900, 700]}, {"A": 20, "B": None})

    known = one_year(result, "gap_risk", level="town", area_id="A")
    unknown = one_year(result, "gap_risk", level="town", area_id="B")
    whole = one_year(result, "gap_risk", level="county")
    assert known["probability_short"] == 0
    for row in (unknown, whole):
        assert np.isnan(row["probability_short"])
        assert np.isnan(row["expected_shortage"])
        assert np.isnan(row["warning_probability_red"])


def test_a_town_without_paths_has_no_probability_and_needs_no_unknown_number_of_classes(rules):
    # A has paths, B has none: nothing is known of B, and nothing of a county that has a B in it
    result = risk_of(rules, {"A": [900, 700], "B": [900, 700]}, {"A": 20, "B": 20}, without="B")

    known = one_year(result, "gap_risk", level="town", area_id="A")
    # 900 of 900 is red; 700 of 900 is green
    assert known["warning_probability_red"] == 0.5
    assert known["expected_classes"] == 6 * (4 + 3) / 2  # ceil(150 / 45) and ceil(116.7 / 45)
    for place in ({"level": "town", "area_id": "B"}, {"level": "county"}):
        row = one_year(result, "gap_risk", **place)
        for name in ("warning_probability_red", "warning_probability_green", "expected_classes"):
            assert np.isnan(row[name]), name


def test_a_county_level_holds_where_any_town_is_at_it(rules):
    # Path 0: A red, B green; path 1: both green.
    result = risk_of(rules, {"A": [950, 700], "B": [700, 700]}, {"A": 20, "B": 20})

    whole = one_year(result, "gap_risk", level="county")
    assert whole["warning_probability_red"] == 0.5
    assert whole["warning_probability_green"] == 1
    assert whole["expected_classes"] == pytest.approx(
        # A: 950/6 = 158.3 -> 4 a grade = 24, 700/6 = 116.7 -> 3 a grade = 18; B: 18 and 18
        (24 + 18 + 18 + 18) / 2
    )


def test_warnings_carry_the_probabilities_and_the_first_year_at_risk(rules):
    # 20 % of the paths are short, the mean is not: at risk from 2026, short never.
    result = risk_of(rules, {"A": [1000, 700, 700, 700, 700]}, {"A": 20})

    row = one_year(result, "seat_warnings", level="town")
    assert row["probability_red"] == pytest.approx(0.2)
    assert row["first_risk_year"] == 2026
    assert np.isnan(row["first_short_year"])
    # works must open for 2026: nothing that starts in 2026 is in time
    assert (row["latest_new_build_year"], row["slowest_in_time"]) == (2023, "too_late")


def test_an_area_known_as_one_place_has_its_own_risk(rules):
    tables = Tables(
        {
            "totals": frame(
                "totals",
                [
                    {
                        "town_id": "C",
                        "school_year": 2025,
                        "stage": "primary",
                        "pupils": 800,
                        "seats": 900,
                    }
                ],
            ),
            "seat_demand": frame(
                "seat_demand",
                demand_rows({("C", "primary", y): 800 for y in (2025, 2026)}, level="county"),
            ),
            "grade_demand": frame(
                "grade_demand",
                grade_rows(
                    {("C", "primary", g, y): 800 / 6 for g in range(1, 7) for y in (2025, 2026)},
                    level="county",
                ),
            ),
            "demand_paths": frame("demand_paths", path_rows({"C": [1000, 800]})),
        }
    )

    result = capacity.capacity_gap(tables, rules=rules, base_year=2025, horizon_years=1, area="C")

    row = one_year(result, "gap_risk", area_id="C")
    assert row["level"] == "county"
    assert row["expected_shortage"] == pytest.approx(50)
    # 1000/6 = 166.7 -> 4 classes a grade, 800/6 = 133.3 -> 3 a grade: (24 + 18) / 2
    assert row["expected_classes"] == 21
