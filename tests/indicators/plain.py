"""Compliance and variation a second time, in plain Python straight from the formulas.

Nothing here imports the engine: lists and dictionaries in, words and numbers out.
"""

from __future__ import annotations

import math

THRESHOLDS = {
    "primary": [4.2, 1.0, 0.9, 4.5, 7.5, 2000.0, 2.3],
    "junior": [5.3, 1.0, 0.9, 5.8, 10.2, 2500.0, 2.4],
}
CV_LIMIT = {"primary": 0.50, "junior": 0.45}
FACTORS = [100, 100, 100, 1, 1, 1, 100]


def split(pupils, resource):
    """Return the parts of a school's common resource: {stage: part} for W = P + 1.1 J + 1.32 H."""
    weights = {"primary": 1.0, "junior": 1.1, "senior": 1.1 * 1.2}
    present = {stage: count for stage, count in pupils.items() if count > 0}
    if len(present) == 1:
        return dict.fromkeys(present, resource)
    whole = sum(weights[s] * n for s, n in present.items())
    return {s: resource * weights[s] * n / whole for s, n in present.items()}


def school_verdict(values, stage):
    """Return met, not_met or undetermined for the seven values (None: unknown)."""
    shares = [None if v is None else v / t for v, t in zip(values, THRESHOLDS[stage], strict=True)]
    known = [s for s in shares if s is not None]
    below = [s for s in known if s < 1 - 1e-9]
    if len(below) > 1 or any(s < 0.85 - 1e-9 for s in known):
        return "not_met"
    return "met" if len(known) == 7 else "undetermined"


def cv(resources, pupils):
    """Return the weighted CV around total resource over total pupils."""
    total = math.fsum(pupils)
    mean = math.fsum(resources) / total
    spread = math.fsum(
        n / total * (r / n - mean) ** 2 for r, n in zip(resources, pupils, strict=True)
    )
    return math.sqrt(spread) / mean if mean else math.nan


def county(schools):
    """Return ({school: {stage: verdict}}, {stage: [cv of each indicator]}, county verdict).

    ``schools``: {name: {"pupils": {stage: n}, "teachers": {stage: [l1, l2, l3]},
    "facilities": [l4, l5, l6, l7]}}, every school in scope.
    """
    verdicts, per_stage = {}, {}
    for name, school in schools.items():
        parts = [split(school["pupils"], amount) for amount in school["facilities"]]
        for stage in ("primary", "junior"):
            count = school["pupils"].get(stage, 0)
            if count == 0:
                continue
            amounts = [*school["teachers"][stage], *(part[stage] for part in parts)]
            values = [f * a / count for f, a in zip(FACTORS, amounts, strict=True)]
            verdicts.setdefault(name, {})[stage] = school_verdict(values, stage)
            per_stage.setdefault(stage, []).append((count, amounts))
    cvs = {
        stage: [cv([a[k] for _, a in rows], [n for n, _ in rows]) for k in range(7)]
        for stage, rows in per_stage.items()
    }
    fails = any(v == "not_met" for stages in verdicts.values() for v in stages.values()) or any(
        len(per_stage[stage]) > 1 and value > CV_LIMIT[stage] + 1e-9
        for stage, found in cvs.items()
        for value in found
    )
    return verdicts, cvs, "not_met" if fails else "met"
