"""The workbook's sheets of headlines, and of how each was computed, down to the source cells.

A headline links to its block of lines; these link to the result tables and to the cells of the
area's own files. Source cells are so two clicks away from any headline.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis import wording
from analysis.briefing.answers import Traced, traced
from analysis.briefing.block_sheet import FileAddress
from analysis.findings.headlines import name_of, shown_value, trace_of
from analysis.store import Run
from analysis.tables import contract, contracts

#: Where a trace says it read: file, sheet, cells, and what the file cites.
_PLACE = re.compile(r"^(?P<file>.+?)#(?P<sheet>.+)!(?P<cells>[A-Z]+\d+(?::[A-Z]+\d+)?)( — .*)?$")
#: Columns of both sheets: key of the catalogue, and width in letters.
_HEADLINE_COLUMNS = {
    "head_item": 36,
    "head_value": 18,
    "head_said": 60,
    "trace_formula": 50,
    "trace_rule": 44,
    "trace_age": 24,
    "head_key": 30,
}
_TRACE_COLUMNS = {"head_item": 36, "trace_part": 16, "trace_words": 90, "trace_row": 34}
#: A cell of Excel holds no more.
MOST_LETTERS = 32_000


#: What a cell opens: a place of this workbook, a file beside it, or nothing.
Address = str | FileAddress


@dataclass(frozen=True)
class Line:
    """One line of a trace: what it is, its words, and the addresses it opens, if any.

    ``address`` opens from the words; ``row_words`` and ``row_address`` open the row of the
    workbook into which the cells were read.
    """

    kind: str
    words: str
    address: Address = ""
    row_words: str = ""
    row_address: str = ""


def place_of(sheet: str, cell: str = "A1") -> str:
    """Return the address of a cell of this workbook.

    >>> place_of("Births", "A7")
    "internal:'Births'!A7"
    """
    return f"internal:'{sheet}'!{cell}"


@dataclass(frozen=True)
class Block:
    """A headline with its trace: ``row`` counts the lines of the sheet before it, from 0.

    ``item`` is its key in ``summary.json``, ``name`` says what it is about.
    """

    item: str
    name: str
    value: str
    said: str
    how: Traced
    lines: tuple[Line, ...]
    row: int


class Traces:
    """The traces of one run as lines of a sheet.

    Parameters
    ----------
    sheets
        Sheet of each table that has one, by the table's name.
    files
        Tables that stand in ``csv/``.
    rows
        Returns the row of the workbook (from 1) of a row of a table (from 0).
    """

    def __init__(
        self,
        run: Run,
        sheets: Mapping[str, str],
        files: Collection[str],
        rows: Callable[[str, int], int],
    ) -> None:
        self._run, self._sheets, self._files, self._rows = run, sheets, files, rows
        self._addresses: dict[str, str] = {}

    def blocks(self) -> list[Block]:
        """Return every headline of the run with its lines, in the order of the table."""
        found: list[Block] = []
        row = 0
        for item in self._run.tables["headlines"].to_dict("records"):
            said, how = item[f"sentence_{self._run.language}"], traced(self._run, item)
            lines = self._lines(how, trace_of(item).get("tables", []))
            words = said if isinstance(said, str) else ""
            value = shown_value(item, self._run.language)
            name = name_of(self._run, item)
            found.append(Block(str(item["item"]), name, value, words, how, lines, row))
            row += 1 + len(lines)
        return found

    def _lines(self, how: Traced, tables: Iterable[str]) -> tuple[Line, ...]:
        """Return the lines of one headline: formula, rule, result tables, source cells, age."""
        found = [Line("formula", how.formula), Line("rule", how.rule)]
        found += [self._table(name) for name in tables]
        found += [self._cells(place) for place in how.cells]
        found.append(Line("age", how.data_year))
        return tuple(line for line in found if line.words)

    def _table(self, name: str) -> Line:
        title = contract(name).title(self._run.language)
        if name in self._sheets:
            return Line("tables", title, place_of(self._sheets[name]))
        if name in self._files:
            words = f"{title} (csv/{name}.csv)"
            return Line("tables", words, FileAddress(f"csv/{name}.csv", words))
        return Line("tables", title)

    def _cells(self, place: str) -> Line:
        found = _PLACE.match(place)
        if found is None:
            return Line("cells", place)
        first = found["cells"].partition(":")[0]
        words, address = self._read_into(f"{found['file']}#{found['sheet']}!{first}")
        return Line("cells", place, self._file(found), words, address)

    def _file(self, found: re.Match[str]) -> Address:
        """Return the address of cells in the area's own file, as seen from the workbook."""
        name = found["file"]
        if name not in self._addresses:
            self._addresses[name] = self._path(name)
        if not self._addresses[name]:
            return ""
        sheet = found["sheet"].replace("'", "''")
        words = found[0][:MOST_LETTERS]
        return FileAddress(self._addresses[name], words, f"'{sheet}'!{found['cells']}")

    def _path(self, name: str) -> str:
        """Return the path of one of the area's own files from the workbook; empty if none."""
        folder = self._run.root / "data" / "raw" / self._run.area.name
        path = folder / name
        if not path.is_file() or folder.resolve() not in path.resolve().parents:
            return ""
        return os.path.relpath(path, self._run.reports).replace(os.sep, "/")

    def _read_into(self, cell: str) -> tuple[str, str]:
        """Return title and address of the row of an input table that came from a cell."""
        if cell not in self._rows_read:
            return "", ""
        name, row = self._rows_read[cell]
        title = contract(name).title(self._run.language)
        if name not in self._sheets:
            return f"{title} (csv/{name}.csv)", ""
        return title, place_of(self._sheets[name], f"A{self._rows(name, row)}")

    @cached_property
    def _rows_read(self) -> dict[str, tuple[str, int]]:
        """The input table and row into which each cell was read; the first row of several."""
        found: dict[str, tuple[str, int]] = {}
        for name, item in contracts().items():
            if item.group != "input" or "source" not in item.names:
                continue
            for row, source in enumerate(self._run.tables[name]["source"].tolist()):
                if isinstance(source, str):
                    found.setdefault(source.partition("; ")[0], (name, row))
        return found


def write_headlines(
    run: Run,
    sheet: Any,
    row: int,
    blocks: Sequence[Block],
    looks: Mapping[str, Any],
    trace: Callable[[Block], str],
) -> None:
    """Write the headlines from ``row`` on (from 0), a line each.

    Parameters
    ----------
    looks
        Formats: ``head``, ``text``, ``link``.
    trace
        Returns the address of a headline's block.
    """
    _written_heads(run, sheet, row, _HEADLINE_COLUMNS, looks)
    for place, block in enumerate(blocks, row + 1):
        sheet.write_url(place, 0, trace(block), looks["link"], block.name)
        sheet.write_url(place, 1, trace(block), looks["link"], block.value)
        how = block.how
        texts = (block.said, how.formula, how.rule, how.data_year, block.item)
        for column, text in enumerate(texts, 2):
            sheet.write_string(place, column, text[:MOST_LETTERS], looks["text"])
    sheet.autofilter(row, 0, row + len(blocks), len(_HEADLINE_COLUMNS) - 1)


def write_traces(
    run: Run,
    sheet: Any,
    row: int,
    blocks: Sequence[Block],
    looks: Mapping[str, Any],
    headline: Callable[[int], str],
) -> None:
    """Write how every headline was computed from ``row`` on (from 0), a block of lines each.

    Parameters
    ----------
    looks
        Formats: ``head``, ``text``, ``bold``, ``faint``, ``link``.
    headline
        Returns the address of a headline by its place (from 0).
    """
    _written_heads(run, sheet, row, _TRACE_COLUMNS, looks)
    for number, block in enumerate(blocks):
        place = row + 1 + block.row
        sheet.write_url(place, 0, headline(number), looks["link"], block.name)
        sheet.write_string(place, 1, block.value, looks["bold"])
        sheet.write_string(place, 2, block.said[:MOST_LETTERS], looks["bold"])
        for line_place, line in enumerate(block.lines, place + 1):
            kind = wording.say(f"briefing.trace_{line.kind}", run.language)
            sheet.write_string(line_place, 0, block.name, looks["faint"])
            sheet.write_string(line_place, 1, kind, looks["text"])
            _write(sheet, line_place, 2, line.words, line.address, looks)
            _write(sheet, line_place, 3, line.row_words, line.row_address, looks)
    lines = sum(1 + len(block.lines) for block in blocks)
    sheet.autofilter(row, 0, row + lines, len(_TRACE_COLUMNS) - 1)


def _written_heads(
    run: Run, sheet: Any, row: int, columns: Mapping[str, int], looks: Mapping[str, Any]
) -> None:
    """Write the heads of a sheet with their widths, frozen and repeated on every printed page."""
    for place, (key, width) in enumerate(columns.items()):
        sheet.write_string(row, place, wording.say(f"briefing.{key}", run.language), looks["head"])
        sheet.set_column(place, place, width)
    sheet.freeze_panes(row + 1, 1)
    sheet.repeat_rows(row)


def _write(
    sheet: Any, row: int, column: int, words: str, address: Address, looks: Mapping[str, Any]
) -> None:
    if address:
        sheet.write_url(row, column, address, looks["link"], words[:MOST_LETTERS])
    elif words:
        sheet.write_string(row, column, words[:MOST_LETTERS], looks["text"])
