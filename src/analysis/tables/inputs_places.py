"""Input contracts: places, people and births."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract

SOURCE = Column(
    "source",
    "text",
    "来源",
    "Source",
    note_zh="文件#工作表!单元格，以及原始出处",
    note_en="file#sheet!cell and the citation it came with",
)
TOWN_ID = Column("town_id", "text", "乡镇代码", "Town code", required=True)
YEAR = Column("year", "whole", "年份", "Year", low=1949, high=2100)
SCHOOL_YEAR = Column(
    "school_year",
    "whole",
    "学年",
    "School year",
    low=1949,
    high=2100,
    note_zh="学年起始年：2024 指 2024 年秋季开学的学年",
    note_en="Year in which it begins: 2024 begins in autumn 2024",
)
BASIS = Column(
    "basis", "code", "人口口径", "Population basis", family="population_basis", required=True
)
STAGE = Column("stage", "code", "学段", "Stage", family="stage", required=True)

TOWNS = Contract(
    "towns",
    "乡镇街道",
    "Towns",
    ("town_id",),
    (
        TOWN_ID,
        Column("town_name", "text", "乡镇名称", "Town", required=True),
        Column("urban_rural", "code", "城乡类型", "Urban-rural class", family="urban_rural"),
        Column("lon", "number", "经度", "Longitude", unit="°", low=-180, high=180),
        Column("lat", "number", "纬度", "Latitude", unit="°", low=-90, high=90),
        SOURCE,
    ),
    "input",
)

POPULATION = Contract(
    "population",
    "人口",
    "Population",
    ("town_id", "year", "basis"),
    (
        TOWN_ID,
        YEAR,
        BASIS,
        Column("persons", "count", "人口数", "Persons", unit="人"),
        SOURCE,
    ),
    "input",
    note_zh="全县合计的一行，乡镇代码填县代码",
    note_en="For a county total the town code is the county code",
)

BIRTHS = Contract(
    "births",
    "出生人口",
    "Births",
    ("town_id", "year", "month", "basis"),
    (
        TOWN_ID,
        YEAR,
        Column(
            "month",
            "whole",
            "月份",
            "Month",
            low=0,
            high=12,
            note_zh="0 表示全年合计",
            note_en="0 stands for the whole calendar year",
        ),
        BASIS,
        Column("births", "count", "出生人数", "Births", unit="人"),
        SOURCE,
    ),
    "input",
    note_zh="全县合计的一行，乡镇代码填县代码",
    note_en="For a county total the town code is the county code",
)

UNDER_SIX = Contract(
    "under_six",
    "学前适龄儿童",
    "Children under six",
    ("town_id", "year", "age", "basis"),
    (
        TOWN_ID,
        YEAR,
        Column("age", "whole", "年龄", "Age", unit="岁", low=0, high=6),
        BASIS,
        Column("children", "count", "儿童数", "Children", unit="人"),
        SOURCE,
    ),
    "input",
    note_zh="统计时点 8 月 31 日的满周岁年龄；接种、在园人数可作替代口径",
    note_en="Completed age on 31 August; vaccination or kindergarten counts may stand in",
)

TOTALS = Contract(
    "totals",
    "分地区合计",
    "Totals by place",
    ("town_id", "school_year", "stage"),
    (
        TOWN_ID,
        SCHOOL_YEAR,
        STAGE,
        Column("schools", "count", "学校数", "Schools", unit="所"),
        Column("teaching_points", "count", "教学点数", "Teaching points", unit="个"),
        Column("pupils", "count", "在校生数", "Pupils", unit="人"),
        Column("classes", "count", "班级数", "Classes", unit="个"),
        Column("entrants", "count", "招生数", "Entrants", unit="人"),
        Column("graduates", "count", "毕业生数", "Graduates", unit="人"),
        Column("staff", "count", "教职工数", "Staff", unit="人"),
        Column("teachers", "count", "专任教师数", "Full-time teachers", unit="人"),
        Column(
            "qualified_teachers",
            "count",
            "高于规定学历教师数",
            "Teachers above the required qualification",
            unit="人",
        ),
        Column("floor_area_m2", "number", "校舍建筑面积", "Floor area", unit="m²", low=0),
        Column("seats", "count", "学位数", "Seats", unit="个"),
        SOURCE,
    ),
    "input",
    note_zh="只有合计数、没有逐校数据的地方用本表；乡镇代码填县代码表示全县",
    note_en="For places that have totals and no school rows; the county code stands for the county",
)

FLOWS = Contract(
    "flows",
    "跨镇就读",
    "Flows between towns",
    ("home_town_id", "school_town_id", "school_year", "stage"),
    (
        Column("home_town_id", "text", "居住乡镇代码", "Home town code", required=True),
        Column("school_town_id", "text", "就读乡镇代码", "School town code", required=True),
        SCHOOL_YEAR,
        STAGE,
        Column("pupils", "count", "人数", "Pupils", unit="人"),
        SOURCE,
    ),
    "input",
    note_zh="县外填 outside",
    note_en="Write outside for a place beyond the county",
)

HOUSING = Contract(
    "housing",
    "住宅开发",
    "Housing developments",
    ("site_id",),
    (
        Column("site_id", "text", "楼盘编号", "Site", required=True),
        Column("site_name", "text", "楼盘名称", "Site name"),
        TOWN_ID,
        Column("units", "count", "套数", "Dwellings", unit="套"),
        Column("first_year", "whole", "首批交付年", "First delivery", low=1990, high=2100),
        Column("last_year", "whole", "最后交付年", "Last delivery", low=1990, high=2100),
        Column("probability", "share", "实现概率", "Probability", low=0, high=1),
        Column(
            "primary_yield", "number", "每套小学生数", "Primary pupils a dwelling", unit="人", low=0
        ),
        Column(
            "junior_yield", "number", "每套初中生数", "Junior pupils a dwelling", unit="人", low=0
        ),
        SOURCE,
    ),
    "input",
)

TOWN_CHANGES = Contract(
    "town_changes",
    "乡镇沿革",
    "Town changes",
    ("old_town_id", "new_town_id", "year"),
    (
        Column("old_town_id", "text", "原乡镇代码", "Former town code", required=True),
        Column("new_town_id", "text", "现乡镇代码", "Present town code", required=True),
        YEAR,
        Column("share", "share", "划入份额", "Share moved", low=0, high=1),
        SOURCE,
    ),
    "input",
)
