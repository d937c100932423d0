"""Result contracts: trends and seat demand."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import BASIS, SCHOOL_YEAR, SOURCE, STAGE, TOWN_ID, YEAR

LEVEL = Column("level", "code", "层级", "Level", family="level", required=True)
AREA_ID = Column("area_id", "text", "地区代码", "Area code", required=True)
SCENARIO = Column("scenario", "code", "情景", "Scenario", family="scenario", required=True)
GRADE = Column("grade", "whole", "年级", "Grade", low=1, high=12)
HORIZON = Column("horizon", "whole", "预测年数", "Years ahead", unit="年", low=0, high=30)
METHOD = Column("method", "text", "方法", "Method", required=True)


def _pupils(name: str, zh: str, en: str) -> Column:
    return Column(name, "number", zh, en, unit="人", low=0)


def _share(name: str, zh: str, en: str) -> Column:
    return Column(name, "share", zh, en)


SEAT_DEMAND = Contract(
    "seat_demand",
    "学位需求",
    "Seat demand",
    ("level", "area_id", "stage", "school_year", "scenario"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        SCHOOL_YEAR,
        SCENARIO,
        _pupils("pupils", "学位需求", "Seats required"),
        _pupils("lower80", "80%区间下限", "Lower bound, 80%"),
        _pupils("upper80", "80%区间上限", "Upper bound, 80%"),
        _pupils("lower95", "95%区间下限", "Lower bound, 95%"),
        _pupils("upper95", "95%区间上限", "Upper bound, 95%"),
        METHOD,
    ),
    "result",
    note_zh="方法：实有在校生；队列递进（历史太短时区间取参考误差）；"
    "只有合计数时按序列外推，区间取参考误差",
    note_en="observed: counted pupils; cohort: cohort forecast; cohort_reference: band from "
    "reference errors because the area has too short a history; series_reference: only totals are "
    "known, the series is carried on, band from reference errors",
)

GRADE_DEMAND = Contract(
    "grade_demand",
    "分年级学位需求",
    "Seat demand by grade",
    ("level", "area_id", "stage", "grade", "school_year", "scenario"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        GRADE,
        SCHOOL_YEAR,
        SCENARIO,
        _pupils("pupils", "学位需求", "Seats required"),
    ),
    "result",
)

DEMAND_PATHS = Contract(
    "demand_paths",
    "学位需求模拟路径",
    "Simulated paths of seat demand",
    ("town_id", "stage", "grade", "school_year", "path"),
    (
        TOWN_ID,
        STAGE,
        GRADE,
        SCHOOL_YEAR,
        Column("path", "whole", "路径", "Path", low=0),
        _pupils("pupils", "学位需求", "Seats required"),
    ),
    "result",
    note_zh="没有分镇数据时，乡镇代码为县代码；各镇相加即为全县",
    note_en="The county code where there are no towns; towns add up to the county on every path",
)

NORM_DEMAND = Contract(
    "norm_demand",
    "千人指标学位",
    "Seats by planning norm",
    ("level", "area_id", "stage", "basis", "year"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        BASIS,
        YEAR,
        Column("persons", "number", "人口数", "Persons", unit="人", low=0),
        Column(
            "seats_per_thousand", "number", "千人学位", "Seats per thousand", unit="个/千人", low=0
        ),
        Column("seats", "number", "应配学位", "Seats by norm", unit="个", low=0),
        Column(
            "seats_per_thousand_grade",
            "number",
            "每年级千人学位",
            "Seats per thousand and grade",
            unit="个/千人",
            low=0,
        ),
        Column("births_per_thousand", "number", "出生率", "Births per thousand", unit="‰", low=0),
        Column("norm_source", "text", "规定出处", "Norm taken from"),
        SOURCE,
    ),
    "result",
)

NORM_COMPARISON = Contract(
    "norm_comparison",
    "指标与队列对照",
    "Norm beside pupils",
    ("level", "area_id", "stage", "basis", "school_year"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        BASIS,
        SCHOOL_YEAR,
        Column("population_year", "whole", "人口年份", "Year of population", low=1949, high=2100),
        Column("norm_seats", "number", "指标学位", "Seats by norm", unit="个", low=0),
        _pupils("pupils", "在校生或队列预测", "Pupils, counted or forecast"),
        Column("forecast", "flag", "是否预测", "Forecast"),
        _share("norm_ratio", "指标/队列", "Norm / pupils"),
        Column("sentence", "text", "结论语句", "Sentence", required=True),
    ),
    "result",
)

DEMAND_PEAKS = Contract(
    "demand_peaks",
    "峰谷年份",
    "Peak and trough years",
    ("level", "area_id", "stage", "scenario"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        SCENARIO,
        SCHOOL_YEAR,
        _pupils("pupils", "基年在校生", "Pupils in the base year"),
        Column("peak_year", "whole", "峰值学年", "Peak year", low=1949, high=2150),
        _pupils("peak_pupils", "峰值学位", "Seats at the peak"),
        _share("peak_probability", "峰值年概率", "Probability of the peak year"),
        Column("trough_year", "whole", "谷值学年", "Trough year", low=1949, high=2150),
        _pupils("trough_pupils", "谷值学位", "Seats at the trough"),
        _share("trough_probability", "谷值年概率", "Probability of the trough year"),
        Column("below_base_year", "number", "低于基年的首个学年", "First year below today"),
        Column("peak_past", "flag", "峰值已过", "Peak is past"),
    ),
    "result",
    note_zh="峰值在近十年观测与预测期合并的序列上取，谷值自基年起取；概率为模拟路径中同年达峰"
    "（谷）的比例",
    note_en="The peak is taken over the last ten observed years and the forecast, the trough from "
    "the base year on; the probability is the share of simulated paths that agree on the year",
)

FORECAST_ACCURACY = Contract(
    "forecast_accuracy",
    "预测回测",
    "Backtest of the forecast",
    ("level", "stage", "horizon", "method"),
    (
        LEVEL,
        STAGE,
        HORIZON,
        METHOD,
        Column("n", "whole", "检验次数", "Cases", low=0),
        Column("origins", "whole", "起点数", "Origins", low=0),
        _share("mape", "平均绝对百分误差", "Mean absolute percentage error"),
        _share("wape", "加权绝对百分误差", "Weighted absolute percentage error"),
        _share("bias", "偏差", "Bias"),
        _share("coverage80", "80%区间覆盖率", "Coverage of 80% bands"),
        _share("coverage95", "95%区间覆盖率", "Coverage of 95% bands"),
        _share("interval_score", "区间得分", "Interval score"),
    ),
    "result",
    note_zh="滚动起点：每次只用当时已知的数据；“已发表”各行为公开发表的同行误差",
    note_en="Rolling origin, only what was known then; published rows are errors of practice",
)

FORECAST_VINTAGES = Contract(
    "forecast_vintages",
    "历次预测与实际",
    "Past forecasts and what came",
    ("level", "area_id", "stage", "origin_year", "school_year"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        Column("origin_year", "whole", "预测起点", "Forecast from", low=1949, high=2100),
        SCHOOL_YEAR,
        _pupils("forecast_pupils", "当时预测", "Forecast then"),
        _pupils("pupils", "实际", "Actual"),
        _share("signed_error", "误差", "Signed error"),
    ),
    "result",
)

ASSUMPTION_REGISTER = Contract(
    "assumption_register",
    "假设登记册",
    "Assumption register",
    ("assumption", "scenario"),
    (
        Column("assumption", "text", "假设", "Assumption", required=True),
        SCENARIO,
        Column("value", "number", "取值", "Value"),
        Column("unit", "text", "单位", "Unit"),
        Column("date", "text", "日期", "Date"),
        Column("valid_until", "text", "有效期至", "Valid until"),
        Column("responsible", "text", "责任人", "Owner"),
        Column("status", "code", "状态", "Status", family="assumption_status"),
        SOURCE,
    ),
    "result",
)

ASSUMPTION_EFFECTS = Contract(
    "assumption_effects",
    "假设影响排序",
    "Effects of assumptions",
    ("assumption", "stage"),
    (
        Column("assumption", "text", "假设", "Assumption", required=True),
        STAGE,
        SCHOOL_YEAR,
        _pupils("central_pupils", "中方案学位", "Seats, central"),
        Column("low_effect_pupils", "number", "低值影响", "Effect of the low value", unit="人"),
        Column("high_effect_pupils", "number", "高值影响", "Effect of the high value", unit="人"),
        Column("span_pupils", "number", "影响幅度", "Span", unit="人", low=0),
        Column("central_classes", "number", "中方案班数", "Classes, central", unit="个", low=0),
        Column("low_effect_classes", "number", "低值影响班数", "Classes, low value", unit="个"),
        Column("high_effect_classes", "number", "高值影响班数", "Classes, high value", unit="个"),
    ),
    "result",
    note_zh="每次只改一个假设，其余取中方案；班数按各镇各年级分别编班",
    note_en="One assumption at a time is moved, the others stay central; each grade of each town "
    "fills its own classes",
)

ENTRY_RATIOS = Contract(
    "entry_ratios",
    "入学比",
    "Entry ratios",
    ("level", "area_id", "school_year", "driver"),
    (
        LEVEL,
        AREA_ID,
        SCHOOL_YEAR,
        Column("driver", "text", "驱动数据", "Driver", required=True),
        Column("children", "number", "队列儿童数", "Children of the cohort", unit="人", low=0),
        _pupils("entrants", "招生数", "Entrants"),
        _share("entry_ratio", "入学比", "Entry ratio"),
        _share("driver_weight", "出生数据权重", "Weight of births"),
    ),
    "result",
)

STRUCTURAL_BREAKS = Contract(
    "structural_breaks",
    "结构突变",
    "Structural breaks",
    ("level", "area_id", "stage", "school_year"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        SCHOOL_YEAR,
        Column("kind", "code", "类型", "Kind", family="break_kind"),
        _share("expected_rate", "通常变化率", "Usual rate of change"),
        _share("observed_rate", "当年变化率", "Rate of that year"),
        Column("score", "number", "偏离倍数", "Times the usual spread"),
    ),
    "result",
)

INPUT_AGES = Contract(
    "input_ages",
    "数据时效",
    "Age of inputs",
    ("table",),
    (
        Column("table", "text", "数据表", "Table", required=True),
        Column("first_year", "whole", "起始年", "From", low=1949, high=2100),
        Column("last_year", "whole", "最近年", "Latest", low=1949, high=2100),
        Column("years", "whole", "年数", "Years", unit="年", low=0),
        Column("age_years", "whole", "距基年", "Age at the base year", unit="年", low=-20),
    ),
    "result",
)

TREND_PUPILS = Contract(
    "trend_pupils",
    "在校生趋势",
    "Trend of pupils",
    ("level", "area_id", "stage", "school_year"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        SCHOOL_YEAR,
        _pupils("pupils", "在校生数", "Pupils"),
        Column("classes", "number", "班级数", "Classes", unit="个", low=0),
        Column("class_size", "number", "平均班额", "Mean class size", unit="人/班", low=0),
        _pupils("entrants", "招生数", "Entrants"),
        Column("change_pupils", "number", "较上年增减", "Change on last year", unit="人"),
        Column("change_rate", "number", "较上年增速", "Rate of change"),
        _share("county_share", "占全县比重", "Share of the county"),
    ),
    "result",
)

TREND_URBAN_RURAL = Contract(
    "trend_urban_rural",
    "城乡在校生",
    "Pupils by urban-rural class",
    ("stage", "urban_rural", "school_year"),
    (
        STAGE,
        Column(
            "urban_rural", "code", "城乡类型", "Urban-rural", family="urban_rural", required=True
        ),
        SCHOOL_YEAR,
        _pupils("pupils", "在校生数", "Pupils"),
        Column("classes", "number", "班级数", "Classes", unit="个", low=0),
        Column("class_size", "number", "平均班额", "Mean class size", unit="人/班", low=0),
        _share("pupil_share", "占比", "Share of pupils"),
    ),
    "result",
)

TURNING_POINTS = Contract(
    "turning_points",
    "转折年份",
    "Turning points",
    ("level", "area_id", "stage", "school_year"),
    (
        LEVEL,
        AREA_ID,
        STAGE,
        SCHOOL_YEAR,
        Column("kind", "code", "类型", "Kind", allowed=("peak", "trough"), required=True),
        _pupils("pupils", "在校生数", "Pupils"),
        Column("confirmed", "flag", "是否确认", "Confirmed"),
    ),
    "result",
    note_zh="其后两年以上反向变化的为确认",
    note_en="Confirmed when two or more years run the other way",
)

TREND_CONTRIBUTIONS = Contract(
    "trend_contributions",
    "增减贡献",
    "Contributions to change",
    ("area_id", "stage"),
    (
        AREA_ID,
        STAGE,
        Column("first_year", "whole", "起始学年", "From", low=1949, high=2100),
        SCHOOL_YEAR,
        Column("change_pupils", "number", "增减", "Change", unit="人"),
        Column("contribution", "number", "对全县增减率的贡献", "Contribution to the county's rate"),
        Column(
            "classes_effect", "number", "班级数影响", "Through the number of classes", unit="人"
        ),
        Column("class_size_effect", "number", "班额影响", "Through class size", unit="人"),
    ),
    "result",
    note_zh="各镇增减相加为全县增减；班级数与班额两部分相加为该镇增减",
    note_en="Towns add up to the county; classes and class size add up to the town",
)
