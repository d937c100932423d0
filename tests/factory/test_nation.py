"""A nation in partitions: the numbers of the whole, shortfalls by hand, refusals."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analysis import standards
from analysis.errors import DataError, ParameterError
from analysis.factory.nation import assess_nation
from analysis.indicators import national
from analysis.indicators.definitions import SEVEN

#: Resources a pupil at exactly the primary thresholds of 2017.
LEVEL = (0.042, 0.01, 0.009, 4.5, 7.5, 2000.0, 0.023)


def school(county, name, scale=1.0, year=2025, **changed):
    resources = {
        i.resource: level * scale * 100 for i, level in zip(SEVEN, LEVEL, strict=True)
    } | changed
    return {
        "county_id": county,
        "school_year": year,
        "stage": "primary",
        "school_id": name,
        "pupils": 100.0,
    } | resources


def write(folder, name, rows):
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / name)


@pytest.fixture
def nation(tmp_path):
    source = tmp_path / "nation"
    # 100 pupils at 4.5 m2 need 450 m2: 400 m2 is 50 m2 short; 460 m2 is enough
    north = [
        school("N1", "a", teaching_m2=400.0),
        school("N1", "b", teaching_m2=460.0),
        school("N2", "c", teaching_m2=None),
        school("N2", "d", 0.9),
    ]
    south = [school("S1", "e"), school("S1", "f", 3.0), school("S1", "e", year=2024)]
    write(source / "province=north", "part.parquet", north)
    write(source / "province=south", "part.parquet", south)
    return source, pl.DataFrame([*north, *south], infer_schema_length=None)


def test_partitions_give_the_numbers_of_the_whole(nation, tmp_path):
    source, rows = nation

    found = assess_nation(source, tmp_path / "out")

    whole = national(rows, standards.load("national_2017"))
    assert (found.rows, found.groups) == (7, 4)
    assert_frame_equal(pl.read_parquet(found.counties), whole.counties)
    schools = pl.read_parquet(found.schools / "*" / "*.parquet", hive_partitioning=False)
    key = ["school_year", "school_id"]
    assert_frame_equal(schools.sort(key), whole.schools.select(schools.columns).sort(key))


def test_what_a_school_lacks(nation, tmp_path):
    found = assess_nation(nation[0], tmp_path / "out")

    north = pl.read_parquet(found.schools / "province=north" / "part.parquet").sort("school_id")
    assert north["short_L4"].to_list() == [50.0, 0.0, None, pytest.approx(45.0)]
    # 0.9 x 2 000 yuan for 100 pupils: 20 000 yuan short; one of a hundred is 0.1 teacher short
    assert north["short_L6"].to_list() == [0.0, 0.0, 0.0, pytest.approx(20_000.0)]
    assert north["short_L2"].to_list()[3] == pytest.approx(0.1)
    assert north["verdict"].to_list() == ["met", "met", "undetermined", "not_met"]


def test_one_file_is_a_nation_too(nation, tmp_path):
    _, rows = nation
    write(tmp_path, "all.parquet", rows.to_dicts())

    found = assess_nation(tmp_path / "all.parquet", tmp_path / "out")

    assert found.groups == 4


def test_a_county_in_two_partitions_is_refused(nation, tmp_path):
    source, _ = nation
    write(source / "province=south", "more.parquet", [school("N1", "z")])

    with pytest.raises(DataError, match="more than one partition") as refused:
        assess_nation(source, tmp_path / "out")

    assert refused.value.rows["county_id"].tolist() == ["N1"]
    assert not (tmp_path / "out" / "counties.parquet").exists()


def test_a_missing_column_is_named(nation, tmp_path):
    source, rows = nation
    write(source / "province=west", "part.parquet", rows.drop("sports_m2").to_dicts())

    with pytest.raises(DataError, match="sports_m2"):
        assess_nation(source, tmp_path / "out")


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="no Parquet file"):
        assess_nation(tmp_path, tmp_path / "out")
