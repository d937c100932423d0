"""The workbook's sheet to change: class size, reserve, unit cost move the gap at once.

Every result is a live formula over named cells, so a planner can see and follow it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis import figures, terms, wording
from analysis.store import Run

STAGES = ("primary", "junior")
#: Kinds of measures that build seats to stay, and the projects that are part of the plan.
BUILDINGS, BUILT = ("new_build", "expansion", "relocation"), ("proposed", "committed")


@dataclass(frozen=True)
class Knob:
    """A number to change: its defined name, its words, its value, where it comes from."""

    name: str
    words: str
    value: float | None
    source: str


def knobs(run: Run) -> list[Knob]:
    """Return the numbers a planner may change, as the run's rules and plan give them."""
    found = []
    for stage in STAGES:
        norm = run.rules.norm("class_size_max", stage)
        words = wording.say(
            "briefing.calc_class_size",
            run.language,
            stage=terms.label("stage", stage, run.language),
        )
        source = wording.citation_words(norm.source, run.language)
        found.append(Knob(f"class_size_{stage}", words, float(norm.value), source))
    reserve = wording.say("briefing.calc_reserve", run.language)
    own = wording.say("briefing.calc_own", run.language, rate=_reserve_of_plan(run))
    found.append(Knob("reserve_rate", reserve, 0.0, own))
    cost, key = cost_per_seat(run.tables["plan_projects"])
    words = wording.say("briefing.calc_cost", run.language)
    found.append(Knob("cost_per_seat", words, cost, wording.say(f"briefing.{key}", run.language)))
    return found


def cost_per_seat(projects: pd.DataFrame) -> tuple[float | None, str]:
    """Return what a seat costs to build in whole yuan, and the key of the words that say whose.

    Buildings of the plan, else of the candidates it leaves out: rooms shared or converted cost
    next to nothing and are no price for the seats that are still short. A building without a
    cost or without seats counts on neither side.
    """
    built = projects[projects["kind"].isin(BUILDINGS)].dropna(subset=["seats", "cost_mid_cny"])
    built = built[(built["seats"] > 0) & (built["cost_mid_cny"] > 0)]
    for status, key in ((BUILT, "calc_cost_plan"), (("candidate",), "calc_cost_candidates")):
        rows = built[built["status"].isin(status)]
        if not rows.empty:
            return float(round(rows["cost_mid_cny"].sum() / rows["seats"].sum())), key
    return None, "calc_cost_open"


def _reserve_of_plan(run: Run) -> str:
    """Return the share of seats that the plan keeps free, in words."""
    rows = run.tables["plan_assumptions"]
    rates = rows.loc[rows["name"] == "reserve_rate", "value"]
    return wording.percent(float(rates.iloc[0]) if len(rates) else None, run.language, 1)


def has_calculation(run: Run) -> bool:
    """Tell whether there is a gap to calculate with."""
    gap = run.tables["seat_gap"]
    return bool(len(gap) and gap["shortage"].notna().any())


def write_calculation(run: Run, book: Any, sheet: Any, row: int, looks: dict[str, Any]) -> None:
    """Write the sheet from ``row`` on.

    Parameters
    ----------
    looks
        Formats: ``head``, ``text``, ``number``, ``knob_whole``, ``knob_share``, ``unit``.
    """
    values: dict[str, float] = {}
    for place, key in enumerate(("calc_knob", "calc_value", "calc_source")):
        sheet.write_string(row, place, wording.say(f"briefing.{key}", run.language), looks["head"])
    for knob in knobs(run):
        row += 1
        sheet.write_string(row, 0, knob.words, looks["text"])
        look = looks["knob_share" if knob.name == "reserve_rate" else "knob_whole"]
        if knob.value is None:
            sheet.write_blank(row, 1, None, look)
        else:
            sheet.write_number(row, 1, knob.value, look)
        sheet.write_string(row, 2, f"{knob.source}  [{knob.name}]", looks["unit"])
        place = sheet.get_name().replace("'", "''")
        book.define_name(knob.name, f"='{place}'!$B${row + 1}")
        values[knob.name] = knob.value or 0.0
    row += 2
    for stage in STAGES:
        row = _stage(run, sheet, row, stage, values, looks)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 8, 15)


_HEADS = (
    "calc_place",
    "calc_required",
    "calc_available",
    "calc_wanted",
    "calc_seats",
    "calc_short",
    "calc_spare",
    "calc_classes",
    "calc_money",
)


def _stage(
    run: Run, sheet: Any, row: int, stage: str, values: dict[str, float], looks: dict[str, Any]
) -> int:
    """Write one stage: a line a town with its formulas, then the sums; return the next row."""
    gap = run.tables["seat_gap"]
    gap = gap[(gap["scenario"] == run.parameters.scenario) & (gap["stage"] == stage)]
    level = "town" if (gap["level"] == "town").any() else "county"
    gap = gap[(gap["level"] == level) & (gap["school_year"] == run.plan_end)]
    gap = gap[gap["seats_available"].notna() & gap["seats_required"].notna()]
    if gap.empty:
        return row
    names = figures.place_names(run)
    title = wording.say(
        "briefing.calc_stage",
        run.language,
        stage=terms.label("stage", stage, run.language),
        year=wording.year_label(run.plan_end, run.language),
    )
    sheet.write_string(row, 0, title, looks["head"])
    row += 1
    for place, key in enumerate(_HEADS):
        sheet.write_string(row, place, wording.say(f"briefing.{key}", run.language), looks["head"])
    first = row + 1
    cap = values[f"class_size_{stage}"]
    sums = [0.0] * len(_HEADS)
    for line in gap.sort_values("area_id").to_dict("records"):
        row += 1
        sheet.write_string(row, 0, names.get(line["area_id"], line["area_id"]), looks["text"])
        required, available = float(line["seats_required"]), float(line["seats_available"])
        sheet.write_number(row, 1, required, looks["number"])
        sheet.write_number(row, 2, available, looks["number"])
        shown = [required, available, *_numbers(required, available, cap, values)]
        for place, (formula, value) in enumerate(
            zip(_formulas(row + 1, stage, cap), shown[2:], strict=True), 3
        ):
            sheet.write_formula(row, place, formula, looks["number"], value)
        sums = [0.0, *(a + b for a, b in zip(sums[1:], shown, strict=True))]
    row += 1
    sheet.write_string(row, 0, wording.say("briefing.calc_sum", run.language), looks["head"])
    for place in range(1, len(_HEADS)):
        column = chr(ord("A") + place)
        formula = f"=SUM({column}{first + 1}:{column}{row})"
        sheet.write_formula(row, place, formula, looks["number"], sums[place])
    return row + 2


def _formulas(line: int, stage: str, cap: float) -> list[str]:
    """Return wanted seats, seats, short, spare, classes and cost of one line as formulas."""
    return [
        f"=B{line}*(1+reserve_rate)",
        f"=C{line}/{cap:g}*class_size_{stage}",
        f"=MAX(D{line}-E{line},0)",
        f"=MAX(E{line}-D{line},0)",
        f"=ROUNDUP(D{line}/class_size_{stage},0)",
        f"=F{line}*cost_per_seat",
    ]


def _numbers(
    required: float, available: float, cap: float, values: dict[str, float]
) -> list[float]:
    """Return what the formulas give before anything is changed."""
    wanted = required * (1 + values["reserve_rate"])
    short, spare = max(wanted - available, 0.0), max(available - wanted, 0.0)
    classes = float(math.ceil(wanted / cap))
    return [wanted, available, short, spare, classes, short * values["cost_per_seat"]]
