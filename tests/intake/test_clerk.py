"""A clerk's way: an empty folder, the template filled in, a check, answers, a check again."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from analysis import cli, store

runner = CliRunner()
SCHOOLS = (
    ("2133000001", "城关小学", "330199001", "小学", 88, 2),
    ("2133000002", "东河小学", "330199002", "小学", 40, 1),
    ("3133000003", "城关中学", "330199001", "初级中学", 130, 3),
)
TEMPLATE = Path("data/raw/myxian/template.xlsx")
SHEET = Path("data/processed/myxian_check/corrections.xlsx")


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.delenv(store.ROOT_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(*arguments: str, code: int = 0) -> str:
    result = runner.invoke(cli.app, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def put(book: openpyxl.Workbook, name: str, rows: list[dict[str, object]]) -> None:
    """Write rows under the template's own heads, found without their units."""
    sheet = book[name]
    heads = {str(cell.value).split("（")[0]: cell.column for cell in sheet[1]}
    for row, values in enumerate(rows, start=2):
        for title, value in values.items():
            sheet.cell(row, heads[title], value)


def fill_in() -> None:
    """Fill the template with three schools; three cells are wrong."""
    book = openpyxl.load_workbook(TEMPLATE)
    towns = (("330199001", "城关镇"), ("330199002", "东河乡"))
    put(book, "乡镇街道", [{"乡镇代码": code, "乡镇名称": name} for code, name in towns])
    roster, pupils, staff, rooms = [], [], [], []
    for code, name, town, kind, number, classes in SCHOOLS:
        junior = kind == "初级中学"
        roster.append({"学校代码": code, "学校名称": name, "乡镇代码": town, "办学类型": kind})
        for grade in range(7, 10) if junior else range(1, 7):
            row = {"学校代码": code, "学年": 2024, "年级": grade}
            pupils.append({**row, "在校生数": number, "班级数": classes})
        row = {"学校代码": code, "学年": 2024, "学段": "初中" if junior else "小学"}
        staff.append({**row, "专任教师数": 30, "县级以上骨干教师数": 4})
        rooms.append({"学校代码": code, "学年": 2024, "教学及辅助用房面积": 2400})
    pupils[8]["在校生数"] = "4O"  # a letter: row 10
    staff[1]["县级以上骨干教师数"] = 45  # of 30 teachers: row 3
    rooms[2]["教学及辅助用房面积"] = -1800  # row 4
    put(book, "学校", roster)
    put(book, "在校生", pupils)
    put(book, "教师", staff)
    put(book, "办学条件", rooms)
    book.save(TEMPLATE)


def answer(given: dict[str, object]) -> None:
    book = openpyxl.load_workbook(SHEET)
    sheet = book.active
    heads = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        value = given.get(sheet.cell(row, heads["单元格"]).value)
        if value is not None:
            sheet.cell(row, heads["答复"], value)
            sheet.cell(row, heads["答复日期"], "2026-11-28")
            sheet.cell(row, heads["责任人"], "张")
    book.save(SHEET)


def put_back() -> None:
    shutil.copy(SHEET, TEMPLATE.with_name("corrections.xlsx"))


def report() -> dict[str, list[dict[str, object]]]:
    return json.loads(said("check", "myxian", "--json"))


def places(found: list[dict[str, object]], *names: str) -> list[tuple[object, ...]]:
    return sorted(tuple(row[name] for name in names) for row in found)


def test_from_an_empty_folder_to_answers_that_hold(empty):
    output = said("new", "myxian", "--name", "我的县", "--code", "330199", "--base-year", "2024")
    assert "新建" in output
    fill_in()

    output = said("check", "myxian")
    assert "影响结果 3 处" in output
    assert "再检查一次" in output
    found = places(report()["findings"], "sheet", "cell", "rule")
    assert found == [
        ("办学条件", "D4", "below_range"),
        ("在校生", "D10", "not_a_number"),
        ("教师", "F3", "part_exceeds_whole"),
    ]

    # two of three are answered; a check before they are put back must not lose them
    answer({"D10": 40, "F3": 5})
    before = SHEET.read_bytes()
    assert "2 条答复" in said("check", "myxian", code=2).replace("\n", "")
    assert SHEET.read_bytes() == before

    put_back()
    output = said("check", "myxian")
    assert "采用 2 条" in output
    now = report()
    assert places(now["findings"], "sheet", "cell") == [("办学条件", "D4")]
    assert places(now["corrections"], "cell", "answer", "date", "responsible", "status") == [
        ("D10", "40", "2026-11-28", "张", "applied"),
        ("F3", "5", "2026-11-28", "张", "applied"),
    ]
    used = [row for row in now["changes"] if row["rule"] == "answer"]
    assert places(used, "cell", "before", "after") == [("D10", "4O", "40"), ("F3", "45", "5")]

    # the next sheet still holds the two answers, so it may take the place of the first
    answer({"D4": 1800})
    put_back()
    assert "采用 3 条" in said("check", "myxian")
    assert report()["findings"] == []


def test_an_answer_is_refused_once_the_source_is_corrected(empty):
    said("new", "myxian", "--code", "330199", "--base-year", "2024")
    fill_in()
    said("check", "myxian")
    answer({"D10": 40, "F3": "确认"})
    put_back()
    book = openpyxl.load_workbook(TEMPLATE)
    book["在校生"]["D10"] = 41
    book.save(TEMPLATE)

    assert "不再使用 1 条" in said("check", "myxian")
    now = report()
    assert places(now["corrections"], "cell", "status") == [
        ("D10", "outdated"),
        ("F3", "confirmed"),
    ]
    assert ("D10", "answer_outdated") in places(now["findings"], "cell", "rule")
    # 确认 keeps the finding as a note, with its answer in the next sheet; the refused one is gone
    sheet = openpyxl.load_workbook(SHEET).active
    answers = {row[4].value: row[11].value or "" for row in sheet.iter_rows(min_row=2)}
    assert (answers["F3"], answers["D10"]) == ("确认", "")


def test_a_sheet_written_beside_a_folder_is_known_as_answers_when_it_comes_back(empty):
    said("new", "myxian", "--code", "330199", "--base-year", "2024")
    fill_in()
    shutil.move(empty / "data" / "raw" / "myxian", empty / "sent")
    shutil.rmtree(empty / "data")
    said("check", "sent")

    book = openpyxl.load_workbook("sent_corrections.xlsx")
    book.active["L2"] = 40
    book.save("sent/sent_corrections.xlsx")

    now = json.loads(said("check", "sent", "--json"))
    assert places(now["corrections"], "answer", "status") == [("40", "applied")]


def test_the_sheet_prints_on_a4_with_its_head_on_every_page(empty):
    said("new", "myxian", "--code", "330199", "--base-year", "2024")
    fill_in()
    said("check", "myxian")

    sheet = openpyxl.load_workbook(io.BytesIO(SHEET.read_bytes())).active

    assert sheet.freeze_panes == "A2"
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    # one page wide, which a workbook says by leaving the number out, and any number high
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)
    assert sheet.print_title_rows == "$1:$1"
    # 县级以上骨干教师数 不大于 专任教师数（30）: two lines at least in 20 characters
    assert max(sheet.row_dimensions[row].height for row in (2, 3, 4)) >= 2 * 17
