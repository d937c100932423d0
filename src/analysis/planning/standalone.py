"""Solve an instance file that others can write (``xuewei plan``), and report the plan as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.planning.chosen import Chosen, chosen_projects
from analysis.planning.costs import budget_left, objective_parts
from analysis.planning.document import VERSION, PlanInstance, Project, read_instance
from analysis.planning.explain import LEAST_SEATS, Reason, alternatives, binding_reason
from analysis.planning.greedy import greedy_plan
from analysis.planning.instance import Array, Budget, Instance, Option, Weights
from analysis.planning.model import Limits, solve
from analysis.planning.state import State

_DIGITS = 6


def solve_instance(document: Mapping[str, object]) -> dict[str, Any]:
    """Solve an instance document (求解规划实例).

    Parameters
    ----------
    document
        As ``docs/plan-instance.md`` describes.

    Returns
    -------
    dict
        ``version``, ``status``, ``objective`` (by part and total), ``bound``, ``gap``, ``projects``
        (units and years, what the objective loses without each), ``seats`` by town, stage and
        year, ``shortages`` with their reasons, ``money`` by source and year. The same document
        gives the same bytes unless the time limit was hit, which ``status`` says.

    Raises
    ------
    ParameterError
        The document is not right; the message names the field.
    """
    given = read_instance(document)
    instance = instance_of(given)
    limits = Limits(given.limits.gap, given.limits.nodes, given.limits.seconds)
    start = greedy_plan(instance, instance.demand @ instance.probability)
    solution = solve(instance, start=start, limits=limits)
    state = State(instance, solution.counts)
    parts = objective_parts(instance, solution.counts)
    return {
        "version": VERSION,
        "status": solution.status,
        "objective": {name: round(value, _DIGITS) for name, value in parts.items()},
        "bound": None if np.isinf(solution.bound) else round(solution.bound, _DIGITS),
        "gap": None if np.isinf(solution.bound) else round(solution.gap, 9),
        "projects": [_project(state, p) for p in chosen_projects(instance, solution.counts)],
        "seats": _seats(instance, state.seats),
        "shortages": _shortages(state, given),
        "money": _money(instance, solution.counts),
    }


def instance_of(given: PlanInstance) -> Instance:
    """Turn a checked document into numbers."""
    years = given.years
    zones = tuple(sorted({(row.town, row.stage) for row in given.seats}))
    place = {zone: i for i, zone in enumerate(zones)}
    scenario = {row.name: k for k, row in enumerate(given.scenarios)}
    seats = np.zeros((len(zones), len(years)))
    for row in given.seats:
        seats[place[row.town, row.stage], row.year - years[0]] = row.seats
    demand = np.zeros((len(zones), len(years), len(scenario)))
    for need in given.demand:
        zone = place[need.town, need.stage]
        demand[zone, need.year - years[0], scenario[need.scenario]] = need.seats
    options = _usable([_option(project, given, place) for project in given.projects])
    return Instance(
        zones,
        years,
        seats,
        demand,
        np.array([row.probability for row in given.scenarios]),
        tuple(options),
        _weights(given, zones),
        _budget(given),
        tuple(scenario),
        {row.name: row.max_units for row in given.groups},
    )


def _usable(options: list[Option]) -> list[Option]:
    """Leave out what cannot open in time, and what requires such a project."""
    kept = [option for option in options if option.starts and option.most]
    while True:
        there = {option.option_id for option in kept}
        fewer = [o for o in kept if not o.requires or o.requires in there]
        if len(fewer) == len(kept):
            return kept
        kept = fewer


def _option(project: Project, given: PlanInstance, place: dict[tuple[str, str], int]) -> Option:
    first, last = given.years[0], given.years[-1]
    begin = max(project.first_start or first, first)
    end = min(project.last_start or last, last - project.lead_years)
    return Option(
        project.id,
        project.kind,
        {place[e.town, e.stage]: e.seats for e in project.effects},
        project.capital_cny,
        tuple(range(begin - first, end - first + 1)),
        project.lead_years,
        project.life_years,
        project.max_units,
        project.running_cny,
        project.travel_cny,
        project.churn_cny,
        project.residual_share,
        project.group,
        project.requires,
        project.source if given.budgets is not None else "",
    )


def _weights(given: PlanInstance, zones: tuple[tuple[str, str], ...]) -> Weights:
    by_stage = {row.stage: row for row in given.weights}
    rows = [by_stage.get(stage) or by_stage["*"] for _, stage in zones]
    return Weights(
        np.array([row.shortage_cny for row in rows]),
        np.array([row.spare_cny for row in rows]),
        np.array([row.stranded_cny for row in rows]),
        given.discount_rate,
    )


def _budget(given: PlanInstance) -> Budget | None:
    if given.budgets is None:
        return None
    sources = tuple(sorted({row.source for row in given.budgets}))
    funds = np.zeros((len(sources), len(given.years)))
    for row in given.budgets:
        funds[sources.index(row.source), row.year - given.years[0]] = row.amount_cny
    index = np.ones(len(given.years)) if given.price_index is None else np.array(given.price_index)
    return Budget(sources, funds, index, given.carry_over)


def _project(state: State, project: Chosen) -> dict[str, Any]:
    """Report one chosen project, what the plan loses without it and what lost against it."""
    instance, option = state.instance, project.option
    found = alternatives(state, project)
    return {
        "id": option.option_id,
        "kind": option.kind,
        "units": int(project.units),
        "start_year": instance.years[project.start],
        "open_year": instance.years[project.start] + option.lead_years,
        "capital_cny": round(project.units * option.capital_cny, _DIGITS),
        "gain_cny": round(found[0].extra, _DIGITS),
        "tie": abs(found[0].extra) <= 1.0,
        "alternatives": [
            {
                "kind": item.code,
                "id": None if item.option is None else instance.options[item.option].option_id,
                "extra_cny": round(item.extra, _DIGITS),
                "extra_seat_years_short": round(item.seat_years, _DIGITS),
                "feasible": item.feasible,
            }
            for item in found
        ],
    }


def _seats(instance: Instance, seats: Array) -> list[dict[str, Any]]:
    return [
        {"town": town, "stage": stage, "year": year, "seats": round(float(seats[z, t]), _DIGITS)}
        for z, (town, stage) in enumerate(instance.zones)
        for t, year in enumerate(instance.years)
    ]


def _shortages(state: State, given: PlanInstance) -> list[dict[str, Any]]:
    """Report every shortage that remains, scenario by scenario, with its reason."""
    instance = state.instance
    short = instance.demand - state.seats[:, :, None]
    rows = []
    for zone, t in zip(*np.nonzero((short >= LEAST_SEATS).any(axis=2)), strict=True):
        town, stage = instance.zones[int(zone)]
        reason = binding_reason(state, int(zone), int(t))
        values = {k: _plain(state, k, v) for k, v in reason.values.items()}
        if reason.code == "no_candidate":
            reason = left_out(given, town, stage) or reason
            values = dict(reason.values)
        for k, name in enumerate(instance.scenarios):
            if short[zone, t, k] >= LEAST_SEATS:
                rows.append(
                    {
                        "town": town,
                        "stage": stage,
                        "year": instance.years[int(t)],
                        "scenario": name,
                        "seats": round(float(short[zone, t, k]), _DIGITS),
                        "reason": reason.code,
                        "detail": values,
                    }
                )
    return rows


def left_out(given: PlanInstance, town: str, stage: str) -> Reason | None:
    """Return why the projects of a zone that could never open stand aside; None if it has none.

    Either one of them could open, but after ``years``; or each is barred by a limit of no unit, its
    own or that of a project it requires.
    """
    projects = {project.id: project for project in given.projects}
    adding = [
        project
        for project in given.projects
        if any((e.town, e.stage) == (town, stage) and e.seats > 0 for e in project.effects)
    ]
    if not adding:
        return None
    opens = {p.id: year for p in adding if (year := _soonest(p, projects, given)) is not None}
    if not opens:
        return Reason("size_cap", {"option": adding[0].id})
    first = min(opens, key=lambda name: (opens[name], name))
    return Reason("lead_time", {"option": first, "year": opens[first]})


def _soonest(project: Project, projects: dict[str, Project], given: PlanInstance) -> int | None:
    """Return the first year a project could be open in, or None if a limit bars it.

    What it requires must have started, and nothing starts that does not open: the year is the
    latest opening along the chain.
    """
    chain: list[Project] = []
    step = project
    while step not in chain:
        chain.append(step)
        step = projects.get(step.requires, step)
    start = max([given.years[0], *(p.first_start for p in chain if p.first_start)])
    barred = [p for p in chain if not p.max_units or (p.last_start or start) < start]
    return None if barred else start + max(p.lead_years for p in chain)


def _plain(state: State, key: str, value: object) -> object:
    if key == "option":
        return None if value is None else state.instance.options[int(str(value))].option_id
    return round(float(str(value)), _DIGITS)


def _money(instance: Instance, counts: Array) -> dict[str, Any]:
    """Report spending by year in base prices and in money of the day, and what is left."""
    spent = instance.spending(counts).sum(axis=0)
    budget = instance.budget
    left = budget_left(instance, counts)
    index = np.ones(instance.horizon) if budget is None else budget.index
    found: dict[str, Any] = {
        "by_year": [
            {
                "year": year,
                "base_prices_cny": round(float(spent[t]), _DIGITS),
                "money_of_the_day_cny": round(float(spent[t] * index[t]), _DIGITS),
            }
            for t, year in enumerate(instance.years)
        ]
    }
    if budget is not None and left is not None:
        found["least_left_cny"] = round(float(left.min()), _DIGITS)
    return found
