"""Rooms: how a school's rooms and areas are shared among its stages, and the classes they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.capacity.norms import norm_value
from analysis.standards import RuleSet

#: A quotient this close above a whole number is that number: forecasts carry rounding noise.
TOLERANCE = 1e-9


def classes_required(pupils: NDArray[np.float64], class_size: float) -> NDArray[np.float64]:
    """Return the classes that ``pupils`` of one grade of one school need (应开班数).

    A class holds at most ``class_size``; a started class is a whole class, so ten pupils need one.
    Unknown pupils need an unknown number.
    """
    return np.maximum(np.ceil(pupils / class_size - TOLERANCE), 0.0)


def shared_rooms(rooms: float, weights: Mapping[str, float]) -> dict[str, float]:
    """Share whole rooms among stages in proportion to their present classes.

    Largest remainders, so that the parts are whole and add up; a tie goes to the stage named
    first. Unknown rooms, or no class in any stage of several, leave every part unknown.
    """
    if len(weights) == 1:
        return dict.fromkeys(weights, rooms)
    total = sum(weights.values())
    if not np.isfinite(rooms) or not np.isfinite(total) or total <= 0:
        return dict.fromkeys(weights, float("nan"))
    exact = {stage: rooms * weight / total for stage, weight in weights.items()}
    parts = {stage: float(np.floor(value + TOLERANCE)) for stage, value in exact.items()}
    left = round(rooms - sum(parts.values()))
    by_remainder = sorted(exact, key=lambda stage: parts[stage] - exact[stage])
    for stage in by_remainder[:left]:
        parts[stage] += 1.0
    return parts


def stage_weights(stages: Sequence[str], rules: RuleSet, year: int) -> dict[str, float]:
    """Return the weight of a pupil of each stage when a school's area is split (折算权重).

    Source: the splits 1 : 1.1, 1 : 1.2 and 1 : 1.1 : 1.32 of working indicator tables, kept in
    the rule set as ``split_weight_junior_to_primary`` and ``split_weight_senior_to_junior``.
    """
    junior = norm_value(rules, "split_weight_junior_to_primary", year=year)
    senior = norm_value(rules, "split_weight_senior_to_junior", year=year)
    base = junior if "primary" in stages else 1.0
    weights = {"primary": 1.0, "junior": base, "senior": base * senior}
    return {stage: weights[stage] for stage in stages}


def shared_area(
    area: float, pupils: Mapping[str, float], weights: Mapping[str, float]
) -> dict[str, float]:
    """Split an area among stages by weighted pupils (学生折算).

    Unknown area or pupils leave every part unknown; a school of one stage keeps all of it.
    """
    if len(pupils) == 1:
        return dict.fromkeys(pupils, area)
    weighted = {stage: pupils[stage] * weights[stage] for stage in pupils}
    total = sum(weighted.values())
    if not np.isfinite(total) or total <= 0:
        return dict.fromkeys(pupils, float("nan"))
    return {stage: area * value / total for stage, value in weighted.items()}
