"""What the cheapest path may do: the rows of a county and the measures at each school."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.indicators.definitions import SEVEN, STAGES, Indicator, number_or_none
from analysis.standards import RuleSet

_YEARLY = ("cost_teacher_post", "cost_teacher_rotation", "cost_catchment_pupil")
_FACILITY = {
    "L4": ("teaching_rooms", "cost_teaching_area_m2"),
    "L5": ("sports_area", "cost_sports_area_m2"),
    "L6": ("equipment", "cost_equipment_per_cny"),
    "L7": ("multimedia", "cost_multimedia_room"),
}
_UPGRADE = {
    "L1": ("qualification", "cost_teacher_qualification"),
    "L2": ("backbone_training", "cost_backbone_training"),
}
#: Yuan of equipment are bought by the hundred so that their numbers stay near those of the rest.
_LOT = {"L6": 100.0}


@dataclass(frozen=True)
class Measure:
    """One kind of step at one school: what it adds to which rows, and its price a unit."""

    name: str
    indicator: str
    school_id: str
    stage: str
    price: float
    lot: float
    gains: Mapping[int, float]
    direction: int = 1


@dataclass
class Problem:
    """The rows of a county with what each measure adds to them.

    Parameters
    ----------
    rows
        ``school_id, stage, town_id, kind, pupils, school_pupils, classes, full_time, share,
        split_method``, the resources of the seven indicators and, if there is one, ``grades``
        (pupils move between rows with the same); an unknown resource is left out of the model.
    rules
        Thresholds, limits, prices.
    years
        Years over which yearly costs are counted.
    """

    rows: pd.DataFrame
    rules: RuleSet
    years: int = 1

    def __post_init__(self) -> None:
        """Fix the order of the rows and read the numbers."""
        self.rows = self.rows.reset_index(drop=True)
        if "grades" not in self.rows:
            self.rows = self.rows.assign(grades="")
        self.stages = self.rows["stage"].to_numpy(dtype=object)
        self.pupils = self.rows["pupils"].to_numpy(dtype=float)
        self.base = {i.code: self.rows[i.resource].to_numpy(dtype=float) for i in SEVEN}
        self.measures: list[Measure] = []
        for indicator in SEVEN:
            if indicator.table == "teachers":
                self._teacher_measures(indicator)
            else:
                self._facility_measures(indicator)

    def with_pupils(self, pupils: NDArray[np.float64]) -> Problem:
        """Return the same problem with other numbers of pupils in its rows."""
        return Problem(self.rows.assign(pupils=pupils), self.rules, self.years)

    def price(self, name: str) -> float:
        """Return the price of a unit, yearly ones over all years."""
        return self.rules.value(name) * (self.years if name in _YEARLY else 1)

    def threshold(self, code: str, stage: str) -> float | None:
        """Return the threshold of an indicator, None where the rules have none."""
        return number_or_none(self.rules, f"{code.lower()}_threshold", stage)

    def _teacher_measures(self, indicator: Indicator) -> None:
        code = indicator.code
        for row in np.flatnonzero(~np.isnan(self.base[code])):
            school, stage = str(self.rows["school_id"][row]), str(self.stages[row])
            options = [("teachers", "cost_teacher_post", 1)]
            if code in _UPGRADE:
                options.append((*_UPGRADE[code], 1))
            options += [("rotation", "cost_teacher_rotation", 1), ("rotation", "", -1)]
            for name, price, direction in options:
                cost = self.price(price) if price else 0.0
                gains = {int(row): float(direction)}
                self.measures.append(
                    Measure(name, code, school, stage, cost, 1.0, gains, direction)
                )

    def _facility_measures(self, indicator: Indicator) -> None:
        code = indicator.code
        known = np.flatnonzero(~np.isnan(self.base[code]))
        lot = _LOT.get(code, 1.0)
        name, price = _FACILITY[code]
        common: dict[str, dict[int, float]] = {}
        for row in known:
            school = str(self.rows["school_id"][row])
            if self.rows["split_method"][row] == "weights":
                common.setdefault(school, {})[int(row)] = lot * float(self.rows["share"][row])
                continue
            stage = str(self.stages[row])
            gains = {int(row): lot}
            cost = self.price(price) * lot
            self.measures.append(Measure(name, code, school, stage, cost, lot, gains))
        for school, gains in common.items():
            stage = str(self.stages[min(gains)])
            cost = self.price(price) * lot
            self.measures.append(Measure(name, code, school, stage, cost, lot, gains))

    def limit_of(self, measure: Measure) -> float:
        """Return how many units of a measure a school can take."""
        row = min(measure.gains)
        base = float(self.base[measure.indicator][row])
        if measure.direction < 0:
            return float(np.floor(base))
        if measure.name in ("qualification", "backbone_training"):
            staff = float(self.rows["full_time"][row])
            return 0.0 if np.isnan(staff) else max(0.0, np.floor(staff - base))
        return float("inf")

    def groups(self) -> list[tuple[str, str, float, NDArray[np.int64]]]:
        """Return stage, indicator, limit and known rows of every CV with two schools."""
        found = []
        for stage in STAGES:
            limit = number_or_none(self.rules, "cv_limit", stage)
            for indicator in SEVEN:
                known = (self.stages == stage) & ~np.isnan(self.base[indicator.code])
                if known.sum() > 1 and limit is not None:
                    found.append((stage, indicator.code, limit, np.flatnonzero(known)))
        return found
