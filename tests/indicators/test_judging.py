"""Which facts an item reads, what a shortfall is in, and what the assessment says it lacks."""

from __future__ import annotations

import pandas as pd
import pytest
from pydantic import ValidationError

from analysis import standards
from analysis.indicators import assessment
from analysis.indicators.items import fact_keys, items
from analysis.indicators.judgements import assessment_items, facts
from analysis.indicators.recognition import recognition, weighted_share
from analysis.tables import Tables
from tests.indicators.conftest import YEAR, County, frame, with_resources
from tests.indicators.test_judgements import NOTHING, county_of

RULES = standards.load("national_2017")


def given(*rows):
    names = ("indicator", "year", "value", "source")
    rows = [dict(zip(names, row, strict=False)) for row in rows]
    return Tables({"county_facts": frame("county_facts", rows)})


def judged(*rows):
    table = assessment_items(given(*rows), NOTHING, NOTHING, RULES, YEAR)
    return table.set_index(["item", "test_no"])


def notes_of(county):
    return {note.key for note in assessment(county.tables(), rules=RULES).notes}


def test_facts_are_known_keys_not_after_the_year():
    tables = given(
        ("villages", YEAR, 20),
        ("villages", YEAR + 1, 21),
        ("villages", YEAR + 2, 22),
        ("no such key", YEAR, 1),
        ("urban_income_cny", YEAR + 2, 9),
    )

    found = facts(tables, YEAR + 1)

    assert {key: row["value"] for key, row in found.items()} == {"villages": 21}


@pytest.mark.parametrize(
    ("key", "value", "item", "shortfall"),
    [
        ("special_education_funds_per_pupil", 5000, "g07", 1000),  # of 6000 yuan
        ("disabled_enrolment_share", 0.90, "q02", 0.05),  # of 0.95
        ("composite_cv_primary", 0.62, "e02", 0.02),  # at most 0.60
        ("basic_balance_passed_year", YEAR - 2, "e01", 1),  # of three years
    ],
)
def test_a_value_that_is_given_is_short_by_its_distance_from_the_norm(key, value, item, shortfall):
    row = judged((key, YEAR, value)).loc[(item, 1)]

    assert row["verdict"] == "not_met"
    assert row["shortfall"] == pytest.approx(shortfall)


def test_an_item_names_the_sources_of_its_facts_each_once():
    # teachers' pay over civil servants': two facts; retention is one without a source
    table = judged(
        ("teacher_mean_pay", YEAR, 101_500, "年鉴"),
        ("civil_servant_mean_pay", YEAR, 100_000, "人社局"),
        ("near_enrolment_share_primary", YEAR, 1.0, "年鉴"),
        ("migrant_children_public", YEAR, 700, "年鉴"),
        ("migrant_children_purchased", YEAR, 100, "年鉴"),
        ("junior_retention_rate", YEAR, 0.97),
    )

    assert table.loc[("g08", 1), "source"] == "年鉴; 人社局"
    assert table.loc[("g13", 1), "source"] == "年鉴"
    assert table.loc[("g15", 1), "source"] == "年鉴"
    assert pd.isna(table.loc[("q01", 1), "source"])


def test_items_are_shared_by_all_who_read_them_and_cannot_be_changed():
    item = next(i for i in items() if i.tests)

    for entry, name in ((item, "zh"), (item.tests[0], "norm"), (fact_keys()["villages"], "unit")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(entry, name, "x")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("questionnaire", "家长", 3), ("visit", "学生", 1)], set()),
        ([("questionnaire", "家长", 3), ("questionnaire", "学生", 1)], {"one_channel"}),
        ([("questionnaire", "家长", None), ("visit", "学生", None)], {"unweighted_survey"}),
        # a weight that some give is no survey without weights
        ([("questionnaire", "家长", 3), ("visit", "学生", None)], set()),
        ([], {"no_survey"}),
    ],
)
def test_what_is_said_of_the_survey(rows, said):
    county = County().plain("A", 1000, classes=30)
    for channel, group, weight in rows:
        county.add(
            "survey",
            year=YEAR,
            channel=channel,
            respondent_group=group,
            respondents=100,
            satisfied=90,
            weight=weight,
        )
    of_survey = {"one_channel", "unweighted_survey", "no_survey"}

    found = {key.removeprefix("assessment.") for key in notes_of(county)} & of_survey

    assert found == said


def test_a_register_or_bands_of_classes_is_enough():
    county = County().plain("A", 1000, classes=30)
    key = "assessment.no_class_register"
    assert key in notes_of(county)

    row = {"school_id": "A", "school_year": YEAR}
    bands = County().plain("A", 1000, classes=30)
    bands.add("class_bands", **row, stage="primary", low_pupils=31, high_pupils=35, classes=30)
    assert key not in notes_of(bands)

    county.add("class_sizes", **row, grade=1, class_no="1", pupils=33)
    assert key not in notes_of(county)


def test_the_rules_are_compared_with_every_other_set_that_judges_a_county():
    table = assessment(Tables({}), rules=RULES)["rule_differences"]

    # planning_defaults holds no rules of an assessment
    assert set(table["left"]) == {"national_2017"}
    assert set(table["right"]) == {
        "baoding_2010",
        "district_2020",
        "luoding_2019",
        "national_2012",
    }


def test_one_answer_is_a_share_and_none_is_not():
    rows = [{"year": YEAR, "channel": "visit", "respondent_group": g} for g in ("家长", "学生")]
    rows[0] |= {"respondents": 1, "satisfied": 1}
    rows[1] |= {"respondents": 0, "satisfied": 0}

    table = recognition(frame("survey", rows), RULES, YEAR).set_index("respondent_group")

    assert table.loc["家长", "share"] == 1
    assert pd.isna(table.loc["学生", "share"])


def test_where_everybody_is_satisfied_the_effective_number_follows_from_the_design():
    # shares of 0.25 and 0.75: 1 / (0.0625 x 2 / 100 + 0.5625 x 2 / 300) = 1 / 0.005
    group = pd.DataFrame(
        {"respondents": [100.0, 300.0], "share": [1.0, 1.0], "design_effect": [2.0, 2.0]}
    ).assign(weight=float("nan"))

    assert weighted_share(group) == pytest.approx((1.0, 200.0))


def test_the_whole_names_the_dimensions_that_are_unknown_and_no_others():
    county = county_of()  # its resources are met, and nothing else is given
    tables = with_resources(county.tables(), RULES)

    table = assessment(tables, rules=RULES)["county_verdict"].set_index(["dimension", "stage"])

    assert table.loc[("resources", "all"), "verdict"] == "met"
    assert set(table.loc[("overall", "all"), "missing"].split(", ")) == {
        "guarantee",
        "quality",
        "veto",
        "eligibility",
        "recognition",
    }


@pytest.mark.parametrize(
    ("site", "verdict", "missing"), [(None, "undetermined", "facilities"), (1.0, "not_met", None)]
)
def test_standard_schools_lack_facilities_only_where_these_are_unknown(site, verdict, missing):
    county = county_of()
    for row in county.facilities:
        row |= {"site_area_m2": site, "floor_area_m2": 90_000.0}
    for row in county.enrolment:
        row["classes"] = 24
    rules = standards.load("baoding_2010")

    table = assessment(with_resources(county.tables(), rules), rules=rules)["county_verdict"]
    row = table.set_index(["dimension", "stage"]).loc[("resources", "all")]

    assert row["verdict"] == verdict
    assert (None if pd.isna(row["missing"]) else row["missing"]) == missing
