"""What a plan costs in each future, and whether it keeps every rule.

The recourse is separable: once seats ``E`` of a zone and year are fixed, a future of demand ``D``
costs ``shortage * (D - E)+ + spare * (E - D)+``, and in the last year ``stranded * (E - B)+`` on
top, where ``B`` is the larger of ``D`` and the seats there are without any measure: seats that
stood empty anyway are not the plan's. The expectation is convex and piecewise linear in ``E``; the
optimiser rests on that.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from analysis.planning.instance import ANY_SOURCE, Array, Budget, Instance, start_cost

#: Source (None when untied), first year, year after the last, and money of the day in each.
Payment = tuple[int | None, int, int, Array]
#: Payments of so many units of a measure started in a year: ``(measure, year, units)``.
Payments = dict[tuple[int, int, float], Payment]
#: Money that counts as nothing.
TOLERANCE_CNY = 1.0
_SEATS = 1e-6
PARTS = (
    "capital",
    "residual",
    "running",
    "shortage",
    "spare",
    "stranded",
    "travel",
    "churn",
)


def recourse_parts(
    instance: Instance,
    seats: Array,
    demand: Array,
    zones: Iterable[int] | None = None,
    *,
    lasting: Array | None = None,
) -> dict[str, Array]:
    """Return shortage, spare and stranded costs ``(K,)`` of some zones in each future.

    Parameters
    ----------
    seats
        ``(Z, T)`` seats of those zones.
    demand
        ``(Z, T, K)`` seats required there.
    zones
        Positions of the zones; all if not given.
    lasting
        ``(Z,)`` seats there in the last year that may be stranded; by default all seats of it.
    """
    chosen = slice(None) if zones is None else list(zones)
    weights = instance.weights
    factor = weights.discount(instance.horizon)
    over = seats[:, :, None] - demand
    needed = np.maximum(demand[:, -1], instance.seats[chosen, -1][:, None])
    standing = seats[:, -1] if lasting is None else lasting
    stranded = np.maximum(standing[:, None] - needed, 0.0)
    spare = np.maximum(over, 0.0)
    short = np.maximum(-over, 0.0)
    return {
        "shortage": np.einsum("ztk,z,t->k", short, weights.shortage[chosen], factor),
        "spare": np.einsum("ztk,z,t->k", spare, weights.spare[chosen], factor),
        "stranded": np.einsum("zk,z->k", stranded, weights.stranded[chosen]) * factor[-1],
    }


def first_stage_parts(instance: Instance, counts: Array) -> dict[str, float]:
    """Return capital, residual, running, travel and churn of a plan."""
    total = dict.fromkeys(("capital", "residual", "running", "travel", "churn"), 0.0)
    for place, start in zip(*np.nonzero(counts), strict=True):
        parts = start_cost(instance, instance.options[place], int(start))
        for name, value in parts.items():
            total[name] += counts[place, start] * value
    return total


def objective_parts(instance: Instance, counts: Array) -> dict[str, float]:
    """Return the expected objective of a plan by part; ``total`` is their sum."""
    parts = first_stage_parts(instance, counts)
    recourse = recourse_parts(
        instance,
        instance.seats_with(counts),
        instance.demand,
        lasting=instance.lasting_seats(counts),
    )
    parts |= {name: float(value @ instance.probability) for name, value in recourse.items()}
    ordered = {name: parts[name] for name in PARTS}
    return ordered | {"total": sum(ordered.values())}


def objective(instance: Instance, counts: Array) -> float:
    """Return the expected objective of a plan."""
    return objective_parts(instance, counts)["total"]


def future_costs(instance: Instance, counts: Array, demand: Array) -> Array:
    """Return the whole cost of a plan in each of the given futures ``(K,)``."""
    fixed = sum(first_stage_parts(instance, counts).values())
    recourse = recourse_parts(
        instance, instance.seats_with(counts), demand, lasting=instance.lasting_seats(counts)
    )
    return np.asarray(sum(recourse.values()) + fixed, dtype=float)


def budget_left(instance: Instance, counts: Array) -> Array | None:
    """Return :func:`funds_left` of a plan, or None when there is no budget."""
    if instance.budget is None:
        return None
    return funds_left(instance.budget, *tied_spending(instance, counts))


def funds_left(budget: Budget, tied: Array, loose: Array) -> Array:
    """Return what is left of the funds ``(S + 1, T)``: of each source, and for untied measures.

    A source's row counts only measures tied to it; the last row is what untied measures leave of
    the rest. A plan can be paid if and only if no entry is negative. Where funds carry over, money
    a source needs for its own measures later is not free earlier.

    Parameters
    ----------
    tied, loose
        ``(S, T)`` and ``(T,)`` spending in money of the day.
    """
    left = budget.funds - tied
    if not budget.carry_over:
        return np.concatenate([left, (left.sum(axis=0) - loose)[None]])
    left = left.cumsum(axis=1)
    free = np.minimum.accumulate(left[:, ::-1], axis=1)[:, ::-1].sum(axis=0)
    return np.concatenate([left, (free - loose.cumsum())[None]])


def violations(instance: Instance, counts: Array) -> list[str]:
    """Return every rule a plan breaks, in words; an empty list means it can be carried out."""
    found = []
    horizon = instance.horizon
    running = counts.cumsum(axis=1)
    by_id = {option.option_id: place for place, option in enumerate(instance.options)}
    groups: dict[str, float] = {}
    for place, option in enumerate(instance.options):
        total = counts[place].sum()
        if total > option.most + _SEATS:
            found.append(f"{option.option_id}: {total:g} units, at most {option.most}")
        wrong = [t for t in range(horizon) if counts[place, t] and t not in option.starts]
        if wrong:
            found.append(f"{option.option_id}: cannot start in {instance.years[wrong[0]]}")
        if option.group:
            groups[option.group] = groups.get(option.group, 0.0) + total
        if option.requires:
            needed = running[by_id[option.requires]] > 0
            if ((counts[place] > 0) & ~needed).any():
                found.append(f"{option.option_id}: needs {option.requires} first")
    found += [
        f"group {name}: {total:g} units, at most {instance.group_most.get(name, 1)}"
        for name, total in groups.items()
        if total > instance.group_most.get(name, 1) + _SEATS
    ]
    if (instance.seats_with(counts) < -_SEATS).any():
        found.append("seats below zero")
    left = budget_left(instance, counts)
    if left is not None and (left < -TOLERANCE_CNY).any():
        where = int(np.argmax((left < -TOLERANCE_CNY).any(axis=0)))
        found.append(f"budget of {instance.years[where]} exceeded")
    return found


def tied_spending(
    instance: Instance, counts: Array, known: Payments | None = None
) -> tuple[Array, Array]:
    """Return spending in money of the day: by source ``(S, T)``, and untied ``(T,)``.

    ``known`` holds payments worked out before for the same instance; new ones are put into it.
    """
    budget = instance.budget
    names = () if budget is None else budget.sources
    by_source = np.zeros((len(names), instance.horizon))
    loose = np.zeros(instance.horizon)
    payments: Payments = {} if known is None else known
    places, starts = np.nonzero(counts)
    units = counts[places, starts].tolist()
    for key in zip(places.tolist(), starts.tolist(), units, strict=True):
        payment = payments.get(key)
        if payment is None:
            payment = payments[key] = _payment(instance, *key)
        source, first, stop, paid = payment
        if source is None:
            loose[first:stop] += paid
        else:
            by_source[source, first:stop] += paid
    return by_source, loose


def _payment(instance: Instance, place: int, start: int, units: float) -> Payment:
    option, budget = instance.options[place], instance.budget
    index = np.ones(instance.horizon) if budget is None else budget.index
    years = option.paid_years(start, instance.horizon)
    span = slice(years.start, years.stop)
    paid = units * option.capital_cny / max(option.lead_years, 1) * index[span]
    untied = option.source == ANY_SOURCE or budget is None or not budget.sources
    source = None if untied else budget.sources.index(option.source)  # type: ignore[union-attr]
    return source, years.start, years.stop, paid
