"""Declaration tables: official rounding, judged unrounded; the report's outline."""

from __future__ import annotations

import pytest

from analysis import standards
from analysis.indicators import assessment, indicators
from analysis.indicators.declaration import rounded
from tests.indicators.conftest import YEAR, County

RULES = standards.load("national_2017")


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (0.5145, 3, "0.515"),  # halves up, not to even
        (2.345, 2, "2.35"),
        (4.496, 2, "4.50"),
        (1999.5, 0, "2000"),
        (0.515257, 3, "0.515"),
        (None, 2, None),
        (float("nan"), 2, None),
    ],
)
def test_rounding(value, decimals, written):
    assert rounded(value, decimals) == written


def step(county):
    tables = county.tables()
    tables = tables.with_tables(indicators(tables, rules=RULES).tables)
    return assessment(tables, rules=RULES)


def test_a_value_that_rounds_to_the_threshold_is_still_declared_unmet():
    county = County().plain("A", 1000, classes=30).plain("B", 1000, classes=30)
    county.facilities[0] |= {"teaching_area_m2": 4496.0, "sports_ground_m2": 7000.0}
    county.add("county_facts", year=YEAR, indicator="disabled_enrolment_share", value=0.97125)

    result = step(county)
    schools = result["declaration_schools"].set_index("school_id")
    balance = result["declaration_balance"].set_index("indicator")
    items = result["declaration_items"].set_index("item")

    assert schools.loc["A", "L4"] == "4.50"
    assert schools.loc["A", "unmet"] == "L4, L5"
    assert schools.loc["A", "passes"] == "0"
    assert schools.loc["B", ["L1", "L6", "passes"]].tolist() == ["4.20", "2000", "1"]
    # x = 4.496 and 4.5: CV = 0.002 / 4.498 = 0.00044
    assert balance.loc["L4", "cv"] == "0.000"
    assert balance.loc["L4", "county_value"] == "4.50"
    assert items.loc["q02", "value"] == "97.1%"
    assert items.loc["q02", "threshold"] == "95.0%"
    assert set(items["form"]) == {"IV", "V"}


def test_basic_facts_leave_out_what_is_not_given():
    county = County().plain("A", 1000, classes=30)
    county.school("J", "complete_secondary", pupils={9: 900, 10: 300}, classes=20)
    county.add("population", town_id="C", year=YEAR + 1, basis="registered", persons=5000)
    county.add("population", town_id="C", year=YEAR + 2, basis="registered", persons=6000)

    basic = step(county)["declaration_basic"].set_index("title_zh")["value"]

    assert basic["小学"] == "1"
    assert basic["小学在校生数"] == "1000"
    assert basic["初中班数"] == "20"
    assert basic["初中在校生数"] == "900"  # the senior grade is not counted
    assert basic["户籍人口"] == "5000"  # the year after next is not looked at
    assert basic[["常住人口", "小学专任教师数"]].isna().all()


def test_outline_has_nine_sections_with_verdicts():
    outline = step(County().plain("A", 1000).plain("B", 1000))["self_assessment"]

    assert outline["heading_zh"].tolist() == [
        "前言",
        "基本情况",
        "资源配置",
        "政府保障程度",
        "教育质量",
        "社会认可度",
        "一票否决自查",
        "问题与整改",
        "附表",
    ]
    assert outline.loc[2, "text_zh"] == "结论：达到"
    assert outline.loc[5, "text_en"] == "Verdict: undetermined"
