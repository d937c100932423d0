"""Many areas on one machine: a hundred counties, one changed, none changed, memory, parts.

A hundred synthetic counties of twelve towns on two processes, then again with one county changed
and with nothing changed; how much memory they took early and late, and how long each part.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.projects import counties, events, make_project, of, run_areas
from benchmarks.protocol import Measurement

COUNTIES, WORKERS = 100, 2
ALL = ("--all", "--workers", str(WORKERS))


def hundred(number: int) -> list[Measurement]:
    """Run many counties, then again with one changed, then with nothing changed."""
    with tempfile.TemporaryDirectory(prefix="xuewei-bench-") as name:
        root = make_project(Path(name), counties(number))
        full = run_areas(root, (), *ALL)
        found = events(root)
        changed = root / "data" / "raw" / "county000" / "area.toml"
        changed.write_text(changed.read_text("utf-8") + "\n# changed\n", "utf-8")
        one = run_areas(root, (), *ALL)
        none = run_areas(root, (), *ALL)
        size = sum(p.stat().st_size for p in root.rglob("*") if p.is_file()) / number / 1e6
    note = f"{number} counties, {WORKERS} processes"
    return [
        Measurement(
            "100 counties x 12 towns",
            full.wall / 60 / number * 100,
            "min",
            "< 15",
            note=f"{note}{'' if number == COUNTIES else ', scaled'}; start included",
        ),
        Measurement("processor seconds a county", full.processor / number, "s", note=note),
        Measurement("files of a county, raw to briefing", size, "MB", note=note),
        Measurement(f"one of {number} counties changed", one.wall, "s", "< 30", note=note),
        Measurement(f"nothing of {number} counties changed", none.wall, "s", "< 5", note=note),
        *memory(found, note),
        *parts(found, note),
    ]


def memory(found: list[dict[str, Any]], note: str) -> list[Measurement]:
    """Give the memory of a working process with its kernels, early and late, and of kernels."""
    peaks = [float(line["peak_mb"]) for line in of(found, "memory") if line["peak_mb"]]
    third = max(1, len(peaks) // 3)
    early, late = peaks[:third], peaks[-third:]
    kernels: dict[str, float] = {}
    for line in of(found, "area"):
        for step, peak in line.get("kernel_mb", {}).items():
            kernels[step] = max(kernels.get(step, 0.0), peak)
    return [
        Measurement(
            "memory of a working process with its kernels (shared pages shared out), last third",
            statistics.median(late),
            "MB",
            baseline=statistics.median(early),
            baseline_name="first third",
            note=f"{note}; median of the peaks of areas; largest {max(peaks):.0f} MB",
        ),
        *(
            Measurement(f"peak memory of the kernel of {step}", peak, "MB", note="resident")
            for step, peak in sorted(kernels.items())
        ),
    ]


def parts(found: list[dict[str, Any]], note: str) -> list[Measurement]:
    """Give the median seconds of each part of an area."""
    taken: dict[str, list[float]] = {}
    for line in of(found, "part"):
        if line["state"] == "done":
            taken.setdefault(line["part"], []).append(line["seconds"])
    return [
        Measurement(f"part {part}", statistics.median(values), "s", note=f"median; {note}")
        for part, values in taken.items()
    ]


def run(quick: bool) -> list[Measurement]:
    """Give the figures of many counties; a quick sample is six."""
    return hundred(6 if quick else COUNTIES)
