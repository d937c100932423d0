"""What stands above a table or in its name: school, school year, stage, unit, form code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from analysis.intake.found import Place
from analysis.intake.grid import Grid, cell_name, clean_text
from analysis.tables import Contract

#: Rows above a header and columns that are looked at.
ROWS_ABOVE, COLUMNS_ABOVE, LONGEST_TITLE = 15, 40, 120
_SCHOOL_NAME = re.compile(r"(?:学校|单位)(?:\(机构\))?名称(?:\(.*?\))?[:：]?\s*(?P<v>.*)$")
_SCHOOL_ID = re.compile(r"(?:标识码|学校代码)[:：]?\s*(?P<v>[0-9A-Za-z-]*)")
_NEXT_PAIR = re.compile(r"(?:学校)?(?:\(机构\))?(?:标识码|代码)[:：]|学校类型[:：]|办学类型[:：]")
_TOWN = re.compile(r"^(?:所属|所在)?(?:乡镇|镇街|乡镇街道)(?:名称)?[:：]\s*(?P<v>\S+)")
_YEAR = re.compile(
    r"(?P<v>(?:19|20)\d\d)(?:\s*[-—~至/]\s*(?:(?:19|20)?\d\d))?\s*(?P<w>学年|年秋|年春|年度|年)"
)
_UNIT = re.compile(r"(?:计量|金额|面积)?单位[:：]\s*(?P<v>[^)）]{1,40})")
_UNIT_AT_END = re.compile(
    r"[(（](?P<v>万人|千人|万元|千元|亿元|亩|公顷|万平方米|平方米|㎡)[)）]\s*$"
)
_CHINESE_YEAR = re.compile(r"[二一][〇零○一二三四五六七八九]{3}(?=\s*(?:年|[-—~至/]))")
_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
FORM = re.compile(r"(?P<v>教基|基础基|小基|中基|幼基)\s*(?P<n>\d[\d-]*)")
_BASES = (
    ("接种", "vaccinated"),
    ("在园", "kindergarten"),
    ("城镇常住", "urban_resident"),
    ("常住", "resident"),
    ("户籍", "registered"),
)


@dataclass
class Context:
    """Values that hold for a whole table, each with the cell that says so."""

    values: dict[str, object] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    units: tuple[str, ...] = ()
    form: str = ""

    def put(self, name: str, value: object, place: Place, said: str) -> None:
        """Keep a value unless a nearer place has said one already."""
        if value not in (None, "") and name not in self.values:
            self.values[name] = value
            self.places[name] = place
            self.said[name] = said

    def inherit(self, earlier: Context) -> None:
        """Take over the title of the table above where this one has none of its own.

        Heads are often printed again further down the same table.
        """
        if any(place.cell for place in self.places.values()):
            return
        for name, value in earlier.values.items():
            self.values[name] = value
            self.places[name], self.said[name] = earlier.places[name], earlier.said[name]
        self.units, self.form = self.units or earlier.units, self.form or earlier.form


def read_context(grid: Grid, top: int, bottom: int) -> Context:
    """Read the rows above a table, then the names of its sheet and file."""
    context = Context()
    start = max(top, bottom - ROWS_ABOVE)
    for row in range(bottom - 1, start - 1, -1):
        cells = grid.rows[row][:COLUMNS_ABOVE]
        for column, raw in enumerate(cells):
            if not isinstance(raw, str) or (row, column) in grid.copied:
                continue
            text = clean_text(raw)
            if text and len(text) <= LONGEST_TITLE:
                place = Place(grid.file, grid.sheet, cell_name(row, column))
                _read_title(context, text, place)
                _read_pairs(context, grid, row, column, text, place)
    whole = Place(grid.file, grid.sheet, "")
    for name in (grid.sheet, grid.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]):
        _read_title(context, clean_text(name), whole)
    return context


def _read_title(context: Context, text: str, place: Place) -> None:
    text = _CHINESE_YEAR.sub(lambda found: found[0].translate(_DIGITS), text)
    year = _YEAR.search(text)
    if year:
        value = int(year["v"]) - (1 if year["w"] == "年春" else 0)
        context.put("year", value, place, text)
    unit = _UNIT.search(text)
    if unit and not context.units:
        context.units = tuple(u for u in re.split(r"[、,，;；/\s]+", unit["v"].strip()) if u)
    bare = _UNIT_AT_END.search(text)
    if bare and not context.units:
        context.units = (bare["v"],)
    form = FORM.search(text)
    if form and not context.form:
        context.form = form["v"] + form["n"]
    stages = [stage for word, stage in (("小学", "primary"), ("初中", "junior")) if word in text]
    if len(stages) == 1 and "学校名称" not in text and "中心小学" not in text:
        context.put("stage", stages[0], place, text)
    for word, basis in _BASES:
        if word in text:
            context.put("basis", basis, place, text)
            break


def _read_pairs(
    context: Context, grid: Grid, row: int, column: int, text: str, place: Place
) -> None:
    """Read 学校名称：X and the like, the value in the same cell or the next filled one."""
    for name, pattern in (
        ("school_id", _SCHOOL_ID),
        ("school_name", _SCHOOL_NAME),
        ("town_name", _TOWN),
    ):
        found = pattern.search(text)
        if not found or name in context.values:
            continue
        value = _NEXT_PAIR.split(found["v"].strip())[0].strip()
        if not value and (text.endswith((":", "：")) or name != "town_name"):
            value = next(
                (
                    t
                    for t in (grid.text(row, c) for c in range(column + 1, column + 6))
                    if t and t != text
                ),
                "",
            )
        if value and not _SCHOOL_NAME.match(value) and not _SCHOOL_ID.search(value):
            context.put(name, value, place, text)


def targets(item: Contract, name: str) -> list[str]:
    """Return the columns of a table that a value of the title fills."""
    if name == "year":
        return [c for c in ("school_year", "year") if c in item.keys]
    if name == "school_name":
        return ["school_name"] if "school_id" in item.names else []
    if name == "town_name":
        return ["town_name"] if "town_id" in item.names and "school_id" not in item.names else []
    return [name] if name in item.names else []
