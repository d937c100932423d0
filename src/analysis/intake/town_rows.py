"""Rows of a town or of the county among rows of schools: sums to be checked, not schools."""

from __future__ import annotations

from collections import defaultdict

from analysis.intake.checks.sums import TOLERANCE
from analysis.intake.found import Findings
from analysis.intake.record import Record
from analysis.intake.resolve import COUNTY_NAMES
from analysis.tables import contract

_TABLES = (
    *("enrolment", "school_totals", "class_bands", "teachers", "facilities"),
    "building_areas",
)
_COUNTY = "*"
Records = dict[str, list[Record]]


def take_out(records: Records, found: Findings) -> None:
    """Leave rows out whose school is the name of a town or 全县, and hold them to their schools.

    Names are those of the list of towns and of the list of schools; a school called like its town
    stays a school.
    """
    roster = records.get("schools", [])
    towns = _names(records.get("towns", []), "town_id", "town_name")
    for record in roster:
        for column in ("town_id", "town_name"):
            if record.values.get(column):
                towns.setdefault(str(record.values[column]), str(record.values[column]))
    towns |= dict.fromkeys(COUNTY_NAMES, _COUNTY)
    called = {str(r.values.get("school_name")) for r in roster}
    town_of = {}
    for record in roster:
        said = str(record.values.get("town_id") or record.values.get("town_name") or "")
        for column in ("school_id", "school_name"):
            town_of[str(record.values.get(column))] = towns.get(said, said)
    for table in _TABLES:
        rows = records.get(table, [])
        mine = [r for r in rows if _school(r) in towns and _school(r) not in called]
        if mine:
            _compare(table, mine, rows, towns, town_of, found)
            gone = {id(r) for r in mine}
            records[table] = [r for r in rows if id(r) not in gone]


def _names(rows: list[Record], code: str, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for record in rows:
        key = str(record.values.get(code) or record.values.get(name))
        found |= {key: key, str(record.values.get(name)): key}
    return found


def _school(record: Record) -> str:
    return str(record.values.get("school_id") or record.values.get("school_name") or "")


def _key(record: Record, town: str) -> tuple[object, ...]:
    keys = [k for k in contract(record.table).keys if k != "school_id"]
    return (record.file, record.sheet, town, *(record.values.get(k) for k in keys))


def _compare(
    table: str,
    mine: list[Record],
    rows: list[Record],
    towns: dict[str, str],
    town_of: dict[str, str],
    found: Findings,
) -> None:
    own = {id(r) for r in mine}
    parts: dict[tuple[object, ...], list[Record]] = defaultdict(list)
    for record in rows:
        if id(record) not in own and _school(record) in town_of:
            parts[_key(record, town_of[_school(record)])].append(record)
            parts[_key(record, _COUNTY)].append(record)
    for record in mine:
        found.leave(record.place(), _school(record), "subtotal_row")
        schools = parts.get(_key(record, towns[_school(record)]), [])
        for column in [c.name for c in contract(table).columns if c.kind == "count"]:
            said = record.number(column)
            known = [n for n in (r.number(column) for r in schools) if n is not None]
            if said is None or not known or abs(said - sum(known)) <= TOLERANCE:
                continue
            empty = len(schools) - len(known)
            found.add(
                record.place(column),
                "total_differs",
                "note" if empty else "affects",
                table=table,
                entity=_school(record),
                column=column,
                total=f"{sum(known):g}",
                parts=len(known),
                empty=empty,
            )
