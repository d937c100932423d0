"""A look-alike letter in a name is pointed out; an ordinary name is not."""

from __future__ import annotations

import pytest

from analysis import intake
from analysis.intake.checks.names import foreign_letters


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("城关镇", ""),
        ("City镇", ""),
        ("\u0421ity镇", "\u0421"),  # Cyrillic Es
        ("第\u0391小学", "\u0391"),  # Greek Alpha
        ("Ａ区（东）", ""),
    ],
)
def test_letters_that_only_look_latin(name, letters):
    assert foreign_letters(name) == letters


def test_finding_names_the_cell_and_keeps_the_name():
    text = "乡镇代码,乡镇名称\nt1,城关镇\nt2,\u0421ity镇\n"

    result = intake.read_area({"乡镇街道.csv": text.encode()}, area_code="440000")

    rows = result.findings[result.findings["rule"] == "foreign_letters"]
    assert rows["cell"].tolist() == ["B3"]
    assert set(result.tables["towns"]["town_name"]) == {"城关镇", "\u0421ity镇"}
