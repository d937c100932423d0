"""The correction sheet: what was found where, what is expected, and a column for the answer."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING

import xlsxwriter

from analysis import wording
from analysis.tables import contract
from analysis.terms import label

if TYPE_CHECKING:
    from analysis.intake.reading import IntakeResult

#: Columns of the sheet; the answers are read back by the titles 文件 / File and so on.
SHOWN = ("finding_id", "severity", "file", "sheet", "cell", "table_name", "entity", "found")
SAID = ("expected", "why", "suggestion")
WIDTHS = (9, 9, 24, 16, 8, 14, 20, 18, 36, 36, 36, 18)
#: Workbooks carry this date so that the same findings give the same bytes.
FIXED_DATE = dt.datetime(2000, 1, 1)


def corrections_workbook(result: IntakeResult, *, language: str) -> bytes:
    """Return ``corrections.xlsx``: one row a finding, the last column empty for the clerk.

    Put the filled file back into the area's folder: the next run reads the answers, and refuses
    one whose source cell has been corrected meanwhile.
    """
    findings = result.findings
    item = contract("intake_findings")
    buffer = io.BytesIO()
    # text that begins with = or + is a cell of the user's, not a formula
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": FIXED_DATE})
        sheet = book.add_worksheet(wording.say("intake.corrections_sheet", language))
        head = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1})
        body = book.add_format({"text_wrap": True, "valign": "top"})
        answer = book.add_format({"bg_color": "#FFF8DC", "border": 1, "locked": False})
        titles = [item[c].title(language) for c in SHOWN]
        titles += [item[f"{c}_zh"].zh if language == "zh" else item[f"{c}_en"].en for c in SAID]
        titles.append(wording.say("intake.answer_title", language))
        for column, (title, width) in enumerate(zip(titles, WIDTHS, strict=True)):
            sheet.write_string(0, column, title, head)
            sheet.set_column(column, column, width)
        for row, record in enumerate(findings.to_dict("records"), start=1):
            cells = [record[c] for c in SHOWN]
            cells[1] = label("severity", str(record["severity"]), language)
            if record["table_name"]:
                cells[5] = contract(str(record["table_name"])).title(language)
            cells += [record[f"{c}_{language}"] for c in SAID]
            for column, value in enumerate(cells):
                sheet.write_string(row, column, "" if value is None else str(value), body)
            sheet.write_blank(row, len(cells), None, answer)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(findings), 1), len(titles) - 1)
    return buffer.getvalue()
