"""Tables that stand beside each other in one sheet, an empty column between them."""

from __future__ import annotations

from itertools import pairwise

from analysis.intake.grid import Grid, clean_text
from analysis.intake.headers import HeaderBook
from analysis.intake.regions import ABOUT, Region, regions

#: Columns of a sheet in which an empty one is looked for; those further right go with the last.
_MOST_COLUMNS = 300
#: Columns a table has at least: what it is about, and a quantity.
_FEWEST_COLUMNS = 2


def tables_apart(grid: Grid, book: HeaderBook) -> list[Grid]:
    """Return one copy of a sheet for each table that stands beside others, else the sheet itself.

    A copy keeps every cell where it is and leaves out the cells of the other tables; a title that
    stands alone in its row above the heads holds for all. Tables are apart where an empty column
    runs through the sheet, each side has heads of its own that say what a row is about, and the
    two sides are not one table: they name different schools or towns in one row or repeat a
    quantity, or one is about schools, the other about towns, each named once.
    """
    ranges = _ranges(grid)
    if len(ranges) < 2:
        return [grid]
    copies = [_only(grid, columns) for columns in ranges]
    found = [list(regions(copy, book)) for copy in copies]
    groups: list[list[int]] = []
    for place, tables in enumerate(found):
        before = found[groups[-1][0]] if groups else []
        if groups and not (_stands_alone(tables) and _are_apart(grid, before, tables)):
            groups[-1].append(place)  # an empty column within one table
        else:
            groups.append([place])
    if len(groups) < 2 or not _stands_alone(found[0]):
        return [grid]
    whole = [range(ranges[group[0]].start, ranges[group[-1]].stop) for group in groups]
    return [_only(grid, columns, _titles(grid, found)) for columns in whole]


def _ranges(grid: Grid) -> list[range]:
    """Return the columns that belong together between columns without any content."""
    width = max(map(len, grid.rows), default=0)
    empty = set(range(min(width, _MOST_COLUMNS)))
    for row, cells in enumerate(grid.rows):
        filled = [
            column
            for column in empty
            if column < len(cells)
            and cells[column] not in (None, "")
            and (row, column) not in grid.copied
            and clean_text(cells[column])
        ]
        empty.difference_update(filled)
        if not empty:
            return []
    edges = [-1, *sorted(empty), width]
    found = [range(left + 1, right) for left, right in pairwise(edges)]
    return [columns for columns in found if len(columns)]


def _only(grid: Grid, columns: range, titles: frozenset[int] = frozenset()) -> Grid:
    """Return a sheet with the cells of some columns only, and the rows of titles in whole."""
    rows = [
        cells
        if row in titles
        else [cell if column in columns else None for column, cell in enumerate(cells)]
        for row, cells in enumerate(grid.rows)
    ]
    return Grid(grid.file, grid.sheet, rows, grid.copied)


def _titles(grid: Grid, found: list[list[Region]]) -> frozenset[int]:
    """Return the rows above all heads that hold one text only."""
    tops = [tables[0].header_row for tables in found if tables]
    alone = []
    for row in range(min(tops, default=0)):
        texts = {
            clean_text(cell)
            for column, cell in enumerate(grid.rows[row])
            if (row, column) not in grid.copied
        }
        if len(texts - {""}) == 1:
            alone.append(row)
    return frozenset(alone)


def _stands_alone(tables: list[Region]) -> bool:
    """Tell whether some columns are a table that says what its rows are about."""
    return any(
        len(table.parts[0].heads) >= _FEWEST_COLUMNS and table.data_rows and _about(table)
        for table in tables
    )


def _about(table: Region) -> dict[str, int]:
    heads = table.parts[0].heads.items()
    return {h.column: i for i, h in heads if h.column in ABOUT and not h.keys}


def _are_apart(grid: Grid, left: list[Region], right: list[Region]) -> bool:
    """Tell whether two sides of an empty column are two tables."""
    one, other = left[0], right[0]
    mine, theirs = _about(one), _about(other)
    shared = [c for c in mine if c in theirs]
    both = [row for row in one.data_rows if row in set(other.data_rows)]
    if shared:
        same = all(grid.text(r, mine[c]) == grid.text(r, theirs[c]) for c in shared for r in both)
        return not same or bool(_quantities(one) & _quantities(other))
    # 乡镇 beside a list of schools: of one table it repeats, as a table it names each town once
    differ = set(one.data_rows) != set(other.data_rows)
    towns = [(t, a) for t, a in ((one, mine), (other, theirs)) if not t.names_schools()]
    return differ and all(_each_once(grid, table, about) for table, about in towns)


def _each_once(grid: Grid, table: Region, about: dict[str, int]) -> bool:
    named = [tuple(grid.text(row, i) for i in about.values()) for row in table.data_rows]
    return len(set(named)) == len(named)


def _quantities(table: Region) -> set[tuple[object, ...]]:
    """Return what a table has columns of, but for what its rows are about."""
    return {
        (part.table, h.column, h.keys)
        for part in table.parts
        for h in part.heads.values()
        if h.column not in ABOUT
    }
