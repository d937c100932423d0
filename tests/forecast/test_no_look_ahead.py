"""A spike planted after the origin changes nothing that was forecast before it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from analysis.forecast.backtest import cases
from analysis.forecast.methods import BASELINES
from tests.forecast.conftest import known_county

LEVELS = {"primary": tuple(range(6)), "junior": (6, 7, 8)}


def spiked(panel, after):
    """Return the panel with pupils and drivers after ``after`` multiplied by ten."""
    pupils = panel.pupils.copy()
    pupils[:, :, [i for i, y in enumerate(panel.years) if y > after]] *= 10
    late = np.array(panel.driver_known) > after
    drivers = {k: np.where(late[None, :], v * 10, v) for k, v in panel.drivers.items()}
    return dataclasses.replace(panel, pupils=pupils, drivers=drivers)


@pytest.mark.parametrize("origin", [2015, 2018, 2021])
def test_no_method_sees_what_came_after_its_origin(origin):
    panel, _ = known_county(towns=6, years=14, noise=0.05)

    before = list(cases(panel, LEVELS, methods=BASELINES, origins=[origin]))
    after = list(cases(spiked(panel, origin), LEVELS, methods=BASELINES, origins=[origin]))

    assert {c.method for c in before} == {"cohort", *(m.name for m in BASELINES)}
    for left, right in zip(before, after, strict=True):
        assert right.forecast == pytest.approx(left.forecast, rel=1e-12)
        for share, (lower, upper) in left.bands.items():
            assert right.bands[share][0] == pytest.approx(lower, rel=1e-12)
            assert right.bands[share][1] == pytest.approx(upper, rel=1e-12)


def test_the_spike_is_seen_once_it_is_past():
    panel, _ = known_county(towns=6, years=14, noise=0.05)

    plain = next(iter(cases(panel, LEVELS, methods=(), origins=[2021])))
    changed = next(iter(cases(spiked(panel, 2019), LEVELS, methods=(), origins=[2021])))

    assert not np.allclose(plain.forecast, changed.forecast)
