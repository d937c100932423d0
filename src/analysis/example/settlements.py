"""Where the schools of the demonstration county lie, and the villages and estates around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.example.places import County, School, Town
from analysis.example.pupils import Population, stage_columns
from analysis.example.workbook import Sheet, workbook

Position = tuple[float, float]

#: Kilometres of a degree of latitude, and the same along the parallel of the county.
_KM_LAT, _KM_LON = 111.2, 96.3
#: Mountain roads against the straight line, and walking and riding in kilometres an hour.
_WINDING, _SPEED = 1.65, 18.0
#: Share of a town's children who live at its centre.
_AT_CENTRE = {"城区": 0.80, "镇区": 0.42, "乡村": 0.34}
_ROADS_IN = ("云岭镇", "高峰乡", "竹山乡")


def positions(county: County, rng: np.random.Generator) -> dict[str, Position]:
    """Return a place for every school near its town's centre; teaching points lie farther out."""
    return {school.school_id: _position(school, rng) for school in county.schools}


def _position(school: School, rng: np.random.Generator) -> Position:
    reach = {"teaching_point": 0.050, "primary": 0.026}.get(school.described.kind, 0.012)
    if school.urban_rural == "城区":
        reach = 0.017
    angle, distance = 2 * np.pi * rng.random(), reach * (0.35 + 0.65 * rng.random())
    town = school.town.described
    return (
        round(town.lon + distance * float(np.cos(angle)), 5),
        round(town.lat + 0.86 * distance * float(np.sin(angle)), 5),
    )


def settlement_book(
    county: County,
    population: Population,
    places: Mapping[str, Position],
    rng: np.random.Generator,
) -> bytes:
    """Return the workbook of settlements with their children, and of some mountain roads."""
    settled = [
        row for town in county.towns for row in _of_town(county, population, town, places, rng)
    ]
    return workbook(
        [
            Sheet(
                "居民点",
                "示范县村、社区适龄儿童",
                [
                    "居民点代码",
                    "居民点名称",
                    "乡镇代码",
                    "城乡类型",
                    "经度",
                    "纬度",
                    "小学适龄儿童",
                    "初中适龄儿童",
                ],
                settled,
            ),
            Sheet(
                "道路距离",
                "示范县山区村到学校的道路",
                ["出发地代码", "学校代码", "道路距离（km）", "用时（分钟）"],
                _roads(county, settled, places),
                notes=("注：只列山区三个乡镇，其余按直线估算。",),
            ),
        ]
    )


def _of_town(
    county: County,
    population: Population,
    town: Town,
    places: Mapping[str, Position],
    rng: np.random.Generator,
) -> list[list[Any]]:
    """Split a town's children among its centre, the places of its small schools and others."""
    primary, junior = _children(county, population, town)
    described = town.described
    anchors = [
        (school.name.removesuffix("教学点").removesuffix("小学"), places[school.school_id])
        for school in county.of_town(town)
        if school.urban_rural == "乡村" and school.described.kind in ("primary", "teaching_point")
    ]
    anchors += [
        (f"{town.name[:2]}{word}", _near(town, rng)) for word in ("上湾", "下湾", "新", "老街")
    ]
    weights = 0.6 + rng.random(len(anchors))
    shares = (1.0 - _AT_CENTRE[described.urban_rural]) * weights / weights.sum()
    rest = "乡村" if described.urban_rural != "城区" else "城区"
    villages = [
        (f"{name}村" if rest == "乡村" else f"{name}社区", place, float(share), rest)
        for (name, place), share in zip(anchors, shares, strict=True)
    ]
    centre = (
        f"{town.name[:2]}中心社区",
        (described.lon, described.lat),
        1.0 - float(shares.sum()),
        described.urban_rural,
    )
    return [
        [
            f"{town.town_id}{number:03d}",
            name,
            town.town_id,
            kind,
            *place,
            round(primary * share),
            round(junior * share),
        ]
        for number, (name, place, share, kind) in enumerate((centre, *villages), start=1)
    ]


def _near(town: Town, rng: np.random.Generator) -> Position:
    reach = 0.015 if town.described.urban_rural == "城区" else 0.045
    angle, distance = 2 * np.pi * rng.random(), reach * (0.4 + 0.6 * rng.random())
    return (
        round(town.described.lon + distance * float(np.cos(angle)), 5),
        round(town.described.lat + 0.86 * distance * float(np.sin(angle)), 5),
    )


def _children(county: County, population: Population, town: Town) -> tuple[int, int]:
    """Return children of primary age (where they go to school) and of junior age (at home)."""
    primary = sum(
        int(population.pupils[s.school_id][-1, stage_columns("primary")].sum())
        for s in county.of_town(town)
        if s.described.kind != "special"
    )
    base = county.described.base_year
    junior = sum(
        count
        for (home, _, year), count in population.flows.items()
        if home == town.town_id and year > base - 3
    )
    return primary, junior


def _roads(
    county: County, settled: list[list[Any]], places: Mapping[str, Position]
) -> list[list[Any]]:
    rows = []
    for town in (county.town_named(name) for name in _ROADS_IN):
        schools = [s for s in county.of_town(town) if s.is_open(county.described.base_year)]
        for code, _, town_id, _, lon, lat, *_ in settled:
            if town_id != town.town_id:
                continue
            for school in schools:
                there = places[school.school_id]
                straight = np.hypot((lon - there[0]) * _KM_LON, (lat - there[1]) * _KM_LAT)
                road = round(float(straight) * _WINDING, 2)
                rows.append([code, school.school_id, road, round(road / _SPEED * 60)])
    return rows
