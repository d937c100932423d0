"""A planning problem in numbers: zones, years, futures, measures, budgets and weights.

A zone (片区) is one town and stage. Everything the optimiser knows stands here; where it comes from
(a county's tables or an instance file) does not matter to the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Measures that need no building; they win a tie against a building.
NO_BUILD = frozenset({"catchment", "conversion", "shared_campus", "smaller_classes", "merger"})
FOREVER = 10_000
#: Name of the funds of a measure that any source may pay.
ANY_SOURCE = ""


@dataclass(frozen=True)
class Option:
    """One measure (措施) that may be started in some years, in whole units.

    ``effects`` are seats gained or lost by zone for one unit, from opening until the end of its
    life. Money is in prices of the instance's price year and counts one unit.
    """

    option_id: str
    kind: str
    effects: Mapping[int, float]
    capital_cny: float
    starts: tuple[int, ...]
    lead_years: int = 0
    life_years: int = FOREVER
    most: int = 1
    running_cny: float = 0.0
    travel_cny: float = 0.0
    churn_cny: float = 0.0
    residual_share: float = 0.0
    group: str = ""
    requires: str = ""
    source: str = ANY_SOURCE
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def builds(self) -> bool:
        """Whether something is built, rented or put up."""
        return self.kind not in NO_BUILD

    def likeness(self) -> object:
        """Return what two measures must share to be interchangeable; its own id if it is unique."""
        if self.group or self.requires:
            return self.option_id
        return (
            self.kind,
            tuple(sorted(self.effects.items())),
            self.capital_cny,
            self.starts,
            self.lead_years,
            self.life_years,
            self.running_cny,
            self.travel_cny,
            self.churn_cny,
            self.residual_share,
            self.source,
        )

    def open_years(self, start: int, horizon: int) -> range:
        """Return the positions of the years in which a unit started in ``start`` is in use."""
        first = start + self.lead_years
        return range(min(first, horizon), min(first + self.life_years, horizon))

    def paid_years(self, start: int, horizon: int) -> range:
        """Return the positions of the years over which the capital is spread evenly."""
        return range(start, min(start + max(self.lead_years, 1), horizon))


@dataclass(frozen=True)
class Weights:
    """What a seat-year short, spare or stranded costs in each zone, and how later years count."""

    shortage: Array
    spare: Array
    stranded: Array
    discount_rate: float = 0.0
    _discount: dict[int, Array] = field(default_factory=dict, init=False, repr=False, compare=False)
    #: Costs of starts worked out before, each with the measure it is of.
    _starts: dict[tuple[int, int, int], tuple[Option, dict[str, float]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def discount(self, horizon: int) -> Array:
        """Return the factor of each year; the first year counts in full."""
        found = self._discount.get(horizon)
        if found is None:
            found = np.asarray((1.0 + self.discount_rate) ** -np.arange(horizon), dtype=float)
            found.flags.writeable = False
            self._discount[horizon] = found
        return found

    def start_cost(self, option: Option, start: int, horizon: int) -> dict[str, float]:
        """Return :func:`start_cost`; that of one measure and year is worked out once."""
        key = (id(option), start, horizon)
        found = self._starts.get(key)
        if found is None or found[0] is not option:
            found = self._starts[key] = (option, _start_cost(self, option, start, horizon))
        return found[1]


@dataclass(frozen=True)
class Budget:
    """Funds by source and year, in money of the day; ``index`` turns base prices into it."""

    sources: tuple[str, ...]
    funds: Array
    index: Array
    carry_over: bool = True


@dataclass(frozen=True)
class Instance:
    """The whole problem.

    ``seats`` is ``(Z, T)``: seats there are without any measure. ``demand`` is ``(Z, T, K)``: seats
    required in each future; ``probability`` is ``(K,)`` and adds up to one.
    """

    zones: tuple[tuple[str, str], ...]
    years: tuple[int, ...]
    seats: Array
    demand: Array
    probability: Array
    options: tuple[Option, ...]
    weights: Weights
    budget: Budget | None = None
    scenarios: tuple[str, ...] = ()
    group_most: Mapping[str, int] = field(default_factory=dict)
    stranded_built: bool = False

    @property
    def horizon(self) -> int:
        """Number of years."""
        return len(self.years)

    def seats_with(self, counts: Array) -> Array:
        """Return seats ``(Z, T)`` under a plan; ``counts`` is ``(J, T)`` units by start year."""
        total = self.seats.copy()
        for place, start in zip(*np.nonzero(counts), strict=True):
            option = self.options[place]
            span = option.open_years(int(start), self.horizon)
            for zone, seats in option.effects.items():
                total[zone, span.start : span.stop] += counts[place, start] * seats
        return total

    def may_strand(self, option: Option) -> bool:
        """Tell whether seats of a measure count as stranded when nobody needs them at the end."""
        return option.residual_share > 0 or not self.stranded_built

    def lasting_seats(self, counts: Array) -> Array:
        """Return seats ``(Z,)`` in the last year: those there and those that may be stranded."""
        total: Array = self.seats[:, -1].copy()
        for place, start in zip(*np.nonzero(counts), strict=True):
            option = self.options[place]
            span = option.open_years(int(start), self.horizon)
            if span.stop == self.horizon and len(span) and self.may_strand(option):
                for zone, seats in option.effects.items():
                    total[zone] += counts[place, start] * seats
        return total

    def spending(self, counts: Array) -> Array:
        """Return capital ``(J, T)`` in base prices by measure and year."""
        spent = np.zeros_like(counts, dtype=float)
        for place, start in zip(*np.nonzero(counts), strict=True):
            option = self.options[place]
            years = option.paid_years(int(start), self.horizon)
            share = option.capital_cny / max(option.lead_years, 1)
            spent[place, years.start : years.stop] += counts[place, start] * share
        return spent


def start_cost(instance: Instance, option: Option, start: int) -> dict[str, float]:
    """Return the discounted cost of one unit started in a year, by part of the objective.

    Capital is spread evenly over the years of work; what is left of its value at the end of the
    horizon is deducted (stranded seats are charged with it again, see :mod:`.costs`).
    """
    return dict(instance.weights.start_cost(option, start, instance.horizon))


def _start_cost(weights: Weights, option: Option, start: int, horizon: int) -> dict[str, float]:
    factor = weights.discount(horizon)
    paid, used = option.paid_years(start, horizon), option.open_years(start, horizon)
    in_use = float(factor[used.start : used.stop].sum())
    share = option.capital_cny / max(option.lead_years, 1)
    opening = float(factor[used.start]) if len(used) else 0.0
    left = 0.0
    if option.residual_share:
        # what stands for ever loses nothing
        gone = 0.0 if option.life_years >= FOREVER else len(used) / option.life_years
        left = max(0.0, 1.0 - gone)
    return {
        "capital": share * float(factor[paid.start : paid.stop].sum()),
        "residual": -option.capital_cny * option.residual_share * left * float(factor[-1]),
        "running": option.running_cny * in_use,
        "travel": option.travel_cny * in_use,
        "churn": option.churn_cny * opening,
    }
