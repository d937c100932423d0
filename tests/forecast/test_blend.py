"""Series methods beside the cohorts: how far they may move them, and when."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast.blend import COMBINATIONS, Blend, prior_weights, series_forecasts
from analysis.forecast.panel import Panel
from analysis.forecast.reference import REFERENCE


def panel_of(series, *, births=False):
    """Return a panel of one area and three equal grades with this yearly total."""
    pupils = np.repeat(np.array(series, float)[None, None] / 3, 3, axis=1)
    drivers = {"births": np.ones((1, 3))} if births else {}
    years = tuple(range(2010, 2010 + len(series)))
    return Panel(("A",), (1, 2, 3), years, pupils, drivers, (2010, 2011, 2012), (0, 0, 0))


def corrected(series, cohort, *, births=False, horizon=5):
    """Return the factor of the last origin when the cohorts always said ``cohort`` times now."""
    panel = panel_of(series, births=births)

    def plain(year):
        now = panel.pupils[:, :, panel.years.index(year)]
        return now[:, :, None] * cohort ** np.arange(1, horizon + 1)

    blend = Blend(panel, ((0, 1, 2),), horizon, horizon, plain)
    return blend.correction(panel, plain(panel.years[-1]))[0, 0]


def test_last_value_and_damped_trend_by_hand():
    # 100 -> 150 in five years: log growth ln(1.5) / 5 = 0.0810930 a year; the first step keeps
    # 0.85 of it, the second 0.7225 more: 150 exp(0.0689291) = 160.704, 150 exp(0.1275187) = 170.401
    naive, trend = series_forecasts(np.array([[100.0, 110, 120, 130, 140, 150]]), 2)[:, 0]

    assert naive == pytest.approx([150, 150])
    assert trend == pytest.approx([160.7040, 170.4006], abs=1e-3)


def test_trend_is_never_steeper_than_ten_per_cent_a_year():
    # 100 -> 1000 in one year; the first step is 0.1 x 0.85: 1000 exp(0.085) = 1088.717
    assert series_forecasts(np.array([[100.0, 1_000]]), 1)[1, 0] == pytest.approx(
        [1088.717], abs=1e-3
    )


def test_unknown_last_total_gives_no_series():
    assert np.isnan(series_forecasts(np.array([[100.0, np.nan]]), 1)).all()


def test_combinations_are_shares():
    assert COMBINATIONS.sum(axis=1) == pytest.approx(np.ones(len(COMBINATIONS)))
    assert (COMBINATIONS >= 0).all()


def test_cohorts_start_with_most_of_the_weight_and_most_close_ahead():
    # one year ahead 4 x (1 + 2) = 12 against seven others; two years 4 x 1.5 = 6 against seven
    assert prior_weights(1)[0] == pytest.approx(12 / 19)
    assert prior_weights(2)[0] == pytest.approx(6 / 13)


def test_cohorts_that_were_right_are_left_alone():
    assert corrected(100 * 1.05 ** np.arange(12), 1.05)[0] == pytest.approx(1, abs=0.01)


def test_cohorts_that_always_fell_in_a_flat_series_are_lifted_within_their_usual_error():
    usual = REFERENCE.whole(np.arange(1.0, 6.0), np.array([[3_000.0]]))[0]

    factor = corrected(np.full(14, 3_000.0), 0.97)

    assert (factor > 1).all()
    assert (np.log(factor) <= usual + 1e-12).all()


def test_where_births_are_known_a_series_far_from_the_cohorts_counts_for_little():
    # the cohorts say 30 per cent less a year, after years of growth they had also foreseen
    flat = np.full(14, 3_000.0)

    without, with_births = corrected(flat, 0.7), corrected(flat, 0.7, births=True)

    assert np.log(with_births[4]) < 0.1 * np.log(without[4])


def test_correction_fades_beyond_the_judged_horizon():
    panel = panel_of(np.full(14, 3_000.0))

    def plain(year):
        now = panel.pupils[:, :, panel.years.index(year)]
        return now[:, :, None] * 0.99 ** np.arange(1, 11)

    blend = Blend(panel, ((0, 1, 2),), 10, 5, plain)
    factor = np.log(blend.correction(panel, plain(2023))[0, 0])
    usual = REFERENCE.whole(np.arange(1.0, 11.0), np.array([[3_000.0]]))[0]

    assert factor[9] <= 0.8**5 * usual[9] + 1e-12


def areas_panel(areas, years=6):
    pupils = np.full((areas, 1, years), 100.0)
    names = tuple(f"A{i}" for i in range(areas))
    return Panel(names, (1,), tuple(range(2010, 2010 + years)), pupils)


def test_loss_of_the_combinations_by_hand():
    # 100 and 200 came. Cohorts 110 and 200: (0.1 + 0) / 2, and half of 10 / 300 for all together.
    # Last value 100 and 100: (0 + 0.5) / 2 + 0.5 x 100 / 300. Half and half: 105 and 150:
    # (0.05 + 0.25) / 2 + 0.5 x 45 / 300
    panel = areas_panel(2)
    panel.pupils[:, 0, 5] = [100, 200]
    blend = Blend(panel, ((0,),), 2, 2, lambda year: np.zeros((2, 1, 2)))
    values = np.array([[110.0, 200], [100, 100], [100, 300]])

    loss = blend._loss(values, 5, 0)

    assert loss[0] == pytest.approx(0.05 + 5 / 300)
    assert loss[3] == pytest.approx(0.25 + 50 / 300)
    assert loss[2] == pytest.approx(0.15 + 22.5 / 300)


@pytest.mark.parametrize(("came", "judges"), [(10.0, True), (9.9, False), (np.nan, False)])
def test_ten_pupils_judge_combinations_too(came, judges):
    panel = areas_panel(1)
    panel.pupils[:, 0, 5] = came
    blend = Blend(panel, ((0,),), 2, 2, lambda year: np.zeros((1, 1, 2)))

    loss = blend._loss(np.array([[40.0], [10.0], [10.0]]), 5, 0)

    assert (loss is not None) == judges
    if judges:  # 40 where 10 came: taken as wholly wrong, and all together three times off
        assert loss[0] == pytest.approx(1 + 0.5 * 3)


def test_weights_of_the_combinations_by_hand():
    # ten areas: sharpness 4 x 10 / 20 = 2. Origins 3 and 4 judge one year ahead, 3 alone two; the
    # cohorts erred by half of the others every time: relative loss ln 2.
    # One year ahead: origins (2 + 1 / 2) / 1.5 = 1.666667, 2^-3.333333 = 0.0992126;
    # prior 12 : 1: 12 / (12 + 7 x 0.0992126) = 0.945293
    # Two: (1 + 1) / 1.5 = 1.333333, 2 x 1.333333 / sqrt 2 = 1.885618, 2^-1.885618 = 0.270627;
    # prior 6 : 1: 6 / (6 + 7 x 0.270627). Three lean on two: 1.539601, 0.343979, prior 4.888889 : 1
    blend = Blend(areas_panel(10), ((0,),), 3, 2, lambda year: np.zeros((10, 1, 3)))
    loss = np.full(len(COMBINATIONS), 0.2)
    loss[0] = 0.1
    blend._past = lambda place, block: np.zeros((3, 10, 3))
    blend._loss = lambda values, place, block: loss

    weights = blend._weights(5, 0)

    assert weights.sum(axis=0) == pytest.approx(np.ones(3))
    assert weights[0] == pytest.approx(
        [12 / (12 + 7 * 0.0992126), 6 / (6 + 7 * 0.270627), 4.888889 / (4.888889 + 7 * 0.343979)],
        abs=1e-5,
    )


def test_origins_before_the_fourth_year_judge_nothing():
    blend = Blend(areas_panel(10), ((0,),), 2, 2, lambda year: np.zeros((10, 1, 2)))

    assert blend._weights(3, 0)[0] == pytest.approx([12 / 19, 6 / 13])


def test_a_forecast_of_the_past_is_made_once_and_todays_is_not_kept():
    made = []

    def plain(year):
        made.append(year)
        return np.full((2, 1, 2), 90.0)

    panel = areas_panel(2)
    blend = Blend(panel, ((0,),), 2, 2, plain)

    assert blend._past(3, 0)[0].tolist() == [[90, 90], [90, 90]]
    assert blend._past(3, 0)[1].tolist() == [[100, 100], [100, 100]]
    assert made == [2013]
    blend.remember(panel, np.zeros((2, 1, 2)))
    assert (5, 0) not in blend._totals
