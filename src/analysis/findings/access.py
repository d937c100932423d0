"""Sentences of access: children beyond the limits, seats within reach, mergers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis import terms, wording
from analysis.findings.sentences import Sentences, number, place_name, stage_name
from analysis.store import Run

STAGES = ("primary", "junior")
_MOST_RULES = 3


def _say(run: Run, key: str, **values: object) -> str:
    return wording.say(f"access.{key}", run.language, **values)


def coverage(run: Run) -> Sentences:
    """Say how many children live beyond the limit, the limits, and where access is least."""
    table = run.tables["access_coverage"]
    table = table[table["level"] == "county"]
    said = []
    for stage in STAGES:
        rows = table[table["stage"] == stage]
        if rows.empty:
            continue
        row = rows.iloc[0]
        decided = row["children_within"] + row["children_beyond"]
        if decided > 0:
            said.append(
                _say(
                    run,
                    "coverage_sentence",
                    place=run.area.title(run.language),
                    stage=stage_name(run, stage),
                    beyond=number(run, row["children_beyond"]),
                    decided=number(run, decided),
                    share=wording.percent(1.0 - row["coverage_rate"], run.language),
                    longest=number(run, row["longest_km"], 1),
                    unknown=number(run, row["children_undetermined"]),
                )
            )
        elif np.isfinite(row["longest_km"]):
            said.append(_rough(run, row, stage))
        said.append(_limits(run, stage))
        said += _fewest(run, stage)
    return Sentences(said)


def _rough(run: Run, row: pd.Series[Any], stage: str) -> str:
    rows = run.tables["access_distances"]
    rows = rows[(rows["stage"] == stage) & rows["distance_km"].notna()]
    farthest = rows.iloc[int(rows["distance_km"].to_numpy().argmax())]
    return _say(
        run,
        "distance_sentence",
        place=run.area.title(run.language),
        stage=stage_name(run, stage),
        mean=number(run, row["mean_km"], 1),
        longest=number(run, row["longest_km"], 1),
        town=place_name(run, str(farthest["town_id"])),
    )


def _limits(run: Run, stage: str) -> str:
    urban, rural = (run.rules.norm(f"distance_limit_{k}", stage) for k in ("urban", "rural"))
    return _say(
        run,
        "limit_sentence",
        stage=stage_name(run, stage),
        urban=number(run, urban.value, 1),
        urban_source=_cited(run, urban.source),
        rural=number(run, rural.value, 1),
        rural_source=_cited(run, rural.source),
        detour=number(run, run.rules.value("detour_factor"), 2),
    )


def _cited(run: Run, source: str) -> str:
    """Return a citation for a page in Chinese; sources are kept in their own language."""
    return f"（{source}）" if run.language == "zh" else ""


def _fewest(run: Run, stage: str) -> list[str]:
    rows = run.tables["access_catchment"]
    rows = rows[(rows["stage"] == stage) & rows["seats_per_child"].notna()]
    if rows.empty:
        return []
    least = rows.iloc[int(rows["seats_per_child"].to_numpy().argmin())]
    settled = run.tables["settlements"]
    names = dict(zip(settled["settlement_id"], settled["settlement_name"], strict=True))
    name = names.get(least["origin_id"])
    return [
        _say(
            run,
            "catchment_sentence",
            stage=stage_name(run, stage),
            place=name if isinstance(name, str) else place_name(run, str(least["origin_id"])),
            value=number(run, least["seats_per_child"], 2),
            relative=wording.percent(least["relative"], run.language, 0),
        )
    ]


def changes(run: Run) -> Sentences:
    """Say how many pupils spare seats nearby could take, and what is left."""
    table, schools = run.tables["catchment_changes"], run.tables["gap_schools"]
    said = []
    for stage in STAGES:
        own = table[table["stage"] == stage]
        if own.empty:
            continue
        year = int(own["school_year"].iloc[0])
        short = schools[
            (schools["stage"] == stage)
            & (schools["school_year"] == year)
            & (schools["scenario"] == run.parameters.scenario)
            & (schools["shortage"] > 0)
        ]["shortage"]
        moved = own["pupils_movable"]
        said.append(
            _say(
                run,
                "changes_sentence",
                stage=stage_name(run, stage),
                year=year,
                schools=len(short),
                short=number(run, short.sum()),
                moved=number(run, moved.sum()),
                across=number(run, moved[~own["same_town"]].sum()),
                left=number(run, short.sum() - moved.sum()),
            )
        )
    return Sentences(said)


def projects(run: Run) -> Sentences:
    """Say what each project does for the way to school; those at existing sites in one line."""
    table, plan = run.tables["access_projects"], run.tables["plan_projects"]
    column = "project_name" if run.language == "zh" else "project_name_en"
    names = dict(zip(plan["project_id"], plan[column], strict=True))
    moving = table[table["children_nearer"] > 0].sort_values(
        ["children_gained", "children_nearer"], ascending=False
    )
    said = []
    # phases of one measure stand at the same place
    moving = moving.drop_duplicates(["project_name", "stage"])
    for row in moving.to_dict("records"):
        decided = np.isfinite(row["children_gained"])
        values = {
            "project": names.get(row["project_id"], row["project_name"]),
            "stage": stage_name(run, str(row["stage"])),
            "basis": terms.label("place_basis", str(row["place_basis"]), run.language),
            "nearer": number(run, row["children_nearer"]),
            "now": number(run, row["mean_km_now"], 1),
            "after": number(run, row["mean_km_with"], 1),
        }
        if decided:
            values["gained"] = number(run, row["children_gained"])
            values["beyond"] = number(run, row["children_beyond"])
        said.append(_say(run, "projects_gain" if decided else "projects_rough", **values))
    same = int(((table["children_nearer"] == 0) & (table["place_basis"] == "school")).sum())
    if same:
        said.append(_say(run, "projects_same_site", count=same))
    return Sentences(said)


def mergers(run: Run) -> Sentences:
    """Say how many mergers were looked at and what stands against them."""
    table, tested = run.tables["merger_proposals"], run.tables["merger_rules"]
    if run.tables["access_distances"].empty and table.empty:
        return Sentences([])
    below = number(run, run.rules.value("merger_pupils_below"))
    if table.empty:
        return Sentences([_say(run, "merger_none", below=below)])
    said = []
    for stage, rows in table.groupby("stage", sort=False):
        counts = rows["verdict"].value_counts()
        said.append(
            _say(
                run,
                "merger_sentence",
                stage=stage_name(run, str(stage)),
                below=below,
                count=len(rows),
                no=int(counts.get("not_met", 0)),
                unknown=int(counts.get("undetermined", 0)),
                yes=int(counts.get("met", 0)),
            )
        )
    said += _against(run, tested)
    far = table[table["longest_trip_km"].notna()]
    if not far.empty:
        farthest = far.iloc[int(far["longest_trip_km"].to_numpy().argmax())]
        said.append(
            _say(
                run,
                "merger_longest",
                longest=number(run, farthest["longest_trip_km"], 1),
                school=farthest["school_name"],
                boarding=number(run, table["boarding_needed"].sum()),
            )
        )
    return Sentences(said)


def _against(run: Run, tested: pd.DataFrame) -> list[str]:
    counts = tested.loc[tested["verdict"] == "not_met", "rule"].value_counts()
    items = [
        _say(
            run,
            "merger_item",
            rule=terms.label("merger_rule", str(rule), run.language),
            count=int(count),
        )
        for rule, count in counts.head(_MOST_RULES).items()
    ]
    if not items:
        return []
    joined = ("、" if run.language == "zh" else ", ").join(items)
    return [_say(run, "merger_against", rules=joined)]
