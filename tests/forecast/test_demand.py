"""Seat demand from tables: towns, totals, population alone, and what is said when data lack."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import forecast
from analysis.forecast.history import grades_from_entrants, read_history
from analysis.tables import Tables, contract
from analysis.wording import say
from tests.forecast.conftest import county_tables

PATHS = 200


@pytest.fixture(scope="module")
def county(rules):
    return forecast.seat_demand(
        county_tables(), rules=rules, base_year=2024, horizon_years=8, area="C01", paths=PATHS
    )


def persons(rows):
    return contract("population").frame(
        pd.DataFrame(rows, columns=["town_id", "year", "basis", "persons"])
    )


def test_towns_add_up_to_the_county_for_every_grade_year_and_scenario(county):
    grades = county["grade_demand"]
    keys = ["stage", "grade", "school_year", "scenario"]
    towns = grades[grades["level"] == "town"].groupby(keys)["pupils"].sum()
    whole = grades[grades["level"] == "county"].set_index(keys)["pupils"]

    assert len(whole) == 9 * 9 * 3  # nine grades, base year and eight ahead, three scenarios
    assert (towns - whole).abs().max() < 1e-6


def test_grades_add_up_to_stages(county):
    keys = ["level", "area_id", "stage", "school_year", "scenario"]
    grades = county["grade_demand"].groupby(keys)["pupils"].sum()
    stages = county["seat_demand"].set_index(keys)["pupils"]

    assert (grades - stages).abs().max() < 1e-6


def test_bounds_are_ordered_and_base_year_is_what_was_counted(county):
    table = county["seat_demand"]
    ahead = table[table["method"] != "observed"]

    for low, high in (
        ("lower95", "lower80"),
        ("lower80", "pupils"),
        ("pupils", "upper80"),
        ("upper80", "upper95"),
    ):
        assert (ahead[low] <= ahead[high] + 1e-9).all()
    observed = table[table["method"] == "observed"]
    assert set(observed["school_year"]) == {2024}
    assert (observed["lower95"] == observed["pupils"]).all()


def test_low_central_and_high_lie_in_order_at_the_end(county):
    end = county["seat_demand"].query("school_year == 2032 and level == 'county'")
    wide = end.pivot_table(index="stage", columns="scenario", values="pupils")

    assert (wide["low"] < wide["central"]).all()
    assert (wide["central"] < wide["high"]).all()


def test_a_town_without_a_junior_school_has_no_junior_demand(county):
    table = county["seat_demand"]
    rows = table[(table["area_id"] == "T2") & (table["stage"] == "junior")]

    assert (rows["pupils"] == 0).all()


def test_paths_have_every_cell_and_surround_the_central_scenario(county):
    paths = county["demand_paths"]

    assert len(paths) == 3 * 9 * 8 * PATHS
    assert paths["pupils"].notna().all()
    yearly = paths.groupby(["path", "school_year"])["pupils"].sum().groupby("school_year")
    central = county["seat_demand"].query("level == 'county' and scenario == 'central'")
    total = central.groupby("school_year")["pupils"].sum().drop(2024)
    assert yearly.median().to_numpy() == pytest.approx(total.to_numpy(), rel=0.05)


def test_peaks_name_year_seats_and_probability(county):
    peaks = county["demand_peaks"].query("scenario == 'central'")

    assert len(peaks) == 2 * 4 - 1  # two stages, three towns and the county; T2 has no juniors
    assert peaks["peak_probability"].between(0, 1).all()
    assert (peaks["peak_pupils"] >= peaks["pupils"]).all()
    assert (peaks["trough_pupils"] <= peaks["pupils"]).all()


def test_the_same_seed_gives_the_same_paths(rules):
    tables = county_tables()
    one, two = (
        forecast.seat_demand(
            tables, rules=rules, base_year=2024, horizon_years=3, area="C01", paths=50
        )["demand_paths"]
        for _ in range(2)
    )

    pd.testing.assert_frame_equal(one, two)


def test_later_years_than_the_base_year_are_not_looked_at(rules):
    tables = county_tables(years=12)
    late = tables["enrolment"].copy()
    late.loc[late["school_year"] > 2024, "pupils"] *= 9
    spiked = tables.with_tables({"enrolment": late})
    settings = {"rules": rules, "base_year": 2024, "horizon_years": 4, "area": "C01", "paths": 20}

    plain = forecast.seat_demand(tables, **settings)["seat_demand"]
    changed = forecast.seat_demand(spiked, **settings)["seat_demand"]

    pd.testing.assert_frame_equal(plain, changed)


def test_three_years_of_history_give_no_interval_of_their_own(rules):
    step = forecast.seat_demand(
        county_tables(years=3, first_year=2022),
        rules=rules,
        base_year=2024,
        horizon_years=3,
        area="C01",
        paths=50,
    )

    assert "forecast.no_own_interval" in {n.key for n in step.notes}
    assert set(step["seat_demand"]["method"]) == {"observed", "cohort_reference"}
    published = step["forecast_accuracy"]["method"].str.startswith("published")
    assert published.any()


def test_luoding_has_only_the_norm(rules):
    # 936.931 thousand x 80 = 74 954.48 and x 40 = 37 477.24
    tables = Tables({"population": persons([("445381", 2020, "resident", 936_931)])})

    step = forecast.seat_demand(tables, rules=rules, base_year=2023, area="445381")

    seats = step["norm_demand"].set_index("stage")["seats"]
    assert seats["primary"] == pytest.approx(74_954.48)
    assert seats["junior"] == pytest.approx(37_477.24)
    assert step["seat_demand"].empty
    assert step.notes[0].missing == ("enrolment", "schools", "births")


def test_towns_of_a_census_add_up_to_the_county_norm(rules):
    # 145 498 + 28 254 = 173 752; x 80 / 1000 = 13 900.16
    rows = [("T1", 2020, "resident", 145_498), ("T2", 2020, "resident", 28_254)]

    norms = forecast.seat_demand(
        Tables({"population": persons(rows)}), rules=rules, base_year=2024, area="440883"
    )["norm_demand"]

    primary = norms[norms["stage"] == "primary"].set_index("area_id")["seats"]
    assert primary["440883"] == pytest.approx(13_900.16)
    assert primary["T1"] == pytest.approx(11_639.84)
    assert set(norms["seats_per_thousand_grade"].round(4)) == {13.3333}


def test_xinpu_norm_beside_two_totals(rules):
    # 26 thousand people: 2080 and 1040 seats; 2080 / 1206 = 1.7247, 1040 / 622 = 1.6720
    totals = contract("totals").frame(
        [
            {"town_id": "XP", "school_year": 2015, "stage": "primary", "pupils": 1206},
            {"town_id": "XP", "school_year": 2015, "stage": "junior", "pupils": 622},
        ]
    )
    tables = Tables({"population": persons([("XP", 2015, "resident", 26_000)]), "totals": totals})

    step = forecast.seat_demand(tables, rules=rules, base_year=2015, area="XP")

    rows = step["norm_comparison"].set_index("stage")
    assert rows.loc["primary", "norm_ratio"] == pytest.approx(2080 / 1206)
    assert rows.loc["junior", "norm_ratio"] == pytest.approx(1040 / 622)
    assert set(rows["sentence"]) == {"forecast.norm_above"}


def test_nothing_at_all_is_said_and_not_guessed(rules):
    step = forecast.seat_demand(Tables(), rules=rules, base_year=2024)

    assert {n.key for n in step.notes} == {"forecast.no_population", "forecast.no_history"}
    assert all(step[name].empty for name in ("seat_demand", "norm_demand", "demand_paths"))
    for note in step.notes:
        assert say(note.key, "zh", **note.values)
        assert say(note.key, "en", **note.values)


def test_grades_are_rebuilt_from_entrants_and_scaled_to_totals():
    # entrants 10, 20, 30 in two grades: year 1 has 20 + 10 = 30, published 33: scale 1.1
    grid = grades_from_entrants(np.array([10.0, 20, 30]), np.array([np.nan, 33, np.nan]), 2)

    assert grid[:, 1] == pytest.approx([22, 11])
    assert np.isnan(grid[1, 0])  # the cohort before the first is unknown
    assert grid[:, 2] == pytest.approx([33, 22])


def test_an_unknown_school_makes_the_cell_unknown_not_smaller():
    tables = county_tables(births=False)
    enrolment = tables["enrolment"].copy()
    gone = (enrolment["school_id"] == "P1") & (enrolment["school_year"] == 2020)
    enrolment.loc[gone, "pupils"] = np.nan

    history = read_history(tables.with_tables({"enrolment": enrolment}), base_year=2024, code="C01")

    assert history is not None
    place = history.panel.years.index(2020)
    assert np.isnan(history.panel.pupils[1, :6, place]).all()
    assert np.isfinite(history.panel.pupils[0, :6, place]).all()


def test_an_own_assumption_replaces_the_default_and_moves_the_result(rules):
    own = contract("assumptions").frame(
        [{"assumption": "births_after_known", "scenario": "central", "value": 0.85}]
    )
    tables = county_tables()
    settings = {"rules": rules, "base_year": 2024, "horizon_years": 10, "area": "C01", "paths": 20}

    plain = forecast.seat_demand(tables, **settings)
    moved = forecast.seat_demand(tables.with_tables({"assumptions": own}), **settings)

    query = "level == 'county' and stage == 'primary' and scenario == 'central'"
    last = [s["seat_demand"].query(query)["pupils"].iloc[-1] for s in (plain, moved)]
    assert last[1] < last[0]
    register = moved["assumption_register"].set_index(["assumption", "scenario"])
    assert register.loc[("births_after_known", "central"), "status"] == "unsourced"


def stage_totals(pupils, *, place="T1", stage="primary", last=2024):
    return [
        {"town_id": place, "school_year": last - i, "stage": stage, "pupils": value}
        for i, value in enumerate(reversed(pupils))
    ]


def test_totals_alone_are_carried_on_with_a_reference_range(rules):
    # 800, 900, 1000: ln(1000 / 800) / 2 = 0.1115718 a year, taken as 0.1; the first step keeps 0.85
    # of it: 1000 exp(0.085) = 1088.717, half of the way 1044.359. Range: shared 0.020, own
    # sqrt(0.015^2 + 0.5 / 1000) = 0.026926, together 0.033541: 1044.359 exp(1.2816 x 0.033541)
    totals = contract("totals").frame(stage_totals([800, 900, 1000]))

    step = forecast.seat_demand(
        Tables({"totals": totals}), rules=rules, base_year=2024, horizon_years=4, area="C01"
    )

    rows = step["seat_demand"]
    first = rows[(rows["school_year"] == 2025) & (rows["scenario"] == "low")].iloc[0]
    assert (first["level"], first["area_id"], first["method"]) == ("town", "T1", "series_reference")
    assert first["pupils"] == pytest.approx(1044.359, abs=1e-3)
    assert first["upper80"] == pytest.approx(1044.359 * np.exp(1.2816 * 0.033541), abs=0.01)
    assert first["lower95"] == pytest.approx(1044.359 * np.exp(-2.05 * 0.033541), abs=0.01)
    assert rows["school_year"].max() == 2028
    assert set(rows["scenario"]) == {"low", "central", "high"}
    seen = rows[rows["method"] == "observed"]
    assert set(seen["upper95"]) == {1000}
    assert "forecast.series_alone" in {n.key for n in step.notes}
    assert step["demand_paths"].empty


@pytest.mark.parametrize(
    ("totals", "why"),
    [
        (stage_totals([900, 1000]), "two years"),
        (stage_totals([800, 900, 1000], last=2020), "four years old"),
        (stage_totals([800, 900, 1000], last=2025), "two years by then"),
        (stage_totals([700, 800, np.nan, np.nan, np.nan, np.nan, 1000]), "three in seven years"),
    ],
)
def test_series_too_short_or_too_old_are_not_carried_on(rules, totals, why):
    tables = Tables({"totals": contract("totals").frame(totals)})

    step = forecast.seat_demand(tables, rules=rules, base_year=2024, area="C01")

    assert step["seat_demand"].empty, why
    assert "forecast.series_alone" not in {n.key for n in step.notes}


def test_a_stage_without_entrants_stands_beside_the_cohorts(rules):
    primary = [{**row, "entrants": 200.0} for row in stage_totals([1200.0] * 12, place="C01")]
    junior = stage_totals([500, 500, 500, 500], place="C01", stage="junior")
    tables = Tables({"totals": contract("totals").frame([*primary, *junior])})

    rows = forecast.seat_demand(tables, rules=rules, base_year=2024, area="C01", paths=20)[
        "seat_demand"
    ]

    methods = rows[rows["school_year"] == 2026].groupby("stage")["method"].unique()
    assert methods["primary"].tolist() == ["cohort"]
    assert methods["junior"].tolist() == ["series_reference"]
