"""Heads that are only numbers are read as grades where they can mean nothing else, and said."""

from __future__ import annotations

import pytest

from analysis import intake
from analysis.intake.headers import shipped_book
from analysis.intake.layout import layout_of
from tests.intake.county import Cells, workbook

CHINESE = ["一", "二", "三", "四", "五", "六"]


def read(rows: Cells, sheet: str = "表", file: str = "2024学年.xlsx") -> intake.IntakeResult:
    return intake.read_area({file: workbook({sheet: rows})}, area_code="")


def grades(result: intake.IntakeResult, column: str = "pupils") -> list[list[float]]:
    return result.tables["enrolment"][["grade", column]].values.tolist()


def rules(result: intake.IntakeResult) -> list[list[str]]:
    return result.findings[["rule", "cell", "severity"]].values.tolist()


@pytest.mark.parametrize(
    "heads", [CHINESE, ["Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "Ⅵ"], list("123456"), [1, 2, 3, 4, 5, 6]]
)
def test_six_numbers_below_a_title_of_pupils_are_the_grades_of_a_primary_school(heads):
    rows: Cells = [
        ["某县小学在校生数（2024年9月）"],
        ["学校名称", *heads, "合计"],
        ["城关小学", 90, 88, 86, 85, 86, 84, 519],
    ]

    result = read(rows)

    # the total 519 is their sum and is held to them
    assert grades(result) == [[1, 90], [2, 88], [3, 86], [4, 85], [5, 86], [6, 84]]
    assert rules(result) == [["bare_grades", "B2", "note"]]
    changes = result.result_tables()["intake_changes"].query("rule == 'bare_grade'")
    assert changes["cell"].tolist() == ["B2", "C2", "D2", "E2", "F2", "G2"]
    assert changes["after"].tolist()[0] == "一年级"


def test_a_wrong_total_beside_bare_heads_is_found():
    rows: Cells = [
        ["小学在校生数"],
        ["学校名称", *CHINESE, "合计"],
        ["城关小学", 90, 88, 86, 85, 86, 84, 520],
    ]

    assert ["row_total_differs", "H3", "affects"] in rules(read(rows))


@pytest.mark.parametrize(("title", "first"), [("初中在校生数", 7), ("普通高中学生数", 10)])
def test_three_numbers_count_from_the_first_grade_of_the_stage_in_the_title(title, first):
    rows: Cells = [[title], ["学校名称", "一", "二", "三"], ["城关中学", 150, 148, 151]]

    result = read(rows)

    assert result.findings["rule"].tolist()[:1] == ["bare_grades"]
    if first == 7:
        assert grades(result) == [[7, 150], [8, 148], [9, 151]]


def test_seven_eight_nine_name_their_stage_themselves():
    rows: Cells = [["学校名称", "七", "八", "九"], ["城关中学", 150, 148, 151]]

    assert grades(read(rows, "在校生")) == [[7, 150], [8, 148], [9, 151]]


def test_classes_by_a_title_and_pupils_beside_classes_by_group_heads():
    alone: Cells = [["小学班级数"], ["学校名称", *CHINESE], ["城关小学", 2, 2, 2, 2, 2, 1]]
    assert grades(read(alone), "classes") == [[1, 2], [2, 2], [3, 2], [4, 2], [5, 2], [6, 1]]

    both: Cells = [
        ["小学学生数、班数"],
        ["学校名称", "学生数", *[None] * 5, "班级数", *[None] * 5],
        [None, *CHINESE, *CHINESE],
        ["城关小学", 90, 88, 86, 85, 86, 84, 2, 2, 2, 2, 2, 1],
    ]
    result = read(both)
    made = result.tables["enrolment"][["grade", "pupils", "classes"]].values.tolist()
    assert made == [[1, 90, 2], [2, 88, 2], [3, 86, 2], [4, 85, 2], [5, 86, 2], [6, 84, 1]]
    assert [r[0] for r in rules(result)] == ["bare_grades", "bare_grades"]


def test_stages_as_group_heads():
    rows: Cells = [
        ["学生数"],
        ["学校名称", "小学", *[None] * 5, "初中", None, None],
        [None, *CHINESE, "一", "二", "三"],
        ["城关学校", 90, 88, 86, 85, 86, 84, 70, 71, 72],
    ]

    assert grades(read(rows))[5:] == [[6, 84], [7, 70], [8, 71], [9, 72]]


@pytest.mark.parametrize(
    ("title", "heads"),
    [
        ("在校生数", ["一", "二", "三"]),  # of which stage?
        ("初中在校生数", CHINESE),  # no junior school has six grades
        ("小学学生数、班数", CHINESE),  # pupils or classes?
        ("小学招生数、在校生数", CHINESE),
        ("各班学生数", list("123456")),  # numbers of classes
        ("在校生数", list("1234567")),  # no stage has seven grades
    ],
)
def test_what_may_mean_several_things_is_said_and_not_read(title, heads):
    rows: Cells = [
        [title],
        ["学校名称", *heads],
        ["城关学校", *(80 + i for i in range(len(heads)))],
    ]

    result = read(rows)

    assert "enrolment" not in result.tables
    assert ["bare_grades_unclear", "B2", "affects"] in rules(result)


def test_numbers_of_classes_beside_a_column_of_grades_are_not_grades():
    rows: Cells = [
        ["学生数"],
        ["学校名称", "年级", *CHINESE],
        ["城关小学", "一年级", 45, 44, 43, 42, 41, 40],
    ]

    assert ["bare_grades_unclear", "C2", "affects"] in rules(read(rows))


def test_the_line_that_numbers_the_columns_is_no_head():
    rows: Cells = [
        ["小学在校生数"],
        ["学校名称", "一年级", "二年级", "三年级"],
        [None, 1, 2, 3],
        ["城关小学", 90, 88, 86],
    ]

    result = read(rows)

    assert "bare_grades" not in {r[0] for r in rules(result)}
    assert result.tables["enrolment"]["pupils"].tolist()[:3] == [90, 88, 86]


def test_a_big_text_file_with_bare_heads_is_left_to_the_ordinary_reader(tmp_path):
    path = tmp_path / "小学在校生数.csv"
    path.write_text("学校代码,学校名称,一,二,三,四,五,六\nA1,甲,1,2,3,4,5,6\n", "utf-8")

    with path.open("rb") as source:
        assert layout_of(source, "小学在校生数.csv", shipped_book()) is None
