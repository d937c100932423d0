"""Births and counts of children under six become cohorts of the years they enter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import forecast
from analysis.forecast.drivers import birth_cohorts, under_six_cohorts, with_drivers
from analysis.forecast.history import read_history
from analysis.tables import Tables, contract
from tests.forecast.conftest import county_tables


def under_six(rows):
    return contract("under_six").frame(
        pd.DataFrame(rows, columns=["town_id", "year", "age", "basis", "children"])
    )


def panel():
    history = read_history(county_tables(births=False), base_year=2024, code="C01")
    assert history is not None
    return history.panel


def test_a_child_of_three_on_31_august_enters_three_years_later():
    counts = under_six([("T1", 2024, 3, "registered", 70.0)])

    found = under_six_cohorts(panel(), Tables({"under_six": counts}), "C01", 2024)["under_six"]

    assert found.years == (2027,)
    assert found.known == (2024,)
    assert np.isnan(found.children[[0, 2], 0]).all()
    assert found.children[1, 0] == 70


def test_the_latest_count_of_a_cohort_is_taken():
    # three in 2023 and four in 2024 are the same children, entering in 2026
    rows = [("T0", 2023, 3, "registered", 70.0), ("T0", 2024, 4, "registered", 64.0)]

    found = under_six_cohorts(panel(), Tables({"under_six": under_six(rows)}), "C01", 2024)

    assert found["under_six"].children[0].tolist() == [64]
    assert found["under_six"].known == (2024,)


def test_counts_after_the_base_year_are_not_looked_at():
    rows = [("T0", 2025, 3, "registered", 70.0)]

    assert under_six_cohorts(panel(), Tables({"under_six": under_six(rows)}), "C01", 2024) == {}


def test_county_counts_are_shared_by_the_towns():
    rows = [("C01", 2024, 3, "vaccinated", 210.0)]

    found = under_six_cohorts(panel(), Tables({"under_six": under_six(rows)}), "C01", 2024)

    assert found["county_under_six"].children[:, 0].tolist() == [210, 210, 210]


def test_births_of_the_nation_stand_in_where_nothing_nearer_is_given():
    births = contract("births").frame(
        [
            {"town_id": "CHN", "year": y, "month": 0, "basis": "resident", "births": 9_000.0}
            for y in range(2010, 2025)
        ]
    )

    found, monthly = birth_cohorts(panel(), Tables({"births": births}), "C01", 2024)

    assert list(found) == ["county_births"]
    assert found["county_births"].children[0, 0] == pytest.approx(9_000)
    assert not monthly


def test_each_driver_is_known_when_it_was_counted():
    tables = county_tables()
    more = under_six([("T0", 2024, age, "registered", 60.0) for age in range(6)])
    made, _ = with_drivers(panel(), tables.with_tables({"under_six": more}), "C01", 2024)

    before = made.until(2023)

    assert np.isnan(before.drivers["under_six"]).all()
    assert np.isfinite(before.drivers["county_births"]).any()


def test_counts_under_six_move_the_entrants(rules):
    # twice as many three-year-olds as six-year-olds: entrants of 2027 rise with them
    ages = {6: 60.0, 5: 60.0, 4: 60.0, 3: 120.0, 2: 60.0, 1: 60.0, 0: 60.0}
    rows = [(f"T{t}", 2024, age, "registered", n) for t in range(3) for age, n in ages.items()]
    tables = county_tables().with_tables({"under_six": under_six(rows)})
    settings = {"rules": rules, "base_year": 2024, "horizon_years": 5, "area": "C01", "paths": 20}

    def entrants(given):
        table = forecast.seat_demand(given, **settings)["grade_demand"]
        return table.query("level == 'county' and grade == 1 and scenario == 'central'").set_index(
            "school_year"
        )["pupils"]

    plain, moved = entrants(county_tables()), entrants(tables)

    assert moved[2027] > 1.15 * plain[2027]
    assert moved[2026] == pytest.approx(plain[2026], rel=0.1)


def test_monthly_and_school_year_births_give_the_same_demand(rules):
    # needs: the same children, by month or as the cohort's yearly split, give identical demand
    months = [
        {"town_id": "C01", "year": y, "month": m, "basis": "resident", "births": 20.0}
        for y in range(2003, 2025)
        for m in range(1, 13)
    ]
    years = [
        {"town_id": "C01", "year": y, "month": 0, "basis": "resident", "births": 240.0}
        for y in range(2003, 2025)
    ]
    settings = {"rules": rules, "base_year": 2024, "horizon_years": 6, "area": "C01", "paths": 20}

    both = [
        forecast.seat_demand(
            county_tables().with_tables({"births": contract("births").frame(rows)}), **settings
        )
        for rows in (months, years)
    ]

    left, right = (step["seat_demand"]["pupils"].to_numpy() for step in both)
    assert left == pytest.approx(right, abs=1e-6)
    assert "forecast.births_by_year" not in {n.key for n in both[0].notes}
    assert "forecast.births_by_year" in {n.key for n in both[1].notes}


def births_of(rows):
    """Return yearly births 2010 to 2012 of (place, basis, births a year)."""
    return contract("births").frame(
        [
            {"town_id": place, "year": y, "month": 0, "basis": basis, "births": number}
            for place, basis, number in rows
            for y in (2010, 2011, 2012)
        ]
    )


def shared_cohort(births, **more):
    found, _ = birth_cohorts(panel(), Tables({"births": births}), "C01", 2024, **more)
    return found["county_births"].children[0, 0]


def test_of_places_around_the_county_the_nearest_is_taken_alone():
    # the province, not the nation and not both together
    births = births_of([("CHN", "resident", 9_000.0), ("44", "resident", 1_000.0)])

    assert shared_cohort(births) == pytest.approx(1_000)


def test_a_place_around_the_county_with_more_years_comes_first():
    births = births_of([("CHN", "resident", 9_000.0), ("44", "resident", 1_000.0)])
    births = births[~((births["town_id"] == "44") & (births["year"] == 2012))]

    assert shared_cohort(births) == pytest.approx(9_000)


def test_births_of_all_towns_are_the_whole_before_those_of_the_province():
    births = births_of(
        [("44", "resident", 1_000.0), *[(f"T{i}", "resident", 70.0) for i in range(3)]]
    )

    assert shared_cohort(births) == pytest.approx(210)


def test_the_basis_asked_for_is_used_and_one_that_is_not_there_is_not():
    births = births_of([("C01", "registered", 500.0), ("C01", "resident", 400.0)])
    more = births_of([("T0", "registered", 1.0)])
    births = contract("births").frame([*births.to_dict("records"), *more.to_dict("records")])

    assert shared_cohort(births) == pytest.approx(500)  # most rows
    assert shared_cohort(births, basis="resident") == pytest.approx(400)
    assert shared_cohort(births, basis="unstated") == pytest.approx(500)


def births(place, years, value=120.0, basis="resident"):
    return contract("births").frame(
        [{"town_id": place, "year": y, "month": 0, "basis": basis, "births": value} for y in years]
    )


def test_drivers_of_different_years_stand_on_one_axis():
    # births of 2010 to 2024 enter from 2017 on (a first whole cohort of 2010 and 2011), the last
    # in 2030; children of three counted in 2024 enter in 2027 alone
    given = Tables(
        {
            "births": births("C01", range(2010, 2025)),
            "under_six": under_six([("T0", 2024, 3, "registered", 70.0)]),
        }
    )

    made, monthly = with_drivers(panel(), given, "C01", 2024)

    assert not monthly
    assert made.driver_years[0] == 2017
    place = made.driver_years.index(2027)
    assert made.drivers["county_births"][:, 0].tolist() == pytest.approx([120, 120, 120])
    assert made.drivers["under_six"][0, place] == 70
    others = [i for i in range(len(made.driver_years)) if i != place]
    assert np.isnan(made.drivers["under_six"][:, others]).all()
    # births of 2011 are known in 2012, when the year is over
    assert made.own_known["county_births"][0] == 2012
    assert made.own_known["under_six"][place] == 2024
    assert made.driver_known == made.own_known["county_births"]


def test_without_births_and_counts_the_panel_stays_as_it_is():
    before = panel()

    after, monthly = with_drivers(before, Tables({}), "C01", 2024)

    assert after is before
    assert not monthly


def test_one_year_of_births_makes_no_cohort():
    for years, made in (([2020], []), ([2020, 2021], ["county_births"])):
        given = Tables({"births": births("C01", years)})
        found, _ = birth_cohorts(panel(), given, "C01", 2024)
        assert list(found) == made


def test_births_after_the_base_year_are_not_looked_at():
    given = Tables({"births": births("C01", [2020, 2021, 2025], 100.0)})

    found, _ = birth_cohorts(panel(), given, "C01", 2024)

    assert found["county_births"].years[-1] <= 2028  # nobody born after August 2021 is counted


def test_bases_are_never_mixed():
    rows = pd.concat(
        [
            births("C01", range(2010, 2025), 100.0),
            births("C01", range(2015, 2025), 900.0, "registered"),
        ]
    )

    found, _ = birth_cohorts(panel(), Tables({"births": rows}), "C01", 2024)
    asked, _ = birth_cohorts(panel(), Tables({"births": rows}), "C01", 2024, "registered")

    assert np.nanmax(found["county_births"].children) == pytest.approx(100)
    assert np.nanmin(asked["county_births"].children) == pytest.approx(900)


def test_births_of_towns_are_their_own_and_together_the_countys():
    rows = pd.concat([births(f"T{t}", range(2010, 2025), 40.0 + t) for t in range(3)])

    found, _ = birth_cohorts(panel(), Tables({"births": rows}), "C01", 2024)

    assert found["births"].children[:, 0].tolist() == pytest.approx([40, 41, 42])
    assert found["county_births"].children[:, 0].tolist() == pytest.approx([123, 123, 123])
