"""Boundary changes: nearest pairs first, no seat twice, whole children, towns marked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import access
from analysis.access import catchment_changes
from analysis.access.distance import Ways

from .conftest import county, frame, pupils_of, rooms, school


def gap(*schools, year=2028, scenario="central"):
    """Return ``gap_schools`` rows of (school, town, shortage, surplus)."""
    return frame(
        "gap_schools",
        [
            {
                "school_id": school,
                "town_id": town,
                "stage": "primary",
                "school_year": year,
                "scenario": scenario,
                "shortage": short,
                "surplus": spare,
                "warning": "green",
            }
            for school, town, short, spare in schools
        ],
    )


def line(positions):
    """Return ways between schools on a line."""
    names = tuple(positions)
    at = np.array([positions[n] for n in names], dtype=float)
    km = np.abs(at[:, None] - at[None, :])
    return Ways(names, names, km, np.full(km.shape, np.nan), np.zeros(km.shape, dtype=bool))


def changes(rows, positions, within=3.0):
    found = catchment_changes(
        rows, line(positions), stage="primary", scenario="central", year=2028, within=within
    )
    return [(r["school_id"], r["receiving_school_id"], r["pupils_movable"]) for r in found], found


def test_nearest_pairs_come_first_and_no_seat_is_used_twice():
    # X (80 short) and Y (50 short) on either side of R (100 spare): X-R 1 km, Y-R 2 km.
    # X takes 80, Y the 20 left of R and then 30 of Q, 3 km away.
    rows = gap(("X", "A", 80, 0), ("Y", "A", 50, 0), ("R", "A", 0, 100), ("Q", "B", 0, 900))

    pairs, found = changes(rows, {"X": 0, "R": 1, "Y": 3, "Q": 6})

    assert pairs == [("X", "R", 80), ("Y", "R", 20), ("Y", "Q", 30)]
    assert [r["shortage_left"] for r in found] == [0, 30, 0]
    assert [r["same_town"] for r in found] == [True, True, False]
    assert [r["distance_km"] for r in found] == [1, 2, 3]


def test_schools_too_far_apart_and_unknown_ways_are_no_pair():
    rows = gap(("X", "A", 80, 0), ("R", "A", 0, 100))

    assert changes(rows, {"X": 0, "R": 3})[0] == [("X", "R", 80)]
    assert changes(rows, {"X": 0, "R": 3.001})[0] == []
    assert changes(rows, {"X": 0, "R": np.nan})[0] == []


def test_only_whole_children_move():
    rows = gap(("X", "A", 10.9, 0), ("R", "A", 0, 3.7), ("Q", "A", 0, 0.4))

    pairs, found = changes(rows, {"X": 0, "R": 1, "Q": 2})

    assert pairs == [("X", "R", 3)]
    assert found[0]["shortage_left"] == pytest.approx(7.9)


def test_only_the_year_and_scenario_asked_for_are_looked_at():
    rows = gap(("X", "A", 80, 0), ("R", "A", 0, 100), year=2027)

    assert changes(rows, {"X": 0, "R": 1})[0] == []
    assert (
        changes(gap(("X", "A", 80, 0), ("R", "A", 0, 100), scenario="high"), {"X": 0, "R": 1})[0]
        == []
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 300), st.floats(0, 8)),
        min_size=2,
        max_size=7,
    )
)
def test_nobody_is_offered_more_than_there_is(values):
    rows = gap(
        *(
            (f"S{i}", "A", max(short - spare, 0), max(spare - short, 0))
            for i, (short, spare, _) in enumerate(values)
        )
    )

    _, found = changes(rows, {f"S{i}": place for i, (_, _, place) in enumerate(values)})

    for column, key in (("shortage", "school_id"), ("surplus", "receiving_school_id")):
        for one in {r[key] for r in found}:
            own = [r for r in found if r[key] == one]
            assert sum(r["pupils_movable"] for r in own) <= own[0][column]


def test_the_step_looks_as_far_ahead_as_schools_are_forecast(rules):
    # The forecast of the county ends in 2025, three years before warnings look.
    # S has 300 pupils on 270 seats, L 60 on 540: all 30 could go, 2 km.
    tables = county(
        schools=[school("S", 0.0), school("L", 2.0)],
        facilities=[rooms("S", 6), rooms("L", 12)],
        enrolment=[*pupils_of("S", 50), *pupils_of("L", 10)],
        rules=rules,
    )

    table = access.access(tables, rules=rules, base_year=2025, area="C")["catchment_changes"]

    row = table.iloc[0]
    assert (row["school_id"], row["receiving_school_id"], row["school_year"]) == ("S", "L", 2025)
    assert (row["pupils_movable"], row["shortage_left"]) == (30, 0)
