"""A delimited text file too big to hold: read block by block, each cell as in any other file.

Rows whose cells are all plainly readable are read a column at a time. Any other row is handed to
the reader of ordinary sheets, so that values, findings, changes and sources are the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.intake import answers, complete, personal
from analysis.intake.block_rows import PartRows, from_records, from_title, merged
from analysis.intake.blocks import Block, blocks, is_blank
from analysis.intake.columns import Mask, mask_of, pc, read_column
from analysis.intake.complete import KEY_DEFAULTS
from analysis.intake.forms import grades_of_stage
from analysis.intake.found import Findings, Place
from analysis.intake.grid import cell_name
from analysis.intake.heads import Head
from analysis.intake.layout import Layout, SparseRows
from analysis.intake.record import Record
from analysis.intake.records import RegionReader
from analysis.intake.regions import Part, take
from analysis.intake.running import RunningTotals
from analysis.intake.unused import say_columns, say_note
from analysis.tables import contract

#: A text file from this size on is streamed (tool default): a county of 300 schools and 10 years
#: has about 1 MiB in its longest table, a file as large as this takes seconds to read row by row.
LARGE_BYTES = 4 * 1024**2
#: Findings or changes of one rule in one column that are listed; the rest are counted (tool
#: default), so that a fault in every row of a nation's file does not fill the memory.
MOST_ALIKE = 1000  # as for every file; conversions, too, are listed no further here
#: What makes a row something other than data: a total, a footnote, the line of column numbers.
_NOT_DATA = (
    r"合计|总计|共计|总数|小计|^计$|(?i:total)|^甲$|"
    r"^(?i:注|备注|说明|填表|制表|审核|单位负责人|数据来源|资料来源|填报|统计人|联系|note|source)"
)
_FIRST_CELLS = 6
#: As in ``masking``, for a whole column at once.
_PERSONS = {
    "resident_ids": r"^\s*[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9]{4}[0-9Xx]\s*$",
    "mobile_numbers": r"^\s*1[3-9][0-9]{9}\s*$",
}


def say_streamed(layout: Layout, found: Findings) -> None:
    """Say that a file was streamed, and which rules were not applied to it."""
    grid = layout.region.grid
    found.add(
        Place(grid.file, grid.sheet),
        "stream_rules",
        "note",
        found=grid.file,
        table=layout.region.table,
    )


@dataclass
class Streamed:
    """Rows of one table from one block, and the rows of the file they come from."""

    table: str
    rows: pa.Table


@dataclass
class Stream:
    """Reads one big file; ``found`` grows, ``counts`` says how many rows of each table came."""

    layout: Layout
    found: Findings
    given: pd.DataFrame
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Prepare the reader of odd rows and say what is not used."""
        region = self.layout.region
        self.grid = region.grid
        self.rows = SparseRows()
        self.rows.held.update(enumerate(self.layout.top[: region.header_row + 1]))
        self.grid.rows = self.rows
        self.found.grids[self.grid.file, self.grid.sheet] = self.grid
        self.reader = RegionReader(region, self.found)
        self.sums = RunningTotals(region)
        heads = {index for part in region.parts for index in part.heads}
        self._unread: dict[int, set[str]] = {
            index: set() for index in range(self.layout.width) if index not in heads
        }
        for index, title in region.unknown.items():
            if personal.is_personal_header(title):
                cell = cell_name(region.header_row, index)
                personal.say(self.grid, cell, "personal_column", 0, self.found, title)
        grades_of_stage(region, self.found)
        say_columns(region, self.found)
        for part in region.parts:
            self.reader.say_units(part)

    def read(self, source: BinaryIO) -> Iterator[Streamed]:
        """Yield the canonical rows of each block.

        Raises
        ------
        IntakeError
            The file cannot be split into rows.
        """
        layout = self.layout
        for block in blocks(source, layout.name, layout.kind, layout.width):
            self._say_lost(block)
            yield from self._block(block)
        self.sums.compare(self.found)
        for part in layout.region.parts:
            self.reader.say_context(part)
            where = {"file": self.grid.file, "sheet": self.grid.sheet, "table_name": part.table}
            self.found.read.append({**where, "rows": float(self.counts[part.table])})

    def _say_lost(self, block: Block) -> None:
        """Report rows that a quotation mark not closed has swallowed."""
        for row, line, lost in block.lost:
            self.found.add(
                Place(self.grid.file, self.grid.sheet, cell_name(block.first + row, lost.column)),
                "open_quote",
                "affects",
                found=lost.said,
                treatment="left_out",
                line=line,
                rows=lost.rows,
            )

    def _block(self, block: Block) -> Iterator[Streamed]:
        region = self.layout.region
        start = max(0, region.header_row + 1 - block.first)
        if start >= block.rows:
            return
        cells = block.cells.slice(start)
        columns = {i: c.combine_chunks() for i, c in enumerate(cells.columns)}
        first = block.first + start
        odd = self._special(columns)
        odd |= self._answered(first, len(odd))
        read: list[dict[int, pa.Array]] = []
        for number, part in enumerate(region.parts):
            values, looked = self._values(part, columns, number > 0)
            odd |= looked
            read.append(values)
        data, totals = self._look(block, start, np.flatnonzero(odd))
        numbers = np.arange(first, first + len(odd))
        plain = pa.array(~odd)
        self._sum_up(read, odd, numbers, data, totals)
        self._persons(columns, first)
        for number, part in enumerate(region.parts):
            kept = {i: v.filter(plain) for i, v in read[number].items()}
            builder = PartRows(region, part, self.reader.shared_keys, number > 0)
            made = builder.rows(kept, numbers[~odd])
            self.counts[part.table] += sum(rows.num_rows for rows in made)
            others = self._others(part, number, data)
            table = merged(contract(part.table), [*made, *others])
            if table.num_rows:
                yield Streamed(part.table, table)
        for row in data:
            self.rows.held.pop(row, None)

    def _values(
        self, part: Part, columns: dict[int, pa.Array], companion: bool
    ) -> tuple[dict[int, pa.Array], Mask]:
        """Return the values of a part by column of the sheet, and the rows that need a look."""
        item = contract(part.table)
        heads = {**self.reader.shared_keys, **part.heads} if companion else part.heads
        size = len(next(iter(columns.values())))
        odd = np.zeros(size, dtype=bool)
        values: dict[int, pa.Array] = {}
        for index, head in heads.items():
            if head.column not in item.names:
                continue
            values[index], looked = read_column(columns[index], item[head.column], head)
            if head.column == "source":
                looked |= mask_of(pc.not_equal(columns[index], ""))
            odd |= looked
        odd |= self._wrong_totals(part, values)
        for name in (c.name for c in item.columns if not c.nullable):
            odd |= self._lacks(part.table, name, heads, values, size)
        return values, odd

    def _lacks(
        self,
        table: str,
        name: str,
        heads: dict[int, Head],
        values: dict[int, pa.Array],
        size: int,
    ) -> Mask:
        """Return the rows without a value that a row must have."""
        if (table, name) in KEY_DEFAULTS or from_title(self.layout.region, table, name) is not None:
            return np.zeros(size, dtype=bool)
        if any(name in dict(head.keys) for head in heads.values()):
            return np.zeros(size, dtype=bool)
        given = [values[i] for i, h in heads.items() if h.column == name and not h.keys]
        if not given:
            return np.ones(size, dtype=bool)
        return mask_of(given[0].is_null())

    def _wrong_totals(self, part: Part, values: dict[int, pa.Array]) -> Mask | bool:
        """Return the rows whose total is not the sum of the columns it adds up."""
        wrong: Mask | bool = False
        for index, head in part.heads.items():
            keyed = {h.column for h in part.heads.values() if h.keys and not h.total}
            if index not in values or not (head.total or (not head.keys and head.column in keyed)):
                continue
            parts = [
                values[i].to_numpy(zero_copy_only=False)
                for i, h in part.heads.items()
                if h.keys and not h.total and h.column == head.column and i in values
            ]
            if parts:
                said = values[index].to_numpy(zero_copy_only=False)
                total = np.nansum(np.vstack(parts), axis=0)
                # a total of one stage only is judged by the reader of ordinary sheets
                near = np.abs(said - total) <= 0.5
                wrong = wrong | (~near & ~np.isnan(said))
        return wrong

    def _special(self, columns: dict[int, pa.Array]) -> Mask:
        """Return rows that may be totals or footnotes, by the words in their first few cells.

        Columns of numbers and codes need no look: there such a word cannot be read at all.
        """
        odd = np.zeros(len(columns[0]), dtype=bool)
        for index in list(columns)[:_FIRST_CELLS]:
            if not self._may_hold_words(index):
                continue
            words = ~mask_of(pc.ascii_is_decimal(columns[index]))
            if words.any():
                said = pc.filter(columns[index], pa.array(words))
                odd[words] |= mask_of(pc.match_substring_regex(said, _NOT_DATA))
        return odd

    def _may_hold_words(self, index: int) -> bool:
        for part in self.layout.region.parts:
            head = part.heads.get(index)
            if head is not None and head.column in contract(part.table).names:
                return contract(part.table)[head.column].kind == "text"
        return True

    def _answered(self, first: int, size: int) -> Mask:
        """Return the rows of a block that have an answer."""
        odd = np.zeros(size, dtype=bool)
        for name in self.given["cell"]:
            digits = re.sub(r"\D", "", str(name))
            if digits and first <= int(digits) - 1 < first + size:
                odd[int(digits) - 1 - first] = True
        return odd

    def _look(
        self, block: Block, start: int, places: np.ndarray
    ) -> tuple[list[int], list[tuple[int, bool]]]:
        """Hold the odd rows of a block, apply answers to them; return those with data and totals.

        Rows of totals stay held, for what they say is compared at the end.
        """
        region, first = self.layout.region, block.first + start
        rows = [int(first + place) for place in places]
        for place, row in zip(places, rows, strict=True):
            self.rows.held[row] = block.row(start + int(place))
        here = self.given[[_row_of(str(c)) in self.rows.held for c in self.given["cell"]]]
        answers.apply(here, self.found.grids, self.found)
        for row in rows:
            if not is_blank(self.rows.held[row]) and not self._repeats_header(row):
                take(region, row)
        for note in region.notes:
            say_note(region, note, self.found)
        data, totals = list(region.data_rows), list(region.totals)
        kept = {*data, *(row for row, _ in totals)}
        for row in set(rows) - kept:
            self.rows.held.pop(row)
        for pending in (region.data_rows, region.totals, region.notes):
            pending.clear()
        return data, totals

    def _sum_up(
        self,
        read: list[dict[int, pa.Array]],
        odd: Mask,
        numbers: np.ndarray,
        data: list[int],
        totals: list[tuple[int, bool]],
    ) -> None:
        if not self.sums.columns:
            return
        together = {i: v for values in read for i, v in values.items() if i in self.sums.columns}
        plain = {i: v.to_numpy(zero_copy_only=False)[~odd] for i, v in together.items()}
        held = self.rows.held
        said = [(row, is_subtotal, held[row]) for row, is_subtotal in totals]
        self.sums.take(plain, numbers[~odd], {row: held[row] for row in data}, said)

    def _persons(self, columns: dict[int, pa.Array], first: int) -> None:
        """Report a column with numbers of persons where it is first met."""
        for index, kinds in self._unread.items():
            for rule, pattern in _PERSONS.items():
                if rule in kinds or index not in columns:
                    continue
                said = mask_of(pc.match_substring_regex(columns[index], pattern))
                if said.any():
                    kinds.add(rule)
                    cell = cell_name(first + int(said.argmax()), index)
                    personal.say(self.grid, cell, rule, int(said.sum()), self.found)

    def _repeats_header(self, row: int) -> bool:
        """Tell whether a row is the header once more, as where files were put one after another."""
        return self.rows.held[row] == self.layout.top[self.layout.region.header_row]

    def _others(self, part: Part, number: int, data: list[int]) -> list[pa.Table]:
        """Read the odd rows of a part one by one."""
        made: list[Record] = []
        for row in data:
            if self.reader.is_hopeless(part, row):
                break
            made += self.reader.row(part, row, number > 0)
        self.counts[part.table] += len(made)
        if not made:
            return []
        records = {part.table: made}
        for record in made:
            for name in [n for n in record.values if n not in contract(part.table).names]:
                record.values.pop(name)
        complete.keep_keyed(records, self.found)
        return [from_records(contract(part.table), records[part.table])]


def _row_of(cell: str) -> int:
    digits = re.sub(r"\D", "", cell)
    return int(digits) - 1 if digits else -1
