"""Result contracts of the public edition: counts with small ones suppressed."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SCHOOL_YEAR, STAGE
from analysis.tables.results_forecast import AREA_ID, LEVEL, SCENARIO

PUBLIC_PUPILS = Contract(
    "public_pupils",
    "公开版在校生",
    "Pupils, public edition",
    ("measure", "level", "area_id", "stage", "grade", "school_year"),
    (
        Column(
            "measure",
            "code",
            "统计项",
            "Measure",
            allowed=("pupils", "boarders", "migrant_children"),
            required=True,
        ),
        LEVEL,
        AREA_ID,
        STAGE,
        Column(
            "grade",
            "whole",
            "年级",
            "Grade",
            low=0,
            high=12,
            note_zh="0 表示全学段合计",
            note_en="0 stands for the whole stage",
        ),
        SCHOOL_YEAR,
        Column("count", "count", "人数", "Count", unit="人"),
        Column("suppressed", "flag", "是否隐去", "Suppressed"),
    ),
    "result",
    note_zh="人数过少的格隐去，并隐去足以防止倒算的其他格；隐去的格人数留空",
    note_en="Small counts are suppressed, and so are as many others as keep them from being "
    "computed back; a suppressed count is missing",
)

PUBLIC_DEMAND = Contract(
    "public_demand",
    "公开版学位需求",
    "Seat demand, public edition",
    ("level", "area_id", "stage", "school_year", "scenario"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        SCHOOL_YEAR,
        SCENARIO,
        Column("seats_required", "number", "学位需求", "Seats required", unit="人", low=0),
        Column("suppressed", "flag", "是否隐去", "Suppressed"),
    ),
    "result",
    note_zh="预测值取整到公开版的最小单位；基年人数被隐去的镇不公布预测",
    note_en="Forecasts are rounded to the unit of the public edition; a town whose base count is "
    "suppressed has none",
)
