"""Briefings a minute: papermill and nbconvert commands, our chain, the floor; many areas; resume.

Throughput is compared in wall seconds and in processor seconds: on a machine that others use too,
only the second says much.
"""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.protocol import Measurement

PROJECT = Path(__file__).resolve().parents[1]
BASE_YEAR = 2025


@dataclass(frozen=True)
class Taken:
    """Wall and processor seconds of some work, its children counted."""

    wall: float
    processor: float


def taken(work: Callable[[], object]) -> Taken:
    """Measure work that is done in child processes which have ended when it returns."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(time.perf_counter() - started, used)


def make_project(root: Path, areas: int) -> Path:
    """Write a project with some synthetic counties, each from its own seed."""
    from analysis import example

    shutil.copytree(PROJECT / "notebooks", root / "notebooks")
    for number in range(areas):
        folder = root / "data" / "raw" / f"county{number:03}"
        folder.mkdir(parents=True)
        for name, content in example.county(seed=2025 + number).items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return root


def command(root: Path, *arguments: str) -> None:
    """Run one command in a project."""
    environment = {**os.environ, "XUEWEI_ROOT": str(root), "OMP_NUM_THREADS": "1"}
    environment["XUEWEI_PDF"] = "0"
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=root, capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).decode(errors="replace")[-1500:])


def by_commands(root: Path, area: str) -> None:
    """Do what a user does today: papermill and nbconvert for each notebook."""
    folder = root / "by-commands" / area
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        out = folder / notebook.name
        command(
            root,
            "-m",
            "papermill",
            str(notebook),
            str(out),
            "-p",
            "area",
            area,
            "--no-progress-bar",
        )
        command(root, "-m", "nbconvert", "--to", "html", "--no-input", str(out))


FLOOR = """
import json, os, sys
from pathlib import Path
from analysis.briefing import export
from analysis.config import run_parameters
from analysis.store import import_raw, run_of, write_text
import builtins
from IPython.display import display
root = Path(os.environ["XUEWEI_ROOT"])
run = run_of(run_parameters(area=sys.argv[1]), root)
import_raw(run)
for path in sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb")):
    book = json.loads(path.read_text("utf-8"))
    names = {"display": lambda *shown: [getattr(s, "_repr_html_", lambda: "")() for s in shown]}
    for number, cell in enumerate(c for c in book["cells"] if c["cell_type"] == "code"):
        source = "".join(cell["source"])
        exec(source, names)
        if number == 0:
            names["area"] = sys.argv[1]
    write_text(run.folder / "notebooks" / path.name, json.dumps(book, ensure_ascii=False))
export(run)
"""


def floor(root: Path, area: str) -> None:
    """Call the same functions without any notebook, and write the same HTML, in one process."""
    command(root, "-c", FLOOR, area)


def one_at_a_time(quick: bool) -> list[Measurement]:
    """Compare the three ways on one county (medians need a machine of one's own)."""
    with tempfile.TemporaryDirectory(prefix="xuewei-bench-") as name:
        root = make_project(Path(name), 2 if quick else 4)
        areas = sorted(p.name for p in (root / "data" / "raw").iterdir())
        first = taken(lambda: command(root, "-m", "analysis", "run", areas[0]))
        rest = areas[1:]
        ours = taken(lambda: command(root, "-m", "analysis", "run", *rest))
        unchanged = taken(lambda: command(root, "-m", "analysis", "run", *areas))
        plain = taken(lambda: floor(root, areas[0]))
        theirs = taken(lambda: by_commands(root, areas[0]))
    each = Taken(ours.wall / len(rest), ours.processor / len(rest))
    note = f"{len(rest)} counties; processor seconds"
    return [
        Measurement("first briefing, cold", first.wall, "s", "< 30", note="demo county, no PDF"),
        Measurement(
            "whole chain, times the throughput of papermill + nbconvert commands",
            theirs.processor / each.processor,
            "x",
            ">= 8",
            note=f"{note}: {each.processor:.1f} against {theirs.processor:.1f}",
        ),
        Measurement(
            "whole chain, share of the floor without notebooks",
            plain.processor / each.processor,
            "x",
            ">= 0.75",
            note=f"{note}: floor {plain.processor:.1f}, its imports included",
        ),
        Measurement("a county, wall", each.wall, "s", note=note),
        Measurement(
            f"nothing changed, {len(areas)} counties", unchanged.wall, "s", "< 5", note="wall"
        ),
    ]


def many(counties: int) -> list[Measurement]:
    """Run many counties on two processes, change one, run again, and see memory stay flat."""
    with tempfile.TemporaryDirectory(prefix="xuewei-bench-") as name:
        root = make_project(Path(name), counties)
        everything = ("-m", "analysis", "run", "--all", "--workers", "2")
        full = taken(lambda: command(root, *everything))
        peaks = _peaks(root)
        none = taken(lambda: command(root, *everything))
        changed = root / "data" / "raw" / "county000" / "area.toml"
        changed.write_text(changed.read_text("utf-8") + "\n# changed\n", "utf-8")
        one = taken(lambda: command(root, *everything))
    hundred = 100 / counties
    note = f"measured on {counties} counties"
    found = [
        Measurement(
            "100 counties x 12 towns, 2 processes",
            full.wall / 60 * hundred,
            "min",
            "< 15",
            note=f"{note}, scaled; {full.processor / counties:.1f} processor seconds a county",
        ),
        Measurement("one county changed", one.wall, "s", "< 30", note=note),
        Measurement("nothing changed", none.wall, "s", "< 5", note=note),
    ]
    if peaks:
        third = max(1, len(peaks) // 3)
        found.append(
            Measurement(
                "memory of a working process and its kernels, last third",
                max(peaks[-third:]),
                "MB",
                baseline=max(peaks[:third]),
                baseline_name="first third",
                note=note,
            )
        )
    return found


def _peaks(root: Path) -> list[float]:
    logs = sorted((root / "data" / "processed" / "logs").glob("*.jsonl"))
    events = [json.loads(line) for path in logs for line in io.StringIO(path.read_text("utf-8"))]
    return [float(e["peak_mb"]) for e in events if e["event"] == "memory" and e["peak_mb"]]


def run(quick: bool) -> list[Measurement]:
    """Give throughput, resume and memory."""
    return [*one_at_a_time(quick), *many(4 if quick else 20)]


if __name__ == "__main__":
    from benchmarks.__main__ import line

    for measured in run("--quick" in sys.argv):
        print(line(measured))
