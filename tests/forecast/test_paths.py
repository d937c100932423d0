"""Simulated paths: their spread in closed form, their sums, their order and their seed."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast import paths as module
from analysis.forecast.paths import (
    CELL_NOISE,
    ENTRY_LEVEL,
    PROGRESSION_SHARE,
    WIDEST_OWN,
    StageMap,
    quantile_band,
    simulate,
    stage_quantiles,
    stage_spread,
)
from analysis.forecast.reference import REFERENCE
from analysis.forecast.uncertainty import ErrorProfile

STAGES = StageMap(((0, 1), (2,)))


def profile(shared=0.03, own=1.0, *, stages=2, years=4):
    return ErrorProfile(
        np.full((stages, years), shared),
        np.full((stages, years), own),
        5,
        np.full((stages, years), 9.0),
        (REFERENCE,) * stages,
    )


def paths_of(central, base, *, item=None, count=2_000, **more):
    parts = simulate(central, base, STAGES, item or profile(), paths=count, **more)
    return np.concatenate([part for _, part in parts], axis=1)


CENTRAL = np.full((3, 3, 4), 100.0)
BASE = np.array([[200.0, 100.0]] * 3)


def test_spread_of_an_entry_grade_by_hand():
    # one grade, first year: the entrants' shock alone, a step of variance 1/2 and the level:
    # sqrt(0.5 + 0.36) = 0.927362; second year: two steps, sqrt(1 + 0.36) = 1.166190
    weights = np.ones((1, 2))

    assert stage_spread(weights, 0.6, 0.0) == pytest.approx([0.927362, 1.166190], abs=1e-6)


def test_spread_of_pupils_already_in_school_by_hand():
    # all weight on the third grade in the first two years: progression shocks of 0.35 a year and a
    # drift of half that: first year 0.35 x sqrt(1 + 1/4); second 0.35 x sqrt(2 + 4/4)
    weights = np.zeros((3, 2))
    weights[2] = 1.0

    found = stage_spread(weights, ENTRY_LEVEL, 0.0)

    assert found == pytest.approx(PROGRESSION_SHARE * np.sqrt([1.25, 3.0]))


def test_noise_of_single_grades_averages_within_a_stage():
    # two equal grades that carry noise only: 0.5 / sqrt 2 on top of their common shocks
    weights = np.full((2, 1), 0.5)

    with_noise = stage_spread(weights, 0.6, 0.5)[0] ** 2
    without = stage_spread(weights, 0.6, 0.0)[0] ** 2

    assert with_noise - without == pytest.approx(0.125)


def test_simulated_spread_is_the_closed_form():
    # the own error of 200 pupils is drawn, whatever mixture of shocks makes it up
    made = paths_of(CENTRAL, BASE, item=profile(shared=1e-9), count=20_000)
    logs = np.log(made[:, 0, :2].sum(axis=1))

    expected = REFERENCE.own(np.arange(1.0, 5.0), np.array([[200.0]]))[0]
    assert logs.std(axis=0) == pytest.approx(expected, rel=0.06)


def test_own_errors_do_not_lift_the_mean():
    small = np.full((1, 3, 4), 10.0)

    made = paths_of(small, np.array([[20.0, 10.0]]), item=profile(shared=1e-9), count=40_000)

    total = made[:, :, :2].sum(axis=(1, 2)).mean(axis=0)
    assert total == pytest.approx(np.full(4, 20.0), rel=0.03)


def test_a_stage_new_housing_will_fill_is_as_uncertain_as_its_size_says():
    # no pupils now, 100 expected: the error of 100 pupils, not of none
    filled = np.array([[200.0, 0.0]] * 3)

    made = paths_of(CENTRAL, filled, item=profile(shared=1e-9), count=20_000)

    expected = REFERENCE.own(np.arange(1.0, 5.0), np.array([[100.0]]))[0]
    assert np.log(made[:, 0, 2]).std(axis=0) == pytest.approx(expected, rel=0.06)


def test_a_handful_of_pupils_never_explodes():
    tiny = np.full((1, 3, 4), 1.0)

    made = paths_of(tiny, np.array([[2.0, 1.0]]), item=profile(shared=1e-9), count=4_000)

    assert np.log(made[:, 0, 2]).std(axis=0).max() < 1.1 * WIDEST_OWN


def test_empty_grades_stay_empty():
    central = CENTRAL.copy()
    central[1, 2] = 0.0

    assert (paths_of(central, BASE, count=50)[:, 1, 2] == 0).all()


def test_the_same_seed_gives_the_same_paths_on_any_number_of_threads(monkeypatch):
    monkeypatch.setattr("analysis.forecast.paths._BLOCK_CELLS", 1_000)
    many = np.full((40, 3, 4), 100.0)
    base = np.full((40, 2), 150.0)

    alone, threaded = (paths_of(many, base, count=50, workers=w) for w in (1, 3))
    other = paths_of(many, base, count=50, seed=1)

    assert np.array_equal(alone, threaded)
    assert not np.array_equal(alone, other)


def test_blocks_cover_every_area_once_and_in_order(monkeypatch):
    monkeypatch.setattr("analysis.forecast.paths._BLOCK_CELLS", 1_000)
    many = np.arange(1.0, 41)[:, None, None] * np.ones((1, 3, 4)) * 10

    parts = [p for p, _ in simulate(many, many[:, :2, 0], STAGES, profile(), paths=50, workers=2)]

    assert [i for p in parts for i in range(p.start, p.stop)] == list(range(40))


def test_shared_shocks_move_every_town_alike():
    made = paths_of(CENTRAL, BASE, item=profile(shared=0.05, own=0.0), count=500)

    assert made[:, 0] == pytest.approx(made[:, 2], rel=1e-5)


def test_noise_makes_grades_of_a_town_differ():
    made = np.log(paths_of(CENTRAL, BASE, item=profile(shared=1e-9), count=5_000))

    together = np.corrcoef(made[:, 0, 0, 0], made[:, 0, 1, 0])[0, 1]
    assert CELL_NOISE > 0
    assert together < 0.95


def test_quantiles_are_paths_of_the_given_rank():
    # 101 paths of 0 to 100 in one grade: the path at a tenth of the order is 10
    part = np.arange(101.0)[:, None, None, None] * np.ones((1, 1, 2, 1))

    found = stage_quantiles(part, (0, 1), (0.1, 0.5, 0.9))

    assert found[:, 0, 0].tolist() == [20, 100, 180]


def test_a_band_always_holds_its_centre():
    lower, upper = quantile_band(np.arange(101.0)[:, None], np.array([95.0]), 0.8)

    assert (lower[0], upper[0]) == pytest.approx((10, 95))


def test_noise_of_the_years_and_grades_of_a_path_is_independent(monkeypatch):
    # without walks only the noise of single grades is left
    def still(random, areas, horizon, paths):
        del random
        nothing = np.zeros((areas, horizon, paths), dtype=np.float32)
        return module._Shocks(nothing, nothing)

    monkeypatch.setattr(module, "_unit_shocks", still)
    central, base = np.full((2, 3, 6), 100.0), np.array([[200.0, 100.0]] * 2)
    made = paths_of(central, base, item=profile(years=6), count=4_001)
    noise = np.log(made).reshape(4_001, -1)  # areas, grades, years side by side
    found = np.corrcoef(noise.T)

    assert noise.shape[1] == 36
    assert np.abs(found - np.eye(36)).max() < 0.08
    # half the paths have the opposite noise of the others, and one is left over
    deviation = noise - np.median(noise, axis=0)
    assert deviation[:2_000] == pytest.approx(-deviation[2_001:], abs=0.01)


def test_a_block_is_never_smaller_than_one_area(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_CELLS", 1)

    parts = [part for part, _ in simulate(CENTRAL, BASE, STAGES, profile(), paths=10)]

    assert parts == [slice(0, 1), slice(1, 2), slice(2, 3)]
