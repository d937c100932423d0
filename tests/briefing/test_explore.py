"""The ad hoc studies run from top to bottom on the sample areas."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
STUDIES = ["change_rule_set", "compare_counties", "draw_a_map", "test_a_method"]


def execute(name: str, root: Path) -> nbformat.NotebookNode:
    (root / "data").mkdir(exist_ok=True)
    (root / "data" / "raw").symlink_to(ROOT / "data" / "raw", target_is_directory=True)
    notebook = nbformat.read(ROOT / "notebooks" / "explore" / f"{name}.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=600, kernel_name="python3")
    return client.execute(cwd=str(root))


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_study_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XUEWEI_ROOT", str(tmp_path))
    made = execute(name, tmp_path)
    outputs = [o for c in made.cells if c.cell_type == "code" for o in c.outputs]

    assert any("text/html" in o.get("data", {}) for o in outputs)
    assert not any(o.output_type == "error" for o in outputs)


@pytest.mark.slow
@pytest.mark.reference
def test_real_data_study_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    if not os.environ.get("XUEWEI_REFERENCE_DATA"):
        pytest.skip("XUEWEI_REFERENCE_DATA names no folder of reference data")
    monkeypatch.setenv("XUEWEI_ROOT", str(tmp_path))
    made = execute("taiwan_data", tmp_path)
    shown = [c.outputs[-1].data["text/plain"] for c in made.cells if c.get("outputs")]

    assert any("cohort" in text for text in shown)
