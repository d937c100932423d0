"""Money by year (投资与资金): project spending, sources, gap, running cost of spare seats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.planning.chosen import Chosen
from analysis.planning.instance import ANY_SOURCE, Array, Instance
from analysis.planning.parameters import Part
from analysis.planning.problem import Problem
from analysis.tables import contract

#: Name under which money stands that no declared source pays.
NOT_SECURED = "—"
#: Whole yuan of many projects may add up to a little more than the funds.
ROUNDING_CNY = 100.0
_COSTS = ("cost_low_cny", "cost_mid_cny", "cost_high_cny")


def project_spending(problem: Problem, instance: Instance, projects: list[Chosen]) -> pd.DataFrame:
    """Return ``plan_spending``: whole yuan by project, year and source, in money of the day.

    Proposed projects pay in equal parts over their years of work; their low and high cost rise with
    the low and the high index. The years ahead of a committed project may cost 10 % less or more
    than stated (``stated_cost_ratio``). A project that any source may pay
    is paid by the sources in their order, from what tied projects leave them.
    """
    rows: list[dict[str, Any]] = []
    parts: tuple[Part, ...] = ("low", "mid", "high")
    index = np.array([problem.parameters.price_index(instance.horizon, p) for p in parts])
    room = _free_funds(instance, projects)
    stated = [problem.parameters.value("stated_cost_ratio", part=part) for part in parts]
    for row in problem.committed_spending.to_dict("records"):
        source = row["funding_source"]
        # what is spent is spent; the years ahead of a stated cost may still go either way
        ratios = stated if row["year"] > problem.parameters.base_year else [1.0, 1.0, 1.0]
        amounts = [float(round(row["cost_cny"] * ratio)) for ratio in ratios]
        rows.append(
            {
                "project_id": row["project_id"],
                "year": row["year"],
                "funding_source": source if isinstance(source, str) else NOT_SECURED,
            }
            | dict(zip(_COSTS, amounts, strict=True))
        )
    for project in projects:
        option = project.option
        low, high = (option.details.get(f"cost_{p}", option.capital_cny) for p in ("low", "high"))
        years = option.paid_years(project.start, instance.horizon)
        share = project.units / max(option.lead_years, 1)
        for t in years:
            costs = np.array([low, option.capital_cny, high]) * share * index[:, t]
            if costs[1] <= 0:
                continue
            for source, part in _sources(option.source, costs[1], room, t):
                amounts = [float(round(c * part)) for c in costs]
                rows.append(
                    {
                        "project_id": project.project_id,
                        "year": instance.years[t],
                        "funding_source": source,
                    }
                    | dict(zip(_COSTS, amounts, strict=True))
                )
    keys = ["project_id", "year", "funding_source"]
    frame = pd.DataFrame(rows, columns=[*keys, *_COSTS])
    return contract("plan_spending").frame(frame.groupby(keys, as_index=False).sum())


def _free_funds(instance: Instance, projects: list[Chosen]) -> dict[str, Array] | None:
    """Return what each source has for untied projects by year, added up where funds carry over."""
    budget = instance.budget
    if budget is None:
        return None
    free = {name: budget.funds[i].copy() for i, name in enumerate(budget.sources)}
    for project in projects:
        option = project.option
        if option.source in free:
            share = project.units * option.capital_cny / max(option.lead_years, 1)
            for t in option.paid_years(project.start, instance.horizon):
                free[option.source][t] -= share * budget.index[t]
    if budget.carry_over:
        for name, left in free.items():
            free[name] = np.minimum.accumulate(left.cumsum()[::-1])[::-1]
    return free


def _sources(
    tied: str, amount: float, room: dict[str, Array] | None, t: int
) -> list[tuple[str, float]]:
    """Return (source, part of the amount) of who pays, and take it out of their funds."""
    if tied != ANY_SOURCE:
        return [(tied, 1.0)]
    if room is None:
        return [(NOT_SECURED, 1.0)]
    paid, left = [], amount
    for name, free in room.items():
        given = min(max(float(free[t]), 0.0), left)
        if given > 0:
            paid.append((name, given / amount))
            free[t:] -= given
            left -= given
    if left > ROUNDING_CNY or not paid:
        paid.append((NOT_SECURED, left / amount))
    return paid


def money_tables(
    problem: Problem, instance: Instance, counts: Array, spending: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return ``plan_money`` and ``plan_money_sources``.

    Years before the plan stand there when committed projects spent money in them; what was spent
    then has been found, so it has no gap.
    """
    years = list(instance.years)
    past = sorted({int(year) for year in spending["year"]} - set(years))
    sums = spending.groupby("year")[list(_COSTS)].sum().reindex([*past, *years]).fillna(0.0)
    sources = _by_source(problem, years, spending)
    over = sources[sources["over_spent"]].groupby("year")["carried_cny"].sum()
    beyond = [max(-over.get(year, 0.0), 0.0) + 0.0 for year in years]
    funds = problem.funds
    with_plan, without = (
        _spare(problem, seats) for seats in (instance.seats_with(counts), instance.seats)
    )
    price = [problem.parameters.money("spare_cost_per_seat_year", s) for _, s in instance.zones]
    ahead = pd.DataFrame(
        {
            "year": years,
            "funds_cny": np.nan if funds is None else funds.sum(axis=0),
            "gap_cny": np.nan if funds is None else beyond,
            "price_index": problem.parameters.price_index(len(years)),
            "spare_seats": with_plan.sum(axis=0),
            "spare_cost_cny": np.array(price) @ with_plan,
            "spare_seats_added": np.maximum(with_plan.sum(axis=0) - without.sum(axis=0), 0.0),
        }
    )
    money = sums.reset_index().merge(ahead, on="year", how="left", validate="1:1")
    return {
        "plan_money": contract("plan_money").frame(
            money.assign(price_year=problem.parameters.base_year)
        ),
        "plan_money_sources": contract("plan_money_sources").frame(sources),
    }


def _spare(problem: Problem, seats: Array) -> Array:
    """Return expected spare seats ``(Z, T)`` over the planning futures."""
    spare = np.maximum(seats[:, :, None] - problem.futures.planning, 0.0)
    return np.asarray(spare.mean(axis=2))


def _by_source(problem: Problem, years: list[int], spending: pd.DataFrame) -> pd.DataFrame:
    """Return funds, use and what is carried over, by source and year.

    ``carried_cny`` below zero is money the source does not have; it is not carried into the next
    year as a debt.
    """
    columns = ["year", "funding_source", "funds_cny", "cost_mid_cny", "carried_cny", "over_spent"]
    budget = problem.instance.budget
    if budget is None or problem.funds is None:
        return pd.DataFrame(columns=columns).astype({"over_spent": bool})
    sums = spending.groupby(["funding_source", "year"], as_index=False)[["cost_mid_cny"]].sum()
    used = {(r["funding_source"], r["year"]): r["cost_mid_cny"] for r in sums.to_dict("records")}
    rows: list[dict[str, Any]] = []
    for name in sorted({*budget.sources, *(source for source, _ in used)}):
        declared = name in budget.sources
        funds = problem.funds[budget.sources.index(name)] if declared else np.zeros(len(years))
        left = 0.0
        for t, year in enumerate(years):
            cost = used.get((name, year), 0.0)
            left = (max(left, 0.0) if budget.carry_over else 0.0) + float(funds[t]) - cost
            if declared or cost:
                values = (year, name, funds[t], cost, left, left < -ROUNDING_CNY)
                rows.append(dict(zip(columns, values, strict=True)))
    return pd.DataFrame(rows, columns=columns)
