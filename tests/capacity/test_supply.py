"""Seat supply over the years: committed projects, start-up, closures, the unknown, totals."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import capacity
from analysis.tables import Tables

from .conftest import county, frame, grade_rows, one_year, pupils_of, rooms, school


def project(project_id="X1", **more):
    return {
        "project_id": project_id,
        "project_name": project_id,
        "town_id": "A",
        "stage": "primary",
        "kind": "new_build",
        "status": "committed",
        "seats": 540,
        "classes": 12,
        "finish_year": 2027,
        **more,
    }


def supply_of(tables, rules, years=6):
    result = capacity.capacity_gap(
        tables, rules=rules, base_year=2025, horizon_years=years, area="C"
    )
    table = result["seat_supply"]
    return table[table["level"] == "town"].set_index(["area_id", "stage", "school_year"]), result


def one_school(**more):
    return county(
        schools=[school("P1")],
        facilities=[rooms("P1", 10)],
        enrolment=pupils_of("P1", dict.fromkeys(range(1, 7), 40), classes=1),
        **more,
    )


def test_a_committed_project_counts_from_the_year_it_opens(rules):
    table, _ = supply_of(one_school(projects=[project()]), rules)

    assert [year for _, _, year in table.index] == list(range(2025, 2032))
    # 10 x 45 = 450, and 540 more from 2027 on
    assert table.loc[("A", "primary", 2026), "seats_available"] == 450
    assert table.loc[("A", "primary", 2027), "seats_available"] == 990
    assert table.loc[("A", "primary", 2027), "usable_classrooms"] == 22
    assert table.loc[("A", "primary", 2027), "seats_within_norms"] == 990
    # the classes in use are those of today: 6 x 45
    assert table.loc[("A", "primary", 2027), "seats_in_classes"] == 270
    assert table.loc[("A", "primary", 2027), "schools"] == 2


def test_grades_of_a_new_school_open_one_a_year(rules):
    # 540 seats, 90 a grade: in 2027 five grades wait (450), one fewer every year.
    table, _ = supply_of(one_school(projects=[project()]), rules, years=8)

    waiting = [table.loc[("A", "primary", y), "start_up_vacancy"] for y in range(2026, 2034)]
    assert waiting == [0, 450, 360, 270, 180, 90, 0, 0]


def test_start_up_vacancy_of_a_young_school_shrinks_by_a_grade_a_year(rules):
    # Opened 2024, grades 1 and 2 taught: 6 rooms x 45 = 270, 45 a grade, four grades wait.
    tables = county(
        schools=[school("P1", opened_year=2024)],
        facilities=[rooms("P1", 6)],
        enrolment=pupils_of("P1", {1: 40, 2: 40}, classes=1),
    )

    table, _ = supply_of(tables, rules)

    waiting = [table.loc[("A", "primary", y), "start_up_vacancy"] for y in range(2025, 2031)]
    assert waiting == [180, 135, 90, 45, 0, 0]


@pytest.mark.parametrize(
    "left_out",
    [
        {"status": "candidate"},
        {"status": "named"},
        {"kind": "equipment"},
        {"kind": "merger"},
        {"finish_year": 2025},  # finished in the base year: its rooms are counted already
        {"finish_year": None},
        {"seats": None, "classes": None},
        {"stage": None},
    ],
)
def test_only_committed_projects_of_known_size_and_year_count(rules, left_out):
    table, _ = supply_of(one_school(projects=[project(**left_out)]), rules)

    assert table["seats_committed"].sum() == 0


def test_projects_whose_size_is_unknown_are_said(rules):
    given = [
        project("X1", seats=None, classes=None),
        project("X2", finish_year=None),
        project("X3"),
    ]

    _, result = supply_of(one_school(projects=given), rules)

    notes = {note.key: note.values for note in result.notes}
    assert notes["capacity.projects_without_size"] == {"count": 2}


def test_seats_of_a_project_follow_from_its_classes_and_classes_from_its_seats(rules):
    # 8 classes x 45 = 360 seats; 500 seats hold floor(500 / 45) = 11 classes.
    table, _ = supply_of(
        one_school(
            projects=[
                project("X1", seats=None, classes=8, finish_year=2026),
                project("X2", seats=500, classes=None, finish_year=2028),
            ]
        ),
        rules,
    )

    assert table.loc[("A", "primary", 2026), "seats_committed"] == 360
    assert table.loc[("A", "primary", 2028), "seats_committed"] == 860
    assert table.loc[("A", "primary", 2028), "usable_classrooms"] == 10 + 8 + 11


def test_an_expansion_belongs_to_its_school_and_has_no_start_up(rules):
    given = project(kind="expansion", school_id="P1", town_id=None, finish_year=2026)
    table, result = supply_of(one_school(projects=[given]), rules)

    row = table.loc[("A", "primary", 2026)]
    assert (row["seats_available"], row["schools"], row["start_up_vacancy"]) == (990, 1, 0)
    own = one_year(result, "gap_schools", school_id="P1", school_year=2025, scenario="central")
    assert own["seats_available"] == 450


def test_temporary_rooms_stand_apart(rules):
    given = project(kind="temporary", seats=90, classes=2, finish_year=2026)
    table, _ = supply_of(one_school(projects=[given]), rules)

    row = table.loc[("A", "primary", 2026)]
    assert (row["seats_available"], row["seats_temporary"]) == (450, 90)
    assert row["usable_classrooms"] == 10


def test_a_closing_school_takes_its_seats_along(rules):
    tables = county(
        schools=[school("P1"), school("P2", closed_year=2027)],
        facilities=[rooms("P1", 10), rooms("P2", 5, temporary=1)],
        enrolment=[
            *pupils_of("P1", dict.fromkeys(range(1, 7), 40), classes=1),
            *pupils_of("P2", dict.fromkeys(range(1, 7), 20), classes=1),
        ],
    )

    table, _ = supply_of(tables, rules)
    before, after = table.loc[("A", "primary", 2026)], table.loc[("A", "primary", 2027)]

    # 10 x 45 and (5 - 1) x 45; the temporary room of P2 is 45 more, apart
    assert (before["seats_available"], after["seats_available"]) == (630, 450)
    assert (before["seats_within_norms"], after["seats_within_norms"]) == (630, 450)
    assert (before["seats_temporary"], after["seats_temporary"]) == (45, 0)
    assert (before["usable_classrooms"], after["usable_classrooms"]) == (14, 10)
    # 6 classes each
    assert (before["seats_in_classes"], after["seats_in_classes"]) == (540, 270)
    assert (before["schools"], after["schools"]) == (2, 1)


def test_one_school_without_rooms_makes_its_town_unknown_and_no_other(rules):
    tables = county(
        schools=[school("P1"), school("P2"), school("P3", town="B"), school("P4")],
        facilities=[rooms("P1", 10), rooms("P3", 4), rooms("P4", 2)],
        enrolment=[
            row
            for name, number in (("P1", 40), ("P2", 40), ("P3", 40), ("P4", 20))
            for row in pupils_of(name, dict.fromkeys(range(1, 7), number), classes=1)
        ],
    )

    table, result = supply_of(tables, rules)

    town = table.loc[("A", "primary", 2025)]
    assert np.isnan(town["seats_available"])
    assert (town["seats_of_known_schools"], town["schools_unknown"]) == (540, 1)
    assert town["schools"] == 3
    assert town["basis"] == "unknown"
    assert table.loc[("B", "primary", 2025), "seats_available"] == 180
    whole = one_year(result, "seat_supply", level="county", school_year=2025)
    assert np.isnan(whole["seats_available"])
    assert whole["seats_of_known_schools"] == 720
    gap = one_year(result, "seat_gap", level="county", school_year=2025, scenario="central")
    # A: 600 pupils, at most 600 - 540 = 60 short; B: 240 pupils on 180 seats, 60 short
    assert np.isnan(gap["shortage"])
    assert (gap["shortage_known"], gap["shortage_at_most"]) == (60, 120)
    assert (gap["towns_red"], gap["towns_undetermined"]) == (1, 1)


def test_the_worst_basis_of_a_town_shows(rules):
    tables = county(
        schools=[school("P1"), school("P2")],
        facilities=[rooms("P1", 10), rooms("P2", 4) | {"unsafe_classrooms": None}],
        enrolment=pupils_of("P1", dict.fromkeys(range(1, 7), 40), classes=1),
    )

    table, result = supply_of(tables, rules)

    assert table.loc[("A", "primary", 2025), "basis"] == "classrooms_unchecked"
    assert "capacity.schools_classrooms_unchecked" in {note.key for note in result.notes}


def test_published_seats_serve_where_there_are_no_schools(rules):
    tables = Tables(
        {
            "totals": frame(
                "totals",
                [
                    {
                        "town_id": "C",
                        "school_year": 2024,
                        "stage": "junior",
                        "pupils": 900,
                        "classes": 20,
                        "seats": 1000,
                    }
                ],
            ),
            "projects": frame("projects", [project(town_id="C", stage="junior", seats=100)]),
        }
    )

    result = capacity.capacity_gap(tables, rules=rules, base_year=2025, horizon_years=3, area="C")
    row = one_year(result, "seat_supply", level="county", school_year=2025)
    later = one_year(result, "seat_supply", level="county", school_year=2027)

    assert (row["seats_available"], row["basis"]) == (1000, "seats_total")
    assert row["seats_in_classes"] == 1000  # 20 x 50
    assert (row["start_up_vacancy"], row["seats_temporary"], row["schools_unknown"]) == (0, 0, 0)
    assert (later["seats_available"], later["seats_committed"]) == (1100, 100)
    assert later["seats_of_known_schools"] == 1100
    assert np.isnan(row["usable_classrooms"])


def test_projects_of_a_place_of_totals_count_by_place_stage_year_and_kind(rules):
    # Junior seats of C: 1000, temporary 80 from 2026, permanent 100 from 2027; the primary project
    # and that of another place add nothing.
    given = [
        project("X1", town_id="C", stage="junior", seats=100),
        project("X2", town_id="C", stage="junior", seats=80, kind="temporary", finish_year=2026),
        project("X3", town_id="C", stage="primary", seats=999),
        project("X4", town_id="D", stage="junior", seats=999),
    ]
    tables = Tables(
        {
            "totals": frame(
                "totals",
                [
                    {"town_id": "C", "school_year": y, "stage": "junior", "pupils": 900, "seats": n}
                    for y, n in ((2023, 700), (2025, 1000), (2026, 5))
                ],
            ),
            "projects": frame("projects", given),
        }
    )

    result = capacity.capacity_gap(tables, rules=rules, base_year=2025, horizon_years=3, area="C")

    rows = result["seat_supply"].set_index("school_year")
    assert rows["seats_available"].tolist() == [1000, 1000, 1100, 1100]
    assert rows["seats_temporary"].tolist() == [0, 80, 80, 80]


def test_unknown_seats_of_a_place_of_totals_leave_its_projects_as_what_is_known(rules):
    tables = Tables(
        {
            "totals": frame(
                "totals",
                [
                    {
                        "town_id": "C",
                        "school_year": 2025,
                        "stage": "junior",
                        "pupils": 900,
                        "schools": 4,
                    }
                ],
            ),
            "projects": frame("projects", [project(town_id="C", stage="junior", seats=100)]),
        }
    )

    result = capacity.capacity_gap(tables, rules=rules, base_year=2025, horizon_years=3, area="C")

    row = one_year(result, "seat_supply", school_year=2027)
    assert np.isnan(row["seats_available"])
    assert (row["seats_of_known_schools"], row["schools_unknown"]) == (100, 4)
    gap = one_year(result, "seat_gap", scenario="central")
    assert gap["basis"] == "unknown"


def test_a_town_whose_schools_teach_another_stage_has_no_seats_of_this_one(rules):
    tables = county(
        schools=[
            school("P1"),
            school("J1", kind="junior"),
            school("P2", town="B"),
            school("N3", town="C", kind="nine_year"),
        ],
        facilities=[rooms("P1", 6), rooms("J1", 3), rooms("P2", 6), rooms("N3", 6)],
        enrolment=pupils_of("N3", dict.fromkeys(range(1, 7), 40), classes=1),
        grade_demand=grade_rows(
            {(t, "junior", g, 2025): n for t, n in (("A", 40), ("B", 5)) for g in (7, 8, 9)}
        ),
    )
    step = capacity.capacity_gap(tables, rules=rules, base_year=2025, horizon_years=1, area="K")
    supply = step["seat_supply"].set_index(["area_id", "stage", "school_year"])

    # A: three rooms of 50; B has a primary school and none for juniors: 0 seats, 15 pupils short
    assert supply.loc[("A", "junior", 2025), "seats_available"] == 150
    assert supply.loc[("B", "junior", 2025), ["seats_available", "schools"]].tolist() == [0, 0]
    gap = step["seat_gap"].set_index(["area_id", "stage", "scenario"])
    assert gap.loc[("B", "junior", "central"), "shortage"] == 15
    # so the county is known: 15 short in B, 30 spare in A
    assert gap.loc[("K", "junior", "central"), ["shortage", "surplus"]].tolist() == [15, 30]
    # N3 in C may teach juniors later, though it has none now: its town is not called empty
    assert ("C", "junior", 2025) not in supply.index
