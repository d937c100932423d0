"""Luoding, Wuchuan and Heshan: published populations through the whole chain."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("areas-counties")]


@pytest.fixture(scope="module")
def luoding(done):
    return done("luoding")


@pytest.fixture(scope="module")
def wuchuan(done):
    return done("wuchuan")


@pytest.fixture(scope="module")
def heshan(done):
    return done("heshan")


@pytest.mark.parametrize(
    ("stage", "basis", "year", "seats"),
    [
        # 936.931 thousand x 80 and x 40; the urban 343.6 thousand of 2023 likewise
        ("primary", "resident", 2020, 74_954.48),
        ("junior", "resident", 2020, 37_477.24),
        ("primary", "urban_resident", 2023, 27_488.0),
        ("junior", "urban_resident", 2023, 13_744.0),
    ],
)
def test_luoding_seats_by_norm(luoding, stage, basis, year, seats):
    found = luoding.value(
        "norm_demand", "seats", level="county", stage=stage, basis=basis, year=year
    )

    assert found == pytest.approx(seats)


def test_luoding_births_fell_by_29_per_cent(luoding):
    births = luoding.tables["births"].set_index("year")["births"]

    # 15 638 to 11 083: a fall of 4 555, 29.1 %
    assert births[2023] / births[2022] - 1 == pytest.approx(-0.2913, abs=5e-5)
    assert set(luoding.tables["births"]["basis"]) == {"registered"}


def test_luoding_projects_are_named_and_nothing_is_invented(luoding):
    projects = luoding.tables["projects"]

    assert len(projects) == 11
    assert set(projects["status"]) == {"named"}
    assert projects[["classes", "seats", "cost_cny", "floor_area_m2"]].isna().all(axis=None)
    assert (
        projects["kind"].value_counts()[["expansion", "new_build", "relocation"]] == [6, 4, 1]
    ).all()


def test_luoding_asks_for_one_pe_and_arts_teacher_a_hundred(luoding):
    rules = luoding.area.rule_set()

    assert rules.value("l3_threshold", "primary") == rules.value("l3_threshold", "junior") == 1.0
    assert rules.value("l1_threshold", "primary") == 4.2


def test_wuchuan_towns_add_up_to_the_census(wuchuan):
    population = wuchuan.tables["population"]
    towns = population[population["town_id"] != "440883"]

    assert len(towns) == 15
    assert towns["persons"].sum() == 907_354
    assert population.loc[population["town_id"] == "440883", "persons"].item() == 907_354


def test_wuchuan_seats_by_norm_of_towns_add_up_to_the_county(wuchuan):
    norms = wuchuan.rows("norm_demand", stage="primary")
    towns = norms[norms["level"] == "town"]

    # 907.354 x 80; the largest town is 梅菉街道: 145.498 x 80
    assert norms.loc[norms["level"] == "county", "seats"].item() == pytest.approx(72_588.32)
    assert towns["seats"].sum() == pytest.approx(72_588.32)
    assert towns["seats"].max() == pytest.approx(11_639.84)


def test_heshan_in_both_censuses(heshan):
    population = heshan.tables["population"]
    towns = population[population["town_id"] != "440784"].groupby("year")["persons"]

    assert towns.sum().to_dict() == {2010: 494_938, 2020: 530_684}
    assert towns.size().to_dict() == {2010: 10, 2020: 10}


def test_heshan_seats_move_to_the_county_seat(heshan):
    names = heshan.tables["towns"].set_index("town_id")["town_name"]
    norms = heshan.rows("norm_demand", stage="junior", level="town")
    seats = norms.assign(name=norms["area_id"].map(names)).set_index(["name", "year"])["seats"]

    # 沙坪街道 240.614 x 40 and 197.155 x 40; 宅梧镇 lost people: 26.340 x 40 against 33.300 x 40
    assert seats["沙坪街道", 2020] == pytest.approx(9_624.56)
    assert seats["沙坪街道", 2010] == pytest.approx(7_886.2)
    assert seats["宅梧镇", 2020] - seats["宅梧镇", 2010] == pytest.approx(-278.4)


@pytest.mark.parametrize("name", ["luoding", "wuchuan", "heshan"])
def test_clean_areas_raise_no_alarm(done, name):
    findings = done(name).tables["intake_findings"]

    assert findings.empty, findings.to_string()


@pytest.mark.parametrize("name", ["luoding", "wuchuan", "heshan"])
def test_the_briefing_says_what_is_missing(done, name):
    area = done(name)

    assert "enrolment" in area.summary()["missing"]
    assert "在校生" in area.page()
    assert area.area.name_zh in area.page()
