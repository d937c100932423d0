"""Bytes to grids of cells: workbooks and delimited text, whatever their encoding."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

import python_calamine

from analysis.errors import IntakeError

#: Limits that a county's workbook never reaches and a hostile one does.
MAX_FILE_BYTES = 200 * 1024**2
MAX_UNPACKED_BYTES = 1024**3
MAX_RATIO = 200
MAX_CELLS = 20_000_000
MAX_CELL_CHARACTERS = 32_767
ENCODINGS = ("utf-8-sig", "gb18030", "utf-16")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
TEXTS = (".csv", ".tsv", ".txt")


@dataclass
class Grid:
    """One sheet: ``rows[r][c]`` is the value of cell row r+1, column c+1."""

    file: str
    sheet: str
    rows: list[list[object]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)

    def fill_merged(self) -> None:
        """Give every cell of a merged range in the grid the value of its first cell."""
        for (top, left), (bottom, right) in self.merged:
            if top >= len(self.rows) or left >= len(self.rows[top]):
                continue
            value = self.rows[top][left]
            for row in self.rows[top : bottom + 1]:
                for column in range(left, min(right + 1, len(row))):
                    row[column] = value


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell from zero-based indices, for example ``B7``."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def grids(name: str, content: bytes) -> Iterator[Grid]:
    """Yield the sheets of one raw file.

    Raises
    ------
    IntakeError
        The file is too large, encrypted, broken or of a kind that is not read.
    """
    if len(content) > MAX_FILE_BYTES:
        raise IntakeError(f"{name}: {len(content):,} bytes, more than {MAX_FILE_BYTES:,}.")
    suffix = "." + name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if suffix in WORKBOOKS:
        yield from _workbook(name, content)
    elif suffix in TEXTS:
        yield _text(name, content, "\t" if suffix == ".tsv" else None)
    else:
        raise IntakeError(f"{name}: only Excel and CSV files are read.")


def _refuse_bombs(name: str, content: bytes) -> None:
    if not content.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = [(i.file_size, max(i.compress_size, 1)) for i in archive.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise IntakeError(f"{name}: the workbook is damaged or cut off ({error}).") from error
    total = sum(size for size, _ in sizes)
    if total > MAX_UNPACKED_BYTES:
        raise IntakeError(f"{name}: unpacks to {total:,} bytes; it is not read.")
    for size, packed in sizes:
        if size > 10 * 1024**2 and size / packed > MAX_RATIO:
            raise IntakeError(f"{name}: a part unpacks to {size:,} bytes; it is not read.")


def _workbook(name: str, content: bytes) -> Iterator[Grid]:
    if content[:8] == bytes.fromhex("d0cf11e0a1b11ae1") and b"E\x00n\x00c\x00r\x00y" in content:
        raise IntakeError(f"{name}: the workbook is protected by a password. Remove it and save.")
    _refuse_bombs(name, content)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        for sheet_name in book.sheet_names:
            sheet = book.get_sheet_by_name(sheet_name)
            if sheet.total_height * max(sheet.total_width, 1) > MAX_CELLS:
                raise IntakeError(f"{name}#{sheet_name}: more than {MAX_CELLS:,} cells.")
            rows = [list(row) for row in sheet.to_python(skip_empty_area=False)]
            grid = Grid(name, sheet_name, rows, list(sheet.merged_cell_ranges or []))
            grid.fill_merged()
            yield grid
    except IntakeError:
        raise
    except Exception as error:  # noqa: BLE001 - the reader raises many kinds for a broken file
        raise IntakeError(f"{name}: the workbook cannot be read ({error}).") from error


def decode(name: str, content: bytes) -> tuple[str, str]:
    """Return the text of a file and its encoding.

    Raises
    ------
    IntakeError
        It is neither UTF-8, GB 18030 nor UTF-16 text.
    """
    order = ENCODINGS
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        order = ("utf-16",)
    for encoding in order:
        try:
            text = content.decode(encoding)
        except (UnicodeDecodeError, UnicodeError):
            continue
        if "\x00" not in text:
            return text, encoding
    raise IntakeError(f"{name}: not text in UTF-8, GB 18030 or UTF-16. Save it as CSV UTF-8.")


def _text(name: str, content: bytes, delimiter: str | None) -> Grid:
    text, _ = decode(name, content)
    if delimiter is None:
        head = text[:5000]
        delimiter = max(",\t;", key=head.count)
    csv.field_size_limit(MAX_FILE_BYTES)
    try:
        rows: list[list[object]] = [
            list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise IntakeError(f"{name}: not a readable CSV file ({error}).") from error
    return Grid(name, name.rsplit("/", 1)[-1].rsplit(".", 1)[0], rows)


_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0x202A, 0x202F)])


def clean_text(value: object) -> str:
    """Return a cell as plain text: one line, half width, no invisible characters."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = unicodedata.normalize("NFKC", str(value).translate(_INVISIBLE))
    return " ".join(text.split())[:MAX_CELL_CHARACTERS]
