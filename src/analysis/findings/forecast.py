"""Sentences of notebook 40, written from its result tables."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis import terms, wording
from analysis.store import Run

_STAGES = ("primary", "junior")


class Sentences(tuple[str, ...]):
    """Sentences in order; a notebook shows them as a list."""

    __slots__ = ()

    def __new__(cls, said: Iterable[str]) -> Sentences:
        """Keep the sentences that say something."""
        return super().__new__(cls, [s for s in said if s])

    def __add__(self, more: tuple[object, ...]) -> Sentences:
        """Return both lists, one after the other."""
        return Sentences([*self, *(str(s) for s in more)])

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(s)}</li>" for s in self)
        return f'<ul class="findings">{items}</ul>'


def notes(run: Run, *tables: str) -> Sentences:
    """Return what could not be said and what the reader must know, in words."""
    return Sentences(
        wording.say(note.key, run.language, **note.values) for note in run.notes(*tables)
    )


def _stage(run: Run, stage: str) -> str:
    return terms.label("stage", stage, run.language)


def _number(run: Run, value: Any, digits: int = 0) -> str:
    return wording.number(value, run.language, digits)


def _place(run: Run, area_id: str) -> str:
    towns = run.tables["towns"]
    names = dict(zip(towns["town_id"], towns["town_name"], strict=True))
    if area_id in names:
        return str(names[area_id])
    return run.area.title(run.language)


def peaks(run: Run, level: str = "county") -> Sentences:
    """Say the peak and trough year of each stage (of each town when ``level`` is town)."""
    table = run.tables["demand_peaks"]
    table = table[(table["level"] == level) & (table["scenario"] == "central")]
    return Sentences(_peak(run, row) for _, row in table.iterrows())


def _peak(run: Run, row: pd.Series[Any]) -> str:
    peak_year, base_year = int(row["peak_year"]), int(row["school_year"])
    key = "forecast.peak_ahead" if peak_year > base_year else "forecast.peak_past"
    return wording.say(
        key,
        run.language,
        place=_place(run, str(row["area_id"])),
        stage=_stage(run, str(row["stage"])),
        base_year=base_year,
        pupils=_number(run, row["pupils"]),
        peak_year=peak_year,
        peak=_number(run, row["peak_pupils"]),
        probability=wording.percent(row["peak_probability"], run.language, 0),
        trough_year=row["trough_year"],
        trough=_number(run, row["trough_pupils"]),
    )


def ranges(run: Run) -> Sentences:
    """Say the three scenarios of the county at the end of the plan, with the 80 % band."""
    table = run.tables["seat_demand"]
    table = table[table["level"] == "county"]
    if table.empty:
        return Sentences([wording.say("forecast.nothing", run.language)])
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
                stage=_stage(run, stage),
                low=_number(run, part.loc["low", "pupils"]),
                central=_number(run, part.loc["central", "pupils"]),
                high=_number(run, part.loc["high", "pupils"]),
                lower=_number(run, part.loc["central", "lower80"]),
                upper=_number(run, part.loc["central", "upper80"]),
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
                        stage=_stage(run, stage),
                        town=_place(run, str(town)),
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
    for row in current.to_dict("records"):
        same = norms[
            (norms["area_id"] == row["area_id"])
            & (norms["stage"] == row["stage"])
            & (norms["basis"] == row["basis"])
            & (norms["year"] == row["population_year"])
        ].iloc[0]
        values = {
            "place": _place(run, str(row["area_id"])),
            "stage": _stage(run, str(row["stage"])),
            "year": row["population_year"],
            "basis": terms.label("population_basis", str(row["basis"]), run.language),
            "persons": _number(run, same["persons"]),
            "rate": _number(run, same["seats_per_thousand"]),
            "seats": _number(run, row["norm_seats"], 2),
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
                    pupils=_number(run, row["pupils"]),
                    ratio=_number(run, row["norm_ratio"], 2),
                )
            )
    return Sentences([*said, *_per_grade(run, norms)])


def _per_grade(run: Run, norms: pd.DataFrame) -> list[str]:
    """Say what the norm asks of one age group beside the births per thousand."""
    if norms.empty:
        return []
    last = norms.sort_values("year").groupby("stage", as_index=False).last()
    said = []
    for row in last[last["stage"] == "primary"].to_dict("records"):
        known = pd.notna(row["births_per_thousand"])
        births = (
            wording.say(
                "forecast.births_known",
                run.language,
                rate=_number(run, row["births_per_thousand"], 1),
            )
            if known
            else wording.say("forecast.births_unknown", run.language)
        )
        said.append(
            wording.say(
                "forecast.norm_grade_sentence",
                run.language,
                rate=_number(run, row["seats_per_thousand"]),
                stage=_stage(run, str(row["stage"])),
                per_grade=_number(run, row["seats_per_thousand_grade"], 1),
                births=births,
            )
        )
    return said


def accuracy(run: Run, horizon: int = 3) -> Sentences:
    """Say how far past forecasts were off, beside last year's figure and published practice."""
    table = run.tables["forecast_accuracy"]
    own = table[(table["method"] == "cohort") & (table["horizon"] == horizon)]
    said = []
    for row in own.to_dict("records"):
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
                stage=_stage(run, str(row["stage"])),
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
            stage=_stage(run, str(stage)),
            low=wording.percent(group["mape"].min(), run.language),
            high=wording.percent(group["mape"].max(), run.language),
        )
        for stage, group in rows.groupby("stage")
    )


def drivers(run: Run) -> Sentences:
    """Say the entry ratio, the largest assumption, unsourced assumptions and structural breaks."""
    said = []
    entry = run.tables["entry_ratios"]
    entry = entry[(entry["level"] == "county") & (entry["school_year"] <= run.parameters.base_year)]
    if not entry.empty:
        last = entry.sort_values("school_year").iloc[-1]
        said.append(
            wording.say(
                "forecast.entry_sentence",
                run.language,
                ratio=_number(run, last["entry_ratio"], 2),
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
                stage=_stage(run, stage),
                assumption=wording.say(f"forecast.assumption_{top['assumption']}", run.language),
                span=_number(run, top["span_pupils"]),
            )
        )
    register = run.tables["assumption_register"]
    bad = int(register["status"].isin(["unsourced", "stale"]).sum())
    if bad:
        said.append(wording.say("forecast.unsourced_sentence", run.language, count=bad))
    return Sentences([*said, *breaks(run)])


def breaks(run: Run) -> Sentences:
    """Say the years whose rates lie far outside the others."""
    return Sentences(
        wording.say(
            "forecast.break_sentence",
            run.language,
            year=row["school_year"],
            stage=_stage(run, str(row["stage"])),
            kind=wording.say(f"forecast.kind_{row['kind']}", run.language),
            observed=wording.percent(row["observed_rate"], run.language),
            expected=wording.percent(row["expected_rate"], run.language),
        )
        for row in run.tables["structural_breaks"].to_dict("records")
    )
