"""Entrants (招生): from births where they help, from the series itself where they do not.

The entry ratio is what the area's own history says about entrants per child of the cohort; it is
never set to one. Births are one candidate among others and carry weight only where they forecast
past entrants of that area, or of areas like it, better.
"""

from __future__ import annotations

import warnings
from itertools import product
from typing import NamedTuple

import numpy as np

from analysis.forecast.panel import Array, Panel

_TINY = 1e-9
#: Prior odds of a driver (births) against the series alone: children do come from births.
DRIVER_PRIOR = 10.0
#: Drivers that count an area's own children: they show its growth themselves.
OWN_DRIVERS = ("births", "under_six")
#: Pupils of weight by which the trend of a small area's entry ratio is pulled towards none.
TREND_SHRINKAGE_PUPILS = 100.0
#: A driver's own trend beyond its last known cohort is continued with this damping.
DRIVER_DAMPING = 0.7
_DRIVER_TREND_YEARS = 5
_TREND_DECAY = 0.8
_RATIO_STEP_BOUNDS = (0.5, 1.6)
#: Growth of an area beside the others: over these years, shrunk by these pupils (of an area beside
#: its group, of a group beside all), at most this much a year, fading by this factor a year where
#: an area departs from its group.
GROWTH_YEARS = 4
GROWTH_SHRINKAGE_PUPILS = 200.0
GROUP_SHRINKAGE_PUPILS = 50.0
_STEEPEST_GROWTH = 0.1
GROWTH_FADING = 0.8
#: Entrants a year at which half of that growth is brought into the entry ratio: the ratio of a
#: large area shows its own growth already.
GROWTH_ENTRANTS = 150.0
_GROWTH_GRADES = 6


class EntryCandidate(NamedTuple):
    """One way to forecast entrants."""

    driver: str  # name of a driver of the panel, or "" for the series itself
    decay: float  # weight of a year relative to the one after it, for the level
    trend: float  # damping of the trend of the ratio; 0 means no trend


def entry_candidates(drivers: tuple[str, ...]) -> tuple[EntryCandidate, ...]:
    """Return the candidates for a panel with these drivers, series-only ones first."""
    return tuple(
        EntryCandidate(driver, decay, trend)
        for driver, decay, trend in product(("", *drivers), (0.5, 0.75), (0.0, 0.85, 0.93))
        if driver or trend == 0.0  # a series without a driver is given no trend of its own
    )


def entry_prior(candidates: tuple[EntryCandidate, ...]) -> Array:
    """Return the weight of each candidate before any past origin has spoken, ``(C,)``."""
    drivers = {c.driver for c in candidates}
    share = {d: (DRIVER_PRIOR if d else 1.0) for d in drivers}
    number = {d: sum(c.driver == d for c in candidates) for d in drivers}
    raw = np.array([share[c.driver] / number[c.driver] for c in candidates])
    return np.asarray(raw / raw.sum())


def extend_driver(values: Array, damping: float = DRIVER_DAMPING) -> Array:
    """Fill a driver beyond its last known column with its damped recent trend.

    Parameters
    ----------
    values
        ``(A, N)`` children by entry year, NaN at the end where unknown. Gaps before the first
        known column stay.
    damping
        Share of last year's relative change that is left each year.

    Returns
    -------
    Array
        The same with trailing NaN filled; rows that know nothing stay NaN.
    """
    result = values.copy()
    known = np.isfinite(values)
    columns = np.arange(values.shape[1])
    last = np.where(known.any(axis=1), np.where(known, columns, -1).max(axis=1), -1)
    for place in np.unique(last[last >= 0]):
        rows = np.flatnonzero(last == place)
        start = max(place - _DRIVER_TREND_YEARS, 0)
        level, before = values[rows, place], values[rows, start]
        usable = np.isfinite(before) & (before > 0) & (level > 0) & (place > start)
        growth = np.zeros(len(rows))
        growth[usable] = np.log(level[usable] / before[usable]) / (place - start)
        for step, column in enumerate(range(place + 1, values.shape[1]), start=1):
            total = sum(damping**k for k in range(1, step + 1))
            result[rows, column] = level * np.exp(growth * total)
    return result


def _trend(ratio: Array, known: Array) -> Array:
    """Return the relative trend a year of entry ratios, recent years weighing more, ``(A,)``."""
    age = np.arange(ratio.shape[1] - 1, -1, -1.0)
    mean = ratio.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    relative = ratio / np.maximum(mean, _TINY)[:, None]
    slow = np.where(known, _TREND_DECAY**age, 0.0)
    mass = np.maximum(slow.sum(axis=1), _TINY)
    x_mean = -(slow * age).sum(axis=1) / mass
    y_mean = (slow * relative).sum(axis=1) / mass
    dx = -age - x_mean[:, None]
    slope = (slow * dx * (relative - y_mean[:, None])).sum(axis=1)
    slope /= np.maximum((slow * dx**2).sum(axis=1), _TINY)
    return np.where(known.sum(axis=1) >= 3, slope, 0.0)


def _level_and_trend(
    entrants: Array, cohort: Array, decay: float, groups: Array
) -> tuple[Array, Array, Array]:
    """Return level (A,), relative trend a year (A,) and whether anything is known (A,).

    A small area's trend is pulled towards that of its group, a group's towards none.
    """
    known = np.isfinite(entrants) & np.isfinite(cohort) & (cohort > 0)
    age = np.arange(entrants.shape[1] - 1, -1, -1.0)
    weights = np.where(known, decay**age, 0.0)
    filled = np.where(known, entrants, 0.0)
    children = np.where(known, cohort, 0.0)
    level = (filled * weights).sum(axis=1) / np.maximum((children * weights).sum(axis=1), _TINY)
    ratio = np.where(known, filled / np.maximum(children, _TINY), 0.0)
    size = filled.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    slope = _trend(ratio, known)
    target = np.zeros_like(slope)
    count = int(groups.max(initial=0)) + 1
    if count > 1:
        whole, whole_size = np.zeros((count, ratio.shape[1])), np.zeros(count)
        np.add.at(whole, groups, ratio)
        np.add.at(whole_size, groups, size)
        pulled = whole_size / (whole_size + TREND_SHRINKAGE_PUPILS)
        target = (_trend(whole, whole > 0) * pulled)[groups]
    slope = (slope * size + target * TREND_SHRINKAGE_PUPILS) / (size + TREND_SHRINKAGE_PUPILS)
    return np.asarray(level), np.asarray(slope), np.asarray(known.any(axis=1))


def relative_growth(panel: Panel, horizon: int) -> Array:
    """Return what an area's growth beside the others adds to its entrants, logs ``(A, horizon)``.

    A place that gained pupils in all its grades gained children below school age too, and the entry
    ratio of a small place is too noisy to show it. Nothing is added where there is one grade, or
    fewer than three areas to compare with.
    """
    total = np.nan_to_num(panel.pupils[:, :_GROWTH_GRADES]).sum(axis=1)
    areas, count = total.shape
    years = min(GROWTH_YEARS, count - 1)
    if areas < 3 or years < 1 or panel.pupils.shape[1] < 2:
        return np.zeros((areas, horizon))
    now, before = total[:, -1], total[:, -1 - years]
    usable = (now > 0) & (before > 0)
    now, before = np.where(usable, now, 0.0), np.where(usable, before, 0.0)
    groups = panel.group_index
    group_now, group_before = np.bincount(groups, now), np.bincount(groups, before)

    def growth(later: Array, earlier: Array, whole: Array, pupils: float) -> Array:
        expected = earlier * whole
        step = np.log((later + pupils) / (expected + pupils)) / years
        return np.asarray(np.clip(step, -_STEEPEST_GROWTH, _STEEPEST_GROWTH))

    of_group = group_now / np.maximum(group_before, _TINY)
    of_all = now.sum() / max(float(before.sum()), _TINY)
    within = growth(now, before, of_group[groups], GROWTH_SHRINKAGE_PUPILS)
    between = growth(group_now, group_before, of_all, GROUP_SHRINKAGE_PUPILS)[groups]
    entrants = np.nan_to_num(panel.pupils[:, 0]).mean(axis=1)
    share = GROWTH_ENTRANTS / (entrants + GROWTH_ENTRANTS) * usable
    fade = GROWTH_FADING ** np.arange(horizon)
    return np.asarray((share * between)[:, None] + (share * within)[:, None] * fade)


def candidate_entrants(panel: Panel, horizon: int, candidates: tuple[EntryCandidate, ...]) -> Array:
    """Return the entrants each candidate expects after the last year of ``panel``.

    Returns
    -------
    Array
        ``(C, A, horizon)``; NaN where a candidate cannot say anything.
    """
    entrants = panel.pupils[:, 0, :]
    count = entrants.shape[1]
    moved = np.exp(relative_growth(panel, horizon))
    cohorts = {"": np.ones((len(panel.areas), count + horizon))}
    for name in panel.drivers:
        cohorts[name] = extend_driver(panel.driver(name, horizon))
    result = np.full((len(candidates), len(panel.areas), horizon), np.nan)
    parts: dict[tuple[str, float], tuple[Array, Array, Array]] = {}
    for place, item in enumerate(candidates):
        cohort = cohorts[item.driver]
        if (item.driver, item.decay) not in parts:
            parts[item.driver, item.decay] = _level_and_trend(
                entrants, cohort[:, :count], item.decay, panel.group_index
            )
        level, slope, known = parts[item.driver, item.decay]
        steps = np.array(
            [sum(item.trend**k for k in range(1, h + 1)) for h in range(1, horizon + 1)]
        )
        factor = np.clip(1 + slope[:, None] * steps, *_RATIO_STEP_BOUNDS)
        values = level[:, None] * factor * cohort[:, count:]
        if item.driver not in OWN_DRIVERS:
            values = values * moved
        result[place] = np.where(known[:, None], values, np.nan)
    return result


def weighted_entrants(values: Array, weights: Array) -> Array:
    """Combine candidates; a candidate that says nothing for an area or year gives up its weight.

    Parameters
    ----------
    values
        ``(C, A, H)`` entrants.
    weights
        ``(C, A)``, non-negative.

    Returns
    -------
    Array
        ``(A, H)``; NaN where no candidate says anything.
    """
    usable = np.isfinite(values)
    mass = np.where(usable, weights[:, :, None], 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        result = (np.where(usable, values, 0.0) * mass).sum(axis=0) / mass.sum(axis=0)
    return np.asarray(result)
