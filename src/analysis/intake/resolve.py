"""Names to codes, other forms of a name or code, and the stage a kind of school implies."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from analysis.intake.found import Findings
from analysis.intake.record import Record
from analysis.intake.records import ONE_STAGE
from analysis.tables import contract

Records = dict[str, list[Record]]
TOWN_COLUMNS = ("town_id", "home_town_id", "school_town_id")
#: Tables in which the county itself may stand in the town's column, and how it is called there.
COUNTY_ROWS = ("population", "births", "under_six", "totals", "gap_items", "projects", "housing")
COUNTY_NAMES = frozenset({"全县", "全市", "全区", "全旗", "本县", "本市", "本区", "县合计"})
_TOWN_ENDS = re.compile(r"(人民政府|政府|办事处|街道办事处|街道办|中心学校|教育办|教办)$")
_TOWN_KIND = re.compile(r"(街道|镇|乡|民族乡)$")
_SCHOOL_MARKS = re.compile(r"[(（](?:公办|民办|公立|私立)[)）]|[\s()（）·.,，。\-]")


def resolve(records: Records, found: Findings, area_code: str = "") -> None:
    """Put codes where names were given; every replacement is listed as a change."""
    _county(records, found, area_code)
    _towns(records, found)
    _schools(records, found)
    _stages(records, found)


def _codes(rows: Iterable[Record], code: str, name: str) -> dict[str, set[str]]:
    """Return the codes each name stands for; a name of two places stands for both."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in rows:
        if record.values.get(code) and record.values.get(name):
            found[str(record.values[name])].add(str(record.values[code]))
    return found


def town_stem(name: str) -> str:
    """Return a town's name without what offices add to it."""
    bare = re.sub(r"\s", "", name)
    while True:
        shorter = _TOWN_ENDS.sub("", bare)
        if shorter == bare or len(shorter) < 2:
            return bare
        bare = shorter


def _county(records: Records, found: Findings, area_code: str) -> None:
    """Give the county's own code to rows named 全县 and the like, in tables that may have such."""
    codes = {str(r.values.get("town_id"))[:6] for r in records.get("towns", [])}
    only = next(iter(codes)) if len(codes) == 1 else ""
    code = area_code or (only if len(only) == 6 and only.isdigit() else "")
    if not code:
        return
    for table in COUNTY_ROWS:
        for record in records.get(table, []):
            said = record.values.get("town_id") or record.values.get("town_name")
            if said in COUNTY_NAMES:
                record.values["town_id"] = code
                record.columns.setdefault("town_id", record.columns.get("town_name", 0))
                found.change(record.place("town_id"), table, "town_id", said, code, "county_name")


def _towns(records: Records, found: Findings) -> None:
    for record in records.get("towns", []):
        if record.values.get("town_id") is None and record.values.get("town_name"):
            _name_as_code(record, "town_id", "town_name", found)
    codes = {str(r.values["town_id"]) for r in records.get("towns", []) if r.values.get("town_id")}
    exact = _codes(records.get("towns", []), "town_id", "town_name")
    loose: dict[str, set[str]] = defaultdict(set)
    for name, known in exact.items():
        stem = town_stem(name)
        loose[stem] |= known
        if len(_TOWN_KIND.sub("", stem)) >= 2:
            loose[_TOWN_KIND.sub("", stem)] |= known
    for table, rows in records.items():
        if table == "towns":
            continue
        for record in rows:
            if record.values.get("town_id") is None and record.values.get("town_name"):
                record.values["town_id"] = record.values["town_name"]
                record.columns.setdefault("town_id", record.columns.get("town_name", 0))
            if "town_name" not in contract(table).names:
                record.values.pop("town_name", None)
            for column in TOWN_COLUMNS:
                _one_town(record, column, table, codes, exact, loose, found)


def _one_town(
    record: Record,
    column: str,
    table: str,
    codes: set[str],
    exact: dict[str, set[str]],
    loose: dict[str, set[str]],
    found: Findings,
) -> None:
    value = record.values.get(column)
    if value is None or str(value) in codes or not codes:
        return
    said = str(value)
    stem = town_stem(said)
    for rule, candidates in (
        ("town_name", exact.get(said)),
        ("town_alias", loose.get(stem) or loose.get(_TOWN_KIND.sub("", stem))),
        ("leading_zero", _padded(said, codes)),
    ):
        if candidates and len(candidates) == 1:
            code = next(iter(candidates))
            record.values[column] = code
            found.change(record.place(column), table, column, said, code, rule)
            return


def _padded(code: str, known: set[str]) -> set[str]:
    """Return the known codes that differ from ``code`` by leading zeros only."""
    if not code.isdigit():
        return set()
    return {other for other in known if other.isdigit() and other.lstrip("0") == code.lstrip("0")}


def _name_as_code(record: Record, code: str, name: str, found: Findings) -> None:
    said = str(record.values[name])
    record.values[code] = said
    record.columns.setdefault(code, record.columns.get(name, 0))
    found.change(record.place(name), record.table, code, said, said, "name_as_code")


def _schools(records: Records, found: Findings) -> None:
    roster = records.get("schools", [])
    for record in roster:
        if record.values.get("school_id") is None and record.values.get("school_name"):
            _name_as_code(record, "school_id", "school_name", found)
    codes = {str(r.values["school_id"]) for r in roster if r.values.get("school_id")}
    moved = {str(r.values.get("old_school_id")) for r in records.get("school_changes", [])}
    exact = _codes(roster, "school_id", "school_name")
    loose: dict[str, set[str]] = defaultdict(set)
    for name, known in exact.items():
        loose[_SCHOOL_MARKS.sub("", name)] |= known
    names = {code: name for name, known in exact.items() for code in known}
    for table, rows in records.items():
        if table in ("schools", "gap_items") or "school_id" not in contract(table).names:
            continue
        for record in rows:
            _one_school(record, table, codes, moved, exact, loose, found)
            _same_school(record, table, names, found)
            if "school_name" not in contract(table).names:
                record.values.pop("school_name", None)


def _one_school(
    record: Record,
    table: str,
    codes: set[str],
    moved: set[str],
    exact: dict[str, set[str]],
    loose: dict[str, set[str]],
    found: Findings,
) -> None:
    said = record.values.get("school_id")
    name = str(record.values.get("school_name") or "")
    if said is None and name:
        known = exact.get(name) or loose.get(_SCHOOL_MARKS.sub("", name)) or set()
        record.columns.setdefault("school_id", record.columns.get("school_name", 0))
        if len(known) == 1:
            record.values["school_id"] = next(iter(known))
            place = record.place("school_name")
            found.change(place, table, "school_id", name, record.values["school_id"], "school_name")
        else:
            record.values["school_id"] = name
        return
    if said is None or not codes or str(said) in codes | moved:
        return
    candidates = _padded(str(said), codes) or exact.get(str(said), set())
    if len(candidates) == 1:
        code = next(iter(candidates))
        rule = "leading_zero" if str(said).isdigit() else "school_name"
        record.values["school_id"] = code
        found.change(record.place("school_id"), table, "school_id", said, code, rule)


def _same_school(record: Record, table: str, names: dict[str, str], found: Findings) -> None:
    """Report a row whose code and name belong to different schools."""
    name = record.values.get("school_name")
    known = names.get(str(record.values.get("school_id")))
    if not name or not known:
        return
    if _SCHOOL_MARKS.sub("", str(name)) == _SCHOOL_MARKS.sub("", known):
        return
    found.add(
        record.place("school_name"),
        "name_and_code_differ",
        "affects",
        table=table,
        entity=str(name),
        column="school_name",
        known=known,
        code=record.values["school_id"],
    )


def _stages(records: Records, found: Findings) -> None:
    """Fill the stage of a row from the kind of its school where that has one stage only."""
    kinds = {
        str(r.values.get("school_id")): str(r.values.get("kind"))
        for r in records.get("schools", [])
    }
    for table in ("teachers", "class_bands", "school_totals"):
        for record in records.get(table, []):
            kind = record.values.pop("kind", None)
            if record.values.get("stage") is not None:
                continue
            said = str(kind or kinds.get(str(record.values.get("school_id"))))
            stage = ONE_STAGE.get(said)
            if stage is None:
                continue
            record.values["stage"] = stage
            found.change(record.place(), table, "stage", said, stage, "stage_from_kind")
    for table, rows in records.items():
        if "kind" not in contract(table).names:
            for record in rows:
                record.values.pop("kind", None)
