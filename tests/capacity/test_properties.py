"""What must hold for every county: no netting, conservation, monotonicity, order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import capacity, standards
from analysis.capacity.demand import StageDemand
from analysis.capacity.gap import StageSupply
from analysis.capacity.rooms import classes_required, shared_area, shared_rooms
from analysis.capacity.supply import Committed, school_years
from analysis.capacity.warnings import WarningLevels
from analysis.tables import Tables

from .conftest import bare_gap, county, frame, pupils_of, rooms, school

RULES = standards.load("national_2017")
FEW = settings(max_examples=5, deadline=None)
MANY = settings(max_examples=200, deadline=None)

#: Towns as (pupils, seats) of the primary stage; a seat count may be unknown.
towns = st.lists(
    st.tuples(st.integers(0, 3000), st.one_of(st.none(), st.integers(0, 3000))),
    min_size=1,
    max_size=5,
)


def gap_of_totals(values):
    rows = [
        {
            "town_id": f"T{i}",
            "school_year": 2025,
            "stage": "primary",
            "pupils": pupils,
            "seats": seats,
        }
        for i, (pupils, seats) in enumerate(values)
    ]
    result = bare_gap(Tables({"totals": frame("totals", rows)}), RULES)
    table = result["seat_gap"]
    return table[table["scenario"] == "central"]


@pytest.mark.holds("capacity.gap_tables")
@FEW
@given(towns)
def test_the_county_sums_its_towns_and_nets_nothing(values):
    table = gap_of_totals(values)

    whole = table[table["level"] == "county"].iloc[0]
    known = [(p, s) for p, s in values if s is not None]
    assert whole["seats_required"] == sum(p for p, _ in values)
    if known:
        assert whole["shortage_known"] == sum(max(p - s, 0) for p, s in known)
        assert whole["surplus_known"] == sum(max(s - p, 0) for p, s in known)
    if len(known) == len(values):
        assert whole["shortage"] == whole["shortage_known"]
        assert whole["surplus"] - whole["shortage"] == sum(s - p for p, s in values)
    else:
        assert np.isnan(whole["shortage"])
    counted = [f"towns_{level}" for level in ("red", "amber", "green", "blue", "undetermined")]
    assert whole[counted].sum() == len(values)


@FEW
@given(towns, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(values, random):
    order = random.sample(range(len(values)), len(values))

    first = gap_of_totals(values)
    second = gap_of_totals([values[i] for i in order])

    columns = ["seats_required", "shortage_known", "surplus_known", "warning"]
    left = first[first["level"] == "county"][columns].reset_index(drop=True)
    right = second[second["level"] == "county"][columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(left, right)


def school_county(classrooms, pupils):
    tables = county(
        schools=[school(f"P{i}", town="AB"[i % 2]) for i in range(len(pupils))],
        facilities=[rooms(f"P{i}", count) for i, count in enumerate(classrooms)],
        enrolment=[
            row
            for i, number in enumerate(pupils)
            for row in pupils_of(f"P{i}", dict.fromkeys(range(1, 7), number), classes=1)
        ],
    )
    return bare_gap(tables, RULES)


schools = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 200)), min_size=2, max_size=5).map(
    lambda pairs: ([r for r, _ in pairs], [p for _, p in pairs])
)


def county_row(result):
    table = result["seat_gap"]
    return table[(table["level"] == "county") & (table["scenario"] == "central")].iloc[0]


@FEW
@given(schools, st.integers(1, 9))
def test_a_room_more_never_makes_a_shortage_larger(case, more):
    classrooms, pupils = case

    before = county_row(school_county(classrooms, pupils))
    after = county_row(school_county([classrooms[0] + more, *classrooms[1:]], pupils))

    assert after["shortage"] <= before["shortage"]
    assert after["surplus"] >= before["surplus"]
    assert after["classrooms_short"] <= before["classrooms_short"]
    assert after["seats_available"] == before["seats_available"] + 45 * more


@FEW
@given(schools)
def test_schools_add_up_to_their_town_and_classes_bound_the_seats(case):
    classrooms, pupils = case

    result = school_county(classrooms, pupils)
    table = result["seat_gap"]
    towns_of = table[(table["level"] == "town") & (table["scenario"] == "central")]
    listed = result["gap_schools"]
    listed = listed[listed["scenario"] == "central"]

    by_town = listed.groupby("town_id")[["pupils", "seats_available", "classes_required"]].sum()
    wide = towns_of.set_index("area_id")
    assert by_town["pupils"].to_numpy() == pytest.approx(wide["seats_required"].to_numpy())
    assert by_town["seats_available"].tolist() == wide["seats_available"].tolist()
    assert by_town["classes_required"].tolist() == wide["classes_required"].tolist()
    # a school's shortage may be met by its neighbour's seats, never the other way round
    short = listed.groupby("town_id")["shortage"].sum()
    assert (short.to_numpy() >= wide["shortage"].to_numpy() - 1e-9).all()
    # classes hold every pupil
    assert (wide["classes_required"] * 45 >= wide["seats_required"] - 1e-6).all()
    # netting grades within a stage can only lessen a shortage
    assert (wide["shortage_by_grade"] >= wide["shortage"] - 1e-9).all()


@MANY
@given(st.integers(0, 5000), st.integers(20, 60))
def test_classes_are_just_enough(pupils, size):
    found = float(classes_required(np.array([float(pupils)]), size)[0])

    assert found * size >= pupils
    assert (found - 1) * size < pupils or found == 0


@MANY
@given(
    st.integers(0, 300),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 60), min_size=2),
)
def test_shared_rooms_add_up_and_stay_near_their_share(count, classes):
    parts = shared_rooms(count, classes)

    total = sum(classes.values())
    if total == 0:
        assert all(np.isnan(part) for part in parts.values())
        return
    assert sum(parts.values()) == count
    for stage, number in classes.items():
        assert abs(parts[stage] - count * number / total) < 1


@MANY
@given(st.floats(0, 1e5), st.tuples(st.integers(1, 3000), st.integers(1, 3000)))
def test_shared_areas_add_up(area, pupils):
    weights = {"primary": 1.0, "junior": 1.1}

    parts = shared_area(area, dict(zip(weights, pupils, strict=True)), weights)

    assert sum(parts.values()) == pytest.approx(area)
    assert parts["primary"] * pupils[1] * 1.1 == pytest.approx(parts["junior"] * pupils[0])


@MANY
@given(st.integers(0, 5000), st.integers(0, 500), st.integers(1, 5000))
def test_more_pupils_never_lower_a_warning(pupils, more, seats):
    levels = WarningLevels(1.0, 0.9, 0.6)
    order = ["blue", "green", "amber", "red"]

    before, after = levels.of([pupils, pupils + more], [seats, seats])

    assert order.index(after) >= order.index(before)


# --- the two sides, the ledger and the supply -----------------------------------------------

#: Schools as (town, rooms or unknown, unsafe rooms, pupils a grade).
listed = st.lists(
    st.tuples(
        st.sampled_from("AB"),
        st.one_of(st.none(), st.integers(0, 30)),
        st.integers(0, 5),
        st.integers(1, 90),
    ),
    min_size=1,
    max_size=4,
)


def listed_county(values, order=None, **more):
    places = order or range(len(values))
    return county(
        schools=[school(f"P{i}", town=values[i][0]) for i in places],
        facilities=[
            rooms(f"P{i}", values[i][1], unsafe=min(values[i][2], values[i][1] or 0))
            for i in places
        ],
        enrolment=[
            row
            for i in places
            for row in pupils_of(f"P{i}", dict.fromkeys(range(1, 7), values[i][3]), classes=2)
        ],
        **more,
    )


@pytest.mark.holds("capacity.capacity_ledger")
@FEW
@given(listed, st.randoms(use_true_random=False))
def test_the_ledger_counts_rooms_that_are_safe_and_knows_what_it_does_not_know(values, random):
    order = random.sample(range(len(values)), len(values))

    ledger = capacity.capacity_ledger(listed_county(values), rules=RULES, base_year=2025)
    mixed = capacity.capacity_ledger(listed_county(values, order), rules=RULES, base_year=2025)

    pd.testing.assert_frame_equal(ledger, mixed)
    for row in ledger.to_dict("records"):
        _, classrooms, unsafe, pupils = values[int(row["school_id"][1:])]
        assert row["pupils"] == 6 * pupils
        if classrooms is None:
            assert np.isnan(row["seats_available"])
            assert row["basis"] == "unknown"
        else:
            assert row["usable_classrooms"] == classrooms - min(unsafe, classrooms)
            assert row["seats_available"] == 45 * row["usable_classrooms"]
            assert row["seats_within_norms"] <= row["seats_available"]


projects_of = st.lists(
    st.tuples(st.sampled_from("AB"), st.integers(1, 900), st.integers(2026, 2029), st.booleans()),
    max_size=3,
)


@pytest.mark.holds("capacity.seat_supply")
@FEW
@given(listed, projects_of)
def test_seats_add_up_over_schools_towns_and_projects_and_stay_unknown(values, projects):
    tables = listed_county(values)
    ledger = capacity.capacity_ledger(tables, rules=RULES, base_year=2025)
    committed = [
        Committed(f"N{i}", town, "", "primary", float(seats), 1.0, opens, temporary, False)
        for i, (town, seats, opens, temporary) in enumerate(projects)
    ]
    years = range(2025, 2031)

    table = capacity.seat_supply(
        school_years(ledger, committed, tables, years, 2025),
        tables,
        committed,
        rules=RULES,
        years=years,
        base_year=2025,
        code="C",
    )

    for row in table.to_dict("records"):
        places = "AB" if row["level"] == "county" else row["area_id"]
        own = [value for value in values if value[0] in places]
        seats = [None if r is None else 45 * (r - min(u, r)) for _, r, u, _ in own]
        coming = [
            (added, temporary)
            for town, added, opens, temporary in projects
            if town in places and opens <= row["school_year"]
        ]
        existing = np.nan if None in seats else float(sum(seats))
        built = sum(added for added, temporary in coming if not temporary)
        assert row["seats_existing"] == pytest.approx(existing, nan_ok=True)
        assert row["seats_available"] == pytest.approx(existing + built, nan_ok=True)
        assert row["seats_temporary"] == sum(added for added, temporary in coming if temporary)
        assert row["schools_unknown"] == seats.count(None)
        known = sum(each for each in seats if each is not None)
        assert row["seats_of_known_schools"] == known + built


@pytest.mark.holds("capacity.both_sides")
@FEW
@given(listed)
def test_both_sides_have_every_pupil_and_every_seat_once(values):
    tables = listed_county(values)

    sides = capacity.both_sides(tables, rules=RULES, base_year=2025, end_year=2027, code="C")

    wanted, grid = sides.demand["primary"], sides.grids["primary"]
    shares = sides.shares["primary"]
    assert wanted.total.sum() == 3 * sum(6 * pupils for *_, pupils in values)
    by_school = shares.pupils(wanted.pupils)
    for position, name in enumerate(shares.schools):
        _, classrooms, unsafe, pupils = values[int(name[1:])]
        assert by_school[1, position, :, 0] == pytest.approx(np.full(6, pupils))
        seats = np.nan if classrooms is None else 45.0 * (classrooms - min(unsafe, classrooms))
        assert grid.schools["seats_available"][position] == pytest.approx(seats, nan_ok=True)
    for place in range(len(wanted.places)):
        # no pupil of a town is lost or doubled on the way to its schools
        assert shares.share[shares.place == place].sum(axis=0) == pytest.approx(1.0)
        own = grid.schools["seats_available"][shares.place == place].sum(axis=0)
        assert grid.places["seats_available"][place] == pytest.approx(own, nan_ok=True)


@pytest.mark.holds("capacity.capacity_gap", "capacity.seat_gap")
@settings(max_examples=3, deadline=None)
@given(listed, st.randoms(use_true_random=False))
def test_the_whole_step_balances_and_a_moved_assumption_sees_the_same_gap(values, random):
    order = random.sample(range(len(values)), len(values))
    options = {"rules": RULES, "base_year": 2025, "horizon_years": 2, "area": "C"}

    result = capacity.capacity_gap(listed_county(values), **options)
    alone = capacity.seat_gap(listed_county(values, order), **options)

    gap = result["seat_gap"].drop(columns="schools")
    pd.testing.assert_frame_equal(gap, alone.drop(columns="schools"))
    balance = gap["seats_required"] - gap["seats_available"]
    netted = gap["shortage"] - gap["surplus"]
    towns_only = gap["level"] == "town"
    assert netted.to_numpy() == pytest.approx(balance.to_numpy(), nan_ok=True)
    assert not ((gap["shortage"] > 0) & (gap["surplus"] > 0) & towns_only).any()
    unknown = gap["seats_available"].isna()
    assert (gap.loc[unknown & towns_only, "warning"] == "undetermined").all()
    assert gap.loc[unknown, ["shortage", "surplus", "utilisation_rate"]].isna().all(axis=None)
    warned = result["seat_warnings"].set_index(["level", "area_id"])
    assert set(warned.index) == set(zip(gap["level"], gap["area_id"], strict=True))


# --- smaller classes, simulated paths, warnings ---------------------------------------------


def sides_of(pupils, classrooms):
    """Return demand and supply of towns: pupils by grade in one year, rooms or None."""
    cube = np.array(pupils, dtype=float)[None, :, :, None].repeat(3, axis=0)
    places = tuple(f"T{i}" for i in range(len(pupils)))
    demand = StageDemand("primary", places, (2026,), cube, cube.sum(axis=2), by_grade=True)
    usable = np.array([[np.nan if r is None else r] for r in classrooms], dtype=float)
    grid = {"usable_classrooms": usable, "seats_available": usable * 45}
    supply = StageSupply(grid, np.full(usable.shape, "classrooms"))
    return {"primary": demand}, {"primary": supply}, {"primary": None}


grades_of = st.lists(st.integers(0, 120), min_size=6, max_size=6)
rooms_of = st.one_of(st.none(), st.integers(0, 20))
demands = st.lists(st.tuples(grades_of, rooms_of), min_size=2, max_size=3)


@pytest.mark.holds("capacity.class_size_scenarios")
@FEW
@given(demands)
def test_smaller_classes_never_need_fewer_rooms_nor_leave_more_seats(values):
    sides = sides_of([grades for grades, _ in values], [r for _, r in values])

    table = capacity.class_size_scenarios(
        *sides, rules=RULES, base_year=2025, scenario="central", code="C"
    )

    towns_of, whole = (
        table[table["level"] == level].set_index(["area_id", "class_size"])
        for level in ("town", "county")
    )
    for (town, size), row in towns_of.iterrows():
        grades, classrooms = values[int(town[1:])]
        assert row["classes_required"] == sum(-(-pupils // size) for pupils in grades)
        seats = np.nan if classrooms is None else classrooms * size
        assert row["seats_available"] == pytest.approx(seats, nan_ok=True)
        balance = row["shortage"] - row["surplus"]
        assert balance == pytest.approx(sum(grades) - seats, nan_ok=True)
    assert table["is_norm"].sum() == len(values) + 1
    for _, group in table.groupby("area_id"):
        ordered = group.sort_values("class_size")
        assert ordered["classes_required"].is_monotonic_decreasing
        short = ordered["shortage"]
        assert short.isna().all() or short.is_monotonic_decreasing
    for size in table["class_size"].unique():
        own = towns_of.xs(size, level="class_size")
        for name in ("seats_required", "classes_required", "shortage", "surplus"):
            summed = own[name].sum(skipna=False)
            assert whole.loc[("C", size), name] == pytest.approx(summed, nan_ok=True)


paths_of = st.lists(st.lists(st.integers(0, 900), min_size=2, max_size=2), min_size=1, max_size=4)


def risk_table(paths, classrooms, names=None):
    """Return ``gap_risk`` of two towns; ``paths`` are their pupils, None where there are none."""
    rows = [
        {
            "town_id": f"T{town}",
            "stage": "primary",
            "grade": grade,
            "school_year": 2026,
            "path": (names or range(len(paths)))[path],
            "pupils": np.nan if pupils is None else pupils / 6,
        }
        for path, towns_of in enumerate(paths)
        for town, pupils in enumerate(towns_of)
        for grade in range(1, 7)
    ]
    sides = sides_of([[10] * 6, [10] * 6], classrooms)
    table = capacity.gap_risk(
        Tables({"demand_paths": pd.DataFrame(rows)}),
        *sides,
        rules=RULES,
        levels=capacity.warning_levels(RULES, 2025),
        base_year=2025,
        end_year=2026,
        code="C",
    )
    return table.set_index("area_id")


CHANCES = [f"warning_probability_{level}" for level in ("red", "amber", "green", "blue")]


@pytest.mark.holds("capacity.gap_risk")
@FEW
@given(paths_of, st.lists(st.integers(0, 20), min_size=2, max_size=2))
def test_risk_balances_on_the_mean_and_counts_every_path_once(paths, classrooms):
    table = risk_table(paths, classrooms)
    again = risk_table(paths[::-1], classrooms, names=[7 + i for i in range(len(paths))])
    twice = risk_table([*paths, *paths], classrooms)

    means = [column for column in table if column.startswith(("expected", "prob", "warning"))]
    pd.testing.assert_frame_equal(table, again)
    assert twice[means].to_numpy(float) == pytest.approx(table[means].to_numpy(float))
    for town, number in enumerate(classrooms):
        row = table.loc[f"T{town}"]
        mean = np.mean([each[town] for each in paths])
        netted = row["expected_shortage"] - row["expected_surplus"]
        assert netted == pytest.approx(mean - 45 * number)
        assert row[CHANCES].sum() == pytest.approx(1)
        short = [each[town] > 45 * number + 1e-6 for each in paths]
        assert row["probability_short"] == pytest.approx(np.mean(short))
    whole, parts = table.loc["C"], table.drop("C")
    for name in ("shortage", "surplus", "classes"):
        assert whole[f"expected_{name}"] == pytest.approx(parts[f"expected_{name}"].sum())
    assert whole["probability_short"] >= parts["probability_short"].max()
    assert whole["probability_short"] <= parts["probability_short"].sum() + 1e-9


@pytest.mark.holds("capacity.gap_risk")
@FEW
@given(paths_of, st.booleans())
def test_unknown_pupils_or_seats_have_no_chance_of_anything(paths, seats_unknown):
    if seats_unknown:
        table = risk_table(paths, [None, 9])
    else:
        table = risk_table([[None, other] for _, other in paths], [9, 9])

    for place in ("T0", "C"):
        told = table.loc[place, [*CHANCES, "expected_shortage", "probability_short"]]
        assert told.isna().all()
        assert np.isnan(table.loc[place, "expected_classes"]) == (not seats_unknown)
    assert table.loc["T1", CHANCES].sum() == pytest.approx(1)


@pytest.mark.holds("capacity.warning_levels")
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3000), st.integers(0, 3000), st.integers(2, 9), st.floats(0.7, 1.3))
def test_a_level_is_of_the_rate_alone_and_a_stricter_limit_never_calms(pupils, seats, times, red):
    order = ["blue", "green", "amber", "red"]
    levels = capacity.warning_levels(RULES, 2025)
    own = [{"name": "warning_red_from", "value": red, "source": "a test", "grade": "local"}]
    moved = capacity.warning_levels(standards.load("national_2017", own), 2025)

    found = str(levels.of(pupils, seats))
    other = str(moved.of(pupils, seats))

    assert levels.red_from >= levels.amber_from >= levels.blue_below
    assert moved.red_from == red
    assert str(levels.of(pupils * times, seats * times)) == found
    assert str(levels.of(np.nan, seats)) == str(levels.of(pupils, np.nan)) == "undetermined"
    if red <= levels.red_from:
        assert order.index(other) >= order.index(found)
    elif found == "red" and seats:
        assert (other == "red") == (pupils / seats + 1e-9 >= red)


balances = st.lists(st.one_of(st.none(), st.integers(-400, 400)), min_size=1, max_size=8).map(
    lambda values: dict(enumerate(values, 2025))
)


@pytest.mark.holds("capacity.seat_warnings")
@FEW
@given(balances, st.randoms(use_true_random=False))
def test_works_start_before_the_first_short_year_and_unknown_needs_no_nothing(yearly, random):
    rows = [
        {
            "level": "town",
            "area_id": "A",
            "stage": "primary",
            "school_year": year,
            "scenario": "central",
            "seats_required": 1000.0,
            "seats_available": np.nan if value is None else 1000.0 - value,
            "utilisation_rate": np.nan if value is None else 1000.0 / (1000.0 - value),
            "shortage": np.nan if value is None else max(float(value), 0.0),
            "surplus": np.nan if value is None else max(-float(value), 0.0),
            "warning": "undetermined" if value is None else "green",
            "schools": "",
        }
        for year, value in yearly.items()
    ]
    risk = pd.DataFrame(columns=["level", "area_id", "stage", "school_year", "probability_short"])
    options = {"rules": RULES, "base_year": 2025, "scenario": "central"}

    table = capacity.seat_warnings(pd.DataFrame(rows), risk, **options)
    mixed = random.sample(rows, len(rows))
    again = capacity.seat_warnings(pd.DataFrame(mixed), risk, **options)

    pd.testing.assert_frame_equal(table, again)
    row = table.iloc[0]
    short = {year: value for year, value in yearly.items() if value is not None and value > 0}
    if short:
        assert (row["first_short_year"], row["last_short_year"]) == (min(short), max(short))
        assert row["largest_shortage"] == max(short.values())
        assert short[int(row["largest_shortage_year"])] == max(short.values())
        for kind in ("new_build", "expansion", "temporary"):
            lead = RULES.value(f"lead_time_{kind}")
            assert row[f"latest_{kind}_year"] == min(short) - lead
        in_time = [
            kind
            for kind in ("new_build", "expansion", "temporary")
            if min(short) - RULES.value(f"lead_time_{kind}") > 2025
        ]
        assert row["slowest_in_time"] == (in_time or ["too_late"])[0]
    else:
        assert np.isnan(row["first_short_year"])
        expected = "unknown" if None in yearly.values() else "none_needed"
        assert row["slowest_in_time"] == expected
    assert (row["missing"] == "facilities") == (yearly[row["school_year"]] is None)
