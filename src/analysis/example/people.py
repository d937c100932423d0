"""Births, population, children under six and flows between towns, as files."""

from __future__ import annotations

from typing import Any

from analysis.example.places import County
from analysis.example.pupils import Population
from analysis.example.resources import REPORTED_YEARS
from analysis.example.workbook import Sheet, delimited, workbook


def births_file(county: County, population: Population) -> bytes:
    """Return births by town and month."""
    first = county.described.births_from
    rows = [
        [town.town_id, year, month + 1, "常住", int(population.births[i, j, month])]
        for i, town in enumerate(county.towns)
        for j, year in enumerate(population.birth_years)
        if year >= first
        for month in range(12)
    ]
    return delimited(["乡镇代码", "年份", "月份", "人口口径", "出生人数"], rows)


def people_book(county: County, population: Population) -> bytes:
    """Return population on three bases, children under six, and flows between towns."""
    base = county.described.base_year
    flows = _junior_flows(population, base)
    return workbook(
        [
            Sheet(
                "人口",
                "示范县分乡镇人口",
                ["乡镇代码", "年份", "人口口径", "人口数"],
                _people(county),
                notes=("注：2010、2020年为普查数，其余为抽样推算数。",),
            ),
            Sheet(
                "学前适龄儿童",
                "示范县预防接种在册儿童（8月31日满周岁）",
                ["乡镇代码", "年份", "年龄", "人口口径", "儿童数"],
                _under_six(county, population),
            ),
            Sheet(
                "跨镇就读",
                "示范县初中在校生居住与就读乡镇",
                ["居住乡镇代码", "就读乡镇代码", "学年", "学段", "人数"],
                flows,
            ),
        ]
    )


def _junior_flows(population: Population, base: int) -> list[list[Any]]:
    """Return junior pupils by home and school town: the entrants of three years together."""
    pairs = sorted({(home, school) for home, school, _ in population.flows})
    rows: list[list[Any]] = []
    for year in range(base - REPORTED_YEARS + 1, base + 1):
        for home, school in pairs:
            count = sum(population.flows[home, school, y] for y in range(year - 2, year + 1))
            if count > 0:
                rows.append([home, school, year, "初中", count])
    return rows


def _people(county: County) -> list[list[Any]]:
    rows: list[list[Any]] = []
    years = (2010, 2020, *range(2021, county.described.base_year + 1))
    for year in years:
        numbers = []
        for town in county.towns:
            growth = (1.0 + 0.45 * town.described.growth) ** (year - 2020)
            numbers.append(round(town.described.persons * growth, -1))
        rows += [
            [t.town_id, year, "常住", int(n)] for t, n in zip(county.towns, numbers, strict=True)
        ]
        rows.append([county.described.code, year, "常住", int(sum(numbers))])
    last = county.described.base_year
    latest = {row[0]: row[3] for row in rows if row[1] == last}
    registered = [
        int(round(latest[t.town_id] * _registered(t.described.growth), -1)) for t in county.towns
    ]
    rows += [[t.town_id, last, "户籍", n] for t, n in zip(county.towns, registered, strict=True)]
    rows.append([county.described.code, last, "户籍", sum(registered)])
    share = {"城区": 1.0, "镇区": 0.42, "乡村": 0.20}
    urban = [
        int(round(latest[t.town_id] * share[t.described.urban_rural], -1)) for t in county.towns
    ]
    rows += [[t.town_id, last, "城镇常住", n] for t, n in zip(county.towns, urban, strict=True)]
    rows.append([county.described.code, last, "城镇常住", sum(urban)])
    return rows


def _registered(growth: float) -> float:
    """Return registered people per resident: above one where people have left."""
    return 1.04 - 5.0 * growth


def _under_six(county: County, population: Population) -> list[list[Any]]:
    rows = []
    for year in county.years[-2:]:
        for i, town in enumerate(county.towns):
            for age in range(6):
                born = year - age - 1 - population.birth_years[0]
                births = population.births[i]
                later = births[min(born + 1, len(births) - 1), :8]
                children = births[born, 8:].sum() + later.sum()
                stay = 1.0 + (town.described.entry[1] - 1.0) * age / 6
                rows.append([town.town_id, year, age, "预防接种", round(float(children * stay))])
    return rows
