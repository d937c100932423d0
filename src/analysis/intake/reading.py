"""Read all raw files of an area into canonical tables, each row with the place it came from."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis.intake import (
    answers,
    bare_grades,
    checks,
    complete,
    conclusions,
    crosswalk,
    forms,
    personal,
    resolve,
    room_bands,
    town_rows,
    transposed,
)
from analysis.intake.found import Findings, Place
from analysis.intake.grid import Grid, clean_text, decode, grids
from analysis.intake.headers import HeaderBook, shipped_book
from analysis.intake.record import Record
from analysis.intake.records import RegionReader
from analysis.intake.refusing import UnreadableFileError
from analysis.intake.regions import Region, regions
from analysis.intake.side_by_side import tables_apart
from analysis.intake.transposed import Across
from analysis.intake.unused import say_columns, say_note

_SKIPPED_ENDS = ("readme", "readme.md", "说明.txt", "readme.txt")
#: Sheets that explain a workbook and hold no data, our own template's guide among them.
_NOT_DATA = frozenset({"填表说明", "说明", "目录", "封面", "指标解释", "guide", "readme"})
_SCHOOL = ("school_id", "school_name")
HEADERS_FILE = "headers.toml"
#: A sheet with more numbers than this that is no table known is pointed out (tool default).
FEW_NUMBERS = 10


@dataclass
class IntakeResult:
    """What the intake gives: canonical tables, what is wrong, what was changed or not used."""

    tables: dict[str, pd.DataFrame]
    records: dict[str, list[Record]]
    found: Findings
    #: Rows of the tables that were streamed to disk and are not among ``tables``.
    streamed: dict[str, int] = field(default_factory=dict)
    #: Answers that are about files read apart, because they are streamed.
    left: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(answers.COLUMNS)))

    _made: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    _made_of: tuple[int, ...] = ()

    def row_counts(self) -> dict[str, int]:
        """Return the rows of every canonical table, in memory or streamed."""
        return {**{n: len(f) for n, f in self.tables.items()}, **self.streamed}

    @property
    def findings(self) -> pd.DataFrame:
        """Findings, in the order met."""
        return self.result_tables()["intake_findings"]

    def result_tables(self) -> dict[str, pd.DataFrame]:
        """Return the result tables of the intake."""
        size = self.found.size()
        if size != self._made_of:
            self._made = self.found.frames()
            found = self._made["intake_findings"]
            self._made["affected_conclusions"] = conclusions.affected(found)
            self._made_of = size
        return dict(self._made)


def read_area(
    files: Mapping[str, bytes],
    *,
    area_code: str,
    answered: pd.DataFrame | None = None,
    apart: Collection[str] = (),
) -> IntakeResult:
    """Read every raw file of an area.

    Parameters
    ----------
    files
        Content by path below the area's folder. A returned ``corrections.xlsx`` among them is
        read as the clerk's answers, a ``headers.toml`` as more header variants.
    area_code
        The county's code; rows under it are totals of the county.
    answered
        Answers already read, with the columns of the ``answers`` table.
    apart
        Names of files that are streamed afterwards; answers about them are handed on.

    Notes
    -----
    Nothing raises for bad content: each fault is a finding, its cell is missing in the tables, and
    the rest is read.
    """
    found = Findings()
    book = header_book(files, found)
    for name in sorted(files):
        if not answers.is_answers(name) and name != HEADERS_FILE:
            _open(name, files[name], found)
    given = answers.read(files, found) if answered is None else answered
    elsewhere = given["file"].isin(list(apart))
    answers.apply(given[~elsewhere], found.grids, found)
    records: dict[str, list[Record]] = {}
    for record in _read_sheets(book, found):
        records.setdefault(record.table, []).append(record)
    town_rows.take_out(records, found)
    resolve.resolve(records, found, area_code)
    crosswalk.apply(records, found)
    complete.keep_keyed(records, found)
    complete.bring_together(records, found)
    checks.run(records, found, area_code)
    found.count_the_rest()
    tables = complete.frames(records)
    if not (tables or apart or found.rows or found.read):
        found.add(Place(next(iter(sorted(files)), "—")), "nothing_read", "blocks", found="")
    if found.answered:
        tables["answers"] = answers.as_table(found)
    return IntakeResult(tables, records, found, left=given[elsewhere])


def header_book(files: Mapping[str, bytes], found: Findings | None = None) -> HeaderBook:
    """Return the headers known, with an area's own ``headers.toml`` among its files."""
    own = _own_headers(files, Findings() if found is None else found)
    return HeaderBook(own) if own else shipped_book()


def _own_headers(files: Mapping[str, bytes], found: Findings) -> Mapping[str, object]:
    content = files.get(HEADERS_FILE)
    if content is None:
        return {}
    try:
        return tomllib.loads(decode(HEADERS_FILE, content)[0])
    except UnreadableFileError as error:
        found.unreadable(Place(HEADERS_FILE), error, "affects")
    except tomllib.TOMLDecodeError as error:
        said = UnreadableFileError(HEADERS_FILE, "headers", {"detail": str(error)})
        found.unreadable(Place(HEADERS_FILE), said, "affects")
    return {}


def _open(name: str, content: bytes, found: Findings) -> None:
    """Keep the sheets of a file, and say what should be known about it."""
    if name.lower().endswith((".md", ".toml", ".json", ".pdf", ".docx", ".doc", *_SKIPPED_ENDS)):
        found.leave(Place(name), name, "file_kind")
        return
    try:
        sheets, remarks = grids(name, content)
    except UnreadableFileError as error:
        found.unreadable(Place(name), error, "blocks")
        return
    for grid in sheets:
        found.grids[grid.file, grid.sheet] = grid
    for remark in remarks:
        lost = remark.rule == "open_quote"
        severity = "affects" if lost or remark.rule.startswith("formula") else "note"
        found.add(
            Place(name, remark.sheet, remark.cell),
            remark.rule,
            severity,
            found=remark.found or None,
            treatment="left_out" if lost else "kept",
            line=remark.line,
            rows=remark.rows,
        )


def _read_sheets(book: HeaderBook, found: Findings) -> list[Record]:
    """Return the records of all sheets; those with schools across need the names of the others."""
    records: list[Record] = []
    later: list[tuple[Grid, Across]] = []
    for grid in found.grids.values():
        across = transposed.layout(grid, book)
        if across is None:
            records += _read_grid(grid, book, found)
        else:
            later.append((grid, across))
    known = {str(r.values.get(c)) for r in records for c in _SCHOOL} if later else set()
    for grid, across in later:
        records += _read_grid(grid, book, found, across, known)
    return records


def _read_grid(
    grid: Grid,
    book: HeaderBook,
    found: Findings,
    across: Across | None = None,
    known: Collection[str] = (),
) -> list[Record]:
    personal.scan(grid, found)
    if clean_text(grid.sheet).lower() in _NOT_DATA:
        found.leave(Place(grid.file, grid.sheet, "A1"), grid.sheet, "instructions")
        return []
    if across is not None:
        made = transposed.read(grid, across, known, found)
        if made is not None:
            _count(grid, Counter(record.table for record in made), found)
            return made
    copies = tables_apart(grid, book)
    read = [_read_tables(copy, book, found) for copy in copies]
    if not any(seen for _, seen in read) and any(clean_text(c) for row in grid.rows for c in row):
        top = Place(grid.file, grid.sheet, "A1")
        found.leave(top, grid.sheet, "no_table_recognised")
        numbers = sum(_is_number(cell) for row in grid.rows for cell in row)
        if numbers > FEW_NUMBERS:
            found.add(top, "sheet_not_used", "note", treatment="left_out", numbers=numbers)
    return [record for records, _ in read for record in records]


def _read_tables(grid: Grid, book: HeaderBook, found: Findings) -> tuple[list[Record], bool]:
    """Return the records of the tables below each other in a sheet, and whether there are any."""
    bare_grades.spell_out(grid, book, found)
    tables = list(regions(grid, book))
    # a form of one school has no column of schools: headers come before positions
    about_many = any(region.names_schools() and region.data_rows for region in tables)
    records = [] if about_many else forms.items(grid, found)
    counts: dict[str, int] = {record.table: 1 for record in records}
    if records:
        tables = []
    for region in tables:
        if personal.is_pupil_list(region):
            found.leave(Place(grid.file, grid.sheet, "A1"), grid.sheet, "pupil_list")
            continue
        forms.grades_of_stage(region, found)
        made = room_bands.read(region, found)
        if not (made and room_bands.only_rooms(region)):
            counts.setdefault(region.table, 0)
        form = forms.matrix(region, found)
        made += _region(region, found, bool(made)) if form is None else form
        records += made
        for record in made:
            counts[record.table] = counts.get(record.table, 0) + 1
    _count(grid, counts, found)
    return records, bool(records or tables)


def _count(grid: Grid, counts: Mapping[str, int], found: Findings) -> None:
    for table, rows in counts.items():
        place = {"file": grid.file, "sheet": grid.sheet, "table_name": table}
        found.read.append({**place, "rows": float(rows)})


def _is_number(cell: object) -> bool:
    return isinstance(cell, float) or (isinstance(cell, str) and cell.strip().isdigit())


def _region(region: Region, found: Findings, rooms: bool) -> list[Record]:
    """Read an ordinary table; one whose only quantities are rooms has been read already."""
    say_columns(region, found)
    for row in region.notes:
        say_note(region, row, found)
    checks.totals(region, found)
    if rooms and room_bands.only_rooms(region):
        return []
    return RegionReader(region, found).read()
