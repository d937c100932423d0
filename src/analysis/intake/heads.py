"""What one header says: a column, its unit, and the grade, year, month, stage or band it fixes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

#: Factor that turns a unit met in a header or cell into the unit of the contract.
FACTORS: dict[str, dict[str, float]] = {
    "m²": {
        "m²": 1,
        "m2": 1,
        "㎡": 1,
        "平方米": 1,
        "平米": 1,
        "亩": 2000 / 3,
        "公顷": 10_000,
        "万㎡": 10_000,
        "万m2": 10_000,
        "万平方米": 10_000,
    },
    "元": {"元": 1, "千元": 1e3, "万元": 1e4, "万": 1e4, "百万元": 1e6, "亿元": 1e8, "亿": 1e8},
    "人": {"人": 1, "名": 1, "万人": 1e4, "万": 1e4, "千人": 1e3},
    "个": {"个": 1, "班": 1, "万个": 1e4},
    "间": {"间": 1},
    "册": {"册": 1, "万册": 1e4},
    "台": {"台": 1, "万台": 1e4},
    "套": {"套": 1, "万套": 1e4},
    "所": {"所": 1, "万所": 1e4},
    "": {"%": 0.01, "％": 0.01},
}
UNITS = frozenset(unit for family in FACTORS.values() for unit in family)
_DIGITS = {word: number for number, word in enumerate("一二三四五六七八九十", start=1)}
_DIGITS |= {"十一": 11, "十二": 12}
_GRADE = re.compile(r"^(?:小学|初中)?(?P<grade>十[一二]?|1[0-2]|[一二三四五六七八九1-9])年级")
_JUNIOR = re.compile(r"^(?:初中)?初(?P<junior>[一二三123])(?:\(?[七八九]年级\)?|年级)?")
_SENIOR = re.compile(r"^(?:高中)?高(?P<senior>[一二三123])(?:\(?十[一二]?年级\)?|年级)?")
_STAGE_GRADE = re.compile(r"^(?P<stage>初中|高中)(?P<grade>[一二三])年级")
_IN_BRACKETS = re.compile(r"^\((?:即)?(?P<stage>[初高])(?P<grade>[一二三])\)")
_BEFORE_STAGE = {"初": 6, "初中": 6, "高": 9, "高中": 9}
#: What stands over a group of columns and only says how they are divided: 分年级, 按班额分.
_GROUP = re.compile(r"^(?:按|分)(?:年级|班额|学历|规模|性别|类别|年龄)(?:划?分)?(?:的)?")
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("year", re.compile(r"^(?P<v>(?:19|20)\d\d)(?:-\d{2,4})?(?:学年度?|年度?|年末|年秋季?)?")),
    # a slip of the pen such as 2105年 is a year too; its range is checked where it is read
    ("year", re.compile(r"^(?P<v>\d{4})(?:-\d{2,4})?(?:学年度?|年度?|年末|年秋季?)")),
    ("month", re.compile(r"^(?P<v>1[0-2]|[1-9])月份?(?![\d日])")),
    ("age", re.compile(r"^(?P<v>[0-6])周?岁(?!以)")),
)
_BANDS = (
    re.compile(r"^(?:每班)?(?P<high>\d{1,3})人?(?:及|以|或)(?:以)?下(?:\(.*?\))?(?:班级?数?)?$"),
    re.compile(r"^(?:每班)?(?P<low>\d{1,3})[-—~至](?P<high>\d{1,3})人?(?:班级?数?)?$"),
    re.compile(r"^(?:每班)?(?P<low>\d{1,3})人?(?:及|以|或)(?:以)?上(?:\(.*?\))?(?:班级?数?)?$"),
)
_STAGES = {"小学": "primary", "初中": "junior", "小学阶段": "primary", "初中阶段": "junior"}
_BASES = {
    "常住": "resident",
    "户籍": "registered",
    "城镇常住": "urban_resident",
    "预防接种": "vaccinated",
    "接种": "vaccinated",
    "在园": "kindergarten",
}
_TOTALS = frozenset({"合计", "总计", "计", "小计", "总数", "共计"})
_MARKS = "|_-()[]在 "


@dataclass(frozen=True)
class Head:
    """What one header cell means.

    ``keys`` are key columns that the header itself fixes (a grade, a year ...); ``total`` marks a
    column that adds up the keyed ones; ``add`` a column that is one part of a canonical quantity,
    in the stage ``only`` if that is given.
    """

    column: str
    unit: str = ""
    factor: float = 1.0
    keys: tuple[tuple[str, object], ...] = ()
    unknown_unit: str = ""
    total: bool = False
    add: bool = False
    only: str = ""


@dataclass
class Qualifiers:
    """Parts of a header that fix keys, and what is left of it."""

    keys: dict[str, object] = field(default_factory=dict)
    total: bool = False
    unit: str = ""
    rest: tuple[str, ...] = ()

    def anything(self) -> bool:
        """Tell whether the header fixes a key or is a total."""
        return bool(self.keys) or self.total

    def titles(self) -> list[str]:
        """Return what the rest may be called, most particular first."""
        joined = "".join(self.rest)
        return list(dict.fromkeys([joined, self.rest[-1], self.rest[0]]))


@lru_cache(maxsize=8192)
def qualify(bare: str) -> Qualifiers:
    """Take a squeezed header apart; the result is shared and must not be changed.

    >>> qualify("一年级|班数").keys, qualify("一年级|班数").rest
    ({'grade': 1}, ('班数',))
    """
    said = Qualifiers()
    rest: list[str] = []
    for part in bare.split("|"):
        left = _GROUP.sub("", part)
        for bracket in re.findall(r"[(\[]([^()\[\]]*)[)\]]", part):
            if bracket in UNITS:
                said.unit = bracket
                left = re.sub(rf"[(\[]{re.escape(bracket)}[)\]]", "", left)
            elif (graded := _take_grade(bracket)) is not None and not graded[1]:
                # 学生数（一年级), but 一年级（初一) says its own grade
                if _take_grade(left) is None:
                    said.keys["grade"] = graded[0]
                    left = left.replace(f"({bracket})", "")
            elif bracket in _STAGES:
                said.keys["stage"] = _STAGES[bracket]
                left = re.sub(rf"[(\[]{re.escape(bracket)}[)\]]", "", left)
        if left in _TOTALS and "grade" in said.keys:
            continue  # 计 beside 男 and 女 under a grade is the grade's own number
        left = _take(left, said)
        if left.strip(_MARKS):
            rest.append(left.strip("|_- "))
    said.rest = tuple(rest)
    return said


def _take(text: str, said: Qualifiers) -> str:
    """Move what fixes a key from ``text`` into ``said`` and return the rest."""
    if text in _TOTALS:
        said.total = True
        return ""
    band = _band(text)
    if band is not None:
        said.keys["low_pupils"], said.keys["high_pupils"] = band
        return ""
    if text in _STAGES:
        said.keys["stage"] = _STAGES[text]
        return ""
    graded = _take_grade(text)
    if graded is not None:
        said.keys["grade"] = graded[0]
        return _measure(graded[1])
    for name, pattern in _PATTERNS:
        found = pattern.match(text)
        if found and name not in said.keys:
            said.keys[name] = int(found["v"])
            return _take(text[found.end() :], said) if text[found.end() :] else ""
    return _edges(text, said)


def _take_grade(text: str) -> tuple[int, str] | None:
    """Return the grade a header begins with, and what follows it."""
    staged = _STAGE_GRADE.match(text)
    if staged:
        return _BEFORE_STAGE[staged["stage"]] + _DIGITS[staged["grade"]], text[staged.end() :]
    for name, pattern, before in (("junior", _JUNIOR, 6), ("senior", _SENIOR, 9)):
        found = pattern.match(text)
        if found:
            word = found[name]
            return before + (_DIGITS.get(word) or int(word)), text[found.end() :]
    small = re.match(r"^小(?P<grade>[一二三四五六])(?:年级)?", text)
    if small:
        return _DIGITS[small["grade"]], text[small.end() :]
    grade = _GRADE.match(text)
    if not grade:
        return None
    rest = text[grade.end() :]
    inside = _IN_BRACKETS.match(rest)
    if inside:
        return _BEFORE_STAGE[inside["stage"]] + _DIGITS[inside["grade"]], rest[inside.end() :]
    return _DIGITS.get(grade["grade"]) or int(grade["grade"]), rest


def _measure(rest: str) -> str:
    """Return what stands behind a grade; the mere unit says nothing more."""
    return "" if rest in ("人", "(人)") else rest


def _edges(text: str, said: Qualifiers) -> str:
    """Take a stage or a population basis off the front, a total word off the end."""
    for word, stage in (("小学", "primary"), ("初中", "junior")):
        if text.startswith(word) and len(text) > len(word) and not text.startswith("小学生"):
            said.keys["stage"] = stage
            text = text.removeprefix(word)
            break
    for word in sorted(_BASES, key=len, reverse=True):
        if text.startswith(word) and len(text) > len(word):
            said.keys["basis"] = _BASES[word]
            text = text.removeprefix(word)
            break
    for word in ("合计", "总计", "小计"):
        if text.endswith(word) and len(text) > len(word):
            said.total = True
            text = text.removesuffix(word)
    return "" if text in _TOTALS else text


def _band(text: str) -> tuple[int, float | None] | None:
    """Return the bounds of a class-size band such as 26-30人; no upper bound is None."""
    for pattern in _BANDS:
        found = pattern.match(text)
        if found:
            bounds = found.groupdict()
            low = int(bounds.get("low") or 0)
            return low, float(bounds["high"]) if bounds.get("high") else None
    return None
