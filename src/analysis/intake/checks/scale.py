"""Slips of scale: a value ten thousand times too large or too small, and sudden yearly changes."""

from __future__ import annotations

import statistics
from collections import defaultdict

from analysis.intake.found import Findings, Place
from analysis.intake.grid import cell_name
from analysis.intake.record import Record
from analysis.intake.resolve import Records
from analysis.tables import contract

#: A value this many times its like is a slip of units, not a difference (tool default): half an
#: order below 10 000, the factor between 元 and 万元, and far above real differences a pupil.
SLIP = 1000.0
#: Without pupils to divide by, schools differ more (tool default).
SLIP_UNSCALED = 3000.0
FEWEST_PEERS = 5
#: (table, column, least a pupil): below it the whole column is in 万 (tool default). The national
#: floor for equipment is 1 700 yuan a pupil, so 5 yuan a pupil is no low value but another unit.
_PER_PUPIL_LEAST = (
    ("equipment_cny", 5.0),
    ("teaching_area_m2", 0.01),
    ("sports_ground_m2", 0.01),
    ("site_area_m2", 0.01),
    ("floor_area_m2", 0.01),
)
#: Most a pupil (tool defaults): above it the whole column is in a smaller unit than its header
#: says. Fifty times the national norm for equipment, some hundred times those for areas.
_PER_PUPIL_MOST = {
    "equipment_cny": 100_000.0,
    "teaching_area_m2": 500.0,
    "sports_ground_m2": 1_000.0,
    "site_area_m2": 5_000.0,
    "floor_area_m2": 1_000.0,
}
#: Areas are also given in 亩 (667 m²): a slip between the two is smaller (tool default).
SLIP_AREA = 300.0
_SCALED = (
    *("teaching_area_m2", "indoor_sports_m2", "sports_ground_m2", "equipment_cny", "books"),
    *("floor_area_m2", "site_area_m2", "computers", "public_funds_cny", "training_funds_cny"),
)
_PLACES = (("population", "persons"), ("births", "births"), ("under_six", "children"))
#: Yearly changes of a place that should be explained (tool defaults).
JUMPS = (("population", "persons", 0.25, 1000.0), ("births", "births", 0.5, 50.0))


def _pupils(records: Records) -> dict[tuple[str, int], float]:
    found: dict[tuple[str, int], float] = defaultdict(float)
    for table in ("school_totals", "enrolment"):
        seen: dict[tuple[str, int], float] = defaultdict(float)
        for record in records.get(table, []):
            number = record.number("pupils")
            if number is not None:
                key = (str(record.values["school_id"]), int(str(record.values["school_year"])))
                seen[key] += number
        found.update(seen)
    return found


def columns_in_wan(records: Records, found: Findings) -> None:
    """Report a column so small or so large for every school that its unit must be another one.

    Each year of a sheet is judged by itself: the yardstick is what a pupil can have, never
    another year, so that the right year is not taken for the wrong one.
    """
    pupils = _pupils(records)
    rows = records.get("facilities", [])
    for column, least in _PER_PUPIL_LEAST:
        years: dict[tuple[str, str], dict[int, list[Record]]] = defaultdict(dict)
        a_pupil: dict[int, float] = {}
        for record in rows:
            number, year = record.number(column), int(str(record.values["school_year"]))
            own = pupils.get((str(record.values["school_id"]), year))
            if number and own:
                holder = record.others.get(column, record)
                years[holder.file, holder.sheet].setdefault(year, []).append(record)
                a_pupil[id(record)] = number / own
        for of_sheet in years.values():
            middles = {
                year: statistics.median(a_pupil[id(r)] for r in group)
                for year, group in of_sheet.items()
            }
            wrong = {
                year: "column_in_wan" if middle < least else "column_too_large"
                for year, middle in middles.items()
                if not least <= middle <= _PER_PUPIL_MOST[column]
            }
            whole = len(wrong) == len(of_sheet) and len(set(wrong.values())) == 1
            for year, rule in wrong.items():
                _say_column(
                    of_sheet[year][0], column, rule, middles[year], whole, year, rows, found
                )


def _say_column(
    first: Record,
    column: str,
    rule: str,
    ratio: float,
    whole: bool,
    year: int,
    rows: list[Record],
    found: Findings,
) -> None:
    """Report one year of a column, at its header if every year of the sheet is wrong alike."""
    item = contract("facilities")[column]
    holder = first.others.get(column, first)
    row = holder.head_row if whole and holder.head_row >= 0 else holder.row
    stands = found.add(
        Place(holder.file, holder.sheet, cell_name(row, holder.columns.get(column, 0))),
        rule,
        "affects",
        table="facilities",
        column=column,
        treatment="set_aside",
        title=item.zh,
        title_en=item.en,
        ratio=f"{ratio:g}",
        unit=item.unit,
        unit_en=item.unit.replace("元", "yuan"),
    )
    for record in rows if stands else ():
        own = record.others.get(column, record)
        here = (own.file, own.sheet) == (holder.file, holder.sheet)
        if here and record.values["school_year"] == year:
            record.values[column] = None


def unit_slips(records: Records, found: Findings) -> None:
    """Report a value about ten thousand times what the same place, or places like it, have."""
    pupils = _pupils(records)
    for column in _SCALED:
        rows = [r for r in records.get("facilities", []) if r.number(column)]
        scaled: list[tuple[Record, float]] = []
        for record in rows:
            year = int(str(record.values["school_year"]))
            own = pupils.get((str(record.values["school_id"]), year))
            scaled.append((record, (record.number(column) or 0) / own if own else 0.0))
        _slips("facilities", column, "school_id", rows, found, scaled)
    for table, column in _PLACES:
        rows = [r for r in records.get(table, []) if r.number(column)]
        _slips(table, column, "town_id", rows, found, [])


def _slips(
    table: str,
    column: str,
    place: str,
    rows: list[Record],
    found: Findings,
    scaled: list[tuple[Record, float]],
) -> None:
    history: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for record in rows:
        history[_same(record, place)].append(record.number(column) or 0)
    known = [ratio for _, ratio in scaled if ratio]
    middle = statistics.median(known) if len(known) >= FEWEST_PEERS else 0.0
    plain = [r.number(column) or 0 for r in rows]
    usual = statistics.median(plain) if len(plain) >= FEWEST_PEERS else 0.0
    ratios = {id(record): ratio for record, ratio in scaled}
    slip = SLIP_AREA if contract(table)[column].unit == "m²" else SLIP
    for record in rows:
        value = record.number(column) or 0
        own = history[_same(record, place)]
        like = statistics.median(own) if len(own) >= 3 else 0.0
        ratio = ratios.get(id(record), 0.0)
        wrong = (
            _far(value, like, slip)
            or (like == 0 and ratio > 0 and _far(ratio, middle, slip))
            or (
                like == 0
                and ratio == 0
                and place == "school_id"
                and _far(value, usual, SLIP_UNSCALED)
            )
            or (
                like == 0
                and place == "town_id"
                and len(own) == 1
                and _far(value, usual, SLIP_UNSCALED)
            )
        )
        if wrong:
            expected = like or (value / ratio * middle if ratio else usual)
            found.doubt(
                record, column, "unit_slip", table=table, set_aside=True, about=f"{expected:,.0f}"
            )


def _same(record: Record, place: str) -> tuple[object, ...]:
    others = [
        k for k in contract(record.table).keys if k not in ("year", "school_year", "month", place)
    ]
    return (record.values.get(place), *(record.values.get(k) for k in others))


def _far(value: float, like: float, limit: float) -> bool:
    return like > 0 and (value / like >= limit or value / like <= 1 / limit)


def yearly_jumps(records: Records, found: Findings) -> None:
    """Report a change of a town's people or births from one year to the next that is very large."""
    for table, column, share, least in JUMPS:
        values: dict[tuple[object, ...], Record] = {}
        for record in records.get(table, []):
            if record.number(column) is not None and not record.values.get("month"):
                values[_same(record, "town_id"), record.values.get("year")] = record
        for (same, year), record in values.items():
            before = values.get((same, int(str(year)) - 1))
            now = record.number(column) or 0
            then = before.number(column) if before else None
            if then is None or abs(now - then) < max(least, share * then):
                continue
            found.doubt(
                record,
                column,
                "yearly_jump",
                table=table,
                set_aside=False,
                before=f"{then:.12g}",
                year=year,
            )
