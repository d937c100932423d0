"""Tables beside each other are each read by itself; a gap within one table divides nothing."""

from __future__ import annotations

from analysis import intake
from analysis.intake.headers import shipped_book
from analysis.intake.layout import layout_of
from tests.intake.county import Cells, workbook


def read(rows: Cells, sheet: str = "表") -> intake.IntakeResult:
    return intake.read_area({"表.xlsx": workbook({sheet: rows})}, area_code="")


def pupils(result: intake.IntakeResult) -> list[list[object]]:
    columns = ["school_id", "school_year", "grade", "pupils"]
    return result.tables["enrolment"][columns].values.tolist()


def test_schools_continued_in_columns_to_the_right():
    rows: Cells = [
        ["2024学年小学在校生数"],
        ["学校代码", "一年级", "二年级", None, "学校代码", "一年级", "二年级"],
        ["A1", 90, 88, None, "A3", 60, 61],
        ["A2", 80, 81, None, None, None, None],
        ["合计", 170, 169, None, "合计", 60, 62],
    ]

    result = read(rows)

    # the title holds for both; 90 + 80 = 170, 88 + 81 = 169, 60, but 61 is not 62
    assert pupils(result) == [
        ["A1", 2024, 1, 90],
        ["A1", 2024, 2, 88],
        ["A2", 2024, 1, 80],
        ["A2", 2024, 2, 81],
        ["A3", 2024, 1, 60],
        ["A3", 2024, 2, 61],
    ]
    assert result.findings[["rule", "cell"]].values.tolist() == [["total_differs", "G5"]]
    assert result.tables["enrolment"]["source"].tolist()[-1] == "表.xlsx#表!G3"
    assert result.result_tables()["intake_unused"].empty


def test_the_same_schools_in_two_years_each_with_its_title():
    rows: Cells = [
        ["2023学年在校生数", None, None, "2024学年在校生数"],
        ["学校代码", "一年级", None, "学校代码", "一年级"],
        ["A1", 90, None, "A1", 91],
        ["A2", 80, None, "A2", 82],
    ]

    assert pupils(read(rows)) == [
        ["A1", 2023, 1, 90],
        ["A1", 2024, 1, 91],
        ["A2", 2023, 1, 80],
        ["A2", 2024, 1, 82],
    ]


def test_what_stands_beyond_the_columns_looked_at_belongs_to_the_last_table():
    # 300 columns are looked at for an empty one; the second grade of A2 stands in the 310th
    notes = [f"附注{i}" for i in range(303)]
    rows: Cells = [
        ["2024学年在校生数"],
        ["学校代码", "一年级", "二年级", None, "学校代码", "一年级", *notes, "二年级"],
        ["A1", 90, 88, None, "A2", 80, *([None] * 303), 81],
    ]

    assert len(rows[1]) == 310
    assert [row[0::2] for row in pupils(read(rows))] == [["A1", 1], ["A1", 2], ["A2", 1], ["A2", 2]]
    assert [row[3] for row in pupils(read(rows))] == [90, 88, 80, 81]


def test_schools_beside_towns():
    rows: Cells = [
        ["学校代码", "学年", "年级", "在校生数", None, "乡镇代码", "乡镇名称", None],
        ["A1", 2024, 1, 90, None, "T1", "城关镇", None],
        ["A2", 2024, 1, 80, None, "T2", "东河镇", None],
        ["A3", 2024, 1, 70, None, None, None, None],
    ]

    result = read(rows)

    assert pupils(result) == [["A1", 2024, 1, 90], ["A2", 2024, 1, 80], ["A3", 2024, 1, 70]]
    assert result.tables["towns"]["town_name"].tolist() == ["城关镇", "东河镇"]


def test_an_empty_column_within_one_table_divides_nothing():
    rows: Cells = [
        ["学校代码", "学校名称", None, "乡镇", "办学类型", None, "学校名称", "班额"],
        ["A1", "甲小学", None, "城关镇", "小学", None, "甲小学", 45],
        ["A2", "乙小学", None, "城关镇", "小学", None, "乙小学", 45],
        ["A3", "丙小学", None, None, "小学", None, None, None],
    ]

    made = read(rows).tables["schools"]

    assert made["school_id"].tolist() == ["A1", "A2", "A3"]
    assert made["town_id"].tolist()[:2] == ["城关镇", "城关镇"]


def test_codes_printed_again_right_of_a_gap_make_no_second_table():
    rows: Cells = [
        ["学校代码", "学年", "年级", None, "学校代码", "在校生数"],
        ["A1", 2024, 1, None, "A1", 90],
        ["A2", 2024, 1, None, "A2", 80],
    ]

    assert pupils(read(rows)) == [["A1", 2024, 1, 90], ["A2", 2024, 1, 80]]


def test_grades_right_of_an_empty_column_belong_to_the_schools_on_its_left():
    rows: Cells = [
        ["学校代码", "学年", None, "一年级", "二年级"],
        ["A1", 2024, None, 90, 88],
        ["A2", 2024, None, 80, 81],
    ]

    assert len(pupils(read(rows))) == 4


def test_a_big_text_file_of_two_tables_is_left_to_the_ordinary_reader(tmp_path):
    path = tmp_path / "在校生.csv"
    path.write_text("学校代码,学年,一年级,,学校代码,学年,一年级\nA1,2024,90,,A2,2024,80\n", "utf-8")

    with path.open("rb") as source:
        assert layout_of(source, "在校生.csv", shipped_book()) is None
