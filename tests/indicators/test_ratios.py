"""The seven ratios: definitions, splits, gymnasium, reliefs, what is missing."""

from __future__ import annotations

import pytest

from analysis import standards
from analysis.indicators import indicators
from analysis.standards import Norm
from tests.indicators.conftest import YEAR, County, values_of


def values(county, rules):
    return values_of(county, rules).set_index(["school_id", "stage", "indicator"]).sort_index()


def test_each_ratio_by_its_definition(rules):
    # 200 pupils; by hand: 10/200x100 = 5; 3 -> 1.5; 2 -> 1; (1300-300)/200 = 5;
    # (1500+300)/200 = 9; 500 000/200 = 2500; 6 rooms -> 3
    county = County().school("A", pupils={1: 120, 2: 80}).staff("A", "primary", 10, 3, 2)
    county.rooms("A", 1300.0, 1500.0, 500_000.0, 6, indoor_sports_m2=300.0)

    found = values(county, rules)["value"]

    assert found.tolist() == pytest.approx([5.0, 1.5, 1.0, 5.0, 9.0, 2500.0, 3.0])


@pytest.mark.parametrize(
    ("kind", "pupils", "expected", "parts"),
    [
        # domain vectors: W = 600 + 1.1 x 400 = 1040; 5000/1040; 1.1 x 5000/1040
        ("nine_year", {1: 600, 7: 400}, (4.807692, 5.288462), (2884.615, 2115.385)),
        # W = 300 + 1.2 x 600 = 1020
        ("complete_secondary", {7: 300, 10: 600}, (None, 4.901961), (None, 1470.588)),
        # W = 600 + 1.1 x 300 + 1.32 x 300 = 1326
        (
            "twelve_year",
            {1: 600, 7: 300, 10: 300},
            (3.770739, 4.147813),
            (2262.443, 1244.344),
        ),
        # published: 23 226 volumes, 166 + 210 pupils -> 58.504 / 64.354, parts 9 711.6 / 13 514.4
        ("nine_year_books", {1: 166, 7: 210}, (58.504, 64.354), (9711.6, 13514.4)),
    ],
)
def test_split_by_weights(rules, kind, pupils, expected, parts):
    area = 23_226.0 if kind.endswith("books") else 5000.0
    county = County().school("A", kind.removesuffix("_books"), pupils=pupils)
    county.rooms("A", area, 1.0, 1.0, 1)

    found = values(county, rules)

    for stage, value, part in zip(("primary", "junior"), expected, parts, strict=True):
        if value is None:
            assert ("A", stage, "L4") not in found.index
            continue
        row = found.loc[("A", stage, "L4")]
        assert row["value"] == pytest.approx(value, rel=1e-4)
        assert row["resource"] == pytest.approx(part, rel=1e-4)
        assert row["split_method"] == "weights"


def test_parts_of_a_nine_year_school_add_up_and_teachers_are_not_split(rules):
    county = County().school("A", "nine_year", pupils={1: 317, 7: 211})
    county.staff("A", "primary", 20).staff("A", "junior", 14).rooms("A", 4321.0, 9876.0)

    found = values(county, rules)["resource"]

    assert found["A", "primary", "L4"] + found["A", "junior", "L4"] == pytest.approx(4321.0)
    assert found["A", "primary", "L1"] == 20
    assert found["A", "junior", "L1"] == 14


def test_stage_returns_are_used_where_there_is_no_whole_and_recorded(rules):
    county = County().school("A", "nine_year", pupils={1: 600, 7: 400})
    county.rooms("A", 3000.0, scope="primary").rooms("A", 2600.0, scope="junior")

    found = values(county, rules)

    assert found.loc[("A", "primary", "L4"), "value"] == pytest.approx(5.0)
    assert found.loc[("A", "junior", "L4"), "value"] == pytest.approx(6.5)
    assert set(found.loc[("A", "junior"), "split_method"]) == {"none", "stage_returns"}


@pytest.mark.parametrize(
    ("method", "expected"), [("weights", 5000 / 1040), ("stage_returns", 3000 / 600)]
)
def test_rule_set_chooses_between_weights_and_stage_returns(method, expected):
    rules = standards.load(
        "national_2017",
        [{"name": "split_method", "value": method, "source": "local", "grade": "local"}],
    )
    county = County().school("A", "nine_year", pupils={1: 600, 7: 400})
    county.rooms("A", 5000.0).rooms("A", 3000.0, scope="primary")
    county.rooms("A", 2600.0, scope="junior")

    found = values(county, rules)

    assert found.loc[("A", "primary", "L4"), "value"] == pytest.approx(expected)


def test_split_needs_the_senior_pupils_of_a_complete_school(rules):
    county = County().school("A", "complete_secondary", pupils={7: 300}).rooms("A", 5000.0)

    row = values(county, rules).loc[("A", "junior", "L4")]

    assert row["verdict"] == "undetermined"
    assert row["split_method"] == "unknown"
    assert row["missing"] == "enrolment.pupils"


def test_senior_pupils_given_as_zero_make_it_a_school_of_one_stage(rules):
    county = County().school("A", "complete_secondary", pupils={7: 300, 10: 0})
    county.rooms("A", 1800.0)

    assert values(county, rules).loc[("A", "junior", "L4"), "value"] == pytest.approx(6.0)


def test_unknown_pupils_of_one_stage_leave_the_split_unknown(rules):
    county = County().school("A", "nine_year", pupils={1: 600, 7: None}).rooms("A", 5000.0)

    assert values(county, rules).loc[("A", "primary", "L4"), "verdict"] == "undetermined"


def test_a_campus_of_one_stage_counts_for_that_stage(rules):
    county = County().school("A", "nine_year", pupils={1: 600, 7: 400})
    county.rooms("A", 5000.0)
    county.school("A2", "nine_year", pupils={1: 100}, main_school_id="A").rooms("A2", 500.0)

    found = values(county, rules)

    assert found.loc[("A2", "primary", "L4"), "value"] == pytest.approx(5.0)
    assert ("A2", "junior", "L4") not in found.index


def test_campuses_are_merged_where_the_rules_say_so():
    rules = standards.load(
        "national_2017",
        [{"name": "campus_rule", "value": "merged", "source": "local", "grade": "local"}],
    )
    county = County().school("A", pupils={1: 300}).rooms("A", 1000.0).staff("A", "primary", 10)
    county.school("A2", pupils={1: 100}, main_school_id="A").rooms("A2", 1000.0)
    county.staff("A2", "primary", 6)

    found = values(county, rules)

    # (1000 + 1000) / (300 + 100) = 5; 16 / 400 x 100 = 4
    assert found.loc[("A", "primary", "L4"), "value"] == pytest.approx(5.0)
    assert found.loc[("A", "primary", "L1"), "value"] == pytest.approx(4.0)
    assert "A2" not in found.index.get_level_values("school_id")


@pytest.mark.parametrize(("dense", "expected"), [("yes", 8.0), ("no", 5.0), (None, 5.0)])
def test_converted_and_leased_grounds_count_in_dense_city_centres_only(rules, dense, expected):
    county = County().school("A", pupils={1: 100}, dense_city_centre=dense)
    county.rooms("A", 500.0, 500.0, leased_sports_m2=200.0, converted_sports_m2=100.0)

    row = values(county, rules).loc[("A", "primary", "L5")]

    assert row["value"] == pytest.approx(expected)
    assert (row["relief"] == "dense_city_sports") == (dense == "yes")


@pytest.mark.parametrize(
    ("pupils", "kind", "place", "expected"),
    [
        (50, "teaching_point", "town", 2.0),  # 1 of 50
        (99, "primary", "village", 2 / 99 * 100),
        (100, "primary", "village", 1.0),  # the relief ends below 100
        (80, "primary", "town", 1 / 80 * 100),  # not rural
    ],
)
def test_shared_pe_and_arts_teachers_count_at_50_to_99_pupils(rules, pupils, kind, place, expected):
    shared = 1 if (pupils, kind) == (99, "primary") else 0
    county = County().school("A", kind, pupils={1: pupils}, urban_rural=place)
    county.staff("A", "primary", 5, 1, 1, pe_and_arts_shared=max(shared, int(pupils in (80, 100))))

    assert values(county, rules).loc[("A", "primary", "L3"), "value"] == pytest.approx(expected)


def test_missing_is_never_zero(rules):
    county = County().school("A", pupils={1: 100}).staff("A", "primary", None, 1, 1)
    county.rooms("A", 500.0, 800.0, 250_000.0, 3, indoor_sports_m2=None)

    found = values(county, rules)

    assert found.loc[("A", "primary", "L1"), "verdict"] == "undetermined"
    assert found.loc[("A", "primary", "L1"), "missing"] == ("teachers.above_required_qualification")
    # without the gymnasium neither teaching nor sports area is known
    assert found.loc[("A", "primary", "L4"), "verdict"] == "undetermined"
    assert found.loc[("A", "primary", "L5"), "verdict"] == "undetermined"
    assert found.loc[("A", "primary", "L6"), "verdict"] == "met"


def test_a_gymnasium_larger_than_the_teaching_area_is_not_a_negative_area(rules):
    county = County().school("A", pupils={1: 100}).rooms("A", 100.0, 800.0, indoor_sports_m2=300.0)

    assert values(county, rules).loc[("A", "primary", "L4"), "verdict"] == "undetermined"


def test_near_miss_and_rounding_are_flagged_but_do_not_decide(rules):
    # 4.496 rounds to 4.50 and is within 2 % of 4.5, but does not reach it
    county = County().school("A", pupils={1: 1000}).rooms("A", 4496.0, 9000.0)

    row = values(county, rules).loc[("A", "primary", "L4")]

    assert row["verdict"] == "not_met"
    assert row["passes_by_rounding"]
    assert row["near_miss"]
    assert row["shortfall"] == pytest.approx(4.0)  # 4.5 x 1000 - 4496
    assert not values(county, rules).loc[("A", "primary", "L5"), "near_miss"]


def test_earlier_years_are_kept_as_history(rules):
    county = County().plain("A", 1000)
    for table in (county.enrolment, county.teachers, county.facilities):
        table.append({**table[0], "school_year": YEAR - 1})

    table = indicators(county.tables(), rules=rules)["indicator_values"]

    assert sorted(table["school_year"].unique()) == [YEAR - 1, YEAR]
    assert len(table) == 14


def test_rule_sets_without_thresholds_leave_the_seven_out():
    county = County().plain("A", 1000).plain("B", 3000)

    step = indicators(county.tables(), rules=standards.load("national_2012"))

    assert set(step["indicator_values"]["verdict"]) == {"not_applicable"}
    assert set(step["school_compliance"]["verdict"]) == {"not_applicable"}


def test_luoding_asks_for_one_teacher_of_pe_and_arts():
    county = County().plain("A", 1000)

    found = values(county, standards.load("luoding_2019")).loc[("A", "primary", "L3")]

    assert found["threshold"] == 1.0
    assert found["verdict"] == "not_met"


@pytest.mark.parametrize(
    ("absent", "stage", "verdict"),
    [("school_floor_share", "all", "met"), ("l4_threshold", "primary", "not_applicable")],
)
def test_no_floor_is_judged_without_its_share_or_without_a_threshold(rules, absent, stage, verdict):
    none = Norm(name=absent, stage=stage, value="none", source="test", grade="local")

    found = values(County().plain("A", 1000), rules.overridden([none]))
    row = found.loc[("A", "primary", "L4")]

    assert (row["verdict"], row["floor_verdict"]) == (verdict, "not_applicable")
