"""Structural breaks (结构突变): years whose rates lie far outside what the others do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.forecast.drivers import is_shared
from analysis.forecast.history import History
from analysis.forecast.panel import Array
from analysis.forecast.progression import transitions
from analysis.tables import Tables, contract

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


def structural_breaks(
    history: History, code: str, tables: Tables | None = None, base_year: int | None = None
) -> pd.DataFrame:
    """Return the flagged years of the county (结构突变).

    Parameters
    ----------
    history
        Pupils by grade: progression of each stage, entrants, entry ratio and births.
    code
        The county's code.
    tables
        With ``totals``: the accounts of each stage (pupils, entrants, graduates), where a clean-up
        of the register shows.
    base_year
        Later years of ``totals`` are not looked at.
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
    rows += _flagged(change, panel.years[1:], code, "primary", "entrants")
    rows += _births_breaks(history, entrants, code)
    if tables is not None:
        rows += _account_breaks(tables, code, base_year)
    return contract("structural_breaks").frame(_strongest(rows))


def _births_breaks(history: History, entrants: Array, code: str) -> list[dict[str, object]]:
    """Flag years in which the children of the cohort, or the share that enters, jump."""
    panel = history.panel
    rows: list[dict[str, object]] = []
    for name in panel.drivers:
        every = panel.driver(name, 0)
        children = every[0] if is_shared(name) else every.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            rows += _flagged(
                children[1:] / children[:-1], panel.years[1:], code, "primary", "births"
            )
            rows += _flagged(entrants / children, panel.years, code, "primary", "entry_ratio")
    return rows


def _account_breaks(tables: Tables, code: str, base_year: int | None) -> list[dict[str, object]]:
    """Flag years in which pupils appear or vanish without entering or leaving."""
    totals = tables["totals"]
    totals = totals[totals["town_id"] == code]
    if base_year is not None:
        totals = totals[totals["school_year"] <= base_year]
    rows: list[dict[str, object]] = []
    for stage, group in totals.groupby("stage"):
        years = tuple(range(int(group["school_year"].min()), int(group["school_year"].max()) + 1))
        wide = group.set_index("school_year").reindex(list(years))
        columns = [wide[c].to_numpy(dtype=float) for c in ("pupils", "entrants", "graduates")]
        residual = roll_forward_residual(*columns)
        rows += _flagged(residual, years, code, str(stage), "roll_forward")
    return rows


def _strongest(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Keep one row a stage and year: what the accounts show, else the kind that departs most."""
    best: dict[tuple[object, object], dict[str, object]] = {}
    for row in rows:
        key = (row["stage"], row["school_year"])
        if key not in best or _weight(row) > _weight(best[key]):
            best[key] = row
    return list(best.values())


def _weight(row: dict[str, object]) -> tuple[bool, float]:
    return row["kind"] == "roll_forward", abs(float(str(row["score"])))


def _flagged(
    rates: Array,
    years: tuple[int, ...],
    code: str,
    stage: str,
    kind: str,
) -> list[dict[str, object]]:
    scores = robust_scores(rates)
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
        if abs(score) >= FLAG_SCORE
    ]
