"""A nation's schools as partitioned Parquet: weighted CV, compliance, shortfalls; the index.

250 000 schools over 10 years in 31 partitions, beside the plain query an analyst would send to
DuckDB (two passes over the same files), each in a process of its own, in turn; medians, peak
memory. Then the index of 2 800 counties.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analysis import standards
from analysis.briefing import write_index
from analysis.factory.nation import assess_nation, partitions
from analysis.indicators.definitions import SEVEN
from analysis.indicators.national import GROUP, variation_plan
from benchmarks.indicators import COUNTIES, schools
from benchmarks.protocol import Measurement, seconds

PROVINCES, ROUNDS, THREADS = 31, 3, 2
CVS = [f"cv_{i.code}" for i in SEVEN]


def write_nation(folder: Path, quick: bool) -> int:
    """Write the partitions; every county lies in one. Give the number of rows."""
    rows = pl.DataFrame(schools(quick)).with_columns(province=pl.col("county_id") % PROVINCES)
    for (province,), part in rows.group_by(["province"]):
        target = folder / f"province={province:02}"
        target.mkdir(parents=True)
        ordered = part.drop("province").sort("county_id", "school_year", "school_id")
        ordered.write_parquet(target / "part.parquet")
    return rows.height


def by_duckdb(folder: Path) -> pl.DataFrame:
    """Return the CVs by the plain query: means by group, then squares around them."""
    import duckdb

    group, source = ", ".join(GROUP), f"read_parquet('{folder}/*/*.parquet')"
    means = ", ".join(f"sum({i.resource}) / sum(pupils) AS m_{i.code}" for i in SEVEN)
    spreads = ", ".join(
        f"sqrt(sum(pupils * ({i.resource} / pupils - m_{i.code}) ** 2) / sum(pupils)) "
        f"/ any_value(m_{i.code}) AS cv_{i.code}"
        for i in SEVEN
    )
    with duckdb.connect(config={"threads": THREADS}) as connection:
        found = connection.execute(
            f"WITH means AS (SELECT {group}, {means} FROM {source} GROUP BY {group}) "
            f"SELECT {group}, {spreads} FROM {source} JOIN means USING ({group}) GROUP BY {group}"
        )
        return pl.DataFrame(found.fetchall(), schema=[*GROUP, *CVS], orient="row")


def ours(folder: Path) -> pl.DataFrame:
    """Return the CVs by our plan, partition by partition."""
    found = [variation_plan(pl.scan_parquet(p)).collect() for p in partitions(folder)]
    return pl.concat(found)


def whole(folder: Path) -> pl.DataFrame:
    """Return the CVs with everything else: ratios, compliance, shortfalls, verdicts, written."""
    with tempfile.TemporaryDirectory(prefix="xuewei-bench-") as name:
        return pl.read_parquet(assess_nation(folder, Path(name)).counties)


WAYS: dict[str, Callable[[Path], pl.DataFrame]] = {"duckdb": by_duckdb, "cv": ours, "all": whole}


def _measured(way: str, folder: Path, send: Any) -> None:
    WAYS[way](folder)  # the files are in memory and the libraries loaded for all alike
    started = time.perf_counter()
    table = WAYS[way](folder)
    taken = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    send.send((taken, peak, table.sort(GROUP).select(CVS).to_numpy()))


def in_its_own_process(way: str, folder: Path) -> tuple[float, float, np.ndarray]:
    """Run one way in a new process: seconds, peak megabytes, the CVs."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_measured, args=(way, folder, there))
    process.start()
    result: tuple[float, float, np.ndarray] = here.recv()
    process.join()
    return result


def compared(quick: bool) -> list[Measurement]:
    """Compare our plan with the plain query."""
    with tempfile.TemporaryDirectory(prefix="xuewei-bench-") as name:
        rows = write_nation(Path(name), quick)
        found = [
            {way: in_its_own_process(way, Path(name)) for way in WAYS}
            for _ in range(1 if quick else ROUNDS)
        ]
    taken = {way: statistics.median(r[way][0] for r in found) for way in WAYS}
    peak = {way: max(r[way][1] for r in found) for way in WAYS}
    last = found[-1]
    apart = max(float(np.abs(last[way][2] - last["duckdb"][2]).max()) for way in ("cv", "all"))
    note = f"{rows:,} rows (schools x years) in {PROVINCES} partitions; medians of {len(found)}"
    plain = {"baseline": taken["duckdb"], "baseline_name": "plain DuckDB query, two passes"}
    return [
        Measurement("weighted CV of the nation", taken["cv"], "s", note=note, **plain),
        Measurement("weighted CV against DuckDB", taken["cv"] / taken["duckdb"], "x", "<= 1.2"),
        Measurement(
            "CV, ratios, compliance, shortfalls, verdicts, written as Parquet",
            taken["all"],
            "s",
            note=note,
            **plain,
        ),
        Measurement("all of it against DuckDB's CV", taken["all"] / taken["duckdb"], "x", "<= 3"),
        Measurement(
            "peak memory of all of it",
            peak["all"],
            "MB",
            "< 1500",
            peak["duckdb"],
            "DuckDB",
            note=f"CV alone {peak['cv']:.0f} MB",
        ),
        Measurement("largest difference of any CV", apart, "", "<= 1e-12"),
    ]


def index(quick: bool) -> Measurement:
    """Time the index of a nation's counties, from a summary of the size a county has."""
    number = COUNTIES // 10 if quick else COUNTIES
    summary = {
        "run": {"name_zh": "某县", "name_en": "Some", "parameters": {"base_year": 2025}},
        **{f"seats_required.{s}.2025": {"value": 9, "unit": "seat"} for s in ("primary", "junior")},
        **{f"further.{n}": {"value": n, "unit": "pupil", "sentence": "x" * 120} for n in range(80)},
    }
    with tempfile.TemporaryDirectory(prefix="xuewei-bench-") as name:
        for county in range(number):
            folder = Path(name) / "reports" / f"c{county:04}_2025_central"
            folder.mkdir(parents=True)
            (folder / "summary.json").write_text(json.dumps(summary), "utf-8")
            (folder / "status.json").write_text('{"state": "done"}', "utf-8")
        taken = seconds(lambda: write_index(Path(name)))
        size = (Path(name) / "reports" / "index.html").stat().st_size / 1e6
    return Measurement(f"index of {number:,} counties", taken, "s", note=f"{size:.1f} MB of HTML")


def run(quick: bool) -> list[Measurement]:
    """Time and weigh our plan beside DuckDB's, and write the index."""
    standards.load("national_2017")
    return [*compared(quick), index(quick)]
