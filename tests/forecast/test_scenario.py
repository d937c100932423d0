"""Scenarios applied to a central forecast, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast.model import PointForecast
from analysis.forecast.panel import Panel
from analysis.forecast.scenario import apply_scenario

CALM = {
    "entry_ratio": 1.0,
    "births_after_known": 1.0,
    "net_migration": 0.0,
    "junior_outflow": 0.0,
}


def central(*, grades=(5, 6, 7), drivers=None):
    """One town, 100 pupils a grade, everyone moves up, 50 enter each year, three years ahead."""
    known = {} if drivers is None else {"births": np.array([drivers], dtype=float)}
    panel = Panel(
        areas=("T",),
        grades=grades,
        years=(2023, 2024),
        # last year's 80 must not be taken for today's 100
        pupils=np.stack([np.full((1, 3), 80.0), np.full((1, 3), 100.0)], axis=2),
        drivers=known,
        driver_years=(2025, 2026, 2027) if known else (),
        driver_known=(2020, 2021, 2022) if known else (),
        transfer_grade=6,
    )
    return PointForecast(
        panel,
        np.zeros((1, 3, 3)),
        np.zeros((1, 2, 3)),
        np.full((1, 3), 50.0),
        (),
        np.zeros((0, 1)),
        np.zeros((0, 3, 3)),
        np.ones((1, 3, 3)),
    )


def pupils(point, **changed):
    return apply_scenario(point, CALM | changed)[0]


def test_nothing_changed_moves_everyone_up():
    # 2025: 50 enter, 100 and 100 move up; 2026: 50 and 50 have entered; 2027: all three grades
    assert pupils(central()).tolist() == [[50, 50, 50], [100, 50, 50], [100, 100, 50]]


def test_the_entry_ratio_multiplies_those_who_enter_and_nobody_else():
    # 50 x 1.2 = 60
    assert pupils(central(), entry_ratio=1.2).tolist() == [
        pytest.approx([60, 60, 60]),
        pytest.approx([100, 60, 60]),
        pytest.approx([100, 100, 60]),
    ]


def test_migration_adds_to_every_step_from_grade_to_grade():
    # 10 % more at each step: 100 x 1.1; then 110 x 1.1 and 50 x 1.1
    found = pupils(central(), net_migration=0.1)
    assert found[1].tolist() == pytest.approx([110, 55, 55])
    assert found[2].tolist() == pytest.approx([110, 121, 60.5])


def test_children_who_leave_for_junior_schools_elsewhere_leave_at_that_step_only():
    # grade 6 to 7: 100 x 0.8; grade 5 to 6 as before
    found = pupils(central(), junior_outflow=0.2)
    assert found[1].tolist() == pytest.approx([100, 50, 50])
    assert found[2].tolist() == pytest.approx([80, 80, 40])


def test_where_the_transfer_grade_is_the_last_nobody_leaves():
    assert pupils(central(grades=(4, 5, 6)), junior_outflow=0.2)[2].tolist() == [100, 100, 50]


def test_births_after_the_known_ones_change_only_the_years_that_are_not_counted():
    # entrants of 2025 and 2026 are born and counted, those of 2027 are not: 50 x 0.8
    found = pupils(central(drivers=(60, 60, np.nan)), births_after_known=0.8)
    assert found[0].tolist() == pytest.approx([50, 50, 40])
    # without any count everything ahead of the base year is unborn as far as anyone knows
    assert pupils(central(), births_after_known=0.8)[0].tolist() == pytest.approx([40, 40, 40])


def test_pupils_of_new_housing_come_on_top_after_every_correction():
    point = central()
    point.correction[:] = 2.0
    housing = np.full((1, 3, 3), 7.0)

    # (50 x 2) + 7
    assert apply_scenario(point, CALM, housing)[0, 0].tolist() == [107, 107, 107]
