"""The verdict of the county: each dimension, and the whole (县级结论)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import wording
from analysis.indicators.definitions import STAGES, norm_or_none
from analysis.indicators.items import titles
from analysis.indicators.judgements import all_of
from analysis.standards import RuleSet
from analysis.terms import label

_DIMENSIONS = ("guarantee", "quality", "veto", "eligibility")
_COUNTED = ("met", "not_met", "undetermined")


_LANGUAGES = ("zh", "en")


def listed(parts: list[str], language: str) -> str | None:
    """Return parts as one text, None where there is none."""
    return ("；" if language == "zh" else "; ").join(parts) or None


def _reasons(said: list[tuple[str, dict[str, tuple[str, str]]]]) -> dict[str, str | None]:
    """Return ``reason_zh`` and ``reason_en`` of keys with values in Chinese and English."""
    return {
        f"reason_{language}": listed(
            [
                wording.say(
                    f"assessment.{key}", language, **{k: v[place] for k, v in values.items()}
                )
                for key, values in said
            ],
            language,
        )
        for place, language in enumerate(_LANGUAGES)
    }


def _named(family: str, codes: list[str]) -> dict[str, str | None]:
    return {
        f"reason_{lang}": listed([label(family, code, lang) for code in codes], lang)
        for lang in _LANGUAGES
    }


def _words(family: str, codes: list[str]) -> tuple[str, str]:
    zh, en = ([label(family, code, lang) for code in codes] for lang in _LANGUAGES)
    return "、".join(zh), ", ".join(en)


def _counts(verdicts: pd.Series[str]) -> dict[str, float]:
    return {word: float((verdicts == word).sum()) for word in _COUNTED}


def stage_verdict(
    compliance: pd.DataFrame,
    variation: pd.DataFrame,
    balance: pd.DataFrame,
    stage: str,
    rules: RuleSet,
) -> dict[str, Any]:
    """Judge the resources of one stage of the assessed year.

    Under rules with a limit for each indicator (2017): every school in scope passes and every CV
    does. Under rules without one (2012): the composite does. Under rules without any (保定 2010)
    nothing is asked of a stage. A stage without schools in scope is not applicable.
    """
    schools = compliance[(compliance["stage"] == stage) & compliance["in_scope"]]
    cvs = variation[(variation["stage"] == stage) & (variation["population"] == "all")]
    if norm_or_none(rules, "cv_limit", stage) is None:
        cvs = balance[(balance["stage"] == stage) & (balance["indicator"] == "composite")]
        if norm_or_none(rules, "composite_cv_limit", stage) is None:
            cvs = cvs.iloc[:0]
    verdicts = pd.concat([schools["verdict"], cvs["verdict"]], ignore_index=True)
    verdict = all_of(verdicts) if not schools.empty else "not_applicable"
    if compliance.empty:
        verdict = "undetermined"  # nothing was given, so nothing has been shown
    said: list[tuple[str, dict[str, tuple[str, str]]]] = []
    for key, word in (("reason_schools", "not_met"), ("reason_unknown", "undetermined")):
        count = str(int((schools["verdict"] == word).sum()))
        if count != "0":
            said.append((key, {"count": (count, count)}))
    for key, word in (("reason_variation", "not_met"), ("reason_no_variation", "undetermined")):
        codes = list(dict.fromkeys(cvs.loc[cvs["verdict"] == word, "indicator"]))
        if codes:
            said.append((key, {"indicators": _words("indicator", codes)}))
    if compliance.empty:
        said.append(("reason_no_schools", {}))
    missing = {c for text in schools["missing"].dropna() for c in text.split(", ")}
    if compliance.empty:
        missing = {"schools", "enrolment"}
    return {
        "dimension": "resources",
        "stage": stage,
        "verdict": verdict,
        **_counts(verdicts),
        **_reasons(said),
        "missing": ", ".join(sorted(missing)) or None,
    }


def county_verdict(
    compliance: pd.DataFrame,
    variation: pd.DataFrame,
    balance: pd.DataFrame,
    items: pd.DataFrame,
    recognition: pd.DataFrame,
    rules: RuleSet,
    shares: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the verdict of every dimension and of the whole.

    A dimension fails as soon as one of its parts does, and is undetermined while one that could
    fail it is unknown. One veto makes the whole "not met" whatever the rest. ``shares`` are rows
    of ``standard_school_share``: where there are any, the city-wide target decides on resources.
    """
    rows = [stage_verdict(compliance, variation, balance, s, rules) for s in STAGES]
    rows.append(_resources(rows) if shares is None or shares.empty else _standard(shares))
    heads = items[items["test_no"] == 0]
    for dimension in _DIMENSIONS:
        part = heads[heads["dimension"] == dimension]
        verdict = all_of(part["verdict"])
        failing = part.loc[part["verdict"] == "not_met", "item"]
        rows.append(
            {
                "dimension": dimension,
                "stage": "all",
                "verdict": verdict,
                **_counts(part["verdict"]),
                **{
                    f"reason_{lang}": listed([titles()[item][place] for item in failing], lang)
                    for place, lang in enumerate(_LANGUAGES)
                },
                "missing": ", ".join(part.loc[part["verdict"] == "undetermined", "item"]) or None,
            }
        )
    rows.append(_recognition(recognition))
    whole = all_of(r["verdict"] for r in rows if r["stage"] == "all")
    failing_parts = [r["dimension"] for r in rows if r["stage"] == "all" and _fails(r)]
    unknown = [
        r["dimension"] for r in rows if r["stage"] == "all" and r["verdict"] == "undetermined"
    ]
    rows.append(
        {
            "dimension": "overall",
            "stage": "all",
            "verdict": whole,
            **_named("dimension", failing_parts),
            "missing": ", ".join(unknown) or None,
        }
    )
    return pd.DataFrame(rows)


def _fails(row: dict[str, Any]) -> bool:
    return bool(row["verdict"] == "not_met")


def _resources(stages: list[dict[str, Any]]) -> dict[str, Any]:
    # a county none of whose schools is in scope has nothing to test; one without data has, but a
    # stage without data is undetermined already
    verdict = all_of(r["verdict"] for r in stages)
    return {
        "dimension": "resources",
        "stage": "all",
        "verdict": verdict,
        **{word: sum(r[word] for r in stages) for word in _COUNTED},
        **_named("stage", [r["stage"] for r in stages if _fails(r)]),
        "missing": ", ".join(r["stage"] for r in stages if r["verdict"] == "undetermined") or None,
    }


def _standard(shares: pd.DataFrame) -> dict[str, Any]:
    """Return the row of resources under rules that ask for a share of standard schools."""
    row = shares[shares["target_name"] == "standard_school_share_target"].iloc[0]
    failing = row["schools"] - row["standard"] - row["undetermined"]
    short = f"{row['schools_short']:.0f}"
    said = [("reason_standard", {"count": (short, short)})] if row["verdict"] == "not_met" else []
    return {
        "dimension": "resources",
        "stage": "all",
        "verdict": str(row["verdict"]),
        "met": float(row["standard"]),
        "not_met": float(failing),
        "undetermined": float(row["undetermined"]),
        **_reasons(said),
        "missing": "facilities" if row["verdict"] == "undetermined" else None,
    }


def _recognition(recognition: pd.DataFrame) -> dict[str, Any]:
    row: dict[str, Any] = {"dimension": "recognition", "stage": "all", "verdict": "undetermined"}
    if recognition.empty:
        return row | {"met": 0.0, "not_met": 0.0, "undetermined": 1.0, "missing": "survey"}
    totals = recognition[recognition["respondent_group"] == "all"]
    failing = list(totals.loc[totals["verdict"] == "not_met", "channel"])
    return row | {
        "verdict": all_of(totals["verdict"]),
        **_counts(totals["verdict"]),
        **_named("survey_channel", failing),
    }
