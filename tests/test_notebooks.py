"""Every notebook is thin, clean, parameterised and reads only what was written before it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

from analysis.config import RunParameters

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
EVERY_NOTEBOOK = sorted((ROOT / "notebooks").rglob("*.ipynb"))
FORBIDDEN = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda, ast.Try)
STEPS = [
    "00_data_quality",
    "10_indicators",
    "20_assessment",
    "30_trends",
    "40_seat_demand",
    "50_capacity_gap",
    "60_building_plan",
    "70_school_remedies",
    "90_briefing",
]


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def test_every_step_has_its_notebook():
    assert [path.stem for path in NOTEBOOKS] == STEPS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_is_thin(path):
    cells = code_cells(path)

    assert 2 <= len(cells) <= 12
    for place, cell in enumerate(cells):
        # the opening cell spells out every run parameter
        assert len(cell.source.splitlines()) <= (16 if place == 1 else 12)
        assert not any(isinstance(n, FORBIDDEN) for n in ast.walk(ast.parse(cell.source)))


@pytest.mark.parametrize("path", EVERY_NOTEBOOK, ids=lambda p: p.stem)
def test_notebook_is_stored_without_outputs_and_with_its_kernel(path):
    notebook = nbformat.read(path, as_version=4)

    assert notebook.metadata.kernelspec.name == "python3"
    assert not any(c.outputs or c.execution_count for c in code_cells(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_first_code_cell_carries_the_run_parameters(path):
    cells = code_cells(path)
    tagged = [i for i, c in enumerate(cells) if "parameters" in c.metadata.get("tags", [])]
    declared = papermill.inspect_notebook(path)

    assert tagged == [0]
    defaults = {name: ast.literal_eval(item["default"]) for name, item in declared.items()}
    assert defaults == RunParameters().model_dump()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_second_code_cell_opens_the_run_with_every_parameter(path):
    tree = ast.parse(code_cells(path)[1].source)
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    opened = [c for c in calls if getattr(c.func, "attr", "") == "open_run"]

    assert len(opened) == 1
    assert {k.arg: ast.unparse(k.value) for k in opened[0].keywords} == {
        name: name for name in RunParameters.model_fields
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_opens_with_a_title_and_ends_with_its_limits(path):
    prose = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown"]

    assert prose[0].startswith("# ")
    assert sum(line.startswith("# ") for text in prose for line in text.splitlines()) == 1
    assert any("局限" in text or "Limits" in text for text in prose)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_policy_number_or_path_is_typed_into_a_notebook(path):
    for cell in code_cells(path)[1:]:
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
                assert isinstance(node.value, bool) or node.value in (0, 1, 2, 3, 5, 10), (
                    f"{path.stem}: literal {node.value}"
                )
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "/" not in node.value, f"{path.stem}: path {node.value!r}"


@pytest.mark.slow
def test_plain_commands_of_papermill_and_nbconvert_run_a_notebook(tmp_path):
    """Not only our own runner: what a person types at a prompt works as well, from any folder."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "raw").symlink_to(ROOT / "data" / "raw")
    environment = {**os.environ, "XUEWEI_ROOT": str(tmp_path)}
    made, source = tmp_path / "made.ipynb", ROOT / "notebooks" / "00_data_quality.ipynb"

    def call(*words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    call("papermill", str(source), str(made), "-p", "area", "xinpu", "-p", "base_year", "2015")
    call("nbconvert", "--to", "html", "--no-input", str(made), "--output", "made.html")

    outputs = [o for c in code_cells(made) for o in c.outputs]
    assert not any(o.output_type == "error" for o in outputs)
    assert "电子白板" in (tmp_path / "made.html").read_text("utf-8")
