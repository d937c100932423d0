"""The cheapest path to pass (最省达标路径): a mixed-integer model with the real CV.

Where: rows i are schools by stage, k the seven indicators; ``r_ik`` resource, ``n_i`` pupils,
``t_k`` threshold, ``f_k`` unit factor, ``z_ik`` whether the indicator is met in full.

Minimise the price of all measures subject to, for every row,

* ``f r_ik >= 0.85 t_k n_i`` and ``f r_ik >= t_k n_i - 0.15 t_k n_i (1 - z_ik)``,
* ``sum_k z_ik >= 6``,

and, for every stage and indicator, the official CV within its limit
(:mod:`analysis.indicators.cv_rule`). With pupils fixed the rule is convex and the path is the
cheapest up to the solver's gap. With pupils moved by catchment a relaxation gives the lower bound
and a path at fixed pupils the upper one; the relaxation is refined where it breaks the rule until
the two meet, and what is left between them is reported as the gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analysis.errors import InfeasiblePlanError, SolverLimitError
from analysis.indicators.catchment import Catchment, add_catchment
from analysis.indicators.cv_rule import Group, MovedRule, Terms, tangent
from analysis.indicators.definitions import SEVEN, STAGES, number_or_none
from analysis.indicators.measures import Measure, Problem
from analysis.indicators.milp import GAP, NODES, Model

Array = NDArray[np.float64]
#: Rounds of cuts before the search is given up, and rounds in which catchment changes are refined.
ROUNDS = 80
MOVE_ROUNDS = 12
#: Steps smaller than this are the solver's noise.
SLACK = 1e-6
#: Costs nearer than this share of each other count as equal.
EQUAL = 1e-7


@dataclass(frozen=True)
class Path:
    """A path: measures with quantities, pupils moved, cost, and the lower bound proven for it.

    No path within the measures allowed costs less than ``bound``.
    """

    steps: list[tuple[Measure, float]]
    moves: list[tuple[int, int, float]]
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """What the path may cost above the cheapest, as a share of its own cost."""
        return max(0.0, self.cost - self.bound) / self.cost if self.cost > 0 else 0.0


@dataclass
class Frame:
    """The model of a problem with the numbers of its variables."""

    problem: Problem
    model: Model = field(default_factory=Model)
    numbers: list[int] = field(default_factory=list)
    catchment: Catchment = field(default_factory=Catchment)
    groups: list[Group] = field(default_factory=list)

    def rounded(self, values: Array) -> Array:
        """Return whole units: those that need not be whole are rounded up."""
        whole = np.asarray(self.model.whole, dtype=bool)
        return np.where(whole, np.round(values), np.ceil(values - SLACK))

    def steps(self, values: Array) -> list[tuple[Measure, float]]:
        """Return the measures a solution uses."""
        pairs = zip(self.problem.measures, self.numbers, strict=True)
        return [(m, float(values[number])) for m, number in pairs if values[number] > SLACK]

    def price_of(self, values: Array) -> float:
        """Return the price of a solution."""
        used = len(values)
        return float(np.dot(self.model.costs[:used], values))


def framed(problem: Problem, share: float = 0.0) -> Frame:
    """Return the model without the CV rule."""
    frame = Frame(problem)
    frame.numbers = [
        frame.model.variable(m.price, problem.limit_of(m), whole=m.indicator != "L6")
        for m in problem.measures
    ]
    frame.catchment = add_catchment(problem, frame.model, share)
    _balance_rotation(frame)
    moved = [frame.catchment.terms(row) for row in range(len(problem.pupils))]
    gains = {i.code: _resource_terms(frame, i.code) for i in SEVEN}
    _compliance(frame, gains, moved, share)
    for stage, code, limit, rows in problem.groups():
        frame.groups.append(
            Group(
                stage,
                code,
                limit,
                rows,
                problem.base[code][rows],
                problem.pupils[rows],
                [gains[code][row] for row in rows],
                [moved[row] for row in rows],
            )
        )
    return frame


def _balance_rotation(frame: Frame) -> None:
    """Make the teachers who leave schools of a stage equal those who arrive."""
    for stage in STAGES:
        for code in ("L1", "L2", "L3"):
            terms = {
                number: float(m.direction)
                for m, number in zip(frame.problem.measures, frame.numbers, strict=True)
                if m.name == "rotation" and m.stage == stage and m.indicator == code
            }
            if terms:
                frame.model.equal(terms, 0.0)


def _resource_terms(frame: Frame, code: str) -> list[Terms]:
    """Return, by row, what each variable adds to the resource of one indicator."""
    terms: list[Terms] = [{} for _ in frame.problem.pupils]
    for measure, number in zip(frame.problem.measures, frame.numbers, strict=True):
        if measure.indicator == code:
            for row, gain in measure.gains.items():
                terms[row][number] = terms[row].get(number, 0.0) + gain
    return terms


def _compliance(
    frame: Frame, gains: Mapping[str, list[Terms]], moved: list[Terms], share_moved: float
) -> None:
    """Add six of seven in full and the rest at the floor, row by row."""
    problem, model = frame.problem, frame.model
    floor = number_or_none(problem.rules, "school_floor_share")
    minimum = number_or_none(problem.rules, "school_indicators_met_minimum")
    if floor is None or minimum is None:
        return
    flags: list[Terms] = [{} for _ in problem.pupils]
    for indicator in SEVEN:
        for row, terms in enumerate(gains[indicator.code]):
            base = problem.base[indicator.code][row]
            threshold = problem.threshold(indicator.code, str(problem.stages[row]))
            if np.isnan(base) or threshold is None:
                continue
            wanted = threshold / indicator.factor  # resource for each pupil
            pupils = problem.pupils[row]
            scale = 1.0 / (wanted * pupils)
            flag = model.variable(0.0, 1.0, whole=True)
            flags[row][flag] = 1.0
            most = pupils * (1 + share_moved) if moved[row] else pupils
            slack = (1 - floor) * wanted * most
            for share, big in ((floor, 0.0), (1.0, slack)):
                line = {k: v * scale for k, v in terms.items()}
                for k, v in moved[row].items():
                    line[k] = line.get(k, 0.0) - share * wanted * v * scale
                if big:
                    line[flag] = -big * scale
                model.at_least(line, (share * wanted * pupils - base - big) * scale)
    for terms in flags:
        if terms:
            unknown = len(SEVEN) - len(terms)
            model.at_least(terms, minimum - unknown)


def solve(problem: Problem, *, gap: float = GAP, nodes: int = NODES) -> Path:
    """Return the cheapest path with every pupil where they are, proven up to ``gap``.

    Raises
    ------
    InfeasiblePlanError
        Nothing within the measures allowed passes.
    SolverLimitError
        The solver reached its limit first.
    """
    frame = framed(problem)
    for relaxed in (True, False):
        for _ in range(ROUNDS):
            values, _, bound = frame.model.solve(relaxed=relaxed, gap=gap, nodes=nodes)
            values = values if relaxed else frame.rounded(values)
            broken = [group for group in frame.groups if group.broken(values)]
            for group in broken:
                frame.model.at_least(*tangent(group, values))
            if not broken:
                break
        else:
            msg = f"The CV rule was not met after {ROUNDS} rounds of cuts."
            raise SolverLimitError(msg)
    return Path(frame.steps(values), [], frame.price_of(values), bound)


class _Moving:
    """The relaxation in which pupils move: built anew whenever a rule is refined."""

    def __init__(self, problem: Problem, share: float, budget: float) -> None:
        self.problem, self.share, self.budget = problem, share, budget
        self.rules: dict[tuple[str, str], MovedRule] = {}
        self.build()

    def build(self) -> None:
        """Build the model with every rule found to matter so far."""
        self.frame = framed(self.problem, self.share)
        model = self.frame.model
        paid = {k: -c / self.budget for k, c in enumerate(model.costs) if c}
        model.at_least(paid, -1.0 - EQUAL)
        for rule in self.rules.values():
            rule.add(model)

    def refine(self, values: Array, *, points: bool) -> bool:
        """Refine the rules a solution breaks; tell whether there was anything to refine.

        In the linear relaxation points do nothing: pieces may be filled in any order there.
        """
        changed = False
        for group in self.frame.groups:
            if not group.broken(values):
                continue
            key = (group.stage, group.code)
            if key in self.rules:
                changed |= self.rules[key].refine(values, points=points)
            elif group.base.sum() > 0:
                self.rules[key] = MovedRule(group, [1.0, self._largest(group)])
                self.rules[key].refine(values, points=points)
                changed = True
        if changed:
            self.build()
        return changed

    def _largest(self, group: Group) -> float:
        """Return the largest total the budget can buy, as a share of the total today."""
        terms = MovedRule(group, [1.0]).total_terms()
        return 1.0 + max(0.0, self.frame.model.largest(terms)) + EQUAL

    def relaxed(self) -> float:
        """Refine the linear relaxation; return its bound."""
        for _ in range(ROUNDS):
            values, cost, _ = self.frame.model.solve(relaxed=True)
            if not self.refine(values, points=False):
                break
        return cost

    def narrow(self) -> None:
        """Bring the ends of the chords to what the rules found so far leave possible."""
        for rule in self.rules.values():
            top = self._largest(rule.group)
            rule.points = [p for p in rule.points if p < top] + [top]
        self.build()


def solve_moved(
    problem: Problem, share: float, plain: Path, *, gap: float = GAP, nodes: int = NODES
) -> Path:
    """Return the cheapest path in which pupils may move by catchment, with its bound.

    Parameters
    ----------
    share
        Largest share of a school's pupils that may leave or join it.
    plain
        The path without catchment changes; it stands where none is cheaper.
    """
    if plain.cost <= 0:
        return plain
    moving = _Moving(problem, share, plain.cost)
    if not moving.frame.catchment.groups:
        return plain
    best, lower = plain, moving.relaxed()
    if best.cost - lower > gap * best.cost:
        moving.narrow()
    for _ in range(MOVE_ROUNDS):
        if best.cost - lower <= max(gap, EQUAL) * best.cost:
            break
        values, _, bound = moving.frame.model.solve(gap=gap / 2, nodes=nodes)
        lower = max(lower, bound)
        candidate = _at(moving.frame, values, gap, nodes)
        best = candidate if candidate.cost < best.cost else best
        if best.cost - lower <= max(gap, EQUAL) * best.cost or not moving.refine(
            values, points=True
        ):
            break
    return replace(best, bound=min(lower, best.cost))


def _at(frame: Frame, values: Array, gap: float, nodes: int) -> Path:
    """Return a path that keeps the real rule with the pupils of a solution."""
    whole = frame.rounded(values)
    change = frame.catchment.change(whole, len(frame.problem.pupils))
    moves = frame.catchment.moves(change)
    price = frame.problem.price("cost_catchment_pupil")
    moved = price * sum(quantity for _, _, quantity in moves)
    if not any(group.broken(whole) for group in frame.groups):
        steps = frame.steps(whole)
        return Path(steps, moves, sum(m.price * q for m, q in steps) + moved, 0.0)
    there = frame.problem.with_pupils(frame.problem.pupils + change)
    found = solve(there, gap=gap, nodes=nodes)
    return Path(found.steps, moves, found.cost + moved, 0.0)


def cheapest(problem: Problem, catchment_share: float = 0.0) -> Path:
    """Return the cheapest path; pupils move by catchment where ``catchment_share`` allows it.

    Raises
    ------
    InfeasiblePlanError
        No path exists.
    SolverLimitError
        The solver reached its limit.
    """
    gap = number_or_none(problem.rules, "path_gap_max") or GAP
    nodes = int(number_or_none(problem.rules, "path_nodes_max") or NODES)
    plain = solve(problem, gap=gap, nodes=nodes)
    if catchment_share <= 0:
        return plain
    try:
        return solve_moved(problem, catchment_share, plain, gap=gap, nodes=nodes)
    except (InfeasiblePlanError, SolverLimitError):
        # the path stands, but nothing is proven about paths with catchment changes
        return replace(plain, bound=0.0)
