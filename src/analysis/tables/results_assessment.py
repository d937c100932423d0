"""Result contracts: items, verdicts, recognition, school tests, targets, declaration tables."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SCHOOL_YEAR, STAGE, YEAR
from analysis.tables.inputs_schools import SCHOOL_ID
from analysis.tables.results_indicators import INDICATOR, MISSING, VERDICT
from analysis.terms import LABELS

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

_SEVEN_UNITS = {
    **dict.fromkeys(("L1", "L2", "L3"), "人/百名学生"),
    **dict.fromkeys(("L4", "L5"), "m²/人"),
    "L6": "元/人",
    "L7": "间/百名学生",
}


def _count(name: str, zh: str, en: str, unit: str = "") -> Column:
    return Column(name, "number", zh, en, unit, low=0)


def _declared(code: str) -> Column:
    """Return the column of one of the seven indicators, written as it is declared."""
    zh, en = LABELS["indicator"][code]
    return Column(code, "text", f"{code} {zh}", en, _SEVEN_UNITS[code])


def _text(name: str, zh: str, en: str, required: bool = False) -> Column:
    return Column(name, "text", zh, en, required=required)


ASSESSMENT_ITEMS = Contract(
    "assessment_items",
    "评估逐项结论",
    "Assessment, item by item",
    ("dimension", "item", "test_no"),
    (
        DIMENSION,
        _text("item", "项目编号", "Item", required=True),
        Column("test_no", "whole", "测试序号", "Test", low=0, note_zh="0 为该项总结论"),
        _text("title_zh", "项目", "Item, in Chinese"),
        _text("title_en", "项目（英文）", "Item title"),
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
        _count("failing_schools", "未达到的学校数", "Schools that fail", "所"),
        _count("unknown_schools", "无法判定的学校数", "Schools undetermined", "所"),
        EVIDENCE,
        _text("evidence_date", "材料日期", "Date of evidence"),
        _text("responsible", "责任单位", "Responsible"),
        Column("own_judgement", "code", "自评结论", "Own judgement", family="verdict"),
        Column("judgement_differs", "flag", "自评与数值不符", "Own judgement differs"),
        Column("shortfall", "number", "缺口", "Shortfall"),
        SHORTFALL_UNIT,
        MISSING,
        _text("rule", "依据", "Rule"),
        _text("grade", "依据等级", "Grade of the rule"),
        _text("source", "数据来源", "Source"),
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
        _count("met", "达到项数", "Met"),
        _count("not_met", "未达到项数", "Not met"),
        _count("undetermined", "无法判定项数", "Undetermined"),
        _text("reason_zh", "原因", "Reason, in Chinese"),
        _text("reason_en", "原因（英文）", "Reason"),
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
        _count("respondents", "答卷人数", "Respondents", "人"),
        _count("satisfied", "认可人数", "Satisfied", "人"),
        Column("share", "share", "认可度", "Recognition", low=0, high=1),
        Column("lower", "share", "区间下限", "Lower bound", low=0, high=1),
        Column("upper", "share", "区间上限", "Upper bound", low=0, high=1),
        _count("weight", "权重", "Weight"),
        _count("design_effect", "设计效应", "Design effect"),
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
        _text("class_no", "班级", "Class", required=True),
        _count("classes", "班数", "Classes", "个"),
        _count("pupils", "学籍人数", "Pupils", "人"),
        _count("class_size_max", "标准班额", "Largest class", "人"),
        _count("pupils_over", "超额人数", "Pupils over", "人"),
        Column(
            "band",
            "code",
            "班额等级",
            "Band",
            family="class_band",
            required=True,
        ),
        _count("classes_needed", "需增班数", "Classes to add", "个"),
        _text("cause", "成因", "Cause"),
        _text("measure", "化解措施", "Measure"),
        _text("responsible", "责任人", "Responsible"),
        _text("planned_year", "计划销号时间", "Planned year"),
        _text("cleared_year", "实际销号时间", "Cleared in"),
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
        _count("classes", "班数", "Classes", "个"),
        _count("classes_all", "全部班数", "All classes", "个"),
        Column("share", "share", "占比", "Share", low=0),
        Column("change", "number", "比上年增减", "Change on the year before", "个"),
        _count("cleared", "销号学校数", "Schools cleared", "所"),
        _count("appeared", "新增学校数", "Schools newly listed", "所"),
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
        _text("indicator", "指标", "Indicator", required=True),
        YEAR,
        Column("years_ahead", "number", "距起始年数", "Years from the start", "年"),
        Column("target", "number", "目标值", "Target"),
        Column("actual", "number", "实际值", "Actual"),
        Column("progress", "share", "完成程度", "Progress"),
        Column("remaining", "number", "尚缺", "Remaining"),
        _text("unit", "单位", "Unit"),
        VERDICT,
        _text("responsible", "责任单位", "Responsible"),
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
        _text("short_zh", "未达到的项", "What is short, in Chinese"),
        _text("short_en", "未达到的项（英文）", "What is short"),
        _count("classes_per_grade", "每年级班数", "Classes a grade", "班"),
        _count("pupils", "在校生数", "Pupils", "人"),
        _count("site_area_m2", "占地面积", "Site area", "m²"),
        _count("floor_area_m2", "校舍建筑面积", "Floor area", "m²"),
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
        _count("schools", "保留学校数", "Retained schools", "所"),
        _count("standard", "标准化学校数", "Standard schools", "所"),
        _count("undetermined", "无法判定的学校数", "Undetermined", "所"),
        Column("share", "share", "标准化学校比例", "Share", low=0),
        Column("target", "share", "目标", "Target share", low=0),
        _count("schools_short", "尚缺学校数", "Schools short", "所"),
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
        _text("left", "规则集甲", "Left", required=True),
        _text("right", "规则集乙", "Right", required=True),
        _text("norm", "规则", "Norm", required=True),
        STAGE_OR_ALL,
        _text("title_zh", "规则名称", "Norm, in Chinese"),
        _text("title_en", "规则名称（英文）", "Norm title"),
        _text("left_value", "甲", "Left value"),
        _text("right_value", "乙", "Right value"),
        _text("unit", "单位", "Unit"),
        _text("left_source", "甲依据", "Left source"),
        _text("right_source", "乙依据", "Right source"),
    ),
    "result",
)

DECLARATION_BASIC = Contract(
    "declaration_basic",
    "申报表Ⅰ 基本情况",
    "Declaration I: basic facts",
    ("row",),
    (
        Column("row", "whole", "序号", "Row", low=1),
        _text("title_zh", "项目", "Item, in Chinese", required=True),
        _text("title_en", "项目（英文）", "Item"),
        _text("value", "数值", "Value"),
        Column("unit", "text", "单位", "Unit", family="form_unit"),
        Column("basis", "code", "口径", "Basis", family="population_basis"),
        Column(
            "grade",
            "text",
            "栏目依据等级",
            "Grade of the wording",
            allowed=("D", "E"),
            note_zh="D 官方表样抄本；E 抄本未写明，按22栏补足",
            note_en="D: a copy of the form; E: the copy does not say, divided so as to make 22",
        ),
        _text("source", "来源", "Source"),
    ),
    "result",
    note_zh="官方表样22栏；收入两栏和班数以下按学段分列是本工具的推断（等级E）",
    note_en="22 columns; two for income and the division by stage are our inference (grade E)",
)

DECLARATION_SCHOOLS = Contract(
    "declaration_schools",
    "申报表Ⅱ 学校达标",
    "Declaration II: schools",
    ("school_id", "stage"),
    (
        SCHOOL_ID,
        STAGE,
        *(_declared(f"L{i}") for i in range(1, 8)),
        _text("unmet", "未达标指标", "Not met"),
        _count("indicators_met", "达标项数", "Met", "项"),
        _text("passes", "是否达标（1 达标）", "Pass (1)"),
    ),
    "result",
    note_zh="数值按申报口径舍入，判断仍按未舍入的数",
    note_en="Rounded as declared; judged unrounded",
)

DECLARATION_BALANCE = Contract(
    "declaration_balance",
    "申报表Ⅲ 校际均衡",
    "Declaration III: balance between schools",
    ("stage", "indicator"),
    (
        STAGE,
        INDICATOR,
        _text("county_value", "全县值", "County value"),
        _text("cv", "差异系数", "CV"),
        _text("cv_limit", "上限", "Limit"),
        VERDICT,
    ),
    "result",
    note_zh="数值按申报口径舍入（设备值取整，差异系数三位小数），结论按未舍入的数",
    note_en="Rounded as declared (equipment whole, CV three decimals); judged unrounded",
)

DECLARATION_ITEMS = Contract(
    "declaration_items",
    "申报表Ⅳ-Ⅵ 政府保障、教育质量、社会认可",
    "Declaration IV-VI: guarantee, quality, recognition",
    ("form", "item"),
    (
        _text("form", "表号", "Form", required=True),
        _text("item", "项目编号", "Item", required=True),
        _text("title_zh", "项目", "Item, in Chinese"),
        _text("title_en", "项目（英文）", "Item title"),
        _text("value", "实际值", "Value"),
        _text("threshold", "标准值", "Threshold"),
        _count("failing_schools", "未达到的学校", "Schools that fail", "所"),
        VERDICT,
        EVIDENCE,
    ),
    "result",
    note_zh="一项有几个数的依次列出，用分号隔开；结论按未舍入的数",
    note_en="Several numbers of one item stand in order, divided by semicolons; judged unrounded",
)

SELF_ASSESSMENT = Contract(
    "self_assessment",
    "自评报告提纲",
    "Outline of the self-assessment report",
    ("section", "row"),
    (
        Column("section", "whole", "章", "Section", low=1),
        Column("row", "whole", "序号", "Row", low=0),
        _text("heading_zh", "标题", "Heading, in Chinese", required=True),
        _text("heading_en", "标题（英文）", "Heading"),
        _text("text_zh", "内容", "Text, in Chinese"),
        _text("text_en", "内容（英文）", "Text"),
        _text("tables", "引用的表", "Tables"),
        MISSING,
    ),
    "result",
)
