"""Grade progression (年级递进): ratios pooled over years, shrunk by size, damped with the horizon.

All functions work on arrays ``(areas, grades, years)``; a transition ``g`` leads from grade ``g``
to grade ``g + 1`` a year later. A ratio mixes promotion, repetition, drop-out and migration and
may exceed one.
"""

from __future__ import annotations

import warnings
from itertools import product
from typing import NamedTuple

import numpy as np

from analysis.forecast.panel import Array

#: Weight of a pupil-year prior in shrinkage, used when too few areas are there to estimate it.
DEFAULT_SHRINKAGE_PUPILS = 50.0
SHRINKAGE_BOUNDS = (0.0, 40.0)
#: A town sends (takes in) pupils when it keeps less (more) than this share of what is expected.
SENDING_BELOW, TAKING_ABOVE = 0.75, 1.25
_TINY = 1e-9
_NO_NOISE = 1e-9


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


class Candidate(NamedTuple):
    """One way to carry ratios forward: memory, where they go in the long run, and how fast."""

    decay: float  # weight of a year relative to the one after it
    target: str  # "one": ratios fade to 1; "pool": to the all-year ratio of the grade
    damping: float  # share of the distance to the target that is left after a year


CANDIDATES: tuple[Candidate, ...] = tuple(
    Candidate(decay, target, damping)
    for decay, (target, damping) in product(
        (0.4, 0.65, 0.9),
        (("one", 1.0), ("one", 0.85), ("one", 0.65), ("pool", 0.65)),
    )
)

_DECAY_PRIOR = {0.4: 1.0, 0.65: 1.0, 0.9: 1.0}
_FADE_PRIOR = {("one", 1.0): 1.0, ("one", 0.85): 3.0, ("one", 0.65): 2.0, ("pool", 0.65): 1.0}
_RAW_PRIOR = np.array(
    [_DECAY_PRIOR[c.decay] * _FADE_PRIOR[c.target, c.damping] for c in CANDIDATES]
)
#: Weight of each candidate before any past origin has spoken, ``(C,)``.
PRIOR: Array = _RAW_PRIOR / _RAW_PRIOR.sum()


def transitions(pupils: Array, mixing: Mixing | None = None) -> tuple[Array, Array]:
    """Return arrivals and departures of every transition; both are 0 where either is unknown.

    Parameters
    ----------
    pupils
        ``(A, G, T)``.
    mixing
        Pupils who change place between two grades are counted where they go.

    Returns
    -------
    tuple
        Two arrays ``(A, G - 1, T - 1)``: pupils found in the next grade, pupils they came from.
    """
    left, arrived = pupils[:, :-1, :-1], pupils[:, 1:, 1:]
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


def shrinkage_pupils(arrived: Array, left: Array) -> Array:
    """Estimate, per transition, how many pupils of pooled evidence an area's own ratio is worth.

    The variance of an area's yearly ratio around its own mean falls with 1/pupils; the spread
    between areas does not. Their quotient is the weight (in pupils a year) of the pooled ratio.

    Returns
    -------
    Array
        ``(G - 1,)`` pupils; the default where fewer than eight areas or three years are there.

    Notes
    -----
    Method of moments (DerSimonian and Laird 1986, *Controlled Clinical Trials* 7).
    """
    size = left.sum(axis=2)
    usable = ((left > 0).sum(axis=2) >= 2) & (size > 0)
    result = np.full(left.shape[1], DEFAULT_SHRINKAGE_PUPILS)
    if left.shape[2] < 3:
        return result
    pool = arrived.sum(axis=(0, 2)) / np.maximum(left.sum(axis=(0, 2)), _TINY)
    own = arrived.sum(axis=2) / np.maximum(size, _TINY)
    # clip single-year jumps (a school opened or closed) so that they do not rule the estimate
    yearly = np.clip(arrived / np.maximum(left, _TINY), 0.5 * pool[:, None], 2.0 * pool[:, None])
    within = (left * (yearly - own[:, :, None]) ** 2 * usable[:, :, None]).sum(axis=(0, 2))
    freedom = (((left > 0).sum(axis=2) - 1) * usable).sum(axis=0)
    noise = within / np.maximum(freedom, 1)
    gap = np.clip(own, 0.5 * pool, 2.0 * pool) - pool
    between = (size * gap**2 * usable).sum(axis=0) - noise * (usable.sum(axis=0) - 1)
    total = (size * usable).sum(axis=0)
    effective = total - (size**2 * usable).sum(axis=0) / np.maximum(total, _TINY)
    spread = between / np.maximum(effective, _TINY)
    enough = usable.sum(axis=0) >= 8
    estimate = np.where(spread > 0, noise / np.maximum(spread, _TINY), SHRINKAGE_BOUNDS[1])
    result[enough] = np.clip(estimate[enough], *SHRINKAGE_BOUNDS)
    result[(noise < _NO_NOISE) & (freedom > 0)] = 0.0  # the same ratio every year needs no help
    return result


def pooled_ratios(
    arrived: Array, left: Array, decay: float, groups: Array, prior_pupils: Array
) -> tuple[Array, Array]:
    """Return shrunk ratios of the areas and the pooled ratio of all.

    Sum over sum with yearly weights ``decay ** age``; an area is pulled towards its group (its
    county), a group towards all areas, each with the weight of ``prior_pupils`` a year.

    Returns
    -------
    tuple
        ``(A, G - 1)`` ratios; ``(G - 1,)`` pooled ratios, 1 where nothing is known.
    """
    weights = decay ** np.arange(left.shape[2] - 1, -1, -1.0)
    weights /= max(weights.sum(), _TINY)
    top, bottom = (arrived * weights).sum(axis=2), (left * weights).sum(axis=2)
    pool = _ratio(top.sum(axis=0), bottom.sum(axis=0), np.ones(left.shape[1]))
    target = np.broadcast_to(pool, top.shape)
    count = int(groups.max(initial=0)) + 1
    if count > 1:
        group_top, group_bottom = np.zeros((2, count, left.shape[1]))
        np.add.at(group_top, groups, top)
        np.add.at(group_bottom, groups, bottom)
        shrunk = _ratio(group_top + prior_pupils * pool, group_bottom + prior_pupils, pool)
        target = shrunk[groups]
    return _ratio(top + prior_pupils * target, bottom + prior_pupils, target), pool


def _ratio(top: Array, bottom: Array, otherwise: Array) -> Array:
    return np.asarray(np.where(bottom > 0, top / np.maximum(bottom, _TINY), otherwise))


def damped_log_ratios(log_ratio: Array, target: Array, damping: float, horizon: int) -> Array:
    """Return log ratios for each year ahead, fading from ``log_ratio`` to ``target``.

    The first year ahead uses the estimate itself; each further year keeps ``damping`` of the
    distance.

    Returns
    -------
    Array
        ``log_ratio.shape + (horizon,)``.
    """
    fade = damping ** np.arange(horizon)
    return np.asarray(target[..., None] + (log_ratio - target)[..., None] * fade)


def candidate_log_ratios(
    pupils: Array,
    groups: Array,
    horizon: int,
    candidates: tuple[Candidate, ...] = CANDIDATES,
    mixing: Mixing | None = None,
) -> Array:
    """Return the log ratios of every candidate from the last year of ``pupils``.

    Returns
    -------
    Array
        ``(C, A, G - 1, horizon)``.
    """
    arrived, left = transitions(pupils, mixing)
    prior = shrinkage_pupils(arrived, left)
    long_run = _ratio(arrived.sum(axis=(0, 2)), left.sum(axis=(0, 2)), np.ones(left.shape[1]))
    by_decay = {
        decay: np.log(np.clip(pooled_ratios(arrived, left, decay, groups, prior)[0], 0.02, 50.0))
        for decay in {c.decay for c in candidates}
    }
    result = []
    for candidate in candidates:
        log_ratio = by_decay[candidate.decay]
        target = np.zeros_like(log_ratio)
        if candidate.target == "pool":
            target = np.broadcast_to(np.log(np.clip(long_run, 0.02, 50.0)), log_ratio.shape)
        result.append(damped_log_ratios(log_ratio, target, candidate.damping, horizon))
    return np.stack(result)


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


def step_forward(
    now: Array,
    log_ratios: Array,
    mixing: Mixing | None = None,
    feeding: Feeding | None = None,
) -> Array:
    """Carry ``(..., A, G)`` pupils one year on; the entry grade comes out as NaN."""
    following = np.full(now.shape, np.nan)
    base = now[..., :-1]
    if mixing is not None:
        base = base.copy()
        base[..., mixing.transition] = base[..., mixing.transition] @ mixing.shares
    following[..., 1:] = base * np.exp(log_ratios)
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

    Returns
    -------
    Array
        ``(..., A, G, H)`` pupils; NaN in grades that only later entrants can fill.
    """
    horizon = log_ratios.shape[-1]
    now = np.broadcast_to(current, (*log_ratios.shape[:-3], *current.shape))
    result = np.full((*now.shape, horizon), np.nan)
    for year in range(horizon):
        now = step_forward(now, log_ratios[..., year], mixing, feeding)
        result[..., year] = now
    return result


def project(
    current: Array,
    log_ratios: Array,
    entrants: Array,
    mixing: Mixing | None = None,
    feeding: Feeding | None = None,
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

    Returns
    -------
    Array
        ``(A, G, H)`` pupils.
    """
    horizon = entrants.shape[1]
    result = np.empty((*current.shape, horizon))
    now = current
    for year in range(horizon):
        now = step_forward(now, log_ratios[:, :, year], mixing, feeding)
        now[:, 0] = entrants[:, year]
        result[:, :, year] = now
    return result
