"""The steps of the assessment: what notebook 20 calls."""

from __future__ import annotations

import pandas as pd

from analysis.indicators.basic_facts import declaration_basic
from analysis.indicators.class_sizes import class_groups, oversize_classes, oversize_years
from analysis.indicators.declaration import (
    declaration_balance,
    declaration_items,
    declaration_schools,
)
from analysis.indicators.definitions import norm_or_none
from analysis.indicators.judgements import assessment_items
from analysis.indicators.outline import self_assessment
from analysis.indicators.recognition import recognition
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
    "declaration_basic",
    "declaration_schools",
    "declaration_balance",
    "declaration_items",
    "self_assessment",
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
        for name in ("school_compliance", "variation", "balance_2012", "indicator_values")
    }
    survey = recognition(tables["survey"], rules, judged_year + 1)
    items = assessment_items(tables, tests, current["variation"], rules, judged_year)
    models = _models(tables, rules, judged_year)
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
    }
    framed_items = contract("assessment_items").frame(items)
    verdicts = county_verdict(
        current["school_compliance"],
        current["variation"],
        current["balance_2012"],
        framed_items,
        survey,
        rules,
        frames["standard_school_share"],
    )
    basic = declaration_basic(tables, rules, judged_year)
    frames |= {
        "county_verdict": verdicts,
        "declaration_basic": basic,
        "declaration_schools": declaration_schools(
            current["indicator_values"], current["school_compliance"], rules
        ),
        "declaration_balance": declaration_balance(current["variation"], rules),
        "declaration_items": declaration_items(framed_items, survey, rules),
        "self_assessment": self_assessment(
            verdicts,
            basic,
            current["school_compliance"],
            current["variation"],
            framed_items,
        ),
    }
    notes = _assessment_notes(tables, survey, items)
    return StepResult(
        {name: contract(name).frame(frame) for name, frame in frames.items()}, tuple(notes)
    )


def _models(tables: Tables, rules: RuleSet, year: int) -> pd.DataFrame:
    """Return ``standard_schools``, empty where the rules have no model or there is no school."""
    has_model = norm_or_none(rules, "standard_school_pupils", "primary") is not None
    if not has_model or not tables.has("schools", "enrolment"):
        return pd.DataFrame()
    rows = assessed(tables, rules, year)
    return standard_schools(
        tables, rows[rows["in_scope"] & (rows["school_year"] == year)], rules, year
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
