"""Items, evidence, recognition, vetoes and the verdict of the county."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import standards
from analysis.errors import ParameterError, StandardsError
from analysis.indicators import assess_lines, assess_report, assessment, indicators
from analysis.indicators.items import fact_keys, items, missing_words
from analysis.indicators.judgements import all_of, assessment_items
from analysis.indicators.recognition import recognition, wilson
from analysis.indicators.school_tests import school_tests, training_funds_tests
from analysis.tables import Tables, contract
from tests.indicators.conftest import YEAR, County, frame, with_resources

RULES = standards.load("national_2017")
NOTHING = pd.DataFrame(columns=["test", "verdict", "population"])


def judged(rows, rules=RULES):
    facts = [{"year": YEAR, **row} for row in rows]
    tables = Tables({"county_facts": frame("county_facts", facts)} if facts else {})
    return assessment_items(tables, NOTHING, NOTHING, rules, YEAR).set_index(["item", "test_no"])


def value(key, number, **more):
    return {"indicator": key, "value": number, **more}


def values(**numbers):
    return [value(key, number) for key, number in numbers.items()]


def document(item, status, evidence="文件.pdf"):
    return {"indicator": item, "status": status, "evidence": evidence}


def test_fifteen_nine_six_and_their_keys_are_documented():
    by_dimension = pd.Series([i.dimension for i in items()]).value_counts()
    page = (Path(__file__).parents[2] / "docs" / "county-facts.md").read_text("utf-8")

    assert by_dimension.to_dict() == {"guarantee": 15, "quality": 9, "veto": 6, "eligibility": 5}
    for key in [*fact_keys(), *(i.item for i in items())]:
        assert f"`{key}`" in page


def test_every_fact_an_item_reads_is_defined_and_every_norm_exists():
    for item in items():
        for test in item.tests:
            assert set(test.keys) <= set(fact_keys())
            if test.norm:
                assert RULES.find(test.norm, test.stage) is not None


@pytest.mark.parametrize(
    ("facts", "item", "expected"),
    [
        # 教师工资: 1 is enough
        (
            values(teacher_mean_pay=90_000, civil_servant_mean_pay=90_000),
            "g08",
            "met",
        ),
        (
            values(teacher_mean_pay=89_999, civil_servant_mean_pay=90_000),
            "g08",
            "not_met",
        ),
        ([value("teacher_mean_pay", 89_999)], "g08", "undetermined"),
        # 交流轮岗: 10 % and, of those who moved, 20 %
        (
            [
                value("rotation_eligible_teachers", 500),
                value("rotation_teachers", 50),
                value("rotation_backbone_teachers", 10),
            ],
            "g11",
            "met",
        ),
        (
            [
                value("rotation_eligible_teachers", 500),
                value("rotation_teachers", 50),
                value("rotation_backbone_teachers", 9),
            ],
            "g11",
            "not_met",
        ),
        (
            [
                value("near_enrolment_share_primary", 1.0),
                value("near_enrolment_share_junior", 0.95),
            ],
            "g13",
            "met",
        ),
        ([value("near_enrolment_share_primary", 0.99)], "g13", "not_met"),
        ([value("special_education_funds_per_pupil", 6000)], "g07", "met"),
        ([value("special_education_funds_per_pupil", 5999)], "g07", "not_met"),
        ([value("disabled_enrolment_share", 0.95)], "q02", "met"),
        (
            values(
                monitoring_level_primary=3,
                monitoring_level_junior=3,
                monitoring_gap_primary=0.149,
                monitoring_gap_junior=0.15,
            ),
            "q09",
            "not_met",  # the gap must be below 0.15
        ),
        (
            values(
                monitoring_level_primary=3,
                monitoring_level_junior=4,
                monitoring_gap_primary=0.149,
                monitoring_gap_junior=0.1,
            ),
            "q09",
            "met",
        ),
        ([value("basic_balance_passed_year", 2021)], "e01", "met"),
        ([value("basic_balance_passed_year", 2022)], "e01", "not_met"),
        (
            values(composite_cv_primary=0.6, composite_cv_junior=0.51),
            "e02",
            "not_met",
        ),
        ([document("g01", "met")], "g01", "met"),
        ([document("g01", "met", None)], "g01", "undetermined"),
        ([document("g01", "met", "  ")], "g01", "undetermined"),
        ([document("g01", "not_met")], "g01", "not_met"),
        ([document("g01", "undetermined")], "g01", "undetermined"),
        ([], "g01", "undetermined"),
        ([document("g08", "met")], "g08", "met"),  # evidence stands in where there is no number
        ([document("v01", "not_met")], "v01", "not_met"),
        ([value("v01", 1)], "v01", "not_met"),
        ([document("v01", "met")], "v01", "met"),
        ([], "v01", "undetermined"),
        # both a number and a document are asked for
        (
            values(quality_senior_plan_places=100, quality_senior_quota_places=50),
            "g14",
            "undetermined",
        ),
        (
            [
                *values(quality_senior_plan_places=100, quality_senior_quota_places=50),
                document("g14", "met"),
            ],
            "g14",
            "met",
        ),
        (
            [
                *values(quality_senior_plan_places=100, quality_senior_quota_places=49),
                document("g14", "met"),
            ],
            "g14",
            "not_met",
        ),
    ],
)
def test_items(facts, item, expected):
    assert judged(facts).loc[(item, 0), "verdict"] == expected


def test_retention_by_its_formula_and_titles_as_keys():
    # (980 - 15 + 22) / (1000 - 1) = 0.98799; given under Chinese titles
    names = [("初中毕业生数", 980), ("三年间转入人数", 15), ("三年间转出人数", 22)]
    names += [("三年前初一在校生数", 1000), ("三年间死亡人数", 1)]

    table = judged([value(title, number) for title, number in names])

    assert table.loc[("q01", 1), "value"] == pytest.approx(0.98799, abs=5e-6)
    assert table.loc[("q01", 0), "verdict"] == "met"


def test_migrant_children_and_what_they_are_short_of():
    # (700 + 100) / 1000 = 0.80 < 0.85: 50 children short
    table = judged(
        [
            value("migrant_children_public", 700),
            value("migrant_children_purchased", 100),
            value("migrant_children_eligible", 1000),
        ]
    )

    assert table.loc[("g15", 1), "value"] == pytest.approx(0.80)
    assert table.loc[("g15", 1), "shortfall"] == pytest.approx(50)
    assert table.loc[("g15", 1), "shortfall_unit"] == "人"


def test_dated_norm_of_the_year_counts_and_the_newest_fact():
    funds = "public_funds_per_pupil_primary"
    old = {"indicator": funds, "year": 2020, "value": 700.0}
    new = {"indicator": funds, "year": 2024, "value": 719.0}
    tables = Tables({"county_facts": frame("county_facts", [old, new])})

    def row(year):
        table = assessment_items(tables, NOTHING, NOTHING, RULES, year)
        return table.set_index(["item", "test_no"]).loc[("g02", 1)]

    # 650 yuan held in 2020, 720 from 2023
    assert (row(2020)["threshold"], row(2020)["verdict"]) == (650, "met")
    assert (row(2024)["threshold"], row(2024)["verdict"]) == (720, "not_met")
    assert row(2024)["value"] == 719


def test_judgement_that_differs_from_the_numbers_is_flagged():
    table = judged([value("special_education_funds_per_pupil", 5000), document("g07", "met")])

    assert table.loc[("g07", 0), "verdict"] == "not_met"
    assert table.loc[("g07", 0), "judgement_differs"]


def test_all_of_is_three_valued():
    assert all_of(["met", "met"]) == "met"
    assert all_of(["met", "undetermined"]) == "undetermined"
    assert all_of(["undetermined", "not_met"]) == "not_met"
    assert all_of(["not_applicable", "met"]) == "met"
    assert all_of(["not_applicable"]) == "not_applicable"


def survey(*rows):
    names = ("respondent_group", "respondents", "satisfied", "weight", "design_effect")
    return frame(
        "survey",
        [
            {"year": YEAR, "channel": "questionnaire", **dict(zip(names, row, strict=False))}
            for row in rows
        ],
    )


def total(table):
    return table[table["respondent_group"] == "all"].iloc[0]


def test_unweighted_survey_pools_answers():
    # (90 + 160) / (100 + 200) = 0.8333
    row = total(recognition(survey(("家长", 100, 90), ("学生", 200, 160)), RULES, YEAR))

    assert row["share"] == pytest.approx(250 / 300)
    assert row["verdict"] == "not_met"
    # Wilson, n = 300, p = 0.8333, z = 1.95996: by hand 0.7870 to 0.8713
    assert row["lower"] == pytest.approx(0.7870, abs=5e-4)
    assert row["upper"] == pytest.approx(0.8713, abs=5e-4)
    assert row["interval_verdict"] == "undetermined"


def test_weights_and_design_effect():
    # 0.75 x 0.9 + 0.25 x 0.8 = 0.875;
    # variance 0.75^2 x 0.09/100 x 2 + 0.25^2 x 0.16/200 x 1 = 0.0010625
    rows = survey(("家长", 100, 90, 3, 2.0), ("学生", 200, 160, 1, 1.0))
    row = total(recognition(rows, RULES, YEAR))
    effective = 0.875 * 0.125 / 0.0010625

    assert row["share"] == pytest.approx(0.875)
    assert (row["lower"], row["upper"]) == pytest.approx(wilson(0.875, effective, 0.95))
    assert row["verdict"] == "met"


def test_a_weight_missing_for_one_group_leaves_the_total_unknown():
    row = total(recognition(survey(("家长", 100, 90, 3), ("学生", 200, 160)), RULES, YEAR))

    assert row["verdict"] == "undetermined"


def test_survey_edges():
    assert recognition(survey(("家长", 100, 85)), RULES, YEAR)["verdict"].tolist() == ["met"] * 2
    assert total(recognition(survey(("家长", 100, 84)), RULES, YEAR))["verdict"] == "not_met"
    assert total(recognition(survey(("家长", 0, 0)), RULES, YEAR))["verdict"] == "undetermined"
    assert total(recognition(survey(("家长", 9, 10)), RULES, YEAR))["verdict"] == "undetermined"
    full = total(recognition(survey(("家长", 1000, 1000)), RULES, YEAR))
    assert (full["upper"], full["interval_verdict"]) == (1.0, "met")
    assert (
        total(recognition(survey(("家长", 1000, 500)), RULES, YEAR))["interval_verdict"]
        == "not_met"
    )


def county_of(verdict_facts=(), **changes):
    county = County()
    for name, pupils, kind in (("A", 1000, "primary"), ("B", 2000, "primary")):
        county.plain(name, pupils, kind=kind, classes=50)
    for name, pupils in (("J", 1000), ("K", 2000)):
        county.plain(name, pupils, kind="junior", classes=50)
    county.teachers[0] |= changes
    for row in verdict_facts:
        county.add("county_facts", year=YEAR, **row)
    return county


def verdicts(county, rules=RULES):
    table = assessment(with_resources(county.tables(), rules), rules=rules)["county_verdict"]
    return table.set_index(["dimension", "stage"])


def test_resources_pass_when_every_school_and_cv_does_and_a_veto_still_decides():
    table = verdicts(county_of([document("v03", "not_met")]))

    assert table.loc[("resources", "all"), "verdict"] == "met"
    assert table.loc[("veto", "all"), "verdict"] == "not_met"
    assert table.loc[("overall", "all"), "verdict"] == "not_met"
    assert table.loc[("overall", "all"), "reason_zh"] == "一票否决"
    assert table.loc[("veto", "all"), "reason_en"] == "Key schools or key classes"


def test_without_facts_the_whole_is_undetermined_not_met():
    table = verdicts(county_of())

    assert table.loc[("resources", "all"), "verdict"] == "met"
    assert table.loc[("overall", "all"), "verdict"] == "undetermined"


def test_one_failing_school_fails_its_stage_and_the_county():
    table = verdicts(county_of(backbone=8, pe_and_arts=8))

    assert table.loc[("resources", "primary"), "verdict"] == "not_met"
    assert table.loc[("resources", "junior"), "verdict"] == "met"
    assert table.loc[("resources", "all"), "verdict"] == "not_met"
    assert table.loc[("resources", "primary"), "reason_zh"] == "1 所学校（学段）不达标"
    assert table.loc[("resources", "all"), "reason_en"] == "Primary"
    assert pd.isna(table.loc[("resources", "junior"), "reason_zh"])


def test_report_has_the_documented_shape_and_is_json():
    report = assess_report(county_of(backbone=None).tables(), RULES)
    text = json.dumps(report, allow_nan=False)

    assert set(report) >= {"rules", "county", "schools"}
    assert report["county"]["verdict"] == "undetermined"
    stage = report["county"]["stages"]["primary"]
    assert set(stage) == {"verdict", "reason", "missing", "cv", "cv_met"}
    assert stage["missing"] == ["teachers.backbone"]
    assert stage["reason"]["zh"].startswith("1 所学校（学段）缺数据；差异系数无法计算：")
    assert stage["cv"]["L2"] is None
    assert stage["cv_met"]["L2"] == "undetermined"
    assert list(stage["cv"]) == [f"L{i}" for i in range(1, 8)]
    first = report["schools"][0]
    assert set(first) == {
        "school_id",
        "stage",
        "in_scope",
        "scope_reason",
        "values",
        "met",
        "shortfall",
        "verdict",
        "near_miss",
        "passes_by_rounding",
        "missing",
    }
    assert first["missing"] == ["teachers.backbone"]
    assert {row["test"] for row in report["school_tests"]} >= {"school_size", "class_size"}
    assert report["standard_schools"] == []
    assert json.loads(text) == report
    assert any("undetermined" in line for line in assess_lines(report))


def test_report_of_nothing_is_undetermined():
    report = assess_report(Tables({}), RULES)

    assert report["county"]["verdict"] == "undetermined"
    assert report["county"]["stages"]["primary"]["cv_met"]["L1"] == "undetermined"
    assert report["schools"] == []


def test_report_under_2012_gives_the_composite():
    report = assess_report(county_of().tables(), standards.load("national_2012"))

    assert "composite" in report["county"]["stages"]["primary"]["cv"]
    assert report["county"]["verdict"] == "undetermined"  # no computers or books are given
    # 4.2 per hundred pupils above the required qualification: 0.042 a pupil
    first = report["schools"][0]
    assert list(first["values"]) == [f"B{i}" for i in range(1, 9)]
    assert first["values"]["B7"] == pytest.approx(0.042)
    assert first["values"]["B5"] is None
    assert set(first["met"].values()) == {"not_applicable"}


def test_report_under_baoding_is_the_share_of_standard_schools():
    # A has 50 classes in its grade but no area: open; 1 of 4 would be enough of 38 % only with 2
    county = county_of()
    for row, site in zip(county.facilities, (20_000.0, 1.0, 1.0, 1.0), strict=True):
        row |= {"site_area_m2": site, "floor_area_m2": 90_000.0}
    for row in county.enrolment:
        row["classes"] = 24

    report = assess_report(county.tables(), standards.load("baoding_2010"))

    assert report["county"]["stages"]["primary"]["cv"] == {}
    assert report["county"]["stages"]["primary"]["verdict"] == "not_applicable"
    assert report["county"]["verdict"] == "not_met"
    assert report["county"]["reason"]["zh"] == "标准化学校尚缺 1 所"
    verdict = {row["school_id"]: row["verdict"] for row in report["standard_schools"]}
    assert verdict == {"A": "met", "B": "not_met", "J": "not_met", "K": "not_met"}
    assert [row["schools_short"] for row in report["standard_school_share"]] == [1, 1, 1]


def test_what_holds_no_rules_of_an_assessment_is_refused():
    with pytest.raises(StandardsError, match=r"planning_defaults .* national_2017"):
        assess_report(Tables({}), standards.load("planning_defaults"))


def test_a_school_year_without_pupils_is_refused_with_the_years_there_are():
    tables = County().plain("A", 1000).tables()

    with pytest.raises(ParameterError, match=f"{YEAR - 5}.*{YEAR}"):
        assess_report(tables, RULES, YEAR - 5)


def test_a_county_with_a_special_school_alone_has_nothing_to_test():
    county = County().school("S", "special", pupils={1: 40})

    table = verdicts(county)

    assert table.loc[("resources", "all"), "verdict"] == "not_applicable"
    assert table.loc[("overall", "all"), "verdict"] == "undetermined"


def test_a_school_with_no_public_funds_has_no_share_to_test():
    # 0 of 0 is no share; 3 of 60 is exactly 5 %
    county = County().school("A", pupils={1: 100}, classes=3).rooms("A", public_funds_cny=0.0)
    county.facilities[0]["training_funds_cny"] = 0.0
    county.school("B", pupils={1: 100}, classes=3)
    county.rooms("B", public_funds_cny=60.0, training_funds_cny=3.0)

    table = training_funds_tests(county.tables()["facilities"], RULES).set_index("school_id")

    assert table["verdict"].to_dict() == {"A": "undetermined", "B": "met"}
    assert np.isnan(table.loc["A", "value"])
    assert table["shortfall"].tolist() == [0, 0]


def test_a_school_that_needs_no_room_is_met_though_none_is_listed():
    # no class, no room needed; nothing was listed for it, and nothing is missing
    county = County().school("A", pupils={1: 0}, classes=0)
    county.school("B", pupils={1: 40}, classes=1)

    table = school_tests(county.tables(), RULES, YEAR).set_index(["test", "school_id"])

    assert table.loc[("music_rooms", "A"), "verdict"] == "met"
    assert table.loc[("music_rooms", "A"), "threshold"] == 0
    assert pd.isna(table.loc[("music_rooms", "A"), "missing"])
    assert table.loc[("music_rooms", "B"), ["verdict", "missing"]].tolist() == [
        "undetermined",
        "special_rooms.area_m2",
    ]


def test_steps_never_raise_on_partial_tables():
    for names in (("schools",), ("enrolment",), ("schools", "enrolment"), ("schools", "teachers")):
        every = county_of().tables()
        some = Tables({name: every[name] for name in names})
        first = indicators(some, rules=RULES)
        second = assessment(some.with_tables(first.tables), rules=RULES)
        assert first.notes
        assert (
            second["county_verdict"]
            .set_index(["dimension", "stage"])
            .loc[("resources", "all"), "verdict"]
            == "undetermined"
        )


def test_missing_is_said_in_words():
    names = ["facilities.computers", "county_facts.g01", "teachers", "e03"]

    assert (
        missing_words(names, "zh")
        == "办学条件：教学用计算机数；县域指标：规划布局合理；教师；质量监测合格"
    )
    assert "Computers" in missing_words(names, "en")
    assert contract("assessment_items")


def test_schools_that_cannot_be_judged_have_no_unit_and_no_shortfall():
    # Two schools without class counts: how many rooms they lack is unknown, and so is its unit;
    # neither may become the word "nan" or a zero.
    unknown = {"verdict": "undetermined", "missing": "enrolment.classes"}
    tests = pd.DataFrame(
        [
            {"test": test, "school_id": school, "stage": "primary", **unknown}
            for test in ("music_rooms", "art_rooms")
            for school in ("a", "b")
        ]
    ).assign(shortfall=float("nan"), shortfall_unit=None)

    row = assessment_items(Tables({}), tests, NOTHING, RULES, YEAR).set_index("item").loc["g03"]

    assert row["verdict"] == "undetermined"
    assert row["unknown_schools"] == 2
    assert pd.isna(row["shortfall_unit"])
    assert pd.isna(row["shortfall"])
