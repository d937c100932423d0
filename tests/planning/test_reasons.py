"""Why a project is in, what lost against it and by how much, why a shortage remains: by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.planning.chosen import chosen_projects
from analysis.planning.explain import (
    alternatives,
    binding_reason,
    given_up,
    reason_for,
    regrets,
)
from analysis.planning.instance import Budget
from analysis.planning.reasons import residual_rows, with_reasons
from analysis.planning.rows import candidate_rows, project_rows
from analysis.planning.state import State
from analysis.planning.triggers import Trigger
from analysis.tables import contract

from .small import BASE, counts_of, option, problem
from .test_measures import site

#: 160 pupils for 100 seats in the years 2 and 3 of four.
PEAK = {"central": [[100, 160, 160, 100]]}
ROOM = option("room", "temporary", {0: 30.0}, 100.0, (0, 1), lead_years=1, life_years=2, most=4)
WING = option(
    "wing", "expansion", {0: 40.0}, 900.0, (0, 1), lead_years=1, life_years=50, residual_share=1.0
)


def state_of(given, **started):
    return State(given.instance, counts_of(given, **started))


# ---- alternatives


def test_alternatives_by_hand():
    border = option("border", "catchment", {0: 20.0}, 0.0, (0, 1), most=2)
    smaller = option("less", "smaller_classes", {0: 25.0}, 0.0, (0,))
    closing = option("close", "merger", {0: 60.0}, 0.0, (0,))
    given = problem(lines=PEAK, options=[ROOM, WING, border, smaller, closing])
    state = state_of(given, room=(0, 2))
    project = chosen_projects(given.instance, state.counts)[0]
    found = {a.code: a for a in alternatives(state, project)}

    assert set(found) == {"nothing", "wait", "catchment", "expansion"}
    # rooms for 200 save 60 seats in two years at 10: 1 200
    assert (found["nothing"].extra, found["nothing"].seat_years) == (1000, 120)
    assert found["nothing"].option is None
    # a year later: the first peak year stays short by 60; the last has 60 spare
    assert found["wait"].extra == 60 * 10 + 60
    assert found["wait"].seat_years == 60
    # three units of 20 come closest to 60, of which two are allowed: 20 short in each peak year,
    # and, started in the second year, 40 spare in the last
    assert found["catchment"].extra == 2 * 20 * 10 + 40 - 200
    assert found["catchment"].feasible
    # two wings would be needed, one is allowed: 40 of 60; started a year later is dearer
    wing = found["expansion"]
    # capital 900 less 47/50 of it; 20 short in two years; in the last year 40 spare and stranded
    assert wing.extra == pytest.approx(900 - 900 * 47 / 50 + 400 + 40 + 200 - 200)
    assert wing.seat_years == 40


def test_a_feasible_alternative_goes_before_a_cheaper_one_that_is_barred():
    cheap = option("cheap", "expansion", {0: 60.0}, 10.0, (0,), lead_years=1)
    dear = option("dear", "expansion", {0: 60.0}, 50.0, (0,), lead_years=1)
    funds = Budget(("a",), np.array([[200.0, 0, 0, 0]]), np.ones(4))
    barred = replace(cheap, source="a", capital_cny=250.0)
    free = replace(dear, capital_cny=200.0)
    given = problem(lines=PEAK, options=[ROOM, barred, free], budget=funds)
    state = state_of(given, room=(0, 2))
    project = chosen_projects(given.instance, state.counts)[0]
    found = {a.code: a for a in alternatives(state, project)}

    assert given.instance.options[found["expansion"].option].option_id == "dear"
    assert found["expansion"].feasible


def test_regret_counts_only_the_futures_in_which_the_alternative_is_cheaper():
    given = problem(lines=PEAK, options=[ROOM])
    state = state_of(given, room=(0, 2))
    project = chosen_projects(given.instance, state.counts)[0]
    calm = np.full((1, 4, 1), 100.0)
    futures = np.concatenate([given.instance.demand, calm], axis=2)
    mean, high = regrets(state, tuple(project.moves_away), futures)

    # without need the rooms waste 200 and 60 spare seats in two years: 320, in half of the futures
    assert mean == 160
    assert high == pytest.approx(0.95 * 320)


# ---- shortages that remain


def test_binding_reasons_by_hand():
    late = option("late", "new_build", {0: 30.0}, 10.0, (0,), lead_years=3)
    land = option("land", "new_build", {0: 30.0}, 10.0, (2,), lead_years=1)
    given = problem(lines=PEAK, options=[])
    assert binding_reason(state_of(given), 0, 1).code == "no_candidate"
    given = problem(lines=PEAK, options=[late])
    found = binding_reason(state_of(given), 0, 1)
    # starts in 2026, three years: open in 2029
    assert (found.code, found.values) == ("lead_time", {"option": 0, "year": 2029})
    given = problem(lines=PEAK, options=[late, land])
    found = binding_reason(state_of(given), 0, 1)
    # one year of work would be in time, but it may start in 2028 only
    assert (found.code, found.values) == ("land", {"option": 1, "year": 2028})
    given = problem(lines=PEAK, options=[replace(ROOM, most=1)])
    found = binding_reason(state_of(given, room=(0, 1)), 0, 1)
    assert (found.code, found.values) == ("size_cap", {"option": 0})
    dear = replace(ROOM, capital_cny=5000.0)
    found = binding_reason(state_of(problem(lines=PEAK, options=[dear])), 0, 1)
    # 5 000 for 30 seats in two years at 10
    assert (found.code, found.values) == ("not_worth", {"option": 0, "extra": 4400.0})


def test_money_is_the_reason_if_the_measure_would_pay():
    funds = Budget(("a",), np.array([[60.0, 0, 0, 0]]), np.ones(4))
    given = problem(lines=PEAK, options=[ROOM], budget=funds)
    found = binding_reason(state_of(given), 0, 1)

    assert (found.code, found.values) == ("budget", {"option": 0, "missing": 40.0})
    dear = replace(ROOM, capital_cny=5000.0)
    found = binding_reason(state_of(problem(lines=PEAK, options=[dear], budget=funds)), 0, 1)
    # it would not pay, but nothing else is there and money bars it
    assert (found.code, found.values["missing"]) == ("budget", 4940.0)


def test_reasons_of_a_county_without_an_offer():
    lines = {"central": [[160] * 4]}
    far = problem(lines=lines, beyond={0: 7.5})
    found = reason_for(far, state_of(far), 0, 1, only_here=False)
    assert (found.code, found.values) == ("travel", {"km": 7.5, "limit_km": 5.0})
    full = problem(lines=lines, sites=[site("P1", room_for=0.0), site("P2", room_for=0.0)])
    assert reason_for(full, state_of(full), 0, 1, only_here=False).code == "size_cap"
    unsaid = problem(lines=lines, sites=[site("P1", room_for=0.0, limit="unknown")])
    assert reason_for(unsaid, state_of(unsaid), 0, 1, only_here=False).code == "no_candidate"
    none = problem(lines=lines)
    assert reason_for(none, state_of(none), 0, 1, only_here=False).code == "no_candidate"


def test_a_shortage_of_one_scenario_alone_says_so():
    dear = replace(ROOM, capital_cny=5000.0)
    given = problem(lines=PEAK, options=[dear])

    assert reason_for(given, state_of(given), 0, 1, only_here=True).code == "scenario"
    assert reason_for(given, state_of(given), 0, 1, only_here=False).code == "not_worth"


def test_residual_rows_by_hand():
    lines = {"low": [[90, 100, 100.4, 90]], "central": [[100, 130.5, 100, 90]]}
    given = problem(lines=lines, options=[replace(ROOM, capital_cny=5000.0)])
    table = residual_rows(given, state_of(given), "low")

    # less than half a seat is nobody's shortage
    assert table[["scenario", "school_year", "shortage", "reason"]].to_numpy().tolist() == [
        ["central", 2027, 30.5, "scenario"]
    ]
    said = table.iloc[0]
    assert "甲镇小学 2027 学年" in said["reason_zh"] and "措施room" in said["reason_zh"]
    assert "Measure room" in said["reason_en"]
    own = residual_rows(given, state_of(given), "central")
    assert own["reason"].tolist() == ["not_worth"]
    full = residual_rows(given, state_of(given, room=(0, 1)), "central")
    # 30 rooms of the 30.5: half a seat short is still said
    assert full["shortage"].tolist() == [0.5]


def test_a_shortage_made_by_lending_says_to_what():
    # 110 pupils for 120 seats; the junior stage borrows 45 of them and leaves 75: 35 short
    lines = {"central": [[110] * 4, [140] * 4]}
    share = option("share", "shared_campus", {0: -45.0, 1: 45.0}, 1.0, (0, 1))
    zones = (("A", "primary"), ("A", "junior"))
    seats = [[120] * 4, [100] * 4]
    given = problem(lines=lines, seats=seats, options=[share], zones=zones)
    state = state_of(given, share=(0, 1))

    found = given_up(state, 0, 1, 35.0)
    assert (found.code, found.values) == ("given_up", {"option": 0, "seats": 45.0})
    # 50 short would be 5 short without it as well: lending is not the reason
    assert given_up(state, 0, 1, 50.0) is None
    # nothing is taken from the other zone, and nothing before it opens
    assert given_up(state, 1, 1, 35.0) is None
    assert given_up(state_of(given, share=(1, 1)), 0, 0, 35.0) is None


# ---- the county's list


def listed(*rows):
    base = {"project_name": "项目", "status": "candidate", "kind": "expansion"}
    base |= {"under_used": False, "tie": False, "why_zh": "原", "why_en": "as it was"}
    return contract("plan_projects").frame([base | row for row in rows])


def test_what_keeps_listed_candidates_out():
    funds = Budget(("a",), np.array([[60.0, 0, 0, 0]]), np.ones(4))
    pays = replace(ROOM, option_id="pays")
    dear = replace(ROOM, option_id="dear", capital_cny=5000.0)
    given = problem(lines=PEAK, options=[pays, dear], budget=funds)
    rows = listed(
        {"project_id": "pays"},
        {"project_id": "dear"},
        {"project_id": "late"},
        {"project_id": "desk", "kind": "equipment"},
        {"project_id": "vague"},
        {"project_id": "name", "status": "named"},
    )
    found = with_reasons(given, state_of(given), rows, ["vague"]).set_index("project_id")

    # 600 saved for 100, but only 60 are there
    assert "资金不足" in found.loc["pays", "why_zh"]
    assert "would lower the expected cost" in found.loc["pays", "why_en"]
    # 5 000 for 600: not for want of money
    assert "总成本期望增加" in found.loc["dear", "why_zh"]
    assert "不能开工" in found.loc["late", "why_zh"]
    assert found.loc[["desk", "vague", "name"], "why_zh"].tolist() == ["原"] * 3


# ---- rows of the tables


def spending(*rows):
    base = {"year": BASE + 1, "funding_source": "县"}
    return contract("plan_spending").frame([base | row for row in rows])


def guard_row(project_id, use, scenario="central"):
    return {
        "project_id": project_id,
        "scenario": scenario,
        "peak_year": 2027,
        "use_peak": 1.0,
        "plus5_year": 2029,
        "use_plus5": use,
        "plus10_year": 2029,
        "use_plus10": use,
    }


def test_project_rows_by_hand():
    details = {
        "classes": 6,
        "floor_area_m2": 100.0,
        "site_area_m2": float("nan"),
        "school_id": "P1",
        "town_id": "A",
        "stage": "primary",
        "status": "proposed",
    }
    wing = replace(WING, most=2, details={**WING.details, **details})
    own = replace(ROOM, details={**ROOM.details, "responsible": "某局"})
    committed = [
        {
            "project_id": "C",
            "project_name": "在建",
            "kind": "expansion",
            "status": "committed",
            "cost_cny": 500.0,
        }
    ]
    given = problem(lines=PEAK, options=[wing, own], committed=committed)
    state = state_of(given, wing=(0, 2), room=(1, 1))
    projects = chosen_projects(given.instance, state.counts)
    money = spending(
        {"project_id": "wing", "cost_low_cny": 1500, "cost_mid_cny": 1800, "cost_high_cny": 2500},
        {"project_id": "C", "cost_low_cny": 450, "cost_mid_cny": 500, "cost_high_cny": 550},
    )
    guards = contract("plan_guard").frame(
        [
            guard_row("wing", 0.69),
            guard_row("wing", 0.2, "low"),
            guard_row("room", 0.1),
            guard_row("C", 0.7),
        ]
    )
    table, compared = project_rows(
        given, state, projects, spending=money, guard=guards, triggers={}, scenario="central"
    )
    rows = table.set_index("project_id")

    # two units of six classes and 100 m2
    assert rows.loc["wing", ["classes", "floor_area_m2", "seats"]].tolist() == [12, 200, 80]
    assert np.isnan(rows.loc["wing", "site_area_m2"])
    assert rows.loc["wing", ["start_year", "finish_year"]].tolist() == [2026, 2027]
    assert rows.loc["wing", ["cost_low_cny", "cost_mid_cny", "cost_high_cny"]].tolist() == [
        1500,
        1800,
        2500,
    ]
    assert rows.loc["wing", "funding_source"] == "县"
    # nothing spent: a measure without cost is free, not unknown
    assert rows.loc["room", "cost_mid_cny"] == 0
    assert rows.loc["wing", "responsible"] == "教育局、住房和城乡建设局"
    assert rows.loc["room", "responsible"] == "某局"
    # under 70 % of use is a flag on buildings only; exactly 70 % is none
    assert rows["under_used"].to_dict() == {"wing": True, "room": False, "C": False}
    assert "69%" in rows.loc["wing", "why_zh"]
    assert "69%" in rows.loc["wing", "why_en"]
    # committed: as stated, without rank or price year
    assert rows.loc["C", ["status", "cost_low_cny"]].tolist() == ["committed", 450]
    assert np.isnan(rows.loc["C", "rank"])
    assert sorted(rows["rank"].dropna()) == [1, 2]
    assert set(compared["project_id"]) == {"wing", "room"}
    # the wing would not be open in 2027 if it started a year later: 80 more seats short
    assert rows.loc["wing", "wait_seat_years"] == 60


def test_the_year_of_need_is_one_in_which_the_project_stands():
    lines = {"central": [[180, 100, 100, 150]]}
    late = option("late", "expansion", {0: 50.0}, 10.0, (2,), lead_years=1)
    given = problem(lines=lines, options=[late])
    state = state_of(given, late=(2, 1))
    table, _ = project_rows(
        given,
        state,
        chosen_projects(given.instance, state.counts),
        spending=spending(),
        guard=contract("plan_guard").empty(),
        triggers={},
        scenario="central",
    )

    # 80 short in 2026, but it opens in 2029, when 50 are
    assert "2029 学年按中方案需要 150 个学位" in table.loc[0, "why_zh"]
    assert "缺 50 个" in table.loc[0, "why_zh"]
    assert "没有模拟路径" in table.loc[0, "trigger_zh"]
    assert table.loc[0, "gain_cny"] == 500 - 10
    assert not table.loc[0, "tie"]


def test_a_project_against_risk_alone_says_so():
    lines = {"central": [[100, 100, 100, 100]], "high": [[140] * 4]}
    given = problem(lines=lines, options=[replace(WING, starts=(0,))])
    state = state_of(given, wing=(0, 1))
    table, _ = project_rows(
        given,
        state,
        chosen_projects(given.instance, state.counts),
        spending=spending(),
        guard=contract("plan_guard").empty(),
        triggers={},
        scenario="central",
    )

    assert "按中方案不缺学位" in table.loc[0, "why_zh"]
    assert "2026 年即须启动" in table.loc[0, "trigger_zh"]


@pytest.mark.parametrize(
    ("decision", "words"),
    [("trigger", "达到 420 人时才"), ("build", "几乎所有"), ("unclear", "没有可靠的观察值")],
)
def test_triggers_in_words(decision, words):
    given = problem(lines=PEAK, options=[ROOM])
    state = state_of(given, room=(1, 1))
    trigger = Trigger(0, 0, 420.0, 0.6, 1e6, decision, 120, 120, 0.9, 0.7)
    table, _ = project_rows(
        given,
        state,
        chosen_projects(given.instance, state.counts),
        spending=spending(),
        guard=contract("plan_guard").empty(),
        triggers={"room": trigger},
        scenario="central",
    )
    said = table.loc[0, "trigger_zh"]

    assert words in said
    assert "2026 学年甲镇一年级" in said and "2027 年" in said
    assert ("90%" in said) == (decision == "trigger")
    assert "70%" in said


def test_candidate_rows_count_one_unit():
    nine = option("nine", "new_build", {0: 800.0, 1: 450.0}, 9e6, (1, 2), lead_years=2, most=3)
    low = replace(nine, details={**nine.details, "cost_low": 7e6, "cost_high": 12e6})
    given = problem(
        zones=(("A", "primary"), ("A", "junior")),
        seats=((100.0,) * 4, (100.0,) * 4),
        options=[low, replace(ROOM, life_years=99)],
    )
    rows = candidate_rows(given, counts_of(given, nine=(1, 2))).set_index("project_id")

    row = rows.loc["nine"]
    assert row[["seats", "seats_primary", "seats_junior"]].tolist() == [1250, 800, 450]
    assert row[["cost_low_cny", "cost_mid_cny", "cost_high_cny"]].tolist() == [7e6, 9e6, 12e6]
    # starts in 2027, two years of work
    assert row[["first_start_year", "first_open_year"]].tolist() == [2027, 2029]
    assert (row["units_most"], row["units_chosen"], row["chosen"]) == (3, 2, True)
    assert np.isnan(row["life_years"])
    assert rows.loc["room", ["life_years", "units_chosen", "chosen"]].tolist() == [99, 0, False]
    assert rows.loc["room", "cost_low_cny"] == 100
    assert pd.isna(row["land_year"])
