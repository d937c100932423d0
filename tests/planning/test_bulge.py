"""A peak of a few years, and a need that stays: what the plan picks, and why."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import standards
from analysis.planning import building_plan

from .counties import BASE_YEAR, county

PERMANENT = ("new_build", "expansion", "relocation")


def plan_of(tables, **more):
    return building_plan(
        tables,
        rules=standards.load("national_2017"),
        base_year=BASE_YEAR,
        plan_years=5,
        horizon_years=10,
        area="450000",
        **more,
    )


def bulge(town, stage, t):
    # primary school of the first town: 15 % over its seats in the years 3 to 6, then well below
    if town or stage == "junior":
        return 0.8
    return 1.15 if 2 <= t <= 5 else 0.85


def lasting(town, stage, t):
    # one zone grows for good; the others are full, so there is nothing to convert or rezone
    return (1.35 if t >= 3 else 1.0) if not town and stage == "primary" else 1.0


@pytest.fixture(scope="module")
def bulge_plan():
    return plan_of(county(towns=2, shape=bulge, spread=0.02))


def test_a_four_year_bulge_gets_temporary_rooms_or_other_uses_not_a_building(bulge_plan):
    projects = bulge_plan["plan_projects"]
    relief = projects[projects["seats"] > 0]

    assert not relief.empty
    assert not projects["kind"].isin(PERMANENT).any()


def test_the_bulge_plan_says_by_how_much_a_building_lost(bulge_plan):
    compared = bulge_plan["plan_alternatives"]
    buildings = compared[compared["alternative"].isin(["expansion", "new_build"])]

    assert not buildings.empty
    assert (buildings["extra_cost_cny"] > 0).all()
    first = bulge_plan["plan_projects"].sort_values("rank").iloc[0]
    assert "改扩建" in first["alternatives_zh"]
    assert "Expansion" in first["alternatives_en"]


def test_a_need_that_stays_gets_a_building():
    projects = plan_of(county(towns=1, shape=lasting, spread=0.02, schools_each=3, paths=40))[
        "plan_projects"
    ]

    assert projects["kind"].isin(PERMANENT).any()


def test_the_plan_is_the_same_bytes_again():
    tables = county(towns=1, shape=bulge, spread=0.04, paths=40)
    first, second = (plan_of(tables) for _ in range(2))

    for name in first.tables:
        assert first[name].to_json() == second[name].to_json(), name


def test_more_money_never_makes_the_plan_dearer():
    poor, rich = (
        plan_of(county(towns=1, shape=lasting, schools_each=3, paths=40, funds=funds))
        for funds in (1e6, 90e6)
    )
    value = [p["plan_objective"].set_index("part").loc["total", "value_cny"] for p in (poor, rich)]
    gap = rich["plan_status"].set_index("item").loc["gap", "value"]

    assert value[1] <= value[0] * (1 + gap)


def test_without_money_the_shortage_says_so():
    residuals = plan_of(
        county(towns=1, shape=lasting, schools_each=3, funds=1e5, spread=0.02, paths=40)
    )["plan_residuals"]
    late = residuals[(residuals["school_year"] >= BASE_YEAR + 5) & (residuals["town_id"] == "T00")]

    assert "budget" in set(late["reason"])
    assert all(late["reason_zh"].str.len() > 10) and all(late["reason_en"].str.len() > 10)


def test_first_year_shortage_has_the_lead_time_as_its_reason():
    tables = county(towns=1, shape=lambda *_: 1.3, spread=0.02, coordinates=False)
    residuals = plan_of(tables)["plan_residuals"]
    first = residuals[
        (residuals["school_year"] == BASE_YEAR + 1) & (residuals["stage"] == "junior")
    ]

    assert not first.empty
    assert set(first["reason"]) <= {"lead_time", "land", "size_cap", "not_worth"}


def test_every_shortage_in_every_scenario_is_listed():
    tables = county(towns=2, shape=lasting, schools_each=2, funds=2e6)
    plan = plan_of(tables)
    listed = plan["plan_residuals"].set_index(["town_id", "stage", "school_year", "scenario"])
    chosen = plan["plan_candidates"]
    # seats of the plan by hand: supply plus units x seats of what is open in that year
    supply = tables["seat_supply"].set_index(["area_id", "stage", "school_year"])["seats_available"]
    projects = plan["plan_projects"]
    assert set(projects.loc[projects["rank"].notna(), "kind"]) <= set(chosen["kind"])
    demand = tables["seat_demand"]
    demand = demand[(demand["level"] == "town") & (demand["school_year"] == BASE_YEAR + 1)]
    for row in demand.to_dict("records"):
        key = (row["area_id"], row["stage"], row["school_year"])
        # nothing opens in the first year but measures without lead time; the reserve is 2 %
        short = row["pupils"] * 1.02 - supply.loc[key]
        lead_free = projects[
            (projects["finish_year"] == BASE_YEAR + 1) & (projects["rank"].notna())
        ]
        if short > 1 and lead_free.empty:
            assert listed.loc[(*key, row["scenario"]), "shortage"] == pytest.approx(short)
    assert np.isfinite(listed["shortage"]).all()
