"""Trends: sums by place, changes, turning points, contributions that add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import trends
from analysis.tables import Tables, contract
from analysis.wording import say


def tables_of(rows, schools=None):
    """Return enrolment of rows (school, year, grade, pupils, classes) and their schools."""
    frame = pd.DataFrame(rows, columns=["school_id", "school_year", "grade", "pupils", "classes"])
    ids = sorted(set(frame["school_id"]))
    given = schools or {i: (f"T{i[-1]}", "primary", "town") for i in ids}
    return Tables(
        {
            "enrolment": contract("enrolment").frame(frame),
            "schools": contract("schools").frame(
                [
                    {
                        "school_id": i,
                        "school_name": i,
                        "town_id": town,
                        "kind": kind,
                        "urban_rural": place,
                    }
                    for i, (town, kind, place) in given.items()
                ]
            ),
        }
    )


def test_towns_and_county_add_up_schools_by_stage():
    # S1 in town T1: 30 + 40; S2 in T2: 50; county 120 in 4 classes: 30 a class
    step = trends.trends(
        tables_of(
            [("S1", 2024, 1, 30.0, 1.0), ("S1", 2024, 2, 40.0, 2.0), ("S2", 2024, 1, 50.0, 1.0)]
        ),
        base_year=2024,
        area="C",
    )

    table = step["trend_pupils"].set_index("area_id")
    assert table["pupils"].to_dict() == {"C": 120, "T1": 70, "T2": 50}
    assert table.loc["C", "class_size"] == pytest.approx(30)
    assert table.loc["C", "entrants"] == 80  # grade 1 of both
    assert table.loc["T1", "county_share"] == pytest.approx(70 / 120)


def test_change_is_against_the_year_before_and_only_that():
    # 100 -> 110: +10, 10 per cent; 2023 is missing, so 2024 has no change
    rows = [("S1", y, 1, p, 2.0) for y, p in ((2021, 100.0), (2022, 110.0), (2024, 99.0))]

    table = trends.trends(tables_of(rows), base_year=2024, area="C")["trend_pupils"]

    county = table[table["level"] == "county"].set_index("school_year")
    assert county.loc[2022, "change_pupils"] == 10
    assert county.loc[2022, "change_rate"] == pytest.approx(0.1)
    assert np.isnan(county.loc[2024, "change_pupils"])


def test_one_unknown_school_leaves_the_sum_unknown():
    rows = [("S1", 2024, 1, 30.0, 1.0), ("S2", 2024, 1, np.nan, 1.0)]

    table = trends.trends(tables_of(rows), base_year=2024, area="C")["trend_pupils"]

    values = table.set_index("area_id")["pupils"]
    assert np.isnan(values["C"])
    assert np.isnan(values["T2"])
    assert values["T1"] == 30


def test_entrants_of_an_unknown_school_are_not_left_out_of_the_sum():
    # S1 enters 30, S2 does not say: the county's entrants are unknown, not 30
    rows = [("S1", 2024, 1, 30.0, 1.0), ("S2", 2024, 1, np.nan, 1.0), ("S2", 2024, 2, 9.0, 1.0)]

    table = trends.trends(tables_of(rows), base_year=2024, area="C")["trend_pupils"]

    entrants = table.set_index("area_id")["entrants"]
    assert entrants["T1"] == 30
    assert np.isnan(entrants["T2"])
    assert np.isnan(entrants["C"])


def test_a_village_school_that_does_not_say_takes_no_share_from_the_villages():
    # village 20 + unknown: the villages are unknown, and the city's 60 are not 60 of 80
    rows = [("S1", 2024, 1, 60.0, 2.0), ("S2", 2024, 1, 20.0, 1.0), ("S3", 2024, 1, np.nan, 1.0)]
    schools = {
        "S1": ("T1", "primary", "city"),
        "S2": ("T2", "primary", "village"),
        "S3": ("T2", "primary", "village"),
    }

    table = trends.trends(tables_of(rows, schools), base_year=2024)["trend_urban_rural"]

    row = table.set_index("urban_rural")
    assert row.loc["city", "pupils"] == 60
    assert np.isnan(row.loc["village", "pupils"])
    assert row["pupil_share"].isna().all()


def test_special_schools_and_later_years_are_left_out():
    rows = [("S1", 2024, 1, 30.0, 1.0), ("S1", 2025, 1, 99.0, 1.0), ("X2", 2024, 1, 7.0, 1.0)]
    schools = {"S1": ("T1", "primary", "town"), "X2": ("T1", "special", "town")}

    table = trends.trends(tables_of(rows, schools), base_year=2024, area="C")["trend_pupils"]

    assert table[table["level"] == "county"]["pupils"].tolist() == [30]


def test_shares_of_urban_rural_classes_by_hand():
    # city 60, village 20: 0.75 and 0.25
    rows = [("S1", 2024, 1, 60.0, 2.0), ("S2", 2024, 1, 20.0, 1.0)]
    schools = {"S1": ("T1", "primary", "city"), "S2": ("T2", "primary", "village")}

    table = trends.trends(tables_of(rows, schools), base_year=2024)["trend_urban_rural"]

    assert table.set_index("urban_rural")["pupil_share"].to_dict() == {
        "city": 0.75,
        "village": 0.25,
    }


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([1, 2, 3], []),
        ([1, 3, 2, 1], [(1, "peak", True)]),
        ([1, 3, 2], [(1, "peak", False)]),  # one year the other way confirms nothing
        ([1, 3, 2, 3.5], [(1, "peak", False), (2, "trough", False)]),
        ([5, 3, 4, 5], [(1, "trough", True)]),
        ([1, 3, 3, 2, 1], [(1, "peak", True)]),  # a flat top counts at its first year
        ([2, 2, 2], []),
    ],
)
def test_turning_points_by_hand(values, found):
    assert trends.turns(np.array(values, float)) == found


def test_contributions_of_classes_and_size_by_hand():
    # 100 in 4 classes of 25 -> 150 in 5 of 30: one class more at (25 + 30) / 2 = 27.5;
    # five more a class at (4 + 5) / 2 classes = 22.5; together 50
    rows = [("S1", 2020, 1, 100.0, 4.0), ("S1", 2024, 1, 150.0, 5.0)]

    table = trends.trends(tables_of(rows), base_year=2024, area="C")["trend_contributions"]

    row = table.iloc[0]
    assert (row["first_year"], row["school_year"]) == (2020, 2024)
    assert row["change_pupils"] == 50
    assert row["classes_effect"] == pytest.approx(27.5)
    assert row["class_size_effect"] == pytest.approx(22.5)
    assert row["contribution"] == pytest.approx(0.5)


def test_a_town_of_unknown_pupils_is_no_town_without_pupils():
    # T1: 100 -> 80; T2: 50 -> unknown; T3: 30 -> its school is gone. The county began with 180.
    rows = [
        *(("S1", 2020, 1, 100.0, 4.0), ("S1", 2024, 1, 80.0, 4.0)),
        *(("S2", 2020, 1, 50.0, 2.0), ("S2", 2024, 1, np.nan, 2.0)),
        ("S3", 2020, 1, 30.0, 1.0),
    ]

    table = trends.trends(tables_of(rows), base_year=2024, area="C")["trend_contributions"]

    change = table.set_index("area_id")["change_pupils"]
    assert change["T1"] == -20
    assert np.isnan(change["T2"])
    assert change["T3"] == -30
    assert table.set_index("area_id")["contribution"]["T1"] == pytest.approx(-20 / 180)


def test_no_rate_of_the_county_where_its_beginning_is_unknown():
    rows = [
        *(("S1", 2020, 1, 100.0, 4.0), ("S1", 2024, 1, 80.0, 4.0)),
        *(("S2", 2020, 1, np.nan, 2.0), ("S2", 2024, 1, 50.0, 2.0)),
    ]

    table = trends.trends(tables_of(rows), base_year=2024, area="C")["trend_contributions"]

    assert table.set_index("area_id")["change_pupils"]["T1"] == -20
    assert table["contribution"].isna().all()


@settings(deadline=None, max_examples=25)
@given(
    early=st.lists(st.integers(1, 900), min_size=3, max_size=3),
    late=st.lists(st.integers(0, 900), min_size=3, max_size=3),
)
def test_towns_add_up_to_the_change_of_the_county(early, late):
    rows = [
        (f"S{i}", year, 1, float(value), 1.0)
        for year, values in ((2023, early), (2024, late))
        for i, value in enumerate(values)
    ]

    step = trends.trends(tables_of(rows), base_year=2024, area="C")

    county = step["trend_pupils"].query("level == 'county' and school_year == 2024")
    total = step["trend_contributions"]["change_pupils"].sum()
    assert total == pytest.approx(county["change_pupils"].item())
    rate = step["trend_contributions"]["contribution"].sum()
    assert rate == pytest.approx(sum(late) / sum(early) - 1)


def test_totals_stand_in_for_schools_and_say_so():
    totals = contract("totals").frame(
        [
            {"town_id": "C", "school_year": y, "stage": "primary", "pupils": p, "classes": 10.0}
            for y, p in ((2023, 400.0), (2024, 380.0))
        ]
    )

    step = trends.trends(Tables({"totals": totals}), base_year=2024, area="C")

    assert step["trend_pupils"]["pupils"].tolist() == [400, 380]
    assert step["trend_pupils"]["level"].unique().tolist() == ["county"]
    assert [n.key for n in step.notes] == ["trends.totals_only"]
    assert step.notes[0].missing == ("enrolment", "schools")


def test_nothing_at_all_is_said():
    step = trends.trends(Tables(), base_year=2024)

    assert all(frame.empty for frame in step.tables.values())
    assert [n.key for n in step.notes] == ["trends.no_pupils"]
    assert say("trends.no_pupils", "zh")


def test_one_year_is_said_to_show_no_change():
    step = trends.trends(tables_of([("S1", 2024, 1, 30.0, 1.0)]), base_year=2024, area="C")

    assert "trends.one_year" in {n.key for n in step.notes}
    assert step["turning_points"].empty
