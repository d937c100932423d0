"""The smallest .xls file: one BIFF8 sheet in a compound file, written by hand."""

from __future__ import annotations

import struct

SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _text(text: str) -> bytes:
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def _cell(row: int, column: int, value: object) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, (int, float)):
        return _record(0x0203, place + struct.pack("<d", value))
    return _record(0x0204, place + _text(str(value)))


def xls(sheet: str, rows: list[list[object]]) -> bytes:
    """Return the bytes of a workbook with one sheet of numbers and texts."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
    page = struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6)
    name = struct.pack("<BB", len(sheet), 1) + sheet.encode("utf-16-le")
    head = _record(0x0809, begin) + _record(0x0042, struct.pack("<H", 1200))
    bound = len(head) + 4 + 6 + len(name) + 4
    book = head + _record(0x0085, struct.pack("<IBB", bound, 0, 0) + name) + _record(0x000A, b"")
    width = max(map(len, rows))
    cells = b"".join(
        _cell(r, c, v)
        for r, row in enumerate(rows)
        for c, v in enumerate(row)
        if v not in (None, "")
    )
    size = _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    book += _record(0x0809, page) + size + cells + _record(0x000A, b"")
    return _compound(book.ljust(max(len(book), 4096), b"\0"))


def _compound(stream: bytes) -> bytes:
    """Wrap a stream of at least 4096 bytes, so that no small-stream table is needed."""
    count = -(-len(stream) // SECTOR)
    stream = stream.ljust(count * SECTOR, b"\0")
    table = [_FAT, _END, *range(3, count + 2), _END]  # sector 0 the table, 1 the directory
    fat = struct.pack(f"<{len(table)}I", *table).ljust(SECTOR, b"\xff")
    assert len(fat) == SECTOR, "more sectors than one table holds"
    root = _entry("Root Entry", 5, _END, 0, child=1)
    entry = _entry("Workbook", 2, 2, len(stream))
    directory = (root + entry).ljust(SECTOR, b"\0")
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", _FREE) * 108
    return header + fat + directory + stream


def _entry(name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    entry = encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded), kind, 1)
    entry += struct.pack("<III", _FREE, _FREE, child) + b"\0" * 36
    return entry + struct.pack("<IQ", start, size)
