"""Say what of a table is not used: unknown columns, repeated columns, footnotes."""

from __future__ import annotations

from analysis.intake.found import Findings, Place
from analysis.intake.grid import cell_name, clean_text
from analysis.intake.regions import Region


def say_columns(region: Region, found: Findings) -> None:
    """List the columns no table knows, and those that repeat an earlier one."""
    grid = region.grid
    for rule, columns in (("unknown_column", region.unknown), ("repeated_column", region.repeated)):
        for column, title in columns.items():
            place = Place(grid.file, grid.sheet, cell_name(region.header_row, column))
            found.leave(place, title, rule)


def say_note(region: Region, row: int, found: Findings) -> None:
    """List a footnote."""
    grid = region.grid
    text = " ".join(dict.fromkeys(filter(None, map(clean_text, grid.rows[row]))))
    first = next(i for i, cell in enumerate(grid.rows[row]) if clean_text(cell))
    found.leave(Place(grid.file, grid.sheet, cell_name(row, first)), text, "footnote")
