"""Former codes of schools and towns are carried to the present ones, and listed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analysis import intake
from analysis.intake.crosswalk import largest_remainder
from tests.intake.county import Cells, workbook

SCHOOLS: Cells = [
    ["学校代码", "学校名称", "乡镇", "办学类型"],
    ["N1", "城关小学", "T1", "小学"],
    ["N2", "东河小学", "T1", "小学"],
]
CHANGES: list[object] = ["原学校代码", "现学校代码", "年份", "变更类型"]


def read(**sheets: Cells):
    return intake.read_area({"表.xlsx": workbook(sheets)}, area_code="330199")


def pupils(result):
    frame = result.tables["enrolment"]
    return {(r.school_id, r.school_year, r.grade): r.pupils for r in frame.itertuples(index=False)}


def test_a_changed_code_and_a_merger_are_carried_and_added_up():
    enrolment: Cells = [
        ["学校代码", "学年", "年级", "在校生数"],
        ["O1", 2019, 1, 30],  # O1 became O2 in 2020, O2 merged into N1 in 2021
        ["O2", 2020, 1, 32],
        ["N1", 2019, 1, 60],
        ["N1", 2020, 1, 61],
        ["N1", 2021, 1, 90],
        ["N2", 2021, 1, 40],
    ]
    changes: Cells = [CHANGES, ["O1", "O2", 2020, "代码变更"], ["O2", "N1", 2021, "合并"]]
    result = read(学校=SCHOOLS, 在校生=enrolment, 学校沿革=changes)

    # 60 + 30 = 90 and 61 + 32 = 93 pupils of what is now N1
    assert pupils(result) == {
        ("N1", 2019, 1): 90.0,
        ("N1", 2020, 1): 93.0,
        ("N1", 2021, 1): 90.0,
        ("N2", 2021, 1): 40.0,
    }
    listed = result.result_tables()["intake_changes"].query("rule == 'school_change'")
    assert sorted(zip(listed["before"], listed["after"], strict=True)) == [
        ("O1", "N1"),
        ("O2", "N1"),
    ]
    source = result.tables["enrolment"].query("school_year == 2019")["source"].item()
    assert source == "表.xlsx#在校生!A2 + 表.xlsx#在校生!A4"
    assert result.findings.empty


def test_a_row_of_a_code_that_has_ended_is_a_finding():
    enrolment: Cells = [["学校代码", "学年", "年级", "在校生数"], ["O1", 2022, 1, 30]]
    changes: Cells = [CHANGES, ["O1", "N1", 2020, "代码变更"]]
    result = read(学校=SCHOOLS, 在校生=enrolment, 学校沿革=changes)

    assert result.findings[["rule", "cell"]].values.tolist()[0] == ["code_after_change", "A2"]


def test_a_split_school_is_not_guessed_apart():
    enrolment: Cells = [["学校代码", "学年", "年级", "在校生数"], ["O1", 2019, 1, 90]]
    changes: Cells = [CHANGES, ["O1", "N1", 2020, "分设"], ["O1", "N2", 2020, "分设"]]
    result = read(学校=SCHOOLS, 在校生=enrolment, 学校沿革=changes)

    assert "split_not_carried" in set(result.findings["rule"])
    assert pupils(result) == {("O1", 2019, 1): 90.0}


def test_changes_that_lead_in_a_circle_end():
    enrolment: Cells = [["学校代码", "学年", "年级", "在校生数"], ["O1", 2019, 1, 90]]
    changes: Cells = [CHANGES, ["O1", "O2", 2020, "更名"], ["O2", "O1", 2021, "更名"]]

    assert pupils(read(学校=SCHOOLS, 在校生=enrolment, 学校沿革=changes)) == {("O1", 2019, 1): 90.0}


TOWNS: Cells = [["乡镇代码", "乡镇名称"], ["T1", "城关镇"], ["T2", "新区街道"]]


def test_a_renamed_town_and_a_redrawn_one():
    moves: Cells = [
        ["原乡镇代码", "现乡镇代码", "年份", "划入份额"],
        ["OLD", "T1", 2020, None],
        ["BIG", "T1", 2021, 0.35],
        ["BIG", "T2", 2021, 0.65],
    ]
    people: Cells = [
        ["乡镇代码", "年份", "人口口径", "人口数"],
        ["OLD", 2019, "常住", 1000],
        ["BIG", 2019, "常住", 2001],
        ["T1", 2021, "常住", 1700],
        ["T2", 2021, "常住", 1301],
    ]
    result = read(乡镇街道=TOWNS, 乡镇沿革=moves, 人口=people)
    frame = result.tables["population"]

    # 0.35 x 2001 = 700.35 -> 700 and 0.65 x 2001 = 1300.65 -> 1301; 1000 + 700 = 1700
    assert [tuple(r) for r in frame[["town_id", "year", "persons"]].values.tolist()] == [
        ("T1", 2019, 1700.0),
        ("T1", 2021, 1700.0),
        ("T2", 2019, 1301.0),
        ("T2", 2021, 1301.0),
    ]
    assert result.findings.empty
    assert frame["persons"].sum() == 1000 + 2001 + 1700 + 1301


@given(st.integers(0, 10**7), st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_shares_keep_the_sum(total, weights):
    parts = largest_remainder(float(total), [w / sum(weights) for w in weights])

    assert sum(parts) == total
    assert all(
        abs(part - total * w / sum(weights)) <= 1 for part, w in zip(parts, weights, strict=True)
    )


def test_a_circle_of_changes_blocks_where_it_is_written():
    changes: Cells = [
        CHANGES,
        ["O1", "N1", 2019, "代码变更"],
        ["A", "B", 2020, "代码变更"],
        ["B", "A", 2021, "代码变更"],
        ["N2", "N2", 2021, "更名"],  # a new name, the same code
    ]
    found = read(学校=SCHOOLS, 学校沿革=changes).findings.query("rule == 'change_circle'")

    assert found[["sheet", "cell", "severity"]].values.tolist() == [["学校沿革", "B3", "blocks"]]
    assert "A → B → A" in found["why_zh"].item()


def test_shares_of_more_than_a_whole_town_are_reported_where_they_stand():
    towns: Cells = [["乡镇代码", "乡镇名称"], ["T1", "城关镇"], ["T2", "东河镇"]]
    heads = ["原乡镇代码", "现乡镇代码", "年份", "划入份额"]
    moved: Cells = [heads, ["T0", "T1", 2020, 0.7], ["T0", "T2", 2020, 0.5]]
    people: Cells = [["乡镇代码", "年份", "常住人口"], ["T0", 2019, 1000]]

    result = read(乡镇街道=towns, 乡镇沿革=moved, 人口=people)

    # 70 % + 50 % = 120 %; nothing is shared out
    found = result.findings.query("rule == 'town_shares_exceed'")
    assert found[["sheet", "cell", "severity"]].values.tolist() == [["乡镇沿革", "D3", "affects"]]
    assert "120%" in found["why_zh"].item()
    assert "70% + 50%" in found["why_en"].item()
    assert result.tables["population"]["persons"].tolist() == [1000.0]

    moved[2][3] = 0.3
    again = read(乡镇街道=towns, 乡镇沿革=moved, 人口=people)
    assert "town_shares_exceed" not in set(again.findings["rule"])
    assert sorted(again.tables["population"]["persons"]) == [300.0, 700.0]
