"""Rules about pupils and classes: class sizes, mixed stages, jumps from year to year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from analysis.intake.found import Findings
from analysis.intake.record import Record
from analysis.intake.resolve import Records
from analysis.terms import STAGE_GRADES

#: Pupils a class beyond which a number is more likely wrong than true (tool default; the largest
#: band of the statistical form begins at 66).
CLASS_SIZE_BELIEVABLE = 100.0
#: A grade or cohort that changes by more than this is looked at (the issue's rule) ...
JUMP_SHARE = 0.25
#: ... if it is also this many pupils, so that villages of twenty raise no alarm (tool defaults).
COHORT_PUPILS, GRADE_PUPILS, GRADE_DEVIATIONS = 8.0, 10.0, 3.0
#: Of several neighbours one has to be passed by the full share, the others by this (tool default).
SOFT_SHARE = 0.15
#: Graduates may differ from the last grade of the year before by this much (tool default).
LEAVING_SHARE = 0.15
#: Where at least this share of rows has classes, a row without them is a gap (tool default).
USUAL_SHARE = 0.9
KIND_GRADES: dict[str, frozenset[int]] = {
    "primary": frozenset(range(7)),
    "teaching_point": frozenset(range(7)),
    "junior": frozenset(range(7, 10)),
    "nine_year": frozenset(range(10)),
    "complete_secondary": frozenset(range(7, 13)),
    "senior": frozenset(range(10, 13)),
}
_KIND_STAGES = {
    "primary": "primary",
    "teaching_point": "primary",
    "junior": "junior",
    "complete_secondary": "junior",
}
_FIRST_GRADES = tuple(grades[0] for grades in STAGE_GRADES.values())
_LAST_GRADES = tuple(grades[-1] for grades in STAGE_GRADES.values())
Cell = tuple[str, int, int]


def without_classes(
    records: Records, found: Findings, shares: Mapping[str, float] | None = None
) -> None:
    """Report pupils that sit in no class, and classes that hold no pupil.

    ``shares`` says which share of a table's rows has classes, where ``records`` holds only some.
    """
    for table in ("enrolment", "school_totals"):
        rows = records.get(table, [])
        given = sum(1 for r in rows if r.number("classes") is not None)
        counted = sum(1 for r in rows if r.number("pupils") is not None)
        usual = shares is None and counted >= USUAL_SHARE * len(rows)
        share = (shares or {}).get(table, given / len(rows) if rows else 0.0)
        for record in rows:
            pupils, classes = record.number("pupils"), record.number("classes")
            if pupils and classes == 0:
                found.doubt(
                    record,
                    "classes",
                    "pupils_without_classes",
                    table=table,
                    set_aside=True,
                    pupils=f"{pupils:.12g}",
                )
            elif pupils and classes is None and "classes" in record.columns:
                if share >= USUAL_SHARE and not found.has(record.place("classes")):
                    found.doubt(
                        record,
                        "classes",
                        "pupils_without_classes",
                        table=table,
                        set_aside=True,
                        pupils=f"{pupils:.12g}",
                    )
            elif pupils is None and classes and (usual or "pupils" in record.columns):
                if not found.has(record.place("pupils")):
                    found.doubt(
                        record,
                        "pupils",
                        "classes_with_unknown_pupils",
                        table=table,
                        set_aside=False,
                        affects=True,
                        classes=f"{classes:.12g}",
                    )
            elif pupils == 0 and classes:
                found.doubt(
                    record,
                    "pupils",
                    "classes_without_pupils",
                    table=table,
                    set_aside=True,
                    classes=f"{classes:.12g}",
                )


def class_sizes(records: Records, found: Findings) -> None:
    """Report classes too full or too empty to believe, and single classes of that size."""
    for table in ("enrolment", "school_totals"):
        # a damaged file may have an odd class in every row: each looks at its own school only
        of_school: dict[object, list[Record]] = defaultdict(list)
        for record in records.get(table, []):
            of_school[record.values["school_id"]].append(record)
        for record in records.get(table, []):
            pupils, classes = record.number("pupils"), record.number("classes")
            if not pupils or not classes:
                continue
            if pupils > classes * CLASS_SIZE_BELIEVABLE or pupils < classes:
                column = _odd_one(record, of_school[record.values["school_id"]])
                found.doubt(
                    record,
                    column,
                    "class_size_unlikely",
                    table=table,
                    set_aside=True,
                    pupils=f"{pupils:.12g}",
                    classes=f"{classes:.12g}",
                    most=f"{CLASS_SIZE_BELIEVABLE:.12g}",
                )
    for record in records.get("class_sizes", []):
        pupils = record.number("pupils")
        if pupils is not None and (pupils > CLASS_SIZE_BELIEVABLE or pupils == 0):
            found.doubt(
                record,
                "pupils",
                "class_size_unlikely",
                table="class_sizes",
                set_aside=True,
                pupils=f"{pupils:.12g}",
                classes="1",
                most=f"{CLASS_SIZE_BELIEVABLE:.12g}",
            )


def _odd_one(record: Record, rows: list[Record]) -> str:
    """Return which of pupils and classes is further from what its school's ``rows`` have.

    A number that others of the school have too is not the odd one; what others leave unknown says
    nothing. Where neither stands out it is the pupils.
    """
    worst, column = 1.0, "pupils"
    for name in ("pupils", "classes"):
        own = record.number(name) or 0.0
        numbers = (r.number(name) for r in rows if r is not record)
        others = sorted(number for number in numbers if number is not None)
        if not others or not others[len(others) // 2] or not own:
            continue
        ratio = own / others[len(others) // 2]
        distance = max(ratio, 1 / ratio)
        if distance > worst:
            worst, column = distance, name
    return column


def mixed_stages(records: Records, found: Findings) -> None:
    """Report grades and stages that a school of its kind does not have."""
    kinds = {str(r.values["school_id"]): str(r.values["kind"]) for r in records.get("schools", [])}
    for record in records.get("enrolment", []):
        kind = kinds.get(str(record.values["school_id"]), "")
        grades = KIND_GRADES.get(kind)
        if grades is None or int(str(record.values["grade"])) in grades:
            continue
        if record.number("pupils"):
            _mixed(record, "pupils", "enrolment", kind, found)
    for table, column in (
        ("teachers", "full_time"),
        ("school_totals", "pupils"),
        ("class_bands", "classes"),
    ):
        for record in records.get(table, []):
            kind = kinds.get(str(record.values["school_id"]), "")
            stage = _KIND_STAGES.get(kind)
            if stage and record.values["stage"] != stage and record.number(column):
                _mixed(record, column, table, kind, found)


def _mixed(record: Record, column: str, table: str, kind: str, found: Findings) -> None:
    from analysis.terms import label

    found.doubt(
        record,
        column,
        "stage_mixed",
        table=table,
        set_aside=False,
        affects=True,
        kind=label("school_kind", kind, "zh"),
        kind_en=label("school_kind", kind, "en"),
        what=record.values.get("grade") or label("stage", str(record.values.get("stage")), "zh"),
        what_en=record.values.get("grade") or record.values.get("stage"),
    )


@dataclass(frozen=True)
class _Series:
    """Pupils and classes by school, year and grade, and the schools that were reorganised."""

    records: dict[Cell, Record]
    pupils: dict[Cell, float]
    classes: dict[Cell, float | None]
    changed: frozenset[tuple[str, int]]

    def off(self, cell: Cell, other: Cell) -> float:
        """Return how far a cell lies from another, as a share; 0 for a handful of pupils."""
        value, like = self.pupils[cell], self.pupils.get(other)
        if like is None or abs(value - like) < COHORT_PUPILS:
            return 0.0
        return (value - like) / like if like else 1.0

    def stands_out(self, cell: Cell, others: list[Cell]) -> bool:
        """Tell whether a cell is off all its neighbours on one side, and well off one of them."""
        shares = [self.off(cell, other) for other in others]
        one_side = all(s > SOFT_SHARE for s in shares) or all(s < -SOFT_SHARE for s in shares)
        return one_side and max(map(abs, shares), default=0.0) > JUMP_SHARE

    def explained(self, cell: Cell, other: Cell) -> bool:
        """Tell whether classes were opened or closed, or the school was reorganised, between."""
        now, then = self.classes.get(cell), self.classes.get(other)
        if now is not None and then is not None and now != then:
            more = self.pupils[cell] > self.pupils[other]
            return (now > then) == more
        return any((cell[0], year) in self.changed for year in (cell[1], other[1]))


def jumps(records: Records, found: Findings) -> None:
    """Report grades that jump by more than 25 % while neither cohort nor classes explain it.

    A value off both its cohort's year before and year after is a spike and the cell is named. A
    lasting step of a cohort is named once, as out of range. At the edges, where a cohort has one
    neighbour only, the same grade of the neighbouring year has to disagree as well.
    """
    series = _series(records)
    spikes: set[Cell] = set()
    steps: list[tuple[Cell, Cell]] = []
    for cell in sorted(series.pupils):
        school, year, grade = cell
        before = None if grade in _FIRST_GRADES else (school, year - 1, grade - 1)
        after = None if grade in _LAST_GRADES else (school, year + 1, grade + 1)
        near = [c for c in (before, after) if c is not None and c in series.pupils]
        if len(near) == 2:
            if series.stands_out(cell, near) and not series.explained(cell, near[0]):
                spikes.add(cell)
                _say_jump(series, cell, near[0], "grade_jump", found)
            elif series.stands_out(cell, near[:1]) and before is not None:
                steps.append((cell, before))
        elif len(near) == 1:
            around = [*near, *_same_grade(series, cell)]
            if series.stands_out(cell, around) and not series.explained(cell, near[0]):
                spikes.add(cell)
                _say_jump(series, cell, near[0], "grade_jump", found)
            elif before == near[0] and series.stands_out(cell, near):
                steps.append((cell, before))
        else:
            _lonely(series, cell, spikes, found)
    for cell, before in steps:
        if before not in spikes and cell not in spikes and not series.explained(cell, before):
            _say_jump(series, cell, before, "cohort_out_of_range", found)


def _same_grade(series: _Series, cell: Cell) -> list[Cell]:
    school, year, grade = cell
    near = [(school, year - 1, grade), (school, year + 1, grade)]
    return [c for c in near if c in series.pupils]


def _lonely(series: _Series, cell: Cell, spikes: set[Cell], found: Findings) -> None:
    """Judge a cell without a cohort by the same grade of the year before, more cautiously."""
    school, year, grade = cell
    before = (school, year - 1, grade)
    if before not in series.pupils or before in spikes:
        return
    then, now = series.pupils[before], series.pupils[cell]
    least = max(GRADE_PUPILS, GRADE_DEVIATIONS * then**0.5, JUMP_SHARE * then)
    if abs(now - then) > least and not series.explained(cell, before):
        spikes.add(cell)
        _say_jump(series, cell, before, "grade_jump", found)


def _say_jump(series: _Series, cell: Cell, other: Cell, rule: str, found: Findings) -> None:
    found.doubt(
        series.records[cell],
        "pupils",
        rule,
        table="enrolment",
        set_aside=False,
        affects=rule == "grade_jump",
        before=f"{series.pupils[other]:.12g}",
        other_year=other[1],
        other_grade=other[2],
        year=cell[1],
        grade=cell[2],
    )


def _series(records: Records) -> _Series:
    rows: dict[Cell, Record] = {}
    pupils: dict[Cell, float] = {}
    classes: dict[Cell, float | None] = {}
    for record in records.get("enrolment", []):
        number = record.number("pupils")
        if number is None:
            continue
        cell = (
            str(record.values["school_id"]),
            int(str(record.values["school_year"])),
            int(str(record.values["grade"])),
        )
        rows[cell], pupils[cell] = record, number
        classes[cell] = record.number("classes")
    changed: set[tuple[str, int]] = set()
    for record in records.get("school_changes", []):
        year = int(str(record.values.get("year") or 0))
        for column in ("old_school_id", "new_school_id"):
            code = str(record.values.get(column))
            changed |= {(code, year - 1), (code, year), (code, year + 1)}
    for record in records.get("schools", []):
        for column in ("opened_year", "closed_year"):
            number = record.number(column)
            if number is not None:
                code = str(record.values["school_id"])
                changed |= {(code, int(number) + step) for step in (-1, 0, 1, 2)}
    return _Series(rows, pupils, classes, frozenset(changed))


def entry_and_leaving(records: Records, found: Findings) -> None:
    """Hold entrants to the first grade and expected graduates to the last (checking notes, D)."""
    by_cell = _series(records).pupils
    graded: dict[str, set[int]] = defaultdict(set)
    for school, year, _ in by_cell:
        graded[school].add(year)
    for record in records.get("school_totals", []):
        school = str(record.values["school_id"])
        year = int(str(record.values["school_year"]))
        grades = STAGE_GRADES[str(record.values["stage"])]
        for column, grade, at in (
            ("entrants", grades[0], year),
            ("expected_graduates", grades[-1], year),
        ):
            said, counted = record.number(column), by_cell.get((school, at, grade))
            if said is None or counted is None or said == counted:
                continue
            found.doubt(
                record,
                column,
                "grade_count_differs",
                table="school_totals",
                set_aside=False,
                affects=True,
                grade=grade,
                counted=f"{counted:.12g}",
            )
        said, counted = record.number("graduates"), by_cell.get((school, year - 1, grades[-1]))
        if said is None or counted is None:
            continue
        if abs(said - counted) > max(COHORT_PUPILS, LEAVING_SHARE * counted):
            found.doubt(
                record,
                "graduates",
                "graduates_differ",
                table="school_totals",
                set_aside=False,
                grade=grades[-1],
                counted=f"{counted:.12g}",
                year=year - 1,
            )
