"""Peak and trough years of each place and stage, with the share of paths that agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.forecast.panel import Array
from analysis.tables import contract

if TYPE_CHECKING:
    from analysis.forecast.demand import DemandForecast

#: Observed years that count beside the forecast: an older peak is no longer a planning matter.
OBSERVED_YEARS = 10


def turning_year(series: Array, years: Array, *, highest: bool) -> int:
    """Return the first year of the highest (or of the lowest) value of a series."""
    return int(years[int(np.argmax(series) if highest else np.argmin(series))])


def share_of_year(paths: Array, place: int, *, highest: bool) -> float:
    """Return the share of paths ``(P, N)`` whose extreme lies at position ``place``."""
    extreme = paths.argmax(axis=1) if highest else paths.argmin(axis=1)
    return float((extreme == place).mean())


def demand_peaks(forecast: DemandForecast, code: str) -> pd.DataFrame:
    """Return ``demand_peaks`` of every scenario.

    The peak is taken over the last observed years and the forecast, the trough over the forecast
    from the base year on. A place that never has pupils of a stage has no row.
    """
    panel = forecast.history.panel
    base = panel.years[-1]
    places = [("county", code, np.arange(len(panel.areas)))]
    if forecast.history.by_town:
        places += [("town", area, np.array([i])) for i, area in enumerate(panel.areas)]
    rows: list[dict[str, object]] = []
    for level, area, index in places:
        for stage in forecast.history.stages:
            columns = list(forecast.history.columns(stage))
            past = panel.pupils[index][:, columns].sum(axis=(0, 1))
            if not _ever(past, forecast, index, columns):
                continue
            seen = np.flatnonzero(np.isfinite(past))[-OBSERVED_YEARS:]
            years = np.array([*(panel.years[i] for i in seen), *forecast.years])
            simulated = forecast.paths[:, index][:, :, columns].sum(axis=(1, 2))
            for scenario, pupils in forecast.scenarios.items():
                ahead = pupils[index][:, columns].sum(axis=(0, 1))
                series = np.concatenate([past[seen], ahead])
                peak = turning_year(series, years, highest=True)
                coming = np.concatenate([past[-1:], ahead])
                trough = turning_year(coming, np.array([base, *forecast.years]), highest=False)
                below = next(
                    (y for y, v in zip(forecast.years, ahead, strict=True) if v < past[-1]), np.nan
                )
                chances = _chances(
                    simulated, past[seen], series, coming, scenario == forecast.chosen
                )
                rows.append(
                    {
                        "level": level,
                        "area_id": area,
                        "stage": stage,
                        "scenario": scenario,
                        "school_year": base,
                        "pupils": past[-1],
                        "peak_year": peak,
                        "peak_pupils": series.max(),
                        "peak_probability": chances[0],
                        "trough_year": trough,
                        "trough_pupils": coming.min(),
                        "trough_probability": chances[1],
                        "below_base_year": below,
                        "peak_past": bool(peak < base),
                    }
                )
    return contract("demand_peaks").frame(rows)


def _ever(past: Array, forecast: DemandForecast, index: Array, columns: list[int]) -> bool:
    """Tell whether a place ever has pupils of a stage."""
    ahead = max(pupils[index][:, columns].sum() for pupils in forecast.scenarios.values())
    return bool(np.nansum(past) > 0 or ahead > 0)


def _chances(
    simulated: Array, past: Array, series: Array, coming: Array, is_chosen: bool
) -> tuple[float, float]:
    """Return how many paths share the peak and trough year; unknown for scenarios not simulated."""
    if not is_chosen:
        return float("nan"), float("nan")
    history = np.broadcast_to(past, (len(simulated), len(past)))
    full = np.concatenate([history, simulated], axis=1)
    later = full[:, len(past) - 1 :]
    top, bottom = int(np.argmax(series)), int(np.argmin(coming))
    return share_of_year(full, top, highest=True), share_of_year(later, bottom, highest=False)
