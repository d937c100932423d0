"""Warning levels both ways, their year, the latest safe start, the schools named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import capacity, standards
from analysis.capacity.warnings import WarningLevels, most_serious

from .conftest import county, demand_rows, grade_rows, one_year, pupils_of, rooms, school

LEVELS = WarningLevels(red_from=1.0, amber_from=0.9, blue_below=0.6)


@pytest.mark.parametrize(
    ("pupils", "seats", "level"),
    [
        (1000, 1000, "red"),  # 100 % is red already
        (999, 1000, "amber"),
        (900, 1000, "amber"),  # 90 % is amber already
        (899, 1000, "green"),
        (600, 1000, "green"),  # 60 % is no blue yet
        (599, 1000, "blue"),
        (0, 1000, "blue"),
        (1, 0, "red"),  # pupils and no seat
        (0, 0, "green"),  # nobody and nothing
        (np.nan, 1000, "undetermined"),
        (500, np.nan, "undetermined"),
        (0, np.nan, "undetermined"),
    ],
)
def test_levels_at_their_limits(pupils, seats, level):
    assert LEVELS.of([pupils], [seats]).tolist() == [level]


def test_limits_come_from_the_rule_set(rules):
    assert capacity.warning_levels(rules, 2025) == LEVELS
    for name in ("warning_red_from", "warning_amber_from", "warning_blue_below"):
        assert rules.norm(name).grade == "tool"
        assert "非法定" in rules.norm(name).source
    own = standards.load(
        "national_2017",
        [{"name": "warning_red_from", "value": 1.1, "source": "本县文件", "grade": "local"}],
    )
    assert capacity.warning_levels(own, 2025).red_from == 1.1


def test_the_county_shows_the_most_serious_warning_of_its_towns():
    order = ["red", "amber", "undetermined", "blue", "green"]
    for place, level in enumerate(order):
        assert most_serious(pd.Series(order[place:][::-1])) == level
    assert most_serious(pd.Series([], dtype="str")) == "undetermined"


def growing(pupils_by_year, classrooms=20):
    """A town with 20 rooms = 900 seats and the pupils given by year, spread evenly by grade."""
    years = {("A", "primary", y): p for y, p in pupils_by_year.items()}
    grades = {("A", "primary", g, y): p / 6 for y, p in pupils_by_year.items() for g in range(1, 7)}
    return county(
        schools=[school("P1"), school("P2")],
        facilities=[rooms("P1", classrooms - 8), rooms("P2", 8)],
        enrolment=[
            *pupils_of("P1", dict.fromkeys(range(1, 7), 60), classes=2),
            *pupils_of("P2", dict.fromkeys(range(1, 7), 60), classes=2),
        ],
        seat_demand=demand_rows(years),
        grade_demand=grade_rows(grades),
    )


def warned(tables, rules, horizon=6):
    result = capacity.capacity_gap(
        tables, rules=rules, base_year=2025, horizon_years=horizon, area="C"
    )
    return one_year(result, "seat_warnings", level="town", stage="primary")


def test_warnings_look_three_years_ahead(rules):
    pupils = {2025: 720, 2026: 760, 2027: 800, 2028: 850, 2029: 890, 2030: 930, 2031: 960}

    row = warned(growing(pupils), rules)

    # 850 / 900 = 94.4 %
    assert (row["school_year"], row["warning"]) == (2028, "amber")
    assert row["utilisation_rate"] == pytest.approx(850 / 900)


def test_latest_start_is_the_first_year_short_less_the_lead_time(rules):
    # Short from 2030 (930 > 900): a new school (3 years) must start by 2027, an expansion by 2028,
    # temporary rooms by 2029. The largest shortage is 960 - 900 = 60 in 2031.
    pupils = {2025: 720, 2026: 760, 2027: 800, 2028: 850, 2029: 890, 2030: 930, 2031: 960}

    row = warned(growing(pupils), rules)

    assert (row["first_short_year"], row["last_short_year"]) == (2030, 2031)
    assert row["latest_new_build_year"] == 2027
    assert row["latest_expansion_year"] == 2028
    assert row["latest_temporary_year"] == 2029
    assert row["slowest_in_time"] == "new_build"
    assert (row["largest_shortage"], row["largest_shortage_year"]) == (60, 2031)


@pytest.mark.parametrize(
    ("first_short", "works"),
    [(2029, "new_build"), (2028, "expansion"), (2027, "temporary"), (2026, "too_late")],
)
def test_what_is_still_in_time(rules, first_short, works):
    # The pupils of 2025 are counted already, so works can start in 2026 at the earliest: a new
    # school opens in 2029, an expansion in 2028, temporary rooms in 2027.
    pupils = {y: 950 if y >= first_short else 700 for y in range(2025, 2032)}

    assert warned(growing(pupils), rules)["slowest_in_time"] == works


def test_one_pupil_too_many_is_a_shortage(rules):
    pupils = {y: 901 if y == 2030 else 800 for y in range(2025, 2032)}

    row = warned(growing(pupils), rules)

    assert (row["first_short_year"], row["last_short_year"]) == (2030, 2030)
    assert (row["largest_shortage"], row["largest_shortage_year"]) == (1, 2030)


def test_warnings_look_as_far_as_the_forecast_goes(rules):
    row = warned(growing({2025: 800, 2026: 950}), rules, horizon=1)

    assert (row["school_year"], row["warning"]) == (2026, "red")


def test_nothing_is_needed_where_seats_suffice(rules):
    row = warned(growing(dict.fromkeys(range(2025, 2032), 500)), rules)

    # 500 / 900 = 55.6 %
    assert (row["warning"], row["slowest_in_time"]) == ("blue", "none_needed")
    assert np.isnan(row["first_short_year"])
    assert row["first_blue_year"] == 2025
    assert row["largest_surplus"] == 400
    # 500 x 60/120 = 250 pupils each: P1 on 12 x 45 = 540 (46 %), P2 on 360 (69 %)
    assert row["schools"] == "学校P1"


def test_the_schools_that_cause_a_shortage_are_named(rules):
    # 1000 pupils, 500 each: P1 540 seats, P2 360 seats: P2 is 140 short.
    row = warned(growing(dict.fromkeys(range(2025, 2032), 1000)), rules)

    assert row["warning"] == "red"
    assert row["schools"] == "学校P2"


def test_unknown_seats_name_the_missing_table(rules):
    tables = growing(dict.fromkeys(range(2025, 2032), 700))
    bare = tables.with_tables({"facilities": tables["facilities"].head(0)})

    row = warned(bare, rules)

    assert (row["warning"], row["slowest_in_time"]) == ("undetermined", "unknown")
    assert row["missing"] == "facilities"
