"""From tables to the panel, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast.history import (
    area_code,
    fill_by_cohort,
    grades_from_entrants,
    read_history,
)
from analysis.forecast.panel import Panel
from analysis.tables import Tables, contract


def schools(*rows):
    return contract("schools").frame(
        [
            {"school_id": s, "school_name": s, "town_id": t, "kind": k}
            for s, t, k in rows
        ]
    )  # fmt: skip


def enrolment(*rows):
    return contract("enrolment").frame(
        [
            {"school_id": s, "school_year": y, "grade": g, "pupils": n, "classes": 1.0}
            for s, y, g, n in rows
        ]
    )


def full(school, year, pupils=10.0, grades=range(1, 7)):
    return [(school, year, grade, pupils) for grade in grades]


def test_pupils_of_a_town_are_those_of_its_schools():
    tables = Tables(
        {
            "schools": schools(
                ("A", "T1", "primary"), ("B", "T1", "primary"), ("C", "T2", "primary")
            ),
            "enrolment": enrolment(
                *[r for s in "ABC" for y in (2022, 2023, 2024) for r in full(s, y)]
            ),
        }
    )

    history = read_history(tables, base_year=2024, code="C01")

    assert history is not None
    assert history.by_town
    assert history.stages == ("primary",)
    assert history.panel.areas == ("T1", "T2")
    assert history.panel.grades == (1, 2, 3, 4, 5, 6)
    assert history.panel.pupils[:, 0, 0].tolist() == [20, 10]
    assert history.panel.transfer_grade is None
    assert history.columns("primary") == (0, 1, 2, 3, 4, 5)


def test_special_schools_and_later_years_are_left_out():
    tables = Tables(
        {
            "schools": schools(("A", "T1", "primary"), ("S", "T1", "special")),
            "enrolment": enrolment(
                *[r for s in "AS" for y in (2022, 2023, 2024, 2025) for r in full(s, y)]
            ),
        }
    )

    panel = read_history(tables, base_year=2024, code="C01").panel

    assert panel.years == (2022, 2023, 2024)
    assert panel.pupils[0, 0, -1] == 10


def test_a_history_that_ends_early_is_said():
    tables = Tables(
        {
            "schools": schools(("A", "T1", "primary")),
            "enrolment": enrolment(*[r for y in (2021, 2022, 2023) for r in full("A", y)]),
        }
    )

    keys = [n.key for n in read_history(tables, base_year=2024, code="C01").notes]

    assert "forecast.history_ends_early" in keys
    assert "forecast.no_births" in keys
    keys = [n.key for n in read_history(tables, base_year=2023, code="C01").notes]
    assert "forecast.history_ends_early" not in keys


def test_a_year_that_was_not_counted_is_unknown_and_one_without_a_town_is_empty():
    rows = [r for y in (2020, 2021, 2023, 2024) for r in full("A", y)]
    rows += [r for y in (2020, 2021, 2023) for r in full("B", y)]
    tables = Tables(
        {
            "schools": schools(("A", "T1", "primary"), ("B", "T2", "primary")),
            "enrolment": enrolment(*rows),
        }
    )

    panel = read_history(tables, base_year=2024, code="C01").panel

    assert panel.years == (2020, 2021, 2022, 2023, 2024)
    assert np.isnan(panel.pupils[:, :, 2]).all()
    assert (panel.pupils[1, :, 4] == 0).all()


def test_history_begins_with_the_first_year_that_is_known_throughout():
    rows = [*full("A", 2020)[:-1], ("A", 2020, 6, np.nan)]
    rows += [r for y in (2021, 2022) for r in full("A", y)]
    tables = Tables({"schools": schools(("A", "T1", "primary")), "enrolment": enrolment(*rows)})

    assert read_history(tables, base_year=2024, code="C01").panel.years == (2021, 2022)


def test_both_stages_are_joined_by_the_transfer():
    rows = [r for y in (2022, 2023, 2024) for r in full("A", y, grades=range(1, 10))]
    tables = Tables({"schools": schools(("A", "T1", "nine_year")), "enrolment": enrolment(*rows)})

    history = read_history(tables, base_year=2024, code="C01")

    assert history.stages == ("primary", "junior")
    assert history.panel.transfer_grade == 6
    assert history.columns("junior") == (6, 7, 8)


def test_counted_flows_are_shares_of_those_who_leave():
    # of 40 children of T1 10 stay, 20 go to T2, 10 leave the county; nobody was counted in T2
    rows = [r for s in "AB" for y in (2022, 2023, 2024) for r in full(s, y, grades=range(1, 10))]
    flows = contract("flows").frame(
        [
            {
                "home_town_id": "T1",
                "school_town_id": to,
                "stage": stage,
                "school_year": y,
                "pupils": n,
            }
            for to, stage, y, n in (
                ("T1", "junior", 2024, 10.0),
                ("T2", "junior", 2024, 20.0),
                ("outside", "junior", 2024, 10.0),
                ("T2", "junior", 2023, 999.0),
                ("T2", "primary", 2024, 999.0),
            )
        ]
    )
    tables = Tables(
        {
            "schools": schools(("A", "T1", "nine_year"), ("B", "T2", "nine_year")),
            "enrolment": enrolment(*rows),
            "flows": flows,
        }
    )

    shares = read_history(tables, base_year=2024, code="C01").panel.transfers

    assert shares == pytest.approx(np.array([[0.25, 0.5], [0.0, 1.0]]))


def test_unknown_cells_of_the_last_year_come_from_the_grade_below():
    # grade 2 from grade 1 a year before; grade 1 itself from last year's grade 1
    grid = np.array([[[10.0, 20, np.nan], [5, 6, np.nan], [1, 2, 3]]])

    filled = fill_by_cohort(grid)

    assert filled[0, :, 2].tolist() == [20, 20, 3]
    assert np.isnan(grid[0, 0, 2])  # the input is left as it was
    assert fill_by_cohort(grid[:, :, 2:])[0, 2, 0] == 3


def test_grades_from_entrants_keep_the_scale_of_the_nearest_total():
    # two grades; entrants 10 a year: 20 together. 22 published in the second year, 18 in the last:
    # scales 1.1, 1.0 between, 0.9
    grid = grades_from_entrants(np.full(4, 10.0), np.array([np.nan, 22, np.nan, 18]), 2)

    assert grid.sum(axis=0)[1:] == pytest.approx([22, 20, 18])
    assert np.isnan(grid[1, 0])


def test_the_countys_code_is_the_place_that_is_no_town():
    towns = contract("towns").frame([{"town_id": "T1", "town_name": "T1"}])
    totals = contract("totals").frame(
        [
            {"town_id": t, "school_year": 2024, "stage": "primary", "pupils": 1.0}
            for t in ("T1", "Z")
        ]
    )

    assert area_code(Tables({"towns": towns, "totals": totals})) == "Z"
    assert area_code(Tables({"towns": towns, "totals": totals}), "given") == "given"
    assert area_code(Tables({"towns": towns})) == "county"


def small(**more):
    return Panel(
        ("A", "B"),
        (1, 2),
        (2010, 2011, 2012),
        np.arange(12.0).reshape(2, 2, 3),
        {"births": np.array([[1.0, 2, 3], [4, 5, 6]])},
        (2011, 2012, 2013),
        (2010, 2011, 2012),
        **more,
    )


def test_the_past_knows_neither_later_pupils_nor_later_children():
    past = small().until(2011)

    assert past.years == (2010, 2011)
    assert past.pupils.shape == (2, 2, 2)
    assert past.drivers["births"][0, :2].tolist() == [1, 2]
    assert np.isnan(past.drivers["births"][0, 2])


def test_a_driver_counted_at_other_times_is_cut_by_its_own():
    past = small(own_known={"births": (2012, 2010, 2012)}).until(2011)

    assert np.isnan(past.drivers["births"][0, [0, 2]]).all()
    assert past.drivers["births"][0, 1] == 2


def test_some_areas_keep_their_children_groups_and_transfers():
    shares = np.array([[0.6, 0.4], [0.1, 0.9]])
    part = small(groups=np.array([3, 7]), transfers=shares).select(np.array([1]))

    assert part.areas == ("B",)
    assert part.pupils[0, 0, 0] == 6
    assert part.drivers["births"][0].tolist() == [4, 5, 6]
    assert part.group_index.tolist() == [7]
    assert part.transfers.tolist() == [[0.9]]


def test_a_driver_stands_on_the_years_of_the_history_and_beyond():
    found = small().driver("births", 2)

    assert np.isnan(found[0, 0])
    assert found[0, 1:4].tolist() == [1, 2, 3]
    assert np.isnan(found[0, 4])
    assert small().stage_columns((2, 9)) == [1]
    assert small().group_index.tolist() == [0, 0]


def repeating(years, *, unknown=()):
    """Return one school of six grades of 10 pupils, one of whom repeats, unless nobody says."""
    rows = enrolment(*[r for y in years for r in full("A", y)])
    rows["repeaters"] = np.where(rows["school_year"].isin(unknown), np.nan, 1.0)
    return Tables({"schools": schools(("A", "T1", "primary")), "enrolment": rows})


def test_repeaters_stand_beside_the_pupils():
    panel = read_history(
        repeating(range(2018, 2025), unknown=(2019,)), base_year=2024, code="C01"
    ).panel

    assert panel.repeaters is not None
    assert panel.repeaters.shape == panel.pupils.shape
    assert np.isnan(panel.repeaters[0, :, 1]).all()
    assert (panel.repeaters[0, :, 2:] == 1).all()
    assert panel.until(2020).repeaters.shape == (1, 6, 3)
    assert panel.select(np.array([0])).repeaters.shape == panel.pupils.shape


def test_a_column_of_repeaters_nobody_filled_in_is_none():
    years = range(2018, 2025)

    assert (
        read_history(repeating(years, unknown=years), base_year=2024, code="C01").panel.repeaters
        is None
    )


def test_a_school_that_does_not_say_makes_the_repeaters_of_its_town_unknown():
    rows = enrolment(*[r for s in "AB" for y in range(2018, 2025) for r in full(s, y)])
    rows["repeaters"] = np.where(rows["school_id"] == "A", 1.0, np.nan)
    given = schools(("A", "T1", "primary"), ("B", "T1", "primary"))

    panel = read_history(
        Tables({"schools": given, "enrolment": rows}), base_year=2024, code="C01"
    ).panel

    assert np.isnan(panel.repeaters).all()
