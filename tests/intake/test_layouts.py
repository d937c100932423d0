"""Layouts met in practice all lead to the same canonical rows."""

from __future__ import annotations

import pytest

from analysis import intake
from tests.intake.county import Cells, workbook


def read(files, code="330199"):
    return intake.read_area(files, area_code=code)


def one(sheet: str, rows: Cells, file: str = "表.xlsx", **more: Cells):
    return read({file: workbook({sheet: rows, **more})})


def values(result, table, *columns):
    return [tuple(row) for row in result.tables[table][list(columns)].itertuples(index=False)]


def rules(result):
    return list(result.findings["rule"])


LONG: Cells = [
    ["学校代码", "学年", "年级", "在校生数", "班级数"],
    ["A1", 2023, "一年级", 90, 2],
    ["A1", 2023, "二年级", 84, 2],
]
PUPILS = [("A1", 2023, 1, 90.0, 2.0), ("A1", 2023, 2, 84.0, 2.0)]
KEYS = ("school_id", "school_year", "grade", "pupils", "classes")


def test_long_layout():
    assert values(one("在校生", LONG), "enrolment", *KEYS) == PUPILS


def test_wide_layout_with_two_header_rows_and_merged_titles():
    rows: Cells = [
        ["某县2023学年学生数"],
        ["学校代码", "学年", "一年级", "", "二年级", ""],
        ["学校代码", "学年", "人数", "班数", "人数", "班数"],
        ["A1", 2023, 90, 2, 84, 2],
    ]

    assert values(one("学生", rows), "enrolment", *KEYS) == PUPILS


def test_wide_layout_in_csv_where_the_group_title_stands_over_its_first_column():
    text = "学校代码,学年,一年级,,二年级,\n,,人数,班数,人数,班数\nA1,2023,90,2,84,2\n"

    result = read({"在校生.csv": text.encode("gb18030")})

    assert values(result, "enrolment", *KEYS) == PUPILS


def test_grade_and_measure_in_one_header_and_year_in_the_title():
    rows: Cells = [
        ["某县2023学年学生数、班数"],
        ["学校代码", "一年级人数", "一年级班数", "二年级人数", "二年级班数"],
        ["A1", 90, 2, 84, 2],
    ]
    result = one("学生", rows)

    assert values(result, "enrolment", *KEYS) == PUPILS
    changes = result.result_tables()["intake_changes"]
    assert changes.loc[changes["rule"] == "from_title", "cell"].tolist() == ["A1"]


def test_junior_grades_by_either_name():
    rows: Cells = [
        ["学校代码", "学年", "初一", "八年级", "初三（九年级）"],
        ["B1", 2023, 150, 148, 151],
    ]

    found = values(one("在校生", rows), "enrolment", "grade", "pupils")
    assert found == [(7, 150.0), (8, 148.0), (9, 151.0)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(("ending", "mark"), [("csv", ","), ("tsv", "\t"), ("txt", ";")])
def test_text_files_in_every_encoding(encoding, ending, mark):
    text = "\r\n".join(mark.join(str(c) for c in row) for row in LONG)

    result = read({f"在校生.{ending}": text.encode(encoding)})

    assert values(result, "enrolment", *KEYS) == PUPILS


def test_several_tables_in_one_sheet_with_blank_rows_and_columns():
    rows: Cells = [
        [None, "一、乡镇街道"],
        [None, "乡镇代码", "乡镇名称"],
        [None, "T1", "城关镇"],
        [],
        [None, "二、学校"],
        [],
        [None, "学校代码", "学校名称", "乡镇", "办学类型"],
        [None, "A1", "城关小学", "城关镇", "小学"],
        [None, "合计", "1所"],
        [None, "注：本表由县教育局填报"],
    ]
    result = one("基本情况", rows)

    assert values(result, "towns", "town_id", "town_name") == [("T1", "城关镇")]
    assert values(result, "schools", "school_id", "town_id", "kind") == [("A1", "T1", "primary")]
    assert rules(result) == []


def test_one_row_a_school_feeds_every_table_it_has_columns_of():
    rows: Cells = [
        ["某县2023学年学校基本情况一览表（单位：万元）"],
        [
            "学校名称", "所在乡镇", "办学类型", "小学学生人数", "专任教师总人数(小学)",
            "本科学历教师人数(小学)", "专科学历教师人数(小学)", "硕士学历教师人数(小学)",
            "博士学历教师人数(小学)", "教学及辅助用房(㎡)", "教学仪器设备资产值", "备注",
        ],
        ["城关小学", "城关镇", "小学", 600, 40, 22, 10, 3, 0, 3000, 120.5, "无"],
    ]  # fmt: skip
    result = one("一览表", rows)

    assert values(result, "schools", "school_id", "kind") == [("城关小学", "primary")]
    assert values(result, "school_totals", "school_id", "school_year", "stage", "pupils") == [
        ("城关小学", 2023, "primary", 600.0)
    ]
    # 22 + 10 + 3 + 0 = 35 above the required qualification of a primary school
    assert values(result, "teachers", "full_time", "above_required_qualification") == [(40.0, 35.0)]
    # 120.5 with 单位：万元 above the table is 1 205 000 yuan; the area has its own unit
    assert values(result, "facilities", "teaching_area_m2", "equipment_cny") == [
        (3000.0, 1_205_000.0)
    ]
    unused = result.result_tables()["intake_unused"]
    assert unused["content"].tolist() == ["备注"]


def test_a_degree_below_the_stage_is_not_added_for_junior_teachers():
    rows: Cells = [
        ["学校代码", "学年", "学段", "专任教师数", "专科", "本科", "硕士"],
        ["B1", 2023, "初中", 50, 9, 38, 2],
        ["A1", 2023, "小学", 50, 9, 38, 2],
    ]  # fmt: skip

    found = dict(values(one("教师", rows), "teachers", "stage", "above_required_qualification"))
    assert found == {"junior": 40.0, "primary": 49.0}  # 38 + 2, and 9 + 38 + 2


def test_school_named_instead_of_coded_is_joined_and_said():
    roster: Cells = [
        ["学校代码", "学校名称", "乡镇", "办学类型"],
        ["2133000001", "城关小学", "城关镇", "小学"],
    ]
    pupils: Cells = [["学校名称", "学年", "年级", "在校生数"], ["城关小学", 2023, 1, 90]]
    result = one("学校", roster, 在校生=pupils)

    assert values(result, "enrolment", "school_id", "pupils") == [("2133000001", 90.0)]
    changes = result.result_tables()["intake_changes"]
    assert ("学校", "2133000001") not in values(result, "enrolment", "school_id", "pupils")
    assert changes.loc[changes["rule"] == "school_name", "before"].tolist() == ["城关小学"]


def test_leading_zero_lost_in_one_table_is_restored_and_said():
    roster: Cells = [
        ["学校代码", "学校名称", "乡镇", "办学类型"],
        ["0133000001", "城关小学", "城关镇", "小学"],
    ]
    pupils: Cells = [["学校代码", "学年", "年级", "在校生数"], [133000001, 2023, 1, 90]]
    result = one("学校", roster, 在校生=pupils)

    assert values(result, "enrolment", "school_id") == [("0133000001",)]
    assert "leading_zero" in set(result.result_tables()["intake_changes"]["rule"])
    assert rules(result) == []


@pytest.mark.parametrize(
    "said", ["城关镇人民政府", "城关", "城关镇教育办", " 城关镇 ", "城关镇\u00ad"]
)
def test_other_forms_of_a_town_name(said):
    towns: Cells = [["乡镇代码", "乡镇名称"], ["T1", "城关镇"], ["T2", "东河乡"]]
    people: Cells = [["乡镇", "年份", "常住人口"], [said, 2023, 41_000]]
    result = one("乡镇街道", towns, 人口=people)

    assert values(result, "population", "town_id", "basis", "persons") == [
        ("T1", "resident", 41_000.0)
    ]
    assert rules(result) == []


def test_a_town_no_list_knows_is_an_error_not_a_lost_row():
    towns: Cells = [["乡镇代码", "乡镇名称"], ["T1", "城关镇"], ["T2", "东河乡"]]
    people: Cells = [["乡镇", "年份", "常住人口"], ["城厢镇", 2023, 41_000]]
    result = one("乡镇街道", towns, 人口=people)

    assert result.findings[["rule", "severity", "cell"]].values.tolist() == [
        ["town_unknown", "blocks", "A2"]
    ]


def test_population_bases_side_by_side_and_units_of_ten_thousand():
    rows: Cells = [
        ["乡镇", "年份", "常住人口（万人）", "户籍人口（万人）"],
        ["城关镇", 2023, 4.1, 5.25],
    ]

    found = values(one("人口", rows), "population", "basis", "persons")
    assert found == [("registered", 52_500.0), ("resident", 41_000.0)]


def test_births_by_month_and_years_across():
    months: Cells = [
        ["乡镇", "年份", "1月", "2月", "12月", "合计"],
        ["城关镇", 2019, 30, 31, 32, 93],
    ]
    years: Cells = [["户籍出生人口"], ["乡镇", "2018年", "2019年"], ["城关镇", 400, 390]]

    assert values(one("出生人口", months), "births", "month", "births") == [
        (1, 30.0), (2, 31.0), (12, 32.0)
    ]  # fmt: skip
    assert values(one("出生人口", years), "births", "year", "month", "basis", "births") == [
        (2018, 0, "registered", 400.0),
        (2019, 0, "registered", 390.0),
    ]


def test_ages_across_with_the_kind_of_register_in_the_title():
    rows: Cells = [
        ["2023年预防接种儿童数"],
        ["乡镇", "0岁", "1岁", "2岁", "3岁", "4岁", "5岁"],
        ["城关镇", 300, 310, 305, 330, 340, 335],
    ]

    found = values(one("学前适龄儿童", rows), "under_six", "year", "age", "basis", "children")
    assert found[0] == (2023, 0, "vaccinated", 300.0)
    assert len(found) == 6


def test_class_size_bands_keep_their_bounds():
    rows: Cells = [
        ["学校代码", "学年", "学段", "25人及以下", "26-30人", "66人及以上"],
        ["A1", 2023, "小学", 1, 4, 0],
    ]
    frame = one("班额分布", rows).tables["class_bands"]

    assert frame["low_pupils"].tolist() == [0, 26, 66]
    assert frame["high_pupils"].fillna(-1).tolist() == [25.0, 30.0, -1.0]


def test_source_names_file_sheet_and_cell_of_the_value():
    rows: Cells = [["学校代码", "学年", "一年级", "二年级"], ["A1", 2023, 90, 84]]
    frame = one("在校生", rows, "甲.xlsx").tables["enrolment"]

    assert frame["source"].tolist() == ["甲.xlsx#在校生!C2", "甲.xlsx#在校生!D2"]


def test_pupils_and_classes_from_different_sheets_complete_each_other():
    pupils: Cells = [["学校代码", "学年", "一年级", "二年级"], ["A1", 2023, 90, 84]]
    classes: Cells = [["学校代码", "学年", "一年级班数", "二年级班数"], ["A1", 2023, 2, 2]]
    result = one("在校生", pupils, 班级数=classes)

    assert values(result, "enrolment", *KEYS) == PUPILS
    assert rules(result) == []


def test_area_may_teach_its_own_headers():
    own = '[enrolment]\npupils = ["娃娃数"]\n'.encode()
    rows: Cells = [["学校代码", "学年", "年级", "娃娃数"], ["A1", 2023, 1, 90]]

    result = read({"在校生.xlsx": workbook({"在校生": rows}), "headers.toml": own})

    assert values(result, "enrolment", "pupils") == [(90.0,)]


@pytest.mark.parametrize("content", [b"[[[", b"enrolment = 3", b"[enrolment]\npupils = 5\n"])
def test_a_broken_list_of_headers_does_not_stop_the_reading(content):
    files = {"在校生.xlsx": workbook({"在校生": LONG}), "headers.toml": content}

    assert values(read(files), "enrolment", *KEYS) == PUPILS


def test_subtotals_and_totals_are_checked_and_not_imported():
    rows: Cells = [
        ["学校代码", "学年", "学段", "专任教师数"],
        ["合计", None, None, 100],
        ["A1", 2023, "小学", 30],
        ["A2", 2023, "小学", 31],
        ["小学小计", None, None, 61],
        ["B1", 2023, "初中", 40],
        ["初中小计", None, None, 40],
    ]
    result = one("教师", rows)

    assert len(result.tables["teachers"]) == 3
    # 30 + 31 + 40 = 101, not 100; both subtotals add up
    assert result.findings[["rule", "cell"]].values.tolist() == [["total_differs", "D2"]]


def test_amounts_that_look_like_years_are_no_header():
    rows: Cells = [
        ["年份", "资金来源", "金额（万元）"],
        [2025, "县级财政", 3200],
        [2026, "上级补助", 2000],
    ]
    result = one("资金", rows)

    assert values(result, "finance", "year", "amount_cny") == [(2025, 32e6), (2026, 20e6)]
    assert rules(result) == []


FORM_NEW: Cells = [
    ["教基3112 小学学生数（2023学年）"],
    ["学校(机构)名称：城关小学", None, None, "学校(机构)标识码：2133000001"],
    ["", "编号", "毕业生数", "招生数", "在校生数", None, None, None, None, None, None],
    ["", "", "", "", "合计", "一年级", "二年级", "三年级", "四年级", "五年级", "六年级"],
    ["甲", "乙", 1, 2, 3, 4, 5, 6, 7, 8, 9],
    ["总计", "01", 80, 90, 519, 90, 88, 86, 85, 86, 84],
    ["其中：女", "02", 40, 44, 250, 44, 43, 41, 40, 42, 40],
    ["寄宿生", "03", None, None, 12, 0, 0, 2, 2, 4, 4],
]


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("教基3112 小学学生数（2023学年）", 2023),
        ("基础基312 小学学生数（2016学年）", 2016),
        ("小基3-1 小学分年级学生数（2009学年）", 2009),
    ],
)
def test_three_generations_of_the_pupils_form_of_one_school(title, year):
    rows = [[title], *FORM_NEW[1:]]
    result = one(title.split()[0], rows)
    frame = result.tables["enrolment"]

    assert frame["pupils"].tolist() == [90.0, 88.0, 86.0, 85.0, 86.0, 84.0]
    assert frame["boarders"].tolist() == [0.0, 0.0, 2.0, 2.0, 4.0, 4.0]
    assert set(frame["school_id"]) == {"2133000001"}
    assert set(frame["school_year"]) == {year}
    assert frame["source"].iloc[0].endswith("!F6 + 表.xlsx#" + title.split()[0] + "!F8")
    assert rules(result) == []


ROOMS: Cells = [
    ["教基5170 校舍情况（2023学年）　单位：平方米"],
    ["学校(机构)名称：城关小学　学校(机构)标识码：2133000001"],
    ["指标", "编号", "计"],
    ["总计", "01", 5210],
    ["一、教学及辅助用房", "02", 3105.5],
    ["室内体育用房", "09", 205],
    ["二、行政办公用房", "12", 400],
]
EQUIPMENT: Cells = [
    ["教基5176 占地面积及其他办学条件（2023学年）"],
    ["学校(机构)名称：城关小学", None, "学校(机构)标识码：2133000001"],
    ["指标", "计量单位", "编号", "数量"],
    ["占地面积", "平方米", "01", 9800],
    ["运动场地面积", "平方米", "02", 4100],
    ["图书", "册", "03", 15600],
    ["网络多媒体教室", "间", "04", 14],
    ["教学仪器设备资产值", "万元", "05", 121.35],
]


def test_forms_of_one_school_that_list_items():
    result = one("教基5170", ROOMS, 教基5176=EQUIPMENT)
    row = result.tables["facilities"].iloc[0]

    assert (row["school_id"], row["school_year"]) == ("2133000001", 2023)
    assert row["teaching_area_m2"] == 3105.5
    assert row["indoor_sports_m2"] == 205.0
    assert row["sports_ground_m2"] == 4100.0
    assert row["books"] == 15_600.0
    assert row["multimedia_rooms"] == 14.0
    # the state form gives equipment in units of ten thousand yuan: 121.35 x 10 000
    assert row["equipment_cny"] == 1_213_500.0
    assert rules(result) == []


def test_a_form_without_its_labels_is_read_by_position_and_said():
    rows: Cells = [[None] * 4 for _ in range(20)]
    rows[0][0] = "教基5176 占地面积及其他办学条件（2023学年）"
    rows[1][0] = "学校(机构)标识码：2133000001"
    for cell, value in ((6, 4100), (11, 15_600), (16, 14), (18, 121.35)):
        rows[cell][3] = value
    result = one("教基5176", rows)
    row = result.tables["facilities"].iloc[0]

    assert (row["sports_ground_m2"], row["books"]) == (4100.0, 15_600.0)
    assert row["equipment_cny"] == 1_213_500.0
    changes = result.result_tables()["intake_changes"]
    by_place = changes[changes["rule"] == "anchor"]
    assert sorted(by_place["cell"]) == ["D12", "D17", "D19", "D7"]


def test_one_sheet_a_school():
    def sheet(code: str, first: int) -> Cells:
        return [
            ["2023学年学生情况"],
            [f"学校名称：{code}小学", None, f"学校标识码：{code}"],
            ["年级", "班数", "在校生数"],
            ["一年级", 2, first],
            ["二年级", 2, first - 4],
            ["合计", 4, 2 * first - 4],
        ]

    files = {"分校.xlsx": workbook({"甲小学": sheet("A1", 90), "乙小学": sheet("A2", 80)})}
    result = read(files)

    assert values(result, "enrolment", *KEYS) == [
        ("A1", 2023, 1, 90.0, 2.0),
        ("A1", 2023, 2, 86.0, 2.0),
        ("A2", 2023, 1, 80.0, 2.0),
        ("A2", 2023, 2, 76.0, 2.0),
    ]
    assert rules(result) == []


def test_form_exported_as_one_row_a_school():
    rows: Cells = [
        ["学校(机构)标识码", "学校(机构)名称", "一年级", "二年级"],
        ["2133000001", "城关小学", 90, 84],
    ]
    result = one("教基3112_小学", rows, file="2023学年报表.xlsx")

    assert values(result, "enrolment", "school_id", "school_year", "grade", "pupils") == [
        ("2133000001", 2023, 1, 90.0),
        ("2133000001", 2023, 2, 84.0),
    ]
