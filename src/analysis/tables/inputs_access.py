"""Input contracts: where children live, and road distances and times that are given."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SOURCE, TOWN_ID
from analysis.tables.inputs_schools import SCHOOL_ID

SETTLEMENTS = Contract(
    "settlements",
    "居民点",
    "Settlements",
    ("settlement_id",),
    (
        Column("settlement_id", "text", "居民点代码", "Settlement code", required=True),
        Column("settlement_name", "text", "居民点名称", "Settlement"),
        TOWN_ID,
        Column("urban_rural", "code", "城乡类型", "Urban-rural class", family="urban_rural"),
        Column("lon", "number", "经度", "Longitude", unit="°", low=-180, high=180),
        Column("lat", "number", "纬度", "Latitude", unit="°", low=-90, high=90),
        Column("primary_children", "count", "小学适龄儿童", "Children of primary age", unit="人"),
        Column("junior_children", "count", "初中适龄儿童", "Children of junior age", unit="人"),
        SOURCE,
    ),
    "input",
    note_zh="村、社区或小区；没有本表时以乡镇坐标代替，距离只是粗估",
    note_en="Villages or estates; without them towns stand in and distances are rough",
)

ROAD_TIMES = Contract(
    "road_times",
    "道路距离",
    "Road distances",
    ("origin_id", "school_id"),
    (
        Column("origin_id", "text", "出发地代码", "Place of origin", required=True),
        SCHOOL_ID,
        Column("road_km", "number", "道路距离", "By road", unit="km", low=0),
        Column("minutes", "number", "用时", "Time", unit="分钟", low=0),
        SOURCE,
    ),
    "input",
    note_zh="出发地为居民点、乡镇或学校代码；给出的道路距离优先于直线估算",
    note_en="Origins are settlements, towns or schools; given roads come before straight lines",
)
