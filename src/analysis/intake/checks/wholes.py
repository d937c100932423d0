"""Parts and wholes within one row; shares; years that stand alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from analysis.intake.found import Findings
from analysis.intake.record import Record
from analysis.intake.resolve import Records
from analysis.tables import contract

#: (table, part, whole): a part may not exceed its whole. Backbone within full-time teachers is in
#: the county checking notes; the others follow from the definitions of the columns.
PARTS = (
    ("teachers", "above_required_qualification", "full_time"),
    ("teachers", "backbone", "full_time"),
    ("teachers", "pe_and_arts", "full_time"),
    ("teachers", "certified", "full_time"),
    ("teachers", "trained", "full_time"),
    ("teachers", "senior_title", "full_time"),
    ("enrolment", "boarders", "pupils"),
    ("enrolment", "migrant_children", "pupils"),
    ("enrolment", "repeaters", "pupils"),
    ("school_totals", "preschool_entrants", "entrants"),
    ("school_totals", "entrants", "pupils"),
    ("school_totals", "inside_zone", "pupils"),
    ("facilities", "indoor_sports_m2", "teaching_area_m2"),
    ("facilities", "teaching_area_m2", "floor_area_m2"),
    ("facilities", "unsafe_classrooms", "classrooms"),
    ("facilities", "temporary_classrooms", "classrooms"),
    ("facilities", "unsafe_area_m2", "floor_area_m2"),
    ("facilities", "sports_ground_m2", "site_area_m2"),
    ("facilities", "training_funds_cny", "public_funds_cny"),
    ("totals", "qualified_teachers", "teachers"),
    ("totals", "teachers", "staff"),
    ("totals", "entrants", "pupils"),
    ("survey", "satisfied", "respondents"),
    ("gap_items", "done_quantity", "quantity"),
)
#: Parts that do not overlap: together they may not exceed the whole.
TOGETHER = (("facilities", ("unsafe_classrooms", "temporary_classrooms"), "classrooms"),)
#: A share of a county fact above this is not believed, even for a gross rate (tool default).
MOST_RATE = 2.0
#: A year this far from every other year of its table, with few rows, is a slip (tool default).
LONELY_YEARS, LONELY_SHARE = 5, 0.2
_YEARLY = ("enrolment", "school_totals", "class_sizes", "class_bands", "teachers", "facilities")
#: Rates whose definition lets them pass one: pupils from elsewhere or of another age count.
_MAY_EXCEED = (
    "gross",
    "progression",
    "utilisation",
    "retention",
    "毛入学",
    "递进",
    "利用率",
    "巩固率",
)
_RATE_ENDS = ("_rate", "_share", "率", "比例", "占比")


def percent_units(records: Records, found: Findings) -> None:
    """Turn values whose unit column says % into fractions, and list each."""
    for table, columns in (("county_facts", ("value",)), ("targets", ("target", "actual"))):
        for record in records.get(table, []):
            if str(record.values.get("unit") or "").strip() not in ("%", "％"):
                continue
            for column in columns:
                number = record.number(column)
                if number is None or found.raw(record.place(column)).endswith("%"):
                    continue
                record.values[column] = round(number / 100, 12)
                found.change(
                    record.place(column), table, column, f"{number:.12g}%", number / 100, "percent"
                )
            record.values["unit"] = None


def rates(records: Records, found: Findings) -> None:
    """Report a rate that no rate can be, such as the corrupted 20230%."""
    for table, columns in (("county_facts", ("value",)), ("targets", ("target", "actual"))):
        for record in records.get(table, []):
            name = str(record.values.get("indicator") or "")
            for column in columns:
                number = record.number(column)
                most = MOST_RATE if any(word in name for word in _MAY_EXCEED) else 1.0
                if number is None or not name.endswith(_RATE_ENDS) or 0 <= number <= most:
                    continue
                item = contract(table)[column]
                found.doubt(
                    record,
                    column,
                    "absurd_share",
                    table=table,
                    set_aside=True,
                    title=item.zh,
                    title_en=item.en,
                )


def parts_of_wholes(records: Records, found: Findings) -> None:
    """Report a part that exceeds its whole; several parts of one whole point at the whole."""
    for table, rows in records.items():
        pairs = [(part, whole) for t, part, whole in PARTS if t == table]
        if not pairs:
            continue
        for record in rows:
            wrong = [(p, w) for p, w in pairs if _exceeds(record, p, w)]
            blamed = Counter(whole for _, whole in wrong)
            for part, whole in wrong:
                # a part added up from several columns has no one cell of its own
                at_whole = blamed[whole] > 1 or part in record.added
                _say_part(record, table, part, whole, at_whole, found)


def _exceeds(record: Record, part: str, whole: str) -> bool:
    small, large = record.number(part), record.number(whole)
    return small is not None and large is not None and small > large


def _say_part(
    record: Record, table: str, part: str, whole: str, at_whole: bool, found: Findings
) -> None:
    small, large = record.number(part), record.number(whole)
    if small is None or large is None or small <= large:
        return  # already set aside with an earlier part
    item = contract(table)
    found.doubt(
        record,
        whole if at_whole else part,
        "whole_below_part" if at_whole else "part_exceeds_whole",
        table=table,
        set_aside=True,
        part=f"{small:.12g}",
        whole=f"{large:.12g}",
        part_name=item[part].zh,
        part_name_en=item[part].en,
        whole_name=item[whole].zh,
        whole_name_en=item[whole].en,
    )


def parts_together(records: Records, found: Findings) -> None:
    """Report parts that exclude each other and together exceed the whole."""
    for table, parts, whole in TOGETHER:
        item = contract(table)
        for record in records.get(table, []):
            numbers = [record.number(p) for p in parts]
            large = record.number(whole)
            known = [n for n in numbers if n is not None]
            if large is None or len(known) < len(parts) or sum(known) <= large:
                continue
            found.doubt(
                record,
                whole,
                "whole_below_part",
                table=table,
                set_aside=True,
                part=f"{sum(known):.12g}",
                whole=f"{large:.12g}",
                part_name=" + ".join(item[p].zh for p in parts),
                part_name_en=" + ".join(item[p].en for p in parts),
                whole_name=item[whole].zh,
                whole_name_en=item[whole].en,
            )


def lonely_years(counts: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """Return the years far from all others that only few rows have, each with the others' span."""
    if len(counts) < 2:
        return {}
    usual = sorted(counts.values())[len(counts) // 2]
    lonely: dict[int, tuple[int, int]] = {}
    for year, count in counts.items():
        others = [other for other in counts if other != year]
        near = min(abs(year - other) for other in others) < LONELY_YEARS
        if not near and count <= max(1, LONELY_SHARE * usual):
            lonely[year] = (min(others), max(others))
    return lonely


def isolated_years(
    records: Records, found: Findings, counted: Mapping[str, Mapping[int, int]] | None = None
) -> None:
    """Report a year far from all others of its table that only few rows have; leave those out.

    ``counted`` gives the rows of each year where ``records`` holds only some of a table's rows.
    """
    for table in _YEARLY:
        rows = records.get(table, [])
        years = [int(str(r.values["school_year"])) for r in rows]
        counts = (counted or {}).get(table) or Counter(years)
        for year, (first, last) in lonely_years(counts).items():
            for record in [r for r in rows if r.values["school_year"] == year]:
                stands = found.add(
                    record.place("school_year"),
                    "year_alone",
                    "blocks",
                    table=table,
                    entity=record.entity(),
                    column="school_year",
                    treatment="left_out",
                    first=first,
                    last=last,
                )
                if stands:
                    rows.remove(record)
