"""What must hold for every county: no netting, conservation, monotonicity, order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import standards
from analysis.capacity.rooms import classes_required, shared_area, shared_rooms
from analysis.capacity.warnings import WarningLevels
from analysis.tables import Tables

from .conftest import bare_gap, county, frame, pupils_of, rooms, school

RULES = standards.load("national_2017")
FEW = settings(max_examples=8, deadline=None)
MANY = settings(max_examples=200, deadline=None)

#: Towns as (pupils, seats) of the primary stage; a seat count may be unknown.
towns = st.lists(
    st.tuples(st.integers(0, 3000), st.one_of(st.none(), st.integers(0, 3000))),
    min_size=1,
    max_size=5,
)


def gap_of_totals(values):
    rows = [
        {
            "town_id": f"T{i}",
            "school_year": 2025,
            "stage": "primary",
            "pupils": pupils,
            "seats": seats,
        }
        for i, (pupils, seats) in enumerate(values)
    ]
    result = bare_gap(Tables({"totals": frame("totals", rows)}), RULES)
    table = result["seat_gap"]
    return table[table["scenario"] == "central"]


@FEW
@given(towns)
def test_the_county_sums_its_towns_and_nets_nothing(values):
    table = gap_of_totals(values)

    whole = table[table["level"] == "county"].iloc[0]
    known = [(p, s) for p, s in values if s is not None]
    assert whole["seats_required"] == sum(p for p, _ in values)
    if known:
        assert whole["shortage_known"] == sum(max(p - s, 0) for p, s in known)
        assert whole["surplus_known"] == sum(max(s - p, 0) for p, s in known)
    if len(known) == len(values):
        assert whole["shortage"] == whole["shortage_known"]
        assert whole["surplus"] - whole["shortage"] == sum(s - p for p, s in values)
    else:
        assert np.isnan(whole["shortage"])
    counted = [f"towns_{level}" for level in ("red", "amber", "green", "blue", "undetermined")]
    assert whole[counted].sum() == len(values)


@FEW
@given(towns, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(values, random):
    order = random.sample(range(len(values)), len(values))

    first = gap_of_totals(values)
    second = gap_of_totals([values[i] for i in order])

    columns = ["seats_required", "shortage_known", "surplus_known", "warning"]
    left = first[first["level"] == "county"][columns].reset_index(drop=True)
    right = second[second["level"] == "county"][columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(left, right)


def school_county(classrooms, pupils):
    tables = county(
        schools=[school(f"P{i}", town="AB"[i % 2]) for i in range(len(pupils))],
        facilities=[rooms(f"P{i}", count) for i, count in enumerate(classrooms)],
        enrolment=[
            row
            for i, number in enumerate(pupils)
            for row in pupils_of(f"P{i}", dict.fromkeys(range(1, 7), number), classes=1)
        ],
    )
    return bare_gap(tables, RULES)


schools = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 200)), min_size=2, max_size=5).map(
    lambda pairs: ([r for r, _ in pairs], [p for _, p in pairs])
)


def county_row(result):
    table = result["seat_gap"]
    return table[(table["level"] == "county") & (table["scenario"] == "central")].iloc[0]


@FEW
@given(schools, st.integers(1, 9))
def test_a_room_more_never_makes_a_shortage_larger(case, more):
    classrooms, pupils = case

    before = county_row(school_county(classrooms, pupils))
    after = county_row(school_county([classrooms[0] + more, *classrooms[1:]], pupils))

    assert after["shortage"] <= before["shortage"]
    assert after["surplus"] >= before["surplus"]
    assert after["classrooms_short"] <= before["classrooms_short"]
    assert after["seats_available"] == before["seats_available"] + 45 * more


@FEW
@given(schools)
def test_schools_add_up_to_their_town_and_classes_bound_the_seats(case):
    classrooms, pupils = case

    result = school_county(classrooms, pupils)
    table = result["seat_gap"]
    towns_of = table[(table["level"] == "town") & (table["scenario"] == "central")]
    listed = result["gap_schools"]
    listed = listed[listed["scenario"] == "central"]

    by_town = listed.groupby("town_id")[["pupils", "seats_available", "classes_required"]].sum()
    wide = towns_of.set_index("area_id")
    assert by_town["pupils"].to_numpy() == pytest.approx(wide["seats_required"].to_numpy())
    assert by_town["seats_available"].tolist() == wide["seats_available"].tolist()
    assert by_town["classes_required"].tolist() == wide["classes_required"].tolist()
    # a school's shortage may be met by its neighbour's seats, never the other way round
    short = listed.groupby("town_id")["shortage"].sum()
    assert (short.to_numpy() >= wide["shortage"].to_numpy() - 1e-9).all()
    # classes hold every pupil
    assert (wide["classes_required"] * 45 >= wide["seats_required"] - 1e-6).all()
    # netting grades within a stage can only lessen a shortage
    assert (wide["shortage_by_grade"] >= wide["shortage"] - 1e-9).all()


@MANY
@given(st.integers(0, 5000), st.integers(20, 60))
def test_classes_are_just_enough(pupils, size):
    found = float(classes_required(np.array([float(pupils)]), size)[0])

    assert found * size >= pupils
    assert (found - 1) * size < pupils or found == 0


@MANY
@given(
    st.integers(0, 300),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 60), min_size=2),
)
def test_shared_rooms_add_up_and_stay_near_their_share(count, classes):
    parts = shared_rooms(count, classes)

    total = sum(classes.values())
    if total == 0:
        assert all(np.isnan(part) for part in parts.values())
        return
    assert sum(parts.values()) == count
    for stage, number in classes.items():
        assert abs(parts[stage] - count * number / total) < 1


@MANY
@given(st.floats(0, 1e5), st.tuples(st.integers(1, 3000), st.integers(1, 3000)))
def test_shared_areas_add_up(area, pupils):
    weights = {"primary": 1.0, "junior": 1.1}

    parts = shared_area(area, dict(zip(weights, pupils, strict=True)), weights)

    assert sum(parts.values()) == pytest.approx(area)
    assert parts["primary"] * pupils[1] * 1.1 == pytest.approx(parts["junior"] * pupils[0])


@MANY
@given(st.integers(0, 5000), st.integers(0, 500), st.integers(1, 5000))
def test_more_pupils_never_lower_a_warning(pupils, more, seats):
    levels = WarningLevels(1.0, 0.9, 0.6)
    order = ["blue", "green", "amber", "red"]

    before, after = levels.of([pupils, pupils + more], [seats, seats])

    assert order.index(after) >= order.index(before)
