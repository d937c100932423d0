"""The floating catchment: by hand, against a reference package, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.access import two_step_catchment

# The shared case was computed with two_stage_fca of the package `access` 1.1.10.post3 (PySAL).
# That package leaves a place that reaches no school missing, where ours has 0.
PEOPLE = [405, 362, 536, 871, 506, 225, 706, 171, 310, 826, 718, 810, 597, 96]
SEATS = [258, 545, 1967, 1061, 1911, 675]
DISTANCE = [
    [1.351, 5.669, 4.783, 4.76, 0.298, 6.973],
    [8.383, 4.786, 8.492, 7.458, 7.361, 8.806],
    [8.681, 6.993, 7.132, 5.984, 7.619, 6.797],
    [0.738, 7.236, 4.888, 5.281, 1.515, 7.332],
    [4.723, 4.925, 4.935, 4.131, 3.66, 6.063],
    [1.303, 5.821, 6.509, 6.659, 1.844, 8.837],
    [4.363, 2.372, 7.249, 6.735, 3.602, 8.854],
    [7.748, 9.886, 3.355, 2.419, 6.935, 1.867],
    [10.08, 5.494, 10.331, 9.278, 9.086, 10.51],
    [7.451, 9.445, 3.306, 2.274, 6.609, 2.162],
    [0.703, 6.187, 4.842, 4.979, 0.383, 7.154],
    [5.16, 5.762, 4.405, 3.48, 4.11, 5.279],
    [3.113, 3.487, 7.225, 6.987, 2.717, 9.204],
    [10.918, 9.942, 7.998, 6.866, 9.89, 6.702],
]
REFERENCE = {
    3.0: [
        0.7948907485456184, 0, 0, 0.7948907485456184, 0, 0.7948907485456184, 0.7719546742209632,
        1.741223671013039, 0, 1.741223671013039, 0.7948907485456184, 0, 0.6786221590909091, 0,
    ],
    4.5: [
        0.4682517660795815, 0, 0, 0.4682517660795815, 0.8537095629480334, 0.4682517660795815,
        0.8865173071386758, 2.224287272173899, 0, 2.224287272173899, 0.4682517660795815,
        1.942254111924237, 0.8865173071386758, 0,
    ],
    8.0: [
        1.0143778520377102, 0.529334992764126, 0.9701619137343686, 1.0143778520377102,
        1.0143778520377102, 0.8777105104705915, 0.8777105104705915, 0.92423560923255,
        0.09014224280516044, 0.92423560923255, 1.0143778520377102, 1.0143778520377102,
        0.8777105104705915, 0.5961937389523774,
    ],
}  # fmt: skip


def test_by_hand():
    # Reach 2. School X (100 seats) is reached by a (50 children) and b (150): 100/200 = 0.5.
    # School Y (90) by b and c (30): 90/180 = 0.5. a: 0.5; b: 0.5 + 0.5 = 1; c: 0.5; d: none.
    distance = [[1, 5], [2, 2], [4, 1.5], [9, 2.001]]

    found = two_step_catchment([50, 150, 30, 70], [100, 90], distance, 2.0)

    assert found.tolist() == [0.5, 1.0, 0.5, 0.0]


@pytest.mark.parametrize("reach", REFERENCE)
def test_equals_the_reference_package(reach):
    found = two_step_catchment(PEOPLE, SEATS, DISTANCE, reach)

    assert found == pytest.approx(np.array(REFERENCE[reach]), abs=1e-9, rel=0)


def test_a_school_nobody_reaches_and_a_missing_distance_give_nothing():
    found = two_step_catchment([10], [100, 50], [[np.nan, 9.0]], 2.0)

    assert found.tolist() == [0.0]


cases = st.integers(1, 6).flatmap(
    lambda i: st.integers(1, 5).flatmap(
        lambda j: st.tuples(
            st.lists(st.integers(1, 900), min_size=i, max_size=i),
            st.lists(st.integers(0, 2000), min_size=j, max_size=j),
            st.lists(st.lists(st.floats(0, 20), min_size=j, max_size=j), min_size=i, max_size=i),
        )
    )
)


@given(cases, st.floats(0, 20))
def test_access_times_children_adds_up_to_the_seats_somebody_reaches(case, reach):
    people, seats, distance = (np.array(part, dtype=float) for part in case)

    found = two_step_catchment(people, seats, distance, reach)

    reached = (distance <= reach).any(axis=0)
    assert float(found @ people) == pytest.approx(float(seats[reached].sum()))


@given(cases, st.floats(0, 20), st.randoms(use_true_random=False))
def test_the_order_of_places_and_schools_does_not_matter(case, reach, random):
    people, seats, distance = (np.array(part, dtype=float) for part in case)
    rows = random.sample(range(len(people)), len(people))
    columns = random.sample(range(len(seats)), len(seats))

    found = two_step_catchment(people, seats, distance, reach)
    mixed = two_step_catchment(people[rows], seats[columns], distance[rows][:, columns], reach)

    assert mixed == pytest.approx(found[rows])


@given(cases, st.floats(0, 20), st.integers(1, 500))
def test_more_seats_never_lessen_access(case, reach, more):
    people, seats, distance = (np.array(part, dtype=float) for part in case)

    before = two_step_catchment(people, seats, distance, reach)
    after = two_step_catchment(people, seats + np.eye(len(seats))[0] * more, distance, reach)

    assert (after >= before - 1e-12).all()
