"""Simulated paths (模拟路径): shared and own shocks, coherent by construction.

Shocks enter where they arise (a cohort of entrants, a year of progression) and travel with the
cohort. Towns are simulated by grade; stages and the county are sums of the same paths, so every
path adds up exactly. The spread of each stage and year is then scaled to the error profile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np

from analysis.forecast.panel import Array
from analysis.forecast.uncertainty import ErrorProfile

PATHS = 1_000
SEED = 20_170_426
#: Relative sizes of the sources of error (a yearly step of the entry walk is 1 / sqrt 2); their
#: totals are set by the error profile.
ENTRY_LEVEL = 0.6
PROGRESSION_SHARE = 0.35
#: Independent noise of one grade of one area, as a share of the area's stage noise.
CELL_NOISE = 0.5
#: Degrees of freedom of the tails (Student's t): rare openings, closures and mergers.
TAIL_FREEDOM = 7.0
#: A handful of pupils may double or vanish, but the log error of a stage is never taken wider.
WIDEST_OWN = 0.6
_BLOCK_CELLS = 12_000_000
#: How much further on in a run of noise the next year begins.
_NOISE_STRIDE = 41


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


def stage_spread(weights: Array, entry_level: float, cell_noise: float) -> Array:
    """Return the standard deviation of stage totals' log deviation under unit shocks.

    A grade's deviation is what its cohort has gathered: the shock of its year of entry, if it
    entered after the base year, and the progression shocks of the years since.

    Parameters
    ----------
    weights
        ``(..., G, H)`` share of each grade in its stage's total, zero outside the stage.
    entry_level
        Standard deviation of the level all cohorts of a path share.
    cell_noise
        Standard deviation of the noise of a single grade and year.

    Returns
    -------
    Array
        ``(..., H)``.
    """
    grades, horizon = weights.shape[-2:]
    steps = np.arange(1, horizon + 1, dtype=float)
    both = np.minimum(steps[:, None], steps[None, :])
    entry_cov = both / 2 + entry_level**2
    drift = np.outer(steps, steps) / 4
    progression_cov = PROGRESSION_SHARE**2 * (both + drift)
    result = np.empty((*weights.shape[:-2], horizon))
    for h in range(horizon):
        entered = np.zeros((*weights.shape[:-2], horizon))
        for grade in range(min(grades, h + 1)):
            entered[..., h - grade] = weights[..., grade, h]
        walked = -entered
        walked[..., h] += weights[..., h].sum(axis=-1)
        variance = np.einsum("...i,ij,...j->...", entered, entry_cov, entered)
        variance += np.einsum("...i,ij,...j->...", walked, progression_cov, walked)
        result[..., h] = variance + cell_noise**2 * (weights[..., h] ** 2).sum(axis=-1)
    return np.asarray(np.sqrt(np.maximum(result, 1e-12)))


def _unit_shocks(random: np.random.Generator, areas: int, horizon: int, paths: int) -> _Shocks:
    """Draw the shocks of entry and of progression, ``(A, H, P)`` each, with heavy tails.

    The entry shock is a level every cohort shares (drawn once a path) plus a random walk;
    progression shocks are independent by year around a drift drawn once a path.
    """
    entry = random.standard_normal((areas, horizon, paths), dtype=np.float32)
    np.cumsum(entry, axis=1, out=entry)
    entry *= np.float32(np.sqrt(0.5))
    level = random.standard_normal((areas, 1, paths), dtype=np.float32)
    entry += level * np.float32(ENTRY_LEVEL)
    total = random.standard_normal((areas, horizon, paths), dtype=np.float32)
    total += random.standard_normal((areas, 1, paths), dtype=np.float32) * np.float32(0.5)
    np.cumsum(total, axis=1, out=total)
    mixed = random.chisquare(TAIL_FREEDOM, (areas, 1, paths)).astype(np.float32)
    tail = np.sqrt(np.float32(TAIL_FREEDOM - 2) / mixed)
    entry *= tail
    total *= tail * np.float32(PROGRESSION_SHARE)
    return _Shocks(entry - total, total)


class _Shocks(NamedTuple):
    """Log deviations: ``entered`` of a cohort by year of entry, ``walked`` of every pupil since."""

    entered: Array  # (A, H, P); the walk up to the year of entry is taken off
    walked: Array  # (A, H, P)

    def of(self, grade: int, year: int) -> Array:
        """Return the deviation of one grade in one year ahead, ``(A, P)``."""
        if grade > year:
            return np.array(self.walked[:, year])
        return np.asarray(self.walked[:, year] + self.entered[:, year - grade])


def _generator(*seed: int) -> np.random.Generator:
    """Return a seeded generator; SFC64 is the fastest of numpy's for long runs of normals."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed)))


@dataclass(frozen=True)
class _Simulation:
    """What every block of areas needs."""

    central: Array
    stage_of: Array  # (G,)
    target: Array  # (S, A, H) spread of each area's own error
    factor: Array  # (S, A, H) what a unit shock is multiplied with
    shared: Array  # (G, H, P) the deviation all areas share
    paths: int
    seed: int

    def block(self, part: slice) -> Array:
        """Return the paths of some areas, ``(A', G, H, P)`` float32."""
        central = self.central[part]
        areas, grades, horizon = central.shape
        random = _generator(self.seed, 1, part.start)
        shocks = _unit_shocks(random, areas, horizon, self.paths)
        result = np.empty((areas, grades, horizon, self.paths), dtype=np.float32)
        half = (self.paths + 1) // 2
        run = half + _NOISE_STRIDE * (horizon - 1)
        with np.errstate(divide="ignore"):
            middle = np.log(central)
        for grade in range(grades):
            stage = self.stage_of[grade]
            # one run of noise a grade, and each year begins further on in it: on any one path the
            # years are independent, at a fraction of the draws
            noise = random.standard_normal((areas, run), dtype=np.float32)
            noise *= np.float32(CELL_NOISE)
            for year in range(horizon):
                # noise of a path and its opposite in another: half the draws, and no bias
                drawn = noise[:, year * _NOISE_STRIDE : year * _NOISE_STRIDE + half]
                cell = shocks.of(grade, year)
                cell[:, :half] += drawn
                cell[:, half:] -= drawn[:, : self.paths - half]
                cell *= self.factor[stage, part, year][:, None].astype(np.float32)
                cell += self.shared[grade, year]
                # own errors must not lift the mean, or many small towns would lift the county
                level = middle[:, grade, year] - self.target[stage, part, year] ** 2 / 2
                cell += level[:, None].astype(np.float32)
                np.exp(cell, out=result[:, grade, year])
        return result


def simulate(
    central: Array,
    base: Array,
    stages: StageMap,
    profile: ErrorProfile,
    *,
    paths: int = PATHS,
    seed: int = SEED,
    workers: int = 1,
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
        Number of paths, and the seed: the same inputs and seed give the same paths.
    workers
        Threads; the paths do not depend on their number, memory grows with it.

    Yields
    ------
    tuple
        A slice of areas and their paths ``(P, A', G, H)``, float32.
    """
    areas, grades, horizon = central.shape
    weights = _stage_weights(central, stages)  # (S, A, G, H)
    expected = np.stack([central[:, c].sum(axis=1) for c in stages.columns])  # (S, A, H)
    size = np.maximum(base.T, expected.mean(axis=2))
    target = np.stack([profile.own(s, n) for s, n in enumerate(size)])
    target = np.where(expected > 0, np.minimum(target, WIDEST_OWN), 0.0)
    stage_of = np.maximum(stages.of_grade(grades), 0)
    whole = _stage_weights(central.sum(axis=0, keepdims=True), stages)[:, 0]
    unit = profile.shared / stage_spread(whole, ENTRY_LEVEL, 0.0)  # (S, H)
    drawn = _unit_shocks(_generator(seed, 0), 1, horizon, paths)
    shared = np.stack(
        [
            np.stack([drawn.of(g, h)[0] * np.float32(unit[stage_of[g], h]) for h in range(horizon)])
            for g in range(grades)
        ]
    )
    factor = target / stage_spread(weights, ENTRY_LEVEL, CELL_NOISE)
    made = _Simulation(central, stage_of, target, factor, shared, paths, seed)
    step = max(1, _BLOCK_CELLS // max(paths * grades * horizon, 1))
    parts = [slice(start, min(start + step, areas)) for start in range(0, areas, step)]
    if workers == 1 or len(parts) == 1:
        for part in parts:
            yield part, np.moveaxis(made.block(part), -1, 0)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting = deque((part, pool.submit(made.block, part)) for part in parts[: 2 * workers])
        coming = iter(parts[2 * workers :])
        while waiting:
            ready, future = waiting.popleft()
            yield ready, np.moveaxis(future.result(), -1, 0)
            for part in islice(coming, 1):  # one out, one in: memory stays bounded
                waiting.append((part, pool.submit(made.block, part)))


def _stage_weights(central: Array, stages: StageMap) -> Array:
    """Return the share of each grade in its stage's total, ``(S, A, G, H)``."""
    result = np.zeros((len(stages.columns), *central.shape))
    for s, columns in enumerate(stages.columns):
        part = central[:, list(columns)]
        result[s][:, list(columns)] = part / np.maximum(part.sum(axis=1, keepdims=True), 1e-9)
    return result


def stage_quantiles(part: Array, columns: Sequence[int], shares: Sequence[float]) -> Array:
    """Return quantiles of a stage's total by area and year ahead, ``(Q, A', H)``.

    Parameters
    ----------
    part
        ``(P, A', G, H)`` from :func:`simulate`.
    columns
        Positions of the stage's grades.
    shares
        Quantiles wanted; each is the path at that share of the order, not interpolated.
    """
    total = np.moveaxis(part, 0, -1)[:, list(columns)].sum(axis=1)
    places = [round(share * (total.shape[-1] - 1)) for share in shares]
    total.sort(axis=-1)  # vectorised: quicker than partitioning at several ranks
    return np.stack([total[..., place] for place in places])


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
