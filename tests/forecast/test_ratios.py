"""Ratios carried forward: pooling, departures of areas and how far they are shrunk, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast.progression import transitions
from analysis.forecast.ratios import (
    AREA_BOUNDS,
    CANDIDATES,
    DEFAULT_BESIDE_PUPILS,
    DEFAULT_SHRINKAGE_PUPILS,
    GRADE_BOUNDS,
    GROUP_PUPILS,
    PRIOR,
    Candidate,
    Departures,
    Spread,
    candidate_log_ratios,
    spread_of,
)

ONE_BLOCK = np.zeros(1, int)


def departures(arrived, left, *, groups=None, blocks=None):
    """Return the departures of ``(A, K, T)`` counts, in one block and group unless said."""
    arrived, left = np.array(arrived, float), np.array(left, float)
    groups = np.zeros(len(left), int) if groups is None else np.array(groups)
    blocks = np.zeros(left.shape[1], int) if blocks is None else np.array(blocks)
    return Departures(arrived, left, groups, blocks)


def test_pooling_sums_before_dividing():
    # 100 -> 90 and 300 -> 330 pool to 420 / 400 = 1.05; their mean is 1.00
    found = departures([[[90, 330]]], [[[100, 300]]])

    assert found.ratios(1.0, common=False)[0, 0] == pytest.approx(1.05)


def test_years_weigh_by_their_age():
    # 100 -> 100, then 100 -> 50; with decay 0.5: (0.5 x 100 + 50) / (0.5 x 100 + 100) = 2 / 3
    found = departures([[[100, 50]]], [[[100, 100]]])

    assert found.ratios(0.5, common=True)[0, 0] == pytest.approx(2 / 3)


def test_unknown_counts_take_no_part():
    # 2 -> 3 is unknown on one side; only 100 -> 90 counts
    pupils = np.array([[[100.0, np.nan, 50], [0, 90, 45]]])

    found = Departures(*transitions(pupils), np.zeros(1, int), ONE_BLOCK)

    assert found.ratios(1.0, common=False)[0, 0] == pytest.approx(0.9)


def test_a_small_area_is_pulled_towards_all_by_the_default_weight():
    # 10 -> 20 and 990 -> 990: all 1010 / 1000 = 1.01. Too few areas to tell: 50 pupils of no
    # departure. 20 found where 10.1 are expected: (20 + 50) / (10.1 + 50) = 1.164725; x 1.01
    assert DEFAULT_SHRINKAGE_PUPILS == 50
    found = departures([[[20]], [[990]]], [[[10]], [[990]]])

    ratios = found.ratios(1.0, common=False)

    assert ratios[0, 0] == pytest.approx(1.01 * 70 / 60.1)
    # (990 + 50) / (999.9 + 50) = 0.990570; x 1.01
    assert ratios[1, 0] == pytest.approx(1.01 * 1040 / 1049.9)


def test_a_year_in_which_everybody_gained_says_nothing_about_an_area():
    # both areas double in the first year and stay in the second; the first is only there in the
    # first year. Plain sums would give it 2; it departed from nobody
    found = departures([[[200, 0]], [[200, 100]]], [[[100, 0]], [[100, 100]]])

    ratios = found.ratios(1.0, common=False)

    # all: (200 + 200 + 100) / (100 + 100 + 100) = 5 / 3 for both
    assert ratios[:, 0] == pytest.approx([5 / 3, 5 / 3])


def test_grades_of_an_area_share_what_they_have_in_common():
    # area 0 gains a fifth in both grades, area 1 loses as much: all keep 1. In common: of 200
    # expected 240 are found: (240 + 50) / (200 + 50) = 1.16. Beside it: 120 found where 116 are
    # expected, with 200 pupils of no departure: (120 + 200) / (116 + 200) = 1.0126582
    assert DEFAULT_BESIDE_PUPILS == 200
    found = departures([[[120], [120]], [[80], [80]]], [[[100], [100]], [[100], [100]]])

    assert found.ratios(1.0, common=True)[0] == pytest.approx([1.16 * 320 / 316] * 2)
    # each by itself: (120 + 50) / (100 + 50)
    assert found.ratios(1.0, common=False)[0] == pytest.approx([170 / 150] * 2)


def test_blocks_of_grades_do_not_share():
    found = departures(
        [[[120], [100]], [[80], [100]]], [[[100], [100]], [[100], [100]]], blocks=[0, 2]
    )

    ratios = found.ratios(1.0, common=True)

    # (120 + 50) / 150 = 1.133333, beside it (120 + 200) / (113.3333 + 200)
    assert ratios[0] == pytest.approx([170 / 150 * 320 / (100 * 170 / 150 + 200), 1.0])


def test_a_group_stands_between_an_area_and_all():
    # groups of one area each: 10 -> 20 and 90 -> 90; all 110 / 100 = 1.1; expected 11 and 99.
    # group of the first: (20 + 40) / (11 + 40) = 1.1764706; the area beside it:
    # (20 + 50) / (11 x 1.1764706 + 50) = 1.1121495; ratio 1.1 x 1.1764706 x 1.1121495 = 1.439252
    assert GROUP_PUPILS == 40
    found = departures([[[20]], [[90]]], [[[10]], [[90]]], groups=[0, 1])

    assert found.ratios(1.0, common=False)[0, 0] == pytest.approx(1.439252, abs=1e-6)


def two_camps(areas, low=(80, 100, 80, 100), high=(100, 120, 100, 120)):
    """Return arrivals and expectations: half the areas come out low, the others high."""
    expected = np.full((areas, 1, 4), 100.0)
    arrived = np.array([[low if a % 2 else high] for a in range(areas)], float)
    return arrived, expected


def test_spread_and_noise_by_hand():
    # own 0.9 and 1.1; each year 0.1 off its own.
    # noise: 100 x 0.01 in each of 8 x 4 = 32 years, 3 degrees an area: 32 / 24 = 1.333333
    # between: 8 x 400 x 0.01 = 32, less 1.333333 x 7 = 9.333333: 22.666667
    # effective size: 3200 - 8 x 400^2 / 3200 = 2800; spread 22.666667 / 2800 = 0.00809524
    found = spread_of(*two_camps(8))

    assert found.noise[0] == pytest.approx(4 / 3)
    assert found.between[0] == pytest.approx(0.00809524, abs=1e-8)
    assert found.known[0]
    # 1.333333 / 0.00809524 = 164.7059 pupils
    assert found.pupils((5, 1_000), 50)[0] == pytest.approx(164.7059, abs=1e-3)
    assert found.pupils((5, 100), 50)[0] == 100
    assert found.pupils((200, 1_000), 50)[0] == 200


def test_jumps_of_one_year_do_not_rule_the_noise():
    # 0.4 of what was expected counts as half of it: low areas 0.5 and 0.6 around their own 0.5:
    # 0 and 0.01 in turn; high ones 0.1 off: noise 100 x (4 x 2 x 0.01 + 4 x 4 x 0.01) / 24 = 1
    arrived, expected = two_camps(8, low=(40, 60, 40, 60), high=(140, 160, 140, 160))

    found = spread_of(arrived, expected)

    assert found.noise[0] == pytest.approx(1.0)
    # between: 8 x 400 x 0.25 = 800, less 7: 793 / 2800
    assert found.between[0] == pytest.approx(793 / 2800)


def test_too_few_areas_or_years_take_the_default():
    arrived, expected = two_camps(8)

    assert not spread_of(arrived[:7], expected[:7]).known[0]
    assert not spread_of(arrived[:, :, :2], expected[:, :, :2]).known[0]
    assert spread_of(arrived[:, :, :3], expected[:, :, :3]).known[0]
    unknown = Spread(np.array([0.0]), np.array([0.1]), np.array([False]))
    assert unknown.pupils((5, 100), 50)[0] == 50


def test_the_same_departure_every_year_is_not_shrunk():
    exact = Spread(np.array([0.0]), np.array([0.1]), np.array([True]))

    assert exact.pupils((5, 100), 50)[0] == 0


def test_areas_that_differ_by_chance_alone_are_shrunk_as_far_as_allowed():
    # all come out as expected on the whole, half of them high and low in turn: no spread
    arrived, expected = two_camps(8, low=(80, 120, 80, 120), high=(120, 80, 120, 80))

    found = spread_of(arrived, expected)

    assert found.between[0] == 0
    assert found.pupils(AREA_BOUNDS, 50)[0] == AREA_BOUNDS[1]
    assert found.pupils(GRADE_BOUNDS, 50)[0] == GRADE_BOUNDS[1]


def test_an_area_seen_in_one_year_has_no_say_in_the_noise():
    arrived, expected = two_camps(9)
    expected[8, 0, 1:] = arrived[8, 0, 1:] = 0

    with_it, without = spread_of(arrived, expected), spread_of(arrived[:8], expected[:8])

    assert with_it.noise[0] == pytest.approx(without.noise[0])
    assert with_it.between[0] == pytest.approx(without.between[0])


def test_prior_of_candidates_by_hand():
    # fades 1, 3, 2, 1 of 7, three memories alike, in common twice as likely as not:
    # 3 x 7 x (2 + 1) = 63 parts
    by_candidate = dict(zip(CANDIDATES, PRIOR, strict=True))

    assert by_candidate[Candidate(0.4, "one", 1.0, True)] == pytest.approx(2 / 63)
    assert by_candidate[Candidate(0.9, "one", 0.85, False)] == pytest.approx(3 / 63)
    assert by_candidate[Candidate(0.65, "one", 0.65, True)] == pytest.approx(4 / 63)
    assert by_candidate[Candidate(0.65, "pool", 0.65, False)] == pytest.approx(1 / 63)
    assert len(CANDIDATES) == 24


def test_candidates_keep_the_first_year_and_differ_later():
    # one area, ratio 1.2 every year: every memory says 1.2; fades to one differ from the second on
    pupils = np.array([[[100.0] * 6, [120.0] * 6]])

    steps = np.exp(candidate_log_ratios(pupils, np.zeros(1, int), 2, ONE_BLOCK))[:, 0, 0]

    assert steps[:, 0] == pytest.approx(np.full(len(CANDIDATES), 1.2))
    by_candidate = dict(zip(CANDIDATES, steps[:, 1], strict=True))
    assert by_candidate[Candidate(0.4, "one", 0.65, True)] == pytest.approx(1.2**0.65)
    assert by_candidate[Candidate(0.4, "pool", 0.65, False)] == pytest.approx(1.2)


def test_one_grade_has_no_ratios():
    steps = candidate_log_ratios(np.ones((3, 1, 5)), np.zeros(3, int), 2, np.zeros(0, int))

    assert steps.shape == (len(CANDIDATES), 3, 0, 2)


def test_ratios_beyond_reason_are_cut():
    # nobody, then everybody: 0 of 100 is cut at 0.02
    pupils = np.array([[[100.0] * 3, [0.0] * 3]])

    steps = np.exp(candidate_log_ratios(pupils, np.zeros(1, int), 1, ONE_BLOCK))

    assert steps.min() == pytest.approx(0.02)


def test_two_years_of_an_area_tell_noise_and_one_does_not():
    # nine areas, all but the last seen in three years; the last in two, 20 apart around its own
    # 1.0: noise 8 x 0 + 100 x (0.01 + 0.01) = 2 over 8 x 2 + 1 = 17 degrees of freedom
    expected = np.full((9, 1, 3), 100.0)
    arrived = expected.copy()
    expected[8, 0, 2] = arrived[8, 0, 2] = 0
    arrived[8, 0, :2] = [90, 110]

    assert spread_of(arrived, expected).noise[0] == pytest.approx(2 / 17)


def test_a_fiftyfold_rise_is_the_most_that_is_carried_on():
    pupils = np.array([[[1.0] * 3, [100.0] * 3]])

    steps = np.exp(candidate_log_ratios(pupils, np.zeros(1, int), 1, ONE_BLOCK))

    assert steps.max() == pytest.approx(50)
