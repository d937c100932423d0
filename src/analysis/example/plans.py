"""Projects, money, county facts, survey, targets and assumptions, as workbooks."""

from __future__ import annotations

import csv
import io
from importlib import resources
from typing import Any

from analysis.example.places import County
from analysis.example.pupils import Population
from analysis.example.resources import taught_stages
from analysis.example.workbook import Sheet, workbook


def plan_books(county: County, population: Population) -> dict[str, bytes]:
    """Return the workbooks of projects and money, of county facts, and of assumptions."""
    facts_heads, facts = _table(county, "county_facts")
    facts += _retention(county, population, len(facts_heads))
    return {
        "07_项目与资金.xlsx": workbook(
            [
                _sheet(county, "projects", "项目", "示范县学校建设项目库"),
                _sheet(county, "finance", "资金", "示范县学校建设资金安排"),
                _sheet(county, "housing", "住宅开发", "示范县在建住宅项目"),
                _sheet(county, "gap_items", "缺口清单", "示范县办学条件缺口清单"),
            ]
        ),
        "08_县域指标与满意度.xlsx": workbook(
            [
                Sheet("县域指标", "示范县县域指标与佐证", facts_heads, facts),
                _sheet(county, "survey", "满意度调查", "示范县社会认可度调查（2025年）"),
                _sheet(county, "targets", "分期目标", "示范县分期目标与完成情况"),
            ]
        ),
        "09_假设登记.xlsx": workbook(
            [_sheet(county, "assumptions", "假设登记", "示范县预测假设登记")]
        ),
    }


def _retention(county: County, population: Population, width: int) -> list[list[Any]]:
    """Return the figures of three-year junior retention, from the pupils themselves."""
    ordinary = [population.pupils[s.school_id] for s in county.schools if taught_stages(s)]
    start, end = (int(sum(grid[t, grade] for grid in ordinary)) for t, grade in ((-4, 6), (-2, 8)))
    values = {
        "junior_start_pupils": start,
        "junior_graduates": end - 14,
        "junior_transfers_in": 38,
        "junior_transfers_out": 71,
        "junior_deaths": 1,
    }
    year = county.described.base_year
    return [
        [key, year, value, "人", *([""] * (width - 5)), "县教育局"] for key, value in values.items()
    ]


def _table(county: County, name: str) -> tuple[list[str], list[list[Any]]]:
    """Read a table kept as text; numbers become numbers, school names become codes."""
    text = (resources.files("analysis.example") / "sheets" / f"{name}.csv").read_text("utf-8")
    heads, *lines = csv.reader(io.StringIO(text))
    codes = {school.name: school.school_id for school in county.schools}
    place = heads.index("学校代码") if "学校代码" in heads else -1
    labels = ("项目编号", "乡镇代码", "序号", "上级序号", "材料日期", "日期", "有效期至")
    kept = {heads.index(label) for label in labels if label in heads}
    rows: list[list[Any]] = []
    for line in lines:
        cells: list[Any] = [cell if i in kept else _plain(cell) for i, cell in enumerate(line)]
        if place >= 0 and cells[place]:
            cells[place] = codes[cells[place]]
        rows.append(cells)
    return heads, rows


def _plain(cell: str) -> str | float | None:
    if not cell:
        return None
    try:
        return float(cell)
    except ValueError:
        return cell


def _sheet(county: County, name: str, sheet: str, title: str) -> Sheet:
    heads, rows = _table(county, name)
    return Sheet(sheet, title, heads, rows)
