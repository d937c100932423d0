"""Ratios, damping, transfers and the projection, by hand and by property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.forecast.progression import (
    Mixing,
    mean_yearly_ratios,
    project,
    staying_shares,
    step_forward,
    transfer_shares,
    transitions,
)
from analysis.forecast.ratios import damped_log_ratios

#: Published vignette of the R package enrollcast: K, grade 1, grade 2 in 2021 to 2023.
VIGNETTE = np.array([[[100.0, 110, 120], [90, 95, 99], [80, 88, 91]]])


def test_mean_of_yearly_ratios_of_the_published_vignette():
    # K->1: (95/100 + 99/110) / 2 = (0.95 + 0.9) / 2 = 0.925
    # 1->2: (88/90 + 91/95) / 2 = (0.977778 + 0.957895) / 2 = 0.967836
    assert mean_yearly_ratios(VIGNETTE)[0] == pytest.approx([0.925, 0.9678363], abs=1e-7)


def test_projection_of_the_published_vignette():
    ratios = np.log(mean_yearly_ratios(VIGNETTE))[:, :, None].repeat(3, axis=2)

    pupils = project(VIGNETTE[:, :, -1], ratios, np.array([[125.0, 130, 128]]))

    assert pupils[0, :, 0] == pytest.approx([125, 111, 95.81579], abs=1e-5)
    assert pupils[0, :, 1] == pytest.approx([130, 115.625, 107.42982], abs=1e-5)
    assert pupils[0, :, 2] == pytest.approx([128, 120.25, 111.90607], abs=1e-5)


def test_damping_keeps_the_first_year_and_fades():
    # log 1.2 = 0.18232; half of the distance is left each year
    steps = damped_log_ratios(np.log([1.2]), np.zeros(1), 0.5, 3)

    assert steps[0] == pytest.approx([0.1823216, 0.0911608, 0.0455804], abs=1e-7)


def test_a_town_without_junior_school_sends_everyone_to_the_one_that_has_it():
    # towns A and B have 100 and 50 in grade 6; A's junior school takes 150 a year
    pupils = np.array([[[100.0] * 4, [150.0] * 4], [[50.0] * 4, [0.0] * 4]])

    mixing = transfer_shares(pupils, 0)

    assert mixing.shares == pytest.approx(np.array([[1.0, 0.0], [1.0, 0.0]]))


def test_towns_near_the_county_rate_keep_their_pupils():
    pupils = np.array([[[100.0] * 4, [95.0] * 4], [[100.0] * 4, [105.0] * 4]])

    assert transfer_shares(pupils, 0).shares == pytest.approx(np.eye(2))


@given(
    counts=st.lists(st.integers(1, 5_000), min_size=6, max_size=6),
    share=st.floats(0, 1),
    entrants=st.integers(0, 3_000),
)
def test_a_closed_cohort_is_conserved(counts, share, entrants):
    # every ratio is 1 and pupils only change towns: the county loses its top grade, gains entrants
    current = np.array(counts, float).reshape(2, 3)
    mixing = Mixing(1, np.array([[1 - share, share], [0.0, 1.0]]))

    after = project(current, np.zeros((2, 2, 1)), np.full((2, 1), entrants), mixing)

    expected = current[:, :2].sum() + 2 * entrants
    assert after[:, :, 0].sum() == pytest.approx(expected)


@given(scale=st.integers(2, 50), seed=st.integers(0, 1_000))
def test_projection_scales_and_ignores_the_order_of_areas(scale, seed):
    random = np.random.default_rng(seed)
    current, steps = random.uniform(10, 500, (5, 4)), random.normal(0, 0.1, (5, 3, 6))
    entrants = random.uniform(10, 500, (5, 6))
    order = random.permutation(5)

    plain = project(current, steps, entrants)

    assert project(current * scale, steps, entrants * scale) == pytest.approx(plain * scale)
    assert project(current[order], steps[order], entrants[order]) == pytest.approx(plain[order])


def test_an_unknown_departure_takes_no_part_either():
    # 100 -> 90 counts; the second departure is unknown though its arrivals are not
    pupils = np.array([[[100.0, np.nan, 50], [0, 90, 45]], [[np.nan, 80, 60], [0, 70, 72]]])

    arrived, left = transitions(pupils)

    assert arrived[:, 0].tolist() == [[90, 0], [0, 72]]
    assert left[:, 0].tolist() == [[100, 0], [0, 80]]


def test_transfer_shares_by_hand():
    # 200 leave, 160 arrive: the county's rate is 0.8. A keeps 20 of the 80 implied (a quarter), B
    # takes 140 where 80 are implied: A sends three quarters to B
    pupils = np.array([[[100.0] * 4, [20.0] * 4], [[100.0] * 4, [140.0] * 4]])

    shares = transfer_shares(pupils, 0).shares

    assert shares == pytest.approx(np.array([[0.25, 0.75], [0.0, 1.0]]))


def test_a_town_without_anybody_changes_nothing():
    pupils = np.array([[[0.0] * 4, [0.0] * 4], [[100.0] * 4, [90.0] * 4]])

    assert transfer_shares(pupils, 0).shares == pytest.approx(np.eye(2))


def test_unknown_arrivals_take_no_part_either():
    # 100 -> unknown: neither side counts, and nothing becomes unknown for it
    arrived, left = transitions(np.array([[[100.0, 80], [0, np.nan]]]))

    assert arrived[0, 0, 0] == 0
    assert left[0, 0, 0] == 0


def test_repeaters_are_no_arrivals():
    # 100 -> 90 of whom 10 repeat: 80 came up
    pupils = np.array([[[100.0, 100], [0, 90]]])
    repeaters = np.array([[[0.0, 0], [0, 10]]])

    arrived, left = transitions(pupils, None, repeaters)

    assert (arrived[0, 0, 0], left[0, 0, 0]) == (80, 100)
    unknown = transitions(pupils, None, np.full((1, 2, 2), np.nan))
    assert unknown[1][0, 0, 0] == 0
    # more repeaters than pupils is a slip: nobody came up, never fewer
    assert transitions(pupils, None, 10 * repeaters)[0][0, 0, 0] == 0


def test_share_that_stays_by_hand():
    # A: 30 of 3 x 100 repeat, B: none of 3 x 100. All 0.05; (30 + 50 x 0.05) / 350 = 0.0928571
    pupils = np.full((2, 1, 4), 100.0)
    repeaters = np.zeros((2, 1, 4))
    repeaters[0, 0, 1:] = 10
    repeaters[:, :, 0] = np.nan  # older than the three years looked at

    assert staying_shares(pupils, repeaters)[:, 0] == pytest.approx([0.0928571, 2.5 / 350])


def test_without_three_known_years_nothing_is_said_of_repeaters():
    pupils, repeaters = np.full((1, 1, 4), 100.0), np.ones((1, 1, 4))

    assert staying_shares(pupils, None) is None
    assert staying_shares(pupils[:, :, 1:], repeaters[:, :, 1:]) is None
    repeaters[0, 0, 1] = np.nan
    assert staying_shares(pupils, repeaters) is None


def test_those_who_stay_are_there_again():
    # 100 in each grade: 0.9 go up, 0.1 of the second stay: 90 + 10
    now, up = np.array([[100.0, 100.0]]), np.log(np.array([[0.9]]))

    assert step_forward(now, up, staying=np.array([[0.3, 0.1]]))[0, 1] == pytest.approx(100)
