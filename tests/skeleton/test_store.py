"""Files are whole or absent, tables keep their contract on the way in and out."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from analysis import store
from analysis.config import parse_area, run_parameters
from analysis.errors import AreaError, DataError, ParameterError
from analysis.tables import Note, StepResult, contract

AREA = 'name_zh = "某县"\nname_en = "Some county"\ncode = "440000"\nbase_year = 2024\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "raw" / "some"
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(AREA, encoding="utf-8")
    monkeypatch.setenv(store.ROOT_VARIABLE, str(tmp_path))
    return tmp_path


def a_run(project, **values):
    return store.run_of(run_parameters(**{"area": "some", "base_year": 2024, **values}), project)


def people(persons=10.0):
    rows = [{"town_id": "t1", "year": 2020, "basis": "resident", "persons": persons}]
    return contract("population").frame(rows)


def test_saved_step_reads_back_the_same(project):
    run = a_run(project)
    run.save(StepResult({"population": people()}, (Note("a.b", {"n": 1}, ("births",)),)))

    again = a_run(project)
    pd.testing.assert_frame_equal(again.tables["population"], people())
    assert again.notes() == [Note("a.b", {"n": 1}, ("births",))]
    assert again.notes("births") == []


def test_all_missing_text_column_survives_the_round_trip(project):
    run = a_run(project)
    frame = people()
    assert frame["source"].isna().all()

    run.save(StepResult({"population": frame}))

    pd.testing.assert_frame_equal(a_run(project).tables["population"], frame)


def test_saving_again_replaces_table_and_notes(project):
    run = a_run(project)
    run.save(StepResult({"population": people(1.0)}, (Note("a.b"),)))
    run.save(StepResult({"population": people(2.0)}))

    assert run.tables["population"]["persons"].item() == 2.0
    assert run.notes() == []


def test_same_table_gives_the_same_bytes(project):
    run = a_run(project)
    path = run.tables_folder / "population.parquet"
    run.save(StepResult({"population": people()}))
    first = path.read_bytes()
    run.save(StepResult({"population": people()}))

    assert path.read_bytes() == first


def test_failed_write_leaves_the_old_file_and_no_part(tmp_path, monkeypatch):
    path = store.write_text(tmp_path / "a.txt", "old")

    def broken(_descriptor):
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="no space"):
        store.write_text(path, "new")

    assert path.read_text("utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_broken_table_is_not_written(project):
    run = a_run(project)
    wrong = people().assign(basis="guess")

    with pytest.raises(DataError, match="basis"):
        store.write_table(run.tables_folder, "population", wrong)
    assert not (run.tables_folder / "population.parquet").exists()


def test_run_name_and_folders(project):
    run = a_run(project, scenario="high", language="en")

    assert run.parameters.run_name == "some_2024_high_en"
    assert run.folder == project / "data" / "processed" / "some_2024_high_en"


@pytest.mark.parametrize("name", ["../etc", "a/b", "", ".hidden", "con:"])
def test_area_name_cannot_leave_its_folder(project, name):
    with pytest.raises(AreaError, match="area name"):
        store.read_area(project, name)


def test_unknown_area_says_which_there_are(project):
    with pytest.raises(AreaError, match="some"):
        store.read_area(project, "other")


def test_raw_files_leave_out_hidden_lock_and_links(project):
    folder = project / "data" / "raw" / "some"
    (folder / "sub").mkdir()
    (folder / "sub" / "a.csv").write_bytes(b"x")
    (folder / "~$a.xlsx").write_bytes(b"x")
    (folder / ".secret").write_bytes(b"x")
    (folder / "link.csv").symlink_to("/etc/passwd")

    assert store.raw_files(project, "some") == {"sub/a.csv": b"x"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"basee_year": 2030}, "basee_year"),
        ({"base_year": "2030"}, "base_year"),
        ({"plan_years": 9, "horizon_years": 5}, "plan_years 9 > horizon_years 5"),
        ({"scenario": "middle"}, "scenario"),
    ],
)
def test_wrong_parameter_is_refused_by_name(values, said):
    with pytest.raises(ParameterError, match=said):
        run_parameters(**values)


def test_area_file_refuses_unknown_keys():
    with pytest.raises(AreaError, match="colour"):
        parse_area("some", AREA + 'colour = "red"\n')


def test_json_is_sorted_and_refuses_nan(tmp_path):
    path = store.write_json(tmp_path / "a.json", {"b": 1, "a": "学位"})

    assert list(json.loads(path.read_text("utf-8"))) == ["a", "b"]
    with pytest.raises(ValueError, match="JSON"):
        store.write_json(path, {"a": float("nan")})
