"""Known faults planted into a clean county, each with the cells that must be named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.intake.county import Cells, Files, clean, packed

ROSTER, PUPILS, STAFF = "01_名单.xlsx", "02_在校生.xlsx", "03_教师.xlsx"
ROOMS, CLASSES, PEOPLE, OTHER = (
    "04_办学条件.xlsx",
    "05_班级名册.xlsx",
    "06_人口与出生.xlsx",
    "07_缺口与指标.xlsx",
)
Y2, Y3 = "2021学年在校生", "2022学年在校生"


@dataclass(frozen=True)
class Planted:
    """A planted fault: any one of ``cells`` must be named; ``changed`` were altered besides."""

    file: str
    sheet: str
    cells: tuple[str, ...]
    changed: tuple[str, ...] = ()


Damage = Callable[[Files, np.random.Generator], list[Planted]]
DAMAGES: dict[str, Damage] = {}


def damage(function: Damage) -> Damage:
    DAMAGES[function.__name__] = function
    return function


def name_of(row: int, column: int) -> str:
    return f"{chr(65 + column) if column < 26 else 'A' + chr(65 + column - 26)}{row + 1}"


def put(files: Files, file: str, sheet: str, row: int, column: int, value: object) -> Planted:
    cells = files[file][sheet][row]
    cells += [None] * (column + 1 - len(cells))
    assert cells[column] != value, (file, sheet, row, column, value)
    cells[column] = value
    return Planted(file, sheet, (name_of(row, column),))


def row_of(cells: Cells, first: int, rng: np.random.Generator, last: int = 0) -> int:
    return int(rng.integers(first, len(cells) - last))


def number(files: Files, file: str, sheet: str, row: int, column: int) -> float:
    return float(str(files[file][sheet][row][column]))


def _cell_fault(file: str, sheet: str, column: int, value: object, first: int = 1) -> Damage:
    def apply(files: Files, rng: np.random.Generator) -> list[Planted]:
        row = row_of(files[file][sheet], first, rng)
        return [put(files, file, sheet, row, column, value)]

    return apply


#: One cell gets a value that no cell of its kind may hold.
SIMPLE: dict[str, tuple[str, str, int, object]] = {
    "teachers_text": (STAFF, "教师", 3, "约50"),
    "teachers_negative": (STAFF, "教师", 3, -12),
    "teachers_fraction": (STAFF, "教师", 3, 12.5),
    "stage_unknown": (STAFF, "教师", 2, "大学"),
    "year_text": (STAFF, "教师", 1, "去年"),
    "year_corrupted": (STAFF, "教师", 1, "202223年"),
    "year_out_of_range": (STAFF, "教师", 1, 2203),
    "year_lonely": (STAFF, "教师", 1, 1993),
    "school_unknown": (STAFF, "教师", 0, "2133777777"),
    "school_missing": (STAFF, "教师", 0, None),
    "area_negative": (ROOMS, "办学条件", 3, -300),
    "area_text": (ROOMS, "办学条件", 5, "见附表"),
    "formula_error": (ROOMS, "办学条件", 5, "#DIV/0!"),
    "reference_error": (ROOMS, "办学条件", 3, "#REF!"),
    "scope_unknown": (ROOMS, "办学条件", 2, "部分"),
    "rooms_fraction": (ROOMS, "办学条件", 7, 3.4),
    "equipment_zero": (ROOMS, "办学条件", 6, 0),
    "kind_unknown": (ROSTER, "学校", 3, "补习班"),
    "owner_unknown": (ROSTER, "学校", 4, "其他办"),
    "town_unknown": (ROSTER, "学校", 2, "不存在镇"),
    "name_missing": (ROSTER, "学校", 1, None),
    "built_year_text": (ROSTER, "学校", 5, "解放前"),
    "longitude_swapped": (ROSTER, "学校", 6, 29.6),
    "latitude_out": (ROSTER, "学校", 7, 119.6),
    "latitude_shifted": (ROSTER, "学校", 7, 2.95),
    "grade_unknown": (CLASSES, "班级名册", 2, "复读班"),
    "class_size_absurd": (CLASSES, "班级名册", 4, 430),
    "class_size_negative": (CLASSES, "班级名册", 4, -43),
    "basis_unknown": (PEOPLE, "人口", 2, "外来"),
    "persons_text": (PEOPLE, "人口", 3, "三万多"),
    "births_fraction": (PEOPLE, "出生人口", 5, 31.7),
    "percent_corrupted": (OTHER, "县域指标", 2, "20230%"),
    "rate_absurd": (OTHER, "县域指标", 2, 98.7),
    "survey_too_many": (OTHER, "满意度调查", 4, 900),
    "gap_amount_wrong": (OTHER, "缺口清单", 7, 55),
    "code_scientific": (STAFF, "教师", 0, "2.13E+09"),
}
for _name, _fault in SIMPLE.items():
    DAMAGES[_name] = _cell_fault(*_fault)


def _times(file: str, sheet: str, column: int, factor: float, first: int = 1) -> Damage:
    def apply(files: Files, rng: np.random.Generator) -> list[Planted]:
        row = row_of(files[file][sheet], first, rng)
        value = number(files, file, sheet, row, column) * factor
        return [put(files, file, sheet, row, column, round(value, 6))]

    return apply


DAMAGES["equipment_in_yuan"] = _times(ROOMS, "办学条件", 6, 1e4)
DAMAGES["equipment_in_wan_twice"] = _times(ROOMS, "办学条件", 6, 1e-4)
DAMAGES["area_in_wan"] = _times(ROOMS, "办学条件", 5, 1e-4)
DAMAGES["area_times_10000"] = _times(ROOMS, "办学条件", 3, 1e4)
DAMAGES["persons_in_wan"] = _times(PEOPLE, "人口", 3, 1e4)


@damage
def persons_as_wan(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = int(rng.integers(1, 5))
    value = round(number(files, PEOPLE, "人口", row, 3) / 1e4)
    return [put(files, PEOPLE, "人口", row, 3, value)]


@damage
def equipment_column_without_unit(files: Files, rng: np.random.Generator) -> list[Planted]:
    return [put(files, ROOMS, "办学条件", 0, 6, "教学仪器设备资产值")]


def _more_than(column: int, whole: int, file: str, sheet: str, extra: float) -> Damage:
    def apply(files: Files, rng: np.random.Generator) -> list[Planted]:
        row = row_of(files[file][sheet], 1, rng)
        value = number(files, file, sheet, row, whole) + extra
        return [put(files, file, sheet, row, column, value)]

    return apply


DAMAGES["qualified_over_full_time"] = _more_than(4, 3, STAFF, "教师", 6)
DAMAGES["backbone_over_full_time"] = _more_than(5, 3, STAFF, "教师", 3)
DAMAGES["subject_over_full_time"] = _more_than(6, 3, STAFF, "教师", 2)
DAMAGES["certified_over_full_time"] = _more_than(7, 3, STAFF, "教师", 1)
DAMAGES["sports_over_teaching"] = _more_than(4, 3, ROOMS, "办学条件", 40)
DAMAGES["unsafe_over_rooms"] = _more_than(10, 9, ROOMS, "办学条件", 1)
DAMAGES["teaching_over_floor"] = _more_than(3, 11, ROOMS, "办学条件", 100)
DAMAGES["ground_over_site"] = _more_than(5, 12, ROOMS, "办学条件", 100)


@damage
def full_time_too_small(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = row_of(files[STAFF]["教师"], 1, rng)
    return [put(files, STAFF, "教师", row, 3, 1)]


def _pupil_row(files: Files, sheet: str, rng: np.random.Generator, kinds: range) -> int:
    """Return a row of the pupils' sheet; rows 3 to 14 are the schools in roster order."""
    return 3 + int(rng.choice(list(kinds)))


def _grade_times(factor: float, sheet: str, grade: int, rows: range) -> Damage:
    def apply(files: Files, rng: np.random.Generator) -> list[Planted]:
        row = _pupil_row(files, sheet, rng, rows)
        column = 3 + 2 * (grade - 1)
        value = round(number(files, PUPILS, sheet, row, column) * factor)
        return [put(files, PUPILS, sheet, row, column, value)]

    return apply


PRIMARY, JUNIOR, POINT = range(5), range(5, 8), range(10, 12)
DAMAGES["grade_jump_up"] = _grade_times(1.5, Y2, 3, PRIMARY)
DAMAGES["grade_jump_down"] = _grade_times(0.6, Y3, 4, PRIMARY)
DAMAGES["grade_jump_first"] = _grade_times(1.6, Y3, 1, PRIMARY)
DAMAGES["grade_jump_last_year"] = _grade_times(1.5, "2023学年在校生", 5, PRIMARY)
DAMAGES["grade_jump_first_year"] = _grade_times(1.5, "2020学年在校生", 2, PRIMARY)
DAMAGES["grade_jump_junior"] = _grade_times(1.45, Y2, 8, JUNIOR)
DAMAGES["grade_times_ten"] = _grade_times(10, Y3, 2, PRIMARY)
DAMAGES["grade_tenth"] = _grade_times(0.1, Y2, 4, PRIMARY)
DAMAGES["grade_jump_large"] = _grade_times(1.3, Y2, 7, JUNIOR)


@damage
def pupils_without_class(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = _pupil_row(files, Y2, rng, PRIMARY)
    return [put(files, PUPILS, Y2, row, 6, 0)]


@damage
def classes_blank(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = _pupil_row(files, Y2, rng, PRIMARY)
    return [put(files, PUPILS, Y2, row, 8, None)]


@damage
def class_without_pupils(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = _pupil_row(files, Y3, rng, PRIMARY)
    return [put(files, PUPILS, Y3, row, 5, 0)]


@damage
def junior_pupils_in_primary(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = _pupil_row(files, Y3, rng, PRIMARY)
    return [put(files, PUPILS, Y3, row, 15, 38)]


@damage
def row_total_wrong(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = _pupil_row(files, Y3, rng, PRIMARY)
    value = number(files, PUPILS, Y3, row, 21) + 30
    return [put(files, PUPILS, Y3, row, 21, value)]


@damage
def bottom_total_wrong(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = len(files[PUPILS][Y2]) - 2
    return [put(files, PUPILS, Y2, row, 3, number(files, PUPILS, Y2, row, 3) - 17)]


@damage
def all_zero(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = _pupil_row(files, Y3, rng, PRIMARY)
    cells = []
    for column in range(3, 15):
        files[PUPILS][Y3][row][column] = 0
        cells.append(name_of(row, column))
    return [Planted(PUPILS, Y3, tuple(cells))]


@damage
def pupils_times_10000(files: Files, rng: np.random.Generator) -> list[Planted]:
    return _grade_times(10_000, Y2, 5, PRIMARY)(files, rng)


@damage
def pupils_percent(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = _pupil_row(files, Y2, rng, PRIMARY)
    return [put(files, PUPILS, Y2, row, 3, "95%")]


@damage
def school_twice(files: Files, rng: np.random.Generator) -> list[Planted]:
    rows = files[ROSTER]["学校"]
    source = row_of(rows, 1, rng)
    rows.append([f"2133{888001}", *rows[source][1:6], 119.91, 29.77])
    last = len(rows) - 1
    return [Planted(ROSTER, "学校", tuple(name_of(last, c) for c in (0, 1)))]


@damage
def school_row_repeated(files: Files, rng: np.random.Generator) -> list[Planted]:
    rows = files[STAFF]["教师"]
    source = row_of(rows, 1, rng)
    rows.append([*rows[source][:3], int(str(rows[source][3])) + 1, *rows[source][4:]])
    last = len(rows) - 1
    return [Planted(STAFF, "教师", tuple(name_of(last, c) for c in range(5)))]


@damage
def coordinates_twice(files: Files, rng: np.random.Generator) -> list[Planted]:
    rows = files[ROSTER]["学校"]
    rows[5][6], rows[5][7] = rows[2][6], rows[2][7]
    return [Planted(ROSTER, "学校", (name_of(5, 6), name_of(5, 7)))]


@damage
def register_differs(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = _pupil_row(files, "2023学年在校生", rng, range(4))
    planted = put(
        files, PUPILS, "2023学年在校生", row, 7,
        number(files, PUPILS, "2023学年在校生", row, 7) + 3,
    )  # fmt: skip
    return [planted]


@damage
def band_count_wrong(files: Files, rng: np.random.Generator) -> list[Planted]:
    rows = files[CLASSES]["班额分布"]
    row = row_of(rows, 1, rng)
    column = max(range(3, 11), key=lambda c: int(str(rows[row][c])))
    return [put(files, CLASSES, "班额分布", row, column, int(str(rows[row][column])) + 2)]


@damage
def band_moved(files: Files, rng: np.random.Generator) -> list[Planted]:
    """All classes of a school are put into the band of 51 to 55: too many for its pupils."""
    rows = files[CLASSES]["班额分布"]
    row = row_of(rows, 1, rng)
    whole = sum(int(str(rows[row][c])) for c in range(3, 11))
    cells = []
    for column in range(3, 11):
        rows[row][column] = whole if column == 9 else 0
        cells.append(name_of(row, column))
    return [Planted(CLASSES, "班额分布", tuple(cells))]


@damage
def town_total_wrong(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = row_of(files[OTHER]["分地区合计"], 1, rng)
    return [put(files, OTHER, "分地区合计", row, 3, number(files, OTHER, "分地区合计", row, 3) + 9)]


@damage
def county_population_wrong(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = 5 * int(rng.integers(1, 5))
    return [put(files, PEOPLE, "人口", row, 3, number(files, PEOPLE, "人口", row, 3) + 413)]


@damage
def births_total_wrong(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = row_of(files[PEOPLE]["出生人口"], 1, rng)
    return [put(files, PEOPLE, "出生人口", row, 15, number(files, PEOPLE, "出生人口", row, 15) + 5)]


@damage
def entrants_differ(files: Files, rng: np.random.Generator) -> list[Planted]:
    sheet = "学校分学段合计"
    row = row_of(files[OTHER][sheet], 1, rng)
    return [put(files, OTHER, sheet, row, 5, number(files, OTHER, sheet, row, 5) - 4)]


@damage
def graduates_differ(files: Files, rng: np.random.Generator) -> list[Planted]:
    sheet = "学校分学段合计"
    row = row_of(files[OTHER][sheet], 1, rng)
    return [put(files, OTHER, sheet, row, 6, number(files, OTHER, sheet, row, 6) + 3)]


@damage
def stage_total_differs(files: Files, rng: np.random.Generator) -> list[Planted]:
    sheet = "学校分学段合计"
    row = row_of(files[OTHER][sheet], 1, rng)
    return [put(files, OTHER, sheet, row, 3, number(files, OTHER, sheet, row, 3) + 21)]


@damage
def boards_do_not_add_up(files: Files, rng: np.random.Generator) -> list[Planted]:
    """The case of 26 boards whose parts make 25."""
    planted = put(files, OTHER, "缺口清单", 3, 4, 13)
    files[OTHER]["缺口清单"][3][7] = 39
    return [Planted(planted.file, planted.sheet, ("E2",), ("E4", "H4"))]


@damage
def unit_not_convertible(files: Files, rng: np.random.Generator) -> list[Planted]:
    return [put(files, ROOMS, "办学条件", 0, 5, "运动场地面积（万元）")]


@damage
def name_and_code_differ(files: Files, rng: np.random.Generator) -> list[Planted]:
    row = _pupil_row(files, Y2, rng, PRIMARY)
    return [put(files, PUPILS, Y2, row, 1, "不相干的学校")]


@damage
def teachers_of_a_stage_the_school_lacks(files: Files, rng: np.random.Generator) -> list[Planted]:
    planted = put(files, STAFF, "教师", 1, 2, "初中")
    return [Planted(planted.file, planted.sheet, ("C2", "D2"))]


@damage
def change_to_unknown_school(files: Files, rng: np.random.Generator) -> list[Planted]:
    return [put(files, ROSTER, "学校沿革", 1, 1, "2133999998")]


def damaged_cells(kind: str, seed: int) -> tuple[Files, list[Planted]]:
    """Return a county with one kind of fault as cells, and where it was planted."""
    files = copy.deepcopy(clean(seed))
    planted = DAMAGES[kind](files, np.random.default_rng([seed, 99]))
    assert planted, kind
    return files, planted


def damaged(kind: str, seed: int) -> tuple[dict[str, bytes], list[Planted]]:
    """Return the same as workbooks."""
    files, planted = damaged_cells(kind, seed)
    return packed(files), planted
