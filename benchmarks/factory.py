"""Briefings a minute: papermill and nbconvert commands, our chain, the floor without notebooks.

The same notebooks on copies of the sample county ``demo``. The ways are taken in turn, round after
round, and the medians are compared: one at a time on one processor, then two at a time on two. Our
chain also writes what the two commands do not (workbook, Word, CSV, pages of towns, manifest).
Throughput is that of a running factory: the time from the first finished area to the last; what
the start costs is measured apart, as the first briefing on a cold machine.
"""

from __future__ import annotations

import datetime
import json
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.projects import (
    Taken,
    command,
    copies,
    events,
    make_project,
    of,
    on_processors,
    run_areas,
    taken,
)
from benchmarks.protocol import Measurement

ROUNDS = 3
#: Areas a worker does after its first one; a throughput is taken over these.
AREAS = 1


@dataclass(frozen=True)
class Round:
    """Seconds a county of each way, in one round."""

    commands: Taken
    ours: Taken
    floor: Taken


def notebooks(root: Path) -> list[Path]:
    """Return the notebooks of the chain."""
    return sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def by_commands(root: Path, area: str) -> None:
    """Do what a user does today: papermill and nbconvert for each notebook."""
    folder = root / "by-commands" / area
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in notebooks(root):
        out = folder / notebook.name
        given = ("-p", "area", area, "--no-progress-bar")
        command(root, "-m", "papermill", str(notebook), str(out), *given)
        command(root, "-m", "nbconvert", "--to", "html", "--no-input", str(out))


def commands_each(root: Path, areas: list[str]) -> Taken:
    """Return what one area costs by commands, the areas side by side."""
    with ThreadPoolExecutor(len(areas)) as pool:
        whole = taken(lambda: list(pool.map(lambda area: by_commands(root, area), areas)))
    return whole.per(len(areas))


def ours_each(root: Path, areas: list[str], workers: int) -> Taken:
    """Return what one area costs in a factory that is already running."""
    whole = run_areas(root, areas, "--workers", str(workers), "--fresh")
    ended = sorted(
        datetime.datetime.fromisoformat(line["time"]) for line in of(events(root), "area")
    )
    # the first areas of all workers end together: they pay for the start
    counted = len(ended) - workers
    wall = (ended[-1] - ended[workers - 1]).total_seconds() / counted
    return Taken(wall, whole.processor / len(areas))


def floor_each(root: Path, areas: list[str], workers: int) -> Taken:
    """Return what one area costs without notebooks: one process a worker, the first not counted."""

    def some(number: int) -> list[Taken]:
        said = command(root, "-m", "benchmarks.floor", *areas[number::workers])
        lines = [json.loads(line) for line in said.splitlines() if line.startswith('{"area"')]
        return [Taken(line["wall"], line["processor"]) for line in lines[1:]]

    with ThreadPoolExecutor(workers) as pool:
        found = [one for part in pool.map(some, range(workers)) for one in part]
    wall = statistics.fmean(one.wall for one in found) / workers
    return Taken(wall, statistics.fmean(one.processor for one in found))


def one_round(root: Path, workers: int) -> Round:
    """Take each way once, on ``workers`` processors."""
    areas = sorted(p.name for p in (root / "data" / "raw").iterdir())[: (AREAS + 1) * workers]
    with on_processors(workers):
        commands = commands_each(root, areas[:workers])
        ours = ours_each(root, areas, workers)
        floor = floor_each(root, areas, workers)
    return Round(commands, ours, floor)


def throughput(workers: int, rounds: int) -> list[Measurement]:
    """Compare the three ways with ``workers`` areas at a time."""
    with tempfile.TemporaryDirectory(prefix="xuewei-bench-") as name:
        root = make_project(Path(name), copies("demo", (AREAS + 1) * workers))
        found = [one_round(root, workers) for _ in range(rounds)]
    wall = {w: statistics.median(getattr(r, w).wall for r in found) for w in _WAYS}
    used = {w: statistics.median(getattr(r, w).processor for r in found) for w in _WAYS}
    size = f"{workers} at a time on {workers} processor{'s' * (workers > 1)}"
    note = f"medians of {rounds}; processor seconds"
    return [
        Measurement(
            f"whole chain of demo, {size}",
            60 / wall["ours"],
            "counties/min",
            baseline=60 / wall["commands"],
            baseline_name="papermill + nbconvert commands",
            note=f"{note} {used['ours']:.1f} against {used['commands']:.1f}",
        ),
        Measurement(
            f"throughput against the commands, {size}",
            wall["commands"] / wall["ours"],
            "x",
            ">= 8" if workers == 1 else ">= 6",
            note=f"in processor seconds {used['commands'] / used['ours']:.1f}",
        ),
        Measurement(
            f"share of the floor without notebooks, {size}",
            wall["floor"] / wall["ours"],
            "x",
            ">= 0.75",
            note=f"floor {wall['floor']:.2f} s, ours {wall['ours']:.2f} s a county; {note} "
            f"{used['floor']:.1f} against {used['ours']:.1f}",
        ),
    ]


_WAYS = ("commands", "ours", "floor")


def forget_pages(folder: Path) -> None:
    """Ask the system to drop what it has cached of the files below a folder."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(handle)


def first_briefing() -> Measurement:
    """Time the first briefing: nothing compiled, no font cache, libraries not in memory."""
    import numpy as np

    libraries = Path(np.__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory(prefix="xuewei-bench-") as name:
        root = make_project(Path(name) / "project", copies("demo", 1))
        empty = {
            "PYTHONPYCACHEPREFIX": str(Path(name) / "compiled"),
            "MPLCONFIGDIR": str(Path(name) / "fonts"),
            "IPYTHONDIR": str(Path(name) / "ipython"),
        }
        forget_pages(libraries)
        started = time.perf_counter()
        command(root, "-m", "analysis", "run", "--all", **empty)
        wall = time.perf_counter() - started
    return Measurement(
        "first briefing, cold: no compiled code, no font cache, files asked out of memory",
        wall,
        "s",
        "< 30",
        note="demo, one worker, no PDF; the system may have kept some files in memory",
    )


def run(quick: bool) -> list[Measurement]:
    """Give throughput one and two at a time, and the first briefing."""
    rounds = 1 if quick else ROUNDS
    return [first_briefing(), *throughput(1, rounds), *throughput(2, rounds)]
