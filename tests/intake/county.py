"""A small clean county as workbooks of cells, for tests that damage it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
import xlsxwriter

Cells = list[list[object]]
Files = dict[str, dict[str, Cells]]
COUNTY = "330199"
YEARS = (2020, 2021, 2022, 2023)
TOWNS = ("城关镇", "东河镇", "西岭乡", "南湖街道")
GRADE_TITLES = (
    "一年级",
    "二年级",
    "三年级",
    "四年级",
    "五年级",
    "六年级",
    "七年级",
    "八年级",
    "九年级",
)
KINDS = {
    "primary": "小学",
    "junior": "初级中学",
    "nine_year": "九年一贯制学校",
    "teaching_point": "教学点",
}
GRADES = {
    "primary": range(1, 7),
    "teaching_point": range(1, 7),
    "junior": range(7, 10),
    "nine_year": range(1, 10),
}
ROSTER = (
    *(("primary", 60),) * 5,
    *(("junior", 150),) * 3,
    ("nine_year", 50),
    ("nine_year", 45),
    ("teaching_point", 20),
    ("teaching_point", 16),
)


@dataclass
class School:
    code: str
    name: str
    town: int
    kind: str
    lon: float
    lat: float
    built: int
    pupils: dict[tuple[int, int], int] = field(default_factory=dict)
    classes: dict[tuple[int, int], int] = field(default_factory=dict)

    def stages(self) -> list[tuple[str, range]]:
        found = []
        if any(g <= 6 for g in GRADES[self.kind]):
            found.append(("小学", range(1, 7)))
        if any(g >= 7 for g in GRADES[self.kind]):
            found.append(("初中", range(7, 10)))
        return found

    def total(self, year: int) -> int:
        return sum(n for (y, _), n in self.pupils.items() if y == year)


def schools(seed: int) -> list[School]:
    rng = np.random.default_rng([seed, 1])
    made = []
    for place, (kind, size) in enumerate(ROSTER):
        prefix = {"primary": "21", "teaching_point": "21", "junior": "31", "nine_year": "31"}[kind]
        school = School(
            f"{prefix}33{100001 + place:06d}",
            f"{TOWNS[place % 4][:2]}第{'一二三四五六七八九十甲乙'[place]}{KINDS[kind][:2]}校",
            place % len(TOWNS),
            kind,
            round(119.5 + 0.03 * place + float(rng.uniform(0, 0.01)), 5),
            round(29.5 + 0.02 * place + float(rng.uniform(0, 0.01)), 5),
            int(rng.integers(1955, 2016)),
        )
        _fill(school, size, rng)
        made.append(school)
    return made


def _fill(school: School, size: int, rng: np.random.Generator) -> None:
    """Children move up with a grade ratio near one, so a clean county raises no alarm."""
    first = min(GRADES[school.kind])
    cohorts: dict[int, float] = {}
    for year in YEARS:
        for grade in GRADES[school.kind]:
            start = year - grade + first
            stage_start = start if grade < 7 or first == 7 else start + 1000
            if stage_start not in cohorts:
                cohorts[stage_start] = size * float(rng.uniform(0.95, 1.05))
            pupils = round(cohorts[stage_start] * float(rng.uniform(0.99, 1.01)))
            school.pupils[year, grade] = pupils
            cap = 45 if grade <= 6 else 50
            # rooms are set up for the usual size, so small moves open no class
            school.classes[year, grade] = max(1, -(-round(size * 1.06) // cap))


def clean(seed: int = 0) -> Files:
    """Return the county's files: name -> sheet -> rows of cells."""
    everyone = schools(seed)
    return {
        "01_名单.xlsx": {"乡镇街道": _towns(), "学校": _roster(everyone), "学校沿革": _changes()},
        "02_在校生.xlsx": {f"{y}学年在校生": _enrolment(everyone, y) for y in YEARS},
        "03_教师.xlsx": {"教师": _teachers(everyone, seed)},
        "04_办学条件.xlsx": {"办学条件": _facilities(everyone, seed)},
        "05_班级名册.xlsx": {"班级名册": _register(everyone), "班额分布": _bands(everyone)},
        "06_人口与出生.xlsx": {"人口": _population(seed), "出生人口": _births(seed)},
        "07_缺口与指标.xlsx": {
            "缺口清单": _gaps(),
            "县域指标": _facts(),
            "满意度调查": _survey(),
            "分地区合计": _totals(everyone),
            "学校分学段合计": _school_totals(everyone),
        },
    }


def _towns() -> Cells:
    rows: Cells = [["乡镇街道名单"], ["乡镇代码", "乡镇名称", "城乡类型"]]
    kinds = ("镇区", "镇区", "乡村", "城区")
    return rows + [[f"{COUNTY}{101 + i}", name, kinds[i]] for i, name in enumerate(TOWNS)]


def _roster(everyone: list[School]) -> Cells:
    head = [
        "学校标识码",
        "学校名称",
        "所在乡镇代码",
        "办学类型",
        "举办者",
        "建校年份",
        "经度",
        "纬度",
    ]
    return [
        head,
        *(
            [s.code, s.name, TOWNS[s.town], KINDS[s.kind], "公办", s.built, s.lon, s.lat]
            for s in everyone
        ),
    ]


def _changes() -> Cells:
    return [
        ["原学校代码", "现学校代码", "年份", "变更类型"],
        ["2133999999", "2133100001", 2015, "合并"],
    ]


def _enrolment(everyone: list[School], year: int) -> Cells:
    title = f"{year}学年分年级学生数、班数"
    upper: list[object] = ["学校标识码", "学校名称", "学年"]
    lower: list[object] = ["学校标识码", "学校名称", "学年"]
    for name in GRADE_TITLES:
        upper += [name, ""]
        lower += ["人数", "班数"]
    upper.append("在校生合计")
    lower.append("在校生合计")
    rows: Cells = [[title], upper, lower]
    sums = [0] * 19
    for school in everyone:
        row: list[object] = [school.code, school.name, year]
        for grade in range(1, 10):
            row += [school.pupils.get((year, grade)), school.classes.get((year, grade))]
        row.append(school.total(year))
        rows.append(row)
        for place, value in enumerate(row[3:]):
            sums[place] += int(str(value or 0))
    rows.append(["合计", None, None, *sums])
    rows.append(["注：统计时点为9月1日。"])
    return rows


def _teachers(everyone: list[School], seed: int) -> Cells:
    rng = np.random.default_rng([seed, 2])
    rows: Cells = [
        [
            "学校标识码", "学年", "学段", "专任教师总人数", "高于规定学历教师数",
            "县级及以上骨干教师数", "体育艺术教师数", "持有教师资格证的专任教师人数",
        ]
    ]  # fmt: skip
    for year in YEARS[-2:]:
        for school in everyone:
            for name, grades in school.stages():
                pupils = sum(school.pupils[year, g] for g in grades)
                full = max(4, round(pupils / 16))
                rows.append(
                    [
                        school.code, year, name, full, round(full * float(rng.uniform(0.7, 0.95))),
                        round(full * 0.2), max(1, round(full * 0.12)), full,
                    ]
                )  # fmt: skip
    return rows


def _facilities(everyone: list[School], seed: int) -> Cells:
    rng = np.random.default_rng([seed, 3])
    rows: Cells = [
        [
            "学校标识码", "学年", "填报范围", "教学及辅助用房面积（㎡）", "室内体育用房面积（㎡）",
            "运动场地面积（㎡）", "教学仪器设备资产值（万元）", "网络多媒体教室间数", "图书册数",
            "普通教室数", "其中危房教室数", "校舍建筑面积（㎡）", "占地面积（㎡）",
        ]
    ]  # fmt: skip
    for year in YEARS[-2:]:
        for school in everyone:
            pupils = school.total(year)
            teaching = round(pupils * float(rng.uniform(4.6, 6.0)))
            ground = round(pupils * float(rng.uniform(7.5, 9.0)))
            rooms = sum(n for (y, _), n in school.classes.items() if y == year)
            rows.append(
                [
                    school.code, year, "全校", teaching, round(teaching * 0.05), ground,
                    round(pupils * float(rng.uniform(0.2, 0.28)), 2), max(2, rooms - 1),
                    pupils * 25, rooms + 2, 0, round(teaching * 1.6), round(ground * 2.2),
                ]
            )  # fmt: skip
    return rows


def _register(everyone: list[School]) -> Cells:
    rows: Cells = [["学校标识码", "学年", "年级", "班级", "在校生数"]]
    for school in everyone[:4]:
        for grade in GRADES[school.kind]:
            pupils, classes = school.pupils[YEARS[-1], grade], school.classes[YEARS[-1], grade]
            sizes = [pupils // classes + (1 if i < pupils % classes else 0) for i in range(classes)]
            rows += [
                [school.code, YEARS[-1], grade, f"{grade}.{i + 1}", n] for i, n in enumerate(sizes)
            ]
    return rows


BANDS = ((0, 25), (26, 30), (31, 35), (36, 40), (41, 45), (46, 50), (51, 55), (56, None))


def _bands(everyone: list[School]) -> Cells:
    titles = ["25人及以下", *(f"{low}-{high}人" for low, high in BANDS[1:-1]), "56人及以上"]
    rows: Cells = [["学校标识码", "学年", "学段", *titles]]
    year = YEARS[-1]
    for school in everyone:
        for name, grades in school.stages():
            counts = [0] * len(BANDS)
            for grade in grades:
                pupils, classes = school.pupils[year, grade], school.classes[year, grade]
                for place in range(classes):
                    size = pupils // classes + (1 if place < pupils % classes else 0)
                    band = next(
                        i for i, (low, high) in enumerate(BANDS) if high is None or size <= high
                    )
                    counts[band] += 1
            rows.append([school.code, year, name, *counts])
    return rows


def _population(seed: int) -> Cells:
    rng = np.random.default_rng([seed, 4])
    rows: Cells = [["乡镇代码", "年份", "人口口径", "人口数"]]
    sizes = [42_317, 21_643, 9_871, 33_259]
    for year in YEARS:
        whole = 0
        for place, size in enumerate(sizes):
            people = round(size * (1 + 0.01 * (year - 2020)) * float(rng.uniform(0.995, 1.005)))
            whole += people
            rows.append([f"{COUNTY}{101 + place}", year, "常住", people])
        rows.append([COUNTY, year, "常住", whole])
    return rows


def _births(seed: int) -> Cells:
    rng = np.random.default_rng([seed, 5])
    rows: Cells = [["乡镇", "年份", "人口口径", *(f"{m}月" for m in range(1, 13)), "合计"]]
    for year in range(2014, 2023):
        for place, size in enumerate([420, 210, 90, 330]):
            months = [int(v) for v in rng.poisson(size / 12, 12)]
            rows.append([TOWNS[place], year, "常住", *months, sum(months)])
    return rows


def _gaps() -> Cells:
    return [
        [
            "序号",
            "上级序号",
            "乡镇代码",
            "缺口项目",
            "数量",
            "计量单位",
            "单价（元）",
            "金额（万元）",
        ],
        ["1", None, COUNTY, "电子白板", 26, "套", 30000, 78],
        ["1.1", "1", f"{COUNTY}101", "电子白板", 12, "套", 30000, 36],
        ["1.2", "1", f"{COUNTY}102", "电子白板", 14, "套", 30000, 42],
        ["2", None, COUNTY, "计算机", 240, "台", 5000, 120],
    ]


def _facts() -> Cells:
    return [
        ["指标", "年份", "数值", "单位"],
        ["junior_retention_rate", 2023, "99.2%", ""],
        ["near_enrolment_rate", 2023, 0.98, ""],
        ["migrant_public_share", 2023, 91.5, "%"],
    ]


def _survey() -> Cells:
    return [
        ["年份", "调查方式", "调查对象", "答卷人数", "认可人数"],
        [2023, "问卷", "学生", 300, 270],
        [2023, "问卷", "家长", 400, 352],
    ]


def _totals(everyone: list[School]) -> Cells:
    rows: Cells = [["乡镇代码", "学年", "学段", "在校生数", "班级数"]]
    year = YEARS[-1]
    for place in range(len(TOWNS)):
        for name, grades in (("小学", range(1, 7)), ("初中", range(7, 10))):
            own = [s for s in everyone if s.town == place]
            pupils = sum(s.pupils.get((year, g), 0) for s in own for g in grades)
            classes = sum(s.classes.get((year, g), 0) for s in own for g in grades)
            if pupils:
                rows.append([f"{COUNTY}{101 + place}", year, name, pupils, classes])
    return rows


def _school_totals(everyone: list[School]) -> Cells:
    rows: Cells = [
        ["学校标识码", "学年", "学段", "在校生总数", "班级总数", "招生数", "预计毕业生数"]
    ]
    year = YEARS[-1]
    for school in everyone:
        for name, grades in school.stages():
            rows.append(
                [
                    school.code, year, name, sum(school.pupils[year, g] for g in grades),
                    sum(school.classes[year, g] for g in grades), school.pupils[year, grades[0]],
                    school.pupils[year, grades[-1]],
                ]
            )  # fmt: skip
    return rows


def workbook(sheets: dict[str, Cells]) -> bytes:
    """Return the cells as an .xlsx file; grade titles over two columns are merged."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, value in enumerate(cells):
                    if value in GRADE_TITLES and cells[column + 1 : column + 2] == [""]:
                        sheet.merge_range(row, column, row, column + 1, value)
                    elif isinstance(value, (int, float)):
                        sheet.write_number(row, column, value)
                    elif value not in (None, ""):
                        sheet.write_string(row, column, str(value))
    return buffer.getvalue()


def packed(files: Files) -> dict[str, bytes]:
    return {name: workbook(sheets) for name, sheets in files.items()}
