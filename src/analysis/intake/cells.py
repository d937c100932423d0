"""One cell to one value. What cannot be read is said, not guessed."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache

from analysis.intake.grid import clean_text
from analysis.intake.headers import FACTORS
from analysis.tables import Column
from analysis.terms import LABELS

MISSING_WORDS = frozenset(
    {"", "-", "--", "—", "——", "－", "/", "\\", "…", "无数据", "不详", "缺", "未知", "暂无", "na"}
    | {"n/a", "nan", "null", "none", "无资料", "待定", "待填"}
)
_NUMBER = re.compile(r"^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d+)?$")
_YEAR = re.compile(r"^(?P<year>\d{4})(?:\s*[-/~至]\s*\d{2,4})?\s*(?:学年度?|年度?|年秋季?)?$")
_CHINESE = {word: number for number, word in enumerate("零一二三四五六七八九十")}
#: Codes of the national statistics (domain notes 3.3) and common words.
CODE_WORDS: dict[str, dict[str, str]] = {
    "urban_rural": {
        "111": "city",
        "112": "city",
        "121": "town",
        "122": "town",
        "123": "town",
        "210": "village",
        "220": "village",
        "城市": "city",
        "主城区": "city",
        "城乡结合区": "city",
        "县镇": "town",
        "镇中心区": "town",
        "镇乡结合区": "town",
        "特殊区域": "town",
        "农村": "village",
        "乡中心区": "village",
        "村庄": "village",
    },
    "school_kind": {
        "211": "primary",
        "218": "teaching_point",
        "311": "junior",
        "312": "nine_year",
        "341": "complete_secondary",
        "342": "senior",
        "345": "twelve_year",
        "完全小学": "primary",
        "小学教学点": "teaching_point",
        "初中": "junior",
        "九年一贯制": "nine_year",
        "九年制": "nine_year",
        "十二年一贯制": "twelve_year",
        "完中": "complete_secondary",
        "特教": "special",
        "特教学校": "special",
        "高中": "senior",
        "中职": "vocational",
    },
    "owner": {"公立": "public", "私立": "private", "教育部门": "public", "民办教育": "private"},
    "population_basis": {
        "常住人口": "resident",
        "户籍人口": "registered",
        "城镇人口": "urban_resident",
    },
    "stage": {"小学阶段": "primary", "初中阶段": "junior", "普通初中": "junior"},
    "project_kind": {"扩建": "expansion", "改建": "expansion", "重建": "relocation"},
    "yes_no": {"是": "yes", "否": "no", "1": "yes", "0": "no", "y": "yes", "n": "no"},
}


@dataclass(frozen=True)
class Parsed:
    """A value, and the rule it broke if it could not be read; ``changed`` if it was converted."""

    value: object
    problem: str = ""
    changed: str = ""


@cache
def _code_words(column: Column) -> dict[str, str]:
    words: dict[str, str] = {}
    for code in column.values:
        words[code.lower()] = code
        zh, en = LABELS.get(column.family, {}).get(code, (code, code))
        words[zh.lower()] = code
        words[en.lower()] = code
    own = CODE_WORDS.get(column.family, {})
    if set(column.allowed) == {"yes", "no"}:
        own = CODE_WORDS["yes_no"]
    return {**{k.lower(): v for k, v in own.items()}, **words}


def parse(column: Column, raw: object, factor: float = 1.0) -> Parsed:
    """Read a cell as a column wants it.

    Parameters
    ----------
    column
        Its kind, unit and allowed values decide how the cell is read.
    raw
        The cell as the reader gave it.
    factor
        From the unit in the header, for example 10 000 for 万元.
    """
    text = clean_text(raw)
    if text.lower() in MISSING_WORDS:
        return Parsed(None)
    if text.startswith("#") and text.rstrip("!?").isupper():
        return Parsed(None, "formula_error")
    if column.kind == "code":
        code = _code_words(column).get(text.lower())
        return Parsed(None, "unknown_code") if code is None else Parsed(code)
    if column.kind == "text":
        return Parsed(text)
    if column.kind == "flag":
        return Parsed(CODE_WORDS["yes_no"].get(text.lower()) == "yes")
    if column.name.endswith("year"):
        return _year(raw, text)
    if column.name == "grade":
        return _grade(text)
    return _number(column, raw, text, factor)


def _year(raw: object, text: str) -> Parsed:
    if isinstance(raw, (dt.date, dt.datetime)):
        return Parsed(raw.year, changed="date_to_year")
    match = _YEAR.match(text)
    if not match:
        return Parsed(None, "not_a_year")
    return Parsed(int(match["year"]))


def _grade(text: str) -> Parsed:
    match = re.match(r"^(?:小学|初中)?([一二三四五六七八九十]|\d{1,2})(?:年级)?$", text)
    if match:
        word = match[1]
        return Parsed(_CHINESE[word] if word in _CHINESE else int(word))
    junior = re.match(r"^初([一二三])(?:年级)?$", text)
    if junior:
        return Parsed(6 + _CHINESE[junior[1]])
    return Parsed(None, "not_a_grade")


def _number(column: Column, raw: object, text: str, factor: float) -> Parsed:
    if isinstance(raw, bool):
        return Parsed(None, "not_a_number")
    if isinstance(raw, (int, float)):
        return _checked(column, float(raw), factor, "unit" if factor != 1 else "")
    body, changed, scale = text, "", factor
    if column.kind == "share" and body.endswith("%"):
        body, scale, changed = body[:-1], 0.01, "percent"
    else:
        units = FACTORS.get(column.unit, {})
        for unit in sorted(units, key=len, reverse=True):
            if unit and body.endswith(unit):
                body, scale, changed = body[: -len(unit)].strip(), units[unit], "unit"
                break
    if not _NUMBER.match(body) or body in ("", "+", "-", "."):
        return Parsed(None, "not_a_number")
    if not changed:
        changed = "unit" if factor != 1 else ("separator" if "," in body else "")
    return _checked(column, float(body.replace(",", "")), scale, changed)


def _checked(column: Column, number: float, factor: float, changed: str) -> Parsed:
    value = number if factor == 1 else number * factor
    if factor != 1:
        # 1 234.5 x 10 000 has binary dust; a count of people or yuan has not
        value = round(value, 6)
    low = 0.0 if column.kind == "count" and column.low is None else column.low
    if low is not None and value < low:
        return Parsed(None, "below_range")
    if column.kind == "share" and column.high is None and value > 100:
        return Parsed(None, "absurd_share")
    if column.high is not None and value > column.high:
        return Parsed(None, "absurd_share" if column.kind == "share" else "above_range")
    if column.kind in ("count", "whole") and value % 1 != 0:
        nearest = round(value)
        if factor != 1 and abs(value - nearest) < 1e-3:
            return Parsed(float(nearest), changed=changed)
        return Parsed(None, "fraction")
    if column.kind == "whole":
        return Parsed(int(value), changed=changed)
    return Parsed(value, changed=changed)
