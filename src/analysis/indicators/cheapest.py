"""The cheapest path to pass (最省达标路径): a mixed-integer model with the real CV.

Where: rows i are schools by stage, k the seven indicators; ``r_ik`` resource, ``n_i`` pupils,
``t_k`` threshold, ``f_k`` unit factor, ``z_ik`` whether the indicator is met in full.

Minimise the price of all measures subject to, for every row,

* ``f r_ik >= 0.85 t_k n_i`` and ``f r_ik >= t_k n_i - 0.15 t_k n_i (1 - z_ik)``,
* ``sum_k z_ik >= 6``,

and, for every stage and indicator, the official CV within its limit. With pupils fixed the CV
rule ``|| sqrt(w) (r/n - X) || <= c X`` with ``X = sum r / sum n`` is a second-order cone, hence
convex: it is met exactly by tangent cuts, each of which only removes points that break the rule.
Pupils moved by catchment make it non-convex; such a path is taken only if it is cheaper and passes
the real formula, and is reported as not proven best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.errors import InfeasiblePlanError, SolverLimitError
from analysis.indicators.definitions import SEVEN, STAGES, TOLERANCE, number_or_none
from analysis.indicators.measures import Measure, Problem
from analysis.indicators.milp import GAP, Model
from analysis.indicators.variation import weighted_cv

Array = NDArray[np.float64]
#: Rounds of cuts before the search is given up, and how far inside the limit a cut aims, so that
#: the solver's own tolerance does not leave a CV a hair above it.
ROUNDS = 80
SLACK = 1e-6
#: A path with catchment changes is not proven best, so its search may stop earlier.
CATCHMENT_GAP = 1e-2


@dataclass
class Path:
    """A solved path: measures with their quantities, cost, bound, and what the CVs become."""

    steps: list[tuple[Measure, float]]
    moves: list[tuple[int, int, float]]
    cost: float
    bound: float
    exact: bool
    cvs: dict[tuple[str, str], float] = field(default_factory=dict)


def solve(problem: Problem, *, catchment_share: float = 0.0, gap: float = GAP) -> Path:
    """Return the cheapest path.

    Parameters
    ----------
    catchment_share
        Largest share of a school's pupils that may move by catchment, to or from schools of the
        same town; 0 keeps pupils where they are, and the path is then proven cheapest up to
        ``gap``.

    Raises
    ------
    InfeasiblePlanError
        Nothing within the measures allowed passes.
    SolverLimitError
        The solver reached its limit first.
    """
    model = Model()
    # square metres and yuan are rounded up afterwards where the path is not proven anyway
    continuous = ("L4", "L5", "L6") if catchment_share > 0 else ("L6",)
    numbers = [
        model.variable(m.price, problem.limit_of(m), whole=m.indicator not in continuous)
        for m in problem.measures
    ]
    moves = _catchment(problem, model, catchment_share)
    _balance_rotation(problem, model, numbers)
    _compliance(problem, model, numbers, moves, catchment_share)
    exact = not moves
    for relaxed in (True, False):
        for _ in range(ROUNDS):
            values, _, bound = model.solve(relaxed=relaxed, gap=gap)
            if not relaxed:
                values = _rounded(model, values)
            if not _cut(problem, model, numbers, moves, values):
                break
        else:
            msg = f"The CV rule was not met after {ROUNDS} rounds of cuts."
            raise SolverLimitError(msg)
    steps = [
        (measure, float(values[number]))
        for measure, number in zip(problem.measures, numbers, strict=True)
        if values[number] > SLACK
    ]
    moved = [(a, b, float(values[k])) for (a, b), k in moves.items() if values[k] > 0.5]
    cost = float(np.dot(model.costs, values))  # of the whole units bought
    return Path(steps, moved, cost, bound, exact)


def _rounded(model: Model, values: Array) -> Array:
    whole = np.asarray(model.whole, dtype=bool)
    return np.where(whole, np.round(values), np.ceil(values - SLACK))


def _catchment(problem: Problem, model: Model, share: float) -> dict[tuple[int, int], int]:
    """Add pupils moved between schools of one town and stage that have nothing to split."""
    moves: dict[tuple[int, int], int] = {}
    if share <= 0:
        return moves
    price = problem.price("cost_catchment_pupil")
    towns = problem.rows["town_id"].to_numpy(dtype=object)
    plain = (problem.rows["split_method"] != "weights").to_numpy()
    most = np.floor(share * problem.pupils)
    short = problem.short_of_something()
    for a in np.flatnonzero(plain & short):
        for b in np.flatnonzero(plain):
            if a != b and towns[a] == towns[b] and problem.stages[a] == problem.stages[b]:
                moves[int(a), int(b)] = model.variable(price, float(most[a]), whole=True)
    for row in np.flatnonzero(plain):
        out = {k: -1.0 for (a, _), k in moves.items() if a == row}
        into = {k: -1.0 for (_, b), k in moves.items() if b == row}
        for terms in (out, into):
            if terms:
                model.at_least(terms, -float(most[row]))
    return moves


def _balance_rotation(problem: Problem, model: Model, numbers: list[int]) -> None:
    """Make the teachers who leave schools of a stage equal those who arrive."""
    for stage in STAGES:
        for code in ("L1", "L2", "L3"):
            terms = {
                number: float(m.direction)
                for m, number in zip(problem.measures, numbers, strict=True)
                if m.name == "rotation" and m.stage == stage and m.indicator == code
            }
            if terms:
                model.equal(terms, 0.0)


def _resource_terms(problem: Problem, numbers: list[int], code: str) -> list[dict[int, float]]:
    """Return, by row, what each variable adds to the resource of one indicator."""
    terms: list[dict[int, float]] = [{} for _ in problem.pupils]
    for measure, number in zip(problem.measures, numbers, strict=True):
        if measure.indicator == code:
            for row, gain in measure.gains.items():
                terms[row][number] = terms[row].get(number, 0.0) + gain
    return terms


def _pupil_terms(row: int, moves: Mapping[tuple[int, int], int]) -> dict[int, float]:
    out = {k: -1.0 for (a, _), k in moves.items() if a == row}
    return out | {k: 1.0 for (_, b), k in moves.items() if b == row}


def _compliance(
    problem: Problem,
    model: Model,
    numbers: list[int],
    moves: Mapping[tuple[int, int], int],
    share_moved: float,
) -> None:
    """Add six of seven in full and the rest at the floor, row by row."""
    floor = number_or_none(problem.rules, "school_floor_share")
    minimum = number_or_none(problem.rules, "school_indicators_met_minimum")
    if floor is None or minimum is None:
        return
    flags: list[dict[int, float]] = [{} for _ in problem.pupils]
    for indicator in SEVEN:
        resources = _resource_terms(problem, numbers, indicator.code)
        for row, terms in enumerate(resources):
            base = problem.base[indicator.code][row]
            threshold = problem.threshold(indicator.code, str(problem.stages[row]))
            if np.isnan(base) or threshold is None:
                continue
            wanted = threshold / indicator.factor  # resource for each pupil
            pupils = problem.pupils[row]
            moved = _pupil_terms(row, moves)
            scale = 1.0 / (wanted * pupils)
            flag = model.variable(0.0, 1.0, whole=True)
            flags[row][flag] = 1.0
            most = pupils * (1 + share_moved) if moved else pupils
            slack = (1 - floor) * wanted * most
            for share, big in ((floor, 0.0), (1.0, slack)):
                line = {k: v * scale for k, v in terms.items()}
                for k, v in moved.items():
                    line[k] = line.get(k, 0.0) - share * wanted * v * scale
                if big:
                    line[flag] = -big * scale
                model.at_least(line, (share * wanted * pupils - base - big) * scale)
    for terms in flags:
        if terms:
            unknown = len(SEVEN) - len(terms)
            model.at_least(terms, minimum - unknown)


def state(
    problem: Problem,
    numbers: list[int],
    moves: Mapping[tuple[int, int], int],
    values: Array,
    code: str,
) -> tuple[Array, Array]:
    """Return resource and pupils of every row under a solution."""
    terms = _resource_terms(problem, numbers, code)
    added = [sum(values[k] * gain for k, gain in part.items()) for part in terms]
    pupils = problem.pupils.copy()
    for (a, b), k in moves.items():
        pupils[a] -= values[k]
        pupils[b] += values[k]
    return problem.base[code] + np.asarray(added), pupils


def _cut(
    problem: Problem,
    model: Model,
    numbers: list[int],
    moves: Mapping[tuple[int, int], int],
    values: Array,
) -> bool:
    """Add a tangent cut for every CV above its limit; tell whether there was one.

    With ``u = sqrt(w) (r/n - X)`` at the solution, every point within the limit satisfies
    ``u' sqrt(w) (r/n - X) / ||u|| <= c X`` (Cauchy-Schwarz), which is linear in r. The price of
    moved pupils in that line is its derivative, which is not such a bound.
    """
    added = False
    for stage, code, rows in problem.groups():
        limit = number_or_none(problem.rules, "cv_limit", stage)
        resource, pupils = state(problem, numbers, moves, values, code)
        r, n = resource[rows], pupils[rows]
        if limit is None or r.sum() <= 0 or weighted_cv(r, n) <= limit + TOLERANCE:
            continue
        added = True
        total = n.sum()
        weight, mean = n / total, r.sum() / total
        deviation = r / n - mean
        spread = float(np.sqrt((weight * deviation**2).sum()))
        # d(spread - c X)/dr_i; the terms of the mean inside the spread cancel
        slope_r = deviation / (total * spread) - limit / total
        slope_n = ((deviation**2) / 2 - deviation * r / n) / (total * spread)
        terms = _resource_terms(problem, numbers, code)
        line: dict[int, float] = {}
        constant = 0.0
        for place, row in enumerate(rows):
            constant += slope_r[place] * problem.base[code][row]
            for k, gain in terms[row].items():
                line[k] = line.get(k, 0.0) - slope_r[place] * gain
            for k, sign in _pupil_terms(int(row), moves).items():
                line[k] = line.get(k, 0.0) - slope_n[place] * sign
        if moves:  # tangent at the solution: g(v0) + g'(v0)(v - v0) <= 0
            at = -sum(coefficient * values[k] for k, coefficient in line.items())
            constant = spread - limit * mean - at
        scale = 1.0 / mean
        model.at_least({k: v * scale for k, v in line.items()}, (constant + SLACK * mean) * scale)
    return added


def cheapest(problem: Problem, catchment_share: float = 0.0) -> Path:
    """Return the proven path without catchment changes, or a cheaper verified one with them.

    Raises
    ------
    InfeasiblePlanError
        No path exists.
    SolverLimitError
        The solver reached its limit.
    """
    plain = solve(problem)
    if catchment_share <= 0:
        return plain
    try:
        moved = solve(problem, catchment_share=catchment_share, gap=CATCHMENT_GAP)
    except (InfeasiblePlanError, SolverLimitError):
        return plain
    return moved if moved.cost < plain.cost * (1 - GAP) else plain
