"""Public school files that nobody here invented, turned into areas and taken to the gap."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pandas as pd
import pytest

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes"
REFERENCE = os.environ.get("XUEWEI_REFERENCE_DATA", "")

pytestmark = [
    pytest.mark.reference,
    pytest.mark.slow,
    pytest.mark.xdist_group("areas-recipes"),
    pytest.mark.skipif(not REFERENCE, reason="XUEWEI_REFERENCE_DATA names no reference data"),
]


def recipe(name: str):
    spec = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def converted(name: str, choice: str, folder: Path) -> Path:
    module = recipe(name)
    module.write(module.convert(Path(REFERENCE), choice), folder)
    return folder


@pytest.fixture(scope="module")
def miaoli(done, tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipes") / "miaoli"
    return done("miaoli", converted("taiwan_county", "苗栗縣", folder))


@pytest.fixture(scope="module")
def cass(done, tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipes") / "cass"
    return done("cass", converted("us_districts", "09", folder))


def test_the_county_of_the_source_is_the_county_of_the_forecast(miaoli):
    source = pd.read_csv(Path(REFERENCE) / "dev" / "tw_school_grade.csv")
    lookup = pd.read_csv(Path(REFERENCE) / "dev" / "tw_school_lookup.csv")
    own = lookup.loc[lookup["county"] == "苗栗縣", "area_id"]
    pupils = source[source["area_id"].isin(own) & (source["year"] == 2025)]["enrolment"].sum()

    assert miaoli.tables["intake_findings"].query("severity == 'blocks'").empty
    assert miaoli.value(
        "seat_demand",
        "pupils",
        level="county",
        stage="primary",
        scenario="central",
        school_year=2025,
    ) == pytest.approx(pupils)


@pytest.mark.parametrize("name", ["miaoli", "cass"])
def test_ten_years_ahead_with_towns_that_add_up(name, request):
    area = request.getfixturevalue(name)
    demand = area.rows("seat_demand", scenario="central")
    towns = demand[demand["level"] == "town"].groupby(["stage", "school_year"])["pupils"].sum()
    county = demand[demand["level"] == "county"].set_index(["stage", "school_year"])["pupils"]

    assert demand["school_year"].nunique() == 11
    assert (towns - county.loc[towns.index]).abs().max() < 1


def test_the_gap_of_a_county_with_classes(miaoli):
    gap = miaoli.rows("seat_gap", level="county", scenario="central", stage="primary")

    assert gap["school_year"].nunique() >= 10
    # cohorts shrink from 2026 on: what is there is more and more than what is needed
    surplus = gap.set_index("school_year")["surplus"].dropna()
    assert surplus.loc[2035] > surplus.loc[2025] > 0


def test_seats_required_where_nobody_knows_the_seats_there_are(cass):
    gap = cass.rows("seat_gap", level="county", scenario="central")

    assert set(gap["stage"]) == {"primary", "junior"}
    assert gap["seats_required"].notna().all()
    assert gap["seats_available"].isna().all()


@pytest.mark.parametrize("name", ["miaoli", "cass"])
def test_the_briefing_is_written(name, request):
    area = request.getfixturevalue(name)

    assert area.area.name_zh in area.page()
    assert (area.reports / "tables.xlsx").stat().st_size > 20_000
