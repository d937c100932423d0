"""Headlines: which numbers page one says, and in which order."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from analysis.briefing.headline_numbers import summary
from analysis.findings import headlines
from analysis.findings.headlines.item import places_of
from tests.briefing.conftest import save

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
