"""Instance documents: what is refused, and with which words; what comes out."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest

from analysis.errors import ParameterError
from analysis.planning import parse_document, solve_instance

from . import checker
from .random_instances import document

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plan-instance.md"


def example():
    found = re.search(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def broken(change):
    given = copy.deepcopy(example())
    change(given)
    return given


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.pop("years"), "years"),
        (lambda d: d.update(years=[2026, 2028, 2029]), "years: must follow one another"),
        (lambda d: d.update(colour="red"), "colour"),
        (lambda d: d["seats"].pop(), "seats: no row for town 'A', 'primary', 2028"),
        (lambda d: d["seats"].append(d["seats"][0]), "seats: town 'A', 'primary', 2026 is given"),
        (lambda d: d["demand"][0].update(seats="440"), "demand.0.seats"),
        (lambda d: d["demand"][0].update(scenario="middle"), "demand of scenario 'low'"),
        (lambda d: d["demand"].append({**d["demand"][0], "scenario": "x"}), "'x' is not in"),
        (lambda d: d["scenarios"][0].update(probability=0.4), "probabilities add up to 0.9"),
        (lambda d: d["projects"][0]["effects"][0].update(town="B"), "projects[0] (rooms).effects"),
        (lambda d: d["projects"][0].update(requires="hall"), "no project 'hall'"),
        (lambda d: d["projects"][0].update(requires="rooms"), "cannot require itself"),
        (lambda d: d["projects"][0].update(source="bank"), "no budget of 'bank'"),
        (lambda d: d["projects"][0].update(first_start=2028, last_start=2026), "is after"),
        (lambda d: d["projects"].append(d["projects"][0]), "projects: 'rooms' is given twice"),
        (lambda d: d["projects"][0].update(capital_cny=-1), "capital_cny"),
        (lambda d: d["projects"][0].update(capital_cny=float("nan")), "not JSON"),
        (lambda d: d["budgets"][0].update(year=2040), "year 2040"),
        (lambda d: d["weights"][0].update(stage="junior"), "weights: none for stage 'primary'"),
        (lambda d: d.update(price_index=[1.0]), "price_index: 1 values for 3 years"),
        (lambda d: d.update(version=2), "version"),
        (lambda d: d["projects"][0].update(capital_cny=1e300), "projects.0.capital_cny"),
        (lambda d: d["projects"][0].update(running_cny=-1e14), "projects.0.running_cny"),
        (lambda d: d["seats"][0].update(seats=2e7), "seats.0.seats"),
        (lambda d: d["projects"][0]["effects"][0].update(seats=-2e7), "projects.0.effects.0.seats"),
    ],
)
def test_wrong_documents_are_refused_with_the_field(change, words):
    with pytest.raises(ParameterError) as error:
        solve_instance(broken(change))

    assert words in str(error.value)


def test_the_example_of_the_page_by_hand():
    plan = solve_instance(example())

    # 2027: 480 or 540 for 450 seats, 2028: 450 or 520. A unit of 45 seats costs 160 000 and saves,
    # in 2027, (30 + 45) / 2 = 37.5 at 10 000 with 7.5 spare at 720, and in 2028 22.5 with 22.5
    # spare: it pays; so does the second: 22.5 and 12.5 seats for 160 000; a third would save
    # nothing and exceed the 400 000
    (project,) = plan["projects"]
    assert (project["id"], project["units"], project["start_year"]) == ("rooms", 2, 2026)
    assert checker.check(example(), plan) == []
    assert plan["status"] == "optimal"
    reasons = {(r["year"], r["scenario"]): r["reason"] for r in plan["shortages"]}
    assert reasons[2026, "high"] == "lead_time"


def test_projects_that_cannot_open_are_left_out_with_what_needs_them():
    given = broken(lambda d: d["projects"][0].update(lead_years=9))
    given["projects"].append(
        {**given["projects"][0], "id": "second", "lead_years": 0, "requires": "rooms"}
    )
    plan = solve_instance(given)

    assert plan["projects"] == []
    # nine years of work from 2026: open in 2035; nothing starts that does not open, so the second,
    # which needs the first, is not to be had earlier
    assert {row["reason"] for row in plan["shortages"]} == {"lead_time"}
    assert {row["detail"]["year"] for row in plan["shortages"]} == {2035}


def test_what_stands_for_ever_keeps_its_value():
    given = example()
    given["projects"][0] |= {"residual_share": 1.0, "max_units": 1}
    given["projects"][0].pop("life_years")
    plan = solve_instance(given)

    # 160 000 paid and 160 000 left, whatever the years in use
    assert plan["objective"]["residual"] == -160_000
    given["projects"][0]["life_years"] = 4
    # open in 2027 and 2028: half of it
    assert solve_instance(given)["objective"]["residual"] == -80_000


@pytest.mark.parametrize(
    "change",
    [
        {"max_units": 0},
        {"requires": "closed"},
        {"last_start": 2020},
    ],
)
def test_projects_that_a_limit_bars_are_named_as_that(change):
    given = example()
    given["projects"][0] |= change
    rooms = {
        **example()["projects"][0],
        "effects": [{"town": "A", "stage": "primary", "seats": -1}],
    }
    given["projects"] += [
        {**rooms, "id": "closed", "max_units": 0},
    ]
    plan = solve_instance(given)

    assert {row["reason"] for row in plan["shortages"]} == {"size_cap"}
    assert {row["detail"]["option"] for row in plan["shortages"]} == {"rooms"}


def test_without_any_project_nothing_could_add_seats():
    plan = solve_instance(broken(lambda d: d.update(projects=[])))

    assert {row["reason"] for row in plan["shortages"]} == {"no_candidate"}
    # what takes seats away is no candidate either
    taking = broken(lambda d: d["projects"][0]["effects"][0].update(seats=-45))
    assert {r["reason"] for r in solve_instance(taking)["shortages"]} == {"no_candidate"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"years": [2026], "years": [2027]}', "'years' stands twice"),
        (b"[1, 2]", "not a JSON object"),
        (b"{'years'", "not JSON"),
        (b"\xff\xfe{", "not JSON"),
    ],
)
def test_text_that_is_no_document_is_refused_with_its_place(content, words):
    with pytest.raises(ParameterError, match=re.escape(words)):
        parse_document(content)


def test_a_byte_order_mark_is_read_over():
    text = json.dumps(example()).encode("utf-8-sig")

    assert parse_document(text) == example()


def test_a_fault_in_a_row_is_not_called_an_empty_list():
    with pytest.raises(ParameterError) as error:
        solve_instance(broken(lambda d: d["weights"][0].update(shortage_cny=-1)))

    assert "weights.0.shortage_cny" in str(error.value)
    assert "at least 1 item" not in str(error.value)
    with pytest.raises(ParameterError, match=r"weights: .*at least 1 item"):
        solve_instance(broken(lambda d: d.update(weights=[])))


def test_checker_finds_a_plan_that_was_tampered_with():
    plan = solve_instance(example())
    worse = copy.deepcopy(plan)
    worse["projects"][0]["units"] = 3

    said = checker.check(example(), worse)
    assert any("seats" in line for line in said)
    assert any("funds" in line or "overspent" in line for line in said)


def test_time_limit_still_gives_a_plan_with_its_gap():
    given = document(3)
    given["limits"] = {"gap": 0.0, "nodes": 0, "seconds": 0.000001}
    plan = solve_instance(given)

    assert checker.check(given, plan) == []
    assert plan["status"] in {"optimal", "time_limit", "node_limit", "stopped"}


def test_money_is_told_in_base_prices_and_in_money_of_the_day():
    # prices rise by a tenth a year: what costs 100 in 2026 costs 110 in 2027 and 121 in 2028
    given = copy.deepcopy(example())
    given["price_index"] = [1.0, 1.1, 1.21]
    solved = solve_instance(given)

    years = solved["money"]["by_year"]
    assert [row["year"] for row in years] == given["years"]
    assert any(row["base_prices_cny"] > 0 for row in years)
    for row, index in zip(years, given["price_index"], strict=True):
        expected = row["base_prices_cny"] * index
        assert row["money_of_the_day_cny"] == pytest.approx(expected)
