"""The Excel template: one sheet a table, Chinese headers with units, allowed values, notes."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import xlsxwriter

from analysis import wording
from analysis.intake.corrections import FIXED_DATE
from analysis.tables import Column, Contract, contracts
from analysis.terms import label

ROWS = 5000
_FIRST = ("towns", "schools", "enrolment", "teachers", "facilities", "births", "population")
_LIST_LIMIT = 255


def _header(column: Column) -> str:
    return f"{column.zh}（{column.unit}）" if column.unit else column.zh


def _choices(column: Column) -> list[str]:
    if not column.values:
        return []
    return [label(column.family, v, "zh") if column.family else v for v in column.values]


def template(title: str, tables: Mapping[str, pd.DataFrame] | None = None) -> bytes:
    """Return the workbook a county may fill in: every input table, none of them compulsory.

    With ``tables`` the sheets are filled; reading the workbook again gives the same tables, but
    for the cells their sources name.
    """
    items = {n: c for n, c in contracts().items() if c.group == "input" and n != "answers"}
    order = [*_FIRST, *(n for n in items if n not in _FIRST)]
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": FIXED_DATE, "title": title})
        styles = {
            "key": book.add_format({"bold": True, "bg_color": "#CFE0F0", "border": 1}),
            "head": book.add_format({"bold": True, "bg_color": "#EEF2F6", "border": 1}),
            "text": book.add_format({"num_format": "@"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        _guide(book, [items[name] for name in order], title, styles)
        for name in order:
            sheet = _sheet(book, items[name], styles)
            if tables is not None and name in tables:
                _fill(sheet, items[name], tables[name])
    return buffer.getvalue()


def _guide(book: Any, items: list[Contract], title: str, styles: dict[str, Any]) -> None:
    sheet = book.add_worksheet(wording.say("intake.guide_sheet", "zh"))
    sheet.set_column(0, 4, 26, styles["wrap"])
    sheet.write_string(0, 0, title)
    for row, language in enumerate(wording.languages(), start=1):
        sheet.write_string(row, 0, wording.say("intake.guide_text", language))
    row = 4
    for item in items:
        for column in item.columns:
            cells = (
                item.zh,
                _header(column),
                column.en,
                " / ".join(_choices(column)),
                column.note_zh,
            )
            for index, cell in enumerate(cells):
                sheet.write_string(row, index, cell)
            row += 1


def _sheet(book: Any, item: Contract, styles: dict[str, Any]) -> Any:
    sheet = book.add_worksheet(item.zh)
    for index, column in enumerate(item.columns):
        is_key = column.name in item.keys or column.required
        sheet.write_string(0, index, _header(column), styles["key" if is_key else "head"])
        sheet.set_column(index, index, 16, styles["text"] if column.kind == "text" else None)
        choices = _choices(column)
        rule: dict[str, object] | None = None
        if choices and sum(map(len, choices)) + len(choices) <= _LIST_LIMIT:
            rule = {"validate": "list", "source": choices}
        elif column.kind in ("count", "whole", "number") and not choices:
            low = column.low if column.low is not None else (0 if column.kind == "count" else None)
            if low is not None:
                rule = {"validate": "decimal", "criteria": ">=", "value": low}
        if rule is not None:
            sheet.data_validation(1, index, ROWS, index, {"ignore_blank": True, **rule})
    sheet.freeze_panes(1, 0)
    return sheet


def _fill(sheet: Any, item: Contract, frame: pd.DataFrame) -> None:
    for index, column in enumerate(item.columns):
        for row, value in enumerate(frame[column.name].tolist(), start=1):
            if value is None or (isinstance(value, float) and math.isnan(value)):
                continue
            if column.name == "source":
                # what stands before is where the row stood in the file it was read from
                value = str(value).partition("; ")[2]
            if isinstance(value, str):
                text = label(column.family, value, "zh") if column.family else value
                if text:
                    sheet.write_string(row, index, text)
            else:
                sheet.write_number(row, index, value)
