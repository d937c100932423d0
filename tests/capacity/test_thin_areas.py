"""Areas with totals or population only, or nothing: a page that says what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import capacity
from analysis.tables import Tables

from .conftest import frame, one_year


def gap_of(tables, rules, base_year=2025, area="C"):
    return capacity.capacity_gap(
        tables, rules=rules, base_year=base_year, horizon_years=3, area=area
    )


def notes_of(result):
    return {note.key: note for note in result.notes}


def xinpu():
    # 新铺镇 2015: 1206 pupils in 42 primary classes, 622 in 12 junior classes (51.8 a class)
    return Tables(
        {
            "totals": frame(
                "totals",
                [
                    {"town_id": "xinpu", "school_year": 2015, "stage": s, "pupils": p, "classes": c}
                    for s, p, c in (("primary", 1206, 42), ("junior", 622, 12))
                ],
            )
        }
    )


def test_totals_without_rooms_leave_the_gap_undetermined(rules):
    result = gap_of(xinpu(), rules, base_year=2015, area="xinpu")

    junior = one_year(result, "seat_gap", stage="junior", scenario="central")
    primary = one_year(result, "seat_gap", stage="primary", scenario="central")
    # at 50 a class 622 pupils need ceil(12.44) = 13 classes; 1206 at 45 need ceil(26.8) = 27
    assert (junior["classes_required"], primary["classes_required"]) == (13, 27)
    assert (junior["warning"], junior["basis"]) == ("undetermined", "unknown")
    for column in (
        "seats_available",
        "shortage",
        "surplus",
        "utilisation_rate",
        "classrooms_short",
    ):
        assert np.isnan(junior[column]), column
    # the classes in use stand beside, under their own name
    supply = one_year(result, "seat_supply", stage="junior", school_year=2015)
    assert supply["seats_in_classes"] == 600
    assert np.isnan(supply["seats_available"])
    notes = notes_of(result)
    assert notes["capacity.no_seats"].missing == ("facilities",)
    assert {"capacity.totals_only", "capacity.no_forecast"} <= set(notes)


def test_norms_younger_than_the_data_still_measure_it(rules):
    assert rules.find("class_size_max", "junior", 2015) is None

    row = one_year(
        gap_of(xinpu(), rules, base_year=2015, area="xinpu"),
        "class_size_scenarios",
        stage="junior",
        class_size=50,
    )

    assert row["is_norm"]


def test_population_alone_gives_the_norm_beside_unknown_seats(rules):
    tables = Tables(
        {
            "norm_demand": frame(
                "norm_demand",
                [
                    {
                        "level": "county",
                        "area_id": "C",
                        "stage": "primary",
                        "basis": "resident",
                        "year": year,
                        "persons": 1000.0,
                        "seats": seats,
                    }
                    for year, seats in ((2020, 80.0), (2024, 90.0))
                ],
            )
        }
    )

    result = gap_of(tables, rules)

    row = one_year(result, "norm_gap")
    assert (row["year"], row["norm_seats"]) == (2024, 90)
    for column in ("seats_available", "pupils", "below_norm", "above_norm"):
        assert np.isnan(row[column])
    assert "capacity.no_pupils" in notes_of(result)


def test_the_norm_is_set_beside_known_seats_both_ways(rules):
    norm = [
        {
            "level": "county",
            "area_id": "C",
            "stage": stage,
            "basis": "resident",
            "year": 2025,
            "persons": 1000.0,
            "seats": seats,
        }
        for stage, seats in (("primary", 900.0), ("junior", 300.0))
    ]
    totals = [
        {"town_id": "C", "school_year": 2025, "stage": s, "pupils": 500, "seats": 600}
        for s in ("primary", "junior")
    ]
    tables = Tables({"norm_demand": frame("norm_demand", norm), "totals": frame("totals", totals)})

    result = gap_of(tables, rules)

    # 900 - 600 = 300 below the norm; 600 - 300 = 300 above it
    primary = one_year(result, "norm_gap", stage="primary")
    junior = one_year(result, "norm_gap", stage="junior")
    assert (primary["below_norm"], primary["above_norm"]) == (300, 0)
    assert (junior["below_norm"], junior["above_norm"]) == (0, 300)
    assert primary["pupils"] == 500


def test_nothing_at_all_is_said_and_raises_nothing(rules):
    result = gap_of(Tables(), rules)

    assert all(frame.empty for frame in result.tables.values())
    assert {"capacity.no_pupils", "capacity.no_schools", "capacity.no_seats"} <= set(
        notes_of(result)
    )


@pytest.mark.parametrize("gone", ["facilities", "enrolment", "schools", "towns"])
def test_a_missing_table_never_raises(rules, gone):
    from .test_class_sizes import two_towns

    tables = two_towns()
    left = Tables({name: tables[name] for name in tables if name != gone})

    result = gap_of(left, rules)

    assert set(result.tables) >= {"capacity_ledger", "seat_gap", "seat_warnings"}


def test_towns_of_totals_make_the_county_and_a_lone_total_does_not(rules):
    rows = [
        {"town_id": t, "school_year": 2025, "stage": "primary", "pupils": p, "seats": s}
        for t, p, s in (("A", 300, 200), ("B", 100, 250), ("C", 9000, 9000))
    ]

    # the county's own published total serves when it is given
    result = gap_of(Tables({"totals": frame("totals", rows)}), rules)
    whole = one_year(result, "seat_gap", level="county", scenario="central")
    assert (whole["seats_required"], whole["seats_available"]) == (9000, 9000)

    result = gap_of(Tables({"totals": frame("totals", rows[:2])}), rules)
    whole = one_year(result, "seat_gap", level="county", scenario="central")
    assert (whole["shortage"], whole["surplus"]) == (100, 150)
