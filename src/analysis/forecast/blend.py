"""Series methods beside the cohorts (序列法组合): combined only where the past says they help.

For each block of grades the cohort total stands beside last year's figure and a damped trend.
Fixed combinations of the three are judged by their errors from past origins; the better ones carry
the weight, and the cohorts carry most of it before anything has been judged. The whole block is
moved by one factor, so grades, stages, towns and county stay coherent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from analysis.forecast.panel import Array, Panel
from analysis.forecast.reference import reference_for

#: Parts of cohorts, last value and damped trend in each combination.
COMBINATIONS: Array = np.array(
    [
        (1.0, 0.0, 0.0),
        (0.75, 0.25, 0.0),
        (0.5, 0.5, 0.0),
        (0.0, 1.0, 0.0),
        (0.75, 0.0, 0.25),
        (0.5, 0.0, 0.5),
        (0.0, 0.0, 1.0),
        (0.5, 0.25, 0.25),
    ]
)
#: Odds of the cohorts alone against each combination before any past origin has spoken, far
#: ahead; twice as much is added one year ahead, where most pupils are already in school.
COHORT_ODDS = 4.0
#: How sharply weights react to relative error, per past origin, and the number of areas at which
#: half of that is reached: a single series has few errors of its own to learn from.
SHARPNESS = 4.0
HALF_SHARP_AREAS = 10.0
#: Where births are known, a series that departs from the cohorts by this many usual errors counts
#: as far off: the cohorts know what it cannot.
DEPARTURE = 2.5
#: The trend of a series: over these years, fading by this factor a year, at most this much a year.
TREND_YEARS = 5
TREND_DAMPING = 0.85
STEEPEST = 0.1
#: First position of an origin that judges combinations.
FIRST_JUDGED = 3
#: Beyond the judged horizons the correction fades by this factor a year.
FADING = 0.8
_EXACT = 1e-7
_FEWEST = 10.0
_WHOLE_WEIGHT = 0.5
_NEARNESS = 0.5
_TINY = 1e-9


def prior_weights(ahead: int) -> Array:
    """Return the weight of each combination before any past origin has spoken, ``(O,)``."""
    raw = np.ones(len(COMBINATIONS))
    raw[0] = COHORT_ODDS * (1 + 2 / ahead**2)
    return np.asarray(raw / raw.sum())


def series_forecasts(series: Array, horizon: int) -> Array:
    """Return last value and damped trend of yearly totals.

    Parameters
    ----------
    series
        ``(A, T)`` totals.
    horizon
        Years ahead.

    Returns
    -------
    Array
        ``(2, A, horizon)``; NaN where the last total is unknown.
    """
    last = series[:, -1]
    years = min(TREND_YEARS, series.shape[1] - 1)
    before = series[:, -1 - years]
    usable = np.isfinite(before) & (before > 0) & (last > 0) & (years > 0)
    growth = np.zeros(len(last))
    growth[usable] = np.log(last[usable] / before[usable]) / max(years, 1)
    steps = np.cumsum(TREND_DAMPING ** np.arange(1, horizon + 1))
    trend = np.exp(np.clip(growth, -STEEPEST, STEEPEST)[:, None] * steps)
    return np.stack([np.repeat(last[:, None], horizon, axis=1), last[:, None] * trend])


@dataclass
class Blend:
    """Corrections of cohort forecasts by series methods, learned from past origins.

    Parameters
    ----------
    panel
        Whole known history.
    blocks
        Positions of the grades of each block that is corrected as a whole.
    horizon
        Years ahead.
    judged
        Years ahead that past origins are judged at.
    plain
        Gives the uncorrected cohort forecast ``(A, G, H)`` from a past origin.
    """

    panel: Panel
    blocks: tuple[tuple[int, ...], ...]
    horizon: int
    judged: int
    plain: Callable[[int], Array]
    _totals: dict[tuple[int, int], Array] = field(default_factory=dict)

    def correction(self, known: Panel, pupils: Array) -> Array:
        """Return the factor ``(A, G, H)`` for the forecast ``pupils`` from the end of ``known``.

        Notes
        -----
        No correction is larger than the error the cohorts usually have at that size and horizon.
        Where births are known, a series far from the cohorts counts little: it knows nothing of
        the births behind them, and a turn would be smoothed away.
        """
        place = self.panel.years.index(known.years[-1])
        result = np.ones(pupils.shape)
        ahead = np.arange(1, self.horizon + 1, dtype=float)
        fade = FADING ** np.maximum(ahead - self.judged, 0.0)
        for block, columns in enumerate(self.blocks):
            values = self._values(known, pupils, columns)
            parts = np.einsum("oh,ok->kh", self._weights(place, block), COMBINATIONS)
            now = np.nan_to_num(known.pupils[:, list(columns), -1]).sum(axis=1)
            usual = reference_for(columns).whole(ahead, now[:, None])
            gap = np.zeros(values.shape)
            good = np.isfinite(values).all(axis=0) & (values > 0).all(axis=0)
            gap[:, good] = np.log(values[:, good] / values[0, good])
            share = np.repeat(parts[:, None], len(now), axis=1)  # (3, A, H)
            if known.drivers:
                share = share * np.exp(-0.5 * (gap / (DEPARTURE * usual)) ** 2)
            moved = np.log1p((share * np.expm1(gap)).sum(axis=0))
            factor = np.exp(np.clip(moved, -usual, usual) * fade)
            result[:, list(columns)] = factor[:, None, :]
        return result

    def remember(self, known: Panel, pupils: Array) -> None:
        """Keep the block totals of a forecast that was made, so that none is made twice."""
        if known.years[-1] == self.panel.years[-1]:
            return  # today's forecast may know more than an origin of this year did
        place = self.panel.years.index(known.years[-1])
        for b, columns in enumerate(self.blocks):
            self._totals[place, b] = self._values(known, pupils, columns)

    def _values(self, known: Panel, pupils: Array, columns: tuple[int, ...]) -> Array:
        """Return totals of a block by cohorts, last value and damped trend, ``(3, A, H)``."""
        series = known.pupils[:, list(columns)].sum(axis=1)
        cohort = pupils[:, list(columns)].sum(axis=1)
        return np.concatenate([cohort[None], series_forecasts(series, self.horizon)])

    def _past(self, place: int, block: int) -> Array:
        if (place, block) not in self._totals:
            year = self.panel.years[place]
            self.remember(self.panel.until(year), self.plain(year))
        return self._totals[place, block]

    def _weights(self, place: int, block: int) -> Array:
        """Return the weight of each combination by years ahead, ``(O, H)``."""
        score, mass = np.zeros((len(COMBINATIONS), self.judged)), np.zeros(self.judged)
        for past in range(FIRST_JUDGED, place):
            values = self._past(past, block)
            for h in range(min(self.judged, place - past)):
                loss = self._loss(values[:, :, h], past + h + 1, block)
                if loss is not None:
                    score[:, h] += np.log((loss + _EXACT) / (loss.min() + _EXACT))
                    mass[h] += 1.0
        weights = np.stack([prior_weights(h) for h in range(1, self.horizon + 1)], axis=1)
        if not mass.any():
            return weights
        for step in range(self.horizon):
            distance = np.abs(np.arange(self.judged) - min(step, self.judged - 1))
            near = _NEARNESS**distance * (mass > 0)
            mean = (score / np.maximum(mass, _TINY)) @ near / near.sum()
            origins = (mass @ near) / near.sum()
            areas = len(self.panel.areas)
            sharp = SHARPNESS * areas / (areas + HALF_SHARP_AREAS) * origins / np.sqrt(1 + step)
            raw = np.exp(-sharp * (mean - mean.min())) * weights[:, step]
            weights[:, step] = raw / raw.sum()
        return weights

    def _loss(self, values: Array, place: int, block: int) -> Array | None:
        """Return the mean relative error of each combination, ``(O,)``, or None."""
        actual = self.panel.pupils[:, list(self.blocks[block]), place].sum(axis=1)
        heavy = np.isfinite(actual) & (actual >= _FEWEST) & np.isfinite(values).all(axis=0)
        if not heavy.any():
            return None
        gap = COMBINATIONS @ values[:, heavy] - actual[heavy]
        mean = np.minimum(np.abs(gap) / actual[heavy], 1.0).mean(axis=1)
        whole = np.abs(gap.sum(axis=1)) / actual[heavy].sum()
        return np.asarray(mean + _WHOLE_WEIGHT * whole)
