"""Tables say under which version of their contract they were written; older runs still open."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis import store
from analysis.config import run_parameters
from analysis.errors import DataError
from analysis.store.tables import stored_version
from analysis.tables import contract, contracts

POPULATION = contract("population")
ROW = {"town_id": "t1", "year": 2020, "basis": "resident", "persons": 900.0, "source": "x.csv"}
AREA = 'name_zh = "某县"\nname_en = "Some county"\ncode = "440000"\nbase_year = 2024\n'


def older(folder, frame, version="0123456789ab"):
    """Write a table as another version of the contract would have; no version before there were."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    if version:
        said = {b"xuewei.contract": f"population {version}".encode()}
        table = table.replace_schema_metadata({**table.schema.metadata, **said})
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "population.parquet")


def rows():
    return POPULATION.frame([ROW])


def test_a_table_says_the_version_it_was_written_under(tmp_path):
    path = store.write_table(tmp_path, "population", rows())

    assert stored_version(path) == POPULATION.version
    assert len(POPULATION.version) == 12
    pd.testing.assert_frame_equal(store.read_table(tmp_path, "population"), rows())


def test_no_two_contracts_have_the_same_version():
    versions = [item.version for item in contracts().values()]

    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize("version", ["0123456789ab", ""])
def test_column_added_since_is_missing_and_one_that_is_gone_is_left_out(tmp_path, version):
    older(tmp_path, rows().drop(columns=["source", "persons"]).assign(remark="old"), version)

    found = store.read_table(tmp_path, "population")

    assert list(found.columns) == POPULATION.names
    assert found["persons"].isna().all()
    assert found["source"].isna().all()
    assert found["town_id"].tolist() == ["t1"]


def test_columns_in_another_order_are_put_in_order(tmp_path):
    older(tmp_path, rows()[POPULATION.names[::-1]])

    pd.testing.assert_frame_equal(store.read_table(tmp_path, "population"), rows())


def test_what_cannot_be_missing_makes_an_older_table_unreadable_and_says_what_to_do(tmp_path):
    older(tmp_path, rows().drop(columns="year"))

    with pytest.raises(DataError, match=r"older version, without year .*Run the area again"):
        store.read_table(tmp_path, "population")


def test_a_table_of_this_version_with_a_lost_column_is_damaged_not_old(tmp_path):
    older(tmp_path, rows().drop(columns="persons"), POPULATION.version)

    with pytest.raises(DataError, match="persons"):
        store.read_table(tmp_path, "population")


def test_an_older_run_opens(tmp_path):
    folder = tmp_path / "data" / "raw" / "some"
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(AREA, encoding="utf-8")
    run = store.run_of(run_parameters(area="some", base_year=2024), tmp_path)
    older(run.tables_folder, rows().drop(columns="source"))

    assert run.tables["population"]["persons"].tolist() == [900.0]
