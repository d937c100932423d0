"""Every plan of a small document, priced by the outside checker's own arithmetic."""

from __future__ import annotations

from itertools import product

from . import checker

MOST_PLANS = 4_000


def plans(instance):
    """Yield every choice of units and start years."""
    first, last = instance["years"][0], instance["years"][-1]
    cells, ranges = [], []
    for p in instance["projects"]:
        lead = p.get("lead_years", 0)
        for start in range(max(p.get("first_start", first), first), last - lead + 1):
            cells.append((p, start))
            ranges.append(range(p.get("max_units", 1) + 1))
    size = 1
    for r in ranges:
        size *= len(r)
    if size > MOST_PLANS:
        return
    for counts in product(*ranges):
        yield [
            {
                "id": p["id"],
                "units": n,
                "start_year": start,
                "open_year": start + p.get("lead_years", 0),
            }
            for (p, start), n in zip(cells, counts, strict=True)
            if n
        ]


def cost(instance, chosen):
    """Return the objective of a choice, or None when it breaks a rule."""
    names = ("capital", "residual", "running", "shortage", "spare", "stranded", "travel", "churn")
    blank = dict.fromkeys((*names, "total"), 0.0)
    report = {
        "projects": chosen,
        "seats": [],
        "shortages": [],
        "objective": blank,
        "bound": None,
        "money": {"by_year": []},
    }
    said = checker.check(instance, report)
    rules = [s for s in said if not s.startswith(("objective", "shortage"))]
    if rules:
        return None
    return next((float(s.split()[-1]) for s in said if s.startswith("objective total")), 0.0)


def best(instance):
    """Return the least cost over all plans, or None when there are too many to look at."""
    found = [cost(instance, chosen) for chosen in plans(instance)]
    kept = [value for value in found if value is not None]
    return min(kept) if kept else None
