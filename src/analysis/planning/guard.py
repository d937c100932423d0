"""The over-building guard (过度建设检查): use at the peak and after, in every scenario."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.planning.chosen import AFTER_PEAK, Chosen, peak_of, seats_before, seats_used
from analysis.planning.instance import Instance, Option
from analysis.planning.problem import Problem
from analysis.tables import contract


def committed_chosen(problem: Problem) -> list[Chosen]:
    """Return committed projects with a known place, size and year as projects of the plan."""
    found = []
    futures = problem.futures
    for row in problem.committed.to_dict("records"):
        record = {str(key): value for key, value in row.items()}
        stage, finish = record["stage"], record["finish_year"]
        zone = problem.setting.zone(str(record["town_id"]), str(stage))
        seats = record["seats"]
        if not np.isfinite(seats) and np.isfinite(record["classes"]) and isinstance(stage, str):
            seats = record["classes"] * problem.parameters.value("class_size_max", stage)
        if zone is None or not np.isfinite(seats) or not np.isfinite(finish):
            continue
        start = max(int(finish) - futures.years[0], 0)
        if start >= len(futures.years):
            continue
        option = Option(
            str(record["project_id"]), str(record["kind"]), {zone: float(seats)}, 0.0, (start,)
        )
        found.append(Chosen(option.option_id, -1, start, 1.0, option))
    return found


def guard_tables(
    problem: Problem, instance: Instance, projects: list[Chosen]
) -> dict[str, pd.DataFrame]:
    """Return ``plan_use`` and ``plan_guard`` of committed and proposed projects."""
    committed = committed_chosen(problem)
    first = seats_before(instance, projects)
    for project in committed:
        for zone, seats in project.gains.items():
            first[zone, project.start :] -= seats
    order = sorted(
        [*committed, *projects], key=lambda p: (p.start + p.option.lead_years, p.place >= 0)
    )
    uses: list[dict[str, Any]] = []
    guards: list[dict[str, Any]] = []
    for scenario, demand in problem.futures.lines.items():
        used = seats_used(instance, order, demand, first)
        for project in order:
            if project.project_id not in used:
                continue
            total = sum(project.gains.values())
            rates = used[project.project_id] / total
            uses += [
                {
                    "project_id": project.project_id,
                    "school_year": instance.years[t],
                    "scenario": scenario,
                    "seats": total,
                    "seats_used": used[project.project_id][t],
                    "use_rate": rates[t],
                }
                for t in project.span(instance.horizon)
            ]
            peak = peak_of(instance, project, demand)
            guards.append(
                {"project_id": project.project_id, "scenario": scenario}
                | _at_peak(instance, rates, peak)
            )
    return {
        "plan_use": contract("plan_use").frame(uses),
        "plan_guard": contract("plan_guard").frame(guards),
    }


def _at_peak(instance: Instance, rates: Any, peak: int) -> dict[str, float]:
    """Return use at the peak and some years on; never later than the forecast reaches."""
    found = {"peak_year": instance.years[peak], "use_peak": float(rates[peak])}
    for years in AFTER_PEAK:
        t = min(peak + years, instance.horizon - 1)
        found[f"plus{years}_year"] = instance.years[t]
        found[f"use_plus{years}"] = float(rates[t])
    return found


def ranked(rows: pd.DataFrame, *, flagged: str = "under_used") -> pd.Series[Any]:
    """Return the rank of each project: most gain first, flagged ones not on top, surplus last.

    Parameters
    ----------
    rows
        ``gain_cny`` (what the plan loses without it, net of its cost), ``kind``, ``project_id``,
        the flag.

    Notes
    -----
    A flagged project cannot stand in the first third: it changes places with the next project
    that is not flagged. When too few are unflagged the first third is left with the ones there are.
    """
    ordered = rows.assign(surplus=rows["kind"].eq("smaller_classes"))
    ordered = ordered.sort_values(
        ["surplus", "gain_cny", "project_id"], ascending=[True, False, True]
    )
    order = list(ordered.index)
    third = len(order) // 3
    good = [i for i in order if not rows.loc[i, flagged]]
    top = good[:third]
    rest = [i for i in order if i not in set(top)]
    final = [*top, *rest]
    # with too few unflagged projects a flagged one still may not hold a place of the first third
    offset = max(0, third - len(top))
    ranks = {i: n + 1 + (offset if n >= len(top) else 0) for n, i in enumerate(final)}
    return pd.Series(ranks, dtype=float).reindex(rows.index)
