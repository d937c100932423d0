"""Rules about schools as such: listed twice, on one spot, all zeros."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict

from analysis.intake.found import Findings
from analysis.intake.record import Record
from analysis.intake.resolve import Records

#: Coordinates are compared to this many decimals, about a metre.
_DECIMALS = 5
#: The country's own box, and how far a school lies from the middle of its county (tool default).
LONGITUDES, LATITUDES = (73.0, 136.0), (3.0, 54.0)
FAR_DEGREES = 2.0
_MARKS = re.compile(r"[\s()（）·.,，。\-]")


def same_name(records: Records, found: Findings) -> None:
    """Report a school that is listed twice: the same name in the same town under two codes."""
    seen: dict[tuple[str, object], Record] = {}
    for record in records.get("schools", []):
        name = _MARKS.sub("", str(record.values.get("school_name") or ""))
        key = (name, record.values.get("town_id"))
        first = seen.setdefault(key, record)
        if first is record or not name:
            continue
        if record.values.get("main_school_id") or first.values.get("main_school_id"):
            continue
        found.doubt(
            record,
            "school_name",
            "school_twice",
            table="schools",
            set_aside=False,
            affects=True,
            first=str(first.values.get("school_id")),
            code=str(record.values.get("school_id")),
        )


def coordinates(records: Records, found: Findings) -> None:
    """Report two schools on one spot, and schools outside the country or far from the others."""
    seen: dict[tuple[float, float], Record] = {}
    placed = []
    for record in records.get("schools", []):
        lon, lat = record.number("lon"), record.number("lat")
        if lon is None or lat is None:
            continue
        placed.append((lon, lat, record))
        key = (round(lon, _DECIMALS), round(lat, _DECIMALS))
        first = seen.setdefault(key, record)
        campus = record.values.get("main_school_id") or first.values.get("main_school_id")
        if first is not record and not campus:
            found.doubt(
                record,
                "lon",
                "coordinates_twice",
                table="schools",
                set_aside=False,
                affects=True,
                other=first.entity(),
            )
    if not placed:
        return
    middle = (statistics.median(p[0] for p in placed), statistics.median(p[1] for p in placed))
    for lon, lat, record in placed:
        inside = LONGITUDES[0] <= lon <= LONGITUDES[1] and LATITUDES[0] <= lat <= LATITUDES[1]
        far = max(abs(lon - middle[0]), abs(lat - middle[1])) > FAR_DEGREES
        if inside and not (far and len(placed) >= 5):
            continue
        wrong_lat = not LATITUDES[0] <= lat <= LATITUDES[1] or abs(lat - middle[1]) > FAR_DEGREES
        column = "lat" if wrong_lat and LONGITUDES[0] <= lon <= LONGITUDES[1] else "lon"
        if abs(lon - middle[0]) > FAR_DEGREES:
            column = "lon"
        found.doubt(
            record,
            column,
            "coordinates_far",
            table="schools",
            set_aside=False,
            affects=True,
            middle=f"{middle[0]:.3f}, {middle[1]:.3f}",
        )


def all_zero(records: Records, found: Findings) -> None:
    """Report a school whose numbers of a year are all zero: not filled in, rather than empty."""
    for table, columns in (
        ("enrolment", ("pupils", "classes")),
        ("school_totals", ("pupils", "classes")),
        ("teachers", ()),
        ("facilities", ()),
    ):
        groups: dict[tuple[object, ...], list[Record]] = defaultdict(list)
        for record in records.get(table, []):
            stage = record.values.get("stage") if table != "enrolment" else None
            key = (record.values["school_id"], record.values["school_year"], stage)
            groups[key].append(record)
        for rows in groups.values():
            _one_zero(table, columns, rows, found)


def _one_zero(table: str, columns: tuple[str, ...], rows: list[Record], found: Findings) -> None:
    numbers: list[float] = []
    measured: list[str] = []
    for record in rows:
        for column, value in record.values.items():
            wanted = column in columns if columns else column not in ("school_year", "grade")
            if wanted and isinstance(value, (int, float)) and not isinstance(value, bool):
                numbers.append(float(value))
                measured.append(column)
    if len(numbers) < 2 or any(numbers):
        return
    stands = found.add(
        rows[0].place(measured[0]),
        "all_zero",
        "affects",
        table=table,
        entity=rows[0].entity(),
        column=measured[0],
        treatment="set_aside",
        year=rows[0].values["school_year"],
    )
    if stands:
        for record in rows:
            for column in measured:
                if column in record.values:
                    record.values[column] = None


def no_equipment(records: Records, found: Findings) -> None:
    """Report equipment of zero beside buildings: the checking notes ask for a value above zero."""
    for record in records.get("facilities", []):
        if record.number("equipment_cny") == 0 and (record.number("teaching_area_m2") or 0) > 0:
            found.doubt(
                record, "equipment_cny", "zero_equipment", table="facilities", set_aside=False
            )
