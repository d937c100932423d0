"""Mergers: who is affected, the longest trip, boarding, and every rule that says no."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import access
from analysis.access.mergers import Trips, merger_rules, overall

from .conftest import county, pupils_of, rooms, school, settlement

AREAS = {
    "teaching_area_m2": 4500.0,
    "indoor_sports_m2": 0.0,
    "sports_ground_m2": 7500.0,
    "site_area_m2": 15000.0,
}


def merged(rules, *, small=5, large=40, km=2.0, classrooms=12, settlements=(), areas=None, **more):
    """A small school at 0 km and a large one ``km`` away, six equal grades each."""
    tables = county(
        schools=[school("S", 0.0), school("L", km, **more)],
        facilities=[rooms("S", 6), rooms("L", classrooms, **(AREAS | (areas or {})))],
        enrolment=[*pupils_of("S", small), *pupils_of("L", large)],
        settlements=settlements,
        rules=rules,
    )
    step = access.access(tables, rules=rules, base_year=2025, area="C")
    proposals = step["merger_proposals"].set_index("school_id")
    verdicts = step["merger_rules"].query("school_id == 'S'").set_index("rule")
    return proposals, verdicts


def test_a_merger_that_keeps_every_rule(rules):
    # 30 pupils join 240; 12 rooms x 45 = 540 seats, areas hold 1000; 2 km is within 2.5 km.
    proposals, verdicts = merged(rules)

    row = proposals.loc["S"]
    assert row["verdict"] == "met"
    assert (row["rules_against"], row["rules_undetermined"]) == (0, 0)
    assert (row["children_affected"], row["receiving_school_id"]) == (30, "L")
    assert row["longest_trip_km"] == pytest.approx(2.0)
    assert (row["boarding_needed"], row["seats_spare"]) == (0, 300)
    assert set(verdicts.index) == {
        "distance",
        "seats_now",
        "seats_ahead",
        "classrooms",
        "school_size",
        "teaching_area",
        "sports_area",
        "boarding",
        "stays_small",
    }
    assert (verdicts["verdict"] == "met").all()
    assert verdicts["source"].str.len().min() > 3


def test_only_small_schools_are_looked_at(rules):
    # 16 x 6 = 96 pupils are fewer than 100, 17 x 6 = 102 are not.
    assert "S" in merged(rules, small=16)[0].index
    assert "S" not in merged(rules, small=17)[0].index
    assert "L" not in merged(rules)[0].index


def test_a_trip_beyond_the_limit_says_no_and_needs_beds(rules):
    proposals, verdicts = merged(rules, km=2.6)

    assert verdicts.loc["distance", "verdict"] == "not_met"
    assert (verdicts.loc["distance", "value"], verdicts.loc["distance", "threshold"]) == (
        pytest.approx(2.6),
        2.5,
    )
    # all 30 would board; how many beds there are is in no table
    assert proposals.loc["S", "boarding_needed"] == 30
    assert verdicts.loc["boarding", "verdict"] == "undetermined"
    assert verdicts.loc["boarding", "missing"] == "boarding_places"
    assert proposals.loc["S", "verdict"] == "not_met"


def test_trips_start_where_the_children_live(rules):
    # Nearest to S are v1 (at -3 km: 5 km to L) and v2 (at 0.5 km: 1.5 km to L); v3 belongs to L.
    # 10 of 30 children in v1: 10/30 of the school's 30 pupils would board.
    proposals, _ = merged(
        rules,
        settlements=[
            settlement("v1", -3.0, 10),
            settlement("v2", 0.5, 20),
            settlement("v3", 1.9, 50),
        ],
    )

    row = proposals.loc["S"]
    assert row["longest_trip_km"] == pytest.approx(5.0)
    # (10 x 5 + 20 x 1.5) / 30
    assert row["mean_trip_km"] == pytest.approx(80 / 30)
    assert row["boarding_needed"] == 10


@pytest.mark.parametrize(
    ("rule", "change", "value", "threshold"),
    [
        # 240 + 30 = 270 pupils on 5 x 45 = 225 seats
        ("seats_now", {"classrooms": 5}, 270, 225),
        # 6 classes and ceil(30 / 45) = 1 more on 6 rooms
        ("classrooms", {"classrooms": 6}, 7, 6),
        # 1130 / 4.5 = 251 pupils
        ("teaching_area", {"areas": {"teaching_area_m2": 1130.0}}, 270, 251),
        # 2000 / 7.5 = 266 pupils
        ("sports_area", {"areas": {"sports_ground_m2": 2000.0}}, 270, 266),
    ],
)
def test_every_rule_can_say_no(rules, rule, change, value, threshold):
    proposals, verdicts = merged(rules, **change)

    assert verdicts.loc[rule, "verdict"] == "not_met"
    assert (verdicts.loc[rule, "value"], verdicts.loc[rule, "threshold"]) == (value, threshold)
    assert proposals.loc["S", "verdict"] == "not_met"


def test_a_school_over_the_size_limit_takes_nobody(rules):
    # 330 x 6 = 1980 and 30 more are 2010 of 2000; a nine-year school may have 2500.
    _, single = merged(rules, large=330, classrooms=60)
    _, several = merged(rules, large=330, classrooms=60, kind="nine_year")

    assert single.loc["school_size", "verdict"] == "not_met"
    assert (several.loc["school_size", "threshold"], several.loc["school_size", "verdict"]) == (
        2500,
        "met",
    )


@pytest.mark.parametrize(
    ("pupils", "verdict"),
    # small schools have at most 100 pupils: 30 and 40 stay small, 30 and unknown may not, and one
    # year of 120 decides whatever the other is
    [((30, 40), "met"), ((30, None), "undetermined"), ((120, None), "not_met")],
)
def test_a_year_of_unknown_pupils_does_not_let_a_school_stay_small(rules, pupils, verdict):
    target = {
        "pupils": 240.0,
        "kind": "primary",
        "seats_available": 540.0,
        "classes": 6.0,
        "usable_classrooms": 12.0,
        "seats_by_teaching_area": 900.0,
        "seats_by_sports_area": 900.0,
    }
    ahead = pd.DataFrame(
        {"pupils": pupils, "pupils_receiver": 240.0, "seats_available": 540.0}, dtype=float
    )
    one = np.ones(1)

    rows = merger_rules(
        {"pupils": 30.0, "urban_rural": "village"},
        target,
        Trips(one, one, one),
        ahead,
        "primary",
        rules,
        2025,
    )

    assert next(row["verdict"] for row in rows if row["rule"] == "stays_small") == verdict


def test_missing_areas_are_no_pass(rules):
    proposals, verdicts = merged(rules, areas={"sports_ground_m2": None})

    assert verdicts.loc["sports_area", "verdict"] == "undetermined"
    assert verdicts.loc["sports_area", "missing"] == "facilities"
    assert (proposals.loc["S", "verdict"], proposals.loc["S", "rules_undetermined"]) == (
        "undetermined",
        1,
    )


def three_schools(rules, near_rooms):
    tables = county(
        schools=[school("S", 0.0), school("N", 1.0), school("F", 2.0)],
        facilities=[rooms("S", 6), rooms("N", near_rooms), rooms("F", 12)],
        enrolment=[*pupils_of("S", 5), *pupils_of("N", 40), *pupils_of("F", 40)],
        rules=rules,
    )
    step = access.access(tables, rules=rules, base_year=2025, area="C")
    return step["merger_proposals"].set_index("school_id").loc["S", "receiving_school_id"]


def test_the_receiving_school_is_the_nearest_with_room(rules):
    # N has 240 pupils: on 6 rooms (270 seats) 30 fit, on 5 rooms (225) none.
    assert three_schools(rules, 6) == "N"
    assert three_schools(rules, 5) == "F"


def test_where_nobody_has_room_the_nearest_is_shown(rules):
    tables = county(
        schools=[school("S", 0.0), school("N", 1.0), school("F", 2.0)],
        facilities=[rooms("S", 6), rooms("N", 5), rooms("F", 5)],
        enrolment=[*pupils_of("S", 5), *pupils_of("N", 40), *pupils_of("F", 40)],
        rules=rules,
    )

    step = access.access(tables, rules=rules, base_year=2025, area="C")

    row = step["merger_proposals"].set_index("school_id").loc["S"]
    assert (row["receiving_school_id"], row["verdict"]) == ("N", "not_met")


def test_seats_must_suffice_in_every_scenario_and_year(rules):
    # The high scenario brings the receiving school to 520 pupils in 2026; with S's share that is
    # more than 540 seats.
    grades = {
        (scenario, year): per_grade
        for scenario in ("low", "central", "high")
        for year, per_grade in ((2025, 45), (2026, 95 if scenario == "high" else 45))
    }
    tables = county(
        schools=[school("S", 0.0), school("L", 2.0)],
        facilities=[rooms("S", 6), rooms("L", 12, **AREAS)],
        enrolment=[*pupils_of("S", 5), *pupils_of("L", 40)],
        rules=rules,
        grade_demand=[
            {
                "level": "town",
                "area_id": "A",
                "stage": "primary",
                "grade": grade,
                "school_year": year,
                "scenario": scenario,
                "pupils": value,
            }
            for (scenario, year), value in grades.items()
            for grade in range(1, 7)
        ],
    )

    step = access.access(tables, rules=rules, base_year=2025, area="C")
    verdicts = step["merger_rules"].query("school_id == 'S'").set_index("rule")

    assert verdicts.loc["seats_now", "verdict"] == "met"
    # both together have the town's 95 x 6 = 570 pupils on 540 seats: 30 too many
    assert verdicts.loc["seats_ahead", "verdict"] == "not_met"
    assert verdicts.loc["seats_ahead", "value"] == pytest.approx(30)
    # S itself would have 570 x 5/45 = 63.3 pupils at most
    assert verdicts.loc["stays_small", "value"] == pytest.approx(570 * 5 / 45)
    assert verdicts.loc["stays_small", "verdict"] == "met"


def test_a_lone_school_has_nobody_to_compare(rules):
    tables = county(
        schools=[school("S", 0.0)],
        facilities=[rooms("S", 6)],
        enrolment=pupils_of("S", 5),
        rules=rules,
    )

    step = access.access(tables, rules=rules, base_year=2025, area="C")

    assert step["merger_proposals"].empty


def test_one_no_is_enough_and_the_unknown_is_no_pass():
    assert overall(["met", "undetermined", "not_met"]) == "not_met"
    assert overall(["met", "undetermined"]) == "undetermined"
    assert overall(["met", "met"]) == "met"
