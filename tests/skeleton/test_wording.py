"""Every string exists in both languages; numbers are written as each language writes them."""

from __future__ import annotations

import ast
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import wording
from analysis.errors import WordingError
from analysis.tables import contracts
from analysis.terms import LABELS

SOURCES = sorted((Path(__file__).resolve().parents[2] / "src" / "analysis").rglob("*.py"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_no_english_entry_holds_chinese_beyond_quoted_terms():
    mixed = [
        key
        for key, entry in wording.entries().items()
        if len(CHINESE.findall(entry["en"])) > 0 and "zh_terms" not in key
    ]

    assert mixed == []


def test_every_chinese_entry_is_chinese():
    bare = [
        key
        for key, entry in wording.entries().items()
        if not CHINESE.search(entry["zh"]) and re.search(r"[A-Za-z]{4,}", entry["zh"])
    ]

    assert bare == []


def test_every_key_said_in_the_code_is_in_the_catalogue():
    known = wording.entries()
    said = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                if name in ("say", "Note") and isinstance(first, ast.Constant):
                    said.add((path.name, first.value))
    missing = sorted(item for item in said if item[1] not in known)

    assert missing == []


def test_unknown_key_and_missing_value_are_errors():
    with pytest.raises(WordingError, match=r"no\.such"):
        wording.say("no.such", "zh")


def test_code_labels_have_both_languages():
    for family in LABELS.values():
        for zh, en in family.values():
            assert CHINESE.search(zh)
            assert en
            assert not CHINESE.search(en)


def test_contract_titles_are_in_their_language():
    for item in contracts().values():
        for column in item.columns:
            assert not CHINESE.search(column.en), f"{item.name}.{column.name}"


@pytest.mark.parametrize("write", [wording.number, wording.percent, wording.money, wording.signed])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_missing_prints_as_a_dash_never_as_zero(write, language):
    assert write(math.nan, language) == "—"
    assert write(None, language) == "—"


def test_a_sum_says_what_it_leaves_out():
    assert wording.total([300.0, math.nan, 200.0], "en") == "500 (1 more unknown)"
    assert wording.total([1e6, math.nan], "zh", wording.money) == "100万元（另有 1 项未知，未计入）"
    assert wording.total([math.nan], "zh") == "未知"
    assert wording.total([300.0, 200.0], "zh") == "500"
    assert wording.total([], "zh") == "0"


def test_numbers_by_hand():
    assert wording.number(1234567.891, "zh", 1) == "1,234,567.9"
    assert wording.number(-0.04, "zh", 1) == "0.0"
    assert wording.signed(-1234, "zh") == "\N{MINUS SIGN}1,234"
    assert wording.percent(0.8749, "en", 1) == "87.5%"
    # 81 870 500 yuan = 8187.05 wan = 81.8705 million
    assert wording.money(81_870_500, "zh") == "8,187万元"
    assert wording.money(81_870_500, "en") == "CNY 81.9 million"
    assert wording.year_label(2024, "zh") == "2024学年"
    assert wording.year_label(2099, "en") == "2099/00"


@given(st.floats(min_value=-1e12, max_value=1e12, allow_nan=False), st.integers(0, 3))
def test_written_number_is_within_half_of_its_last_digit(value, digits):
    written = float(wording.number(value, "zh", digits).replace(",", ""))

    assert abs(written - value) <= 0.5 * 10**-digits + abs(value) * 1e-12
