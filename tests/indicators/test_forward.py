"""The indicators looked at forward: growth, projects, relapse, false improvement."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import standards
from analysis.indicators import remedies
from analysis.indicators.forward import (
    changes_of,
    forward,
    projected_pupils,
    projects_at_schools,
)
from analysis.indicators.passing import evaluated
from analysis.tables import contract
from tests.indicators.conftest import YEAR, County, frame

RULES = standards.load("national_2017")


def demand(*rows):
    return contract("seat_demand").frame(
        pd.DataFrame(
            [
                {
                    "level": level,
                    "area_id": area,
                    "stage": "primary",
                    "school_year": year,
                    "scenario": "central",
                    "pupils": pupils,
                    "method": "cohort",
                }
                for level, area, year, pupils in rows
            ]
        )
    )


def growing(rates, town="T1"):
    rows = [("town", town, YEAR + k, 1000.0 * rate) for k, rate in enumerate(rates)]
    return demand(*rows)


def project(school, seats, year, floor=0.0, town="T1"):
    return {
        "project_id": f"{school}{year}",
        "project_name": f"扩建{school}",
        "school_id": school,
        "town_id": town,
        "stage": "primary",
        "kind": "expansion",
        "status": "committed",
        "seats": seats,
        "floor_area_m2": floor,
        "finish_year": year,
    }


def ahead(county, forecast, **more):
    """Return the three tables of the years ahead, without the path that the step finds first."""
    tables = county.tables().with_tables({"seat_demand": forecast, **more})
    found = forward(
        tables,
        RULES,
        base_year=YEAR,
        years=3,
        scenario="central",
        today=evaluated(tables, RULES, YEAR),
        evaluate=lambda changed, when: evaluated(changed, RULES, *when),
    )
    names = ("forward_indicators", "forward_variation", "forward_warnings")
    return dict(zip(names, found, strict=True))


def test_rolls_follow_the_town_and_resources_stay():
    # 10 % more pupils: 4.5 m² become 4.5 / 1.1
    county = County().plain("A", 1000).plain("B", 1000)
    tables = county.tables().with_tables({"seat_demand": growing((1.0, 1.1))})

    step = remedies(tables, rules=RULES, plan_years=3)
    table = step["forward_indicators"].set_index(["school_id", "school_year", "indicator"])

    row = table.loc[("A", YEAR + 1, "L4")]
    assert row["pupils"] == pytest.approx(1100)
    assert row["value"] == pytest.approx(4.5 / 1.1)
    assert row["change"] == "relapse_growth"
    assert table.loc[("A", YEAR, "L4"), "change"] == "met"


def test_relapse_is_flagged_in_the_year_it_happens_with_its_numbers():
    county = County().plain("A", 1000, (1.05,) * 7).plain("B", 1000, (1.05,) * 7)
    for row in county.teachers:
        row |= {"above_required_qualification": 60, "backbone": 12, "pe_and_arts": 12}
    for row in county.facilities:
        row["multimedia_rooms"] = 30

    warnings = ahead(county, growing((1.0, 1.04, 1.10)))["forward_warnings"]
    row = warnings.set_index(["school_id", "indicator"]).loc[("A", "L5")]

    assert (row["passes_in"], row["school_year"]) == (YEAR + 1, YEAR + 2)
    assert row["pupils_change"] == pytest.approx(100)
    assert row["resource_change"] == pytest.approx(0.0)
    assert row["change"] == "relapse_growth"


def test_an_expansion_draws_pupils_and_brings_no_ground():
    # one town, two schools of 1000, flat forecast; 400 new seats at A in YEAR + 1:
    # A gets 2000 x 1400 / 2400 = 1166.67, B 833.33
    county = County().plain("A", 1000).plain("B", 1000)
    projects = frame("projects", [project("A", 400, YEAR + 1, floor=3000.0)])

    step = ahead(county, growing((1.0, 1.0, 1.0)), projects=projects)
    table = step["forward_indicators"].set_index(["school_id", "school_year", "indicator"])

    ground = table.loc[("A", YEAR + 1, "L5")]
    assert ground["pupils"] == pytest.approx(2000 * 1400 / 2400)
    assert ground["value"] == pytest.approx(7500 / (2000 * 1400 / 2400))
    assert ground["change"] == "relapse_growth"
    assert ground["projects"] == "扩建A"
    # half the floor area counts as teaching rooms: (4500 + 1500) / 1166.67
    assert table.loc[("A", YEAR + 1, "L4"), "value"] == pytest.approx(6000 / (2000 * 1400 / 2400))
    assert table.loc[("B", YEAR + 1, "L5"), "pupils"] == pytest.approx(2000 * 1000 / 2400)


def test_a_ratio_that_improves_only_because_pupils_leave_is_labelled():
    county = County().plain("A", 1000, (1, 1, 1, 0.9, 1, 1, 1)).plain("B", 1000)

    step = ahead(county, growing((1.0, 0.95, 0.88)))
    table = step["forward_indicators"].set_index(["school_id", "school_year", "indicator"])

    assert table.loc[("A", YEAR + 1, "L4"), "change"] == "improves_by_decline"  # still below
    assert table.loc[("A", YEAR + 1, "L4"), "verdict"] == "not_met"
    assert table.loc[("A", YEAR + 2, "L4"), "verdict"] == "met"
    assert table.loc[("A", YEAR + 2, "L4"), "change"] == "improves_by_decline"
    assert table.loc[("B", YEAR + 2, "L4"), "change"] == "met"
    warnings = step["forward_warnings"]
    assert set(warnings["change"]) == {"improves_by_decline"}


@pytest.mark.parametrize(
    ("before", "after", "pupils", "resource", "value", "expected"),
    [
        ("met", "not_met", 1.1, 1.0, 0.9, "relapse_growth"),
        ("met", "not_met", 0.9, 0.5, 0.6, "relapse_other"),
        ("not_met", "met", 1.0, 1.5, 1.5, "improves_by_project"),
        ("not_met", "met", 0.8, 1.0, 1.25, "improves_by_decline"),
        ("not_met", "met", 0.8, 1.5, 1.9, "met"),  # both: not "only"
        ("not_met", "not_met", 1.0, 1.0, 1.0, "not_met"),
        ("met", "met", 1.0, 1.0, 1.0, "met"),
        ("met", "undetermined", 1.0, 1.0, 1.0, "undetermined"),
        (None, "met", 1.0, 1.0, 1.0, "undetermined"),
    ],
)
def test_labels(before, after, pupils, resource, value, expected):
    row = {
        "verdict_base": before,
        "verdict": after,
        "pupils": pupils,
        "pupils_base": 1.0,
        "resource": resource,
        "resource_base": 1.0,
        "value": value,
        "value_base": 1.0,
    }

    other = {**row, "verdict_base": "met", "verdict": "met"}

    assert changes_of(pd.DataFrame([row, other])).tolist() == [expected, "met"]


def test_a_town_without_forecast_follows_the_county_and_totals_are_kept():
    pupils = pd.DataFrame(
        [
            ("A", "primary", "T1", 300.0),
            ("B", "primary", "T1", 100.0),
            ("C", "primary", "T2", 50.0),
        ],
        columns=["school_id", "stage", "town_id", "pupils"],
    )
    growth = pd.DataFrame(
        [("county", "C01", "primary", 2025, 0.5), ("town", "T1", "primary", 2025, 1.2)],
        columns=["level", "area_id", "stage", "school_year", "growth"],
    )
    projects = frame("projects", [project("A", 100, 2025)]).assign(finish_year=2025.0)

    table = projected_pupils(pupils, growth, projects, 2025).set_index("school_id")

    # T1: 480 pupils over weights 400 and 100 of 500
    assert table["pupils_future"].to_dict() == pytest.approx({"A": 384.0, "B": 96.0, "C": 25.0})


def test_a_teaching_point_leaves_the_scope_as_it_empties():
    county = County().plain("A", 1000).plain("B", 1000)
    county.school("C", "teaching_point", pupils={1: 55}, town="T9")
    forecast = pd.concat([growing((1.0, 0.8)), growing((1.0, 0.8), "T9")], ignore_index=True)

    table = ahead(county, contract("seat_demand").frame(forecast))["forward_indicators"]
    by_year = table.groupby("school_year")["school_id"].unique().map(set)

    assert "C" in by_year[YEAR]
    assert "C" not in by_year[YEAR + 1]  # 55 x 0.8 = 44


def test_county_cvs_are_recomputed_each_year():
    county = County().plain("A", 1000).plain("B", 1000, town="T2")
    forecast = pd.concat([growing((1.0, 1.0)), growing((1.0, 4.0), "T2")], ignore_index=True)

    table = ahead(county, contract("seat_demand").frame(forecast))["forward_variation"]
    found = table.set_index(["school_year", "indicator"])

    # x = 4.5 at 1000 pupils and 1.125 at 4000: X = 1.8, CV = sqrt(0.2 x 2.7^2 + 0.8 x 0.675^2)/1.8
    expected = (0.2 * 2.7**2 + 0.8 * 0.675**2) ** 0.5 / 1.8
    assert found.loc[(YEAR, "L4"), "verdict"] == "met"
    assert found.loc[(YEAR + 1, "L4"), "cv"] == pytest.approx(expected)
    assert found.loc[(YEAR + 1, "L4"), "change"] == "relapse_other"
    assert found.loc[(YEAR + 1, "L4"), "schools_not_met"] == 1


def test_without_a_forecast_it_says_so():
    step = remedies(County().plain("A", 1000).plain("B", 1000).tables(), rules=RULES)

    assert step["forward_indicators"].empty
    assert "remedies.no_forecast" in {note.key for note in step.notes}


def test_one_seat_is_a_project_and_none_is_not():
    rows = [project("A", seats, YEAR + 1) for seats in (1, 0)]
    rows.append(project("A", 50, None))  # no year in which it is done
    for number, row in enumerate(rows):
        row["project_id"] = row["project_name"] = f"P{number}"
    tables = County().plain("A", 1000).add("projects", **rows[0]).tables()
    tables = tables.with_tables({"projects": frame("projects", rows)})

    assert projects_at_schools(tables)["project_name"].tolist() == ["P0"]


def test_a_relapse_of_the_county_is_against_all_of_its_schools():
    # one public school alone has no CV; with the private one it is 0 today and over 0.5 next year
    county = County().plain("A", 1000).plain("B", 1000, town="T2", owner="private")
    forecast = pd.concat([growing((1.0, 1.0)), growing((1.0, 4.0), "T2")], ignore_index=True)

    table = ahead(county, contract("seat_demand").frame(forecast))["forward_variation"]
    found = table.set_index(["school_year", "indicator"])

    assert found.loc[(YEAR + 1, "L4"), "verdict"] == "not_met"
    assert found.loc[(YEAR + 1, "L4"), "change"] == "relapse_other"
    # nobody is below a threshold today, and one is in a year
    assert found.loc[YEAR, "schools_not_met"].tolist() == [0] * 7
    assert found.loc[YEAR + 1, "schools_not_met"].tolist() == [1] * 7
