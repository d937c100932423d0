"""Result contracts: the building plan, its guard against over-building, money, people and time."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SCHOOL_YEAR, SOURCE, STAGE, TOWN_ID, YEAR
from analysis.tables.results_forecast import SCENARIO

PROJECT_ID = Column("project_id", "text", "项目编号", "Project", required=True)


def _money(name: str, zh: str, en: str, low: float | None = None) -> Column:
    return Column(name, "number", zh, en, unit="元", low=low)


def _seats(name: str, zh: str, en: str, low: float | None = None) -> Column:
    return Column(name, "number", zh, en, unit="个", low=low)


def _year(name: str, zh: str, en: str) -> Column:
    return Column(name, "number", zh, en, low=1949, high=2150)


def _use(name: str, zh: str, en: str) -> Column:
    return Column(name, "share", zh, en, low=0, high=1)


_COSTS = (
    _money("cost_low_cny", "投资（低）", "Cost, low", 0),
    _money("cost_mid_cny", "投资（中）", "Cost, middle", 0),
    _money("cost_high_cny", "投资（高）", "Cost, high", 0),
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
    _seats("seats", "新增学位", "New seats"),
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
        _seats("seats_primary", "小学学位变化", "Primary seats, change"),
        _seats("seats_junior", "初中学位变化", "Junior seats, change"),
        *_COSTS,
        Column("lead_years", "number", "建设周期", "Lead time", unit="年", low=0),
        Column("life_years", "number", "使用年限", "Life", unit="年", low=0),
        _year("first_start_year", "最早开工年", "Earliest start"),
        _year("first_open_year", "最早启用学年", "Earliest opening"),
        _year("land_year", "用地可用年", "Land ready in"),
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
        _year("start_year", "开工年", "Start"),
        _year("finish_year", "启用学年", "Opens in school year"),
        *_COSTS,
        Column("price_year", "number", "价格年份", "Price year", low=1990, high=2150),
        Column("funding_source", "text", "资金来源", "Source of funds"),
        Column("responsible", "text", "责任单位", "Responsible"),
        _use("use_peak", "峰值年使用率", "Use at the peak"),
        _use("use_plus5", "峰后五年使用率", "Use five years after"),
        _use("use_plus10", "峰后十年使用率", "Use ten years after"),
        _year("peak_year", "峰值学年", "Peak year"),
        _year("plus5_year", "峰后五年（不晚于预测期末）", "Five years after, within the forecast"),
        _year("plus10_year", "峰后十年（不晚于预测期末）", "Ten years after, within the forecast"),
        Column("under_used", "flag", "使用率过低", "Under-used"),
        Column("tie", "flag", "可有可无", "Tie"),
        _money("gain_cny", "删去后目标增加", "Objective rises if deleted by"),
        _money("wait_cost_cny", "推迟一年的代价", "Cost of waiting a year"),
        _seats("wait_seat_years", "推迟一年多缺学位年", "Seat-years short by waiting a year"),
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
        _money("funds_cny", "已落实资金", "Funds declared", 0),
        _money("gap_cny", "资金缺口", "Funding gap", 0),
        Column("price_year", "whole", "价格基年", "Price base", low=1990, high=2150),
        Column("price_index", "number", "价格指数", "Price index", low=0),
        _seats("spare_seats", "空余学位（期望）", "Spare seats, expected", 0),
        _money("spare_cost_cny", "空余学位运行成本", "Running cost of spare seats", 0),
        _seats("spare_seats_added", "其中因规划新增", "Of these added by the plan", 0),
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
        _money("funds_cny", "已落实资金", "Funds declared", 0),
        _money("cost_mid_cny", "安排使用", "Used", 0),
        _money("carried_cny", "结转", "Carried over"),
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
        _seats("shortage", "仍缺学位", "Seats still short", 0),
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
        _seats("seats", "新增学位", "New seats", 0),
        _seats("seats_used", "使用学位", "Seats used", 0),
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
        _year("peak_year", "峰值学年", "Peak year"),
        _use("use_peak", "峰值年使用率", "Use at the peak"),
        _year("plus5_year", "峰后五年", "Five years after"),
        _use("use_plus5", "峰后五年使用率", "Use five years after"),
        _year("plus10_year", "峰后十年", "Ten years after"),
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
        _money("extra_cost_cny", "目标增加", "Objective rises by"),
        _money("expected_regret_cny", "本项目的期望后悔值", "Expected regret of the project", 0),
        _money("regret95_cny", "本项目的95%分位后悔值", "95th-percentile regret of it", 0),
        _seats("extra_seat_years", "多缺学位年", "More seat-years short"),
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
        _money("saving_cny", "有条件启动的节省", "Saved by waiting for the sign"),
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

PLAN_METHODS = Contract(
    "plan_methods",
    "方法对照",
    "Methods compared",
    ("method",),
    (
        Column("method", "code", "方法", "Method", family="plan_method", required=True),
        Column("projects", "number", "措施数", "Measures", low=0),
        _seats("seats", "新增学位", "New seats"),
        _money("capital_cny", "投资", "Capital", 0),
        _money("expected_cost_cny", "期望总成本", "Expected total cost"),
        _money("expected_regret_cny", "期望后悔值", "Expected regret", 0),
        _money("regret95_cny", "95%分位后悔值", "95th-percentile regret", 0),
        _seats("expected_shortage", "期望缺学位年", "Seat-years short, expected", 0),
        _seats("expected_spare", "期望空余学位年", "Seat-years spare, expected", 0),
        Column("cost_ratio", "number", "总成本与本方案之比", "Cost against ours", low=0),
        Column("futures", "whole", "检验路径数", "Futures", low=0),
    ),
    "result",
    note_zh="全部在未用于规划的同一批模拟路径上计算；后悔值相对各方案中该路径的最低成本",
    note_en="On the same simulated paths, none used for planning; regret against the cheapest of "
    "these plans on each path",
)

PLAN_SENSITIVITY = Contract(
    "plan_sensitivity",
    "权重敏感性",
    "How far the plan rests on its weights",
    ("weight", "factor"),
    (
        Column("weight", "code", "权重", "Weight", family="plan_part", required=True),
        Column("factor", "number", "倍数", "Times", low=0, required=True),
        Column("projects", "whole", "入选措施", "Measures chosen", low=0),
        Column("projects_kept", "whole", "仍值得的措施", "Still worth it", low=0),
        Column("dropped", "text", "不再值得的措施", "No longer worth it"),
        Column("cheapest", "code", "期望成本最低", "Least expected cost", family="plan_method"),
        Column("lowest_regret", "code", "后悔值最低", "Least regret", family="plan_method"),
        Column(
            "next_ratio", "number", "其他方法最低与本方案之比", "Best other against ours", low=0
        ),
    ),
    "result",
    note_zh="一次只把一个权重减半或加倍；各方案不变，只重新计价；仍值得指单独去掉它会使总成本增加",
    note_en="One weight at a time, halved or doubled; plans as they stand, priced anew; still "
    "worth it: taking it out alone would cost money",
)

PLAN_OBJECTIVE = Contract(
    "plan_objective",
    "目标构成",
    "Objective by part",
    ("part",),
    (
        Column("part", "code", "构成", "Part", family="plan_part", required=True),
        _money("value_cny", "本方案", "This plan"),
        _money("nothing_cny", "不采取措施", "Doing nothing"),
    ),
    "result",
)

PLAN_STATUS = Contract(
    "plan_status",
    "求解状态",
    "State of the solution",
    ("item",),
    (
        Column("item", "code", "项", "Item", family="plan_status_item", required=True),
        Column("value", "number", "数值", "Value"),
        Column("text", "text", "说明", "Text"),
    ),
    "result",
)

PLAN_ASSUMPTIONS = Contract(
    "plan_assumptions",
    "规划参数",
    "Planning parameters",
    ("name", "stage"),
    (
        Column("name", "text", "参数", "Parameter", required=True),
        Column("stage", "text", "学段", "Stage", required=True),
        Column("title_zh", "text", "名称", "Title, in Chinese"),
        Column("title_en", "text", "名称（英文）", "Title"),
        Column("value", "number", "取值", "Value"),
        Column("low", "number", "低值", "Low"),
        Column("high", "number", "高值", "High"),
        Column("unit", "text", "单位", "Unit"),
        Column("price_year", "number", "价格年份", "Price year", low=1990, high=2150),
        Column("grade", "text", "可信等级", "Grade"),
        Column("status", "code", "状态", "Status", allowed=("default", "own"), required=True),
        SOURCE,
    ),
    "result",
    note_zh="等级为“工具默认值”的非法定，可在 area.toml 或“假设登记”表中改",
    note_en="Grade tool: a default of this tool, not law; set your own in area.toml or in the "
    "assumptions table",
)

PLAN_LAND = Contract(
    "plan_land",
    "用地储备清单",
    "Land to reserve",
    ("project_id",),
    (
        PROJECT_ID,
        Column("project_name", "text", "项目名称", "Project name", required=True),
        Column("town_id", "text", "乡镇", "Town"),
        Column("site_area_m2", "number", "用地面积", "Site area", unit="m²", low=0),
        Column("site_area_mu", "number", "用地面积（亩）", "Site area in mu", unit="亩", low=0),
        _year("needed_year", "最迟落实年", "Needed by"),
        _year("land_year", "用地可用年", "Land ready in"),
        Column("ready", "code", "用地状态", "Land", family="plan_land", required=True),
    ),
    "result",
)

PLAN_PHASING = Contract(
    "plan_phasing",
    "分年任务",
    "Tasks by year",
    ("year", "project_id", "task"),
    (
        YEAR,
        PROJECT_ID,
        Column("task", "code", "任务", "Task", family="plan_task", required=True),
        Column("project_name", "text", "项目名称", "Project name", required=True),
        Column("responsible", "text", "责任单位", "Responsible"),
        Column("quantity", "number", "数量", "Quantity"),
        Column("unit", "text", "单位", "Unit"),
        _money("cost_mid_cny", "投资（中）", "Cost, middle", 0),
    ),
    "result",
)

PLAN_CHANGES = Contract(
    "plan_changes",
    "与上年规划对照",
    "Changes since last year's plan",
    ("project_id",),
    (
        PROJECT_ID,
        Column("project_name", "text", "项目名称", "Project name", required=True),
        Column("change", "code", "变化", "Change", family="plan_change", required=True),
        _seats("seats_before", "上年学位", "Seats, last year's plan"),
        _seats("seats_now", "本年学位", "Seats, this plan"),
        _year("finish_before", "上年启用学年", "Opening, last year's plan"),
        _year("finish_now", "本年启用学年", "Opening, this plan"),
        _money("cost_before_cny", "上年投资", "Cost, last year's plan"),
        _money("cost_now_cny", "本年投资", "Cost, this plan"),
    ),
    "result",
)

STAFF_NEED = Contract(
    "staff_need",
    "教师需求",
    "Teachers needed",
    ("stage", "school_year"),
    (
        STAGE,
        SCHOOL_YEAR,
        Column("pupils", "number", "在校生", "Pupils", unit="人", low=0),
        Column("classes", "number", "班级数", "Classes", unit="个", low=0),
        Column("teachers_needed", "number", "需要教师", "Teachers needed", unit="人", low=0),
        Column("teachers_now", "number", "现有教师", "Teachers now", unit="人", low=0),
        Column("shortage", "number", "缺教师", "Teachers short", unit="人", low=0),
        Column("surplus", "number", "余教师", "Teachers to spare", unit="人", low=0),
        Column("basis", "text", "测算口径", "Basis"),
    ),
    "result",
    note_zh="缺与余分学段列出，不相抵",
    note_en="Shortage and surplus stand by stage and are never netted",
)
