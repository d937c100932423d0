"""How tables show themselves in JupyterLab: a list of what is there, in both languages."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from analysis.tables.registry import contract

_GROUPS = {"input": "原始数据 Input", "result": "结果 Results"}


def list_of_tables(rows: Iterable[tuple[str, int]]) -> str:
    """Return tables with their titles and numbers of rows as HTML, input tables first.

    Parameters
    ----------
    rows
        Name of a contract and number of rows.
    """
    found = sorted(rows, key=lambda item: (contract(item[0]).group != "input", item[0]))
    lines = [
        (f"<code>{name}</code>", contract(name).zh, contract(name).en, f"{count:,}", _group(name))
        for name, count in found
    ]
    heads = ("表 Table", "中文", "English", "行 Rows", "类别 Group")
    return html_rows(heads, lines, escaped=(0,))


def _group(name: str) -> str:
    group = contract(name).group
    return _GROUPS.get(group, group)


def html_rows(
    heads: Sequence[str], lines: Sequence[Sequence[str]], *, escaped: Sequence[int] = ()
) -> str:
    """Return a small HTML table; all text is escaped but that of columns already escaped."""
    head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{text if place in escaped else html.escape(text)}</td>"
            for place, text in enumerate(line)
        )
        + "</tr>"
        for line in lines
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
