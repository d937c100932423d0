"""Simulated paths (模拟路径): shared and own shocks, coherent by construction.

Shocks enter where they arise (a cohort of entrants, a year of progression) and travel with the
cohort. Towns are simulated by grade; stages and the county are sums of the same paths, so every
path adds up exactly. The spread of each stage and year is then scaled to the error profile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.forecast.panel import Array
from analysis.forecast.uncertainty import ErrorProfile

PATHS = 1_000
SEED = 20_170_426
#: Relative sizes of the sources of error; the totals are set by the error profile.
ENTRY_SHARE = 1.0
PROGRESSION_SHARE = 0.35
#: Independent noise of one grade of one area, as a share of the area's stage noise.
CELL_NOISE = 0.5
#: Degrees of freedom of the tails (Student's t): rare openings, closures and mergers.
TAIL_FREEDOM = 7.0
#: A handful of pupils may double or vanish, but the log error of a stage is never taken wider.
WIDEST_OWN = 0.6
_BLOCK_CELLS = 12_000_000


@dataclass(frozen=True)
class StageMap:
    """Which grade belongs to which stage: ``columns[s]`` are positions of grades."""

    columns: tuple[tuple[int, ...], ...]

    def of_grade(self, grades: int) -> Array:
        """Return the stage of each grade, ``(G,)``; -1 for a grade outside every stage."""
        result = np.full(grades, -1)
        for s, columns in enumerate(self.columns):
            result[list(columns)] = s
        return result


def _cohort_deviation(entry: Array, progression: Array, grades: int) -> Array:
    """Add up shocks along each cohort.

    Parameters
    ----------
    entry
        ``(..., H)`` log shock of the entrants of each year ahead.
    progression
        ``(..., H)`` log shock of every grade's progression in each year ahead.
    grades
        Number of grades G.

    Returns
    -------
    Array
        ``(..., G, H)`` log deviation of each grade and year.
    """
    horizon = entry.shape[-1]
    total = np.cumsum(progression, axis=-1)
    result = np.empty((*entry.shape[:-1], grades, horizon), dtype=entry.dtype)
    for grade in range(grades):
        result[..., grade, :] = total
        entered = np.arange(grade, horizon)  # years ahead (0-based) in which the cohort is here
        born = entered - grade
        result[..., grade, grade:] = entry[..., born] + total[..., grade:] - total[..., born]
    return result


def _unit_shocks(
    random: np.random.Generator, shape: tuple[int, ...], grades: int, entry_level: float
) -> Array:
    """Return log deviations ``shape[:-1] + (G, H)`` of unit shocks with heavy tails.

    The entry shock is a level every cohort shares (drawn once a path) plus a random walk;
    progression shocks are independent by year.
    """
    horizon = shape[-1]
    walk = random.standard_normal(shape, dtype=np.float32)
    steps = np.cumsum(walk, axis=-1) / np.float32(np.sqrt(2.0))
    level = random.standard_normal((*shape[:-1], 1), dtype=np.float32) * np.float32(entry_level)
    progression = random.standard_normal(shape, dtype=np.float32) * np.float32(PROGRESSION_SHARE)
    drift = random.standard_normal((*shape[:-1], 1), dtype=np.float32)
    progression += drift * np.float32(PROGRESSION_SHARE / 2)
    mixed = random.chisquare(TAIL_FREEDOM, (*shape[:-1], 1)).astype(np.float32) / TAIL_FREEDOM
    tail = (1 / np.sqrt(mixed)).astype(np.float32)
    tail *= np.float32(np.sqrt((TAIL_FREEDOM - 2) / TAIL_FREEDOM))
    return _cohort_deviation(
        (ENTRY_SHARE * steps + level) * tail, progression * tail, grades
    ).reshape(*shape[:-1], grades, horizon)


def _stage_spread(deviation: Array, central: Array, stages: StageMap) -> Array:
    """Return the standard deviation of the stage totals' log deviation.

    Parameters
    ----------
    deviation
        ``(P, A, G, H)`` log deviations.
    central
        ``(A, G, H)``.

    Returns
    -------
    Array
        ``(S, A, H)``.
    """
    result = []
    for columns in stages.columns:
        part = central[:, columns, :]
        share = part / np.maximum(part.sum(axis=1, keepdims=True), 1e-9)
        total = np.einsum("pagh,agh->pah", deviation[:, :, columns, :], share)
        result.append(np.maximum(total.std(axis=0), 1e-6))
    return np.stack(result)


def simulate(
    central: Array,
    base: Array,
    stages: StageMap,
    profile: ErrorProfile,
    *,
    paths: int = PATHS,
    seed: int = SEED,
) -> Iterator[tuple[slice, Array]]:
    """Simulate demand around a central forecast, block of areas by block of areas.

    Parameters
    ----------
    central
        ``(A, G, H)`` central forecast.
    base
        ``(A, S)`` pupils of each stage now: with the pupils expected, the size that sets the own
        error (a stage that new housing is still to fill has no pupils now).
    stages
        Grades of each stage.
    profile
        Error profile; its stages are those of ``stages``.
    paths, seed
        Number of paths, and the seed: the same seed gives the same paths for an area whatever
        block it falls into.

    Yields
    ------
    tuple
        A slice of areas and their paths ``(P, A', G, H)``, float32.
    """
    areas, grades, horizon = central.shape
    own_stage = np.maximum(stages.of_grade(grades), 0)
    total = central.sum(axis=0, keepdims=True)
    random = np.random.default_rng([seed, 0])
    shared = _unit_shocks(random, (paths, 1, horizon), grades, 0.6)
    spread = _stage_spread(shared, total, stages)[:, 0, :]
    shared *= (profile.shared / spread)[own_stage][None, None].astype(np.float32)
    block = max(1, _BLOCK_CELLS // max(paths * grades * horizon, 1))
    for start in range(0, areas, block):
        part = slice(start, min(start + block, areas))
        count = part.stop - part.start
        random = np.random.default_rng([seed, 1, start])
        own = _unit_shocks(random, (paths, count, horizon), grades, 0.6)
        noise = random.standard_normal(own.shape, dtype=np.float32)
        own += noise * np.float32(CELL_NOISE)
        spread = _stage_spread(own, central[part], stages)
        expected = np.stack([central[part][:, c].sum(axis=1) for c in stages.columns])  # (S, A', H)
        size = np.maximum(base[part].T, expected.mean(axis=2))
        target = np.stack([profile.own(s, n) for s, n in enumerate(size)])
        target = np.where(expected > 0, np.minimum(target, WIDEST_OWN), 0.0)
        own *= np.moveaxis((target / spread)[own_stage], 0, 1)[None].astype(np.float32)
        # own errors must not lift the mean of a town, or many small towns would lift the county
        own -= np.moveaxis((target**2 / 2)[own_stage], 0, 1)[None].astype(np.float32)
        own += shared
        np.exp(own, out=own)
        own *= central[part].astype(np.float32)[None]
        yield part, own


def quantile_band(paths: Array, central: Array, level: float) -> tuple[Array, Array]:
    """Return the lower and upper bound that hold ``level`` of the paths, never off the centre.

    Parameters
    ----------
    paths
        ``(P, ...)``.
    central
        ``(...)`` central forecast; the band always contains it.
    level
        0.8 or 0.95.
    """
    tail = (1 - level) / 2
    lower, upper = np.quantile(paths, [tail, 1 - tail], axis=0)
    return np.minimum(lower, central), np.maximum(upper, central)


def exceedance_of(paths: Array, seats: float) -> Array:
    """Return the probability, by year, that demand exceeds given seats.

    Parameters
    ----------
    paths
        ``(P, H)`` simulated demand of one place and stage.
    seats
        Seats available.
    """
    return np.asarray((paths > seats).mean(axis=0))
