"""How wrong forecasts are: errors of past origins, split into a shared part and each area's own.

The split matters: towns of a county are wrong together when births turn or a policy changes.
Intervals built town by town as if errors were independent fail for the county.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.forecast.model import CohortModel
from analysis.forecast.panel import Array

#: Past origins worth of evidence in the reference errors below.
SHARED_PRIOR_ORIGINS = 4.0
OWN_PRIOR_ROWS = 25.0
#: Cells below this many pupils are left out of the error statistics.
JUDGED_PUPILS = 20.0


@dataclass(frozen=True)
class ReferenceErrors:
    """Reference standard deviations of log errors, by years ahead ``h`` and pupils ``n``.

    Shared: ``shared_rate * h ** shared_power``. Own: ``sqrt(floor + noise / n) * h ** own_power``.
    """

    shared_rate: float
    shared_power: float
    own_floor: float
    own_noise: float
    own_power: float

    def shared(self, horizon: Array) -> Array:
        """Return the standard deviation of the error all areas share, by years ahead."""
        return np.asarray(self.shared_rate * horizon**self.shared_power)

    def own(self, horizon: Array, pupils: Array) -> Array:
        """Return the standard deviation of an area's own error, by years ahead and pupils."""
        variance = self.own_floor**2 + self.own_noise / np.maximum(pupils, 1.0)
        return np.asarray(np.sqrt(variance) * horizon**self.own_power)


#: Published and measured errors of practice. The shared part: the England-wide error of the
#: authorities' own forecasts (1.0-1.4 per cent one year ahead, 1.5-3.2 three years ahead) and its
#: spread. The own part: rolling-origin errors of this model over Taiwan townships and North Dakota
#: districts (sources in docs/methods).
REFERENCE = ReferenceErrors(
    shared_rate=0.008, shared_power=0.85, own_floor=0.008, own_noise=0.22, own_power=0.80
)


@dataclass(frozen=True)
class ErrorProfile:
    """Standard deviations of log errors of stage totals by years ahead.

    ``shared`` is ``(S, H)``; ``own_scale`` ``(S, H)`` multiplies the reference shape of the own
    error; ``origins`` counts the past origins that spoke (0: reference errors alone).
    """

    shared: Array
    own_scale: Array
    origins: int
    reference: ReferenceErrors = REFERENCE

    def own(self, stage: int, pupils: Array) -> Array:
        """Return the standard deviation of the own error of areas with ``pupils``, ``(A, H)``."""
        horizon = np.arange(1, self.own_scale.shape[1] + 1, dtype=float)
        return np.asarray(
            self.own_scale[stage] * self.reference.own(horizon, np.asarray(pupils)[:, None])
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


def error_profile(
    errors: dict[int, Array],
    sizes: Array,
    *,
    origin: int,
    horizon: int,
    reference: ReferenceErrors = REFERENCE,
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
        Reference errors; they carry all the weight where no past origin speaks.

    Notes
    -----
    Variances are averaged with the reference (weights in pseudo-origins for the shared part, in
    pseudo-rows for the own part). Overlapping horizons are counted as one origin in ``h``.
    """
    past = [year for year in sorted(errors) if year < origin]
    areas, stages = sizes.shape
    ahead = np.arange(1, horizon + 1, dtype=float)
    shared = np.tile(reference.shared(ahead), (stages, 1))
    scale = np.ones((stages, horizon))
    for s in range(stages):
        weight = np.where(sizes[:, s] > 0, sizes[:, s], 0.0)
        for h in range(1, horizon + 1):
            rows = [errors[y][:, s, h - 1] for y in past if y + h <= origin]
            if not rows:
                continue
            block = np.stack(rows)  # (O, A)
            known = np.isfinite(block)
            mass = (known * weight).sum(axis=1)
            common = (np.where(known, block, 0.0) * weight).sum(axis=1) / np.maximum(mass, 1e-9)
            spoken = mass > 0
            if not spoken.any():
                continue
            count = spoken.sum() / np.sqrt(h)
            seen = float((common[spoken] ** 2).mean())
            prior = shared[s, h - 1] ** 2
            variance = (SHARED_PRIOR_ORIGINS * prior + count * seen) / (
                SHARED_PRIOR_ORIGINS + count
            )
            shared[s, h - 1] = np.sqrt(variance)
            if areas < 2:
                continue
            expected = reference.own(np.array([float(h)]), sizes[:, s][:, None])[:, 0]
            own = (block - common[:, None]) / expected
            # robust: the central 80 per cent sets the scale, extreme mergers do not
            own = own[known]
            if own.size < 4:
                continue
            seen_own = float(np.quantile(np.abs(own), 0.8) / 1.2816) ** 2
            rows_count = own.size / np.sqrt(h)
            scale[s, h - 1] = np.sqrt(
                (OWN_PRIOR_ROWS + rows_count * seen_own) / (OWN_PRIOR_ROWS + rows_count)
            )
    spoken_origins = sum(1 for y in past if y + 1 <= origin)
    return ErrorProfile(
        shared=np.maximum.accumulate(shared, axis=1),
        own_scale=scale,
        origins=spoken_origins,
        reference=reference,
    )
