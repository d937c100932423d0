"""Result contracts: what it takes to pass, gap lists, the cheapest path, looking forward."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SCHOOL_YEAR, STAGE, TOWN_ID
from analysis.tables.inputs_schools import SCHOOL_ID
from analysis.tables.results_assessment import STAGE_OR_ALL
from analysis.tables.results_forecast import AREA_ID, LEVEL
from analysis.tables.results_indicators import INDICATOR, VERDICT


def _number(name: str, zh: str, en: str, unit: str = "", low: float | None = 0) -> Column:
    return Column(name, "number", zh, en, unit, low=low)


def _text(name: str, zh: str, en: str, required: bool = False) -> Column:
    return Column(name, "text", zh, en, required=required)


def _money(name: str, zh: str, en: str) -> Column:
    return _number(name, zh, en, "元")


UNIT = Column("unit", "text", "单位", "Unit", family="quantity_unit")
MEASURE = Column("measure", "code", "措施", "Measure", family="remedy", required=True)

SCHOOL_REMEDIES = Contract(
    "school_remedies",
    "一校一策",
    "What each school needs",
    ("school_id", "stage", "indicator"),
    (
        SCHOOL_ID,
        STAGE_OR_ALL,
        Column(
            "indicator",
            "code",
            "指标或检查项目",
            "Indicator or test",
            family="remedy_target",
            required=True,
        ),
        TOWN_ID,
        _number("value", "现状值", "Value"),
        _number("threshold", "标准值", "Threshold"),
        _number("floor_value", "85%底线", "Floor"),
        VERDICT,
        Column("needed_to_pass", "flag", "达标必需", "Needed to pass"),
        _number("shortfall", "缺口（绝对量）", "Shortfall"),
        _number("quantity", "需要数量", "Quantity", low=0),
        UNIT,
        MEASURE,
        _money("unit_price_cny", "单价", "Unit price"),
        _money("cost_cny", "投资", "Cost"),
        _money("cost_low_cny", "投资（低）", "Cost, low"),
        _money("cost_high_cny", "投资（高）", "Cost, high"),
        Column("price_year", "number", "价格年份", "Price year", low=1990, high=2100),
        _text("price_source", "单价依据", "Source of the price"),
        _text("price_grade", "依据等级", "Grade of the price"),
        Column("responsible", "code", "责任单位", "Responsible", family="department"),
        Column("finish_year", "number", "完成时限", "Finish by", low=1990, high=2100),
        _number("value_after", "达标后预测值", "Value afterwards"),
        Column("cv_change", "number", "对县差异系数的影响", "Effect on the county's CV"),
        Column("turns_verdict", "flag", "复算确认达到", "Checked: it passes"),
    ),
    "result",
    note_zh="表头为建议格式，未见官方表样；数量取整后逐项放回评估引擎复算",
    note_en="Proposed columns; each whole quantity is put back through the engine",
)

REMEDY_TOTALS = Contract(
    "remedy_totals",
    "达标缺口汇总",
    "What it takes, by town and county",
    ("level", "area_id", "stage", "indicator"),
    (
        LEVEL,
        AREA_ID,
        STAGE_OR_ALL,
        Column(
            "indicator",
            "code",
            "指标或检查项目",
            "Indicator or test",
            family="remedy_target",
            required=True,
        ),
        _number("schools", "学校数", "Schools", "所"),
        _number("quantity", "需要数量", "Quantity"),
        UNIT,
        _money("cost_cny", "投资", "Cost"),
        _money("cost_low_cny", "投资（低）", "Cost, low"),
        _money("cost_high_cny", "投资（高）", "Cost, high"),
    ),
    "result",
)

GAP_LIST_TOTALS = Contract(
    "gap_list_totals",
    "缺口清单汇总",
    "Gap list, rolled up",
    ("level", "area_id", "item", "year", "responsible"),
    (
        LEVEL,
        AREA_ID,
        _text("item", "缺口项目", "What is missing", required=True),
        Column("year", "whole", "计划年份", "Planned year", low=0, note_zh="0 未定"),
        _text("responsible", "责任单位", "Responsible", required=True),
        _number("items", "条数", "Rows", low=0),
        _number("quantity", "数量", "Quantity"),
        _text("quantity_unit", "计量单位", "Unit"),
        _money("amount_cny", "金额", "Amount"),
        _number("unpriced_items", "未列价格的条数", "Rows without a price"),
        _number("done_quantity", "已完成数量", "Done"),
        Column("progress", "share", "完成比例", "Progress", low=0),
        _number("cumulative_quantity", "累计计划数量", "Planned so far"),
    ),
    "result",
    note_zh="只汇总最末级分项不重复计；合计行另在核对表中核对",
    note_en="Counts each priced row once; totals given in the list are checked apart",
)

GAP_LIST_CHECKS = Contract(
    "gap_list_checks",
    "缺口清单核对",
    "Gap list checked",
    ("item_id", "check"),
    (
        _text("item_id", "序号", "Item", required=True),
        Column(
            "check",
            "code",
            "核对内容",
            "Check",
            allowed=("quantity", "amount", "price"),
            required=True,
        ),
        _text("item", "缺口项目", "What is missing"),
        _number("stated", "所列数", "Stated"),
        _number("computed", "计算数", "Computed"),
        Column("difference", "number", "相差", "Difference"),
        _number("parts", "分项数", "Parts"),
        Column("agrees", "code", "核对结果", "Result", family="verdict", required=True),
    ),
    "result",
)

PASS_PATH = Contract(
    "pass_path",
    "最省达标路径",
    "Cheapest path to pass",
    ("action_no",),
    (
        Column("action_no", "whole", "序号", "No.", low=1),
        MEASURE,
        STAGE,
        _text("from_school_id", "调出学校", "From school"),
        _text("school_id", "学校", "School"),
        Column("indicator", "code", "指标", "Indicator", family="indicator"),
        _number("quantity", "数量", "Quantity"),
        UNIT,
        _money("unit_price_cny", "单价", "Unit price"),
        _money("cost_cny", "费用", "Cost"),
        Column("target_year", "whole", "达标学年", "Target year", low=1949, high=2100),
    ),
    "result",
)

PASS_PATH_STATUS = Contract(
    "pass_path_status",
    "达标路径求解情况",
    "Status of the path",
    ("stage", "item"),
    (
        STAGE,
        Column("item", "code", "项目", "Item", family="path_item", required=True),
        Column("value", "number", "数值", "Value"),
        Column("text", "code", "说明", "Text", family="path_text"),
    ),
    "result",
)

FORWARD_INDICATORS = Contract(
    "forward_indicators",
    "未来各年指标",
    "Indicators looked at forward",
    ("school_id", "stage", "school_year", "indicator"),
    (
        SCHOOL_ID,
        STAGE,
        SCHOOL_YEAR,
        INDICATOR,
        _number("pupils", "在校生数", "Pupils", "人"),
        _number("resource", "资源量", "Resource"),
        _number("value", "预测值", "Value"),
        _number("threshold", "标准值", "Threshold"),
        VERDICT,
        Column("floor_verdict", "code", "底线结论", "Floor verdict", family="verdict"),
        Column("change", "code", "变化", "Change", family="forward_change", required=True),
        _number("shortfall", "缺口", "Shortfall"),
        _text("projects", "投入使用的项目", "Projects that open"),
    ),
    "result",
    note_zh="假定资源不变，仅在校生和已列项目变化",
    note_en="Resources as today; only pupils and listed projects change",
)

FORWARD_VARIATION = Contract(
    "forward_variation",
    "未来各年差异系数与学校达标",
    "CVs and compliance looked at forward",
    ("stage", "school_year", "indicator"),
    (
        STAGE,
        SCHOOL_YEAR,
        INDICATOR,
        _number("cv", "差异系数", "CV"),
        _number("cv_limit", "上限", "Limit"),
        VERDICT,
        Column("change", "code", "变化", "Change", family="forward_change", required=True),
        _number("schools", "学校数", "Schools", "所"),
        _number("schools_not_met", "该指标未达标学校数", "Schools below the threshold", "所"),
    ),
    "result",
)

FORWARD_WARNINGS = Contract(
    "forward_warnings",
    "回落预警",
    "Relapse warnings",
    ("school_id", "stage", "indicator"),
    (
        Column(
            "school_id",
            "text",
            "学校代码",
            "School code",
            required=True,
            note_zh="county 表示全县差异系数",
            note_en="county: a CV of the county",
        ),
        STAGE,
        INDICATOR,
        SCHOOL_YEAR,
        Column("passes_in", "whole", "达标学年", "Passes in", low=1949, high=2100),
        _number("pupils_change", "在校生增减", "Change in pupils", "人", low=None),
        Column("resource_change", "number", "资源增减", "Change in the resource"),
        _number("value", "预测值", "Value"),
        _number("threshold", "标准值", "Threshold"),
        Column("change", "code", "变化", "Change", family="forward_change", required=True),
        _text("projects", "相关项目", "Projects"),
    ),
    "result",
)
