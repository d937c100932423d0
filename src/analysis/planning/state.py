"""A plan that can be changed step by step: what a change costs and whether it keeps every rule.

Only the zones a change touches are priced again, so thousands of changes take a moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from analysis.planning.costs import (
    TOLERANCE_CNY,
    Payments,
    funds_left,
    recourse_parts,
    tied_spending,
)
from analysis.planning.instance import ANY_SOURCE, Array, Instance, start_cost

#: Add ``units`` of measure ``place`` started in year ``start``.
Move = tuple[int, int, float]
_SEATS = 1e-6
#: Prices of zones kept before they are forgotten and worked out again.
_MOST_PRICES = 200_000


class State:
    """A plan ``counts`` with its seats and the expected cost of every zone."""

    def __init__(self, instance: Instance, counts: Array) -> None:
        self.instance = instance
        self.counts = counts.astype(float).copy()
        self.seats = instance.seats_with(self.counts)
        self.lasting = instance.lasting_seats(self.counts)
        self._needed_by: dict[str, list[int]] = {}
        self._place = {o.option_id: i for i, o in enumerate(instance.options)}
        for place, option in enumerate(instance.options):
            if option.requires:
                self._needed_by.setdefault(option.requires, []).append(place)
        self._effects = [tuple(option.effects.items()) for option in instance.options]
        self._discount = instance.weights.discount(instance.horizon)
        self._spans: dict[tuple[int, int], tuple[int, int, bool]] = {}
        self._prices: dict[tuple[int, bytes, float], float] = {}
        zones = range(len(instance.zones))
        self._zone_cost = [self._price(z, self.seats[z], float(self.lasting[z])) for z in zones]
        self._start_cost: dict[tuple[int, int], float] = {}
        self._paid: Payments = {}
        self._units: dict[int, float] = {}
        self._funds: tuple[Array, Array] | None = None
        self._groups: dict[str, list[int]] = {}
        for place, option in enumerate(instance.options):
            if option.group:
                self._groups.setdefault(option.group, []).append(place)

    def _price(self, zone: int, seats: Array, lasting: float) -> float:
        """Return the expected cost of a zone with seats ``(T,)``; the same is priced once."""
        key = (zone, seats.tobytes(), lasting)
        found = self._prices.get(key)
        if found is None:
            weights, mass = self.instance.weights, self.instance.probability
            over = seats[:, None] - self.instance.demand[zone]
            each = np.maximum(-weights.shortage[zone] * over, weights.spare[zone] * over)
            found = float(self._discount @ (each @ mass))
            here = self.instance.seats[zone, -1]
            if lasting > here and weights.stranded[zone]:
                idle = np.maximum(lasting - np.maximum(self.instance.demand[zone, -1], here), 0.0)
                found += float(weights.stranded[zone] * self._discount[-1] * (idle @ mass))
            if len(self._prices) >= _MOST_PRICES:
                self._prices.clear()
            self._prices[key] = found
        return found

    def units(self, place: int) -> float:
        """Return how many units of a measure the plan has, whenever they start."""
        found = self._units.get(place)
        if found is None:
            found = self._units[place] = float(self.counts[place].sum())
        return found

    def fixed(self, place: int, start: int) -> float:
        """Return the first-stage cost of one unit started in a year."""
        found = self._start_cost.get((place, start))
        if found is None:
            option = self.instance.options[place]
            found = sum(start_cost(self.instance, option, start).values())
            self._start_cost[place, start] = found
        return found

    def _span(self, place: int, start: int) -> tuple[int, int, bool]:
        """Return the years a unit is open in, and whether its seats may be stranded at the end."""
        found = self._spans.get((place, start))
        if found is None:
            option, horizon = self.instance.options[place], self.instance.horizon
            span = option.open_years(start, horizon)
            last = len(span) > 0 and span.stop == horizon
            found = (span.start, span.stop, last and self.instance.may_strand(option))
            self._spans[place, start] = found
        return found

    def _after(self, moves: Iterable[Move]) -> tuple[dict[int, Array], dict[int, float]]:
        """Return seats ``(T,)`` and lasting seats afterwards of the zones that moves touch."""
        after: dict[int, Array] = {}
        lasting: dict[int, float] = {}
        for place, start, units in moves:
            first, stop, lasts = self._span(place, start)
            for zone, seats in self._effects[place]:
                if zone not in after:
                    after[zone] = self.seats[zone].copy()
                    lasting[zone] = float(self.lasting[zone])
                gained = units * seats
                row = after[zone]
                row[first:stop] += gained
                if lasts:
                    lasting[zone] += gained
        return after, lasting

    def seats_after(self, moves: Iterable[Move]) -> tuple[list[int], Array, Array]:
        """Return the zones that moves touch, their seats and their lasting seats afterwards."""
        after, lasting = self._after(moves)
        zones = sorted(after)
        shape = (len(zones), self.instance.horizon)
        return (
            zones,
            np.array([after[z] for z in zones]).reshape(shape),
            np.array([lasting[z] for z in zones]),
        )

    def difference(self, moves: Sequence[Move]) -> float:
        """Return by how much moves change the objective, whatever the rules say."""
        after, lasting = self._after(moves)
        total = 0.0
        for place, start, units in moves:
            total += units * self.fixed(place, start)
        for zone in sorted(after):
            total += self._price(zone, after[zone], lasting[zone]) - self._zone_cost[zone]
        return total

    def broken(self, moves: Sequence[Move]) -> str:
        """Return the first rule that moves would break: start, limit, seats, budget; or nothing."""
        for place, start, _ in moves:
            if start not in self.instance.options[place].starts:
                return "start"
        if not self._within_limits(moves):
            return "limit"
        if any((row < -_SEATS).any() for row in self._after(moves)[0].values()):
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
        tied, loose = self._spending()
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
        after, lasting = self._after(moves)
        for place, start, units in moves:
            self.counts[place, start] += units
            self._units.pop(place, None)
        for zone, row in after.items():
            self.seats[zone], self.lasting[zone] = row, lasting[zone]
            self._zone_cost[zone] = self._price(zone, row, lasting[zone])
        self._funds = None

    def _spending(self) -> tuple[Array, Array]:
        """Return what the plan spends by source and untied, added up when somebody asks."""
        if self._funds is None:
            self._funds = tied_spending(self.instance, self.counts, self._paid)
        return self._funds

    def future_difference(self, moves: Sequence[Move], demand: Array) -> Array:
        """Return by how much moves change the cost in each of the given futures ``(K,)``."""
        zones, seats, lasting = self.seats_after(moves)
        own = demand[zones]
        after = recourse_parts(self.instance, seats, own, zones, lasting=lasting)
        before = recourse_parts(
            self.instance, self.seats[zones], own, zones, lasting=self.lasting[zones]
        )
        fixed = sum(units * self.fixed(place, start) for place, start, units in moves)
        return np.asarray(sum(after.values()) - sum(before.values()) + fixed, dtype=float)

    def shortage_difference(self, moves: Sequence[Move]) -> float:
        """Return by how many expected seat-years moves change the shortage."""
        zones, seats, _ = self.seats_after(moves)
        demand, mass = self.instance.demand[zones], self.instance.probability
        after = np.maximum(demand - seats[:, :, None], 0.0).sum(axis=(0, 1)) @ mass
        rows = self.seats[zones][:, :, None]
        before = np.maximum(demand - rows, 0.0).sum(axis=(0, 1)) @ mass
        return float(after - before)
