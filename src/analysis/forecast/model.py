"""The cohort model (队列法): candidates weighted by how well they did on the panel's own past.

Nothing is chosen by taste. For every past origin each candidate's forecasts are made from what
was known then; a candidate's weight falls with its mean error relative to the best one. With few
origins the weights stay close to equal, with many they concentrate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.forecast.blend import Blend
from analysis.forecast.entrants import (
    EntryCandidate,
    candidate_entrants,
    entry_candidates,
    entry_prior,
    weighted_entrants,
)
from analysis.forecast.panel import Array, Panel
from analysis.forecast.progression import (
    Feeding,
    Mixing,
    feeding_shares,
    project,
    staying_shares,
    survive,
    transfer_shares,
)
from analysis.forecast.ratios import CANDIDATES, PRIOR, candidate_log_ratios

#: Fewest school years a past origin needs behind it before it may judge candidates.
FIRST_ORIGIN = 2
#: Horizons (years ahead) at which candidates are judged.
JUDGED_HORIZONS = (1, 2, 3, 4, 5)
#: How sharply weights react to relative error, per past origin; later years ahead react less,
#: their origins overlap.
PROGRESSION_SHARPNESS = 12.0
ENTRY_SHARPNESS = 0.7
#: Pseudo-origins of pooled evidence when one area's entry candidates are judged.
POOLED_ORIGINS = 20.0
#: Areas used to judge candidates when there are more (evenly spaced, so no randomness).
JUDGING_AREAS = 2_000
#: Cells below this many pupils do not judge: one child is several per cent there.
JUDGING_PUPILS = 10.0
#: Relative error below which a candidate counts as exact.
EXACT = 1e-7
#: Weight of the error of all areas together beside that of each: noise hides a bias they share.
WHOLE_WEIGHT = 0.5
#: Evidence at neighbouring horizons counts this much less per year of distance.
NEARNESS = 0.5
_BLOCKS = ((-99, 6), (7, 9), (10, 99))


@dataclass(frozen=True)
class PointForecast:
    """Central forecast of a panel, with what it rests on.

    ``pupils`` is ``(A, G, H)``: the cohorts times ``correction`` ``(A, G, H)``, which is what
    series methods change. ``log_ratios`` is ``(A, G - 1, H)``; ``entrants`` ``(A, H)``;
    ``entry_weights`` ``(C, A)`` on ``entry_candidates``; ``progression_weights`` ``(C, B, H)`` by
    block of grades and year ahead.
    """

    panel: Panel
    pupils: Array
    log_ratios: Array
    entrants: Array
    entry_candidates: tuple[EntryCandidate, ...]
    entry_weights: Array
    progression_weights: Array
    correction: Array
    mixing: Mixing | None = None
    feeding: Feeding | None = None
    staying: Array | None = None

    def driver_weight(self) -> Array:
        """Return, per area, the weight of the candidates that use births, ``(A,)``."""
        uses = np.array([bool(c.driver) for c in self.entry_candidates])
        return np.asarray(self.entry_weights[uses].sum(axis=0))


def grade_blocks(grades: tuple[int, ...]) -> Array:
    """Return, for each grade after the first, the block of grades it is judged in."""
    block = [next((i for i, (a, b) in enumerate(_BLOCKS) if a <= g <= b), 2) for g in grades[1:]]
    return np.array(block, dtype=np.int64)


def block_columns(grades: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the positions of the grades of each block."""
    first = [next((i for i, (a, b) in enumerate(_BLOCKS) if a <= g <= b), 2) for g in grades]
    return tuple(
        tuple(int(i) for i in np.flatnonzero(np.array(first) == b)) for b in sorted(set(first))
    )


def panel_mixing(panel: Panel) -> Mixing | None:
    """Return who changes town between primary and junior, or None when nobody can."""
    if panel.transfer_grade is None or len(panel.areas) < 2:
        return None
    transition = panel.grades.index(panel.transfer_grade)
    if panel.transfers is not None:
        return Mixing(transition, panel.transfers)
    return transfer_shares(panel.pupils, transition)


class CohortModel:
    """The cohort model on one panel; past origins are computed once and reused.

    Parameters
    ----------
    panel
        History up to the last origin that will be asked for.
    horizon
        Years ahead.
    """

    def __init__(self, panel: Panel, horizon: int) -> None:
        self.panel = panel
        self.horizon = horizon
        self.candidates = entry_candidates(tuple(panel.drivers))
        self.blocks = grade_blocks(panel.grades)
        count = len(panel.areas)
        step = max(1, -(-count // JUDGING_AREAS))
        self._judging = panel.select(np.arange(0, count, step))
        self._past: dict[int, tuple[Array, Array]] = {}
        self._made: dict[int, PointForecast] = {}
        self.blend = Blend(
            panel,
            block_columns(panel.grades),
            horizon,
            min(max(JUDGED_HORIZONS), horizon),
            lambda year: self._cohorts(self.panel.until(year), year).pupils,
        )

    def forecast(self, origin: int | None = None) -> PointForecast:
        """Return the central forecast from ``origin``.

        ``None`` stands for today: the last school year with every driver that was given. A past
        origin sees only what was known in that year.
        """
        if origin is not None and origin in self._made:
            return self._made[origin]
        year = self.panel.years[-1] if origin is None else origin
        known = self.panel if origin is None else self.panel.until(year)
        plain = self._cohorts(known, year)
        self.blend.remember(known, plain.pupils)
        correction = self.blend.correction(known, plain.pupils)
        made = replace(plain, pupils=plain.pupils * correction, correction=correction)
        if origin is not None and len(self.panel.areas) <= JUDGING_AREAS:
            self._made[origin] = made
        return made

    def _cohorts(self, known: Panel, year: int) -> PointForecast:
        """Return the cohort forecast from ``year`` without what series methods change."""
        mixing = panel_mixing(known)
        ratios = self._ratios(known, self.horizon, mixing)
        progression = self.progression_weights(year)
        by_transition = progression[:, self.blocks]  # (C, G - 1, H)
        log_ratios = np.einsum("cagh,cgh->agh", ratios, by_transition)
        values = candidate_entrants(known, self.horizon, self.candidates)
        weights = self.entry_weights(year)
        entrants = weighted_entrants(values, weights)
        feeding = feeding_shares(known.pupils, known.group_index, mixing)
        staying = staying_shares(known.pupils, known.repeaters)
        pupils = project(known.pupils[:, :, -1], log_ratios, entrants, mixing, feeding, staying)
        return PointForecast(
            panel=known,
            pupils=pupils,
            correction=np.ones(pupils.shape),
            mixing=mixing,
            feeding=feeding,
            staying=staying,
            log_ratios=log_ratios,
            entrants=entrants,
            entry_candidates=self.candidates,
            entry_weights=weights,
            progression_weights=progression,
        )

    def _ratios(self, known: Panel, horizon: int, mixing: Mixing | None) -> Array:
        # repeaters are by themselves only where the latest years tell them all
        told = staying_shares(known.pupils, known.repeaters) is not None
        apart = known.repeaters if told else None
        return candidate_log_ratios(
            known.pupils, known.group_index, horizon, self.blocks, mixing, apart
        )

    def _judged(self, place: int) -> tuple[Array, Array]:
        """Return relative errors at a past origin, by its position in the years.

        Returns
        -------
        tuple
            Progression loss ``(C, B, H)`` (mean over cells) and entry error ``(C, A, H)``; NaN
            where the panel's years end.
        """
        if place not in self._past:
            panel = self._judging
            horizon = min(max(JUDGED_HORIZONS), self.horizon)
            known = panel.until(panel.years[place])
            mixing = panel_mixing(known)
            ratios = self._ratios(known, horizon, mixing)
            feeding = feeding_shares(known.pupils, known.group_index, mixing)
            staying = staying_shares(known.pupils, known.repeaters)
            cohort = survive(known.pupils[:, :, -1], ratios, mixing, feeding, staying)
            entry = candidate_entrants(known, horizon, self.candidates)
            progress = np.full((len(ratios), len(_BLOCKS), horizon), np.nan)
            errors = np.full((len(self.candidates), len(panel.areas), horizon), np.nan)
            for h in range(horizon):
                if place + h + 1 >= len(panel.years):
                    break
                actual = panel.pupils[:, :, place + h + 1]
                size = actual.clip(min=1.0)
                heavy = actual >= JUDGING_PUPILS
                for block in np.unique(self.blocks):
                    columns = np.flatnonzero(self.blocks == block) + 1
                    loss = _block_loss(cohort[..., columns, h], actual[:, columns])
                    if loss is not None:
                        progress[:, block, h] = loss
                gap = np.abs(entry[:, :, h] - actual[:, 0]) / size[:, 0]
                errors[:, :, h] = np.where(heavy[:, 0], np.minimum(gap, 1.0), np.nan)
            self._past[place] = progress, errors
        return self._past[place]

    def _origins(self, year: int) -> list[int]:
        """Return positions of past origins that can be judged in ``year``."""
        last = self.panel.years.index(year)
        return list(range(FIRST_ORIGIN, last))

    def progression_weights(self, year: int) -> Array:
        """Return the weights of the progression candidates by block and year, ``(C, B, H)``."""
        origins = self._origins(year)
        last = self.panel.years.index(year)
        count = len(CANDIDATES)
        weights = np.tile(PRIOR[:, None, None], (1, len(_BLOCKS), self.horizon))
        judged = min(max(JUDGED_HORIZONS), self.horizon)
        for block in np.unique(self.blocks):
            score = np.zeros((count, judged))
            mass = np.zeros(judged)
            for place in origins:
                loss = self._judged(place)[0][:, block]
                for h in range(min(loss.shape[1], last - place)):
                    if np.isfinite(loss[:, h]).all():
                        score[:, h] += np.log((loss[:, h] + EXACT) / (loss[:, h].min() + EXACT))
                        mass[h] += 1.0
            if not mass.any():
                continue
            for step in range(self.horizon):
                near = NEARNESS ** np.abs(np.arange(judged) - min(step, judged - 1)) * (mass > 0)
                mean = (score / np.maximum(mass, 1.0)) @ near / near.sum()
                sharpness = PROGRESSION_SHARPNESS * len(origins) / (2 + step)
                weights[:, block, step] = _soft(mean, sharpness, PRIOR)
        return weights

    def entry_weights(self, year: int) -> Array:
        """Return the weights of the entry candidates by area, ``(C, A)``."""
        origins = self._origins(year)
        last = self.panel.years.index(year)
        count, areas = len(self.candidates), len(self.panel.areas)
        prior = entry_prior(self.candidates)
        if not origins:
            return np.repeat(prior[:, None], areas, axis=1)
        total, number = np.zeros((2, count, len(self._judging.areas)))
        pooled, mass = np.zeros((2, count))
        for place in origins:
            errors = self._judged(place)[1]
            for h in range(min(errors.shape[2], last - place)):
                known = np.isfinite(errors[:, :, h])
                # a driver that was not counted yet says nothing, and silences nobody
                speaks = known.mean(axis=1) >= known.mean(axis=1).max() / 2
                common = known[speaks].all(axis=0) & known.any(axis=0)
                if not common.any():
                    continue
                mean = errors[speaks][:, common, h].mean(axis=1)
                pooled[speaks] += np.log((mean + EXACT) / (mean.min() + EXACT))
                mass[speaks] += 1.0
                scale = max(float(np.median(mean)), EXACT)
                total += np.where(known, errors[:, :, h] / scale, 0.0)
                number += known
        if not mass.any():
            return np.repeat(prior[:, None], areas, axis=1)
        pooled_loss = np.exp(pooled / np.maximum(mass, 1.0))
        pooled_loss /= np.median(pooled_loss[mass > 0])
        # untried so far: as good as the best of those that were
        pooled_loss[mass == 0] = pooled_loss[mass > 0].min()
        if len(self._judging.areas) < areas:
            loss = np.repeat(pooled_loss[:, None], areas, axis=1)
        else:
            rows = number / np.maximum(number.max(axis=0, initial=1), 1) * len(origins)
            own = np.where(number > 0, total / np.maximum(number, 1), pooled_loss[:, None])
            loss = (own * rows + POOLED_ORIGINS * pooled_loss[:, None]) / (rows + POOLED_ORIGINS)
        return _soft(
            np.log((loss + EXACT) / (loss.min(axis=0) + EXACT)),
            ENTRY_SHARPNESS * len(origins),
            prior,
        )


def _block_loss(forecast: Array, actual: Array) -> Array | None:
    """Return the mean relative error of a block's surviving cohorts, ``(C,)``, or None."""
    known = np.isfinite(forecast).all(axis=0) & np.isfinite(actual)
    total = np.where(known, actual, 0.0).sum(axis=1)
    expected = np.where(known, forecast, 0.0).sum(axis=2)
    heavy = total >= JUDGING_PUPILS
    if not heavy.any():
        return None
    gap = expected[:, heavy] - total[heavy]
    error = np.minimum(np.abs(gap) / total[heavy], 1.0).mean(axis=1)
    whole = np.abs(gap.sum(axis=1)) / total[heavy].sum()
    return np.asarray(error + WHOLE_WEIGHT * whole)


def _soft(relative: Array, sharpness: float, prior: Array) -> Array:
    """Return weights that fall with relative log loss, summing to one over the first axis."""
    raw = (np.exp(-sharpness * (relative - relative.min(axis=0))).T * prior).T
    return np.asarray(raw / raw.sum(axis=0))
