"""Use after the peak, ranks and committed projects, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.planning.chosen import chosen_projects, peak_of, seats_before
from analysis.planning.guard import committed_chosen, guard_tables, ranked

from .small import counts_of, option, problem

TWELVE = [100, 120, 150, 190, 180, 160, 150, 140, 130, 120, 110, 105]
BUILT = option("built", "expansion", {0: 50.0}, 10.0, (1,), lead_years=1, life_years=50)


def project(**more):
    base = {"project_id": "C", "project_name": "在建", "kind": "expansion"}
    base |= {"status": "committed", "town_id": "A", "stage": "primary"}
    return base | more


def guard_of(line, *, options=(BUILT,), committed=(), seats=100.0, **started):
    given = problem(
        lines={"central": [line]},
        options=list(options),
        seats=((seats,) * len(line),),
        committed=committed,
    )
    plan = counts_of(given, **started)
    return guard_tables(given, given.instance, chosen_projects(given.instance, plan))


def test_use_at_the_peak_five_and_ten_years_on():
    result = guard_of(TWELVE, built=(1, 1))
    row = result["plan_guard"].iloc[0]

    # open from the third year (2028); most demand there is 190 in 2029: all 50 are used
    assert (row["peak_year"], row["use_peak"]) == (2029, 1.0)
    # five years on 130: 30 of 50; ten years on is beyond the forecast's last year, 2037: 5 of 50
    assert (row["plus5_year"], row["use_plus5"]) == (2034, pytest.approx(0.6))
    assert (row["plus10_year"], row["use_plus10"]) == (2037, pytest.approx(0.1))
    use = result["plan_use"].set_index("school_year")
    assert use.index.min() == 2028
    assert use.loc[2034, ["seats", "seats_used"]].tolist() == [50, 30]


def test_committed_projects_fill_before_those_of_the_plan():
    # 40 committed seats stand in the supply of 140 from 2027 on
    line = [100, 150, 170, 190]
    result = guard_of(
        line,
        committed=[project(seats=40, finish_year=2027)],
        seats=140.0,
        built=(1, 1),
    )
    use = result["plan_use"].set_index(["project_id", "school_year"])["seats_used"]

    # 100 without it: 2027 50 more are needed, all 40 of it; 2028 70: 40 and 30; 2029 90: 40 and 50
    assert use["C"].to_dict() == {2027: 40, 2028: 40, 2029: 40}
    assert use["built"].to_dict() == {2028: 30, 2029: 50}


def test_committed_projects_without_a_place_a_size_or_a_year_take_no_part():
    given = problem(
        committed=[
            project(project_id="a", seats=40, finish_year=2028),
            project(project_id="b", classes=2, finish_year=2024),
            project(project_id="c", finish_year=2028),
            project(project_id="d", seats=40),
            project(project_id="e", seats=40, finish_year=2028, town_id="Z"),
            project(project_id="f", seats=40, finish_year=2030),
            project(project_id="g", seats=40, finish_year=2029),
        ]
    )
    found = {p.project_id: (p.start, p.gains) for p in committed_chosen(given)}

    # two classes of 45; finished before the first year is there from it; 2030 is beyond 2029
    assert found == {"a": (2, {0: 40.0}), "b": (0, {0: 90.0}), "g": (3, {0: 40.0})}


def test_measures_that_take_seats_away_are_no_use_of_seats():
    less = option("less", "smaller_classes", {0: -45.0}, 0.0, (0,))
    given = problem(options=[less, BUILT], lines={"central": [TWELVE]}, seats=((100.0,) * 12,))
    projects = chosen_projects(given.instance, counts_of(given, less=(0, 1), built=(1, 1)))
    result = guard_tables(given, given.instance, projects)

    assert set(result["plan_guard"]["project_id"]) == {"built"}
    # 55 seats are left before the building
    assert seats_before(given.instance, projects)[0].tolist() == [55.0] * 12


def test_peak_is_the_year_of_most_demand_while_it_stands():
    given = problem(options=[BUILT], lines={"central": [TWELVE]}, seats=((100.0,) * 12,))
    project_ = chosen_projects(given.instance, counts_of(given, built=(1, 1)))[0]

    assert peak_of(given.instance, project_, np.array([TWELVE], dtype=float)) == 3
    rooms = option("rooms", "temporary", {0: 50.0}, 10.0, (0,), life_years=2)
    shown = guard_of([100, 120, 150, 190], options=[rooms], rooms=(0, 1))["plan_guard"].iloc[0]
    # gone when most are needed: 20 of 50 in the better of their two years, nothing to say later
    assert (shown["peak_year"], shown["use_peak"]) == (2027, pytest.approx(0.4))
    assert np.isnan(shown["use_plus5"])
    early = np.array([[500.0, *TWELVE[1:]]])
    # the first year's 500 come before it opens
    assert peak_of(given.instance, project_, early) == 3


def test_measures_started_in_several_years_are_several_projects():
    given = problem(options=[BUILT, option("aa", "catchment", {0: 10.0}, 0.0, (0, 1, 2))])
    plan = counts_of(given, built=(1, 1))
    plan[1, [0, 2]] = 1
    found = chosen_projects(given.instance, plan)

    # by opening, no-build first: aa in 0, aa-2 and built both in 2
    assert [p.project_id for p in found] == ["aa", "aa-2", "built"]
    assert [p.start for p in found] == [0, 2, 1]


def test_ranks_with_too_few_unflagged_projects():
    rows = pd.DataFrame(
        {
            "project_id": list("abcdef"),
            "gain_cny": [9.0, 8.0, 7.0, 6.0, 5.0, 5.0],
            "under_used": [True, True, True, True, False, True],
            "kind": ["new_build"] * 6,
        }
    )

    # a third of six is two: e takes the first place, the second stays empty
    assert ranked(rows).tolist() == [3, 4, 5, 6, 1, 7]
    # equal gains by name
    assert ranked(rows.assign(under_used=False)).tolist() == [1, 2, 3, 4, 5, 6]
