"""Records to contract frames: keys filled or refused, rows of one key brought together."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.intake.found import Findings, Place
from analysis.intake.grid import cell_name
from analysis.intake.record import Record
from analysis.intake.resolve import Records
from analysis.tables import contract

#: What an absent key column means; written here because a key may not be missing.
#: Town of a school whose town is not known; it is in no list of towns.
NO_TOWN = "unstated"
KEY_DEFAULTS: dict[tuple[str, str], object] = {
    ("births", "month"): 0,
    ("births", "basis"): "unstated",
    ("population", "basis"): "unstated",
    ("under_six", "basis"): "unstated",
    ("facilities", "scope"): "school",
    ("building_areas", "scope"): "school",
    ("survey", "channel"): "questionnaire",
    ("assumptions", "scenario"): "central",
}


def keep_keyed(records: Records, found: Findings) -> None:
    """Fill default keys; leave out rows that lack a key or a required value, saying so."""
    for table, rows in records.items():
        item = contract(table)
        required = [c for c in item.columns if not c.nullable]
        defaults = {c: v for (t, c), v in KEY_DEFAULTS.items() if t == table}
        kept = []
        for record in rows:
            for column, value in defaults.items():
                if record.values.get(column) is None:
                    record.values[column] = value
            if table == "schools":
                _stand_ins(record, found)
            absent = next((c for c in required if record.values.get(c.name) is None), None)
            if absent is None:
                kept.append(record)
                continue
            found.add(
                record.place(absent.name),
                "key_missing",
                "blocks",
                table=table,
                entity=record.entity(),
                column=absent.name,
                treatment="left_out",
                title=absent.zh,
                title_en=absent.en,
            )
        records[table] = kept


def _stand_ins(record: Record, found: Findings) -> None:
    """Keep a school whose town or name is blank: it still counts for the county."""
    if record.values.get("school_id") is None:
        return
    for column, value in (("town_id", NO_TOWN), ("school_name", record.values["school_id"])):
        if record.values.get(column) is not None:
            continue
        record.values[column] = value
        item = contract("schools")[column]
        if column == "town_id" and "town_name" in record.columns:
            record.columns.setdefault(column, record.columns["town_name"])
        place = record.place(column)
        if column not in record.columns and record.head_row >= 0:
            # the whole column is not there: said once, at the header
            index = min(record.columns.values(), default=0)
            place = Place(record.file, record.sheet, cell_name(record.head_row, index))
        found.add(
            place,
            f"{column.partition('_')[0]}_not_given",
            "affects",
            found="",
            table="schools",
            entity=record.entity(),
            column=column,
            treatment="set_aside",
            title=item.zh,
            title_en=item.en,
        )


def bring_together(records: Records, found: Findings) -> None:
    """Make one record of rows with the same key.

    Rows of different sheets that give different columns complete each other. Rows that repeat a
    column are said: the first is kept.
    """
    for table, rows in records.items():
        item = contract(table)
        plain = [c for c in item.names if c not in item.keys and c != "source"]
        firsts: dict[tuple[object, ...], Record] = {}
        for record in rows:
            key = tuple(record.values.get(column) for column in item.keys)
            first = firsts.setdefault(key, record)
            if first is not record:
                _join(first, record, plain, key, table, found)
        records[table] = list(firsts.values())


def _join(
    first: Record,
    record: Record,
    plain: list[str],
    key: tuple[object, ...],
    table: str,
    found: Findings,
) -> None:
    given = [c for c in plain if record.values.get(c) is not None]
    clash = [
        c for c in given if first.values.get(c) is not None and first.values[c] != record.values[c]
    ]
    fresh = [c for c in given if first.values.get(c) is None]
    same_place = (first.file, first.sheet) == (record.file, record.sheet)
    if clash or same_place or (not fresh and given):
        column = clash[0] if clash else table_key(table)
        found.add(
            record.place(column if not same_place else table_key(table)),
            "repeated_row",
            "affects" if clash else "note",
            table=table,
            entity=record.entity(),
            column=column,
            treatment="left_out",
            first="#".join(filter(None, (first.file, first.sheet, first.place(column).cell))),
            what=" · ".join(str(part) for part in key),
        )
        if clash or same_place:
            return
    for column in fresh:
        first.values[column] = record.values[column]
        first.others[column] = record


def table_key(table: str) -> str:
    """Return the first key column of a table."""
    return contract(table).keys[0]


def frames(records: Records) -> dict[str, pd.DataFrame]:
    """Return the contract frame of every table that has rows, each row with its source."""
    made: dict[str, pd.DataFrame] = {}
    for table, rows in records.items():
        if not rows:
            continue
        item = contract(table)
        columns: dict[str, list[Any]] = {
            name: [record.values.get(name) for record in rows]
            for name in item.names
            if name != "source"
        }
        if "source" in item.names:
            columns["source"] = [source_of(record) for record in rows]
        made[table] = item.frame(pd.DataFrame(columns))
    return made


def source_of(record: Record) -> str:
    """Return the cells a record comes from, and the source its own row names."""
    rows = {id(row): row for row in (record, *record.others.values(), *record.joined)}
    places = []
    for row in rows.values():
        place = row.place()
        places.append(f"{place.file}#{place.sheet}!{place.cell}")
    where = " + ".join(dict.fromkeys(places))
    citation = record.values.get("source")
    return f"{where}; {citation}" if citation else where
