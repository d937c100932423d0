"""Children within and beyond the limits, by settlement, town and county."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import access, capacity
from analysis.access.coverage import within_limit
from analysis.tables import Tables

from .conftest import county, frame, pupils_of, rooms, school, settlement


def access_of(tables, rules):
    return access.access(tables, rules=rules, base_year=2025, area="C")


def notes_of(step):
    return {note.key for note in step.notes}


def village_county(rules, **more):
    # One school at 0 km; villages at 1, 2.5 and 4 km with 30, 20 and 10 children; limit 2.5 km.
    return county(
        schools=[school("P1", 0.0)],
        facilities=[rooms("P1", 6)],
        enrolment=pupils_of("P1", 10),
        settlements=[
            settlement("v1", 1.0, 30),
            settlement("v2", 2.4999, 20),
            settlement("v3", 4.0, 10),
        ],
        rules=rules,
        **more,
    )


def test_children_beyond_the_rural_limit_are_counted(rules):
    step = access_of(village_county(rules), rules)

    row = step["access_coverage"].query("level == 'county'").iloc[0]
    assert (row["children_within"], row["children_beyond"]) == (50, 10)
    assert row["coverage_rate"] == pytest.approx(50 / 60)
    # (30 x 1 + 20 x 2.4999 + 10 x 4) / 60
    assert row["mean_km"] == pytest.approx(119.998 / 60)
    assert row["longest_km"] == pytest.approx(4.0)
    far = step["access_distances"].set_index("origin_id").loc["v3"]
    assert (far["verdict"], far["school_id"], far["distance_basis"]) == (
        "not_met",
        "P1",
        "straight_line",
    )
    assert "重庆" in far["limit_source"]


@pytest.mark.parametrize(
    ("place", "km", "verdict"),
    [
        ("city", 0.49, "met"),
        ("city", 0.51, "not_met"),
        ("town", 0.51, "not_met"),
        ("village", 2.49, "met"),
        ("village", 2.51, "not_met"),
        (None, 0.1, "undetermined"),
    ],
)
def test_limits_follow_the_class_of_the_place(rules, place, km, verdict):
    tables = county(
        schools=[school("P1", 0.0)],
        facilities=[rooms("P1", 6)],
        enrolment=pupils_of("P1", 10),
        settlements=[settlement("v1", km, 30, place=place)],
        rules=rules,
    )

    step = access_of(tables, rules)

    assert step["access_distances"]["verdict"].tolist() == [verdict]
    assert ("access.no_class" in notes_of(step)) == (place is None)


def test_a_village_without_coordinates_is_undetermined(rules):
    tables = county(
        schools=[school("P1", 0.0)],
        facilities=[rooms("P1", 6)],
        enrolment=pupils_of("P1", 10),
        settlements=[settlement("v1", None, 30), settlement("v2", 1.0, 5)],
        rules=rules,
    )

    row = access_of(tables, rules)["access_coverage"].query("level == 'county'").iloc[0]

    assert (row["children_undetermined"], row["children_within"]) == (30, 5)
    assert row["coverage_rate"] == 1


def test_the_county_is_the_sum_of_its_towns(rules):
    tables = county(
        schools=[school("P1", 0.0), school("P2", 10.0, town="B")],
        facilities=[rooms("P1", 6), rooms("P2", 6)],
        enrolment=[*pupils_of("P1", 10), *pupils_of("P2", 10)],
        settlements=[
            settlement("v1", 1.0, 30),
            settlement("v2", 4.0, 7),
            settlement("v3", 9.0, 11, town="B"),
            settlement("v4", 15.0, 5, town="B"),
        ],
        rules=rules,
    )

    table = access_of(tables, rules)["access_coverage"]

    columns = ["children", "children_within", "children_beyond", "children_undetermined"]
    towns = table[table["level"] == "town"][columns].sum()
    assert towns.tolist() == table[table["level"] == "county"][columns].iloc[0].tolist()
    assert towns.tolist() == [53, 41, 12, 0]


def test_towns_stand_in_without_deciding_anybodys_way(rules):
    tables = village_county(rules)
    towns = tables["towns"].assign(lon=0.0, lat=0.0, urban_rural="village")
    bare = Tables({n: tables[n] for n in tables if n != "settlements"}).with_tables(
        {"towns": towns}
    )

    step = access_of(bare, rules)

    row = step["access_coverage"].query("level == 'county'").iloc[0]
    assert (row["children"], row["children_undetermined"]) == (60, 60)
    assert np.isnan(row["coverage_rate"])
    assert "access.towns_stand_in" in notes_of(step)
    # 6 rooms x 45 = 270 seats for 60 children
    assert step["access_catchment"]["seats_per_child"].tolist() == [4.5]


def test_flows_bring_children_home(rules):
    # P1 in A has 60 pupils, P2 in B 60; 20 of A's pupils live in B, 5 come from outside.
    tables = county(
        schools=[school("P1", 0.0), school("P2", 10.0, town="B")],
        facilities=[rooms("P1", 6), rooms("P2", 6)],
        enrolment=[*pupils_of("P1", 10), *pupils_of("P2", 10)],
        rules=rules,
        flows=[
            {
                "home_town_id": home,
                "school_town_id": there,
                "school_year": 2025,
                "stage": "primary",
                "pupils": number,
            }
            for home, there, number in (("B", "A", 20), ("outside", "A", 5), ("A", "A", 35))
        ],
    )

    step = access_of(tables, rules)

    children = step["access_distances"].set_index("origin_id")["children"]
    assert (children["A"], children["B"]) == (35, 80)


def test_minutes_serve_where_there_are_no_kilometres():
    assert within_limit(np.nan, 0.5, 25.0, 25.0) == "met"
    assert within_limit(np.nan, 0.5, 25.1, 25.0) == "not_met"
    assert within_limit(0.4, 0.5, 99.0, 25.0) == "met"
    assert within_limit(np.nan, 0.5, np.nan, 25.0) == "undetermined"
    assert within_limit(0.4, np.nan, 10.0, np.nan) == "undetermined"


def test_roads_come_before_straight_lines(rules):
    tables = village_county(
        rules, road_times=[{"origin_id": "v1", "school_id": "P1", "road_km": 6.0, "minutes": 30.0}]
    )

    row = access_of(tables, rules)["access_distances"].set_index("origin_id").loc["v1"]

    assert (row["distance_km"], row["verdict"], row["distance_basis"]) == (6, "not_met", "road_km")
    assert row["minutes"] == 30


def test_without_coordinates_the_section_says_so_and_no_other_number_changes(rules):
    tables = village_county(rules)
    bare = tables.with_tables(
        {
            name: tables[name].assign(lon=np.nan, lat=np.nan)
            for name in ("schools", "towns", "settlements")
        }
    )

    step = access_of(bare, rules)

    assert notes_of(step) == {"access.no_coordinates"}
    assert all(table.empty for table in step.tables.values())
    options = {"rules": rules, "base_year": 2025, "horizon_years": 3, "area": "C"}
    before = capacity.capacity_gap(tables, **options)
    after = capacity.capacity_gap(bare, **options)
    for name in before.tables:
        pd.testing.assert_frame_equal(before[name], after[name])


@pytest.mark.parametrize(
    ("gone", "note"), [("schools", "access.no_schools"), ("capacity_ledger", "access.no_ledger")]
)
def test_what_is_missing_is_named(rules, gone, note):
    tables = village_county(rules)
    left = Tables({name: tables[name] for name in tables if name != gone})

    step = access_of(left, rules)

    assert notes_of(step) == {note}
    assert all(table.empty for table in step.tables.values())


def test_catchment_leaves_unknown_seats_out(rules):
    tables = county(
        schools=[school("P1", 0.0), school("P2", 1.0)],
        facilities=[rooms("P1", 6)],
        enrolment=[*pupils_of("P1", 10), *pupils_of("P2", 10)],
        settlements=[
            settlement("v1", 1.0, 90),
            settlement("v2", 2.0, 45),
            settlement("v3", 9.0, 5),
        ],
        rules=rules,
    )

    table = access_of(tables, rules)["access_catchment"].set_index("origin_id")

    # 270 seats over the 135 children within 5 km = 2 each; v3 reaches none
    assert table["seats_per_child"].tolist() == [2, 2, 0]
    assert table["schools_in_reach"].tolist() == [1, 1, 0]
    # county mean 270 / 140
    assert table.loc["v1", "relative"] == pytest.approx(2 / (270 / 140))


def test_children_of_unknown_number_take_no_part(rules):
    tables = village_county(rules)
    settled = tables["settlements"].assign(primary_children=[np.nan, 20.0, 10.0])

    step = access_of(tables.with_tables({"settlements": settled}), rules)

    assert set(step["access_catchment"]["origin_id"]) == {"v2", "v3"}
    row = step["access_coverage"].query("level == 'county'").iloc[0]
    assert (row["children_within"], row["children_beyond"]) == (20, 10)


def test_schools_without_coordinates_are_said(rules):
    tables = county(
        schools=[school("P1", 0.0), school("P2", None)],
        facilities=[rooms("P1", 6), rooms("P2", 6)],
        enrolment=[*pupils_of("P1", 10), *pupils_of("P2", 10)],
        settlements=[settlement("v1", 1.0, 30)],
        rules=rules,
    )

    step = access_of(tables, rules)

    note = next(n for n in step.notes if n.key == "access.schools_without_coordinates")
    assert note.values == {"count": 1, "all": 2}


def test_the_frame_of_results_is_the_contracts(rules):
    step = access_of(village_county(rules), rules)

    for name, table in step.tables.items():
        assert frame(name, table.to_dict("records")).equals(table)
