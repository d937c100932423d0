"""Result contracts of the briefing: headline numbers and the decisions they ask for."""

from __future__ import annotations

from analysis.tables.contract import Column, Contract

#: The questions of page one, in reading order; ``context`` is everything else that is said.
TOPICS = ("short", "spare", "where", "when", "build", "cost", "sure", "verdict", "context")

HEADLINES = Contract(
    "headlines",
    "要点",
    "Headlines",
    ("item",),
    (
        Column(
            "item",
            "text",
            "编号",
            "Item",
            required=True,
            note_zh="summary.json 中的键",
            note_en="The key in summary.json",
        ),
        Column("topic", "code", "问题", "Question", allowed=TOPICS, required=True),
        Column("area_id", "text", "地区代码", "Area code"),
        Column("stage", "code", "学段", "Stage", family="stage"),
        Column("school_year", "number", "学年", "School year", low=1949, high=2150),
        Column("value", "number", "数值", "Value"),
        Column("unit", "text", "单位", "Unit"),
        Column("state", "text", "结论代码", "State", note_zh="非数值的结论，如 met、not_met"),
        Column("lower", "number", "区间下限", "Lower bound"),
        Column("upper", "number", "区间上限", "Upper bound"),
        Column("finding_rank", "number", "发现序号", "Rank as a finding", low=1),
        Column("sentence_zh", "text", "语句", "Sentence, in Chinese"),
        Column("sentence_en", "text", "语句（英文）", "Sentence"),
        Column("source", "text", "出处", "Result table"),
        Column("rule", "text", "规则与依据", "Rule and citation"),
        Column(
            "trace",
            "text",
            "计算过程",
            "How it was computed",
            note_zh="JSON：formula_zh、formula_en、tables、cells、data_year、step",
            note_en="JSON: formula_zh, formula_en, tables, cells, data_year, step",
        ),
    ),
    "result",
    note_zh="每个要点一行；数值取自各步结果表，不另行计算",
    note_en="One row a headline; values are read from the result tables, never recomputed",
)

DECISIONS = Contract(
    "decisions",
    "建议决策",
    "Decisions",
    ("decision",),
    (
        Column("decision", "text", "编号", "Decision", required=True),
        Column("rank", "whole", "次序", "Rank", low=1),
        Column("sentence_zh", "text", "决策", "Decision, in Chinese", required=True),
        Column("sentence_en", "text", "决策（英文）", "Decision wanted", required=True),
        Column("why_zh", "text", "理由", "Why, in Chinese"),
        Column("why_en", "text", "理由（英文）", "Why"),
        Column("by_year", "number", "最迟学年", "By school year", low=1949, high=2150),
        Column("value", "number", "数值", "Value"),
        Column("unit", "text", "单位", "Unit"),
        Column("source", "text", "出处", "Result table"),
        Column(
            "item",
            "text",
            "所据要点",
            "Headline it rests on",
            note_zh="要点表中的编号，那里写着怎么算的",
            note_en="Item of the table headlines, which says how it was computed",
        ),
    ),
    "result",
)
