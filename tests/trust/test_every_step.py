"""What must hold for each step of a briefing: input is left alone, the order of rows is nothing."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from analysis import access, capacity, forecast, indicators, intake, planning, standards, trends
from analysis.tables import Tables
from tests.intake import county

YEAR, AREA = max(county.YEARS), county.COUNTY
RULES = standards.load("national_2017")
WHEN = {"rules": RULES, "base_year": YEAR}
AHEAD = {**WHEN, "horizon_years": 3, "scenario": "central", "area": AREA}
OF_SCHOOLS = {"rules": RULES, "school_year": YEAR}
#: In the order of the notebooks: each step finds the tables of those before it.
STEPS = {
    "bases": partial(intake.bases, area=AREA),
    "indicators": partial(indicators.indicators, **OF_SCHOOLS),
    "assessment": partial(indicators.assessment, **OF_SCHOOLS, area=AREA),
    "trends": partial(trends.trends, base_year=YEAR, area=AREA),
    "seat_demand": partial(forecast.seat_demand, **AHEAD),
    "capacity_gap": partial(capacity.capacity_gap, **AHEAD),
    "access": partial(access.access, **WHEN, scenario="central", area=AREA),
    "building_plan": partial(planning.building_plan, **AHEAD, plan_years=2),
    "project_access": partial(access.project_access, **WHEN),
    "remedies": partial(
        indicators.remedies, **OF_SCHOOLS, plan_years=2, scenario="central", area=AREA
    ),
}


@pytest.fixture(scope="module")
def chain():
    """Give for each step what it was given and what it made."""
    found = intake.read_area(county.packed(county.clean(0)), area_code=AREA)
    tables, made = Tables(found.tables), {}
    for name, step in STEPS.items():
        result = step(tables)
        made[name] = (tables, result)
        tables = tables.with_tables(result.tables)
    return made


def another_order(frame):
    return frame.sample(frac=1.0, random_state=4).reset_index(drop=True)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_leaves_its_input_alone_and_does_not_mind_the_order_of_rows(chain, name):
    tables, made = chain[name]
    given = {table: another_order(tables[table]) for table in tables}
    kept = {table: frame.copy() for table, frame in given.items()}

    again = STEPS[name](Tables(given))

    for table, frame in kept.items():
        pd.testing.assert_frame_equal(given[table], frame, obj=table)
    assert again.notes == made.notes
    assert set(again.tables) == set(made.tables)
    for table, frame in made.tables.items():
        pd.testing.assert_frame_equal(again.tables[table], frame, rtol=1e-9, obj=table)


def test_the_steps_say_something(chain):
    silent = {
        name
        for name, (_, made) in chain.items()
        if all(frame.empty for frame in made.tables.values())
    }

    assert silent == {"project_access"}  # no project of this county has a place
