"""Headlines: which numbers page one says, and in which order."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from analysis.briefing.answers import answers
from analysis.briefing.first import _when
from analysis.briefing.headline_numbers import summary
from analysis.findings import headlines
from analysis.findings.headlines.item import places_of
from analysis.findings.headlines.pupils import _peak_words
from tests.briefing.conftest import gap_rows, make_run, save

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs" / "summary-json.md"


@pytest.fixture
def step(run):
    return run.save(headlines.headlines(run))


def rows(step):
    return step["headlines"].set_index("item")


def test_shortage_and_surplus_are_two_headlines(step):
    found = rows(step)

    # town 1: 1500 - 1000 = 500 short; town 2: 1000 - 500 = 500 spare; the county is not 0
    assert found.loc["seats_short.primary.2030", "value"] == 500
    assert found.loc["seats_spare.primary.2030", "value"] == 500
    assert "缺 500 个学位，分布在 1 个镇" in found.loc["seats_short.primary.2030", "sentence_zh"]
    assert "500 primary seats are short" in found.loc["seats_short.primary.2030", "sentence_en"]


def test_required_and_available_of_every_year_are_given_without_a_sentence(step):
    found = rows(step)
    years = [y for y in range(2025, 2036) if f"seats_required.junior.{y}" in found.index]

    assert years == list(range(2025, 2036))
    assert found.loc["seats_required.junior.2033", "value"] == 2000
    assert not isinstance(found.loc["seats_required.junior.2033", "sentence_zh"], str)


def test_a_shortage_comes_before_anything_else(step):
    ranked = step["headlines"].dropna(subset=["finding_rank"]).sort_values("finding_rank")

    assert ranked["item"].iloc[0].startswith("seats_short.")
    assert ranked["finding_rank"].tolist() == list(range(1, len(ranked) + 1))
    assert len(ranked) <= 5


def test_a_town_that_is_short_is_named(step):
    row = rows(step).loc["town_short.primary.1"]

    assert row["area_id"] == "990001"
    assert row["value"] == 500


def test_trace_holds_the_formula_with_its_numbers(step):
    how = json.loads(rows(step).loc["seats_short.primary.2030", "trace"])

    assert "= 500" in how["formula_zh"]
    assert "2,000" in how["formula_en"]
    assert "seat_gap" in how["tables"]


def test_priced_list_adds_up_and_its_own_sum_is_set_against_it(run):
    # by hand: 1 200 000 + 780 000 + 26 000 = 2 006 000; the list itself says 3 000 000
    line = {"town_id": "990000", "year": 2025.0, "parent_item_id": "0"}
    save(
        run,
        "gap_items",
        [
            {"item_id": "0", "town_id": "990000", "item": "合计", "amount_cny": 3_000_000.0},
            {**line, "item_id": "1", "item": "计算机", "amount_cny": 1_200_000.0},
            {**line, "item_id": "2", "item": "白板", "amount_cny": 780_000.0},
            {**line, "item_id": "3", "item": "器材", "amount_cny": 26_000.0},
            {**line, "item_id": "4", "item": "仪器", "amount_cny": None},
            {**line, "item_id": "1.1", "parent_item_id": "1", "item": "甲校", "amount_cny": 1.0},
        ],
    )
    found = rows(headlines.headlines(run))

    assert found.loc["gap_list_total", "value"] == 2_006_000
    assert found.loc["gap_list_stated", "value"] == 3_000_000
    assert "不符" in found.loc["gap_list_total", "sentence_zh"]
    assert "1 项没有价格" in found.loc["gap_list_total", "sentence_zh"]


def test_class_size_above_the_cap_asks_for_more_classes(run):
    # 622 pupils in 12 classes: 51.8 a class, cap 50; 622 / 50 = 12.44 -> 13 classes, 1 more
    save(
        run,
        "trend_pupils",
        [
            {
                "level": "county",
                "area_id": "990000",
                "stage": "junior",
                "school_year": 2025,
                "pupils": 622.0,
                "classes": 12.0,
                "class_size": 622 / 12,
            }
        ],
    )
    step = headlines.headlines(run)
    asked = step["decisions"].set_index("decision")

    assert rows(step).loc["class_size.junior", "state"] == "not_met"
    assert asked.loc["open_classes.junior", "value"] == 1


def test_a_run_without_tables_has_no_headline_and_does_not_fail(root):
    from analysis.config import run_parameters
    from analysis.store import run_of

    bare = run_of(run_parameters(area="small"), root)
    step = headlines.headlines(bare)

    assert not step["headlines"]["item"].str.startswith("seats_").any()
    assert step["decisions"].empty


def test_neighbouring_cells_are_joined():
    # rows 2 and 3 of one column join; another file and a cell without citation stay apart
    sources = ["a.csv#a!B2; x", "a.csv#a!B3; x", "b.xlsx#s!C9", None, "no cell at all"]

    assert places_of(sources) == ("a.csv#a!B2:B3 — x", "b.xlsx#s!C9", "no cell at all")


def test_every_key_of_a_summary_is_documented(run, step):
    text = DOCUMENTED.read_text("utf-8")
    documented = {key.partition(".")[0] for key in re.findall(r"`([a-z_]+(?:\.[A-Z]+)*)[`.]", text)}
    used = {key.partition(".")[0] for key in summary(run)}

    assert used <= documented


def test_a_shortage_that_ends_before_the_plan_does_is_still_told(run):
    # town 1 is 700 seats short in 2026, none from 2027 on: 0 in 2030 must not be all that is said
    rows_of = [r for r in gap_rows() if r["stage"] == "primary"]
    for row in rows_of:
        if row["area_id"] == "990002":
            continue
        row["shortage"] = 700.0 if row["school_year"] == 2026 else 0.0
    save(run, "seat_gap", rows_of)
    step = headlines.headlines(run)
    found = rows(step)

    said = found.loc["seats_short.primary.2030", "sentence_zh"]
    assert found.loc["seats_short.primary.2030", "value"] == 0
    assert "2026学年" in said
    assert "缺 700 个" in said
    assert "到2030学年各镇不再缺" in said
    assert found.loc["worst_year.primary", "school_year"] == 2026
    assert "今后只在2026学年" in found.loc["worst_year.primary", "sentence_zh"]
    assert found.loc["town_short.primary.1", "school_year"] == 2026
    run.save(step)
    (answer,) = [a for a in answers(run) if a.topic == "short"]
    assert answer.entries[0].big == "小学 2030学年不缺（今后 2026学年 最多缺 700）"
    assert answer.entries[0].nothing  # not in red


@pytest.mark.parametrize(("now", "told"), [(300.0, True), (0.0, False), (None, False)])
def test_seats_that_are_short_today_are_told_before_those_of_later_years(run, now, told):
    rows_of = [r for r in gap_rows() if r["stage"] == "primary"]
    for row in rows_of:
        if row["area_id"] != "990002" and row["school_year"] == 2025:
            row["shortage"] = now
            if now is None:  # then nothing is known of the seats
                row |= {"seats_available": None, "surplus": None}
    save(run, "seat_gap", rows_of)

    said = rows(headlines.headlines(run)).loc["seats_short.primary.2030", "sentence_zh"]

    assert said.startswith("小学现在（2025学年）缺 300 个学位。") == told
    assert ("现在" in said) == told


@pytest.mark.parametrize(
    ("peak", "trough", "words"),
    [
        (2028, 2035, "peak_ahead"),  # up, then down
        (2033, 2027, "peak_after_trough"),  # down first, then up: never a fall back in time
        (2033, 2025, "peak_rising"),  # nothing ahead is below the base year
        (2025, 2035, "peak_now"),
        (2020, 2035, "peak_past"),
        (2020, 2025, "peak_past_lowest"),
    ],
)
def test_peak_and_trough_are_told_in_the_order_of_the_years(peak, trough, words):
    row = {"school_year": 2025, "peak_year": peak, "trough_year": trough}

    assert _peak_words(row) == words


def test_change_of_population_names_the_towns_that_moved_furthest_apart(run):
    # 1000 + 500 = 1500 -> 1300 + 350 = 1650: +10.0 %; town 1 +300, town 2 -150
    save(
        run,
        "population",
        [
            {"town_id": "990001", "year": 2010, "basis": "resident", "persons": 1000.0},
            {"town_id": "990002", "year": 2010, "basis": "resident", "persons": 500.0},
            {"town_id": "990001", "year": 2020, "basis": "resident", "persons": 1300.0},
            {"town_id": "990002", "year": 2020, "basis": "resident", "persons": 350.0},
            # a year in which one town is missing is no count of the whole
            {"town_id": "990001", "year": 2023, "basis": "resident", "persons": 9000.0},
        ],
    )
    found = rows(headlines.headlines(run)).loc["population_change"]

    assert found["value"] == pytest.approx(0.1)
    assert found["school_year"] == 2020
    assert "由 1,500 人变为 1,650 人（+10.0%）" in found["sentence_zh"]
    assert "(+300)" in found["sentence_en"]
    assert "(−150)" in found["sentence_en"]
    assert json.loads(found["trace"])["formula_zh"] == "1,650 ÷ 1,500 − 1 = +10.0%"


@pytest.mark.parametrize(
    ("level", "said"), [("town", "不能单独认定一个镇"), ("nation", "不对全国")]
)
def test_a_town_or_a_nation_gets_no_verdict_of_a_county(root, level, said):
    path = root / "data" / "raw" / "small" / "area.toml"
    path.write_text(path.read_text("utf-8").replace("rules =", f'level = "{level}"\nrules ='))
    run = make_run(root)
    save(
        run,
        "county_verdict",
        [
            {
                "dimension": "overall",
                "stage": "all",
                "verdict": "not_met",
                "met": 1,
                "not_met": 1,
                "undetermined": 0,
            }
        ],
    )
    found = rows(headlines.headlines(run)).loc["verdict.overall.all"]

    assert said in found["sentence_zh"]
    assert "县域总体结论" not in found["sentence_zh"]


def test_a_decision_names_the_headline_that_says_how_it_was_computed(step):
    decided = step["decisions"].set_index("decision")

    assert decided.loc["use_spare_seats", "item"] in rows(step).index


def test_a_date_that_is_past_is_said_to_be_past(run):
    # the base year is 2025: 2025 itself can no longer be met, 2026 can
    assert _when(run, 2025.0) == "原应 2025 年前办理，尽快补办"
    assert _when(run, 2026.0) == "最迟 2026 年"
    assert _when(run, float("nan")) == ""


def test_of_several_population_bases_the_norm_is_said_for_residents(run):
    # by hand: 1000 residents x 80 / 1000 = 80 seats; 400 urban residents would make 32
    rows_of = []
    compared = []
    for basis, persons in (("urban_resident", 400.0), ("resident", 1000.0), ("registered", 1300.0)):
        common = {"level": "county", "area_id": "990000", "stage": "primary", "basis": basis}
        rows_of.append(
            {
                **common,
                "year": 2025,
                "persons": persons,
                "seats_per_thousand": 80.0,
                "seats": persons * 0.08,
                "norm_source": "x",
            }
        )
        compared.append(
            {
                **common,
                "school_year": 2025,
                "population_year": 2025,
                "norm_seats": persons * 0.08,
                "forecast": False,
                "sentence": "x",
            }
        )
    save(run, "norm_demand", rows_of)
    save(run, "norm_comparison", compared)
    found = rows(headlines.headlines(run)).loc["norm_seats.primary"]

    assert found["value"] == 80
    assert "2025 年常住人口 1,000 人" in found["sentence_zh"]
    assert json.loads(found["trace"])["formula_zh"].startswith("1,000 ÷ 1000 × 80 = 80（")
    run.save(headlines.headlines(run))


def test_births_that_fell_say_when_and_ask_before_more_is_approved(run):
    # 800 - 1000 = -20 %; born in 2024, in grade 1 from 2030 on
    born = {"town_id": "990000", "month": 0, "basis": "resident"}
    save(
        run,
        "births",
        [
            {**born, "year": 2023, "births": 1000.0},
            {**born, "year": 2024, "births": 800.0},
        ],
    )
    step = headlines.headlines(run)
    decided = step["decisions"].set_index("decision")
    run.save(step)
    (when,) = [a for a in answers(run) if a.topic == "when"]

    assert "2030 学年后" in decided.loc["check_births_first", "sentence_zh"]
    assert [e.big for e in when.entries if e.item == "births_change"] == ["2024 年出生 −20.0%"]


@pytest.mark.parametrize(
    ("value", "big"),
    [
        (0.0, "2030学年几乎肯定不缺（缺的概率小于 1%）"),
        (0.35, "2030学年缺学位的概率 35%"),
        (1.0, "2030学年几乎肯定会缺（概率大于 99%）"),
    ],
)
def test_simulated_futures_make_nothing_certain(run, value, big):
    from analysis.briefing.answers import _chance

    assert _chance(run, {"value": value, "school_year": 2030}) == big


def test_a_demand_never_stands_as_a_shortage(run):
    # the seats of town 2 are not known: the county cannot be said, town 1 is short of 500
    rows_of = gap_rows()
    for row in rows_of:
        if row["area_id"] != "990001":
            for name in ("seats_available", "shortage", "surplus", "utilisation_rate"):
                row[name] = None
    save(run, "seat_gap", rows_of)
    demand = {"level": "county", "area_id": "990000", "scenario": "central", "stage": "primary"}
    needed = {"pupils": 2000.0, "lower80": 1900.0, "upper80": 2100.0, "method": "cohort"}
    save(run, "seat_demand", [{**demand, **needed, "school_year": 2030}])
    step = headlines.headlines(run)
    run.save(step)
    (answer,) = [a for a in answers(run) if a.topic == "short"]

    (entry,) = answer.entries
    assert entry.big == "小学 无法计算"
    assert entry.nothing  # not in red
    assert "已知 1 个镇共缺 500、余 0，1 个镇的学位未知" in entry.said
