"""Codes that no list knows: their rows would drop out of every sum unseen."""

from __future__ import annotations

from collections import defaultdict

from analysis import wording
from analysis.intake.checks.pupils import KIND_GRADES
from analysis.intake.complete import NO_TOWN
from analysis.intake.found import Findings
from analysis.intake.resolve import COUNTY_ROWS, TOWN_COLUMNS, Records

_HOME = {"town_id": "towns", "school_id": "schools"}
#: Kinds of school that have a grade from 1 to 9.
_COMPULSORY = frozenset(k for k, grades in KIND_GRADES.items() if grades & set(range(1, 10)))
_OUTSIDE = frozenset({"outside", "县外", "区外", "市外", "外县", "外省"})


def unknown_places(records: Records, found: Findings, area_code: str) -> None:
    """Report every code of a school or town that the lists do not have, and idle schools."""
    towns = {str(r.values["town_id"]) for r in records.get("towns", [])}
    schools = {str(r.values["school_id"]) for r in records.get("schools", [])}
    county = {area_code} | {t[:6] for t in towns if len(t) > 6}
    for table, rows in records.items():
        for column in TOWN_COLUMNS:
            allowed = (
                towns | _OUTSIDE | {NO_TOWN} | (county if table in COUNTY_ROWS else {area_code})
            )
            if towns and table not in ("towns", "town_changes"):
                _report(rows, table, column, allowed, "town_unknown", found)
        if schools and table not in ("schools", "school_changes"):
            own = {str(r.values.get("project_id")) for r in rows} if table == "projects" else set()
            _report(rows, table, "school_id", schools | own, "school_unknown", found)
    _changes(records, schools, towns, found)
    _idle_schools(records, found)


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


def _idle_schools(records: Records, found: Findings) -> None:
    """Report a school of the list that has no pupils in the newest year and is not closed.

    Its town is unknown until somebody says whether it is closed, empty, or was forgotten; so the
    finding blocks. A school of neither primary nor junior stage touches no conclusion on them.
    """
    present: dict[int, set[str]] = defaultdict(set)
    for table in ("enrolment", "school_totals"):
        for row in records.get(table, []):
            if row.number("pupils") is not None or found.has(row.place("pupils")):
                present[int(str(row.values["school_year"]))].add(str(row.values["school_id"]))
    newest = _newest_year(present)
    if newest is None:
        return
    campuses = {
        str(r.values["school_id"]) for r in records.get("schools", [])
        if r.values.get("main_school_id")
    }  # fmt: skip
    for record in records.get("schools", []):
        code = str(record.values["school_id"])
        opened, closed = record.number("opened_year"), record.number("closed_year")
        open_now = (opened is None or opened <= newest) and (closed is None or closed > newest)
        if not open_now or code in present[newest] | campuses:
            continue
        last = max((year for year, codes in present.items() if code in codes), default=None)
        found.add(
            record.place("school_id"),
            "school_without_rows",
            "blocks" if record.values.get("kind") in _COMPULSORY else "note",
            found=code,
            table="schools",
            entity=record.entity(),
            column="school_id",
            year=newest,
            last=_last_year(last, "zh"),
            last_en=_last_year(last, "en"),
        )


def _last_year(year: int | None, language: str) -> str:
    if year is None:
        return wording.say("intake.in_no_year", language)
    return wording.say("intake.last_in_year", language, year=year)


def _newest_year(present: dict[int, set[str]]) -> int | None:
    """Return the newest year that is no mere beginning: with half the schools of the fullest."""
    most = max(map(len, present.values()), default=0)
    return max((year for year, codes in present.items() if 2 * len(codes) >= most), default=None)
