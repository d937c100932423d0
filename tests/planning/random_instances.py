"""Small random planning documents, with everything a document may hold."""

from __future__ import annotations

import numpy as np


def document(seed):
    random = np.random.default_rng(seed)
    towns = [f"t{i}" for i in range(random.integers(1, 4))]
    stages = ["primary", "junior"][: random.integers(1, 3)]
    years = list(range(2026, 2026 + int(random.integers(2, 5))))
    scenarios = [f"s{i}" for i in range(random.integers(1, 4))]
    mass = random.integers(1, 5, len(scenarios)).astype(float)
    mass /= mass.sum()
    zones = [(t, s) for t in towns for s in stages]
    seats = {z: int(random.integers(0, 8)) * 45 for z in zones}
    projects = [project(random, f"p{j}", zones, years, j) for j in range(random.integers(1, 5))]
    found = {
        "version": 1,
        "years": years,
        "scenarios": [
            {"name": n, "probability": float(p)} for n, p in zip(scenarios, mass, strict=True)
        ],
        "seats": [
            {"town": t, "stage": s, "year": y, "seats": seats[t, s]}
            for t, s in zones
            for y in years
        ],
        "demand": [
            {"town": t, "stage": s, "year": y, "scenario": k, "seats": int(random.integers(0, 420))}
            for t, s in zones
            for y in years
            for k in scenarios
        ],
        "projects": projects,
        "weights": [
            {"stage": "*", "shortage_cny": 10_000, "spare_cny": 700, "stranded_cny": 9_000}
        ],
        "discount_rate": float(random.choice([0.0, 0.04])),
        "limits": {"gap": 0.0, "nodes": 5_000},
        "carry_over": bool(random.random() < 0.5),
        "groups": [{"name": "g", "max_units": int(random.integers(1, 3))}],
    }
    if random.random() < 0.6:
        found["budgets"] = [
            {"source": s, "year": y, "amount_cny": int(random.integers(0, 120)) * 10_000}
            for s in ("county", "bond")
            for y in years
        ]
        found["price_index"] = [1.02**i for i in range(len(years))]
    return found


def project(random, name, zones, years, number):
    lead = int(random.integers(0, 2))
    gain = zones[random.integers(len(zones))]
    size = int(random.choice([45, 50, 90, 135]))
    effects = [{"town": gain[0], "stage": gain[1], "seats": size}]
    if random.random() < 0.35 and len(zones) > 1:
        other = zones[(zones.index(gain) + 1) % len(zones)]
        effects.append(
            {"town": other[0], "stage": other[1], "seats": -int(random.choice([45, 90]))}
        )
    found = {
        "id": name,
        "kind": "temporary" if random.random() < 0.5 else "new_build",
        "effects": effects,
        "capital_cny": int(random.integers(0, 200)) * 10_000,
        "running_cny": int(random.integers(-2, 6)) * 10_000,
        "travel_cny": int(random.integers(0, 2)) * 5_000,
        "churn_cny": int(random.integers(0, 2)) * 8_000,
        "lead_years": lead,
        "life_years": int(random.choice([1, 2, 50])),
        "max_units": int(random.integers(1, 3)),
        "residual_share": float(random.choice([0.0, 1.0])),
        "first_start": years[int(random.integers(0, 2))],
    }
    if random.random() < 0.3:
        found["group"] = "g"
    if number and random.random() < 0.25:
        found["requires"] = "p0"
    if random.random() < 0.3:
        found["source"] = "county"
    return found
