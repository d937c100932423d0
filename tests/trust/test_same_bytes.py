"""A manifest holds for every kind of file, wherever, whenever and by however many it is made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline import small

from analysis.briefing import write_index
from analysis.pipeline import rerun, run_area
from analysis.store import file_sha256

pytestmark = pytest.mark.slow
AREAS = ("a", "b")
KINDS = {".html", ".xlsx", ".docx", ".csv", ".json", ".parquet", ".ipynb"}


@pytest.fixture(autouse=True)
def without_browser(monkeypatch):
    monkeypatch.setenv("XUEWEI_PDF", "0")
    monkeypatch.setenv("XUEWEI_WARM", "")


def manifest(root, area):
    path = root / "reports" / f"{area}_2024_central" / "manifest.json"
    return json.loads(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A project whose area has been run; nobody changes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XUEWEI_PDF", "0")
        patch.setenv("XUEWEI_WARM", "")
        root = small.make_project(tmp_path_factory.mktemp("once"), ("a",))
        assert not run_area(small.parameters("a"), root=root).failed
    return root


def test_manifest_names_every_kind_of_result_and_each_has_its_hash(once):
    root = once
    outputs = manifest(root, "a")["outputs"]

    assert {Path(name).suffix for name in outputs} == KINDS
    for name, expected in outputs.items():
        assert file_sha256(root / name) == expected, name
    # nothing that a reader opens is left out
    shown = {
        p.relative_to(root).as_posix() for p in (root / "reports" / "a_2024_central").rglob("*.*")
    }
    assert {Path(n).name for n in shown - set(outputs)} <= {"manifest.json", "status.json"}


def test_another_place_clock_language_seed_order_and_workers_give_the_hashes_of_the_manifest(
    tmp_path,
):
    here = small.make_project(tmp_path / "here", AREAS)
    for area in AREAS:
        assert not run_area(small.parameters(area), root=here).failed
    write_index(here)
    there = small.make_project(tmp_path / "elsewhere" / "项目 2", AREAS)
    other = {"TZ": "Pacific/Auckland", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "4711"}
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "run", "b", "a", "--workers", "2"],
        cwd=there,
        env={**os.environ, **other, "XUEWEI_ROOT": str(there), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    for area in AREAS:
        outputs = manifest(here, area)["outputs"]
        differing = [n for n, sha in outputs.items() if file_sha256(there / n) != sha]
        assert not differing
        assert manifest(there, area) == {
            **manifest(here, area),
            "recorded": manifest(there, area)["recorded"],
        }
    assert small.results(there) == small.results(here)  # the index over both, too


def test_one_changed_cell_lists_exactly_the_outputs_that_changed(once, tmp_path):
    root = shutil.copytree(once, tmp_path / "project")
    kept = tmp_path / "manifest.json"
    kept.write_bytes((root / "reports" / "a_2024_central" / "manifest.json").read_bytes())
    before = small.contents(root, "data/processed", "reports")

    raw = root / "data" / "raw" / "a" / "人口.csv"
    assert raw.read_text("utf-8").count("800") == 1
    raw.write_text(raw.read_text("utf-8").replace("800", "801"), "utf-8")
    listed = set(rerun(kept, root).differing)

    after = small.contents(root, "data/processed", "reports")
    changed = {n for n in {*before, *after} if before.get(n) != after.get(n)}
    own = {"manifest.json", "state.json", "provenance.json", "summary_previous.json", "inputs.json"}
    assert listed == {n for n in changed if Path(n).name not in own}
    assert {n.rsplit("/", 1)[-1] for n in listed} >= {"population.parquet", "10_first.ipynb"}
    unchanged = {Path(n).name for n in after} - {Path(n).name for n in listed}
    assert "turning_points.parquet" in unchanged
