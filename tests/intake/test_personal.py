"""Numbers and names of pupils: said once a column, repeated nowhere, never in a table."""

from __future__ import annotations

import json
import random

import pytest

from analysis import intake
from analysis.intake import blocks
from analysis.intake.masking import mask
from analysis.intake.personal import is_personal_header, is_resident_id
from analysis.store import read_raw, streams
from tests.intake.county import workbook

# By hand: 110105194912310 02 + sequence 0; the weighted sum of 11010519491231002 is 167,
# 167 mod 11 = 2, and place 2 of "10X98765432" is X (the example of GB 11643-1999).
ID = "11010519491231002X"
MOBILE = "13812345678"


def made_up_id(seed: int) -> str:
    rng = random.Random(seed)
    body = f"440281{rng.randint(2010, 2018)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    body += f"{rng.randint(0, 999):03d}"
    return next(body + c for c in "0123456789X" if is_resident_id(body + c))


def test_check_digit():
    assert is_resident_id(ID)
    assert is_resident_id(ID.lower())
    assert not is_resident_id("110105194912310021")
    assert not is_resident_id("110105194913310021")  # month 13


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"张三{ID}", "张三***"),
        (f"电话：{MOBILE}", "电话：***"),
        ("138-1234-5678", "***"),
        ("4.40281201001011e+17", "***"),
        ("2133100001", "2133100001"),  # a school's code
        ("330199101000", "330199101000"),  # a town's code
        ("91330100MA2XXXXX1K", "91330100MA2XXXXX1K"),
    ],
)
def test_mask(text, shown):
    assert mask(text) == shown


@pytest.mark.parametrize(
    "title", ["身份证号", "学生姓名", "姓名", "家长电话", "监护人手机号", "学籍号"]
)
def test_personal_headers(title):
    assert is_personal_header(title)


@pytest.mark.parametrize(
    "title", ["学校名称", "家庭住址在划片范围内的在校学生人数", "填表人", "学籍人数", "联系人"]
)
def test_other_headers(title):
    assert not is_personal_header(title)


def _everything(result: intake.IntakeResult) -> str:
    report = json.dumps(intake.check_report(result), ensure_ascii=False)
    tables = "".join(frame.to_csv() for frame in result.tables.values())
    sheet = intake.corrections_workbook(result, language="zh")
    lines = "\n".join(intake.summary_lines(result, language="zh"))
    return report + tables + lines + str(intake_text(sheet))


def intake_text(content: bytes) -> list[object]:
    from analysis.intake.grid import grids

    return [grid.rows for grid in grids("corrections.xlsx", content)[0]]


def test_columns_of_persons_are_said_and_left():
    ids = [made_up_id(i) for i in range(4)]
    rows = [["学校标识码", "学年", "年级", "在校生数", "学生身份证号", "家长电话"]]
    rows += [[f"21331000{i:02d}", 2023, 1, 40, ids[i], MOBILE] for i in range(4)]

    result = intake.read_area({"在校生.xlsx": workbook({"在校生": rows})}, area_code="")

    said = result.findings[["rule", "cell", "severity"]].values.tolist()
    assert said == [["resident_ids", "E2", "note"], ["mobile_numbers", "F2", "note"]]
    assert len(result.tables["enrolment"]) == 4
    everything = _everything(result)
    assert not any(number in everything for number in [*ids, MOBILE])


def test_a_list_of_pupils_is_not_read_as_counts():
    rows = [["学校名称", "年级", "班级", "姓名", "学籍号"]]
    rows += [["城关小学", "一年级", "1班", f"王小{i}", f"G{i}"] for i in range(5)]

    result = intake.read_area({"名单.xlsx": workbook({"一年级": rows})}, area_code="")

    assert result.tables == {}
    assert set(result.findings["rule"]) == {"personal_column"}
    assert "王小" not in _everything(result)


def test_a_number_in_a_text_that_is_kept_sets_it_aside():
    rows = [["项目名称", "建设性质", "责任单位"], ["城关小学扩建", "扩建", f"张三{MOBILE}"]]

    result = intake.read_area({"建设项目.xlsx": workbook({"项目": rows})}, area_code="")

    assert "personal_number" in set(result.findings["rule"])
    assert MOBILE not in _everything(result)


def test_a_number_in_a_faulty_cell_is_not_quoted():
    rows = [["学校标识码", "学年", "年级", "在校生数"], ["2133100001", 2023, 1, ID]]

    result = intake.read_area({"在校生.xlsx": workbook({"在校生": rows})}, area_code="")

    assert "not_a_number" in set(result.findings["rule"])
    assert ID[:17] not in _everything(result)


def test_streamed_files_are_looked_through_too(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "is_large", lambda path: True)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 200)
    text = "学校标识码,学年,学段,在校生总数,身份证号,备用\n"
    text += "".join(f"21331000{i:02d},2023,小学,60,{made_up_id(i)},\n" for i in range(9))
    (tmp_path / "国.csv").write_text(text + f"2133100010,2023,小学,60,,{MOBILE}\n", "utf-8")

    result = read_raw({"国.csv": tmp_path / "国.csv"}, tmp_path / "out", area_code="")

    assert result.streamed == {"school_totals": 10}
    assert {"resident_ids", "mobile_numbers"} <= set(result.findings["rule"])
    assert made_up_id(0) not in _everything(result)
