"""Ratios, damping, transfers and the projection, by hand and by property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.forecast.progression import (
    CANDIDATES,
    DEFAULT_SHRINKAGE_PUPILS,
    PRIOR,
    SHRINKAGE_BOUNDS,
    Candidate,
    Mixing,
    candidate_log_ratios,
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


def test_prior_of_candidates_by_hand():
    # three memories alike; fades 1, 3, 2, 1 of 7: no fade 1 / 21, fade 0.85 to one 3 / 21
    by_candidate = dict(zip(CANDIDATES, PRIOR, strict=True))

    assert by_candidate[Candidate(0.4, "one", 1.0)] == pytest.approx(1 / 21)
    assert by_candidate[Candidate(0.9, "one", 0.85)] == pytest.approx(3 / 21)
    assert by_candidate[Candidate(0.65, "one", 0.65)] == pytest.approx(2 / 21)
    assert by_candidate[Candidate(0.65, "pool", 0.65)] == pytest.approx(1 / 21)


def two_camps(areas):
    """Return arrivals and departures: half the areas keep 80 or 100, the others 100 or 120."""
    left = np.full((areas, 1, 4), 100.0)
    low, high = [80.0, 100, 80, 100], [100.0, 120, 100, 120]
    arrived = np.array([[low if a % 2 else high] for a in range(areas)])
    return arrived, left


def test_shrinkage_weight_by_hand():
    # own ratios 0.9 and 1.1 around a pool of 1; each year 0.1 off its own.
    # noise: 100 x 0.01 in each of 8 x 4 = 32 years, 3 degrees an area: 32 / 24 = 1.33333
    # between: 8 x 400 x 0.01 = 32, less 1.33333 x 7 = 9.33333: 22.66667
    # effective size: 3200 - 8 x 400^2 / 3200 = 2800; spread 22.66667 / 2800 = 0.00809524
    # weight 1.33333 / 0.00809524 = 164.7, and never more than 40
    arrived, left = two_camps(8)

    assert shrinkage_pupils(arrived, left)[0] == SHRINKAGE_BOUNDS[1]


def test_shrinkage_weight_within_its_bounds_by_hand():
    # own ratios 0.5 and 1.5 around a pool of 1. Yearly ratios are clipped to 0.5 and 2 of the pool,
    # so 0.4 counts as 0.5. Noise: 100 x 0.01 in 16 years of the high areas and 8 of the low ones,
    # 24, over 24 degrees of freedom: 1. Between: 8 x 400 x 0.25 = 800, less 1 x 7: 793, over the
    # effective size of 2800: 0.28321429. Weight 1 / 0.28321429 = 3.53089
    left = np.full((8, 1, 4), 100.0)
    low, high = [40.0, 60, 40, 60], [140.0, 160, 140, 160]
    arrived = np.array([[low if a % 2 else high] for a in range(8)])

    assert shrinkage_pupils(arrived, left)[0] == pytest.approx(3.53089, abs=1e-4)


def test_fewer_than_eight_areas_take_the_default():
    assert shrinkage_pupils(*two_camps(7))[0] == DEFAULT_SHRINKAGE_PUPILS


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


def test_candidates_keep_the_first_year_and_differ_later():
    # one area, ratio 1.2 every year: every memory says 1.2; fades to one differ from the second on
    pupils = np.array([[[100.0] * 6, [120.0] * 6]])

    steps = np.exp(candidate_log_ratios(pupils, np.zeros(1, int), 2))[:, 0, 0]

    assert steps[:, 0] == pytest.approx(np.full(len(CANDIDATES), 1.2))
    by_candidate = dict(zip(CANDIDATES, steps[:, 1], strict=True))
    assert by_candidate[Candidate(0.4, "one", 0.65)] == pytest.approx(1.2**0.65)
    assert by_candidate[Candidate(0.4, "pool", 0.65)] == pytest.approx(1.2)


def test_years_weigh_by_their_age():
    # 100 -> 100, then 100 -> 50; with decay 0.5: (0.5 x 100 + 50) / (0.5 x 100 + 100) = 2 / 3
    arrived, left = np.array([[[100.0, 50]]]), np.array([[[100.0, 100]]])

    ratios, _ = pooled_ratios(arrived, left, 0.5, np.zeros(1, int), np.zeros(1))

    assert ratios[0, 0] == pytest.approx(2 / 3)


def test_a_group_stands_between_an_area_and_the_pool():
    # groups of one area each: 10 -> 20 and 90 -> 90; pool 1.1; weight 10.
    # group of the first: (20 + 10 x 1.1) / (10 + 10) = 1.55; area: (20 + 10 x 1.55) / 20 = 1.775
    arrived, left = np.array([[[20.0]], [[90.0]]]), np.array([[[10.0]], [[90.0]]])

    ratios, pool = pooled_ratios(arrived, left, 1.0, np.array([0, 1]), np.array([10.0]))

    assert pool[0] == pytest.approx(1.1)
    assert ratios[0, 0] == pytest.approx(1.775)


def test_unknown_arrivals_take_no_part_either():
    # 100 -> unknown: neither side counts, and nothing becomes unknown for it
    arrived, left = transitions(np.array([[[100.0, 80], [0, np.nan]]]))

    assert arrived[0, 0, 0] == 0
    assert left[0, 0, 0] == 0
