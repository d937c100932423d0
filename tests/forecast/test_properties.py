"""What must hold of every forecast: order, scale, sums, nothing from the future, bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import standards
from analysis.forecast import CohortModel, Panel, backtest_report, seat_demand, tidy_remarks

from .conftest import county_tables, known_county
from .test_tidy import table

RULES = standards.load("national_2017")
FEW = settings(max_examples=8, deadline=None)
MANY = settings(max_examples=40, deadline=None)


@st.composite
def panels(draw):
    """Draw small panels: unknown cells, two drivers known at different times, parents, shares."""
    areas, grades, years = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 6))
    random = np.random.default_rng(draw(st.integers(0, 1_000)))
    pupils = random.integers(0, 500, (areas, grades, years)).astype(float)
    pupils[random.random(pupils.shape) < 0.1] = np.nan
    first = 2015 + int(random.integers(-2, 3))
    driver_years = tuple(range(first, first + 6))
    return Panel(
        areas=tuple(f"A{i}" for i in range(areas)),
        grades=tuple(range(1, grades + 1)),
        years=tuple(range(2015, 2015 + years)),
        pupils=pupils,
        drivers={name: random.random((areas, 6)) for name in ("births", "county_births")},
        driver_years=driver_years,
        driver_known=tuple(year - 5 for year in driver_years),
        own_known={"county_births": tuple(year - 2 for year in driver_years)},
        groups=draw(st.sampled_from([None, np.arange(areas) % 2])),
        transfers=draw(st.sampled_from([None, random.random((areas, areas))])),
        repeaters=draw(st.sampled_from([None, pupils * 0.1])),
    )


def same(one, other):
    assert (one.areas, one.grades, one.years) == (other.areas, other.grades, other.years)
    np.testing.assert_array_equal(one.pupils, other.pupils)
    np.testing.assert_array_equal(one.group_index, other.group_index)
    for name in one.drivers:
        np.testing.assert_array_equal(one.drivers[name], other.drivers[name])
    for name in ("transfers", "repeaters"):
        left, right = getattr(one, name), getattr(other, name)
        assert (left is None) == (right is None)
        if left is not None:
            np.testing.assert_array_equal(left, right)


@pytest.mark.holds("forecast.Panel.until")
@MANY
@given(panels(), st.integers(2014, 2021), st.integers(2014, 2021))
def test_the_past_of_the_past_is_the_earlier_past_and_knows_nothing_later(panel, year, other):
    cut = panel.until(year)

    same(cut.until(other), panel.until(min(year, other)))
    assert cut.years == tuple(y for y in panel.years if y <= year)
    for name, known in (("births", panel.driver_known), ("county_births", None)):
        learned = np.array(known or panel.own_known[name])
        assert np.isnan(cut.drivers[name][:, learned > year]).all()
        kept = learned <= year
        np.testing.assert_array_equal(cut.drivers[name][:, kept], panel.drivers[name][:, kept])
    # whatever happens later, what was known is the same
    later = np.array(panel.years) > year
    changed = panel.pupils.copy()
    changed[:, :, later] += 7
    same(replace(panel, pupils=changed, repeaters=None).until(year), replace(cut, repeaters=None))


@pytest.mark.holds("forecast.Panel.select", "forecast.Panel.group_index")
@MANY
@given(panels(), st.randoms(use_true_random=False))
def test_areas_in_another_order_and_back_are_the_same_panel(panel, random):
    count = len(panel.areas)
    order = np.array(random.sample(range(count), count))

    mixed = panel.select(order)

    same(mixed.select(np.argsort(order)), panel)
    assert mixed.areas == tuple(panel.areas[i] for i in order)
    assert mixed.group_index.tolist() == panel.group_index[order].tolist()
    assert len(panel.group_index) == count
    if panel.groups is None:
        assert not panel.group_index.any()
    one = panel.select(order[:1])
    np.testing.assert_array_equal(one.pupils[0], panel.pupils[order[0]])
    if one.transfers is not None:
        assert one.transfers.item() == panel.transfers[order[0], order[0]]


@pytest.mark.holds("forecast.Panel.stage_columns", "forecast.Panel.driver")
@MANY
@given(panels(), st.integers(0, 4), st.sets(st.integers(1, 9)))
def test_columns_are_those_of_the_grades_and_years_asked_for(panel, horizon, wanted):
    columns = panel.stage_columns(tuple(sorted(wanted)))
    values = panel.driver("births", horizon)

    assert [panel.grades[i] for i in columns] == sorted(wanted & set(panel.grades))
    assert values.shape == (len(panel.areas), len(panel.years) + horizon)
    for column in range(values.shape[1]):
        year = panel.years[0] + column
        if year in panel.driver_years:
            own = panel.drivers["births"][:, panel.driver_years.index(year)]
            np.testing.assert_array_equal(values[:, column], own)
        else:
            assert np.isnan(values[:, column]).all()


counties = st.builds(
    lambda seed, noise, births: replace(
        known_county(towns=3, years=8, grades=4, seed=seed, noise=noise)[0],
        **({} if births else {"drivers": {}, "driver_years": (), "driver_known": ()}),
    ),
    st.integers(0, 1_000),
    st.sampled_from([0.0, 0.05]),
    st.booleans(),
)


@pytest.mark.holds(
    "forecast.CohortModel.forecast",
    "forecast.CohortModel.entry_weights",
    "forecast.CohortModel.progression_weights",
)
@FEW
@given(counties, st.sampled_from([2.0, 8.0]), st.permutations(range(3)))
def test_the_order_of_areas_changes_nothing_and_weights_are_shares(panel, times, order):
    larger = replace(
        panel,
        pupils=panel.pupils * times,
        drivers={name: values * times for name, values in panel.drivers.items()},
    )
    plain, scaled, mixed = (
        CohortModel(each, 2) for each in (panel, larger, panel.select(np.array(order)))
    )
    year = panel.years[-1]

    found = plain.forecast()

    # the larger of two counties is trusted more, so the noise of both is smoothed a little apart
    assert scaled.forecast().pupils == pytest.approx(found.pupils * times, rel=0.05)
    assert mixed.forecast().pupils == pytest.approx(found.pupils[order], rel=1e-6)
    assert (found.pupils >= 0).all()
    for weights, other in (
        (plain.entry_weights(year), scaled.entry_weights(year)),
        (plain.progression_weights(year), scaled.progression_weights(year)),
    ):
        assert (weights >= 0).all()
        assert weights.sum(axis=0) == pytest.approx(1.0)
        assert other == pytest.approx(weights, abs=0.35)


@pytest.mark.holds("forecast.CohortModel.forecast")
@FEW
@given(counties, st.integers(4, 6), st.integers(0, 1_000))
def test_a_forecast_from_the_past_is_deaf_to_what_came_after(panel, place, seed):
    origin = panel.years[place]
    after = np.array(panel.years) > origin
    changed = panel.pupils.copy()
    changed[:, :, after] = np.random.default_rng(seed).integers(0, 900, changed[:, :, after].shape)

    before, deaf = (
        CohortModel(each, 2).forecast(origin) for each in (panel, replace(panel, pupils=changed))
    )

    np.testing.assert_array_equal(before.pupils, deaf.pupils)
    same(before.panel, panel.until(origin))


@pytest.mark.holds("forecast.seat_demand")
@settings(max_examples=2, deadline=None)
@given(st.integers(0, 100), st.booleans(), st.integers(2, 3))
def test_demand_adds_up_over_towns_grades_and_paths_whatever_the_order_of_rows(seed, births, towns):
    tables = county_tables(towns=towns, years=6, junior_in=(0,), births=births)
    mixed = tables.with_tables(
        {
            name: tables[name].sample(frac=1, random_state=seed).reset_index(drop=True)
            for name in tables
        }
    )
    options = {"rules": RULES, "base_year": 2020, "horizon_years": 2, "area": "C", "paths": 5}

    step, again = (seat_demand(each, **options) for each in (tables, mixed))

    for name in ("seat_demand", "grade_demand", "demand_paths", "demand_peaks"):
        pd.testing.assert_frame_equal(step[name], again[name])
    # whoever looks a year ahead sees the first of the two years of whoever looks two
    nearer = seat_demand(tables, **(options | {"horizon_years": 1}))["grade_demand"]
    begun = step["grade_demand"].query("school_year <= 2021").reset_index(drop=True)
    pd.testing.assert_frame_equal(nearer, begun)
    demand, grades, paths = (step[n] for n in ("seat_demand", "grade_demand", "demand_paths"))
    cell = ["stage", "school_year", "scenario"]
    by_level = demand.groupby(["level", *cell])["pupils"].sum()
    pd.testing.assert_series_equal(by_level["town"], by_level["county"])
    by_grade = grades.groupby(["level", "area_id", *cell])["pupils"].sum()
    whole = demand.set_index(["level", "area_id", *cell])["pupils"].sort_index()
    pd.testing.assert_series_equal(by_grade.reindex(whole.index), whole)
    assert (demand["lower95"] <= demand["lower80"]).all()
    assert (demand["lower80"] <= demand["upper80"]).all()
    assert (demand["upper80"] <= demand["upper95"]).all()
    # every path has every cell of every town once
    assert paths.groupby("path").size().nunique() == 1
    assert not paths.duplicated(["path", "town_id", "grade", "school_year"]).any()
    assert (paths["pupils"] >= 0).all()
    # the base year is what was counted
    counted = tables["enrolment"].query("school_year == 2020")["pupils"].sum()
    now = demand.query("level == 'county' and school_year == 2020 and scenario == 'central'")
    assert now["pupils"].sum() == counted


@pytest.mark.holds("forecast.backtest_report")
@settings(max_examples=4, deadline=None)
@given(
    st.lists(st.integers(40, 900), min_size=16, max_size=16),
    st.randoms(use_true_random=False),
    st.sampled_from([2, 8]),
)
def test_errors_are_relative_bounded_and_of_no_order(counts, random, times):
    rows = table(years=range(2010, 2018), grades=range(1, 2)).assign(enrolment=counts)
    order = random.sample(range(len(rows)), len(rows))
    larger = rows.assign(enrolment=rows["enrolment"] * times)

    plain, mixed, scaled = (
        {
            (row["level"], row["horizon"], row["method"]): row
            for row in backtest_report(each, horizon=2)
            if row["size_band"] == "all"
        }
        for each in (rows, rows.iloc[order], larger)
    )

    assert plain.keys() == mixed.keys() == scaled.keys()
    for key, row in plain.items():
        # the cohort model trusts large counts more, so only the plain methods scale exactly
        others = [mixed[key], *([scaled[key]] if key[2] in ("naive", "drift") else [])]
        for other in others:
            for name in ("n", "mape", "wape", "bias", "coverage80", "coverage95"):
                assert other[name] == pytest.approx(row[name], rel=1e-6, abs=1e-9), (key, name)
        assert abs(row["bias"]) <= row["wape"] + 1e-12
        assert row["mape"] >= 0
        if row["coverage80"] is not None:
            assert 0 <= row["coverage80"] <= row["coverage95"] <= 1
        if key[2] == "naive":  # last year's number again, by hand over every origin and area
            ahead = key[1]
            cells = np.array(counts, float).reshape(2, 8)
            origins = range(3, 8 - ahead)
            missed = [abs(cells[:, t] - cells[:, t + ahead]) / cells[:, t + ahead] for t in origins]
            assert row["n"] == 2 * len(origins)
            assert row["mape"] == pytest.approx(np.mean(missed))


@pytest.mark.holds("forecast.tidy_remarks")
@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(0, 23), max_size=9), st.sets(st.integers(0, 23), max_size=4))
def test_every_cell_that_cannot_be_used_as_counted_is_told_and_no_other(unknown, parts):
    rows = table(years=range(2010, 2014)).astype({"enrolment": object})
    parts -= unknown
    for place in unknown:
        rows.loc[place, "enrolment"] = None if place % 2 else "about 90"
    for place in parts:
        rows.loc[place, "enrolment"] = 20.5

    said = tidy_remarks(rows)

    told = [int(line.split()[0]) for line in said]
    assert told == [len(each) for each in (unknown, parts) if each]
    for line, each in zip(said, [each for each in (unknown, parts) if each], strict=True):
        assert f"line {min(each) + 2}" in line
