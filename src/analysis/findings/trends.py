"""Sentences of notebook 30, written from its result tables."""

from __future__ import annotations

import pandas as pd

from analysis import terms, wording
from analysis.findings.sentences import Sentences, stage_name
from analysis.store import Run

_STAGES = ("primary", "junior")


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with primary before junior, otherwise in the order they were."""
    return rows.sort_values("stage", key=lambda v: v.map(_STAGES.index), kind="stable")


def _county(run: Run, column: str) -> list[tuple[str, str, pd.DataFrame]]:
    """Return (area, stage, rows in order) of the county, or of the town when it stands alone."""
    table = run.tables["trend_pupils"]
    top = table[table["level"] == "county"]
    rows = in_order((top if not top.empty else table).dropna(subset=[column]))
    return [
        (str(area), str(stage), group.sort_values("school_year"))
        for (area, stage), group in rows.groupby(["area_id", "stage"], sort=False)
    ]


def change(run: Run) -> Sentences:
    """Say how pupils have changed between the first and the last year."""
    said = []
    for _, stage, rows in _county(run, "pupils"):
        first, last = rows.iloc[0], rows.iloc[-1]
        values = {
            "place": run.area.title(run.language),
            "stage": stage_name(run, stage),
            "last_year": last["school_year"],
            "last": wording.number(last["pupils"], run.language),
        }
        if len(rows) < 2 or first["pupils"] == 0:
            said.append(wording.say("trends.one_year_sentence", run.language, **values))
            continue
        rate = last["pupils"] / first["pupils"] - 1
        said.append(
            wording.say(
                "trends.change_sentence",
                run.language,
                **values,
                first_year=first["school_year"],
                first=wording.number(first["pupils"], run.language),
                direction=wording.say("trends.rose" if rate >= 0 else "trends.fell", run.language),
                rate=wording.percent(abs(rate), run.language),
            )
        )
    return Sentences(said)


def class_size(run: Run) -> Sentences:
    """Say the mean class size of the last year beside the cap."""
    said = []
    for _, stage, rows in _county(run, "class_size"):
        last = rows.iloc[-1]
        cap = run.rules.value("class_size_max", stage)
        over = "over_cap" if last["class_size"] > cap else "within_cap"
        said.append(
            wording.say(
                "trends.class_size_sentence",
                run.language,
                last_year=last["school_year"],
                stage=stage_name(run, stage),
                size=wording.number(last["class_size"], run.language, 1),
                cap=wording.number(cap, run.language),
                verdict=wording.say(f"trends.{over}", run.language),
            )
        )
    return Sentences(said)


def turning_points(run: Run) -> Sentences:
    """Say when each stage of the county turned."""
    points = run.tables["turning_points"]
    said = []
    for area, stage, rows in _county(run, "pupils"):
        if len(rows) < 2:
            continue
        own = points[(points["area_id"] == area) & (points["stage"] == stage)]
        if own.empty:
            said.append(wording.say("trends.no_turn", run.language, stage=stage_name(run, stage)))
        for row in own.to_dict("records"):
            state = "confirmed" if row["confirmed"] else "unconfirmed"
            said.append(
                wording.say(
                    "trends.turn_sentence",
                    run.language,
                    stage=stage_name(run, stage),
                    year=row["school_year"],
                    kind=wording.say(f"trends.kind_{row['kind']}", run.language),
                    pupils=wording.number(row["pupils"], run.language),
                    confirmed=wording.say(f"trends.{state}", run.language),
                )
            )
    return Sentences(said)


def urban_rural(run: Run) -> Sentences:
    """Say how the shares of city, town and village schools have moved."""
    table = in_order(run.tables["trend_urban_rural"])
    said = []
    for (stage, kind), rows in table.groupby(["stage", "urban_rural"], sort=False):
        ordered = rows.sort_values("school_year")
        if len(ordered) < 2:
            continue
        first, last = ordered.iloc[0], ordered.iloc[-1]
        said.append(
            wording.say(
                "trends.urban_sentence",
                run.language,
                stage=stage_name(run, str(stage)),
                class_name=terms.label("urban_rural", str(kind), run.language),
                first_year=first["school_year"],
                first=wording.percent(first["pupil_share"], run.language),
                last_year=last["school_year"],
                last=wording.percent(last["pupil_share"], run.language),
            )
        )
    return Sentences(said)


def contributions(run: Run) -> Sentences:
    """Say which town contributes most to the change of each stage."""
    table = in_order(run.tables["trend_contributions"])
    table = table[table["change_pupils"].notna()]
    towns = run.tables["towns"]
    names = dict(zip(towns["town_id"], towns["town_name"], strict=True))
    said = []
    for stage, rows in table.groupby("stage", sort=False):
        top = rows.sort_values("change_pupils", key=abs).iloc[-1]
        said.append(
            wording.say(
                "trends.contribution_sentence",
                run.language,
                stage=stage_name(run, str(stage)),
                town=names.get(top["area_id"], top["area_id"]),
                change=wording.signed(float(top["change_pupils"]), run.language),
            )
        )
    return Sentences(said)
