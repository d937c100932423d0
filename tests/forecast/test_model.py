"""Weights of the cohort model: how past errors become weights, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast.model import (
    CohortModel,
    _block_loss,
    _soft,
    block_columns,
    grade_blocks,
    panel_mixing,
)
from analysis.forecast.panel import Panel
from analysis.forecast.ratios import CANDIDATES, PRIOR


def steady(areas=3, years=10, ratio=0.9, grades=3, **more):
    """Return areas whose ratios never change and whose entrants are 100."""
    pupils = np.empty((areas, grades, years))
    for grade in range(grades):
        pupils[:, grade] = 100 * ratio**grade
    names = tuple(f"A{i}" for i in range(areas))
    years = tuple(range(2010, 2010 + years))
    return Panel(names, tuple(range(1, grades + 1)), years, pupils, **more)


def test_grades_are_judged_in_three_blocks():
    # the block of a transition is that of the grade it leads to
    assert grade_blocks((0, 1, 6, 7, 9, 10, 12)).tolist() == [0, 0, 1, 1, 2, 2]
    assert block_columns((5, 6, 7, 8, 9, 10)) == ((0, 1), (2, 3, 4), (5,))
    assert block_columns((7, 8)) == ((0, 1),)


def test_loss_of_a_block_by_hand():
    # area A: 55 + 55 where 100 came, 0.1 off; area B has 9 pupils and does not judge. The error of
    # all together counts half beside the mean: 0.1 + 0.5 x 0.1. The other candidate is right
    forecast = np.array([[[55.0, 55], [90, 0]], [[50.0, 50], [5, 4]]])
    actual = np.array([[50.0, 50], [5, 4]])

    assert _block_loss(forecast, actual) == pytest.approx([0.15, 0])


def test_ten_pupils_judge_and_errors_are_capped_at_one():
    # 10 pupils came: 40 expected is three times off, taken as one; all together 30 / 10
    found = _block_loss(np.array([[[40.0]]]), np.array([[10.0]]))

    assert found == pytest.approx([1 + 0.5 * 3])
    assert _block_loss(np.array([[[40.0]]]), np.array([[9.9]])) is None


def test_errors_of_opposite_sign_cancel_in_the_whole_only():
    found = _block_loss(np.array([[[110.0], [90.0]]]), np.array([[100.0], [100.0]]))

    assert found == pytest.approx([0.1])


def test_what_one_candidate_cannot_say_judges_none():
    forecast = np.array([[[np.nan, 55]], [[50.0, 55]]])

    assert _block_loss(forecast, np.array([[50.0, 50.0]])) == pytest.approx([0.15, 0.15])


def test_soft_weights_by_hand():
    # exp(0) x 0.25 against exp(-2 x 0.5) x 0.75 = 0.275910: 0.475367 and 0.524633
    found = _soft(np.array([1.0, 1.5]), 2.0, np.array([0.25, 0.75]))

    assert found == pytest.approx([0.475367, 0.524633], abs=1e-6)


def test_without_a_past_origin_weights_are_the_prior():
    model = CohortModel(steady(years=3), 4)

    assert model.progression_weights(2012)[:, 0, 3] == pytest.approx(PRIOR)
    assert model.entry_weights(2012)[:, 0] == pytest.approx([0.5, 0.5])


def test_a_candidate_that_was_exact_takes_all_the_weight():
    # ratios of 0.9 for ever: fading to one was wrong two years ahead at every origin, going on was
    # not. One year ahead all said the same
    weights = CohortModel(steady(), 3).progression_weights(2019)[:, 0]

    going_on = [c.damping == 1.0 or c.target == "pool" for c in CANDIDATES]
    assert weights[going_on, 1].sum() == pytest.approx(1)
    assert weights.sum(axis=0) == pytest.approx(np.ones(3))


def test_years_beyond_the_judged_ones_lean_on_the_last_judged():
    weights = CohortModel(steady(), 8).progression_weights(2019)[:, 0]

    going_on = [c.damping == 1.0 or c.target == "pool" for c in CANDIDATES]
    assert weights[going_on, 7].sum() == pytest.approx(1)


def test_births_that_told_entrants_take_the_weight():
    # entrants are half of the children born for their year, who come in waves
    children = 200 + 50 * np.sin(np.arange(16) * 2)
    panel = steady(3)
    pupils = panel.pupils.copy()
    pupils[:, 0] = children[:10] / 2
    known = Panel(
        panel.areas,
        panel.grades,
        panel.years,
        pupils,
        {"births": np.repeat(children[None], 3, axis=0)},
        tuple(range(2010, 2026)),
        tuple([2000] * 16),
    )

    point = CohortModel(known, 3).forecast()

    assert point.driver_weight() == pytest.approx(np.ones(3), abs=0.01)
    assert point.entrants[0] == pytest.approx(children[10:13] / 2, rel=0.005)


def test_nobody_changes_town_without_a_transfer_or_another_town():
    assert panel_mixing(steady()) is None
    assert panel_mixing(steady(areas=1, transfer_grade=1)) is None
    shares = np.array([[0.5, 0.5], [0.0, 1.0]])
    found = panel_mixing(steady(areas=2, transfer_grade=2, transfers=shares))
    assert found is not None
    assert found.transition == 1
    assert found.shares is shares


def test_a_past_origin_is_remembered_and_today_is_not():
    model = CohortModel(steady(), 2)

    assert model.forecast(2015) is model.forecast(2015)
    assert model.forecast() is not model.forecast()


def test_a_forecast_from_the_past_has_the_panel_of_the_past():
    assert CohortModel(steady(), 2).forecast(2015).panel.years[-1] == 2015


def test_repeaters_are_followed_by_themselves_exactly():
    # a tenth of each grade repeats, 0.85 go up; cohorts come in waves. The ratio alone errs
    random = np.random.default_rng(0)
    years, grades = 14, 4
    pupils, again = np.zeros((2, 1, grades, years))
    pupils[0, :, 0] = 200
    entrants = 200 + 80 * np.sin(np.arange(years)) + random.normal(0, 5, years)
    for t in range(1, years):
        again[0, :, t] = 0.1 * pupils[0, :, t - 1]
        pupils[0, 1:, t] = 0.85 * pupils[0, :-1, t - 1] + again[0, 1:, t]
        pupils[0, 0, t] = entrants[t] + again[0, 0, t]
    whole = Panel(("A",), (1, 2, 3, 4), tuple(range(2010, 2010 + years)), pupils, repeaters=again)
    known = whole.until(2022)

    apart = CohortModel(known, 1).forecast(2022)
    together = CohortModel(Panel(known.areas, known.grades, known.years, known.pupils), 1).forecast(
        2022
    )

    def errors(point):
        uncorrected = point.pupils / point.correction
        return np.abs(uncorrected[0, 1:, 0] / pupils[0, 1:, 13] - 1).max()

    assert errors(apart) < 0.002
    assert errors(together) > 5 * errors(apart)


def entry_model(errors, *, areas=2, judging=None):
    """Return a model whose entry errors at past origins are given: place -> ``(C, A, H)``."""
    model = CohortModel(steady(areas=areas, years=6), 2)
    model._judged = lambda place: (np.zeros((24, 3, 2)), errors[place])
    if judging is not None:
        model._judging = model.panel.select(np.arange(judging))
    return model


def test_entry_weights_by_hand():
    # origins 2012 to 2014 judge one year ahead, 2012 and 2013 two; the second candidate always errs
    # by a fifth, the first by a tenth. Pooled 0.1 and 0.2, over their median 0.15: 2 / 3 and 4 / 3.
    # Each area by itself the same (over the median of the two candidates). Relative log loss ln 2,
    # sharpness 0.7 x 3: 2^-2.1 = 0.233258 against 1
    error = np.stack([np.full((2, 2), 0.1), np.full((2, 2), 0.2)])
    model = entry_model(dict.fromkeys((2, 3, 4), error))

    weights = model.entry_weights(2015)

    assert weights[:, 0] == pytest.approx([1 / 1.233258, 0.233258 / 1.233258], abs=1e-6)


def test_an_area_with_a_record_of_its_own_departs_from_the_others():
    # A: the first candidate is right twice as often; B the other way round. Pooled they are alike.
    # Own losses 2 / 3 and 4 / 3 of the median weigh 3 origins (times rows over most rows, 1), the
    # pooled ones 20: (3 x 2/3 + 20) / 23 and (3 x 4/3 + 20) / 23, ratio 24 / 22
    error = np.array([[[0.1] * 2, [0.2] * 2], [[0.2] * 2, [0.1] * 2]])
    model = entry_model(dict.fromkeys((2, 3, 4), error))

    weights = model.entry_weights(2015)

    less = (24 / 22) ** -2.1
    assert weights[:, 0] == pytest.approx([1 / (1 + less), less / (1 + less)])
    assert weights[:, 1] == pytest.approx(weights[::-1, 0])


def test_an_area_that_was_never_judged_takes_what_all_say():
    error = np.array([[[0.1] * 2, [np.nan] * 2], [[0.2] * 2, [np.nan] * 2]])
    model = entry_model(dict.fromkeys((2, 3, 4), error))

    weights = model.entry_weights(2015)

    assert weights[:, 1] == pytest.approx([1 / 1.233258, 0.233258 / 1.233258], abs=1e-6)


def test_where_some_areas_judge_for_all_nobody_has_a_record():
    error = np.array([[[0.1] * 2, [0.2] * 2], [[0.2] * 2, [0.1] * 2]])
    model = entry_model(dict.fromkeys((2, 3, 4), error), areas=3, judging=2)

    assert model.entry_weights(2015) == pytest.approx(np.full((2, 3), 0.5))


def test_a_candidate_that_could_not_speak_is_taken_as_the_best():
    # births were not counted yet: the second candidate says nothing at all
    error = np.array([[[0.1] * 2] * 2, [[np.nan] * 2] * 2])
    model = entry_model(dict.fromkeys((2, 3, 4), error))

    assert model.entry_weights(2015)[:, 0] == pytest.approx([0.5, 0.5])


def test_nine_children_do_not_judge_and_one_who_came_counts_as_one():
    # entrants 9 in the last year, 20 before: candidates are not judged by it
    panel = steady(areas=1, years=5)
    pupils = panel.pupils.copy()
    pupils[0, 0] = [20, 20, 20, 9, 10]
    given = Panel(panel.areas, panel.grades, panel.years, pupils)

    _, errors = CohortModel(given, 2)._judged(2)

    assert np.isnan(errors[:, 0, 0]).all()
    # 20 expected where 10 came: off by 1, the most an error counts
    assert errors[:, 0, 1] == pytest.approx([1.0, 1.0])
