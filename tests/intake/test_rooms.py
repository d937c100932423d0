"""Music and art rooms by area band become rooms with a least area; idle schools block."""

from __future__ import annotations

import pytest

from analysis import intake
from analysis.intake.room_bands import RoomBand, room_band
from tests.intake.county import Cells, workbook

ROSTER: Cells = [
    ["学校标识码", "学校名称", "所在乡镇", "办学类型", "停办学年"],
    ["2133100001", "城关小学", "城关镇", "小学", None],
    ["2133100002", "东河小学", "东河镇", "小学", None],
    ["2133100003", "西岭小学", "城关镇", "小学", None],
    ["3433100004", "县第一中学", "城关镇", "高级中学", None],
]


def read(sheets: dict[str, Cells]) -> intake.IntakeResult:
    return intake.read_area({"表.xlsx": workbook(sheets)}, area_code="330199")


@pytest.mark.parametrize(
    ("title", "band"),
    [
        ("音乐教室总间数", RoomBand("music", None)),
        ("音乐教室（≥96㎡）间数", RoomBand("music", 96)),
        ("音乐教室73-96㎡间数", RoomBand("music", 73)),
        ("美术教室|67~90平方米", RoomBand("art", 67)),
        ("美术专用教室90㎡及以上", RoomBand("art", 90)),
        ("音乐教师数", None),
        ("音乐教室面积", None),
        ("普通教室", None),
    ],
)
def test_headers(title, band):
    found = room_band(title)

    assert found == band or (band is None and found is not None and found.low is None)


def test_bands_become_rooms_and_the_rest_has_no_area():
    heads = ["学校标识码", "学校名称", "音乐教室", None, None, "美术教室", None]
    lower = [None, None, "总间数", "≥96㎡", "73-96㎡", "总间数", "≥90㎡"]
    rows: Cells = [heads, lower, ["2133100001", "城关小学", 4, 1, 2, 1, 1]]

    result = read({"学校": ROSTER, "音乐美术教室": rows})

    rooms = result.tables["special_rooms"].fillna({"area_m2": -1})
    # 4 music rooms: one from 96, two from 73, one that no band holds; one art room from 90
    assert sorted(rooms.loc[rooms["kind"] == "music", "area_m2"]) == [-1, 73, 73, 96]
    assert rooms.loc[rooms["kind"] == "art", "area_m2"].tolist() == [90]
    changes = result.result_tables()["intake_changes"]
    assert changes.loc[changes["rule"] == "band_bound", "cell"].tolist() == ["D3", "E3", "G3"]
    assert "special_rooms" in set(result.result_tables()["intake_read"]["table_name"])


def test_a_total_below_its_bands_is_said():
    heads = ["学校标识码", "学校名称", "音乐教室总间数", "音乐教室≥96㎡间数"]
    result = read({"音乐美术教室": [heads, ["2133100001", "城关小学", 1, 2]]})

    assert result.findings[["rule", "cell"]].values.tolist() == [["room_bands_exceed", "C2"]]


def _pupils(*codes: str, year: int = 2024) -> Cells:
    return [[code, year, 1, 40] for code in codes]


HEAD: Cells = [["学校标识码", "学年", "年级", "在校生数"]]


def test_a_listed_school_without_pupils_in_the_newest_year_blocks():
    rows = HEAD + _pupils("2133100001", "2133100002", "2133100003", year=2023)
    rows += _pupils("2133100001", "2133100002")

    result = read({"学校": ROSTER, "在校生": rows})

    # the senior school has no compulsory grade: a note
    said = result.findings[["rule", "cell", "severity"]].values.tolist()
    assert said == [["school_without_rows", "A4", "blocks"], ["school_without_rows", "A5", "note"]]
    words = result.findings.iloc[0]
    assert "2024" in words["why_zh"]
    # the third school had pupils in 2023, the senior school never
    assert "最近一次是 2023 学年" in words["why_zh"]
    assert "各学年都没有" in result.findings.iloc[1]["why_zh"]
    assert "停办学年" in words["suggestion_zh"]
    assert "填 0" in words["suggestion_zh"]
    affected = result.result_tables()["affected_conclusions"]
    status = dict(zip(affected["conclusion"], affected["status"], strict=True))
    assert status["capacity"] == "undetermined"
    assert status["demand"] == "undetermined"


@pytest.mark.parametrize(
    ("column", "value", "rows"),
    [
        (4, 2024, []),  # closed: the first school year without it
        (4, None, [["2133100003", 2024, 1, 0]]),  # said to have none
    ],
)
def test_a_closed_or_an_empty_school_does_not_block(column, value, rows):
    roster = [list(row) for row in ROSTER[:4]]
    roster[3][column] = value
    pupils = HEAD + _pupils("2133100001", "2133100002") + rows

    result = read({"学校": roster, "在校生": pupils})

    assert result.findings.empty


def test_a_year_that_has_only_begun_to_be_reported_is_not_the_newest():
    codes = ["2133100001", "2133100002", "2133100003"]
    rows = HEAD + _pupils(*codes) + _pupils(codes[0], year=2025)

    result = read({"学校": ROSTER[:4], "在校生": rows})

    assert "school_without_rows" not in set(result.findings["rule"])
