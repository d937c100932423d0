"""What each indicator counts: its columns, its factor, whether it is split by stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.standards import Norm, RuleSet

#: Relative tolerance of every comparison with a norm: 3.825 / 4.5 is 0.85, not 0.8499999.
TOLERANCE = 1e-9
STAGES = ("primary", "junior")

Table = Literal["teachers", "facilities"]


@dataclass(frozen=True)
class Indicator:
    """One per-pupil ratio.

    ``table`` holds its resource under ``resource`` (see :mod:`analysis.indicators.resources`);
    resources of ``facilities`` are shared by the stages of a school and are split. ``factor``
    turns resource over pupils into the value (100 where it is per hundred pupils).
    """

    code: str
    table: Table
    resource: str
    factor: float
    quantity_unit: str

    @property
    def threshold_name(self) -> str:
        """Name of the norm that holds its threshold."""
        return f"{self.code.lower()}_threshold"


SEVEN = (
    Indicator("L1", "teachers", "above_required_qualification", 100.0, "人"),
    Indicator("L2", "teachers", "backbone", 100.0, "人"),
    Indicator("L3", "teachers", "pe_and_arts", 100.0, "人"),
    Indicator("L4", "facilities", "teaching_m2", 1.0, "m²"),
    Indicator("L5", "facilities", "sports_m2", 1.0, "m²"),
    Indicator("L6", "facilities", "equipment_cny", 1.0, "元"),
    Indicator("L7", "facilities", "multimedia_rooms", 100.0, "间"),
)
#: The eight of the basic balance of 2012, in the order the regulation prints them.
EIGHT = (
    Indicator("B1", "facilities", "teaching_m2", 1.0, "m²"),
    Indicator("B2", "facilities", "sports_m2", 1.0, "m²"),
    Indicator("B3", "facilities", "equipment_cny", 1.0, "元"),
    Indicator("B4", "facilities", "computers", 100.0, "台"),
    Indicator("B5", "facilities", "books", 1.0, "册"),
    Indicator("B6", "teachers", "full_time", 1.0, "人"),
    Indicator("B7", "teachers", "above_required_qualification", 1.0, "人"),
    Indicator("B8", "teachers", "senior_title", 1.0, "人"),
)
BY_CODE = {indicator.code: indicator for indicator in (*SEVEN, *EIGHT)}
SEVEN_CODES = tuple(indicator.code for indicator in SEVEN)


def norm_or_none(rules: RuleSet, name: str, stage: str = "all", year: int = 2100) -> Norm | None:
    """Return a norm, or None where the rule set has none or says that it does not apply."""
    found = rules.find(name, stage, year)
    return None if found is None or found.value == "none" else found


def number_or_none(rules: RuleSet, name: str, stage: str = "all", year: int = 2100) -> float | None:
    """Return the number of a norm, or None where the rule set has none (or a choice in words)."""
    found = norm_or_none(rules, name, stage, year)
    return None if found is None or isinstance(found.value, str) else found.value


def at_least(value: float, threshold: float) -> bool:
    """Tell whether an unrounded value reaches a threshold, within the relative tolerance."""
    return value >= threshold - TOLERANCE * max(1.0, abs(threshold))


def at_most(value: float, limit: float) -> bool:
    """Tell whether an unrounded value stays within a limit, within the relative tolerance."""
    return value <= limit + TOLERANCE * max(1.0, abs(limit))


def text_where(condition: Any, text: str) -> Any:
    """Return ``text`` where ``condition`` holds and a missing value elsewhere."""
    return np.where(condition, text, None)  # type: ignore[call-overload]


def is_given(value: object) -> bool:
    """Tell whether a cell holds anything."""
    return not (value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)))
