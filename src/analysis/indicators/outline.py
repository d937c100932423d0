"""The outline of the self-assessment report (自评报告提纲), with what the tables let it say."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import wording
from analysis.indicators.definitions import is_given
from analysis.indicators.items import titles
from analysis.terms import label

#: Sections of the report (大足 2019, adapted to 2017): key of the heading, the dimension whose
#: verdict it states, the tables it rests on.
_SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("foreword", "", ("county_verdict",)),
    ("basics", "", ("declaration_basic",)),
    (
        "resources",
        "resources",
        ("declaration_schools", "declaration_balance", "school_compliance", "variation"),
    ),
    ("guarantee", "guarantee", ("assessment_items", "declaration_items", "school_tests")),
    ("quality", "quality", ("assessment_items", "declaration_items")),
    ("recognition", "recognition", ("recognition", "declaration_items")),
    ("veto", "veto", ("assessment_items",)),
    ("remedies", "overall", ("school_remedies", "remedy_totals", "oversize_classes")),
    ("annexes", "", ("declaration_schools", "declaration_balance", "declaration_items")),
)
_LANGUAGES = ("zh", "en")
Texts = dict[str, str]


def _said(key: str, **values: Any) -> Texts:
    """Return a sentence in both languages; a value may be a pair of Chinese and English."""
    return {
        f"text_{lang}": wording.say(
            f"assessment.{key}",
            lang,
            **{k: v[place] if isinstance(v, tuple) else v for k, v in values.items()},
        )
        for place, lang in enumerate(_LANGUAGES)
    }


def _pair(family: str, code: str) -> tuple[str, str]:
    return label(family, code, "zh"), label(family, code, "en")


def _titles(codes: list[str]) -> tuple[str, str]:
    named = [titles().get(code, (code, code)) for code in codes]
    return "；".join(n[0] for n in named), "; ".join(n[1] for n in named)


def self_assessment(
    verdicts: pd.DataFrame,
    basic: pd.DataFrame,
    compliance: pd.DataFrame,
    variation: pd.DataFrame,
    items: pd.DataFrame,
) -> pd.DataFrame:
    """Return the outline: sections with their tables (row 0) and the sentences of each.

    Parameters
    ----------
    verdicts
        Rows of ``county_verdict``.
    basic
        Rows of ``declaration_basic``.
    compliance, variation
        ``school_compliance`` and ``variation`` of the assessed year.
    items
        Rows of ``assessment_items``.
    """
    whole = verdicts[verdicts["stage"] == "all"].set_index("dimension")
    rows: list[dict[str, Any]] = []
    for number, (key, dimension, tables) in enumerate(_SECTIONS, start=1):
        heading = _said(f"outline_{key}")
        head: dict[str, Any] = {
            "section": number,
            "row": 0,
            "heading_zh": heading["text_zh"],
            "heading_en": heading["text_en"],
            "tables": ", ".join(tables),
        }
        if dimension:
            found = whole.loc[dimension]
            zh, en = _pair("verdict", str(found["verdict"]))
            head |= _said("outline_verdict", verdict=(zh, en.lower()))
            head["missing"] = found["missing"] if is_given(found["missing"]) else None
        said: list[Texts] = []
        if key == "foreword":
            said = [_said("outline_foreword_text")]
        elif key == "basics":
            said = _basics(basic)
        elif key == "resources":
            said = [*_schools(compliance), *_variation(variation)]
        elif key in ("guarantee", "quality", "veto"):
            said = _items(items, key)
        elif key == "remedies":
            said = _remedies(whole)
        rows.append(head)
        rows += [
            {**head, "row": place, "tables": None, "missing": None, **text}
            for place, text in enumerate(said, start=1)
        ]
    return pd.DataFrame(rows)


def _fact(row: dict[Any, Any], language: str) -> str:
    decimals = len(str(row["value"]).partition(".")[2])
    number = wording.number(float(row["value"]), language, decimals)
    unit = label("form_unit", str(row["unit"]), language)
    if language == "en" and row["unit"] in ("个", "所"):
        unit = ""  # the title says what is counted
    return f"{row[f'title_{language}']} {number} {unit}".rstrip()


def _basics(basic: pd.DataFrame) -> list[Texts]:
    known = basic.dropna(subset=["value"])
    if known.empty:
        return []
    parts = {lang: [_fact(row, lang) for row in known.to_dict("records")] for lang in _LANGUAGES}
    return [_said("outline_basics_text", facts=("，".join(parts["zh"]), ", ".join(parts["en"])))]


def _schools(compliance: pd.DataFrame) -> list[Texts]:
    said = []
    inside = compliance[compliance["in_scope"]] if not compliance.empty else compliance
    for stage in ("primary", "junior"):
        rows = inside[inside["stage"] == stage] if not inside.empty else inside
        if rows.empty:
            continue
        counts = {w: int((rows["verdict"] == w).sum()) for w in ("met", "not_met", "undetermined")}
        said.append(
            _said("outline_schools_text", stage=_pair("stage", stage), all=len(rows), **counts)
        )
    return said


def _variation(variation: pd.DataFrame) -> list[Texts]:
    said = []
    whole = variation[variation["population"] == "all"] if not variation.empty else variation
    for stage in ("primary", "junior"):
        rows = whole[whole["stage"] == stage] if not whole.empty else whole
        if rows.empty:
            continue
        if (rows["verdict"] == "not_applicable").all():
            said.append(_said("outline_variation_none", stage=_pair("stage", stage)))
            continue
        over = rows.loc[rows["verdict"] == "not_met", "indicator"]
        pairs = [_pair("indicator", str(code)) for code in over]
        named = ("、".join(p[0] for p in pairs), ", ".join(p[1] for p in pairs))
        key = "outline_variation_over" if pairs else "outline_variation_text"
        met = int((rows["verdict"] == "met").sum())
        values = {"stage": _pair("stage", stage), "met": met, "all": len(rows)}
        said.append(_said(key, **values, **({"indicators": named} if pairs else {})))
    return said


def _items(items: pd.DataFrame, dimension: str) -> list[Texts]:
    heads = items[(items["test_no"] == 0) & (items["dimension"] == dimension)]
    counts = {w: int((heads["verdict"] == w).sum()) for w in ("met", "not_met", "undetermined")}
    veto = dimension == "veto"  # an item of the vetoes that is met is a veto that was not found
    said = [_said("outline_veto_text" if veto else "outline_items_text", all=len(heads), **counts)]
    for word in ("not_met", "undetermined"):
        codes = list(heads.loc[heads["verdict"] == word, "item"])
        kind = "veto" if veto and word == "not_met" else "items"
        if codes:
            said.append(_said(f"outline_{kind}_{word}", titles=_titles(codes)))
    return said


def _remedies(whole: pd.DataFrame) -> list[Texts]:
    """Return every dimension that is not met with its reason."""
    said = []
    for dimension, row in whole[whole["verdict"] == "not_met"].iterrows():
        if dimension == "overall" or not is_given(row["reason_zh"]):
            continue
        reason = (str(row["reason_zh"]), str(row["reason_en"]))
        if dimension == "veto":
            said.append(_said("outline_problem_veto", reason=reason))
            continue
        said.append(
            _said(
                "outline_problem_text",
                dimension=_pair("dimension", str(dimension)),
                reason=reason,
            )
        )
    return said
