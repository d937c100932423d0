"""How a big text file is laid out, found from its first rows; and which files can be streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from analysis.intake.bare_grades import bare_grades
from analysis.intake.blocks import TextKind, head_rows, kind_of
from analysis.intake.complete import KEY_DEFAULTS
from analysis.intake.context import targets
from analysis.intake.grid import Grid
from analysis.intake.headers import HeaderBook
from analysis.intake.regions import Part, Region, regions
from analysis.intake.room_bands import room_band
from analysis.intake.side_by_side import tables_apart
from analysis.tables import contract


class SparseRows(list[list[object]]):
    """Rows of a sheet of which only a few are held; the others read as empty."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[int, list[object]] = {}

    def __len__(self) -> int:
        """Return more than any row number, so that every cell lies inside the sheet."""
        return 2**40

    def __iter__(self) -> Iterator[list[object]]:
        """Yield the rows held."""
        return iter(self.held.values())

    def __getitem__(self, row: int) -> list[object]:  # type: ignore[override]
        """Return the cells of a row, none where it is not held."""
        return self.held.get(row, [])


@dataclass(frozen=True)
class Layout:
    """How a big file is laid out: its text, its headers, what stands above them."""

    name: str
    kind: TextKind
    region: Region
    width: int
    top: list[list[object]]


def layout_of(source: BinaryIO, name: str, book: HeaderBook) -> Layout | None:
    """Return how a big text file is laid out, None where only the ordinary reader can read it.

    Streamed are files of one table with one line of data a row: schools, years or places down,
    columns of one or several canonical tables across, wide by grade or year too. Left to the
    ordinary reader are a form of one school, several tables below or beside each other, columns
    that need the stage of their row, and heads of grades that are numbers only.

    Raises
    ------
    IntakeError
        The file is no text in a known encoding.
    """
    kind = kind_of(source, name)
    rows = head_rows(source, kind)
    grid = Grid(name, name.rsplit("/", 1)[-1].rsplit(".", 1)[0], rows)
    if any(bare_grades(grid, book)) or len(tables_apart(grid, book)) > 1:
        return None
    found = list(regions(grid, book))
    if len(found) != 1 or not all(_can_stream(found[0], part) for part in found[0].parts):
        return None
    region = found[0]
    if {"school_id", "school_name"} & set(region.context.values):
        return None
    if any(room_band(title) for title in region.unknown.values()):
        return None
    region.data_rows, region.totals, region.notes = [], [], []
    return Layout(name, kind, region, max(map(len, rows)), rows)


def _can_stream(region: Region, part: Part) -> bool:
    heads = [*region.parts[0].heads.values(), *part.heads.values()]
    item = contract(part.table)
    named = {h.column for h in heads} | {c for h in heads for c, _ in h.keys}
    titled = {c for said in region.context.values for c in targets(item, said)}
    sure = named | titled | {c for t, c in KEY_DEFAULTS if t == part.table}
    if any(head.add or head.only for head in part.heads.values()):
        return False
    return {c.name for c in item.columns if not c.nullable} <= sure
