"""The CV rule in a linear model: cuts that remove only what breaks the official formula.

**Pupils fixed.** ``|| sqrt(w) (r/n - X) || <= c X`` with ``w = n / N`` and ``X = sum r / N`` is a
second-order cone in ``r``, hence convex; a tangent at a point that breaks it removes nothing that
keeps it.

**Pupils moved.** ``N`` stays, so the rule is ``N sum r_i^2 / n_i <= (1 + c^2) R^2`` with
``R = sum r_i``. The left side is convex in resource *and* pupils: ``r^2 / n >= 2 a r - a^2 n`` for
every ``a`` (equal at ``a = r / n``), a linear cut. The right side bends the wrong way, but in one
number only: ``R^2`` is replaced by its chords between points, which lie above it and meet it at the
points. The model is thus a relaxation whose bound holds for the real rule, and a point put where
the rule is broken closes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.indicators.definitions import TOLERANCE
from analysis.indicators.milp import Model
from analysis.indicators.variation import weighted_cv

Array = NDArray[np.float64]
Terms = dict[int, float]
#: How far inside the limit a tangent aims, so that the solver's own tolerance does not leave a CV
#: a hair above it.
SLACK = 1e-6
#: Below this a tangent, and a chord, counts as tight; points of chords keep a distance that is far
#: above the solver's own tolerance, else it could step over a piece.
TIGHT = 1e-8
CHORD = 1e-7
APART = 5e-4


@dataclass(frozen=True)
class Group:
    """The rows of one stage whose ratios one CV compares.

    ``base`` and ``pupils`` are those rows' resources and pupils before any step, ``gains`` what
    each variable adds to the resource and ``moved`` what it adds to the pupils.
    """

    stage: str
    code: str
    limit: float
    rows: NDArray[np.int64]
    base: Array
    pupils: Array
    gains: Sequence[Terms]
    moved: Sequence[Terms]

    def state(self, values: Array) -> tuple[Array, Array]:
        """Return resource and pupils of the rows under a solution."""
        added = [sum(values[k] * v for k, v in part.items()) for part in self.gains]
        change = [sum(values[k] * v for k, v in part.items()) for part in self.moved]
        return self.base + np.asarray(added), self.pupils + np.asarray(change)

    def broken(self, values: Array) -> bool:
        """Tell whether the official formula gives a CV above the limit."""
        resource, pupils = self.state(values)
        return bool(resource.sum() > 0 and weighted_cv(resource, pupils) > self.limit + TOLERANCE)


def tangent(group: Group, values: Array) -> tuple[Terms, float]:
    """Return the tangent cut at a solution with fixed pupils: terms and bound of ``>=``.

    With ``u = sqrt(w) (r/n - X)`` at the solution, every point within the limit satisfies
    ``u' sqrt(w) (r/n - X) / ||u|| <= c X`` (Cauchy-Schwarz), which is linear in r.
    """
    resource, pupils = group.state(values)
    total = pupils.sum()
    mean = resource.sum() / total
    distance = resource / pupils - mean
    spread = float(np.sqrt((pupils / total * distance**2).sum()))
    # d(spread - c X)/dr_i; the terms of the mean inside the spread cancel
    slope = (distance / spread - group.limit) / (total * mean)
    line: Terms = {}
    for place, part in enumerate(group.gains):
        for k, gain in part.items():
            line[k] = line.get(k, 0.0) - slope[place] * gain
    return line, float((slope * group.base).sum()) + SLACK


@dataclass
class MovedRule:
    """The rule of one group while pupils move, in units of the county ratio before any step.

    ``points`` are totals over the total before, between which ``R^2`` is replaced by chords;
    ``slopes`` the ``a`` of the tangents of each row.
    """

    group: Group
    points: list[float]
    slopes: list[tuple[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start with the tangents at today's ratios and at their mean."""
        total, n = self.group.base.sum(), self.group.pupils.sum()
        self.unit = float(total / n)
        today = self.group.base / self.group.pupils / self.unit
        for place, slope in enumerate(today):
            self.slopes += [(place, float(slope)), (place, 1.0)]

    def total_terms(self) -> Terms:
        """Return what each variable adds to the total, as a share of the total before."""
        whole = self.unit * self.group.pupils.sum()
        found: Terms = {}
        for part in self.group.gains:
            for k, gain in part.items():
                found[k] = found.get(k, 0.0) + gain / whole
        return found

    def add(self, model: Model) -> None:
        """Add the relaxation to a model: tangents of each row, chords of the square."""
        group, n = self.group, self.group.pupils.sum()
        squares = [model.variable(0.0, np.inf, whole=False) for _ in group.rows]
        for place, slope in self.slopes:
            line = {squares[place]: 1.0}
            for k, gain in group.gains[place].items():
                line[k] = line.get(k, 0.0) - 2 * slope * gain / self.unit / n
            for k, sign in group.moved[place].items():
                line[k] = line.get(k, 0.0) + slope**2 * sign / n
            today = group.base[place] / self.unit
            model.at_least(line, (2 * slope * today - slope**2 * group.pupils[place]) / n)
        most = 1 + group.limit**2
        rule = dict.fromkeys(squares, -1.0)
        total = {k: -v for k, v in self.total_terms().items()}
        parts = self._pieces(model)
        for (low, high), part in parts:
            rule[part] = most * (low + high)
            total[part] = 1.0
        model.at_least(rule, -most * self.points[0] ** 2)
        model.equal(total, 1.0 - self.points[0])

    def _pieces(self, model: Model) -> list[tuple[tuple[float, float], int]]:
        """Add the pieces of the total, filled one after the other."""
        found: list[tuple[tuple[float, float], int]] = []
        previous = (-1, 0.0)
        for low, high in zip(self.points, self.points[1:], strict=False):
            length = high - low
            part = model.variable(0.0, length, whole=False)
            if found:
                opened = model.variable(0.0, 1.0, whole=True)
                model.at_least({previous[0]: 1.0, opened: -previous[1]}, 0.0)
                model.at_least({opened: length, part: -1.0}, 0.0)
            previous = (part, length)
            found.append(((low, high), part))
        return found

    def refine(self, values: Array, *, points: bool) -> bool:
        """Add tangents and, if asked, a point where a solution lies; tell whether any was new."""
        resource, pupils = self.group.state(values)
        new = []
        for place, slope in enumerate(resource / pupils / self.unit):
            own = np.asarray([a for where, a in self.slopes if where == place])
            # distance of slope² from the tangents that are there
            if float(np.min((slope - own) ** 2)) > TIGHT * max(1.0, slope**2):
                new.append((place, float(slope)))
        self.slopes += new
        total = float(resource.sum() / (self.unit * self.group.pupils.sum()))
        return (points and self._point(total)) or bool(new)

    def _point(self, total: float) -> bool:
        """Put a point at a total, unless the chord there is tight enough."""
        low = max((p for p in self.points if p <= total), default=self.points[0])
        high = min((p for p in self.points if p > total), default=self.points[-1])
        if (total - low) * (high - total) <= CHORD or high - low < 2 * APART:
            return False
        self.points = sorted([*self.points, min(max(total, low + APART), high - APART)])
        return True
