"""Result contracts of the intake: findings, normalisations, what was not used, what depends."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract

_PLACE = (
    Column("file", "text", "文件", "File", required=True),
    Column("sheet", "text", "工作表", "Sheet"),
    Column("cell", "text", "单元格", "Cell"),
)
_SEVERITY = Column("severity", "code", "严重程度", "Severity", family="severity", required=True)

INTAKE_FINDINGS = Contract(
    "intake_findings",
    "数据问题清单",
    "Findings of the intake",
    ("finding_id",),
    (
        Column("finding_id", "text", "编号", "No.", required=True),
        *_PLACE,
        Column("table_name", "text", "数据表", "Table"),
        Column("entity", "text", "学校/乡镇", "School or town"),
        Column("column_name", "text", "栏目", "Column"),
        Column("rule", "text", "规则", "Rule", required=True),
        Column("found", "text", "原值", "Found"),
        Column("expected_zh", "text", "应为", "Expected, in Chinese"),
        Column("expected_en", "text", "应为（英文）", "Expected"),
        Column("why_zh", "text", "原因", "Why, in Chinese"),
        Column("why_en", "text", "原因（英文）", "Why"),
        Column("suggestion_zh", "text", "建议", "Suggestion, in Chinese"),
        Column("suggestion_en", "text", "建议（英文）", "Suggestion"),
        _SEVERITY,
        Column("key", "text", "行键", "Row key"),
        Column("treatment", "code", "处理", "Treatment", family="treatment"),
    ),
    "result",
)

INTAKE_CHANGES = Contract(
    "intake_changes",
    "换算与规范化记录",
    "Normalisations",
    ("file", "sheet", "cell", "table_name", "column_name", "rule"),
    (
        *_PLACE,
        Column("table_name", "text", "数据表", "Table"),
        Column("column_name", "text", "栏目", "Column"),
        Column("before", "text", "原值", "Before"),
        Column("after", "text", "换算后", "After"),
        Column("rule", "code", "规则", "Rule", family="intake_change"),
    ),
    "result",
)

INTAKE_UNUSED = Contract(
    "intake_unused",
    "未使用的内容",
    "Not used",
    ("file", "sheet", "cell"),
    (
        *_PLACE,
        Column("content", "text", "内容", "Content"),
        Column("rule", "code", "原因", "Why", family="intake_unused"),
    ),
    "result",
)

INTAKE_READ = Contract(
    "intake_read",
    "读取情况",
    "What was read",
    ("file", "sheet", "table_name"),
    (
        Column("file", "text", "文件", "File", required=True),
        Column("sheet", "text", "工作表", "Sheet", required=True),
        Column("table_name", "text", "数据表", "Table", required=True),
        Column("rows", "count", "行数", "Rows"),
    ),
    "result",
)

INTAKE_CORRECTIONS = Contract(
    "intake_corrections",
    "更正答复记录",
    "Answers and what became of them",
    ("file", "sheet", "cell"),
    (
        *_PLACE,
        Column("found", "text", "原值", "Found"),
        Column("answer", "text", "答复", "Answer"),
        Column("date", "text", "日期", "Date"),
        Column("responsible", "text", "责任人", "By"),
        Column("status", "code", "状态", "Status", family="answer_status", required=True),
    ),
    "result",
    note_zh="只有原值未变时答复才有效；原表改正后答复自动停用",
    note_en="An answer holds only while the cell still says what was found",
)

AFFECTED_CONCLUSIONS = Contract(
    "affected_conclusions",
    "受影响的结论",
    "Conclusions that depend on affected cells",
    ("conclusion", "table_name"),
    (
        Column("conclusion", "code", "结论", "Conclusion", family="conclusion", required=True),
        Column("table_name", "text", "数据表", "Table", required=True),
        _SEVERITY,
        Column("findings", "count", "问题数", "Findings"),
        Column("cells", "text", "单元格", "Cells"),
        Column("status", "code", "状态", "Status", family="conclusion_status", required=True),
    ),
    "result",
    note_zh="涉及的单元格在更正前按缺失处理，依赖它们的判定为“无法判定”",
    note_en="Until corrected, these cells count as missing and what needs them is undetermined",
)

POPULATION_BASES = Contract(
    "population_bases",
    "人口口径对照",
    "Population bases side by side",
    ("level", "area_id", "year"),
    (
        Column("level", "code", "层级", "Level", family="level", required=True),
        Column("area_id", "text", "地区代码", "Area", required=True),
        Column("year", "whole", "年份", "Year", low=1949, high=2100),
        Column("resident", "count", "常住人口", "Resident", unit="人"),
        Column("urban_resident", "count", "城镇常住人口", "Urban resident", unit="人"),
        Column("registered", "count", "户籍人口", "Registered", unit="人"),
        Column("unstated", "count", "口径未注明的人口", "Basis not stated", unit="人"),
        Column("enrolled", "count", "义务教育在校生", "Enrolled pupils", unit="人"),
        Column(
            "registered_to_resident", "number", "户籍与常住之比", "Registered to resident", low=0
        ),
        Column(
            "enrolled_per_thousand",
            "number",
            "每千人在校生",
            "Enrolled per thousand",
            unit="人",
            low=0,
        ),
        Column("chosen_basis", "code", "采用口径", "Basis chosen", family="population_basis"),
        Column("chosen_persons", "count", "采用的人口数", "Persons on that basis", unit="人"),
    ),
    "result",
)

BIRTHS_REBASED = Contract(
    "births_rebased",
    "出生人口按入学年归并",
    "Births by year of school entry",
    ("level", "area_id", "entry_year", "basis"),
    (
        Column("level", "code", "层级", "Level", family="level", required=True),
        Column("area_id", "text", "地区代码", "Area", required=True),
        Column("entry_year", "whole", "入学年", "Year of entry", low=1949, high=2110),
        Column("basis", "code", "口径", "Basis", family="population_basis", required=True),
        Column("children", "number", "儿童数", "Children", unit="人", low=0),
        Column("method", "code", "归并方法", "Method", family="rebasing", required=True),
        Column("age_counted", "count", "统计时年龄", "Age when counted", unit="岁"),
        Column("year_counted", "count", "统计年份", "Year counted"),
        Column("entrants", "count", "当年一年级人数", "Grade 1 that year", unit="人"),
        Column("entry_ratio", "number", "入学与出生之比", "Entrants to children", low=0),
    ),
    "result",
    note_zh="8月31日满六周岁入学；按月份归并，或按年拆分为三分之一与三分之二",
    note_en="Six by 31 August; by month where given, else a third and two thirds of two years",
)
