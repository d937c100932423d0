"""The scenario explorer: how long a reader waits for demand and gap after moving a lever.

Target: under a second a change (demand, gap, picture and table together). Measured on the
demonstration county in this process, and where Chromium is there on the served page as well.

Usage: python -m benchmarks explorer
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.config import run_parameters
from analysis.explorer import LEVERS, ScenarioStudy
from analysis.explorer.panel import _Panel
from analysis.store import ROOT_VARIABLE, import_raw, run_of
from benchmarks.protocol import Measurement, NotMeasuredError, seconds

PROJECT = Path(__file__).resolve().parents[1]
AREA, BASE_YEAR = "demo", 2025
TARGET = "<= 1"
#: Moves of a slider on the served page, one after the other.
MOVES = 5
_WAIT = 120_000


def run(quick: bool) -> list[Measurement]:
    """Measure every lever in this process, then (unless quick) the page a reader sees."""
    with tempfile.TemporaryDirectory() as folder:
        root = _project(Path(folder))
        found = _in_process(root)
        if not quick:
            found += _on_the_page(root)
    return found


def _project(folder: Path) -> Path:
    """Return a project with the demonstration county read in."""
    raw = PROJECT / "data" / "raw" / AREA
    if not raw.is_dir():
        raise NotMeasuredError(f"no data/raw/{AREA}; `xuewei example` makes it")
    shutil.copytree(raw, folder / "data" / "raw" / AREA)
    shutil.copytree(PROJECT / "notebooks", folder / "notebooks")
    import_raw(run_of(run_parameters(area=AREA, base_year=BASE_YEAR), folder))
    return folder


def _in_process(root: Path) -> list[Measurement]:
    """Move every lever once: the figures, and then all the panel does with them."""
    opened = run_of(run_parameters(area=AREA, base_year=BASE_YEAR), root)
    started = time.perf_counter()
    study = ScenarioStudy(opened)
    fitted = time.perf_counter() - started
    taken, whole = {}, {}
    panel = _Panel(study)
    for lever in LEVERS:
        start = study.starts[lever.name]
        moved = lever.high if start < lever.high else lever.low
        taken[lever.name] = seconds(lambda lever=lever, to=moved: study.outcome({lever.name: to}))
        slider = panel.sliders[lever.name]
        whole[lever.name] = seconds(lambda slider=slider, to=moved: setattr(slider, "value", to))
        slider.value = start
    slowest = max(whole, key=lambda name: whole[name])
    note = f"demo county, {len(LEVERS)} levers, each moved to the end of its range"
    return [
        Measurement("the explorer opens: forecast fitted once", fitted, "s", note=note),
        Measurement(
            "demand and gap after a lever has moved", statistics.median(taken.values()), "s",
            TARGET, note=f"median; slowest {max(taken.values()):.2f} s",
        ),
        Measurement(
            "the same with picture and table, slowest lever", whole[slowest], "s",
            TARGET, note=f"{slowest}; median {statistics.median(whole.values()):.2f} s",
        ),
    ]  # fmt: skip


@contextmanager
def _served(root: Path, port: int) -> Iterator[str]:
    """Serve the explorer as the command does; give the address with its token."""
    command = [sys.executable, "-m", "analysis", "explore", AREA, f"--port={port}", "--no-browser"]
    environment = {**os.environ, ROOT_VARIABLE: str(root), "HOME": str(root)}
    server = subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said = server.stdout or []
        token = next((m[1] for line in said if (m := re.search(r"token=(\w+)", line))), "")
        yield f"http://127.0.0.1:{port}/?token={token}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate(timeout=30)


def _on_the_page(root: Path) -> list[Measurement]:
    """Press a slider's key and wait until the table says something else."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return []
    from playwright.sync_api import sync_playwright

    with _served(root, 8899) as address, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        opening = time.perf_counter()
        page.goto(address, timeout=_WAIT)
        page.locator("table").first.wait_for(timeout=_WAIT)
        opened = time.perf_counter() - opening
        slider = page.locator(".noUi-handle").nth(6)  # class size of the primary stage
        slider.focus()
        taken = []
        for _ in range(MOVES):
            before = page.locator("table").first.inner_text()
            started = time.perf_counter()
            slider.press("ArrowLeft")
            page.wait_for_function(
                "before => document.querySelector('table').innerText !== before",
                arg=before,
                timeout=_WAIT,
            )
            taken.append(time.perf_counter() - started)
        browser.close()
    note = f"median of {MOVES} moves; slowest {max(taken):.2f} s"
    return [
        Measurement("the page opens until it shows the gap", opened, "s"),
        Measurement(
            "from a key press to the new table on the page",
            statistics.median(taken),
            "s",
            TARGET,
            note=note,
        ),
    ]
