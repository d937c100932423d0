"""Baselines of the backtest by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast.methods import (
    BASELINES,
    NORMAL_QUANTILE,
    Drift,
    Naive,
    PlainProgression,
    Simulated,
)
from analysis.forecast.panel import Panel


def panel(*series):
    """Return a panel of one grade."""
    pupils = np.array(series, float)[:, None]
    names = tuple("ABC"[: len(series)])
    return Panel(names, (1,), tuple(range(2010, 2010 + pupils.shape[2])), pupils)


def test_normal_quantiles():
    assert NORMAL_QUANTILE == {0.8: 1.2816, 0.95: 1.96}


def test_last_year_with_random_walk_bands():
    # changes 10 and 20: root of (100 + 400) / 2 = 15.811388; twice that four years ahead
    fitted = Naive().fit(panel([100, 110, 130]), 4)

    assert fitted.point([0])[0].tolist() == [130] * 4
    lower, upper = fitted.bands([0])[0.8]
    assert upper[0, 0] == pytest.approx(130 + 1.2816 * 15.811388)
    assert upper[0, 3] == pytest.approx(130 + 1.2816 * 15.811388 * 2)
    assert lower[0, 0] == pytest.approx(130 - 1.2816 * 15.811388)


def test_a_straight_line_through_first_and_last():
    # 15 a year; changes 10 and 20 lie 5 off: root of 50 / 1 = 7.071068. One year ahead times
    # root(1 x (1 + 1/2)), two years ahead root(2 x (1 + 2/2)) = 2
    fitted = Drift().fit(panel([100, 110, 130]), 2)

    assert fitted.point([0])[0].tolist() == [145, 160]
    lower, upper = fitted.bands([0])[0.95]
    assert upper[0, 0] - 145 == pytest.approx(1.96 * 7.071068 * np.sqrt(1.5))
    assert 160 - lower[0, 1] == pytest.approx(1.96 * 7.071068 * 2)


def test_a_line_begins_where_the_area_does():
    # 110 -> 130 in one year, not in two
    assert Drift().fit(panel([np.nan, 110, 130]), 1).point([0])[0, 0] == 150


def test_nothing_falls_below_nobody():
    fitted = Drift().fit(panel([100, 50, 10]), 2)

    assert fitted.point([0])[0].tolist() == [0, 0]
    assert (fitted.bands([0])[0.8][0] >= 0).all()


def test_unknown_changes_take_no_part():
    # only 130 -> 150 is a change: root of 400 / 1
    fitted = Naive().fit(panel([np.nan, 130, 150]), 1)

    assert fitted.bands([0])[0.8][1][0, 0] == pytest.approx(150 + 1.2816 * 20)


def test_usual_practice_by_hand():
    # grade 1 100, 200, 100, 100; the second grade keeps 1.0 of 1 cohort and 0.9 of the others:
    # last three transitions (100 + 180 + 90) / (100 + 200 + 100) = 0.925; entrants as last year
    pupils = np.array([[[100.0, 200, 100, 100], [50, 100, 180, 90]]])
    given = Panel(("A",), (1, 2), (2010, 2011, 2012, 2013), pupils)

    fitted = PlainProgression().fit(given, 2)

    assert fitted.point([0])[0].tolist() == [100, 100]
    assert fitted.point([1])[0] == pytest.approx([92.5, 92.5])
    assert fitted.point([0, 1])[0] == pytest.approx([192.5, 192.5])


def test_older_transitions_do_not_count():
    # five transitions; the first two kept everybody, the last three half: 0.5
    pupils = np.array([[[100.0] * 6, [100, 100, 100, 50, 50, 50]]])
    given = Panel(("A",), (1, 2), tuple(range(2010, 2016)), pupils)

    assert PlainProgression().fit(given, 1).point([1])[0, 0] == pytest.approx(50)


def test_an_area_without_a_grade_takes_the_ratio_of_all():
    pupils = np.array([[[100.0] * 4, [80.0] * 4], [[0.0, 0, 0, 50], [0.0, 0, 0, 0]]])
    given = Panel(("A", "B"), (1, 2), (2010, 2011, 2012, 2013), pupils)

    assert PlainProgression().fit(given, 1).point([1])[1, 0] == pytest.approx(40)


def test_steady_counts_have_bands_without_width():
    pupils = np.array([[[100.0] * 6, [90.0] * 6]])
    fitted = PlainProgression().fit(Panel(("A",), (1, 2), tuple(range(6)), pupils), 3)

    lower, upper = fitted.bands([0, 1])[0.8]
    assert lower == pytest.approx(upper)
    assert lower[0] == pytest.approx([190] * 3)


def test_bands_draw_whole_past_years():
    # the ratio was 0.8 or 1.0 in turn, pooled 0.9: one year ahead every path is one of the two
    arrived = [90.0, 80, 100, 80, 100]
    pupils = np.array([[[100.0] * 5, arrived]])
    fitted = PlainProgression(years=4).fit(Panel(("A",), (1, 2), tuple(range(5)), pupils), 1)

    assert set(np.round(fitted.paths[:, 0, 1, 0], 6)) == {80.0, 100.0}


def test_simulated_methods_give_median_and_quantiles():
    # eleven paths of 0 to 10 and of 0 to 100: their sums are 0, 11, ... 110
    steps = np.arange(11.0)
    paths = np.stack([steps, 10 * steps], axis=1).reshape(11, 1, 2, 1)
    fitted = Simulated(paths)

    assert fitted.point([0, 1])[0, 0] == 55
    assert fitted.bands([0])[0.8][0][0, 0] == pytest.approx(1)
    assert fitted.bands([0])[0.8][1][0, 0] == pytest.approx(9)
    assert fitted.bands([1])[0.95][1][0, 0] == pytest.approx(97.5)


def test_names_of_the_baselines():
    assert [m.name for m in BASELINES] == ["naive", "drift", "progression_3_naive_entry"]
