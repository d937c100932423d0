"""What norms ask: classes of another size, special rooms, seats by the norm."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SCHOOL_YEAR, STAGE, TOWN_ID
from analysis.tables.inputs_schools import SCHOOL_ID
from analysis.tables.results_capacity import (
    TWO_SIDED,
    classes,
    pupils,
    rooms,
    seats,
    year,
)
from analysis.tables.results_forecast import AREA_ID, LEVEL

CLASS_SIZE_SCENARIOS = Contract(
    "class_size_scenarios",
    "小班化情景",
    "Smaller classes",
    ("level", "area_id", "stage", "school_year", "class_size"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        SCHOOL_YEAR,
        Column("class_size", "whole", "班额", "Class size", "人", low=1),
        Column("is_norm", "flag", "是否现行标准", "Present norm"),
        *TWO_SIDED,
        classes("classes_required", "应开班数", "Classes required"),
        rooms("usable_classrooms", "可用教室数", "Usable classrooms"),
        rooms("classrooms_short", "缺教室数", "Classrooms short"),
        rooms("classrooms_spare", "富余教室数", "Classrooms spare"),
    ),
    "result",
    note_zh="教室数不变，班额改为所示数值后的余缺；镇际不相抵",
    note_en="The same rooms with classes of the size shown; towns are never netted",
)

SPECIAL_ROOM_NEED = Contract(
    "special_room_need",
    "专用教室需求",
    "Need of special rooms",
    ("school_id", "kind"),
    (
        SCHOOL_ID,
        TOWN_ID,
        Column("kind", "code", "教室类型", "Kind of room", family="room_kind", required=True),
        Column("rooms", "count", "现有间数", "Rooms", "间"),
        classes("classes", "现有班数", "Classes now"),
        rooms("rooms_needed", "应有间数", "Rooms needed now"),
        rooms("rooms_short", "现缺间数", "Rooms short now"),
        classes("classes_peak", "预测最多班数", "Most classes ahead"),
        year("peak_year", "最多班数学年", "Year of most classes"),
        rooms("rooms_short_peak", "届时缺间数", "Rooms short then"),
    ),
    "result",
    note_zh="每 12 个班音乐、美术专用教室各 1 间；没有专用教室表时现有间数为空",
    note_en="One music and one art room for every 12 classes; missing where no rooms are listed",
)

NORM_GAP = Contract(
    "norm_gap",
    "千人指标余缺",
    "Gap against the planning norm",
    ("level", "area_id", "stage", "basis", "year"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        Column("basis", "code", "人口口径", "Population basis", family="population_basis"),
        Column("year", "whole", "人口年份", "Year of population", low=1949, high=2100),
        seats("norm_seats", "应配学位", "Seats by norm"),
        seats("seats_available", "现有学位", "Seats that are there"),
        pupils("pupils", "在校生数", "Pupils"),
        seats("below_norm", "低于指标学位", "Seats below the norm"),
        seats("above_norm", "高于指标学位", "Seats above the norm"),
    ),
    "result",
    note_zh="千人指标是配置标准，不是需求；只作对照",
    note_en="The norm provides for a population; it is no demand and stands here for comparison",
)
