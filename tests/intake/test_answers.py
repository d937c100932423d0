"""Answers come back as dated corrections, each with a guard that fails once the source is fixed."""

from __future__ import annotations

import io

import openpyxl

from analysis import intake
from tests.intake.county import Cells, workbook

STAFF: Cells = [
    ["学校代码", "学年", "学段", "专任教师数", "县级以上骨干教师数"],
    ["A1", 2023, "小学", "约40", 5],
    ["A2", 2023, "小学", 30, 33],
    ["A3", 2023, "大学", 20, 2],
]
FILE = "教师.xlsx"


def read(rows: Cells, **more: bytes):
    files = {FILE: workbook({"教师": rows})}
    files |= {name.replace("__", "."): content for name, content in more.items()}
    return intake.read_area(files, area_code="330199")


def answered(sheet: bytes, given: dict[str, str], date: str = "2026-03-01") -> bytes:
    """Fill the answer column of a correction sheet by cell."""
    book = openpyxl.load_workbook(io.BytesIO(sheet))
    page = book.active
    heads = {cell.value: cell.column for cell in page[1]}
    for row in range(2, page.max_row + 1):
        cell = page.cell(row, heads["单元格"]).value
        if cell in given:
            page.cell(row, heads["答复"]).value = given[cell]
            page.cell(row, heads["答复日期"]).value = date
            page.cell(row, heads["责任人"]).value = "张"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def full_time(result):
    frame = result.tables["teachers"]
    return dict(zip(frame["school_id"], frame["full_time"].fillna(-1), strict=True))


def status(result):
    frame = result.result_tables()["intake_corrections"]
    return dict(zip(frame["cell"], frame["status"], strict=True))


def test_findings_before_any_answer():
    result = read(STAFF)

    assert sorted(result.findings["cell"]) == ["C4", "D2", "E3"]
    assert full_time(result) == {"A1": -1, "A2": 30.0}  # A3 has no readable stage


def test_answers_are_applied_to_any_cell_even_a_key():
    sheet = intake.corrections_workbook(read(STAFF), language="zh")
    given = answered(sheet, {"D2": "40", "E3": "3", "C4": "小学"})
    result = read(STAFF, corrections__xlsx=given)

    assert full_time(result) == {"A1": 40.0, "A2": 30.0, "A3": 20.0}
    assert result.tables["teachers"]["backbone"].tolist() == [5.0, 3.0, 2.0]
    assert len(result.findings) == 0
    assert status(result) == {"C4": "applied", "D2": "applied", "E3": "applied"}
    changes = result.result_tables()["intake_changes"].query("rule == 'answer'")
    assert sorted(changes["before"]) == ["33", "大学", "约40"]
    assert result.tables["answers"]["date"].unique().tolist() == ["2026-03-01"]


def test_an_answer_never_overwrites_a_corrected_source():
    sheet = intake.corrections_workbook(read(STAFF), language="zh")
    given = answered(sheet, {"D2": "40"})
    corrected = [STAFF[0], ["A1", 2023, "小学", 42, 5], *STAFF[2:]]
    result = read(corrected, corrections__xlsx=given)

    assert full_time(result)["A1"] == 42.0
    assert status(result) == {"D2": "outdated"}
    assert "answer_outdated" in set(result.findings["rule"])


def test_a_confirmed_value_is_kept_and_its_finding_becomes_a_note():
    sheet = intake.corrections_workbook(read(STAFF), language="zh")
    result = read(STAFF, corrections__xlsx=answered(sheet, {"E3": "属实"}))

    frame = result.tables["teachers"]
    assert frame.loc[frame["school_id"] == "A2", "backbone"].tolist() == [33.0]
    row = result.findings.query("cell == 'E3'").iloc[0]
    assert (row["severity"], row["treatment"]) == ("note", "confirmed")
    assert status(result) == {"E3": "confirmed"}


def test_an_answer_that_cannot_be_read_is_a_finding_again():
    sheet = intake.corrections_workbook(read(STAFF), language="zh")
    result = read(STAFF, corrections__xlsx=answered(sheet, {"D2": "大概四十"}))

    assert full_time(result)["A1"] == -1
    row = result.findings.query("cell == 'D2'").iloc[0]
    assert (row["rule"], row["found"]) == ("not_a_number", "大概四十")


def test_an_answer_for_a_cell_that_is_gone_is_said():
    sheet = intake.corrections_workbook(read(STAFF), language="zh")
    given = answered(sheet, {"C4": "小学"})
    result = read(STAFF[:2], corrections__xlsx=given)

    assert status(result) == {"C4": "no_cell"}


def test_english_sheet_is_read_back_too():
    sheet = intake.corrections_workbook(read(STAFF), language="en")
    book = openpyxl.load_workbook(io.BytesIO(sheet))
    page = book.active
    heads = {cell.value: cell.column for cell in page[1]}
    rows = {page.cell(r, heads["Cell"]).value: r for r in range(2, page.max_row + 1)}
    page.cell(rows["D2"], heads["Answer"]).value = 41
    buffer = io.BytesIO()
    book.save(buffer)

    assert full_time(read(STAFF, corrections__xlsx=buffer.getvalue()))["A1"] == 41.0


def test_cells_link_to_the_raw_file_and_the_gravest_come_first():
    book = openpyxl.load_workbook(
        io.BytesIO(intake.corrections_workbook(read(STAFF), language="zh", area="demo"))
    )
    page = book.active
    links = [page.cell(r, 5).hyperlink for r in range(2, page.max_row + 1)]

    assert page.cell(2, 2).value == "阻断"
    targets = [link.target.replace("\\", "/") for link in links if link is not None]
    assert targets == ["../../raw/demo/教师.xlsx"] * 3
    assert links[0].location == "'教师'!C4"


def test_same_findings_give_the_same_bytes():
    first = intake.corrections_workbook(read(STAFF), language="zh")

    assert intake.corrections_workbook(read(STAFF), language="zh") == first
