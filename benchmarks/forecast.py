"""Speed of the forecast: simulated towns of a nation, one county, a backtest, series models.

The nation is simulated in blocks (a child process, so that its peak memory can be read) and, beside
it, town by town in a Python loop on a sample, scaled up. Series models are fitted to a sample of
the same towns' totals.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis import forecast, standards
from analysis.forecast.panel import Array, Panel
from analysis.forecast.paths import StageMap, simulate, stage_quantiles
from analysis.forecast.series_models import Arima, ExponentialSmoothing
from analysis.forecast.uncertainty import error_profile
from analysis.tables import Tables, contract
from benchmarks.protocol import Measurement, interleaved, peak_megabytes, seconds

TOWNS, GRADES, PATHS, YEARS = 40_000, 9, 1_000, 10
STAGES = StageMap((tuple(range(6)), (6, 7, 8)))
SHARES = (0.025, 0.1, 0.5, 0.9, 0.975)
WORKERS = 2


def nation(towns: int) -> tuple[Array, Array]:
    """Return central pupils ``(A, G, H)`` and pupils of each stage now ``(A, S)``."""
    random = np.random.default_rng(1)
    size = random.uniform(30, 300, (towns, 1, 1))
    central = (
        size * (1 + 0.2 * np.sin(np.arange(YEARS) / 3))[None, None, :] * np.ones((1, GRADES, 1))
    )
    base = np.stack([central[:, list(c), 0].sum(axis=1) for c in STAGES.columns], axis=1)
    return central, base


def in_blocks(towns: int, workers: int = WORKERS) -> Array:
    """Simulate every town and keep quantiles by stage, ``(Q, A, S, H)``."""
    central, base = nation(towns)
    profile = error_profile({}, base, origin=2024, horizon=YEARS)
    result = np.empty((len(SHARES), towns, len(STAGES.columns), YEARS), dtype=np.float32)
    for part, paths in simulate(central, base, STAGES, profile, paths=PATHS, workers=workers):
        for s, columns in enumerate(STAGES.columns):
            result[:, part, s] = stage_quantiles(paths, columns, SHARES)
    return result


def town_by_town(towns: int) -> Array:
    """Do the same the plain way: a Python loop over towns and grades."""
    central, base = nation(towns)
    profile = error_profile({}, base, origin=2024, horizon=YEARS)
    random = np.random.default_rng(2)
    common = np.cumsum(random.normal(0, 1, (PATHS, YEARS)), axis=1) * profile.shared[0] / 2
    result = np.empty((len(SHARES), towns, len(STAGES.columns), YEARS))
    for town in range(towns):
        for s, columns in enumerate(STAGES.columns):
            own = profile.own(s, base[town : town + 1, s])[0]
            total = np.zeros((PATHS, YEARS))
            for grade in columns:
                steps = np.cumsum(random.normal(0, 1, (PATHS, YEARS)), axis=1)
                total += central[town, grade] * np.exp(common + steps * own / 2)
            result[:, town, s] = np.quantile(total, SHARES, axis=0)
    return result


def county(towns: int = 12, years: int = 12) -> Tables:
    """Return a county of schools with births, as one briefing has it."""
    random = np.random.default_rng(5)
    grades, first = range(1, 10), 2024 - years + 1
    rows = []
    for town in range(towns):
        size = random.uniform(40, 400)
        for year in range(first, 2025):
            for grade in grades:
                cohort = size * (1 + 0.2 * np.sin((year - grade) / 4))
                rows.append((f"S{town}", year, grade, float(random.poisson(cohort)), 5.0))
    columns = ["school_id", "school_year", "grade", "pupils", "classes"]
    ids = [f"S{town}" for town in range(towns)]
    schools = pd.DataFrame(
        {"school_id": ids, "school_name": ids, "town_id": [f"T{i}" for i in range(towns)]}
    )
    births = [
        {"town_id": "C", "year": y, "month": 0, "basis": "resident", "births": 2_000.0 - 10 * i}
        for i, y in enumerate(range(first - 8, 2025))
    ]
    return Tables(
        {
            "enrolment": contract("enrolment").frame(pd.DataFrame(rows, columns=columns)),
            "schools": contract("schools").frame(schools.assign(kind="nine_year")),
            "births": contract("births").frame(births),
        }
    )


def tidy(areas: int) -> pd.DataFrame:
    """Return a tidy table of 17 years and 13 grades."""
    random = np.random.default_rng(3)
    index = pd.MultiIndex.from_product(
        [[f"A{i}" for i in range(areas)], range(13), range(2005, 2022)],
        names=["area_id", "grade", "year"],
    )
    size = np.repeat(random.uniform(20, 300, areas), 13 * 17)
    return pd.DataFrame(
        {"enrolment": random.poisson(size).astype(float)}, index=index
    ).reset_index()


def _child(towns: int) -> tuple[float, float, float]:
    """Run the nation in a process of its own; return seconds, processor seconds, peak MB."""
    code = (
        "import sys, time\n"
        "from benchmarks import forecast as room\n"
        "from benchmarks.protocol import peak_megabytes\n"
        "start = time.perf_counter()\n"
        "room.in_blocks(int(sys.argv[1]))\n"
        "print(time.perf_counter() - start, time.process_time(), peak_megabytes())\n"
    )
    command = [sys.executable, "-c", code, str(towns)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(out[0]), float(out[1]), float(out[2])


def _series_seconds(method: ExponentialSmoothing | Arima, towns: int) -> float:
    central, _ = nation(towns)
    panel = Panel(
        tuple(map(str, range(towns))),
        tuple(range(1, GRADES + 1)),
        tuple(range(2010, 2010 + YEARS)),
        central * np.random.default_rng(4).uniform(0.95, 1.05, central.shape),
    )
    work: Callable[[], object] = lambda: method.fit(panel, 5).point(STAGES.columns[0])  # noqa: E731
    return seconds(work)


def run(quick: bool) -> list[Measurement]:
    """Measure; ``quick`` takes a twentieth of the towns and scales up."""
    share = 20 if quick else 1
    taken, busy, peak = _child(TOWNS // share)
    sample = 20 if quick else 100
    plain = seconds(lambda: town_by_town(sample)) * TOWNS / sample
    scaled = f"{TOWNS // share:,} towns scaled up" if quick else "all towns"
    name = f"{TOWNS:,} towns x {GRADES} grades x {PATHS:,} paths x {YEARS} years, quantiles"
    tables, rules = county(), standards.load("national_2017")

    def one_county() -> object:
        return forecast.seat_demand(tables, rules=rules, base_year=2024, area="C")

    one_county()
    once = interleaved({"county": one_county}, rounds=3)["county"]
    areas = 40 if quick else 200
    started = time.perf_counter()
    forecast.backtest_report(tidy(areas))
    judged = (time.perf_counter() - started) * 200 / areas
    fits = 5 if quick else 20
    found = [
        Measurement(
            name,
            taken * share,
            "s",
            "<= 40",
            plain,
            f"Python loop over towns ({sample} towns scaled up)",
            f"{scaled}, {WORKERS} threads; wall time, so other work on the machine counts",
        ),
        Measurement(
            "processor time of the same, both threads",
            busy * share,
            "s",
            "<= 80",
            note="what two idle cores share: half of it is the wall time there",
        ),
        Measurement("peak memory of the same", peak, "MB", "<= 1000"),
        Measurement("one county, 12 towns, every table of notebook 40", once, "s", "<= 1"),
        Measurement("backtest of 200 areas x 17 years x 13 grades", judged, "s", "<= 120"),
    ]
    for method in (ExponentialSmoothing(), Arima()):
        each = _series_seconds(method, fits) / fits
        found.append(
            Measurement(
                f"{method.name}: point forecasts of {TOWNS:,} towns x 2 stages",
                each * TOWNS * 2,
                "s",
                note=f"{fits} fits scaled up; statsforecast is not part of the environment",
            )
        )
    found.append(Measurement("peak memory of this process", peak_megabytes(), "MB"))
    return found
