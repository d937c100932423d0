"""Workbook, Word, PDF, changes and index."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO

import openpyxl
import pandas as pd
import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from analysis import briefing
from analysis.briefing import calculation, changes, pdf, word_table, workbook
from analysis.briefing.csv_files import csv_table, harmless
from analysis.briefing.first import page_one, with_headlines
from analysis.briefing.index import index_page
from analysis.briefing.word import word
from analysis.errors import AreaError
from analysis.store import write_json, write_text


@pytest.fixture
def book(run):
    with_headlines(run)
    return openpyxl.load_workbook(BytesIO(workbook.workbook(run)))


def test_every_sheet_has_frozen_heads_units_and_a_filter(book):
    sheet = book["学位余缺"]
    heads = {c.value: c.column for row in sheet.iter_rows(max_row=4) for c in row if c.value}

    assert sheet.freeze_panes is not None
    assert sheet.auto_filter.ref
    column = heads["缺口学位"]
    units = [sheet.cell(row, column).value for row in range(1, 6)]
    assert "个" in units
    assert any(c.comment for row in sheet.iter_rows(max_row=4) for c in row)


def test_calculation_sheet_is_live_and_starts_from_the_gap(run, book):
    sheet = book["测算（可改）"]
    cells = {c.coordinate: c.value for row in sheet.iter_rows() for c in row}
    formulas = [v for v in cells.values() if isinstance(v, str) and v.startswith("=")]
    names = set(book.defined_names)

    assert {"class_size_primary", "class_size_junior", "reserve_rate", "cost_per_seat"} <= names
    assert any("class_size_primary" in f for f in formulas)
    assert any(f.startswith("=MAX(") for f in formulas)
    values = openpyxl.load_workbook(BytesIO(workbook.workbook(run)), data_only=True)
    shown = {
        row[0].value: [c.value for c in row]
        for row in values["测算（可改）"].iter_rows()
        if row[0].value
    }
    # two towns: 500 short and 500 spare stand apart in the sum as well
    assert shown["合计"][5] == 500
    assert shown["合计"][6] == 500


def test_numbers_of_the_calculation_by_hand():
    # 1000 pupils + 10 % reserve = 1100; 900 seats; short 200; 1100 / 45 = 24.4 -> 25 classes
    found = calculation._numbers(1000, 900, 45, {"reserve_rate": 0.1, "cost_per_seat": 60_000})

    assert found == pytest.approx([1100, 900, 200, 0, 25, 12_000_000])


def test_formula_texts_become_harmless():
    assert harmless("=1+1") == "'=1+1"
    assert harmless("@x") == "'@x"
    assert harmless("甲镇") == "甲镇"
    assert harmless(-1.5) == -1.5


def test_a_table_as_csv_by_hand():
    frame = pd.DataFrame(
        {
            "text": ["a,b", None, "=1", 'say "x"', "甲\n乙", ""],
            "whole": [1, 2, 3, 4, 5, 6],
            "number": [1.0, None, 1 / 3, -0.0, 1234567890123.0, 0.1 + 0.2],
            "flag": [True, False, True, False, True, False],
        }
    )

    # ten digits: 1 / 3 is cut, 1234567890123 is rounded to 1.23456789012e12; quotes are doubled
    assert csv_table(frame).decode("utf-8-sig") == (
        "text,whole,number,flag\n"
        '"a,b",1,1,True\n'
        ",2,,False\n"
        "'=1,3,0.3333333333,True\n"
        '"say ""x""",4,-0,False\n'
        '"甲\n乙",5,1.23456789e+12,True\n'
        ",6,0.3,False\n"
    )
    alone = pd.DataFrame({"text": ["x", None]})
    assert csv_table(alone).decode("utf-8-sig") == 'text\nx\n""\n'  # an empty line is no row


def test_a_table_of_word_by_hand():
    document = Document()
    made = word_table.table(
        ["Stage", "Seats"],
        [["primary\njunior", " <&> "], ["1,000", "—"]],
        right=[False, True],
        widths=(34, 20),
        fonts=("宋体", "Times New Roman"),
        points=9,
    )
    document.element.body.insert_element_before(made, "w:sectPr")
    buffer = BytesIO()
    document.save(buffer)
    (table,) = Document(BytesIO(buffer.getvalue())).tables
    cell = table.cell(1, 1)

    assert [[c.text for c in row.cells] for row in table.rows] == [
        ["Stage", "Seats"],
        ["primary\njunior", "1,000"],
        [" <&> ", "—"],
    ]
    assert table.style.name == "Table Grid"
    # 34 mm = 34 / 25.4 x 1440 = 1927.56 twentieths of a point
    assert [c._tc.tcPr.find(qn("w:tcW")).get(qn("w:w")) for c in table.rows[2].cells] == [
        "1928",
        "1134",
    ]
    assert cell.paragraphs[0].alignment == WD_ALIGN_PARAGRAPH.RIGHT
    assert table.cell(1, 0).paragraphs[0].alignment is None
    assert cell.paragraphs[0].runs[0].font.size == Pt(9)
    assert [row.cells[0].paragraphs[0].runs[0].bold for row in table.rows] == [True, False, False]
    marks = [[e.tag for e in row._tr.trPr] for row in table.rows]
    assert marks == [[qn("w:cantSplit"), qn("w:tblHeader")], *[[qn("w:cantSplit")]] * 2]


def test_word_has_real_headings_captions_and_repeated_heads(run):
    with_headlines(run)
    content = word(run, page_one(run), [("变化趋势", ["有局限。"])])
    document = Document(BytesIO(content))
    styles = {p.style.name for p in document.paragraphs}
    xml = zipfile.ZipFile(BytesIO(content)).read("word/document.xml").decode("utf-8")
    fonts = zipfile.ZipFile(BytesIO(content)).read("word/fontTable.xml").decode("utf-8")

    assert {"Title", "Heading 1", "Heading 2", "Caption"} <= styles
    assert "w:tblHeader" in xml
    assert "SEQ " in xml
    assert 'w:eastAsia="仿宋_GB2312"' in zipfile.ZipFile(BytesIO(content)).read(
        "word/styles.xml"
    ).decode("utf-8")
    assert '<w:altName w:val="仿宋"/>' in fonts
    assert "合成数据" in document.sections[0].header.paragraphs[0].text
    assert word(run, page_one(run), [("变化趋势", ["有局限。"])]) == content


def test_changes_compares_with_the_last_run_that_differed(run):
    with_headlines(run)
    now = briefing.summary(run)
    assert changes.keep_previous(run, now) is None  # nothing there yet
    before = json.loads(json.dumps(now))
    before["seats_short.primary.2030"]["value"] = 400
    write_json(run.reports / "summary.json", before)

    kept = changes.keep_previous(run, now)

    assert changes.changed_items(kept, now) == ["seats_short.primary.2030"]
    write_json(run.reports / "summary.json", now)
    assert changes.keep_previous(run, now) == kept  # a rerun without change keeps it


def test_any_two_runs_are_set_side_by_side_with_the_inputs_that_differ(root):
    def summary_of(value, rate, file_hash, scenario):
        return {
            "schema": 1,
            "run": {
                "name_zh": "甲县",
                "rules": "national_2017",
                "version": "0.1.0",
                "parameters": {"scenario": scenario, "base_year": 2025},
                "inputs": {"在校生.csv": file_hash, "学校.csv": "s" * 64},
            },
            "missing": ["finance"],
            "plan_cost": {"value": value, "unit": "cny", "year": 2030, "sentence_zh": "总投资。"},
            "probability_short.primary": {"value": rate, "unit": "probability", "year": 2030},
            "class_size.primary": {"value": 44.0, "unit": "pupils_per_class", "year": 2025},
        }

    first = summary_of(30_000_000, 0.25, "a" * 64, "central")
    second = summary_of(25_500_000, 0.31, "b" * 64, "low")
    write_json(root / "reports" / "a_2025_central" / "summary.json", first)
    write_json(root / "reports" / "b_2025_low" / "summary.json", second)

    assert changes.changed_items(first, second) == ["plan_cost", "probability_short.primary"]
    assert changes.changed_inputs(first, second) == [
        ("parameter", "scenario", "central", "low"),
        ("file", "在校生.csv", "a" * 12, "b" * 12),
    ]
    page = briefing.compare_runs(root, "a_2025_central", "b_2025_low").read_text("utf-8")
    # by hand: 2550 - 3000 = -450 (10 000 yuan); 31 % - 25 % = 6 points
    for said in ("3,000万元", "2,550万元", "−450万元", "+6.0 个百分点", "总投资。", "在校生.csv"):
        assert said in page, said
    assert "44" not in page.partition("<main")[2].partition("</main>")[0]
    with pytest.raises(AreaError, match="has no summary"):
        briefing.compare_runs(root, "a_2025_central", "nowhere")


def test_a_machine_without_browser_makes_no_pdf(run, monkeypatch, tmp_path):
    monkeypatch.setenv("XUEWEI_PDF", "0")

    assert pdf.browser() is None
    assert pdf.pdf(tmp_path / "page.html") is None


def test_dates_leave_the_pdf():
    content = b"/CreationDate (D:20261125030000+00'00')\n/ModDate (D:2026)"

    assert pdf._DATE.sub(lambda m: m[1] + b"20000101000000Z)", content) == (
        b"/CreationDate (D:20000101000000Z)\n/ModDate (D:20000101000000Z)"
    )


def test_index_lists_done_and_failed_runs_and_survives_a_broken_file(root, run):
    briefing.export(run)
    folder = root / "reports"
    write_json(folder / "bad_2025_central" / "status.json", {"state": "failed", "error": "坏<i>"})
    write_text(folder / "odd_2025_central" / "summary.json", "{not json")
    text = briefing.write_index(root).read_text("utf-8")

    assert "测试县" in text
    assert "坏&lt;i&gt;" in text
    assert "odd_2025_central" in text
    assert 'href="bad_2025_central/error.html"' in text


def test_index_shows_pupils_counted_and_the_worst_year_of_a_shortage():
    content = {
        "run": {"name_zh": "甲县", "parameters": {"base_year": 2025, "plan_years": 5}},
        "pupils.primary": {"value": 1234, "unit": "pupils", "year": 2014},
        "seats_required.junior.2025": {"value": 88, "unit": "seats", "year": 2025},
        "seats_short.primary.2030": {"value": 0, "unit": "seats", "year": 2030},
        "worst_year.primary": {"value": 700, "unit": "seats", "year": 2026},
    }
    text = index_page([("a_2025_central", content, {"state": "done"})])

    assert "1,234（2014年）" in text  # counted, though not in the base year
    assert ">88<" in text  # never counted: what is required
    assert 'short" data-value="700">700（2026年）；0<' in text


def test_index_of_nothing_is_a_page():
    assert "<h1>" in index_page([])
