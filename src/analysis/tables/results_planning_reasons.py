"""How the plan was found, what it rests on, and what it asks beside buildings."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SCHOOL_YEAR, SOURCE, STAGE, YEAR
from analysis.tables.results_planning import (
    PROJECT_ID,
    money,
    seats,
    year,
)

PLAN_METHODS = Contract(
    "plan_methods",
    "方法对照",
    "Methods compared",
    ("method",),
    (
        Column("method", "code", "方法", "Method", family="plan_method", required=True),
        Column("projects", "number", "措施数（含小班化）", "Measures, with smaller classes", low=0),
        seats("seats", "新建、扩建学位", "Seats built"),
        money("capital_cny", "投资", "Capital", 0),
        money("expected_cost_cny", "期望总成本", "Expected total cost"),
        money("expected_regret_cny", "期望后悔值", "Expected regret", 0),
        money("regret95_cny", "95%分位后悔值", "95th-percentile regret", 0),
        seats("expected_shortage", "期望缺学位年", "Seat-years short, expected", 0),
        seats("expected_spare", "期望空余学位年", "Seat-years spare, expected", 0),
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
        money("value_cny", "本方案", "This plan"),
        money("nothing_cny", "不采取措施", "Doing nothing"),
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
        year("needed_year", "最迟落实年", "Needed by"),
        year("land_year", "用地可用年", "Land ready in"),
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
        money("cost_mid_cny", "投资（中）", "Cost, middle", 0),
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
        seats("seats_before", "上年学位", "Seats, last year's plan"),
        seats("seats_now", "本年学位", "Seats, this plan"),
        year("finish_before", "上年启用学年", "Opening, last year's plan"),
        year("finish_now", "本年启用学年", "Opening, this plan"),
        money("cost_before_cny", "上年投资", "Cost, last year's plan"),
        money("cost_now_cny", "本年投资", "Cost, this plan"),
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
