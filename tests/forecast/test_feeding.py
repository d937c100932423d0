"""Areas that start above the entry grade get their pupils from the areas around them."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast import CohortModel
from analysis.forecast.panel import Panel
from analysis.forecast.progression import Feeding, Mixing, feeding_shares, step_forward, survive

# two primary schools with grades 1 and 2, one junior school with grades 3 and 4
PRIMARY = [
    [[60.0] * 4, [60.0] * 4, [0.0] * 4, [0.0] * 4],
    [[40.0] * 4, [40.0] * 4, [0.0] * 4, [0.0] * 4],
]
JUNIOR = [[[0.0] * 4, [0.0] * 4, [90.0] * 4, [90.0] * 4]]
PUPILS = np.array(PRIMARY + JUNIOR)


def test_the_junior_school_takes_its_share_of_all_who_leave_primary():
    # 90 of 60 + 40 leavers a year
    feeding = feeding_shares(PUPILS, np.zeros(3, int))

    assert feeding is not None
    assert feeding.shares[2] == pytest.approx([0, 0.9, 0])
    assert (feeding.shares[:2] == 0).all()


def test_only_areas_of_the_same_parent_feed():
    # the junior school is in the second parent with the school of 40: 90 of 40
    feeding = feeding_shares(PUPILS, np.array([0, 1, 1]))

    assert feeding is not None
    assert feeding.shares[2, 1] == pytest.approx(2.25)


def test_nobody_is_fed_where_every_grade_has_one_below():
    assert feeding_shares(PUPILS[:2, :2], np.zeros(2, int)) is None
    assert feeding_shares(PUPILS[:, :, :1], np.zeros(3, int)) is None


def test_a_transition_explained_by_mixing_is_left_to_it():
    assert feeding_shares(PUPILS, np.zeros(3, int), Mixing(1, np.eye(3))) is None


def test_one_step_adds_what_comes_from_elsewhere():
    # 0.9 x (50 + 30) = 72 new pupils; the 90 in grade 3 move on to grade 4
    now = np.array([[60.0, 50, 0, 0], [40, 30, 0, 0], [0, 0, 90, 85]])
    feeding = Feeding(np.array([[0, 0, 0], [0, 0, 0], [0, 0.9, 0]]), np.zeros(3, int))

    after = step_forward(now, np.zeros((3, 3)), None, feeding)

    assert after[2, 2:] == pytest.approx([72, 90])
    assert after[0, 1:3] == pytest.approx([60, 50])


def test_feeding_works_on_candidates_at_once():
    feeding = Feeding(np.array([[0, 0, 0], [0, 0, 0], [0, 0.9, 0]]), np.zeros(3, int))

    both = survive(PUPILS[:, :, -1], np.zeros((2, 3, 3, 2)), None, feeding)

    assert both[:, 2, 2, 0] == pytest.approx([90, 90])


def test_a_junior_school_of_its_own_keeps_its_pupils():
    panel = Panel(
        ("P", "Q", "J"),
        (1, 2, 3, 4),
        tuple(range(2012, 2022)),
        np.repeat(PUPILS[:, :, :1], 10, axis=2),
    )

    pupils = CohortModel(panel, 5).forecast().pupils

    assert pupils[2, 2:].sum(axis=0) == pytest.approx(np.full(5, 180.0), rel=1e-6)
