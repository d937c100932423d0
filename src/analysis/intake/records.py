"""Rows of a region as canonical records, every value with the cell it came from."""

from __future__ import annotations

from analysis.intake.cells import parse
from analysis.intake.context import targets
from analysis.intake.found import Findings, Place
from analysis.intake.grid import cell_name, clean_text
from analysis.intake.heads import FACTORS, Head
from analysis.intake.record import Record
from analysis.intake.regions import Part, Region
from analysis.tables import Column, Contract, contract
from analysis.tables.inputs_schools import SCHOOLS

_NAMES = {"school_name": "schools", "town_name": "towns"}
#: Key columns a title above the table, or its name, may fix.
_FROM_CONTEXT = ("school_id", "school_name", "town_name", "stage", "basis", "school_year", "year")
_KIND = SCHOOLS["kind"]
#: The only stage of compulsory education a kind of school has.
ONE_STAGE = {
    "primary": "primary",
    "teaching_point": "primary",
    "junior": "junior",
    "complete_secondary": "junior",
}


#: Unreadable cells of one table after which the rest of it is not tried (tool default): the longest
#: table of a county (300 schools, 10 years, 9 grades) has 27 000 rows, so three of its columns may
#: be wrong throughout.
MOST_FAULTS = 100_000


def name_column(column: str) -> Column | None:
    """Return the definition of a name that stands in for a code."""
    if column not in _NAMES:
        return None
    return contract(_NAMES[column])[column]


class RegionReader:
    """Reads the data rows of one region."""

    def __init__(self, region: Region, found: Findings) -> None:
        self.region, self.found = region, found
        self.faults = 0
        self.grid = region.grid
        self.shared_keys = self._key_parts()
        for part in region.parts:
            part.heads = {i: self._with_context_unit(part, h) for i, h in part.heads.items()}

    def _key_parts(self) -> dict[int, Head]:
        """Return the key columns of the main table, which its companions share."""
        return {
            index: head
            for index, head in self.region.parts[0].heads.items()
            if head.column in (*_FROM_CONTEXT, "town_id", "kind") and not head.keys
        }

    def _with_context_unit(self, part: Part, head: Head) -> Head:
        """Apply 单位：万元 above the table to columns of money that name no unit of their own."""
        item = contract(part.table)
        if head.unit or head.column not in item.names:
            return head
        for unit in self.region.context.units:
            factor = FACTORS.get(item[head.column].unit, {}).get(unit, 1.0)
            if factor != 1:
                return Head(head.column, unit, factor, head.keys, "", head.total, head.add)
        return head

    def read(self) -> list[Record]:
        """Return the records of every data row."""
        made: list[Record] = []
        for number, part in enumerate(self.region.parts):
            self.say_units(part)
            for row in self.region.data_rows:
                if self.is_hopeless(part, row):
                    break
                made += self.row(part, row, number > 0)
            self.say_context(part)
        return made

    def is_hopeless(self, part: Part, row: int) -> bool:
        """Tell whether so many cells could not be read that the rest is not tried, and say so.

        The columns of such a file are not what its headers say.
        """
        if self.faults < MOST_FAULTS:
            return False
        self.found.add(
            self._place(row, 0),
            "too_many_faults",
            "blocks",
            table=part.table,
            treatment="left_out",
            faults=MOST_FAULTS,
            row=row + 1,
        )
        return True

    def say_units(self, part: Part) -> None:
        """Report columns whose unit does not convert or whose header names no possible key."""
        item = contract(part.table)
        for index, head in list(part.heads.items()):
            if any(_outside(item[name], value) for name, value in head.keys):
                self._leave_column(part, index, head)
            if head.unknown_unit:
                self.found.add(
                    self._place(self.region.header_row, index),
                    "unit_unknown",
                    "affects",
                    found=head.unknown_unit,
                    table=part.table,
                    column=head.column,
                    treatment="set_aside",
                    unit=item[head.column].unit or "—",
                )

    def _leave_column(self, part: Part, index: int, head: Head) -> None:
        """Report a column whose header names a year that cannot be, and read nothing from it."""
        name = next(n for n, v in head.keys if _outside(contract(part.table)[n], v))
        column = contract(part.table)[name]
        self._problem_at(self._place(self.region.header_row, index), part.table, column)
        part.heads.pop(index)

    def _problem_at(self, place: Place, table: str, column: Column) -> None:
        self.found.add(
            place,
            "above_range",
            "blocks",
            table=table,
            column=column.name,
            treatment="left_out",
            title=column.zh,
            title_en=column.en,
        )

    def say_context(self, part: Part) -> None:
        """List every key taken from a title once."""
        item, context = contract(part.table), self.region.context
        have = {h.column for h in part.heads.values()} | {
            c for h in part.heads.values() for c, _ in h.keys
        }
        have |= {h.column for h in self.shared_keys.values()}
        for name, value in context.values.items():
            for column in targets(item, name):
                if column not in have and (column in item.keys or column in _NAMES):
                    self.found.change(
                        context.places[name],
                        part.table,
                        column,
                        context.said[name],
                        value,
                        "from_title",
                    )

    def _place(self, row: int, index: int) -> Place:
        return Place(self.grid.file, self.grid.sheet, cell_name(row, index))

    def row(self, part: Part, row: int, companion: bool) -> list[Record]:
        """Return the records of one row for one part of the region."""
        item = contract(part.table)
        cells = self.grid.rows[row]
        shared: dict[str, object] = {}
        columns: dict[str, int] = {}
        groups: dict[tuple[tuple[str, object], ...], tuple[dict[str, object], dict[str, int]]] = {}
        parts_added: dict[tuple[object, ...], list[object]] = {}
        totals: list[tuple[int, Head, object]] = []
        broken = False
        heads = {**self.shared_keys, **part.heads} if companion else part.heads
        keyed_measures = {h.column for h in part.heads.values() if h.keys and not h.total}
        for index, head in heads.items():
            if index >= len(cells):
                continue
            value, bad = self._value(part.table, item, row, index, head)
            if head.total or (not head.keys and head.column in keyed_measures):
                totals.append((index, head, value))
                continue
            if head.keys:
                values, places = groups.setdefault(head.keys, ({}, {}))
            else:
                values, places = shared, columns
            if head.add:
                if head.only and self._stage_of(row, heads, head) not in ("", head.only):
                    continue
                if head.only and not self._stage_of(row, heads, head):
                    value = None  # a part in one stage, and the stage is not known
                parts_added.setdefault((head.keys, head.column), []).append(value)
                values[head.column] = None
                places.setdefault(head.column, index)
                continue
            if head.column not in values or values[head.column] is None:
                values[head.column] = value
                places[head.column] = index
            broken = broken or (bad and head.column in item.keys and not companion)
        self._add_up(parts_added, groups, shared)
        if broken:
            return []
        made = self._records(part.table, row, shared, columns, groups, companion)
        for record in made:
            record.added = tuple(str(column) for _, column in parts_added)
        self._check_totals(part.table, row, totals, groups)
        return made

    def _stage_of(self, row: int, heads: dict[int, Head], head: Head) -> str:
        """Return the stage of a row: from the header, its own cell, its kind, or the title."""
        keyed = dict(head.keys).get("stage")
        if keyed:
            return str(keyed)
        for index, other in heads.items():
            if other.column == "stage":
                parsed = parse(contract("teachers")["stage"], self.grid.rows[row][index])
                return str(parsed.value or "")
            if other.column == "kind":
                kind = parse(_KIND, self.grid.rows[row][index]).value
                if kind in ONE_STAGE:
                    return ONE_STAGE[str(kind)]
        return str(self.region.context.values.get("stage") or "")

    def _add_up(
        self,
        parts: dict[tuple[object, ...], list[object]],
        groups: dict[tuple[tuple[str, object], ...], tuple[dict[str, object], dict[str, int]]],
        shared: dict[str, object],
    ) -> None:
        """Add columns that are parts of one quantity; one blank part leaves the sum unknown."""
        for (keys, column), values in parts.items():
            target = groups[keys][0] if keys else shared  # type: ignore[index]
            known = [float(v) for v in values if isinstance(v, (int, float))]
            target[str(column)] = sum(known) if len(known) == len(values) else None

    def _records(
        self,
        table: str,
        row: int,
        shared: dict[str, object],
        columns: dict[str, int],
        groups: dict[tuple[tuple[str, object], ...], tuple[dict[str, object], dict[str, int]]],
        companion: bool,
    ) -> list[Record]:
        base = (self.grid.file, self.grid.sheet, row)
        if not groups:
            keys_shared = {h.column for h in self.shared_keys.values()}
            if companion and all(shared[c] is None for c in shared if c not in keys_shared):
                return []
            return [self._at_header(Record(table, self._filled(table, shared), *base, columns))]
        made = []
        for keys, (values, places) in groups.items():
            if any(value is not None for value in values.values()):
                together = self._filled(table, {**shared, **values, **dict(keys)})
                own_columns = tuple(values)
                record = Record(table, together, *base, {**columns, **places}, own_columns)
                made.append(self._at_header(record))
        return made

    def _at_header(self, record: Record) -> Record:
        record.head_row = self.region.header_row
        return record

    def _filled(self, table: str, values: dict[str, object]) -> dict[str, object]:
        """Add what the title says where the row does not."""
        item = contract(table)
        own = {column for column, value in values.items() if value is not None}
        for name, value in self.region.context.values.items():
            for column in targets(item, name):
                known = (
                    column in own
                    or (column == "school_name" and "school_id" in own)
                    or (column == "school_id" and "school_name" in own)
                    or (column == "town_name" and "town_id" in own)
                )
                if not known and (column in item.keys or column in _NAMES):
                    values[column] = value
        return values

    def _value(
        self, table: str, item: Contract, row: int, index: int, head: Head
    ) -> tuple[object, bool]:
        raw = self.grid.rows[row][index]
        column = item.get(head.column) or name_column(head.column)
        if column is None:
            column = _KIND if head.column == "kind" else None
        if column is None or head.unknown_unit:
            return None, head.unknown_unit != ""
        if (
            self.grid.copied
            and (row, index) in self.grid.copied
            and column.kind
            in (
                "count",
                "number",
                "share",
            )
        ):
            if raw not in (None, ""):
                self._problem(table, column, row, index, "merged_number")
            return None, False
        parsed = parse(column, raw, head.factor)
        if parsed.problem:
            self._problem(table, column, row, index, parsed.problem, key=head.column in item.keys)
            return None, True
        if parsed.changed:
            self.found.change(
                self._place(row, index), table, head.column, raw, parsed.value, parsed.changed
            )
        return parsed.value, False

    def _problem(
        self, table: str, column: Column, row: int, index: int, rule: str, *, key: bool = False
    ) -> None:
        self.faults += 1
        self.found.add(
            self._place(row, index),
            rule,
            "blocks" if key else "affects",
            table=table,
            entity=self._entity(row),
            column=column.name,
            treatment="left_out" if key else "set_aside",
            title=column.zh,
            title_en=column.en,
            allowed="、".join(_labels(column)) or "—",
            allowed_en=", ".join(column.values) or "—",
        )

    def _entity(self, row: int) -> str:
        heads = self.region.parts[0].heads
        order = ("school_name", "town_name", "school_id", "town_id")
        by_column = {head.column: index for index, head in heads.items()}
        for column in order:
            if column in by_column and self.grid.text(row, by_column[column]):
                return self.grid.text(row, by_column[column])
        context = self.region.context.values
        named = context.get("school_name") or context.get("school_id")
        if named:
            return str(named)
        return next((clean_text(c) for c in self.grid.rows[row] if clean_text(c)), "")

    def _check_totals(
        self,
        table: str,
        row: int,
        totals: list[tuple[int, Head, object]],
        groups: dict[tuple[tuple[str, object], ...], tuple[dict[str, object], dict[str, int]]],
    ) -> None:
        """Compare a column of row totals with the keyed columns it adds up."""
        for index, head, said in totals:
            stage = dict(head.keys).get("stage")
            values = [
                found.get(head.column)
                for keys, (found, _) in groups.items()
                if head.column in found and _in_stage(dict(keys), stage)
            ]
            known = [float(v) for v in values if isinstance(v, (int, float))]
            if not isinstance(said, (int, float)) or not known or len(values) < 2:
                continue
            if abs(float(said) - sum(known)) > 0.5:
                self.found.add(
                    self._place(row, index),
                    "row_total_differs",
                    "affects",
                    table=table,
                    entity=self._entity(row),
                    column=head.column,
                    total=f"{sum(known):.12g}",
                    parts=len(known),
                    empty=len(values) - len(known),
                )


def _outside(column: Column, value: object) -> bool:
    """Tell whether a key that a header fixes is out of the range of its column."""
    if not isinstance(value, (int, float)):
        return False
    below = column.low is not None and value < column.low
    return below or (column.high is not None and value > column.high)


def _labels(column: Column) -> list[str]:
    from analysis.terms import label

    return [label(column.family, v, "zh") if column.family else v for v in column.values]


def _in_stage(keys: dict[str, object], stage: object) -> bool:
    if stage is None:
        return True
    grade = keys.get("grade")
    if isinstance(grade, int):
        return (grade <= 6) == (stage == "primary")
    return keys.get("stage", stage) == stage
