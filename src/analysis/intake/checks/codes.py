"""School codes of an odd length, and what a school says of itself beside its numbers."""

from __future__ import annotations

from collections import Counter, defaultdict

from analysis.intake.found import Findings
from analysis.intake.record import Record
from analysis.intake.resolve import Records

#: Digits of a 学校标识码 (教育部学校代码管理办法): 2 category, 2 province, 6 serial.
CODE_DIGITS = 10
#: Of at least so many codes this share has one length: another is a slip (tool default).
FEWEST_CODES, USUAL_SHARE = 3, 0.75
#: Bounds of the small rural schools of the assessment's relief, and of their largest class.
SMALL_SCHOOL, SMALL_CLASS = (50.0, 99.0), 30.0


def lengths(records: Records, found: Findings) -> None:
    """Report a code of the list of schools that is longer or shorter than all the others.

    A county with codes of its own has one length too; only an exception is pointed out. Codes
    made from names are no numbers and are left alone.
    """
    rows = [r for r in records.get("schools", []) if str(r.values.get("school_id")).isdigit()]
    counts = Counter(len(str(r.values["school_id"])) for r in rows)
    if not counts:
        return
    usual, most = counts.most_common(1)[0]
    if len(rows) < FEWEST_CODES or most < USUAL_SHARE * len(rows):
        return
    for record in rows:
        code = str(record.values["school_id"])
        if len(code) != usual:
            found.doubt(
                record,
                "school_id",
                "code_length",
                table="schools",
                set_aside=False,
                affects=True,
                digits=len(code),
                usual=usual,
                most=most,
            )


def declared(records: Records, found: Findings) -> None:
    """Report what a school says of itself (是否…) where its own numbers say otherwise."""
    sizes, largest = _newest_sizes(records)
    for record in records.get("schools", []):
        code = str(record.values.get("school_id"))
        built = record.number("built_year")
        for column, year in (("built_by_2010", 2010), ("built_by_2016", 2016)):
            said = record.values.get(column)
            if said is not None and built is not None and (said == "yes") != (built <= year):
                _say(record, column, f"建校年份 {built:.0f}", f"built in {built:.0f}", found)
        if record.values.get("built_by_2010") == "yes" and (
            record.values.get("built_by_2016") == "no"
        ):
            _say(record, "built_by_2016", "2010年及之前已建成", "built by 2010", found)
        pupils = sizes.get(code)
        small = record.values.get("small_rural_50_99")
        if (
            small == "yes"
            and pupils is not None
            and not (SMALL_SCHOOL[0] <= pupils <= SMALL_SCHOOL[1])
        ):
            _say(record, "small_rural_50_99", f"在校生 {pupils:.0f} 人", f"{pupils:.0f} pupils",
                 found)  # fmt: skip
        for column in ("small_rural_50_99", "rural_classes_below_30"):
            place = record.values.get("urban_rural")
            if record.values.get(column) == "yes" and place in ("city", "town"):
                _say(record, column, "城乡类型不是乡村", "not in a village", found)
        full = largest.get(code)
        few = record.values.get("rural_classes_below_30") == "yes"
        if few and full is not None and full >= SMALL_CLASS:
            _say(record, "rural_classes_below_30", f"有一个班 {full:.0f} 人",
                     f"a class of {full:.0f}", found)  # fmt: skip


def _newest_sizes(records: Records) -> tuple[dict[str, float], dict[str, float]]:
    """Return pupils of each school in its newest year, and the least its largest class can be."""
    pupils: dict[tuple[str, int], list[float | None]] = defaultdict(list)
    classes: dict[tuple[str, int], list[float]] = defaultdict(list)
    for record in records.get("enrolment", []):
        key = str(record.values["school_id"]), int(str(record.values["school_year"]))
        number, rooms = record.number("pupils"), record.number("classes")
        pupils[key].append(number)
        if number is not None and rooms:
            # the mean of a grade's classes; its largest class is no smaller
            classes[key].append(-(-number // rooms))
    for record in records.get("class_sizes", []):
        key = str(record.values["school_id"]), int(str(record.values["school_year"]))
        if (number := record.number("pupils")) is not None:
            classes[key].append(number)
    newest: dict[str, int] = {}
    for school, year in (*pupils, *classes):
        newest[school] = max(year, newest.get(school, year))
    sizes, largest = {}, {}
    for school, year in newest.items():
        given = [n for n in pupils[school, year] if n is not None]
        if given and len(given) == len(pupils[school, year]):
            sizes[school] = sum(given)
        if classes[school, year]:
            largest[school] = max(classes[school, year])
    return sizes, largest


def _say(record: Record, column: str, zh: str, en: str, found: Findings) -> None:
    found.doubt(
        record,
        column,
        "declared_otherwise",
        table="schools",
        set_aside=False,
        affects=True,
        shown=zh,
        shown_en=en,
    )
