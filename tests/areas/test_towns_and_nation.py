"""Xinpu, Lingshou and the nation: a handful of totals, and thirty years of them."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("areas-totals")]


@pytest.fixture(scope="module")
def xinpu(done):
    return done("xinpu")


@pytest.fixture(scope="module")
def lingshou(done):
    return done("lingshou")


@pytest.fixture(scope="module")
def national(done):
    return done("national")


@pytest.mark.parametrize(
    ("stage", "seats", "ratio"),
    # 26 thousand x 80 = 2080 against 1206 pupils; x 40 = 1040 against 622
    [("primary", 2080, 1.7247), ("junior", 1040, 1.6720)],
)
def test_xinpu_norm_against_pupils(xinpu, stage, seats, ratio):
    row = xinpu.rows("norm_comparison", stage=stage)

    assert row["norm_seats"].item() == pytest.approx(seats)
    assert row["norm_ratio"].item() == pytest.approx(ratio, abs=5e-5)


@pytest.mark.parametrize(
    ("area", "stage", "size"),
    [
        # 1206 / 42, 622 / 12; 4719 / 152, 1441 / 28: the junior classes are over 50
        ("xinpu", "primary", 28.7143),
        ("xinpu", "junior", 51.8333),
        ("lingshou", "primary", 31.0461),
        ("lingshou", "junior", 51.4643),
    ],
)
def test_class_sizes_of_the_town_reports(done, area, stage, size):
    found = done(area).value("trend_pupils", "class_size", stage=stage)

    assert found == pytest.approx(size, abs=5e-5)


def test_both_errors_of_the_gap_list_are_reported_and_nothing_else(xinpu):
    findings = xinpu.tables["intake_findings"]

    # 12 + 2 + 5 + 6 = 25 of 26 boards; 120 + 78 + 2.6 + 10 + 0.8 + 28.5 = 239.9 of about 300
    # and, following from the first, 25 x 3 = 75 of 78 for the boards
    assert set(findings["found"]) == {"26", "780000", "3000000"}, findings.to_string()


def test_the_parts_of_the_gap_list_that_do_add_up(xinpu):
    items = xinpu.tables["gap_items"].set_index("item_id")
    by_parent = items.groupby("parent_item_id")["quantity"].sum()

    assert by_parent["1"] == items.loc["1", "quantity"] == 240
    assert by_parent["1.1"] == items.loc["1.1", "quantity"] == 110
    assert by_parent["1.2"] == items.loc["1.2", "quantity"] == 130
    assert by_parent["2"] == 25
    assert items.loc[items["parent_item_id"] == "0", "amount_cny"].sum() == 2_399_000


def test_lingshou_retention_is_kept(lingshou):
    facts = lingshou.tables["county_facts"].set_index("indicator")["value"]

    assert facts["junior_retention_rate"] == pytest.approx(0.998)


def test_lingshou_raises_no_alarm(lingshou):
    assert lingshou.tables["intake_findings"].empty


def test_the_nation_uses_births_that_agree_with_entrants(national):
    births = national.tables["births"].set_index("year")["births"]
    entrants = national.rows("totals", stage="primary").set_index("school_year")["entrants"]

    # born in 2012: 19.246 million by WPP 2024, 16.35 million as first published
    assert births[2012] == 19_246_000
    assert births[2024] == 9_540_000
    for year in range(2011, 2025):
        cohort = births[year - 7] / 3 + births[year - 6] * 2 / 3
        assert 0.85 < entrants[year] / cohort < 1.1, year


def test_the_nation_peaks_when_published(national):
    # primary 2023 and junior 2026: the years named by the published projections
    peaks = national.rows("demand_peaks", scenario="central").set_index("stage")["peak_year"]

    assert peaks["primary"] == 2023
    assert peaks["junior"] == 2026
    assert national.value(
        "seat_demand",
        "pupils",
        level="county",
        stage="primary",
        scenario="central",
        school_year=2024,
    ) == pytest.approx(105_843_700)


def test_the_register_clean_up_of_2011_to_2014_is_seen(national):
    breaks = national.rows("structural_breaks", stage="primary")

    assert {2012, 2013} <= set(breaks["school_year"])


def test_the_nation_raises_no_alarm(national):
    assert national.tables["intake_findings"].empty
