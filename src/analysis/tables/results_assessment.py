"""Result contracts: items, verdicts, recognition, school tests, targets, rule differences."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SCHOOL_YEAR, STAGE, YEAR
from analysis.tables.inputs_schools import SCHOOL_ID
from analysis.tables.results_indicators import MISSING, VERDICT

DIMENSION = Column("dimension", "code", "方面", "Dimension", family="dimension", required=True)
SHORTFALL_UNIT = Column(
    "shortfall_unit", "text", "缺口单位", "Unit of the shortfall", family="quantity_unit"
)
EVIDENCE = Column("evidence", "text", "佐证材料", "Evidence")
CLASS_BASIS = Column(
    "basis", "code", "班额来源", "Class sizes from", family="class_basis", required=True
)
STAGE_OR_ALL = Column(
    "stage", "code", "学段", "Stage", allowed=("primary", "junior", "all"), required=True
)


def count(name: str, zh: str, en: str, unit: str = "") -> Column:
    """Return a column of a count, not negative."""
    return Column(name, "number", zh, en, unit, low=0)


def text(name: str, zh: str, en: str, required: bool = False) -> Column:
    """Return a column of a text."""
    return Column(name, "text", zh, en, required=required)


ASSESSMENT_ITEMS = Contract(
    "assessment_items",
    "评估逐项结论",
    "Assessment, item by item",
    ("dimension", "item", "test_no"),
    (
        DIMENSION,
        text("item", "项目编号", "Item", required=True),
        Column("test_no", "whole", "测试序号", "Test", low=0, note_zh="0 为该项总结论"),
        text("title_zh", "项目", "Item, in Chinese"),
        text("title_en", "项目（英文）", "Item title"),
        Column("stage", "code", "学段", "Stage", allowed=("primary", "junior", "all")),
        Column("value", "number", "实际值", "Value"),
        Column("threshold", "number", "标准值", "Threshold"),
        VERDICT,
        Column(
            "decided_by",
            "code",
            "判定依据",
            "Decided by",
            allowed=("numbers", "schools", "evidence", "both"),
        ),
        count("failing_schools", "未达到的学校数", "Schools that fail", "所"),
        count("unknown_schools", "无法判定的学校数", "Schools undetermined", "所"),
        EVIDENCE,
        text("evidence_date", "材料日期", "Date of evidence"),
        text("responsible", "责任单位", "Responsible"),
        Column("own_judgement", "code", "自评结论", "Own judgement", family="verdict"),
        Column("judgement_differs", "flag", "自评与数值不符", "Own judgement differs"),
        Column("shortfall", "number", "缺口", "Shortfall"),
        SHORTFALL_UNIT,
        MISSING,
        text("rule", "依据", "Rule"),
        text("grade", "依据等级", "Grade of the rule"),
        text("source", "数据来源", "Source"),
    ),
    "result",
)

COUNTY_VERDICT = Contract(
    "county_verdict",
    "县级结论",
    "Verdict of the county",
    ("dimension", "stage"),
    (
        DIMENSION,
        STAGE_OR_ALL,
        VERDICT,
        count("met", "达到项数", "Met"),
        count("not_met", "未达到项数", "Not met"),
        count("undetermined", "无法判定项数", "Undetermined"),
        text("reason_zh", "原因", "Reason, in Chinese"),
        text("reason_en", "原因（英文）", "Reason"),
        MISSING,
    ),
    "result",
    note_zh="有一项否决，总体即为未达到；缺数据为无法判定，不作达到",
    note_en="One veto makes the whole not met; missing data are undetermined, never met",
)

RECOGNITION = Contract(
    "recognition",
    "社会认可度",
    "Social recognition",
    ("year", "channel", "respondent_group"),
    (
        YEAR,
        Column("channel", "code", "调查方式", "Channel", family="survey_channel", required=True),
        Column(
            "respondent_group", "text", "调查对象", "Group", words="respondent_group", required=True
        ),
        count("respondents", "答卷人数", "Respondents", "人"),
        count("satisfied", "认可人数", "Satisfied", "人"),
        Column("share", "share", "认可度", "Recognition", low=0, high=1),
        Column("lower", "share", "区间下限", "Lower bound", low=0, high=1),
        Column("upper", "share", "区间上限", "Upper bound", low=0, high=1),
        count("weight", "权重", "Weight"),
        count("design_effect", "设计效应", "Design effect"),
        Column("threshold", "number", "标准值", "Threshold"),
        VERDICT,
        Column("interval_verdict", "code", "区间结论", "By the interval", family="verdict"),
    ),
    "result",
    note_zh="all 行为该方式的加权合计；结论按点值，区间结论按置信区间",
    note_en="Row all is the weighted total; the interval verdict needs the whole interval to pass",
)

SCHOOL_TESTS = Contract(
    "school_tests",
    "学校规模、班额、专用教室等逐校检查",
    "School tests: size, classes, special rooms and others",
    ("test", "school_id", "stage"),
    (
        Column(
            "test",
            "code",
            "检查项目",
            "Test",
            family="school_test",
            required=True,
        ),
        SCHOOL_ID,
        STAGE_OR_ALL,
        Column("value", "number", "实际值", "Value"),
        Column("threshold", "number", "标准值", "Threshold"),
        Column("relief", "code", "适用的放宽", "Relief used", family="relief"),
        Column("shortfall", "number", "缺口", "Shortfall", low=0),
        SHORTFALL_UNIT,
        VERDICT,
        MISSING,
    ),
    "result",
)

OVERSIZE_CLASSES = Contract(
    "oversize_classes",
    "大班额销号台账",
    "Oversize-class ledger",
    ("school_id", "school_year", "stage", "grade", "class_no"),
    (
        SCHOOL_ID,
        SCHOOL_YEAR,
        STAGE,
        Column("grade", "whole", "年级", "Grade", low=0, high=9, note_zh="0 表示未分年级"),
        text("class_no", "班级", "Class", required=True),
        count("classes", "班数", "Classes", "个"),
        count("pupils", "学籍人数", "Pupils", "人"),
        count("class_size_max", "标准班额", "Largest class", "人"),
        count("pupils_over", "超额人数", "Pupils over", "人"),
        Column(
            "band",
            "code",
            "班额等级",
            "Band",
            family="class_band",
            required=True,
        ),
        count("classes_needed", "需增班数", "Classes to add", "个"),
        text("cause", "成因", "Cause"),
        text("measure", "化解措施", "Measure"),
        text("responsible", "责任人", "Responsible"),
        text("planned_year", "计划销号时间", "Planned year"),
        text("cleared_year", "实际销号时间", "Cleared in"),
        Column(
            "cleared_basis",
            "code",
            "销号依据",
            "Cleared by",
            family="class_basis",
            note_zh="销号学年的班额来源",
            note_en="Where the class sizes of the year it was cleared come from",
        ),
    ),
    "result",
    note_zh="表头为建议格式，未见官方表样",
    note_en="Proposed columns: no official form was found",
)

OVERSIZE_YEARS = Contract(
    "oversize_years",
    "大班额零增长与销号",
    "Oversize classes by year",
    ("school_year", "stage", "band"),
    (
        SCHOOL_YEAR,
        STAGE,
        Column("band", "code", "班额等级", "Band", family="class_band", required=True),
        Column(
            "basis", "code", "班额来源", "Class sizes from", family="class_basis", required=True
        ),
        count("classes", "班数", "Classes", "个"),
        count("classes_all", "全部班数", "All classes", "个"),
        Column("share", "share", "占比", "Share", low=0),
        Column("change", "number", "比上年增减", "Change on the year before", "个"),
        count("cleared", "销号学校数", "Schools cleared", "所"),
        count("appeared", "新增学校数", "Schools newly listed", "所"),
        Column("zero_growth", "code", "零增长", "Zero growth", family="verdict", required=True),
    ),
    "result",
)

TARGET_PROGRESS = Contract(
    "target_progress",
    "分期目标进展",
    "Staged targets",
    ("indicator", "year"),
    (
        text("indicator", "指标", "Indicator", required=True),
        YEAR,
        Column("years_ahead", "number", "距起始年数", "Years from the start", "年"),
        Column("target", "number", "目标值", "Target"),
        Column("actual", "number", "实际值", "Actual"),
        Column("progress", "share", "完成程度", "Progress"),
        Column("remaining", "number", "尚缺", "Remaining"),
        text("unit", "单位", "Unit"),
        VERDICT,
        text("responsible", "责任单位", "Responsible"),
    ),
    "result",
)

STANDARD_SCHOOLS = Contract(
    "standard_schools",
    "标准化学校",
    "Standard schools",
    ("school_id", "school_year", "stage"),
    (
        SCHOOL_ID,
        SCHOOL_YEAR,
        STAGE,
        Column("model", "code", "对照标准", "Model", family="standard_model", required=True),
        text("short_zh", "未达到的项", "What is short, in Chinese"),
        text("short_en", "未达到的项（英文）", "What is short"),
        count("classes_per_grade", "每年级班数", "Classes a grade", "班"),
        count("pupils", "在校生数", "Pupils", "人"),
        count("site_area_m2", "占地面积", "Site area", "m²"),
        count("floor_area_m2", "校舍建筑面积", "Floor area", "m²"),
        VERDICT,
        MISSING,
    ),
    "result",
)

STANDARD_SCHOOL_SHARE = Contract(
    "standard_school_share",
    "标准化学校比例",
    "Share of standard schools",
    ("school_year", "target_name"),
    (
        SCHOOL_YEAR,
        Column("target_name", "code", "目标", "Target", family="standard_target", required=True),
        count("schools", "保留学校数", "Retained schools", "所"),
        count("standard", "标准化学校数", "Standard schools", "所"),
        count("undetermined", "无法判定的学校数", "Undetermined", "所"),
        Column("share", "share", "标准化学校比例", "Share", low=0),
        Column("target", "share", "目标", "Target share", low=0),
        count("schools_short", "尚缺学校数", "Schools short", "所"),
        VERDICT,
    ),
    "result",
)

RULE_DIFFERENCES = Contract(
    "rule_differences",
    "规则集差异",
    "Differences between rule sets",
    ("left", "right", "norm", "stage"),
    (
        text("left", "规则集甲", "Left", required=True),
        text("right", "规则集乙", "Right", required=True),
        text("norm", "规则", "Norm", required=True),
        STAGE_OR_ALL,
        text("title_zh", "规则名称", "Norm, in Chinese"),
        text("title_en", "规则名称（英文）", "Norm title"),
        text("left_value", "甲", "Left value"),
        text("right_value", "乙", "Right value"),
        text("unit", "单位", "Unit"),
        text("left_source", "甲依据", "Left source"),
        text("right_source", "乙依据", "Right source"),
    ),
    "result",
)
