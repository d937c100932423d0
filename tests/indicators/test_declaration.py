"""Declaration tables: official rounding, judged unrounded; the report's outline."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import standards
from analysis.indicators import assessment
from analysis.indicators.basic_facts import declaration_basic
from analysis.indicators.declaration import declaration_items, rounded
from analysis.standards import Norm
from tests.indicators.conftest import YEAR, County, with_resources

RULES = standards.load("national_2017")


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (0.5145, 3, "0.515"),  # halves up, not to even
        (2.345, 2, "2.35"),
        (4.496, 2, "4.50"),
        (1999.5, 0, "2000"),
        (0.515257, 3, "0.515"),
        (100.49999999999999, 0, "101"),  # 1.005 * 100 in floats
        (1.4449999, 2, "1.44"),  # no half: only noise behind the thirteenth digit is dropped
        (-0.5, 0, "-1"),
        (None, 2, None),
        (float("nan"), 2, None),
    ],
)
def test_rounding(value, decimals, written):
    assert rounded(value, decimals) == written


def test_a_share_is_rounded_as_a_decimal_not_as_a_binary_float():
    # 0.2825 * 100 is 28.249999999999996: cut to one decimal it would lose its half
    assert rounded(0.2825, 1, times=100) == "28.3"
    assert rounded(0.8475, 1, times=100) == "84.8"
    assert rounded(0.84749, 1, times=100) == "84.7"


def test_the_noise_of_a_sum_is_not_a_missing_half():
    # 2005 times 0.1 is 200.5; added up as floats it falls 7e-12 short, which is the 14th digit
    added = 0.0
    for _ in range(2005):
        added += 0.1

    assert 5e-12 < 200.5 - added < 1e-11
    assert rounded(added, 0) == "201"


def step(county):
    tables = county.tables()
    if tables.has("schools"):
        tables = with_resources(tables, RULES)
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


def test_decimals_are_norms_and_none_of_them_is_zero_by_accident():
    # 4.496 m², CV 0.004 / 4.5 = 0.0009, share 0.97125; people 5000 = 0.5 ten thousands
    own = {"value": 0.0, "whole": 1.0, "cv": 4.0, "share": 2.0}
    norms = [
        Norm(name=f"declaration_decimals_{k}", value=v, source="test", grade="local")
        for k, v in own.items()
    ]
    rules = RULES.overridden(norms)
    county = County().plain("A", 1000, classes=30).plain("B", 1000, classes=30)
    county.facilities[0] |= {"teaching_area_m2": 4496.0, "equipment_cny": 2_000_040.0}
    county.facilities[1] |= {"teaching_area_m2": 4504.0}
    county.add("county_facts", year=YEAR, indicator="disabled_enrolment_share", value=0.97125)
    county.add("population", town_id="C", year=YEAR, basis="resident", persons=15000)

    result = assessment(with_resources(county.tables(), rules), rules=rules)
    school = result["declaration_schools"].set_index("school_id").loc["A"]
    balance = result["declaration_balance"].set_index("indicator").loc["L4"]
    items = result["declaration_items"].set_index("item")
    basic = result["declaration_basic"].set_index("title_zh")["value"]

    assert (school["L4"], school["L6"]) == ("4", "2000.0")
    # (0.004 and -0.004 at equal pupils) / 4.5
    assert (balance["county_value"], balance["cv"]) == ("5", "0.0009")
    assert items.loc["q02", "value"] == "97.13%"
    assert (basic["人口总数"], basic["小学校数"]) == ("2", "2.0")


def test_every_declared_column_of_a_hand_made_county():
    # 800 primary pupils: L1 23 / 800 * 100 = 2.875 -> 2.88; L2 7 / 800 * 100 = 0.875 -> 0.88;
    # L3 5 / 800 * 100 = 0.625 -> 0.63; L4 3564 / 800 = 4.455 -> 4.46;
    # L5 6036 / 800 = 7.545 -> 7.55; L6 1 600 400 / 800 = 2000.5 -> 2001; L7 17 / 800 * 100 = 2.125
    county = County().plain("A", 800, classes=20)
    county.teachers[0] |= {"above_required_qualification": 23, "backbone": 7, "pe_and_arts": 5}
    county.facilities[0] |= {
        "teaching_area_m2": 3564.0,
        "sports_ground_m2": 6036.0,
        "equipment_cny": 1_600_400.0,
        "multimedia_rooms": 17.0,
    }
    for name in ("indoor_sports_m2", "leased_sports_m2"):
        if name in county.facilities[0]:
            county.facilities[0][name] = 0.0

    result = step(county)
    school = result["declaration_schools"].iloc[0]
    balance = result["declaration_balance"].set_index("indicator")["county_value"]

    written = ["2.88", "0.88", "0.63", "4.46", "7.55", "2001", "2.13"]
    assert school[[f"L{i}" for i in range(1, 8)]].tolist() == written
    assert balance.tolist() == written  # one school is the county
    # 2.88, 0.88, 0.63, 4.46, 2.13 lie below 4.2, 1, 0.9, 4.5, 2.3 and so do the unrounded values
    assert school["unmet"] == "L1, L2, L3, L4, L7"
    assert (school["indicators_met"], school["passes"]) == (2, "0")


def test_an_item_with_two_numbers_declares_both_and_a_ratio_stays_a_ratio():
    county = County().plain("A", 1000, classes=30)
    for name, value in (
        ("rotation_eligible_teachers", 400),
        ("rotation_teachers", 49),
        ("rotation_backbone_teachers", 9),
        ("teacher_mean_pay", 101_500),
        ("civil_servant_mean_pay", 100_000),
        ("monitoring_gap_primary", 0.1455),
    ):
        county.add("county_facts", year=YEAR, indicator=name, value=value)

    items = step(county)["declaration_items"].set_index("item")

    # 49 / 400 = 12.25 % -> 12.3 % of 10 %; 9 / 49 = 18.37 % of 20 %: the second fails
    assert items.loc["g11", ["value", "threshold"]].tolist() == ["12.3%; 18.4%", "10.0%; 20.0%"]
    assert items.loc["g11", "verdict"] == "not_met"
    assert items.loc["g08", ["value", "threshold"]].tolist() == ["1.02", "1.00"]  # 1.015
    # levels of both stages unknown, then the gap 0.1455 -> 0.15, judged below 0.15 as it stands
    assert items.loc["q09", "value"] == "—; —; 0.15; —"
    assert items.loc["q09", "verdict"] == "undetermined"
    assert pd.isna(items.loc["g01", "value"])
    assert pd.isna(items.loc["g01", "threshold"])


def test_an_item_judged_school_by_school_declares_how_many_fail():
    county = County().plain("A", 1000, classes=20).plain("B", 1000, classes=30)

    items = step(county)["declaration_items"].set_index("item")

    # A has 50 a class, above 45; B 33.3
    assert items.loc["g05", "failing_schools"] == 1


def test_form_three_counts_private_schools():
    # teaching area of 4.5 m² in the public schools alone has no variation; 9 m² in the private one
    county = County().plain("A", 1000, classes=30).plain("B", 1000, classes=30)
    county.plain("P", 1000, (1, 1, 1, 2, 1, 1, 1), classes=30, owner="private")

    balance = step(county)["declaration_balance"].set_index("indicator")

    # X = 6; deviations -1.5, -1.5, 3: sqrt(13.5 / 3) / 6 = 0.3536
    assert balance.loc["L4", ["county_value", "cv"]].tolist() == ["6.00", "0.354"]


def test_recognition_is_declared_by_channel():
    county = County().plain("A", 1000, classes=30)
    for channel, satisfied in (("questionnaire", 86), ("visit", 80)):
        county.add(
            "survey",
            year=YEAR,
            channel=channel,
            respondent_group="家长",
            respondents=100,
            satisfied=satisfied,
        )

    items = step(county)["declaration_items"]
    rows = items[items["form"] == "VI"].set_index("item")

    assert rows["value"].to_dict() == {"questionnaire": "86.0%", "visit": "80.0%"}
    assert rows["verdict"].to_dict() == {"questionnaire": "met", "visit": "not_met"}


def basic_of(county):
    table = declaration_basic(county.tables(), RULES, YEAR)
    return table.set_index("title_zh")


def test_form_one_has_its_22_columns_with_the_grade_of_their_wording():
    table = basic_of(County().plain("A", 1000))

    assert len(table) == 22
    assert table["row"].tolist() == list(range(1, 23))
    # named in the copy: people to revenue, schools by kind; not worded: income, division by stage
    assert table.index[table["grade"] == "E"].tolist() == [
        "城镇居民人均可支配收入",
        "农村居民人均可支配收入",
        *(
            f"{stage}{what}"
            for what in ("班数", "在校生数", "教职工数", "专任教师数")
            for stage in ("小学", "初中")
        ),
    ]


def test_form_one_leaves_out_what_is_not_given():
    county = County().plain("A", 1000, classes=30)
    county.school("J", "complete_secondary", pupils={9: 900, 10: 300}, classes=20)
    county.school("S", closed_year=YEAR).school("L", opened_year=YEAR + 1)
    county.school("C", main_school_id="A")
    county.school("N", "nine_year").school("T", "twelve_year")
    county.add("population", town_id="C", year=YEAR + 1, basis="registered", persons=5000)
    county.add("population", town_id="C", year=YEAR + 2, basis="registered", persons=6000)
    county.add("county_facts", year=YEAR, indicator="行政村数", value=22)

    table = basic_of(county)
    value = table["value"]

    assert value["小学校数"] == "1"  # not the closed one, the one to come, or the campus
    assert value["一贯制学校数"] == "2"
    assert value["完全中学校数"] == "1"
    assert value["小学在校生数"] == "1000"
    assert value["初中班数"] == "20"
    assert value["初中在校生数"] == "900"  # the senior grade is not counted
    assert value["行政村数"] == "22"
    assert table.loc["行政村数", "source"] == "county_facts"
    # the year after next is not looked at; the form does not say which people it means
    assert table.loc["人口总数", ["value", "basis"]].tolist() == ["0.50", "registered"]
    assert value[["乡镇数", "农业人口", "小学教职工数", "小学专任教师数"]].isna().all()
    assert pd.isna(table.loc["小学教职工数", "source"])


def test_form_one_from_totals_alone():
    # 新铺镇: totals, no school rows; staff of the junior school is not given
    county = County()
    row = {"town_id": "xinpu", "school_year": YEAR}
    county.add("totals", **row, stage="primary", schools=4, teaching_points=3, pupils=1206)
    county.more["totals"][0] |= {"classes": 42, "staff": 99, "teachers": 92}
    county.add("totals", **row, stage="junior", schools=1, pupils=622, classes=12)

    value = basic_of(county)["value"]

    filled = value.dropna().to_dict()
    assert filled == {
        "小学校数": "4",
        "初级中学校数": "1",
        "教学点数": "3",
        "小学班数": "42",
        "初中班数": "12",
        "小学在校生数": "1206",
        "初中在校生数": "622",
        "小学教职工数": "99",
        "小学专任教师数": "92",
    }


def test_people_are_the_countys_own_row_or_all_of_its_towns():
    def people(*rows):
        county = County()
        for town in ("T1", "T2"):
            county.add("towns", town_id=town, town_name=town)
        for town, year, basis, persons in rows:
            county.add("population", town_id=town, year=year, basis=basis, persons=persons)
        return basic_of(county).loc["人口总数", ["value", "basis"]].tolist()

    towns = [("T1", YEAR, "resident", 100), ("T2", YEAR, "resident", 50)]
    assert people(*towns) == ["0.02", "resident"]
    assert people(*towns, ("C", YEAR, "resident", 260)) == ["0.03", "resident"]
    # one town of two is not the county; its registered people are known
    assert people(towns[0], ("C", YEAR, "registered", 170)) == ["0.02", "registered"]
    assert pd.isna(people(towns[0])).all()


def test_outline_has_nine_sections_with_verdicts_and_sentences():
    county = County().plain("A", 1000, (1, 1, 1, 0.5, 1, 1, 1), classes=30)
    county.plain("B", 1000, classes=30).plain("J", 100, kind="junior", classes=3)
    county.add("county_facts", year=YEAR, indicator="v03", status="not_met")
    outline = step(county)["self_assessment"]
    heads = outline[outline["row"] == 0].set_index("section")

    assert heads["heading_zh"].tolist() == [
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
    assert heads.loc[3, "text_zh"] == "结论：未达到"
    assert heads.loc[6, "text_en"] == "Verdict: undetermined"
    said = outline[outline["row"] > 0].groupby("section")["text_zh"].agg(list)
    assert said[2][0].startswith("据申报表Ⅰ：小学校数 2 所，")
    assert said[3][0].startswith("小学纳入评估 2 所，达标 1 所，不达标 1 所，无法判定 0 所")
    assert said[3][1].startswith("初中纳入评估 1 所，达标 1 所")
    # L4 of 2.25 and 4.5 at equal pupils: 1.125 / 3.375 = 0.33; the single junior school has none
    assert said[3][2] == "小学差异系数 7 项中 7 项在限内。"
    assert said[3][3].startswith("初中的差异系数不适用")
    # a veto that is "met" would read as one that applies
    assert said[7][0] == "6 种情形中没有出现的 0 种，出现的 1 种，无法判定的 5 种。"
    assert said[7][1] == "出现：设重点学校或重点班。"
    assert said[8] == ["资源配置未达到：小学。", "出现一票否决情形：设重点学校或重点班。"]
    assert outline["text_en"].notna().sum() == outline["text_zh"].notna().sum()


def test_outline_of_a_place_without_schools():
    county = County()
    county.add("totals", town_id="x", school_year=YEAR, stage="primary", pupils=1206)

    outline = step(county)["self_assessment"]

    assert outline.loc[outline["section"] == 3, "text_zh"].tolist() == ["结论：无法判定"]
    assert "据申报表Ⅰ：小学在校生数 1,206 人。" in outline["text_zh"].tolist()


def test_form_one_reads_facts_up_to_the_calendar_year_the_school_year_ends_in():
    # the assessed school year ends in YEAR + 1; what is dated later is not known yet
    county = County().plain("A", 1000, classes=30)
    for year, villages in ((YEAR, 22), (YEAR + 1, 23), (YEAR + 2, 24)):
        county.add("county_facts", year=year, indicator="villages", value=villages)
    county.add("county_facts", year=YEAR + 2, indicator="agricultural_population", value=50_000)

    value = basic_of(county)["value"]

    assert value["行政村数"] == "23"
    assert pd.isna(value["农业人口"])


@pytest.mark.parametrize(
    ("threshold", "value", "written"),
    [
        (1.0, 0.5, ["50.0%", "100.0%"]),  # a limit of exactly 1 is a share
        (1.5, 1.2, ["1.20", "1.50"]),  # above 1 it is a number
        (0.0, 0.5, ["0.50", "0.00"]),  # nought is no share of anything
    ],
)
def test_a_limit_up_to_one_is_declared_in_percent(threshold, value, written):
    row = {"dimension": "quality", "item": "q02", "title_zh": "题", "title_en": "title"}
    row |= {"test_no": 0, "verdict": "not_met", "value": value, "threshold": threshold}
    items = pd.DataFrame([{**row, "failing_schools": None, "evidence": None}])

    declared = declaration_items(items, pd.DataFrame(), RULES).iloc[0]

    assert declared[["value", "threshold"]].tolist() == written


def test_form_six_declares_the_channel_as_a_whole_and_not_its_groups():
    # 家长 90 of 100, 学生 160 of 200: together 250 / 300 = 83.3 % of 85 %
    county = County().plain("A", 1000, classes=30)
    for group, asked, satisfied in (("家长", 100, 90), ("学生", 200, 160)):
        county.add(
            "survey",
            year=YEAR,
            channel="questionnaire",
            respondent_group=group,
            respondents=asked,
            satisfied=satisfied,
        )

    items = step(county)["declaration_items"]
    rows = items[items["form"] == "VI"]

    assert rows[["value", "verdict"]].to_numpy().tolist() == [["83.3%", "not_met"]]
