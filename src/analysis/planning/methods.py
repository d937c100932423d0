"""Other ways to plan, on the same futures (方法对照): greedy, norm only, central line only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.planning.costs import first_stage_parts, future_costs
from analysis.planning.greedy import greedy_plan
from analysis.planning.instance import Array, Instance
from analysis.planning.model import Limits, solve
from analysis.planning.norm import usual_norm
from analysis.planning.problem import Problem
from analysis.tables import Tables, contract

REGRET_QUANTILE = 0.95
#: The other methods are given the relaxation, its neighbourhood and local search.
QUICK = Limits(search=False)


def other_plans(
    problem: Problem, tables: Tables, scenario: str, limits: Limits | None = None
) -> dict[str, Array]:
    """Return the plans of the other methods; the norm's only where norm seats are known."""
    instance = problem.instance
    line = problem.futures.lines.get(scenario)
    if line is None:
        line = problem.futures.planning.mean(axis=2)
    plans = {
        "central_only": single_future_plan(instance, line, limits or QUICK),
        "greedy": greedy_plan(instance, line),
        "nothing": np.zeros((len(instance.options), instance.horizon)),
    }
    norm = norm_seats(problem, tables)
    if norm is not None:
        plans["norm_only"] = single_future_plan(instance, norm, limits or QUICK)
    return plans


def single_future_plan(instance: Instance, demand: Array, limits: Limits | None = None) -> Array:
    """Return the best plan if ``demand`` ``(Z, T)`` were certain."""
    certain = replace(instance, demand=demand[:, :, None], probability=np.ones(1))
    return solve(certain, start=greedy_plan(certain, demand), limits=limits).counts


def norm_seats(problem: Problem, tables: Tables) -> Array | None:
    """Return the seats the planning norm asks for ``(Z, T)``, the same in every year.

    Towns without a population of their own share the county's norm seats by their demand in the
    first year.
    """
    norm = usual_norm(tables)
    if norm.empty:
        return None
    instance, futures = problem.instance, problem.futures
    own = norm[norm["level"] == futures.level].set_index(["area_id", "stage"])["seats"]
    county = norm[norm["level"] == "county"].groupby("stage")["seats"].first()
    first = futures.planning[:, 0].mean(axis=1)
    found = np.full(len(instance.zones), np.nan)
    for zone, (town, stage) in enumerate(instance.zones):
        if (town, stage) in own.index:
            found[zone] = float(own.loc[(town, stage)])
        elif stage in county.index:
            same = [i for i, (_, s) in enumerate(instance.zones) if s == stage]
            found[zone] = float(county[stage]) * first[zone] / max(first[same].sum(), 1e-9)
    if np.isnan(found).any():
        return None
    return np.repeat(found[:, None], instance.horizon, axis=1)


def compare(instance: Instance, plans: Mapping[str, Array], futures: Array) -> pd.DataFrame:
    """Return ``plan_methods``: cost and regret of every plan on the same futures ``(Z, T, K)``.

    Regret in a future is what a plan costs above the cheapest of these plans there.
    """
    costs = {name: future_costs(instance, counts, futures) for name, counts in plans.items()}
    least = np.min(list(costs.values()), axis=0)
    ours = float(costs["robust"].mean()) if "robust" in costs else float("nan")
    rows = []
    for name, counts in plans.items():
        regret = costs[name] - least
        over = instance.seats_with(counts)[:, :, None] - futures
        added = sum(
            counts[i].sum() * sum(n for n in o.effects.values() if n > 0)
            for i, o in enumerate(instance.options)
            if o.builds
        )
        rows.append(
            {
                "method": name,
                "projects": int((counts > 0).sum()),
                "seats": float(added),
                "capital_cny": first_stage_parts(instance, counts)["capital"],
                "expected_cost_cny": float(costs[name].mean()),
                "expected_regret_cny": float(regret.mean()),
                "regret95_cny": float(np.quantile(regret, REGRET_QUANTILE)),
                "expected_shortage": float(np.maximum(-over, 0).sum(axis=(0, 1)).mean()),
                "expected_spare": float(np.maximum(over, 0).sum(axis=(0, 1)).mean()),
                "cost_ratio": float(costs[name].mean()) / ours if ours > 0 else float("nan"),
                "futures": futures.shape[2],
            }
        )
    return contract("plan_methods").frame(rows)
