"""Money, land and tasks by hand: who pays what when, what is missing, who does what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.planning.chosen import chosen_projects
from analysis.planning.finance import money_tables, project_spending
from analysis.planning.instance import Budget
from analysis.planning.parameters import Parameters
from analysis.planning.phasing import land_rows, phasing_rows
from analysis.planning.problem import (
    committed_projects,
    committed_spending,
    offered,
    read_budget,
    weights,
)
from analysis.tables import Tables, contract

from .small import BASE, RULES, counts_of, option, problem
from .test_measures import setting_of, site

WORK = option(
    "work",
    "expansion",
    {0: 30.0},
    1000.0,
    (0, 1),
    lead_years=2,
    most=3,
    details={"cost_low": 800.0, "cost_high": 1500.0},
)


def spent(given, **started):
    plan = counts_of(given, **started)
    return project_spending(given, given.instance, chosen_projects(given.instance, plan))


def test_spending_over_the_years_of_work_with_each_index():
    given = problem(options=[WORK])
    table = spent(given, work=(0, 2)).set_index("year")

    # two units over two years: 1 000 a year at 1.02 and 1.02^2; low without a rise, high at 4 %
    assert table["cost_mid_cny"].tolist() == [1020, 1040]
    assert table["cost_low_cny"].tolist() == [800, 800]
    assert table["cost_high_cny"].tolist() == [1560, 1622]
    # no funds are declared
    assert set(table["funding_source"]) == {"—"}


def test_sources_pay_in_order_and_what_is_missing_has_none():
    funds = Budget(("a", "b"), np.array([[500.0, 0, 0, 0], [300.0, 0, 0, 0]]), np.ones(4))
    given = problem(options=[replace(WORK, lead_years=1)], budget=funds)
    table = spent(given, work=(0, 1)).set_index("funding_source")

    # 1 020 in 2026: 500 from a, 300 from b, 220 from nobody
    assert table["cost_mid_cny"].to_dict() == {"a": 500, "b": 300, "—": 220}
    # the range is shared in the same proportion: 800 x 500 / 1 020
    assert table.loc["a", "cost_low_cny"] == round(800 * 500 / 1020)


def test_a_source_that_has_nothing_left_pays_nothing():
    funds = Budget(("a", "b"), np.array([[0.0, 0, 0, 0], [5000.0, 0, 0, 0]]), np.ones(4))
    given = problem(options=[replace(WORK, lead_years=1)], budget=funds)

    assert spent(given, work=(0, 1))["funding_source"].tolist() == ["b"]


def test_a_little_rounding_is_nobodys_gap():
    funds = Budget(("a",), np.array([[920.0, 0, 0, 0]]), np.ones(4))
    given = problem(options=[replace(WORK, lead_years=1)], budget=funds)

    # 1 020 against 920: 100 yuan are rounding
    assert spent(given, work=(0, 1))["funding_source"].tolist() == ["a"]
    poorer = replace(funds, funds=np.array([[919.0, 0, 0, 0]]))
    given = problem(options=[replace(WORK, lead_years=1)], budget=poorer)
    assert sorted(spent(given, work=(0, 1))["funding_source"]) == ["a", "—"]


def test_money_a_source_keeps_for_its_own_later_work_is_not_free():
    tied = replace(WORK, option_id="tied", source="a", lead_years=1, capital_cny=400.0)
    funds = Budget(("a",), np.array([[1000.0, 0, 0, 0]]), np.ones(4))
    given = problem(options=[replace(WORK, lead_years=1), tied], budget=funds)
    table = spent(given, work=(0, 1), tied=(1, 1)).set_index(["project_id", "funding_source"])

    # a has 1 000 in 2026 and needs 400 in 2027 for its own: 600 are free for the other's 1 020
    assert table.loc[("work", "a"), "cost_mid_cny"] == 600
    assert table.loc[("work", "—"), "cost_mid_cny"] == 420
    # 400 of the base year at 1.02^2
    assert table.loc[("tied", "a"), "cost_mid_cny"] == 416
    # without carry-over the money of 2026 is gone in 2027, so all of it is free in 2026
    strict = replace(funds, carry_over=False)
    given = problem(options=[replace(WORK, lead_years=1), tied], budget=strict)
    table = spent(given, work=(0, 1), tied=(1, 1)).set_index(["project_id", "funding_source"])
    assert table.loc[("work", "a"), "cost_mid_cny"] == 1000


def test_committed_years_ahead_may_cost_a_tenth_more_or_less():
    rows = [
        {"project_id": "C", "year": BASE, "funding_source": "县", "cost_cny": 1000.4},
        {"project_id": "C", "year": BASE + 1, "funding_source": None, "cost_cny": 1000.0},
    ]
    table = spent(problem(options=[WORK], spending=rows)).set_index("year")

    costs = ["cost_low_cny", "cost_mid_cny", "cost_high_cny"]
    assert table.loc[BASE, costs].tolist() == [1000, 1000, 1000]
    assert table.loc[BASE + 1, costs].tolist() == [900, 1000, 1100]
    assert table["funding_source"].tolist() == ["县", "—"]


def test_a_measure_without_capital_spends_nothing():
    free = option("free", "catchment", {0: 30.0}, 0.0, (0,))

    assert spent(problem(options=[free]), free=(0, 1)).empty


def test_money_by_year_by_hand():
    funds = Budget(("a",), np.array([[300.0, 300.0, 0, 0]]), np.ones(4))
    lines = {"central": [[90, 100, 120, 130]], "high": [[100, 130, 120, 150]]}
    given = problem(
        lines=lines,
        options=[replace(WORK, lead_years=1, life_years=2)],
        budget=funds,
        funds=np.array([[300.0, 300.0, 0.0, 0.0]]),
        spending=[
            {"project_id": "C", "year": BASE, "funding_source": "a", "cost_cny": 50.0},
            {"project_id": "C", "year": BASE + 1, "funding_source": "a", "cost_cny": 700.0},
        ],
    )
    plan = counts_of(given, work=(0, 1))
    spending = spent(given, work=(0, 1))
    result = money_tables(given, given.instance, plan, spending)
    money = result["plan_money"].set_index("year")

    # what was spent before the plan has no gap; in 2026 the committed project alone takes 700 of
    # 300, and the rest of 1 020 has no source at all
    assert money.loc[BASE, "cost_mid_cny"] == 50
    sources = result["plan_money_sources"].set_index(["funding_source", "year"])
    assert sources.loc[("a", 2026), ["funds_cny", "over_spent"]].tolist() == [300, True]
    # what is beyond the funds is no debt of the next year: 300 are left in 2027
    assert sources.loc[("a", 2027), "carried_cny"] == 300
    assert sources.loc[("a", 2029), "carried_cny"] == 300
    short = -sources.loc[("a", 2026), "carried_cny"]
    short -= sources.loc[("—", 2026), "carried_cny"]
    assert money.loc[2026, "gap_cny"] == pytest.approx(short)
    assert money.loc[2027, "gap_cny"] == 0
    assert money.loc[2026, "funds_cny"] == 300
    # spare: 2026 10 or 0; 2027 with 30 more 30 or 0; 2028 10 and 10; 2029 none
    assert money.loc[[2026, 2027, 2028, 2029], "spare_seats"].tolist() == [5, 15, 10, 0]
    # without the plan 2027 has none: 15 are its own
    assert money.loc[[2026, 2027, 2028], "spare_seats_added"].tolist() == [0, 15, 10]
    # 720 of 2023 at 2 %
    assert money.loc[2027, "spare_cost_cny"] == pytest.approx(15 * 720 * 1.02**2)
    assert money.loc[2027, "price_index"] == pytest.approx(1.02**2)
    assert set(money["price_year"]) == {BASE}
    # nothing is spent in the last years: nought, which is known
    costs = ["cost_low_cny", "cost_mid_cny", "cost_high_cny"]
    assert money.loc[[2028, 2029], costs].to_numpy().tolist() == [[0, 0, 0]] * 2


def test_without_carry_over_nothing_is_left_for_the_next_year():
    funds = Budget(("a",), np.array([[300.0, 300.0, 0, 0]]), np.ones(4), carry_over=False)
    given = problem(options=[WORK], budget=funds, funds=np.array([[300.0, 300.0, 0.0, 0.0]]))
    result = money_tables(given, given.instance, counts_of(given), spent(given))
    sources = result["plan_money_sources"].set_index("year")

    assert sources["carried_cny"].tolist() == [300, 300, 0, 0]
    assert not sources["over_spent"].any()


def test_without_funds_there_is_no_gap_to_speak_of():
    given = problem(options=[WORK])
    result = money_tables(given, given.instance, counts_of(given), spent(given))

    assert result["plan_money"][["funds_cny", "gap_cny"]].isna().all().all()
    assert result["plan_money_sources"].empty


# ---- committed projects and funds


def test_committed_cost_over_its_years():
    parameters = Parameters(RULES, Tables({}), BASE)
    rows = pd.DataFrame(
        [
            {"project_id": "A", "cost_cny": 900.0, "start_year": 2025, "finish_year": 2028},
            {"project_id": "B", "cost_cny": 600.0, "start_year": np.nan, "finish_year": 2028},
            {"project_id": "C", "cost_cny": 500.0, "start_year": 2027, "finish_year": 2027},
            {"project_id": "D", "cost_cny": np.nan, "start_year": 2027, "finish_year": 2028},
            {"project_id": "E", "cost_cny": 500.0, "start_year": 2027, "finish_year": np.nan},
            {"project_id": "F", "cost_cny": 70.0, "start_year": np.nan, "finish_year": 2028},
        ]
    ).assign(kind=["new_build", "new_build", "other", "other", "other", "other"])
    table = committed_spending(rows.assign(funding_source="县"), parameters)
    by_year = {
        name: dict(zip(group["year"], group["cost_cny"], strict=True))
        for name, group in table.groupby("project_id")
    }

    # A: 2025 to 2027; B: three years of building before 2028; C: opens as it starts; F: a year
    assert by_year == {
        "A": {2025: 300, 2026: 300, 2027: 300},
        "B": {2025: 200, 2026: 200, 2027: 200},
        "C": {2027: 500},
        "F": {2027: 70},
    }


def test_projects_finished_by_the_base_year_are_no_more_committed():
    base = {"project_name": "x", "kind": "other", "status": "committed"}
    rows = contract("projects").frame(
        [
            base | {"project_id": "done", "finish_year": 2025},
            base | {"project_id": "open", "finish_year": 2026},
            base | {"project_id": "unsaid"},
            base | {"project_id": "wish", "status": "candidate", "finish_year": 2027},
        ]
    )
    found = committed_projects(Tables({"projects": rows}), BASE)

    assert found["project_id"].tolist() == ["open", "unsaid"]


def funds_of(*rows):
    frame = contract("finance").frame(
        [{"funding_source": s, "year": y, "amount_cny": a} for s, y, a in rows]
    )
    return Tables({"finance": frame})


def committed(*rows):
    columns = ["project_id", "year", "funding_source", "cost_cny"]
    return pd.DataFrame([("C", *row) for row in rows], columns=columns)


def test_what_committed_projects_leave_of_the_funds():
    parameters = Parameters(RULES, Tables({}), BASE)
    years = (2026, 2027, 2028)
    tables = funds_of(
        ("b", 2026, 100.0),
        ("a", 2026, 200.0),
        ("a", 2027, 50.0),
        ("a", 2040, 1.0),
        ("a", 2028, None),
    )
    used = committed((2026, "a", 230.0), (2027, "a", 10.0), (2026, "nobody", 5.0), (2030, "a", 9.0))
    budget, declared = read_budget(tables, years, parameters, used)

    assert budget.sources == ("a", "b")
    assert declared.tolist() == [[200, 50, 0], [100, 0, 0]]
    # a: 200 - 230 - 5 = -35 in 2026 counts as nothing; then 50 - 10 less the 35: 5 in 2027
    assert budget.funds.tolist() == [[0, 5, 0], [100, 0, 0]]
    assert budget.index.tolist() == pytest.approx([1.02, 1.02**2, 1.02**3])
    assert budget.carry_over
    own = contract("assumptions").frame(
        [{"assumption": "budget_carry_over", "scenario": "central", "value": 0.0}]
    )
    strict = Parameters(RULES, Tables({"assumptions": own}), BASE)
    budget, _ = read_budget(tables, years, strict, used)
    # year by year: nothing, then 50 - 10
    assert budget.funds.tolist() == [[0, 40, 0], [100, 0, 0]]
    assert not budget.carry_over
    assert read_budget(funds_of(("a", 2040, 1.0)), years, parameters, used) == (None, None)


def test_a_stranded_seat_costs_what_is_left_of_a_new_one():
    setting = setting_of()
    found = weights(setting.futures, setting.parameters)

    assert found.shortage.tolist() == [10_000] * 3
    assert found.spare.tolist() == pytest.approx([940 * 1.02**2, 720 * 1.02**2, 720 * 1.02**2])
    # ten years, half of them open on average, of a life of 50: 90 % is left
    price = 4927 * 1.02**4
    assert found.stranded[1] == pytest.approx(0.9 * 4.5 / 0.544 * price)
    assert found.stranded[0] == pytest.approx(0.9 * 5.8 / 0.544 * price)
    assert found.discount_rate == 0.04


def test_what_the_county_lists_is_not_offered_twice():
    rows = contract("projects").frame(
        [
            {
                "project_id": "P1",
                "project_name": "扩建",
                "kind": "expansion",
                "status": "candidate",
                "school_id": "P1",
                "town_id": "A",
                "stage": "primary",
                "seats": 90,
            },
            {
                "project_id": "P2",
                "project_name": "新校",
                "kind": "new_build",
                "status": "committed",
                "town_id": "B",
                "stage": "primary",
                "seats": 540,
                "finish_year": 2028,
            },
        ]
    )
    sites = (site("P1"), site("P2"), site("J1", stage="junior"))
    options, _ = offered(setting_of(*sites), Tables({"projects": rows}))
    names = [o.option_id for o in options]

    assert "P1" in names and "X-P1-primary" not in names
    assert "X-P2-primary" in names
    # B has a site for a new primary school, built or not
    assert not [n for n in names if n.startswith("N-B")]
    assert [n for n in names if n.startswith("N-A")]
    # no-build measures come first, buildings last
    kinds = list(dict.fromkeys(o.kind for o in options))
    assert kinds.index("conversion") < kinds.index("temporary") < kinds.index("expansion")
    assert kinds[-1] == "new_build"


# ---- land and tasks


def planned(**more):
    base = {
        "project_id": "N",
        "project_name": "新校",
        "kind": "new_build",
        "status": "proposed",
        "town_id": "A",
        "classes": 12.0,
        "seats": 540.0,
        "site_area_m2": 8000.0,
        "start_year": 2027.0,
        "finish_year": 2029.0,
        "under_used": False,
        "tie": False,
    }
    return base | more


def frame_of(*rows):
    return contract("plan_projects").frame(list(rows))


def test_land_to_reserve_by_hand():
    known = option("N", "new_build", details={"land_year": 2027.0})
    late = option("L", "new_build", details={"land_year": 2028.0})
    given = problem(options=[known, late, option("U", "new_build")])
    rows = land_rows(
        given,
        frame_of(
            planned(),
            planned(project_id="L"),
            planned(project_id="U"),
            planned(project_id="C", status="committed"),
            planned(project_id="X", kind="expansion"),
            planned(project_id="Z", site_area_m2=0.0),
        ),
    ).set_index("project_id")

    assert rows["ready"].to_dict() == {"N": "ready", "L": "late", "U": "unknown", "C": "ready"}
    # 8 000 m2 / (10 000 / 15)
    assert rows.loc["N", "site_area_mu"] == pytest.approx(12)
    assert rows.loc["N", "needed_year"] == 2027


def test_tasks_by_year_by_hand():
    spending = contract("plan_spending").frame(
        [
            {"project_id": "N", "year": 2027, "funding_source": s, "cost_mid_cny": 50.0}
            | {"cost_low_cny": 50.0, "cost_high_cny": 50.0}
            for s in ("a", "b")
        ]
    )
    rows = phasing_rows(
        problem(),
        frame_of(
            planned(),
            planned(project_id="X", kind="expansion", start_year=2027.0, finish_year=2028.0),
            planned(project_id="B", kind="catchment", start_year=2027.0, finish_year=2027.0),
            planned(project_id="T", kind="temporary", start_year=2027.0, finish_year=2028.0),
            planned(project_id="U", finish_year=float("nan")),
        ),
        spending,
    )
    by_project = {
        name: list(zip(group["year"], group["task"], strict=True))
        for name, group in rows.groupby("project_id")
    }

    assert by_project["N"] == [
        (2027, "approval"),
        (2027, "construction"),
        (2027, "land"),
        (2028, "construction"),
        (2029, "equipment"),
        (2029, "opening"),
    ]
    # an expansion has its site
    assert by_project["X"] == [
        (2027, "approval"),
        (2027, "construction"),
        (2028, "equipment"),
        (2028, "opening"),
    ]
    assert by_project["B"] == [(2027, "arrangement")]
    assert by_project["T"] == [(2027, "arrangement"), (2028, "opening")]
    assert "U" not in by_project
    keyed = rows.set_index(["project_id", "year", "task"])
    assert keyed.loc[("N", 2027, "construction"), "cost_mid_cny"] == 100
    assert np.isnan(keyed.loc[("N", 2028, "construction"), "cost_mid_cny"])
    assert keyed.loc[("N", 2027, "land"), ["quantity", "unit"]].tolist() == [8000, "m²"]
    assert keyed.loc[("N", 2029, "equipment"), "quantity"] == 12
    assert keyed.loc[("N", 2029, "opening"), "quantity"] == 540
    assert keyed.loc[("N", 2027, "land"), "responsible"] == "自然资源局"


def test_measures_without_building_that_cost_money_have_their_work():
    spending = contract("plan_spending").frame(
        [
            {"project_id": "H", "year": 2027, "funding_source": "a", "cost_mid_cny": 7.0}
            | {"cost_low_cny": 7.0, "cost_high_cny": 7.0}
        ]
    )
    moved = planned(project_id="H", kind="shared_campus", start_year=2027.0, finish_year=2027.0)
    rows = phasing_rows(problem(), frame_of(moved), spending)

    # at once, so there is no opening apart from the arrangement
    assert sorted(rows["task"]) == ["arrangement", "construction"]


def test_own_work_of_two_years_takes_half_each_year():
    tied = replace(WORK, option_id="tied", source="a", lead_years=2, capital_cny=400.0)
    funds = Budget(("a",), np.array([[1000.0, 0, 0, 0]]), np.ones(4))
    given = problem(options=[replace(WORK, lead_years=1), tied], budget=funds)
    table = spent(given, work=(0, 1), tied=(1, 1)).set_index(["project_id", "funding_source"])

    # 200 in 2027 and 200 in 2028 are kept back from the 1 000 of 2026
    assert table.loc[("work", "a"), "cost_mid_cny"].sum() == 600
