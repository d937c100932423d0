"""Entry cohorts by the cut-off, entry ratios, and drivers beyond what is known."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast.entrants import (
    EntryCandidate,
    candidate_entrants,
    entry_candidates,
    entry_prior,
    extend_driver,
    relative_growth,
    weighted_entrants,
)
from analysis.forecast.panel import Panel, entry_cohorts


def panel(entrants, children, *, first=2018, known=None):
    """Return a one-grade panel; ``children`` start at the first school year."""
    years = tuple(range(first, first + len(entrants)))
    entry_years = tuple(range(first, first + len(children)))
    return Panel(
        ("A",),
        (1,),
        years,
        np.array([[entrants]], float),
        {"births": np.array([children], float)},
        entry_years,
        known or tuple(0 for _ in entry_years),
    )


def test_monthly_births_follow_the_31_august_cut_off():
    # 2017: 1 birth in every month; 2018: 10 in every month. Entering 2024 at 6: September to
    # December 2017 (4 x 1) and January to August 2018 (8 x 10) = 84
    births = np.array([[[1.0] * 12, [10.0] * 12]])

    children, years, known = entry_cohorts(births, (2017, 2018), 6, monthly=True)

    assert years == (2024,)
    assert children[0, 0] == 84
    assert known == (2019,)


def test_yearly_births_are_split_one_third_two_thirds():
    # 4/12 of 120 + 8/12 of 150 = 40 + 100 = 140
    children, years, _ = entry_cohorts(np.array([[120.0, 150.0]]), (2017, 2018), 6)

    assert children[0, 0] == pytest.approx(140)
    assert years == (2024,)


def test_even_months_give_the_same_cohort_as_their_yearly_totals():
    births = np.array([[[10.0] * 12, [20.0] * 12]])

    monthly, _, _ = entry_cohorts(births, (2017, 2018), 6, monthly=True)
    yearly, _, _ = entry_cohorts(births.sum(axis=2), (2017, 2018), 6)

    assert monthly == pytest.approx(yearly)


def test_constant_entry_ratio_is_carried_to_known_cohorts():
    # 80 of 100 children enter every year: the next cohort of 150 gives 120
    item = panel([80, 88, 72, 80], [100, 110, 90, 100, 150])

    values = candidate_entrants(item, 1, (EntryCandidate("births", 0.5, 0.0),))

    assert values[0, 0, 0] == pytest.approx(120)


def test_without_a_driver_the_last_years_are_averaged():
    # weights 1, 1/2, 1/4 from the latest: (40 + 20/2 + 20/4) / 1.75 = 31.428571
    item = panel([20, 20, 40], [1, 1, 1])

    values = candidate_entrants(item, 2, (EntryCandidate("", 0.5, 0.0),))

    assert values[0, 0] == pytest.approx([31.428571, 31.428571])


def test_a_driver_known_too_late_is_not_used():
    item = panel([80, 88, 72, 80], [100, 110, 90, 100, 150], known=(0, 0, 0, 0, 2022))

    before = candidate_entrants(item.until(2021), 1, (EntryCandidate("births", 0.5, 0.0),))

    # the cohort of 150 became known in 2022 only; the trend of 100 -> 100 (4 years) continues flat
    assert before[0, 0, 0] == pytest.approx(80, rel=0.02)


def test_driver_is_extended_by_its_damped_trend():
    # log growth over four years = log(0.8 / 1) / 4 = -0.0557859; first step keeps 0.7 of it:
    # 80 x exp(-0.0557859 x 0.7) = 76.9364
    values = extend_driver(np.array([[100.0, 95, 90, 85, 80, np.nan]]), damping=0.7)

    assert values[0, 5] == pytest.approx(80 * np.exp(np.log(0.8) / 4 * 0.7))
    assert values[0, 5] == pytest.approx(76.9364, abs=1e-3)


def test_silent_candidates_give_up_their_weight():
    values = np.array([[[10.0]], [[np.nan]], [[20.0]]])

    assert weighted_entrants(values, np.array([[1.0], [8.0], [1.0]]))[0, 0] == pytest.approx(15)


def test_series_without_driver_gets_no_trend():
    assert {c.trend for c in entry_candidates(()) if not c.driver} == {0.0}


def test_entry_ratio_weighs_recent_years_more():
    # 50 of 100, then 80 of 100; decay 0.5: (25 + 80) / (50 + 100) = 0.7; the next 100 give 70
    item = panel([50, 80], [100, 100, 100])

    values = candidate_entrants(item, 1, (EntryCandidate("births", 0.5, 0.0),))

    assert values[0, 0, 0] == pytest.approx(70)


def test_a_trend_of_the_ratio_goes_on_damped():
    # ratios 0.6, 0.7, 0.8, 0.9 of 1000: relative slope by weighted least squares, then pulled
    # towards none by 100 pupils against a mean of 750 entrants
    item = panel([600, 700, 800, 900], [1000] * 6)
    age = np.array([3.0, 2, 1, 0])
    weight = 0.8**age
    relative = np.array([0.6, 0.7, 0.8, 0.9]) / 0.75
    x = -age - (weight * -age).sum() / weight.sum()
    y = relative - (weight * relative).sum() / weight.sum()
    slope = (weight * x * y).sum() / (weight * x**2).sum() * 750 / 850
    level = (0.5**age * np.array([600, 700, 800, 900])).sum() / (0.5**age * 1000).sum()

    values = candidate_entrants(item, 2, (EntryCandidate("births", 0.5, 0.85),))

    first = level * (1 + slope * 0.85) * 1000
    second = level * (1 + slope * (0.85 + 0.85**2)) * 1000
    assert values[0, 0] == pytest.approx([first, second])


def test_two_years_give_no_trend():
    item = panel([60, 90], [100, 100, 100])

    flat, steep = (
        candidate_entrants(item, 1, (EntryCandidate("births", 0.5, t),))[0, 0, 0]
        for t in (0.0, 0.85)
    )

    assert steep == pytest.approx(flat)


def test_unknown_children_or_entrants_take_no_part():
    item = panel([50, np.nan, 80], [100, 100, np.nan, 100])

    values = candidate_entrants(item, 1, (EntryCandidate("births", 0.5, 0.0),))

    assert values[0, 0, 0] == pytest.approx(50)


def test_a_driver_without_any_known_year_says_nothing():
    item = panel([50, 60, 80], [np.nan, np.nan, np.nan, 100])

    assert np.isnan(candidate_entrants(item, 1, (EntryCandidate("births", 0.5, 0.0),))).all()


def test_births_start_with_ten_times_the_weight_of_the_series():
    # ten parts for births, one for the series, each spread over its candidates
    candidates = entry_candidates(("births",))

    weight = entry_prior(candidates)

    births = sum(w for c, w in zip(candidates, weight, strict=True) if c.driver)
    assert births == pytest.approx(10 / 11)
    assert weight.sum() == pytest.approx(1)


def test_a_driver_known_for_one_year_only_is_carried_flat():
    values = extend_driver(np.array([[np.nan, 100.0, np.nan, np.nan]]))

    assert values[0, 2:] == pytest.approx([100, 100])
    assert np.isnan(values[0, 0])


def test_trend_of_a_driver_looks_back_five_years_at_most():
    # six known: the first (1000) is too old; log(80 / 100) over five years, 0.7 of it next
    values = extend_driver(np.array([[1000.0, 100, 95, 90, 85, 82, 80, np.nan]]))

    assert values[0, 7] == pytest.approx(80 * np.exp(np.log(80 / 100) / 5 * 0.7))


def grown(last, before, *, groups=None, grades=2, years=5):
    """Return a panel whose areas had ``before`` pupils a grade four years ago and ``last`` now."""
    steps = np.linspace(np.array(before, float), np.array(last, float), years, axis=-1)
    pupils = np.repeat(steps[:, None], grades, axis=1)
    names = tuple("ABCDEFGH"[: len(last)])
    return Panel(
        names,
        tuple(range(1, grades + 1)),
        tuple(range(2018, 2018 + years)),
        pupils,
        groups=None if groups is None else np.array(groups),
    )


def test_growth_beside_the_others_by_hand():
    # two grades: A 200 -> 400, B and C 200 -> 200: all 600 -> 800, a third more. A was to have
    # 266.667: ln((400 + 200) / (266.667 + 200)) / 4 = 0.0628286 a year. Its entrants are 150 in
    # the mean of five years, as many as what halves it: 0.0314143; four fifths of it a year later
    moved = relative_growth(grown([200, 100, 100], [100, 100, 100]), 2)

    assert moved[0] == pytest.approx([0.0314143, 0.0251314], abs=1e-6)
    # B was to have 266.667 and has 200: ln(400 / 466.667) / 4 x 150 / (100 + 150)
    assert moved[1, 0] == pytest.approx(np.log(400 / (800 / 3 + 200)) / 4 * 0.6)


def test_growth_of_a_group_stays_and_that_of_an_area_in_it_fades():
    # A and B grow alike, C and D do not: nothing within the groups, and it does not fade
    found = relative_growth(grown([200, 200, 100, 100], [100] * 4, groups=[0, 0, 1, 1]), 3)

    # group 0: 400 -> 800 where all 800 -> 1200 imply 600: ln(850 / 650) / 4 x 150 / (150 + 150)
    assert found[0] == pytest.approx([np.log(850 / 650) / 8] * 3)


def test_growth_is_at_most_a_tenth_a_year():
    # A 2 -> 20 000: far beyond exp(0.4); entrants 5 000.5 in the mean
    moved = relative_growth(grown([10_000, 1, 1], [1, 1, 1]), 1)

    assert moved[0, 0] == pytest.approx(0.1 * 150 / (5_000.5 + 150))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (grown([200, 100], [100, 100]), "two areas"),
        (grown([200, 100, 100], [100] * 3, grades=1), "one grade"),
        (grown([200, 100, 100], [100] * 3, years=1), "one year"),
    ],
)
def test_nothing_is_added_where_nothing_can_be_compared(given, why):
    assert (relative_growth(given, 3) == 0).all(), why


def test_an_area_that_was_empty_or_is_now_has_no_growth():
    moved = relative_growth(grown([50, 0, 100, 100], [0, 100, 100, 100]), 1)

    assert moved[:2, 0].tolist() == [0, 0]
    assert moved[2, 0] == 0


def test_own_births_show_growth_themselves():
    # the same children by area and for all: growth moves what is forecast from the latter only
    own = grown([200, 100, 100], [100, 100, 100])
    children = np.full((3, 8), 100.0)
    both = Panel(
        own.areas,
        own.grades,
        own.years,
        own.pupils,
        {"births": children, "county_births": children},
        tuple(range(2018, 2026)),
        tuple([0] * 8),
    )
    candidates = (EntryCandidate("births", 0.5, 0.0), EntryCandidate("county_births", 0.5, 0.0))

    made = candidate_entrants(both, 1, candidates)

    assert made[1, 0, 0] / made[0, 0, 0] == pytest.approx(np.exp(0.0314143), abs=1e-6)


def test_two_years_are_enough_to_see_growth():
    # 200 -> 400, others 200 -> 200, in one year: the same as over four, but not divided by four
    moved = relative_growth(grown([200, 100, 100], [100, 100, 100], years=2), 1)

    # capped at a tenth: ln(600 / 466.667) = 0.2513; entrants 150 in the mean halve it
    assert moved[0, 0] == pytest.approx(0.05)


def test_half_a_pupil_is_somebody():
    # shares of pupils occur where schools split them; they are no reason to look away
    moved = relative_growth(grown([0.25, 100, 100], [0.25, 50, 50]), 1)

    assert moved[0, 0] != 0


def test_a_driver_of_few_children_keeps_its_trend():
    # 0.5 -> 0.9 in a year, kept by 0.7: 0.9 x exp(0.7 x ln 1.8)
    assert extend_driver(np.array([[0.5, 0.9, np.nan]]))[0, 2] == pytest.approx(0.9 * 1.8**0.7)
