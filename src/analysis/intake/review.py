"""Rules across the rows of a big table, applied to the places a sieve has let through."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from analysis.intake import complete
from analysis.intake.checks import pupils, schools, wholes
from analysis.intake.found import Findings, Place
from analysis.intake.grid import cell_indices, cell_name
from analysis.intake.layout import Layout, SparseRows
from analysis.intake.record import Record
from analysis.intake.sieve import Sieve
from analysis.tables import contract

_SOURCE = re.compile(r"^(?P<file>.*?)#(?P<sheet>.*)!(?P<cell>[A-Z]+\d+)")


@dataclass
class Patches:
    """What the rules change in a streamed table: values that count as missing, rows left out."""

    values: dict[str, dict[int, object]] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)

    def any(self) -> bool:
        """Tell whether anything changes."""
        return bool(self.values or self.removed)


def say_unknown(sieve: Sieve, found: Findings) -> None:
    """Report codes that no list of schools or towns has: they would drop out of every sum."""
    rule = {"school_id": "school_unknown", "town_id": "town_unknown"}[sieve.key]
    for code, (source, count) in sieve.unknown.items():
        found.add(
            _place(source),
            rule,
            "blocks",
            found=code,
            table=sieve.table,
            entity=code,
            column=sieve.key,
            treatment="left_out" if sieve.key == "school_id" else "kept",
            code=code,
            rows=count,
        )


def _place(source: str) -> Place:
    said = _SOURCE.match(source)
    return Place(said["file"], said["sheet"], said["cell"]) if said else Place(source)


def judge(
    rows: Iterable[Mapping[str, object]],
    sieve: Sieve,
    layouts: Mapping[tuple[str, str], Layout],
    found: Findings,
) -> Patches:
    """Apply the rules within one place to the rows of some places, each with all of its rows.

    ``at`` in a row is its number in the table; the patches name rows by it.
    """
    table = sieve.table
    words = {
        Place(str(c["file"]), str(c["sheet"]), str(c["cell"])): str(c["before"])
        for c in found.changed
        if c["rule"] != "answer"
    }
    records = {table: [_record(row, table, layouts, words, found) for row in rows]}
    before = [(r, dict(r.values)) for r in records[table]]
    at = {id(r): int(str(r.values.pop("at"))) for r in records[table]}
    complete.bring_together(records, found)
    wholes.isolated_years(records, found, {table: sieve.years})
    share = sieve.with_classes / sieve.rows if sieve.rows else 0.0
    for rule in (schools.all_zero, wholes.parts_of_wholes, wholes.parts_together):
        rule(records, found)
    pupils.without_classes(records, found, {table: share})
    for rule in (pupils.class_sizes, pupils.jumps, schools.no_equipment):
        rule(records, found)
    patches = Patches()
    kept = {id(r) for r in records[table]}
    for record, was in before:
        if id(record) not in kept:
            patches.removed.add(at[id(record)])
            continue
        for column, value in record.values.items():
            if value != was[column]:
                patches.values.setdefault(column, {})[at[id(record)]] = value
    return patches


def _record(
    row: Mapping[str, object],
    table: str,
    layouts: Mapping[tuple[str, str], Layout],
    words: Mapping[Place, str],
    found: Findings,
) -> Record:
    place = _place(str(row["source"]))
    indices = cell_indices(place.cell) or (-1, 0)
    values = {k: v for k, v in row.items() if k != "source"}
    layout = layouts.get((place.file, place.sheet))
    columns: dict[str, int] = {}
    if layout is not None:
        columns = _columns(layout, table, values)
        _hold(found, place, indices[0], columns, values, words)
    return Record(table, values, place.file, place.sheet, indices[0], columns, _own(table, columns))


def _columns(layout: Layout, table: str, values: Mapping[str, object]) -> dict[str, int]:
    """Return the column of the sheet each value stands in."""
    columns: dict[str, int] = {}
    for part in layout.region.parts:
        for index, head in part.heads.items():
            fits = all(values.get(k) == v for k, v in head.keys)
            own = part.table == table or head.column in contract(table).keys
            if own and fits and not head.total:
                columns.setdefault(head.column, index)
    return columns


def _own(table: str, columns: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(c for c in columns if c not in contract(table).keys)[:1]


def _hold(
    found: Findings,
    place: Place,
    row: int,
    columns: Mapping[str, int],
    values: Mapping[str, object],
    words: Mapping[Place, str],
) -> None:
    """Keep what the row says, so that a finding can quote its cell."""
    rows = found.grids[place.file, place.sheet].rows
    if not isinstance(rows, SparseRows):
        return
    cells = rows.held.setdefault(row, [])
    cells += [None] * (max(columns.values(), default=0) + 1 - len(cells))
    for column, index in columns.items():
        said = words.get(Place(place.file, place.sheet, cell_name(row, index)))
        value = values.get(column) if said is None else said
        if cells[index] is None:
            cells[index] = f"{value:.15g}" if isinstance(value, float) else value
