"""Calibrated intervals (区间校准): bands whose coverage on past origins is what they claim.

The spread of an area's error comes from the error profile (shared and own part, by years ahead
and size). Its quantiles come from the standardised errors of past origins, by years ahead and size
band, pulled towards the reference quantiles while independent errors are few (split conformal
prediction over origins, Vovk et al. 2005, with a prior).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.forecast.methods import NORMAL_QUANTILE, SHARES, Bands
from analysis.forecast.model import CohortModel
from analysis.forecast.panel import Array, Panel
from analysis.forecast.reference import reference_for
from analysis.forecast.uncertainty import (
    ErrorProfile,
    error_profile,
    judging_origins,
    past_errors,
    recency,
    weighted_quantile,
)

#: Quantiles of standardised errors before any past origin has spoken.
REFERENCE_QUANTILE = {0.8: 1.20, 0.95: 2.15}
#: Independent errors worth of evidence in the reference quantiles.
QUANTILE_PRIOR_ERRORS = 8.0
#: Size bands within which quantiles are taken, by upper end (pupils of the level).
BAND_ENDS = (200.0, 1_000.0, 5_000.0, np.inf)
_FEWEST_SCORES = 10
_FIRST_ERRORS = 3


@dataclass(frozen=True)
class CalibratedFit:
    """Our method fitted at an origin: the cohort forecast with calibrated bands."""

    pupils: Array
    columns: Mapping[tuple[int, ...], int]
    spread: Array
    quantile: Mapping[float, Array]

    def point(self, columns: Sequence[int]) -> Array:
        """Return the central forecast of the sum of some grades, ``(A, H)``."""
        return np.asarray(self.pupils[:, list(columns)].sum(axis=1))

    def bands(self, columns: Sequence[int]) -> Bands:
        """Return calibrated bounds by share."""
        level = self.columns[tuple(columns)]
        middle = self.point(columns)
        return {
            share: (
                middle * np.exp(-q[level] * self.spread[level]),
                middle * np.exp(q[level] * self.spread[level]),
            )
            for share, q in self.quantile.items()
        }


class CalibratedCohort:
    """The cohort model with bands calibrated on its own past origins.

    Parameters
    ----------
    panel
        Whole history; every fit looks only at what was known at its origin.
    levels
        Positions of the grades of each level that will be asked for.
    horizon
        Years ahead.
    """

    name = "cohort"

    def __init__(
        self,
        panel: Panel,
        levels: Mapping[str, tuple[int, ...]],
        horizon: int,
    ) -> None:
        self.model = CohortModel(panel, horizon)
        self.levels = levels
        self.horizon = horizon
        self.reference = tuple(
            reference_for(columns, births_known=bool(panel.drivers)) for columns in levels.values()
        )
        self._profiles: dict[int, ErrorProfile] = {}
        self.errors = past_errors(self.model, tuple(levels.values()), _FIRST_ERRORS)

    def fit(self, panel: Panel, horizon: int) -> CalibratedFit:
        """Return the forecast from the last year of ``panel`` with its bands."""
        origin = panel.years[-1]
        point = self.model.forecast(origin).pupils[:, :, :horizon]
        sizes = self._sizes(origin)
        profile = self.profile(origin)
        spread = self._spread(profile, sizes)
        quantile = {
            share: np.stack(
                [self._quantiles(origin, s, share, sizes[:, s]) for s in range(len(self.levels))]
            )
            for share in SHARES
        }
        columns = {tuple(v): i for i, v in enumerate(self.levels.values())}
        cut = {share: values[:, :, :horizon] for share, values in quantile.items()}
        return CalibratedFit(point, columns, spread[:, :, :horizon], cut)

    def profile(self, origin: int) -> ErrorProfile:
        """Return the error profile known at ``origin``."""
        if origin not in self._profiles:
            self._profiles[origin] = error_profile(
                self.errors,
                self._sizes(origin),
                origin=origin,
                horizon=self.horizon,
                reference=self.reference,
                first_year=self.model.panel.years[0],
            )
        return self._profiles[origin]

    def calibrated_profile(self, origin: int) -> ErrorProfile:
        """Return the error profile with its spread set so that the 80 per cent bands hold.

        Simulated paths are scaled to it; their heavy tails give the 95 per cent bands.
        """
        profile = self.profile(origin)
        factor = np.ones_like(profile.shared)
        for s in range(len(self.levels)):
            whole = self._pooled_quantile(origin, s, SHARES[0])
            factor[s] = whole / NORMAL_QUANTILE[SHARES[0]]
        return profile.times(factor).predictive()

    def _pooled_quantile(self, origin: int, level: int, share: float) -> Array:
        """Return quantiles of standardised errors over all areas by years ahead, ``(H,)``."""
        reference = REFERENCE_QUANTILE[share]
        result = np.full(self.horizon, reference)
        alike = self._alike(origin, level, self._sizes(origin)[:, level])
        for h, recent, score in self._scores(origin, level):
            result[h - 1 :] = pulled_quantile(score, recent, share, h, reference, alike[h - 1])
        return result

    def _scores(self, origin: int, level: int) -> Iterator[tuple[int, Array, Array]]:
        """Yield years ahead, weights of the past origins, and their standardised errors (O, A)."""
        past = judging_origins(self.errors, origin, self.model.panel.years[0])
        spreads = {year: self._spread(self.profile(year), self._sizes(year)) for year in past}
        for h in range(1, self.horizon + 1):
            judged = [year for year in past if year + h <= origin]
            if judged:
                score = [
                    np.abs(self.errors[y][:, level, h - 1]) / spreads[y][level][:, h - 1]
                    for y in judged
                ]
                yield h, recency(judged, origin - h), np.stack(score)

    def _sizes(self, origin: int) -> Array:
        panel = self.model.panel
        place = panel.years.index(origin)
        return np.stack(
            [panel.pupils[:, list(c), place].sum(axis=1) for c in self.levels.values()], axis=1
        )

    def _spread(self, profile: ErrorProfile, sizes: Array) -> Array:
        """Return the spread of an area's whole error, ``(S, A, H)``."""
        own = np.stack([profile.own(s, sizes[:, s]) for s in range(sizes.shape[1])])
        return np.asarray(np.hypot(own, profile.shared[:, None, :]))

    def _quantiles(self, origin: int, level: int, share: float, size: Array) -> Array:
        """Return quantiles of standardised errors by area and years ahead, ``(A, H)``."""
        reference = REFERENCE_QUANTILE[share]
        result = np.full((len(size), self.horizon), reference)
        band = np.searchsorted(BAND_ENDS, size, side="right")
        alike = self._alike(origin, level, size)
        in_band = {b: self._alike(origin, level, size[band == b]) for b in np.unique(band)}
        for h, recent, score in self._scores(origin, level):
            whole = pulled_quantile(score, recent, share, h, reference, alike[h - 1])
            for b, shared in in_band.items():
                part = score[:, band == b]
                own = pulled_quantile(part, recent, share, h, whole, shared[h - 1])
                result[band == b, h - 1 :] = own
        return result

    def _alike(self, origin: int, level: int, size: Array) -> Array:
        """Return the share of the error variance that areas of these sizes have in common, (H,)."""
        profile = self.profile(origin)
        pupils = np.where(np.isfinite(size), size, 1.0)
        own = np.median(profile.own(level, np.maximum(pupils, 1.0)) ** 2, axis=0)
        shared = profile.shared[level] ** 2
        return np.asarray(shared / (shared + own))


def pulled_quantile(
    score: Array, recent: Array, share: float, horizon: int, prior: float, alike: float
) -> float:
    """Return the weighted quantile of standardised errors, pulled towards ``prior``.

    Parameters
    ----------
    score
        ``(O, A)`` standardised absolute errors, NaN where unknown.
    recent
        ``(O,)`` weights of the origins.
    share
        Share of errors to hold.
    horizon
        Years ahead: overlapping origins count as fewer.
    prior
        Value that few errors are pulled towards.
    alike
        Share of the variance that the errors of one origin have in common.

    Notes
    -----
    ``n`` errors of one origin say as much as ``n / (1 + (n - 1) alike)`` independent ones: the
    design effect of a cluster sample (Kish 1965, *Survey Sampling*).
    """
    known = np.isfinite(score)
    if known.sum() < _FEWEST_SCORES:
        return prior
    weights = np.broadcast_to(recent[:, None], score.shape)[known]
    found = weighted_quantile(score[known], weights, share)
    number = known.sum(axis=1)
    independent = number / (1 + np.maximum(number - 1, 0) * alike)
    weight = float((recent * independent).sum()) / math.sqrt(horizon)
    return (QUANTILE_PRIOR_ERRORS * prior + weight * found) / (QUANTILE_PRIOR_ERRORS + weight)
