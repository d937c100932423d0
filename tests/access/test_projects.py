"""What a project does for the way to school, on a line of villages worked out by hand."""

from __future__ import annotations

import pytest

from analysis.access import project_access
from analysis.tables import Tables

from .conftest import DEGREES_A_KM, county, frame, pupils_of, rooms, school, settlement

#: Villages 1, 4 and 9 km north of the only school; the limit in villages is 2.5 km.
LINE = (settlement("V1", 1, 10), settlement("V4", 4, 20), settlement("V9", 9, 40))


def planned(**more):
    base = {
        "project_id": "N1",
        "project_name": "新校",
        "project_name_en": "New",
        "town_id": "A",
        "stage": "primary",
        "kind": "new_build",
        "status": "proposed",
        "under_used": False,
        "tie": False,
        "rank": 1.0,
    }
    return base | more


def tables_with(*projects, towns_at=5.0, schools=(), settlements=LINE):
    more = [row for other in schools for row in pupils_of(other["school_id"], 9)]
    given = county(
        schools=[school("P0", 0), *schools],
        facilities=[rooms("P0", 6)],
        enrolment=[*pupils_of("P0", 40), *more],
        settlements=settlements,
    )
    towns = given["towns"].assign(
        lon=0.0 if towns_at is not None else float("nan"),
        lat=(towns_at or 0.0) * DEGREES_A_KM if towns_at is not None else float("nan"),
        urban_rural="village",
    )
    return given.with_tables(
        {"plan_projects": frame("plan_projects", list(projects)), "towns": towns}
    )


def rows_of(tables, rules):
    step = project_access(tables, rules=rules, base_year=2025)
    return step["access_projects"].set_index("project_id"), step


def test_a_new_school_at_the_town_seat_brings_children_within_the_limit(rules):
    found, step = rows_of(tables_with(planned()), rules)
    row = found.loc["N1"]

    # at km 5: V4 is 1 km away (was 4: beyond, now within), V9 4 km (was 9: beyond, still beyond),
    # V1 stays with P0 (1 km against 4)
    assert row["children_gained"] == 20
    assert row["children_nearer"] == 60
    assert row["children_beyond"] == 60
    assert row["children_undetermined"] == 0
    # (20 x 4 + 40 x 9) / 60 and (20 x 1 + 40 x 4) / 60
    assert row["mean_km_now"] == pytest.approx(440 / 60)
    assert row["mean_km_with"] == pytest.approx(180 / 60)
    assert row["place_basis"] == "town"
    assert [n.key for n in step.notes] == ["access.projects_at_town"]


@pytest.mark.parametrize(("at", "gained"), [(6.4999, 20), (6.5001, 40)])
def test_the_limit_is_the_rule_sets(rules, at, gained):
    # 2.4999 km to V4 and 2.5001 to V9, and the other way round
    found, _ = rows_of(tables_with(planned(), towns_at=at), rules)

    assert found.loc["N1", "children_gained"] == gained


def at_own_place(km):
    """Return the project N1 of the plan with coordinates of its own, so far along the line."""
    row = {
        "project_id": "N1",
        "project_name": "新校",
        "kind": "new_build",
        "status": "candidate",
        "lon": 0.0,
        "lat": km * DEGREES_A_KM,
    }
    return frame("projects", [row])


def test_a_projects_own_coordinates_come_before_its_towns(rules):
    given = tables_with(planned(), towns_at=0.0)
    own = at_own_place(9)
    found, step = rows_of(given.with_tables({"projects": own}), rules)

    # at km 9 it stands in V9
    assert found.loc["N1", ["children_gained", "mean_km_with"]].tolist() == [40, 0]
    assert found.loc["N1", "place_basis"] == "own"
    assert step.notes == ()


def test_seats_at_a_school_that_teaches_the_stage_change_no_distance(rules):
    found, step = rows_of(tables_with(planned(kind="expansion", school_id="P0")), rules)

    assert found.loc["N1", ["children_nearer", "children_gained"]].tolist() == [0, 0]
    assert found.loc["N1", "place_basis"] == "school"
    assert step.notes == ()


def test_rooms_of_the_other_stage_are_a_new_place(rules):
    junior = school("J8", 8, kind="junior")
    found, _ = rows_of(
        tables_with(planned(kind="conversion", school_id="J8"), schools=[junior]), rules
    )

    # J8 gives six primary grades here through the builder, so it teaches the stage already
    assert found.loc["N1", "children_nearer"] == 0
    bare = tables_with(planned(kind="conversion", school_id="J8"))
    moved = bare.with_tables({"schools": frame("schools", [school("P0", 0), junior])})
    found, _ = rows_of(moved, rules)
    # km 8: V9 is 1 km away, V4 stays with P0 (4 km each: a tie is no gain)
    assert found.loc["N1", ["children_nearer", "children_gained"]].tolist() == [40, 40]


def test_boundaries_class_sizes_and_projects_out_of_the_plan_have_no_row(rules):
    found, _ = rows_of(
        tables_with(
            planned(project_id="B", kind="catchment"),
            planned(project_id="S", kind="smaller_classes"),
            planned(project_id="L", rank=float("nan"), status="candidate"),
            planned(project_id="C", rank=float("nan"), status="committed"),
        ),
        rules,
    )

    assert list(found.index) == ["C"]


def test_a_town_without_a_seat_takes_the_mean_of_its_schools(rules):
    # the only school stands at km 0, so the project does too: nobody is nearer
    found, _ = rows_of(tables_with(planned(), towns_at=None), rules)

    assert found.loc["N1", ["children_nearer", "children_gained"]].tolist() == [0, 0]


def test_towns_that_stand_in_leave_the_limit_undetermined(rules):
    found, _ = rows_of(tables_with(planned(), settlements=()), rules)
    row = found.loc["N1"]

    assert row[["children_gained", "children_beyond"]].isna().all()
    # the town's 240 pupils live at its seat, 5 km from P0, where the project would stand
    assert (row["children_nearer"], row["children_undetermined"]) == (240, 240)
    assert (row["mean_km_now"], row["mean_km_with"]) == (pytest.approx(5), 0)


def test_a_place_of_unknown_class_is_undetermined(rules):
    line = (*LINE[:2], settlement("V9", 9, 40) | {"urban_rural": None})
    row = rows_of(tables_with(planned(), settlements=line), rules)[0].loc["N1"]

    assert (row["children_gained"], row["children_undetermined"]) == (20, 40)


def test_without_coordinates_it_says_so(rules):
    given = tables_with(planned())
    bare = given["schools"].assign(lon=float("nan"), lat=float("nan"))
    step = project_access(given.with_tables({"schools": bare}), rules=rules, base_year=2025)

    assert step["access_projects"].empty
    assert [n.key for n in step.notes] == ["access.projects_no_coordinates"]


def test_a_project_without_any_place_is_counted_as_left_out(rules):
    step = project_access(
        tables_with(planned(), planned(project_id="N2", town_id="Z")), rules=rules, base_year=2025
    )

    assert list(step["access_projects"]["project_id"]) == ["N1"]
    notes = {n.key: n.values for n in step.notes}
    assert notes["access.projects_unplaced"] == {"count": 1}


def test_no_plan_no_rows():
    step = project_access(Tables({}), rules=None, base_year=2025)

    assert step["access_projects"].empty
    assert step.notes == ()
