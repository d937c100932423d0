"""Small counts cannot be computed back from everything that is published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.disclosure import Statement, attack, change, crossed, public_edition, share, suppress
from analysis.errors import DataError
from analysis.standards import load
from analysis.tables import Tables, contract

THRESHOLD = 5
SQUARE = np.array([[3.0, 30.0], [20.0, 40.0]])


def hidden_square(counts, threshold=THRESHOLD):
    """Return what is hidden of a two-way table, in its shape with totals."""
    rows, columns = counts.shape
    return suppress(crossed(counts), threshold=threshold).reshape(rows + 1, columns + 1)


def exposed(publication, hidden, threshold, statements=(), **options):
    """Return the small counts that the attacker places in a range narrower than allowed."""
    values = publication.values
    small = np.flatnonzero((values > 0) & (values < threshold))
    assert hidden[small].all(), "a small count is published"
    found = attack(publication, hidden, statements, places=small, **options)
    return [i for i in found if i.low > 1 + 1e-6 or i.high < threshold - 1 - 1e-6]


def test_lone_small_count_takes_a_rectangle_with_it():
    # Row 1 holds a 3. Hidden alone it is 33 - 30 = 3; its row and column need a second unknown
    # each, and the corner where they meet a fourth: four hidden cells, no total.
    assert hidden_square(SQUARE).tolist() == [
        [True, True, False],
        [True, True, False],
        [False, False, False],
    ]


def test_published_totals_give_the_exact_range_of_the_rectangle():
    # x + b = 33, x + c = 23, b + d = 70: x may be anything from 0 to min(33, 23) = 23.
    publication = crossed(SQUARE)

    (first,) = attack(publication, suppress(publication, threshold=THRESHOLD), places=[0])

    assert (first.low, first.high) == (pytest.approx(0.0), pytest.approx(23.0))


def test_attack_recovers_a_count_that_was_hidden_alone():
    # The guard of this test file: an attack that finds nothing would pass everything.
    publication = crossed(SQUARE)
    alone = np.arange(9) == 0

    (found,) = attack(publication, alone)

    assert (found.low, found.high) == (pytest.approx(3.0), pytest.approx(3.0))


def test_attack_knows_that_boarders_are_pupils():
    # One town, two grades. Pupils 3 + 40 = 43 and boarders 0 + 38: with the pupils of both grades
    # hidden, 43 - x >= 38 leaves x at most 5; without the boarders it could be 43.
    counts = np.array([[[3.0, 40.0]], [[0.0, 38.0]]])
    publication = crossed(counts, totals=(False, False, True), parts_of_first=True)
    hidden = np.array([True, True, False, False, False, False])

    (found,) = attack(publication, hidden, places=[0])

    assert (found.low, found.high) == (pytest.approx(0.0), pytest.approx(5.0))


def test_boarders_that_would_give_pupils_away_are_hidden_too():
    # As above with 39 boarders: 43 - x >= 39 would leave x <= 4. Threshold 6 asks for 5.
    counts = np.array([[[3.0, 40.0]], [[0.0, 39.0]]])
    publication = crossed(counts, totals=(False, False, True), parts_of_first=True)

    hidden = suppress(publication, threshold=6)

    assert not exposed(publication, hidden, 6)
    # and with each measure by itself it would have been given away
    alone = suppress(crossed(counts[0], totals=(False, True)), threshold=6)
    assert exposed(publication, np.concatenate([alone, [False] * 3]), 6)


def test_a_change_against_a_published_year_gives_a_hidden_count_away():
    # 3 this year, hidden; 7 last year, published; "4 fewer": 7 - 4 = 3. So no change may be shown
    # of a hidden count.
    publication = crossed(np.array([3.0, 7.0]), totals=(False,))

    (found,) = attack(publication, np.array([True, False]), [change(0, 1, -4.0)])

    assert (found.low, found.high) == (pytest.approx(3.0), pytest.approx(3.0))


def test_a_share_of_a_small_whole_gives_a_hidden_count_away():
    # 3 of 8 are 37.5 %. Rounded to 0.1 %, x lies in 8 x [0.3745, 0.3755] = [2.996, 3.004].
    publication = crossed(np.array([3.0, 8.0]), totals=(False,))
    hidden = np.array([True, False])

    (fine,) = attack(publication, hidden, share(0, 1, 0.375, rounded_to=0.001))
    (coarse,) = attack(publication, hidden, share(0, 1, 0.4, rounded_to=0.2))

    assert (fine.low, fine.high) == (pytest.approx(2.996), pytest.approx(3.004))
    assert (coarse.low, coarse.high) == (pytest.approx(2.4), pytest.approx(4.0))


def test_a_total_over_years_gives_a_count_away_that_each_year_kept():
    # One town, grades 1 and 2, years 2023 and 2024: 3 30 / 20 40. Each year hides its pair
    # (3 with 30; nothing is small in 2024), and publishes 33 and 60. The total of grade 1 over
    # both years, 23, with the published 20 gives 3 back.
    counts = np.array([[3.0, 30.0], [20.0, 40.0]])
    by_year = crossed(counts, totals=(False, True))
    with_years = crossed(counts)

    kept = suppress(by_year, threshold=THRESHOLD).reshape(2, 3)
    told = np.vstack([kept, [False] * 3]).ravel()

    assert not exposed(by_year, kept.ravel(), THRESHOLD)
    (found,) = attack(with_years, told, places=[0])
    assert (found.low, found.high) == (pytest.approx(3.0), pytest.approx(3.0))
    assert not exposed(with_years, suppress(with_years, threshold=THRESHOLD), THRESHOLD)


def test_cheapest_cells_are_hidden_first():
    # Row 1 can be completed by the 6 or by the 400; the 6 costs the reader less.
    counts = np.array([[3.0, 6.0, 400.0], [90.0, 80.0, 70.0], [50.0, 7.0, 60.0]])

    hidden = hidden_square(counts)

    assert hidden[0, 1]
    assert not hidden[0, 2]


def test_nothing_small_hides_nothing():
    assert not hidden_square(np.array([[5.0, 0.0], [9.0, 12.0]])).any()


def test_single_small_school_hides_its_totals():
    # One town with one pupil group of 2: cell, row, column and grand total are all 2.
    assert hidden_square(np.array([[2.0]])).all()


def test_a_count_of_one_under_a_threshold_of_two_is_not_the_only_unknown():
    counts = np.array([[1.0, 30.0], [20.0, 40.0]])

    assert hidden_square(counts, threshold=2)[:2, :2].all()


@pytest.mark.parametrize("count", [np.nan, -1.0, 1.5, np.inf])
def test_what_is_no_count_is_refused(count):
    with pytest.raises(DataError, match="missing, negative or not whole"):
        crossed(np.array([[count, 1.0]]))


def test_groups_that_share_no_total_do_not_disturb_each_other():
    years = np.stack([SQUARE, SQUARE + 50])

    together = suppress(crossed(years, totals=(False, True, True)), threshold=THRESHOLD)

    assert together[:9].tolist() == hidden_square(SQUARE).ravel().tolist()
    assert not together[9:].any()


SMALL_OR_LARGE = st.one_of(st.integers(0, 6), st.integers(0, 300)).map(float)


@settings(max_examples=60, deadline=None)
@given(
    counts=arrays(
        np.float64, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=SMALL_OR_LARGE
    ),
    threshold=st.integers(3, 8),
)
def test_no_small_count_can_be_placed_in_a_narrower_range(counts, threshold):
    publication = crossed(counts)
    hidden = suppress(publication, threshold=threshold)

    assert not exposed(publication, hidden, threshold)
    assert not exposed(publication, hidden, threshold, whole_numbers=True)


@settings(max_examples=40, deadline=None)
@given(
    counts=arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
        elements=SMALL_OR_LARGE,
    ),
    threshold=st.integers(3, 6),
)
def test_nor_over_towns_grades_years_and_all_totals_together(counts, threshold):
    publication = crossed(counts)
    hidden = suppress(publication, threshold=threshold)

    assert not exposed(publication, hidden, threshold)
    assert not exposed(publication, hidden, threshold, whole_numbers=True)


@st.composite
def measured(draw):
    """Draw pupils by towns and grades over two years, and boarders and girls among them."""
    shape = (2, draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    pupils = draw(arrays(np.float64, shape, elements=SMALL_OR_LARGE))
    parts = [
        np.floor(pupils * draw(arrays(np.float64, shape, elements=st.sampled_from(shares))))
        for shares in ([0.0, 0.1, 0.9, 1.0], [0.4, 0.5, 0.6])
    ]
    return np.stack([pupils, *parts])


@settings(max_examples=40, deadline=None)
@given(counts=measured(), threshold=st.integers(3, 6))
def test_nor_with_all_measures_changes_and_shares_of_published_counts(counts, threshold):
    publication = crossed(counts, totals=(False, False, True, True), parts_of_first=True)
    hidden = suppress(publication, threshold=threshold)
    places = np.arange(len(publication.values)).reshape(
        3, 2, counts.shape[2] + 1, counts.shape[3] + 1
    )
    values = publication.values
    said: list[Statement] = []
    for now, before in zip(places[:, 1].ravel(), places[:, 0].ravel(), strict=True):
        if not hidden[now] and not hidden[before]:
            said.append(change(now, before, values[now] - values[before]))
    for part, whole in publication.parts:
        if not hidden[part] and not hidden[whole] and values[whole]:
            shown = round(values[part] / values[whole], 3)
            said += share(part, whole, shown, rounded_to=0.001)

    assert not exposed(publication, hidden, threshold, said)


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
