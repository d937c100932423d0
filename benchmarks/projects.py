"""What the benchmarks of the factory share: invented projects, commands, time taken, logs read."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
#: Nothing here may depend on how many threads a library would like to start, or on a browser.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "XUEWEI_PDF": "0"}


@dataclass(frozen=True)
class Taken:
    """Wall and processor seconds of some work, its children counted."""

    wall: float
    processor: float

    def per(self, number: int) -> Taken:
        """Return the share of one of ``number`` equal pieces."""
        return Taken(self.wall / number, self.processor / number)


def taken(work: Callable[[], object]) -> Taken:
    """Measure work that is done in child processes which have ended when it returns."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(time.perf_counter() - started, used)


def make_project(root: Path, areas: Mapping[str, Path | int]) -> Path:
    """Write a project: each area a copy of a folder, or a synthetic county from a seed."""
    from analysis import example

    if not (root / "notebooks").exists():
        shutil.copytree(PROJECT / "notebooks", root / "notebooks")
    for name, source in areas.items():
        folder = root / "data" / "raw" / name
        if isinstance(source, Path):
            shutil.copytree(source, folder)
            continue
        for file, content in example.county(seed=source).items():
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return root


def counties(number: int) -> dict[str, Path | int]:
    """Return synthetic counties of twelve towns, each from its own seed."""
    return {f"county{n:03}": 2025 + n for n in range(number)}


def copies(area: str, number: int) -> dict[str, Path | int]:
    """Return copies of a sample area."""
    source = PROJECT / "data" / "raw" / area
    return {f"{area}{n:03}": source for n in range(number)}


def command(root: Path, *arguments: str, **variables: str) -> str:
    """Run Python with arguments in a project; return what it printed.

    Raises
    ------
    RuntimeError
        It ended with another code than 0.
    """
    environment = {**os.environ, **ENVIRONMENT, "XUEWEI_ROOT": str(root), **variables}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode:
        raise RuntimeError(said[-1500:])
    return said


def run_areas(root: Path, areas: Iterable[str], *options: str, **variables: str) -> Taken:
    """Run areas as a user does and measure it."""
    return taken(lambda: command(root, "-m", "analysis", "run", *areas, *options, **variables))


@contextmanager
def on_processors(number: int) -> Iterator[None]:
    """Keep this process and all it starts to the first ``number`` processors (Linux only)."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(before)[:number]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def events(root: Path) -> list[dict[str, Any]]:
    """Return the lines of the newest log of a project."""
    newest = max((root / "data" / "processed" / "logs").glob("*.jsonl"))
    return [json.loads(line) for line in newest.read_text("utf-8").splitlines()]


def of(found: Iterable[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    """Return the lines of one kind."""
    return [line for line in found if line["event"] == event]
