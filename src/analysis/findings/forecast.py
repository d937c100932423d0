"""Sentences of notebook 40, written from its result tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import terms, wording
from analysis.findings.sentences import Sentences, number, place_name, stage_name
from analysis.store import Run

_STAGES = ("primary", "junior")


def peaks(run: Run, level: str = "county") -> Sentences:
    """Say the peak and trough year of each stage (of each town when ``level`` is town)."""
    table = run.tables["demand_peaks"]
    table = table[(table["level"] == level) & (table["scenario"] == "central")]
    return Sentences(_peak(run, row) for _, row in in_order(table).iterrows())


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with primary before junior, otherwise in the order they were."""
    return frame.sort_values("stage", key=lambda v: v.map(_STAGES.index), kind="stable")


def _peak(run: Run, row: pd.Series[Any]) -> str:
    peak_year, base_year = int(row["peak_year"]), int(row["school_year"])
    key = "forecast.peak_ahead" if peak_year > base_year else "forecast.peak_past"
    if peak_year == run.tables["seat_demand"]["school_year"].max():
        key = "forecast.peak_at_end"  # still rising where the forecast ends: no peak was seen
    below = row["below_base_year"]
    return wording.say(
        key,
        run.language,
        place=place_name(run, str(row["area_id"])),
        stage=stage_name(run, str(row["stage"])),
        base_year=base_year,
        pupils=number(run, row["pupils"]),
        peak_year=peak_year,
        peak=number(run, row["peak_pupils"]),
        probability=wording.percent(row["peak_probability"], run.language, 0),
        trough_year=row["trough_year"],
        trough=number(run, row["trough_pupils"]),
        below=""
        if pd.isna(below)
        else wording.say("forecast.below_today", run.language, below_year=int(below)),
    )


def ranges(run: Run) -> Sentences:
    """Say the three scenarios of the county at the end of the plan, with the 80 % band."""
    table = run.tables["seat_demand"]
    table = table[table["level"] == "county"]
    if table.empty:
        return Sentences([])
    year = min(run.plan_end, int(table["school_year"].max()))
    rows = table[table["school_year"] == year]
    said = []
    for stage in (s for s in _STAGES if s in set(rows["stage"])):
        part = rows[rows["stage"] == stage].set_index("scenario")
        said.append(
            wording.say(
                "forecast.range_sentence",
                run.language,
                year=year,
                stage=stage_name(run, stage),
                low=number(run, part.loc["low", "pupils"]),
                central=number(run, part.loc["central", "pupils"]),
                high=number(run, part.loc["high", "pupils"]),
                lower=number(run, part.loc["central", "lower80"]),
                upper=number(run, part.loc["central", "upper80"]),
            )
        )
    return Sentences(said)


def towns(run: Run) -> Sentences:
    """Say which town gains and which loses most by the end of the plan."""
    table = run.tables["seat_demand"]
    table = table[(table["level"] == "town") & (table["scenario"] == run.parameters.scenario)]
    if table.empty:
        return Sentences([])
    year = min(run.plan_end, int(table["school_year"].max()))
    first = int(table["school_year"].min())
    said = []
    for stage in (s for s in _STAGES if s in set(table["stage"])):
        rows = table[table["stage"] == stage]
        wide = rows.pivot_table(index="area_id", columns="school_year", values="pupils")
        change = wide[year] - wide[first]
        for key, town, value in (
            ("forecast.town_growth", change.idxmax(), change.max()),
            ("forecast.town_decline", change.idxmin(), change.min()),
        ):
            if (value > 0) == key.endswith("growth"):
                said.append(
                    wording.say(
                        key,
                        run.language,
                        year=year,
                        stage=stage_name(run, stage),
                        town=place_name(run, str(town)),
                        change=wording.signed(float(value), run.language),
                    )
                )
    return Sentences(said)


def norm(run: Run) -> Sentences:
    """Say the norm's seats beside the pupils of the base year, with the ratio and its meaning."""
    table = run.tables["norm_comparison"]
    table = table[table["level"] == "county"] if (table["level"] == "county").any() else table
    current = table[~table["forecast"]].sort_values("school_year")
    current = current.groupby(["area_id", "stage", "basis"], as_index=False).last()
    norms = run.tables["norm_demand"]
    said = []
    for row in in_order(current).to_dict("records"):
        same = norms[
            (norms["area_id"] == row["area_id"])
            & (norms["stage"] == row["stage"])
            & (norms["basis"] == row["basis"])
            & (norms["year"] == row["population_year"])
        ].iloc[0]
        values = {
            "place": place_name(run, str(row["area_id"])),
            "stage": stage_name(run, str(row["stage"])),
            "year": row["population_year"],
            "basis": terms.label("population_basis", str(row["basis"]), run.language),
            "persons": number(run, same["persons"]),
            "rate": number(run, same["seats_per_thousand"]),
            "seats": number(run, row["norm_seats"]),
            "verdict": wording.say(str(row["sentence"]), run.language),
        }
        if pd.isna(row["norm_ratio"]):
            said.append(wording.say("forecast.norm_only_sentence", run.language, **values))
        else:
            said.append(
                wording.say(
                    "forecast.norm_sentence",
                    run.language,
                    **values,
                    school_year=row["school_year"],
                    pupils=number(run, row["pupils"]),
                    ratio=number(run, row["norm_ratio"], 2),
                )
            )
    return Sentences([*said, *_per_grade(run, norms)])


def _per_grade(run: Run, norms: pd.DataFrame) -> list[str]:
    """Say what the norm asks of one age group beside the births per thousand."""
    if norms.empty:
        return []
    county = norms[norms["level"] == "county"]
    last = norms if county.empty else county
    known = last["births_per_thousand"].notna()
    said = []
    last = last[last["births_per_thousand"].notna()] if known.any() else last
    last = last.sort_values("year").groupby("stage", as_index=False).last()
    for row in last[last["stage"] == "primary"].to_dict("records"):
        births = (
            wording.say(
                "forecast.births_known",
                run.language,
                rate=number(run, row["births_per_thousand"], 1),
            )
            if pd.notna(row["births_per_thousand"])
            else wording.say("forecast.births_unknown", run.language)
        )
        said.append(
            wording.say(
                "forecast.norm_grade_sentence",
                run.language,
                rate=number(run, row["seats_per_thousand"]),
                stage=stage_name(run, str(row["stage"])),
                per_grade=number(run, row["seats_per_thousand_grade"], 1),
                births=births,
            )
        )
    return said


def accuracy(run: Run, horizon: int = 3) -> Sentences:
    """Say how far past forecasts were off, beside last year's figure and published practice."""
    table = run.tables["forecast_accuracy"]
    own = table[(table["method"] == "cohort") & (table["horizon"] == horizon)]
    said = []
    for row in in_order(own).to_dict("records"):
        same = table[
            (table["level"] == row["level"])
            & (table["stage"] == row["stage"])
            & (table["horizon"] == horizon)
            & (table["method"] == "naive")
        ]["mape"].iloc[0]
        better = "accuracy_better" if row["mape"] < same else "accuracy_worse"
        said.append(
            wording.say(
                "forecast.accuracy_sentence",
                run.language,
                level=terms.label("level", str(row["level"]), run.language),
                stage=stage_name(run, str(row["stage"])),
                horizon=horizon,
                mape=wording.percent(row["mape"], run.language),
                naive=wording.percent(same, run.language),
                n=row["n"],
                verdict=wording.say(f"forecast.{better}", run.language),
            )
        )
    return Sentences(said) if said else _published(run, table, horizon)


def _published(run: Run, table: pd.DataFrame, horizon: int) -> Sentences:
    rows = table[table["method"].str.startswith("published") & (table["horizon"] == horizon)]
    return Sentences(
        wording.say(
            "forecast.accuracy_none",
            run.language,
            stage=stage_name(run, str(stage)),
            low=wording.percent(group["mape"].min(), run.language),
            high=wording.percent(group["mape"].max(), run.language),
        )
        for stage, group in rows.groupby("stage")
    )


def drivers(run: Run) -> Sentences:
    """Say the entry ratio, the largest assumption, and unsourced assumptions."""
    said = []
    entry = run.tables["entry_ratios"]
    entry = entry[(entry["level"] == "county") & (entry["school_year"] <= run.parameters.base_year)]
    if not entry.empty:
        last = entry.sort_values("school_year").iloc[-1]
        said.append(
            wording.say(
                "forecast.entry_sentence",
                run.language,
                ratio=number(run, last["entry_ratio"], 2),
                weight=wording.percent(last["driver_weight"], run.language, 0),
            )
        )
    effects = run.tables["assumption_effects"]
    for stage in (s for s in _STAGES if s in set(effects["stage"])):
        top = effects[effects["stage"] == stage].sort_values("span_pupils").iloc[-1]
        said.append(
            wording.say(
                "forecast.effect_sentence",
                run.language,
                year=top["school_year"],
                stage=stage_name(run, stage),
                assumption=wording.say(f"forecast.assumption_{top['assumption']}", run.language),
                span=number(run, top["span_pupils"]),
            )
        )
    register = run.tables["assumption_register"]
    bad = int(register["status"].isin(["unsourced", "stale"]).sum())
    if bad:
        said.append(wording.say("forecast.unsourced_sentence", run.language, count=bad))
    return Sentences(said)


def breaks(run: Run) -> Sentences:
    """Say the years whose rates lie far outside the others."""
    found = in_order(run.tables["structural_breaks"])
    return Sentences(
        wording.say(
            "forecast.break_births" if row["kind"] == "births" else "forecast.break_sentence",
            run.language,
            year=row["school_year"],
            stage=stage_name(run, str(row["stage"])),
            kind=terms.label("break_kind", str(row["kind"]), run.language),
            observed=wording.percent(row["observed_rate"], run.language),
            expected=wording.percent(row["expected_rate"], run.language),
        )
        for row in found.to_dict("records")
    )
