"""A delimited text file of any size as blocks of rows: memory holds one block at a time."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pcsv

from analysis.intake.grid import ENCODINGS, Swallowed, clean_text, swallowed
from analysis.intake.refusing import MAX_FILE_BYTES, refuse

#: Bytes read at a time: memory stays at a few of these whatever the size of the file.
BLOCK_BYTES = 4 * 1024**2
#: Rows and bytes at the top of a file in which its headers are looked for.
HEAD_ROWS, HEAD_BYTES = 200, 256 * 1024


@dataclass(frozen=True)
class Block:
    """Rows ``first`` and on of a file; one column of text per cell column, empty cells as "".

    ``lost`` names rows of the block, each with its line in the file, whose quotation mark is not
    closed.
    """

    first: int
    cells: pa.Table
    lost: tuple[tuple[int, int, Swallowed], ...] = ()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.cells.num_rows)

    def row(self, place: int) -> list[object]:
        """Return the cells of one row, counted from the top of the block."""
        return [column[place].as_py() for column in self.cells.columns]


@dataclass(frozen=True)
class TextKind:
    """How a delimited text file is written."""

    encoding: str
    delimiter: str


def kind_of(source: BinaryIO, name: str) -> TextKind:
    """Return encoding and delimiter of a file; reads it once and leaves it at its start.

    Raises
    ------
    IntakeError
        It is neither UTF-8, GB 18030 nor UTF-16 text.
    """
    source.seek(0)
    top = source.read(4)
    order = ("utf-16",) if top.startswith((b"\xff\xfe", b"\xfe\xff")) else ENCODINGS
    for encoding in order:
        if _decodes(source, encoding):
            source.seek(0)
            head = codecs.getincrementaldecoder(encoding)().decode(source.read(20_000))[:5000]
            source.seek(0)
            tabs = name.lower().endswith(".tsv")
            return TextKind(encoding, "\t" if tabs else max(",\t;", key=head.count))
    return refuse(name, "not_text")


def _is_utf8(source: BinaryIO) -> bool:
    """Tell whether a file is UTF-8 without zero bytes; quicker than decoding it."""
    source.seek(0)
    left = b""
    while raw := source.read(BLOCK_BYTES):
        text = left + raw
        cut = len(text) - _unfinished(text)
        if b"\x00" in raw or not _valid(text[:cut]):
            return False
        left = text[cut:]
    return not left


def _unfinished(text: bytes) -> int:
    """Return how many bytes at the end begin a character that is not whole yet."""
    for back in range(1, min(4, len(text) + 1)):
        first = text[-back]
        if first & 0xC0 != 0x80:
            need = 4 if first >= 0xF0 else 3 if first >= 0xE0 else 2 if first >= 0xC0 else 1
            return back if need > back else 0
    return 0


def _valid(text: bytes) -> bool:
    try:
        pa.array([text], pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _decodes(source: BinaryIO, encoding: str) -> bool:
    if encoding == "utf-8-sig":
        return _is_utf8(source)
    source.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while raw := source.read(BLOCK_BYTES):
            if "\x00" in decoder.decode(raw):
                return False
        return "\x00" not in decoder.decode(b"", final=True)
    except UnicodeError:
        return False


def head_rows(source: BinaryIO, kind: TextKind) -> list[list[object]]:
    """Return the first rows of a file; leaves it at its start."""
    source.seek(0)
    text = codecs.getincrementaldecoder(kind.encoding)().decode(source.read(HEAD_BYTES))
    source.seek(0)
    csv.field_size_limit(MAX_FILE_BYTES)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=kind.delimiter)
    found = [list(row) for row, _ in zip(rows, range(HEAD_ROWS + 1), strict=False)]
    # the last row may be cut off where the sample ends
    return [[*row] for row in (found[:-1] if len(text) > 1000 else found)]


def blocks(source: BinaryIO, name: str, kind: TextKind, width: int) -> Iterator[Block]:
    """Yield all rows of a file, ``width`` cells each: shorter rows are filled, longer ones cut.

    Raises
    ------
    IntakeError
        A quoted cell is longer than a file may be: its closing mark is missing.
    """
    csv.field_size_limit(MAX_FILE_BYTES)
    first, lines = 0, 0
    for text in _whole_rows(source, name, kind.encoding):
        cells = _plain(text, kind.delimiter, width)
        lost: list[tuple[int, int, Swallowed]] = []
        if cells is None:
            cells = _quoted(text, kind.delimiter, width, lines, lost)
        yield Block(first, cells, tuple(lost))
        first += int(cells.num_rows)
        lines += text.count(b"\n")


def _whole_rows(source: BinaryIO, name: str, encoding: str) -> Iterator[bytes]:
    """Yield UTF-8 text that ends where a row ends."""
    source.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    same = encoding == "utf-8-sig"
    left = b""
    for number, raw in enumerate(iter(lambda: source.read(BLOCK_BYTES), b"")):
        if same:
            text = raw.removeprefix(codecs.BOM_UTF8) if number == 0 else raw
        else:
            text = decoder.decode(raw).encode("utf-8")
        left += text
        end = _last_row_end(left)
        if end:
            yield left[:end]
            left = left[end:]
        elif len(left) > MAX_FILE_BYTES:
            refuse(name, "open_quote")
    if left:
        yield left


def _last_row_end(text: bytes) -> int:
    """Return where the last whole row ends; a line end within quotation marks ends no row."""
    end = text.rfind(b"\n") + 1
    if b'"' not in text:
        return end
    marks = text.count(b'"', 0, end)
    while end and marks % 2:
        before = text.rfind(b"\n", 0, end - 1) + 1
        marks -= text.count(b'"', before, end)
        end = before
    return end


def _plain(text: bytes, delimiter: str, width: int) -> pa.Table | None:
    """Read text without quotation marks, rows all alike; None where it is not so."""
    if b'"' in text or (b"\r" in text and text.count(b"\r") != text.count(b"\r\n")):
        return None
    names = [str(i) for i in range(width)]
    try:
        cells = pcsv.read_csv(
            pa.BufferReader(text),
            read_options=pcsv.ReadOptions(column_names=names, block_size=len(text) + 1),
            # an empty line is a row of its own, which the other way of reading counts
            parse_options=pcsv.ParseOptions(
                delimiter=delimiter, quote_char=False, ignore_empty_lines=False
            ),
            # text: codes keep their zeros, and a bad cell stops nothing
            convert_options=pcsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                check_utf8=False,  # the whole file has been decoded once
            ),
        )
    except pa.ArrowInvalid:
        return None
    return cells.combine_chunks()


def _quoted(
    text: bytes, delimiter: str, width: int, lines: int, lost: list[tuple[int, int, Swallowed]]
) -> pa.Table:
    """Read text with quotation marks; adds to ``lost`` the rows that have swallowed others."""
    reader = csv.reader(io.StringIO(text.decode("utf-8"), newline=""), delimiter=delimiter)
    filled: list[list[str]] = []
    line = 1
    for row in reader:
        if reader.line_num > line and (within := swallowed(row, delimiter, filled[-1:])):
            lost.append((len(filled), lines + line, within))
        filled.append((row + [""] * (width - len(row)))[:width])
        line = reader.line_num + 1
    columns = list(zip(*filled, strict=True)) if filled else [()] * width
    return pa.table({str(i): pa.array(c, pa.string()) for i, c in enumerate(columns)})


def is_blank(cells: list[object]) -> bool:
    """Tell whether a row has nothing in it."""
    return not any(clean_text(cell) for cell in cells)
