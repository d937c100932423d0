"""Teachers now and needed: which table and which year count."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.planning.parameters import Parameters
from analysis.planning.staff import staff_need, teachers_now
from analysis.tables import Tables, contract

from .small import BASE, RULES


def demand_row(**more):
    base = {"level": "county", "area_id": "C", "stage": "primary", "school_year": BASE}
    base |= {"scenario": "central", "pupils": 450.0, "method": "cohort"}
    return base | more


def need(rows, scenario="central", **frames):
    tables = Tables({"seat_demand": contract("seat_demand").frame(list(rows)), **frames})
    return staff_need(tables, Parameters(RULES, tables, BASE), scenario)


def teachers(*rows):
    base = {"stage": "primary", "school_year": 2025}
    return contract("teachers").frame([base | row for row in rows])


def test_the_county_row_of_the_scenario_from_the_base_year_on():
    rows = [
        demand_row(),
        demand_row(level="town", area_id="A", pupils=9999.0),
        demand_row(scenario="high", pupils=900.0),
        demand_row(school_year=BASE - 1, pupils=50.0),
    ]

    # 450 / 45 = 10 classes; 10 x 45 / 19 = 23.7
    assert need(rows)[["classes", "teachers_needed"]].to_numpy().tolist() == [[10, 24]]
    assert need(rows, "high")["classes"].tolist() == [20]
    assert need(rows)["basis"].tolist() == ["45 / 19"]


def test_towns_add_up_where_the_county_has_no_row():
    rows = [demand_row(level="town", area_id=t, pupils=n) for t, n in (("A", 100.0), ("B", 46.0))]

    # 146 / 45: four classes of the whole
    assert need(rows)["classes"].tolist() == [4]


def test_classes_of_the_gap_table_come_first():
    gap = contract("seat_gap")
    row = {c.name: 0.0 for c in gap.columns if c.kind in ("number", "share", "count")}
    row |= {"level": "county", "area_id": "C", "stage": "primary", "school_year": BASE}
    row |= {"scenario": "central", "warning": "green", "basis": "classrooms"}
    frame = gap.frame([row | {"classes_required": 13.0}])
    unknown = gap.frame([row | {"classes_required": np.nan}])

    assert need([demand_row()], seat_gap=frame)["classes"].tolist() == [13]
    assert need([demand_row()], seat_gap=unknown)["classes"].tolist() == [10]


def test_shortage_and_surplus_of_teachers_are_never_netted():
    rows = [demand_row(), demand_row(school_year=BASE + 1, pupils=900.0)]
    given = teachers({"school_id": "S", "full_time": 30})
    table = need(rows, teachers=given).set_index("school_year")

    # 24 and 48 needed, 30 there
    assert table["shortage"].tolist() == [0, 18]
    assert table["surplus"].tolist() == [6, 0]


def test_teachers_of_the_latest_counted_year():
    given = teachers(
        {"school_id": "S", "full_time": 30},
        {"school_id": "T", "full_time": 12},
        {"school_id": "S", "full_time": 99, "school_year": 2024},
        {"school_id": "S", "full_time": 88, "school_year": 2026},
        {"school_id": "J", "full_time": np.nan, "stage": "junior"},
        {"school_id": "K", "full_time": 5, "stage": "junior"},
    )
    found = teachers_now(Tables({"teachers": given}), BASE)

    assert found["primary"] == 42
    # one unknown school makes the stage unknown
    assert np.isnan(found["junior"])


def test_published_totals_stand_in():
    rows = [
        {"town_id": t, "school_year": y, "stage": "primary", "teachers": n}
        for t, y, n in (("C", 2024, 70.0), ("A", 2024, 30.0), ("C", 2023, 60.0), ("C", 2026, 90.0))
    ]
    totals = contract("totals").frame(rows)
    towns = contract("towns").frame([{"town_id": "A", "town_name": "A"}])

    assert teachers_now(Tables({"totals": totals, "towns": towns}), BASE) == {"primary": 70.0}
    only = totals[totals["town_id"] == "A"]
    assert teachers_now(Tables({"totals": only, "towns": towns}), BASE) == {"primary": 30.0}
    assert teachers_now(Tables({}), BASE) == {}
    assert need([demand_row()])["teachers_now"].isna().all()


def test_a_whole_need_is_not_rounded_up_again():
    # 9 x 45 / 13.5 would be 30; with 15 a teacher: 10 x 45 / 15 = 30
    own = contract("assumptions").frame(
        [{"assumption": "pupils_per_teacher", "scenario": "central", "value": 15.0}]
    )
    assert need([demand_row()], assumptions=own)["teachers_needed"].tolist() == [pytest.approx(30)]
