"""The building plan of a county (学校建设规划): from tables to projects, money and reasons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.planning.chosen import Chosen, chosen_projects
from analysis.planning.costs import PARTS, objective_parts
from analysis.planning.finance import money_tables, project_spending
from analysis.planning.greedy import greedy_plan
from analysis.planning.guard import guard_tables
from analysis.planning.instance import Array
from analysis.planning.listed import unplaced
from analysis.planning.methods import compare, other_plans
from analysis.planning.model import SEED, Limits, Solution, solve
from analysis.planning.named import named_plan
from analysis.planning.phasing import land_rows, phasing_rows
from analysis.planning.problem import Problem, read_problem
from analysis.planning.reasons import residual_rows, with_reasons
from analysis.planning.rows import candidate_rows, project_rows
from analysis.planning.sensitivity import sensitivity_rows
from analysis.planning.staff import staff_need
from analysis.planning.state import State
from analysis.planning.triggers import Trigger, trigger_of
from analysis.standards import RuleSet
from analysis.tables import StepResult, Tables, contract
from analysis.terms import STAGE_GRADES


def building_plan(
    tables: Tables,
    *,
    rules: RuleSet,
    base_year: int,
    plan_years: int = 5,
    horizon_years: int = 10,
    scenario: str = "central",
    area: str = "",
    limits: Limits | None = None,
) -> StepResult:
    """Choose what to build, convert or leave, when, and say why (学校建设规划).

    Parameters
    ----------
    tables
        ``seat_demand`` and ``seat_supply`` (without them only the county's named projects are
        listed); ``demand_paths``, ``capacity_ledger``, ``schools``, ``towns``, ``projects``,
        ``finance``, ``teachers``, ``norm_demand``, ``merger_proposals`` and ``assumptions`` where
        there are any.
    rules
        Norms, costs and weights; see ``plan_assumptions`` of the result.
    base_year, plan_years, horizon_years
        Work may start in the ``plan_years`` after the base year; use is judged to the horizon.
    scenario
        Line shown in use, residual shortages and ranking; the plan itself is made for all futures.
    area
        Code of the county.
    limits
        When the solver stops.

    Returns
    -------
    StepResult
        ``plan_projects``, ``plan_candidates``, ``plan_residuals``, ``plan_money``,
        ``plan_money_sources``, ``plan_spending``, ``plan_use``, ``plan_guard``,
        ``plan_alternatives``, ``plan_triggers``, ``plan_methods``, ``plan_sensitivity``,
        ``plan_objective``, ``plan_status``, ``plan_assumptions``, ``plan_land``,
        ``plan_phasing``, ``staff_need``.

    Notes
    -----
    The model is in :mod:`analysis.planning.model`. The same tables give the same bytes unless the
    solver had to stop on its time limit, which ``plan_status`` then says.
    """
    problem = read_problem(
        tables,
        rules=rules,
        base_year=base_year,
        plan_years=plan_years,
        horizon_years=horizon_years,
        area=area,
    )
    if problem is None:
        return named_plan(tables, rules=rules, base_year=base_year, scenario=scenario)
    solution = best_plan(problem, limits)
    plans = {"robust": solution.counts, **other_plans(problem, tables, scenario, limits)}
    result = _plan_tables(problem, solution, scenario)
    held_out = problem.futures.held_out
    result["plan_methods"] = compare(problem.instance, plans, held_out)
    chosen = chosen_projects(problem.instance, solution.counts)
    result["plan_sensitivity"] = sensitivity_rows(problem.instance, chosen, plans, held_out)
    result["staff_need"] = staff_need(tables, problem.parameters, scenario)
    named = named_plan(tables, rules=rules, base_year=base_year, scenario=scenario)
    listed = with_reasons(
        problem,
        State(problem.instance, solution.counts),
        named["plan_projects"],
        unplaced(problem.setting, tables),
    )
    result["plan_projects"] = _joined(result["plan_projects"], listed)
    return StepResult(result, problem.notes)


def best_plan(problem: Problem, limits: Limits | None = None) -> Solution:
    """Solve and repair: the plan, its objective and the proven bound."""
    middle = problem.futures.planning.mean(axis=2)
    return solve(problem.instance, start=greedy_plan(problem.instance, middle), limits=limits)


def _joined(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    more = right[~right["project_id"].isin(left["project_id"])]
    parts = [part for part in (left, more) if not part.empty]
    return contract("plan_projects").frame(pd.concat(parts) if parts else [])


def _plan_tables(problem: Problem, solution: Solution, scenario: str) -> dict[str, pd.DataFrame]:
    instance, counts = problem.instance, solution.counts
    state = State(instance, counts)
    projects = chosen_projects(instance, counts)
    triggers = _triggers(problem, state, projects)
    spending = project_spending(problem, instance, projects)
    result = guard_tables(problem, instance, projects)
    rows, compared = project_rows(
        problem,
        state,
        projects,
        spending=spending,
        guard=result["plan_guard"],
        triggers=triggers,
        scenario=scenario,
    )
    return {
        **result,
        **money_tables(problem, instance, counts, spending),
        "plan_projects": rows,
        "plan_alternatives": compared,
        "plan_candidates": candidate_rows(problem, counts),
        "plan_spending": spending,
        "plan_residuals": residual_rows(problem, state, scenario),
        "plan_triggers": _trigger_rows(problem, triggers),
        "plan_objective": objective_rows(problem, counts),
        "plan_status": status_rows(problem, solution),
        "plan_assumptions": problem.parameters.register(),
        "plan_land": land_rows(problem, rows),
        "plan_phasing": phasing_rows(problem, rows, spending),
    }


def _triggers(problem: Problem, state: State, projects: list[Chosen]) -> dict[str, Trigger]:
    futures = problem.futures
    found = {}
    for project in projects if futures.simulated else []:
        trigger = trigger_of(state, project, futures.held_out, futures.entrants)
        if trigger is not None:
            found[project.project_id] = trigger
    return found


def _trigger_rows(problem: Problem, triggers: dict[str, Trigger]) -> pd.DataFrame:
    instance = problem.instance
    return contract("plan_triggers").frame(
        [
            {
                "project_id": name,
                "town_id": instance.zones[item.zone][0],
                "stage": instance.zones[item.zone][1],
                "grade": STAGE_GRADES[instance.zones[item.zone][1]][0],
                "signal_year": instance.years[item.signal],
                "threshold": item.threshold,
                "probability": item.probability,
                "saving_cny": item.saving,
                "decision": item.decision,
                "paths": item.paths,
                "paths_judged": item.judged,
                "hit_rate": item.hit_rate,
                "hit_rate_build": item.hit_rate_build,
            }
            for name, item in triggers.items()
        ]
    )


def objective_rows(problem: Problem, counts: Array) -> pd.DataFrame:
    """Return ``plan_objective``: each part of the plan's objective beside doing nothing."""
    ours = objective_parts(problem.instance, counts)
    nothing = objective_parts(problem.instance, np.zeros_like(counts))
    return contract("plan_objective").frame(
        [
            {"part": part, "value_cny": ours[part], "nothing_cny": nothing[part]}
            for part in (*PARTS, "total")
        ]
    )


def status_rows(problem: Problem, solution: Solution) -> pd.DataFrame:
    """Return ``plan_status``: nothing in it depends on the clock unless the time limit was hit."""
    futures = problem.futures
    values: dict[str, tuple[float, Any]] = {
        "solver_status": (np.nan, solution.status),
        "objective": (solution.objective, None),
        "bound": (solution.bound, None),
        "gap": (solution.gap, None),
        "nodes": (float(solution.nodes), None),
        "measures": (float(len(problem.instance.options)), None),
        "planning_paths": (float(futures.planning.shape[2]), None),
        "held_out_paths": (float(futures.held_out.shape[2]), None),
        "budget": (np.nan, "yes" if problem.instance.budget is not None else "no"),
        "seed": (float(SEED), None),
    }
    return contract("plan_status").frame(
        [{"item": item, "value": value, "text": text} for item, (value, text) in values.items()]
    )
