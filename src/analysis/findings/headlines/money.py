"""Headlines about money: what the plan costs, what is not funded, what a priced list adds to."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis import wording
from analysis.findings.headlines.item import Desk, Headline, Trace, known
from analysis.findings.planning import overdrawn, unpriced


def plan_trace(desk: Desk, *tables: str, key: str = "", **values: str) -> Trace:
    """Return the trace of a number of the plan: its formula, tables, and the cells it rests on."""
    said = desk.both(key, lambda _: dict(values)) if key else {"zh": "", "en": ""}
    inputs = {name: desk.rows(name) for name in ("projects", "finance")}
    return Trace(
        said["zh"],
        said["en"],
        tables=tables,
        cells=desk.cells(**inputs) + desk.pupils_cells("primary"),
        data_year=desk.data_year("enrolment", "facilities") or desk.data_year("totals"),
        step="60_building_plan",
    )


def costs(desk: Desk, projects: pd.DataFrame) -> Iterator[Headline]:
    """Yield what the plan costs with the projects already committed, all years together."""
    money = desk.rows("plan_money")
    if money.empty:
        return
    low, mid, high = (float(money[f"cost_{n}_cny"].sum()) for n in ("low", "mid", "high"))
    year = money["price_year"].max()
    spent = money[money["cost_mid_cny"] > 0]
    parts = "+".join(wording.number(v) for v in spent["cost_mid_cny"])
    priced = [mid, *unpriced(projects)]
    spending = desk.rows("plan_spending")
    committed = projects.loc[projects["status"] == "committed", "project_id"]
    under_way = float(spending.loc[spending["project_id"].isin(committed), "cost_mid_cny"].sum())

    def words(language: str) -> dict[str, object]:
        return {
            "committed": wording.money(under_way, language),
            "new": wording.money(mid - under_way, language),
            "mid": wording.total(priced, language, wording.money),
            "low": wording.money(low, language),
            "high": wording.money(high, language),
            "price_year": int(year) if known(year) else "—",
        }

    yield Headline(
        "plan_cost",
        "cost",
        mid,
        "cny",
        desk.end,
        area_id=desk.area_id,
        lower=low,
        upper=high,
        said=desk.both("plan_cost_committed" if under_way else "plan_cost", words),
        source="plan_money",
        trace=plan_trace(
            desk,
            "plan_money",
            "plan_spending",
            "plan_assumptions",
            key="formula_sum",
            parts=parts or "0",
            total=wording.number(mid),
        ),
        weight=40,
    )


def funds(desk: Desk) -> Iterator[Headline]:
    """Yield the money that is not there, the year in which it is missing, and whose it is."""
    money = desk.rows("plan_money")
    if money.empty or money["funds_cny"].isna().all():
        return
    gap = float(money["gap_cny"].clip(lower=0).sum())
    years = money[money["gap_cny"] > 0]["year"]
    named = bool(overdrawn(desk.rows("plan_money_sources"), "zh"))
    key = ("funding_gap_named" if named else "funding_gap") if gap > 0 else "no_funding_gap"
    yield Headline(
        "funding_gap",
        "cost",
        gap,
        "cny",
        int(years.min()) if len(years) else desk.end,
        area_id=desk.area_id,
        said=desk.both(
            key,
            lambda language: {
                "who": overdrawn(desk.rows("plan_money_sources"), language),
                "gap": wording.money(gap, language),
                "funds": wording.money(float(money["funds_cny"].sum()), language),
                "year": int(years.min()) if len(years) else desk.end,
            },
        ),
        source="plan_money",
        trace=plan_trace(desk, "plan_money", "plan_money_sources"),
        weight=72 if gap > 0 else 5,
    )


def gap_list(desk: Desk) -> Iterator[Headline]:
    """Yield the priced gap list: its lines add to a sum, the list may say another."""
    items = desk.rows("gap_items")
    if items.empty:
        return
    roots = items[~items["parent_item_id"].isin(items["item_id"])]
    children = items[items["parent_item_id"].isin(roots["item_id"])]
    # one root above everything is the list's own total, not one of its lines
    listed = len(roots) == 1 and not children.empty
    top, lines = (roots, children) if listed else (roots.head(0), roots)
    total = float(lines["amount_cny"].sum(min_count=1))
    stated = float(top["amount_cny"].sum()) if listed else None
    differs = stated is not None and abs(stated - total) > 1
    unpriced = int(lines["amount_cny"].isna().sum())

    def words(language: str) -> dict[str, object]:
        return {
            "total": wording.money(total, language),
            "stated": wording.money(stated, language),
            "lines": len(lines),
            "unpriced": unpriced,
        }

    parts = "+".join(wording.number(v) for v in lines["amount_cny"].dropna())
    formula = desk.both("formula_sum", lambda _: {"parts": parts, "total": wording.number(total)})
    yield Headline(
        "gap_list_total",
        "cost",
        total,
        "cny",
        area_id=desk.area_id,
        said=desk.both("gap_list_differs" if differs else "gap_list", words),
        source="gap_items",
        trace=Trace(
            formula["zh"],
            formula["en"],
            tables=("gap_items",),
            cells=desk.cells(gap_items=lines),
            step="00_data_quality",
        ),
        weight=68 if differs else 35,
    )
    if stated is not None:
        yield Headline(
            "gap_list_stated",
            "context",
            stated,
            "cny",
            area_id=desk.area_id,
            source="gap_items",
            trace=Trace(tables=("gap_items",), cells=desk.cells(gap_items=top)),
        )
