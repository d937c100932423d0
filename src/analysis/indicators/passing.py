"""The step of notebook 70: what it takes to pass, the cheapest path, and whether it lasts."""

from __future__ import annotations

import pandas as pd

from analysis.indicators.compliance import school_compliance, school_verdicts
from analysis.indicators.definitions import STAGES
from analysis.indicators.forward import forward
from analysis.indicators.gap_lists import gap_list_checks, gap_list_totals
from analysis.indicators.path import pass_path
from analysis.indicators.remedies import checked_remedies, remedy_totals, school_remedies
from analysis.indicators.steps import assessed_in, detailed_values, latest_year
from analysis.indicators.variation import variation
from analysis.indicators.verdicts import stage_verdict
from analysis.standards import RuleSet
from analysis.tables import Note, StepResult, Tables, contract

TABLES = (
    "school_remedies",
    "remedy_totals",
    "gap_list_totals",
    "gap_list_checks",
    "pass_path",
    "pass_path_status",
    "forward_indicators",
    "forward_variation",
    "forward_warnings",
)


def evaluated(tables: Tables, rules: RuleSet, *years: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``indicator_values`` (with town, owner, class) and ``variation`` of some years."""
    values = _values_in(tables, rules, *years)
    return values, variation(values, rules)


def judged(tables: Tables, rules: RuleSet, year: int) -> dict[str, str]:
    """Return the engine's verdict on the resources of each stage in one year."""
    rows = assessed_in(tables, rules, year)
    values = detailed_values(rows[rows["in_scope"]], rules)
    return _stage_verdicts(rows, values, variation(values, rules), rules)


def _stage_verdicts(
    rows: pd.DataFrame, values: pd.DataFrame, table: pd.DataFrame, rules: RuleSet
) -> dict[str, str]:
    """Return the verdict of each stage from assessed rows, their values and their variation."""
    compliance = school_compliance(rows, school_verdicts(values, rules))
    empty = contract("balance_2012").empty()
    return {
        stage: str(stage_verdict(compliance, table, empty, stage, rules)["verdict"])
        for stage in STAGES
    }


def remedies(
    tables: Tables,
    *,
    rules: RuleSet,
    school_year: int | None = None,
    plan_years: int = 5,
    scenario: str = "central",
    area: str = "",
) -> StepResult:
    """Say what it takes to pass, the cheapest way to it, and whether it lasts.

    Parameters
    ----------
    tables
        The results of :func:`analysis.indicators.indicators` and
        :func:`analysis.indicators.assessment`, with ``schools``, ``enrolment``, ``teachers``,
        ``facilities`` and ``gap_items``; for the years ahead ``seat_demand`` and
        ``plan_projects`` or ``projects``.
    rules
        Unit costs (norms ``cost_*``) and thresholds.
    school_year
        Assessed year.
    plan_years
        Years within which the county is to pass, and over which it is looked at forward.
    scenario
        Scenario of the forecast.
    area
        Code of the county for its rows.

    Returns
    -------
    StepResult
        The tables of :data:`TABLES`.
    """
    year = latest_year(tables, school_year)
    notes: list[Note] = []
    frames: dict[str, pd.DataFrame] = {name: pd.DataFrame() for name in TABLES}
    if year is None or not tables.has("schools"):
        missing = tables.missing("schools", "enrolment", "teachers", "facilities")
        notes.append(Note("remedies.no_schools", {}, missing, "gap"))
    else:
        every = assessed_in(tables, rules, year)
        rows = every[every["in_scope"]]
        values = detailed_values(rows, rules)
        today = values, variation(values, rules)
        frames |= needs(tables, rules, year, area, rows, values)
        before = _stage_verdicts(every, *today, rules)
        frames |= _path_frames(tables, rules, year, plan_years, rows, before)
        notes += _price_notes(frames["school_remedies"])
        if tables.has("seat_demand"):
            ahead = forward(
                tables,
                rules,
                base_year=year,
                years=plan_years,
                scenario=scenario,
                today=today,
                evaluate=lambda changed, when: evaluated(changed, rules, *when),
            )
            names = ("forward_indicators", "forward_variation", "forward_warnings")
            frames |= dict(zip(names, ahead, strict=True))
            notes.append(Note("remedies.forward_flat"))
        else:
            notes.append(Note("remedies.no_forecast", {}, ("births", "enrolment"), "gap"))
    if not tables.has("gap_items"):
        notes.append(Note("remedies.no_gap_list", {}, ("gap_items",), "info"))
    frames["gap_list_totals"] = gap_list_totals(tables["gap_items"], area)
    frames["gap_list_checks"] = gap_list_checks(tables["gap_items"])
    return StepResult({name: _framed(name, frame) for name, frame in frames.items()}, tuple(notes))


def _framed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    known = [column for column in contract(name).names if column in frame]
    return contract(name).frame(frame[known] if known else frame)


def needs(
    tables: Tables,
    rules: RuleSet,
    year: int,
    area: str,
    rows: pd.DataFrame,
    values: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Return ``school_remedies``, put back through the engine, and ``remedy_totals``.

    Parameters
    ----------
    rows, values
        Assessed rows in scope of the year, and their indicator values.
    """
    schools = tables["schools"]
    towns = dict(zip(schools["school_id"], schools["town_id"], strict=True))
    table = school_remedies(values, rows, tables["school_tests"], rules, year, towns)
    table = checked_remedies(
        table, tables, values, year, lambda changed: _values_in(changed, rules, year)
    )
    return {"school_remedies": table, "remedy_totals": remedy_totals(table, area)}


def _values_in(tables: Tables, rules: RuleSet, *years: int) -> pd.DataFrame:
    """Return the indicator values of some years."""
    rows = assessed_in(tables, rules, *years)
    return detailed_values(rows[rows["in_scope"]], rules)


def _path_frames(
    tables: Tables,
    rules: RuleSet,
    year: int,
    plan_years: int,
    rows: pd.DataFrame,
    before: dict[str, str],
) -> dict[str, pd.DataFrame]:
    actions, status = pass_path(
        tables,
        rows,
        rules,
        school_year=year,
        years=plan_years,
        judge=lambda changed: before if changed is tables else judged(changed, rules, year),
    )
    return {"pass_path": actions, "pass_path_status": status}


def _price_notes(table: pd.DataFrame) -> list[Note]:
    if table.empty or "price_grade" not in table:
        return []
    graded = table.dropna(subset=["price_grade"])
    tool = int((graded["price_grade"] == "tool").sum())
    old = graded["price_year"].min()
    notes = []
    if tool:
        values = {"count": tool, "all": len(graded)}
        notes.append(Note("remedies.tool_prices", values, (), "caution"))
    if pd.notna(old):
        notes.append(Note("remedies.price_years", {"year": int(old)}, (), "caution"))
    return notes
