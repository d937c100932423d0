"""What ``xuewei assess`` prints: the documented JSON, and the same in a few lines."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis.errors import ParameterError, StandardsError
from analysis.indicators.definitions import EIGHT, SEVEN_CODES, STAGES, norm_or_none
from analysis.indicators.judging import assessment
from analysis.indicators.steps import assessed, eight_values, indicators, latest_year
from analysis.standards import RuleSet, available, load
from analysis.tables import StepResult, Tables

_SCHEMA = 1
#: Tables given whole, row by row, under the names of their contracts.
_WHOLE = ("school_tests", "oversize_years", "standard_schools", "standard_school_share")


def assess_report(tables: Tables, rules: RuleSet, school_year: int | None = None) -> dict[str, Any]:
    """Return the assessment as plain values (schema in ``docs/assess-json.md``).

    Parameters
    ----------
    tables
        Canonical tables; whatever is there.
    rules
        Rule set.
    school_year
        Assessed year; by default the newest with pupils.

    Returns
    -------
    dict
        ``rules``, ``county`` (verdict on resources and its stages), ``schools``; and, beyond
        those, ``school_year``, ``assessment`` (dimensions, items, recognition) and ``schema``.
        A number that is not known is None.

    Raises
    ------
    StandardsError
        The rule set holds no rules of an assessment.
    ParameterError
        There are pupils, but none of that school year.
    """
    if rules.find("l1_threshold", "primary") is None:
        others = [name for name in available() if load(name).find("l1_threshold", "primary")]
        msg = f"{rules.name} is no rule set of an assessment. Rule sets: {', '.join(others)}."
        raise StandardsError(msg)
    years = sorted({int(year) for year in tables["enrolment"]["school_year"]})
    if school_year is not None and years and school_year not in years:
        msg = f"No pupils of school year {school_year}. There are: {', '.join(map(str, years))}."
        raise ParameterError(msg)
    year = latest_year(tables, school_year)
    first = indicators(tables, rules=rules, school_year=school_year)
    with_first = tables.with_tables(first.tables)
    second = assessment(with_first, rules=rules, school_year=year)
    verdicts = second["county_verdict"]
    resources = {
        str(row["stage"]): row
        for row in verdicts[verdicts["dimension"] == "resources"].to_dict("records")
    }
    return {
        "schema": _SCHEMA,
        "rules": rules.name,
        "school_year": year,
        "county": {
            **_why(resources["all"]),
            "stages": {
                stage: _why(resources[stage])
                | _stage(first, rules, stage, year, str(resources[stage]["verdict"]))
                for stage in STAGES
            },
        },
        "schools": _schools(first["school_compliance"], _values(tables, first, rules, year), year),
        "assessment": _assessment(second),
        **{
            name: [
                {k: _plain(v) for k, v in row.items()}
                for row in second[name].drop(columns=["source"], errors="ignore").to_dict("records")
            ]
            for name in _WHOLE
        },
    }


def _why(row: dict[Any, Any]) -> dict[str, Any]:
    """Return a verdict with its reason in both languages and what is missing."""
    return {
        "verdict": str(row["verdict"]),
        "reason": {lang: _plain(row[f"reason_{lang}"]) for lang in ("zh", "en")},
        "missing": [] if pd.isna(row["missing"]) else str(row["missing"]).split(", "),
    }


def _plain(value: object) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA:
        return None
    return value.item() if hasattr(value, "item") else value


def _stage(
    first: StepResult, rules: RuleSet, stage: str, year: int | None, verdict: str
) -> dict[str, Any]:
    if norm_or_none(rules, "cv_limit", stage) is None:
        if norm_or_none(rules, "composite_cv_limit", stage) is None:
            return {"cv": {}, "cv_met": {}}
        table = first["balance_2012"]
        codes = (*(i.code for i in EIGHT), "composite")
    else:
        table = first["variation"]
        table = table[table["population"] == "all"]
        codes = SEVEN_CODES
    rows = table[(table["stage"] == stage) & (table["school_year"] == year)]
    by_code = {str(row["indicator"]): row for row in rows.to_dict("records")}
    return {
        "cv": {code: _plain(by_code[code]["cv"]) if code in by_code else None for code in codes},
        "cv_met": {
            code: str(by_code[code]["verdict"]) if code in by_code else verdict_without(verdict)
            for code in codes
        },
    }


def verdict_without(stage_verdict: str) -> str:
    """Return the word for an indicator that has no row: as unknown as its stage."""
    return stage_verdict if stage_verdict == "not_applicable" else "undetermined"


def _values(tables: Tables, first: StepResult, rules: RuleSet, year: int | None) -> pd.DataFrame:
    """Return the values by school that the rules compare: the seven, or the eight of 2012."""
    composite = norm_or_none(rules, "composite_cv_limit", "primary") is not None
    if norm_or_none(rules, "cv_limit", "primary") is None and composite and year is not None:
        values = eight_values(assessed(tables, rules, year), rules)
    else:
        values = first["indicator_values"]
    return values[values["school_year"] == year]


def _schools(
    compliance: pd.DataFrame, values: pd.DataFrame, year: int | None
) -> list[dict[str, Any]]:
    compliance = compliance[compliance["school_year"] == year]
    groups = dict(iter(values.groupby(["school_id", "stage"], sort=False)))
    found = []
    for row in compliance.to_dict("records"):
        own = groups.get((row["school_id"], row["stage"]))
        cells = {} if own is None else {r["indicator"]: r for r in own.to_dict("records")}
        found.append(
            {
                "school_id": row["school_id"],
                "stage": row["stage"],
                "in_scope": bool(row["in_scope"]),
                "scope_reason": row["scope_reason"],
                "values": {c: _plain(cell["value"]) for c, cell in cells.items()},
                "met": {c: str(cell["verdict"]) for c, cell in cells.items()},
                "shortfall": {c: _plain(cell["shortfall"]) for c, cell in cells.items()},
                "verdict": row["verdict"],
                "near_miss": bool(row["near_miss"]),
                "passes_by_rounding": bool(row["passes_by_rounding"]),
                "missing": [] if pd.isna(row["missing"]) else str(row["missing"]).split(", "),
            }
        )
    return found


def _assessment(second: StepResult) -> dict[str, Any]:
    verdicts = second["county_verdict"]
    heads = second["assessment_items"]
    heads = heads[heads["test_no"] == 0]
    whole = verdicts[verdicts["stage"] == "all"].set_index("dimension")
    return {
        "verdict": str(whole["verdict"].get("overall", "undetermined")),
        "dimensions": {
            str(name): str(verdict)
            for name, verdict in whole["verdict"].items()
            if name != "overall"
        },
        "items": [
            {
                name: _plain(row[name])
                for name in ("item", "dimension", "value", "threshold", "verdict", "missing")
            }
            for row in heads.to_dict("records")
        ],
        "recognition": [
            {name: _plain(row[name]) for name in ("channel", "respondent_group", "share")}
            | {"lower": _plain(row["lower"]), "upper": _plain(row["upper"])}
            | {"verdict": row["verdict"]}
            for row in second["recognition"].to_dict("records")
        ],
    }


def assess_lines(report: dict[str, Any]) -> list[str]:
    """Return the report as lines of text: county, stages, schools that do not pass."""
    lines = [
        f"{report['rules']}  {report['school_year'] or '-'}",
        f"资源配置 resources: {report['county']['verdict']}",
        f"总体 overall: {report['assessment']['verdict']}",
    ]
    for stage, part in report["county"]["stages"].items():
        lines.append(f"{stage}: {part['verdict']}")
        cells = [
            f"{code} {'-' if cv is None else format(cv, '.3f')} {part['cv_met'][code]}"
            for code, cv in part["cv"].items()
        ]
        lines.append("  CV  " + "; ".join(cells))
    for name, verdict in report["assessment"]["dimensions"].items():
        lines.append(f"{name}: {verdict}")
    for school in report["schools"]:
        if school["verdict"] == "met":
            continue
        short = [
            f"{code} {'-' if value is None else format(value, ',.2f')}"
            for code, value in school["shortfall"].items()
            if school["met"].get(code) != "met"
        ]
        why = school["scope_reason"] if not school["in_scope"] else "; ".join(short)
        lines.append(f"{school['school_id']} {school['stage']}: {school['verdict']}  {why}")
    return lines
