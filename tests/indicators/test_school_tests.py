"""Special rooms, school size, class size, oversize ledger, teacher shares, training funds."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis import standards
from analysis.indicators.class_sizes import (
    class_groups,
    class_size_tests,
    largest_classes,
    oversize_classes,
    oversize_years,
)
from analysis.indicators.rooms import judge_rooms, room_need, rooms_needed
from analysis.indicators.school_tests import school_tests, size_verdict
from tests.indicators.conftest import YEAR, County

RULES = standards.load("national_2017")
NAN = math.nan


@pytest.mark.parametrize(
    ("classes", "needed"), [(0, 0), (1, 1), (12, 1), (13, 2), (24, 2), (25, 3)]
)
def test_rooms_by_the_dozen(classes, needed):
    assert rooms_needed(classes, 12) == needed


@pytest.mark.parametrize(
    ("classes", "built", "small", "music", "art", "need", "passes"),
    [
        # the published cases
        ({"primary": 24}, 2020, False, (100, 98), (95, 92), 2, True),
        ({"primary": 12}, 2010, False, (75,), (70,), 1, True),
        ({"primary": 6}, 2020, True, (55,), (55,), 1, True),
        ({"primary": 24, "junior": 18}, 2020, False, (100, 98, 96, 97), (95, 92, 90, 91), 4, True),
        ({"primary": 24}, 2020, False, (80,), (85,), 2, False),
        # edges
        ({"primary": 12}, 2016, False, (73,), (67,), 1, True),
        ({"primary": 12}, 2017, False, (73,), (67,), 1, False),
        ({"primary": 12}, 2020, False, (95.9,), (90,), 1, False),
        ({"junior": 6}, 2020, True, (60,), (61,), 1, False),  # 61 m² for a junior school
        ({"primary": 6, "junior": 3}, 2020, True, (61, 54), (61, 54), 2, True),
        ({"primary": 6, "junior": 3}, 2020, True, (60, 60), (61, 54), 2, False),
        ({"primary": 24, "junior": 18}, 2020, False, (100,) * 3, (95,) * 4, 4, False),
    ],
)
def test_special_rooms(classes, built, small, music, art, need, passes):
    wanted = {
        kind: room_need(kind, classes, RULES, built_year=built, small_rural=small)
        for kind in ("music", "art")
    }
    found = [
        judge_rooms(wanted[k], rooms, True)[0] for k, rooms in (("music", music), ("art", art))
    ]

    assert wanted["music"].total == need
    assert all(v == "met" for v in found) == passes


def test_rooms_of_unknown_area_and_rooms_never_listed_are_undetermined():
    need = room_need("music", {"primary": 12}, RULES, built_year=2020, small_rural=False)

    assert judge_rooms(need, [NAN], True) == ("undetermined", 1)
    assert judge_rooms(need, [], False) == ("undetermined", 1)
    assert judge_rooms(need, [50.0], True) == ("not_met", 1)
    assert judge_rooms(need, [], True) == ("not_met", 1)


@pytest.mark.parametrize(
    ("pupils", "kind", "built", "migrants", "expected"),
    [
        (2000, "primary", 2020, 0.0, "met"),
        (2001, "primary", 2020, 0.0, "not_met"),
        (2300, "primary", 2009, 0.0, "met"),  # the three published cases
        (2300, "primary", 2012, 0.51, "met"),
        (2300, "primary", 2012, 0.50, "not_met"),
        (2300, "primary", 2010, 0.0, "met"),
        (2401, "primary", 2009, 0.9, "not_met"),
        (2500, "nine_year", 2020, 0.0, "met"),
        (2501, "nine_year", 2020, 0.0, "not_met"),
        (3000, "nine_year", 2009, 0.0, "met"),
        (2300, "primary", NAN, 0.0, "undetermined"),
        (2300, "primary", 2012, NAN, "undetermined"),
        (NAN, "primary", 2012, 0.0, "undetermined"),
        (2300, "primary", NAN, 0.6, "met"),
    ],
)
def test_school_size(pupils, kind, built, migrants, expected):
    suffix = "_multi_stage" if kind == "nine_year" else ""
    caps = (
        RULES.value(f"school_size_max{suffix}"),
        RULES.value(f"school_size_max{suffix}_relief"),
    )

    verdict, _, _ = size_verdict(
        pupils, caps, built_year=built, migrant_share=migrants, rules=RULES
    )

    assert verdict == expected


def test_nine_year_school_counts_both_stages_and_not_the_senior_one():
    county = County().school("A", "twelve_year", pupils={1: 1500, 7: 900, 10: 800})

    table = school_tests(county.tables(), RULES, YEAR)
    row = table[table["test"] == "school_size"].iloc[0]

    assert row["value"] == 2400
    assert row["verdict"] == "met"


def register(sizes, grade=1, school="A", year=YEAR):
    return [
        {
            "school_id": school,
            "school_year": year,
            "grade": grade,
            "class_no": str(number),
            "pupils": pupils,
        }
        for number, pupils in enumerate(sizes, start=1)
    ]


def with_register(rows):
    county = County().school("A", pupils={1: 100})
    county.more["class_sizes"] = rows
    return county.tables()


@pytest.mark.parametrize(
    ("grade", "sizes", "count", "expected"),
    [
        (1, (45, 45), 0, "met"),
        (1, (45, 46), 1, "not_met"),
        (7, (50, 50), 0, "met"),
        (7, (51, 60), 2, "not_met"),
        (1, (40, None), 0, "undetermined"),
        (1, (46, None), 1, "not_met"),
    ],
)
def test_every_class_within_the_norm(grade, sizes, count, expected):
    table = class_size_tests(class_groups(with_register(register(sizes, grade))), YEAR, RULES)
    row = table[table["stage"] == ("primary" if grade == 1 else "junior")].iloc[0]

    assert (row["value"], row["verdict"]) == (count, expected)


def test_a_mean_within_the_norm_does_not_show_that_every_class_is():
    def judged(pupils, classes):
        county = County().school("A", pupils={1: pupils}, classes=classes)
        return class_size_tests(class_groups(county.tables()), YEAR, RULES).iloc[0]["verdict"]

    assert judged(80, 2) == "undetermined"
    assert judged(45, 1) == "met"
    assert judged(91, 2) == "not_met"
    assert judged(80, None) == "undetermined"


def test_a_mean_above_the_norm_shows_one_class_above_it_and_no_more():
    # 91 in 2: one class has 46 or more, the other may have 45; 138 in 3 (mean 46): one at least
    county = County().school("A", pupils={1: 91}, classes=2)
    county.school("A2", pupils={2: 138}, classes=3)

    table = class_size_tests(class_groups(county.tables()), YEAR, RULES).set_index("school_id")

    assert table["value"].to_dict() == {"A": 1, "A2": 1}


def test_bands_decide_where_they_lie_on_one_side_of_the_norm():
    def judged(*bands):
        county = County().school("A", pupils={1: 100})
        county.more["class_bands"] = [
            {
                "school_id": "A",
                "school_year": YEAR,
                "stage": "primary",
                "low_pupils": low,
                "high_pupils": high,
                "classes": count,
            }
            for low, high, count in bands
        ]
        return class_size_tests(class_groups(county.tables()), YEAR, RULES).iloc[0]

    assert judged((41, 45, 3), (46, 50, 0))["verdict"] == "met"
    assert judged((41, 45, 3), (46, 50, 2))["value"] == 2
    assert judged((41, 50, 3))["verdict"] == "undetermined"
    assert judged((66, None, 1))["verdict"] == "not_met"


def test_largest_class_is_known_only_if_every_class_is():
    groups = class_groups(with_register([*register((20, 29)), *register((28,), grade=2)]))

    assert largest_classes(groups, YEAR) == {"A": 29.0}
    unknown = class_groups(with_register([*register((20, 29)), *register((None,), grade=2)]))
    assert largest_classes(unknown, YEAR) == {}


def test_ledger_lists_each_class_with_its_band_and_the_classes_to_add():
    # 46 + 60 + 70 = 176 pupils in 3 classes: ceil(176 / 45) = 4, one more
    table = oversize_classes(class_groups(with_register(register((46, 60, 70)))), RULES)

    assert table["pupils_over"].tolist() == [1, 15, 25]
    assert table["band"].tolist() == ["over_norm", "oversize", "super_oversize"]
    assert table["classes_needed"].tolist() == [1, 0, 0]


def test_clearing_and_zero_growth_by_year():
    rows = [
        *register((50, 48), year=2022),
        *register((48, 44), year=2023),
        *register((44, 44), year=2024),
    ]
    groups = class_groups(with_register(rows))
    ledger, years = oversize_classes(groups, RULES), oversize_years(groups, RULES)
    whole = years[(years["band"] == "all_over") & (years["stage"] == "primary")]

    assert whole["classes"].tolist() == [2, 1, 0]
    assert whole["zero_growth"].tolist() == ["undetermined", "met", "met"]
    assert whole["change"].tolist()[1:] == [-1, -1]
    assert whole["cleared"].tolist()[1:] == [0, 1]
    assert set(ledger["cleared_year"]) == {"2024"}
    assert set(ledger["cleared_basis"]) == {"class_sizes"}


def test_growth_is_not_met_and_a_changed_source_is_not_compared():
    rows = [*register((44, 48), year=2023), *register((50, 48), year=2024)]
    years = oversize_years(class_groups(with_register(rows)), RULES)
    last = years[(years["band"] == "all_over") & (years["school_year"] == 2024)].iloc[0]
    assert (last["zero_growth"], last["appeared"]) == ("not_met", 0)

    county = County().school("A", pupils={1: 100}, classes=2)
    county.enrolment.append({**county.enrolment[0], "school_year": YEAR - 1})
    county.more["class_sizes"] = register((50, 50))
    years = oversize_years(class_groups(county.tables()), RULES)
    last = years[(years["band"] == "all_over") & (years["school_year"] == YEAR)].iloc[0]
    assert last["zero_growth"] == "undetermined"


def test_teacher_shares_and_training_funds():
    county = County().school("A", pupils={1: 100}).school("B", pupils={1: 100})
    county.school("C", pupils={1: 100}).school("D", pupils={1: 100})
    county.staff("A", "primary", full_time=10, trained=10, certified=9)
    county.staff("B", "primary", full_time=10, trained=None, certified=10)
    for name, funds, training in (("A", 100.0, 5.0), ("B", 100.0, 4.0), ("C", None, 5.0)):
        county.rooms(name, public_funds_cny=funds, training_funds_cny=training)

    table = school_tests(county.tables(), RULES, YEAR).set_index(["test", "school_id"])

    assert table.loc[("trained", "A"), "verdict"] == "met"
    assert table.loc[("trained", "B"), "verdict"] == "undetermined"
    assert table.loc[("certified", "A"), "verdict"] == "not_met"
    assert table.loc[("certified", "A"), "shortfall"] == pytest.approx(1)
    assert table["verdict"].xs("training_funds").to_dict() == {
        "A": "met",
        "B": "not_met",
        "C": "undetermined",
    }
    assert table.loc[("training_funds", "B"), "shortfall"] == pytest.approx(1.0)


def test_rooms_through_the_step_with_reliefs_unknown():
    county = County().school("A", pupils={1: 300}, classes=12, built_year=None)
    county.school("B", pupils={1: 300}, classes=12, built_year=2020)
    county.school("C", pupils={1: 300}, classes=12, built_year=2020)
    for name, size in (("A", 75.0), ("B", 75.0), ("C", 96.0)):
        for kind in ("music", "art"):
            county.add("special_rooms", school_id=name, kind=kind, room_no="1", area_m2=size)

    table = school_tests(county.tables(), RULES, YEAR)
    found = table[table["test"] == "music_rooms"].set_index("school_id")["verdict"]

    # A may be an old building; B is not; C has its room
    assert found.to_dict() == {"A": "undetermined", "B": "not_met", "C": "met"}


def test_a_school_with_enough_rooms_is_short_of_none():
    need = room_need("music", {"primary": 12}, RULES, built_year=2020, small_rural=False)

    assert judge_rooms(need, (96.0,), True) == ("met", 0)
    assert judge_rooms(need, (), True) == ("not_met", 1)


def test_small_rural_relief_through_the_step():
    county = County().school("A", pupils={1: 20}, urban_rural="village", built_year=2020)
    county.add("special_rooms", school_id="A", kind="music", room_no="1", area_m2=54.0)

    table = school_tests(county.tables(), RULES, YEAR).set_index("test")

    assert table.loc["music_rooms", "verdict"] == "met"
    assert table.loc["music_rooms", "relief"] == "small_rural"
    assert table.loc["art_rooms", "verdict"] == "not_met"


def test_closed_schools_are_not_tested():
    county = County().school("A", pupils={1: 20}, closed_year=YEAR).school("B", pupils={1: 20})

    table = school_tests(county.tables(), RULES, YEAR)

    assert set(table["school_id"]) == {"B"}
    assert isinstance(table, pd.DataFrame)


def test_classes_to_add_are_counted_grade_by_grade():
    # grade 1: 46 + 60 + 70 = 176 in 3 classes needs 4; grade 2: 46 + 44 fits in its 2 classes
    rows = [*register((46, 60, 70)), *register((46, 44), grade=2)]
    row = class_size_tests(class_groups(with_register(rows)), YEAR, RULES).iloc[0]

    assert (row["value"], row["shortfall"]) == (4, 1)


def test_what_is_missing_is_named_only_where_rooms_were_not_listed():
    county = County().school("A", pupils={1: 300}, classes=12, built_year=2020)
    county.school("B", pupils={1: 300}, classes=12, built_year=2020)
    county.add("special_rooms", school_id="B", kind="music", room_no="1", area_m2=50.0)

    table = school_tests(county.tables(), RULES, YEAR)
    found = table[table["test"] == "music_rooms"].set_index("school_id")["missing"]

    assert found["A"] == "special_rooms.area_m2"
    assert pd.isna(found["B"])


def test_a_rural_school_whose_largest_class_is_unknown_may_have_the_relief():
    county = County().school("A", pupils={1: 60}, classes=3, urban_rural="village", built_year=2020)
    county.add("special_rooms", school_id="A", kind="music", room_no="1", area_m2=55.0)

    table = school_tests(county.tables(), RULES, YEAR).set_index("test")

    assert table.loc["music_rooms", "verdict"] == "undetermined"
    assert table.loc["art_rooms", "verdict"] == "not_met"


def test_size_says_what_it_is_over_by_and_what_is_missing():
    county = County().school("A", pupils={1: 2100}, built_year=2020)
    county.school("B", pupils={1: 2000}).school("C", pupils={1: None})
    county.school("D", pupils={1: 2100}, built_year=None)
    for row in county.enrolment:
        row["migrant_children"] = 0 if row["pupils"] else None

    table = school_tests(county.tables(), RULES, YEAR)
    found = table[table["test"] == "school_size"].set_index("school_id")

    assert found["shortfall"].to_dict() == {"A": 100, "B": 0, "C": 0, "D": 0}
    assert found["missing"].dropna().to_dict() == {
        "C": "enrolment.pupils",
        "D": "schools.built_year",
    }


def test_what_a_share_lacks_is_named_only_where_it_is_unknown():
    county = County().school("A", pupils={1: 100}).school("B", pupils={1: 100})
    county.staff("A", "primary", full_time=10, trained=9).staff("B", "primary", full_time=0)
    county.rooms("A", public_funds_cny=100.0, training_funds_cny=4.0).rooms("B")

    table = school_tests(county.tables(), RULES, YEAR).set_index(["test", "school_id"])

    assert table.loc[("trained", "A"), "shortfall"] == 1
    assert pd.isna(table.loc[("trained", "A"), "missing"])
    assert table.loc[("trained", "B"), "verdict"] == "not_applicable"
    assert table.loc[("certified", "A"), "missing"] == "teachers.certified"
    assert pd.isna(table.loc[("training_funds", "A"), "missing"])
    assert "facilities.training_funds_cny" in table.loc[("training_funds", "B"), "missing"]


def test_no_room_is_short_where_there_are_enough():
    county = County().school("A", pupils={1: 300}, classes=12, built_year=2020)
    county.add("special_rooms", school_id="A", kind="music", room_no="1", area_m2=96.0)

    row = school_tests(county.tables(), RULES, YEAR).set_index("test").loc["music_rooms"]

    assert (row["verdict"], row["shortfall"], row["value"], row["threshold"]) == ("met", 0, 1, 1)
    assert pd.isna(row["missing"])
