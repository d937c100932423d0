"""Whatever fails says how much it is short of, and that much turns it."""

from __future__ import annotations

import math

import pytest

from analysis import standards
from analysis.indicators.items import items
from analysis.indicators.judgements import assessment_items
from analysis.indicators.school_tests import school_tests
from analysis.tables import Tables
from tests.indicators.conftest import YEAR, County, frame
from tests.indicators.test_judgements import NOTHING

RULES = standards.load("national_2017")
COUNTED = [
    (item.item, number, test)
    for item in items()
    for number, test in enumerate(item.tests, start=1)
    if test.norm and test.numerator and test.sense == "at_least"
]
DIRECT = [
    (item.item, number, test)
    for item in items()
    for number, test in enumerate(item.tests, start=1)
    if test.norm and test.value and not test.numerator
]


def judged(facts):
    rows = [{"indicator": key, "year": YEAR, "value": value} for key, value in facts.items()]
    tables = Tables({"county_facts": frame("county_facts", rows)})
    table = assessment_items(tables, NOTHING, NOTHING, RULES, YEAR)
    return table.set_index(["item", "test_no"])


@pytest.mark.parametrize(("item", "number", "test"), COUNTED, ids=lambda v: str(v)[:12])
def test_counted_shortfalls_turn_their_item(item, number, test):
    facts = dict.fromkeys((k.removeprefix("-") for k in test.denominator), 1000.0)
    facts |= {k.removeprefix("-"): 1.0 for k in test.numerator if k.removeprefix("-") not in facts}
    if item == "q01":
        facts |= {"junior_deaths": 1.0}
    before = judged(facts).loc[(item, number)]
    assert before["verdict"] == "not_met"

    facts[test.numerator[0]] += math.ceil(before["shortfall"] - 1e-9)

    assert judged(facts).loc[(item, number), "verdict"] == "met"
    # one fewer would not have been enough
    facts[test.numerator[0]] -= 1
    assert judged(facts).loc[(item, number), "verdict"] == "not_met"


@pytest.mark.parametrize(("item", "number", "test"), DIRECT, ids=lambda v: str(v)[:12])
def test_direct_shortfalls_turn_their_item(item, number, test):
    value = 0.01 if test.sense == "at_least" else 0.9
    before = judged({test.value: value}).loc[(item, number)]
    assert before["verdict"] == "not_met"

    sign = 1 if test.sense == "at_least" else -1
    turned = value + sign * before["shortfall"] - (1e-6 if test.sense == "below" else 0)

    assert judged({test.value: turned}).loc[(item, number), "verdict"] == "met"


def row_of(county, name):
    table = school_tests(county.tables(), RULES, YEAR)
    return table[(table["test"] == name) & (table["school_id"] == "A")].iloc[0]


def test_rooms_teachers_pupils_and_funds_turn_their_test():
    def county(rooms=1, trained=7, pupils=2100, training=3.0):
        built = County().school("A", pupils={1: pupils}, classes=30, built_year=2020)
        built.enrolment[0]["migrant_children"] = 0
        for number in range(rooms):
            built.add(
                "special_rooms", school_id="A", kind="music", room_no=str(number), area_m2=96.0
            )
        built.staff("A", "primary", full_time=10, trained=trained)
        return built.rooms("A", public_funds_cny=100.0, training_funds_cny=training)

    short = {
        name: row_of(county(), name)["shortfall"]
        for name in ("music_rooms", "trained", "school_size", "training_funds")
    }
    turned = county(
        rooms=1 + int(short["music_rooms"]),
        trained=7 + short["trained"],
        pupils=2100 - short["school_size"],
        training=3.0 + short["training_funds"],
    )

    for name in short:
        assert row_of(county(), name)["verdict"] == "not_met"
        assert row_of(turned, name)["verdict"] == "met"


def test_classes_to_add_turn_the_class_size():
    # 176 pupils in three classes of a grade; one more class of the same grade, spread evenly
    def county(sizes):
        built = County().school("A", pupils={1: sum(sizes)}, classes=len(sizes))
        for number, pupils in enumerate(sizes):
            built.add(
                "class_sizes",
                school_id="A",
                school_year=YEAR,
                grade=1,
                class_no=str(number),
                pupils=pupils,
            )
        return built

    before = row_of(county((46, 60, 70)), "class_size")
    classes = 3 + int(before["shortfall"])
    even = [176 // classes + (place < 176 % classes) for place in range(classes)]

    assert before["verdict"] == "not_met"
    assert row_of(county(even), "class_size")["verdict"] == "met"
