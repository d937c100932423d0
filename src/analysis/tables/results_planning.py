"""Result contracts: the building plan, its guard against over-building, money, people and time."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SCHOOL_YEAR, SOURCE, STAGE, TOWN_ID, YEAR
from analysis.tables.results_forecast import SCENARIO

PROJECT_ID = Column("project_id", "text", "项目编号", "Project", required=True)


def money(name: str, zh: str, en: str, low: float | None = None) -> Column:
    """Return a column of an amount in yuan."""
    return Column(name, "number", zh, en, unit="元", low=low)


def seats(name: str, zh: str, en: str, low: float | None = None) -> Column:
    """Return a column of seats."""
    return Column(name, "number", zh, en, unit="个", low=low)


def year(name: str, zh: str, en: str) -> Column:
    """Return a column of a calendar year."""
    return Column(name, "number", zh, en, low=1949, high=2150)


def _use(name: str, zh: str, en: str) -> Column:
    return Column(name, "share", zh, en, low=0, high=1)


_COSTS = (
    money("cost_low_cny", "投资（低）", "Cost, low", 0),
    money("cost_mid_cny", "投资（中）", "Cost, middle", 0),
    money("cost_high_cny", "投资（高）", "Cost, high", 0),
)
_WORK = (
    Column("project_name", "text", "项目名称", "Project name", required=True),
    Column("project_name_en", "text", "项目名称（英文）", "Project name, in English"),
    Column("school_id", "text", "学校", "School"),
    Column("town_id", "text", "乡镇", "Town"),
    Column("stage", "code", "学段", "Stage", family="stage"),
    Column("kind", "code", "建设性质", "Nature of work", family="project_kind", required=True),
    Column("status", "code", "项目状态", "Status", family="project_status", required=True),
    Column("classes", "number", "规模班数", "Classes", unit="个", low=0),
    seats("seats", "新增学位", "New seats"),
    Column("site_area_m2", "number", "用地面积", "Site area", unit="m²", low=0),
    Column("floor_area_m2", "number", "建筑面积", "Floor area", unit="m²", low=0),
)
_TEXTS = (
    Column("why_zh", "text", "入选理由", "Why, in Chinese"),
    Column("why_en", "text", "入选理由（英文）", "Why"),
    Column("alternatives_zh", "text", "落选方案", "Alternatives, in Chinese"),
    Column("alternatives_en", "text", "落选方案（英文）", "Alternatives"),
    Column("trigger_zh", "text", "启动条件", "Trigger, in Chinese"),
    Column("trigger_en", "text", "启动条件（英文）", "Trigger"),
)

PLAN_CANDIDATES = Contract(
    "plan_candidates",
    "备选措施",
    "Measures considered",
    ("project_id",),
    (
        PROJECT_ID,
        *_WORK,
        seats("seats_primary", "小学学位变化", "Primary seats, change"),
        seats("seats_junior", "初中学位变化", "Junior seats, change"),
        *_COSTS,
        Column("lead_years", "number", "建设周期", "Lead time", unit="年", low=0),
        Column("life_years", "number", "使用年限", "Life", unit="年", low=0),
        year("first_start_year", "最早开工年", "Earliest start"),
        year("first_open_year", "最早启用学年", "Earliest opening"),
        year("land_year", "用地可用年", "Land ready in"),
        Column("units_most", "number", "最多份数", "Most units", low=0),
        Column("units_chosen", "number", "入选份数", "Units chosen", low=0),
        Column("chosen", "flag", "是否入选", "Chosen"),
        Column("limit", "text", "限制因素", "Limited by"),
        SOURCE,
    ),
    "result",
    note_zh="一份为一个最小建设单元（如每年级一个班）；学位变化按一份计",
    note_en="A unit is the smallest module (such as one class a grade); seats are those of one",
)

PLAN_PROJECTS = Contract(
    "plan_projects",
    "建设项目",
    "Building projects",
    ("project_id",),
    (
        Column("rank", "number", "排序", "Rank", low=1),
        PROJECT_ID,
        *_WORK,
        year("start_year", "开工年", "Start"),
        year("finish_year", "启用学年", "Opens in school year"),
        *_COSTS,
        Column("price_year", "number", "价格年份", "Price year", low=1990, high=2150),
        Column("funding_source", "text", "资金来源", "Source of funds"),
        Column("responsible", "text", "责任单位", "Responsible"),
        _use("use_peak", "峰值年使用率", "Use at the peak"),
        _use("use_plus5", "峰后五年使用率", "Use five years after"),
        _use("use_plus10", "峰后十年使用率", "Use ten years after"),
        year("peak_year", "峰值学年", "Peak year"),
        year("plus5_year", "峰后五年（不晚于预测期末）", "Five years after, within the forecast"),
        year("plus10_year", "峰后十年（不晚于预测期末）", "Ten years after, within the forecast"),
        Column("under_used", "flag", "使用率过低", "Under-used"),
        Column("tie", "flag", "可有可无", "Tie"),
        money("gain_cny", "删去后目标增加", "Objective rises if deleted by"),
        money("wait_cost_cny", "推迟一年的代价", "Cost of waiting a year"),
        seats("wait_seat_years", "推迟一年多缺学位年", "Seat-years short by waiting a year"),
        *_TEXTS,
        SOURCE,
    ),
    "result",
    note_zh="使用率按中方案：先用满现有学位，再按启用先后用新增学位；"
    "低于 70% 的项目不进入前三分之一",
    note_en="Use in the central scenario: existing seats fill first, then projects in the order "
    "in which they open; a project under 70% cannot rank in the first third",
)

PLAN_SPENDING = Contract(
    "plan_spending",
    "项目分年投资",
    "Spending by project and year",
    ("project_id", "year", "funding_source"),
    (
        PROJECT_ID,
        YEAR,
        Column("funding_source", "text", "资金来源", "Source of funds", required=True),
        *_COSTS,
    ),
    "result",
)

PLAN_MONEY = Contract(
    "plan_money",
    "分年投资与资金",
    "Money by year",
    ("year",),
    (
        YEAR,
        *_COSTS,
        money("funds_cny", "已落实资金", "Funds declared", 0),
        money("gap_cny", "资金缺口", "Funding gap", 0),
        Column("price_year", "whole", "价格基年", "Price base", low=1990, high=2150),
        Column("price_index", "number", "价格指数", "Price index", low=0),
        seats("spare_seats", "空余学位（期望）", "Spare seats, expected", 0),
        money("spare_cost_cny", "空余学位运行成本", "Running cost of spare seats", 0),
        seats("spare_seats_added", "其中因规划新增", "Of these added by the plan", 0),
    ),
    "result",
    note_zh="各项目分年投资之和等于本表，精确到元",
    note_en="Project spending adds up to this table to the yuan",
)

PLAN_MONEY_SOURCES = Contract(
    "plan_money_sources",
    "分来源资金",
    "Money by source",
    ("year", "funding_source"),
    (
        YEAR,
        Column("funding_source", "text", "资金来源", "Source of funds", required=True),
        money("funds_cny", "已落实资金", "Funds declared", 0),
        money("cost_mid_cny", "安排使用", "Used", 0),
        money("carried_cny", "结转", "Carried over"),
        Column("over_spent", "flag", "超出已落实资金", "Beyond the funds"),
    ),
    "result",
)

PLAN_RESIDUALS = Contract(
    "plan_residuals",
    "仍缺学位",
    "Shortages that remain",
    ("town_id", "stage", "school_year", "scenario"),
    (
        TOWN_ID,
        STAGE,
        SCHOOL_YEAR,
        SCENARIO,
        seats("shortage", "仍缺学位", "Seats still short", 0),
        Column("reason", "code", "约束原因", "Reason", family="plan_reason", required=True),
        Column("reason_zh", "text", "原因说明", "Explanation, in Chinese", required=True),
        Column("reason_en", "text", "原因说明（英文）", "Explanation", required=True),
    ),
    "result",
)

PLAN_USE = Contract(
    "plan_use",
    "项目使用率",
    "Use of projects",
    ("project_id", "school_year", "scenario"),
    (
        PROJECT_ID,
        SCHOOL_YEAR,
        SCENARIO,
        seats("seats", "新增学位", "New seats", 0),
        seats("seats_used", "使用学位", "Seats used", 0),
        _use("use_rate", "使用率", "Use"),
    ),
    "result",
)

PLAN_GUARD = Contract(
    "plan_guard",
    "过度建设检查",
    "Over-building guard",
    ("project_id", "scenario"),
    (
        PROJECT_ID,
        SCENARIO,
        year("peak_year", "峰值学年", "Peak year"),
        _use("use_peak", "峰值年使用率", "Use at the peak"),
        year("plus5_year", "峰后五年", "Five years after"),
        _use("use_plus5", "峰后五年使用率", "Use five years after"),
        year("plus10_year", "峰后十年", "Ten years after"),
        _use("use_plus10", "峰后十年使用率", "Use ten years after"),
    ),
    "result",
)

PLAN_ALTERNATIVES = Contract(
    "plan_alternatives",
    "替代方案比较",
    "Alternatives to each project",
    ("project_id", "alternative"),
    (
        PROJECT_ID,
        Column(
            "alternative",
            "code",
            "替代方案",
            "Alternative",
            family="plan_alternative",
            required=True,
        ),
        Column("option_id", "text", "措施编号", "Measure"),
        Column("option_name", "text", "措施", "Measure name"),
        money("extra_cost_cny", "目标增加", "Objective rises by"),
        money("expected_regret_cny", "本项目的期望后悔值", "Expected regret of the project", 0),
        money("regret95_cny", "本项目的95%分位后悔值", "95th-percentile regret of it", 0),
        seats("extra_seat_years", "多缺学位年", "More seat-years short"),
        Column("feasible", "flag", "是否可行", "Feasible"),
    ),
    "result",
    note_zh="其余项目不变，只把本项目换成替代方案；正值表示替代方案更差；"
    "后悔值为替代方案更便宜的那些路径上多花的钱",
    note_en="Everything else stays, this project alone is exchanged; above zero: worse; regret is "
    "what the project costs more in those futures in which the alternative is cheaper",
)

PLAN_TRIGGERS = Contract(
    "plan_triggers",
    "启动条件",
    "Triggers",
    ("project_id",),
    (
        PROJECT_ID,
        TOWN_ID,
        STAGE,
        Column("grade", "whole", "观察年级", "Grade watched", low=1, high=12),
        Column("signal_year", "whole", "观察学年", "School year watched", low=1949, high=2150),
        Column("threshold", "number", "启动阈值", "Start at or above", unit="人", low=0),
        Column("probability", "share", "达到的概率", "Probability", low=0, high=1),
        money("saving_cny", "有条件启动的节省", "Saved by waiting for the sign"),
        Column(
            "decision",
            "code",
            "决定",
            "Decision",
            allowed=("build", "trigger", "unclear"),
            required=True,
        ),
        Column("hit_rate", "share", "按阈值判断正确率", "Right by the threshold", low=0, high=1),
        Column(
            "hit_rate_build", "share", "一律启动的正确率", "Right by starting always", low=0, high=1
        ),
        Column("paths", "whole", "定阈值路径数", "Paths it is found on", low=0),
        Column("paths_judged", "whole", "检验路径数", "Paths it is judged on", low=0),
    ),
    "result",
    note_zh="一半未用于规划的模拟路径定阈值，另一半检验；概率、节省和正确率只按检验路径计算。"
    "正确指事后看该启动的启动了、不该启动的没有启动",
    note_en="Found on one half of the paths kept back and judged on the other: probability, saving "
    "and shares are those of the judged half. Right: what hindsight would have done",
)
