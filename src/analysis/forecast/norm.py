"""Planning norms (千人指标): seats per thousand people, beside the cohort forecast."""

from __future__ import annotations

import numpy as np

#: The norm and the forecast are called in line when their ratio lies in this range.
IN_LINE = (0.85, 1.15)
PERSONS_PER_THOUSAND = 1_000.0


def norm_seats(persons: float, seats_per_thousand: float) -> float:
    """Return seats by a per-thousand norm; 936,931 people at 80 per thousand give 74,954.48."""
    return persons / PERSONS_PER_THOUSAND * seats_per_thousand


def seats_per_grade(seats_per_thousand: float, grades: int) -> float:
    """Return the norm as children of one year of age per thousand people (80 / 6 = 13.3)."""
    return seats_per_thousand / grades


def ratio_verdict(ratio: float) -> str:
    """Return the wording key that says how the norm stands to the pupils.

    Returns
    -------
    str
        ``forecast.norm_above``, ``forecast.norm_in_line``, ``forecast.norm_below`` or
        ``forecast.norm_alone`` when there is nothing to compare with.
    """
    if not np.isfinite(ratio):
        return "forecast.norm_alone"
    if ratio > IN_LINE[1]:
        return "forecast.norm_above"
    return "forecast.norm_below" if ratio < IN_LINE[0] else "forecast.norm_in_line"
