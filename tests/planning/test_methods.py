"""Other methods, norms and weights, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.planning.chosen import chosen_projects
from analysis.planning.methods import compare, norm_seats, other_plans, single_future_plan
from analysis.planning.norm import latest_norm, norm_notes, usual_norm
from analysis.planning.sensitivity import regret_quantile, reweighted, sensitivity_rows
from analysis.tables import Tables, contract

from .small import counts_of, option, problem

ROOM = option(
    "room",
    "temporary",
    {0: 30.0},
    100.0,
    (0, 1),
    lead_years=1,
    life_years=2,
    most=4,
    travel_cny=3.0,
    churn_cny=5.0,
)
PEAK = {"central": [[100, 160, 160, 100]], "high": [[100, 190, 190, 100]]}


def norm_row(area, stage, seats, *, basis="resident", year=2023, level="town", persons=1000.0):
    return {
        "level": level,
        "area_id": area,
        "stage": stage,
        "basis": basis,
        "year": year,
        "persons": persons,
        "seats_per_thousand": 80.0,
        "seats": seats,
    }


def norms(*rows):
    return Tables({"norm_demand": contract("norm_demand").frame(list(rows))})


def test_norm_seats_of_towns_and_of_the_county():
    given = problem(
        zones=(("A", "primary"), ("B", "primary"), ("B", "junior")),
        seats=((100.0,) * 4,) * 3,
        lines={"central": [[30] * 4, [90] * 4, [50] * 4]},
    )
    town = norms(norm_row("A", "primary", 80), norm_row("B", "primary", 60))
    # no norm for junior seats anywhere: no plan by the norm
    assert norm_seats(given, town) is None
    whole = norms(
        norm_row("A", "primary", 80),
        norm_row("C", "primary", 400, level="county"),
        norm_row("C", "junior", 70, level="county"),
    )
    found = norm_seats(given, whole)
    # A its own; B's share of the county's 400 by demand: 90 of 120; junior is B's alone
    assert found.tolist() == [[80] * 4, [300] * 4, [70] * 4]
    assert norm_seats(given, Tables({})) is None


def test_the_best_and_latest_norm_is_used():
    rows = [
        norm_row("A", "primary", 10, basis="registered", year=2024),
        norm_row("A", "primary", 20, basis="resident", year=2020),
        norm_row("A", "primary", 30, basis="resident", year=2023),
    ]

    assert usual_norm(norms(*rows))["seats"].tolist() == [30]
    assert usual_norm(norms(rows[0]))["seats"].tolist() == [10]
    assert latest_norm(norms(*rows), "unstated").empty


def test_norm_notes_take_the_county_or_add_the_towns_up():
    rows = [norm_row(t, "primary", n, persons=n * 10.0) for t, n in (("A", 80.0), ("B", 40.0))]
    (note,) = norm_notes(norms(*rows))
    assert (note.values["primary"], note.values["persons"]) == ("120", "1,200")
    county = norm_row("C", "primary", 500.0, level="county")
    (note,) = norm_notes(norms(*rows, county))
    assert note.values["primary"] == "500"
    # urban residents beside residents; the registered population only without residents
    more = [
        norm_row("C", "primary", 300.0, basis="urban_resident", level="county"),
        norm_row("C", "primary", 900.0, basis="registered", level="county"),
    ]
    assert [n.values["primary"] for n in norm_notes(norms(county, *more))] == ["500", "300"]
    assert [n.values["primary"] for n in norm_notes(norms(*more))] == ["300", "900"]


def test_every_method_plans_with_the_same_measures():
    given = problem(lines=PEAK, options=[ROOM])
    plans = other_plans(given, norms(norm_row("A", "primary", 130)), "central")

    assert set(plans) == {"central_only", "greedy", "nothing", "norm_only"}
    # 60 short in the central line: two units of 30 for 100 each
    assert plans["central_only"].sum() == 2
    assert plans["greedy"].sum() == 2
    assert plans["nothing"].sum() == 0
    # the norm asks 130 in every year: 30 more from the year it can be open, two starts of one unit
    assert plans["norm_only"].sum() == 2
    assert "norm_only" not in other_plans(given, Tables({}), "central")
    # an unknown scenario: the mean of the futures, 175, so 75 short: three units
    assert other_plans(given, Tables({}), "none")["greedy"].sum() == 3
    certain = single_future_plan(given.instance, np.array([[100.0, 190.0, 190.0, 100.0]]))
    assert certain.sum() == 3


def test_comparison_counts_seats_of_buildings_only():
    border = option("border", "catchment", {0: 20.0}, 0.0, (0,))
    given = problem(lines=PEAK, options=[ROOM, border])
    plans = {"robust": counts_of(given, room=(0, 2), border=(0, 1))}
    row = compare(given.instance, plans, given.instance.demand).iloc[0]

    assert (row["projects"], row["seats"], row["capital_cny"]) == (2, 60, 200)
    # 180 seats in the peak years against 160 and 190: 20 short in two years of one of two futures
    assert row["expected_shortage"] == 10
    # 20 spare in the first and last year of both, 20 in two years of one
    assert row["expected_spare"] == 60
    assert (row["regret95_cny"], row["cost_ratio"], row["futures"]) == (0, 1, 2)
    other = compare(given.instance, {"greedy": plans["robust"]}, given.instance.demand)
    assert np.isnan(other.loc[0, "cost_ratio"])


def test_one_weight_changes_and_nothing_else():
    given = problem(lines=PEAK, options=[ROOM]).instance
    dearer = reweighted(given, "shortage", 2.0)

    assert dearer.weights.shortage.tolist() == [20.0]
    assert dearer.weights.stranded.tolist() == [5.0]
    assert reweighted(given, "stranded", 0.5).weights.stranded.tolist() == [2.5]
    far = reweighted(given, "travel", 2.0)
    assert (far.options[0].travel_cny, far.options[0].churn_cny) == (6.0, 5.0)
    assert reweighted(given, "churn", 0.5).options[0].churn_cny == 2.5
    assert far.weights == given.weights


def test_sensitivity_by_hand():
    # 60 seats for 800 + 2 x 2 x 3 of travel + 2 x 5 of churn save 60 short seats in two years at
    # 10: 1 200; at half the weight 600
    dear = replace(ROOM, capital_cny=400.0)
    given = problem(lines=PEAK, options=[dear])
    plan = counts_of(given, room=(0, 2))
    nothing = counts_of(given)
    projects = chosen_projects(given.instance, plan)
    plans = {"robust": plan, "nothing": nothing}
    table = sensitivity_rows(given.instance, projects, plans, given.instance.demand)
    rows = table.set_index(["weight", "factor"])

    assert list(rows.index) == [
        (w, f) for w in ("churn", "shortage", "stranded", "travel") for f in (0.5, 2.0)
    ]
    # at half the weight the rooms cost 800 + 22 and save 600
    assert rows.loc[("shortage", 0.5), ["projects", "projects_kept"]].tolist() == [1, 0]
    assert rows.loc[("shortage", 0.5), "dropped"] == "room"
    assert rows.loc[("shortage", 0.5), "cheapest"] == "nothing"
    assert rows.loc[("shortage", 0.5), "lowest_regret"] == "nothing"
    assert rows.loc[("shortage", 2.0), ["projects_kept", "cheapest"]].tolist() == [1, "robust"]
    # doing nothing: 60 and 90 short in two years at 20: 2 400 and 3 600; with the rooms 822 and
    # 822 + 60 x 20
    assert rows.loc[("shortage", 2.0), "next_ratio"] == pytest.approx(3000 / (822 + 600))
    assert rows.loc[("travel", 2.0), "next_ratio"] == pytest.approx(1500 / (822 + 12 + 300))


def test_regret_is_against_the_cheapest_in_each_future():
    found = regret_quantile({"a": np.array([1.0, 9.0]), "b": np.array([3.0, 5.0])})

    # a: 0 and 4; b: 2 and 0; 95 % of the way from the lower to the higher
    assert found == {"a": pytest.approx(3.8), "b": pytest.approx(1.9)}


def test_a_tie_between_methods_is_ours():
    given = problem(lines=PEAK, options=[ROOM])
    plan = counts_of(given, room=(0, 2))
    # the other name comes first, and by the alphabet too
    plans = {"greedy": plan, "robust": plan}
    table = sensitivity_rows(given.instance, [], plans, given.instance.demand)

    assert set(table["cheapest"]) == set(table["lowest_regret"]) == {"robust"}
