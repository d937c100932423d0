"""Bands hold what they claim, for towns and for their county, because shocks are shared."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast.calibration import CalibratedCohort, pulled_quantile
from analysis.forecast.paths import StageMap, exceedance_of, simulate
from analysis.forecast.uncertainty import (
    REFERENCE,
    ErrorProfile,
    error_profile,
    weighted_quantile,
)

STAGES = StageMap(((0, 1, 2),))


def flat_profile(shared, own_scale, years=3):
    return ErrorProfile(
        np.full((1, years), shared),
        np.full((1, years), own_scale),
        5,
        np.full((1, years), 9.0),
        (REFERENCE,),
    )


def drawn(shared, own_scale, *, areas=12, paths=4_000):
    central = np.full((areas, 3, 3), 100.0)
    blocks = simulate(
        central, np.full((areas, 1), 300.0), STAGES, flat_profile(shared, own_scale), paths=paths
    )
    return np.concatenate([part for _, part in blocks], axis=1)


def test_stage_spread_of_the_paths_is_the_profile():
    # one error for all of 5 per cent and none of their own: towns and county spread alike
    paths = drawn(0.05, 0.0)
    town = np.log(paths.sum(axis=2)[:, 0] / 300)
    county = np.log(paths.sum(axis=(1, 2)) / 3_600)

    assert town.std(axis=0) == pytest.approx(0.05, rel=0.1)
    assert county.std(axis=0) == pytest.approx(0.05, rel=0.1)


def test_own_errors_average_out_and_shared_ones_do_not():
    # 12 equal towns: own errors shrink by the root of 12 in the sum
    own = drawn(1e-6, 1.0)
    town, county = (
        np.log(own.sum(axis=2)).std(axis=0)[0, 2],
        np.log(own.sum(axis=(1, 2))).std(axis=0)[2],
    )
    assert county == pytest.approx(town / np.sqrt(12), rel=0.1)


def test_weighted_quantile_by_hand():
    # weights 1, 1, 8 of 10: 80 per cent of the weight lies at or below the third value
    assert weighted_quantile(np.array([3.0, 1, 2]), np.array([8.0, 1, 1]), 0.8) == 3
    assert weighted_quantile(np.array([3.0, 1, 2]), np.array([8.0, 1, 1]), 0.2) == 2


def test_few_scores_leave_the_reference_quantile():
    score = np.full((1, 5), 9.0)

    assert pulled_quantile(score, np.ones(1), 0.8, 1, 1.25, 0.5) == 1.25


def test_profile_without_past_origins_is_the_reference():
    sizes = np.full((4, 1), 500.0)

    profile = error_profile({}, sizes, origin=2020, horizon=3)

    assert profile.origins == 0
    assert profile.shared[0] == pytest.approx(REFERENCE.shared(np.array([1.0, 2, 3])))
    assert profile.own_scale[0] == pytest.approx([1, 1, 1])


def test_exceedance_counts_paths_above_the_seats():
    # of 100, 110, 120, 130 pupils two exceed 110 strictly
    assert exceedance_of(np.array([[100.0], [110], [120], [130]]), 110)[0] == 0.5


def shocked_county(seed, *, towns=10, years=18):
    """Return pupils (A, 6, T) of a county whose towns share yearly shocks of entrants."""
    from analysis.forecast.panel import Panel

    random = np.random.default_rng(seed)
    size = random.uniform(60, 400, towns)
    shared = np.cumsum(random.normal(0, 0.03, years + 6))
    own = np.cumsum(random.normal(0, 0.02, (towns, years + 6)), axis=1)
    entrants = size[:, None] * np.exp(shared + own + random.normal(0, 0.04, own.shape))
    pupils = np.zeros((towns, 6, years))
    for t in range(years):
        for g in range(6):
            pupils[:, g, t] = entrants[:, 6 + t - g]
    noise = np.exp(random.normal(0, 0.01, pupils.shape))
    return Panel(
        tuple(map(str, range(towns))),
        tuple(range(1, 7)),
        tuple(range(2005, 2005 + years)),
        np.round(pupils * noise),
    )


@pytest.mark.slow
def test_bands_cover_towns_and_county_and_independent_ones_fail():
    level = {"primary": tuple(range(6))}
    hits = {"town": [], "county": [], "independent": []}
    for seed in range(60):
        panel = shocked_county(seed)
        model = CalibratedCohort(panel, level, 5)
        for origin in (2016, 2019):
            place = panel.years.index(origin)
            fit = model.fit(panel.until(origin), 5)
            profile = model.calibrated_profile(origin)
            now = panel.pupils[:, :, place].sum(axis=1)
            actual = panel.pupils[:, :, place + 3].sum(axis=1)
            middle = fit.point(level["primary"])[:, 2]
            lower, upper = fit.bands(level["primary"])[0.8]
            hits["town"] += list((actual >= lower[:, 2]) & (actual <= upper[:, 2]))
            gap = abs(np.log(actual.sum() / middle.sum()))
            hits["county"].append(gap <= 1.2816 * profile.whole(0, now)[2])
            alone = np.hypot(profile.own(0, now)[:, 2], profile.shared[0, 2]) * now / now.sum()
            hits["independent"].append(gap <= 1.2816 * np.sqrt((alone**2).sum()))

    covered = {name: float(np.mean(values)) for name, values in hits.items()}
    assert 0.75 <= covered["town"] <= 0.85
    assert 0.70 <= covered["county"] <= 0.90  # 120 cases: one standard error is 0.037
    assert covered["independent"] < 0.65
