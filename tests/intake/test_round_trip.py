"""Template, filled, read, written again: the same cells."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest

from analysis import intake
from analysis.tables import contracts
from tests.intake import county


def cells(book: bytes) -> dict[str, list[tuple[object, ...]]]:
    found = openpyxl.load_workbook(io.BytesIO(book))
    return {s.title: [tuple(row) for row in s.iter_rows(values_only=True)] for s in found}


def read(book: bytes):
    return intake.read_area({"填报.xlsx": book}, area_code=county.COUNTY)


@pytest.fixture(scope="module")
def tables():
    files = county.packed(county.clean(3))
    return intake.read_area(files, area_code=county.COUNTY).tables


def without_source(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=[c for c in ("source",) if c in frame])


def test_empty_template_reads_as_nothing_and_nothing_is_wrong():
    result = read(intake.template("某县"))

    assert result.tables == {}
    assert result.findings.empty


def test_template_has_a_sheet_and_every_title_of_every_input_table():
    sheets = cells(intake.template("某县"))
    items = [c for c in contracts().values() if c.group == "input" and c.name != "answers"]

    assert {item.zh for item in items} <= set(sheets)
    for item in items:
        heads = [str(head).partition("（")[0] for head in sheets[item.zh][0]]
        assert heads == [column.zh for column in item.columns]


def test_filled_template_gives_the_same_tables_and_the_same_cells(tables):
    filled = intake.template("某县", tables)
    result = read(filled)

    assert set(result.tables) == set(tables)
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(
            without_source(result.tables[name]), without_source(frame), check_like=True
        )
    assert result.findings.empty
    assert cells(intake.template("某县", result.tables)) == cells(filled)


def test_choices_are_offered_in_chinese():
    book = openpyxl.load_workbook(io.BytesIO(intake.template("某县")))
    rules = book["学校"].data_validations.dataValidation

    assert any("完全中学" in str(rule.formula1) for rule in rules)
