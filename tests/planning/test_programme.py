"""The integer programme piece by piece: what is reachable, in which steps, what a piece costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.planning import costs, model, programme
from analysis.planning.instance import Budget

from .small import counts_of, option, problem

WING = option(
    "wing",
    "expansion",
    {0: 40.0},
    900.0,
    (0, 1),
    lead_years=1,
    life_years=50,
    most=2,
    residual_share=1.0,
)
BORDER = option("border", "catchment", {0: 30.0, 1: -30.0}, 0.0, (0,), most=3)
ROOMS = option("rooms", "temporary", {1: 50.0}, 100.0, (1,), life_years=2)
TWO = {"zones": (("A", "primary"), ("B", "primary")), "seats": ((100.0,) * 4, (200.0,) * 4)}


def instance_of(*options, **more):
    return problem(options=options, **(TWO | more)).instance


def test_reach_by_hand():
    least, most = programme.reach(instance_of(WING, BORDER, ROOMS))

    # A: 90 by the border at once, 80 by two wings from the second year
    assert most[0].tolist() == [190, 270, 270, 270]
    assert least[0].tolist() == [100] * 4
    # B: 90 less; 50 more in the second and third year
    assert least[1].tolist() == [110] * 4
    assert most[1].tolist() == [200, 250, 250, 200]


def test_steps_are_common_divisors():
    given = instance_of(WING, BORDER, ROOMS)
    # 40 and 30; 30 and 50
    assert programme.steps(given).tolist() == [10, 10]
    odd = replace(WING, effects={0: 40.5})
    assert programme.steps(instance_of(odd)).tolist() == [0, 0]


def test_reachable_values():
    bends = np.array([105.0, 125.0, 260.0])
    # steps of 40 from 100, never below zero seats
    assert programme.reachable(100, 60, 180, 40, bends).tolist() == [60, 100, 140, 180]
    assert programme.reachable(30, -50, 110, 40, bends).tolist() == [30, 70, 110]
    # without a step, the bends inside
    assert programme.reachable(100, 90, 200, 0, bends).tolist() == [90, 105, 125, 200]
    assert programme.reachable(100, 100, 100, 0, bends).tolist() == [100]
    # too many steps: the bends again
    assert len(programme.reachable(0, 0, 400, 1, bends)) == 401
    assert programme.reachable(0, 0, 401, 1, bends).tolist() == [0, 105, 125, 260, 401]


def test_pieces_of_the_same_slope_are_one():
    points = np.array([0.0, 10.0, 20.0, 40.0])

    assert programme.convex_pieces(points, np.array([40.0, 20.0, 0.0, 20.0])) == [
        (20.0, -2.0),
        (20.0, 1.0),
    ]


def test_interchangeable_measures_are_one_class():
    twin = replace(WING, option_id="twin", most=3)
    needed = replace(WING, option_id="needed")
    after = replace(WING, option_id="after", requires="needed")
    grouped = replace(WING, option_id="grouped", group="g")
    classes = programme.classes_of(instance_of(WING, twin, needed, after, grouped))

    assert [c.members for c in classes] == [(0, 1), (2,), (3,), (4,)]
    assert classes[0].most == 5


@pytest.mark.parametrize("stranded_built", [True, False])
@pytest.mark.parametrize(
    "plan", [{}, {"wing": (0, 2)}, {"border": (0, 3)}, {"wing": (1, 1), "border": (0, 1)}]
)
def test_programme_costs_what_the_plan_costs(stranded_built, plan):
    demand = np.random.default_rng(3).integers(60, 260, (2, 4, 5)).astype(float)
    given = problem(options=(WING, BORDER, ROOMS), planning=demand, **TWO)
    instance = replace(given.instance, stranded_built=stranded_built)
    counts = counts_of(given, **plan)
    built = programme.build(instance)
    values = np.array(model._as_solution(instance, built, counts).col_value)
    worth = built.columns.offset + programme.MONEY_UNIT * (np.array(built.columns.cost) @ values)

    assert worth == pytest.approx(costs.objective(instance, counts))
    # every row holds
    columns = built.columns
    rows = np.zeros(len(columns.row_low))
    np.add.at(rows, columns.rows, np.array(columns.values) * values[columns.places])
    assert (rows >= np.array(columns.row_low) - 1e-9).all()
    assert (rows <= np.array(columns.row_high) + 1e-9).all()


def test_stranded_pieces_count_buildings_alone():
    demand = np.full((2, 4, 1), 110.0)
    given = problem(options=(WING, BORDER), planning=demand, **TWO)
    built = programme.build(given.instance)
    low, pieces = built.pieces[0, 4]

    # A has 100 seats, 110 are needed: of 80 built ones the first 10 are not stranded; steps of 40:
    # the first wing strands 30 of 40 at 5, the second 40
    assert low == 100
    assert [width for _, width in pieces] == [40, 40]
    cost = [built.columns.cost[column] * programme.MONEY_UNIT for column, _ in pieces]
    assert cost == pytest.approx([5 * 30 / 40, 5.0])
    assert (1, 4) not in built.pieces


def test_budget_rows_by_hand():
    tied = replace(WING, option_id="tied", source="a")
    free = replace(WING, option_id="free")
    funds = Budget(("a", "b"), np.array([[1e4, 2e4, 0, 0], [3e4, 0, 0, 0]]), np.full(4, 2.0))
    carried = model.solve(instance_of(free, tied, budget=funds))
    assert carried.counts.sum() == 0
    without = programme.build(instance_of(budget=None))
    assert without.columns.row_low == []
    # untied alone: one row a year in which something may be paid, all funds added up
    built = programme.build(instance_of(free, budget=funds))
    limits = [h for h in built.columns.row_high if h in (4.0, 6.0)]
    # 10 000 + 30 000 in the first year, 60 000 by the second
    assert limits == [4.0, 6.0]
    strict = programme.build(instance_of(free, budget=replace(funds, carry_over=False)))
    assert [h for h in strict.columns.row_high if h in (4.0, 2.0)][-2:] == [4.0, 2.0]
