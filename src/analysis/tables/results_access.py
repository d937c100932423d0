"""Result contracts: distance, coverage, floating catchment, mergers."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import STAGE, TOWN_ID
from analysis.tables.inputs_schools import SCHOOL_ID
from analysis.tables.results_forecast import AREA_ID, LEVEL


def _km(name: str, zh: str, en: str) -> Column:
    return Column(name, "number", zh, en, "km", low=0)


def _pupils(name: str, zh: str, en: str) -> Column:
    return Column(name, "number", zh, en, "人", low=0)


DISTANCE_BASIS = Column(
    "distance_basis", "code", "距离口径", "Distance taken from", family="distance_basis"
)
ORIGIN = Column(
    "origin_id",
    "text",
    "出发地代码",
    "Place of origin",
    required=True,
    note_zh="居民点代码；没有居民点表时为乡镇代码",
    note_en="A settlement; the town where settlements are not given",
)

ACCESS_DISTANCES = Contract(
    "access_distances",
    "就学距离",
    "Distance to school",
    ("origin_id", "stage"),
    (
        ORIGIN,
        TOWN_ID,
        STAGE,
        _pupils("children", "儿童数", "Children"),
        Column("school_id", "text", "最近学校", "Nearest school"),
        _km("distance_km", "到最近学校距离", "To the nearest school"),
        Column("minutes", "number", "到最近学校时间", "Time to the nearest school", "分钟", low=0),
        _km("limit_km", "距离限值", "Limit"),
        Column("verdict", "code", "是否在限值内", "Within the limit", family="verdict"),
        DISTANCE_BASIS,
        Column("limit_source", "text", "限值出处", "Limit taken from"),
    ),
    "result",
    note_zh="直线距离乘绕行系数，或采用给定的道路距离",
    note_en="Straight line x detour factor, or the road distance that is given",
)

ACCESS_COVERAGE = Contract(
    "access_coverage",
    "就近入学覆盖",
    "Children within the limits",
    ("level", "area_id", "stage"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        _pupils("children", "儿童数", "Children"),
        _pupils("children_within", "限值内儿童数", "Children within the limit"),
        _pupils("children_beyond", "超出限值儿童数", "Children beyond the limit"),
        _pupils("children_undetermined", "无法判定儿童数", "Children undetermined"),
        Column("coverage_rate", "share", "覆盖率", "Share within the limit", low=0, high=1),
        _km("mean_km", "平均距离", "Mean distance"),
        _km("longest_km", "最远距离", "Longest distance"),
    ),
    "result",
    note_zh="全县为各镇之和；没有坐标的儿童列为无法判定",
    note_en="The county sums its towns; children without coordinates are undetermined",
)

ACCESS_PROJECTS = Contract(
    "access_projects",
    "项目的就近入学效果",
    "What projects do for the way to school",
    ("project_id", "stage"),
    (
        Column("project_id", "text", "项目编号", "Project", required=True),
        Column("project_name", "text", "项目名称", "Project name", required=True),
        Column("town_id", "text", "乡镇", "Town"),
        STAGE,
        Column("kind", "code", "建设性质", "Nature of work", family="project_kind", required=True),
        Column(
            "place_basis",
            "code",
            "位置口径",
            "Place taken from",
            family="place_basis",
            required=True,
        ),
        _pupils("children_nearer", "就近儿童数", "Children to whom it is nearest"),
        _pupils("children_gained", "因此进入限值儿童数", "Children who come within the limit"),
        _pupils("children_beyond", "全县现超出限值儿童数", "Children beyond the limit now"),
        _pupils("children_undetermined", "无法判定儿童数", "Children undetermined"),
        _km("mean_km_now", "现平均距离", "Mean distance now"),
        _km("mean_km_with", "有此项目后平均距离", "Mean distance with it"),
    ),
    "result",
    note_zh="逐个项目单独计算，不相加；在已设该学段的学校原址增加学位不改变距离",
    note_en="Each project alone, not to be added up; seats at a school that teaches the stage "
    "already change no distance",
)

ACCESS_CATCHMENT = Contract(
    "access_catchment",
    "可达性（两步移动搜寻法）",
    "Access (two-step floating catchment)",
    ("origin_id", "stage"),
    (
        ORIGIN,
        TOWN_ID,
        STAGE,
        _pupils("children", "儿童数", "Children"),
        Column("seats_per_child", "number", "人均可达学位", "Seats within reach a child", low=0),
        Column("relative", "number", "相对全县平均", "Relative to the county", low=0),
        Column("schools_in_reach", "count", "可达学校数", "Schools within reach", "所"),
        _km("reach_km", "搜寻半径", "Reach"),
    ),
    "result",
    note_zh="先算每校学位与半径内儿童之比，再对每地半径内各校之比求和",
    note_en="Each school's seats over the children in reach, then summed over the schools in "
    "reach of each place",
)

MERGER_PROPOSALS = Contract(
    "merger_proposals",
    "撤并方案",
    "Mergers looked at",
    ("school_id", "stage"),
    (
        SCHOOL_ID,
        STAGE,
        TOWN_ID,
        Column("school_name", "text", "学校名称", "School"),
        Column("receiving_school_id", "text", "接收学校代码", "Receiving school"),
        Column("receiving_name", "text", "接收学校", "Receiving school's name"),
        _pupils("children_affected", "涉及学生", "Children affected"),
        _km("mean_trip_km", "平均单程", "Mean trip"),
        _km("longest_trip_km", "最长单程", "Longest trip"),
        Column("longest_trip_minutes", "number", "最长单程时间", "Longest trip", "分钟", low=0),
        _pupils("boarding_needed", "需寄宿学生", "Boarding places needed"),
        Column("seats_spare", "number", "接收学校余位", "Seats spare there", "个", low=0),
        Column("rules_against", "count", "不允许的规则数", "Rules that say no", "条"),
        Column("rules_undetermined", "count", "无法判定的规则数", "Rules undetermined", "条"),
        Column("verdict", "code", "结论", "Verdict", family="verdict", required=True),
    ),
    "result",
    note_zh="只列情形，不作建议；任何一条规则不满足即不通过，数据不足为无法判定",
    note_en="Cases, not advice; one rule that says no is enough, and missing data is no pass",
)

MERGER_RULES = Contract(
    "merger_rules",
    "撤并规则逐条",
    "Merger rules one by one",
    ("school_id", "stage", "rule"),
    (
        SCHOOL_ID,
        STAGE,
        Column("rule", "code", "规则", "Rule", family="merger_rule", required=True),
        Column("value", "number", "数值", "Value"),
        Column("threshold", "number", "限值", "Limit"),
        Column("unit", "text", "单位", "Unit"),
        Column("verdict", "code", "结论", "Verdict", family="verdict", required=True),
        Column("source", "text", "依据", "Source"),
        Column("missing", "text", "缺少的数据", "Missing table"),
    ),
    "result",
)

CATCHMENT_CHANGES = Contract(
    "catchment_changes",
    "学区调整可能",
    "Boundary changes that could help",
    ("school_id", "receiving_school_id", "stage"),
    (
        SCHOOL_ID,
        Column("receiving_school_id", "text", "接收学校", "Receiving school", required=True),
        STAGE,
        Column("school_year", "whole", "学年", "School year", low=1949, high=2150),
        TOWN_ID,
        Column("receiving_town_id", "text", "接收学校乡镇", "Its town"),
        Column("same_town", "flag", "同一乡镇", "Same town"),
        _km("distance_km", "两校距离", "Between the schools"),
        _pupils("shortage", "本校缺口", "Seats short here"),
        _pupils("surplus", "接收学校富余", "Seats spare there"),
        _pupils("pupils_movable", "可调剂学生", "Pupils that could go"),
        _pupils("shortage_left", "调剂后缺口", "Still short after it"),
    ),
    "result",
    note_zh="缺口学校由近及远与有富余的学校配对，富余只用一次；先调剂后建设",
    note_en="Schools that are short paired with spare seats, nearest first; no seat is used twice",
)
