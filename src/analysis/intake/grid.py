"""Bytes to grids of cells: workbooks and delimited text, whatever their encoding."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from analysis.intake.package import ERROR_CELL, OLE_MAGIC, READ_APART, Remark, examine
from analysis.intake.refusing import MAX_CELLS, MAX_FILE_BYTES, UnreadableFileError, refuse
from analysis.intake.workbook_reader import read, read_apart

MAX_CELL_CHARACTERS = 32_767
#: Cells that merged ranges may cover together in one sheet.
MAX_MERGED_CELLS = 2_000_000
ENCODINGS = ("utf-8-sig", "gb18030", "utf-16")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
TEXTS = (".csv", ".tsv", ".txt")


@dataclass
class Grid:
    """One sheet: ``rows[r][c]`` is the value of cell row r+1, column c+1.

    ``copied`` holds the cells that only repeat the first cell of a merged range; ``meant`` rows of
    heads with what they stand for, where that is not what they say.
    """

    file: str
    sheet: str
    rows: list[list[object]]
    copied: set[tuple[int, int]] = field(default_factory=set)
    meant: dict[int, list[object]] = field(default_factory=dict)

    def head_cells(self, row: int) -> list[object]:
        """Return the cells of a row as they are to be read if it is a head."""
        return self.meant.get(row) or self.rows[row]

    def text(self, row: int, column: int) -> str:
        """Return a cell as plain text; empty outside the sheet."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return clean_text(self.rows[row][column])
        return ""

    def fill_merged(self, ranges: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
        """Give every cell of a merged range the value of its first cell."""
        left_over = MAX_MERGED_CELLS
        for (top, left), (bottom, right) in ranges:
            if top >= len(self.rows) or left >= len(self.rows[top]):
                continue
            value = self.rows[top][left]
            for row in range(top, min(bottom + 1, len(self.rows))):
                cells = self.rows[row]
                for column in range(left, min(right + 1, len(cells))):
                    left_over -= 1
                    if (row, column) != (top, left):
                        cells[column] = value
                        self.copied.add((row, column))
                if left_over < 0:
                    return


@lru_cache(maxsize=65_536)
def cell_name(row: int, column: int) -> str:
    """Return the name of a cell from zero-based indices, for example ``B7``."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def cell_indices(name: str) -> tuple[int, int] | None:
    """Return the zero-based row and column of a cell name, None for anything else."""
    letters = name.rstrip("0123456789")
    digits = name[len(letters) :]
    if not (letters.isascii() and letters.isalpha() and digits):
        return None
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return int(digits) - 1, column - 1


def grids(name: str, content: bytes) -> tuple[list[Grid], list[Remark]]:
    """Return the sheets of one raw file, and what should be known about the file.

    Raises
    ------
    IntakeError
        The file is too large, has a password, is broken or of a kind that is not read.
    """
    if len(content) > MAX_FILE_BYTES:
        refuse(name, "too_large", bytes=f"{len(content):,}", most=f"{MAX_FILE_BYTES:,}")
    suffix = "." + name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if suffix not in WORKBOOKS + TEXTS:
        refuse(name, "xlsb" if suffix == ".xlsb" else "ending", ending=suffix or "—")
    if not content:
        refuse(name, "empty")
    if content.startswith((b"PK\x03\x04", OLE_MAGIC)):
        # the content decides: exports are often saved under the wrong ending
        remarks = examine(name, content)
        sheets = _workbook(name, content, apart=any(r.rule == READ_APART for r in remarks))
        _put_errors(sheets, remarks)
        hidden = {r.sheet for r in remarks if r.rule == "sheet_hidden"}
        # what is hidden comes last: of two rows alike the one in sight is used
        sheets.sort(key=lambda grid: grid.sheet in hidden)
        return sheets, [r for r in remarks if r.rule not in (ERROR_CELL, READ_APART)]
    other = _other_kind(content, suffix)
    if other:
        refuse(name, other)
    return _text(name, content, "\t" if suffix == ".tsv" else None)


def _other_kind(content: bytes, suffix: str) -> str:
    """Return what a file is that passes for a workbook or a text table, "" if it may be one."""
    top = content[:4096].lower().removeprefix(b"\xef\xbb\xbf").lstrip()
    if top.startswith((b"<html", b"<!doctype html", b"mime-version:", b"<table", b"<meta")):
        return "web_page"
    if top.startswith(b"<?xml") and b"schemas-microsoft-com:office:spreadsheet" in top:
        return "xml_table"
    if suffix in WORKBOOKS and b"<table" in top:
        return "web_page"
    binary = b"\x00" in content[:4096] and not content.startswith(_UTF_16)
    return "not_workbook" if suffix in WORKBOOKS and binary else ""


def _put_errors(sheets: list[Grid], remarks: list[Remark]) -> None:
    """Write #REF! and the like into the cells that the reader gave as empty."""
    by_name = {grid.sheet: grid for grid in sheets}
    for remark in remarks:
        place = cell_indices(remark.cell) if remark.rule == ERROR_CELL else None
        grid = by_name.get(remark.sheet)
        if place is None or grid is None or place[0] >= len(grid.rows):
            continue
        cells = grid.rows[place[0]]
        if place[1] < len(cells) and cells[place[1]] in (None, ""):
            cells[place[1]] = remark.found


def _workbook(name: str, content: bytes, *, apart: bool) -> list[Grid]:
    try:
        sheets = (read_apart if apart else read)(content, MAX_CELLS)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        # a panic of the reader in a broken .xls is no ordinary exception
        values: dict[str, object] = {"bytes": f"{len(content):,}"}
        raise UnreadableFileError(name, "damaged", values) from error
    grids = []
    for sheet, rows, merged in sheets:
        if rows is None:
            refuse(name, "too_many_cells", most=f"{MAX_CELLS:,}")
        grid = Grid(name, sheet, rows)
        grid.fill_merged(merged)
        grids.append(grid)
    return grids


def decode(name: str, content: bytes) -> tuple[str, str]:
    """Return the text of a file and its encoding.

    Raises
    ------
    IntakeError
        It is neither UTF-8, GB 18030 nor UTF-16 text.
    """
    order = ENCODINGS
    if content.startswith(_UTF_16):
        order = ("utf-16", "utf-16", "utf-16")
    for encoding in order:
        try:
            text = content.decode(encoding)
        except UnicodeError:
            continue
        if "\x00" not in text:
            return text, encoding
    return refuse(name, "not_text")


def _text(name: str, content: bytes, delimiter: str | None) -> tuple[list[Grid], list[Remark]]:
    text, _ = decode(name, content)
    if delimiter is None:
        head = text[:5000]
        delimiter = max(",\t;", key=head.count)
    csv.field_size_limit(MAX_FILE_BYTES)
    sheet = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    rows: list[list[object]] = []
    remarks = []
    cells, line = 0, 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            cells += len(row)
            if cells > MAX_CELLS:
                break
            if reader.line_num > line and (lost := swallowed(row, delimiter, rows)):
                place = cell_name(len(rows), lost.column)
                remarks.append(Remark("open_quote", sheet, place, lost.said, line, lost.rows))
            rows.append(list(row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFileError(name, "not_csv", {"line": line}) from error
    if cells > MAX_CELLS:
        refuse(name, "too_many_cells", most=f"{MAX_CELLS:,}")
    return [Grid(name, sheet, rows)], remarks


@dataclass(frozen=True)
class Swallowed:
    """Rows of a text file that stand within one cell, since its quotation mark is not closed."""

    column: int
    rows: int
    said: str


def swallowed(
    row: Sequence[str], delimiter: str, before: Sequence[Sequence[object]]
) -> Swallowed | None:
    """Return the rows that a cell of several lines has swallowed, None for a cell of plain lines.

    A line within a cell counts as a row where it is divided like the row before: as many cells,
    or half of them in the last line, which the next mark cuts off.
    """
    width = len(before[-1]) if before else len(row)
    for column, cell in enumerate(row):
        lines = cell.splitlines()[1:]
        rows = sum(line.count(delimiter) + 1 >= max(2, width / 2) for line in lines)
        if rows:
            return Swallowed(column, rows, clean_text(cell.splitlines()[0])[:80])
    return None


_INVISIBLE = dict.fromkeys(
    [
        *range(9),
        *range(0x0E, 0x20),
        *(0x7F, 0xAD, 0x061C, 0x180E),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *(0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB),
    ]
)


@lru_cache(maxsize=262_144)
def _clean(text: str) -> str:
    cut = text[:MAX_CELL_CHARACTERS]
    plain = unicodedata.normalize("NFKC", cut.translate(_INVISIBLE))
    return " ".join(plain.split())[:MAX_CELL_CHARACTERS]


def clean_text(value: object) -> str:
    """Return a cell as plain text: one line, half width, no control or direction characters."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _clean(value) if len(value) < 256 else _clean.__wrapped__(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
