"""A planner reads words in the workbook; a program reads codes in ``csv/``."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import figures
from analysis.briefing.sheet_words import in_words, number_look, shortened
from analysis.tables import contract
from tests.briefing.conftest import save


def words(run, name, column, *codes, **more):
    frame = pd.DataFrame([{column: code, **more} for code in codes])
    return in_words(run, name, frame)[column].tolist()


@pytest.mark.parametrize(
    ("table", "column", "code", "said"),
    [
        ("assumption_register", "assumption", "births_after_known", "未来出生"),
        ("entry_ratios", "driver", "births", "出生人口"),
        ("entry_ratios", "driver", "county_births", "全县出生人口"),
        ("input_ages", "table", "enrolment", "在校生"),
        ("norm_comparison", "sentence", "forecast.norm_in_line", "千人指标与学生数相当。"),
        ("county_facts", "indicator", "composite_cv_junior", "初中综合差异系数（近三年最高）"),
        ("rule_differences", "right", "national_2012", "县域义务教育基本均衡督导评估（2012）"),
        # nothing is invented for a code nobody knows
        ("county_facts", "indicator", "land_area", "land_area"),
        ("rule_differences", "right", "a_rule_set_of_their_own", "a_rule_set_of_their_own"),
    ],
)
def test_a_code_is_said_in_words(run, table, column, code, said):
    assert words(run, table, column, code) == [said]


def test_columns_of_input_tables_are_named_and_nothing_is_an_empty_cell(run):
    frame = pd.DataFrame(
        [
            {"table_name": "facilities", "column_name": "site_area_m2", "after": "None"},
            {"table_name": None, "column_name": "x", "after": "5"},
        ]
    )
    shown = in_words(run, "intake_changes", frame)

    title = contract("facilities")["site_area_m2"].title("zh")
    assert shown["column_name"].tolist() == [title, "x"]
    assert shown["after"].isna().tolist() == [True, False]


def test_a_name_stands_behind_the_code_of_a_place_in_results_and_not_in_what_was_sent(run):
    name = run.tables["towns"]["town_name"].iloc[0]

    assert words(run, "seat_gap", "area_id", "990001", "999999") == [f"990001 {name}", "999999"]
    assert words(run, "births", "town_id", "990001") == ["990001"]


def test_a_name_stands_behind_the_code_of_a_measure_unless_it_is_there(run):
    project = {"project_id": "H1", "project_name": "共用校舍", "kind": "shared_campus"}
    project |= {"status": "proposed", "under_used": False, "tie": False}
    save(run, "plan_projects", [project])

    assert words(run, "plan_use", "project_id", "H1") == ["H1 共用校舍"]
    assert words(run, "plan_projects", "project_id", "H1", project_name="共用校舍") == ["H1"]


def test_numbers_of_several_kinds_are_shown_as_they_were_given():
    value = contract("county_facts")["value"]

    assert number_look(value, [2016.0, 95400.0, 0.438]) == "plain"  # no 2,016.00
    assert shortened(181_017_256.7679878) == 181_017_256.768  # nobody reads twelve digits
    assert shortened(0.00065145) == 0.0006515
    assert number_look(contract("births")["births"], [1000.0]) == "whole"


def test_the_year_counted_is_a_year():
    frame = pd.DataFrame({"year_counted": [2024.0]})

    assert figures.display_frame(frame, of="births_rebased").iloc[0, 0] == "2024"
    assert number_look(contract("births_rebased")["year_counted"], [2024.0]) == "year"
