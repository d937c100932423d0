"""Sums that must agree: total rows, class registers and bands, stages, towns, months."""

from __future__ import annotations

from collections import defaultdict

from analysis.intake.cells import parse
from analysis.intake.found import Findings, Place
from analysis.intake.grid import cell_name
from analysis.intake.record import Record
from analysis.intake.regions import Region
from analysis.intake.resolve import Records
from analysis.tables import Column, contract
from analysis.terms import STAGE_GRADES

#: A published amount is rounded; a sum of such amounts may differ by half a unit a part.
TOLERANCE = 0.5
_STAGE_OF = {grade: stage for stage, grades in STAGE_GRADES.items() for grade in grades}


def totals(region: Region, found: Findings) -> None:
    """Compare every 合计 and 小计 row of a table with the rows it adds up."""
    for part in region.parts:
        item = contract(part.table)
        for index, head in part.heads.items():
            if head.column not in item.names or head.unknown_unit:
                continue
            column = item[head.column]
            if not adds_up(column):
                continue
            cells = region.grid.rows
            values = {
                row: parse(column, cells[row][index], head.factor).value
                for row in (*region.data_rows, *(row for row, _ in region.totals))
                if index < len(cells[row])
            }
            for row, is_subtotal in region.totals:
                _one_total(region, part.table, head.column, index, row, is_subtotal, values, found)


def adds_up(column: Column) -> bool:
    """Tell whether a total row may give the sum of a column."""
    additive = column.kind == "count" or column.unit in ("m²", "元")
    return additive and not column.name.startswith("unit_price")


def _one_total(
    region: Region,
    table: str,
    column: str,
    index: int,
    row: int,
    is_subtotal: bool,
    values: dict[int, object],
    found: Findings,
) -> None:
    said = values.get(row)
    if not isinstance(said, (int, float)):
        return
    groups = _groups(region, row, is_subtotal)
    sums = []
    for rows in groups:
        numbers = [values.get(r) for r in rows]
        known = [float(v) for v in numbers if isinstance(v, (int, float))]
        if known:
            sums.append((sum(known), len(known), len(numbers) - len(known)))
    if not sums or any(abs(float(said) - total) <= TOLERANCE for total, _, _ in sums):
        return
    say_total(region, table, column, index, row, sums[0], found)


def say_total(
    region: Region,
    table: str,
    column: str,
    index: int,
    row: int,
    counted: tuple[float, int, int],
    found: Findings,
) -> None:
    """Report a total that is not ``counted``: the sum, its rows with a number, those without."""
    total, parts, empty = counted
    found.add(
        Place(region.grid.file, region.grid.sheet, cell_name(row, index)),
        "total_differs",
        "note" if empty else "affects",
        table=table,
        column=column,
        total=f"{total:.12g}",
        parts=parts,
        empty=empty,
    )


def _groups(region: Region, row: int, is_subtotal: bool) -> list[list[int]]:
    """Return the rows a total may add up: for a subtotal the group above it or the one below."""
    rows = region.data_rows
    if not is_subtotal:
        others = [r for r, sub in region.totals if not sub and r != row]
        above = max((r for r in others if r < row), default=-1)
        below = min((r for r in others if r > row), default=len(region.grid.rows))
        groups = [rows, [r for r in rows if above < r < row], [r for r in rows if row < r < below]]
        return [group for group in groups if group]
    marks = sorted(r for r, _ in region.totals)
    start = max((r for r in marks if r < row), default=-1)
    end = min((r for r in marks if r > row), default=len(region.grid.rows))
    groups = [[r for r in rows if start < r < row], [r for r in rows if row < r < end]]
    return [group for group in groups if group]


def _key(record: Record, *columns: str) -> tuple[object, ...]:
    return tuple(record.values.get(c) for c in columns)


def registers(records: Records, found: Findings) -> None:
    """Hold the class register to the grade's pupils and classes."""
    register: dict[tuple[object, ...], list[float | None]] = defaultdict(list)
    for record in records.get("class_sizes", []):
        key = _key(record, "school_id", "school_year", "grade")
        register[key].append(record.number("pupils"))
    for record in records.get("enrolment", []):
        sizes = register.get(_key(record, "school_id", "school_year", "grade"))
        if not sizes:
            continue
        known = [s for s in sizes if s is not None]
        if len(known) == len(sizes):
            _compare(
                record, "pupils", "enrolment", sum(known), len(known), "register_differs", found
            )
        _compare(
            record, "classes", "enrolment", float(len(sizes)), len(sizes), "register_differs", found
        )


def _compare(
    record: Record,
    column: str,
    table: str,
    counted: float,
    parts: int,
    rule: str,
    found: Findings,
    tolerance: float = TOLERANCE,
) -> None:
    said = record.number(column)
    if said is None or abs(said - counted) <= tolerance:
        return
    item = contract(table)[column]
    found.doubt(
        record,
        column,
        rule,
        table=table,
        set_aside=False,
        affects=True,
        title=item.zh,
        title_en=item.en,
        counted=f"{counted:.12g}",
        parts=parts,
    )


def bands(records: Records, found: Findings) -> None:
    """Hold class-size bands to the number of classes, and pupils to the bounds of the bands.

    Only bounds are used, never midpoints: the pupils lie between the sum of lower and the sum of
    upper bounds. An open band has no upper bound.
    """
    groups: dict[tuple[object, ...], list[Record]] = defaultdict(list)
    for record in records.get("class_bands", []):
        groups[_key(record, "school_id", "school_year", "stage")].append(record)
        high = record.number("high_pupils")
        if high is not None and high < int(str(record.values["low_pupils"])):
            found.doubt(
                record,
                "high_pupils",
                "band_bounds",
                table="class_bands",
                set_aside=False,
                affects=True,
                low=record.values["low_pupils"],
            )
    pupils, classes = _by_stage(records, "pupils"), _by_stage(records, "classes")
    for key, rows in groups.items():
        counts = [r.number("classes") for r in rows]
        known = [c for c in counts if c is not None]
        if len(known) < len(counts):
            continue
        first = max(rows, key=lambda r: r.number("classes") or 0)
        whole = classes.get(key)
        if whole is not None and abs(sum(known) - whole) > TOLERANCE:
            found.doubt(
                first,
                "classes",
                "band_count",
                table="class_bands",
                set_aside=False,
                affects=True,
                counted=f"{sum(known):.12g}",
                whole=f"{whole:.12g}",
            )
            continue
        _band_pupils(first, rows, pupils.get(key), found)


def _band_pupils(first: Record, rows: list[Record], pupils: float | None, found: Findings) -> None:
    if pupils is None:
        return
    low = sum((r.number("classes") or 0) * int(str(r.values["low_pupils"])) for r in rows)
    highs = [
        (r.number("classes") or 0, r.number("high_pupils")) for r in rows if r.number("classes")
    ]
    high = None if any(h is None for _, h in highs) else sum(n * (h or 0) for n, h in highs)
    if pupils < low - TOLERANCE or (high is not None and pupils > high + TOLERANCE):
        found.doubt(
            first,
            "classes",
            "band_pupils",
            table="class_bands",
            set_aside=False,
            affects=True,
            pupils=f"{pupils:.12g}",
            low=f"{low:.12g}",
            high="—" if high is None else f"{high:.12g}",
        )


def _by_stage(records: Records, column: str) -> dict[tuple[object, ...], float]:
    """Add up enrolment by school, year and stage; an unknown grade leaves the sum out."""
    sums: dict[tuple[object, ...], float] = defaultdict(float)
    unknown = set()
    for record in records.get("enrolment", []):
        stage = _STAGE_OF.get(int(str(record.values["grade"])))
        key = (record.values["school_id"], record.values["school_year"], stage)
        number = record.number(column)
        if number is None:
            unknown.add(key)
        else:
            sums[key] += number
    return {key: total for key, total in sums.items() if key not in unknown}


def school_totals(records: Records, found: Findings) -> None:
    """Hold a school's stage totals to the sum of its grades."""
    for column in ("pupils", "classes"):
        sums = _by_stage(records, column)
        for record in records.get("school_totals", []):
            counted = sums.get(_key(record, "school_id", "school_year", "stage"))
            if counted is not None:
                _compare(record, column, "school_totals", counted, 1, "grades_differ", found)


def place_totals(records: Records, found: Findings, area_code: str) -> None:
    """Hold totals by place to the schools of that place."""
    towns = {r.values["school_id"]: r.values["town_id"] for r in records.get("schools", [])}
    for column in ("pupils", "classes"):
        sums: dict[tuple[object, ...], float] = defaultdict(float)
        number: dict[tuple[object, ...], int] = defaultdict(int)
        for (school, year, stage), value in _by_stage(records, column).items():
            for place in (towns.get(school), area_code):
                sums[place, year, stage] += value
                number[place, year, stage] += 1
        for record in records.get("totals", []):
            key = _key(record, "town_id", "school_year", "stage")
            if number.get(key):
                _compare(record, column, "totals", sums[key], number[key], "schools_differ", found)


def towns_and_county(records: Records, found: Findings, area_code: str) -> None:
    """Hold the county's own row to the sum of its towns, where every town has one."""
    towns = {r.values["town_id"] for r in records.get("towns", [])}
    if len(towns) < 2:
        return
    for table, column in (
        ("population", "persons"),
        ("births", "births"),
        ("under_six", "children"),
        ("totals", "pupils"),
        ("totals", "classes"),
    ):
        keys = [k for k in contract(table).keys if k != "town_id"]
        county: dict[tuple[object, ...], Record] = {}
        parts: dict[tuple[object, ...], dict[object, float]] = defaultdict(dict)
        for record in records.get(table, []):
            number, key = record.number(column), _key(record, *keys)
            town = record.values["town_id"]
            if town in towns and number is not None:
                parts[key][town] = number
            elif town not in towns and town == (area_code or town):
                county[key] = record
        for key, record in county.items():
            if set(parts[key]) == towns:
                said = record.number(column) or 0
                _compare(
                    record,
                    column,
                    table,
                    sum(parts[key].values()),
                    len(towns),
                    "towns_differ",
                    found,
                    _rounding(said),
                )


def _rounding(value: float) -> float:
    """Return what a published, rounded number may differ by: half its last non-zero digit."""
    unit = 1.0
    while value and value % (unit * 10) == 0 and unit < 10_000:
        unit *= 10
    return unit / 2 if unit >= 100 else TOLERANCE


def months_and_year(records: Records, found: Findings) -> None:
    """Hold the births of a year to its twelve months."""
    months: dict[tuple[object, ...], dict[int, float]] = defaultdict(dict)
    for record in records.get("births", []):
        month, number = int(str(record.values["month"])), record.number("births")
        if month and number is not None:
            months[_key(record, "town_id", "year", "basis")][month] = number
    for record in records.get("births", []):
        own = months.get(_key(record, "town_id", "year", "basis"), {})
        if record.values["month"] == 0 and len(own) == 12:
            _compare(record, "births", "births", sum(own.values()), 12, "months_differ", found)
