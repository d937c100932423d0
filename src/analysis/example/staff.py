"""Workbooks of teachers, buildings and special rooms, with a clerk's usual slips."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.example.places import County
from analysis.example.pupils import Population
from analysis.example.resources import (
    REPORTED_YEARS,
    facility_rows,
    special_room_rows,
    teacher_rows,
)
from analysis.example.workbook import Sheet, under_titles, workbook

_MU_M2 = 2000 / 3
TEACHERS = {
    "school_id": "学校标识码",
    "school_year": "学年",
    "stage": "学段",
    "full_time": "专任教师总人数",
    "above_required_qualification": "高于规定学历教师数",
    "backbone": "县级及以上骨干教师数",
    "pe_and_arts": "体育艺术教师数",
    "pe_and_arts_shared": "体艺交流走教教师数",
    "certified": "持证教师数",
    "trained": "近5年培训满360学时专任教师人数",
    "senior_title": "中级及以上职称教师数",
}
FACILITIES = {
    "school_id": "学校标识码",
    "school_year": "学年",
    "scope": "填报范围",
    "teaching_area_m2": "教学及辅助用房（㎡）",
    "indoor_sports_m2": "室内体育用房（㎡）",
    "sports_ground_m2": "运动场地面积（㎡）",
    "leased_sports_m2": "校外租赁场馆面积（㎡）",
    "converted_sports_m2": "校内改造体育场地面积（㎡）",
    "equipment_cny": "教学仪器设备资产值（万元）",
    "multimedia_rooms": "网络多媒体教室间数",
    "computers": "计算机数",
    "books": "图书册数",
    "classrooms": "普通教室数",
    "unsafe_classrooms": "其中危房教室数",
    "temporary_classrooms": "其中临时教室数",
    "floor_area_m2": "校舍建筑面积（㎡）",
    "unsafe_area_m2": "危房面积（㎡）",
    "site_area_m2": "占地面积（亩）",
    "public_funds_cny": "公用经费预算（万元）",
    "training_funds_cny": "教师培训经费预算（万元）",
}
ROOMS = {
    "school_id": "学校代码",
    "kind": "教室类型",
    "room_no": "教室编号",
    "area_m2": "面积（㎡）",
}


def teacher_book(county: County, population: Population, rng: np.random.Generator) -> bytes:
    """Return the workbook of teachers, with a total that is off and a part above its whole."""
    rows = teacher_rows(county, population, rng)
    sheets = []
    for year in county.years[-REPORTED_YEARS:]:
        heads, cells = under_titles([r for r in rows if r["school_year"] == year], TEACHERS)
        if year == county.described.base_year - 1:
            wrong = next(row for row in cells if row[0] == county.named("坪上小学").school_id)
            wrong[5] = wrong[3] + 4
        total: list[Any] = ["合计", "", ""]
        total += [sum(row[c] for row in cells) for c in range(3, len(heads))]
        if year == county.described.base_year:
            total[3] += 12
        sheets.append(
            Sheet(
                f"{year}学年教师",
                f"示范县专任教师情况（{year}学年）",
                heads,
                cells,
                total=total,
            )
        )
    return workbook(sheets)


def facility_book(county: County, population: Population, rng: np.random.Generator) -> bytes:
    """Return the workbook of buildings and equipment, with untidy cells and a row twice."""
    rows = facility_rows(county, population, rng)
    for row in rows:
        for column in ("equipment_cny", "public_funds_cny", "training_funds_cny"):
            row[column] = round(row[column] / 10_000, 4)
        row["site_area_m2"] = round(row["site_area_m2"] / _MU_M2, 2)
        row["scope"] = {"全校": "school", "小学": "primary", "初中": "junior"}[row["scope"]]
        _untidy(county, row)
    sheets = []
    for year in county.years[-REPORTED_YEARS:]:
        chosen = [row for row in rows if row["school_year"] == year]
        if year == county.described.base_year:
            chosen.append(dict(chosen[-1]))
        heads, cells = under_titles(chosen, FACILITIES)
        sheets.append(
            Sheet(
                f"{year}学年办学条件",
                f"示范县校舍、场地与装备（{year}学年）",
                heads,
                cells,
                notes=("注：教学及辅助用房含室内体育用房；设备值为账面原值。",),
            )
        )
    heads, cells = under_titles(special_room_rows(county, population, rng), ROOMS)
    sheets.append(Sheet("专用教室", "示范县专用教室明细（2025学年）", heads, cells))
    return workbook(sheets)


def _untidy(county: County, row: dict[str, Any]) -> None:
    """Leave the marks a clerk leaves: a word for a number, full-width digits, a dash."""
    name = next(s.name for s in county.schools if s.school_id == row["school_id"])
    newest = row["school_year"] == county.described.base_year
    if name == "杨庄小学" and row["school_year"] == county.described.base_year - 1:
        row["equipment_cny"] = f"约{row['equipment_cny']:.0f}"
    if name == "东桥小学" and newest:
        wide = {ord(str(d)): chr(0xFF10 + d) for d in range(10)}
        row["classrooms"] = str(row["classrooms"]).translate(wide)
    if name == "南湖小学" and newest:
        row["sports_ground_m2"] = "—"
