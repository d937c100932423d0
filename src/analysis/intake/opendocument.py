"""Look into an .ods workbook before it is read: passwords, cells repeated without end."""

from __future__ import annotations

import re
import zipfile

from analysis.intake.refusing import MAX_CELLS, refuse

_ROW = re.compile(rb"<table:table-row\b([^>]*?)(?:/>|>(.*?)</table:table-row>)", re.DOTALL)
_CELL = re.compile(
    rb"<table:(?:covered-)?table-cell\b([^>]*?)(?:/>|>(.*?)</table:(?:covered-)?table-cell>)",
    re.DOTALL,
)
_REPEATED_ROWS = re.compile(rb'number-rows-repeated="(\d{1,9})"')
_REPEATED_COLUMNS = re.compile(rb'number-columns-repeated="(\d{1,9})"')


def examine(name: str, archive: zipfile.ZipFile, names: set[str]) -> None:
    """Check an OpenDocument workbook.

    Raises
    ------
    IntakeError
        It has a password, or repeats filled cells beyond the limit.
    """
    manifest = "META-INF/manifest.xml"
    if manifest in names and b"encryption-data" in archive.read(manifest):
        refuse(name, "password")
    for sheet in archive.read("content.xml").split(b"<table:table ")[1:]:
        if _cells_laid_out(sheet) > MAX_CELLS:
            refuse(name, "repeated_cells", most=f"{MAX_CELLS:,}")


def _cells_laid_out(sheet: bytes) -> int:
    """Return rows times columns up to the last filled ones; blank rows between count as well."""
    widest = rows = blank = 0
    for row in _ROW.finditer(sheet):
        width = _filled_width(row[2] or b"")
        blank += _times(_REPEATED_ROWS, row[1])
        if width:
            widest, rows, blank = max(widest, width), rows + blank, 0
    return rows * widest


def _filled_width(row: bytes) -> int:
    """Return how many cells of a row are laid out: up to the last one with content."""
    width = filled = 0
    for cell in _CELL.finditer(row):
        width += _times(_REPEATED_COLUMNS, cell[1])
        if b"office:value" in cell[1] or cell[2]:
            filled = width
    return filled


def _times(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes)
    return int(found[1]) if found else 1
