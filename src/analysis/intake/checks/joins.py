"""Codes that no list knows: their rows would drop out of every sum unseen."""

from __future__ import annotations

from analysis.intake.found import Findings
from analysis.intake.resolve import TOWN_COLUMNS, Records

_HOME = {"town_id": "towns", "school_id": "schools"}
_OUTSIDE = frozenset({"outside", "县外", "区外", "市外", "外县", "外省"})
#: Tables in which the county itself may stand in the town's column.
COUNTY_ROWS = ("population", "births", "under_six", "totals", "gap_items", "projects", "housing")


def unknown_places(records: Records, found: Findings, area_code: str) -> None:
    """Report every code of a school or town that the lists do not have, and idle schools."""
    towns = {str(r.values["town_id"]) for r in records.get("towns", [])}
    schools = {str(r.values["school_id"]) for r in records.get("schools", [])}
    county = {area_code} | {t[:6] for t in towns if len(t) > 6}
    for table, rows in records.items():
        for column in TOWN_COLUMNS:
            allowed = towns | _OUTSIDE | (county if table in COUNTY_ROWS else {area_code})
            if towns and table not in ("towns", "town_changes"):
                _report(rows, table, column, allowed, "town_unknown", found)
        if schools and table not in ("schools", "school_changes"):
            own = {str(r.values.get("project_id")) for r in rows} if table == "projects" else set()
            _report(rows, table, "school_id", schools | own, "school_unknown", found)
    _changes(records, schools, towns, found)
    _idle_schools(records, schools, found)


def _report(
    rows: list,  # type: ignore[type-arg]
    table: str,
    column: str,
    allowed: set[str] | frozenset[str],
    rule: str,
    found: Findings,
) -> None:
    said: dict[str, int] = {}
    for record in rows:
        code = record.values.get(column)
        if code is None or str(code) in allowed:
            continue
        said[str(code)] = said.get(str(code), 0) + 1
        if said[str(code)] > 1:
            continue
        count = sum(1 for r in rows if r.values.get(column) == code)
        found.add(
            record.place(column),
            rule,
            "blocks",
            table=table,
            entity=record.entity(),
            column=column,
            treatment="left_out" if column == "school_id" else "kept",
            code=code,
            rows=count,
        )


def _changes(records: Records, schools: set[str], towns: set[str], found: Findings) -> None:
    """Report a change that leads to a place no list knows."""
    for table, column, known, rule in (
        ("school_changes", "new_school_id", schools, "school_unknown"),
        ("town_changes", "new_town_id", towns, "town_unknown"),
    ):
        rows = records.get(table, [])
        onward = {str(r.values.get(column.replace("new", "old"))) for r in rows}
        if known:
            _report(rows, table, column, known | onward, rule, found)


def _idle_schools(records: Records, schools: set[str], found: Findings) -> None:
    """Report a school of the list that no enrolment row names, where most are named."""
    active: set[str] = set()
    for table in ("enrolment", "school_totals"):
        active |= {str(r.values.get("school_id")) for r in records.get(table, [])}
    idle = schools - active
    if not active or len(idle) * 5 > len(schools):
        return
    for record in records.get("schools", []):
        if str(record.values["school_id"]) in idle and record.values.get("closed_year") is None:
            found.add(
                record.place("school_id"),
                "school_without_rows",
                "note",
                table="schools",
                entity=record.entity(),
                column="school_id",
            )
