"""Triggers (启动条件): from which number of entrants a later project is worth its money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.planning.chosen import Chosen
from analysis.planning.instance import Array
from analysis.planning.state import State

#: A trigger is worth naming if at least this share of the futures stays below it.
LEAST_SHARE = 0.05


@dataclass(frozen=True)
class Trigger:
    """Start only if the entrants of ``signal`` (position of the year) reach ``threshold``."""

    zone: int
    signal: int
    threshold: float
    probability: float
    saving: float
    decision: str
    paths: int


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
    it, everything else as planned, each path says what the project saves; the threshold on the
    count that saves most on average is the trigger.
    """
    if project.start < 1 or not project.gains:
        return None
    zone = max(project.gains, key=lambda z: project.gains[z])
    signal = entrants[zone, project.start - 1]
    if not len(signal) or not np.isfinite(signal).all():
        return None
    benefit = state.future_difference(project.moves_away, demand)
    threshold, earned = best_threshold(signal, benefit)
    if threshold == float("inf"):
        threshold = float(signal.max())
    share = float((signal >= threshold).mean())
    waits = np.isfinite(threshold) and 1 - share >= LEAST_SHARE
    return Trigger(
        zone,
        project.start - 1,
        float(np.ceil(threshold)) if np.isfinite(threshold) else float(np.floor(signal.min())),
        share,
        earned - float(benefit.mean()) if waits else 0.0,
        "trigger" if waits else "build",
        len(signal),
    )
