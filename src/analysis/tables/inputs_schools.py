"""Input contracts: schools, pupils, teachers and buildings."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SCHOOL_YEAR, SOURCE, STAGE, TOWN_ID, YEAR

SCHOOL_ID = Column(
    "school_id",
    "text",
    "学校代码",
    "School code",
    required=True,
    note_zh="学校标识码，按文本保存",
    note_en="Kept as text",
)
GRADE = Column(
    "grade",
    "whole",
    "年级",
    "Grade",
    low=0,
    high=12,
    note_zh="1-6 小学，7-9 初中，10-12 高中，0 学前",
    note_en="1-6 primary, 7-9 junior, 10-12 senior, 0 pre-school",
)


def _area(name: str, zh: str, en: str, note_zh: str = "", note_en: str = "") -> Column:
    return Column(name, "number", zh, en, unit="m²", low=0, note_zh=note_zh, note_en=note_en)


def _people(name: str, zh: str, en: str) -> Column:
    return Column(name, "count", zh, en, unit="人")


def _yes_no(name: str, zh: str, en: str) -> Column:
    return Column(name, "code", zh, en, allowed=("yes", "no"))


SCHOOLS = Contract(
    "schools",
    "学校",
    "Schools",
    ("school_id",),
    (
        SCHOOL_ID,
        Column("school_name", "text", "学校名称", "School", required=True),
        TOWN_ID,
        Column("kind", "code", "办学类型", "Kind of school", family="school_kind", required=True),
        Column("owner", "code", "举办者", "Owner", family="owner"),
        Column("urban_rural", "code", "城乡类型", "Urban-rural class", family="urban_rural"),
        Column("built_year", "number", "建校年份", "Year built", low=1700, high=2100),
        Column(
            "dense_city_centre",
            "code",
            "是否人口密集中心城区学校",
            "School in a dense city centre",
            allowed=("yes", "no"),
        ),
        _yes_no("built_by_2010", "是否2010年及之前规划并建成", "Planned and built by 2010"),
        _yes_no("built_by_2016", "是否2016年及之前规划并建成", "Planned and built by 2016"),
        _yes_no(
            "small_rural_50_99",
            "是否50人及以上但不足100人的乡村小规模学校和教学点",
            "Small rural school of 50 to 99 pupils",
        ),
        _yes_no(
            "rural_classes_below_30",
            "是否最大班额低于30人的农村小规模学校",
            "Rural school without a class of 30 pupils",
        ),
        Column("main_school_id", "text", "主校代码", "Main school code", note_zh="校区填主校代码"),
        Column("opened_year", "number", "开办学年", "School year opened", low=1700, high=2100),
        Column("closed_year", "number", "停办学年", "School year closed", low=1700, high=2100),
        Column("lon", "number", "经度", "Longitude", unit="°", low=-180, high=180),
        Column("lat", "number", "纬度", "Latitude", unit="°", low=-90, high=90),
        SOURCE,
    ),
    "input",
)

ENROLMENT = Contract(
    "enrolment",
    "在校生",
    "Enrolment",
    ("school_id", "school_year", "grade"),
    (
        SCHOOL_ID,
        SCHOOL_YEAR,
        GRADE,
        _people("pupils", "在校生数", "Pupils"),
        Column("classes", "count", "班级数", "Classes", unit="个"),
        _people("boarders", "寄宿生数", "Boarders"),
        _people("migrant_children", "随迁子女数", "Migrant children"),
        _people("repeaters", "留级生数", "Repeaters"),
        SOURCE,
    ),
    "input",
)

SCHOOL_TOTALS = Contract(
    "school_totals",
    "学校分学段合计",
    "Totals by school and stage",
    ("school_id", "school_year", "stage"),
    (
        SCHOOL_ID,
        SCHOOL_YEAR,
        STAGE,
        _people("pupils", "在校生总数", "Pupils of the stage"),
        Column("classes", "count", "班级总数", "Classes of the stage", unit="个"),
        _people("entrants", "招生数", "Entrants"),
        _people("preschool_entrants", "受过学前教育招生数", "Entrants who were in pre-school"),
        _people("graduates", "毕业生数", "Graduates"),
        _people("expected_graduates", "预计毕业生数", "Expected graduates"),
        _people("inside_zone", "划片范围内在校生数", "Pupils who live inside the zone"),
        SOURCE,
    ),
    "input",
    note_zh="一校一学段一行；没有分年级数时用，有分年级数时用来核对",
    note_en="One row a school and stage; used where grades are not given, else to check them",
)

CLASS_SIZES = Contract(
    "class_sizes",
    "班级名册",
    "Class register",
    ("school_id", "school_year", "grade", "class_no"),
    (
        SCHOOL_ID,
        SCHOOL_YEAR,
        GRADE,
        Column("class_no", "text", "班级", "Class", required=True),
        _people("pupils", "在校生数", "Pupils"),
        SOURCE,
    ),
    "input",
)

CLASS_BANDS = Contract(
    "class_bands",
    "班额分布",
    "Class-size bands",
    ("school_id", "school_year", "stage", "low_pupils"),
    (
        SCHOOL_ID,
        SCHOOL_YEAR,
        STAGE,
        Column("low_pupils", "whole", "班额下限", "From pupils", unit="人", low=0),
        Column(
            "high_pupils",
            "count",
            "班额上限",
            "To pupils",
            unit="人",
            note_zh="空白表示以上",
            note_en="Blank means and over",
        ),
        Column("classes", "count", "班级数", "Classes", unit="个"),
        SOURCE,
    ),
    "input",
)

TEACHERS = Contract(
    "teachers",
    "教师",
    "Teachers",
    ("school_id", "school_year", "stage"),
    (
        SCHOOL_ID,
        SCHOOL_YEAR,
        STAGE,
        _people("full_time", "专任教师数", "Full-time teachers"),
        _people(
            "above_required_qualification",
            "高于规定学历教师数",
            "Above the required qualification",
        ),
        _people("backbone", "县级以上骨干教师数", "Backbone teachers, county level and above"),
        _people("pe_and_arts", "体育艺术专任教师数", "PE and arts teachers"),
        _people("pe_and_arts_shared", "体艺交流走教教师数", "Shared PE and arts teachers"),
        _people("certified", "持教师资格证教师数", "Certified teachers"),
        _people("trained", "五年满360学时教师数", "Teachers with 360 hours in five years"),
        _people("senior_title", "中级及以上职称教师数", "Teachers with a middle or higher title"),
        SOURCE,
    ),
    "input",
)

FACILITIES = Contract(
    "facilities",
    "办学条件",
    "Facilities",
    ("school_id", "school_year", "scope"),
    (
        SCHOOL_ID,
        SCHOOL_YEAR,
        Column(
            "scope",
            "code",
            "填报范围",
            "Covers",
            allowed=("school", "primary", "junior"),
            required=True,
            note_zh="school 全校；primary、junior 按学段单独填报",
            note_en="school: the whole school; primary or junior: that stage alone",
        ),
        _area(
            "teaching_area_m2",
            "教学及辅助用房面积",
            "Teaching and support rooms",
            "含室内体育用房，与统计报表一致",
            "Includes indoor sports rooms, as in the statistical form",
        ),
        _area("indoor_sports_m2", "室内体育用房面积", "Indoor sports rooms"),
        _area("sports_ground_m2", "运动场地面积", "Sports ground"),
        _area("leased_sports_m2", "校外租赁场馆面积", "Leased sports venues"),
        _area("converted_sports_m2", "校内改造体育场地面积", "Converted sports areas"),
        Column("equipment_cny", "number", "教学仪器设备值", "Teaching equipment", unit="元", low=0),
        Column("multimedia_rooms", "count", "网络多媒体教室数", "Multimedia rooms", unit="间"),
        Column("computers", "count", "教学用计算机数", "Computers", unit="台"),
        Column("books", "count", "图书册数", "Books", unit="册"),
        Column("classrooms", "count", "普通教室数", "Ordinary classrooms", unit="间"),
        Column("unsafe_classrooms", "count", "其中危房教室数", "Of these unsafe", unit="间"),
        Column("temporary_classrooms", "count", "其中临时教室数", "Of these temporary", unit="间"),
        _area("floor_area_m2", "校舍建筑面积", "Floor area"),
        _area("unsafe_area_m2", "危房面积", "Unsafe floor area"),
        _area("site_area_m2", "占地面积", "Site area"),
        Column("public_funds_cny", "number", "公用经费预算", "Public funds budget", unit="元"),
        Column("training_funds_cny", "number", "教师培训经费预算", "Training budget", unit="元"),
        Column("public_funds_spent_cny", "number", "公用经费决算", "Public funds spent", unit="元"),
        Column("fixed_assets_cny", "number", "固定资产总值", "Fixed assets", unit="元", low=0),
        SOURCE,
    ),
    "input",
)

BUILDING_AREAS = Contract(
    "building_areas",
    "校舍分项面积",
    "Building areas by use",
    ("school_id", "school_year", "scope"),
    (
        SCHOOL_ID,
        SCHOOL_YEAR,
        FACILITIES["scope"],
        _area("classroom_area_m2", "教室面积", "Classrooms"),
        _area("special_room_area_m2", "专用教室面积", "Special rooms"),
        _area("public_room_area_m2", "公共教学用房面积", "Shared teaching rooms"),
        _area("laboratory_area_m2", "实验室面积", "Laboratories"),
        _area("other_special_area_m2", "其他专用教室面积", "Other special rooms"),
        _area("library_area_m2", "图书室面积", "Library"),
        _area("computer_room_area_m2", "微机室面积", "Computer rooms"),
        _area("language_room_area_m2", "语音室面积", "Language rooms"),
        _area("counselling_area_m2", "心理辅导室面积", "Counselling rooms"),
        _area("other_public_area_m2", "其他公共教学用房面积", "Other shared teaching rooms"),
        _area("office_area_m2", "行政办公用房面积", "Offices"),
        _area("living_area_m2", "生活用房面积", "Living quarters"),
        _area("other_area_m2", "其他用房面积", "Other buildings"),
        _area("frame_area_m2", "框架结构面积", "Of frame construction"),
        _area("brick_concrete_area_m2", "砖混结构面积", "Of brick and concrete"),
        _area("brick_wood_area_m2", "砖木结构面积", "Of brick and wood"),
        _area("added_area_m2", "当年新增校舍面积", "Added this year"),
        SOURCE,
    ),
    "input",
    note_zh="选填；教学及辅助用房、校舍建筑面积的各个部分，用来核对办学条件表",
    note_en="Optional: the parts of teaching rooms and floor area, checked against facilities",
)

SPECIAL_ROOMS = Contract(
    "special_rooms",
    "专用教室",
    "Special rooms",
    ("school_id", "kind", "room_no"),
    (
        SCHOOL_ID,
        Column("kind", "code", "教室类型", "Kind of room", family="room_kind", required=True),
        Column("room_no", "text", "教室编号", "Room", required=True),
        _area("area_m2", "面积", "Area"),
        SOURCE,
    ),
    "input",
)

SCHOOL_CHANGES = Contract(
    "school_changes",
    "学校沿革",
    "School changes",
    ("old_school_id", "new_school_id", "year"),
    (
        Column("old_school_id", "text", "原学校代码", "Former school code", required=True),
        Column("new_school_id", "text", "现学校代码", "Present school code", required=True),
        YEAR,
        Column(
            "change",
            "code",
            "变更类型",
            "Change",
            allowed=("code", "merger", "split", "rename"),
        ),
        SOURCE,
    ),
    "input",
)
