"""Ratios, damping, transfers and the projection, by hand and by property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.forecast.progression import (
    Mixing,
    damped_log_ratios,
    mean_yearly_ratios,
    pooled_ratios,
    project,
    shrinkage_pupils,
    transfer_shares,
    transitions,
)

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


def test_pooling_sums_before_dividing():
    # 100 -> 90 and 300 -> 330 pool to 420 / 400 = 1.05; their mean is 1.00
    pupils = np.array([[[100.0, 300, 0], [0, 90, 330]]])
    arrived, left = transitions(pupils)

    ratios, pool = pooled_ratios(arrived, left, 1.0, np.zeros(1, int), np.zeros(1))

    assert ratios[0, 0] == pytest.approx(1.05)
    assert pool[0] == pytest.approx(1.05)


def test_small_area_is_pulled_towards_the_pool_by_the_given_weight():
    # area 0: 10 -> 20, area 1: 990 -> 990; pool = 1010 / 1000 = 1.01
    # with 10 pupils of pool: (20 + 10 x 1.01) / (10 + 10) = 1.505
    pupils = np.array([[[10.0, 0], [0, 20]], [[990.0, 0], [0, 990]]])
    arrived, left = transitions(pupils)

    ratios, _ = pooled_ratios(arrived, left, 1.0, np.zeros(2, int), np.array([10.0]))

    assert ratios[0, 0] == pytest.approx(1.505)


def test_unknown_counts_take_no_part():
    # 2 -> 3 is unknown on one side; only 100 -> 90 counts
    pupils = np.array([[[100.0, np.nan, 50], [0, 90, 45]]])
    arrived, left = transitions(pupils)

    ratios, _ = pooled_ratios(arrived, left, 1.0, np.zeros(1, int), np.zeros(1))

    assert ratios[0, 0] == pytest.approx(0.9)


def test_the_same_ratio_every_year_is_not_shrunk():
    pupils = np.array([[[100.0, 200, 300, 400], [0, 80, 160, 240]]])

    assert shrinkage_pupils(*transitions(pupils))[0] == 0.0


def test_noisy_areas_that_differ_little_are_shrunk_much():
    random = np.random.default_rng(1)
    left = np.full((40, 1, 8), 50.0)
    same = random.poisson(50, left.shape).astype(float)  # no differences but chance
    apart = left * random.uniform(0.7, 1.3, (40, 1, 1))  # every difference is real

    assert shrinkage_pupils(same, left)[0] > shrinkage_pupils(apart, left)[0]


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
