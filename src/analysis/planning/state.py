"""A plan that can be changed step by step: what a change costs and whether it keeps every rule.

Only the zones a change touches are priced again, so thousands of changes take a moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from analysis.planning.costs import (
    TOLERANCE_CNY,
    funds_left,
    recourse_parts,
    tied_spending,
)
from analysis.planning.instance import ANY_SOURCE, Array, Instance, start_cost

#: Add ``units`` of measure ``place`` started in year ``start``.
Move = tuple[int, int, float]
_SEATS = 1e-6


class State:
    """A plan ``counts`` with its seats and the expected cost of every zone."""

    def __init__(self, instance: Instance, counts: Array) -> None:
        self.instance = instance
        self.counts = counts.astype(float).copy()
        self.seats = instance.seats_with(self.counts)
        self._needed_by: dict[str, list[int]] = {}
        self._place = {o.option_id: i for i, o in enumerate(instance.options)}
        for place, option in enumerate(instance.options):
            if option.requires:
                self._needed_by.setdefault(option.requires, []).append(place)
        self._zone_cost = np.array(
            [self._price([zone], self.seats[[zone]]) for zone in range(len(instance.zones))]
        )
        self._start_cost: dict[tuple[int, int], float] = {}
        self._tied, self._loose = tied_spending(instance, self.counts)
        self._groups: dict[str, list[int]] = {}
        for place, option in enumerate(instance.options):
            if option.group:
                self._groups.setdefault(option.group, []).append(place)

    def _price(self, zones: Sequence[int], seats: Array) -> float:
        demand = self.instance.demand[list(zones)]
        parts = recourse_parts(self.instance, seats, demand, zones)
        return float(sum(parts.values()) @ self.instance.probability)

    def fixed(self, place: int, start: int) -> float:
        """Return the first-stage cost of one unit started in a year."""
        if (place, start) not in self._start_cost:
            option = self.instance.options[place]
            self._start_cost[place, start] = sum(start_cost(self.instance, option, start).values())
        return self._start_cost[place, start]

    def seats_after(self, moves: Iterable[Move]) -> tuple[list[int], Array]:
        """Return the zones that moves touch and their seats afterwards."""
        after: dict[int, Array] = {}
        for place, start, units in moves:
            option = self.instance.options[place]
            span = option.open_years(start, self.instance.horizon)
            for zone, seats in option.effects.items():
                row = after.setdefault(zone, self.seats[zone].copy())
                row[span.start : span.stop] += units * seats
        zones = sorted(after)
        shape = (len(zones), self.instance.horizon)
        return zones, np.array([after[z] for z in zones]).reshape(shape)

    def difference(self, moves: Sequence[Move]) -> float:
        """Return by how much moves change the objective, whatever the rules say."""
        zones, seats = self.seats_after(moves)
        before = float(self._zone_cost[zones].sum())
        fixed = sum(units * self.fixed(place, start) for place, start, units in moves)
        return self._price(zones, seats) - before + fixed

    def broken(self, moves: Sequence[Move]) -> str:
        """Return the first rule that moves would break: start, limit, seats, budget; or nothing."""
        for place, start, _ in moves:
            if start not in self.instance.options[place].starts:
                return "start"
        if not self._within_limits(moves):
            return "limit"
        if (self.seats_after(moves)[1] < -_SEATS).any():
            return "seats"
        left = self.money_left(moves)
        if left is not None and (left < -TOLERANCE_CNY).any():
            return "budget"
        return ""

    def money_left(self, moves: Sequence[Move]) -> Array | None:
        """Return what is left of the funds after moves, or None when they touch no money."""
        budget = self.instance.budget
        if budget is None or not any(self.instance.options[m[0]].capital_cny for m in moves):
            return None
        tied, loose = self._tied, self._loose
        if any(self.instance.options[m[0]].source != ANY_SOURCE for m in moves):
            tied = tied.copy()
        loose = loose.copy()
        for place, start, units in moves:
            option = self.instance.options[place]
            years = option.paid_years(start, self.instance.horizon)
            span = slice(years.start, years.stop)
            paid = units * option.capital_cny / max(option.lead_years, 1) * budget.index[span]
            if option.source == ANY_SOURCE:
                loose[span] += paid
            else:
                tied[budget.sources.index(option.source), span] += paid
        return funds_left(budget, tied, loose)

    def _within_limits(self, moves: Sequence[Move]) -> bool:
        options = self.instance.options
        change: dict[int, Array] = {}
        for place, start, units in moves:
            change.setdefault(place, self.counts[place].copy())[start] += units
        for place, after in change.items():
            option = options[place]
            if (after < 0).any() or after.sum() > option.most + _SEATS:
                return False
            if option.group:
                total = sum(change.get(i, self.counts[i]).sum() for i in self._groups[option.group])
                if total > self.instance.group_most.get(option.group, 1) + _SEATS:
                    return False
            chained = [place, *self._needed_by.get(option.option_id, [])]
            for later in (i for i in chained if options[i].requires):
                needed = self._place[options[later].requires]
                first = change.get(needed, self.counts[needed]).cumsum()
                if ((change.get(later, self.counts[later]) > 0) & (first <= 0)).any():
                    return False
        return True

    def apply(self, moves: Sequence[Move]) -> None:
        """Carry moves out."""
        zones, seats = self.seats_after(moves)
        for place, start, units in moves:
            self.counts[place, start] += units
        self.seats[zones] = seats
        self._tied, self._loose = tied_spending(self.instance, self.counts)
        for position, zone in enumerate(zones):
            self._zone_cost[zone] = self._price([zone], seats[[position]])

    def future_difference(self, moves: Sequence[Move], demand: Array) -> Array:
        """Return by how much moves change the cost in each of the given futures ``(K,)``."""
        zones, seats = self.seats_after(moves)
        own = demand[zones]
        after = recourse_parts(self.instance, seats, own, zones)
        before = recourse_parts(self.instance, self.seats[zones], own, zones)
        fixed = sum(units * self.fixed(place, start) for place, start, units in moves)
        return np.asarray(sum(after.values()) - sum(before.values()) + fixed, dtype=float)

    def shortage_difference(self, moves: Sequence[Move]) -> float:
        """Return by how many expected seat-years moves change the shortage."""
        zones, seats = self.seats_after(moves)
        demand, mass = self.instance.demand[zones], self.instance.probability
        after = np.maximum(demand - seats[:, :, None], 0.0).sum(axis=(0, 1)) @ mass
        rows = self.seats[zones][:, :, None]
        before = np.maximum(demand - rows, 0.0).sum(axis=(0, 1)) @ mass
        return float(after - before)
