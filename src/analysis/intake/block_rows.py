"""Columns of a block put together as canonical rows, each with the cell it comes from."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from analysis.intake import complete
from analysis.intake.columns import arrow_type, pc
from analysis.intake.complete import KEY_DEFAULTS
from analysis.intake.context import targets
from analysis.intake.grid import cell_name
from analysis.intake.heads import Head
from analysis.intake.record import Record
from analysis.intake.regions import Part, Region
from analysis.tables import Contract, contract


def from_title(region: Region, table: str, name: str) -> object:
    """Return what the title above a table says for one of its key columns."""
    item = contract(table)
    for said, value in region.context.values.items():
        if name in targets(item, said) and name in item.keys:
            return value
    return None


class PartRows:
    """Builds the rows of one part from its columns."""

    def __init__(
        self, region: Region, part: Part, shared_keys: dict[int, Head], companion: bool
    ) -> None:
        self.region, self.part, self.companion = region, part, companion
        self.item, self.keys = contract(part.table), shared_keys
        self.heads = {**shared_keys, **part.heads} if companion else part.heads
        self.shared = {i: h for i, h in self.heads.items() if not h.keys and not h.total}
        self.groups: dict[tuple[tuple[str, object], ...], dict[int, Head]] = {}
        keyed = set()
        for index, head in part.heads.items():
            if head.keys and not head.total:
                self.groups.setdefault(head.keys, {})[index] = head
                keyed.add(head.column)
        self.shared = {i: h for i, h in self.shared.items() if h.column not in keyed}

    def rows(self, values: dict[int, pa.Array], numbers: np.ndarray) -> list[pa.Table]:
        """Return one table without groups, else one a group; ``order`` is the row, then group."""
        if not len(numbers):
            return []
        if not self.groups:
            own = [i for i in self.shared if i in values and i not in self.keys]
            made = self._one({}, {}, values, numbers, min(self.shared), 0)
            if not self.companion or not own:
                return [made]
            return [made.filter(_any_given([values[i] for i in own]))]
        tables = []
        for place, (keys, heads) in enumerate(self.groups.items()):
            made = self._one(heads, dict(keys), values, numbers, min(heads), place)
            tables.append(made.filter(_any_given([values[i] for i in heads if i in values])))
        return tables

    def _one(
        self,
        heads: dict[int, Head],
        keys: dict[str, object],
        values: dict[int, pa.Array],
        numbers: np.ndarray,
        cell_column: int,
        place: int,
    ) -> pa.Table:
        size = len(numbers)
        given = {h.column: values[i] for i, h in self.shared.items() if i in values}
        given |= {h.column: values[i] for i, h in heads.items() if i in values}
        made: dict[str, pa.Array] = {}
        for column in self.item.columns:
            kind = arrow_type(column)
            fixed = keys.get(column.name)
            if fixed is None:
                fixed = from_title(self.region, self.part.table, column.name)
            if fixed is None:
                fixed = KEY_DEFAULTS.get((self.part.table, column.name))
            if column.name in given and column.name not in keys:
                made[column.name] = given[column.name]
                if fixed is not None and made[column.name].null_count:
                    made[column.name] = pc.fill_null(made[column.name], pa.scalar(fixed, kind))
            else:
                made[column.name] = pa.repeat(pa.scalar(fixed, kind), size)
        grid = self.region.grid
        letters = cell_name(0, cell_column)[:-1]
        if "source" in made:
            lines = pc.cast(pa.array(numbers + 1), pa.large_string())
            before = pa.scalar(f"{grid.file}#{grid.sheet}!{letters}", pa.large_string())
            made["source"] = pc.binary_join_element_wise(
                before, lines, pa.scalar("", pa.large_string())
            )
        return pa.table({**made, "order": pa.array(numbers * 1000 + place)})


def _any_given(values: list[pa.Array]) -> pa.Array:
    given = pc.is_valid(values[0])
    for others in values[1:]:
        given = pc.or_(given, pc.is_valid(others))
    return given


def from_records(item: Contract, records: list[Record]) -> pa.Table:
    """Return records as rows, with the ``order`` of each in the file."""
    made: dict[str, pa.Array] = {}
    for column in item.columns:
        values = [record.values.get(column.name) for record in records]
        if column.name == "source":
            values = [complete.source_of(record) for record in records]
        made[column.name] = pa.array(values, arrow_type(column), from_pandas=True)
    order = [record.row * 1000 + place for place, record in enumerate(records)]
    return pa.table({**made, "order": pa.array(order, pa.int64())})


def merged(item: Contract, tables: list[pa.Table]) -> pa.Table:
    """Put the rows of several tables in the order of the file."""
    schema = pa.schema([(c.name, arrow_type(c)) for c in item.columns])
    if not tables:
        return schema.empty_table()
    whole = pa.concat_tables(tables) if len(tables) > 1 else tables[0]
    if len(tables) > 1:
        whole = whole.take(pc.sort_indices(whole, sort_keys=[("order", "ascending")]))
    return whole.drop_columns(["order"]).cast(schema)
