"""Sentences of notebook 70: what it takes, gap lists, the cheapest path, looking forward."""

from __future__ import annotations

import math
from typing import Any

from analysis import wording
from analysis.findings.indicators import school_names, word
from analysis.findings.sentences import Sentences, number, stage_name
from analysis.store import Run

_SEVEN = tuple(f"L{i}" for i in range(1, 8))
#: Relapses said one by one.
_SAID = 6


def totals(run: Run) -> Sentences:
    """Say what closing the shortages takes, in all and by indicator."""
    table = run.tables["school_remedies"]
    if table.empty:
        short = not run.tables["school_compliance"].empty
        return Sentences([wording.say("remedies.nothing_short", run.language)] if short else [])
    money = {
        name: wording.money(table[column].sum(min_count=1), run.language)
        for name, column in (
            ("cost", "cost_cny"),
            ("low", "cost_low_cny"),
            ("high", "cost_high_cny"),
        )
    }
    needed = table[table["needed_to_pass"] & table["indicator"].isin(_SEVEN)]
    said = [
        wording.say(
            "remedies.total_sentence",
            run.language,
            **money,
            schools=table["school_id"].nunique(),
        ),
        wording.say(
            "remedies.needed_sentence",
            run.language,
            cost=wording.money(needed["cost_cny"].sum(min_count=1), run.language),
        ),
    ]
    for indicator, rows in table.groupby("indicator", sort=True):
        cost = rows["cost_cny"].sum(min_count=1)
        key = "unpriced_sentence" if math.isnan(cost) else "quantity_sentence"
        values = {
            "indicator": word(run, "remedy_target", indicator),
            "quantity": number(run, rows["quantity"].sum()),
            "unit": word(run, "quantity_unit", rows["unit"].iloc[0]),
            "schools": rows["school_id"].nunique(),
        }
        if key == "quantity_sentence":
            values["cost"] = wording.money(cost, run.language)
        said.append(wording.say(f"remedies.{key}", run.language, **values))
    seven = table[table["indicator"].isin(_SEVEN)]
    if not seven.empty:
        said.append(
            wording.say(
                "remedies.checked_sentence",
                run.language,
                all=len(seven),
                turned=int(seven["turns_verdict"].sum()),
            )
        )
    return Sentences(said)


def _exact_money(run: Run, value: float) -> str:
    """Write yuan so that a difference of one in a thousand still shows."""
    if run.language == "zh":
        return wording.money(value, "zh", 1)
    return f"CNY {number(run, value)}"


def gap_list(run: Run) -> Sentences:
    """Say what the gap list adds to, where its own sums disagree, and its progress."""
    table, checks = run.tables["gap_list_totals"], run.tables["gap_list_checks"]
    rows = table[table["level"] == "county"]
    if rows.empty:
        return Sentences([])
    said = [
        wording.say(
            "remedies.gap_total_sentence",
            run.language,
            amount=_exact_money(run, rows["amount_cny"].sum(min_count=1)),
            unpriced=number(run, rows["unpriced_items"].sum()),
        )
    ]
    wrong = checks[checks["agrees"] == "not_met"]
    for row in wrong.to_dict("records"):
        counted = row["check"] == "quantity"
        values = {
            name: number(run, row[name]) if counted else _exact_money(run, row[name])
            for name in ("stated", "computed", "difference")
        }
        said.append(
            wording.say(
                f"remedies.mismatch_{row['check']}", run.language, item=row["item"], **values
            )
        )
    if wrong.empty:
        said.append(wording.say("remedies.lists_agree", run.language))
    known = rows.dropna(subset=["done_quantity", "quantity"])
    if not known.empty:
        share = (known["done_quantity"] / known["quantity"]).mean()
        said.append(
            wording.say(
                "remedies.progress_sentence",
                run.language,
                share=wording.percent(share, run.language, 0),
            )
        )
    return Sentences(said)


def path(run: Run) -> Sentences:
    """Say the cheapest path of each stage and what the engine says of it."""
    status = run.tables["pass_path_status"]
    actions = run.tables["pass_path"]
    said = []
    for stage, rows in status.groupby("stage", sort=False):
        text = dict(zip(rows["item"], rows["text"], strict=True))
        value = dict(zip(rows["item"], rows["value"], strict=True))
        name = stage_name(run, str(stage))
        outcome = str(text["outcome"])
        if outcome in ("already", "undetermined", "infeasible"):
            said.append(wording.say(f"remedies.path_{outcome}", run.language, stage=name))
            continue
        if outcome != "found":
            reason = wording.say(f"remedies.reason_{outcome}", run.language)
            said.append(wording.say("remedies.path_none", run.language, stage=name, reason=reason))
            continue
        said.append(
            wording.say(
                "remedies.path_sentence",
                run.language,
                stage=name,
                year=int(value["target_year"]),
                actions=int((actions["stage"] == stage).sum()),
                cost=wording.money(value["cost"], run.language),
                verdict=word(run, "verdict", text["verdict_after"]),
            )
        )
    return Sentences([*said, *_proof(run)])


def _proof(run: Run) -> list[str]:
    """Say how much above the cheapest the path can be, and whether pupils move in it."""
    status = run.tables["pass_path_status"]
    value = status.dropna(subset=["value"]).drop_duplicates("item").set_index("item")["value"]
    if not value.get("cost_all", 0.0) > 0:
        return []
    said = [
        wording.say(
            "remedies.path_proven" if value["proven"] else "remedies.path_unproven",
            run.language,
            cost=wording.money(value["cost_all"], run.language),
            bound=wording.money(value["bound"], run.language),
            gap=wording.percent(value["gap"], run.language, 2),
        )
    ]
    moves = run.tables["pass_path"]
    moved = moves.loc[moves["measure"] == "catchment", "quantity"].sum()
    if moved > 0:
        said.append(wording.say("remedies.path_moves", run.language, pupils=number(run, moved)))
    return said


def forward(run: Run) -> Sentences:
    """Say the relapses ahead, and improvements that only falling rolls bring."""
    table, warnings = run.tables["forward_indicators"], run.tables["forward_warnings"]
    if table.empty:
        return Sentences([])
    names = school_names(run)
    relapses = warnings[warnings["change"].str.startswith("relapse")]
    relapses = relapses.sort_values(["school_year", "school_id"])
    said = [
        _relapse(run, row, names.get(row["school_id"], run.area.title(run.language)))
        for row in relapses.head(_SAID).to_dict("records")
    ]
    if len(relapses) > _SAID:
        said.append(
            wording.say("remedies.more_relapses", run.language, count=len(relapses) - _SAID)
        )
    if not said:
        said.append(wording.say("remedies.no_relapse", run.language))
    decline = warnings[warnings["change"] == "improves_by_decline"]
    if not decline.empty:
        said.append(wording.say("remedies.decline_sentence", run.language, count=len(decline)))
    return Sentences(said)


def _relapse(run: Run, row: dict[Any, Any], school: str) -> str:
    """Say one relapse: a county's CV above its limit, or a school below a threshold and why."""
    of_county = row["school_id"] == "county"
    values: dict[str, object] = {
        "school": school,
        "stage": stage_name(run, row["stage"]),
        "indicator": word(run, "indicator", row["indicator"]),
        "passes_in": row["passes_in"],
        "year": row["school_year"],
        "value": number(run, row["value"], 3 if of_county else 2),
        "threshold": number(run, row["threshold"], 2),
    }
    if of_county:
        return wording.say("remedies.relapse_county", run.language, **values)
    values |= {
        "pupils": wording.signed(row["pupils_change"], run.language),
        "resource": wording.signed(row["resource_change"], run.language),
    }
    return wording.say("remedies.relapse_sentence", run.language, **values)
