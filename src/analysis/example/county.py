"""Put the demonstration county together."""

from __future__ import annotations

import numpy as np

from analysis.example import bureau, people, plans, settlements, staff
from analysis.example.places import read_county
from analysis.example.pupils import simulate

SEED = 2025
_AREA = """\
name_zh = "示范县"
name_en = "Demo County"
code = "{code}"
level = "county"
rules = "national_2017"
base_year = {base_year}
synthetic = true
population_basis = "resident"
births_basis = "resident"
note_zh = "合成数据：由随机种子 {seed} 生成的虚构县，不对应任何真实地方。"
note_en = "SYNTHETIC: an invented county made from seed {seed}; it stands for no real place."

[[source]]
title = "合成数据 SYNTHETIC（xuewei example --seed {seed}）"
publisher = "analysis.example"
date = "{base_year}-09"
licence = "MIT"
note = "数量级参照公开统计：全国出生人数走势、新昌县和安丘市的学校规模、优质均衡标准"
"""


def county(seed: int = SEED) -> dict[str, bytes]:
    """Return the raw files of the demonstration county (示范县，合成数据).

    Parameters
    ----------
    seed
        Seed of every random number; the same seed gives the same bytes.

    Returns
    -------
    dict
        Content by file name: ``area.toml`` with ``synthetic = true``, workbooks and text files
        laid out as a bureau would send them, with a few untidy cells.

    Notes
    -----
    Twelve towns and 73 schools of every kind. Births follow the national series; children move to
    the county seat before school, villages empty, the primary peak of the 2016 births has passed
    and the junior one is still to come. Nothing describes a real place.
    """
    described = read_county()

    def stream(topic: int) -> np.random.Generator:
        return np.random.default_rng([seed, topic])

    population = simulate(described, stream(1))
    places = settlements.positions(described, stream(2))
    files: dict[str, bytes] = {
        "area.toml": _AREA.format(
            code=described.described.code, base_year=described.described.base_year, seed=seed
        ).encode(),
        "01_学校名单.xlsx": bureau.school_list(described, places),
        **bureau.enrolment_books(described, population),
        "03_教师队伍.xlsx": staff.teacher_book(described, population, stream(3)),
        "04_校舍与装备.xlsx": staff.facility_book(described, population, stream(4)),
        "05_班级名册.csv": bureau.register_file(described, population, stream(5)),
        "06_出生人口.csv": people.births_file(described, population),
        "06_人口与流动.xlsx": people.people_book(described, population),
        "06_居民点与道路.xlsx": settlements.settlement_book(
            described, population, places, stream(6)
        ),
        **plans.plan_books(described, population),
    }
    return files
