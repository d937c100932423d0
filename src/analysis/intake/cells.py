"""One cell to one value. What cannot be read is said, not guessed."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from analysis.intake.grid import clean_text
from analysis.intake.heads import FACTORS
from analysis.intake.masking import MOBILE, RESIDENT_ID
from analysis.tables import Column
from analysis.terms import LABELS

MISSING_WORDS = frozenset(
    {"", "-", "--", "—", "——", "－", "/", "\\", "…", "无数据", "不详", "缺", "未知", "暂无", "na"}
    | {"n/a", "nan", "null", "none", "无资料", "待定", "待填", "空", "..."}
)
#: Above this a written percentage is not believed (a gross rate may pass 100 %).
MOST_PERCENT_RATE = 2.0
#: Excel day numbers of 1954 to 2064: a year column that holds one holds a date.
SERIAL_DAYS = (20_000, 60_000)
_EPOCH = dt.date(1899, 12, 30)
_NUMBER = re.compile(r"^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d+)?$")
_SCIENTIFIC = re.compile(r"^\d(\.\d+)?[eE]\+?\d+$")
_YEAR = re.compile(
    r"^(?P<year>\d{4})(?:\s*[-/~—至]\s*(?:\d{2}|\d{4}))?\s*(?:学年度?|年度?|年?秋季?|年末)?$"
)
_SPRING = re.compile(r"^(?P<year>\d{4})\s*年?春季?(?:学期)?$")
_DATE = re.compile(r"^(?P<year>\d{4})\s*[-/.年]\s*\d{1,2}(?:\s*[-/.月]\s*\d{0,2}\s*日?)?")
#: A code that some program has kept as a number.
_FLOATED_CODE = re.compile(r"^\d{4,}\.0$")
_FULL_WIDTH = re.compile("[\uff0b-\uff19]")
_CHINESE = {word: number for number, word in enumerate("零一二三四五六七八九十")}
_CHINESE |= {"〇": 0, "两": 2}
_PRE_SCHOOL = frozenset({"学前班", "学前", "学前一年", "幼儿园", "大班", "中班", "小班"})
_CHINESE_NUMBER = re.compile(r"^[零〇一二两三四五六七八九十百千]+$")
_DIRECTION = re.compile("[\u0000-\u0008\u000b-\u001f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f]")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value, and the rule it broke if it could not be read; ``changed`` if it was converted."""

    value: object
    problem: str = ""
    changed: str = ""


_NOTHING = Parsed(None)
#: Cells read before, by column: years, towns and schools come again and again.
_READ: dict[int, tuple[Column, dict[tuple[object, float], Parsed]]] = {}
_MOST_KEPT = 20_000
_LONGEST_KEPT = 64


@cache
def code_words() -> dict[str, dict[str, str]]:
    """Return the words for codes met in practice, by family (data file ``codes.toml``)."""
    path = resources.files("analysis.intake") / "codes.toml"
    document: dict[str, dict[str, str]] = tomllib.loads(path.read_text("utf-8"))
    return document


@cache
def _code_words(column: Column) -> dict[str, str]:
    words: dict[str, str] = {}
    for code in column.values:
        words[code.lower()] = code
        zh, en = LABELS.get(column.family, {}).get(code, (code, code))
        words[zh.lower()] = code
        words[en.lower()] = code
    family = "yes_no" if set(column.allowed) == {"yes", "no"} else (column.family or column.name)
    own = code_words().get(family, {})
    return {**{clean_text(k).lower(): v for k, v in own.items() if v in column.values}, **words}


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
    if raw is None or raw == "":
        return _NOTHING
    # 0.0 and -0.0 are one key and not one value, and so are a whole number and a truth
    kept = (isinstance(raw, str) and len(raw) <= _LONGEST_KEPT) or (type(raw) is float and raw)
    if not kept:
        return _read(column, raw, factor)
    held = _READ.get(id(column))
    if held is None or held[0] is not column:
        held = _READ[id(column)] = (column, {})
    read = held[1]
    key = (raw, factor)
    found = read.get(key)
    if found is None:
        if len(read) >= _MOST_KEPT:
            read.clear()
        found = read[key] = _read(column, raw, factor)
    return found


def _read(column: Column, raw: object, factor: float) -> Parsed:
    if isinstance(raw, float) and column.kind in ("count", "number") and raw == raw:
        return _checked(column, raw, factor, "unit" if factor != 1 else "")
    text = clean_text(raw)
    if text.lower() in MISSING_WORDS:
        return Parsed(None, changed="missing_word" if text else "")
    if text.startswith("#") and text.rstrip("!?/").replace("/", "").isupper():
        return Parsed(None, "formula_error")
    if column.kind == "code":
        code = _code_words(column).get(text.lower())
        return Parsed(None, "unknown_code") if code is None else Parsed(code)
    if column.kind == "text":
        return _text(column, raw, text)
    if column.kind == "flag":
        return Parsed(code_words()["yes_no"].get(text.lower()) == "yes")
    if column.name.endswith("year"):
        return _in_range(column, _year(raw, text))
    if column.name == "grade":
        return _in_range(column, _grade(text))
    return _number(column, raw, text, factor)


def _text(column: Column, raw: object, text: str) -> Parsed:
    """Keep text as written but for spaces and invisible characters; codes also lose full width."""
    coded = column.name.endswith("_id")
    if RESIDENT_ID.search(text) or (not coded and MOBILE.search(text)):
        return Parsed(None, "personal_number")
    if isinstance(raw, (dt.date, dt.datetime)):
        return Parsed(raw.isoformat()[:10])
    if not isinstance(raw, str):
        if isinstance(raw, float) and abs(raw) >= 1e15:
            return Parsed(None, "code_damaged")
        return Parsed(text)
    if column.name.endswith("_id"):
        if _SCIENTIFIC.match(text) and "+" in text:
            return Parsed(None, "code_damaged")
        if _FLOATED_CODE.match(text):
            return Parsed(text.removesuffix(".0"), changed="cleaned")
        changed = "" if text == raw else ("cleaned" if text == raw.strip() else "width")
        return Parsed(text, changed="cleaned" if text in raw and changed else changed)
    kept = " ".join(_DIRECTION.sub("", raw).split())
    return Parsed(kept, changed="" if kept == raw else "cleaned")


def _in_range(column: Column, parsed: Parsed) -> Parsed:
    if isinstance(parsed.value, int):
        if column.low is not None and parsed.value < column.low:
            return Parsed(None, "below_range")
        if column.high is not None and parsed.value > column.high:
            return Parsed(None, "above_range")
    return parsed


def _year(raw: object, text: str) -> Parsed:
    if isinstance(raw, (dt.date, dt.datetime)):
        return Parsed(raw.year, changed="date_to_year")
    match = _YEAR.match(text)
    if match:
        return Parsed(int(match["year"]))
    spring = _SPRING.match(text)
    if spring:
        return Parsed(int(spring["year"]) - 1, changed="spring_term")
    date = _DATE.match(text)
    if date:
        return Parsed(int(date["year"]), changed="date_to_year")
    if text.isdigit() and SERIAL_DAYS[0] <= int(text) <= SERIAL_DAYS[1]:
        return Parsed((_EPOCH + dt.timedelta(days=int(text))).year, changed="date_to_year")
    return Parsed(None, "not_a_year")


def _grade(text: str) -> Parsed:
    match = re.match(r"^(?:小学)?([一二三四五六七八九]|十[一二]?|\d{1,2})(?:年级)?$", text)
    if match:
        written = _chinese_number(match[1])
        if written is not None:
            return Parsed(written, changed="chinese_numeral")
        return Parsed(int(match[1]))
    small = re.match(r"^小([一二三四五六])(?:年级)?$", text)
    if small:
        return Parsed(_CHINESE[small[1]], changed="chinese_numeral")
    staged = re.match(r"^(初|高)中?(?:\1)?([一二三1-3])(?:年级)?(?:\(.*\))?$", text)
    if staged:
        before = 6 if staged[1] == "初" else 9
        number = _CHINESE.get(staged[2]) or int(staged[2])
        return Parsed(before + number, changed="chinese_numeral")
    if text in _PRE_SCHOOL:
        return Parsed(0, changed="chinese_numeral")
    return Parsed(None, "not_a_grade")


def _chinese_number(text: str) -> int | None:
    """Return a whole number below ten thousand written in Chinese numerals."""
    if not _CHINESE_NUMBER.match(text):
        return None
    total, digit = 0, 0
    for word in text:
        step = {"十": 10, "百": 100, "千": 1000}.get(word)
        if step is None:
            digit = _CHINESE[word]
        else:
            total += (digit or 1) * step
            digit = 0
    return total + digit


def _number(column: Column, raw: object, text: str, factor: float) -> Parsed:
    if isinstance(raw, (bool, dt.date, dt.datetime, dt.time, dt.timedelta)):
        return Parsed(None, "not_a_number")
    if isinstance(raw, (int, float)):
        return _checked(column, float(raw), factor, "unit" if factor != 1 else "")
    body, changed, scale = text, "", factor
    if body.endswith("%") and column.kind in ("share", "number") and not column.unit:
        body, scale, changed = body[:-1].strip(), 0.01, "percent"
    else:
        units = FACTORS.get(column.unit, {})
        for unit in sorted(units, key=len, reverse=True):
            if unit and body.endswith(unit) and len(body) > len(unit):
                body = body[: -len(unit)].strip()
                scale, changed = units[unit], "unit"
                break
    if not _NUMBER.match(body) or body in ("", "+", "-", "."):
        written = _chinese_number(body)
        if written is None or column.kind not in ("count", "whole"):
            return Parsed(None, "not_a_number")
        return _checked(column, float(written), scale, "chinese_numeral")
    if not changed and scale != 1:
        changed = "unit"
    if not changed and "," in body:
        changed = "separator"
    if not changed and isinstance(raw, str) and _FULL_WIDTH.search(raw):
        changed = "width"
    if not changed and isinstance(raw, str) and (raw != body or "e" in body.lower()):
        changed = "cleaned"
    return _checked(column, float(body.replace(",", "")), scale, changed)


def _checked(column: Column, number: float, factor: float, changed: str) -> Parsed:
    value = number if factor == 1 else number * factor
    if abs(value) > 1e15 or value != value:
        return Parsed(None, "not_a_number")
    if factor != 1:
        # 1 234.5 x 10 000 has binary dust; a count of people or yuan has not
        value = round(value, 6)
    if changed == "percent" and value > MOST_PERCENT_RATE:
        return Parsed(None, "absurd_share")
    low = 0.0 if column.kind == "count" and column.low is None else column.low
    if low is not None and value < low:
        return Parsed(None, "below_range")
    if column.kind == "share" and column.high is None and value > MOST_PERCENT_RATE:
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
