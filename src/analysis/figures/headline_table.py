"""The one table of page one, and how each headline was computed."""

from __future__ import annotations

import json

import pandas as pd

from analysis import figures, terms, wording
from analysis.store import Run
from analysis.tables import contract

_STAGES = ("primary", "junior")
_SIDES = ("seats_required", "seats_available", "shortage", "surplus")


def one_table(run: Run) -> figures.Shown:
    """Return the table of page one: towns short and spare, else demand, else the norm."""
    for make in (_gap_table, _demand_table, _norm_table):
        shown = make(run)
        if shown is not None:
            return shown
    return figures.nothing(run)


def _gap_table(run: Run) -> figures.Shown | None:
    """Return towns down and both stages across: required, available, short, spare."""
    rows = run.tables["seat_gap"]
    if rows.empty or rows["shortage"].isna().all():
        return None
    rows = rows[rows["scenario"] == run.parameters.scenario]
    year = min(run.plan_end, int(rows["school_year"].max()))
    rows = rows[rows["school_year"] == year]
    county = rows[rows["level"] == "county"]["area_id"].unique().tolist()
    towns = rows[rows["level"] == "town"].groupby("area_id")["seats_required"].sum()
    order = [*towns.sort_values(ascending=False, kind="stable").index, *county]
    names = figures.place_names(run)
    shown: dict[str, list[str]] = {
        wording.say("figures.place", run.language): [
            wording.say("figures.whole", run.language, place=names[a])
            if a in county
            else names.get(a, a)
            for a in order
        ]
    }
    for stage in (s for s in _STAGES if s in set(rows["stage"])):
        own = rows[rows["stage"] == stage].set_index("area_id").reindex(order)
        for column in _SIDES:
            head = wording.say(
                f"figures.column_{column}",
                run.language,
                stage=terms.label("stage", stage, run.language),
            )
            shown[head] = [wording.number(v, run.language) for v in own[column]]
            worst = _worst(run, stage, year, order) if column == "shortage" else None
            if worst is not None:
                word = terms.label("stage", stage, run.language)
                shown[wording.say("figures.column_worst", run.language, stage=word)] = worst
    return figures.TableCard(
        wording.say("figures.gap_table", run.language, year=wording.year_label(year, run.language)),
        pd.DataFrame(shown),
        contract("seat_gap").title(run.language),
        wording.say("figures.not_netted", run.language),
        run.language,
        run.area.synthetic,
    )


def _worst(run: Run, stage: str, year: int, order: list[str]) -> list[str] | None:
    """Return the largest shortage of each place with its year; None where none is another year's.

    The table stands at the end of the plan: a shortage that is over by then must show too.
    """
    rows = run.tables["seat_gap"]
    rows = rows[(rows["scenario"] == run.parameters.scenario) & (rows["stage"] == stage)]
    ahead = rows[(rows["school_year"] > run.parameters.base_year) & (rows["shortage"] > 0)]
    top = ahead.sort_values(["shortage", "school_year"], ascending=[False, True], kind="stable")
    top = top.drop_duplicates("area_id")
    if top.empty or (top["school_year"] == year).all():
        return None
    largest = {str(r["area_id"]): r for r in top.to_dict("records")}
    known = set(rows[rows["shortage"].notna()]["area_id"])
    return [
        wording.say(
            "figures.worst_cell",
            run.language,
            seats=wording.number(largest[place]["shortage"], run.language),
            year=int(largest[place]["school_year"]),
        )
        if place in largest
        else wording.number(0.0 if place in known else None, run.language)
        for place in order
    ]


def _demand_table(run: Run) -> figures.Shown | None:
    rows = run.tables["seat_demand"]
    rows = rows[rows["level"] == "county"]
    if rows.empty:
        return None
    wanted = {run.parameters.base_year, run.plan_end, int(rows["school_year"].max())}
    rows = rows[rows["school_year"].isin(wanted)]
    return figures.table(
        rows.sort_values(["stage", "school_year", "scenario"], ascending=[False, True, True]),
        of="seat_demand",
        title=wording.say("figures.demand_table", run.language),
        columns=("stage", "school_year", "scenario", "pupils", "lower80", "upper80"),
        source=contract("seat_demand").title(run.language),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def _norm_table(run: Run) -> figures.Shown | None:
    """Return a row a place and population basis: what the norm asks for beside the pupils."""
    rows = run.tables["norm_comparison"]
    rows = rows[~rows["forecast"]] if not rows.empty else rows
    if rows.empty:
        return None
    rows = rows[rows["population_year"] == rows["population_year"].max()]
    people = run.tables["norm_demand"].drop_duplicates(["area_id", "basis", "year"])
    persons = {
        (r["area_id"], r["basis"], r["year"]): r["persons"] for r in people.to_dict("records")
    }
    whole = rows.groupby("area_id")["norm_seats"].max()
    order = rows[["level", "area_id", "basis"]].drop_duplicates()
    order = order.assign(size=order["area_id"].map(whole)).sort_values(
        ["level", "size", "area_id", "basis"], ascending=[True, False, True, True]
    )
    year = int(rows["population_year"].iloc[0])
    bases = terms.LABELS["population_basis"]
    places = list(order[["area_id", "basis"]].itertuples(index=False, name=None))
    shown: dict[str, list[str]] = {
        wording.say("figures.place", run.language): [
            figures.place_names(run).get(area, area) for area, _ in places
        ],
        contract("norm_comparison")["basis"].title(run.language): [
            bases[str(basis)][0 if run.language == "zh" else 1] for _, basis in places
        ],
        wording.say("figures.column_persons", run.language, year=year): [
            wording.number(persons.get((area, basis, year)), run.language) for area, basis in places
        ],
    }
    for stage in _STAGES:
        own = rows[rows["stage"] == stage].set_index(["area_id", "basis"]).reindex(places)
        word = terms.label("stage", stage, run.language)
        for column, digits in (("norm_seats", 0), ("pupils", 0), ("norm_ratio", 2)):
            if column == "norm_seats" or own[column].notna().any():
                head = wording.say(f"figures.column_{column}", run.language, stage=word)
                shown[head] = [wording.number(v, run.language, digits) for v in own[column]]
    return figures.TableCard(
        wording.say("figures.norm_table", run.language),
        pd.DataFrame(shown),
        contract("norm_comparison").title(run.language),
        "",
        run.language,
        run.area.synthetic,
    )


def headlines(run: Run) -> figures.Shown:
    """Show every headline with its value, sentence, rule and result table."""
    table = run.tables["headlines"]
    said = table[table[f"sentence_{run.language}"].fillna("") != ""]
    rules = [r if pd.isna(r) else figures.rule_words(run, r) for r in said["rule"]]
    return figures.result_table(
        run,
        "headlines",
        frame=said.assign(rule=rules),
        columns=(f"sentence_{run.language}", "school_year", "value", "unit", "rule"),
    )


def traces(run: Run) -> figures.Shown:
    """Show how each headline was computed: formula with its numbers, cells, age of the data.

    The findings of page one come first, and none is left out.
    """
    table = run.tables["headlines"].sort_values("finding_rank", na_position="last", kind="stable")
    said = table[table[f"sentence_{run.language}"].fillna("") != ""]
    if said.empty:
        return figures.nothing(run)
    rows = []
    for row in said.to_dict("records"):
        how = json.loads(row["trace"])
        rows.append(
            {
                "item": row[f"sentence_{run.language}"],
                "formula": how[f"formula_{run.language}"] or "—",
                "rule": figures.rule_words(run, str(row["rule"])) if pd.notna(row["rule"]) else "—",
                "tables": ", ".join(contract(t).title(run.language) for t in how["tables"]),
                "cells": "; ".join(how["cells"]) or "—",
                "year": str(how["data_year"] or "—"),
            }
        )
    titles = {
        key: wording.say(f"figures.trace_{key}", run.language)
        for key in ("item", "formula", "rule", "tables", "cells", "year")
    }
    return figures.table(
        pd.DataFrame(rows),
        columns=titles,
        title=wording.say("figures.trace_title", run.language),
        language=run.language,
        synthetic=run.area.synthetic,
        rows=len(rows),
    )
