"""Files that are broken, hostile or odd each get a clear message and never stop the others."""

from __future__ import annotations

import datetime
import io
import re
import time
import zipfile

import pytest

from analysis import intake
from tests.intake.county import Cells, workbook
from tests.intake.ole import xls

GOOD: Cells = [["学校代码", "学年", "年级", "在校生数"], ["A1", 2023, 1, 90], ["A1", 2023, 2, 84]]
BOOK = workbook({"在校生": GOOD})


def read(**files: bytes):
    named = {name.replace("__", "."): content for name, content in files.items()}
    return intake.read_area({"好.xlsx": BOOK, **named}, area_code="330199")


def said(result, file):
    rows = result.findings[result.findings["file"] == file]
    words = rows[["found", "why_zh", "suggestion_zh", "why_en", "suggestion_en"]]
    return rows[["rule", "severity"]].values.tolist(), "".join(words.to_numpy().ravel())


def with_part(name: str, content: bytes, book: bytes = BOOK, method=zipfile.ZIP_DEFLATED) -> bytes:
    """Return a workbook with one part added or replaced."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(buffer, "w", method) as new:
        for item in old.infolist():
            if item.filename != name:
                new.writestr(item.filename, old.read(item.filename))
        new.writestr(name, content)
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def sheet_xml(cells: str) -> bytes:
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return f"{head}<sheetData>{cells}</sheetData></worksheet>".encode()


def test_xls_is_read():
    files = {"老.xls": xls("在校生", GOOD)}
    result = intake.read_area(files, area_code="330199")

    assert result.tables["enrolment"]["pupils"].tolist() == [90.0, 84.0]
    assert result.tables["enrolment"]["source"].iloc[0] == "老.xls#在校生!A2"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_truncated_workbook(share):
    result = read(断__xlsx=BOOK[: int(len(BOOK) * share)])
    rules, text = said(result, "断.xlsx")

    assert rules == [["file_unreadable", "blocks"]]
    assert "断.xlsx" in text
    assert len(result.tables["enrolment"]) == 2  # the good file is still read


@pytest.mark.parametrize("name", ["空.xlsx", "空.csv", "空.xls"])
def test_empty_file(name):
    result = intake.read_area({"好.xlsx": BOOK, name: b""}, area_code="330199")

    assert len(result.tables["enrolment"]) == 2
    assert said(result, name)[0] == [["file_unreadable", "blocks"]]


PAGE = b"<html><table><tr><td>1</td></tr></table></html>"
XML_2003 = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'
NO_PARTS = b"PK\x05\x06" + b"\0" * 18
WORD = with_part("word/document.xml", b"<x/>", NO_PARTS)
REASONS = [
    ("空.xlsx", b"", "空的", "empty", "重新复制"),
    ("页.xls", b"\xef\xbb\xbf\r\n" + PAGE, "网页", "web page", "另存为 .xlsx"),
    ("页.csv", b"<!DOCTYPE html>" + PAGE, "网页", "web page", "重新导出"),
    ("旧.xls", XML_2003, "Excel 2003", "Excel 2003", "另存为 .xlsx"),
    ("断.xlsx", BOOK[:2000], "不完整", "cut off", "重新下载"),
    ("坏.xlsx", BOOK[:600] + b"\0" * 400 + BOOK[1000:], "损坏", "damaged", "修复"),
    ("文.xlsx", WORD, "不是工作簿", "content is none", "原来的格式"),
    ("零.xls", b"\0" * 5000, "不是工作簿", "content is none", "原来的格式"),
    ("图.dbf", b"x", ".dbf", ".dbf", "另存为 .xlsx"),
    ("乱.csv", b"\xff\x00\x81" * 51, "编码", "UTF-8", "CSV UTF-8"),
]


@pytest.mark.parametrize(("name", "content", "zh", "en", "todo"), REASONS)
def test_a_file_that_cannot_be_read_says_why_in_one_language_each(name, content, zh, en, todo):
    row = intake.read_area({name: content}, area_code="").findings.iloc[0]

    assert (row["rule"], row["found"], row["treatment"]) == ("file_unreadable", name, "left_out")
    assert zh in row["why_zh"]
    assert en in row["why_en"]
    assert todo in row["suggestion_zh"]
    assert not re.search("[\u4e00-\u9fff]", row["why_en"] + row["suggestion_en"])
    assert "密码" not in row["suggestion_zh"]


QUOTED = """学校代码,学年,年级,在校生数
A1,2023,1,90
"A2,2023,1,80
A3,2023,1,70
A4,2023,1,60
"""


def test_rows_behind_a_quotation_mark_that_is_not_closed_are_said():
    result = read(引__csv=QUOTED.encode())
    row = result.findings.query("rule == 'open_quote'").iloc[0]

    # line 3 opens the mark; the two lines after it are lost
    assert (row["cell"], row["severity"], row["treatment"]) == ("A3", "affects", "left_out")
    assert "第 3 行" in row["why_zh"]
    assert "2 行" in row["why_zh"]
    assert "2 rows" in row["why_en"]
    status = result.result_tables()["affected_conclusions"]["status"]
    assert set(status) == {"undetermined"}


def test_a_mark_that_the_next_one_closes_loses_the_rows_between():
    text = QUOTED.replace("A4,2023", '"A4",2023') + "A5,2023,1,50\n"
    result = read(引__csv=text.encode())

    # from line 3 to the mark in line 5: A3 whole, A4 in part
    row = result.findings.query("rule == 'open_quote'").iloc[0]
    assert (row["cell"], "第 3 行" in row["why_zh"]) == ("A3", True)
    assert "A5" in set(result.tables["enrolment"]["school_id"])


def test_cells_of_several_lines_are_no_open_quote():
    text = '学校代码,学年,年级,"在校\n生数","备\n注, 一"\nA1,2023,1,90,"甲\n乙\n丙, 丁"\n'
    result = read(引__csv=text.encode())

    assert "open_quote" not in set(result.findings["rule"])


def test_password_protected_workbook():
    mark = "EncryptedPackage".encode("utf-16-le")
    content = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 1000 + mark + b"\0" * 4000
    rules, text = said(read(密__xlsx=content), "密.xlsx")

    assert rules == [["file_unreadable", "blocks"]]
    assert "密码" in text
    assert "password" in text


def test_zip_bomb_by_ratio_is_not_unpacked():
    bomb = with_part(SHEET, sheet_xml(" " * (80 * 1024**2)))
    rules, text = said(read(炸__xlsx=bomb), "炸.xlsx")

    assert len(bomb) < 400_000
    assert rules == [["file_unreadable", "blocks"]]
    assert "解压后" in text


def test_a_cell_at_the_far_corner_does_not_make_a_huge_grid():
    far = sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    near = sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>')
    rules, text = said(read(远__xlsx=with_part(SHEET, far)), "远.xlsx")

    assert rules == [["file_unreadable", "blocks"]]
    assert "1,048,576" in text
    assert said(read(近__xlsx=with_part(SHEET, near)), "近.xlsx")[0] == []


def test_one_long_text_used_very_often_is_refused():
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
        + "学" * 30_000
        + "</t></si></sst>"
    ).encode()
    cells = "".join(
        f'<row r="{r}">'
        + "".join(f'<c r="{c}{r}" t="s"><v>0</v></c>' for c in "ABCDEFGH")
        + "</row>"
        for r in range(1, 3000)
    )
    bomb = with_part("xl/sharedStrings.xml", shared, with_part(SHEET, sheet_xml(cells)))

    assert said(read(长__xlsx=bomb), "长.xlsx")[0] == [["file_unreadable", "blocks"]]


def test_macros_are_ignored_and_said():
    result = read(宏__xlsm=with_part("xl/vbaProject.bin", b"\0" * 64))

    assert ["macros_ignored", "note"] in said(result, "宏.xlsm")[0]


def test_external_links_are_not_followed_and_said():
    link = b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    result = read(链__xlsx=with_part("xl/externalLinks/externalLink1.xml", link))

    assert ["external_links", "note"] in said(result, "链.xlsx")[0]


def test_formula_without_a_stored_value_is_missing_and_named():
    cells = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>学校代码</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>学年</t></is></c>'
        '<c r="C1" t="inlineStr"><is><t>年级</t></is></c>'
        '<c r="D1" t="inlineStr"><is><t>在校生数</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>B7</t></is></c><c r="B2"><v>2023</v></c>'
        '<c r="C2"><v>1</v></c><c r="D2"><f>40+2</f></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>B7</t></is></c><c r="B3"><v>2023</v></c>'
        '<c r="C3"><v>2</v></c><c r="D3"><f>40+3</f><v>43</v></c></row>'
    )
    result = read(式__xlsx=with_part(SHEET, sheet_xml(cells)))
    rows = result.findings[result.findings["file"] == "式.xlsx"]

    assert rows[["rule", "cell"]].values.tolist() == [["formula_without_value", "D2"]]
    own = result.tables["enrolment"].query("school_id == 'B7'")
    assert own["pupils"].isna().tolist() == [True, False]


def test_a_web_page_saved_as_xls_is_explained():
    text = said(read(页__xls=b"<html><table><tr><td>1</td></tr></table></html>"), "页.xls")

    assert "网页" in text[1]


def test_a_workbook_with_the_ending_of_a_text_file_is_read_by_its_content():
    result = intake.read_area({"误.csv": BOOK}, area_code="330199")

    assert len(result.tables["enrolment"]) == 2


def test_bytes_that_are_no_text_are_refused_clearly():
    content = bytes(range(256)) * 8
    rules, _ = said(read(乱__csv=content), "乱.csv")

    assert rules in ([["file_unreadable", "blocks"]], [])


def test_hidden_sheet_is_read_and_said():
    buffer = io.BytesIO()
    import xlsxwriter

    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.add_worksheet("封面")
        sheet = book.add_worksheet("在校生")
        for r, row in enumerate([GOOD[0], ["C3", 2023, 1, 55]]):
            for c, value in enumerate(row):
                sheet.write(r, c, value)
        sheet.hide()
    result = read(隐__xlsx=buffer.getvalue())

    assert ["sheet_hidden", "note"] in said(result, "隐.xlsx")[0]
    assert 55.0 in result.tables["enrolment"]["pupils"].tolist()


def test_merged_number_counts_once():
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("在校生")
        for c, title in enumerate(GOOD[0]):
            sheet.write(0, c, title)
        for r, grade in ((1, 1), (2, 2)):
            sheet.write(r, 1, 2023)
            sheet.write(r, 2, grade)
        sheet.merge_range(1, 0, 2, 0, "D4")  # a merged school code holds for both rows
        sheet.merge_range(1, 3, 2, 3, 174)  # a merged number does not
    result = intake.read_area({"并.xlsx": buffer.getvalue()}, area_code="330199")
    frame = result.tables["enrolment"]

    assert frame["school_id"].tolist() == ["D4", "D4"]
    assert frame["pupils"].fillna(-1).tolist() == [174.0, -1.0]
    assert result.findings[["rule", "cell"]].values.tolist() == [["merged_number", "D3"]]


def test_an_unlikely_class_in_every_row_takes_time_by_the_row_only():
    heads = "学校代码,学年,年级,在校生数,班级数\n"
    rows = "".join(f"S{i:05d},2024,1,900,2\n" for i in range(8_000))

    started = time.process_time()
    result = read(坏__csv=(heads + rows).encode())

    # each row once looked at all others: 64 million steps, minutes; now a few seconds
    assert time.process_time() - started < 30
    assert (result.findings["rule"] == "class_size_unlikely").sum() == 1_000


HOSTILE = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org","x")',
    "<script>alert(1)</script>",
    "+1+1",
    "@SUM(A1)",
    "小学\u202e学小\u202c",
    "\x1b[31m小学\x07",
    "小\u200b学\u00ad",
    "' OR 1=1 --",
    "../../etc/passwd",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_inert(name):
    import openpyxl

    rows = "学校代码,学校名称,乡镇,办学类型\nA1,{},城关镇,小学\nA1,{},城关镇,大学\n"
    quoted = '"' + name.replace('"', '""') + '"'
    files = {"学校.csv": rows.format(quoted, quoted).encode()}
    result = intake.read_area(files, area_code="330199")
    kept = result.tables["schools"]["school_name"].iloc[0]

    assert not any(ord(c) < 32 or c in "\u202e\u202c\u200b\u00ad" for c in kept)
    book = openpyxl.load_workbook(
        io.BytesIO(intake.corrections_workbook(result, language="zh", area="demo"))
    )
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert all("http" not in (cell.hyperlink.target or "") for cell in cells if cell.hyperlink)


def test_a_panic_of_the_reader_is_a_clear_message():
    # found by the fuzzer: bytes cut inside a sector of an .xls stop the reader itself
    whole = xls("在校生", GOOD)
    broken = [whole[: len(whole) - cut] for cut in (1, 3, 700, 4000)]
    for content in broken:
        result = read(断__xls=content)

        assert len(result.tables["enrolment"]) >= 2
        assert said(result, "断.xls")[0] in (
            [["file_unreadable", "blocks"]],
            [["repeated_row", "note"]] * 2,
        )


def test_a_workbook_that_ends_its_reader_does_not_end_the_run():
    # found by the fuzzer: one bit of the number of rows that an .xls says it has, 2 ** 30 of them;
    # its reader asks for the room of 2 ** 30 rows of 5 columns at once, 32 bytes a cell, and is
    # ended by the system: nothing that could be caught
    whole = xls("在校生", GOOD)
    size = whole.index(b"\x00\x02\x0e\x00" + b"\0" * 4)  # record 0x0200, 14 bytes, first row 0
    rows = size + 8  # the number of rows follows the first row
    assert whole[rows] == len(GOOD)
    broken = whole[: rows + 3] + b"\x40" + whole[rows + 4 :]
    result = read(坏__xls=broken)

    assert said(result, "坏.xls")[0] == [["file_unreadable", "blocks"]]
    assert len(result.tables["enrolment"]) == 2


@pytest.mark.parametrize(
    "cells",
    [
        "<row r=\"1048576\"><c r='XFD1048576'><v>1</v></c></row>",
        '<row r="1048576"><c  r = "XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c><v>1</v></c></row><row r="1048576">' + "<c><v>1</v></c>" * 12_000 + "</row>",
    ],
    ids=["other quotes", "blanks", "no places"],
)
def test_far_cells_written_in_another_way_do_not_end_the_run_either(cells):
    # 16,384 columns of 1,048,576 rows, 32 bytes a cell: 550 GB
    result = read(远__xlsx=with_part(SHEET, sheet_xml(cells)))

    assert said(result, "远.xlsx")[0] == [["file_unreadable", "blocks"]]
    assert len(result.tables["enrolment"]) == 2


def test_cells_without_places_are_read_like_others():
    # 学校代码 学年 年级 在校生数 / A1 2023 1 90, no cell says where it stands
    rows = "".join(
        "<row>" + "".join(f'<c t="str"><v>{cell}</v></c>' for cell in row) + "</row>"
        for row in GOOD
    )
    result = intake.read_area(
        {"在校生.xlsx": with_part(SHEET, sheet_xml(rows))}, area_code="330199"
    )

    assert result.tables["enrolment"]["pupils"].tolist() == [90, 84]


def test_cells_read_apart_are_those_read_here():
    from analysis.intake import workbook_reader

    book = workbook(
        {
            "一": [
                ["年", datetime.date(2024, 9, 1)],
                [datetime.datetime.fromisoformat("2024-09-01T08:30"), True],
            ],
            "二": [[1, 2.5, -1e308], ["学\n位", None, ""], [datetime.time(8, 30), 0.1, 10**15]],
        }
    )

    # 2 rows of 2 cells, 3 rows of 3 cells
    assert workbook_reader.read_apart(book, 9) == workbook_reader.read(book, 9)
    assert workbook_reader.read_apart(book, 8) == [
        *workbook_reader.read(book, 8)[:1],
        ("二", None, []),
    ]


def test_where_no_process_can_be_started_a_good_file_is_still_read(monkeypatch):
    monkeypatch.setattr("sys.executable", "/nowhere/python")

    result = intake.read_area({"在校生.xls": xls("在校生", GOOD)}, area_code="330199")

    assert result.tables["enrolment"]["pupils"].tolist() == [90, 84]
