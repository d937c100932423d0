"""Grade progression (年级递进): who goes from grade to grade, and where.

All functions work on arrays ``(areas, grades, years)``; a transition ``g`` leads from grade ``g``
to grade ``g + 1`` a year later. A ratio mixes promotion, repetition, drop-out and migration and
may exceed one.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from analysis.forecast.panel import Array

#: A town sends (takes in) pupils when it keeps less (more) than this share of what is expected.
SENDING_BELOW, TAKING_ABOVE = 0.75, 1.25
#: Years pooled, and pupils of weight of all areas, in the share that repeats a grade.
STAYING_YEARS, STAYING_PUPILS = 3, 50.0
_TINY = 1e-9


class Mixing(NamedTuple):
    """Pupils of one transition who change place: ``shares[a, b]`` of those in a go on in b."""

    transition: int  # position of the transition on the grade axis
    shares: Array  # (A, A), rows sum to at most one


class Feeding(NamedTuple):
    """Grades whose pupils come from other areas: a school that starts above the entry grade.

    ``shares[a, t]`` of the pupils that the areas of ``groups[a]`` have before transition ``t`` go
    on in area ``a``; zero where an area fills the grade from its own.
    """

    shares: Array  # (A, G - 1)
    groups: Array  # (A,)


def transitions(
    pupils: Array, mixing: Mixing | None = None, repeaters: Array | None = None
) -> tuple[Array, Array]:
    """Return arrivals and departures of every transition; both are 0 where either is unknown.

    Parameters
    ----------
    pupils
        ``(A, G, T)``.
    mixing
        Pupils who change place between two grades are counted where they go.
    repeaters
        ``(A, G, T)`` of the pupils who did not come from the grade below; not among the arrivals.

    Returns
    -------
    tuple
        Two arrays ``(A, G - 1, T - 1)``: pupils found in the next grade, pupils they came from.
    """
    left, arrived = pupils[:, :-1, :-1], pupils[:, 1:, 1:]
    if repeaters is not None:
        arrived = np.maximum(arrived - repeaters[:, 1:, 1:], 0.0)
    if mixing is not None:
        left = left.copy()
        left[:, mixing.transition] = mixing.shares.T @ left[:, mixing.transition]
    known = np.isfinite(left) & np.isfinite(arrived) & (left > 0)
    return np.where(known, arrived, 0.0), np.where(known, left, 0.0)


def mean_yearly_ratios(pupils: Array) -> Array:
    """Return the plain mean over years of the yearly ratios, ``(A, G - 1)``.

    Notes
    -----
    The textbook form of the method, kept for comparison with published examples; the pooled form
    gives a small year little weight and is what the forecasts use.
    """
    arrived, left = transitions(pupils)
    yearly = np.where(left > 0, arrived / np.maximum(left, _TINY), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(yearly, axis=2))


def transfer_shares(pupils: Array, transition: int, years: int = 3) -> Mixing:
    """Estimate who goes where between two stages from the counts alone (跨镇升学).

    A town that keeps clearly fewer pupils than the county's transfer rate implies sends the rest
    to the towns that take in clearly more, in proportion to what these take in. A town without a
    junior school sends all; a town near the county's rate keeps its own ratio.

    Parameters
    ----------
    pupils
        ``(A, G, T)`` of one county's towns.
    transition
        Position of the transition on the grade axis.
    years
        Most recent transitions pooled.
    """
    arrived, left = transitions(pupils[:, transition : transition + 2, -(years + 1) :])
    here, there = left.sum(axis=(1, 2)), arrived.sum(axis=(1, 2))
    rate = there.sum() / max(here.sum(), _TINY)
    expected = rate * here
    kept = np.where(expected > 0, there / np.maximum(expected, _TINY), np.inf)
    sends = (here > 0) & (kept < SENDING_BELOW)
    takes = (there > 0) & (kept > TAKING_ABOVE)
    shares = np.eye(len(here))
    if sends.any() and takes.any():
        surplus = np.where(takes, there - expected, 0.0)
        shares[sends] = (1 - kept[sends])[:, None] * (surplus / surplus.sum())[None, :]
        shares[sends, sends] += kept[sends]
    return Mixing(transition, shares)


def feeding_shares(
    pupils: Array, groups: Array, mixing: Mixing | None = None, years: int = 3
) -> Feeding | None:
    """Find grades that areas fill from elsewhere, and from whom by what share.

    Parameters
    ----------
    pupils
        ``(A, G, T)``.
    groups
        Parent of each area: its areas feed each other.
    mixing
        Its transition is explained already.
    years
        Most recent transitions looked at: the area had nobody to fill the grade from in any.

    Returns
    -------
    Feeding or None
        None when every area fills its grades from its own.
    """
    recent = pupils[:, :, -(years + 1) :]
    left, arrived = recent[:, :-1, :-1], recent[:, 1:, 1:]
    if not left.shape[2]:
        return None
    fed = (left == 0).all(axis=2) & (arrived[:, :, -1] > 0)
    if mixing is not None:
        fed[:, mixing.transition] = False
    before = np.zeros((int(groups.max(initial=0)) + 1, left.shape[1]))
    np.add.at(before, groups, np.nan_to_num(left).sum(axis=2))
    fed &= before[groups] > 0
    if not fed.any():
        return None
    shares = np.nan_to_num(arrived).sum(axis=2) / np.maximum(before[groups], _TINY)
    return Feeding(np.where(fed, shares, 0.0), groups)


def staying_shares(pupils: Array, repeaters: Array | None) -> Array | None:
    """Return the share of each grade that repeats it (留级率), ``(A, G)``; None where nobody says.

    Parameters
    ----------
    pupils, repeaters
        ``(A, G, T)``; the last three years of repeaters must be known throughout.

    Notes
    -----
    Sum over sum of three years; an area is pulled towards all areas by 50 pupils.
    """
    if repeaters is None or pupils.shape[2] <= STAYING_YEARS:
        return None
    again = repeaters[:, :, -STAYING_YEARS:]
    left = pupils[:, :, -STAYING_YEARS - 1 : -1]
    if not np.isfinite(again).all():
        return None
    known = np.isfinite(left)
    top, bottom = (np.where(known, part, 0.0).sum(axis=2) for part in (again, left))
    pool = top.sum(axis=0) / np.maximum(bottom.sum(axis=0), _TINY)
    return np.asarray((top + STAYING_PUPILS * pool) / (bottom + STAYING_PUPILS))


def step_forward(
    now: Array,
    log_ratios: Array,
    mixing: Mixing | None = None,
    feeding: Feeding | None = None,
    staying: Array | None = None,
) -> Array:
    """Carry ``(..., A, G)`` pupils one year on; the entry grade comes out as NaN."""
    following = np.full(now.shape, np.nan)
    base = now[..., :-1]
    if mixing is not None:
        base = base.copy()
        base[..., mixing.transition] = base[..., mixing.transition] @ mixing.shares
    following[..., 1:] = base * np.exp(log_ratios)
    if staying is not None:
        following[..., 1:] += now[..., 1:] * staying[:, 1:]
    if feeding is not None:
        number = int(feeding.groups.max()) + 1
        for transition in np.flatnonzero(feeding.shares.any(axis=0)):
            before = np.moveaxis(np.nan_to_num(now[..., transition]), -1, 0)  # (A, ...)
            total = np.zeros((number, *before.shape[1:]))
            np.add.at(total, feeding.groups, before)
            coming = np.moveaxis(total[feeding.groups], 0, -1)
            following[..., transition + 1] += coming * feeding.shares[:, transition]
    return following


def survive(
    current: Array,
    log_ratios: Array,
    mixing: Mixing | None = None,
    feeding: Feeding | None = None,
    staying: Array | None = None,
) -> Array:
    """Carry the pupils of today forward, without new entrants.

    Parameters
    ----------
    current
        ``(A, G)`` pupils by grade now.
    log_ratios
        ``(..., A, G - 1, H)``.
    mixing
        Pupils who change place between two grades.
    feeding
        Grades that areas fill from elsewhere.
    staying
        ``(A, G)`` share of each grade that repeats it, where the ratios leave repeaters out.

    Returns
    -------
    Array
        ``(..., A, G, H)`` pupils; NaN in grades that only later entrants can fill.
    """
    horizon = log_ratios.shape[-1]
    now = np.broadcast_to(current, (*log_ratios.shape[:-3], *current.shape))
    result = np.full((*now.shape, horizon), np.nan)
    for year in range(horizon):
        now = step_forward(now, log_ratios[..., year], mixing, feeding, staying)
        result[..., year] = now
    return result


def project(
    current: Array,
    log_ratios: Array,
    entrants: Array,
    mixing: Mixing | None = None,
    feeding: Feeding | None = None,
    staying: Array | None = None,
) -> Array:
    """Carry today's pupils and the coming entrants forward (队列递进).

    Parameters
    ----------
    current
        ``(A, G)`` pupils by grade in the base year.
    log_ratios
        ``(A, G - 1, H)`` log progression ratios by year ahead.
    entrants
        ``(A, H)`` pupils of the entry grade by year ahead.
    mixing
        Pupils who change place between two grades.
    feeding
        Grades that areas fill from elsewhere.
    staying
        ``(A, G)`` share of each grade that repeats it, where the ratios leave repeaters out.

    Returns
    -------
    Array
        ``(A, G, H)`` pupils.
    """
    horizon = entrants.shape[1]
    result = np.empty((*current.shape, horizon))
    now = current
    for year in range(horizon):
        now = step_forward(now, log_ratios[:, :, year], mixing, feeding, staying)
        now[:, 0] = entrants[:, year]
        result[:, :, year] = now
    return result
