"""How the cost of an area and the memory grow from 1 to 10, 100 and 500 areas in one batch.

Small areas, so that five hundred of them can be run: copies of the sample area ``xinpu`` with two
notebooks each (reading, data quality, indicators, export).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.factory_many import ALL, WORKERS, memory
from benchmarks.projects import copies, events, make_project, run_areas
from benchmarks.protocol import Measurement

SIZES = (1, 10, 100, 500)
SMALL_AREA, SMALL_STEPS = "xinpu", "00,10"


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
    """Give the cost and the memory of each size; a quick sample stops at ten."""
    return [m for size in (SIZES[:2] if quick else SIZES) for m in growth(size)]
