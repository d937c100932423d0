"""Write docs/data-dictionary.md from the table contracts, in Chinese and English.

Run it with ``make dictionary``; a test holds the page and the contracts together.
"""

from __future__ import annotations

from pathlib import Path

from analysis.tables import Column, Contract, contracts
from analysis.terms import LABELS

TARGET = Path(__file__).with_name("data-dictionary.md")
OPENING = """\
# 数据字典 · Data dictionary

由表的契约生成（`make dictionary`），不要手改。 Generated from the contracts; do not edit by hand.

输入表：县里给什么就填什么，没有一张是必填的；缺失就是缺失，不当作 0，也不当作达标。
结果表：各步骤写入 `data/processed/<运行>/tables/`。
学年 2024 指 2024 年秋季开始的学年；金额以元、面积以平方米、比例以小数保存。

Input tables: give what there is, none of them is compulsory; missing stays missing, never zero
and never a pass. Result tables are written by the steps into `data/processed/<run>/tables/`.
School year 2024 begins in autumn 2024; money is kept in yuan, area in m², ratios as fractions.
"""
KINDS = {
    "text": "文字 text",
    "code": "代码 code",
    "whole": "整数，必有 integer, never missing",
    "count": "计数 count",
    "number": "数值 number",
    "share": "小数比例 fraction",
    "flag": "是否 true/false",
}
GROUPS = {"input": "输入表 · Input tables", "result": "结果表 · Result tables"}


def _cell(text: str) -> str:
    return text.replace("|", "／").replace("\n", " ")


def _allowed(column: Column) -> str:
    if not column.values:
        return ""
    labels = LABELS.get(column.family, {})
    return "<br>".join(
        f"`{code}` {' · '.join(labels[code])}" if code in labels else f"`{code}`"
        for code in column.values
    )


def _row(item: Contract, column: Column) -> str:
    key = "**" if column.name in item.keys else ""
    range_ = ""
    if column.low is not None or column.high is not None:
        low = "" if column.low is None else f"{column.low:g}"
        high = "" if column.high is None else f"{column.high:g}"
        range_ = f" [{low}, {high}]"
    notes = "<br>".join(filter(None, (column.note_zh, column.note_en)))
    cells = (
        f"{key}`{column.name}`{key}",
        column.zh,
        column.en,
        KINDS[column.kind] + range_,
        column.unit,
        _allowed(column),
        notes,
    )
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _section(item: Contract) -> list[str]:
    lines = [f"### `{item.name}` {item.zh} · {item.en}", ""]
    notes = [note for note in (item.note_zh, item.note_en) if note]
    for note in notes:
        lines += [note, ""]
    lines += [
        "| 列 column | 中文 | English | 类型 kind | 单位 unit | 取值 values | 说明 notes |",
        "|---|---|---|---|---|---|---|",
        *(_row(item, column) for column in item.columns),
        "",
    ]
    return lines


def dictionary() -> str:
    """Return the page."""
    items = contracts().values()
    lines = [OPENING]
    for group, title in GROUPS.items():
        chosen = sorted((i for i in items if i.group == group), key=lambda i: i.name)
        lines += [f"- [{title}](#{group})（{len(chosen)}）"]
    lines.append("")
    for group, title in GROUPS.items():
        lines += [f'<a id="{group}"></a>', "", f"## {title}", "", "主键为粗体。 Keys in bold.", ""]
        for item in sorted((i for i in items if i.group == group), key=lambda i: i.name):
            lines += _section(item)
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Write the page."""
    TARGET.write_text(dictionary(), "utf-8")
    print(f"-> {TARGET}")


if __name__ == "__main__":
    main()
