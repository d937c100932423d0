"""What a county declares: the forms of the declaration and the self-assessment."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import STAGE
from analysis.tables.inputs_schools import SCHOOL_ID
from analysis.tables.results_assessment import EVIDENCE, count, text
from analysis.tables.results_indicators import INDICATOR, MISSING, VERDICT
from analysis.terms import LABELS

_SEVEN_UNITS = {
    **dict.fromkeys(("L1", "L2", "L3"), "人/百名学生"),
    **dict.fromkeys(("L4", "L5"), "m²/人"),
    "L6": "元/人",
    "L7": "间/百名学生",
}


def _declared(code: str) -> Column:
    """Return the column of one of the seven indicators, written as it is declared."""
    zh, en = LABELS["indicator"][code]
    return Column(code, "text", f"{code} {zh}", en, _SEVEN_UNITS[code])


DECLARATION_BASIC = Contract(
    "declaration_basic",
    "申报表Ⅰ 基本情况",
    "Declaration I: basic facts",
    ("row",),
    (
        Column("row", "whole", "序号", "Row", low=1),
        text("title_zh", "项目", "Item, in Chinese", required=True),
        text("title_en", "项目（英文）", "Item"),
        text("value", "数值", "Value"),
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
        text("source", "来源", "Source"),
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
        text("unmet", "未达标指标", "Not met"),
        count("indicators_met", "达标项数", "Met", "项"),
        text("passes", "是否达标（1 达标）", "Pass (1)"),
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
        text("county_value", "全县值", "County value"),
        text("cv", "差异系数", "CV"),
        text("cv_limit", "上限", "Limit"),
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
        text("form", "表号", "Form", required=True),
        text("item", "项目编号", "Item", required=True),
        text("title_zh", "项目", "Item, in Chinese"),
        text("title_en", "项目（英文）", "Item title"),
        text("value", "实际值", "Value"),
        text("threshold", "标准值", "Threshold"),
        count("failing_schools", "未达到的学校", "Schools that fail", "所"),
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
        text("heading_zh", "标题", "Heading, in Chinese", required=True),
        text("heading_en", "标题（英文）", "Heading"),
        text("text_zh", "内容", "Text, in Chinese"),
        text("text_en", "内容（英文）", "Text"),
        text("tables", "引用的表", "Tables"),
        MISSING,
    ),
    "result",
)
