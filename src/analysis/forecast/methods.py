"""The method protocol, our method and the baselines that every backtest compares it with.

A researcher adds a method in one file: a class with a ``name`` and ``fit(panel, horizon)`` that
sees a :class:`Panel` cut off at the origin and returns something with ``point`` and ``bands``.
:class:`Simulated` does the second half for anyone who can simulate paths. Pass it to
``backtest_report(..., methods=[...])`` and it stands in the table beside the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analysis.forecast.panel import Array, Panel
from analysis.forecast.progression import project

Bands = Mapping[float, tuple[Array, Array]]
#: Two-sided standard normal quantiles of the shares that bands are given for.
NORMAL_QUANTILE = {0.8: 1.2816, 0.95: 1.9600}
SHARES = (0.8, 0.95)
_BOOTSTRAP_PATHS = 400


class Fitted(Protocol):
    """A method fitted on a panel."""

    def point(self, columns: Sequence[int]) -> Array:
        """Return the central forecast ``(A, H)`` of the sum of some grades."""
        ...

    def bands(self, columns: Sequence[int]) -> Bands:
        """Return lower and upper bounds ``(A, H)`` by share (0.8, 0.95); empty if none."""
        ...


class Method(Protocol):
    """A forecasting method."""

    @property
    def name(self) -> str:
        """Name in the backtest table."""
        ...

    def fit(self, panel: Panel, horizon: int) -> Fitted:
        """Fit on everything in ``panel``; its last year is the origin."""
        ...


@dataclass(frozen=True)
class Simulated:
    """Fitted method that simulated paths ``(P, A, G, H)``: medians and quantiles."""

    paths: Array

    def point(self, columns: Sequence[int]) -> Array:
        """Return the median path of the sum of some grades."""
        return np.asarray(np.median(self.paths[:, :, list(columns)].sum(axis=2), axis=0))

    def bands(self, columns: Sequence[int]) -> Bands:
        """Return quantiles of the sum of some grades."""
        total = np.moveaxis(self.paths[:, :, list(columns)].sum(axis=2), 0, -1)
        ordered = np.sort(total, axis=-1)
        return {
            share: (_ranked(ordered, (1 - share) / 2), _ranked(ordered, (1 + share) / 2))
            for share in SHARES
        }


def _ranked(ordered: Array, share: float) -> Array:
    """Return a quantile of sorted values on the last axis, between two ranks in proportion."""
    place = share * (ordered.shape[-1] - 1)
    low = int(place)
    high = min(low + 1, ordered.shape[-1] - 1)
    return np.asarray(ordered[..., low] + (place - low) * (ordered[..., high] - ordered[..., low]))


@dataclass(frozen=True)
class SeriesFit:
    """Fitted series method: a point forecast and normal bands from yearly changes."""

    panel: Panel
    horizon: int
    drifting: bool

    def point(self, columns: Sequence[int]) -> Array:
        """Return the last value, with the mean yearly change added when drifting."""
        series = self.panel.pupils[:, list(columns)].sum(axis=1)
        ahead = np.arange(1, self.horizon + 1)
        step = self._drift(series)[:, None] * ahead if self.drifting else 0.0
        return np.asarray(np.maximum(series[:, -1:] + step * np.ones(self.horizon), 0.0))

    @staticmethod
    def _drift(series: Array) -> Array:
        first = np.argmax(np.isfinite(series), axis=1)  # an area may begin later than the others
        years = np.maximum(series.shape[1] - 1 - first, 1)
        return np.asarray((series[:, -1] - series[np.arange(len(series)), first]) / years)

    def bands(self, columns: Sequence[int]) -> Bands:
        """Return random-walk bands: the spread of yearly changes times the root of the years."""
        series = self.panel.pupils[:, list(columns)].sum(axis=1)
        steps = np.diff(series, axis=1)
        centre = self._drift(series)[:, None] if self.drifting else 0.0
        known = np.isfinite(steps)
        count = np.maximum(known.sum(axis=1) - int(self.drifting), 1)
        spread = np.sqrt((np.where(known, steps - centre, 0.0) ** 2).sum(axis=1) / count)
        ahead = np.arange(1, self.horizon + 1)
        growth = np.sqrt(ahead * (1 + ahead / max(steps.shape[1], 1) * self.drifting))
        middle = self.point(columns)
        return {
            share: (
                np.maximum(middle - z * spread[:, None] * growth, 0.0),
                middle + z * spread[:, None] * growth,
            )
            for share, z in NORMAL_QUANTILE.items()
        }


@dataclass(frozen=True)
class Naive:
    """Next year as this year (沿用上年), with random-walk bands."""

    name: str = "naive"

    def fit(self, panel: Panel, horizon: int) -> Fitted:
        """Return the fitted method."""
        return SeriesFit(panel, horizon, drifting=False)


@dataclass(frozen=True)
class Drift:
    """A straight line through the first and last year (直线外推)."""

    name: str = "drift"

    def fit(self, panel: Panel, horizon: int) -> Fitted:
        """Return the fitted method."""
        return SeriesFit(panel, horizon, drifting=True)


@dataclass(frozen=True)
class PlainProgression:
    """The usual practice: three-year pooled ratios, last year's entrants, raw bootstrap bands.

    Whole past transition years are drawn jointly, so grades move together; nothing is calibrated.
    """

    name: str = "progression_3_naive_entry"
    years: int = 3
    seed: int = 7

    def fit(self, panel: Panel, horizon: int) -> Fitted:
        """Return simulated paths around the plain projection."""
        pupils = np.nan_to_num(panel.pupils)
        left, arrived = pupils[:, :-1, :-1], pupils[:, 1:, 1:]
        recent = slice(-self.years, None)
        top, bottom = arrived[:, :, recent].sum(axis=2), left[:, :, recent].sum(axis=2)
        pool = top.sum(axis=0) / np.maximum(bottom.sum(axis=0), 1e-9)
        ratio = np.where(bottom > 0, top / np.maximum(bottom, 1e-9), pool)
        yearly = np.where(left > 0, arrived / np.maximum(left, 1e-9), np.nan)
        counted = np.maximum(np.isfinite(yearly).sum(axis=2, keepdims=True), 1)
        mean = np.nansum(yearly, axis=2, keepdims=True) / counted
        departures = np.nan_to_num(yearly - mean)
        entry = np.log(np.maximum(pupils[:, 0, 1:], 0.5) / np.maximum(pupils[:, 0, :-1], 0.5))
        entry = entry - entry.mean(axis=1, keepdims=True)
        random = np.random.default_rng(self.seed)
        draws = random.integers(0, yearly.shape[2], (_BOOTSTRAP_PATHS, horizon))
        walk = np.exp(np.cumsum(entry[:, draws], axis=2))  # (A, P, H)
        paths = np.empty((_BOOTSTRAP_PATHS, *pupils.shape[:2], horizon), dtype=np.float32)
        now = np.broadcast_to(pupils[:, :, -1], paths.shape[:3])
        for h in range(horizon):
            moved = np.moveaxis(departures[:, :, draws[:, h]], -1, 0)
            steps = np.maximum(ratio + moved, 1e-6)
            entrants = pupils[:, 0, -1] * walk[:, :, h].T
            now = np.concatenate([entrants[:, :, None], now[:, :, :-1] * steps], axis=2)
            paths[..., h] = now
        point = project(
            pupils[:, :, -1],
            np.repeat(np.log(np.maximum(ratio, 1e-6))[:, :, None], horizon, axis=2),
            np.repeat(pupils[:, 0, -1:], horizon, axis=1),
        )
        return _Around(paths, point)


@dataclass(frozen=True)
class _Around(Simulated):
    """Simulated paths with a point forecast of their own."""

    centre: Array

    def point(self, columns: Sequence[int]) -> Array:
        """Return the central projection."""
        return np.asarray(self.centre[:, list(columns)].sum(axis=1))


BASELINES: tuple[Method, ...] = (Naive(), Drift(), PlainProgression())
