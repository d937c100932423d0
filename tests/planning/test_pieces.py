"""The parts of the plan, each with numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.planning import costs, model, programme
from analysis.planning.changes import plan_changes
from analysis.planning.chosen import chosen_projects, peak_of, seats_before, seats_used
from analysis.planning.greedy import greedy_plan
from analysis.planning.guard import ranked
from analysis.planning.instance import Budget, Instance, Option, Weights, start_cost
from analysis.planning.methods import compare
from analysis.planning.state import State
from analysis.planning.triggers import best_threshold, trigger_of
from analysis.tables import contract


def one_zone(*, seats=100.0, demand=(100, 160, 160, 90), options=(), budget=None, rate=0.0):
    """Return one zone over four years and one future."""
    years = len(demand)
    return Instance(
        (("T", "primary"),),
        tuple(range(2026, 2026 + years)),
        np.full((1, years), seats),
        np.array(demand, dtype=float).reshape(1, years, 1),
        np.ones(1),
        tuple(options),
        Weights(np.array([10.0]), np.array([1.0]), np.array([5.0]), rate),
        budget,
    )


ROOMS = Option(
    "rooms", "temporary", {0: 30.0}, 200.0, (0, 1, 2), lead_years=1, life_years=2, most=2
)
HALL = Option(
    "hall", "new_build", {0: 60.0}, 1000.0, (0, 1), lead_years=2, life_years=50, residual_share=1.0
)


def counts(instance, **started):
    plan = np.zeros((len(instance.options), instance.horizon))
    names = [o.option_id for o in instance.options]
    for name, (start, units) in started.items():
        plan[names.index(name), start] = units
    return plan


def test_objective_by_hand():
    instance = one_zone(options=[ROOMS, HALL])
    # nothing: short 60 + 60 at 10 each; spare 10 in the last year at 1; nothing stranded that was
    # not there before
    parts = costs.objective_parts(instance, np.zeros((2, 4)))

    assert parts["shortage"] == 1200
    assert parts["spare"] == 10
    assert parts["stranded"] == 0
    assert parts["total"] == 1210

    # two rooms from year 0: open in the years 1 and 2, 60 seats, nothing short, 400 for the rooms
    parts = costs.objective_parts(instance, counts(instance, rooms=(0, 2)))
    assert (parts["shortage"], parts["capital"], parts["spare"]) == (0, 400, 10)

    # the hall opens in year 2 for good: 60 short in year 1; last year 160 seats for 90: 70 spare,
    # of which 60 are the plan's and stranded at 5; capital 1000 less what is left: 48/50 of it
    parts = costs.objective_parts(instance, counts(instance, hall=(0, 1)))
    assert parts["shortage"] == 600
    assert parts["spare"] == 70
    assert parts["stranded"] == 300
    assert parts["residual"] == pytest.approx(-960)


def test_later_money_counts_less():
    instance = one_zone(options=[HALL], rate=0.25)
    # 500 a year in the years 0 and 1: 500 + 500 / 1.25 = 900
    assert start_cost(instance, HALL, 0)["capital"] == pytest.approx(900)
    # started a year later: 900 / 1.25
    assert start_cost(instance, HALL, 1)["capital"] == pytest.approx(720)


def test_optimum_by_hand():
    # rooms: 400 for 1200 of shortage; the hall would cost 1000 - 960 + 300 + 60 and leave 600
    solution = model.solve(one_zone(options=[ROOMS, HALL]), limits=model.Limits(gap=0.0))

    assert solution.objective == pytest.approx(410)
    assert solution.counts[0, 0] == 2
    assert solution.counts[1].sum() == 0
    assert solution.bound == pytest.approx(410, abs=1e-6)
    assert solution.status == "optimal"


def test_no_build_measure_wins_a_tie():
    same = replace(ROOMS, option_id="border", kind="catchment")
    for options in ([ROOMS, same], [same, ROOMS]):
        instance = one_zone(options=options)
        plan = model.solve(instance, limits=model.Limits(gap=0.0))
        chosen = {p.option.kind for p in chosen_projects(instance, plan.counts)}

        assert chosen == {"catchment"}


def test_budget_rules_by_hand():
    funds = Budget(("a",), np.array([[100.0, 150.0, 0.0, 0.0]]), np.ones(4))
    instance = one_zone(options=[ROOMS], budget=funds)

    # 200 in year 0 against 100: no; in year 1 against 100 + 150: yes
    assert costs.violations(instance, counts(instance, rooms=(0, 1))) == ["budget of 2026 exceeded"]
    assert costs.violations(instance, counts(instance, rooms=(1, 1))) == []
    strict = replace(instance, budget=replace(funds, carry_over=False))
    assert costs.violations(strict, counts(instance, rooms=(1, 1))) == ["budget of 2027 exceeded"]
    dearer = replace(instance, budget=replace(funds, index=np.full(4, 1.3)))
    # 200 x 1.3 = 260 > 250
    assert costs.violations(dearer, counts(instance, rooms=(1, 1))) != []


def test_money_a_source_needs_later_is_not_free_now():
    tied = replace(ROOMS, option_id="tied", source="a")
    funds = Budget(("a", "b"), np.array([[200.0, 0, 0, 0], [0, 200.0, 0, 0]]), np.ones(4))
    instance = one_zone(options=[ROOMS, tied], budget=funds)
    both = counts(instance, rooms=(0, 1), tied=(1, 1))

    # a has 200 in year 0 and spends them on its own project in year 1: nothing is left for rooms
    assert costs.violations(instance, both) == ["budget of 2026 exceeded"]
    later = counts(instance, rooms=(1, 1), tied=(0, 1))
    assert costs.violations(instance, later) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rooms": (0, 3)}, "at most 2"),
        ({"rooms": (3, 1)}, "cannot start in 2029"),
        ({"rooms": (0, 1), "hall": (0, 1)}, "group g"),
    ],
)
def test_rules_are_named(change, words):
    grouped = [replace(ROOMS, group="g"), replace(HALL, group="g")]
    instance = one_zone(options=grouped if len(change) == 2 else [ROOMS, HALL])

    assert words in " ".join(costs.violations(instance, counts(instance, **change)))


def test_second_phase_needs_the_first():
    second = replace(HALL, option_id="second", requires="rooms")
    instance = one_zone(options=[ROOMS, second])

    assert costs.violations(instance, counts(instance, rooms=(1, 1), second=(0, 1))) == [
        "second: needs rooms first"
    ]
    assert costs.violations(instance, counts(instance, rooms=(0, 1), second=(1, 1))) == []


def test_use_fills_what_is_there_first_then_in_order_of_opening():
    options = [replace(ROOMS, life_years=50), replace(HALL, effects={0: 50.0})]
    instance = one_zone(demand=(100, 150, 170, 135), options=options)
    projects = chosen_projects(instance, counts(instance, rooms=(0, 1), hall=(0, 1)))
    used = seats_used(
        instance, projects, instance.demand[:, :, 0], seats_before(instance, projects)
    )

    # rooms open in year 1: 150 - 100 = 50, of 30 seats all; the hall in year 2: 170 - 130 = 40 of
    # 50, then 135 - 130 = 5
    assert used["rooms"][1:].tolist() == [30, 30, 30]
    assert np.isnan(used["rooms"][0])
    assert used["hall"][2:].tolist() == [40, 5]
    assert peak_of(instance, projects[0], instance.demand[:, :, 0]) == 2


def test_threshold_by_hand():
    # starting at or above 30 keeps 5 + 6 and drops -9 and -1: mean 11 / 4
    signal = np.array([10.0, 20.0, 30.0, 40.0])
    benefit = np.array([-9.0, -1.0, 5.0, 6.0])

    assert best_threshold(signal, benefit) == (30.0, pytest.approx(2.75))
    assert best_threshold(signal, np.ones(4)) == (float("-inf"), 1.0)
    assert best_threshold(signal, -np.ones(4)) == (float("inf"), 0.0)
    # equal counts stand or fall together
    assert best_threshold(np.array([1.0, 1.0]), np.array([-3.0, 4.0]))[0] == float("-inf")


def trigger_case(entrants, need):
    """Return the trigger of rooms started in year 1 on paths that need them (or not)."""
    instance = one_zone(demand=(100, 100, 160, 160), options=[ROOMS])
    state = State(instance, counts(instance, rooms=(1, 1)))
    project = chosen_projects(instance, state.counts)[0]
    demand = np.repeat(instance.demand, len(need), axis=2)
    demand[0, :, ~np.array(need)] = 100.0
    seen = np.full((1, 4, len(need)), 15.0)
    seen[0, 0] = entrants
    return state, project, demand, seen


def test_trigger_names_the_year_before_work_starts():
    need = [False] * 10 + [True] * 10
    state, project, demand, entrants = trigger_case(np.where(need, 25.0, 15.0), need)

    found = trigger_of(state, project, demand, entrants)

    # half of the paths never need the rooms and show 15 entrants in year 0, the year before
    assert found is not None
    assert (found.signal, found.threshold, found.probability) == (0, 25.0, 0.5)
    assert found.decision == "trigger"
    # found on every second path, judged on the other ten; the count tells them apart without fail
    assert (found.paths, found.judged, found.hit_rate, found.hit_rate_build) == (10, 10, 1.0, 0.5)
    # a path that needs none saves 200, 30 spare seats in two years and 30 stranded ones
    # at 5: 200 + 60 + 150 = 410, in half of all
    assert found.saving == pytest.approx(205)
    assert trigger_of(state, replace(project, start=0), demand, entrants) is None
    # too few paths to split, or a path without a count: nothing is said
    assert trigger_of(state, project, demand[..., :9], entrants[..., :9]) is None
    assert trigger_of(state, project, demand[..., 5:15], entrants[..., 5:15]) is not None
    entrants[0, 0, 3] = np.nan
    assert trigger_of(state, project, demand, entrants) is None


def test_a_count_that_fails_on_the_other_half_is_no_trigger():
    # paths 0, 2, 4, ... set the threshold: high counts need the rooms. On paths 1, 3, 5, ... it is
    # the other way round, so waiting for the count would cost money there
    high = [place % 4 < 2 for place in range(20)]
    need = [(place % 4 in (0, 3)) for place in range(20)]
    case = trigger_case(np.where(high, 25.0, 15.0), need)

    found = trigger_of(*case)

    assert (found.decision, found.saving, found.threshold) == ("unclear", 0.0, 25.0)
    # judged paths: 1 and 3 of every four; 1 is high and needs none, 3 is low and needs them
    assert (found.hit_rate, found.hit_rate_build, found.probability) == (0.0, 0.5, 0.5)


def test_a_project_worth_it_everywhere_starts_as_planned():
    case = trigger_case(np.arange(20.0) + 10.0, [True] * 20)

    found = trigger_of(*case)

    # no count is too low: the lowest seen, 10, is named; all judged paths reach it
    assert (found.decision, found.threshold, found.probability) == ("build", 10.0, 1.0)
    assert (found.hit_rate, found.hit_rate_build, found.saving) == (1.0, 1.0, 0.0)


def test_a_project_worth_it_nowhere_waits_for_the_highest_count():
    case = trigger_case(np.arange(20.0) + 10.0, [False] * 20)

    found = trigger_of(*case)

    # the highest count of the paths 0, 2, ..., 18 is 28; of the others only 29 reaches it
    assert (found.threshold, found.probability) == (28.0, pytest.approx(0.1))
    assert found.decision == "trigger"
    # nine of ten judged paths are rightly left, each 410
    assert (found.hit_rate, found.hit_rate_build) == (pytest.approx(0.9), 0.0)
    assert found.saving == pytest.approx(0.9 * 410)


def test_flagged_projects_stay_out_of_the_first_third():
    rows = pd.DataFrame(
        {
            "project_id": list("abcdef"),
            "gain_cny": [9.0, 8.0, 7.0, 6.0, 5.0, 4.0],
            "under_used": [True, False, False, False, False, False],
            "kind": ["new_build"] * 6,
        }
    )

    assert ranked(rows).tolist() == [3, 1, 2, 4, 5, 6]
    every = rows.assign(under_used=True)
    # nobody may stand in the first third, so ranks begin after it
    assert min(ranked(every)) == 3
    # putting surplus to use comes after what adds seats, whatever it gains
    surplus = rows.assign(under_used=False, kind=["smaller_classes", *["new_build"] * 5])
    assert ranked(surplus).tolist() == [6, 1, 2, 3, 4, 5]


def test_methods_are_compared_on_the_same_futures():
    instance = one_zone(options=[ROOMS])
    futures = np.stack([instance.demand[:, :, 0], instance.demand[:, :, 0] * 0 + 100], axis=2)
    plans = {"robust": counts(instance, rooms=(0, 2)), "nothing": np.zeros((1, 4))}

    table = compare(instance, plans, futures).set_index("method")

    # futures: 410 and 400 + 120 spare for the rooms; 1210 and 0 without
    assert table.loc["robust", "expected_cost_cny"] == pytest.approx((410 + 520) / 2)
    assert table.loc["nothing", "expected_cost_cny"] == pytest.approx(605)
    # regret: 0 and 520 for the rooms; 800 and 0 without
    assert table.loc["robust", "expected_regret_cny"] == pytest.approx(260)
    assert table.loc["nothing", "expected_regret_cny"] == pytest.approx(400)
    assert table.loc["robust", "regret95_cny"] == pytest.approx(0.95 * 520)
    assert table.loc["nothing", "cost_ratio"] == pytest.approx(605 / 465)


def test_greedy_takes_the_cheapest_seat_first_and_looks_no_further():
    instance = one_zone(options=[ROOMS, HALL])
    plan = greedy_plan(instance, instance.demand[:, :, 0])

    # 60 short in year 1: only rooms can be open by then, 200 / 30 a seat, two units
    assert plan[0].sum() == 2
    assert costs.violations(instance, plan) == []


def test_changes_since_last_year():
    base = {"project_name": "x", "kind": "other", "status": "proposed", "under_used": False}
    base |= {"tie": False}
    frame = contract("plan_projects").frame
    before = frame(
        [
            base | {"project_id": "a", "seats": 10.0, "finish_year": 2028.0},
            base | {"project_id": "b", "seats": 10.0},
            base | {"project_id": "c", "seats": 10.0},
        ]
    )
    now = frame(
        [
            base | {"project_id": "a", "seats": 10.0, "finish_year": 2029.0},
            base | {"project_id": "b", "seats": 10.0},
            base | {"project_id": "d", "seats": 5.0},
        ]
    )
    found = plan_changes(now, before)["plan_changes"].set_index("project_id")

    assert found["change"].to_dict() == {"a": "changed", "b": "same", "c": "dropped", "d": "new"}
    assert found.loc["a", "finish_before"] == 2028
    assert np.isnan(found.loc["d", "seats_before"])
    assert plan_changes(now, before.head(0))["plan_changes"].empty


@settings(max_examples=60, deadline=None)
@given(
    demand=st.lists(st.integers(0, 400), min_size=1, max_size=6),
    seats=st.integers(0, 200),
    step=st.sampled_from([15, 45, 50]),
    units=st.integers(1, 6),
)
def test_pieces_of_the_cost_are_convex_and_exact_at_every_step(demand, seats, step, units):
    instance = one_zone(seats=float(seats), demand=(0, 0))
    cube = np.array([[demand, demand]], dtype=float)
    mass = np.full(len(demand), 1 / len(demand))
    instance = replace(instance, demand=cube, probability=mass)
    points = seats + step * np.arange(units + 1, dtype=float)
    for t in (0, 1):
        values = programme.zone_cost(instance, 0, t, points)
        pieces = programme.convex_pieces(points, values)
        slopes = [slope for _, slope in pieces]
        assert slopes == sorted(slopes)
        assert sum(width for width, _ in pieces) == pytest.approx(step * units)
        rebuilt = values[0] + sum(width * slope for width, slope in pieces)
        assert rebuilt == pytest.approx(values[-1], abs=1e-6)
        by_parts = costs.recourse_parts(instance, np.array([[seats, points[-1]]]), cube)
        assert sum(by_parts.values()) @ mass == pytest.approx(
            programme.zone_cost(instance, 0, 0, np.array([float(seats)]))[0]
            + programme.zone_cost(instance, 0, 1, points[-1:])[0],
            abs=1e-6,
        )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_state_prices_changes_as_the_whole_objective_does(seed):
    random = np.random.default_rng(seed)
    funds = Budget(("a",), random.integers(0, 900, (1, 4)).astype(float), np.ones(4))
    tied = replace(ROOMS, option_id="tied", source="a")
    instance = one_zone(options=[ROOMS, HALL, tied], budget=funds)
    state = State(instance, np.zeros((3, 4)))
    for _ in range(4):
        place = int(random.integers(3))
        start = int(random.choice(instance.options[place].starts))
        moves = [(place, start, 1.0)]
        trial = state.counts.copy()
        trial[place, start] += 1
        expected = costs.objective(instance, trial) - costs.objective(instance, state.counts)
        assert state.difference(moves) == pytest.approx(expected)
        assert bool(state.broken(moves)) == bool(costs.violations(instance, trial))
        futures = state.future_difference(moves, instance.demand)
        assert futures @ instance.probability == pytest.approx(expected)
        if not state.broken(moves):
            state.apply(moves)
            assert state.seats == pytest.approx(instance.seats_with(state.counts))


def test_only_buildings_are_stranded_in_a_countys_plan():
    border = Option("border", "catchment", {0: 30.0}, 0.0, (0, 1, 2), most=2)
    instance = replace(one_zone(options=[border, HALL]), stranded_built=True)
    both = counts(instance, border=(0, 2), hall=(0, 1))

    # the last year: 100 seats there, 60 moved in, 60 built, 90 needed; 60 built ones are stranded
    assert instance.lasting_seats(both).tolist() == [160]
    assert costs.objective_parts(instance, both)["stranded"] == 60 * 5
    # 220 seats for 90: all 130 are spare in that year
    assert costs.objective_parts(replace(instance, stranded_built=False), both)["stranded"] == 600
    rooms = replace(instance, options=(ROOMS,))
    # rooms started in year 2 are open in the last year, but go a year later
    assert costs.objective_parts(rooms, counts(rooms, rooms=(2, 1)))["stranded"] == 0


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_buildings_alone_stranded_is_priced_alike_everywhere(seed):
    random = np.random.default_rng(seed)
    border = Option("border", "catchment", {0: 30.0}, 50.0, (0, 1, 2), most=2)
    demand = random.integers(60, 240, (1, 4, 3)).astype(float)
    instance = replace(
        one_zone(options=[ROOMS, HALL, border]),
        demand=demand,
        probability=np.full(3, 1 / 3),
        stranded_built=True,
    )
    every = [
        counts(instance, rooms=(r, a), hall=(h, b), border=(c, d))
        for r in (0, 1, 2)
        for a in (0, 1, 2)
        for h in (0, 1)
        for b in (0, 1)
        for c in (0, 2)
        for d in (0, 1, 2)
    ]
    solution = model.solve(instance, limits=model.Limits(gap=0.0))
    state = State(instance, solution.counts)

    # by brute force over every plan with one start year a measure
    least = min(costs.objective(instance, plan) for plan in every)
    assert solution.objective <= least + costs.TOLERANCE_CNY
    assert solution.bound <= solution.objective + 1e-6
    assert solution.objective - solution.bound <= costs.TOLERANCE_CNY
    for place in range(3):
        move = [(place, instance.options[place].starts[0], 1.0)]
        trial = solution.counts.copy()
        trial[place, instance.options[place].starts[0]] += 1
        expected = costs.objective(instance, trial) - solution.objective
        assert state.difference(move) == pytest.approx(expected)
        assert state.future_difference(move, demand).mean() == pytest.approx(expected)


def test_the_gap_is_relative_and_never_below_zero():
    none = np.zeros((1, 1))

    # 200 of 1 000 are not proven
    assert model.Solution(none, 1000.0, 800.0, "node_limit", 1).gap == pytest.approx(0.2)
    assert model.Solution(none, -1000.0, -1200.0, "node_limit", 1).gap == pytest.approx(0.2)
    # a bound above the objective by rounding is no gap
    assert model.Solution(none, 1000.0, 1000.1, "optimal", 0).gap == 0.0
    assert model.Solution(none, 0.0, 0.0, "optimal", 0).gap == 0.0
