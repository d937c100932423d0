"""Which table and column a header means: contract titles, names, and the list of variants."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from analysis.intake.grid import clean_text
from analysis.intake.heads import FACTORS, UNITS, Head, Qualifiers, qualify
from analysis.tables import Contract, contracts

#: Column that a header means which only names a grade, a year, a month or a band.
MEASURES: dict[str, str] = {
    "enrolment": "pupils",
    "class_sizes": "pupils",
    "class_bands": "classes",
    "births": "births",
    "population": "persons",
    "under_six": "children",
    "totals": "pupils",
    "school_totals": "pupils",
}
#: Names that tell which school or town a row is about where the table itself has only the code.
NAMED = {"school_id": "school_name", "town_id": "town_name"}
#: Readings of headers that are kept for the next time.
MOST_REMEMBERED = 100_000
LONGEST_HEADER = 120
_UNIT = re.compile(r"^(?P<title>.+?)[(\[](?P<unit>[^()\[\]]*)[)\]]$")
_YEAR_COLUMNS = ("school_year", "year")
#: 其中 before a title says that it is a part of the column before; the title is the same.
_WITHIN = re.compile(r"^(?:其中|其它?中)")
#: A lower line of a header that adds nothing to the line above: numbers, 甲 乙, 数, a unit.
_SAYS_NOTHING = re.compile(r"^(\d{1,3}|[甲乙丙丁]|数|数量|情况)$")


def squeeze(text: object) -> str:
    """Return a header for comparison: half width, lower case, no spaces or marks."""
    return re.sub(r"[\s*:：、,，。.]", "", clean_text(text)).lower()


@cache
def _shipped() -> dict[str, dict[str, list[str]]]:
    path = resources.files("analysis.intake") / "headers.toml"
    return tomllib.loads(path.read_text("utf-8"))


class HeaderBook:
    """Every known header by table; ``more`` adds an area's own variants."""

    def __init__(self, more: Mapping[str, object] | None = None) -> None:
        self._tables = {
            n: c for n, c in contracts().items() if c.group == "input" and n != "answers"
        }
        self._columns: dict[str, dict[str, str]] = {}
        self._sheets: dict[str, str] = {}
        self._added: dict[str, dict[str, str]] = {}
        self._cache: dict[tuple[str, str], Head | None] = {}
        self._facts: dict[str, str] = {}
        layers = [_shipped(), _valid(more or {})]
        for name, item in self._tables.items():
            self._columns[name] = _titles(item)
            self._added[name] = {}
            self._sheets |= {squeeze(title): name for title in (name, item.zh, item.en)}
            for layer in layers:
                common = {c: v for c, v in layer.get("common", {}).items() if c in item.names}
                for column, variants in (*layer.get(name, {}).items(), *common.items()):
                    target = self._added[name] if column.startswith("+") else self._columns[name]
                    for variant in variants:
                        target.setdefault(squeeze(variant), column.removeprefix("+"))
        self._name_columns()
        self._is_head: dict[str, bool] = {}
        #: What rows of texts were read as headers, kept by the finder of tables.
        self.accepted: dict[tuple[str | None, ...], tuple[str, int] | None] = {}
        for layer in layers:
            for name, variants in layer.get("sheets", {}).items():
                for variant in variants:
                    self._sheets.setdefault(squeeze(variant), name)
            for name, variants in layer.get("facts", {}).items():
                for variant in variants:
                    self._facts.setdefault(squeeze(variant), name)
        known = (*self._columns.values(), *self._added.values(), self._facts)
        self._titles = {title for titles in known for title in titles}

    def _name_columns(self) -> None:
        """Let every table with a school or town code be told the name instead."""
        sources = {"school_name": "schools", "town_name": "towns"}
        for item in self._tables.values():
            for code, name in NAMED.items():
                if code not in item.names or name in item.names:
                    continue
                known = self._columns[sources[name]]
                for title in (title for title, column in known.items() if column == name):
                    self._columns[item.name].setdefault(title, name)

    def table_of_name(self, name: str) -> str | None:
        """Return the table that a sheet or file name means, if any."""
        plain = squeeze(name)
        bare = re.sub(r"^\d+[-_.]?|\(.*?\)|(19|20)\d\d(学?年度?)?", "", plain)
        found = self._sheets.get(plain) or self._sheets.get(bare)
        if found:
            return found
        within = [key for key in self._sheets if len(key) >= 3 and key in bare]
        return self._sheets[max(within, key=len)] if within else None

    def head(self, table: str, text: object) -> Head | None:
        """Return what a header means in a table, or None."""
        plain = clean_text(text)
        if not plain or len(plain) > LONGEST_HEADER:
            return None
        key = (table, plain)
        if len(self._cache) > MOST_REMEMBERED:
            self._cache.clear()
        if key not in self._cache:
            self._cache[key] = self._head(table, plain)
        return self._cache[key]

    def _head(self, table: str, text: str) -> Head | None:
        bare = squeeze(text)
        if table == "county_facts" and (fact := self._fact(bare)) is not None:
            return fact
        simple = self._lookup(table, bare)
        if simple:
            column, _, only = simple[0].partition(":")
            return Head(column, add=simple[1], only=only)
        upper, _, lower = bare.rpartition("|")
        if upper and lower.strip("()[]") in UNITS:
            # a line of units below the titles
            return self.head(table, f"{upper}({lower.strip('()[]')})")
        match = _UNIT.match(bare)
        if match and "|" not in bare:
            simple = self._lookup(table, match["title"])
            if simple and not qualify(match["unit"]).anything():
                return self._with_unit(table, simple[0], match["unit"], Qualifiers(), simple[1])
        return self._qualified(table, bare)

    def _fact(self, bare: str) -> Head | None:
        """Return the county's indicator that heads a column of its values."""
        parts = bare.split("|")
        for title in dict.fromkeys(("".join(parts), parts[-1])):
            match = _UNIT.match(title)
            unit = match["unit"] if match and match["unit"] in UNITS else ""
            name = self._facts.get(match["title"] if match and unit else title)
            if name is not None:
                factor = FACTORS["元"].get(unit, 1.0)
                return Head("value", unit, factor, (("indicator", name),))
        return None

    def _lookup(self, table: str, title: str) -> tuple[str, bool] | None:
        """Return the column of a plain title, and whether it is one of several to be added up.

        A part of one stage only is written ``column:stage``.
        """
        for known in (title, _WITHIN.sub("", title)):
            if known in self._columns[table]:
                return self._columns[table][known], False
            if known in self._added[table]:
                return self._added[table][known], True
        return None

    def _qualified(self, table: str, bare: str) -> Head | None:
        """Read a header such as 一年级|班数, 2023年, 初中|专任教师数(人) or 26-30人."""
        item = self._tables[table]
        said = qualify(bare)
        if not said.anything():
            parts = [part for part in bare.split("|") if part]
            titles = ["".join(parts), parts[-1]] if len(parts) > 1 else []
            if len(parts) > 1 and _SAYS_NOTHING.match(parts[-1]):
                titles.append(parts[0])
            for title in titles:
                head = self.head(table, title)
                if head:
                    return head
            return None
        keys = _keys_of(item, said)
        if keys is None:
            return None
        unit = said.unit
        if not said.rest:
            column = MEASURES.get(table)
            if column is None or not (keys or said.total):
                return None
            return self._with_unit(table, column, unit, said, False, keys)
        for title in said.titles():
            simple = self._lookup(table, title)
            if simple is None:
                match = _UNIT.match(title)
                if match:
                    simple, unit = self._lookup(table, match["title"]), match["unit"]
            if simple and simple[0] not in item.keys:
                return self._with_unit(table, simple[0], unit, said, simple[1], keys)
        column = _loose_measure(table, said.rest[0]) if keys and len(said.rest) == 1 else None
        return self._with_unit(table, column, unit, said, False, keys) if column else None

    def _with_unit(
        self,
        table: str,
        column: str,
        unit: str,
        said: Qualifiers,
        add: bool,
        keys: Sequence[tuple[str, object]] = (),
    ) -> Head:
        factor, unknown = 1.0, ""
        item = self._tables[table]
        column, _, only = column.partition(":")
        if column in item.names:
            factor, unknown = unit_factor(
                item[column].unit, unit, share=item[column].kind == "share"
            )
        return Head(column, unit, factor, tuple(keys), unknown, said.total, add, only)

    def score(self, table: str, cells: Sequence[object]) -> int:
        """Return how many different columns of a table a row of headers names."""
        heads = (self.head(table, cell) for cell in cells)
        return len({(h.column, h.keys) for h in heads if h})

    def is_head(self, text: object) -> bool:
        """Tell whether a text is a header of any table."""
        plain = clean_text(text)
        if not plain or len(plain) > LONGEST_HEADER:
            return False
        if len(self._is_head) > MOST_REMEMBERED:
            self._is_head.clear()
        if plain not in self._is_head:
            self._is_head[plain] = self._is_head_of_any(plain)
        return self._is_head[plain]

    def _is_head_of_any(self, plain: str) -> bool:
        if self.is_title(plain):
            return True
        bare = squeeze(plain)
        if "|" not in bare and not _UNIT.match(bare) and not qualify(bare).anything():
            return False  # no table need be asked: it names nothing and fixes nothing
        return any(self.head(table, plain) for table in self._tables)

    def is_title(self, text: object) -> bool:
        """Tell whether a text is one of the titles listed, as it stands."""
        bare = squeeze(text)
        return bare in self._titles or _WITHIN.sub("", bare) in self._titles

    def tables(self) -> list[str]:
        """Return the names of the tables known."""
        return list(self._tables)

    def has_column(self, table: str, column: str) -> bool:
        """Tell whether a table has a column, or can be told the name that stands for it."""
        return column in self._columns[table].values()


@cache
def shipped_book() -> HeaderBook:
    """Return the headers known without any list of an area's own."""
    return HeaderBook()


def unit_factor(wanted: str, unit: str, *, share: bool = False) -> tuple[float, str]:
    """Return what a value in ``unit`` is multiplied with, and the unit if it does not convert."""
    if not unit or not (wanted or share):
        return 1.0, ""
    factors = FACTORS.get("" if share else wanted.replace("㎡", "m²"), {})
    if unit == wanted:
        return 1.0, ""
    if unit in factors:
        return factors[unit], ""
    for known in sorted(factors, key=len, reverse=True):
        # (账面原值，万元): a remark before the unit
        if len(known) > 1 and unit.endswith(known):
            return factors[known], ""
    units = {u for table_units in FACTORS.values() for u in table_units}
    return 1.0, unit if unit in units else ""


def _loose_measure(table: str, group: str) -> str | None:
    """Return the column that a group title means over columns of grades or bands, by one word."""
    if table not in ("enrolment", "class_bands"):
        return None
    if "班" in group and not re.search("学生|在校|人数", group):
        return "classes"
    return "pupils" if table == "enrolment" and re.search("学生|在校|人数", group) else None


def _keys_of(item: Contract, said: Qualifiers) -> list[tuple[str, object]] | None:
    """Return the key columns a header fixes, None if the table has no such keys."""
    keys: list[tuple[str, object]] = []
    for name, value in said.keys.items():
        column = name
        if name == "year":
            column = next((c for c in _YEAR_COLUMNS if c in item.names), "")
        if column not in item.names or (column not in item.keys and column != "high_pupils"):
            if name == "stage" and ("grade" in said.keys or "grade" in item.keys):
                continue
            return None
        keys.append((column, value))
    return keys


def _valid(more: Mapping[str, object]) -> dict[str, dict[str, list[str]]]:
    """Keep what has the shape of the shipped list; anything else of a user's file is left out."""
    kept: dict[str, dict[str, list[str]]] = {}
    for table, columns in more.items():
        if not isinstance(columns, Mapping):
            continue
        for column, variants in columns.items():
            if isinstance(variants, list) and all(isinstance(v, str) for v in variants):
                kept.setdefault(table, {})[column] = variants
    return kept


def _titles(item: Contract) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in item.columns:
        for title in (column.zh, column.en, column.name):
            found.setdefault(squeeze(title), column.name)
    return found
