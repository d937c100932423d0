"""Result contracts: capacity ledger, seat supply, two-sided gap, warnings, class scenarios."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract, RowCheck
from analysis.tables.inputs_places import SCHOOL_YEAR, STAGE, TOWN_ID
from analysis.tables.inputs_schools import SCHOOL_ID
from analysis.tables.results_forecast import AREA_ID, GRADE, LEVEL, SCENARIO

#: How seats were counted: from rooms; from rooms whose unsafe or temporary part nobody reported;
#: from a published total of seats; from the classes in use; or not at all. Best first.
BASES = ("classrooms", "classrooms_unchecked", "seats_total", "classes_in_use", "unknown")
#: What keeps a school from more seats: see the words ``capacity.limit_*`` of the catalogue.
LIMITS = ("classrooms", "teaching_area", "sports_area", "site_area", "school_size", "unknown")

WARNING = Column("warning", "code", "预警等级", "Warning", family="warning", required=True)
BASIS_OF_SEATS = Column(
    "basis", "code", "学位口径", "Seats counted from", family="seat_basis", required=True
)


def seats(name: str, zh: str, en: str, note_zh: str = "", note_en: str = "") -> Column:
    """Return a column of seats."""
    return Column(name, "number", zh, en, "个", low=0, note_zh=note_zh, note_en=note_en)


def pupils(name: str, zh: str, en: str, note_zh: str = "", note_en: str = "") -> Column:
    """Return a column of pupils."""
    return Column(name, "number", zh, en, "人", low=0, note_zh=note_zh, note_en=note_en)


def rooms(name: str, zh: str, en: str, note_zh: str = "", note_en: str = "") -> Column:
    """Return a column of rooms."""
    return Column(name, "number", zh, en, "间", low=0, note_zh=note_zh, note_en=note_en)


def classes(name: str, zh: str, en: str) -> Column:
    """Return a column of classes."""
    return Column(name, "number", zh, en, "个", low=0)


def _probability(name: str, zh: str, en: str) -> Column:
    return Column(name, "share", zh, en, low=0, high=1)


def year(name: str, zh: str, en: str, note_zh: str = "", note_en: str = "") -> Column:
    """Return a column of a calendar year."""
    return Column(name, "number", zh, en, low=1949, high=2150, note_zh=note_zh, note_en=note_en)


CAPACITY_LEDGER = Contract(
    "capacity_ledger",
    "学位台账",
    "Capacity ledger",
    ("school_id", "stage"),
    (
        SCHOOL_ID,
        STAGE,
        TOWN_ID,
        year("school_year", "数据学年", "School year of the data"),
        pupils("pupils", "在校生数", "Pupils"),
        classes("classes", "现有班数", "Classes"),
        Column("class_size_max", "number", "标准班额", "Largest class", "人", low=1),
        rooms("classrooms", "普通教室数", "Ordinary classrooms"),
        rooms("unsafe_classrooms", "危房教室数", "Unsafe classrooms"),
        rooms("temporary_classrooms", "临时教室数", "Temporary classrooms"),
        rooms(
            "usable_classrooms",
            "可用教室数",
            "Usable classrooms",
            "普通教室减危房教室减临时教室；多学段学校按现有班数分摊",
            "Ordinary less unsafe less temporary; a school with several stages shares its rooms "
            "by its present classes",
        ),
        seats(
            "seats_available",
            "学位数",
            "Seats",
            "可用教室数 × 标准班额；不因当前大班额而增加",
            "Usable classrooms x largest class; crowding does not make seats",
        ),
        seats("seats_temporary", "临时教室学位", "Seats in temporary rooms"),
        seats("seats_unsafe", "危房教室学位", "Seats in unsafe rooms"),
        seats("seats_by_teaching_area", "教学用房可容学位", "Seats by teaching area"),
        seats("seats_by_sports_area", "运动场馆可容学位", "Seats by sports area"),
        seats("seats_by_site_area", "用地可容学位", "Seats by site area"),
        seats("seats_by_school_size", "规模上限学位", "Seats by size of school"),
        seats(
            "seats_within_norms",
            "各项标准内学位",
            "Seats within every norm",
            "教室、面积、用地、规模中最小的一项；缺的项不参加比较",
            "The least of rooms, areas, site and size; what is unknown takes no part",
        ),
        Column("limit_reason", "code", "限制因素", "Limited by", family="seat_limit"),
        BASIS_OF_SEATS,
        Column("start_up", "flag", "新开办未满年级", "Opening grade by grade"),
        Column("empty_grades", "whole", "未开年级数", "Grades not opened yet", "个", low=0),
        seats(
            "start_up_vacancy",
            "新校待开年级空位",
            "Seats of grades not opened yet",
            "新开办学校自起始年级逐年招生，未开年级的空位不算富余",
            "A new school fills from its first grade; grades not opened yet are not spare",
        ),
        Column("utilisation_rate", "share", "学位利用率", "Use of seats", low=0),
    ),
    "result",
    note_zh="一所学校一个学段一行；没有教室数的学校学位为空，不以班数代替",
    note_en="One row a school and stage; without a count of rooms seats stay missing and are "
    "never replaced by the classes in use",
)

SEAT_SUPPLY = Contract(
    "seat_supply",
    "学位供给",
    "Seat supply",
    ("level", "area_id", "stage", "school_year"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        SCHOOL_YEAR,
        seats("seats_existing", "现有学位", "Seats that are there"),
        seats("seats_committed", "已立项新增学位", "Seats of committed projects"),
        seats("seats_available", "学位供给", "Seats available"),
        seats("seats_temporary", "临时教室学位", "Seats in temporary rooms"),
        seats("seats_within_norms", "各项标准内学位", "Seats within every norm"),
        seats("start_up_vacancy", "新校待开年级空位", "Seats of grades not opened yet"),
        rooms("usable_classrooms", "可用教室数", "Usable classrooms"),
        Column("schools", "count", "学校数", "Schools", "所"),
        Column("schools_unknown", "count", "教室数未知学校数", "Schools without rooms", "所"),
        seats(
            "seats_of_known_schools",
            "已知学校学位",
            "Seats of the schools that are known",
            "有学校缺教室数时，全镇学位为空，本列给出已知部分",
            "Where a school has no count of rooms the town's seats are missing; this is the rest",
        ),
        seats("seats_in_classes", "现有班数折算学位", "Classes in use x largest class"),
        BASIS_OF_SEATS,
    ),
    "result",
    note_zh="现有可用教室加按期开办的已立项项目；任何一校未知则全镇未知，不以零计",
    note_en="Usable rooms plus committed projects when they open; one unknown school makes the "
    "town unknown, never zero",
)

TWO_SIDED = (
    pupils("seats_required", "学位需求", "Seats required"),
    seats("seats_available", "学位供给", "Seats available"),
    seats("shortage", "缺口学位", "Seats short"),
    seats("surplus", "富余学位", "Seats spare"),
)

SEAT_GAP = Contract(
    "seat_gap",
    "学位余缺",
    "Seats short and spare",
    ("level", "area_id", "stage", "school_year", "scenario"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        SCHOOL_YEAR,
        SCENARIO,
        *TWO_SIDED,
        seats("start_up_vacancy", "其中新校待开年级空位", "Of which grades not opened yet"),
        Column("utilisation_rate", "share", "学位利用率", "Use of seats", low=0),
        WARNING,
        classes("classes_required", "应开班数", "Classes required"),
        rooms("usable_classrooms", "可用教室数", "Usable classrooms"),
        rooms("classrooms_short", "缺教室数", "Classrooms short"),
        rooms("classrooms_spare", "富余教室数", "Classrooms spare"),
        seats("shortage_by_grade", "分年级缺口之和", "Seats short, grade by grade"),
        seats("surplus_by_grade", "分年级富余之和", "Seats spare, grade by grade"),
        seats(
            "shortage_at_most",
            "缺口至多",
            "Seats short at most",
            "按已知学校的学位计；供给全部已知时等于缺口",
            "Against the seats of the schools that are known; equals the shortage when all are",
        ),
        seats("shortage_known", "已知各镇缺口之和", "Shortage of the towns that are known"),
        seats("surplus_known", "已知各镇富余之和", "Surplus of the towns that are known"),
        seats("shortage_within_norms", "各项标准内缺口", "Seats short within every norm"),
        seats("shortage_after_temporary", "用临时教室后缺口", "Seats short after temporary rooms"),
        Column("towns_red", "count", "红色镇数", "Towns red", "个"),
        Column("towns_amber", "count", "黄色镇数", "Towns amber", "个"),
        Column("towns_green", "count", "绿色镇数", "Towns green", "个"),
        Column("towns_blue", "count", "蓝色镇数", "Towns blue", "个"),
        Column("towns_undetermined", "count", "无法判定镇数", "Towns undetermined", "个"),
        BASIS_OF_SEATS,
        Column(
            "schools",
            "text",
            "涉及学校",
            "Schools involved",
            note_zh="缺口最大的五所；没有缺口的为利用率最低一档的学校",
            note_en="The five with the largest shortage; failing any, those that are blue",
        ),
    ),
    "result",
    checks=(
        RowCheck(
            "known_supply_has_a_gap",
            "供给已知则余缺已知",
            "Where seats and pupils are known, shortage and surplus are",
            lambda f: (
                f["seats_available"].isna() | f["seats_required"].isna() | f["shortage"].notna()
            ),
        ),
    ),
    note_zh="缺口与富余分列，镇际、学段、年级之间不相抵；全县缺口为各镇缺口之和，富余为各镇富余之和",
    note_en="Shortage and surplus stand apart and are never netted across towns, stages or "
    "grades; the county's shortage is the sum of its towns' shortages, and so its surplus",
)

GRADE_GAP = Contract(
    "grade_gap",
    "分年级余缺",
    "Gap by grade",
    ("level", "area_id", "stage", "grade", "school_year", "scenario"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        GRADE,
        SCHOOL_YEAR,
        SCENARIO,
        *TWO_SIDED,
        classes("classes_required", "应开班数", "Classes required"),
        seats(
            "entry_seats",
            "起始年级可招学位",
            "Seats open to entrants",
            "可用教室减其他年级应开班数，乘标准班额；只在起始年级给出",
            "Rooms left by the other grades x largest class; first grade only",
        ),
    ),
    "result",
    note_zh="每个年级按学段学位的平均份额计（可容轨数），各年级之间不相抵",
    note_en="A grade's seats are its even share of the stage's; grades are never netted",
)

GAP_RISK = Contract(
    "gap_risk",
    "余缺概率",
    "Probability of shortage and surplus",
    ("level", "area_id", "stage", "school_year"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        SCHOOL_YEAR,
        _probability("probability_short", "缺口概率", "Probability of a shortage"),
        seats("expected_shortage", "期望缺口", "Expected shortage"),
        seats("shortage_p50", "缺口中位数", "Shortage, median"),
        seats("shortage_p80", "缺口80%分位", "Shortage, 80th percentile"),
        seats("shortage_p95", "缺口95%分位", "Shortage, 95th percentile"),
        _probability("probability_spare", "富余概率", "Probability of a surplus"),
        seats("expected_surplus", "期望富余", "Expected surplus"),
        seats("surplus_p50", "富余中位数", "Surplus, median"),
        seats("surplus_p80", "富余80%分位", "Surplus, 80th percentile"),
        seats("surplus_p95", "富余95%分位", "Surplus, 95th percentile"),
        classes("expected_classes", "期望应开班数", "Expected classes required"),
        _probability("probability_rooms_short", "教室不足概率", "Probability rooms are short"),
        rooms("expected_classrooms_short", "期望缺教室数", "Expected classrooms short"),
        rooms("classrooms_short_p80", "缺教室80%分位", "Classrooms short, 80th percentile"),
        _probability("warning_probability_red", "红色概率", "Probability of red"),
        _probability("warning_probability_amber", "黄色概率", "Probability of amber"),
        _probability("warning_probability_green", "绿色概率", "Probability of green"),
        _probability("warning_probability_blue", "蓝色概率", "Probability of blue"),
        Column("paths", "count", "模拟路径数", "Simulated paths", "条"),
    ),
    "result",
    note_zh="在每条模拟路径上分别计算，再取概率与分位；全县行为各镇余缺之和，概率指至少一镇",
    note_en="Worked out on every simulated path; a county row sums its towns on each path, and "
    "its probabilities say that at least one town is so",
)

GAP_SCHOOLS = Contract(
    "gap_schools",
    "学校余缺",
    "Gap by school",
    ("school_id", "stage", "school_year", "scenario"),
    (
        SCHOOL_ID,
        TOWN_ID,
        STAGE,
        SCHOOL_YEAR,
        SCENARIO,
        pupils(
            "pupils",
            "在校生（预测为本镇需求按份额分摊）",
            "Pupils, forecast by share of the town",
        ),
        *TWO_SIDED[1:],
        classes("classes_required", "应开班数", "Classes required"),
        rooms("usable_classrooms", "可用教室数", "Usable classrooms"),
        rooms("classrooms_short", "缺教室数", "Classrooms short"),
        Column("utilisation_rate", "share", "学位利用率", "Use of seats", low=0),
        WARNING,
        Column("shortage_share", "share", "占本镇各校缺口", "Share of the town's school shortages"),
        Column("school_size_over", "number", "超规模人数", "Pupils over the size limit", "人"),
    ),
    "result",
    note_zh="学校份额取基年各年级在本镇的占比，只作分摊，不是学校预测；十年后的单校数字不宜引用",
    note_en="Shares are those of the base year by grade; they spread the town's demand and are "
    "no forecast of a school",
)

SEAT_WARNINGS = Contract(
    "seat_warnings",
    "学位预警",
    "Seat warnings",
    ("level", "area_id", "stage"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        Column("school_year", "whole", "预警学年", "School year warned of", low=1949, high=2150),
        Column("utilisation_rate", "share", "学位利用率", "Use of seats", low=0),
        WARNING,
        _probability("probability_red", "红色概率", "Probability of red"),
        _probability("probability_amber", "黄色概率", "Probability of amber"),
        _probability("probability_green", "绿色概率", "Probability of green"),
        _probability("probability_blue", "蓝色概率", "Probability of blue"),
        year("first_short_year", "首个缺口学年", "First year short"),
        year("first_risk_year", "首个有风险学年", "First year at risk"),
        seats("largest_shortage", "最大缺口", "Largest shortage"),
        year("largest_shortage_year", "最大缺口学年", "Year of the largest shortage"),
        year("last_short_year", "末个缺口学年", "Last year short"),
        year("first_blue_year", "首个蓝色学年", "First blue year"),
        seats("largest_surplus", "最大富余", "Largest surplus"),
        year("latest_new_build_year", "新建最迟开工年", "Latest start, new school"),
        year("latest_expansion_year", "改扩建最迟开工年", "Latest start, expansion"),
        year("latest_temporary_year", "临时教室最迟启动年", "Latest start, temporary rooms"),
        Column(
            "slowest_in_time",
            "code",
            "来得及的措施",
            "Slowest work still in time",
            allowed=("none_needed", "new_build", "expansion", "temporary", "too_late", "unknown"),
        ),
        Column("schools", "text", "涉及学校", "Schools involved"),
        Column("missing", "text", "缺少的数据", "What is missing"),
    ),
    "result",
    note_zh="预警等级为工具默认值，非法定，可在规则集或 area.toml 中修改",
    note_en="Levels are defaults of this tool, not law, and can be edited in the rule set",
)
