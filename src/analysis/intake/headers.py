"""Which table and column a header means: contract titles, names, and the list of variants."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from analysis.intake.grid import clean_text
from analysis.tables import Contract, contracts

_UNIT = re.compile(r"^(?P<title>.+?)[(\[](?P<unit>[^()\[\]]*)[)\]]$")
_GRADE = re.compile(
    r"^(?:小学|初中)?(?P<grade>[一二三四五六七八九1-9])年级(?P<rest>.*)$"
    r"|^初(?P<junior>[一二三])(?:\(?[七八九]年级\)?)?(?P<rest_junior>.*)$"
)
_DIGITS = {word: number for number, word in enumerate("一二三四五六七八九", start=1)}
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
    "元": {"元": 1, "千元": 1e3, "万元": 1e4, "百万元": 1e6, "亿元": 1e8},
    "人": {"人": 1, "名": 1, "万人": 1e4, "千人": 1e3},
    "个": {"个": 1, "班": 1, "万个": 1e4},
    "间": {"间": 1},
    "册": {"册": 1, "万册": 1e4},
    "台": {"台": 1, "万台": 1e4},
    "套": {"套": 1},
    "所": {"所": 1, "万所": 1e4},
    "": {"%": 0.01},
}


@dataclass(frozen=True)
class Head:
    """What one header cell means."""

    column: str
    unit: str = ""
    factor: float = 1.0
    grade: int | None = None
    unknown_unit: str = ""


def squeeze(text: object) -> str:
    """Return a header for comparison: half width, lower case, no spaces or marks."""
    return re.sub(r"[\s*:：、,，。.]", "", clean_text(text)).lower()


@cache
def _shipped() -> dict[str, dict[str, list[str]]]:
    path = resources.files("analysis.intake") / "headers.toml"
    return tomllib.loads(path.read_text("utf-8"))


class HeaderBook:
    """Every known header by table; ``more`` adds an area's own variants."""

    def __init__(self, more: Mapping[str, Mapping[str, list[str]]] | None = None) -> None:
        self._tables = {n: c for n, c in contracts().items() if c.group == "input"}
        self._columns: dict[str, dict[str, str]] = {}
        self._sheets: dict[str, str] = {}
        layers = [_shipped(), more or {}]
        for name, item in self._tables.items():
            self._columns[name] = _titles(item)
            self._sheets |= {squeeze(title): name for title in (name, item.zh, item.en)}
            for layer in layers:
                for column, variants in layer.get(name, {}).items():
                    for variant in variants:
                        self._columns[name].setdefault(squeeze(variant), column)
        for layer in layers:
            for name, variants in layer.get("sheets", {}).items():
                for variant in variants:
                    self._sheets.setdefault(squeeze(variant), name)

    def table_of_name(self, name: str) -> str | None:
        """Return the table that a sheet or file name means, if any."""
        bare = re.sub(r"^\d+[-_.]?", "", squeeze(name))
        found = self._sheets.get(squeeze(name)) or self._sheets.get(bare)
        if found:
            return found
        within = [key for key in self._sheets if len(key) >= 3 and key in bare]
        return self._sheets[max(within, key=len)] if within else None

    def head(self, table: str, text: object) -> Head | None:
        """Return what a header means in a table, or None."""
        known = self._columns[table]
        bare = squeeze(text)
        if not bare:
            return None
        if bare in known:
            return Head(known[bare])
        title, unit = bare, ""
        match = _UNIT.match(bare)
        if match:
            title, unit = match["title"], match["unit"]
        if title in known:
            return self._with_unit(table, known[title], unit)
        if table == "enrolment":
            return self._grade_head(table, title, unit)
        return None

    def _grade_head(self, table: str, title: str, unit: str) -> Head | None:
        match = _GRADE.match(title)
        if not match:
            return None
        if match["junior"]:
            grade, rest = 6 + _DIGITS[match["junior"]], match["rest_junior"]
        else:
            word = match["grade"]
            grade, rest = (_DIGITS.get(word) or int(word)), match["rest"]
        rest = rest.strip("|_-在")
        column = "pupils" if rest in ("", "人") else self._columns[table].get(squeeze(rest))
        if column is None:
            return None
        head = self._with_unit(table, column, unit)
        return Head(head.column, head.unit, head.factor, grade, head.unknown_unit)

    def _with_unit(self, table: str, column: str, unit: str) -> Head:
        wanted = self._tables[table][column]
        share = wanted.kind == "share"
        factors = FACTORS.get("" if share else wanted.unit.replace("㎡", "m²"), {})
        if not unit or unit == wanted.unit or not (wanted.unit or share):
            return Head(column, unit)
        if unit in factors:
            return Head(column, unit, factors[unit])
        known_units = {u for table_units in FACTORS.values() for u in table_units}
        return Head(column, unit, 1.0, None, unit if unit in known_units else "")

    def score(self, table: str, cells: list[object]) -> int:
        """Return how many cells of a row are headers of a table."""
        return sum(1 for cell in cells if isinstance(cell, str) and self.head(table, cell))

    def tables(self) -> list[str]:
        """Return the names of the tables known."""
        return list(self._tables)


def _titles(item: Contract) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in item.columns:
        for title in (column.zh, column.en, column.name):
            found.setdefault(squeeze(title), column.name)
    return found
