"""The files of the demonstration county, laid out as an education bureau would send them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.example.places import County, School
from analysis.example.pupils import Population, class_register
from analysis.example.resources import (
    taught_stages,
)
from analysis.example.settlements import Position
from analysis.example.workbook import Sheet, delimited, workbook

_KINDS = {
    "primary": "小学",
    "teaching_point": "小学教学点",
    "junior": "初级中学",
    "nine_year": "九年一贯制学校",
    "complete_secondary": "完全中学",
    "twelve_year": "十二年一贯制学校",
    "senior": "高级中学",
    "vocational": "职业学校",
    "special": "特殊教育学校",
}
_OWNERS = {"public": "公办", "private": "民办"}
_NUMERALS = "一二三四五六七八九"


def school_list(county: County, places: Mapping[str, Position]) -> bytes:
    """Return the workbook of towns, schools and their history."""
    towns = [
        [t.town_id, t.name, t.described.urban_rural, t.described.lon, t.described.lat]
        for t in county.towns
    ]
    schools = []
    for school in county.schools:
        lon, lat = places[school.school_id]
        described = school.described
        main = county.named(described.main).school_id if described.main else ""
        closed = described.closed if described.closed < 9999 else None
        schools.append(
            [
                school.school_id,
                school.name,
                school.town.town_id,
                _KINDS[described.kind],
                _OWNERS[described.owner],
                school.urban_rural,
                described.built,
                main,
                described.opened or None,
                closed,
                lon,
                lat,
            ]
        )
    heads = ["学校标识码", "学校名称", "所在乡镇代码", "办学类型", "办别", "驻地城乡类型"]
    heads += ["建校年份", "主校代码", "开办学年", "停办学年", "经度", "纬度"]
    merged = [s for s in county.schools if s.described.merged_into]
    changes = [
        [s.school_id, county.named(s.described.merged_into).school_id, s.described.closed, "merger"]
        for s in merged
    ]
    note = ("注：学校标识码按文本保存；停办学校保留原代码。", "填表：示范县教育局")
    return workbook(
        [
            Sheet(
                "乡镇街道",
                "示范县乡镇街道名单",
                ["乡镇代码", "乡镇名称", "城乡类型", "经度", "纬度"],
                towns,
            ),
            Sheet("学校名单", "示范县学校名单（2025年秋）", heads, schools, notes=note),
            Sheet(
                "学校沿革",
                "示范县学校撤并情况",
                ["原学校代码", "现学校代码", "年份", "变更类型"],
                changes,
            ),
        ]
    )


def enrolment_books(county: County, population: Population) -> dict[str, bytes]:
    """Return pupils and classes by grade: one sheet a school year, in three workbooks."""
    years = county.years
    books = {
        f"02_在校生及班级_{part[0]}-{part[-1]}.xlsx": part for part in (years[:6], years[6:-1])
    }
    files = {
        name: workbook([_enrolment_sheet(county, population, year) for year in part])
        for name, part in books.items()
    }
    last = years[-1]
    files[f"02_在校生及班级_{last}.xlsx"] = workbook(
        [_enrolment_sheet(county, population, last), _senior_sheet(county, population)]
    )
    return files


def _enrolment_sheet(county: County, population: Population, year: int) -> Sheet:
    t = county.years.index(year)
    newest = year == county.described.base_year
    kinds = ["人数", "班数", *(["寄宿生数", "随迁子女数"] if newest else [])]
    grades = [f"{word}年级" for word in _NUMERALS]
    rows = []
    for school in county.schools:
        pupils, classes = population.pupils[school.school_id], population.classes[school.school_id]
        if not pupils[t, :9].sum():
            continue
        cells: list[Any] = [school.school_id, school.name, year]
        for grade in range(9):
            number = int(pupils[t, grade])
            taught = number > 0
            cells += [number if taught else None, int(classes[t, grade]) if taught else None]
            if newest:
                cells += (
                    list(_boarders_and_migrants(school, grade, number)) if taught else [None] * 2
                )
        rows.append(cells)
    total: list[Any] = ["合计", "", ""]
    total += [sum(row[c] or 0 for row in rows) for c in range(3, len(rows[0]))]
    return Sheet(
        f"{year}学年在校生",
        f"示范县义务教育学校分年级学生数、班级数（{year}学年）",
        ["学校标识码", "学校名称", "学年", *(kinds * 9)],
        rows,
        upper_heads=[
            "学校标识码",
            "学校名称",
            "学年",
            *(grade for grade in grades for _ in kinds),
        ],
        total=total,
        notes=("注：统计时点为9月1日。",),
    )


def _boarders_and_migrants(school: School, grade: int, number: int) -> tuple[int, int]:
    """Return boarders (rural juniors mostly) and migrant children (in the county seat mostly)."""
    rural = school.urban_rural != "城区"
    board = (0.55 if grade >= 6 else 0.08 if grade >= 3 else 0.0) if rural else 0.0
    if school.described.owner == "private":
        board = 0.5 if grade >= 3 else 0.1
    migrant = 0.03 if rural else 0.17
    return round(number * board), round(number * migrant)


def _senior_sheet(county: County, population: Population) -> Sheet:
    rows = []
    for school in county.schools:
        for t, year in enumerate(county.years):
            for grade in (10, 11, 12):
                number = int(population.pupils[school.school_id][t, grade - 1])
                classes = int(population.classes[school.school_id][t, grade - 1])
                if number:
                    rows.append([school.school_id, year, grade, number, classes])
    return Sheet(
        "高中阶段在校生",
        "示范县高中阶段在校生",
        ["学校标识码", "学年", "年级", "在校生数", "班级数"],
        rows,
    )


def register_file(county: County, population: Population, rng: np.random.Generator) -> bytes:
    """Return the class register of the base year, in the encoding of an old system."""
    rows = []
    year = county.described.base_year
    for school in county.schools:
        pupils, classes = population.pupils[school.school_id], population.classes[school.school_id]
        if not taught_stages(school):
            continue
        for grade in range(9):
            sizes = class_register(int(pupils[-1, grade]), int(classes[-1, grade]), rng)
            rows += [
                [school.school_id, year, grade + 1, f"{grade + 1}.{n}", size]
                for n, size in enumerate(sizes, start=1)
            ]
    return delimited(["学校代码", "学年", "年级", "班级", "在校生数"], rows, "gb18030")
