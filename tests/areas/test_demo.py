"""The demonstration county from end to end: its verdicts, its gap, its plan, its watermark."""

from __future__ import annotations

import pytest

from analysis.figures import code_words

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("areas-demo")]

INDICATORS = {f"L{number}" for number in range(1, 8)}


@pytest.fixture(scope="module")
def demo(done):
    return done("demo")


@pytest.fixture(scope="module")
def town(demo):
    return demo.tables["towns"].set_index("town_name")["town_id"]


def test_every_indicator_is_met_by_some_schools_and_missed_by_others(demo):
    values = demo.rows("indicator_values", school_year=2025)
    for indicator in INDICATORS:
        verdicts = set(values.loc[values["indicator"] == indicator, "verdict"])
        assert {"met", "not_met"} <= verdicts, indicator


def test_schools_pass_fail_and_stay_open(demo):
    schools = demo.rows("school_compliance", school_year=2025)
    in_scope = schools[schools["in_scope"]]

    assert {"met", "not_met", "undetermined"} <= set(in_scope["verdict"])
    assert (~schools["in_scope"]).sum() >= 5
    assert schools.loc[~schools["in_scope"], "scope_reason"].str.len().gt(0).all()


def test_the_county_fails_as_most_counties_do(demo):
    overall = demo.rows("county_verdict", dimension="overall", stage="all")
    variation = demo.rows("variation", school_year=2025, population="all")

    assert overall["verdict"].item() == "not_met"
    assert {"met", "not_met"} <= set(variation["verdict"])


def test_shortage_in_the_county_seat_and_surplus_in_the_villages(demo, town):
    gap = demo.rows("seat_gap", scenario="central", stage="junior", level="town")
    peak = gap[gap["school_year"] == 2029].set_index("area_id")

    assert peak.loc[town["城关街道"], "shortage"] > 200
    assert peak.loc[town["城关街道"], "surplus"] == 0
    for name in ("云岭镇", "高峰乡", "竹山乡"):
        assert peak.loc[town[name], "surplus"] > 100, name
        assert peak.loc[town[name], "shortage"] == 0, name


def test_the_county_nets_nothing(demo):
    gap = demo.rows("seat_gap", scenario="central")
    keys = ["stage", "school_year"]
    county = gap[gap["level"] == "county"].set_index(keys)[["shortage", "surplus"]]
    towns = gap[gap["level"] == "town"].groupby(keys)[["shortage", "surplus"]].sum()

    assert (county - towns.loc[county.index]).abs().max(axis=None) < 1e-6
    assert ((county["shortage"] > 0) & (county["surplus"] > 0)).any()


def test_primary_peaked_and_junior_will(demo):
    peaks = demo.rows("demand_peaks", level="county", scenario="central").set_index("stage")

    assert peaks.loc["primary", "peak_year"] == 2023
    assert peaks.loc["junior", "peak_year"] in (2028, 2029, 2030)


def test_a_plan_with_reasons(demo):
    projects = demo.tables["plan_projects"]
    left = demo.tables["plan_residuals"]

    assert len(projects) >= 2
    assert projects["why_zh"].str.len().gt(0).all()
    assert (projects["cost_low_cny"].fillna(0) <= projects["cost_high_cny"].fillna(0)).all()
    assert left.empty or left["reason_zh"].str.len().gt(0).all()


def test_synthetic_stands_everywhere(demo):
    page = demo.page()

    assert "合成数据 SYNTHETIC" in page
    assert demo.summary()["run"]["synthetic"] is True


def test_every_limit_of_a_measure_has_a_word(done):
    limits = set(done("demo").tables["plan_candidates"]["limit"].dropna()) - {""}

    assert {"share", "school_size", "land", "travel"} <= limits
    for limit in limits:
        assert code_words("limit", limit, "zh") != limit
        assert code_words("limit", limit, "en") != limit
