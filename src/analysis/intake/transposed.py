"""Tables with a column a school, and a row a grade or a year."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from analysis.intake.bare_grades import said_measure, titles_above
from analysis.intake.cells import Parsed, parse
from analysis.intake.checks.sums import TOLERANCE
from analysis.intake.context import Context, read_context
from analysis.intake.found import Findings, Place
from analysis.intake.grid import Grid, cell_name, clean_text
from analysis.intake.headers import HeaderBook
from analysis.intake.record import Record
from analysis.intake.regions import TOTAL_WORDS
from analysis.tables import contract

#: Rows in which the head is looked for, and rows of grades or years a table has at least.
_ROWS_OF_HEAD, _FEWEST_ROWS = 15, 2
_FEWEST_SCHOOLS = 2
#: A line below the names of schools that says what each of their columns holds.
_SUB_HEADS = {"pupils": re.compile(r"学生|在校|人数"), "classes": re.compile(r"班")}
_BARE_GRADE = re.compile(r"^[一二三四1-4]$")
_JUNIOR_GRADES = 4


@dataclass
class Across:
    """Where the parts of such a table stand; ``schools`` and ``measures`` are by column."""

    head_row: int
    first_row: int
    leads: dict[str, int]
    schools: dict[int, str]
    measures: dict[int, str]
    totals: dict[int, str]
    rows: list[int] = field(default_factory=list)
    total_rows: list[int] = field(default_factory=list)


def layout(grid: Grid, book: HeaderBook) -> Across | None:
    """Return the layout of a sheet that may have schools across; names are not looked up yet."""
    for row in range(min(_ROWS_OF_HEAD, len(grid.rows))):
        found = _layout_from(grid, book, row)
        if found is not None:
            return found
    return None


def _layout_from(grid: Grid, book: HeaderBook, row: int) -> Across | None:
    texts = [grid.text(row, column) for column in range(len(grid.rows[row]))]
    first = row + 1
    subs = _sub_heads(grid, first)
    first += bool(subs)
    leads = {}
    for column, text in enumerate(texts[:3]):
        kind = "" if _lead_kind(text, text) else _kind_of_column(grid, column, first, text)
        if kind and kind not in leads:
            leads[kind] = column
    if not leads:
        return None
    across = Across(row, first, leads, {}, {}, {})
    name = ""
    for column, text in enumerate(texts):
        if column in leads.values() or column < min(leads.values()):
            continue
        name = text or (name if subs and column in subs else "")
        if name.lower() in TOTAL_WORDS:
            across.totals[column] = subs.get(column, "")
        elif name:
            across.schools[column] = name
            across.measures[column] = subs.get(column, "")
    if not _may_be_names(set(across.schools.values()), book):
        return None
    for below in range(first, len(grid.rows)):
        lead = [grid.text(below, column) for column in leads.values()]
        if any(text.replace(" ", "").lower() in TOTAL_WORDS for text in lead):
            across.total_rows.append(below)
        elif all(lead):
            across.rows.append(below)
    return across if len(across.rows) >= _FEWEST_ROWS else None


def _may_be_names(names: set[str], book: HeaderBook) -> bool:
    """Tell whether heads are several texts or codes, none of them a head of a table known."""
    if len(names) < _FEWEST_SCHOOLS or any(n.isdigit() and len(n) < 5 for n in names):
        return False
    return not any(book.is_head(name) for name in names)


def _sub_heads(grid: Grid, row: int) -> dict[int, str]:
    """Return what each column holds by the line below the names; empty if it is no such line."""
    if row >= len(grid.rows):
        return {}
    said = {}
    for column in range(1, len(grid.rows[row])):
        text = grid.text(row, column)
        if not text or (row, column) in grid.copied:
            continue
        measure = [m for m, pattern in _SUB_HEADS.items() if pattern.search(text)]
        if len(measure) != 1 or re.search(r"\d|学校|小学|中学", text):
            return {}
        said[column] = measure[0]
    return said if len(said) >= _FEWEST_SCHOOLS else {}


def _kind_of_column(grid: Grid, column: int, first: int, title: str) -> str:
    """Return ``grade`` or ``school_year`` if all cells below say such, else an empty text."""
    kinds = set()
    rows = 0
    for row in range(first, min(first + _ROWS_OF_HEAD, len(grid.rows))):
        text = grid.text(row, column)
        if not text or text.replace(" ", "").lower() in TOTAL_WORDS or text.startswith("注"):
            continue
        rows += 1
        kinds.add(_lead_kind(text, title))
        if "" in kinds or len(kinds) > 1:
            return ""
    return kinds.pop() if rows >= _FEWEST_ROWS else ""


@lru_cache(maxsize=4096)
def _lead_kind(text: str, title: str) -> str:
    if parse(contract("enrolment")["school_year"], text).value is not None:
        return "school_year"
    graded = parse(contract("enrolment")["grade"], text).value is not None
    return "grade" if graded and (not text.isdigit() or "年级" in title) else ""


def read(grid: Grid, across: Across, known: Iterable[str], found: Findings) -> list[Record] | None:
    """Return the records of a table with schools across, None where it is not one.

    At least half of the names must be names or codes of schools that other tables hold; the
    others are joined like any name, so that one no list knows blocks. What the cells hold, the
    title or a line below the names must say (在校生数, 班级数); where it does not, that is said.
    """
    listed = set(known)
    names = set(across.schools.values())
    if 2 * len(names & listed) < len(names):
        return None
    return _Reader(grid, across, found).read()


class _Reader:
    def __init__(self, grid: Grid, across: Across, found: Findings) -> None:
        self.grid, self.across, self.found = grid, across, found
        self.context: Context = read_context(grid, 0, across.head_row)
        self.table = "enrolment" if "grade" in across.leads else "school_totals"
        self.values: dict[tuple[int, int], float] = {}

    def read(self) -> list[Record]:
        """Return one record a school and row."""
        top = self._place(self.across.head_row, min(self.across.leads.values()))
        titles = [self.grid.text(self.across.head_row, c) for c in self.across.leads.values()]
        measure = said_measure([*titles, *titles_above(self.grid, self.across.head_row)])
        said = set(self.across.measures.values())
        if (said == {""} and measure not in ("pupils", "classes")) or self._stage_unclear():
            self.found.add(top, "schools_across_unclear", "affects", treatment="left_out")
            return []
        self.found.add(
            top, "schools_across", "note", schools=len(set(self.across.schools.values()))
        )
        for part in (self.across.measures, self.across.totals):
            part.update({c: m or measure for c, m in part.items()})
        made = [record for row in self.across.rows for record in self._row(row)]
        for row in self.across.total_rows:
            self._total_row(row)
        self._say_title()
        return made

    def _stage_unclear(self) -> bool:
        """Tell whether 一 二 三 alone may be grades of any stage."""
        column = self.across.leads.get("grade")
        if column is None or "stage" in self.context.values:
            return False
        return all(_BARE_GRADE.match(self.grid.text(row, column)) for row in self.across.rows)

    def _place(self, row: int, column: int) -> Place:
        return Place(self.grid.file, self.grid.sheet, cell_name(row, column))

    def _say_title(self) -> None:
        if "school_year" not in self.across.leads and "year" in self.context.values:
            place, said = self.context.places["year"], self.context.said["year"]
            value = self.context.values["year"]
            self.found.change(place, self.table, "school_year", said, value, "from_title")

    def _row(self, row: int) -> list[Record]:
        item = contract(self.table)
        shared: dict[str, object] = {}
        if "year" in self.context.values:
            shared["school_year"] = self.context.values["year"]
        if self.table == "school_totals" and "stage" in self.context.values:
            shared["stage"] = self.context.values["stage"]
        for name, column in self.across.leads.items():
            raw = self.grid.rows[row][column]
            parsed = parse(item[name], raw)
            if parsed.problem:
                self._problem(row, column, name, parsed.problem, "")
                return []
            shared[name] = self._of_stage(parsed, row, column) if name == "grade" else parsed.value
        made: list[Record] = []
        of: dict[str, Record] = {}
        for column, school in self.across.schools.items():
            measure = self.across.measures[column]
            # a name that heads a second column of the same is a second row: the rule of repeated
            # rows then says it, instead of one number taking the place of the other
            if school not in of or measure in of[school].columns:
                of[school] = self._record(row, column, school, shared)
                made.append(of[school])
            of[school].columns[measure] = column
            of[school].values[measure] = self._value(row, column, measure, school)
        self._row_total(row)
        return made

    def _record(self, row: int, column: int, school: str, shared: dict[str, object]) -> Record:
        grid, head = self.grid, self.across.head_row
        holder = Record("", {}, grid.file, grid.sheet, head, dict.fromkeys(_NAMES, column))
        own = (self.across.measures[column],)
        values = {**shared, _name_column(school): school}
        record = Record(self.table, values, grid.file, grid.sheet, row, {}, own)
        record.columns |= self.across.leads
        record.others = dict.fromkeys(_NAMES, holder)
        record.head_row = head
        return record

    def _of_stage(self, parsed: Parsed, row: int, column: int) -> object:
        """Count 一年级 to 四年级 below a junior title from grade 7, and list it."""
        column_texts = [self.grid.text(r, column) for r in self.across.rows]
        grades = [parse(contract("enrolment")["grade"], text).value for text in column_texts]
        highest = max((g for g in grades if isinstance(g, int)), default=0)
        if self.context.values.get("stage") != "junior" or highest > _JUNIOR_GRADES:
            return parsed.value
        grade = int(str(parsed.value)) + 6
        place = self._place(row, column)
        self.found.change(place, self.table, "grade", parsed.value, grade, "grade_from_title")
        return grade

    def _value(self, row: int, column: int, measure: str, school: str) -> object:
        cells = self.grid.rows[row]
        raw = cells[column] if column < len(cells) else None
        if (row, column) in self.grid.copied:
            if raw not in (None, ""):
                self._problem(row, column, measure, "merged_number", school)
            return None
        parsed = parse(contract(self.table)[measure], raw)
        if parsed.problem:
            self._problem(row, column, measure, parsed.problem, school)
            return None
        if parsed.changed:
            place = self._place(row, column)
            self.found.change(place, self.table, measure, raw, parsed.value, parsed.changed)
        if isinstance(parsed.value, (int, float)):
            self.values[row, column] = float(parsed.value)
        return parsed.value

    def _problem(self, row: int, column: int, name: str, rule: str, school: str) -> None:
        item = contract(self.table)[name]
        key = name in contract(self.table).keys
        self.found.add(
            self._place(row, column),
            rule,
            "blocks" if key else "affects",
            table=self.table,
            entity=school,
            column=name,
            treatment="left_out" if key else "set_aside",
            title=item.zh,
            title_en=item.en,
            allowed="—",
            allowed_en="—",
        )

    def _row_total(self, row: int) -> None:
        """Hold a column 合计 to the schools of its row."""
        for column, measure in self.across.totals.items():
            columns = [c for c, m in self.across.measures.items() if m == measure]
            cells = [(row, c) for c in columns]
            self._compare(row, column, measure, cells, "row_total_differs")

    def _total_row(self, row: int) -> None:
        """Hold a row 合计 to the rows above it."""
        for column, measure in self.across.measures.items():
            cells = [(r, column) for r in self.across.rows]
            self._compare(row, column, measure, cells, "total_differs")

    def _compare(
        self, row: int, column: int, measure: str, cells: list[tuple[int, int]], rule: str
    ) -> None:
        raw = self.grid.rows[row][column] if column < len(self.grid.rows[row]) else None
        said = parse(contract(self.table)[measure], raw).value
        known = [self.values[cell] for cell in cells if cell in self.values]
        if not isinstance(said, (int, float)) or not known:
            return
        empty = len(cells) - len(known)
        if abs(float(said) - sum(known)) > TOLERANCE:
            self.found.add(
                self._place(row, column),
                rule,
                "note" if empty else "affects",
                table=self.table,
                entity=self.across.schools.get(column, ""),
                column=measure,
                total=f"{sum(known):.12g}",
                parts=len(known),
                empty=empty,
            )


_NAMES = ("school_name", "school_id")


def _name_column(said: str) -> str:
    """Return whether a head is a code or a name of a school."""
    return "school_id" if clean_text(said).isascii() else "school_name"
