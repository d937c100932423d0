"""Forms with a row a school, group heads, class registers, the county's own row, error cells."""

from __future__ import annotations

import io
import zipfile

import pytest

from analysis import intake
from analysis.intake.grid import Grid
from analysis.intake.headers import HeaderBook
from analysis.intake.regions import regions
from tests.intake.county import Cells, workbook

ROSTER: Cells = [
    ["学校标识码", "学校名称", "所在乡镇", "办学类型"],
    *([f"21441200{i:02d}", f"第{i}小学", "城关街道", "小学"] for i in range(20)),
]


def read(sheets: dict[str, Cells], code: str = "") -> intake.IntakeResult:
    return intake.read_area({"表.xlsx": workbook(sheets)}, area_code=code)


def rules(result: intake.IntakeResult) -> list[list[str]]:
    return result.findings[["rule", "sheet", "cell", "severity"]].values.tolist()


def test_a_form_with_a_row_a_school_is_read_by_its_headers_not_by_position():
    heads = ["学校（机构）名称", "学校（机构）标识码", "占地面积（平方米）"]
    heads += ["运动场地面积（平方米）", "图书（册）", "计算机数（台）", "网络多媒体教室（间）"]
    heads += ["教学仪器设备资产值（万元）"]
    rows: Cells = [["教基5176 占地面积及其他办学条件（2025/2026学年初）"], heads]
    for place, (code, name, *_) in enumerate(ROSTER[1:]):
        rows.append([name, code, 10_000, 5_000 + place, 20_000, 100, 20, 150.5])

    result = read({"名单": ROSTER, "教基5176": rows})

    made = result.tables["facilities"]
    assert len(made) == 20
    assert made["sports_ground_m2"].tolist() == [5_000.0 + i for i in range(20)]
    assert set(made["school_year"]) == {2025}
    assert set(made["equipment_cny"]) == {1_505_000.0}


def test_positions_count_only_where_all_hold_a_possible_value():
    # D7 and D12 hold numbers, D17 (rooms) a fraction: this is no form 5176 as known
    rows: Cells = [["教基5176 占地及其他办学条件（2024学年）"], ["学校名称：城关小学"]]
    rows += [[None] * 4 for _ in range(18)]
    rows[6][3], rows[11][3], rows[16][3] = 3_000, 9_000, 12.5

    assert "facilities" not in read({"教基5176": rows}).tables

    rows[16][3] = 12
    assert read({"教基5176": rows}).tables["facilities"]["sports_ground_m2"].tolist() == [3_000]


@pytest.mark.parametrize("group", ["分年级在校生数", "按年级分学生数", "各年级学生情况"])
def test_group_heads_over_grades(group):
    rows: Cells = [
        ["小学学生数（2025学年）"],
        ["学校名称", "学校标识码", "在校生数", group, None],
        [None, None, None, "一年级", "二年级"],
        ["第1小学", "2144120001", 500, 240, 260],
    ]

    made = read({"在校生": rows}).tables["enrolment"]

    assert made[["grade", "pupils"]].values.tolist() == [[1, 240], [2, 260]]


def test_classes_by_grade_and_by_size_in_one_form():
    rows: Cells = [
        ["教基2106 小学班数、班额情况（2024/2025学年初）"],
        ["学校名称", "学校标识码", "班级总数", "按年级分班数", None, "按班额分班数", None],
        [None, None, None, "一年级", "二年级", "26-30人", "41-45人"],
        ["第1小学", "2144120001", 12, 6, 6, 2, 10],
    ]

    result = read({"教基2106_小学": rows})

    assert result.tables["enrolment"]["classes"].tolist() == [6, 6]
    bands = result.tables["class_bands"][["low_pupils", "high_pupils", "classes", "stage"]]
    assert bands.values.tolist() == [[26, 30, 2, "primary"], [41, 45, 10, "primary"]]
    assert rules(result) == []


def test_the_quantity_itself_under_a_head_of_its_parts():
    rows: Cells = [
        ["学校标识码", "学年", "教学及辅助用房", None, None, "校舍建筑面积", None],
        [None, None, "计", "教室", "其中：室内体育用房", "计", "其中：危房"],
        ["2144120001", 2024, 4_000, 2_500, 300, 6_000, 100],
    ]

    result = read({"校舍": rows})

    made = result.tables["facilities"].iloc[0]
    assert made["teaching_area_m2"] == 4_000
    assert made["indoor_sports_m2"] == 300
    assert made["floor_area_m2"] == 6_000
    assert made["unsafe_area_m2"] == 100
    assert result.tables["building_areas"]["classroom_area_m2"].tolist() == [2_500]
    assert result.result_tables()["intake_unused"].empty


def test_a_line_of_units_below_the_heads():
    rows: Cells = [
        ["学校标识码", "学年", "教学仪器设备值", "占地面积"],
        [None, None, "万元", "亩"],
        ["2144120001", 2024, 12, 30],
    ]

    made = read({"办学条件": rows}).tables["facilities"].iloc[0]

    assert (made["equipment_cny"], made["site_area_m2"]) == (120_000, 20_000)


@pytest.mark.parametrize("heads", [("一年级", "二年级"), ("一年级（初一）", "二年级（初二）")])
def test_grades_of_a_junior_form_count_from_seven(heads):
    rows: Cells = [
        ["教基3115 初中学生数（2024/2025学年初）"],
        ["学校名称", "学校标识码", *heads],
        ["城关中学", "3144120001", 120, 125],
    ]

    made = read({"教基3115_初中": rows}).tables["enrolment"]

    assert made["grade"].tolist() == [7, 8]


@pytest.mark.parametrize("names", [("1班", "2班"), ("(1)", "(2)"), (1, 2)])
def test_a_register_is_known_by_its_column_of_classes(names):
    rows: Cells = [["学校标识码", "学年", "年级", "班级", "学生数"]]
    rows += [["2144120001", 2025, "一年级", name, 44 - i] for i, name in enumerate(names)]

    result = read({"班级花名统计": rows})

    assert set(result.tables) == {"class_sizes"}
    assert sorted(result.tables["class_sizes"]["pupils"]) == [43, 44]


def test_a_column_of_class_counts_stays_one():
    rows: Cells = [["学校标识码", "学年", "年级", "班级", "学生数"]]
    rows += [["2144120001", 2025, grade, 2, 80] for grade in (1, 2, 3)]

    assert read({"学生": rows}).tables["enrolment"]["classes"].tolist() == [2, 2, 2]


def test_the_countys_own_row():
    towns: Cells = [["乡镇代码", "乡镇名称"], ["441299001", "城关街道"], ["441299002", "河东镇"]]
    births: Cells = [["乡镇", "2023年"], ["城关街道", 100], ["河东镇", 50], ["全县", 160]]

    result = read({"乡镇街道": towns, "出生": births})

    assert result.tables["births"]["town_id"].tolist() == ["441299", "441299001", "441299002"]
    assert read({"乡镇街道": towns, "出生": births}, "441299").findings["rule"].tolist() == [
        "towns_differ"
    ]


def test_a_year_in_a_header_that_cannot_be_blocks_its_column():
    births: Cells = [["乡镇", "2023年", "2105年"], ["城关街道", 100, 90]]

    result = read({"出生": births})

    assert rules(result) == [["above_range", "出生", "C1", "blocks"]]
    assert result.tables["births"]["year"].tolist() == [2023]


def _with_error(content: bytes, cell: str, error: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            part = old.read(name).decode("utf-8")
            if name == "xl/worksheets/sheet1.xml":
                start = part.index(f'<c r="{cell}"')
                end = part.index("</c>", start)
                part = f'{part[:start]}<c r="{cell}" t="e"><v>{error}</v>{part[end:]}'
            new.writestr(name, part.encode("utf-8"))
    return buffer.getvalue()


@pytest.mark.parametrize("error", ["#REF!", "#DIV/0!", "#N/A", "#VALUE!", "#NAME?", "#NUM!"])
def test_an_error_cell_is_said(error):
    rows: Cells = [["学校标识码", "学年", "年级", "在校生数"], ["2144120001", 2024, 1, 40]]
    content = _with_error(workbook({"在校生": rows}), "D2", error)

    result = intake.read_area({"表.xlsx": content}, area_code="")

    found = result.findings[["rule", "cell", "found"]].values.tolist()
    assert found == [["formula_error", "D2", error]]
    assert result.tables["enrolment"]["pupils"].isna().all()


def test_hidden_rows_are_said():
    rows: Cells = [["学校标识码", "学年", "年级", "在校生数"], ["2144120001", 2024, 1, 40]]
    content = workbook({"在校生": rows}).replace(b"", b"")
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b'<row r="2"', b'<row r="2" hidden="1"'))

    result = intake.read_area({"表.xlsx": buffer.getvalue()}, area_code="")

    assert rules(result) == [["rows_hidden", "在校生", "A2", "note"]]


def test_a_part_is_never_read_as_its_whole():
    grid = Grid("a.xlsx", "办学条件", [
        ["学校标识码", "学年", "教学及辅助用房"], ["", "", "教室"], ["1", 2024, 9],
    ])  # fmt: skip

    region = next(regions(grid, HeaderBook()))

    assert "teaching_area_m2" not in {h.column for h in region.parts[0].heads.values()}


TITLE = "义务教育学校学生情况（2025学年）"


def pupils(sheets: dict[str, Cells]) -> list[list[object]]:
    made = read(sheets).tables["enrolment"]
    return made[["school_id", "school_year", "grade", "pupils"]].values.tolist()


TWO = [["2144120000", 2025, 1, 250], ["2144120001", 2025, 1, 88]]


def test_heads_printed_again_keep_the_title():
    head = ["学校名称", "一年级", "二年级"]
    rows: Cells = [[TITLE], head, ["第0小学", 250, None], head, ["第1小学", 88, None]]

    assert pupils({"学校": ROSTER, "表": rows}) == TWO


def test_rows_of_towns_and_of_the_county_are_sums():
    # the first town's own schools make 338, it says 339; 全县 is right
    rows: Cells = [[TITLE], ["学校名称", "一年级", "二年级"], ["城关街道", 339, None]]
    rows += [["第0小学", 250, None], ["第1小学", 88, None], ["全县", 338, None]]

    result = read({"学校": ROSTER[:3], "表": rows})

    assert rules(result) == [["total_differs", "表", "B3", "affects"]]
    assert len(result.tables["enrolment"]) == 2


def test_boys_and_girls_under_each_grade():
    rows: Cells = [[TITLE], ["学校名称", "一年级", None, None], [None, "计", "男", "女"]]
    rows += [["第0小学", 250, 130, 120], ["第1小学", 88, 40, 48]]

    assert pupils({"学校": ROSTER, "表": rows}) == TWO


@pytest.mark.parametrize(
    "heads", [("小一", "小二"), ("学生数（一年级）", "学生数（二年级）"), ("1年级", "2年级")]
)
def test_other_words_for_grades(heads):
    rows: Cells = [
        [TITLE],
        ["学校名称", *heads],
        ["第0小学", 250, None],
        ["第1小学（公办）", 88, None],
    ]

    assert pupils({"学校": ROSTER, "表": rows}) == TWO


def test_a_unit_and_a_year_in_the_title():
    rows: Cells = [["二〇二四年分乡镇常住人口（万人）"], ["乡镇", "人口"], ["河东镇", 4.1]]

    made = read({"人口": rows}).tables["population"].iloc[0]

    assert (made["year"], made["persons"]) == (2024, 41_000)


def test_a_school_without_a_town_still_counts():
    roster = [list(row) for row in ROSTER[:4]]
    roster[2][2] = None

    result = read({"学校": roster})

    assert len(result.tables["schools"]) == 3
    assert result.tables["schools"]["town_id"].tolist().count("unstated") == 1
    assert rules(result) == [["town_not_given", "学校", "C3", "affects"]]


def test_a_list_without_towns_is_said_once():
    result = read({"学校": [row[:2] + row[3:] for row in ROSTER]})

    assert len(result.tables["schools"]) == 20
    assert rules(result) == [["town_not_given", "学校", "A1", "affects"]]


def test_numbers_that_no_table_takes_are_pointed_out():
    rows: Cells = [["甲乙", "丙丁"], *([i, i + 1] for i in range(9))]

    result = read({"杂项": rows})

    assert [r[0] for r in rules(result)] == ["sheet_not_used"]


def test_nothing_at_all_is_said():
    findings = intake.read_area({}, area_code="").findings

    assert findings[["rule", "severity"]].values.tolist() == [["nothing_read", "blocks"]]


@pytest.mark.parametrize(
    ("indicator", "value", "alarms"),
    [
        ("training_funds_share", "105%", 1),
        ("残疾儿童入学率", "120%", 1),
        ("初中毛入学率", "108%", 0),
        ("初中三年巩固率", "101%", 0),
        ("初中三年巩固率", "250%", 1),
        ("training_funds_share", "100%", 0),
    ],
)
def test_shares_over_one(indicator, value, alarms):
    rows: Cells = [["指标", "年份", "数值"], [indicator, 2024, value]]

    findings = read({"县域指标": rows}).findings

    assert findings["rule"].tolist() == ["absurd_share"] * alarms


def test_a_code_kept_as_a_number_in_a_csv():
    text = "学校标识码,学年,年级,在校生数\n2144120001.0,2024,1,40\n"

    result = intake.read_area({"在校生.csv": text.encode()}, area_code="")

    assert result.tables["enrolment"]["school_id"].tolist() == ["2144120001"]
    assert result.result_tables()["intake_changes"]["before"].tolist() == ["2144120001.0"]


def test_degrees_over_the_teachers_are_said_at_the_teachers():
    heads = ["学校标识码", "学年", "学段", "专任教师数", "博士", "硕士", "本科", "专科"]
    rows: Cells = [heads, ["2144120001", 2024, "小学", 20, 0, 1, 24, 6]]

    result = read({"教师": rows})

    # 0 + 1 + 24 + 6 = 31
    assert rules(result) == [["whole_below_part", "教师", "D2", "affects"]]
    assert "31" in result.findings["why_zh"].item() + result.findings["expected_zh"].item()


def test_a_list_of_towns_is_one_in_a_sheet_of_any_name():
    result = read({"Sheet1": [["乡镇代码", "乡镇名称"], ["T1", "城关镇"], ["T2", "东河镇"]]})

    assert result.tables["towns"]["town_id"].tolist() == ["T1", "T2"]
    assert rules(result) == []
