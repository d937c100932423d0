"""The correction sheet: what was found where, what is expected, and a column for the answer."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import xlsxwriter

from analysis import wording
from analysis.intake.answers import CONFIRMING
from analysis.tables import contract
from analysis.terms import label

if TYPE_CHECKING:
    import pandas as pd

    from analysis.intake.reading import IntakeResult

#: Columns of the sheet; the answers are read back by the titles 文件 / File and so on.
SHOWN = ("finding_id", "severity", "file", "sheet", "cell", "table_name", "entity", "found")
#: Answers that are written into the next sheet again; one whose source has changed is not.
_HELD = ("applied", "confirmed")
SAID = ("expected", "why", "suggestion")
ANSWERED = ("answer_title", "answer_date", "answer_by")
#: Widths in characters: together they fit the width of a printed A4 page in small but legible type.
WIDTHS = (8, 9, 14, 10, 7, 10, 13, 11, 20, 24, 20, 15, 11, 8)
#: Height of a line of text in points, and the most lines a row shows.
_LINE_HEIGHT, _MOST_LINES = 17, 12
#: Workbooks carry this date so that the same findings give the same bytes.
FIXED_DATE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
#: From ``data/processed/<run>/`` to the folder that holds the areas' raw folders.
RAW_FOLDER = "../../raw"
_LIGHT = {"border": 1, "border_color": "#D5DCE3"}
_LONGEST_LINK = 2000
_ORDER = {"blocks": 0, "affects": 1, "note": 2}


def corrections_workbook(result: IntakeResult, *, language: str, area: str = "") -> bytes:
    """Return ``corrections.xlsx``: one row a finding, the last columns empty for the clerk.

    Put the filled file back into the area's folder: the next run reads the answers, and refuses
    one whose source cell has been corrected meanwhile. With ``area`` the cells link to the raw
    files, seen from ``data/processed/<run>/``. Answers that hold are written again, those whose
    finding is settled in rows of their own: the sheet may take the place of the one before.
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
            "head": book.add_format(
                {"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True}
            ),
            "body": book.add_format({"text_wrap": True, "valign": "top", **_LIGHT}),
            "link": book.add_format(
                {"font_color": "#0B5394", "underline": 1, "valign": "top", **_LIGHT}
            ),
            "answer": book.add_format(
                {
                    "bg_color": "#FFF8DC",
                    "num_format": "@",
                    "text_wrap": True,
                    "valign": "top",
                    **_LIGHT,
                }
            ),
        }
        _printed(sheet)
        titles = _titles(language)
        for column, (title, width) in enumerate(zip(titles, WIDTHS, strict=True)):
            sheet.write_string(0, column, title, styles["head"])
            sheet.set_column(column, column, width)
        sheet.set_row(0, _LINE_HEIGHT)
        sheet.write_comment(
            0,
            len(SHOWN) + len(SAID),
            wording.say("intake.answer_help", language, words="、".join(sorted(CONFIRMING)[-3:])),
        )
        names = _school_names(result)
        given = {_where(a): a for a in result.found.answered if a["status"] in _HELD}
        records = [*findings.loc[order].to_dict("records"), *_settled(findings, given, language)]
        for row, record in enumerate(records, start=1):
            entity = str(record["entity"] or "")
            record["entity"] = f"{names[entity]} {entity}" if entity in names else entity
            _row(sheet, row, record, language, area, styles)
            _answer(sheet, row, given.get(_where(record), {}), styles)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(records), 1), len(titles) - 1)
    return buffer.getvalue()


def _printed(sheet: Any) -> None:
    """Set the page for print: A4 across, all columns on it, the head on each page, numbered."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&L&A&R&P / &N")


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
    texts = ["" if value is None or value != value else str(value) for value in cells]
    lines = max(_lines(text, width) for text, width in zip(texts, WIDTHS, strict=False))
    sheet.set_row(row, _LINE_HEIGHT * min(lines, _MOST_LINES))
    for column, text in enumerate(texts):
        link = cell_link(area, record) if column == SHOWN.index("cell") and area else ""
        if link:
            sheet.write_url(row, column, f"external:{link}", styles["link"], text)
        else:
            sheet.write_string(row, column, text[:32_000], styles["body"])


def _where(said: Mapping[Any, Any]) -> tuple[str, ...]:
    return tuple(str(said[c] or "") for c in ("file", "sheet", "cell"))


def _settled(
    findings: pd.DataFrame, given: Mapping[tuple[str, ...], Mapping[str, Any]], language: str
) -> list[dict[Any, Any]]:
    """Return a row for each answer that has settled its finding."""
    open_now = {_where(record) for record in findings.to_dict("records")}
    rows = []
    for place, answer in given.items():
        if place not in open_now:
            row = dict.fromkeys((*SHOWN, *(f"{c}_{language}" for c in SAID)), "")
            row |= {c: answer[c] for c in ("file", "sheet", "cell", "found")}
            row["severity"] = "note"
            row[f"why_{language}"] = wording.say("intake.answer_used", language)
            rows.append(row)
    return rows


def _answer(sheet: Any, row: int, answer: Mapping[str, Any], styles: dict[str, Any]) -> None:
    """Write the answer that holds for a row, or cells for the clerk to fill in."""
    first = len(SHOWN) + len(SAID)
    for offset, column in enumerate(("answer", "date", "responsible")):
        said = str(answer.get(column) or "")
        if said:
            sheet.write_string(row, first + offset, said, styles["answer"])
        else:
            sheet.write_blank(row, first + offset, None, styles["answer"])


def _lines(text: str, width: int) -> int:
    """Return the lines a text takes in a column; a Chinese character is as wide as two others."""
    return sum(
        max(1, math.ceil(sum(1 if c.isascii() else 2 for c in line) / (width - 1)))
        for line in text.split("\n")
    )


def cell_link(area: str, record: dict[Any, Any]) -> str:
    """Return the relative link to a finding's cell, empty where there is none to link to."""
    file, sheet, cell = (str(record[c] or "") for c in ("file", "sheet", "cell"))
    if not file or not cell or "#" in file:
        return ""
    link = f"{RAW_FOLDER}/{area}/{file}"
    if file.lower().endswith((".xlsx", ".xlsm", ".xls")):
        link += "#'{}'!{}".format(sheet.replace("'", "''"), cell)
    return link if len(link) <= _LONGEST_LINK else ""
