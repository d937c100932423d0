"""Measures one by one: seats, money, limits and starts worked out by hand, without a solver."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import standards
from analysis.planning import adaptations, listed, measures
from analysis.planning.futures import Futures
from analysis.planning.instance import FOREVER
from analysis.planning.measures import Setting, floor_per_seat
from analysis.planning.parameters import Parameters
from analysis.planning.places import Site, can_host, nearest_km, read_sites, road_km, town_names
from analysis.tables import Tables, contract

BASE = 2025
YEARS = tuple(range(2026, 2036))
ZONES = (("A", "junior"), ("A", "primary"), ("B", "primary"))
SEATS = (1000.0, 2700.0, 900.0)
#: Kilometres by road for one degree of longitude on the equator: pi x 6371.0088 / 180 x 1.4.
ROAD_KM_A_DEGREE = 155.6726


def site(school_id, town="A", stage="primary", **more):
    given = {
        "name": f"学校{school_id}",
        "kind": stage,
        "owner": "public",
        "pupils": 500.0,
        "seats": 900.0,
        "rooms": 20.0,
        "unsafe_rooms": 0.0,
        "room_for": 600.0,
        "limit": "school_size",
        "meets_norms": True,
        "lon": 0.0,
        "lat": 0.0,
        "main_school_id": "",
    }
    return Site(school_id=school_id, town_id=town, stage=stage, **(given | more))


def setting_of(*sites, seats=SEATS, rules="national_2017", own=(), tables=None):
    grid = np.repeat(np.array(seats)[:, None], len(YEARS), axis=1)
    none = np.zeros((len(ZONES), len(YEARS), 1))
    futures = Futures(
        "town", ZONES, YEARS, grid, grid * 0, {}, none, none, none, simulated=False, unknown=()
    )
    norms = [{"name": n, "value": v, "source": "value of a test", "grade": "local"} for n, v in own]
    parameters = Parameters(standards.load(rules, norms), tables or Tables({}), BASE)
    return Setting(futures, parameters, tuple(sites), {"A": "甲镇", "B": "乙镇"}, 5)


def by_id(options):
    return {option.option_id: option for option in options}


# ---- parameters


def test_prices_are_brought_to_the_base_year_each_with_its_own_rate():
    parameters = setting_of().parameters

    # 4 927 of 2021 at 2 %; low at 0 %, high at 4 %; four years
    assert parameters.money("new_build_cost_per_m2") == pytest.approx(4927 * 1.02**4)
    assert parameters.money("new_build_cost_per_m2", part="low") == pytest.approx(3128.5)
    assert parameters.money("new_build_cost_per_m2", part="high") == pytest.approx(5833 * 1.04**4)
    # a weight without a price year does not rise
    assert parameters.money("shortage_cost_per_seat_year") == 10_000
    assert parameters.price_index(2) == pytest.approx([1.02, 1.0404])
    assert parameters.price_index(2, "low") == [1.0, 1.0]
    assert parameters.price_index(2, "high") == pytest.approx([1.04, 1.0816])


def test_an_own_value_beats_the_norm_and_has_no_price_year():
    rows = [
        {"assumption": "new_build_cost_per_m2", "scenario": "central", "value": 4000.0},
        {"assumption": "price_index_rate", "scenario": "high", "value": 0.1},
    ]
    given = Tables({"assumptions": contract("assumptions").frame(rows)})
    parameters = setting_of(tables=given).parameters

    assert parameters.money("new_build_cost_per_m2") == 4000
    # no own low: the own middle stands, still not indexed
    assert parameters.money("new_build_cost_per_m2", part="low") == 4000
    assert parameters.price_index(1, "high") == [1.1]
    register = parameters.register().set_index("name")
    assert register.loc["new_build_cost_per_m2", ["value", "status", "grade"]].tolist() == [
        4000,
        "own",
        "local",
    ]
    assert register.loc["discount_rate", ["value", "low", "high", "status"]].tolist() == [
        0.04,
        0.02,
        0.06,
        "default",
    ]
    assert register.loc["responsible_land", "unit"] == "自然资源局"
    assert np.isnan(register.loc["responsible_land", "value"])


def test_words_are_no_numbers_and_unknown_names_are_missing():
    parameters = setting_of().parameters

    assert np.isnan(parameters.value("responsible_land"))
    assert parameters.text("responsible_land") == "自然资源局"
    assert np.isnan(parameters.value("no_such_norm"))
    assert parameters.text("no_such_norm") == ""


def test_templates_by_classes_and_the_models_of_baoding():
    primary = setting_of().parameters.templates("primary")

    assert list(primary) == [12, 18, 24, 30]
    assert primary[24]["seats"] == 1080
    models = setting_of(own=[("template_family", "model")]).parameters
    assert models.templates("primary") == {
        24: {"seats": 1000.0, "floor_m2": 8000.0, "site_mu": 30.0}
    }
    assert list(models.templates("junior")) == [36]
    assert models.templates("nine_year") == {}


# ---- temporary rooms and leases


def test_temporary_rooms_by_hand():
    offers = by_id(adaptations.temporary_rooms(setting_of(site("P1"))))
    rooms = offers["T-A-primary"]

    # three rooms of 45; 15 % of 2 700 is 405, three units of 135; 160 000 a room of 2021
    assert rooms.effects == {1: 135.0}
    assert rooms.most == 3
    assert rooms.capital_cny == pytest.approx(3 * 160_000 * 1.02**4)
    assert rooms.details["cost_low"] == pytest.approx(3 * 100_000)
    assert rooms.details["cost_high"] == pytest.approx(3 * 250_000 * 1.04**4)
    assert (rooms.lead_years, rooms.life_years) == (1, 5)
    assert rooms.running_cny == 135 * 2500
    assert rooms.starts == (0, 1, 2, 3, 4)
    assert (rooms.details["school_id"], rooms.details["classes"]) == ("P1", 3)
    # 15 % of 900 is 135, one unit; of 1 000 it is 150, one unit of 150
    assert (offers["T-B-primary"].most, offers["T-A-junior"].most) == (1, 1)
    assert offers["T-A-junior"].effects == {0: 150.0}
    assert offers["T-B-primary"].details["school_id"] is None


def test_a_small_town_may_put_up_one_unit_but_lease_none():
    offers = by_id(adaptations.temporary_rooms(setting_of(seats=(100.0, 2700.0, 100.0))))

    # 15 % of 100 is less than a unit: one is allowed all the same; a lease needs 2 700 seats
    assert offers["T-A-junior"].most == 1
    assert [name for name in offers if name.startswith("L")] == ["L-A-primary"]
    lease = offers["L-A-primary"]
    # six rooms of 45; 10 % of 2 700 is one unit; 3 000 a seat and year of 2021
    assert (lease.effects, lease.most) == ({1: 270.0}, 1)
    assert lease.running_cny == pytest.approx(270 * 3000 * 1.02**4)
    assert (lease.capital_cny, lease.lead_years, lease.life_years) == (0, 1, 3)


# ---- conversions and shared campuses


def test_conversions_take_from_the_other_stage():
    both = (site("P1"), site("J1", stage="junior", lon=1.0))
    offers = by_id(adaptations.conversions(setting_of(*both)))

    # a town with schools a degree apart shares no campus; B has no junior school
    assert list(offers) == ["C-A-junior", "C-A-primary"]
    more = offers["C-A-primary"]
    # three rooms: 135 primary seats for 150 junior ones; 30 % of 1 000 junior seats: two units
    assert (more.effects, more.most) == ({1: 135.0, 0: -150.0}, 2)
    assert more.capital_cny == pytest.approx(3 * 95_400 * 1.02**13)
    assert (more.lead_years, more.life_years) == (1, 50)
    # half of the 150 pupils of the giving stage move
    assert more.churn_cny == 75_000
    assert more.details["school_id"] == "J1"
    back = offers["C-A-junior"]
    # 30 % of 2 700 primary seats: six units of 135
    assert (back.effects, back.most) == ({0: 150.0, 1: -135.0}, 6)


@pytest.mark.parametrize(
    ("junior", "shared"),
    [
        # 0.5 km is 0.0044966 degrees, in a straight line without detour
        ({"lon": 0.0044}, True),
        ({"lon": 0.0046}, False),
        ({"lon": 1.0, "main_school_id": "P1"}, True),
        ({"lon": float("nan")}, False),
    ],
)
def test_a_campus_is_shared_within_a_short_walk_or_one_school(junior, shared):
    sites = (site("P1"), site("J1", stage="junior", **junior))
    offers = by_id(adaptations.conversions(setting_of(*sites)))

    assert ("H-A-primary" in offers) == shared
    if shared:
        campus = offers["H-A-primary"]
        # at once, for three years, 20 000 a room
        assert (campus.lead_years, campus.life_years) == (0, 3)
        assert campus.capital_cny == pytest.approx(3 * 20_000 * 1.02**4)


def test_a_school_of_both_stages_shares_with_itself():
    sites = (site("N1", lon=float("nan")), site("N1", stage="junior", lon=float("nan")))

    assert "H-A-junior" in by_id(adaptations.conversions(setting_of(*sites)))


# ---- boundaries


def test_boundaries_move_seats_both_ways_within_the_limit():
    # 0.02 degrees: 3.113 km by road, below 5
    offers, beyond = adaptations.catchments(setting_of(site("P1"), site("P2", "B", lon=0.02)))
    offers = by_id(offers)

    assert set(offers) == {"B-A-B-primary", "B-B-A-primary"}
    assert beyond == {}
    taken = offers["B-A-B-primary"]
    # A's pupils go to B: a class of 45 for A, 10 % of B's 900 seats is two classes
    assert (taken.effects, taken.most) == ({1: 45.0, 2: -45.0}, 2)
    assert offers["B-B-A-primary"].most == 6
    km = 0.02 * ROAD_KM_A_DEGREE
    assert taken.travel_cny == pytest.approx(45 * km * 200, rel=1e-4)
    assert taken.churn_cny == 45_000
    assert (taken.capital_cny, taken.lead_years) == (0, 0)
    assert taken.details["distance_km"] == pytest.approx(km, rel=1e-4)
    assert taken.life_years == FOREVER


def test_the_distance_of_the_nearest_neighbour_is_kept_where_none_is_in_reach():
    # 0.04 degrees: 6.23 km, beyond 5
    offers, beyond = adaptations.catchments(setting_of(site("P1"), site("P2", "B", lon=0.04)))

    assert offers == []
    assert beyond == pytest.approx({1: 6.2269, 2: 6.2269}, rel=1e-4)


# ---- smaller classes and mergers


def test_smaller_classes_by_hand():
    offers = by_id(adaptations.smaller_classes(setting_of()))
    primary = offers["S-A-primary"]

    # 45 to 40 frees five seats a class, so nine classes for one class's seats; 60 classes are
    # there, 30 % are 18, two units
    assert (primary.effects, primary.most) == ({1: -45.0}, 2)
    assert primary.details["classes"] == 9
    # 720 of 2023 at 2 % less a value of 200
    assert primary.running_cny == pytest.approx(45 * (720 * 1.02**2 - 200))
    junior = offers["S-A-junior"]
    # 50 to 40: five classes a unit; 20 classes, 30 % are six, one unit
    assert (junior.most, junior.details["classes"]) == (1, 5)
    # B: 20 classes, six, less than nine: no unit
    assert "S-B-primary" not in offers
    same = setting_of(own=[("smaller_class_size", 45.0)])
    assert "S-A-primary" not in by_id(adaptations.smaller_classes(same))


def test_only_mergers_that_every_rule_allows():
    row = {
        "stage": "primary",
        "town_id": "A",
        "school_name": "小校",
        "receiving_name": "大校",
        "children_affected": 40.0,
        "mean_trip_km": 2.0,
        "rules_against": 0,
        "rules_undetermined": 0,
        "boarding_needed": 0.0,
    }
    rows = [
        row | {"school_id": "P1", "verdict": "met"},
        row | {"school_id": "P2", "verdict": "undetermined"},
        row | {"school_id": "P3", "verdict": "not_met"},
        row | {"school_id": "P9", "verdict": "met"},
    ]
    frame = contract("merger_proposals").frame(rows)
    setting = setting_of(site("P1", seats=90.0), site("P2"), site("P3"))
    offers = by_id(adaptations.mergers(setting, Tables({"merger_proposals": frame})))

    assert list(offers) == ["M-P1-primary"]
    merger = offers["M-P1-primary"]
    assert merger.effects == {1: -90.0}
    # funded as 100 pupils, 40 are there: 60 x 720 of 2023; 40 x 2 km x 200; 40 x 1 000
    assert merger.running_cny == pytest.approx(-60 * 720 * 1.02**2)
    assert (merger.travel_cny, merger.churn_cny, merger.lead_years) == (16_000, 40_000, 1)


# ---- buildings


def test_expansions_keep_to_ceilings_and_hosts():
    sites = (
        site("P1", room_for=600.0),
        site("P2", room_for=269.0),
        site("P3", pupils=99.0),
        site("P4", owner="private"),
        site("P5", kind="teaching_point"),
        site("P6", room_for=5000.0),
        site("J1", stage="junior", room_for=300.0),
        site("Z1", town="Z"),
    )
    offers = by_id(measures.expansions(setting_of(*sites)))

    assert list(offers) == ["X-P1-primary", "X-P6-primary", "X-J1-junior"]
    primary = offers["X-P1-primary"]
    # a class a grade: 6 x 45 = 270; 600 // 270 = 2; at most two units anywhere
    assert (primary.effects, primary.most, offers["X-P6-primary"].most) == ({1: 270.0}, 2, 2)
    floor = 270 * 4.5 / 0.544
    assert primary.details["floor_area_m2"] == pytest.approx(floor)
    assert primary.capital_cny == pytest.approx(floor * 5833 * 1.02**4)
    assert primary.details["cost_low"] == pytest.approx(floor * 4927)
    # as built: 12 m2 a seat at the high price and the high index
    assert primary.details["cost_high"] == pytest.approx(270 * 12 * 7000 * 1.04**4)
    # two years of work must open by 2035: starts 2026 to 2030
    assert (primary.starts, primary.lead_years, primary.life_years) == ((0, 1, 2, 3, 4), 2, 50)
    assert primary.residual_share == 1
    junior = offers["X-J1-junior"]
    # 3 x 50 = 150; 300 // 150 = 2
    assert (junior.effects, junior.most) == ({0: 150.0}, 2)


def test_new_schools_by_template_where_the_county_lists_no_sites():
    setting = setting_of()
    offers = by_id(measures.new_schools(setting, frozenset({("B", "primary")})))

    # 4 primary, 4 junior and 4 nine-year templates in A; B is on the county's list and has no
    # junior zone
    assert len(offers) == 12
    assert all("-A-" in name for name in offers)
    school = offers["N-A-primary-24"]
    floor = 1080 * 4.5 / 0.544  # 8 934, above the template's 8 464
    assert school.capital_cny == pytest.approx(floor * 4927 * 1.02**4)
    assert school.details["cost_high"] == pytest.approx(1080 * 12 * 5833 * 1.04**4)
    assert school.details["site_area_m2"] == 1080 * 15
    # two years for land, three to build
    assert (school.starts, school.lead_years) == ((2, 3, 4), 3)
    assert school.group == "new-A-primary"
    # the staff of a school of at least 100 pupils
    assert school.running_cny == pytest.approx(100 * 720 * 1.02**2)
    nine = offers["N-A-nine_year-27"]
    # 27 classes: three a grade: 18 x 45 and 9 x 50
    assert nine.effects == {1: 810.0, 0: 450.0}
    assert nine.details["stage"] is None
    assert nine.details["site_area_m2"] == 810 * 15 + 450 * 20
    # 12 junior classes: template 6 802 m2 above the indicator's 600 x 5.8 / 0.544 = 6 397
    assert offers["N-A-junior-12"].details["floor_area_m2"] == 6802
    closed = setting_of(own=[("land_unknown_allowed", 0.0)])
    assert by_id(measures.new_schools(closed, frozenset())) == {}


def test_relocation_of_schools_with_mostly_unsafe_rooms():
    sites = (
        site("P1", pupils=560.0, seats=450.0, rooms=10.0, unsafe_rooms=10.0),
        site("P2", rooms=11.0, unsafe_rooms=10.0),
        site("P3", rooms=0.0, unsafe_rooms=10.0, owner="private"),
        site("P4", rooms=0.0, unsafe_rooms=10.0, kind="nine_year"),
        site("P5", rooms=10.0, unsafe_rooms=float("nan")),
        site("P6", pupils=2000.0, seats=900.0, rooms=0.0, unsafe_rooms=20.0),
        site("P7", pupils=810.0, seats=810.0, rooms=0.0, unsafe_rooms=20.0),
        site("P8", pupils=900.0, seats=900.0, rooms=0.0, unsafe_rooms=20.0),
    )
    offers = by_id(measures.relocations(setting_of(*sites)))

    # P1: 10 of 20 rooms are unsafe, half; P2: 10 of 21
    assert list(offers) == [f"R-P{n}-primary" for n in (1, 6, 7, 8)]
    moved = offers["R-P1-primary"]
    # 560 pupils fit 18 classes (810), not 12 (540); 450 seats go
    assert (moved.details["classes"], moved.effects) == (18, {1: 360.0})
    assert moved.churn_cny == 560_000
    assert (moved.starts, moved.lead_years) == ((2, 3, 4), 3)
    floor = 810 * 4.5 / 0.544  # 6 700; the template has 6 714
    assert floor < 6714
    assert moved.details["floor_area_m2"] == 6714
    assert moved.capital_cny == pytest.approx(6714 * 4927 * 1.02**4)
    # 810 pupils fit 18 classes exactly; 900 need 24, whose floor is the indicator's 8 934 m2
    assert offers["R-P7-primary"].details["classes"] == 18
    assert offers["R-P8-primary"].details["floor_area_m2"] == pytest.approx(1080 * 4.5 / 0.544)
    # too many pupils for any: the largest
    assert offers["R-P6-primary"].details["classes"] == 30


def test_starts_end_with_the_plan_or_the_forecast():
    setting = setting_of()

    assert setting.starts(3) == (0, 1, 2, 3, 4)
    assert setting.starts(7) == (0, 1, 2)
    assert setting.starts(3, first=4) == (4,)
    assert setting.starts(10) == ()
    assert (setting.lead("new_build"), setting.lead("nothing_known")) == (3, 0)
    assert (setting.zone("A", "primary"), setting.zone("B", "junior")) == (1, None)


# ---- the county's own list


def project(**more):
    base = {"project_name": "项目", "kind": "new_build", "status": "candidate"}
    base |= {"project_id": "P", "town_id": "A", "stage": "primary"}
    return base | more


def listed_by_id(*rows, finance=()):
    frames = {"projects": contract("projects").frame([project(**row) for row in rows])}
    if finance:
        frames["finance"] = contract("finance").frame(list(finance))
    tables = Tables(frames)
    return by_id(listed.candidates(setting_of(), tables)), tables


def test_listed_candidates_by_hand():
    funds = [{"year": 2026, "funding_source": "县", "amount_cny": 1.0}]
    found, tables = listed_by_id(
        {"project_id": "P1", "seats": 600, "cost_cny": 30e6, "funding_source": "县"},
        {"project_id": "P2", "classes": 12, "land_year": 2028, "start_year": 2027},
        {"project_id": "P3", "kind": "temporary", "seats": 90, "funding_source": "省"},
        {"project_id": "P4", "kind": "equipment", "seats": 90},
        {"project_id": "P5", "seats": 600, "status": "committed"},
        {"project_id": "P6"},
        {"project_id": "P7", "seats": 600, "land_year": 2031},
        {"project_id": "P8", "kind": "expansion", "seats": 90, "floor_area_m2": 1000.0},
        finance=funds,
    )

    assert list(found) == ["P1", "P2", "P3", "P8"]
    first = found["P1"]
    assert (first.effects, first.capital_cny, first.source) == ({1: 600.0}, 30e6, "县")
    # the list's cost with the relative range of the unit price: both ends indexed with their rate
    middle = 4927 * 1.02**4
    assert first.details["cost_low"] == pytest.approx(30e6 * 3128.5 / middle)
    assert first.details["cost_high"] == pytest.approx(30e6 * 5833 * 1.04**4 / middle)
    assert (first.starts, first.lead_years, first.life_years) == ((0, 1, 2, 3, 4), 3, 50)
    assert first.residual_share == 1
    # 12 classes of 45; land later than the wished start
    assert found["P2"].effects == {1: 540.0}
    assert found["P2"].starts == (2, 3, 4)
    assert found["P2"].capital_cny == pytest.approx(540 * 4.5 / 0.544 * middle)
    rooms = found["P3"]
    # 90 seats are two rooms of 45; the province is no declared source, so anybody may pay
    assert rooms.capital_cny == pytest.approx(2 * 160_000 * 1.02**4)
    assert (rooms.life_years, rooms.residual_share, rooms.source) == (5, 0, "")
    assert found["P8"].capital_cny == pytest.approx(1000 * 5833 * 1.02**4)
    # what cannot be judged: P6 has no size; P4 makes no seats, so it is no gap
    assert listed.unplaced(setting_of(), tables) == ["P6"]


def test_the_town_of_a_project_is_that_of_its_school():
    schools = contract("schools").frame(
        [{"school_id": "S", "school_name": "S", "town_id": "A", "kind": "primary"}]
    )
    rows = contract("projects").frame(
        [
            project(project_id="P1", town_id=None, school_id="S"),
            project(project_id="P2", town_id="B", school_id="S"),
            project(project_id="P3", town_id=None),
        ]
    )
    found = listed.with_place(Tables({"schools": schools, "projects": rows}))

    assert found["town_id"].fillna("").tolist() == ["A", "B", ""]
    assert listed.town_stage({"town_id": "A", "stage": None}) is None
    assert listed.town_stage({"town_id": "A", "stage": "junior"}) == ("A", "junior")


# ---- sites and distances


def ledger(**more):
    base = {
        "stage": "primary",
        "town_id": "A",
        "school_year": BASE,
        "pupils": 400.0,
        "class_size_max": 45,
        "usable_classrooms": 20.0,
        "unsafe_classrooms": 1.0,
        "seats_available": 900.0,
        "basis": "classrooms",
        "start_up": False,
        "empty_grades": 0,
    }
    return base | more


def test_sites_know_their_room_and_the_best_hosts_come_first():
    rows = [
        ledger(school_id="P1", seats_by_school_size=2000.0, seats_by_sports_area=1000.0),
        ledger(school_id="P2", seats_by_school_size=2000.0),
        ledger(school_id="P3", seats_by_site_area=500.0),
        ledger(school_id="P4"),
        ledger(school_id="P9", seats_by_school_size=2000.0),
    ]
    names = ("P1", "P2", "P3", "P4")
    schools = [
        {"school_id": s, "school_name": f"名{s}", "town_id": "A", "kind": "primary"} for s in names
    ]
    met = [
        {"school_id": s, "stage": "primary", "school_year": y, "verdict": v, "in_scope": "met"}
        for s, y, v in (("P3", 2025, "met"), ("P2", 2024, "met"), ("P2", 2025, "not_met"))
    ]
    frames = {
        "capacity_ledger": contract("capacity_ledger").frame(rows),
        "schools": contract("schools").frame(schools),
    }
    compliance = pd.DataFrame(met)
    sites = read_sites(Tables(frames | {"school_compliance": compliance}))

    # P3 meets the indicators in the latest year; then by room: P2 1 100, P1 100, P4 unknown
    assert [s.school_id for s in sites] == ["P3", "P2", "P1", "P4"]
    assert [s.room_for for s in sites] == [0, 1100, 100, 0]
    assert [s.limit for s in sites] == ["site_area", "school_size", "sports_area", "unknown"]
    assert (sites[0].name, sites[0].owner, sites[0].unsafe_rooms) == ("名P3", "", 1)


def test_hosts_have_a_hundred_pupils():
    parameters = setting_of().parameters

    assert can_host(site("P", pupils=100.0), parameters)
    assert not can_host(site("P", pupils=99.0), parameters)
    assert not can_host(site("P", pupils=float("nan")), parameters)


def test_roads_between_towns_are_those_of_their_nearest_schools():
    one = (np.array([0.0]), np.array([0.0]))
    # a degree on the equator and on a meridian: pi x 6371.0088 / 180 = 111.195 km
    assert road_km(one, (np.array([1.0]), np.array([0.0])), 1.0)[0, 0] == pytest.approx(111.19508)
    assert road_km(one, (np.array([0.0]), np.array([1.0])), 1.4)[0, 0] == pytest.approx(155.67311)
    # at 60 degrees north a degree of longitude is half as long
    north = (np.array([0.0]), np.array([60.0]))
    assert road_km(north, (np.array([1.0]), np.array([60.0])), 1.0)[0, 0] == pytest.approx(
        55.5962, rel=1e-4
    )
    sites = [
        site("P1"),
        site("P2", lon=0.5),
        site("P3", "B", lon=0.6),
        site("P4", "B", lon=float("nan")),
        site("J1", stage="junior"),
    ]
    found = nearest_km(sites, setting_of().futures, 1.0)

    assert found == pytest.approx({(1, 2): 11.119508}, rel=1e-6)


def test_names_of_towns_and_of_the_county():
    towns = contract("towns").frame([{"town_id": "A", "town_name": "甲"}])

    assert town_names(Tables({"towns": towns}), "45", "县") == {"45": "县", "A": "甲"}


@pytest.mark.parametrize(
    ("rules", "stage", "floor"),
    [
        # teaching space of indicator L4 over its share of the building
        ("national_2017", "primary", 4.5 / 0.544),
        ("national_2017", "junior", 5.8 / 0.544),
        # no such indicator: the largest template, 9 689 m2 for 1 350 and 13 542 m2 for 1 500 seats
        ("baoding_2010", "primary", 9689 / 1350),
        ("baoding_2010", "junior", 13542 / 1500),
    ],
)
def test_floor_of_a_seat_follows_the_indicator_or_failing_that_the_template(rules, stage, floor):
    parameters = Parameters(standards.load(rules), Tables({}), 2025)

    assert floor_per_seat(parameters, stage) == pytest.approx(floor)
