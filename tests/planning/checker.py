"""An outside checker of plan files: it reads the two JSON documents and nothing of the package.

Recomputes seats, objective and funds from ``docs/plan-instance.md`` alone.
"""

from __future__ import annotations

from itertools import pairwise


def check(instance, plan, tolerance=1e-4):
    """Return what is wrong with a plan, in words; an empty list means the plan stands."""
    problems = []
    years = instance["years"]
    first, last = years[0], years[-1]
    projects = {p["id"]: p for p in instance.get("projects", [])}
    chosen = plan["projects"]
    seats = {(r["town"], r["stage"], r["year"]): r["seats"] for r in instance["seats"]}
    there = dict(seats)
    units = {}
    groups = {}
    parts = dict.fromkeys(
        ("capital", "residual", "running", "shortage", "spare", "stranded", "travel", "churn"), 0.0
    )
    rate = instance.get("discount_rate", 0.0)
    discount = {y: (1 + rate) ** -(y - first) for y in years}
    spent = {}
    for row in chosen:
        p = projects[row["id"]]
        lead, life = p.get("lead_years", 0), p.get("life_years", 10_000)
        start = row["start_year"]
        n = row["units"]
        units[p["id"]] = units.get(p["id"], 0) + n
        if p.get("group"):
            groups[p["group"]] = groups.get(p["group"], 0) + n
        if n != int(n) or n < 1:
            problems.append(f"{p['id']}: {n} units")
        if not p.get("first_start", first) <= start <= p.get("last_start", last):
            problems.append(f"{p['id']}: starts in {start}")
        if row["open_year"] != start + lead or row["open_year"] > last:
            problems.append(f"{p['id']}: opens in {row['open_year']}")
        opened = [y for y in years if start + lead <= y < start + lead + life]
        for effect in p["effects"]:
            for y in opened:
                there[effect["town"], effect["stage"], y] += n * effect["seats"]
        capital = p.get("capital_cny", 0.0)
        work = range(start, start + max(lead, 1))
        for y in work:
            parts["capital"] += n * capital / len(work) * discount[y]
            source = p.get("source", "") if instance.get("budgets") is not None else ""
            spent[source, y] = spent.get((source, y), 0.0) + n * capital / len(work)
        left = 1 - (len(opened) / life if life < 10_000 else 0)
        parts["residual"] -= n * capital * p.get("residual_share", 0.0) * left * discount[last]
        for name in ("running", "travel"):
            parts[name] += n * p.get(f"{name}_cny", 0.0) * sum(discount[y] for y in opened)
        parts["churn"] += n * p.get("churn_cny", 0.0) * discount[row["open_year"]]
        if p.get("requires"):
            before = [r for r in chosen if r["id"] == p["requires"] and r["start_year"] <= start]
            if not before:
                problems.append(f"{p['id']}: started before {p['requires']}")
    for name, n in units.items():
        if n > projects[name].get("max_units", 1):
            problems.append(f"{name}: {n} units are too many")
    most = {g["name"]: g["max_units"] for g in instance.get("groups", [])}
    problems += [f"group {g}: {n}" for g, n in groups.items() if n > most.get(g, 1)]
    problems += recourse(instance, seats, there, discount, parts)
    problems += funds(instance, spent, years)
    for row in plan["seats"]:
        if abs(there[row["town"], row["stage"], row["year"]] - row["seats"]) > tolerance:
            problems.append(
                f"seats of {row} should be {there[row['town'], row['stage'], row['year']]}"
            )
    for name, value in [*parts.items(), ("total", sum(parts.values()))]:
        said = plan["objective"][name]
        if abs(said - value) > tolerance + 1e-9 * abs(value):
            problems.append(f"objective {name}: {said}, should be {value}")
    total = plan["objective"]["total"]
    if plan["bound"] is not None and plan["bound"] > total + 1 + 1e-6 * abs(total):
        problems.append(f"bound {plan['bound']} above the objective {total}")
    return problems + shortages(instance, there, plan, tolerance)


def recourse(instance, seats, there, discount, parts):
    weights = {w["stage"]: w for w in instance["weights"]}
    mass = {s["name"]: s["probability"] for s in instance["scenarios"]}
    last = instance["years"][-1]
    for row in instance["demand"]:
        w = weights.get(row["stage"]) or weights["*"]
        key = (row["town"], row["stage"], row["year"])
        factor = mass[row["scenario"]] * discount[row["year"]]
        short, over = max(row["seats"] - there[key], 0), max(there[key] - row["seats"], 0)
        parts["shortage"] += factor * w["shortage_cny"] * short
        parts["spare"] += factor * w.get("spare_cny", 0.0) * over
        if row["year"] == last:
            idle = max(there[key] - max(row["seats"], seats[key]), 0)
            parts["stranded"] += factor * w.get("stranded_cny", 0.0) * idle
    return [f"seats below zero: {key}" for key, n in there.items() if n < -1e-6]


def funds(instance, spent, years):
    """Check the money by maximum flow in the small: earliest-first filling of the sources."""
    if instance.get("budgets") is None:
        return []
    index = dict(zip(years, instance.get("price_index") or [1.0] * len(years), strict=True))
    sources = sorted({b["source"] for b in instance["budgets"]})
    given = {(b["source"], b["year"]): b["amount_cny"] for b in instance["budgets"]}
    carry = instance.get("carry_over", True)
    problems = []
    free = {}
    for source in sources:
        left = [given.get((source, y), 0.0) - spent.get((source, y), 0.0) * index[y] for y in years]
        if carry:
            total, sums = 0.0, []
            for value in left:
                total += value
                sums.append(total)
            # money needed later for a source's own projects is not free now
            left = [min(sums[i:]) for i in range(len(sums))]
        if min(left) < -1.0:
            problems.append(f"source {source} overspent")
        free[source] = left
    loose = [spent.get(("", y), 0.0) * index[y] for y in years]
    if carry:
        loose = [sum(loose[: i + 1]) for i in range(len(loose))]
    for i, value in enumerate(loose):
        if value > sum(left[i] for left in free.values()) + 1.0:
            problems.append(f"funds of {years[i]} overspent")
    return problems


def shortages(instance, there, plan, tolerance):
    said = {(r["town"], r["stage"], r["year"], r["scenario"]): r for r in plan["shortages"]}
    problems = []
    for row in instance["demand"]:
        key = (row["town"], row["stage"], row["year"])
        short = row["seats"] - there[key]
        found = said.get((*key, row["scenario"]))
        if short >= 0.5 and found is None:
            problems.append(f"shortage of {short} at {key} in {row['scenario']} is not reported")
        if found is not None:
            if abs(found["seats"] - short) > tolerance:
                problems.append(f"shortage at {key} is {short}, not {found['seats']}")
            if not found["reason"]:
                problems.append(f"shortage at {key} has no reason")
    years = [r["year"] for r in plan["money"]["by_year"]]
    if any(b - a != 1 for a, b in pairwise(years)):
        problems.append("money does not list every year")
    return problems
