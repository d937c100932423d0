"""Structural breaks (结构突变): years whose rates lie far outside what the others do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.forecast.history import History
from analysis.forecast.panel import Array
from analysis.forecast.progression import transitions
from analysis.tables import contract

#: A year is flagged when it lies this many robust standard deviations from the median year.
FLAG_SCORE = 4.0
#: Never flag a year that differs by less than this, however calm the others are.
LEAST_DEPARTURE = 0.008
_FEWEST_YEARS = 5
_TO_SIGMA = 1.4826


def robust_scores(values: Array, least: float = LEAST_DEPARTURE) -> Array:
    """Return how many robust standard deviations each value lies from the median.

    Notes
    -----
    Median absolute deviation times 1.4826; the spread is never taken as less than a quarter of
    ``least``, and values within ``least`` of the median score zero.
    """
    known = np.isfinite(values)
    if known.sum() < _FEWEST_YEARS:
        return np.zeros_like(values)
    centre = np.median(values[known])
    spread = max(_TO_SIGMA * float(np.median(np.abs(values[known] - centre))), least / 4)
    score = (values - centre) / spread
    return np.where(known & (np.abs(values - centre) >= least), score, 0.0)


def roll_forward_residual(pupils: Array, entrants: Array, graduates: Array) -> Array:
    """Return the share of pupils that the accounts of a year leave unexplained.

    ``(pupils[t] - (pupils[t-1] + entrants[t] - graduates[t])) / pupils[t-1]``: a clean-up of the
    register shows as a year in which pupils vanish without leaving.
    """
    result = np.full(len(pupils), np.nan)
    expected = pupils[:-1] + entrants[1:] - graduates[1:]
    result[1:] = (pupils[1:] - expected) / pupils[:-1]
    return result


def structural_breaks(history: History, code: str) -> pd.DataFrame:
    """Return the flagged years of the county: progression of each stage, and entrants.

    Parameters
    ----------
    history
        Pupils by grade.
    code
        The county's code.
    """
    panel = history.panel
    total = panel.pupils.sum(axis=0, keepdims=True)
    arrived, left = transitions(total)
    rows: list[dict[str, object]] = []
    for stage in history.stages:
        columns = [c for c in history.columns(stage) if c > 0]
        known = left[0, [c - 1 for c in columns]] > 0
        top = np.where(known, arrived[0, [c - 1 for c in columns]], 0).sum(axis=0)
        bottom = np.where(known, left[0, [c - 1 for c in columns]], 0).sum(axis=0)
        rate = np.where(bottom > 0, top / np.maximum(bottom, 1e-9), np.nan)
        rows += _flagged(rate, panel.years[1:], code, stage, "progression")
    entrants = total[0, 0]
    change = entrants[1:] / np.maximum(entrants[:-1], 1e-9)
    rows += _flagged(change, panel.years[1:], code, "primary", "entrants", already=rows)
    return contract("structural_breaks").frame(rows)


def _flagged(
    rates: Array,
    years: tuple[int, ...],
    code: str,
    stage: str,
    kind: str,
    already: list[dict[str, object]] | None = None,
) -> list[dict[str, object]]:
    scores = robust_scores(rates)
    taken = {(row["stage"], row["school_year"]) for row in already or []}
    return [
        {
            "level": "county",
            "area_id": code,
            "stage": stage,
            "school_year": year,
            "kind": kind,
            "expected_rate": float(np.nanmedian(rates)),
            "observed_rate": float(rate),
            "score": float(score),
        }
        for year, rate, score in zip(years, rates, scores, strict=True)
        if abs(score) >= FLAG_SCORE and (stage, year) not in taken
    ]
