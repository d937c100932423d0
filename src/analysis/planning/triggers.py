"""Triggers (启动条件): from which number of entrants a later project is worth its money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.planning.chosen import Chosen
from analysis.planning.instance import Array
from analysis.planning.state import State

#: A trigger is worth naming if at least this share of the futures stays below it.
LEAST_SHARE = 0.05
#: Fewer paths cannot be split into some to find a threshold on and some to judge it on.
LEAST_PATHS = 10


@dataclass(frozen=True)
class Trigger:
    """Start only if the entrants of ``signal`` (position of the year) reach ``threshold``.

    ``probability``, ``saving`` and the two hit rates are measured on ``judged`` paths that had no
    part in finding the threshold on ``paths`` others.
    """

    zone: int
    signal: int
    threshold: float
    probability: float
    saving: float
    decision: str
    paths: int
    judged: int
    hit_rate: float
    hit_rate_build: float


def best_threshold(signal: Array, benefit: Array) -> tuple[float, float]:
    """Return the threshold that earns most, and what it earns a future.

    Parameters
    ----------
    signal
        ``(K,)`` what will be known when the decision is due.
    benefit
        ``(K,)`` what the project saves in each future.

    Returns
    -------
    tuple
        ``(threshold, mean benefit)`` of starting at or above the threshold. Equal signals stand or
        fall together. Minus infinity means always, infinity never.
    """
    values = np.unique(signal)
    best, earned = float("-inf"), float(benefit.mean())
    for value in values[1:]:
        gain = float(np.where(signal >= value, benefit, 0.0).mean())
        if gain > earned + 1e-9:
            best, earned = float(value), gain
    return (float("inf"), 0.0) if earned < 0 else (best, earned)


def trigger_of(state: State, project: Chosen, demand: Array, entrants: Array) -> Trigger | None:
    """Return the trigger of a project that starts after the first year, or None.

    Parameters
    ----------
    demand, entrants
        ``(Z, T, K)`` seats required, and pupils in the first grade of the stage, on the same paths.

    Notes
    -----
    The autumn before work starts is the last count that is known then. With the project and without
    it, everything else as planned, each path says what the project saves. On every second path the
    threshold is found that saves most on average; on the others it is judged: how often starting
    (or not) by the threshold is what hindsight would have done, and what it saves against starting
    in any case. A threshold that saves nothing there is no trigger.
    """
    if project.start < 1 or not project.gains:
        return None
    zone = max(project.gains, key=lambda z: project.gains[z])
    signal = entrants[zone, project.start - 1]
    if len(signal) < LEAST_PATHS or not np.isfinite(signal).all():
        return None
    benefit = state.future_difference(project.moves_away, demand)
    threshold, _ = best_threshold(signal[::2], benefit[::2])
    if threshold == float("inf"):
        threshold = float(signal[::2].max())
    seen, worth = signal[1::2], benefit[1::2]
    starts = seen >= threshold
    saving = float(np.where(starts, worth, 0.0).mean() - worth.mean())
    waits = float((~starts).mean()) >= LEAST_SHARE
    decision = "build" if not waits else ("trigger" if saving > 0 else "unclear")
    return Trigger(
        zone,
        project.start - 1,
        float(np.ceil(threshold)) if np.isfinite(threshold) else float(np.floor(signal.min())),
        float(starts.mean()),
        saving if decision == "trigger" else 0.0,
        decision,
        len(signal[::2]),
        len(seen),
        float((starts == (worth > 0)).mean()),
        float((worth > 0).mean()),
    )
