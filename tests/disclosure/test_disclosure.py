"""Small counts cannot be computed back from what is published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.disclosure import attack, public_edition, suppress
from analysis.errors import DataError
from analysis.standards import load
from analysis.tables import Tables, contract

THRESHOLD = 5


def test_lone_small_count_takes_a_rectangle_with_it():
    # Row 1 holds a 3. Hidden alone it is 33 - 30 = 3; its row and column need a second unknown
    # each, and the corner where they meet a fourth: four hidden cells, no total.
    counts = np.array([[3.0, 30.0], [20.0, 40.0]])

    hidden = suppress(counts, threshold=THRESHOLD)

    assert hidden.tolist() == [[True, True, False], [True, True, False], [False, False, False]]


def test_published_totals_give_the_exact_range_of_the_rectangle():
    # x + b = 33, x + c = 23, b + d = 70: x may be anything from 0 to min(33, 23) = 23.
    counts = np.array([[3.0, 30.0], [20.0, 40.0]])

    found = attack(counts, suppress(counts, threshold=THRESHOLD))

    first = next(i for i in found if (i.row, i.column) == (0, 0))
    assert (first.low, first.high) == (pytest.approx(0.0), pytest.approx(23.0))


def test_attack_recovers_a_count_that_was_hidden_alone():
    # The guard of this test file: an attack that finds nothing would pass everything.
    counts = np.array([[3.0, 30.0], [20.0, 40.0]])
    alone = np.zeros((3, 3), dtype=bool)
    alone[0, 0] = True

    (found,) = attack(counts, alone)

    assert (found.low, found.high) == (pytest.approx(3.0), pytest.approx(3.0))


def test_cheapest_cells_are_hidden_first():
    # Row 1 can be completed by the 6 or by the 400; the 6 costs the reader less.
    counts = np.array([[3.0, 6.0, 400.0], [90.0, 80.0, 70.0], [50.0, 7.0, 60.0]])

    hidden = suppress(counts, threshold=THRESHOLD)

    assert hidden[0, 1]
    assert not hidden[0, 2]


def test_nothing_small_hides_nothing():
    assert not suppress(np.array([[5.0, 0.0], [9.0, 12.0]]), threshold=THRESHOLD).any()


def test_single_small_school_hides_its_totals():
    # One town with one pupil group of 2: cell, row, column and grand total are all 2.
    assert suppress(np.array([[2.0]]), threshold=THRESHOLD).all()


def test_missing_count_is_refused():
    with pytest.raises(DataError, match="missing"):
        suppress(np.array([[np.nan, 1.0]]), threshold=THRESHOLD)


@settings(max_examples=60, deadline=None)
@given(
    counts=arrays(
        np.float64,
        st.tuples(st.integers(1, 5), st.integers(1, 6)),
        elements=st.one_of(st.integers(0, 6), st.integers(0, 300)).map(float),
    ),
    threshold=st.integers(3, 8),
)
def test_no_small_count_can_be_placed_in_a_narrower_range(counts, threshold):
    hidden = suppress(counts, threshold=threshold)

    cells = np.column_stack([np.vstack([counts, counts.sum(0)]), [*counts.sum(1), counts.sum()]])
    assert not np.any((cells > 0) & (cells < threshold) & ~hidden)
    for found in attack(counts, hidden):
        if 0 < found.count < threshold:
            assert found.low <= 1 + 1e-6, (counts, found)
            assert found.high >= threshold - 1 - 1e-6, (counts, found)


def county(*rows):
    """Build tables from (school, town, grade, pupils); all of school year 2024."""
    schools = [
        {"school_id": s, "school_name": s, "town_id": t, "kind": "primary"}
        for s, t in dict.fromkeys((r[0], r[1]) for r in rows)
    ]
    pupils = [{"school_id": s, "school_year": 2024, "grade": g, "pupils": p} for s, _, g, p in rows]
    return Tables(
        {
            "schools": contract("schools").frame(schools),
            "enrolment": contract("enrolment").frame(pupils),
        }
    )


def test_public_edition_adds_schools_of_a_town_and_hides_small_counts():
    # Town t1 grade 1: 2 + 1 = 3, small. Town t2: 20; grade 2: 30 and 40.
    tables = county(
        ("a", "t1", 1, 2.0), ("b", "t1", 1, 1.0), ("a", "t1", 2, 30.0),
        ("c", "t2", 1, 20.0), ("c", "t2", 2, 40.0),
    )  # fmt: skip

    made = public_edition(tables, rules=load("national_2017"), area="440000")["public_pupils"]

    shown = made.set_index(["area_id", "grade"])["count"]
    assert np.isnan(shown["t1", 1])
    assert shown["t1", 0] == 33
    assert shown["440000", 0] == 93
    assert made["suppressed"].sum() == 4


def test_measure_with_a_gap_is_left_out_and_said():
    tables = county(("a", "t1", 1, 20.0), ("b", "t1", 1, None))

    made = public_edition(tables, rules=load("national_2017"), area="440000")

    assert made["public_pupils"].empty
    assert [n.key for n in made.notes] == ["disclosure.years_left_out"]


def test_town_with_a_hidden_base_has_no_forecast():
    tables = county(("a", "t1", 1, 3.0), ("c", "t2", 1, 200.0), ("d", "t3", 1, 300.0))
    demand = [
        {
            "level": "town",
            "area_id": town,
            "stage": "primary",
            "school_year": 2025,
            "scenario": "central",
            "pupils": value,
            "method": "cohort",
        }
        for town, value in (("t1", 4.0), ("t3", 303.4))
    ]
    tables = tables.with_tables({"seat_demand": contract("seat_demand").frame(demand)})

    made = public_edition(tables, rules=load("national_2017"), area="440000")["public_demand"]

    shown = made.set_index("area_id")["seats_required"]
    assert np.isnan(shown["t1"])
    assert shown["t3"] == 305
