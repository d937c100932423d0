"""Series models (序列模型) from statsmodels, as candidates for the backtest table.

They look at one yearly total at a time and know nothing of cohorts or births. On the reference data
they never beat the cohorts by more than chance (docs/forecast-accuracy.md), and a fit costs
hundreds of times a cohort forecast; so they are offered to researchers and judged beside the
others, while the product's own combination uses last value and damped trend.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.forecast.methods import SHARES, Bands, Fitted
from analysis.forecast.panel import Array, Panel

#: Fewer yearly totals than this fit no model; the last value stands in.
FEWEST_TOTALS = 6
_ORDERS = ((0, 1, 0), (1, 1, 0), (0, 1, 1), (0, 2, 1))


@dataclass(frozen=True)
class ModelFit:
    """Series models fitted to the total of whatever grades are asked for."""

    model: ExponentialSmoothing | Arima
    panel: Panel
    horizon: int
    _made: dict[tuple[int, ...], Array] = field(default_factory=dict)

    def point(self, columns: Sequence[int]) -> Array:
        """Return the mean forecast ``(A, H)``."""
        return self._forecasts(columns)[:, 0]

    def bands(self, columns: Sequence[int]) -> Bands:
        """Return the model's own intervals; NaN where no model could be fitted."""
        found = self._forecasts(columns)
        return {share: (found[:, 1 + 2 * i], found[:, 2 + 2 * i]) for i, share in enumerate(SHARES)}

    def _forecasts(self, columns: Sequence[int]) -> Array:
        key = tuple(columns)
        if key not in self._made:
            series = self.panel.pupils[:, list(columns)].sum(axis=1)
            made = [self.model.one(row, self.horizon) for row in series]
            self._made[key] = np.maximum(np.stack(made), 0.0)
        return self._made[key]


@dataclass(frozen=True)
class ExponentialSmoothing:
    """Additive exponential smoothing; no, additive or damped trend by corrected AIC (ETS)."""

    name: str = "ets_statsmodels"

    def fit(self, panel: Panel, horizon: int) -> Fitted:
        """Return the fitted method."""
        return ModelFit(self, panel, horizon)

    def one(self, series: Array, horizon: int) -> Array:
        """Return mean and bounds ``(5, H)`` of one series."""
        choices = ((None, False), ("add", False), ("add", True))
        return _best(series, horizon, [partial(_smoothing, *choice) for choice in choices])


@dataclass(frozen=True)
class Arima:
    """Integrated moving averages of low order by corrected AIC."""

    name: str = "arima_statsmodels"

    def fit(self, panel: Panel, horizon: int) -> Fitted:
        """Return the fitted method."""
        return ModelFit(self, panel, horizon)

    def one(self, series: Array, horizon: int) -> Array:
        """Return mean and bounds ``(5, H)`` of one series."""
        return _best(series, horizon, [partial(_integrated, order) for order in _ORDERS])


def _smoothing(trend: str | None, damped: bool, known: pd.Series[float]) -> Any:
    from statsmodels.tsa.exponential_smoothing import ets

    made: Any = ets.ETSModel
    model = made(
        known, error="add", trend=trend, damped_trend=damped, initialization_method="estimated"
    )
    return model.fit(disp=False, maxiter=100)


def _integrated(order: tuple[int, int, int], known: pd.Series[float]) -> Any:
    from statsmodels.tsa.arima import model

    made: Any = model.ARIMA
    return made(known, order=order).fit()


def _best(series: Array, horizon: int, choices: Sequence[Any]) -> Array:
    """Return the forecasts of the choice with the lowest corrected AIC."""
    known = pd.Series(series[np.isfinite(series)])
    if len(known) < FEWEST_TOTALS or not np.isfinite(series[-1]):
        last = series[-1] if len(series) else np.nan
        return np.concatenate([np.full((1, horizon), last), np.full((4, horizon), np.nan)])
    results = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # non-convergence of a short series is no news here
        for choice in choices:
            try:
                found = choice(known)
            except (ValueError, np.linalg.LinAlgError):
                continue  # this form cannot be fitted to this series; the others are tried
            count = len(found.params) + 1
            spare = max(len(known) - count - 1, 1)
            results.append((found.aic + 2 * count * (count + 1) / spare, found))
        best = min(results, key=lambda item: item[0])[1]
        ahead = (len(known), len(known) + horizon - 1)
        made = best.get_prediction(*ahead)
        rows = [np.asarray(made.predicted_mean, dtype=float)]
        for share in SHARES:
            frame = made.summary_frame(alpha=1 - share)
            lower, upper = frame.columns[-2], frame.columns[-1]
            rows += [frame[lower].to_numpy(dtype=float), frame[upper].to_numpy(dtype=float)]
    return np.stack(rows)
