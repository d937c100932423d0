"""Each sample area through the whole chain: once a session and worker, or not at all.

An area that has been run in the project itself (``make briefing``) and whose inputs, code and
packages have not changed since is looked at where it is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from analysis.config import Area, run_parameters
from analysis.pipeline import is_current
from analysis.store import ROOT_VARIABLE, read_area, run_of

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    """An area that has run: its tables and what was written for the reader."""

    area: Area
    tables: object
    reports: Path

    def summary(self) -> dict[str, object]:
        return json.loads((self.reports / "summary.json").read_text("utf-8"))

    def page(self) -> str:
        return (self.reports / "briefing.html").read_text("utf-8")

    def rows(self, table: str, **values: object) -> pd.DataFrame:
        frame = self.tables[table]
        for column, value in values.items():
            frame = frame[frame[column] == value]
        return frame

    def value(self, table: str, column: str, **values: object) -> float:
        found = self.rows(table, **values)
        assert len(found) == 1, found
        return float(found[column].iloc[0])


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    """Run an area by name, the first time it is asked for."""
    root = tmp_path_factory.mktemp("project")
    (root / "data" / "raw").mkdir(parents=True)
    (root / "notebooks").symlink_to(PROJECT / "notebooks")

    @cache
    def run(name: str, folder: Path | None = None) -> Done:
        source = folder or PROJECT / "data" / "raw" / name
        (root / "data" / "raw" / name).symlink_to(source)
        area = read_area(root, name)
        parameters = run_parameters(
            area=name,
            base_year=area.base_year,
            horizon_years=area.horizon_years,
            plan_years=area.plan_years,
        )
        place = PROJECT if not folder and is_current(parameters, root=PROJECT) else root
        if place is root:
            told = subprocess.run(
                [sys.executable, "-m", "analysis", "run", name],
                env={**os.environ, ROOT_VARIABLE: str(root), "XUEWEI_PDF": "0"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert told.returncode == 0, told.stdout + told.stderr
        opened = run_of(parameters, place)
        return Done(area, opened.tables, opened.reports)

    return run
