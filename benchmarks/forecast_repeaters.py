"""Are repeaters worth a model of their own? Simulated areas with known repetition, both ways.

Usage: python -m benchmarks.forecast_repeaters

In every area a share of each grade repeats it, the rest goes on or leaves. The ratio method sees
pupils by grade only; the explicit one also sees last year's repeaters of each grade, estimates the
shares that repeat and go on, and carries both. Both pool three years; errors of the area's total.
"""

from __future__ import annotations

import sys

import numpy as np

GRADES, YEARS, AHEAD, AREAS = 6, 12, 5, 400
#: Share that repeats, and how it moves: per year down by a tenth, or halved once at the origin.
CASES = {
    "0.3 % repeat, steady": (0.003, "steady"),
    "1 % repeat, steady": (0.01, "steady"),
    "2 % repeat, steady": (0.02, "steady"),
    "8 % repeat, steady": (0.08, "steady"),
    "8 % repeat, a tenth fewer each year": (0.08, "falling"),
    "8 % repeat, halved after the origin": (0.08, "halved"),
}


def world(share: float, how: str, pupils: float, random) -> tuple[np.ndarray, np.ndarray]:
    """Return pupils ``(A, G, T + H)`` and repeaters in them, cohorts that come in waves."""
    count = YEARS + AHEAD
    entrants = pupils * (1 + 0.3 * np.sin(random.uniform(0, 6, (AREAS, 1)) + np.arange(count) / 2))
    now = np.zeros((AREAS, GRADES, count))
    again = np.zeros_like(now)
    now[:, :, 0] = pupils
    for t in range(1, count):
        rate = share * {"steady": 1.0, "falling": 0.9**t, "halved": 0.5 if t >= YEARS else 1.0}[how]
        repeat = random.binomial(now[:, :, t - 1].astype(int), rate)
        going = random.binomial((now[:, :, t - 1] - repeat).astype(int), 0.99)
        again[:, :, t] = repeat
        now[:, 0, t] = random.poisson(entrants[:, t]) + repeat[:, 0]
        now[:, 1:, t] = going[:, :-1] + repeat[:, 1:]
    return now, again


def forecasts(now: np.ndarray, again: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return totals of the grades above the entry grade by both methods, ``(A, H)`` each.

    The entry grade is given to both as it came: it is not what is asked here.
    """
    past = slice(YEARS - 4, YEARS)
    seen, repeated = now[:, :, past], again[:, :, past]
    ratio = seen[:, 1:, 1:].sum(axis=2) / seen[:, :-1, :-1].sum(axis=2)
    stay = repeated[:, :, 1:].sum(axis=2) / seen[:, :, :-1].sum(axis=2)
    fresh = (seen[:, 1:, 1:] - repeated[:, 1:, 1:]).sum(axis=2)
    move = fresh / seen[:, :-1, :-1].sum(axis=2)
    plain = explicit = now[:, :, YEARS - 1]
    found: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for h in range(AHEAD):
        entry = now[:, :1, YEARS + h]
        plain = np.concatenate([entry, plain[:, :-1] * ratio], axis=1)
        above = explicit[:, :-1] * move + explicit[:, 1:] * stay[:, 1:]
        explicit = np.concatenate([entry, above], axis=1)
        found[0].append(plain[:, 1:].sum(axis=1))
        found[1].append(explicit[:, 1:].sum(axis=1))
    return np.stack(found[0], axis=1), np.stack(found[1], axis=1)


def main() -> int:
    """Print mean absolute errors in per cent, the ratio method first."""
    print("| case | pupils a grade | ratio alone, 1 / 3 / 5 years | repeaters by themselves |")
    print("|---|---|---|---|")
    for case, (share, how) in CASES.items():
        for pupils in (30, 300):
            now, again = world(share, how, pupils, np.random.default_rng(1))
            actual = now[:, 1:, YEARS:].sum(axis=1)
            said = []
            for made in forecasts(now, again):
                error = 100 * (np.abs(made - actual) / actual).mean(axis=0)
                said.append(" / ".join(f"{error[h]:.2f}" for h in (0, 2, 4)))
            print(f"| {case} | {pupils} | {said[0]} | {said[1]} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
