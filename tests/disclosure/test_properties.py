"""What must hold of every publication: ranges contain the truth, hiding more tells less."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.disclosure import attack, change, crossed, public_edition, share, suppress
from analysis.standards import load

from .test_disclosure import SMALL_OR_LARGE, county

FEW = settings(max_examples=12, deadline=None)
MANY = settings(max_examples=40, deadline=None)
tables = arrays(
    np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=SMALL_OR_LARGE
)


@pytest.mark.holds("disclosure.crossed")
@MANY
@given(tables, st.booleans(), st.booleans())
def test_every_total_is_the_sum_of_its_cells_in_either_direction(counts, rows, columns):
    publication = crossed(counts, totals=(rows, columns))

    shape = (counts.shape[0] + rows, counts.shape[1] + columns)
    grid = publication.values.reshape(shape)
    assert (grid[: counts.shape[0], : counts.shape[1]] == counts).all()
    if rows:
        assert (grid[-1] == grid[:-1].sum(axis=0)).all()
    if columns:
        assert (grid[:, -1] == grid[:, :-1].sum(axis=1)).all()
    # what is told to hold does hold, once for every total in every direction
    assert np.abs(publication.sums @ publication.values).max(initial=0) == 0
    assert publication.sums.shape[0] == rows * shape[1] + columns * shape[0]


@pytest.mark.holds("disclosure.Publication.only")
@MANY
@given(
    arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
           elements=SMALL_OR_LARGE)
)  # fmt: skip
def test_groups_part_the_counts_and_lose_no_sum(counts):
    publication = crossed(counts, totals=(False, True, True))

    groups = publication.groups
    alone = [publication.only(places) for places in groups]

    assert sorted(np.concatenate(groups).tolist()) == list(range(len(publication.values)))
    assert sum(each.sums.shape[0] for each in alone) == publication.sums.shape[0]
    assert sum(each.costs.sum() for each in alone) == pytest.approx(publication.costs.sum())
    for each, places in zip(alone, groups, strict=True):
        assert (each.values == publication.values[places]).all()
        assert np.abs(each.sums @ each.values).max(initial=0) == 0


@pytest.mark.holds("disclosure.suppress")
@FEW
@given(tables, st.integers(2, 8))
def test_all_small_counts_are_hidden_no_zero_is_and_a_turned_table_is_no_worse(counts, threshold):
    publication = crossed(counts)
    values = publication.values
    small = (values > 0) & (values < threshold)

    hidden = suppress(publication, threshold=threshold)
    turned = suppress(crossed(counts.T), threshold=threshold)

    assert hidden[small].all()
    assert not hidden[values == 0].any()
    assert hidden.any() == turned.any() == small.any()
    # nothing is below a threshold of one
    assert not suppress(publication, threshold=1).any()


@pytest.mark.holds("disclosure.attack")
@FEW
@given(tables, st.data())
def test_the_truth_is_in_every_range_and_whoever_knows_more_is_no_further_off(counts, data):
    publication = crossed(counts)
    number = len(publication.values)
    flags = st.lists(st.booleans(), min_size=number, max_size=number).map(np.array)
    less, more = data.draw(flags), data.draw(flags)
    place = data.draw(st.integers(0, number - 1))
    less[place] = True
    more = more | less

    (narrow,) = attack(publication, less, places=[place])
    (wide,) = attack(publication, more, places=[place])
    (told,) = attack(
        publication, more, [change(place, place - 1, float(np.diff(publication.values)[place - 1]))]
        if place
        else [], places=[place],
    )  # fmt: skip

    for found in (narrow, wide, told):
        assert found.count == publication.values[place]
        assert found.low - 1e-6 <= found.count <= found.high + 1e-6
    for closer in (narrow, told):
        assert wide.low - 1e-6 <= closer.low
        assert closer.high <= wide.high + 1e-6


@pytest.mark.holds("disclosure.change")
@MANY
@given(st.integers(0, 500), st.integers(0, 500))
def test_a_change_and_one_of_the_two_counts_give_the_other(now, before):
    publication = crossed(np.array([float(now), float(before)]), totals=(False,))

    (found,) = attack(publication, np.array([True, False]), [change(0, 1, float(now - before))])

    assert (found.low, found.high) == (pytest.approx(now), pytest.approx(now))


@pytest.mark.holds("disclosure.share")
@MANY
@given(st.integers(0, 500), st.integers(1, 500), st.sampled_from([0.1, 0.01, 0.001]))
def test_a_rounded_share_leaves_the_part_a_range_as_wide_as_its_step(part, whole, step):
    part = min(part, whole)
    shown = round(part / whole / step) * step
    publication = crossed(np.array([float(part), float(whole)]), totals=(False,))

    (found,) = attack(publication, np.array([True, False]), share(0, 1, shown, rounded_to=step))

    assert found.low - 1e-6 <= part <= found.high + 1e-6
    # nobody has less than nought pupils; else the width is the step times the whole
    expected = step * whole - max(0.0, step / 2 - shown) * whole
    assert found.high - found.low == pytest.approx(expected, abs=1e-6)


pupils = st.lists(
    st.tuples(st.sampled_from(["t1", "t2", "t3"]), st.integers(1, 2), st.integers(0, 40)),
    min_size=1,
    max_size=6,
)


@pytest.mark.holds("disclosure.public_edition")
@settings(max_examples=6, deadline=None)
@given(pupils, st.randoms(use_true_random=False))
def test_what_is_published_is_true_never_small_and_the_same_in_any_order(rows, random):
    schools = [(f"s{i}", town, grade, float(count)) for i, (town, grade, count) in enumerate(rows)]
    rules = load("national_2017")
    threshold = rules.value("small_count_threshold")

    made, again = (
        public_edition(county(*each), rules=rules, area="C")["public_pupils"]
        for each in (schools, random.sample(schools, len(schools)))
    )

    pd.testing.assert_frame_equal(made, again)
    for row in made.to_dict("records"):
        truth = sum(
            count
            for _, town, grade, count in schools
            if row["area_id"] in ("C", town) and row["grade"] in (0, grade)
        )
        assert row["suppressed"] == np.isnan(row["count"])
        if 0 < truth < threshold:
            assert row["suppressed"]
        if not row["suppressed"]:
            assert row["count"] == truth
    towns = len({town for town, _, _ in rows})
    grades = len({grade for _, grade, _ in rows})
    assert len(made) == (towns + 1) * (grades + 1)
