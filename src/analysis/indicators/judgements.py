"""The county's items judged: numbers where there are numbers, evidence where documents decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from analysis.indicators.definitions import at_least, at_most, is_given, number_or_none
from analysis.indicators.items import Item, ItemTest, fact_keys, items, key_of_title
from analysis.standards import RuleSet
from analysis.tables import Tables

Fact = dict[Any, Any]
_TESTS_OF = {
    "special_rooms": ("music_rooms", "art_rooms"),
    "school_size": ("school_size",),
    "class_size": ("class_size",),
    "trained": ("trained",),
    "certified": ("certified",),
    "training_funds": ("training_funds",),
}
_TABLE_OF = {
    "special_rooms": "special_rooms",
    "school_size": "enrolment",
    "class_size": "class_sizes",
    "trained": "teachers",
    "certified": "teachers",
    "training_funds": "facilities",
    "variation": "facilities",
}


def all_of(verdicts: Iterable[str]) -> str:
    """Return the verdict of several that must all be met: failing beats unknown beats met."""
    found = [v for v in verdicts if v != "not_applicable"]
    if "not_met" in found:
        return "not_met"
    if "undetermined" in found:
        return "undetermined"
    return "met" if found else "not_applicable"


def facts(tables: Tables, year: int) -> dict[str, Fact]:
    """Return the newest row of every known fact and item, by key, not after ``year``."""
    rows = tables["county_facts"]
    keys = rows["indicator"].map(key_of_title())
    rows = rows.assign(key=keys)[keys.notna() & (rows["year"] <= year)]
    rows = rows.sort_values("year").drop_duplicates("key", keep="last")
    return {str(row["key"]): row for row in rows.to_dict("records")}


def _value(found: Mapping[str, Fact], key: str) -> float | None:
    fact = found.get(key)
    if fact is None or not is_given(fact["value"]):
        return None
    return float(fact["value"])


def _sum(found: Mapping[str, Fact], keys: tuple[str, ...]) -> float | None:
    total = 0.0
    for key in keys:
        value = _value(found, key.removeprefix("-"))
        if value is None:
            return None
        total += -value if key.startswith("-") else value
    return total


def measured(
    test: ItemTest, found: Mapping[str, Fact], school_year: int
) -> tuple[float | None, float | None]:
    """Return the value of a test and its denominator (1 where the value itself is given)."""
    if test.years_since:
        since = _value(found, test.years_since)
        return (None if since is None else school_year - since), 1.0
    if test.numerator:
        top, bottom = _sum(found, test.numerator), _sum(found, test.denominator)
        if top is not None and bottom is not None and bottom > 0:
            return top / bottom, bottom
    if test.value:
        return _value(found, test.value), 1.0
    return None, None


def _passes(test: ItemTest, value: float, threshold: float) -> bool:
    if test.sense == "at_least":
        return at_least(value, threshold)
    if test.sense == "at_most":
        return at_most(value, threshold)
    return value < threshold and not at_least(value, threshold)


def test_rows(
    item: Item, found: Mapping[str, Fact], rules: RuleSet, school_year: int
) -> list[dict[str, Any]]:
    """Return one row per numeric test of an item; without a norm the value is only reported."""
    rows = []
    for number, test in enumerate(item.tests, start=1):
        value, base = measured(test, found, school_year)
        threshold = None
        if test.norm:
            threshold = number_or_none(rules, test.norm, test.stage, school_year)
            if threshold is None:
                threshold = number_or_none(rules, test.norm, test.stage)
        row: dict[str, Any] = {
            "test_no": number,
            "stage": test.stage,
            "value": value,
            "threshold": threshold,
            "verdict": "not_applicable",
            "decided_by": "numbers",
            "source": _sources(found, test.keys),
        }
        if test.norm and threshold is not None:
            row["verdict"] = "undetermined"
            if value is None:
                lacking = [k for k in test.keys if _value(found, k) is None]
                row["missing"] = ", ".join(f"county_facts.{k}" for k in lacking)
            else:
                met = _passes(test, value, threshold)
                row["verdict"] = "met" if met else "not_met"
                gap = threshold - value if test.sense == "at_least" else value - threshold
                row["shortfall"] = 0.0 if met else gap * (base or 1.0)
                counted = (test.numerator or (test.value or test.years_since,))[0]
                row["shortfall_unit"] = fact_keys()[counted.removeprefix("-")].unit or None
        rows.append(row)
    return rows


def _sources(found: Mapping[str, Fact], keys: tuple[str, ...]) -> str | None:
    named = [str(found[k]["source"]) for k in keys if k in found and is_given(found[k]["source"])]
    return "; ".join(dict.fromkeys(named)) or None


def evidence_verdict(item: Item, found: Mapping[str, Fact]) -> tuple[str, str]:
    """Return the verdict that documents give, and what is missing.

    A judgement that the item is met counts only with named evidence. For a veto a value above
    zero means that it happened.
    """
    fact = found.get(item.item)
    if fact is None:
        return "undetermined", f"county_facts.{item.item}"
    status = fact["status"] if is_given(fact["status"]) else None
    if item.dimension == "veto" and is_given(fact["value"]):
        status = "not_met" if float(fact["value"]) > 0 else (status or "met")
    if status == "not_met":
        return "not_met", ""
    if status == "met":
        named = is_given(fact["evidence"]) and str(fact["evidence"]).strip()
        return ("met", "") if named else ("undetermined", "county_facts.evidence")
    return "undetermined", f"county_facts.{item.item}"


def _school_row(item: Item, tests: pd.DataFrame, variation: pd.DataFrame) -> dict[str, Any]:
    if item.schools == "variation":
        rows = variation[variation["population"] == "all"]
    else:
        rows = tests[tests["test"].isin(_TESTS_OF[item.schools])] if not tests.empty else tests
    rows = rows[rows["verdict"] != "not_applicable"] if not rows.empty else rows
    if rows.empty:
        return {"verdict": "undetermined", "missing": _TABLE_OF[item.schools]}
    verdict = all_of(rows["verdict"])
    row: dict[str, Any] = {"verdict": verdict}
    if item.schools == "variation":
        row["failing_schools"] = float("nan")
        return row
    bad, unknown = rows["verdict"] == "not_met", rows["verdict"] == "undetermined"
    units = rows["shortfall_unit"].dropna()
    known = verdict != "undetermined" or bad.any()
    row |= {
        "failing_schools": float(rows.loc[bad, "school_id"].nunique()),
        "unknown_schools": float(rows.loc[unknown, "school_id"].nunique()),
        # schools that cannot be judged may lack something: that is unknown, not nothing
        "shortfall": float(rows.loc[bad, "shortfall"].sum()) if known else float("nan"),
        "shortfall_unit": None if units.empty else str(units.iloc[0]),
    }
    if verdict == "undetermined":
        names = {p for text in rows["missing"].dropna() for p in text.split(", ")}
        row["missing"] = ", ".join(sorted(names))
    return row


def item_rows(
    item: Item,
    found: Mapping[str, Fact],
    tests: pd.DataFrame,
    variation: pd.DataFrame,
    rules: RuleSet,
    school_year: int,
    applicable: bool = True,
) -> list[dict[str, Any]]:
    """Return the rows of one item: row 0 the item's verdict, then its numeric tests.

    Numbers decide where they exist; where a numeric item has no numbers, a judgement with named
    evidence stands in for them. Documents and numbers must both pass where both are asked for.
    """
    numbers = test_rows(item, found, rules, school_year)
    judged = [row for row in numbers if row["verdict"] != "not_applicable"]
    by_evidence, lacking = evidence_verdict(item, found)
    summary: dict[str, Any] = {"test_no": 0, "stage": "all"}
    parts: list[tuple[str, str, str]] = []  # verdict, decided by, missing
    if item.schools:
        school = _school_row(item, tests, variation)
        summary |= {k: v for k, v in school.items() if k not in ("verdict", "missing")}
        parts.append((school["verdict"], "schools", school.get("missing", "")))
        if school["verdict"] != "undetermined" or all_of(r["verdict"] for r in judged) in (
            "undetermined",
            "not_applicable",
        ):
            judged = []  # the schools' own figures beat a county's summary of them
        else:
            parts = []
    if judged:
        missing = ", ".join(row["missing"] for row in judged if row.get("missing"))
        parts.append((all_of(row["verdict"] for row in judged), "numbers", missing))
        if len(judged) == 1:
            for name in ("value", "threshold", "shortfall", "shortfall_unit"):
                summary[name] = judged[0].get(name)
    if item.needs_judgement:
        parts.append((by_evidence, "evidence", lacking))
    elif all_of(p[0] for p in parts) == "undetermined" and by_evidence != "undetermined":
        parts = [(by_evidence, "evidence", "")]
    summary["verdict"] = all_of(p[0] for p in parts) if applicable else "not_applicable"
    kinds = {p[1] for p in parts}
    summary["decided_by"] = "both" if len(kinds) > 1 else next(iter(kinds), "numbers")
    if summary["verdict"] == "undetermined":
        summary["missing"] = ", ".join(p[2] for p in parts if p[0] == "undetermined" and p[2])
    summary |= _evidence(item, found, summary["verdict"])
    head = {
        "dimension": item.dimension,
        "item": item.item,
        "title_zh": item.zh,
        "title_en": item.en,
        "rule": item.source,
        "grade": item.grade,
    }
    return [head | {"judgement_differs": False} | row for row in (summary, *numbers)]


def _evidence(item: Item, found: Mapping[str, Fact], verdict: str) -> dict[str, Any]:
    fact = found.get(item.item)
    if fact is None:
        return {}
    own = fact["status"] if is_given(fact["status"]) else None
    differs = own in ("met", "not_met") and verdict in ("met", "not_met") and own != verdict
    return {
        "evidence": fact["evidence"],
        "evidence_date": fact["evidence_date"],
        "responsible": fact["responsible"],
        "own_judgement": own,
        "judgement_differs": differs,
        "source": fact["source"],
    }


def assessment_items(
    tables: Tables,
    tests: pd.DataFrame,
    variation: pd.DataFrame,
    rules: RuleSet,
    school_year: int,
) -> pd.DataFrame:
    """Return every item of guarantee, quality, vetoes and eligibility with its verdict.

    Parameters
    ----------
    tables
        ``county_facts``; ``enrolment`` and ``schools`` tell whether small schools exist.
    tests
        Rows of ``school_tests``.
    variation
        Rows of ``variation`` of the assessed year.
    """
    found = facts(tables, school_year + 1)
    small = has_small_schools(tables, school_year, rules)
    rows: list[dict[str, Any]] = []
    for item in items():
        applicable = item.applies != "small_schools" or small is not False
        rows += item_rows(item, found, tests, variation, rules, school_year, applicable)
    return pd.DataFrame(rows)


def has_small_schools(tables: Tables, school_year: int, rules: RuleSet) -> bool | None:
    """Tell whether a village school or teaching point is below the funded headcount; or None."""
    limit = number_or_none(rules, "small_school_funded_headcount_min")
    if limit is None or not tables.has("schools", "enrolment"):
        return None
    rows = tables["enrolment"]
    rows = rows[(rows["school_year"] == school_year) & rows["grade"].between(1, 9)]
    pupils = rows.groupby("school_id")["pupils"].sum(min_count=1)
    schools = tables["schools"]
    rural = schools[(schools["urban_rural"] == "village") | (schools["kind"] == "teaching_point")]
    of_rural = pupils.reindex(rural["school_id"]).dropna()
    if of_rural.empty and schools["urban_rural"].isna().any():
        return None
    return bool(((of_rural > 0) & (of_rural < limit)).any())
