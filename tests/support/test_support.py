"""Doctor, comparison and clean-up."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from analysis import store, support
from analysis.errors import AreaError
from analysis.support import doctor
from analysis.tables import contract


def test_doctor_looks_at_every_part_and_reports_each(tmp_path):
    checks = support.examine(tmp_path)

    assert [check.name for check in checks] == [
        "Python",
        "packages",
        "font",
        "solver",
        "kernel",
        "disk",
        "writing",
        "browser",
        "areas",
    ]
    by_name = {check.name: check for check in checks}
    assert by_name["solver"].state == "ok"
    assert by_name["Python"].state == "ok"
    assert by_name["font"].state == "ok", by_name["font"]
    assert by_name["areas"].state == "warning"
    page = support.report(checks)
    assert all(f"{check.name}: " in page for check in checks)


def test_doctor_survives_a_broken_part(monkeypatch, tmp_path):
    def broken():
        raise ImportError("libhighs.so")

    monkeypatch.setattr(doctor, "_solver", broken)
    solver = next(c for c in support.examine(tmp_path) if c.name == "solver")

    assert solver.state == "error"
    assert "libhighs" in solver.found


def people(root, run, **persons):
    rows = [
        {"town_id": town, "year": 2020, "basis": "resident", "persons": value}
        for town, value in persons.items()
    ]
    store.write_table(
        root / "data" / "processed" / run / "tables",
        "population",
        contract("population").frame(rows),
    )
    return root / "data" / "processed" / run


def test_comparison_lists_changed_cells_and_rows_that_came_or_went(tmp_path):
    before = people(tmp_path, "a", t1=1.0, t2=None, t3=3.0)
    after = people(tmp_path, "b", t1=1.0, t2=None, t3=4.0, t4=5.0)

    found = support.changes(before, after)

    assert found[["key", "column"]].to_numpy().tolist() == [
        ["t3 · 2020 · resident", "persons"],
        ["t4 · 2020 · resident", "*"],
    ]
    assert found.iloc[0][["before", "after"]].tolist() == [3.0, 4.0]


def test_comparison_of_a_run_with_itself_is_empty(tmp_path):
    run = people(tmp_path, "a", t1=1.0, t2=None)

    assert support.changes(run, run).empty


def test_comparison_needs_two_runs(tmp_path):
    with pytest.raises(AreaError, match="holds no run"):
        support.changes(people(tmp_path, "a", t1=1.0), tmp_path / "nothing")


def test_clean_up_keeps_what_is_named_and_never_touches_raw(tmp_path):
    people(tmp_path, "keep", t1=1.0)
    people(tmp_path, "old", t1=1.0)
    raw = tmp_path / "data" / "raw" / "old"
    raw.mkdir(parents=True)

    found = support.old_runs(tmp_path, keep=("keep",))
    support.remove(tmp_path, found)

    assert [f.path.name for f in found] == ["old"]
    assert raw.is_dir()
    assert (tmp_path / "data" / "processed" / "keep").is_dir()
    assert not (tmp_path / "data" / "processed" / "old").exists()


def test_clean_up_refuses_other_folders(tmp_path):
    raw = tmp_path / "data" / "raw"
    (raw / "county").mkdir(parents=True)

    with pytest.raises(ValueError, match="not a result folder"):
        support.remove(tmp_path, [support.RunFolder(raw / "county", 0)])
    assert (raw / "county").is_dir()


def test_doctor_finds_a_healthy_machine_healthy_in_a_process_of_its_own(tmp_path):
    # in this process another test may have loaded the font, or the solver said who it is
    (tmp_path / "data" / "raw").mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "doctor"],
        env={**os.environ, "XUEWEI_ROOT": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    said = done.stdout.decode("utf-8")

    assert "[error]" not in said
    assert done.returncode == 0
    assert said.startswith("xuewei ")
    assert "Copyright" not in said
