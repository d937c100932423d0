"""Result contracts: the seven ratios, scope, compliance, variation and its parts."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SCHOOL_YEAR, STAGE, TOWN_ID
from analysis.tables.inputs_schools import SCHOOL_ID

INDICATOR = Column("indicator", "code", "指标", "Indicator", family="indicator", required=True)
VERDICT = Column("verdict", "code", "结论", "Verdict", family="verdict", required=True)
POPULATION = Column(
    "population", "code", "学校范围", "Schools counted", family="cv_population", required=True
)
MISSING = Column(
    "missing", "text", "缺少的数据", "What is missing", note_zh="表.栏目", note_en="table.column"
)

UNIT_OF_SHORTFALL = Column(
    "quantity_unit", "text", "缺口单位", "Unit of the shortfall", family="quantity_unit"
)


def _number(name: str, zh: str, en: str, unit: str = "", low: float | None = None) -> Column:
    return Column(name, "number", zh, en, unit, low=low)


def _share(name: str, zh: str, en: str) -> Column:
    return Column(name, "share", zh, en)


INDICATOR_VALUES = Contract(
    "indicator_values",
    "学校七项指标",
    "Indicators by school",
    ("school_id", "school_year", "stage", "indicator"),
    (
        SCHOOL_ID,
        SCHOOL_YEAR,
        STAGE,
        INDICATOR,
        _number("resource", "资源量", "Resource", low=0),
        _number("pupils", "在校生数", "Pupils", "人", 0),
        _number("value", "现状值", "Value", low=0),
        _number("threshold", "标准值", "Threshold", low=0),
        _number("floor_value", "85%底线", "Floor", low=0),
        _number("ratio", "达标程度", "Value over threshold", low=0),
        VERDICT,
        Column("floor_verdict", "code", "底线结论", "Floor verdict", family="verdict"),
        _number("shortfall", "缺口（到标准值）", "Shortfall to the threshold", low=0),
        _number("shortfall_floor", "缺口（到底线）", "Shortfall to the floor", low=0),
        UNIT_OF_SHORTFALL,
        Column("split_method", "code", "拆分方式", "Split", family="split_method"),
        Column("relief", "code", "适用的放宽", "Relief used", family="relief"),
        Column("near_miss", "flag", "临界", "Near miss"),
        Column("passes_by_rounding", "flag", "四舍五入后才达标", "Passes only after rounding"),
        MISSING,
    ),
    "result",
    note_zh="达标按未舍入的数判断；资源量为该学段分得的数量",
    note_en="Tested unrounded; the resource is the part that falls to the stage",
)

SCHOOL_COMPLIANCE = Contract(
    "school_compliance",
    "学校达标",
    "School compliance",
    ("school_id", "school_year", "stage"),
    (
        SCHOOL_ID,
        SCHOOL_YEAR,
        STAGE,
        TOWN_ID,
        Column("kind", "code", "办学类型", "Kind of school", family="school_kind"),
        Column("owner", "code", "举办者", "Owner", family="owner"),
        Column("urban_rural", "code", "城乡类型", "Urban-rural class", family="urban_rural"),
        Column("in_scope", "flag", "纳入评估", "In scope"),
        Column("scope_reason", "code", "范围说明", "Scope", family="scope_reason", required=True),
        _number("pupils", "在校生数", "Pupils", "人", 0),
        _number("indicators_met", "达到标准的指标数", "Indicators met", "项", 0),
        _number("indicators_not_met", "未达到的指标数", "Indicators not met", "项", 0),
        _number("indicators_unknown", "无法判定的指标数", "Indicators undetermined", "项", 0),
        Column("lowest_indicator", "code", "最低指标", "Lowest indicator", family="indicator"),
        _share("lowest_share", "最低达标程度", "Lowest value over threshold"),
        VERDICT,
        Column("near_miss", "flag", "临界", "Near miss"),
        Column("passes_by_rounding", "flag", "四舍五入后才达标", "Passes only after rounding"),
        MISSING,
    ),
    "result",
)

VARIATION = Contract(
    "variation",
    "校际差异系数",
    "Variation between schools",
    ("school_year", "stage", "indicator", "population"),
    (
        SCHOOL_YEAR,
        STAGE,
        INDICATOR,
        POPULATION,
        _number("cv", "差异系数", "Coefficient of variation", low=0),
        _number("cv_limit", "差异系数上限", "Limit", low=0),
        VERDICT,
        _number("county_value", "全县值", "County value", low=0),
        _number("schools", "学校数", "Schools", "所", 0),
        _number("schools_missing", "缺数据学校数", "Schools without data", "所", 0),
        _number("cv_known_schools", "已知学校差异系数", "CV of the schools known", low=0),
        _number("cv_unweighted", "未加权差异系数（参考）", "Unweighted CV, for information", low=0),
        _number("theil", "泰尔指数", "Theil index", low=0),
        _number("theil_between_towns", "其中镇间", "Of it between towns", low=0),
        _number("theil_within_towns", "其中镇内", "Of it within towns", low=0),
        _number("theil_between_urban_rural", "其中城乡间", "Of it between urban and rural", low=0),
        _number("theil_within_urban_rural", "其中城乡内", "Of it within urban and rural", low=0),
        _number("gini", "基尼系数（参考）", "Gini, for information", low=0),
        Column("passes_by_rounding", "flag", "四舍五入后才达标", "Passes only after rounding"),
    ),
    "result",
    note_zh="按在校生加权的总体标准差除以全县比率；未加权值只供参考",
    note_en="Pupil-weighted population form over the ratio of totals",
)

VARIATION_PARTS = Contract(
    "variation_parts",
    "差异系数来源",
    "Where the variation comes from",
    ("school_year", "stage", "indicator", "population", "part", "unit_id"),
    (
        SCHOOL_YEAR,
        STAGE,
        INDICATOR,
        POPULATION,
        Column(
            "part",
            "code",
            "分解对象",
            "By",
            allowed=("school", "town", "town_between", "town_within"),
            required=True,
        ),
        Column("unit_id", "text", "学校或乡镇", "School or town", required=True),
        _number("value", "现状值", "Value"),
        _number("county_value", "全县值", "County value"),
        _share("pupil_share", "学生占比", "Share of pupils"),
        _number("cv_contribution", "对差异系数的贡献", "Contribution to the CV"),
        _share("share", "贡献占比", "Share of the squared CV"),
        _number("cv_if_at_mean", "该校达到全县值后差异系数", "CV if it stood at the county value"),
        _number("rank", "位次", "Rank", low=1),
    ),
    "result",
    note_zh="贡献相加等于差异系数",
    note_en="Contributions add up to the CV",
)

LORENZ = Contract(
    "lorenz",
    "洛伦茨曲线",
    "Lorenz curves",
    ("school_year", "stage", "indicator", "point"),
    (
        SCHOOL_YEAR,
        STAGE,
        INDICATOR,
        Column("point", "whole", "序号", "Point", low=0),
        _share("pupil_share", "学生累计占比", "Cumulative share of pupils"),
        _share("resource_share", "资源累计占比", "Cumulative share of the resource"),
    ),
    "result",
)

BALANCE_2012 = Contract(
    "balance_2012",
    "基本均衡综合差异系数（2012）",
    "Composite CV, basic balance 2012",
    ("school_year", "stage", "indicator"),
    (
        SCHOOL_YEAR,
        STAGE,
        INDICATOR,
        _number("cv", "差异系数", "Coefficient of variation", low=0),
        _number("cv_limit", "综合差异系数上限", "Composite limit", low=0),
        VERDICT,
        _number("county_value", "全县值", "County value", low=0),
        _number("schools", "学校数", "Schools", "所", 0),
        _number("schools_missing", "缺数据学校数", "Schools without data", "所", 0),
    ),
    "result",
    note_zh="综合差异系数为八项算术平均；教学点和民办学校不计入",
    note_en="The composite is the mean of the eight; teaching points and private schools are out",
)
