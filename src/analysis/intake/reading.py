"""Read all raw files of an area into canonical tables, each row with the place it came from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis.errors import IntakeError
from analysis.intake import answers, checks
from analysis.intake.cells import parse
from analysis.intake.found import Findings, Place
from analysis.intake.grid import Grid, cell_name, clean_text, decode, grids
from analysis.intake.headers import HeaderBook
from analysis.intake.regions import Region, regions
from analysis.tables import Contract, contract

#: What an absent key column means; written here because a key may not be missing.
KEY_DEFAULTS: dict[tuple[str, str], object] = {
    ("births", "month"): 0,
    ("births", "basis"): "unstated",
    ("population", "basis"): "unstated",
    ("under_six", "basis"): "unstated",
    ("facilities", "scope"): "school",
    ("survey", "channel"): "questionnaire",
    ("assumptions", "scenario"): "central",
}
_SKIPPED_FILES = ("headers.toml", "readme", "说明")


@dataclass
class Record:
    """A canonical row with the cells it came from."""

    values: dict[str, object]
    file: str
    sheet: str
    row: int
    columns: dict[str, int] = field(default_factory=dict)

    def place(self, column: str = "") -> Place:
        """Return the cell of a column, or the first cell of the row."""
        index = self.columns.get(column, min(self.columns.values(), default=0))
        return Place(self.file, self.sheet, cell_name(self.row, index))

    def entity(self) -> str:
        """Return the school or town the row is about."""
        for column in ("school_name", "school_id", "town_name", "town_id", "project_name", "item"):
            if self.values.get(column):
                return str(self.values[column])
        return ""


@dataclass
class IntakeResult:
    """What the intake gives: canonical tables, what is wrong, what was changed or not used."""

    tables: dict[str, pd.DataFrame]
    records: dict[str, list[Record]]
    found: Findings

    @property
    def findings(self) -> pd.DataFrame:
        """Findings, in the order met."""
        return self.result_tables()["intake_findings"]

    def result_tables(self) -> dict[str, pd.DataFrame]:
        """Return the result tables of the intake."""
        return self.found.frames()


def read_area(
    files: Mapping[str, bytes], *, area_code: str, answered: pd.DataFrame | None = None
) -> IntakeResult:
    """Read every raw file of an area.

    Parameters
    ----------
    files
        Content by path below the area's folder. A returned ``corrections.xlsx`` among them is
        read as the clerk's answers, a ``headers.toml`` as more header variants.
    area_code
        The county's code; rows under it are totals of the county.
    answered
        Answers already read, with the columns of the ``answers`` table.

    Notes
    -----
    Nothing raises for bad content: each fault is a finding, its cell is missing in the tables, and
    the rest is read.
    """
    found = Findings()
    book = HeaderBook(_own_headers(files, found))
    records: dict[str, list[Record]] = {}
    taken = answers.read(files, found) if answered is None else answered
    for name in sorted(files):
        if answers.is_answers(name) or name.lower().endswith(_SKIPPED_FILES):
            continue
        try:
            for grid in grids(name, files[name]):
                _read_grid(grid, book, records, found)
        except IntakeError as error:
            found.add(Place(name), "file_unreadable", "blocks", found=str(error))
    answers.apply(taken, records, found)
    _resolve_towns(records, found)
    checks.run(records, found, area_code)
    tables = {name: _frame(name, rows, found) for name, rows in records.items()}
    return IntakeResult({n: f for n, f in tables.items() if not f.empty}, records, found)


def _own_headers(
    files: Mapping[str, bytes], found: Findings
) -> Mapping[str, Mapping[str, list[str]]]:
    content = files.get("headers.toml")
    if content is None:
        return {}
    try:
        return tomllib.loads(decode("headers.toml", content)[0])
    except (tomllib.TOMLDecodeError, IntakeError) as error:
        found.add(Place("headers.toml"), "file_unreadable", "affects", found=str(error))
        return {}


def _read_grid(
    grid: Grid, book: HeaderBook, records: dict[str, list[Record]], found: Findings
) -> None:
    some = False
    for region in regions(grid, book):
        some = True
        item = contract(region.table)
        for column, title in region.unknown.items():
            found.leave(
                Place(grid.file, grid.sheet, cell_name(region.header_row, column)),
                title,
                "unknown_column",
            )
        for row in region.notes:
            text = " ".join(filter(None, map(clean_text, grid.rows[row])))
            found.leave(Place(grid.file, grid.sheet, cell_name(row, 0)), text, "footnote")
        for index, head in region.heads.items():
            if head.unknown_unit:
                place = Place(grid.file, grid.sheet, cell_name(region.header_row, index))
                found.add(
                    place,
                    "unit_unknown",
                    "affects",
                    found=head.unknown_unit,
                    table=region.table,
                    column=head.column,
                    unit=item[head.column].unit or "—",
                )
        rows = [record for row in region.data_rows for record in _records(region, row, found)]
        checks.totals(region, found)
        records.setdefault(region.table, []).extend(rows)
        found.read.append(
            {
                "file": grid.file,
                "sheet": grid.sheet,
                "table_name": region.table,
                "rows": float(len(rows)),
            }
        )
    if not some and any(clean_text(cell) for row in grid.rows for cell in row):
        found.leave(Place(grid.file, grid.sheet, "A1"), grid.sheet, "no_table_recognised")


def _records(region: Region, row: int, found: Findings) -> list[Record]:
    """Return the canonical rows of one raw row: one, or one a grade in a wide table."""
    item = contract(region.table)
    cells = region.grid.rows[row]
    shared: dict[str, object] = {}
    columns: dict[str, int] = {}
    grades: dict[int, dict[str, object]] = {}
    grade_columns: dict[int, dict[str, int]] = {}
    broken = False
    raw_entity = next((clean_text(c) for c in cells if clean_text(c)), "")
    for index, head in region.heads.items():
        if index >= len(cells):
            continue
        value, bad = _value(region, item, row, index, found, raw_entity)
        if head.grade is None:
            shared[head.column] = value
            columns[head.column] = index
            broken = broken or (bad and head.column in item.keys)
        else:
            grades.setdefault(head.grade, {})[head.column] = value
            grade_columns.setdefault(head.grade, {})[head.column] = index
    if broken:
        return []
    base = (region.grid.file, region.grid.sheet, row)
    if not grades:
        return _complete(region, [Record(shared, *base, columns)], found)
    made = [
        Record({**shared, **values, "grade": grade}, *base, {**columns, **grade_columns[grade]})
        for grade, values in sorted(grades.items())
        if any(value is not None for value in values.values())
    ]
    return _complete(region, made, found)


def _value(
    region: Region, item: Contract, row: int, index: int, found: Findings, entity: str
) -> tuple[object, bool]:
    head = region.heads[index]
    raw = region.grid.rows[row][index]
    column = item[head.column]
    if head.unknown_unit:
        return None, True
    parsed = parse(column, raw, head.factor)
    place = Place(region.grid.file, region.grid.sheet, cell_name(row, index))
    if parsed.problem:
        found.add(
            place,
            parsed.problem,
            "blocks" if head.column in item.keys else "affects",
            found=clean_text(raw),
            table=region.table,
            entity=entity,
            column=head.column,
            title=column.zh,
            title_en=column.en,
            allowed="、".join(column.values) or "—",
        )
        return None, True
    if parsed.changed:
        found.change(place, region.table, head.column, raw, parsed.value, parsed.changed)
    return parsed.value, False


def _complete(region: Region, rows: list[Record], found: Findings) -> list[Record]:
    """Fill defaults and sources; leave out rows without their key, saying so."""
    item = contract(region.table)
    kept = []
    for record in rows:
        for column in item.keys:
            default = KEY_DEFAULTS.get((item.name, column))
            if record.values.get(column) is None and default is not None:
                record.values[column] = default
        absent = [
            column.name
            for column in item.columns
            if not column.nullable and record.values.get(column.name) is None
        ]
        if absent:
            column = absent[0]
            found.add(
                record.place(column),
                "key_missing",
                "blocks",
                table=item.name,
                entity=record.entity(),
                column=column,
                title=item[column].zh,
                title_en=item[column].en,
            )
            continue
        citation = record.values.get("source")
        where = f"{record.file}#{record.sheet}!{record.place().cell}"
        record.values["source"] = f"{where}; {citation}" if citation else where
        kept.append(record)
    return kept


def _resolve_towns(records: dict[str, list[Record]], found: Findings) -> None:
    """Let a town be named where its code is wanted; the replacement is recorded."""
    codes = {str(r.values["town_id"]): str(r.values["town_name"]) for r in records.get("towns", [])}
    names: dict[str, str] = {}
    for code, name in codes.items():
        names[name] = code
    for table, rows in records.items():
        if table == "towns":
            continue
        for record in rows:
            for column in ("town_id", "home_town_id", "school_town_id"):
                value = record.values.get(column)
                if value in names and value not in codes:
                    record.values[column] = names[str(value)]
                    found.change(
                        record.place(column), table, column, value, names[str(value)], "town_name"
                    )


def _frame(name: str, rows: list[Record], found: Findings) -> pd.DataFrame:
    """Build a contract frame; of rows with the same key the first is kept and the rest are said."""
    item = contract(name)
    seen: dict[tuple[object, ...], Record] = {}
    for record in rows:
        key = tuple(record.values.get(column) for column in item.keys)
        if key not in seen:
            seen[key] = record
            continue
        same = all(
            record.values.get(c) == seen[key].values.get(c) for c in item.names if c != "source"
        )
        found.add(
            record.place(item.keys[0]),
            "repeated_row",
            "note" if same else "affects",
            found=" · ".join(str(part) for part in key),
            table=name,
            entity=record.entity(),
            first=seen[key].place().cell,
        )
    return item.frame([{c: r.values.get(c) for c in item.names} for r in seen.values()])
