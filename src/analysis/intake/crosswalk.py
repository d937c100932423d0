"""Carry rows of former schools and towns to the present ones (学校沿革、乡镇沿革)."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from analysis.intake.found import Findings
from analysis.intake.record import Record
from analysis.intake.resolve import Records
from analysis.tables import contract

#: A change that can be carried as a whole; a split cannot without knowing who went where.
CARRIED = ("code", "rename", "merger", None)
#: Shares that are written with a few digits add up to one within this.
_SHARE_DUST = 1e-6
_YEARS = ("school_year", "year")
_SCHOOL_TABLES = (
    "enrolment",
    "school_totals",
    "class_sizes",
    "class_bands",
    "teachers",
    "facilities",
    "building_areas",
)
_TOWN_TABLES = ("population", "births", "under_six", "totals")


def apply(records: Records, found: Findings) -> None:
    """Re-key rows of places that no longer exist; what cannot be carried is a finding."""
    _schools(records, found)
    _towns(records, found)


def _year(record: Record) -> int | None:
    for column in _YEARS:
        value = record.values.get(column)
        if isinstance(value, int):
            return value
    return None


def _schools(records: Records, found: Findings) -> None:
    changes: dict[str, Record] = {}
    for record in records.get("school_changes", []):
        old = str(record.values.get("old_school_id"))
        if record.values.get("change") == "split":
            continue
        changes.setdefault(old, record)
    _circles(changes, found)
    known = {str(r.values.get("school_id")) for r in records.get("schools", [])}
    splits = {
        str(r.values.get("old_school_id"))
        for r in records.get("school_changes", [])
        if r.values.get("change") == "split"
    }
    for table in _SCHOOL_TABLES:
        rows = records.get(table, [])
        moved = False
        for record in rows:
            code = str(record.values.get("school_id"))
            if code in known and code not in changes:
                continue
            if code in splits and code not in known:
                _say(record, "split_not_carried", table, "school_id", found)
            moved = _carry_school(record, table, code, changes, known, found) or moved
        if moved:
            records[table] = _merged(rows, table)


def _circles(changes: dict[str, Record], found: Findings) -> None:
    """Report codes that lead back to themselves: no school of today is at their end."""
    told: set[str] = set()
    for start in changes:
        chain = [start]
        while (target := str(changes[chain[-1]].values.get("new_school_id"))) in changes:
            if target in chain:
                break
            chain.append(target)
        if target != start or len(chain) == 1 or start in told:
            continue
        told.update(chain)
        _say(
            changes[start],
            "change_circle",
            "school_changes",
            "new_school_id",
            found,
            severity="blocks",
            circle=" → ".join([*chain, start]),
        )


def _carry_school(
    record: Record,
    table: str,
    code: str,
    changes: dict[str, Record],
    known: set[str],
    found: Findings,
) -> bool:
    """Follow the changes of a school to the present one."""
    seen = {code}
    target = code
    while target in changes and target not in known:
        change = changes[target]
        year, since = _year(record), change.values.get("year")
        if year is not None and isinstance(since, int) and year >= since:
            _say(record, "code_after_change", table, "school_id", found, since=since)
        target = str(change.values.get("new_school_id"))
        if target in seen:
            return False
        seen.add(target)
    if target == code:
        return False
    found.change(record.place("school_id"), table, "school_id", code, target, "school_change")
    record.values["school_id"] = target
    record.was = code
    if table == "class_sizes":
        record.values["class_no"] = f"{code}-{record.values.get('class_no')}"
    return True


def _say(
    record: Record,
    rule: str,
    table: str,
    column: str,
    found: Findings,
    severity: str = "affects",
    **values: Any,
) -> None:
    found.add(
        record.place(column),
        rule,
        severity,
        table=table,
        entity=record.entity(),
        column=column,
        **values,
    )


def _towns(records: Records, found: Findings) -> None:
    moves: dict[str, list[tuple[str, int, float]]] = defaultdict(list)
    for record in records.get("town_changes", []):
        share = record.values.get("share")
        moves[str(record.values.get("old_town_id"))].append(
            (
                str(record.values.get("new_town_id")),
                int(str(record.values.get("year") or 0)),
                1.0 if share is None else float(str(share)),
            )
        )
    if not moves:
        return
    _shares(records.get("town_changes", []), found)
    for record in records.get("schools", []):
        _whole_town(record, "schools", moves, found)
    for table in _TOWN_TABLES:
        rows = records.get(table, [])
        if any(str(record.values.get("town_id")) in moves for record in rows):
            made = [part for record in rows for part in _split(record, table, moves, found)]
            records[table] = _merged(made, table)


def _shares(changes: list[Record], found: Findings) -> None:
    """Report a town of which more is given away in one year than there is, where it is written."""
    given: dict[tuple[str, object], list[Record]] = defaultdict(list)
    for record in changes:
        given[str(record.values.get("old_town_id")), record.values.get("year")].append(record)
    for (town, _), rows in given.items():
        shares = [record.number("share") for record in rows]
        total = sum(1.0 if share is None else share for share in shares)
        if total <= 1 + _SHARE_DUST:
            continue
        _say(
            rows[-1],
            "town_shares_exceed",
            "town_changes",
            "share",
            found,
            town=town,
            total=f"{total * 100:.6g}%",
            shares=" + ".join("100%" if s is None else f"{s * 100:.6g}%" for s in shares),
        )


def _whole_town(
    record: Record, table: str, moves: dict[str, list[tuple[str, int, float]]], found: Findings
) -> bool:
    code = str(record.values.get("town_id"))
    targets = moves.get(code, [])
    if len(targets) != 1 or targets[0][2] < 1:
        if targets and any(new != code for new, _, _ in targets) and table == "schools":
            _say(record, "town_redrawn", table, "town_id", found)
        return False
    record.values["town_id"] = targets[0][0]
    record.was = code
    found.change(record.place("town_id"), table, "town_id", code, targets[0][0], "town_change")
    return True


def _split(
    record: Record,
    table: str,
    moves: dict[str, list[tuple[str, int, float]]],
    found: Findings,
) -> list[Record]:
    """Share out a row of a town that was re-drawn; counts keep their sum."""
    code = str(record.values.get("town_id"))
    year = _year(record)
    targets = [t for t in moves.get(code, []) if year is None or year < t[1]]
    if not targets:
        if code in moves and all(new != code for new, _, _ in moves[code]):
            _say(record, "code_after_change", table, "town_id", found, since=moves[code][0][1])
        return [record]
    if len(targets) == 1 and targets[0][2] >= 1:
        _whole_town(record, table, {code: targets}, found)
        return [record]
    shares = [share for _, _, share in targets]
    if abs(sum(shares) - 1) > _SHARE_DUST:
        stays = 1 - sum(shares)
        if stays < 0:
            _say(record, "town_redrawn", table, "town_id", found)
            return [record]
        targets = [*targets, (code, 0, stays)]
        shares = [*shares, stays]
    if table == "totals":
        _say(record, "town_redrawn", table, "town_id", found)
        return [record]
    return _shared_out(record, table, targets, shares, found)


def _shared_out(
    record: Record,
    table: str,
    targets: list[tuple[str, int, float]],
    shares: list[float],
    found: Findings,
) -> list[Record]:
    counts = [c.name for c in contract(table).columns if c.kind == "count"]
    made = []
    for place, (new, _, _) in enumerate(targets):
        values = dict(record.values)
        values["town_id"] = new
        for column in counts:
            number = record.number(column)
            if number is not None:
                values[column] = largest_remainder(number, shares)[place]
        part = Record(record.table, values, record.file, record.sheet, record.row, record.columns)
        part.was = str(record.values.get("town_id"))
        made.append(part)
    told = ", ".join(f"{new} {share:g}" for new, _, share in targets)
    code = record.values.get("town_id")
    found.change(record.place("town_id"), table, "town_id", code, told, "town_change")
    return made


def largest_remainder(total: float, shares: list[float]) -> list[float]:
    """Divide a whole number by shares into whole numbers that add up to it.

    >>> largest_remainder(10, [0.35, 0.65])
    [4.0, 6.0]
    """
    exact = [total * share for share in shares]
    parts = [float(math.floor(value)) for value in exact]
    order = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for place in order[: round(total - sum(parts))]:
        parts[place] += 1
    return parts


def _merged(rows: list[Record], table: str) -> list[Record]:
    """Add up rows that fall on one key after a change; true repetitions stay for the checks."""
    item = contract(table)
    firsts: dict[tuple[object, ...], Record] = {}
    kept: list[Record] = []
    for record in rows:
        key = tuple(record.values.get(column) for column in item.keys)
        first = firsts.get(key)
        if first is None:
            firsts[key] = record
            kept.append(record)
            continue
        before = {first.was, *(other.was for other in first.joined)}
        if record.was in before:
            kept.append(record)
            continue
        first.joined.append(record)
        for column in item.columns:
            additive = column.kind == "count" or column.unit in ("m²", "元")
            if not additive or column.name in item.keys:
                continue
            left, right = first.number(column.name), record.number(column.name)
            # an unknown part leaves the whole unknown
            known = left is not None and right is not None
            first.values[column.name] = (left or 0) + (right or 0) if known else None
    return kept
