"""From a headline of the workbook to the source cells in two clicks."""

from __future__ import annotations

import openpyxl
import pytest

from analysis import briefing, wording
from analysis.briefing.workbook import names_of_sheets
from analysis.store import write_text
from analysis.tables import contract
from tests.briefing.conftest import make_run, save
from tests.briefing.links import follow

FILE = "出生 人口.csv"
HEADLINES, TRACES = contract("headlines").title("zh"), wording.say("briefing.sheet_trace", "zh")
#: What a reader sees of the headline births_change.
NAME = "出生人数变化"
KINDS = {kind: wording.say(f"briefing.trace_{kind}", "zh") for kind in ("tables", "cells")}


def births(year: int, line: int, number: int) -> dict[str, object]:
    source = f"{FILE}#出生 人口!A{line}; 统计公报"
    row = {"town_id": "990000", "year": year, "month": 0, "basis": "registered", "births": number}
    return row | {"source": source}


@pytest.fixture
def written(root):
    write_text(root / "data" / "raw" / "small" / FILE, "year,births\n2024,1000\n2025,800\n")
    run = make_run(root)
    save(run, "births", [births(2024, 2, 1000), births(2025, 3, 800)])
    return briefing.export(run)


def test_a_headline_opens_its_formula_its_tables_and_the_cells_of_the_file(written):
    found = follow(written["workbook"], HEADLINES, TRACES, KINDS)

    assert found.broken == []
    assert found.reached == found.with_cells == {NAME}
    assert found.rows_read == found.files == 1  # rows 2 and 3 stand below each other: one link
    book = openpyxl.load_workbook(written["workbook"])
    rows = [[c.value for c in row[:4]] for row in book[TRACES].iter_rows()]
    said = {str(row[2]) for row in rows if row[0] == NAME}
    assert "800 ÷ 1,000 − 1 = −20.0%" in said
    assert f"{FILE}#出生 人口!A2:A3 — 统计公报" in said
    link = next(
        c.hyperlink for row in book[TRACES].iter_rows() for c in row if FILE in str(c.value)
    )
    # from reports/<run>/ up to the project, spaces as a link writes them, quotes round the sheet
    assert link.target == "../../data/raw/small/出生%20人口.csv"
    assert link.location == "'出生 人口'!A2:A3"


def test_a_link_that_leads_nowhere_is_found(root, written):
    (root / "data" / "raw" / "small" / FILE).unlink()

    assert len(follow(written["workbook"], HEADLINES, TRACES, KINDS).broken) == 1


def test_a_source_outside_the_folder_of_the_area_gets_no_link(root):
    write_text(root / "data" / "raw" / "other.csv", "year,births\n2024,1000\n")
    run = make_run(root)
    outside = [births(2024, 2, 1000), births(2025, 3, 800)]
    save(run, "births", [row | {"source": "../other.csv#other!A2"} for row in outside])
    found = follow(briefing.export(run)["workbook"], HEADLINES, TRACES, KINDS)

    assert found.with_cells == {NAME}
    assert found.files == 0


def test_every_sheet_listed_on_the_first_is_there(written):
    book = openpyxl.load_workbook(written["workbook"])
    links = [c.hyperlink for row in book.worksheets[0].iter_rows() for c in row if c.hyperlink]
    names = {link.location.rpartition("!")[0].strip("'") for link in links if link.location}

    # the first sheet, the traces and the one to calculate with are not tables
    assert len(names) == len(book.sheetnames) - 3
    assert names < set(book.sheetnames)


def test_names_of_sheets_are_short_and_differ_as_excel_compares_them():
    # 31 letters at most; a colon is forbidden; case alone makes no difference to Excel
    found = names_of_sheets({"a": "X" * 40, "b": "x" * 31, "c": "Forms IV: all"})

    assert found == {"a": "X" * 31, "b": "x" * 27 + " 2", "c": "Forms IV  all"}
