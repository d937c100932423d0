"""Input contracts: projects, money, county facts, survey, gap lists, assumptions."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract
from analysis.tables.inputs_places import SOURCE, TOWN_ID, YEAR

PROJECT_COLUMNS = (
    Column("project_id", "text", "项目编号", "Project", required=True),
    Column("project_name", "text", "项目名称", "Project name", required=True),
    Column("school_id", "text", "学校代码", "School code"),
    Column("town_id", "text", "乡镇代码", "Town code"),
    Column("stage", "code", "学段", "Stage", family="stage"),
    Column("kind", "code", "建设性质", "Nature of work", family="project_kind", required=True),
    Column("status", "code", "项目状态", "Status", family="project_status", required=True),
    Column("classes", "count", "规模班数", "Classes", unit="个"),
    Column("seats", "count", "新增学位", "New seats", unit="个"),
    Column("site_area_m2", "number", "用地面积", "Site area", unit="m²", low=0),
    Column("floor_area_m2", "number", "建筑面积", "Floor area", unit="m²", low=0),
    Column("cost_cny", "number", "投资", "Cost", unit="元", low=0),
    Column("funding_source", "text", "资金来源", "Source of funds"),
    Column("land_year", "number", "用地可用年", "Land ready in", low=1990, high=2100),
    Column("start_year", "number", "开工年", "Start", low=1990, high=2100),
    Column("finish_year", "number", "竣工年", "Finish", low=1990, high=2100),
    Column("responsible", "text", "责任单位", "Responsible"),
    Column("lon", "number", "经度", "Longitude", unit="°", low=-180, high=180),
    Column("lat", "number", "纬度", "Latitude", unit="°", low=-90, high=90),
)

PROJECTS = Contract(
    "projects",
    "项目",
    "Projects",
    ("project_id",),
    (*PROJECT_COLUMNS, SOURCE),
    "input",
    note_zh="已立项、备选或只有名称的项目；未知的规模和投资留空",
    note_en="Committed, candidate or only named; leave size and cost empty where unknown",
)

FINANCE = Contract(
    "finance",
    "资金",
    "Funds",
    ("year", "funding_source"),
    (
        YEAR,
        Column("funding_source", "text", "资金来源", "Source of funds", required=True),
        Column("amount_cny", "number", "金额", "Amount", unit="元", low=0),
        SOURCE,
    ),
    "input",
)

COUNTY_FACTS = Contract(
    "county_facts",
    "县域指标",
    "County facts",
    ("indicator", "year"),
    (
        Column("indicator", "text", "指标", "Indicator", required=True),
        YEAR,
        Column("value", "number", "数值", "Value"),
        Column("unit", "text", "单位", "Unit"),
        Column(
            "status",
            "code",
            "自评结论",
            "Own judgement",
            allowed=("met", "not_met", "undetermined"),
        ),
        Column("evidence", "text", "佐证材料", "Evidence"),
        Column("evidence_date", "text", "材料日期", "Date of evidence"),
        Column("responsible", "text", "责任单位", "Responsible"),
        SOURCE,
    ),
    "input",
    note_zh="政府保障、质量、否决项等以县为单位的数值或佐证",
    note_en="Numbers or evidence kept for the whole county: guarantees, quality, vetoes",
)

SURVEY = Contract(
    "survey",
    "满意度调查",
    "Recognition survey",
    ("year", "channel", "respondent_group"),
    (
        YEAR,
        Column(
            "channel",
            "code",
            "调查方式",
            "Channel",
            allowed=("questionnaire", "visit"),
            required=True,
        ),
        Column(
            "respondent_group", "text", "调查对象", "Group", words="respondent_group", required=True
        ),
        Column("respondents", "count", "答卷人数", "Respondents", unit="人"),
        Column("satisfied", "count", "认可人数", "Satisfied", unit="人"),
        Column("weight", "number", "权重", "Weight", low=0),
        Column("design_effect", "number", "设计效应", "Design effect", low=0),
        SOURCE,
    ),
    "input",
)

GAP_ITEMS = Contract(
    "gap_items",
    "缺口清单",
    "Gap list",
    ("item_id",),
    (
        Column("item_id", "text", "序号", "Item", required=True),
        Column(
            "parent_item_id",
            "text",
            "上级序号",
            "Parent item",
            note_zh="分项填所属合计行的序号",
            note_en="Parts name the row they belong to",
        ),
        TOWN_ID,
        Column("school_name", "text", "学校名称", "School"),
        Column("item", "text", "缺口项目", "What is missing", required=True),
        Column("quantity", "number", "数量", "Quantity", low=0),
        Column("quantity_unit", "text", "计量单位", "Unit"),
        Column("unit_price_cny", "number", "单价", "Unit price", unit="元", low=0),
        Column("amount_cny", "number", "金额", "Amount", unit="元", low=0),
        Column("year", "number", "计划年份", "Planned year", low=1990, high=2100),
        Column("responsible", "text", "责任单位", "Responsible"),
        Column("done_quantity", "number", "已完成数量", "Done", low=0),
        SOURCE,
    ),
    "input",
)

TARGETS = Contract(
    "targets",
    "分期目标",
    "Staged targets",
    ("indicator", "year"),
    (
        Column("indicator", "text", "指标", "Indicator", required=True),
        YEAR,
        Column("target", "number", "目标值", "Target"),
        Column("actual", "number", "实际值", "Actual"),
        Column("unit", "text", "单位", "Unit"),
        Column("responsible", "text", "责任单位", "Responsible"),
        SOURCE,
    ),
    "input",
)

ASSUMPTIONS = Contract(
    "assumptions",
    "假设登记",
    "Assumptions",
    ("assumption", "scenario"),
    (
        Column("assumption", "text", "假设", "Assumption", required=True),
        Column("scenario", "code", "情景", "Scenario", family="scenario", required=True),
        Column("value", "number", "取值", "Value"),
        Column("unit", "text", "单位", "Unit"),
        Column("date", "text", "日期", "Date"),
        Column("valid_until", "text", "有效期至", "Valid until"),
        Column("responsible", "text", "责任人", "Owner"),
        SOURCE,
    ),
    "input",
    note_zh="情景文件：出生、外流、迁移、住宅、班额等假设；缺省用工具默认值并注明",
    note_en="The scenario file: births, out-flow, migration, housing, class size",
)

ANSWERS = Contract(
    "answers",
    "更正答复",
    "Answers to corrections",
    ("file", "sheet", "cell"),
    (
        Column("file", "text", "文件", "File", required=True),
        Column("sheet", "text", "工作表", "Sheet", required=True),
        Column("cell", "text", "单元格", "Cell", required=True),
        Column("found", "text", "原值", "Found"),
        Column("answer", "text", "答复", "Answer"),
        Column("date", "text", "日期", "Date"),
        Column("responsible", "text", "责任人", "By"),
        SOURCE,
    ),
    "input",
)
