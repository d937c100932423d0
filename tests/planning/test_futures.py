"""Futures: zones, lines and paths read from tables, and how paths are split."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.planning.futures import read_futures, split
from analysis.tables import Tables, contract

from .counties import demand_rows, filled, supply_row

YEARS = (2026, 2027)


def demand(*rows):
    return contract("seat_demand").frame(
        [row for town, stage, line in rows for row in demand_rows(town, stage, YEARS, line)]
    )


def paths(*rows):
    frame = [
        {
            "town_id": town,
            "stage": stage,
            "grade": grade,
            "school_year": year,
            "path": path,
            "pupils": value,
        }
        for town, stage, grade, year, values in rows
        for path, value in enumerate(values)
    ]
    return contract("demand_paths").frame(frame)


def tables_of(rows, seats, **more):
    frames = {
        "seat_demand": demand(*rows),
        "seat_supply": filled(
            "seat_supply",
            [supply_row(t, s, y, v) for (t, s), v in seats.items() for y in (2025, *YEARS)],
        ),
    }
    return Tables(frames | more)


def read(tables, horizon=2, reserve=0.0):
    return read_futures(tables, base_year=2025, horizon_years=horizon, reserve_rate=reserve)


def test_zones_have_demand_and_seats():
    rows = [("A", "primary", [100, 110]), ("B", "primary", [50, 60])]
    found = read(tables_of(rows, {("A", "primary"): 90.0, ("C", "junior"): 40.0}), reserve=0.1)

    assert found.zones == (("A", "primary"),)
    assert found.unknown == (("B", "primary"),)
    assert found.years == YEARS
    assert found.seats.tolist() == [[90, 90]]
    # required seats are pupils and a tenth more; low and high are 0.92 and 1.08 of the line
    assert found.lines["central"].tolist() == [pytest.approx([110, 121])]
    assert found.lines["low"].tolist() == [pytest.approx([110 * 0.92, 121 * 0.92])]
    # without paths the three lines are the futures, and nothing can be kept back
    assert not found.simulated
    assert found.planning.shape == (1, 2, 3)
    assert found.planning is found.held_out
    assert np.isnan(found.entrants).all()


def test_nothing_to_compare_is_nothing():
    rows = [("A", "primary", [100, 110])]
    assert read(tables_of(rows, {("Z", "primary"): 90.0})) is None
    assert read(Tables({"seat_demand": demand(*rows)})) is None
    given = tables_of(rows, {("A", "primary"): 90.0})
    assert read(Tables({"seat_supply": given["seat_supply"]})) is None


def test_the_horizon_cuts_and_a_short_forecast_is_used_as_far_as_it_goes():
    tables = tables_of([("A", "primary", [100, 110])], {("A", "primary"): 90.0})

    assert read(tables, horizon=1).years == (2026,)
    assert read(tables, horizon=9).years == YEARS


def test_paths_by_zone_year_and_path():
    # two paths of six grades: the first grade is the entrants'
    rows = [
        ("A", "primary", g, y, [10 * g, 20 * g]) for g in range(1, 7) for y in (2025, *YEARS, 2028)
    ]
    rows += [("Z", "primary", 1, 2026, [5, 5])]
    tables = tables_of(
        [("A", "primary", [100, 110])], {("A", "primary"): 90.0}, demand_paths=paths(*rows)
    )
    found = read(tables, reserve=0.5)

    assert found.simulated
    # 10 x 21 = 210 or 20 x 21 = 420, and half more; one path is planned for, the other kept back
    both = sorted([found.planning[0, 0, 0], found.held_out[0, 0, 0]])
    assert both == [315, 630]
    assert found.planning.shape == found.held_out.shape == (1, 2, 1)
    # entrants are pupils, without the reserve, on the path that is kept back
    assert found.entrants[0, 0, 0] == found.held_out[0, 0, 0] / 1.5 / 21
    # a zone without a path leaves none simulated
    two = tables_of(
        [("A", "primary", [100, 110]), ("B", "primary", [50, 60])],
        {("A", "primary"): 90.0, ("B", "primary"): 90.0},
        demand_paths=paths(*rows),
    )
    assert not read(two).simulated


def test_a_year_or_a_path_without_pupils_is_unknown_and_leaves_none_simulated():
    every = [("A", "primary", g, y, [10 * g, 20 * g]) for g in range(1, 7) for y in YEARS]
    given = [("A", "primary", [100, 110])], {("A", "primary"): 90.0}
    assert read(tables_of(*given, demand_paths=paths(*every))).simulated

    # without 2027 the path would say 0 pupils there: the three lines of the forecast are used
    no_year = paths(*(row for row in every if row[3] != YEARS[1]))
    whole = paths(*every)
    no_path = whole[~((whole["school_year"] == YEARS[1]) & (whole["path"] == 1))]
    for rows in (no_year, no_path):
        found = read(tables_of(*given, demand_paths=rows))
        assert not found.simulated
        # 100 and 110 pupils are the central line
        assert found.lines["central"].tolist() == [[100, 110]]


def test_split_takes_one_path_of_each_stratum_and_keeps_others_back():
    cube = np.arange(20.0).reshape(1, 1, 20)
    chosen, kept = split(cube, planning=4, held_out=10)

    # totals 0 to 19 in four strata of five
    assert [int(c) // 5 for c in chosen] == [0, 1, 2, 3]
    assert len(kept) == 10
    assert not set(chosen) & set(kept)
    assert list(kept) == sorted(kept)
    again = split(cube, planning=4, held_out=10)
    assert again[0].tolist() == chosen.tolist() and again[1].tolist() == kept.tolist()
    # with few paths half go to each
    few, rest = split(cube[..., :6])
    assert (len(few), len(rest)) == (3, 3)
    one, same = split(cube[..., :1])
    assert one.tolist() == same.tolist() == [0]
    many = split(np.random.default_rng(1).random((1, 1, 400)))
    assert (len(many[0]), len(many[1])) == (40, 240)
