"""Progression ratios carried forward (递进比估计): pooled over years, shrunk by size, damped.

Every area is compared with what the ratios of all areas in the same year would have given it, so
that a year in which everybody gained says nothing about an area. What is left of it - the area's
own departure - is shrunk by as much as the spread between areas and the noise within them say.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from analysis.forecast.panel import Array
from analysis.forecast.progression import Mixing, transitions

#: Pupils of evidence a departure of none is worth where too few areas are there to estimate it:
#: for one grade by itself, for all grades of an area, and for one grade beside those.
DEFAULT_SHRINKAGE_PUPILS = 50.0
DEFAULT_BESIDE_PUPILS = 200.0
#: Least and most such pupils, for all grades of an area and for one grade.
AREA_BOUNDS = (5.0, 1_000.0)
GRADE_BOUNDS = (5.0, 2_000.0)
#: The same of a group (a county) beside all areas.
GROUP_PUPILS = 40.0
#: Fewest areas and years that can tell spread from noise.
_FEWEST_AREAS, _FEWEST_YEARS = 8, 3
_WIDEST = (0.5, 2.0)  # yearly departures beyond these are a school opened or closed
_LIMITS = (0.02, 50.0)
_NO_NOISE = 1e-9
_TINY = 1e-9


class Candidate(NamedTuple):
    """One way to carry ratios forward: memory, where they go in the long run, and how fast."""

    decay: float  # weight of a year relative to the one after it
    target: str  # "one": ratios fade to 1; "pool": to the all-year ratio of the grade
    damping: float  # share of the distance to the target that is left after a year
    common: bool  # whether the grades of an area are first thought to depart alike


_FADES = (("one", 1.0), ("one", 0.85), ("one", 0.65), ("pool", 0.65))
CANDIDATES: tuple[Candidate, ...] = tuple(
    Candidate(decay, target, damping, common)
    for common, decay, (target, damping) in product((True, False), (0.4, 0.65, 0.9), _FADES)
)
_FADE_PRIOR = {("one", 1.0): 1.0, ("one", 0.85): 3.0, ("one", 0.65): 2.0, ("pool", 0.65): 1.0}
_COMMON_PRIOR = {True: 2.0, False: 1.0}
_RAW_PRIOR = np.array(
    [_FADE_PRIOR[c.target, c.damping] * _COMMON_PRIOR[c.common] for c in CANDIDATES]
)
#: Weight of each candidate before any past origin has spoken, ``(C,)``.
PRIOR: Array = _RAW_PRIOR / _RAW_PRIOR.sum()


class Spread(NamedTuple):
    """What a column of departures shows: noise a pupil, and spread between the areas."""

    noise: Array  # (K,) variance of a departure times its pupils
    between: Array  # (K,) variance between areas, zero or more
    known: Array  # (K,) whether there are enough areas and years to tell

    def pupils(self, bounds: tuple[float, float], default: float) -> Array:
        """Return the pupils of evidence that no departure is worth, ``(K,)``.

        Zero where the same departure comes every year: it needs no help.
        """
        quotient = np.where(self.between > 0, self.noise / np.maximum(self.between, _TINY), np.inf)
        found = np.where(self.known, np.clip(quotient, *bounds), default)
        return np.where(self.known & (self.noise < _NO_NOISE), 0.0, found)


def spread_of(arrived: Array, expected: Array) -> Spread:
    """Tell real differences between areas from chance (method of moments).

    Parameters
    ----------
    arrived, expected
        ``(A, K, T)`` pupils found, and pupils the ratios of all areas would have given.

    Notes
    -----
    DerSimonian and Laird 1986, *Controlled Clinical Trials* 7: the variance of an area's yearly
    departure around its own mean falls with 1/pupils; the spread between areas does not.
    """
    size, years = expected.sum(axis=2), (expected > 0).sum(axis=2)
    usable = (years >= 2) & (size > 0)
    own = arrived.sum(axis=2) / np.maximum(size, _TINY)
    yearly = np.clip(arrived / np.maximum(expected, _TINY), *_WIDEST)
    gaps = expected * (yearly - own[:, :, None]) ** 2 * usable[:, :, None]
    noise = gaps.sum(axis=(0, 2)) / np.maximum(((years - 1) * usable).sum(axis=0), 1)
    weight = size * usable
    total = weight.sum(axis=0)
    squares = (weight * (np.clip(own, *_WIDEST) - 1.0) ** 2).sum(axis=0)
    areas = usable.sum(axis=0)
    effective = total - (weight**2).sum(axis=0) / np.maximum(total, _TINY)
    between = (squares - noise * np.maximum(areas - 1, 0)) / np.maximum(effective, _TINY)
    enough = (areas >= _FEWEST_AREAS) & (expected.shape[2] >= _FEWEST_YEARS)
    return Spread(noise, np.maximum(between, 0.0), enough)


class Departures:
    """Departures of areas from the ratios of all, by grade and by block of grades.

    Parameters
    ----------
    arrived, left
        ``(A, K, T)`` from :func:`analysis.forecast.progression.transitions`.
    groups
        ``(A,)`` parent of each area.
    blocks
        ``(K,)`` block of each transition whose departures may be common.
    """

    def __init__(self, arrived: Array, left: Array, groups: Array, blocks: Array) -> None:
        self.arrived, self.left, self.groups = arrived, left, groups
        self.block_of = np.unique(blocks, return_inverse=True)[1]
        usual = _ratio(arrived.sum(axis=0), left.sum(axis=0), np.ones(left.shape[1:]))
        self.expected = left * usual
        whole = spread_of(self._by_block(arrived), self._by_block(self.expected))
        each = spread_of(arrived, self.expected)
        beside = np.maximum(
            each.between - np.where(whole.known, whole.between, 0.0)[self.block_of], 0.0
        )
        self.block_pupils = whole.pupils(AREA_BOUNDS, DEFAULT_SHRINKAGE_PUPILS)
        self.grade_pupils = each.pupils(GRADE_BOUNDS, DEFAULT_SHRINKAGE_PUPILS)
        self.beside_pupils = each._replace(between=beside).pupils(
            GRADE_BOUNDS, DEFAULT_BESIDE_PUPILS
        )

    def _by_block(self, values: Array) -> Array:
        """Add up the transitions of each block, ``(A, K, ...)`` to ``(A, B, ...)``."""
        number = int(self.block_of.max()) + 1
        return np.stack([values[:, self.block_of == b].sum(axis=1) for b in range(number)], axis=1)

    def ratios(self, decay: float, *, common: bool) -> Array:
        """Return the ratios to carry forward, ``(A, K)``.

        The pooled ratio of all areas, times the departure of the group, of the area (when
        ``common``), and of the grade, each shrunk towards none; a year weighs ``decay`` of the one
        after it.
        """
        weights = decay ** np.arange(self.left.shape[2] - 1, -1, -1.0)
        top, bottom, expected = (
            (part * weights).sum(axis=2) for part in (self.arrived, self.left, self.expected)
        )
        pool = _ratio(top.sum(axis=0), bottom.sum(axis=0), np.ones(self.left.shape[1]))
        departure = np.ones(top.shape)
        count = int(self.groups.max(initial=0)) + 1
        if count > 1:
            group_top, group_expected = np.zeros((2, count, top.shape[1]))
            np.add.at(group_top, self.groups, top)
            np.add.at(group_expected, self.groups, expected)
            departure = _shrunk(group_top, group_expected, GROUP_PUPILS)[self.groups]
        if common:
            whole = _shrunk(
                self._by_block(top), self._by_block(expected * departure), self.block_pupils
            )
            departure = departure * whole[:, self.block_of]
        own = self.beside_pupils if common else self.grade_pupils
        departure = departure * _shrunk(top, expected * departure, own)
        return np.asarray(pool * departure)


def _shrunk(found: Array, expected: Array, pupils: Array | float) -> Array:
    """Return found over expected, pulled towards one by some pupils; one where nobody is."""
    return _ratio(found + pupils, expected + pupils, np.ones(found.shape))


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
    blocks: Array,
    mixing: Mixing | None = None,
    repeaters: Array | None = None,
) -> Array:
    """Return the log ratios of every candidate from the last year of ``pupils``.

    Parameters
    ----------
    pupils
        ``(A, G, T)``.
    groups
        ``(A,)`` parent of each area.
    horizon
        Years ahead.
    blocks
        ``(G - 1,)`` block of each transition.
    mixing
        Pupils who change place between two grades.
    repeaters
        ``(A, G, T)``: left out of the ratios when given.

    Returns
    -------
    Array
        ``(C, A, G - 1, horizon)``.
    """
    arrived, left = transitions(pupils, mixing, repeaters)
    if not left.shape[1]:
        return np.zeros((len(CANDIDATES), *left.shape[:2], horizon))
    departures = Departures(arrived, left, groups, blocks)
    long_run = _ratio(arrived.sum(axis=(0, 2)), left.sum(axis=(0, 2)), np.ones(left.shape[1]))
    result, made = [], {}
    for candidate in CANDIDATES:
        key = (candidate.decay, candidate.common)
        if key not in made:
            ratios = departures.ratios(candidate.decay, common=candidate.common)
            made[key] = np.log(np.clip(ratios, *_LIMITS))
        log_ratio = made[key]
        target = np.zeros_like(log_ratio)
        if candidate.target == "pool":
            target = np.broadcast_to(np.log(np.clip(long_run, *_LIMITS)), log_ratio.shape)
        result.append(damped_log_ratios(log_ratio, target, candidate.damping, horizon))
    return np.stack(result)
