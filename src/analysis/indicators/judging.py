"""The steps of the assessment: what notebooks 20 and 70 call."""

from __future__ import annotations

import pandas as pd

from analysis.indicators.class_sizes import class_groups, oversize_classes, oversize_years
from analysis.indicators.gap_lists import gap_list_checks, gap_list_totals
from analysis.indicators.judgements import assessment_items
from analysis.indicators.ratios import indicator_values
from analysis.indicators.recognition import recognition
from analysis.indicators.remedies import checked_remedies, remedy_totals, school_remedies
from analysis.indicators.school_tests import school_tests
from analysis.indicators.steps import assessed, latest_year
from analysis.indicators.targets import (
    rule_differences,
    run_actuals,
    standard_school_share,
    standard_schools,
    target_progress,
)
from analysis.indicators.verdicts import county_verdict
from analysis.standards import RuleSet, available, load
from analysis.tables import Note, StepResult, Tables, contract

ASSESSMENT_TABLES = (
    "assessment_items",
    "county_verdict",
    "recognition",
    "school_tests",
    "oversize_classes",
    "oversize_years",
    "target_progress",
    "standard_schools",
    "standard_school_share",
    "rule_differences",
)


def assessment(
    tables: Tables, *, rules: RuleSet, school_year: int | None = None, area: str = ""
) -> StepResult:
    """Judge the county: guarantees, quality, recognition, vetoes, eligibility, and the whole.

    Parameters
    ----------
    tables
        The results of :func:`indicators`, with ``county_facts``, ``survey``, ``special_rooms``,
        ``class_sizes`` or ``class_bands``, ``enrolment``, ``schools``, ``teachers``,
        ``facilities``. Whatever is absent leaves the items that need it undetermined.
    rules
        Rule set.
    school_year
        Assessed year; by default the newest with pupils, failing that the newest county fact.

    Returns
    -------
    StepResult
        The tables of :data:`ASSESSMENT_TABLES`.
    """
    del area
    year = latest_year(tables, school_year)
    judged_year = year if year is not None else _fact_year(tables, school_year)
    history = class_groups(tables)
    history = history[history["school_year"] <= judged_year]
    tests = school_tests(tables, rules, judged_year)
    current = {
        name: tables[name][tables[name]["school_year"] == judged_year]
        for name in ("school_compliance", "variation", "balance_2012")
    }
    survey = recognition(tables["survey"], rules, judged_year + 1)
    items = assessment_items(tables, tests, current["variation"], rules, judged_year)
    rows = assessed(tables, rules, judged_year) if tables.has("schools", "enrolment") else None
    inside = pd.DataFrame()
    if rows is not None:
        inside = rows[rows["in_scope"] & (rows["school_year"] == judged_year)]
    models = standard_schools(tables, inside, rules, judged_year)
    named = [load(name) for name in available() if name != rules.name]
    others = [other for other in named if other.find("cv_limit", "primary") is not None]
    frames = {
        "target_progress": target_progress(
            tables["targets"], run_actuals(tables["variation"], tables["county_facts"])
        ),
        "standard_schools": models,
        "standard_school_share": standard_school_share(models, rules, judged_year),
        "rule_differences": rule_differences(rules, others),
        "school_tests": tests,
        "oversize_classes": oversize_classes(history, rules),
        "oversize_years": oversize_years(history, rules),
        "recognition": survey,
        "assessment_items": items,
        "county_verdict": county_verdict(
            current["school_compliance"],
            current["variation"],
            current["balance_2012"],
            contract("assessment_items").frame(items),
            survey,
            rules,
        ),
    }
    notes = _assessment_notes(tables, survey, items)
    return StepResult(
        {name: contract(name).frame(frame) for name, frame in frames.items()}, tuple(notes)
    )


def _fact_year(tables: Tables, school_year: int | None) -> int:
    if school_year is not None:
        return school_year
    years = [*tables["county_facts"]["year"], *tables["totals"]["school_year"]]
    return int(max(years)) if years else 2100


def _assessment_notes(tables: Tables, survey: pd.DataFrame, items: pd.DataFrame) -> list[Note]:
    notes = []
    heads = items[items["test_no"] == 0]
    unknown = heads[heads["verdict"] == "undetermined"]
    if not unknown.empty:
        wanted = tables.missing("county_facts", "special_rooms", "class_sizes", "teachers")
        values = {"count": len(unknown), "all": len(heads)}
        notes.append(Note("assessment.undetermined_items", values, wanted, "gap"))
    if survey.empty:
        notes.append(Note("assessment.no_survey", {}, ("survey",), "gap"))
    else:
        groups = survey[survey["respondent_group"] != "all"]
        if groups["weight"].isna().all():
            notes.append(Note("assessment.unweighted_survey", {}, (), "caution"))
        if survey["channel"].nunique() < 2:
            notes.append(Note("assessment.one_channel", {}, ("survey",), "caution"))
    if not tables.has("class_sizes") and not tables.has("class_bands"):
        notes.append(Note("assessment.no_class_register", {}, ("class_sizes",), "gap"))
    return notes


REMEDY_TABLES = ("school_remedies", "remedy_totals", "gap_list_totals", "gap_list_checks")


def remedies(
    tables: Tables,
    *,
    rules: RuleSet,
    school_year: int | None = None,
    plan_years: int = 5,
    area: str = "",
) -> StepResult:
    """Say what it takes: quantities, prices, the check that they suffice, gap lists.

    Parameters
    ----------
    tables
        The results of :func:`analysis.indicators.indicators` and :func:`assessment`, with
        ``schools``, ``enrolment``, ``teachers``, ``facilities`` and ``gap_items``.
    rules
        Unit costs (norms ``cost_*``) and thresholds.
    school_year
        Assessed year.
    plan_years
        Years within which the county is to pass, and over which it is looked at forward.
    area
        Code of the county for its rows.

    Returns
    -------
    StepResult
        The tables of :data:`REMEDY_TABLES`.
    """
    del plan_years
    year = latest_year(tables, school_year)
    notes: list[Note] = []
    table = pd.DataFrame()
    if year is None or not tables.has("schools", "indicator_values"):
        missing = tables.missing("schools", "enrolment", "teachers", "facilities")
        notes.append(Note("remedies.no_schools", {}, missing, "gap"))
    else:
        rows = assessed(tables, rules, year)
        rows = rows[rows["in_scope"] & (rows["school_year"] == year)]
        values = tables["indicator_values"]
        values = values[values["school_year"] == year]

        def again(changed: Tables) -> pd.DataFrame:
            renewed = assessed(changed, rules, year)
            chosen = renewed["in_scope"] & (renewed["school_year"] == year)
            return indicator_values(renewed[chosen], rules)

        table = school_remedies(values, rows, tables["school_tests"], rules, year)
        table = checked_remedies(table, tables, values, year, again)
        notes += _remedy_notes(table)
    if not tables.has("gap_items"):
        notes.append(Note("remedies.no_gap_list", {}, ("gap_items",), "info"))
    frames = {
        "school_remedies": table,
        "remedy_totals": remedy_totals(table, area),
        "gap_list_totals": gap_list_totals(tables["gap_items"], area),
        "gap_list_checks": gap_list_checks(tables["gap_items"]),
    }
    return StepResult(
        {name: contract(name).frame(frame) for name, frame in frames.items()}, tuple(notes)
    )


def _remedy_notes(table: pd.DataFrame) -> list[Note]:
    if table.empty:
        return []
    graded = table.dropna(subset=["price_grade"])
    tool = int((graded["price_grade"] == "tool").sum())
    old = graded["price_year"].min()
    notes = []
    if tool:
        notes.append(
            Note("remedies.tool_prices", {"count": tool, "all": len(graded)}, (), "caution")
        )
    if pd.notna(old):
        notes.append(Note("remedies.price_years", {"year": int(old)}, (), "caution"))
    return notes
