"""The declaration tables with official rounding: schools, balance, items (申报表)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from analysis.indicators.definitions import SEVEN_CODES, is_given
from analysis.standards import RuleSet
from analysis.terms import label

_FORMS = {"guarantee": "IV", "quality": "V"}
#: Items declared as the ratio their rule names, though its limit lies at or below 1: pay over pay
#: (``>= 1``) and the monitored gap between schools (``< 0.15``).
_RATIOS = ("g08", "q09")
#: Digits that a sum or a product of floats still gets right; those behind are noise.
_SURE_DIGITS = 13


def rounded(value: Any, decimals: float, *, times: int = 1) -> str | None:
    """Write a number as it is declared: halves go up, as the forms do; missing stays missing.

    The rounding is that of decimals, not of binary floats: 7 / 400 * 100 is 1.75, and 28.25 %
    is the half it looks like although ``0.2825 * 100`` is 28.249999999999996.

    Parameters
    ----------
    times
        Factor put in before rounding (100 for a share in percent).

    >>> rounded(0.5145, 3), rounded(2.345, 2), rounded(0.2825, 1, times=100)
    ('0.515', '2.35', '28.3')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    step = Decimal(1).scaleb(-int(decimals))
    exact = Decimal(f"{float(value):.{_SURE_DIGITS}g}") * times
    return str(exact.quantize(step, rounding=ROUND_HALF_UP))


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
    fine, whole = decimals(rules, "value"), decimals(rules, "whole")
    rows = variation[variation["population"] == "all"]
    return pd.DataFrame(
        [
            {
                "stage": row["stage"],
                "indicator": row["indicator"],
                "county_value": rounded(
                    row["county_value"], whole if row["indicator"] == "L6" else fine
                ),
                "cv": rounded(row["cv"], cv),
                "cv_limit": rounded(row["cv_limit"], 2),
                "verdict": row["verdict"],
            }
            for row in rows.to_dict("records")
        ]
    )


def _share_or_value(value: Any, threshold: Any, rules: RuleSet, item: str = "") -> str | None:
    """Write a share in percent with its decimals, any other value with those of values."""
    if not is_given(value):
        return None
    if item not in _RATIOS and is_given(threshold) and 0 < abs(float(threshold)) <= 1:
        return f"{rounded(value, decimals(rules, 'share'), times=100)}%"
    return rounded(value, decimals(rules, "value"))


def _declared(head: Mapping[Any, Any], parts: pd.DataFrame, rules: RuleSet) -> dict[str, Any]:
    """Return value and threshold of an item; one that is tested twice declares both numbers."""
    own = [head] if is_given(head["value"]) or parts.empty else parts.to_dict("records")
    said: dict[str, Any] = {}
    for name in ("value", "threshold"):
        texts = [_share_or_value(p[name], p["threshold"], rules, str(head["item"])) for p in own]
        known = any(text is not None for text in texts)
        said[name] = "; ".join(text or "—" for text in texts) if known else None
    return said if said["value"] is not None else {"value": None, "threshold": None}


def declaration_items(
    items: pd.DataFrame, recognition: pd.DataFrame, rules: RuleSet
) -> pd.DataFrame:
    """Return forms IV (guarantee), V (quality) and VI (recognition by channel).

    An item that is judged school by school declares how many schools fail it.
    """
    inside = items[items["dimension"].isin(list(_FORMS))]
    heads = inside[inside["test_no"] == 0]
    tests = inside[(inside["test_no"] > 0) & (inside["verdict"] != "not_applicable")]
    rows = [
        {
            "form": _FORMS[str(row["dimension"])],
            **{name: row[name] for name in ("item", "title_zh", "title_en", "verdict")},
            **_declared(row, tests[tests["item"] == row["item"]], rules),
            "failing_schools": row["failing_schools"],
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
            "title_zh": label("survey_channel", str(row["channel"]), "zh"),
            "title_en": label("survey_channel", str(row["channel"]), "en"),
            "value": _share_or_value(row["share"], row["threshold"], rules),
            "threshold": _share_or_value(row["threshold"], row["threshold"], rules),
            "verdict": row["verdict"],
        }
        for row in totals.to_dict("records")
    ]
    return pd.DataFrame(rows)
