"""A project small enough to run hundreds of times: one area, two thin notebooks."""

from __future__ import annotations

from pathlib import Path

import nbformat

AREA = """name_zh = "{name}县"
name_en = "County {name}"
code = "440000"
base_year = 2024
horizon_years = 3
plan_years = 2
"""
POPULATION = "乡镇代码,年份,人口口径,人口数\nT1,2023,常住,{persons}\nT2,2023,常住,800\n"
PARAMETERS = (
    'area: str = "some"\nbase_year: int = 2024\nhorizon_years: int = 3\nplan_years: int = 2\n'
    'scenario: str = "central"\nlanguage: str = "zh"'
)
OPEN = (
    "from analysis import store\n"
    "from analysis.tables import Note, StepResult, contract\n"
    "run = store.open_run(area=area, base_year=base_year, horizon_years=horizon_years, "
    "plan_years=plan_years, scenario=scenario, language=language)"
)
FIRST = """import pandas as pd
people = float(run.tables["population"]["persons"].sum())
row = {"level": "county", "area_id": "440000", "stage": "primary", "school_year": 2024}
rows = pd.DataFrame([{**row, "pupils": people}])
frame = contract("trend_pupils").frame(rows)
run.save(StepResult({"trend_pupils": frame}, (Note("trends.one_year"),)))
people"""
SECOND = """pupils = run.tables["trend_pupils"]["pupils"].tolist()
turning = run.tables["turning_points"]
step = run.save(StepResult({"turning_points": contract("turning_points").empty()}))
(pupils, len(turning), sorted(run.tables))"""
STEPS = ("10_first", "20_second")


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook whose first code cell carries the run parameters."""
    book = nbformat.v4.new_notebook()
    book.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    first = nbformat.v4.new_code_cell(PARAMETERS, id="a0")
    first.metadata["tags"] = ["parameters"]
    title = nbformat.v4.new_markdown_cell(f"# {path.stem} · {path.stem}", id="t0")
    rest = [nbformat.v4.new_code_cell(c, id=f"c{i}") for i, c in enumerate((OPEN, *cells))]
    book.cells = [title, first, *rest]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, path)
    return path


def add_area(root: Path, name: str, persons: int = 1000) -> Path:
    """Write one area's raw folder."""
    folder = root / "data" / "raw" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "area.toml").write_text(AREA.format(name=name), encoding="utf-8")
    (folder / "人口.csv").write_text(POPULATION.format(persons=persons), encoding="utf-8")
    return folder


def make_project(root: Path, areas: tuple[str, ...] = ("some",)) -> Path:
    """Write the whole project."""
    write_notebook(root / "notebooks" / "10_first.ipynb", FIRST)
    write_notebook(root / "notebooks" / "20_second.ipynb", SECOND)
    for number, name in enumerate(areas):
        add_area(root, name, 1000 + number)
    return root


def parameters(area: str = "some", **values: object):
    """Return the run parameters of a small area."""
    from analysis.config import run_parameters

    given = {"area": area, "base_year": 2024, "horizon_years": 3, "plan_years": 2, **values}
    return run_parameters(**given)


def contents(root: Path, *folders: str) -> dict[str, bytes]:
    """Return every file below some folders by its path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in folders
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


def results(root: Path) -> dict[str, bytes]:
    """Return all results that must be the same each time.

    Left out: state, locks, logs, the recorded time, and the PDF, which a browser prints.
    """
    import json

    found = {}
    for name, content in contents(root, "data/processed", "reports").items():
        last = name.rsplit("/", 1)[-1]
        if last == "state.json" or last.startswith(".") or "/logs/" in name or ".pdf" in last:
            continue
        if last == "manifest.json":
            document = json.loads(content)
            del document["recorded"]
            for printed in [n for n in document["outputs"] if n.endswith(".pdf")]:
                del document["outputs"][printed]
            content = json.dumps(document, sort_keys=True).encode()
        found[name] = content
    return found
