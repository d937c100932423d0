"""The declaration tables with official rounding, and the outline of the self-assessment report."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from analysis.indicators.definitions import SEVEN_CODES, is_given, number_or_none
from analysis.standards import RuleSet
from analysis.tables import Tables

_FORMS = {"guarantee": "IV", "quality": "V"}
_KINDS = (
    ("primary", "小学", "Primary schools"),
    ("junior", "初级中学", "Junior secondary schools"),
    ("nine_year", "九年一贯制学校", "Nine-year schools"),
    ("complete_secondary", "完全中学", "Complete secondary schools"),
    ("twelve_year", "十二年一贯制学校", "Twelve-year schools"),
    ("special", "特殊教育学校", "Special schools"),
    ("teaching_point", "教学点", "Teaching points"),
)


def rounded(value: Any, decimals: float) -> str | None:
    """Write a number as it is declared: halves go up, as the forms do; missing stays missing.

    >>> rounded(0.5145, 3), rounded(2.345, 2)
    ('0.515', '2.35')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    step = Decimal(1).scaleb(-int(decimals))
    # the shortest decimal that is this float, so that 2.345 rounds as it is printed
    return str(Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_UP))


def declaration_schools(values: pd.DataFrame, compliance: pd.DataFrame, rules: RuleSet) -> Any:
    """Return form II: every school in scope with its rounded values; pass is judged unrounded."""
    if values.empty:
        return pd.DataFrame()
    whole = number_or_none(rules, "declaration_decimals_whole") or 0
    fine = number_or_none(rules, "declaration_decimals_value") or 2
    cells = {
        (row["school_id"], row["stage"], row["indicator"]): row for row in values.to_dict("records")
    }
    rows = []
    for school in compliance[compliance["in_scope"]].to_dict("records"):
        own = {c: cells.get((school["school_id"], school["stage"], c)) for c in SEVEN_CODES}
        unmet = [c for c, cell in own.items() if cell is not None and cell["verdict"] == "not_met"]
        passes = {"met": "1", "not_met": "0"}.get(str(school["verdict"]))
        rows.append(
            {
                "school_id": school["school_id"],
                "stage": school["stage"],
                **{
                    code: rounded(
                        None if cell is None else cell["value"], whole if code == "L6" else fine
                    )
                    for code, cell in own.items()
                },
                "unmet": ", ".join(unmet) or None,
                "indicators_met": school["indicators_met"],
                "passes": passes,
            }
        )
    return pd.DataFrame(rows)


def declaration_balance(variation: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Return form III: county value and CV of each indicator, as declared."""
    cv = number_or_none(rules, "declaration_decimals_cv") or 3
    fine = number_or_none(rules, "declaration_decimals_value") or 2
    rows = variation[variation["population"] == "all"]
    return pd.DataFrame(
        [
            {
                "stage": row["stage"],
                "indicator": row["indicator"],
                "county_value": rounded(row["county_value"], fine),
                "cv": rounded(row["cv"], cv),
                "cv_limit": rounded(row["cv_limit"], 2),
                "verdict": row["verdict"],
            }
            for row in rows.to_dict("records")
        ]
    )


def _share_or_value(value: Any, threshold: Any, rules: RuleSet) -> str | None:
    """Write a share in percent with its decimals, any other value with those of values."""
    if not is_given(value):
        return None
    if is_given(threshold) and 0 < abs(float(threshold)) <= 1:
        decimals = number_or_none(rules, "declaration_decimals_share") or 1
        return f"{rounded(float(value) * 100, decimals)}%"
    return rounded(value, number_or_none(rules, "declaration_decimals_value") or 2)


def declaration_items(
    items: pd.DataFrame, recognition: pd.DataFrame, rules: RuleSet
) -> pd.DataFrame:
    """Return forms IV (guarantee), V (quality) and VI (recognition by channel)."""
    heads = items[(items["test_no"] == 0) & items["dimension"].isin(list(_FORMS))]
    rows = [
        {
            "form": _FORMS[str(row["dimension"])],
            **{name: row[name] for name in ("item", "title_zh", "title_en", "verdict")},
            "value": _share_or_value(row["value"], row["threshold"], rules),
            "threshold": _share_or_value(row["threshold"], row["threshold"], rules),
            "evidence": row["evidence"],
        }
        for row in heads.to_dict("records")
    ]
    if recognition.empty:
        return pd.DataFrame(rows)
    totals = recognition[recognition["respondent_group"] == "all"]
    rows += [
        {
            "form": "VI",
            "item": row["channel"],
            "value": _share_or_value(row["share"], row["threshold"], rules),
            "threshold": _share_or_value(row["threshold"], row["threshold"], rules),
            "verdict": row["verdict"],
        }
        for row in totals.to_dict("records")
    ]
    return pd.DataFrame(rows)


def declaration_basic(tables: Tables, school_year: int) -> pd.DataFrame:
    """Return form I: people, schools by kind, classes, pupils and teachers, as far as known."""
    rows: list[tuple[str, str, float | None, str, str | None]] = []
    people = tables["population"]
    people = people[people["year"] <= school_year + 1]
    for basis, zh, en in (
        ("resident", "常住人口", "Residents"),
        ("registered", "户籍人口", "Registered"),
    ):
        part = people[people["basis"] == basis]
        part = part[part["year"] == part["year"].max()]
        towns = part[part["town_id"].isin(tables["towns"]["town_id"])]
        known = (towns if len(towns) == len(tables["towns"]) and len(towns) else part)["persons"]
        total = float(known.sum()) if len(known) and known.notna().all() else None
        rows.append((zh, en, total, "人", "population"))
    towns_known = float(len(tables["towns"])) if len(tables["towns"]) else None
    rows.append(("乡镇街道数", "Towns", towns_known, "个", "towns"))
    schools = tables["schools"]
    open_now = schools[~(schools["closed_year"] <= school_year)]
    for kind, zh, en in _KINDS:
        count = float((open_now["kind"] == kind).sum()) if len(schools) else None
        rows.append((zh, en, count, "所", "schools"))
    enrolment = tables["enrolment"]
    enrolment = enrolment[enrolment["school_year"] == school_year]
    staff = tables["teachers"]
    staff = staff[staff["school_year"] == school_year]
    for grades, stage, zh, en in (
        ((1, 6), "primary", "小学", "primary"),
        ((7, 9), "junior", "初中", "junior"),
    ):
        part = enrolment[enrolment["grade"].between(*grades)]
        for column, word, english, unit in (
            ("classes", "班数", "classes", "个"),
            ("pupils", "在校生数", "pupils", "人"),
        ):
            rows.append((zh + word, f"{english}, {en}", _total(part[column]), unit, "enrolment"))
        teachers = staff.loc[staff["stage"] == stage, "full_time"]
        rows.append(
            (zh + "专任教师数", f"full-time teachers, {en}", _total(teachers), "人", "teachers")
        )
    return pd.DataFrame(
        [
            {
                "row": number,
                "title_zh": zh,
                "title_en": en[0].upper() + en[1:],
                "value": rounded(value, 0),
                "unit": unit,
                "source": source if value is not None else None,
            }
            for number, (zh, en, value, unit, source) in enumerate(rows, start=1)
        ]
    )


def _total(values: pd.Series[float]) -> float | None:
    """Return the sum, None where nothing is given or a part is unknown."""
    return float(values.sum()) if len(values) and bool(values.notna().all()) else None


#: Sections of the report (大足 2019, adapted to 2017): heading and the tables each rests on.
_SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("前言", "Foreword", ()),
    ("基本情况", "Basic facts", ("declaration_basic",)),
    (
        "资源配置",
        "Resources",
        ("declaration_schools", "declaration_balance", "school_compliance", "variation"),
    ),
    ("政府保障程度", "Government guarantee", ("assessment_items", "declaration_items")),
    ("教育质量", "Quality", ("assessment_items", "declaration_items")),
    ("社会认可度", "Social recognition", ("recognition",)),
    ("一票否决自查", "Self-check of vetoes", ("assessment_items",)),
    ("问题与整改", "Problems and remedies", ("school_remedies", "oversize_classes")),
    ("附表", "Annexes", ("declaration_schools", "declaration_balance", "declaration_items")),
)
_WORDS = {
    "met": ("达到", "met"),
    "not_met": ("未达到", "not met"),
    "undetermined": ("无法判定", "undetermined"),
    "not_applicable": ("不适用", "not applicable"),
}
_OF_SECTION = {
    2: ("resources",),
    3: ("guarantee",),
    4: ("quality",),
    5: ("recognition",),
    6: ("veto",),
    7: ("overall",),
}


def self_assessment(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return the outline: sections with the tables they rest on and the verdict they state.

    Parameters
    ----------
    verdicts
        Rows of ``county_verdict``.
    """
    whole = verdicts[verdicts["stage"] == "all"].set_index("dimension")
    rows: list[dict[str, Any]] = []
    for number, (zh, en, tables) in enumerate(_SECTIONS, start=1):
        row: dict[str, Any] = {
            "section": number,
            "row": 0,
            "heading_zh": zh,
            "heading_en": en,
            "tables": ", ".join(tables) or None,
        }
        for dimension in _OF_SECTION.get(number - 1, ()):
            found = whole.loc[dimension]
            verdict = _WORDS[str(found["verdict"])]
            row["text_zh"] = f"结论：{verdict[0]}"
            row["text_en"] = f"Verdict: {verdict[1]}"
            row["missing"] = found["missing"] if is_given(found["missing"]) else None
        rows.append(row)
    return pd.DataFrame(rows)
