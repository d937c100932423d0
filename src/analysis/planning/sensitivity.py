"""How far the plan rests on its weights (权重敏感性): one at a time, halved and doubled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.planning.chosen import Chosen
from analysis.planning.costs import TOLERANCE_CNY, future_costs
from analysis.planning.instance import Array, Instance
from analysis.planning.methods import REGRET_QUANTILE
from analysis.planning.state import State
from analysis.tables import contract

#: Weights that are a matter of judgement rather than of price.
WEIGHTS = ("shortage", "stranded", "travel", "churn")
FACTORS = (0.5, 2.0)


def reweighted(instance: Instance, weight: str, factor: float) -> Instance:
    """Return the problem with one weight multiplied, everything else the same."""
    if weight in ("shortage", "stranded"):
        changed = getattr(instance.weights, weight) * factor
        return replace(instance, weights=replace(instance.weights, **{weight: changed}))
    name = f"{weight}_cny"
    options = (replace(o, **{name: getattr(o, name) * factor}) for o in instance.options)
    return replace(instance, options=tuple(options))


def sensitivity_rows(
    instance: Instance, projects: Sequence[Chosen], plans: Mapping[str, Array], futures: Array
) -> pd.DataFrame:
    """Return ``plan_sensitivity``: what other weights would say of the plans as they stand.

    Parameters
    ----------
    instance
        The problem with its own weights.
    projects
        The measures of the robust plan.
    plans
        The plans of all methods by name; ``robust`` is ours.
    futures
        ``(Z, T, K)`` futures that no plan has seen.

    Notes
    -----
    Plans are priced anew and not made anew, which takes a moment instead of minutes: a project is
    kept if taking it out alone would still cost money. What plans made for the other weights would
    look like is measured by the benchmark ``planning_regret``.
    """
    rows = []
    for weight in WEIGHTS:
        for factor in FACTORS:
            other = reweighted(instance, weight, factor)
            state = State(other, plans["robust"])
            dropped = [
                p.project_id for p in projects if state.difference(p.moves_away) <= TOLERANCE_CNY
            ]
            costs = {name: future_costs(other, plan, futures) for name, plan in plans.items()}
            mean = {name: float(cost.mean()) for name, cost in costs.items()}
            high = regret_quantile(costs)
            rest = [value for name, value in mean.items() if name != "robust"]
            rows.append(
                {
                    "weight": weight,
                    "factor": factor,
                    "projects": len(projects),
                    "projects_kept": len(projects) - len(dropped),
                    "dropped": ", ".join(dropped),
                    "cheapest": min(mean, key=lambda name: (mean[name], name != "robust")),
                    "lowest_regret": min(high, key=lambda name: (high[name], name != "robust")),
                    "next_ratio": min(rest) / mean["robust"]
                    if rest and mean["robust"] > 0
                    else float("nan"),
                }
            )
    return contract("plan_sensitivity").frame(rows)


def regret_quantile(costs: Mapping[str, Array]) -> dict[str, float]:
    """Return each plan's 95th-percentile regret against the cheapest of them in each future."""
    least = np.min(list(costs.values()), axis=0)
    return {name: float(np.quantile(cost - least, REGRET_QUANTILE)) for name, cost in costs.items()}
