"""The cheapest path: equals brute force on small cases, and turns the engine's verdict."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from analysis import standards
from analysis.errors import InfeasiblePlanError
from analysis.indicators.cheapest import solve
from analysis.indicators.measures import Problem
from analysis.indicators.milp import Model
from analysis.indicators.passing import judged
from analysis.indicators.path import apply_path, pass_path, path_actions
from analysis.standards import Norm
from tests.indicators import plain
from tests.indicators.conftest import YEAR, County, assessed_rows_of

RULES = standards.load("national_2017")
EXACT = 1e-9


def priced(**prices: float):
    """Return the national rules with some prices of our own."""
    norms = [Norm(name=k, value=v, source="test", grade="local") for k, v in prices.items()]
    return RULES.overridden(norms)


def problem(county, rules=RULES, years=1):
    rows = assessed_rows_of(county, rules)
    return Problem(rows[rows["in_scope"]], rules, years)


def uneven(shares, pupils=1000):
    """Return a county of primary schools that differ in multimedia rooms alone."""
    county = County()
    for place, share in enumerate(shares):
        county.plain(f"A{place}", pupils, (2,) * 6 + (1,))
        county.facilities[-1]["multimedia_rooms"] = share
    return county


def passes(schools):
    """Plain second opinion: [(pupils, seven amounts)] of primary schools."""
    for pupils, amounts in schools:
        values = [f * a / pupils for f, a in zip(plain.FACTORS, amounts, strict=True)]
        if plain.school_verdict(values, "primary") != "met":
            return False
    pupils = [n for n, _ in schools]
    return all(plain.cv([a[k] for _, a in schools], pupils) <= 0.5 + 1e-9 for k in range(7))


@pytest.mark.parametrize("seed", range(12))
def test_rooms_equal_brute_force(seed):
    # multimedia rooms only: three schools, each may get 0 to 14 rooms; both rules bind in turn
    random = np.random.default_rng(seed)
    rooms = [float(v) for v in random.integers(2, 40, 3)]
    pupils = [float(v) for v in random.integers(4, 9, 3) * 100]
    county = County()
    for place in range(3):
        county.plain(f"A{place}", pupils[place] * 10, (2,) * 7)
        county.enrolment[-1]["pupils"] = pupils[place]
        county.facilities[-1]["multimedia_rooms"] = rooms[place]
    amounts = [
        [r[k] for k in ("above_required_qualification", "backbone", "pe_and_arts")]
        + [f[k] for k in ("teaching_area_m2", "sports_ground_m2", "equipment_cny")]
        for r, f in zip(county.teachers, county.facilities, strict=True)
    ]
    best = min(
        (
            sum(added)
            for added in itertools.product(range(15), repeat=3)
            if passes([(pupils[i], [*amounts[i], rooms[i] + added[i]]) for i in range(3)])
        ),
        default=None,
    )

    found = solve(problem(county, priced(cost_multimedia_room=1.0)), gap=0.0)

    assert best is not None
    assert found.cost == pytest.approx(best)
    assert found.bound == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_teachers_by_post_training_or_rotation_equal_brute_force(seed):
    # backbone teachers of two schools of 1000: post 5, training 2 (as far as staff goes), move 1
    random = np.random.default_rng(seed)
    counts = [int(v) for v in random.integers(4, 18, 2)]
    staff = [counts[0] + int(random.integers(0, 3)), counts[1] + int(random.integers(0, 3))]
    county = County().plain("A", 1000, (1.1,) * 7).plain("B", 1000, (1.1,) * 7)
    for row, backbone, full_time in zip(county.teachers, counts, staff, strict=True):
        row |= {"backbone": backbone, "full_time": full_time, "pe_and_arts": 12}
        row["above_required_qualification"] = 50
    for row in county.facilities:
        row["multimedia_rooms"] = 30
    rules = priced(cost_teacher_post=5.0, cost_backbone_training=2.0, cost_teacher_rotation=1.0)

    def cost(moved, trained, posts):
        return abs(moved) * 1 + sum(trained) * 2 + sum(posts) * 5

    best = float("inf")
    for moved in range(-counts[1], counts[0] + 1):
        for trained in itertools.product(
            *(range(s - c + 1) for s, c in zip(staff, counts, strict=True))
        ):
            for posts in itertools.product(range(8), repeat=2):
                after = [
                    counts[0] - moved + trained[0] + posts[0],
                    counts[1] + moved + trained[1] + posts[1],
                ]
                # every other indicator is met, so backbone may stand at 85 % of one per hundred
                if min(after) >= 8.5 and plain.cv(after, [1000, 1000]) <= 0.5:
                    best = min(best, cost(moved, trained, posts))

    found = solve(problem(county, rules), gap=0.0)

    assert found.cost == pytest.approx(best)


def test_six_of_seven_is_used_where_it_saves():
    # L4 and L5 both at 90 %: closing the sports area is cheaper, the teaching area may stay
    county = County().plain("A", 1000, (1, 1, 1, 0.9, 0.9, 1, 1)).plain("B", 1000)

    path = solve(problem(county), gap=0.0)

    assert [(m.indicator, q * m.lot) for m, q in path.steps] == [("L5", 750.0)]
    assert path.cost == pytest.approx(750 * RULES.value("cost_sports_area_m2"))


def test_a_cv_alone_is_brought_within_its_limit():
    # 23 and 160 rooms at 1000 pupils: CV = 68.5 / 91.5 = 0.749. Adding a rooms to the poorer:
    # (160 - 23 - a) / (183 + a) <= 0.5 -> a >= 30.33
    county = uneven((23.0, 160.0))

    path = solve(problem(county), gap=0.0)

    assert [(m.indicator, m.school_id, q) for m, q in path.steps] == [("L7", "A0", 31.0)]


def judge(tables, rules=RULES):
    return judged(tables, rules, YEAR)


def test_applying_the_path_turns_the_verdict_of_both_stages():
    random = np.random.default_rng(3)
    county = County()
    for place in range(6):
        shares = tuple(random.uniform(0.6, 2.2, 7).round(2))
        county.plain(f"P{place}", 1000, (1,) * 7, classes=30)
        for name, share in zip(
            ("above_required_qualification", "backbone", "pe_and_arts"), shares, strict=False
        ):
            county.teachers[-1][name] = round(county.teachers[-1][name] * share)
        county.teachers[-1]["full_time"] = 70
        county.facilities[-1]["teaching_area_m2"] *= shares[3]
        county.facilities[-1]["sports_ground_m2"] *= shares[4] ** 3
        county.facilities[-1]["multimedia_rooms"] = round(23 * shares[6])
    for name, pupils in (("N", {1: 600, 7: 400}), ("M", {1: 500, 7: 700})):
        county.school(name, "nine_year", pupils=pupils, classes=20)
        county.staff(name, "primary", 20, 4, 3, full_time=40)
        county.staff(name, "junior", 20, 3, 5, full_time=35)
        county.rooms(name, 4000.0, 6000.0, 2_000_000.0, 20)
    tables = county.tables()
    rows = assessed_rows_of(county, RULES)
    rows = rows[rows["in_scope"]]
    assert judge(tables) == {"primary": "not_met", "junior": "not_met"}

    actions, status = pass_path(tables, rows, RULES, school_year=YEAR, years=5, judge=judge)
    changed = apply_path(tables, actions, YEAR)

    assert judge(changed) == {"primary": "met", "junior": "met"}
    after = status[status["item"] == "verdict_after"]["text"]
    assert set(after) == {"met"}
    # every change is listed: the rows' costs are the path's cost
    whole = status.loc[status["item"] == "cost_all", "value"].iloc[0]
    assert actions["cost_cny"].sum() == pytest.approx(whole)
    assert (actions["quantity"] > 0).all()
    rotated = actions[actions["measure"] == "rotation"]
    assert (rotated["from_school_id"] != rotated["school_id"]).all()


def test_a_county_that_passes_needs_nothing():
    county = County().plain("A", 1000).plain("B", 1000)
    rows = assessed_rows_of(county, RULES)

    actions, status = pass_path(
        county.tables(), rows, RULES, school_year=YEAR, years=5, judge=judge
    )

    assert actions.empty
    assert status.set_index("item").loc["outcome", "text"] == "already"


def test_unknown_resources_are_left_out_and_the_verdict_stays_undetermined():
    county = County().plain("A", 1000, (1, 1, 1, 0.5, 1, 1, 1)).plain("B", 1000)
    county.facilities[1]["equipment_cny"] = None
    rows = assessed_rows_of(county, RULES)

    _, status = pass_path(county.tables(), rows, RULES, school_year=YEAR, years=1, judge=judge)

    assert status.set_index("item").loc["verdict_after", "text"] == "undetermined"


def test_rules_without_a_school_test_have_no_path():
    county = County().plain("A", 1000).plain("B", 1000)
    rules = standards.load("national_2012")
    rows = assessed_rows_of(county, rules)

    actions, status = pass_path(
        county.tables(), rows, rules, school_year=YEAR, years=1, judge=judge
    )

    assert actions.empty
    assert status.empty


def test_model_solves_and_refuses():
    # min 2x + 3y, x + y >= 3.5, whole, x <= 2: x = 2, y = 2
    model = Model()
    x = model.variable(2.0, 2.0, whole=True)
    y = model.variable(3.0, 9.0, whole=True)
    model.at_least({x: 1.0, y: 1.0}, 3.5)
    values, cost, _ = model.solve()
    assert values.tolist() == pytest.approx([2, 2])
    assert cost == pytest.approx(10)
    assert model.solve(relaxed=True)[1] == pytest.approx(2 * 2 + 3 * 1.5)
    model.at_least({x: -1.0, y: -1.0}, -3.0)
    with pytest.raises(InfeasiblePlanError, match="No path"):
        model.solve()


def test_costs_in_the_millions_come_back_as_given():
    # inside, costs are divided so that the dearest is 1000; at least 2.5 units of 2 million: 3
    model = Model()
    x = model.variable(2_000_000.0, 9.0, whole=True)
    model.at_least({x: 1.0}, 2.5)

    _, cost, bound = model.solve()

    assert (cost, bound) == pytest.approx((6_000_000, 6_000_000))
    assert model.solve(relaxed=True)[1:] == pytest.approx((5_000_000, 5_000_000))


def test_same_problem_same_path():
    county = uneven((5.0, 160.0, 30.0, 44.0))

    first, second = (solve(problem(county)) for _ in range(2))

    assert first.steps == second.steps
    assert first.cost == second.cost
    assert isinstance(path_actions(problem(county), first, YEAR), pd.DataFrame)
