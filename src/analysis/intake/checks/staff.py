"""Rules about teachers beside pupils, and years that have not come yet."""

from __future__ import annotations

from collections import defaultdict

from analysis.intake.found import Findings, Place
from analysis.intake.grid import cell_name
from analysis.intake.record import Record
from analysis.intake.resolve import Records
from analysis.terms import STAGE_GRADES

#: Pupils a teacher outside these bounds are more likely a slip than true (tool defaults); a school
#: of a few teachers is left alone, for one person there may teach three children.
FEWEST_PER_TEACHER, MOST_PER_TEACHER, FEWEST_TEACHERS = 3.0, 60.0, 8.0
#: Teachers that change by this factor from one year to the next (tool default).
YEARLY_FACTOR = 3.0
_STAGE_OF = {grade: stage for stage, grades in STAGE_GRADES.items() for grade in grades}
_YEARS = ("school_year", "year")
_PRESENT = ("enrolment", "school_totals", "teachers", "facilities", "class_sizes", "totals")
_COUNTED = ("population", "births", "under_six")


def pupils_per_teacher(records: Records, found: Findings) -> None:
    """Report a number of teachers that fits neither the pupils nor the year before."""
    pupils = _pupils_by_stage(records)
    rows = {_key(record): record for record in records.get("teachers", [])}
    for (school, year, stage), record in rows.items():
        number = record.number("full_time")
        if not number:
            continue
        taught = pupils.get((school, year, stage))
        before = rows.get((school, year - 1, stage))
        then = before.number("full_time") if before else None
        few = number > FEWEST_TEACHERS and taught and taught / number < FEWEST_PER_TEACHER
        many = taught and taught / number > MOST_PER_TEACHER
        jump = then and max(number / then, then / number) >= YEARLY_FACTOR
        if not (few or many or (jump and max(number, then or 0) > FEWEST_TEACHERS)):
            continue
        found.doubt(
            record,
            "full_time",
            "teachers_unlikely",
            table="teachers",
            set_aside=False,
            affects=True,
            pupils="—" if taught is None else f"{taught:.12g}",
            before="—" if then is None else f"{then:.12g}",
            least=f"{FEWEST_PER_TEACHER:.12g}",
            most=f"{MOST_PER_TEACHER:.12g}",
        )


def _key(record: Record) -> tuple[str, int, str]:
    values = record.values
    return str(values["school_id"]), int(str(values["school_year"])), str(values["stage"])


def _pupils_by_stage(records: Records) -> dict[tuple[str, int, str], float]:
    sums: dict[tuple[str, int, str], float] = defaultdict(float)
    for record in records.get("enrolment", []):
        stage = _STAGE_OF.get(int(str(record.values["grade"])))
        if stage:
            key = (str(record.values["school_id"]), int(str(record.values["school_year"])), stage)
            sums[key] += record.number("pupils") or 0
    for record in records.get("school_totals", []):
        number = record.number("pupils")
        if number is not None:
            sums[_key(record)] = number
    return {key: total for key, total in sums.items() if total}


def years_to_come(records: Records, found: Findings) -> None:
    """Report a year built, and a year of counts, later than the newest school year there is."""
    newest = max(
        (int(str(r.values["school_year"])) for t in _PRESENT for r in records.get(t, [])),
        default=0,
    )
    if not newest:
        return
    for record in records.get("schools", []):
        built = record.number("built_year")
        if built is not None and built > newest + 1:
            found.doubt(
                record,
                "built_year",
                "year_to_come",
                table="schools",
                set_aside=True,
                newest=newest,
            )
    for table in _COUNTED:
        for record in list(records.get(table, [])):
            year = int(str(record.values["year"]))
            if year > newest + 1:
                _leave_out(record, table, year, newest, records, found)


def _leave_out(
    record: Record, table: str, year: int, newest: int, records: Records, found: Findings
) -> None:
    """Leave a row out; the year may stand in the row or in the header over its value."""
    place = record.place("year")
    if "year" not in record.columns and record.head_row >= 0 and record.own:
        index = record.columns.get(record.own[0], 0)
        place = Place(record.file, record.sheet, cell_name(record.head_row, index))
    stands = found.add(
        place,
        "year_to_come",
        "blocks",
        found=str(year),
        table=table,
        entity=record.entity(),
        column="year",
        treatment="left_out",
        newest=newest,
    )
    if stands:
        records[table].remove(record)
