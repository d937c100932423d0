"""Pupils moved by catchment: the path with its bound equals brute force over moves and measures."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from analysis.indicators.catchment import movable, seats_free
from analysis.indicators.cheapest import cheapest, framed, solve, solve_moved
from analysis.indicators.cv_rule import MovedRule
from analysis.indicators.path import apply_path, path_actions, with_grades
from tests.indicators import plain
from tests.indicators.conftest import YEAR, County
from tests.indicators.test_path import RULES, judge, priced, problem

SHARE = 0.2
#: 2.3 rooms per hundred pupils, of which one indicator in seven may stand at 85 %.
FLOOR = 0.85 * 0.023


def rooms_county(pupils, rooms):
    """Return schools that differ in multimedia rooms alone; all else is there twice over."""
    county = County()
    for place, (count, there) in enumerate(zip(pupils, rooms, strict=True)):
        county.plain(f"A{place}", count, (2,) * 7, classes=20)
        county.facilities[-1]["multimedia_rooms"] = there
    return county


def moves_of(pupils):
    """Return every vector of pupils gained that keeps the total and each school's share."""
    most = [int(SHARE * n) for n in pupils]
    free = itertools.product(*(range(-m, m + 1) for m in most[:-1]))
    return [(*m, -sum(m)) for m in free if abs(sum(m)) <= most[-1]]


def fits(resource, pupils):
    """Plain second opinion on arrays of one indicator: floor and CV; the other six are met."""
    total, mean = pupils.sum(axis=-1), resource.sum(axis=-1) / pupils.sum(axis=-1)
    spread = (pupils * (resource / pupils - mean[..., None]) ** 2).sum(axis=-1) / total
    return (resource / pupils >= FLOOR - 1e-12).all(axis=-1) & (
        np.sqrt(spread) <= 0.5 * mean * (1 + 1e-9)
    )


def cheapest_rooms(pupils, rooms, room_price, pupil_price, most=14):
    grid = np.array(list(itertools.product(range(most), repeat=len(pupils))), dtype=float)
    grid = grid[np.argsort(grid.sum(axis=1), kind="stable")]
    prices = room_price * grid.sum(axis=1)
    best = np.inf
    for move in moves_of(pupils):
        there = np.asarray(pupils, dtype=float) + move
        paid = pupil_price * sum(m for m in move if m > 0)
        cheaper = np.searchsorted(prices, best - paid)  # the others cannot win
        good = fits(grid[:cheaper] + rooms, np.broadcast_to(there, (cheaper, len(pupils))))
        if good.any():
            best = prices[good.argmax()] + paid
    return best


@pytest.mark.parametrize("seed", range(14))
def test_rooms_and_moves_of_two_schools_equal_brute_force(seed):
    random = np.random.default_rng(seed)
    pupils = [float(v) for v in random.integers(130, 260, 2)]
    rooms = [float(random.integers(1, 5)), float(random.integers(6, 40))]
    prices = [float(random.choice([10, 20, 40])), float(random.choice([1, 2, 5]))]
    rules = priced(cost_multimedia_room=prices[0], cost_catchment_pupil=prices[1])
    wanted = problem(rooms_county(pupils, rooms), rules)

    found = solve_moved(wanted, SHARE, solve(wanted, gap=0.0), gap=0.0)

    best = cheapest_rooms(pupils, rooms, *prices)
    assert found.cost == pytest.approx(best)
    assert found.bound == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("seed", range(8))
def test_rooms_and_moves_of_three_schools_equal_brute_force(seed):
    random = np.random.default_rng(100 + seed)
    pupils = [float(v) for v in random.integers(126, 140, 3)]
    rooms = [float(random.integers(1, 4)), *(float(v) for v in random.integers(2, 16, 2))]
    prices = [float(random.choice([10, 20, 40])), float(random.choice([1, 2]))]
    rules = priced(cost_multimedia_room=prices[0], cost_catchment_pupil=prices[1])
    wanted = problem(rooms_county(pupils, rooms), rules)

    found = solve_moved(wanted, SHARE, solve(wanted, gap=0.0), gap=0.0)

    best = cheapest_rooms(pupils, rooms, *prices, most=8)
    assert found.cost == pytest.approx(best)
    assert found.bound == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_rotation_posts_and_moves_equal_brute_force(seed):
    # backbone teachers of two schools: a post 7, a move to the other school 3, a pupil 1; nobody
    # to train. One per hundred pupils, one indicator in seven may stand at 85 %.
    random = np.random.default_rng(200 + seed)
    pupils = [float(v) for v in random.integers(200, 400, 2)]
    counts = [float(v) for v in random.integers(0, 9, 2)]
    county = rooms_county(pupils, (40.0, 40.0))
    for row, backbone in zip(county.teachers, counts, strict=True):
        row |= {"backbone": backbone, "full_time": backbone}
    rules = priced(cost_teacher_post=7.0, cost_teacher_rotation=3.0, cost_catchment_pupil=1.0)
    wanted = problem(county, rules)
    best = np.inf
    for move in moves_of(pupils):
        there = [n + m for n, m in zip(pupils, move, strict=True)]
        for rotated in range(-int(counts[1]), int(counts[0]) + 1):
            for posts in itertools.product(range(6), repeat=2):
                after = [counts[0] - rotated + posts[0], counts[1] + rotated + posts[1]]
                enough = all(100 * a / n >= 0.85 - 1e-9 for a, n in zip(after, there, strict=True))
                if enough and plain.cv(after, there) <= 0.5 + 1e-9:
                    price = 7 * sum(posts) + 3 * abs(rotated) + max(move)
                    best = min(best, price)

    found = solve_moved(wanted, SHARE, solve(wanted, gap=0.0), gap=0.0)

    assert found.cost == pytest.approx(best)
    assert found.bound == pytest.approx(best, rel=1e-5)


def test_a_path_without_moves_is_proven_against_those_with_moves():
    # a pupil moved costs more than a hundred rooms: nothing moves, and the bound says so
    rules = priced(cost_multimedia_room=1.0, cost_catchment_pupil=1000.0)
    wanted = problem(rooms_county((300.0, 300.0), (4.0, 20.0)), rules)

    found = cheapest(wanted, SHARE)

    assert found.moves == []
    assert found.cost == solve(wanted, gap=0.0).cost
    assert found.gap <= RULES.value("path_gap_max")


def test_nobody_joins_a_class_that_is_full_or_a_school_at_its_cap():
    # classes 20 x 45 = 900 seats; 895 pupils leave 5, of a norm of 2000 pupils 1997 leave 3
    county = County().plain("A", 895, classes=20).plain("B", 1997, classes=60)
    county.plain("C", 300, classes=None)

    assert seats_free(problem(county)).tolist() == [5, 3, 0]

    frame = framed(problem(county), 0.1)
    joining = {row: frame.model.uppers[k] for row, k in frame.catchment.joining.items()}
    leaving = {row: frame.model.uppers[k] for row, k in frame.catchment.leaving.items()}
    assert joining == {0: 5.0, 1: 3.0}  # nothing is known of C's classes
    assert leaving == {0: 89.0, 1: 199.0, 2: 30.0}  # a tenth, rounded down


def test_who_may_not_move():
    county = County().plain("A", 400, classes=20).plain("T", 400, kind="teaching_point", classes=20)
    county.plain("U", 400, classes=20)
    county.facilities[-1]["equipment_cny"] = None
    county.school("N", "nine_year", pupils={1: 300, 7: 300}, classes=20)
    county.staff("N", "primary", 30, 30, 30).staff("N", "junior", 30, 30, 30)
    county.rooms("N", 9000.0, 9000.0, 9e6, 30)
    county.plain("S", 109, classes=20).plain("B", 400, classes=20)
    county.plain("O", 400, classes=20, town="T2")
    wanted = problem(county)

    able = dict(zip(wanted.rows["school_id"] + wanted.rows["stage"], movable(wanted), strict=True))
    assert {k for k, v in able.items() if not v} == {"Tprimary", "Uprimary", "Njunior", "Nprimary"}
    # S could fall below the 100 of the relief for small schools; O stands alone in its town
    (group,) = framed(wanted, 0.1).catchment.groups
    assert wanted.rows["school_id"][group].tolist() == ["A", "B"]
    assert framed(wanted).catchment.groups == []


def test_pupils_move_between_schools_that_teach_the_same_grades():
    county = County().school("A", pupils={1: 100, 2: 100}, classes=20)
    county.school("B", pupils={1: 100, 2: 100, 3: 100}, classes=20)
    county.school("N", "nine_year", pupils={1: 100, 2: 0, 7: 100}, classes=20)
    rows = pd.DataFrame(
        {"school_id": ["A", "B", "N", "N"], "stage": ["primary", "primary", "primary", "junior"]}
    )

    assert with_grades(rows, county.tables(), YEAR)["grades"].tolist() == [
        "1 2",
        "1 2 3",
        "1",
        "7",
    ]


def test_moved_pupils_come_from_every_grade():
    # 7 of 30 + 30 + 40: 2.1, 2.1 and 2.8, so 2, 2 and 3
    county = County().school("A", pupils={1: 30, 2: 30, 3: 40})
    county.school("B", pupils={1: 50, 2: 50, 3: 50})
    moves = pd.DataFrame(
        {
            "measure": ["catchment"],
            "stage": ["primary"],
            "from_school_id": ["A"],
            "school_id": ["B"],
            "indicator": [None],
            "quantity": [7.0],
        }
    )

    after = apply_path(county.tables(), moves, YEAR)["enrolment"]

    assert after["pupils"].tolist() == [28, 28, 37, 52, 52, 53]


def test_the_moves_are_listed_and_the_verdict_turns():
    # 500 pupils with 84 % of two areas, the neighbour has twice of all; areas are dear, so pupils
    # move until one area stands at 85 % and the other in full: n (1) <= 420 needs 80 of 500
    county = County().plain("A", 500, (1.3, 1.3, 1.3, 0.84, 0.84, 1.3, 1.3), classes=30)
    county.plain("B", 500, (2,) * 7, classes=30)
    rules = priced(cost_teaching_area_m2=1e6, cost_sports_area_m2=1e6, cost_catchment_pupil=1.0)
    wanted = problem(county, rules)

    path = cheapest(wanted, 0.2)
    actions = path_actions(wanted, path, YEAR + 1)
    changed = apply_path(county.tables(), actions, YEAR)

    assert path.moves == [(0, 1, 80.0)]
    assert path.cost == pytest.approx(80.0)
    assert path.gap <= RULES.value("path_gap_max")
    assert actions["measure"].tolist() == ["catchment"]
    assert judge(changed, rules)["primary"] == "met"
    assert changed["enrolment"]["pupils"].tolist() == [420, 580]


def test_a_school_left_with_the_relief_limit_exactly_has_no_relief_and_may_be_left():
    # the relief is for fewer than 100: a tenth of 111, rounded down, leaves 100; of 110 leaves 99
    county = County().plain("S", 111, classes=20).plain("R", 110, classes=20)
    county.plain("B", 400, classes=20)
    wanted = problem(county)

    (group,) = framed(wanted, 0.1).catchment.groups

    assert wanted.rows["school_id"][group].tolist() == ["B", "S"]


def test_the_last_seat_can_be_taken():
    # 20 classes of 45 are 900 seats: one is free at 899, none at 900
    county = County().plain("A", 899, classes=20).plain("F", 900, classes=20)
    county.plain("B", 400, classes=20)

    frame = framed(problem(county), 0.1)
    names = frame.problem.rows["school_id"]

    joining = {names[row]: frame.model.uppers[k] for row, k in frame.catchment.joining.items()}
    assert joining == {"A": 1.0, "B": 40.0}  # a tenth of B


def test_the_relaxed_rule_adds_no_cost_of_its_own():
    # its squares and pieces only measure; a price on them would be paid by the lower bound
    frame = framed(problem(rooms_county((300.0, 300.0), (4.0, 20.0))), SHARE)
    (group,) = (g for g in frame.groups if g.code == "L7")
    before = len(frame.model.costs)

    MovedRule(group, [1.0, 1.5, 2.0]).add(frame.model)

    # two squares, two pieces of the total, one switch between them
    assert frame.model.costs[before:] == [0.0] * 5
