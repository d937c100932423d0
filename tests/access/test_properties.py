"""What must hold of every county's ways to school: order, scale, sums, more never helps less."""

from __future__ import annotations

import functools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis.access import access, haversine_km, merger_proposals, project_access, read_boundaries
from analysis.access.catchment import two_step_catchment
from analysis.access.changes import catchment_changes
from analysis.access.distance import EARTH_RADIUS_KM
from analysis.standards import load

from .conftest import county, frame, pupils_of, rooms, school, settlement
from .test_catchment import cases
from .test_changes import gap, line
from .test_projects import at_own_place, planned

RULES = load(
    "national_2017",
    [{"name": "detour_factor", "value": 1.0, "source": "straight lines", "grade": "local"}],
)
FEW = settings(max_examples=5, deadline=None)
MANY = settings(max_examples=60, deadline=None)
degrees = st.tuples(st.floats(-180, 180), st.floats(-89, 89))


@pytest.mark.holds("access.haversine_km")
@MANY
@given(degrees, degrees, degrees, st.floats(-90, 90))
def test_no_detour_is_shorter_and_turning_the_globe_changes_no_distance(a, b, c, turn):
    def way(one, other):
        return float(haversine_km(*one, *other))

    assert way(a, c) <= way(a, b) + way(b, c) + 1e-6
    assert way(a, b) == pytest.approx(way(b, a), abs=1e-9)
    turned = [(lon + turn, lat) for lon, lat in (a, b)]
    assert way(*turned) == pytest.approx(way(a, b), abs=1e-3)
    # no way is shorter than the difference in latitude, and every one reaches its antipode in half
    # a circle
    assert way(a, b) >= np.radians(abs(a[1] - b[1])) * EARTH_RADIUS_KM - 1e-3
    half = np.pi * EARTH_RADIUS_KM
    assert way(a, b) + way(b, (a[0] + 180, -a[1])) == pytest.approx(half, abs=1e-1)


@pytest.mark.holds("access.two_step_catchment")
@MANY
@given(cases, st.floats(0, 20), st.integers(2, 9))
def test_seats_times_k_give_k_times_the_access_and_children_times_k_a_kth(case, reach, times):
    people, seats, distance = (np.array(part, dtype=float) for part in case)

    found = two_step_catchment(people, seats, distance, reach)

    assert two_step_catchment(people, seats * times, distance, reach) == pytest.approx(
        found * times
    )
    assert two_step_catchment(people * times, seats, distance, reach) == pytest.approx(
        found / times
    )
    # a place cut in two is served as before
    cut = np.concatenate([[people[0] / 2], [people[0] / 2], people[1:]])
    doubled = np.concatenate([distance[:1], distance])
    assert two_step_catchment(cut, seats, doubled, reach)[1:] == pytest.approx(found)
    # seats that somebody reaches are given out, none twice
    reached = (distance <= reach).any(axis=0)
    assert float(found @ people) == pytest.approx(float(seats[reached].sum()))


balances = st.lists(st.tuples(st.integers(-300, 300), st.integers(0, 8)), min_size=2, max_size=6)


def changes_of(values, within, order=None):
    names = [f"S{i}" for i in range(len(values))]
    kept = [names[i] for i in (order or range(len(values)))]
    rows = gap(*((n, "A", max(v, 0), max(-v, 0)) for n, (v, _) in zip(names, values, strict=True)))
    if order:
        rows = rows.iloc[order]
    positions = {names[i]: values[i][1] for i in range(len(values))}
    return catchment_changes(
        rows,
        line({name: positions[name] for name in kept}),
        stage="primary",
        scenario="central",
        year=2028,
        within=within,
    )


@pytest.mark.holds("access.catchment_changes")
@MANY
@given(balances, st.integers(0, 4), st.randoms(use_true_random=False))
def test_children_move_from_short_to_spare_until_nothing_near_is_left(values, within, random):
    found = changes_of(values, within)

    assert found == changes_of(values, within, random.sample(range(len(values)), len(values)))
    left = {f"S{i}": value for i, (value, _) in enumerate(values)}
    for row in found:
        left[row["school_id"]] -= row["pupils_movable"]
        left[row["receiving_school_id"]] += row["pupils_movable"]
        assert row["shortage_left"] == left[row["school_id"]]
        assert row["distance_km"] <= within
    assert sum(left.values()) == sum(value for value, _ in values)
    at = {f"S{i}": place for i, (_, place) in enumerate(values)}
    for i, (value, _) in enumerate(values):  # nobody passes from short to spare or back
        assert 0 <= left[f"S{i}"] * np.sign(value) <= abs(value)
    # of every near pair one side is used up
    for one, short in left.items():
        for other, spare in left.items():
            assert not (short > 0 > spare and abs(at[one] - at[other]) <= within)


def merger_case(places):
    """Return the arguments of a merger look at schools (pupils, seats, km) on a line."""
    names = [f"S{i}" for i in range(len(places))]
    schools = pd.DataFrame(
        {
            "school_id": names,
            "school_name": names,
            "town_id": "A",
            "kind": "primary",
            "urban_rural": "village",
            "pupils": [float(p) for p, _, _ in places],
            "seats_available": [np.nan if s is None else float(s) for _, s, _ in places],
            "classes": 6.0,
            "usable_classrooms": 12.0,
            "seats_by_teaching_area": 900.0,
            "seats_by_sports_area": 900.0,
        }
    )
    ways = line({name: km for name, (_, _, km) in zip(names, places, strict=True)})
    ahead = pd.DataFrame(
        [
            {
                "school_id": name,
                "stage": "primary",
                "scenario": "central",
                "school_year": 2026,
                "pupils": float(pupils),
                "seats_available": np.nan if seats is None else float(seats),
            }
            for name, (pupils, seats, _) in zip(names, places, strict=True)
        ]
    )
    return schools, ways, ahead


def mergers(schools, ways, ahead):
    return merger_proposals(
        schools,
        ways,
        pd.DataFrame(),
        ways,
        ahead,
        stage="primary",
        rules=RULES,
        base_year=2025,
    )


@pytest.mark.holds("access.merger_proposals")
@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 200), st.one_of(st.none(), st.integers(0, 600)), st.integers(0, 9)
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda each: each[2],
    )
)
def test_only_small_schools_are_looked_at_and_nothing_unknown_is_a_pass(places):
    below = RULES.value("merger_pupils_below")
    schools, ways, ahead = merger_case(places)

    proposals, tested = mergers(schools, ways, ahead)

    small = [f"S{i}" for i, (pupils, _, _) in enumerate(places) if pupils < below]
    assert [row["school_id"] for row in proposals] == (small if len(places) > 1 else [])
    by_id = schools.set_index("school_id")
    for row in proposals:
        own = [each for each in tested if each["school_id"] == row["school_id"]]
        words = [each["verdict"] for each in own]
        assert row["rules_against"] == words.count("not_met")
        assert row["rules_undetermined"] == words.count("undetermined")
        assert (row["verdict"] == "met") == all(word == "met" for word in words)
        assert (row["verdict"] == "not_met") == ("not_met" in words)
        for each in own:
            known = np.isfinite(each["value"]) and np.isfinite(each["threshold"])
            assert known or each["verdict"] == "undetermined"
            assert (each["missing"] is not None) == (each["verdict"] == "undetermined")
        target = by_id.loc[row["receiving_school_id"]]
        together = row["children_affected"] + target["pupils"]
        # whoever sends to a school without room does so because none has room
        if not together <= target["seats_available"]:
            others = by_id.drop(row["school_id"])
            fits = others["seats_available"] - others["pupils"] >= row["children_affected"]
            assert not fits.any()


@pytest.mark.holds("access.merger_proposals")
@settings(max_examples=10, deadline=None)
@given(st.integers(1, 90), st.integers(0, 400), st.integers(1, 300))
def test_an_unknown_year_ahead_is_no_year_without_pupils(pupils, seats, other):
    schools, ways, ahead = merger_case([(pupils, seats, 0), (other, seats, 1)])
    later = ahead.assign(school_year=2027)
    later.loc[later["school_id"] == "S0", "pupils"] = np.nan

    _, tested = mergers(schools, ways, pd.concat([ahead, later]))

    own = {row["rule"]: row["verdict"] for row in tested if row["school_id"] == "S0"}
    assert own["seats_ahead"] == "undetermined"
    assert own["stays_small"] == "undetermined"


villages = st.lists(
    st.tuples(st.integers(-5, 9), st.one_of(st.none(), st.integers(0, 60))), min_size=1, max_size=4
)


def line_county(places, order=None):
    rows = [settlement(f"V{i}", km, children) for i, (km, children) in enumerate(places)]
    rows = [rows[i] for i in order] if order else rows
    return two_schools().with_tables({"settlements": frame("settlements", rows)})


@functools.cache
def two_schools():
    """Return a county of two schools with its capacity, which knows nothing of settlements."""
    return county(
        schools=[school("P0", 0), school("P1", 6, town="B")],
        facilities=[rooms("P0", 6), rooms("P1", 2)],
        enrolment=[*pupils_of("P0", 30), *pupils_of("P1", 20)],
    )


@pytest.mark.holds("access.access")
@FEW
@given(villages, st.randoms(use_true_random=False))
def test_every_child_is_within_beyond_or_undetermined_whatever_the_order(places, random):
    order = random.sample(range(len(places)), len(places))

    tables = access(line_county(places), rules=RULES, base_year=2025, area="C").tables
    mixed = access(line_county(places, order), rules=RULES, base_year=2025, area="C").tables

    for name in ("access_coverage", "merger_rules", "catchment_changes"):
        pd.testing.assert_frame_equal(tables[name], mixed[name])
    coverage = tables["access_coverage"].query("stage == 'primary'").set_index("level")
    known = [children for _, children in places if children is not None]
    split = ["children_within", "children_beyond", "children_undetermined"]
    whole = coverage.loc[["county"]].iloc[0]
    assert whole[split].sum() == sum(known)
    # the rural limit is 2.5 km; the schools stand at 0 and 6
    beyond = [c for km, c in places if c and min(abs(km), abs(km - 6)) > 2.5]
    assert whole["children_beyond"] == sum(beyond)
    towns = coverage.loc[coverage.index == "town"]
    assert (towns[split].sum() == whole[split]).all()
    # the seats within reach, weighted by children, are the seats somebody reaches
    reached = tables["access_catchment"].query("stage == 'primary'")
    counted = int((np.array(known) > 0).sum())
    assert len(reached) == counted
    if counted:
        weighted = (reached["relative"] * reached["children"]).sum() / reached["children"].sum()
        assert weighted == pytest.approx(1) or reached["seats_per_child"].eq(0).all()


@pytest.mark.holds("access.project_access")
@FEW
@example([(-5, 20), (9, 7), (3, None)], -2)  # nearer to a project that is too far as well
@given(villages, st.integers(-5, 12))
def test_a_project_serves_whoever_it_is_nearer_to_and_never_lengthens_a_way(places, at):
    given_tables = line_county(places).with_tables(
        {
            "plan_projects": frame("plan_projects", [planned()]),
            "projects": at_own_place(at),
        }
    )

    row = project_access(given_tables, rules=RULES, base_year=2025)["access_projects"].iloc[0]

    ways = [(min(abs(km), abs(km - 6)), abs(km - at), children or 0) for km, children in places]
    assert row["children_beyond"] == sum(c for now, _, c in ways if now > 2.5)
    nearer = [(now, new, c) for now, new, c in ways if new < now]
    assert row["children_nearer"] == sum(c for _, _, c in nearer)
    assert row["children_gained"] == sum(c for now, new, c in nearer if now > 2.5 >= new)
    if row["children_nearer"]:
        assert row["mean_km_with"] < row["mean_km_now"]
    else:
        assert np.isnan(row["mean_km_with"])


squares = st.lists(
    st.tuples(
        st.integers(-170, 170), st.integers(-80, 80), st.sampled_from(["101", "102", "邻县"])
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.holds("access.read_boundaries", "access.Boundaries.extent")
@MANY
@given(squares, st.randoms(use_true_random=False))
def test_every_polygon_is_read_once_for_its_town_and_none_moves(given_squares, random):
    features = [
        {
            "type": "Feature",
            "properties": {"code": code},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[x, y], [x + 1, y], [x + 1, y + 2], [x, y + 2], [x, y]]],
            },
        }
        for x, y, code in given_squares
    ]
    names = {"101": "城关镇", "102": "东城镇"}
    mixed = random.sample(features, len(features))

    found, other = (
        read_boundaries(json.dumps({"type": "FeatureCollection", "features": each}).encode(), names)
        for each in (features, mixed)
    )

    for code in names:
        own = [[x, y] for x, y, at in given_squares if at == code]
        assert [polygon[0][0].tolist() for polygon in found.towns.get(code, ())] == own
    assert len(found.others) == sum(code == "邻县" for _, _, code in given_squares)
    xs, ys = [x for x, _, _ in given_squares], [y for _, y, _ in given_squares]
    assert found.extent == (min(xs), min(ys), max(xs) + 1, max(ys) + 2)
    assert other.extent == found.extent
