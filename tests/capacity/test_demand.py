"""Demand on a grid: which source serves, what is unknown, and the shares of schools."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.capacity.demand import area_code, read_demand, school_shares
from analysis.tables import Tables

from .conftest import county, demand_rows, frame, grade_rows, pupils_of, school


def primary(tables, base_year=2025, end_year=2027):
    return read_demand(tables, base_year=base_year, end_year=end_year, code="C").get("primary")


def test_the_code_of_the_county_is_the_one_given_else_the_one_that_is_no_town():
    totals = [
        {"town_id": t, "school_year": 2025, "stage": "primary", "pupils": 1} for t in ("A", "X")
    ]
    people = [{"town_id": "Y", "year": 2025, "basis": "resident", "persons": 1}]
    tables = county(schools=[school("P1")], totals=totals, population=people)

    assert area_code(tables, "given") == "given"
    assert area_code(tables) == "X"
    assert area_code(tables.with_tables({"totals": tables["totals"].head(1)})) == "Y"
    forecast = Tables(
        {
            "seat_demand": frame(
                "seat_demand", demand_rows({("Z", "primary", 2025): 1}, level="county")
            )
        }
    )
    assert area_code(forecast) == "Z"
    assert area_code(Tables()) == "county"


def test_towns_of_the_forecast_serve_before_its_county_and_before_counts():
    tables = county(
        schools=[school("P1")],
        enrolment=pupils_of("P1", dict.fromkeys(range(1, 7), 999), classes=1),
        seat_demand=[
            *demand_rows({("A", "primary", y): 600 for y in (2025, 2026, 2027, 2028)}),
            *demand_rows({("C", "primary", 2025): 7}, level="county"),
        ],
        grade_demand=grade_rows(
            {("A", "primary", g, y): 100 for g in range(1, 7) for y in (2025, 2026, 2027, 2028)}
        ),
    )

    demand = primary(tables)

    assert (demand.places, demand.years) == (("A",), (2025, 2026, 2027))
    assert demand.by_grade
    assert demand.grades == (1, 2, 3, 4, 5, 6)
    assert demand.pupils.shape == (3, 1, 6, 3)
    assert demand.total.tolist() == [[[600] * 3]] * 3


def test_stage_totals_alone_are_one_heap():
    tables = Tables(
        {"seat_demand": frame("seat_demand", demand_rows({("A", "primary", 2025): 600}))}
    )

    demand = primary(tables)

    assert (demand.by_grade, demand.grades, demand.pupils.shape) == (False, (1,), (3, 1, 1, 1))
    assert demand.total[0, 0, 0] == 600


def test_seats_required_are_the_forecasts_even_where_grades_differ():
    tables = Tables(
        {
            "seat_demand": frame("seat_demand", demand_rows({("A", "primary", 2025): 601})),
            "grade_demand": frame(
                "grade_demand", grade_rows({("A", "primary", g, 2025): 100 for g in range(1, 7)})
            ),
        }
    )

    assert primary(tables).total[0, 0, 0] == 601
    without = Tables({"grade_demand": tables["grade_demand"]})
    assert primary(without).total[0, 0, 0] == 600


def test_scenarios_keep_their_places():
    rows = [
        row
        for scenario, number in (("low", 500), ("central", 600), ("high", 700))
        for row in demand_rows({("A", "primary", 2025): number}, scenarios=(scenario,))
    ]

    demand = primary(Tables({"seat_demand": frame("seat_demand", rows)}))

    assert demand.total[:, 0, 0].tolist() == [500, 600, 700]


def test_counts_of_the_latest_year_not_after_the_base_year_serve_without_a_forecast():
    # 2024 is the latest; an absent grade has nobody, an unknown one is unknown.
    tables = county(
        schools=[school("P1"), school("P2"), school("P3", town="B")],
        enrolment=[
            *pupils_of("P1", {1: 30, 2: 30}, year=2024, classes=1),
            *pupils_of("P2", {1: 10}, year=2024, classes=1),
            *pupils_of("P3", {1: 10, 2: None}, year=2024, classes=1),
            *pupils_of("P1", {1: 99}, year=2023, classes=1),
            *pupils_of("P1", {1: 99}, year=2026, classes=1),
        ],
    )

    demand = primary(tables)

    assert (demand.places, demand.years) == (("A", "B"), (2024,))
    assert demand.pupils[1, 0, :, 0].tolist() == [40, 30, 0, 0, 0, 0]
    assert demand.pupils[1, 1, 0, 0] == 10
    assert np.isnan(demand.pupils[1, 1, 1, 0])
    assert np.isnan(demand.total[1, 1, 0])


def test_published_totals_come_last_and_only_of_the_latest_year():
    rows = [
        {"town_id": t, "school_year": y, "stage": "primary", "pupils": p}
        for t, y, p in (("A", 2023, 5), ("A", 2024, 7), ("B", 2024, None), ("C", 2026, 9))
    ]

    demand = primary(Tables({"totals": frame("totals", rows)}))

    assert (demand.places, demand.years) == (("A",), (2024,))
    assert demand.total[:, 0, 0].tolist() == [7, 7, 7]
    assert primary(Tables({"totals": frame("totals", rows[2:3])})) is None


def shares_of(tables, starting=None, base_year=2025, end_year=2026):
    demand = primary(tables, base_year, end_year)
    return school_shares(tables, demand, starting or {}, base_year=base_year)


def two_schools(**second):
    return county(
        schools=[school("P1"), school("P2", **second)],
        enrolment=[
            *pupils_of("P1", {1: 30, 2: 30, 3: 30, 4: 30, 5: 30, 6: 30}, classes=1),
            *pupils_of("P2", {1: 10, 2: None, 3: 20, 4: 0, 5: 30, 6: 90}, classes=1),
        ],
        grade_demand=grade_rows(
            {("A", "primary", g, y): 100 for g in range(1, 7) for y in (2025, 2026)}
        ),
    )


def test_shares_are_those_of_the_base_year_grade_by_grade():
    shares = shares_of(two_schools())

    assert shares.schools == ("P1", "P2")
    # grade 2 of P2 is unknown: P1 stands for the town, P2 stays unknown
    first, second = shares.share[:, :, 0]
    assert first == pytest.approx([0.75, 1.0, 0.6, 1.0, 0.5, 0.25])
    assert second[[0, 2, 3, 4, 5]] == pytest.approx([0.25, 0.4, 0.0, 0.5, 0.75])
    assert np.isnan(second[1])
    assert np.array_equal(shares.share[:, :, 0], shares.share[:, :, 1], equal_nan=True)


def test_schools_without_any_pupil_share_evenly():
    nobody = dict.fromkeys(range(1, 7), 0)
    tables = county(
        schools=[school(f"P{i}") for i in range(4)],
        enrolment=[row for i in range(4) for row in pupils_of(f"P{i}", nobody, classes=1)],
        grade_demand=grade_rows({("A", "primary", g, 2025): 8 for g in range(1, 7)}),
    )

    assert shares_of(tables, end_year=2025).share.reshape(4, 6).tolist() == [[0.25] * 6] * 4


def test_shares_move_on_when_a_school_closes():
    shares = shares_of(two_schools(closed_year=2026))

    assert shares.share[1, [0, 2, 4, 5], 1].tolist() == [0, 0, 0, 0]
    assert shares.share[0, :, 1].tolist() == [1] * 6


def test_a_place_known_as_one_has_no_shares(rules):
    tables = county(
        schools=[school("P1")],
        enrolment=pupils_of("P1", dict.fromkeys(range(1, 7), 30), classes=1),
        seat_demand=demand_rows({("C", "primary", 2025): 180}, level="county"),
        grade_demand=grade_rows(
            {("C", "primary", g, 2025): 30 for g in range(1, 7)}, level="county"
        ),
    )

    assert primary(tables).places == ("C",)
    assert shares_of(tables) is None


def test_a_school_that_starts_up_reaches_one_more_grade_a_year():
    # P2 opened with grades 1 to 4 of 10 pupils each; grades 5 and 6 are still empty
    tables = county(
        schools=[school("P1"), school("P2")],
        enrolment=[
            *pupils_of("P1", dict.fromkeys(range(1, 7), 30), classes=1),
            *pupils_of("P2", dict.fromkeys(range(1, 5), 10) | {5: 0, 6: 0}, classes=1),
        ],
        grade_demand=grade_rows(
            {("A", "primary", g, y): 100 for g in range(1, 7) for y in range(2025, 2029)}
        ),
    )

    share = shares_of(tables, {"P2": 2}, end_year=2028).share[1]

    # 10 of 40 where it has the grade: 2025 up to grade 4, 2026 grade 5 too, from 2027 all six
    assert share[:, 0].tolist() == [0.25, 0.25, 0.25, 0.25, 0, 0]
    assert share[:, 1].tolist() == [0.25, 0.25, 0.25, 0.25, 0.25, 0]
    assert share[:, 2].tolist() == [0.25] * 6
    assert share[:, 3].tolist() == [0.25] * 6
