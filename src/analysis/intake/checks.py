"""Rules over several cells: totals, joins, parts within wholes, sudden jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.intake.cells import parse
from analysis.intake.found import Findings, Place
from analysis.intake.grid import cell_name, clean_text
from analysis.tables import contract

if TYPE_CHECKING:
    from analysis.intake.reading import Record
    from analysis.intake.regions import Region

#: A published amount is rounded; a sum of such amounts may differ by half a unit a part.
AMOUNT_TOLERANCE_CNY = 0.5
#: Pupils of one grade and class beyond which a cell is more likely wrong than true.
CLASS_SIZE_BELIEVABLE = 120.0
#: A change of a school's pupils from one year to the next that should be explained.
JUMP_SHARE, JUMP_PUPILS = 0.5, 100.0
_PARTS = (
    ("teachers", "above_required_qualification", "full_time"),
    ("teachers", "backbone", "full_time"),
    ("teachers", "pe_and_arts", "full_time"),
    ("teachers", "certified", "full_time"),
    ("enrolment", "boarders", "pupils"),
    ("enrolment", "migrant_children", "pupils"),
    ("facilities", "indoor_sports_m2", "teaching_area_m2"),
    ("facilities", "unsafe_classrooms", "classrooms"),
    ("facilities", "unsafe_area_m2", "floor_area_m2"),
    ("totals", "qualified_teachers", "teachers"),
    ("survey", "satisfied", "respondents"),
)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def totals(region: Region, found: Findings) -> None:
    """Compare every 合计 and 小计 row of a table with the rows it adds up."""
    item = contract(region.table)
    for row, is_subtotal in region.totals:
        start = max((r for r, sub in region.totals if sub and r < row), default=-1)
        parts = [r for r in region.data_rows if r < row and (not is_subtotal or r > start)]
        for index, head in region.heads.items():
            column = item[head.column]
            additive = column.kind == "count" or column.unit in ("m²", "元")
            if not additive or head.unknown_unit or column.name.startswith("unit_price"):
                continue
            cells = region.grid.rows
            said = parse(column, cells[row][index], head.factor).value
            values = [parse(column, cells[r][index], head.factor).value for r in parts]
            known = [float(v) for v in values if isinstance(v, (int, float))]
            if not isinstance(said, (int, float)) or not known:
                continue
            if abs(float(said) - sum(known)) <= AMOUNT_TOLERANCE_CNY:
                continue
            found.add(
                Place(region.grid.file, region.grid.sheet, cell_name(row, index)),
                "total_differs",
                "affects",
                found=clean_text(cells[row][index]),
                table=region.table,
                column=head.column,
                total=f"{sum(known):g}",
                parts=len(known),
                empty=len(values) - len(known),
            )


def run(records: dict[str, list[Record]], found: Findings, area_code: str) -> None:
    """Apply the rules that look across rows and tables."""
    _joins(records, found, area_code)
    _parts(records, found)
    _class_sizes(records, found)
    _jumps(records, found)
    _gap_list(records, found)


def _joins(records: dict[str, list[Record]], found: Findings, area_code: str) -> None:
    """A code that no list knows would silently drop its row from every sum: say so."""
    known = {
        "town_id": {r.values["town_id"] for r in records.get("towns", [])},
        "school_id": {r.values["school_id"] for r in records.get("schools", [])},
    }
    moved = {r.values["old_school_id"] for r in records.get("school_changes", [])}
    moved |= {r.values["old_town_id"] for r in records.get("town_changes", [])}
    for table, rows in records.items():
        for column, codes in known.items():
            if not codes or table == {"town_id": "towns", "school_id": "schools"}[column]:
                continue
            said = set()
            for record in rows:
                code = record.values.get(column)
                if code is None or code in codes | moved | {area_code} or code in said:
                    continue
                said.add(code)
                rule = "town_unknown" if column == "town_id" else "school_unknown"
                found.add(
                    record.place(column),
                    rule,
                    "blocks",
                    found=code,
                    table=table,
                    entity=record.entity(),
                    column=column,
                )


def _parts(records: dict[str, list[Record]], found: Findings) -> None:
    for table, part, whole in _PARTS:
        for record in records.get(table, []):
            small, large = _number(record.values.get(part)), _number(record.values.get(whole))
            if small is None or large is None or small <= large:
                continue
            item = contract(table)
            found.add(
                record.place(part),
                "part_exceeds_whole",
                "affects",
                found=f"{small:g}",
                table=table,
                entity=record.entity(),
                column=part,
                whole=f"{large:g}",
                part_zh=item[part].zh,
                whole_zh=item[whole].zh,
                part_en=item[part].en,
                whole_en=item[whole].en,
            )


def _class_sizes(records: dict[str, list[Record]], found: Findings) -> None:
    for record in records.get("enrolment", []):
        pupils = _number(record.values.get("pupils"))
        classes = _number(record.values.get("classes"))
        if pupils is None or classes is None:
            continue
        absurd = pupils > classes * CLASS_SIZE_BELIEVABLE or (classes > 0 and pupils < classes)
        if absurd:
            found.add(
                record.place("classes"),
                "class_size_unlikely",
                "affects",
                found=f"{pupils:g} / {classes:g}",
                table="enrolment",
                entity=record.entity(),
                column="classes",
            )


def _jumps(records: dict[str, list[Record]], found: Findings) -> None:
    pupils: dict[tuple[str, int], float] = {}
    places: dict[tuple[str, int], Record] = {}
    for record in records.get("enrolment", []):
        number = _number(record.values.get("pupils"))
        if number is None:
            continue
        key = (str(record.values["school_id"]), int(str(record.values["school_year"])))
        pupils[key] = pupils.get(key, 0.0) + number
        places.setdefault(key, record)
    for (school, year), now in sorted(pupils.items()):
        before = pupils.get((school, year - 1))
        if before is None or abs(now - before) < max(JUMP_PUPILS, JUMP_SHARE * before):
            continue
        found.add(
            places[school, year].place("pupils"),
            "pupils_jump",
            "note",
            found=f"{now:g}",
            table="enrolment",
            entity=school,
            column="pupils",
            before=f"{before:g}",
            year=year,
        )


def _gap_list(records: dict[str, list[Record]], found: Findings) -> None:
    rows = records.get("gap_items", [])
    for record in rows:
        quantity, price, amount = (
            _number(record.values.get(c)) for c in ("quantity", "unit_price_cny", "amount_cny")
        )
        if quantity is None or price is None or amount is None:
            continue
        if abs(quantity * price - amount) > AMOUNT_TOLERANCE_CNY:
            found.add(
                record.place("amount_cny"),
                "product_differs",
                "affects",
                found=f"{amount:g}",
                table="gap_items",
                entity=record.entity(),
                column="amount_cny",
                product=f"{quantity * price:g}",
            )
    for parent in rows:
        children = [
            r for r in rows if r.values.get("parent_item_id") == parent.values.get("item_id")
        ]
        for column in ("quantity", "amount_cny"):
            whole = _number(parent.values.get(column))
            parts = [_number(r.values.get(column)) for r in children]
            known = [p for p in parts if p is not None]
            units = {r.values.get("quantity_unit") for r in [parent, *children]}
            if whole is None or not known or len(known) < len(parts):
                continue
            if column == "quantity" and len(units) > 1:
                continue
            if abs(sum(known) - whole) > AMOUNT_TOLERANCE_CNY:
                found.add(
                    parent.place(column),
                    "parts_differ",
                    "affects",
                    found=f"{whole:g}",
                    table="gap_items",
                    entity=parent.entity(),
                    column=column,
                    total=f"{sum(known):g}",
                    parts=" + ".join(f"{p:g}" for p in known),
                )
