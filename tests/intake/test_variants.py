"""Every header of the field's forms is known, and every code; the lists were typed by hand."""

from __future__ import annotations

import pytest

from analysis import intake
from analysis.intake.cells import parse
from analysis.intake.headers import shipped_book
from analysis.intake.room_bands import room_band
from analysis.tables import contract
from tests.intake.county import Cells, workbook

SCHOOLS = """
学校名称 学校(机构)名称 学校代码 学校标识码 学校(机构)标识码 学校类型 办学类型 学校性质 举办者类型
办别 驻地城乡类型 城乡分类代码 建校年份 建校时间 是否2010年及之前规划并建成
是否2016年及之前规划并建成
是否人口密度过高的大城市中心城区学校 是否50人及以上但不足100人的乡村小规模学校和教学点
是否最大班额低于30人的农村小规模学校
"""
STUDENTS = """
在校生数 学生人数 在校学生总数 小学学生人数 初中学生人数 招生数 毕业生数
家庭住址在划片范围内的在校学生人数 班级总数 教学班数
"""
GRADES = """
一年级 二年级 三年级 四年级 五年级 六年级 初一(七年级) 初二(八年级) 初三(九年级)
进城务工人员随迁子女在校生人数
"""
BANDS = """
25人及以下 每班25人以下 26-30 31-35 36-40 41-45 46-50 51-55 56-60 61-65 66人及以上
"""
TEACHERS = """
专任教师总人数 专科学历教师人数 本科学历教师人数 硕士(研究生)学历教师人数 博士学历教师人数
专科学历教师人数(小学) 本科学历教师人数(小学) 硕士(研究生)学历教师人数(小学) 博士学历教师人数(小学)
本科学历教师人数(初中) 硕士(研究生)学历教师人数(初中) 博士学历教师人数(初中) 县级及以上骨干教师数
体育专任教师人数 音乐专任教师人数 美术专任教师人数 艺术专任教师人数
体育交流轮岗教师人数 体育兼职教师人数 体育走教教师人数 音乐交流轮岗教师人数 音乐兼职教师人数
音乐走教教师人数 美术交流轮岗教师人数 美术兼职教师人数 美术走教教师人数 艺术交流轮岗教师人数
艺术兼职教师人数 艺术走教教师人数 体育交流轮岗/兼职/走教教师人数 艺术交流轮岗/兼职/走教教师人数
持有教师资格证的专任教师人数 近5年培训满360学时专任教师人数
"""
FACILITIES = """
占地面积 校舍建筑面积 校舍建筑面积|计 危房 教学及辅助用房 教学及辅助用房|计 体育馆 室内体育用房
其中：室内体育用房 运动场地面积 校外租赁场馆面积 校内其他体育场面积
教学仪器设备资产值(账面原值,万元) 教学仪器设备资产值(账面原值)
固定资产总值 计算机数 图书(册) 网络多媒体教室间数
上一年度公用经费预算总额 上一年度公用经费决算总额 上一年度公用经费决算总额(万元)
教师培训经费预算总额(万元)
"""
AREAS = """
校舍建筑面积|框架 校舍建筑面积|砖混 框架 砖混 当年新增 教室 实验室 图书室 微机室 语音室 专用教室
专用教室|理化生实验室 专用教室|其他 公共教学用房 公共教学用房|图书阅览室 公共教学用房|心理辅导室
公共教学用房|其他 教学及辅助用房|教室 教学及辅助用房|专用教室|理化生实验室 行政办公用房 生活用房
其他用房
"""
FACTS = """
符合交流条件教师总数 实际交流轮岗教师数 实际交流骨干教师数量 优质高中招生计划总人数 分配指标数
向农村学校分配指标数 符合条件的随迁子女总人数 公办就读 政府购买服务民办就读 适龄残疾儿童少年总数
入学总人数 义务教育学校教师年平均工资 公务员年平均工资
"""
ROOMS = """
音乐教室总间数 美术教室总间数 音乐教室≥96 音乐教室73-96 音乐教室61-73 美术教室≥90 美术教室67-90
美术教室61-67
"""
LISTS = {
    "schools": SCHOOLS,
    "school_totals": STUDENTS,
    "enrolment": GRADES,
    "class_bands": BANDS,
    "teachers": TEACHERS,
    "facilities": FACILITIES,
    "building_areas": AREAS,
    "county_facts": FACTS,
}
CASES = [(table, title) for table, titles in LISTS.items() for title in titles.split()]


@pytest.mark.parametrize(("table", "title"), CASES)
def test_every_header_of_the_forms_is_known(table, title):
    head = shipped_book().head(table, title)

    assert head is not None
    assert head.column in contract(table).names or head.column in ("school_name", "kind")
    assert head.unknown_unit == ""


@pytest.mark.parametrize("title", ROOMS.split())
def test_every_header_of_music_and_art_rooms_is_known(title):
    assert room_band(title) is not None


@pytest.mark.parametrize(
    ("table", "column", "said", "meant"),
    [
        *(("schools", "urban_rural", c, "city") for c in ("111", "112")),
        *(("schools", "urban_rural", c, "town") for c in ("121", "122", "123")),
        *(("schools", "urban_rural", c, "village") for c in ("210", "220")),
        ("schools", "kind", "211", "primary"),
        ("schools", "kind", "218", "teaching_point"),
        ("schools", "kind", "311", "junior"),
        ("schools", "kind", "312", "nine_year"),
        ("schools", "kind", "341", "complete_secondary"),
        ("schools", "kind", "342", "senior"),
        ("schools", "kind", "345", "twelve_year"),
        ("schools", "kind", "小学", "primary"),
        ("schools", "kind", "小学教学点", "teaching_point"),
        ("schools", "kind", "初级中学", "junior"),
        ("schools", "kind", "九年一贯制", "nine_year"),
        ("schools", "kind", "十二年一贯制", "twelve_year"),
        ("schools", "kind", "完全中学", "complete_secondary"),
        ("schools", "owner", "公办", "public"),
        ("schools", "owner", "民办", "private"),
    ],
)
def test_every_code_and_word_is_known(table, column, said, meant):
    assert parse(contract(table)[column], said).value == meant
    if said.isdigit():
        assert parse(contract(table)[column], float(said)).value == meant


def test_a_remark_before_the_unit_is_no_part_of_it():
    book = shipped_book()

    assert book.head("facilities", "教学仪器设备资产值（账面原值，万元）").factor == 10_000
    assert book.head("facilities", "教室（间）").column == "classrooms"
    assert book.head("building_areas", "教室（㎡）").column == "classroom_area_m2"


def read(sheets: dict[str, Cells]) -> intake.IntakeResult:
    return intake.read_area({"表.xlsx": workbook(sheets)}, area_code="330199")


def said(result: intake.IntakeResult) -> list[list[str]]:
    return result.findings[["rule", "cell", "severity", "treatment"]].values.tolist()


def test_shared_teachers_of_all_subjects_add_up():
    heads = ["学校标识码", "学年", "学段", "专任教师数", "体育走教教师人数", "音乐兼职教师人数"]
    result = read({"教师": [heads, ["2133100001", 2024, "小学", 20, 2, 1]]})

    assert result.tables["teachers"]["pe_and_arts_shared"].tolist() == [3]


def test_facts_in_columns():
    rows: Cells = [
        ["年份", "符合交流条件教师总数", "实际交流轮岗教师数", "公务员年平均工资（万元）"],
        [2024, 800, 90, 8.5],
    ]

    made = read({"县域指标": rows}).tables["county_facts"]

    assert dict(zip(made["indicator"], made["value"], strict=True)) == {
        "rotation_eligible_teachers": 800,
        "rotation_teachers": 90,
        "civil_servant_mean_pay": 85_000,
    }


BUILDINGS = ["学校标识码", "学年", "教学及辅助用房", "教室", "专用教室", "公共教学用房"]


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        # 2 500 + 900 + 600 = 4 000
        ([4_000, 2_500, 900, 600], []),
        ([4_000, 4_100, 900, None], [["area_exceeds_whole", "D2", "affects", "kept"]]),
        # 2 500 + 1 500 + 600 = 4 600 > 4 000
        ([4_000, 2_500, 1_500, 600], [["whole_below_part", "C2", "affects", "set_aside"]]),
        # 2 500 + 500 + 600 = 3 600 < 4 000
        ([4_000, 2_500, 500, 600], [["areas_do_not_add", "C2", "affects", "kept"]]),
        # one part is not given: less than the whole is no contradiction
        ([4_000, 2_500, None, 600], []),
    ],
)
def test_areas_of_parts_and_wholes(areas, expected):
    result = read({"校舍": [BUILDINGS, ["2133100001", 2024, *areas]]})

    assert said(result) == expected


def test_a_code_of_another_length_is_pointed_out():
    heads = ["学校标识码", "学校名称", "办学类型"]
    rows: Cells = [[f"213310000{i}", f"第{i}小学", "小学"] for i in range(1, 8)]
    rows.append(["213310009", "东河小学", "小学"])

    found = said(read({"学校": [heads, *rows]}))

    assert ["code_length", "A9", "affects", "kept"] in found
    assert sum(rule == "code_length" for rule, *_ in found) == 1


def test_what_a_school_says_of_itself_is_held_against_its_numbers():
    heads = ["学校标识码", "学校名称", "办学类型", "建校年份", "是否2010年及之前规划并建成"]
    heads += ["是否50人及以上但不足100人的乡村小规模学校和教学点"]
    rows: Cells = [
        ["2133100001", "城关小学", "小学", 2014, "是", "否"],
        ["2133100002", "东河小学", "小学", 2009, "是", "是"],
        ["2133100003", "西岭小学", "小学", None, "否", "是"],
    ]
    pupils: Cells = [["学校标识码", "学年", "年级", "在校生数", "班级数"]]
    pupils += [["2133100001", 2024, 1, 80, 2], ["2133100002", 2024, 1, 120, 3]]
    pupils += [["2133100003", 2024, 1, 60, 2]]

    found = said(read({"学校": [heads, *rows], "在校生": pupils}))

    # built in 2014 is not by 2010; 120 pupils are not 50 to 99; 60 are
    assert sorted(cell for rule, cell, *_ in found if rule == "declared_otherwise") == ["E2", "F3"]
