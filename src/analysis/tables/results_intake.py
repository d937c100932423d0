"""Result contracts of the intake: findings, normalisations, what was not used."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract

_PLACE = (
    Column("file", "text", "文件", "File", required=True),
    Column("sheet", "text", "工作表", "Sheet"),
    Column("cell", "text", "单元格", "Cell"),
)

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
        Column("severity", "code", "严重程度", "Severity", family="severity", required=True),
        Column("key", "text", "行键", "Row key"),
    ),
    "result",
)

INTAKE_CHANGES = Contract(
    "intake_changes",
    "换算与规范化记录",
    "Normalisations",
    ("file", "sheet", "cell"),
    (
        *_PLACE,
        Column("table_name", "text", "数据表", "Table"),
        Column("column_name", "text", "栏目", "Column"),
        Column("before", "text", "原值", "Before"),
        Column("after", "text", "换算后", "After"),
        Column("rule", "text", "规则", "Rule"),
    ),
    "result",
)

INTAKE_UNUSED = Contract(
    "intake_unused",
    "未使用的内容",
    "Not used",
    ("file", "sheet", "cell"),
    (*_PLACE, Column("content", "text", "内容", "Content"), Column("rule", "text", "原因", "Why")),
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
