"""School compliance: 6 of 7 and 85 %, exact boundaries, three values, scope."""

from __future__ import annotations

import pytest

from analysis import standards
from analysis.indicators.definitions import at_least, at_most
from analysis.standards import Norm
from tests.indicators.conftest import County, compliance_of


def verdict(shares, rules, pupils=100_000):
    county = County().plain("A", pupils, shares)
    table = compliance_of(county, rules)
    return table.iloc[0]


FULL = (1.0,) * 6


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ((1.0,) * 7, "met"),
        ((*FULL, 0.85), "met"),  # six full and the last at exactly 85 %
        ((*FULL[:3], 0.8499, *FULL[:3]), "not_met"),  # 84.99 %
        ((*FULL[:5], 0.99, 0.99), "not_met"),  # five full
        ((0.85, *FULL), "met"),
        ((*FULL[:3], 0.85, *FULL[:3]), "met"),  # 3.825 / 4.5 is exactly 0.85
        ((*FULL[:2], 0.85, *FULL[:4]), "met"),  # 0.765 / 0.9 is exactly 0.85
        ((5.0,) * 5 + (0.2, 5.0), "not_met"),  # nothing makes up for one at 20 %
    ],
)
def test_six_of_seven_and_the_floor(rules, shares, expected):
    assert verdict(shares, rules)["verdict"] == expected


def test_counts_and_lowest_indicator(rules):
    row = verdict((1.2, 1.0, 0.9, 2.0, 0.86, 1.0, 1.0), rules)

    assert (row["indicators_met"], row["indicators_not_met"]) == (5, 2)
    assert row["lowest_indicator"] == "L5"
    assert row["lowest_share"] == pytest.approx(0.86)


def school(rules, **changes):
    county = County().plain("A", 1000)
    for key, value in changes.items():
        target = county.teachers if key in county.teachers[0] else county.facilities
        target[0][key] = value
    return compliance_of(county, rules).iloc[0]


def test_unknown_is_undetermined_until_what_is_known_fails(rules):
    one_unknown = school(rules, backbone=None)
    assert one_unknown["verdict"] == "undetermined"
    assert one_unknown["missing"] == "teachers.backbone"
    # one unknown and one just below the threshold: it may still pass
    assert school(rules, backbone=None, multimedia_rooms=22)["verdict"] == "undetermined"
    # one unknown and one below the floor: it cannot
    assert school(rules, backbone=None, multimedia_rooms=10)["verdict"] == "not_met"
    # one unknown and two below the threshold: it cannot
    failing = school(rules, backbone=None, multimedia_rooms=22, equipment_cny=1_900_000.0)
    assert failing["verdict"] == "not_met"


def test_a_school_that_passes_only_after_rounding_is_flagged(rules):
    county = County().plain("A", 1000)
    county.facilities[0] |= {"teaching_area_m2": 4496.0, "equipment_cny": 1_990_000.0}

    row = compliance_of(county, rules).iloc[0]

    assert row["verdict"] == "not_met"
    assert row["passes_by_rounding"]


@pytest.mark.parametrize(
    ("kind", "pupils", "details", "inside", "reason"),
    [
        ("primary", 30, {}, True, "ordinary"),  # small schools stay in
        ("teaching_point", 49, {}, False, "teaching_point_below_minimum"),
        ("teaching_point", 50, {}, True, "ordinary"),
        ("special", 40, {}, False, "special_school"),
        ("vocational", 40, {}, False, "vocational_school"),
        ("primary", 0, {}, False, "no_pupils"),
        ("primary", 90, {"owner": "private"}, True, "ordinary"),
        ("primary", 90, {"closed_year": 2024}, False, "closed"),
        ("primary", 90, {"closed_year": 2025}, True, "ordinary"),
        ("primary", 90, {"opened_year": 2025}, False, "not_open"),
        ("primary", None, {}, True, "pupils_unknown"),
    ],
)
def test_scope_and_its_reason(rules, kind, pupils, details, inside, reason):
    county = County().school("A", kind, pupils={1: pupils}, **details).plain("B", 1000)

    table = compliance_of(county, rules).set_index("school_id")

    assert table.loc["A", "in_scope"] == inside
    assert table.loc["A", "scope_reason"] == reason
    expected = "not_applicable" if not inside else "undetermined"
    assert table.loc["A", "verdict"] == expected


def test_both_stages_of_a_teaching_point_count_towards_its_minimum(rules):
    county = County().school("A", "teaching_point", pupils={1: 30, 2: 20}).plain("B", 1000)

    table = compliance_of(county, rules).set_index("school_id")

    assert table.loc["A", "in_scope"]


def test_older_rules_leave_out_teaching_points_and_private_schools():
    county = County().plain("A", 1000).plain("B", 2000, owner="private")
    county.school("C", "teaching_point", pupils={1: 80}).school("D", pupils={1: 80}, owner=None)

    table = compliance_of(county, standards.load("national_2012"))
    reason = table.set_index("school_id")["scope_reason"]

    assert reason.to_dict() == {
        "A": "ordinary",
        "B": "private_excluded",
        "C": "teaching_point_excluded",
        "D": "owner_unknown",
    }


def test_a_school_without_any_pupils_row_is_listed_as_undetermined(rules):
    county = County().plain("A", 1000).school("B", "nine_year")

    table = compliance_of(county, rules)
    lost = table[table["school_id"] == "B"]

    assert sorted(lost["stage"]) == ["junior", "primary"]
    assert set(lost["verdict"]) == {"undetermined"}
    assert set(lost["scope_reason"]) == {"pupils_unknown"}


@pytest.mark.parametrize(
    ("changes", "flagged"),
    [
        ({}, True),
        ({"multimedia_rooms": 15}, False),  # another one below the floor
        ({"multimedia_rooms": None}, False),  # another one unknown
        ({"equipment_cny": 2_000_000.0}, False),  # passes without rounding
    ],
)
def test_rounding_is_flagged_only_where_it_alone_decides(rules, changes, flagged):
    county = County().plain("A", 1000)
    county.facilities[0] |= {"teaching_area_m2": 4496.0, "equipment_cny": 1_990_000.0} | changes

    assert compliance_of(county, rules).iloc[0]["passes_by_rounding"] == flagged


def test_special_schools_are_listed_even_without_pupils(rules):
    table = compliance_of(County().plain("A", 1000).school("S", "special"), rules)

    assert table.set_index("school_id").loc["S", "scope_reason"] == "special_school"


@pytest.mark.parametrize("absent", ["school_floor_share", "school_indicators_met_minimum"])
def test_half_a_school_test_is_none_and_nobody_passes_it_by_rounding(rules, absent):
    # the school of the test above that passes only after rounding, under rules without one half
    county = County().plain("A", 1000)
    county.facilities[0] |= {"teaching_area_m2": 4496.0, "equipment_cny": 1_990_000.0}
    own = rules.overridden([Norm(name=absent, value="none", source="test", grade="local")])

    row = compliance_of(county, own).iloc[0]

    assert row["verdict"] == "not_applicable"
    assert not row["passes_by_rounding"]


@pytest.mark.parametrize(
    ("value", "threshold", "reached"),
    [
        (-1e-9, 0.0, True),  # the tolerance is 1e-9 of the threshold, but of 1 at least
        (-1.1e-9, 0.0, False),
        (0.5 - 1.5e-9, 0.5, False),
        (4000.0 - 3.9e-6, 4000.0, True),
        (4000.0 - 4.1e-6, 4000.0, False),
    ],
)
def test_tolerance_is_relative_and_counts_itself(value, threshold, reached):
    assert at_least(value, threshold) == reached
    assert at_most(-value, -threshold) == reached
