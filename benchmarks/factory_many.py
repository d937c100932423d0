"""Many areas on one machine: a hundred counties, a change among them, memory, growth of cost.

A hundred synthetic counties of twelve towns on two processes; the same again with one county
changed and with nothing changed. Then 1, 10, 100 and 500 small areas (copies of the sample area
``xinpu``, two notebooks each): whether cost and memory grow in step with the number.

Usage beside ``python -m benchmarks factory_many``: ``python -m benchmarks.factory_many PART ...``
with ``counties=N`` and ``growth=1,10,100`` to measure one part at a time.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.projects import copies, counties, events, make_project, of, run_areas
from benchmarks.protocol import Measurement

COUNTIES, WORKERS = 100, 2
SIZES = (1, 10, 100, 500)
#: What a small area runs in the growth series: reading, data quality, indicators, export.
SMALL_AREA, SMALL_STEPS = "xinpu", "00,10"
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


def growth(number: int) -> list[Measurement]:
    """Run so many small areas and give the cost of one, and the memory early and late."""
    with tempfile.TemporaryDirectory(prefix="xuewei-bench-") as name:
        root = make_project(Path(name), copies(SMALL_AREA, number))
        full = run_areas(root, (), *ALL, "--only", SMALL_STEPS)
        found = events(root)
        none = run_areas(root, (), *ALL, "--only", SMALL_STEPS)
    note = f"copies of {SMALL_AREA}, notebooks {SMALL_STEPS}, {WORKERS} processes"
    return [
        Measurement(f"{number} small areas", full.wall, "s", note=note),
        Measurement(f"{number} small areas, each", full.wall / number, "s", note=note),
        Measurement(
            f"{number} small areas, processor seconds each", full.processor / number, "s", note=note
        ),
        Measurement(f"{number} small areas, nothing changed", none.wall, "s", note=note),
        *(m for m in memory(found, note) if number >= WORKERS * 3 and "kernel of" not in m.name),
    ]


def run(quick: bool) -> list[Measurement]:
    """Give the figures of many areas; a quick sample is six counties and ten small areas."""
    sizes = SIZES[:2] if quick else SIZES
    return [*hundred(6 if quick else COUNTIES), *(m for size in sizes for m in growth(size))]


if __name__ == "__main__":
    from benchmarks.__main__ import line

    for given in sys.argv[1:]:
        part, _, numbers = given.partition("=")
        for wanted in numbers.split(","):
            work = {"counties": hundred, "growth": growth}[part]
            for measured in work(int(wanted)):
                print(line(measured), flush=True)
