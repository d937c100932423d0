"""What the pages of the plan say: who is overdrawn, what is over-built, spare seats by town."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from analysis.figures import planning as figures
from analysis.findings import planning as findings
from analysis.tables import Tables, contract


def run_of(language="zh", **frames):
    tables = Tables({name: contract(name).frame(list(rows)) for name, rows in frames.items()})
    area = SimpleNamespace(code="C", synthetic=False, title=lambda _: "县")
    return SimpleNamespace(
        tables=tables,
        language=language,
        area=area,
        parameters=SimpleNamespace(scenario="central"),
    )


def source(name, year, cost, carried):
    row = {"funding_source": name, "year": year, "funds_cny": 32e6, "cost_mid_cny": cost}
    return row | {"carried_cny": carried, "over_spent": carried < 0}


def money(year, gap):
    row = {f"cost_{part}_cny": 34e6 for part in ("low", "mid", "high")}
    row |= {"year": year, "funds_cny": 32e6, "gap_cny": gap, "price_year": 2025}
    return row | {"price_index": 1.0, "spare_seats": 0.0, "spare_cost_cny": 0.0}


SOURCES = (
    source("县级财政", 2026, 34e6, -2e6),
    source("县级财政", 2027, 1e6, 31e6),
    source("—", 2027, 5e5, -5e5),
)


def test_a_gap_names_the_source_its_year_and_both_amounts():
    run = run_of(plan_money=[money(2026, 2e6), money(2027, 5e5)], plan_money_sources=SOURCES)
    said = findings.money(run)[1]

    # 34 million to pay against 32 million: 2 million over; half a million without a source
    assert "250万元" in said
    assert "2026 年县级财政安排 3,400万元，可用（含结转）3,200万元，超出 200万元" in said
    assert "2027 年有 50.0万元没有资金来源" in said
    assert said.index("县级财政") < said.index("没有资金来源")
    english = findings.overdrawn(run.tables["plan_money_sources"], "en")
    assert "in 2026 县级财政 is to pay CNY 34.0 million and has CNY 32.0 million" in english


def test_without_a_gap_the_funds_suffice():
    run = run_of(plan_money=[money(2026, 0.0)], plan_money_sources=SOURCES[1:2])

    assert "没有资金缺口" in findings.money(run)[1]


def test_a_committed_project_without_a_cost_is_not_free():
    rows = [project(status="committed"), project(project_id="R", status="committed")]
    rows[1] |= {"cost_mid_cny": 1e6}
    run = run_of(plan_money=[money(2026, 0.0)], plan_projects=rows)

    # 34 million by year; one of the two committed projects is in no year at all
    assert "3,400万元（另有 1 项未知，未计入）" in findings.money(run)[0]


def project(**more):
    base = {"project_id": "P", "project_name": "新校", "project_name_en": "New school"}
    base |= {"kind": "new_build", "status": "proposed", "under_used": False, "tie": False}
    base |= {"use_peak": 0.21, "use_plus10": 0.0, "peak_year": 2027, "plus10_year": 2035}
    return base | more


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "已立项的新校"), ("en", "New school, which is committed")]
)
def test_a_committed_project_that_stands_empty_is_named(language, words):
    rows = [project(status="committed", under_used=True), project(project_id="R", rank=1)]
    said = findings.guard(run_of(language, plan_projects=rows))

    assert words in said[0]
    assert "21%" in said[0] and "2027" in said[0] and "2035" in said[0]
    # what the plan chose itself is not flagged
    assert len(said) == 2


def test_spare_seats_are_shown_a_row_a_town():
    smaller = {"kind": "smaller_classes", "town_id": "A", "finish_year": 2026}
    rows = [
        project(project_id="a", rank=1, stage="primary", seats=-90, **smaller),
        project(project_id="b", rank=2, stage="junior", seats=-50, **smaller),
        project(
            project_id="c", rank=3, stage="junior", seats=-50, **(smaller | {"finish_year": 2030})
        ),
        project(project_id="d", rank=4, stage="primary", seats=-45, **(smaller | {"town_id": "B"})),
        project(project_id="e", rank=5, stage="primary", seats=200),
    ]
    towns = [{"town_id": "A", "town_name": "甲"}, {"town_id": "B", "town_name": "乙"}]
    run = run_of(plan_projects=rows, towns=towns)
    shown = figures.spare_use(run).frame

    # A: 90 primary, 50 + 50 junior, from 2026 and 2030; B has no junior row
    assert shown.iloc[0].tolist() == ["甲", "90", "100", "2026-2030"]
    assert shown.iloc[1].tolist()[:2] == ["乙", "45"]
    assert shown.iloc[1].iloc[3] == "2026"
    assert list(figures.listed(run)["project_id"]) == ["e"]


def test_sensitivity_says_the_worst_case():
    base = {"projects": 30, "cheapest": "robust", "lowest_regret": "robust"}
    rows = [
        base | {"weight": "shortage", "factor": 0.5, "projects_kept": 28},
        base | {"weight": "shortage", "factor": 2.0, "projects_kept": 30},
        base | {"weight": "travel", "factor": 2.0, "projects_kept": 29, "cheapest": "greedy"},
    ]
    (said,) = findings.sensitivity(run_of(plan_sensitivity=rows))

    assert "共 3 种情形" in said and "其中 2 种" in said
    assert "最少有 28 项仍值得（“缺学位”乘 0.5 时）" in said
    assert len(findings.sensitivity(run_of(plan_sensitivity=[]))) == 0


def test_measures_without_building_are_counted_by_kind_with_their_signs():
    rows = [
        project(project_id="a", rank=1, kind="shared_campus", seats=450, finish_year=2026),
        project(project_id="b", rank=2, kind="shared_campus", seats=300, finish_year=2028),
        project(project_id="c", rank=3, kind="merger", seats=-90, finish_year=2027),
    ]
    rows = [r | {"cost_low_cny": 0.0, "cost_mid_cny": 0.0, "cost_high_cny": 0.0} for r in rows]
    run = run_of(plan_projects=rows, plan_status=[{"item": "solver_status", "text": "optimal"}])
    said = findings.headline(run)[0]

    # 450 + 300 shared; the merger gives 90 up and is not added to them
    assert "不建设的调整 3 项（撤并 1 项 -90 个学位；共享校区 2 项 750 个学位" in said


def test_a_measure_of_unknown_seats_and_cost_adds_nothing_silently():
    costs = ("cost_low_cny", "cost_mid_cny", "cost_high_cny")
    rows = [
        project(project_id="a", rank=1, kind="catchment", seats=450, finish_year=2026),
        project(project_id="b", rank=2, kind="catchment", seats=None, finish_year=2028),
        project(project_id="c", rank=3, kind="expansion", seats=None, finish_year=2028),
    ]
    rows = [r | dict.fromkeys(costs, 1e6 if r["rank"] != 2 else None) for r in rows]
    run = run_of(plan_projects=rows, plan_status=[{"item": "solver_status", "text": "optimal"}])
    built, arranged = findings.headline(run)[:2]

    assert "新增学位 0 个" not in built and "未知" in built
    # 450 of one measure and 100 万元, the other of each unknown and said to be
    assert "学区调整 2 项 450（另有 1 项未知，未计入）" in arranged
    assert arranged.count("100万元（另有 1 项未知，未计入）") == 3


def test_the_project_table_of_a_page_puts_what_belongs_together_in_one_cell():
    rows = [
        project(
            project_id="a",
            rank=1,
            town_id="A",
            seats=540,
            classes=12,
            site_area_m2=9000,
            floor_area_m2=3600,
            start_year=2026,
            finish_year=2028,
            cost_low_cny=9.5e6,
            cost_mid_cny=1e7,
            cost_high_cny=1.1e7,
            funding_source="县级财政",
            responsible="教育局",
            under_used=True,
        ),
        project(project_id="b", status="named", use_plus10=None),
    ]
    run = run_of(plan_projects=rows, towns=[{"town_id": "A", "town_name": "甲"}])
    shown = figures.projects(run).frame
    first, second = shown.to_dict("records")

    assert list(shown.columns)[:3] == ["项目名称", "排序", "乡镇"]
    assert len(shown.columns) == 13
    assert first["性质 · 状态"] == "新建 · 规划提出"
    assert first["用地 / 建筑面积 (m²)"] == "9,000 / 3,600"
    assert first["开工–启用"] == "2026–2028"
    # 10,000,000 yuan are 1,000 ten thousands
    assert (first["投资 (万元)"], first["低–高 (万元)"]) == ("1,000.0", "950.0–1,100.0")
    assert first["资金来源 · 责任单位"] == "县级财政 · 教育局"
    assert (first["峰后十年使用率 (%)"], first["过低"]) == ("0.0", "是")
    assert second["过低"] == ""
    assert second["用地 / 建筑面积 (m²)"] == second["投资 (万元)"] == "—"


def test_planning_parameters_are_shown_where_something_was_planned():
    rows = [{"name": "reserve_rate", "title_zh": "备用率", "title_en": "Reserve", "stage": "all"}]
    rows = [r | {"grade": "tool", "status": "default", "value": 0.02} for r in rows]
    unplanned = run_of(plan_assumptions=rows)

    assert "不足以回答" in figures.assumptions(unplanned).data
