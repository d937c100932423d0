"""A small run written by hand: tables with known numbers, one executed notebook."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pandas as pd
import pytest

from analysis.config import run_parameters
from analysis.store import Run, run_of, write_table, write_text
from analysis.tables import contract

AREA = """
name_zh = "测试县"
name_en = "Test County"
code = "990000"
rules = "national_2017"
base_year = 2025
horizon_years = 10
plan_years = 5
synthetic = true

[[source]]
title = "手工编的测试数据"
date = "2025"
"""
YEARS = range(2025, 2036)
TOWNS = {"990001": "甲<script>alert(1)</script>镇", "990002": "=1+1乡"}


def gap_rows() -> list[dict[str, object]]:
    """Town 1 is 500 seats short, town 2 has 500 to spare, every year and scenario."""
    rows: list[dict[str, object]] = []
    for year in YEARS:
        for scenario in ("low", "central", "high"):
            for stage in ("primary", "junior"):
                base = {"stage": stage, "school_year": year, "scenario": scenario}
                basis = {"basis": "classrooms"}
                rows += [
                    {
                        **base,
                        **basis,
                        "level": "town",
                        "area_id": "990001",
                        "seats_required": 1500.0,
                        "seats_available": 1000.0,
                        "shortage": 500.0,
                        "surplus": 0.0,
                        "utilisation_rate": 1.5,
                        "warning": "red",
                    },
                    {
                        **base,
                        **basis,
                        "level": "town",
                        "area_id": "990002",
                        "seats_required": 500.0,
                        "seats_available": 1000.0,
                        "shortage": 0.0,
                        "surplus": 500.0,
                        "utilisation_rate": 0.5,
                        "warning": "blue",
                    },
                    {
                        **base,
                        **basis,
                        "level": "county",
                        "area_id": "990000",
                        "seats_required": 2000.0,
                        "seats_available": 2000.0,
                        "shortage": 500.0,
                        "surplus": 500.0,
                        "utilisation_rate": 1.0,
                        "warning": "red",
                    },
                ]
    return rows


def save(run: Run, name: str, rows: list[dict[str, object]]) -> None:
    write_table(run.tables_folder, name, contract(name).frame(pd.DataFrame(rows)))


def notebook(title: str) -> nbformat.NotebookNode:
    """An executed notebook with a table, code with a Chinese comment, and prose in both."""
    code = nbformat.v4.new_code_cell("x = 1  # 学年\nx", execution_count=1, id="c1")
    code.outputs = [
        nbformat.v4.new_output(
            "execute_result",
            {"text/html": "<ul class='findings'><li>一句话</li></ul>", "text/plain": "x"},
            execution_count=1,
        )
    ]
    prose = nbformat.v4.new_markdown_cell(f"# {title}\n\n中文说明。\n\nEnglish words.", id="m1")
    section = nbformat.v4.new_markdown_cell("## 1 第一问 · The first question\n", id="m2")
    limits = nbformat.v4.new_markdown_cell(
        "## 局限 · Limits\n\n* 有局限。\n* It has limits.", id="m3"
    )
    made = nbformat.v4.new_notebook(cells=[prose, section, code, limits])
    made.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    return made


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_text(tmp_path / "data" / "raw" / "small" / "area.toml", AREA)
    monkeypatch.setenv("XUEWEI_ROOT", str(tmp_path))
    return tmp_path


def make_run(root: Path, language: str = "zh") -> Run:
    run = run_of(run_parameters(area="small", language=language), root)
    towns = [{"town_id": code, "town_name": name} for code, name in TOWNS.items()]
    save(run, "towns", towns)
    save(run, "seat_gap", gap_rows())
    folder = run.folder / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook("变化趋势 · Trends"), folder / "30_trends.ipynb")
    return run


@pytest.fixture
def run(root: Path) -> Run:
    return make_run(root)
