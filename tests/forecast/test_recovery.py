"""Known rates come back: exactly without noise, without bias with it."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast import CohortModel
from tests.forecast.conftest import known_county

RATIOS = [1.0, 1.0, 1.0, 1.0, 1.0, 0.97, 0.995, 0.99]


def test_known_rates_are_recovered_exactly_without_noise():
    panel, future = known_county(ratios=RATIOS)

    forecast = CohortModel(panel, 5).forecast().pupils

    assert forecast == pytest.approx(future, rel=1e-6)


def test_forecast_is_unbiased_over_many_noisy_counties():
    # 640 towns in all: many in each of few counties cost a fraction of few in each of many
    errors = []
    for seed in range(40):
        panel, future = known_county(towns=16, ratios=RATIOS, seed=seed, noise=0.03, years=12)
        forecast = CohortModel(panel, 5).forecast().pupils
        errors.append(forecast.sum(axis=(0, 1)) / future.sum(axis=(0, 1)) - 1)

    assert np.abs(np.mean(errors, axis=0)).max() < 0.003


def test_order_of_towns_does_not_matter():
    panel, _ = known_county(towns=12, noise=0.05)
    order = np.random.default_rng(5).permutation(12)

    plain = CohortModel(panel, 5).forecast().pupils
    shuffled = CohortModel(panel.select(order), 5).forecast().pupils

    assert shuffled == pytest.approx(plain[order])


def test_births_that_say_nothing_lose_their_weight():
    panel, _ = known_county(towns=6, noise=0.01, years=16)
    random = np.random.default_rng(8)
    births = panel.drivers["births"]
    noise = {"births": births * random.uniform(0.3, 3, births.shape)}
    useless = CohortModel(
        type(panel)(
            panel.areas,
            panel.grades,
            panel.years,
            panel.pupils,
            noise,
            panel.driver_years,
            panel.driver_known,
        ),
        5,
    )

    assert CohortModel(panel, 5).forecast().driver_weight().min() > 0.9
    assert useless.forecast().driver_weight().max() < 0.2
