"""One cell to one value: conversions are listed, what cannot be read is said."""

from __future__ import annotations

import datetime as dt

import pytest

from analysis.intake.cells import parse
from analysis.intake.heads import qualify
from analysis.tables import Column, contract

COUNT = Column("pupils", "count", "人数", "Pupils", unit="人")
MONEY = Column("cost_cny", "number", "投资", "Cost", unit="元", low=0)
AREA = Column("site_area_m2", "number", "占地", "Site", unit="m²", low=0)
SHARE = Column("share", "share", "份额", "Share")
YEAR = contract("enrolment")["school_year"]
GRADE = contract("enrolment")["grade"]
CODE = contract("enrolment")["school_id"]


@pytest.mark.parametrize(
    ("column", "raw", "value", "changed"),
    [
        (COUNT, "１２３４", 1234.0, "width"),
        (COUNT, "1,234", 1234.0, "separator"),
        (COUNT, "1.2万", 12_000.0, "unit"),
        (COUNT, " 45 人", 45.0, "unit"),
        (COUNT, " 77 ", 77.0, "cleaned"),
        (COUNT, "2\u00ad03", 203.0, "cleaned"),
        (COUNT, "一百二十三", 123.0, "chinese_numeral"),
        (MONEY, "68.5万元", 685_000.0, "unit"),
        (MONEY, "1.2亿元", 120_000_000.0, "unit"),
        (AREA, "30亩", 20_000.0, "unit"),  # 30 x 2000 / 3
        (AREA, "1.5公顷", 15_000.0, "unit"),
        (SHARE, "85%", 0.85, "percent"),
        (YEAR, "2023-2024学年", 2023, ""),
        (YEAR, "2024年春", 2023, "spring_term"),
        (YEAR, dt.date(2021, 9, 1), 2021, "date_to_year"),
        (YEAR, 44440.0, 2021, "date_to_year"),  # the day number of 2021-09-01
        (GRADE, "初二", 8, "chinese_numeral"),
        (GRADE, "三年级", 3, "chinese_numeral"),
        (CODE, 2133100001.0, "2133100001", ""),
        (CODE, "0012", "0012", ""),
        (GRADE, "高一", 10, "chinese_numeral"),
        (GRADE, "高中三年级", 12, "chinese_numeral"),
        (GRADE, "十一年级", 11, "chinese_numeral"),
        (GRADE, "初中一年级", 7, "chinese_numeral"),
        (GRADE, "学前班", 0, "chinese_numeral"),
        (COUNT, "", None, ""),
        (COUNT, "—", None, "missing_word"),
        (COUNT, "暂无", None, "missing_word"),
    ],
)
def test_read(column, raw, value, changed):
    parsed = parse(column, raw)

    assert (parsed.value, parsed.problem, parsed.changed) == (value, "", changed)


@pytest.mark.parametrize(
    ("column", "raw", "problem"),
    [
        (COUNT, "约50", "not_a_number"),
        (COUNT, -3, "below_range"),
        (COUNT, 12.5, "fraction"),
        (COUNT, "95%", "not_a_number"),
        (COUNT, True, "not_a_number"),
        (COUNT, "1e999", "not_a_number"),
        (SHARE, "20230%", "absurd_share"),
        (YEAR, "202223年", "not_a_year"),
        (YEAR, 2203, "above_range"),
        (GRADE, 13, "above_range"),
        (CODE, "2.13E+09", "code_damaged"),
        (MONEY, "#DIV/0!", "formula_error"),
    ],
)
def test_refused(column, raw, problem):
    parsed = parse(column, raw)

    assert (parsed.value, parsed.problem) == (None, problem)


@pytest.mark.parametrize(
    ("text", "keys", "rest"),
    [
        ("一年级|班数", {"grade": 1}, ("班数",)),
        ("初三(九年级)", {"grade": 9}, ()),
        ("一年级(初一)", {"grade": 7}, ()),
        ("高二", {"grade": 11}, ()),
        ("初中三年级", {"grade": 9}, ()),
        ("分年级在校生数|一年级", {"grade": 1}, ("在校生数",)),
        ("按班额分班数|41-45人", {"low_pupils": 41, "high_pupils": 45.0}, ("班数",)),
        ("专任教师数(小学)", {"stage": "primary"}, ("专任教师数",)),
        ("2019年", {"year": 2019}, ()),
        ("12月", {"month": 12}, ()),
        ("26-30人", {"low_pupils": 26, "high_pupils": 30.0}, ()),
        ("66人及以上", {"low_pupils": 66, "high_pupils": None}, ()),
        ("常住人口", {"basis": "resident"}, ("人口",)),
    ],
)
def test_header_taken_apart(text, keys, rest):
    said = qualify(text)

    assert (said.keys, said.rest) == (keys, rest)


def test_a_cell_read_before_reads_the_same_and_nothing_is_mixed_up():
    for _ in range(2):
        assert parse(COUNT, "12").value == 12.0
        assert parse(COUNT, "12", 10_000.0).value == 120_000.0  # 12 x 10 000
        assert parse(AREA, "12").changed == "" == parse(COUNT, "12").changed
        assert parse(COUNT, True).problem == "not_a_number"  # True == 1.0, and yet no number
        assert parse(COUNT, 1.0).value == 1.0
        assert str(parse(SHARE, 0.0).value) == "0.0"
        assert str(parse(SHARE, -0.0).value) == "-0.0"
