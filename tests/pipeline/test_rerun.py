"""A manifest is enough to make the same bytes again, and to say what is not the same."""

from __future__ import annotations

import json
import shutil

import pytest

from analysis.errors import ParameterError
from analysis.pipeline import rerun, run_area
from pipeline import small


def test_rerun_gives_the_same_bytes_and_names_what_changed(tmp_path):
    root = small.make_project(tmp_path / "project")
    outcome = run_area(small.parameters(), root=root)
    kept = tmp_path / "manifest.json"
    shutil.copy(outcome.reports / "manifest.json", kept)

    same = rerun(kept, root)
    assert (same.same, same.changed, same.differing) == (True, (), ())

    small.add_area(root, "some", persons=1001)
    other = rerun(kept, root)
    assert not other.same
    assert other.changed == ("inputs: 人口.csv",)
    names = [name.rsplit("/", 1)[-1] for name in other.differing]
    assert "population.parquet" in names
    assert "trend_pupils.parquet" in names
    assert "turning_points.parquet" not in names


@pytest.mark.parametrize("content", ["", "{}", '{"schema": 99}', "[]"])
def test_what_is_no_manifest_is_refused(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_text(content)

    with pytest.raises(ParameterError, match=r"manifest\.json"):
        rerun(path, tmp_path)


def test_a_manifest_with_code_in_its_parameters_is_refused(tmp_path):
    root = small.make_project(tmp_path / "project")
    outcome = run_area(small.parameters(), root=root)
    path = outcome.reports / "manifest.json"
    document = json.loads(path.read_text("utf-8"))
    document["parameters"]["area"] = "some'); import os; ('"
    path.write_text(json.dumps(document))

    with pytest.raises(ParameterError, match="area"):
        rerun(path, root)
