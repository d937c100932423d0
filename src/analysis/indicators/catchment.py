"""Pupils moved between schools by catchment (学区调整): who may move, how many, and where to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.indicators.definitions import SEVEN, number_or_none
from analysis.indicators.measures import Problem
from analysis.indicators.milp import Model

Array = NDArray[np.float64]


@dataclass
class Catchment:
    """Variables for the pupils who leave and who join each row, and their net effect.

    Pupils move within a town and stage between rows that teach the same grades; a row is left by,
    or takes in, at most ``share`` of its pupils, and takes in no more than its classes and its
    school have room for. Left out: rows whose facilities are split by weights (the split itself
    depends on pupils), rows that lack a resource, teaching points, and schools that could fall
    into the relief for small ones.
    """

    leaving: dict[int, int] = field(default_factory=dict)
    joining: dict[int, int] = field(default_factory=dict)
    groups: list[list[int]] = field(default_factory=list)

    def terms(self, row: int) -> dict[int, float]:
        """Return what each variable adds to the pupils of a row."""
        found = {self.leaving[row]: -1.0} if row in self.leaving else {}
        if row in self.joining:
            found[self.joining[row]] = 1.0
        return found

    def change(self, values: Array, rows: int) -> Array:
        """Return the whole number of pupils each row gains (negative: loses)."""
        change = np.zeros(rows)
        for row, number in self.joining.items():
            change[row] += round(float(values[number]))
        for row, number in self.leaving.items():
            change[row] -= round(float(values[number]))
        return change

    def moves(self, change: Array) -> list[tuple[int, int, float]]:
        """Return who goes where: losing rows matched with gaining ones, in their order."""
        found = []
        for group in self.groups:
            left = {row: -change[row] for row in group if change[row] < 0}
            for target in (row for row in group if change[row] > 0):
                wanted = change[target]
                for source in left:
                    moved = min(wanted, left[source])
                    if moved > 0:
                        found.append((source, target, float(moved)))
                        left[source] -= moved
                        wanted -= moved
        return found


def movable(problem: Problem) -> NDArray[np.bool_]:
    """Return which rows pupils may leave or join."""
    rows = problem.rows
    plain = (rows["split_method"] != "weights").to_numpy() & (
        rows["kind"] != "teaching_point"
    ).to_numpy()
    for indicator in SEVEN:
        plain &= ~np.isnan(problem.base[indicator.code])
    return plain


def seats_free(problem: Problem) -> Array:
    """Return the pupils each row can still take: classes at the norm, school below its cap."""
    rows = problem.rows
    norms = [number_or_none(problem.rules, "class_size_max", str(s)) for s in problem.stages]
    by_class = rows["classes"].to_numpy(dtype=float) * np.asarray(
        [np.nan if norm is None else norm for norm in norms]
    )
    several = rows["kind"].isin(["nine_year", "twelve_year"])
    caps = [
        number_or_none(problem.rules, "school_size_max" + ("_multi_stage" if many else ""))
        for many in several
    ]
    cap = np.asarray([np.inf if c is None else c for c in caps])
    free = np.minimum(by_class - problem.pupils, cap - rows["school_pupils"].to_numpy(dtype=float))
    # a seat that is not known to be there is not there
    known: Array = np.nan_to_num(np.clip(free, 0.0, None), nan=0.0)
    return np.floor(known)


def add_catchment(problem: Problem, model: Model, share: float) -> Catchment:
    """Add the variables and rows of catchment changes to a model."""
    found = Catchment()
    if share <= 0:
        return found
    price = problem.price("cost_catchment_pupil")
    small = number_or_none(problem.rules, "small_school_relief_pupils_max") or 0.0
    most = np.floor(share * problem.pupils)
    free = np.minimum(most, seats_free(problem))
    stays_large = problem.rows["school_pupils"].to_numpy(dtype=float) - most >= small
    able = movable(problem) & stays_large
    towns = problem.rows["town_id"].to_numpy(dtype=object)
    grades = problem.rows["grades"].to_numpy(dtype=object)
    keys: dict[tuple[object, object, object], list[int]] = {}
    for place in np.flatnonzero(able):
        key = (towns[place], problem.stages[place], grades[place])
        keys.setdefault(key, []).append(int(place))
    for group in keys.values():
        if len(group) < 2 or not free[group].any():
            continue
        found.groups.append(group)
        balance: dict[int, float] = {}
        for row in group:
            found.leaving[row] = model.variable(price, float(most[row]), whole=True)
            balance[found.leaving[row]] = -1.0
            if free[row] > 0:
                found.joining[row] = model.variable(0.0, float(free[row]), whole=True)
                balance[found.joining[row]] = 1.0
        model.equal(balance, 0.0)
    return found
