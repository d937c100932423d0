"""What an ill-meant or careless cell holds is shown inert, in every file the run leaves."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis import cli, pipeline, store
from analysis.config import run_parameters

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = "<script>alert(1)</script>第一小学"
IMAGE = '"><img src=x onerror=alert(2)>中学'
FORMULA = '=HYPERLINK("http://evil.example/?x","点我")'
BIDI = "第二\u202e小学\u202c"
CONTROL = "第三\x07小学\x1b[31m"
PATH = "../../etc/passwd"
TOWN = "城关镇'; DROP TABLE--"
#: Children do not belong into these tables. The number is the specimen of the standard.
CHILD, IDENTITY, PHONE = "张三丰丰", "11010519491231002X", "13812345678"
HOMOGLYPH = "Сity镇"  # the first letter is Cyrillic
YEARS = range(2020, 2025)
pytestmark = pytest.mark.xdist_group("hostile")  # the county runs once


def quoted(*cells):
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def hostile_county(folder):
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(
        'name_zh = "<b>某县</b>"\nname_en = "Some <i>county</i>"\ncode = "440000"\n'
        "base_year = 2024\nhorizon_years = 3\nplan_years = 2\n",
        encoding="utf-8",
    )
    towns = quoted("乡镇代码", "乡镇名称") + quoted("t1", TOWN) + quoted(PATH, HOMOGLYPH)
    schools = quoted("学校代码", "学校名称", "乡镇代码", "办学类型", "校长电话")
    names = {"p1": (SCRIPT, "t1"), "p2": (BIDI, PATH), "p3": (CONTROL, "t1"), "@x": (FORMULA, "t1")}
    for code, (name, town) in names.items():
        schools += quoted(code, name, town, "小学", PHONE)
    schools += quoted("j1", IMAGE, "t1", "初级中学", PHONE)
    pupils = quoted("学校代码", "学年", "年级", "在校生数", "班级数")
    rooms = quoted("学校代码", "学年", "填报范围", "普通教室数", "其中危房教室数", "其中临时教室数")
    for code in [*names, "j1"]:
        for year in YEARS:
            for grade in range(1, 7) if code != "j1" else range(7, 10):
                pupils += quoted(code, year, grade, 60, 2)
        rooms += quoted(code, 2024, "school", 9, 0, 0)
    gaps = quoted("序号", "乡镇代码", "缺口项目", "数量", "单价", "金额")
    gaps += quoted("1", "t1", FORMULA, 2, 10, 20) + quoted("2", "t1", "+1+1", 2, 10, 20)
    for name, text in {
        "乡镇街道.csv": towns,
        "学校.csv": schools,
        "在校生.csv": pupils,
        "办学条件.csv": rooms,
        "缺口清单.csv": gaps,
        "巨格.csv": quoted("甲", "乙") + quoted("x" * 10_000_000, 1),
        "学生名单.csv": pupil_list(),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "notes.pkl").write_bytes(b"cos\nsystem\n(S'touch /tmp/owned'\ntR.")
    (folder / "xml.xlsx").write_bytes(entity_workbook())
    (folder / "deep.zip").write_bytes(nested_archive(30))
    (folder / "evil.ipynb").write_text(notebook_with_code(), encoding="utf-8")


def pupil_list():
    """Return what does not belong here: children by name, identity number and telephone."""
    rows = quoted("姓名", "身份证号", "家长电话", "年级", "备注")
    for grade in range(1, 7):
        rows += quoted(CHILD, IDENTITY, PHONE, grade, f"联系 {PHONE}，证号 {IDENTITY}")
    return rows


def nested_archive(depth):
    """Return an archive in an archive in an archive."""
    content = b"0" * 1_000_000
    for level in range(depth):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{level}.zip", content)
        content = buffer.getvalue()
    return content


def notebook_with_code():
    """Return a notebook that leaves a file behind if anybody runs it."""
    cell = {"cell_type": "code", "source": "open('/tmp/owned', 'w')", "outputs": []}
    cell |= {"metadata": {"tags": ["parameters"]}, "execution_count": None}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def entity_workbook():
    """Return a workbook whose sheet declares entities that would grow without end."""
    book = openpyxl.Workbook()
    book.active["A1"] = "学校名称"
    buffer = io.BytesIO()
    book.save(buffer)
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">'
        b'<!ENTITY c SYSTEM "file:///etc/passwd">]><worksheet xmlns='
        b'"http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        b'<c r="A1" t="inlineStr"><is><t>&b;&c;</t></is></c></row></sheetData></worksheet>'
    )
    made = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(made, "w") as new:
        for item in old.infolist():
            content = bomb if item.filename.endswith("sheet1.xml") else old.read(item)
            new.writestr(item.filename, content)
    return made.getvalue()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    hostile_county(root / "data" / "raw" / "some")
    (root / "notebooks").symlink_to(PROJECT / "notebooks")
    parameters = run_parameters(area="some", base_year=2024, horizon_years=3, plan_years=2)
    pipeline.run_area(parameters, root=root)
    return store.run_of(parameters, root)


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def pages(run):
    found = sorted(run.reports.rglob("*.html"))
    assert len(found) > 5
    return found


def test_no_page_holds_a_tag_a_handler_or_an_address_that_came_from_a_cell(run):
    for path in pages(run):
        for tag, attributes in Tags(path.read_text("utf-8")).found:
            assert not any(name.startswith("on") for name in attributes), (path.name, tag)
            assert attributes.get("src", "data:").startswith("data:"), (path.name, tag)
            href = attributes.get("href") or ""
            assert not re.match(r"\s*(javascript|data|vbscript):", href, re.I), (path.name, href)
            assert "evil.example" not in href, (path.name, href)


def test_each_page_has_one_script_and_a_policy_that_lets_no_other_run(run):
    for path in pages(run):
        tags = Tags(path.read_text("utf-8")).found
        policy = [a["content"] for t, a in tags if a.get("http-equiv") == "Content-Security-Policy"]
        assert len(policy) == 1, path.name
        assert "default-src 'none'" in policy[0]
        assert "unsafe-inline" not in policy[0].split("script-src")[1].split(";")[0]
        running = [a for t, a in tags if t == "script" and a.get("type") != "application/json"]
        assert len(running) == 1, path.name


def test_hostile_names_are_there_to_be_read(run):
    whole = "".join(path.read_text("utf-8") for path in pages(run))

    assert "&lt;script&gt;alert(1)&lt;/script&gt;第一小学" in whole
    assert "<script>alert(1)" not in whole


def test_direction_and_control_characters_are_gone_from_every_page(run):
    for path in pages(run):
        text = path.read_text("utf-8")
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)


def test_no_workbook_cell_is_a_formula_of_the_users(run):
    for name in ("tables.xlsx",):
        book = openpyxl.load_workbook(run.reports / name)
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        assert "HYPERLINK" not in str(cell.value), (sheet.title, cell.coordinate)
                        assert "evil" not in str(cell.value)
    corrections = openpyxl.load_workbook(run.folder / "corrections.xlsx")
    cells = [c for s in corrections for r in s.iter_rows() for c in r]
    assert not [c for c in cells if c.data_type == "f" and "evil" in str(c.value)]


def test_no_csv_cell_starts_like_a_formula(run):
    found = sorted((run.reports / "csv").glob("*.csv"))
    assert found
    for path in found:
        for row in csv.reader(io.StringIO(path.read_text("utf-8-sig"))):
            for cell in row:
                number = re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", cell, re.I)
                assert number or not cell.startswith(("=", "+", "@", "\t")), (path.name, cell)


def test_no_file_is_written_outside_the_run(run):
    names = {p.name for p in run.root.rglob("*") if p.is_file() and "notebooks" not in p.parts}

    assert {n for n in names if "passwd" in n} <= {"town_------etc-passwd.html"}
    assert not Path("/tmp/owned").exists()
    towns = [p.name for p in run.reports.glob("town_*.html")]
    assert towns
    assert all(re.fullmatch(r"town_[\w-]+\.html", name) for name in towns)


def test_word_file_holds_no_field_and_no_outside_link(run):
    with zipfile.ZipFile(run.reports / "briefing.docx") as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith(".rels"):
                assert b'TargetMode="External"' not in content, name
            assert b"instrText" not in content or b"HYPERLINK" not in content, name


def test_what_could_not_be_read_is_said(run):
    findings = run.tables["intake_findings"]
    unused = run.tables["intake_unused"]
    said = set(findings["file"]) | set(unused["file"])

    assert {"notes.pkl", "xml.xlsx", "deep.zip", "evil.ipynb", "巨格.csv"} <= said
    assert "root:" not in run.folder.joinpath("corrections.xlsx").read_bytes().decode("latin-1")


def test_town_named_with_a_letter_of_another_script_is_pointed_out(run):
    findings = run.tables["intake_findings"]

    assert "foreign_letters" in set(findings["rule"])


def readable(path):
    """Return all text of a result, unpacked: pages, tables, workbooks, Word, notebooks, logs."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv()
    if path.suffix in (".xlsx", ".docx"):
        with zipfile.ZipFile(path) as archive:
            return "".join(archive.read(n).decode("utf-8", "replace") for n in archive.namelist())
    return path.read_bytes().decode("utf-8", "replace")


def test_no_identity_number_telephone_or_childs_name_is_in_any_result(run):
    results = [
        path
        for folder in ("data/processed", "reports")
        for path in sorted((run.root / folder).rglob("*"))
        if path.is_file()
    ]
    assert len(results) > 50
    for path in results:
        text = readable(path)
        for secret in (CHILD, IDENTITY, IDENTITY[:-1], PHONE):
            assert secret not in text, (path.relative_to(run.root), secret)


def test_personal_data_are_pointed_at_with_their_file(run):
    findings = run.tables["intake_findings"]
    rules = {"personal_column", "mobile_numbers", "resident_ids"}
    personal = findings[findings["rule"].isin(rules)]

    assert set(personal["rule"]) == rules
    assert {"学生名单.csv", "学校.csv"} <= set(personal["file"])


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_nothing_personal_is_shown_on_the_terminal(run, monkeypatch, more):
    monkeypatch.setenv(store.ROOT_VARIABLE, str(run.root))

    said = CliRunner().invoke(cli.app, ["check", "some", *more]).output

    assert "学生名单" in said
    for secret in (CHILD, IDENTITY, IDENTITY[:-1], PHONE):
        assert secret not in said


def test_nothing_on_the_terminal_can_steer_it(run, monkeypatch):
    monkeypatch.setenv(store.ROOT_VARIABLE, str(run.root))
    for more in ([], ["--json"]):
        said = CliRunner().invoke(cli.app, ["check", "some", *more]).output
        assert not re.search("[\x1b\x07\u202a-\u202e\u2066-\u2069]", said)
