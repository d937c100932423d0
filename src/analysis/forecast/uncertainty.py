"""How wrong forecasts are: errors of past origins, split into a shared part and each area's own.

The split matters: towns of a county are wrong together when births turn or a policy changes.
Intervals built town by town as if errors were independent fail for the county.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri, stdtrit

from analysis.forecast.model import CohortModel
from analysis.forecast.panel import Array
from analysis.forecast.reference import REFERENCE, ReferenceErrors

#: Past origins worth of evidence in the reference errors below.
SHARED_PRIOR_ORIGINS = 3.0
OWN_PRIOR_ROWS = 25.0
#: Weight of an origin relative to the one a year later.
RECENCY = 0.8
#: How far the departure from the reference at one horizon carries over to the next (0 to 1).
CARRIED = 0.9
#: Cells below this many pupils are left out of the error statistics.
JUDGED_PUPILS = 20.0
#: Errors of an origin count once it had half the history there is now, within these positions:
#: forecasts from very short histories say little about today's.
_FIRST_JUDGED = (3, 5)


def judging_origins(errors: Mapping[int, Array], origin: int, first_year: int) -> list[int]:
    """Return the past origins whose errors speak for a forecast from ``origin``.

    Parameters
    ----------
    errors
        Errors by origin.
    origin
        Only earlier origins are returned.
    first_year
        First school year of the history.
    """
    lowest, highest = _FIRST_JUDGED
    least = min(max(round((origin - first_year + 1) / 2), lowest), highest)
    return [year for year in sorted(errors) if year < origin and year - first_year >= least]


@dataclass(frozen=True)
class ErrorProfile:
    """Standard deviations of log errors of stage totals by years ahead.

    ``shared`` is ``(S, H)``; ``own_scale`` ``(S, H)`` multiplies the reference shape of the own
    error; ``evidence`` ``(S, H)`` is the number of origins, those of the reference included, that
    the shared part rests on; ``origins`` counts the past origins that spoke (0: reference alone).
    """

    shared: Array
    own_scale: Array
    origins: int
    evidence: Array
    reference: tuple[ReferenceErrors, ...]

    def predictive(self) -> ErrorProfile:
        """Return the profile with the shared part widened for resting on few origins.

        A variance estimated from ``n`` origins makes the error Student-t with ``n`` degrees of
        freedom: its 80 per cent half width is larger than the normal one.
        """
        widen = stdtrit(self.evidence, 0.9) / ndtri(0.9)
        return replace(self, shared=self.shared * widen)

    def until(self, horizon: int) -> ErrorProfile:
        """Return the first ``horizon`` years."""
        return replace(
            self,
            shared=self.shared[:, :horizon],
            own_scale=self.own_scale[:, :horizon],
            evidence=self.evidence[:, :horizon],
        )

    def times(self, factor: Array) -> ErrorProfile:
        """Return the profile with every spread multiplied by ``factor`` ``(S, H)``."""
        return replace(self, shared=self.shared * factor, own_scale=self.own_scale * factor)

    def whole(self, stage: int, pupils: Array) -> Array:
        """Return the spread of the sum of all areas, ``(H,)``: own errors average out."""
        weight = pupils / max(float(pupils.sum()), 1.0)
        own = (weight[:, None] * self.own(stage, pupils)) ** 2
        return np.asarray(np.sqrt(self.shared[stage] ** 2 + own.sum(axis=0)))

    def own(self, stage: int, pupils: Array) -> Array:
        """Return the standard deviation of the own error of areas with ``pupils``, ``(A, H)``."""
        horizon = np.arange(1, self.own_scale.shape[1] + 1, dtype=float)
        return np.asarray(
            self.own_scale[stage] * self.reference[stage].own(horizon, np.asarray(pupils)[:, None])
        )


def past_errors(
    model: CohortModel, stages: tuple[tuple[int, ...], ...], first: int = 3
) -> dict[int, Array]:
    """Return log errors of stage totals by past origin.

    Parameters
    ----------
    model
        Model on the whole known history.
    stages
        Positions of the grades of each stage.
    first
        Position of the first origin.

    Returns
    -------
    dict
        School year of the origin -> ``(A, S, H)`` ``log(actual / forecast)``; NaN where the years
        end, a count is unknown, or the area is too small to judge.
    """
    panel = model.panel
    result: dict[int, Array] = {}
    for place in range(first, len(panel.years) - 1):
        forecast = model.forecast(panel.years[place]).pupils
        errors = np.full((len(panel.areas), len(stages), model.horizon), np.nan)
        for s, columns in enumerate(stages):
            ahead = min(model.horizon, len(panel.years) - 1 - place)
            actual = panel.pupils[:, columns, place + 1 : place + 1 + ahead].sum(axis=1)
            expected = forecast[:, columns, :ahead].sum(axis=1)
            good = (actual >= JUDGED_PUPILS) & (expected >= JUDGED_PUPILS)
            ratio = np.where(good, actual, 1.0) / np.where(good, expected, 1.0)
            errors[:, s, :ahead] = np.where(good, np.log(ratio), np.nan)
        result[panel.years[place]] = errors
    return result


def recency(origins: Sequence[int], latest: int) -> Array:
    """Return the weight of each origin: older ones had less history and say less about today."""
    return np.asarray(RECENCY ** (latest - np.array(origins, dtype=float)))


def weighted_quantile(values: Array, weights: Array, share: float) -> float:
    """Return the smallest value that holds ``share`` of the weight below or at it."""
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    place = int(np.searchsorted(total, share * total[-1]))
    return float(values[order][min(place, len(values) - 1)])


def error_profile(
    errors: dict[int, Array],
    sizes: Array,
    *,
    origin: int,
    horizon: int,
    reference: Sequence[ReferenceErrors] = (),
    first_year: int | None = None,
) -> ErrorProfile:
    """Estimate the shared and the own error from past origins and the reference errors.

    Parameters
    ----------
    errors
        From :func:`past_errors`.
    sizes
        ``(A, S)`` pupils of each area and stage at the origin; weights and sizes of the own error.
    origin
        Only what was known then is used: origin ``o`` speaks at ``h`` years if ``o + h <= origin``.
    horizon
        Years ahead.
    reference
        Reference errors of each stage; they carry all the weight where no past origin speaks.
    first_year
        First school year of the history: with it, origins from very short histories are left out.

    Notes
    -----
    Variances are averaged with the reference (weights in pseudo-origins for the shared part, in
    pseudo-rows for the own part). Overlapping horizons are counted as one origin in ``h``.
    """
    if first_year is None:
        past = [year for year in sorted(errors) if year < origin]
    else:
        past = judging_origins(errors, origin, first_year)
    areas, stages = sizes.shape
    ahead = np.arange(1, horizon + 1, dtype=float)
    assumed = tuple(reference) or (REFERENCE,) * stages
    shared = np.stack([item.shared(ahead) for item in assumed])
    alone = areas == 1  # one area: its own error and the shared one are the same thing
    if alone:
        own = [item.own(ahead, sizes[:, s][:, None])[0] for s, item in enumerate(assumed)]
        shared = np.hypot(shared, np.stack(own))
    first = shared.copy()
    scale = np.full((stages, horizon), 0.0 if alone else 1.0)
    evidence = np.full((stages, horizon), SHARED_PRIOR_ORIGINS)
    for s in range(stages):
        weight = np.where(sizes[:, s] > 0, sizes[:, s], 0.0)
        for h in range(1, horizon + 1):
            if h > 1:  # what shorter horizons taught holds for this one until it has its own say
                shared[s, h - 1] *= (shared[s, h - 2] / first[s, h - 2]) ** CARRIED
                scale[s, h - 1] = scale[s, h - 2] ** CARRIED
            judged = [y for y in past if y + h <= origin]
            if not judged:
                continue
            block = np.stack([errors[y][:, s, h - 1] for y in judged])  # (O, A)
            recent = recency(judged, origin - h)
            known = np.isfinite(block)
            mass = (known * weight).sum(axis=1)
            common = (np.where(known, block, 0.0) * weight).sum(axis=1) / np.maximum(mass, 1e-9)
            spoken = recent * (mass > 0)
            if not spoken.any():
                continue
            count = spoken.sum() / np.sqrt(h)
            seen = float((spoken * common**2).sum() / spoken.sum())
            evidence[s, h - 1] += count
            shared[s, h - 1] = np.sqrt(
                (SHARED_PRIOR_ORIGINS * shared[s, h - 1] ** 2 + count * seen)
                / (SHARED_PRIOR_ORIGINS + count)
            )
            expected = assumed[s].own(np.array([float(h)]), sizes[:, s][:, None])[:, 0]
            own = np.abs(block - common[:, None]) / expected
            if alone or known.sum() < 4:
                continue
            # robust: the central 80 per cent set the scale, a rare merger does not
            rows = np.where(known, recent[:, None], 0.0)
            seen_own = (weighted_quantile(own[known], rows[known], 0.8) / 1.2816) ** 2
            number = float(rows.sum()) / np.sqrt(h)
            prior_own = OWN_PRIOR_ROWS * scale[s, h - 1] ** 2
            scale[s, h - 1] = np.sqrt((prior_own + number * seen_own) / (OWN_PRIOR_ROWS + number))
    spoken_origins = sum(1 for y in past if y + 1 <= origin)
    return ErrorProfile(
        shared=np.maximum.accumulate(shared, axis=1),
        own_scale=scale,
        origins=spoken_origins,
        evidence=evidence,
        reference=assumed,
    )
