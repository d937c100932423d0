"""Music and art rooms counted by area band (≥96, 73-96, 61-73 m²) as rooms with a least area.

Source: headers of the county reporting tables (音乐、美术教室总间数 and counts by band). A room of
a band is at least as large as the band's lower bound, and the rule only asks for least areas at
just these bounds; so the bound is kept as the room's area. It is no estimate of the true area, and
each use is listed. Rooms that the total counts and no band holds have no area.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.intake.cells import parse
from analysis.intake.found import Findings, Place
from analysis.intake.grid import cell_name
from analysis.intake.headers import squeeze
from analysis.intake.record import Record
from analysis.intake.regions import Region
from analysis.tables import Column

_KINDS = {"音乐": "music", "美术": "art"}
_ROOM = re.compile(r"^(?P<kind>音乐|美术)(?:专用)?教室(?P<rest>.*)$")
_END = re.compile(r"(?:间数|间|数|总间数|总数|\(间\))$")
_FROM = re.compile(
    r"^(?:≥|>=|不低于|不小于|大于等于)(\d{2,3})(?:m2|平方米)?$"
    r"|^(\d{2,3})(?:m2|平方米)?(?:及)?以上$"
)
_BETWEEN = re.compile(r"^(\d{2,3})(?:m2|平方米)?[-~—至](\d{2,3})(?:m2|平方米)?(?:以下)?$")
_COUNT = Column("rooms", "count", "教室间数", "Rooms", unit="间", high=200)
_ABOUT = frozenset({"school_id", "school_name", "town_id", "town_name", "school_year", "stage"})


@dataclass(frozen=True)
class RoomBand:
    """What a header counts: rooms of a kind, of at least ``low`` m² (None: of any area)."""

    kind: str
    low: float | None


def room_band(title: object) -> RoomBand | None:
    """Return what a header such as 音乐教室73-96㎡间数 counts, None if it is no such header.

    >>> room_band("音乐教室（≥96㎡）间数"), room_band("美术教室总间数").low
    (RoomBand(kind='music', low=96.0), None)
    """
    said = _ROOM.match(squeeze(title).replace("|", ""))
    if not said:
        return None
    rest = _END.sub("", said["rest"].removesuffix("(间)"))
    rest = rest.removeprefix("总").removeprefix("面积").strip("()[]")
    kind = _KINDS[said["kind"]]
    if rest in ("", "总"):
        return RoomBand(kind, None)
    least, between = _FROM.match(rest), _BETWEEN.match(rest)
    if least:
        return RoomBand(kind, float(least[1] or least[2]))
    return RoomBand(kind, float(between[1])) if between else None


def read(region: Region, found: Findings) -> list[Record]:
    """Return rooms of a table with a row a school; the columns used are no longer unknown."""
    bands = {i: b for i, title in region.unknown.items() if (b := room_band(title))}
    if not region.names_schools() or not any(b.low is not None for b in bands.values()):
        return []
    region.unknown = {i: t for i, t in region.unknown.items() if i not in bands}
    made: list[Record] = []
    for row in region.data_rows:
        for kind in sorted({b.kind for b in bands.values()}):
            made += _rooms(region, row, kind, bands, found)
    return made


def only_rooms(region: Region) -> bool:
    """Tell whether the other columns of a table only say which school a row is about."""
    return all(head.column in _ABOUT for part in region.parts for head in part.heads.values())


def _rooms(
    region: Region, row: int, kind: str, bands: dict[int, RoomBand], found: Findings
) -> list[Record]:
    heads = {h.column: i for i, h in region.parts[0].heads.items() if not h.keys}
    keys = {c: i for c, i in heads.items() if c in ("school_id", "school_name")}
    about = {c: region.grid.text(row, i) or None for c, i in keys.items()}
    made: list[Record] = []
    total: tuple[int, int] | None = None
    for index, band in bands.items():
        number = _count(region, row, index, found) if band.kind == kind else None
        if number is None:
            continue
        if band.low is None:
            total = (index, number)
            continue
        for place in range(number):
            values: dict[str, object] = {**about, "kind": kind, "area_m2": band.low}
            values["room_no"] = f"{band.low:g}-{place + 1}"
            columns = {**keys, "area_m2": index}
            made.append(_record(region, row, values, columns))
        if number:
            where = Place(region.grid.file, region.grid.sheet, cell_name(row, index))
            before = f"{region.unknown.get(index, '')}{number}".strip()
            found.change(where, "special_rooms", "area_m2", before, band.low, "band_bound")
    return made + _others(region, row, kind, total, len(made), {**about}, keys, found)


def _others(
    region: Region,
    row: int,
    kind: str,
    total: tuple[int, int] | None,
    counted: int,
    about: dict[str, str | None],
    keys: dict[str, int],
    found: Findings,
) -> list[Record]:
    """Return the rooms that no band holds; report a total below its bands."""
    if total is None:
        return []
    index, number = total
    if number < counted:
        found.add(
            Place(region.grid.file, region.grid.sheet, cell_name(row, index)),
            "room_bands_exceed",
            "affects",
            table="special_rooms",
            entity=str(about.get("school_name") or about.get("school_id") or ""),
            column="area_m2",
            counted=counted,
        )
    return [
        _record(
            region,
            row,
            {**about, "kind": kind, "room_no": f"x-{place + 1}", "area_m2": None},
            {**keys, "area_m2": index},
        )
        for place in range(number - counted)
    ]


def _record(region: Region, row: int, values: dict[str, object], columns: dict[str, int]) -> Record:
    grid = region.grid
    record = Record("special_rooms", values, grid.file, grid.sheet, row, columns, ("area_m2",))
    record.head_row = region.header_row
    return record


def _count(region: Region, row: int, index: int, found: Findings) -> int | None:
    cells = region.grid.rows[row]
    parsed = parse(_COUNT, cells[index] if index < len(cells) else None)
    if parsed.problem:
        found.add(
            Place(region.grid.file, region.grid.sheet, cell_name(row, index)),
            parsed.problem,
            "affects",
            table="special_rooms",
            column="area_m2",
            treatment="set_aside",
            title=_COUNT.zh,
            title_en=_COUNT.en,
            allowed="—",
            allowed_en="—",
        )
    return int(parsed.value) if isinstance(parsed.value, (int, float)) else None
