"""Rolling-origin backtest (滚动起点回测) of any panel: our method and the baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.forecast.calibration import CalibratedCohort
from analysis.forecast.methods import BASELINES, SHARES, Method
from analysis.forecast.panel import Array, Panel

#: Size bands of an area's pupils at the origin: name, from, to (exclusive).
SIZE_BANDS: tuple[tuple[str, float, float], ...] = (
    ("30-199", 30, 200),
    ("200-999", 200, 1_000),
    ("1000-4999", 1_000, 5_000),
    ("5000+", 5_000, np.inf),
)
#: An area counts when it had this many pupils at the origin; below, one child is 3 per cent.
FEWEST_PUPILS = 30.0
HORIZON = 5


@dataclass(frozen=True)
class Case:
    """One method at one origin: everything needed to judge it, ``(A, H)`` each."""

    method: str
    level: str
    origin: int
    forecast: Array
    actual: Array
    size: Array
    bands: Mapping[float, tuple[Array, Array]]


def first_origin(years: int) -> int:
    """Return the position of the first origin: five years of history, four when years are few."""
    return 4 if years >= 9 else max(min(3, years - 2), 1)


def cases(
    panel: Panel,
    levels: Mapping[str, Sequence[int]],
    *,
    horizon: int = HORIZON,
    methods: Sequence[Method] = BASELINES,
    origins: Sequence[int] | None = None,
) -> Iterator[Case]:
    """Forecast from every origin with what was known then, and yield forecasts beside actuals.

    Parameters
    ----------
    panel
        Whole history; a method only ever sees ``panel.until(origin)``.
    levels
        Positions of the grades of each level.
    horizon
        Years ahead.
    methods
        Methods beside ours.
    origins
        School years; by default every year with enough history behind it.
    """
    years = panel.years
    counted = np.asarray(np.isfinite(panel.pupils).any(axis=(0, 1)))
    if origins is None:
        origins = years[first_origin(len(years)) : -1]
    origins = [year for year in origins if counted[years.index(year)]]
    ours = CalibratedCohort(panel, {k: tuple(v) for k, v in levels.items()}, horizon)
    for origin in origins:
        place = years.index(origin)
        known = panel.until(origin)
        for method in (ours, *methods):
            fitted = method.fit(known, horizon)
            for level, columns in levels.items():
                observed = panel.pupils[:, list(columns)].sum(axis=1)
                ahead = min(horizon, len(years) - 1 - place)
                actual = np.full((len(panel.areas), horizon), np.nan)
                actual[:, :ahead] = observed[:, place + 1 : place + 1 + ahead]
                yield Case(
                    method.name,
                    level,
                    origin,
                    fitted.point(columns),
                    actual,
                    observed[:, place],
                    fitted.bands(columns),
                )


def score_rows(
    found: Sequence[Case], bands: Sequence[tuple[str, float, float]] = SIZE_BANDS
) -> list[dict[str, object]]:
    """Average cases by level, horizon, size band and method.

    Returns
    -------
    list of dict
        ``level, horizon, size_band, method, n, mape, wape, bias, coverage80, coverage95,
        width80, interval_score``; errors and scores as fractions. The interval score is that of
        the 80 per cent band over the actual value (Gneiting and Raftery 2007, *JASA* 102).
    """
    rows: list[dict[str, object]] = []
    keys = sorted({(c.level, c.method) for c in found})
    for level, method in keys:
        group = [c for c in found if c.level == level and c.method == method]
        horizon = group[0].forecast.shape[1]
        for h in range(horizon):
            size = np.concatenate([c.size for c in group])
            data = {
                "forecast": np.concatenate([c.forecast[:, h] for c in group]),
                "actual": np.concatenate([c.actual[:, h] for c in group]),
            }
            limits = {
                share: [np.concatenate([c.bands[share][i][:, h] for c in group]) for i in (0, 1)]
                for share in SHARES
                if all(share in c.bands for c in group)
            }
            for name, low, high in (("all", FEWEST_PUPILS, np.inf), *bands):
                usable = (size >= low) & (size < high)
                usable &= np.isfinite(data["actual"]) & np.isfinite(data["forecast"])
                usable &= data["actual"] > 0
                if not usable.any():
                    continue
                rows.append(
                    {"level": level, "horizon": h + 1, "size_band": name, "method": method}
                    | _scores(
                        data["forecast"][usable],
                        data["actual"][usable],
                        {s: (v[0][usable], v[1][usable]) for s, v in limits.items()},
                    )
                )
    return rows


def _scores(
    forecast: Array, actual: Array, limits: Mapping[float, tuple[Array, Array]]
) -> dict[str, object]:
    error = forecast - actual
    result: dict[str, object] = {
        "n": len(actual),
        "mape": float((np.abs(error) / actual).mean()),
        "wape": float(np.abs(error).sum() / actual.sum()),
        "bias": float(error.sum() / actual.sum()),
    }
    for share in SHARES:
        name = f"coverage{round(share * 100)}"
        result[name] = float("nan")
        if share in limits:
            lower, upper = limits[share]
            result[name] = float(((actual >= lower) & (actual <= upper)).mean())
    result["width80"] = result["interval_score"] = float("nan")
    if 0.8 in limits:
        lower, upper = limits[0.8]
        outside = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
        result["width80"] = float(((upper - lower) / actual).mean())
        result["interval_score"] = float(((upper - lower + outside * 2 / 0.2) / actual).mean())
    return result


def backtest_table(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Return score rows as a frame, for reading."""
    return pd.DataFrame(list(rows))
