"""Scores of a backtest by hand, its origins, and the reference errors."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast.backtest import Case, cases, first_origin, score_rows
from analysis.forecast.panel import Panel
from analysis.forecast.reference import (
    BLIND_ENTRY_REFERENCE,
    ENTRY_REFERENCE,
    REFERENCE,
    ReferenceErrors,
    reference_for,
)


def case(size=(100, 300), actual=((100, 100), (300, 300)), bands=(0.8,), **more):
    lower = np.array([[105.0, 80], [270, 280]])
    upper = np.array([[120.0, 100], [310, 305]])
    return Case(
        **{"method": "m", "level": "l", "origin": 2020}
        | {
            "forecast": np.array([[110.0, 90], [290, 310]]),
            "actual": np.array(actual, float),
            "size": np.array(size, float),
            "bands": dict.fromkeys(bands, (lower, upper)),
        }
        | more
    )


def row(rows, band="all", horizon=1):
    (found,) = [r for r in rows if r["size_band"] == band and r["horizon"] == horizon]
    return found


def test_scores_by_hand():
    # errors +10 of 100 and -10 of 300. Bands 105-120 misses 100, 270-310 holds 300.
    # score: (15 + 5 x 10) / 100 = 0.65 and 40 / 300 = 0.133333
    found = row(score_rows([case()]))

    assert found["n"] == 2
    assert found["mape"] == pytest.approx((0.1 + 1 / 30) / 2)
    assert found["wape"] == pytest.approx(20 / 400)
    assert found["bias"] == pytest.approx(0)
    assert found["coverage80"] == 0.5
    assert np.isnan(found["coverage95"])
    assert found["width80"] == pytest.approx((0.15 + 40 / 300) / 2)
    assert found["interval_score"] == pytest.approx((0.65 + 40 / 300) / 2)


def test_a_value_on_the_bound_is_inside_and_one_above_costs_ten_times_the_miss():
    # two years ahead: 100 is the upper bound itself; 306 lies 1 above 305: (25 + 10) / 306
    found = row(score_rows([case(actual=((100, 100), (300, 306)))]), horizon=2)

    assert found["coverage80"] == 0.5
    assert found["interval_score"] == pytest.approx((0.2 + 35 / 306) / 2)


def test_bias_is_positive_when_too_many_were_expected():
    assert row(score_rows([case(actual=((100, 100), (280, 300)))]))["bias"] == pytest.approx(
        20 / 380
    )


@pytest.mark.parametrize(
    ("size", "band"),
    [(30, "30-199"), (199, "30-199"), (200, "200-999"), (999, "200-999"), (1000, "1000-4999"),
     (4999, "1000-4999"), (5000, "5000+")],
)  # fmt: skip
def test_size_bands_begin_at_their_lower_end(size, band):
    rows = score_rows([case(size=(size, 29))])

    assert {r["size_band"] for r in rows} == {"all", band}
    assert row(rows)["n"] == 1  # 29 pupils are too few


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_nothing_is_judged_where_nobody_came_or_nobody_knows(value):
    assert row(score_rows([case(actual=((value, 100), (300, 300)))]))["n"] == 1


def test_origins_are_added_up_and_methods_kept_apart():
    rows = score_rows([case(), case(origin=2021), case(method="other")])

    assert [r["n"] for r in rows if r["size_band"] == "all" and r["horizon"] == 1] == [4, 2]


def test_a_method_that_once_gave_no_band_has_none():
    assert np.isnan(row(score_rows([case(), case(bands=())]))["coverage80"])


@pytest.mark.parametrize(
    ("years", "first"), [(2, 1), (3, 1), (4, 2), (5, 3), (8, 3), (9, 4), (20, 4)]
)
def test_first_origin_by_length_of_history(years, first):
    assert first_origin(years) == first


def counted(years=12, unknown=()):
    series = 100.0 + np.arange(years)
    pupils = np.repeat(series[None, None], 2, axis=1)
    for year in unknown:
        pupils[:, :, year - 2010] = np.nan
    return Panel(("A",), (1, 2), tuple(range(2010, 2010 + years)), pupils)


def test_cases_stand_beside_what_came():
    found = list(cases(counted(), {"all": (0, 1)}, horizon=3, methods=()))

    assert [c.origin for c in found] == list(range(2014, 2021))  # position 4 to the last but one
    first, last = found[0], found[-1]
    assert first.actual[0].tolist() == [210, 212, 214]  # 2 x 105, 106, 107
    assert first.size[0] == 208
    assert last.actual[0][0] == 222
    assert np.isnan(last.actual[0][1:]).all()


def test_a_year_nobody_counted_is_no_origin():
    found = cases(counted(unknown=(2016,)), {"all": (0, 1)}, horizon=1, methods=())

    assert 2016 not in {c.origin for c in found}


def test_reference_errors_by_hand():
    # h 4, 100 pupils: shared 0.01 x 4^0.5 = 0.02; own: (0.02 x 4)^2 + 0.5 x 4^(2 x 0.5) / 100
    # = 0.0064 + 0.02 = 0.0264
    made = ReferenceErrors(0.01, 0.5, 0.02, 1.0, 0.5, 0.5)
    h, n = np.array([4.0]), np.array([[100.0]])

    assert made.shared(h)[0] == pytest.approx(0.02)
    assert made.own(h, n)[0, 0] == pytest.approx(np.sqrt(0.0264))
    assert made.whole(h, n)[0, 0] == pytest.approx(np.sqrt(0.0264 + 0.0004))
    # nobody counts as one pupil
    assert made.own(h, np.array([[0.0]]))[0, 0] == pytest.approx(np.sqrt(0.0064 + 2.0))


def test_reference_values_are_those_of_the_method_card():
    assert ReferenceErrors(0.010, 0.65, 0.007, 0.90, 0.40, 0.68) == REFERENCE
    assert ReferenceErrors(0.022, 0.15, 0.018, 0.60, 1.40, 0.18) == ENTRY_REFERENCE
    assert ReferenceErrors(0.030, 0.80, 0.018, 0.60, 1.40, 0.18) == BLIND_ENTRY_REFERENCE


def test_the_entry_grade_alone_has_a_reference_of_its_own():
    assert reference_for((0, 1)) is REFERENCE
    assert reference_for((1,)) is REFERENCE
    assert reference_for((0,)) is ENTRY_REFERENCE
    assert reference_for((0,), births_known=False) is BLIND_ENTRY_REFERENCE
