"""Numbers, shares, money and years as each language writes them. Missing prints as a dash."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from analysis.wording.catalogue import say

MISSING = "—"
_WAN = 10_000
_RARE = 0.01


def _is_missing(value: float | None) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def number(value: float | None, language: str = "zh", digits: int = 0) -> str:
    """Write a number with thousands separators and ``digits`` decimals.

    >>> number(74954.48, "zh", 1)
    '74,954.5'
    """
    del language
    if value is None or _is_missing(value):
        return MISSING
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def signed(value: float | None, language: str = "zh", digits: int = 0) -> str:
    """Write a number with its sign; the minus is the real minus sign."""
    if value is None or _is_missing(value):
        return MISSING
    text = number(abs(value), language, digits)
    if float(text.replace(",", "")) == 0:
        return text
    return ("+" if value > 0 else "\N{MINUS SIGN}") + text


def percent(value: float | None, language: str = "zh", digits: int = 1) -> str:
    """Write a fraction as a percentage.

    >>> percent(0.275, "en")
    '27.5%'
    """
    if value is None or _is_missing(value):
        return MISSING
    return f"{number(value * 100, language, digits)}%"


def money(value_cny: float | None, language: str = "zh", digits: int | None = None) -> str:
    """Write yuan: 万元 in Chinese, millions of yuan in English.

    >>> money(81_870_500, "zh")
    '8,187万元'
    >>> money(81_870_500, "en")
    'CNY 81.9 million'
    """
    if value_cny is None or _is_missing(value_cny):
        return MISSING
    if language == "zh":
        wan = value_cny / _WAN
        places = (0 if abs(wan) >= 100 else 1) if digits is None else digits
        return f"{number(wan, language, places)}万元"
    return f"CNY {number(value_cny / 1e6, language, 1 if digits is None else digits)} million"


def area(value_m2: float | None, language: str = "zh", digits: int = 0) -> str:
    """Write an area in square metres."""
    if value_m2 is None or _is_missing(value_m2):
        return MISSING
    return f"{number(value_m2, language, digits)} m²"


def year_label(school_year: int, language: str = "zh") -> str:
    """Write a school year: 2024学年 in Chinese, 2024/25 in English."""
    return (
        f"{school_year}学年" if language == "zh" else f"{school_year}/{(school_year + 1) % 100:02d}"
    )


def probability(value: float | None, language: str = "zh") -> str:
    """Write a probability out of simulated futures: they never make anything certain.

    >>> probability(1.0, "en")
    'above 99%'
    >>> probability(0.35, "zh")
    '35%'
    """
    if value is None or _is_missing(value):
        return MISSING
    if value < _RARE:
        return say("briefing.below_one_percent", language)
    if value > 1 - _RARE:
        return say("briefing.above_99_percent", language)
    return percent(value, language, 0)


def total(
    values: Iterable[float], language: str = "zh", form: Callable[[float, str], str] = number
) -> str:
    """Write the sum of what is known, and how many are not: an unknown part is never nought.

    >>> total([300.0, float("nan"), 200.0], "en")
    '500 (1 more unknown)'
    """
    every = [float(value) for value in values]
    known = [value for value in every if not math.isnan(value)]
    if not known and every:
        return say("figures.total_unknown", language)
    text = form(sum(known), language)
    missing = len(every) - len(known)
    if not missing:
        return text
    return say("figures.total_known", language, total=text, missing=missing)
