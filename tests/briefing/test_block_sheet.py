"""A block of columns is read back as if every cell had been written by itself."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import xlsxwriter

from analysis.briefing.block_sheet import BlockSheet

COLUMNS = {
    "text": ["甲", None, "=1+1", "<&>\n\"'", " a ", "_x0041_", "甲", "x" * 32_000],
    "number": [1, 0.1 + 0.2, None, -2.5e-9, 1e15, 0, 123456789.25, 3.0],
    "nothing": [None] * 8,
}


def book(by_block):
    buffer = BytesIO()
    made = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    plain = made.add_format({"valign": "top"})
    look = made.add_format({"num_format": "0.0%"})
    shaded = made.add_format({"bg_color": "#F2B3AB"})
    sheet = made.add_worksheet("s", BlockSheet)
    for place, name in enumerate(COLUMNS):
        sheet.write_string(1, place, name, look)
        sheet.write_comment(1, place, name)
    looks = {"text": plain, "number": look, "nothing": plain}
    if by_block:
        sheet.write_block(3, [(looks[name], values) for name, values in COLUMNS.items()])
    else:
        for place, (name, values) in enumerate(COLUMNS.items()):
            for row, value in enumerate(values, 3):
                if isinstance(value, str):
                    sheet.write_string(row, place, value, looks[name])
                elif value is not None:
                    sheet.write_number(row, place, value, looks[name])
    sheet.write_string(5, 0, "shaded", shaded)
    sheet.write_string(6, 2, "alone", shaded)
    made.add_worksheet("after", BlockSheet).write_string(0, 0, "甲")
    made.close()
    return openpyxl.load_workbook(BytesIO(buffer.getvalue()))


def cells(made):
    return {
        (sheet.title, cell.coordinate): (
            cell.value,
            cell.data_type,
            cell.number_format,
            cell.alignment.vertical,
            cell.fill.fgColor.rgb,
        )
        for sheet in made
        for row in sheet.iter_rows()
        for cell in row
    }


def test_a_block_reads_as_cell_by_cell():
    block = cells(book(by_block=True))

    assert block == cells(book(by_block=False))
    assert block["s", "A6"][0] == "shaded"
    assert block["s", "C7"][0] == "alone"
    assert block["s", "A4"][:2] == ("甲", "s")
    assert block["s", "B5"][0] == 0.3  # sixteen digits, as xlsxwriter writes them
    assert block["after", "A1"][0] == "甲"


def test_an_empty_block_leaves_the_sheet_as_it_is():
    buffer = BytesIO()
    made = xlsxwriter.Workbook(buffer)
    sheet = made.add_worksheet("s", BlockSheet)
    sheet.write_string(0, 0, "a")
    sheet.write_block(1, [(None, [])])
    made.close()

    assert openpyxl.load_workbook(BytesIO(buffer.getvalue()))["s"].dimensions == "A1:A1"
