"""What must hold of every plan: money adds up, more of it never harms, order changes nothing."""

from __future__ import annotations

import copy
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import standards
from analysis.errors import ParameterError
from analysis.planning import building_plan, parse_document, plan_changes, solve_instance
from analysis.tables import Tables, contract

from . import checker
from .counties import BASE_YEAR, county
from .random_instances import document

RULES = standards.load("national_2017")
MANY = settings(max_examples=60, deadline=None)

texts = st.text(max_size=6)
numbers = st.one_of(st.integers(-(10**9), 10**9), st.booleans(), st.none(), st.floats(-1e6, 1e6))
values = st.recursive(
    st.one_of(texts, numbers),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)


@pytest.mark.holds("planning.parse_document")
@MANY
@given(st.dictionaries(texts, values, max_size=4), st.booleans(), st.booleans())
def test_what_was_written_is_read_whatever_the_spacing_and_no_name_twice(given_values, mark, wide):
    text = json.dumps(given_values, ensure_ascii=not wide, indent=2 if wide else None)
    content = text.encode("utf-8-sig" if mark else "utf-8")

    assert parse_document(content) == given_values

    for name, value in given_values.items():
        again = f"{json.dumps(name)}: {json.dumps(value)}"
        inside = f'{{"a": [{{{again}, {again}}}]}}'
        with pytest.raises(ParameterError, match="stands twice"):
            parse_document(inside.encode())


plans = st.dictionaries(
    st.sampled_from("abcd"),
    st.tuples(
        st.one_of(st.none(), st.integers(0, 2)),
        st.one_of(st.none(), st.integers(2027, 2028)),
        st.one_of(st.none(), st.integers(0, 2)),
    ),
)


def plan_of(projects, order=None):
    rows = [
        {
            "project_id": name,
            "project_name": name,
            "kind": "other",
            "status": "proposed",
            "under_used": False,
            "tie": False,
            "seats": seats,
            "finish_year": finish,
            "cost_mid_cny": cost,
        }
        for name, (seats, finish, cost) in projects.items()
    ]
    table = contract("plan_projects").frame(rows)
    return table if order is None else table.iloc[order]


@pytest.mark.holds("planning.plan_changes")
@settings(max_examples=12, deadline=None)
@given(plans, plans, st.randoms(use_true_random=False))
def test_every_project_is_compared_once_and_looking_back_swaps_new_and_dropped(now, before, random):
    order = random.sample(range(len(now)), len(now))

    table = plan_changes(plan_of(now, order), plan_of(before))["plan_changes"]
    back = plan_changes(plan_of(before), plan_of(now))["plan_changes"]

    if not before:
        assert table.empty
        return
    change = dict(zip(table["project_id"], table["change"], strict=True))
    assert change == {
        name: "new"
        if name not in before
        else "dropped"
        if name not in now
        else ("same" if now[name] == before[name] else "changed")
        for name in {*now, *before}
    }
    if now:
        swapped = {"new": "dropped", "dropped": "new"}
        assert dict(zip(back["project_id"], back["change"], strict=True)) == {
            name: swapped.get(word, word) for name, word in change.items()
        }
        for left, right in (("seats_now", "seats_before"), ("cost_now_cny", "cost_before_cny")):
            assert table[left].tolist() == pytest.approx(back[right].tolist(), nan_ok=True)
    same = plan_changes(plan_of(before), plan_of(before))["plan_changes"]
    assert set(same["change"]) == {"same"}


@pytest.mark.holds("planning.solve_instance")
@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False), st.sampled_from([2, 8]))
def test_a_plan_stands_scales_with_money_and_gains_by_funds(seed, random, times):
    given_instance = document(seed)
    plan = solve_instance(given_instance)
    total = plan["objective"]["total"]
    slack = 1.0 + 1e-6 * abs(total)
    assert checker.check(given_instance, plan) == []

    mixed = copy.deepcopy(given_instance)
    for name in ("seats", "demand", "projects", "scenarios"):
        random.shuffle(mixed[name])
    dearer = copy.deepcopy(given_instance)
    priced = [*dearer["projects"], *dearer["weights"], *dearer.get("budgets", ())]
    for row in priced:
        row |= {key: value * times for key, value in row.items() if key.endswith("_cny")}
    rich = copy.deepcopy(given_instance)
    rich.pop("budgets", None)
    rich.pop("price_index", None)
    nothing = given_instance | {"projects": []}

    if plan["status"] == "optimal":
        assert solve_instance(mixed)["objective"]["total"] == pytest.approx(total, abs=slack)
        scaled = solve_instance(dearer)["objective"]["total"]
        assert scaled == pytest.approx(total * times, abs=slack * times)
        assert total <= solve_instance(nothing)["objective"]["total"] + slack
        assert solve_instance(rich)["objective"]["total"] <= total + slack
    # whoever is short of seats is short by exactly what is asked for and not there
    built = {(r["town"], r["stage"], r["year"]): r["seats"] for r in plan["seats"]}
    plain = {(r["town"], r["stage"], r["year"]): r["seats"] for r in given_instance["seats"]}
    effects = {p["id"]: p["effects"] for p in given_instance["projects"]}
    if not plan["projects"]:
        assert built == plain
    touched = {(e["town"], e["stage"]) for row in plan["projects"] for e in effects[row["id"]]}
    for key, seats in built.items():
        assert seats == plain[key] or key[:2] in touched


@pytest.mark.holds("planning.building_plan")
@settings(max_examples=2, deadline=None)
@given(st.integers(0, 50), st.sampled_from([1.0, 1.3]), st.randoms(use_true_random=False))
def test_money_adds_up_by_year_source_and_project_whatever_the_order_of_rows(
    seed, tightness, random
):
    tables = county(
        towns=1, schools_each=1, horizon=3, paths=4, seed=seed, tightness=tightness, funds=2e6
    )
    mixed = Tables(
        {
            name: table.sample(frac=1, random_state=random.randrange(1000)).reset_index(drop=True)
            for name, table in tables.items()
        }
    )
    options = {"rules": RULES, "base_year": BASE_YEAR, "plan_years": 3, "horizon_years": 3}

    plan, again = (building_plan(each, area="450000", **options) for each in (tables, mixed))

    for name, table in plan.tables.items():
        pd.testing.assert_frame_equal(table, again[name])
    money = plan["plan_money"].set_index("year")
    sources = plan["plan_money_sources"]
    for column in ("cost_low_cny", "cost_mid_cny", "cost_high_cny"):
        spent = plan["plan_spending"].groupby("year")[column].sum()
        expected = spent.reindex(money.index, fill_value=0.0).to_numpy(float)
        assert money[column].to_numpy(float) == pytest.approx(expected)
    for column in ("funds_cny", "cost_mid_cny"):
        by_year = sources.groupby("year")[column].sum().reindex(money.index, fill_value=0.0)
        assert by_year.to_numpy(float) == pytest.approx(money[column].to_numpy(float))
    # what a source has left is what it was given less what it has paid, never below nought
    for _, own in sources.groupby("funding_source"):
        left = (own["funds_cny"] - own["cost_mid_cny"]).cumsum()
        assert own["carried_cny"].to_numpy(float) == pytest.approx(left.to_numpy(float))
        assert (left >= -1e-6).all()
        assert not own["over_spent"].any()
    parts = plan["plan_objective"].set_index("part")
    for column in ("value_cny", "nothing_cny"):
        assert parts[column].drop("total").sum() == pytest.approx(parts.loc["total", column])
    assert parts.loc["total", "value_cny"] <= parts.loc["total", "nothing_cny"] + 1.0
    use = plan["plan_use"]
    assert (use["seats_used"] <= use["seats"] + 1e-6).all()
    assert np.isfinite(plan["plan_residuals"]["shortage"]).all()
