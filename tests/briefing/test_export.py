"""What a run leaves in its reports folder."""

from __future__ import annotations

import hashlib
import json
import re

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from docx import Document

from analysis import briefing, wording
from analysis.briefing import pdf
from analysis.config import run_parameters
from analysis.figures import html_table
from analysis.store import ROOT_VARIABLE, run_of, write_text
from tests.briefing.conftest import AREA, make_run, save
from tests.briefing.languages import (
    chinese_of_archive,
    chinese_of_ours,
    texts_of_archive,
    unmarked_chinese,
    words_given,
)

OUTSIDE = re.compile(
    r"""(?:src|href|action|poster|data)\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE
)


PROJECT = {
    "project_id": "P1",
    "project_name": "甲镇租用校舍",
    "project_name_en": "Town one, rooms leased",
    "kind": "lease",
    "status": "proposed",
    "under_used": False,
    "tie": False,
    "responsible": "教育局、县人社局",
    "funding_source": "县级财政",
}
OFFICE = {
    "name": "responsible_staff",
    "title_zh": "责任单位：教师",
    "title_en": "Responsible for staff",
    "stage": "all",
    "unit": "教育局、人力资源和社会保障局",
    "source": "某地 2021 年个例；工具默认值，非法定",
    "grade": "tool",
    "status": "default",
}
ALTERNATIVE = {
    "project_id": "P1",
    "alternative": "lease",
    "option_id": "O1",
    "option_name": "甲镇租用校舍",
    "feasible": True,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One run for all tests of this file: whatever they write besides, they write it again."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("export")
        write_text(folder / "data" / "raw" / "small" / "area.toml", AREA)
        patch.setenv(ROOT_VARIABLE, str(folder))
        yield make_run(folder)


@pytest.fixture(scope="module")
def written(run):
    return briefing.export(run)


def pages(written):
    return [p for p in written.values() if p.suffix == ".html"]


def test_every_page_is_self_contained_and_well_formed(written):
    found = pages(written)

    assert len(found) >= 4  # the briefing, one step, two towns
    for path in found:
        text = path.read_text("utf-8")
        assert not OUTSIDE.search(text), path.name
        assert "default-src 'none'" in text
        assert text.count("<h1") == 1
        assert '<html lang="zh-Hans">' in text
        assert text.count("<script>") == 1  # data for it stands in application/json


def test_text_of_a_workbook_cannot_run_in_a_page(written):
    for path in pages(written):
        assert "<script>alert(1)" not in path.read_text("utf-8"), path.name
    assert "甲&lt;script&gt;" in written["briefing"].read_text("utf-8")


def test_text_of_a_workbook_cannot_run_in_excel_or_csv(written):
    book = openpyxl.load_workbook(written["workbook"])
    texts = [c for s in book for row in s.iter_rows() for c in row if c.value == "=1+1乡"]

    assert texts
    assert all(cell.data_type == "s" for cell in texts)
    assert "'=1+1乡" in written["csv/towns"].read_text("utf-8-sig")


def test_short_and_spare_are_never_netted(run, written):
    numbers = briefing.summary(run)

    # 500 short in one town and 500 spare in the other: both are said, neither is 0
    assert numbers["seats_short.primary.2030"]["value"] == 500
    assert numbers["seats_spare.primary.2030"]["value"] == 500
    assert numbers["seats_required.junior.2025"]["value"] == 2000
    assert json.loads(written["summary"].read_text("utf-8")) == numbers


def test_synthetic_data_is_marked_on_every_page_and_sheet(written):
    for path in pages(written):
        assert "合成数据 SYNTHETIC" in path.read_text("utf-8"), path.name
    for sheet in openpyxl.load_workbook(written["workbook"]):
        cells = [c.value for row in sheet.iter_rows(max_row=3) for c in row]
        assert "合成数据 SYNTHETIC" in cells, sheet.title


def test_everything_but_the_public_edition_says_that_it_is_internal(run, written):
    said = wording.say("disclosure.internal", "zh")
    found = pages(written)
    public = [p for p in briefing.publish(run).values() if p.suffix == ".html"]
    index = briefing.write_index(run.root)

    assert found
    assert public
    for path in (*found, index):
        text = path.read_text("utf-8")
        assert f">{said}</aside>" in text, path.name
        assert said in text.partition("<style>")[2].partition("</style>")[0], path.name  # printed
    for path in public:
        assert said not in path.read_text("utf-8"), path.name
    first = openpyxl.load_workbook(written["workbook"]).worksheets[0]
    assert said in [c.value for row in first.iter_rows(max_row=6) for c in row]
    assert said in Document(written["word"]).sections[0].header.paragraphs[0].text


def hashes(written):
    return {k: hashlib.sha256(p.read_bytes()).hexdigest() for k, p in written.items()}


def test_same_tables_give_the_same_bytes_and_a_browser_the_same_print(run, monkeypatch):
    monkeypatch.setenv("XUEWEI_PDF", "")
    before = hashes(briefing.export(run))

    assert hashes(briefing.export(run)) == before
    assert ("pdf" in before) == (pdf.browser() is not None)


def test_an_english_page_holds_chinese_only_as_names_marked_as_chinese(root):
    run = make_run(root, "en")
    given = words_given(run, ["一句话"])  # the output of the notebook
    found = pages(briefing.export(run))

    assert '<html lang="en">' in found[0].read_text("utf-8")
    for path in found:
        text = path.read_text("utf-8")
        assert unmarked_chinese(text) == [], path.name
        assert chinese_of_ours(text, given) == set(), path.name
        assert "中文说明" not in text
    assert any("The first question" in path.read_text("utf-8") for path in found)


def test_an_english_workbook_and_paper_hold_chinese_only_as_names_and_citations(root):
    run = make_run(root, "en")
    save(run, "plan_projects", [PROJECT])
    save(run, "plan_assumptions", [OFFICE])
    save(run, "plan_alternatives", [ALTERNATIVE])
    written = briefing.export(run)
    given = words_given(run, ["一句话"])
    texts = texts_of_archive(written["workbook"])

    assert chinese_of_archive(written["workbook"], given) == set()
    assert chinese_of_archive(written["word"], given) == set()
    # two offices, a purse, a measure by its English name, a remark of ours in a citation
    for said in (
        "Education, Human resources",
        "County budget",
        "Town one, rooms leased",
        "某地 2021 年个例；default of this tool, not law",
    ):
        assert said in texts
    assert "Project name, in English" not in texts


def test_chinese_of_ours_is_found_in_an_english_workbook(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "book.xlsx")
    sheet = book.add_worksheet("One")
    texts = ("测试乡", "县教育局", "小学", "甲.xlsx#缺口!A1", "工具默认值，非法定")
    sheet.write_column(0, 0, texts)
    sheet.write_comment(0, 0, "pupils\n在校生数")
    book.close()
    given = "测试乡\n测试乡小学\n工具默认值，非法定"

    # a name the area sent may stay, and a cell it names; 小学 is a word of ours inside a name
    found = chinese_of_archive(tmp_path / "book.xlsx", given)
    assert found == {"县教育局", "小学", "在校生数", "工具默认值，非法定", "工具默认值"}


def test_a_unit_or_a_label_in_chinese_is_found_on_an_english_page():
    page = '<html lang="en"><p>12 <span lang="zh-Hans">人</span>, <b>缺口</b> 新铺镇</p></html>'

    assert unmarked_chinese(page) == ["缺口", "新铺镇"]
    # 人 is a unit of ours even though an area may well have written it somewhere
    assert chinese_of_ours(page, "新铺镇 12 人") == {"人", "缺口"}


def test_page_one_has_no_heading_over_nothing(root):
    run = run_of(run_parameters(area="small"), root)
    bare = briefing.export(run)["briefing"].read_text("utf-8")
    whole = briefing.export(make_run(root))["briefing"].read_text("utf-8")

    for anchor in ('id="one-picture"', 'id="one-table"'):
        assert anchor not in bare
        assert anchor in whole


def test_on_paper_each_headline_says_how_it_was_computed(run):
    page = briefing.export(run)["briefing"].read_text("utf-8")
    annex = page[page.index('id="annex-traces"') :]
    said = re.findall(r'<p class="paper">(.*?)</p>', annex, re.DOTALL)

    # what opens on a screen does not open on paper: one line each, formula first
    assert len(said) == annex.count('<details class="trace" id="trace-')
    assert any("缺口 = " in line for line in said)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("9.0–43.8", True),
        ("9,000 / 3,600", True),
        ("— / 6,600", True),
        ("2026–2027", True),
        ("小学–初中", False),
        ("2025–2030 学年", False),
        ("1–2 / 甲", False),
    ],
)
def test_two_numbers_in_a_cell_stand_as_a_number_does(text, number):
    page = html_table(pd.DataFrame({"a": ["x"], "b": [text]}))

    assert (f'<td class="n">{text}</td>' in page) == number


def test_an_empty_place_stands_where_the_values_of_its_column_stand():
    frame = pd.DataFrame({"a": ["x", "y"], "word": ["—", "常住"], "number": ["—", "1.5"]})
    page = html_table(frame)

    assert '<td>—</td><td class="n">—</td>' in page
    assert '<td>常住</td><td class="n">1.5</td>' in page
