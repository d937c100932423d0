"""The correction sheet: what was found where, what is expected, and a column for the answer."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import xlsxwriter

from analysis import wording
from analysis.intake.answers import CONFIRMING
from analysis.tables import contract
from analysis.terms import label

if TYPE_CHECKING:
    from analysis.intake.reading import IntakeResult

#: Columns of the sheet; the answers are read back by the titles 文件 / File and so on.
SHOWN = ("finding_id", "severity", "file", "sheet", "cell", "table_name", "entity", "found")
SAID = ("expected", "why", "suggestion")
ANSWERED = ("answer_title", "answer_date", "answer_by")
WIDTHS = (9, 9, 24, 16, 8, 14, 20, 18, 36, 36, 36, 18, 12, 10)
#: Workbooks carry this date so that the same findings give the same bytes.
FIXED_DATE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
#: From ``data/processed/<run>/`` to the folder that holds the areas' raw folders.
RAW_FOLDER = "../../raw"
_LONGEST_LINK = 2000
_ORDER = {"blocks": 0, "affects": 1, "note": 2}


def corrections_workbook(result: IntakeResult, *, language: str, area: str = "") -> bytes:
    """Return ``corrections.xlsx``: one row a finding, the last columns empty for the clerk.

    Put the filled file back into the area's folder: the next run reads the answers, and refuses
    one whose source cell has been corrected meanwhile. With ``area`` the cells link to the raw
    files, seen from ``data/processed/<run>/``.
    """
    findings = result.findings
    order = findings["severity"].map(_ORDER).sort_values(kind="stable").index
    buffer = io.BytesIO()
    # text that begins with = or + is a cell of the user's, not a formula
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": FIXED_DATE})
        sheet = book.add_worksheet(wording.say("intake.corrections_sheet", language))
        styles = {
            "head": book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1}),
            "body": book.add_format({"text_wrap": True, "valign": "top"}),
            "link": book.add_format({"font_color": "#0B5394", "underline": 1, "valign": "top"}),
            "answer": book.add_format({"bg_color": "#FFF8DC", "border": 1, "num_format": "@"}),
        }
        titles = _titles(language)
        for column, (title, width) in enumerate(zip(titles, WIDTHS, strict=True)):
            sheet.write_string(0, column, title, styles["head"])
            sheet.set_column(column, column, width)
        sheet.write_comment(
            0,
            len(SHOWN) + len(SAID),
            wording.say("intake.answer_help", language, words="、".join(sorted(CONFIRMING)[-3:])),
        )
        names = _school_names(result)
        for row, record in enumerate(findings.loc[order].to_dict("records"), start=1):
            entity = str(record["entity"] or "")
            record["entity"] = f"{names[entity]} {entity}" if entity in names else entity
            _row(sheet, row, record, language, area, styles)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(findings), 1), len(titles) - 1)
    return buffer.getvalue()


def _school_names(result: IntakeResult) -> dict[str, str]:
    schools = result.tables.get("schools")
    if schools is None:
        return {}
    return dict(zip(schools["school_id"], schools["school_name"], strict=True))


def _titles(language: str) -> list[str]:
    item = contract("intake_findings")
    titles = [item[c].title(language) for c in SHOWN]
    titles += [item[f"{c}_zh"].zh if language == "zh" else item[f"{c}_en"].en for c in SAID]
    return titles + [wording.say(f"intake.{c}", language) for c in ANSWERED]


def _row(
    sheet: Any,
    row: int,
    record: dict[Any, Any],
    language: str,
    area: str,
    styles: dict[str, Any],
) -> None:
    cells = [record[c] for c in SHOWN]
    cells[1] = label("severity", str(record["severity"]), language)
    if record["table_name"]:
        cells[5] = contract(str(record["table_name"])).title(language)
    cells += [record[f"{c}_{language}"] for c in SAID]
    for column, value in enumerate(cells):
        text = "" if value is None or value != value else str(value)
        link = cell_link(area, record) if column == SHOWN.index("cell") and area else ""
        if link:
            sheet.write_url(row, column, f"external:{link}", styles["link"], text)
        else:
            sheet.write_string(row, column, text[:32_000], styles["body"])
    for offset in range(len(ANSWERED)):
        sheet.write_blank(row, len(cells) + offset, None, styles["answer"])


def cell_link(area: str, record: dict[Any, Any]) -> str:
    """Return the relative link to a finding's cell, empty where there is none to link to."""
    file, sheet, cell = (str(record[c] or "") for c in ("file", "sheet", "cell"))
    if not file or not cell or "#" in file:
        return ""
    link = f"{RAW_FOLDER}/{area}/{file}"
    if file.lower().endswith((".xlsx", ".xlsm", ".xls")):
        link += "#'{}'!{}".format(sheet.replace("'", "''"), cell)
    return link if len(link) <= _LONGEST_LINK else ""
