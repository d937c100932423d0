"""Tables with schools across and grades or years down are read where the schools are known."""

from __future__ import annotations

import pytest

from analysis import intake
from tests.intake.county import Cells, workbook

ROSTER: Cells = [
    ["学校代码", "学校名称", "乡镇", "办学类型"],
    ["A1", "城关小学", "城关镇", "小学"],
    ["A2", "东河小学", "城关镇", "小学"],
    ["B1", "城关中学", "城关镇", "初级中学"],
]
KEYS = ["school_id", "school_year", "grade", "pupils"]


def read(rows: Cells, sheet: str = "表", roster: Cells = ROSTER) -> intake.IntakeResult:
    files = {"表.xlsx": workbook({sheet: rows, "名单": roster})}
    return intake.read_area(files, area_code="")


def pupils(result: intake.IntakeResult, *columns: str) -> list[list[object]]:
    return result.tables["enrolment"][list(columns) or KEYS].values.tolist()


def rules(result: intake.IntakeResult) -> list[list[str]]:
    found = result.findings[["rule", "cell", "severity"]]
    return found[~found["rule"].isin(["school_without_rows"])].values.tolist()


@pytest.mark.parametrize("names", [("城关小学", "东河小学"), ("A1", "A2")])
@pytest.mark.parametrize("corner", ["年级", None, "年级/学校"])
def test_schools_across_and_grades_down(names, corner):
    rows: Cells = [
        ["2024学年小学在校生数"],
        [corner, *names, "合计"],
        ["一年级", 90, 60, 150],
        ["二年级", 88, "61人", 149],
        ["合计", 178, 121, 299],
    ]

    result = read(rows)

    # 90 + 60 = 150, 88 + 61 = 149; 90 + 88 = 178, 60 + 61 = 121
    assert pupils(result) == [
        ["A1", 2024, 1, 90],
        ["A1", 2024, 2, 88],
        ["A2", 2024, 1, 60],
        ["A2", 2024, 2, 61],
    ]
    assert rules(result) == [["schools_across", "A2", "note"]]
    assert "表.xlsx#表!C4" in result.tables["enrolment"]["source"].tolist()[3]
    assert ("表.xlsx", "表", "enrolment", 4.0) in list(
        result.result_tables()["intake_read"].itertuples(index=False, name=None)
    )


def test_a_school_that_heads_two_columns_is_said_and_no_number_takes_anothers_place():
    rows: Cells = [
        ["2024学年小学在校生数"],
        ["年级", "城关小学", "东河小学", "城关小学"],
        ["一年级", 90, 60, 95],
        ["二年级", 88, 61, 88],
    ]

    result = read(rows)

    # 90 stands before 95, and the second head is pointed out
    assert pupils(result) == [
        ["A1", 2024, 1, 90],
        ["A1", 2024, 2, 88],
        ["A2", 2024, 1, 60],
        ["A2", 2024, 2, 61],
    ]
    assert ["repeated_row", "D2", "affects"] in rules(result)


def test_totals_of_rows_and_columns_are_held_to_their_parts():
    rows: Cells = [
        ["2024学年小学在校生数"],
        ["年级", "城关小学", "东河小学", "合计"],
        ["一年级", 90, 60, 151],
        ["二年级", 88, 61, 149],
        ["合计", 178, 122, 300],
    ]

    # 90 + 60 = 150, not 151; 60 + 61 = 121, not 122
    assert rules(read(rows))[1:] == [
        ["row_total_differs", "D3", "affects"],
        ["total_differs", "C5", "affects"],
    ]


def test_pupils_and_classes_below_each_name():
    rows: Cells = [
        ["2024学年小学学生数、班数"],
        ["年级", "城关小学", None, "东河小学", None],
        [None, "学生数", "班数", "学生数", "班数"],
        ["一年级", 90, 2, 60, 2],
        ["二年级", 88, 2, 61, 2],
    ]

    made = pupils(read(rows), "school_id", "grade", "pupils", "classes")
    assert made == [["A1", 1, 90, 2], ["A1", 2, 88, 2], ["A2", 1, 60, 2], ["A2", 2, 61, 2]]


def test_junior_grades_count_from_seven_by_the_title():
    roster = [*ROSTER, ["B2", "东河中学", "城关镇", "初级中学"]]
    rows: Cells = [
        ["2024学年初中在校生数"],
        ["年级", "城关中学", "东河中学"],
        ["一", 150, 80],
        ["二", 148, 81],
    ]

    assert pupils(read(rows, roster=roster), "school_id", "grade", "pupils") == [
        ["B1", 7, 150],
        ["B1", 8, 148],
        ["B2", 7, 80],
        ["B2", 8, 81],
    ]


def test_years_down_give_totals_of_the_stage_of_each_school():
    rows: Cells = [
        ["历年班级数"],
        ["学年", "城关小学", "城关中学"],
        ["2023学年", 12, 9],
        ["2024学年", 12, 10],
    ]

    made = read(rows).tables["school_totals"]

    assert made[["school_id", "school_year", "stage", "classes"]].values.tolist() == [
        ["A1", 2023, "primary", 12],
        ["A1", 2024, "primary", 12],
        ["B1", 2023, "junior", 9],
        ["B1", 2024, "junior", 10],
    ]


def test_years_and_grades_down():
    rows: Cells = [
        ["小学在校生数"],
        ["学年", "年级", "城关小学", "东河小学"],
        [2023, "一年级", 90, 60],
        [2024, "一年级", 91, 62],
    ]

    assert pupils(read(rows)) == [
        ["A1", 2023, 1, 90],
        ["A1", 2024, 1, 91],
        ["A2", 2023, 1, 60],
        ["A2", 2024, 1, 62],
    ]


def test_a_name_no_list_knows_blocks_and_a_bad_cell_is_missing():
    rows: Cells = [
        ["2024学年小学在校生数"],
        ["年级", "城关小学", "东河小学", "西岭小学"],
        ["一年级", 90, "六十", 20],
        ["二年级", 88, "很多", 21],
    ]

    result = read(rows)

    # 六十 is 60, listed as a change; 很多 is no number
    assert result.tables["enrolment"].query("school_id == 'A2'")["pupils"].tolist()[0] == 60
    assert ["not_a_number", "C4", "affects"] in rules(result)
    assert ["school_unknown", "D2", "blocks"] in rules(result)


@pytest.mark.parametrize(
    ("title", "first"),
    [("2024学年情况", "一年级"), ("2024学年学生数、班数", "一年级"), ("2024学年在校生数", "一")],
)
def test_what_is_not_said_is_asked(title, first):
    second = first.replace("一", "二")
    rows: Cells = [[title], ["年级", "城关小学", "东河小学"], [first, 90, 60], [second, 88, 61]]

    result = read(rows)

    assert "enrolment" not in result.tables
    assert ["schools_across_unclear", "A2", "affects"] in rules(result)


def test_unknown_names_across_are_pointed_out_as_a_sheet_not_used():
    rows: Cells = [
        ["2024学年在校生数"],
        ["年级", "甲小学", "乙小学", "丙小学", "丁小学", "戊小学"],
        *([f"{n}年级", 90, 60, 50, 40, 30] for n in "一二三"),
    ]

    assert ["sheet_not_used", "A1", "note"] in rules(read(rows))


def test_towns_across_years_are_no_schools():
    rows: Cells = [["出生人口"], ["年份", "城关镇", "东河镇"], [2023, 90, 60], [2024, 88, 61]]

    assert not {r[0] for r in rules(read(rows))} & {"schools_across", "schools_across_unclear"}
