"""Sums kept while a big file streams by, to hold its 合计 and 小计 rows to afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.intake.cells import parse
from analysis.intake.checks.sums import TOLERANCE, adds_up, say_total
from analysis.intake.found import Findings
from analysis.intake.heads import Head
from analysis.intake.regions import Region
from analysis.tables import contract

Sums = dict[int, list[float]]
Numbers = np.ndarray[Any, Any]


@dataclass(frozen=True)
class _Mark:
    """A total row: what it says by column, and whether it is a subtotal."""

    row: int
    is_subtotal: bool
    said: dict[int, float]


@dataclass
class RunningTotals:
    """Sum, number and blanks of every column that adds up, between one total row and the next."""

    region: Region
    marks: list[_Mark] = field(default_factory=list)
    segments: list[Sums] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the columns that add up."""
        self.columns: dict[int, tuple[str, Head]] = {}
        for part in self.region.parts:
            item = contract(part.table)
            for index, head in part.heads.items():
                known = head.column in item.names and not head.unknown_unit
                if known and adds_up(item[head.column]):
                    self.columns[index] = (part.table, head)
        self._open()

    def _open(self) -> None:
        self.segments.append({index: [0.0, 0.0, 0.0] for index in self.columns})
        self.rows.append(0)

    def take(
        self,
        values: dict[int, Numbers],
        numbers: Numbers,
        odd: dict[int, list[object]],
        totals: list[tuple[int, bool, list[object]]],
    ) -> None:
        """Add a block: its plain values and their rows, its odd rows, its total rows."""
        start = 0
        left = dict(odd)
        for row, is_subtotal, cells in totals:
            end = int(np.searchsorted(numbers, row))
            self._add({i: v[start:end] for i, v in values.items()}, end - start)
            for number in [n for n in left if n < row]:
                self._add_row(left.pop(number))
            start = end
            said = {i: v for i in self.columns if (v := self._value(i, cells)) is not None}
            self.marks.append(_Mark(row, is_subtotal, said))
            self._open()
        self._add({i: v[start:] for i, v in values.items()}, len(numbers) - start)
        for cells in left.values():
            self._add_row(cells)

    def _add(self, values: dict[int, Numbers], rows: int) -> None:
        self.rows[-1] += rows
        for index in self.columns:
            numbers = values.get(index)
            entry = self.segments[-1][index]
            if numbers is None or not rows:
                entry[2] += rows
                continue
            missing = int(np.isnan(numbers).sum())
            entry[0] += float(np.nansum(numbers))
            entry[1] += rows - missing
            entry[2] += missing

    def _add_row(self, cells: list[object]) -> None:
        self.rows[-1] += 1
        for index in self.columns:
            value = self._value(index, cells)
            entry = self.segments[-1][index]
            if value is None:
                entry[2] += 1
            else:
                entry[0] += value
                entry[1] += 1

    def _value(self, index: int, cells: list[object]) -> float | None:
        table, head = self.columns[index]
        if index >= len(cells):
            return None
        value = parse(contract(table)[head.column], cells[index], head.factor).value
        return float(value) if isinstance(value, (int, float)) else None

    def compare(self, found: Findings) -> None:
        """Report every total row that is not the sum of what it may add up."""
        for place, mark in enumerate(self.marks):
            for index, said in mark.said.items():
                sums = [s for s in self._sums(place, index) if s[1]]
                if not sums or any(abs(said - s[0]) <= TOLERANCE for s in sums):
                    continue
                table, head = self.columns[index]
                total, parts, empty = sums[0]
                counted = (total, int(parts), int(empty))
                say_total(self.region, table, head.column, index, mark.row, counted, found)

    def _sums(self, place: int, index: int) -> list[list[float]]:
        """Return the sums a total may stand for: its group above, its group below, the whole."""
        if self.marks[place].is_subtotal:
            spans = [(place, place + 1), (place + 1, place + 2)]
        else:
            whole = [i for i, m in enumerate(self.marks) if not m.is_subtotal and i != place]
            above = max((i for i in whole if i < place), default=-1)
            below = min((i for i in whole if i > place), default=len(self.segments) - 1)
            spans = [(0, len(self.segments)), (above + 1, place + 1), (place + 1, below + 1)]
        kept = [span for span in spans if sum(self.rows[slice(*span)])]
        return [
            [
                sum(part)
                for part in zip(*(s[index] for s in self.segments[slice(*span)]), strict=True)
            ]
            for span in kept
        ]
