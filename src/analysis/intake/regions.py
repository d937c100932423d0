"""Find the tables in a sheet: header rows (one to three), the data below, totals, footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from analysis.intake.context import Context, read_context
from analysis.intake.grid import Grid, clean_text
from analysis.intake.headers import NAMED, HeaderBook
from analysis.intake.heads import Head
from analysis.tables import contract

TOTAL_WORDS = frozenset(
    {"合计", "总计", "共计", "总数", "计", "全县合计", "全市合计", "全区合计", "全镇合计", "total"}
)
_SUBTOTAL = re.compile(r"(小计|subtotal)$", re.IGNORECASE)
_TOTAL_LIKE = re.compile(r"^(全县|全市|全区|全镇|城区|镇区|乡村|小学|初中|本页)?(合计|总计|共计)$")
_FOOTNOTE = re.compile(
    r"^(注|备注|说明|填表|制表|审核|单位负责人|数据来源|资料来源|填报|统计人|联系|note|source)",
    re.IGNORECASE,
)
_DATA_NUMBER = re.compile(r"^[-+]?[\d,，.]+%?$")
MINIMUM_HEADS, MOST_HEADER_ROWS = 2, 3
#: Columns that say what a row is about; a row of data fills one of them.
ABOUT = frozenset({"school_id", "school_name", "town_id", "town_name", "school_year", "year"})
#: Rows of a sheet in which any form of a header is looked for; below them, listed titles only.
ROWS_READ_CLOSELY = 5_000
#: Rows of texts whose reading as a header is kept, for heads that are printed again and again.
MOST_ACCEPTED = 2_000
#: Rows below a header that are looked at to see what a column holds.
_ROWS_LOOKED_AT = 60
#: Tables whose rows are about schools: one sheet with a row a school may hold columns of several.
SCHOOL_TABLES = (
    "schools",
    "enrolment",
    "school_totals",
    "teachers",
    "facilities",
    "building_areas",
    "class_bands",
)


@dataclass
class Part:
    """Columns of a region that belong to one table."""

    table: str
    heads: dict[int, Head]


@dataclass
class Region:
    """One table found in a sheet; ``parts`` are the canonical tables its columns feed."""

    grid: Grid
    header_row: int
    parts: list[Part]
    unknown: dict[int, str]
    context: Context
    repeated: dict[int, str] = field(default_factory=dict)
    data_rows: list[int] = field(default_factory=list)
    totals: list[tuple[int, bool]] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)

    @property
    def table(self) -> str:
        """The table most of its columns belong to."""
        return self.parts[0].table

    def names_schools(self) -> bool:
        """Tell whether a column says which school a row is about."""
        heads = self.parts[0].heads.values()
        return any(h.column in ("school_id", "school_name") for h in heads)


@dataclass
class _Candidate:
    bottom: int
    table: str
    cells: list[str]
    score: int


def regions(grid: Grid, book: HeaderBook) -> Iterator[Region]:
    """Yield the tables of a sheet in order."""
    stem = grid.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    named = book.table_of_name(grid.sheet) or book.table_of_name(stem)
    current: Region | None = None
    row, free_from = 0, 0
    while row < len(grid.rows):
        found = _header(grid, row, book, named)
        if found:
            if current is not None:
                yield current
                free_from = max([free_from, *current.data_rows]) + 1 if current.data_rows else row
            context = read_context(grid, min(free_from, row), row)
            if current is not None:
                context.inherit(current.context)
            current = _start(grid, book, found, context)
            row = found.bottom + 1
            continue
        if current is not None:
            take(current, row)
        row += 1
    if current is not None:
        yield current


def _header(grid: Grid, row: int, book: HeaderBook, named: str | None) -> _Candidate | None:
    """Return the best reading of one to three rows from ``row`` as headers."""
    if not _may_be_header(grid.head_cells(row), book, exact=row >= ROWS_READ_CLOSELY):
        return None
    best: _Candidate | None = None
    joined = [clean_text(cell) for cell in grid.head_cells(row)]
    for depth in range(1, MOST_HEADER_ROWS + 1):
        bottom = row + depth - 1
        if depth > 1:
            if bottom >= len(grid.rows) or not _continues_header(grid, bottom, row):
                break
            joined = _joined(joined, [clean_text(cell) for cell in grid.head_cells(bottom)])
        found = _accept(book, joined, named)
        further = depth > 1 and best is not None and _names_nothing(grid, book, best, bottom)
        if found and (best is None or found[1] > best.score or further):
            best = _Candidate(bottom, found[0], joined, found[1])
    return best


def _names_nothing(grid: Grid, book: HeaderBook, best: _Candidate, row: int) -> bool:
    """Tell whether a row of words under a header says nothing about what a row would be about.

    Such a row (units, names of parts) is one more line of the header and no row of data.
    """
    for index, text in enumerate(best.cells):
        head = book.head(best.table, text)
        below = grid.text(row, index)
        if head is not None and head.column in ABOUT and below and below not in text.split("|"):
            return False
    heads = [head for text in best.cells if (head := book.head(best.table, text))]
    return any(head.column in ABOUT for head in heads)


def _may_be_header(cells: list[object], book: HeaderBook, *, exact: bool = False) -> bool:
    """Look quickly: texts only (years apart), and one of the first few names a column.

    Far down a sheet only ``exact`` titles count, so that a file of words ends in time.
    """
    texts = []
    for cell in cells:
        if cell is None or cell == "":
            continue
        if isinstance(cell, (int, float)) and not 1949 <= cell <= 2100:
            return False
        text = clean_text(cell)
        if _DATA_NUMBER.match(text) and not re.match(r"^(19|20)\d\d$", text):
            return False
        if text:
            texts.append(text)
    if len(set(texts)) < MINIMUM_HEADS:
        return False  # a title, perhaps over merged cells
    # numbers that could be years are headers only beside a header in words
    known = book.is_title if exact else book.is_head
    return any(known(text) for text in texts[:40] if not text.isdigit())


def _continues_header(grid: Grid, row: int, top: int) -> bool:
    """Tell whether a row below a header can be its second or third line."""
    cells = grid.head_cells(row)
    filled = [cell for cell in cells if clean_text(cell)]
    if not filled:
        return False
    for cell in filled:
        if isinstance(cell, (int, float)) and not 1949 <= cell <= 2100:
            return False
        text = clean_text(cell)
        if re.match(r"^\d", text) and not re.match(r"^\d{1,4}([-—~]|人|年|月|岁|$)", text):
            return False
        if _DATA_NUMBER.match(text) and not re.match(r"^(19|20)\d\d$", text):
            return False
    return row > top


def _joined(upper: list[str], lower: list[str]) -> list[str]:
    cells: list[str] = []
    last = ""
    for index in range(max(len(upper), len(lower))):
        high = upper[index] if index < len(upper) else ""
        low = lower[index] if index < len(lower) else ""
        if high:
            last = high if low else ""
        elif low and last:
            high = last  # an unmerged group title stands over its first column only
        cells.append(f"{high}|{low}" if high and low and high != low else high or low)
    return cells


def _accept(book: HeaderBook, cells: list[str], named: str | None) -> tuple[str, int] | None:
    """Return (table, number of its columns named) if the texts read as a header."""
    filled = [cell for cell in cells if cell]
    if len(set(filled)) < MINIMUM_HEADS:
        return None
    key = (named, *cells)
    if key not in book.accepted:
        if len(book.accepted) > MOST_ACCEPTED:
            book.accepted.clear()
        book.accepted[key] = _best_table(book, cells, filled, named)
    return book.accepted[key]


def _best_table(
    book: HeaderBook, cells: list[str], filled: list[str], named: str | None
) -> tuple[str, int] | None:
    scores = {name: book.score(name, cells) for name in book.tables()}
    best = max(scores, key=lambda name: (scores[name], name == named, name == "schools"))
    if named and scores[named] >= MINIMUM_HEADS and scores[named] * 2 >= scores[best]:
        whole = [n for n in scores if scores[n] == scores[best] and _is_whole(book, n, filled)]
        best = whole[0] if whole and not _has_key(book, named, filled) else named
    elif best == "schools" and not _has_key(book, best, filled):
        # a list of towns in a sheet of any name
        best = next(
            (n for n in scores if scores[n] == scores[best] and _is_whole(book, n, filled)), best
        )
    known = sum(1 for cell in filled if book.is_head(cell))
    if scores[best] < MINIMUM_HEADS:
        return None
    keyed = any(
        head.column in ("school_id", "school_name", "town_id", "town_name")
        for head in (book.head(best, cell) for cell in filled)
        if head
    )
    if known * 2 >= len(filled) or best == named or (keyed and scores[best] > MINIMUM_HEADS):
        return best, scores[best]
    return None


def _columns(book: HeaderBook, table: str, texts: list[str]) -> set[str]:
    heads = [head for head in (book.head(table, text) for text in texts) if head]
    return {h.column for h in heads} | {column for h in heads for column, _ in h.keys}


def _has_key(book: HeaderBook, table: str, texts: list[str]) -> bool:
    """Tell whether the headers name what a row of the table is about."""
    key = contract(table).keys[0]
    return bool({key, NAMED.get(key, key)} & _columns(book, table, texts))


def _is_whole(book: HeaderBook, table: str, texts: list[str]) -> bool:
    """Tell whether the headers have every column that a row of the table must have."""
    required = {c.name for c in contract(table).columns if not c.nullable}
    return required <= _columns(book, table, texts)


def _start(grid: Grid, book: HeaderBook, found: _Candidate, context: Context) -> Region:
    main, repeated = _heads(book, found.table, found.cells)
    columns = {head.column for head in main.values()}
    table = found.table
    if table == "enrolment" and _without_grade(main):
        other, other_repeated = _heads(book, "school_totals", found.cells)
        if len(other) >= len(main):
            table, main, repeated = "school_totals", other, other_repeated
    if table == "enrolment" and _is_register(grid, found, main):
        table = "class_sizes"
        main, repeated = _heads(book, table, found.cells)
    parts = [Part(table, _no_lone_totals(main))]
    left = {
        i: text
        for i, text in enumerate(found.cells)
        if text and i not in main and i not in repeated
    }
    if table in SCHOOL_TABLES and columns & {"school_id", "school_name"}:
        for companion in (name for name in SCHOOL_TABLES if name != table):
            more, _ = _heads(book, companion, found.cells, only=set(left))
            if companion == "enrolment" and not any("grade" in dict(h.keys) for h in more.values()):
                continue
            if companion == "enrolment":
                more = {i: h for i, h in more.items() if "grade" in dict(h.keys) or h.total}
            if more:
                parts.append(Part(companion, _no_lone_totals(more)))
                left = {i: text for i, text in left.items() if i not in more}
    return Region(grid, found.bottom, parts, left, context, repeated)


def _is_register(grid: Grid, found: _Candidate, heads: dict[int, Head]) -> bool:
    """Tell whether a column 班级 names classes (1班, 2班) instead of counting them."""
    by_column = {h.column: i for i, h in heads.items() if not h.keys}
    if not {"classes", "grade", "pupils"} <= set(by_column):
        return False
    if found.cells[by_column["classes"]].endswith("数"):
        return False
    first = found.bottom + 1
    rows = range(first, min(first + _ROWS_LOOKED_AT, len(grid.rows)))
    named = [grid.text(row, by_column["classes"]) for row in rows]
    if any(re.search(r"班|[(（].*[)）]|^[A-Za-z]", text) for text in named):
        return True
    keys = [by_column[c] for c in ("school_id", "school_name", "school_year", "grade")
            if c in by_column]  # fmt: skip
    seen = [tuple(grid.text(row, i) for i in keys) for row in rows if grid.rows[row]]
    return len(set(seen)) < len(seen) and len(set(named)) > 1


def _no_lone_totals(heads: dict[int, Head]) -> dict[int, Head]:
    """Take a total with nothing beside it that it could add up for the quantity itself."""
    keyed = {h.column for h in heads.values() if h.keys and not h.total}
    return {
        i: replace(h, total=False) if h.total and not h.keys and h.column not in keyed else h
        for i, h in heads.items()
    }


def _without_grade(heads: dict[int, Head]) -> bool:
    return not any(h.column == "grade" or "grade" in dict(h.keys) for h in heads.values())


def _heads(
    book: HeaderBook, table: str, cells: list[str], only: set[int] | None = None
) -> tuple[dict[int, Head], dict[int, str]]:
    """Return the headers known by column, and those that repeat an earlier one."""
    heads: dict[int, Head] = {}
    repeated: dict[int, str] = {}
    taken: set[tuple[str, tuple[tuple[str, object], ...], bool]] = set()
    for index, text in enumerate(cells):
        if not text or (only is not None and index not in only):
            continue
        head = book.head(table, text)
        if head is None:
            continue
        mark = (head.column, head.keys, head.total)
        if mark in taken and not head.add:
            repeated[index] = text
            continue
        taken.add(mark)
        heads[index] = head
    return heads, repeated


def take(region: Region, row: int) -> None:
    """Add a row below the headers to the data, the totals or the notes of a region."""
    cells = region.grid.rows[row]
    filled: list[tuple[int, str]] = []
    for index, cell in enumerate(cells):
        if cell is None or cell == "":
            continue
        text = clean_text(cell)
        if text:
            filled.append((index, text))
            if len(filled) > 6:
                break
    if not filled:
        return
    if _is_total(region, row, filled):
        return
    distinct = {text for _, text in filled}
    first = filled[0][1]
    if first == "甲":
        return  # the line that numbers the columns of a statistical form
    if len(distinct) == 1 and (_FOOTNOTE.match(first) or len(region.parts[0].heads) > 1):
        region.notes.append(row)
        return
    if _FOOTNOTE.match(first) and len(distinct) <= MINIMUM_HEADS:
        region.notes.append(row)
        return
    region.data_rows.append(row)


def _is_total(region: Region, row: int, filled: list[tuple[int, str]]) -> bool:
    """Keep a 合计 or 小计 row apart; a numbered row of a list of items is never one."""
    columns = {head.column: index for index, head in region.parts[0].heads.items()}
    if "item_id" in columns and region.grid.text(row, columns["item_id"]):
        return False
    for _, text in filled[:3]:
        bare = text.replace(" ", "").lower()
        if _SUBTOTAL.search(bare) or bare in TOTAL_WORDS or _TOTAL_LIKE.match(bare):
            region.totals.append((row, bool(_SUBTOTAL.search(bare))))
            return True
    return False
