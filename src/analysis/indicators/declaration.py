"""The declaration tables with official rounding: schools, balance, items (申报表)."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from analysis.indicators.definitions import SEVEN_CODES, is_given
from analysis.standards import RuleSet

_FORMS = {"guarantee": "IV", "quality": "V"}


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


def decimals(rules: RuleSet, kind: str) -> float:
    """Return the decimals of a kind of number (``whole``, ``value``, ``share``, ``cv``)."""
    return rules.value(f"declaration_decimals_{kind}")


def declaration_schools(values: pd.DataFrame, compliance: pd.DataFrame, rules: RuleSet) -> Any:
    """Return form II: every school in scope with its rounded values; pass is judged unrounded."""
    if values.empty:
        return pd.DataFrame()
    whole = decimals(rules, "whole")
    fine = decimals(rules, "value")
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
    cv = decimals(rules, "cv")
    fine = decimals(rules, "value")
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
        return f"{rounded(float(value) * 100, decimals(rules, 'share'))}%"
    return rounded(value, decimals(rules, "value"))


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
