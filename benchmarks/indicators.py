"""National scale: ratios, compliance and CV of 250 000 schools over 10 years, by county and year.

Our plan (:func:`analysis.indicators.national`) beside pandas groupby-apply written as an analyst
would, in the same run; the same numbers to 1e-12; peak memory of each in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import time

import numpy as np
import pandas as pd
import polars as pl

from analysis import standards
from analysis.indicators import national
from analysis.indicators.definitions import SEVEN
from benchmarks.protocol import Measurement

SCHOOLS, YEARS, COUNTIES, SEED = 250_000, 10, 2_800, 20_25
GROUP = ["county_id", "school_year", "stage"]


def schools(quick: bool) -> dict[str, np.ndarray]:
    """Return invented schools: 2 800 counties, sizes and resources drawn from wide laws."""
    random = np.random.default_rng(SEED)
    count = SCHOOLS // 10 if quick else SCHOOLS
    counties = COUNTIES // 10 if quick else COUNTIES
    rows = count * YEARS
    pupils = np.round(np.exp(random.normal(5.8, 1.0, rows))).clip(5, 4000)
    data = {
        "county_id": np.tile(random.integers(0, counties, count), YEARS),
        "school_year": np.repeat(np.arange(2016, 2016 + YEARS), count),
        "stage": np.tile(np.where(random.random(count) < 0.75, "primary", "junior"), YEARS),
        "school_id": np.tile(np.arange(count), YEARS),
        "pupils": pupils,
    }
    means = (6.5, 1.3, 1.1, 6.0, 9.5, 2600.0, 3.0)
    for indicator, mean in zip(SEVEN, means, strict=True):
        spread = np.exp(random.normal(0, 0.35, rows))
        data[indicator.resource] = mean * spread * pupils / indicator.factor
    return data


def one_group(group: pd.DataFrame) -> pd.Series:
    """Return the CVs and counts of one county, year and stage: what groupby-apply calls."""
    rules = standards.load("national_2017")
    stage = group["stage"].iloc[0]
    pupils = group["pupils"].to_numpy()
    met = np.zeros(len(group))
    lowest = np.full(len(group), np.inf)
    found = {}
    for indicator in SEVEN:
        resources = group[indicator.resource].to_numpy()
        values = resources / pupils
        ratio = indicator.factor * values / rules.value(indicator.threshold_name, stage)
        met += ratio >= 1 - 1e-9
        lowest = np.minimum(lowest, ratio)
        mean = resources.sum() / pupils.sum()
        found[f"cv_{indicator.code}"] = (
            np.sqrt((pupils * (values - mean) ** 2).sum() / pupils.sum()) / mean
        )
    found["schools_met"] = float(((met >= 6) & (lowest >= 0.85 - 1e-9)).sum())
    return pd.Series(found)


def ours(data: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return our county table."""
    result = national(pl.DataFrame(data), standards.load("national_2017"))
    return result.counties.to_pandas().set_index(GROUP).sort_index()


def pandas_apply(data: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return the same by pandas groupby-apply."""
    frame = pd.DataFrame(data).assign(key_stage=data["stage"])
    keys = ["county_id", "school_year", "key_stage"]
    table = frame.groupby(keys)[list(data)].apply(one_group)
    table.index = table.index.set_names(GROUP)
    return table.sort_index()


def _measured(name: str, quick: bool, send: object) -> None:
    data = schools(quick)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.perf_counter()
    table = {"ours": ours, "pandas": pandas_apply}[name](data)
    taken = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    columns = [f"cv_{i.code}" for i in SEVEN] + ["schools_met"]
    send.send((taken, peak, held, table[columns]))  # type: ignore[attr-defined]


def _in_its_own_process(name: str, quick: bool) -> tuple[float, float, float, pd.DataFrame]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_measured, args=(name, quick, there))
    process.start()
    result = here.recv()
    process.join()
    return result


def run(quick: bool) -> list[Measurement]:
    """Time and weigh both ways, and compare their numbers."""
    rows = (SCHOOLS // 10 if quick else SCHOOLS) * YEARS
    taken, peak, held, table = _in_its_own_process("ours", quick)
    slow, slow_peak, slow_held, other = _in_its_own_process("pandas", quick)
    same = table.index.equals(other.index)
    distance = float(np.abs(table.to_numpy(float) - other.to_numpy(float)).max()) if same else 1.0
    size = f"{rows:,} rows (schools x years)"
    return [
        Measurement(
            f"ratios, compliance and CV by county and year, {size}",
            taken,
            "s",
            baseline=slow,
            baseline_name="pandas groupby-apply",
            note=f"{len(table):,} groups; {slow / taken:.1f} times as fast",
        ),
        Measurement(
            "peak memory, input included",
            peak,
            "MB",
            baseline=slow_peak,
            baseline_name="pandas groupby-apply",
            note=f"after building the input: {held:,.0f} and {slow_held:,.0f} MB",
        ),
        Measurement("largest difference of any CV or count", distance, "", target="<= 1e-12"),
    ]
