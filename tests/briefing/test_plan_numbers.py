"""Seats and money of the plan say the same on page one, on a town's page and in the workbook."""

from __future__ import annotations

import json
from io import BytesIO

import openpyxl
import pandas as pd
import pytest

from analysis import wording
from analysis.briefing import calculation, town, workbook
from analysis.config import run_parameters
from analysis.findings import headlines
from analysis.findings.headlines.plan import _parts
from analysis.store import run_of
from analysis.tables import contract
from tests.briefing.conftest import save

BASE = {"town_id": "990001", "stage": "junior", "under_used": False, "tie": False}
SHARED = BASE | {"kind": "shared_campus", "status": "proposed", "cost_mid_cny": 100_000.0}
#: Two shared campuses follow one another; a catchment moves 405 seats; a school is under way.
PROJECTS = [
    SHARED | {"project_id": "H1", "project_name": "共用一", "rank": 1, "seats": 450.0},
    SHARED | {"project_id": "H2", "project_name": "共用二", "rank": 2, "seats": 300.0},
    SHARED
    | {"project_id": "B1", "project_name": "学区", "rank": 3, "seats": 405.0, "kind": "catchment"},
    BASE
    | {
        "project_id": "P1",
        "project_name": "新校",
        "kind": "new_build",
        "status": "committed",
        "seats": 1000.0,
        "cost_mid_cny": 60_000_000.0,
    },
    BASE
    | {
        "project_id": "P2",
        "project_name": "不建的校",
        "kind": "new_build",
        "status": "candidate",
        "seats": 1000.0,
        "cost_mid_cny": 90_000_000.0,
    },
]
#: In 2026 450 + 1000 stand, in 2027 450 + 300 + 1000, in 2028 300 + 1000.
USE = [
    {"project_id": p, "school_year": y, "scenario": "central", "seats": n, "seats_used": 0.0}
    for p, n, years in (
        ("H1", 450.0, (2026, 2027)),
        ("H2", 300.0, (2027, 2028)),
        ("B1", 405.0, (2026, 2027, 2028)),
        ("P1", 1000.0, (2026, 2027, 2028)),
    )
    for y in years
]
#: H2 opens when H1 is gone.
LATER = [u for u in USE if (u["project_id"], u["school_year"]) != ("H2", 2027)]


@pytest.fixture
def planned(run):
    save(run, "plan_projects", PROJECTS)
    save(run, "plan_use", USE)
    return run


def traces(run):
    found = headlines.headlines(run)["headlines"].set_index("item")
    return {item: json.loads(text) for item, text in found["trace"].items()}


def test_the_formula_of_added_seats_adds_up_to_the_seats_of_the_headline(planned):
    save(planned, "plan_use", LATER)
    found = traces(planned)

    # most at once are the 450 of H1; 300 follow in its place
    assert found["plan_projects"]["formula_zh"] == "相加：450 = 450"
    # plan_seats counts every measure once: 450 + 300; the catchment makes no seat
    assert found["plan_seats"]["formula_zh"] == "相加：450+300 = 750"
    # a measure has seats of its own, no sum of others
    assert found["project.1"]["formula_zh"] == ""


def test_measures_that_all_stand_at_once_are_one_by_one_in_the_formula(run):
    save(run, "plan_projects", PROJECTS)
    save(run, "plan_use", [u | {"school_year": 2030} for u in USE if u["school_year"] == 2027])

    assert traces(run)["plan_projects"]["formula_zh"] == "相加：450+300 = 750"


def test_many_measures_are_added_by_stage():
    # 13 measures of 10 seats, 3 of them primary: more than a formula writes out
    rows = pd.DataFrame({"stage": ["primary"] * 3 + ["junior"] * 10, "seats": [10.0] * 13})

    assert sorted(_parts(rows)) == [30.0, 100.0]
    assert _parts(rows.head(12)) == [10.0] * 12


def test_a_town_says_the_seats_that_stand_together_and_no_moved_catchment(planned):
    (said,) = (
        value
        for name, value in town._facts(planned, town.TownRows(planned), "990001")
        if name == wording.say("briefing.fact_projects", "zh")
    )

    # most in 2027: 450 + 300 + 1000 = 1,750, which is all of them: nothing follows anything
    assert said == "4 个，新增 1,750 个学位，6,030万元"


def test_a_town_whose_measures_follow_one_another_says_the_year_with_most(run):
    save(run, "plan_projects", PROJECTS)
    save(run, "plan_use", LATER)
    said = dict(town._facts(run, town.TownRows(run), "990001"))

    # 2026: 450 + 1000 = 1,450; 2028: 300 + 1000
    assert said[wording.say("briefing.fact_projects", "zh")] == (
        "4 个，先后接替，同一学年最多新增 1,450 个学位（2026学年），6,030万元"
    )


def test_a_building_of_which_no_year_is_told_is_not_left_out(run):
    save(run, "plan_projects", PROJECTS)
    save(run, "plan_use", [u for u in LATER if u["seats"] < 1000])
    said = dict(town._facts(run, town.TownRows(run), "990001"))

    # 450 of 2026 beside the 1000 that stand in no year: 1,450, not 450
    assert "最多新增 1,450 个学位（2026学年）" in said[wording.say("briefing.fact_projects", "zh")]


def test_a_town_with_a_changed_catchment_alone_gets_no_seats(run):
    save(run, "plan_projects", PROJECTS[2:3])
    save(run, "plan_use", USE)
    said = dict(town._facts(run, town.TownRows(run), "990001"))

    assert said[wording.say("briefing.fact_projects", "zh")] == "1 个，不增加学位，10.0万元"


def frame(rows):
    return contract("plan_projects").frame(rows)


def test_a_seat_costs_what_buildings_of_the_plan_cost():
    # 60,000,000 / 1,000 seats; the candidate left out and the shared rooms do not count
    assert calculation.cost_per_seat(frame(PROJECTS)) == (60_000, "calc_cost_plan")
    # nothing is built: the candidate's 90,000,000 / 1,000
    rows = [*PROJECTS[:3], PROJECTS[4]]
    assert calculation.cost_per_seat(frame(rows)) == (90_000, "calc_cost_candidates")
    # a building without a cost is no free seat
    unpriced = PROJECTS[3] | {"cost_mid_cny": None}
    assert calculation.cost_per_seat(frame([unpriced])) == (None, "calc_cost_open")


def test_the_sheet_of_headlines_names_each_in_words_beside_its_key(planned):
    headlines_made = planned.save(headlines.headlines(planned))
    book = openpyxl.load_workbook(BytesIO(workbook.workbook(planned)))
    sheet = book[contract("headlines").title("zh")]
    rows = {row[6].value: row[0].value for row in sheet.iter_rows() if row[6].value}

    assert rows["seats_short.junior.2030"] == "2030学年初中缺学位（各镇相加）"
    assert rows["town_short.primary.1"] == (
        "缺小学学位的镇（第 1 位）：甲<script>alert(1)</script>镇，2030学年"
    )
    assert set(headlines_made["headlines"]["item"]) <= set(rows)
    # every key has words: none of them is shown as its own name
    assert [key for key, name in rows.items() if key == name] == []


def test_decisions_stand_by_rank_and_name_their_headline(planned):
    planned.save(headlines.headlines(planned))
    book = openpyxl.load_workbook(BytesIO(workbook.workbook(planned)))
    sheet = book[contract("decisions").title("zh")]
    lines = [[c.value for c in row] for row in sheet.iter_rows()]
    head = next(i for i, line in enumerate(lines) if line[0] == "编号")
    body = [line for line in lines[head + 2 :] if line[0]]

    assert [line[1] for line in body] == sorted(line[1] for line in body)
    items = {str(line[8]) for line in body if line[8]}
    assert items
    assert not any(item.isascii() for item in items)


def test_a_town_without_schools_says_its_norm_and_which_tables_are_missing(root):
    run = run_of(run_parameters(area="small"), root)
    save(run, "towns", [{"town_id": "990001", "town_name": "甲镇"}])
    row = {"level": "town", "area_id": "990001", "school_year": 2025, "forecast": False}
    row |= {"population_year": 2020, "sentence": "forecast.norm_alone"}
    save(
        run,
        "norm_comparison",
        [
            row | {"stage": stage, "basis": basis, "norm_seats": seats}
            for basis, more in (("registered", 500.0), ("resident", 0.0))
            for stage, seats in (("primary", 11_639.84 + more), ("junior", 5_819.92 + more))
        ],
    )
    rows = town.TownRows(run)

    # resident before registered; 145,498 persons at 80 and 40 a thousand
    assert town._facts(run, rows, "990001") == [
        ("小学千人指标学位", "11,640 个（2020 年常住人口；配置标准，不是需求）"),
        ("初中千人指标学位", "5,820 个（2020 年常住人口；配置标准，不是需求）"),
    ]
    assert town._needs(run, rows, "990001") == (
        "现有数据不足以回答这个问题；请补报：学校、在校生、办学条件、出生人口。"
    )
