"""Areas of buildings: parts given by use or construction against their wholes."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.intake.found import Findings
from analysis.intake.record import Record
from analysis.intake.resolve import Records
from analysis.tables import contract

#: Published areas are rounded; a sum may be off by this share, and by a square metre a part.
ROUNDING_SHARE = 0.005


@dataclass(frozen=True)
class Division:
    """Parts of one area: ``parts`` in building_areas, ``beside`` in facilities itself.

    ``whole`` is a column of facilities, or of building_areas where ``inner``. ``complete`` parts
    are all there are, so that together they must give the whole and not only stay below it.
    """

    whole: str
    parts: tuple[str, ...]
    beside: tuple[str, ...] = ()
    complete: bool = False
    inner: bool = False

    def size(self) -> int:
        """Return how many parts there are."""
        return len(self.parts) + len(self.beside)


#: From the forms (教基5170, 基础基512): new and old ways of dividing the teaching rooms.
DIVISIONS = (
    Division(
        "teaching_area_m2",
        ("classroom_area_m2", "special_room_area_m2", "public_room_area_m2"),
        complete=True,
    ),
    Division(
        "teaching_area_m2",
        (
            *("classroom_area_m2", "laboratory_area_m2", "library_area_m2"),
            *("computer_room_area_m2", "language_room_area_m2"),
        ),
        beside=("indoor_sports_m2",),
    ),
    Division(
        "floor_area_m2",
        ("office_area_m2", "living_area_m2", "other_area_m2"),
        beside=("teaching_area_m2",),
        complete=True,
    ),
    Division("floor_area_m2", ("frame_area_m2", "brick_concrete_area_m2", "brick_wood_area_m2")),
    Division("floor_area_m2", ("added_area_m2",)),
    Division("special_room_area_m2", ("laboratory_area_m2", "other_special_area_m2"), inner=True),
    Division(
        "public_room_area_m2",
        ("library_area_m2", "counselling_area_m2", "other_public_area_m2"),
        beside=("indoor_sports_m2",),
        inner=True,
    ),
)


def divisions(records: Records, found: Findings) -> None:
    """Report a part larger than its whole, and parts that do not add up to it.

    A whole below the sum of its parts is set aside. One part alone above its whole is pointed out
    at the part, and so are parts that give less than their whole: the whole stays, under caution.
    """
    facilities = {_key(record): record for record in records.get("facilities", [])}
    for record in records.get("building_areas", []):
        beside = facilities.get(_key(record))
        for division in DIVISIONS:
            _one(record, beside, division, found)


def _key(record: Record) -> tuple[object, ...]:
    return tuple(record.values.get(c) for c in ("school_id", "school_year", "scope"))


def _one(record: Record, beside: Record | None, division: Division, found: Findings) -> None:
    holder = record if division.inner else beside
    whole = None if holder is None else holder.number(division.whole)
    if holder is None or whole is None:
        return
    parts = [(record, name) for name in division.parts]
    parts += [(beside, name) for name in division.beside if beside is not None]
    known = [(r, name, n) for r, name in parts if (n := r.number(name)) is not None]
    if not any(r is record for r, _, _ in known):
        return
    total = sum(number for _, _, number in known)
    slack = len(known) + ROUNDING_SHARE * whole
    table = "building_areas" if division.inner else "facilities"
    larger = [(r, name, n) for r, name, n in known if r is record and n > whole + slack]
    if len(larger) == 1:
        part, name, number = larger[0]
        _say(part, name, "building_areas", "area_exceeds_whole", (number, whole), name, division,
             found)  # fmt: skip
    elif total > whole + slack:
        _say(holder, division.whole, table, "whole_below_part", (total, whole), known, division,
             found)  # fmt: skip
    elif total < whole - slack and division.complete and len(known) == division.size():
        _say(holder, division.whole, table, "areas_do_not_add", (total, whole), known, division,
             found)  # fmt: skip


def _say(
    record: Record,
    column: str,
    table: str,
    rule: str,
    numbers: tuple[float, float],
    parts: str | list[tuple[Record, str, float]],
    division: Division,
    found: Findings,
) -> None:
    names = [parts] if isinstance(parts, str) else [name for _, name, _ in parts]
    titles = [_title(name) for name in names]
    whole_zh, whole_en = _title(division.whole)
    found.doubt(
        record,
        column,
        rule,
        table=table,
        set_aside=rule == "whole_below_part",
        affects=True,
        part=f"{numbers[0]:.12g}",
        whole=f"{numbers[1]:.12g}",
        part_name=" + ".join(zh for zh, _ in titles),
        part_name_en=" + ".join(en for _, en in titles),
        whole_name=whole_zh,
        whole_name_en=whole_en,
    )


def _title(column: str) -> tuple[str, str]:
    for table in ("building_areas", "facilities"):
        item = contract(table)
        if column in item.names:
            return item[column].zh, item[column].en
    return column, column
