"""How the settings of the forecast were chosen: errors with each changed, whole countries left out.

Usage: XUEWEI_REFERENCE_DATA=... python -m benchmarks.forecast_settings

Every setting is tried at a few values, the others as they are. A table gives the mean change of the
mean absolute percentage error (all levels, 1, 3 and 5 years ahead, rolling origins) by family of
data sets, and the value that would be chosen if that family had not been seen. A second table does
the same for the settings of the bands, with the interval score of the 80 per cent band, and counts
the cells of 40 cases or more whose coverage is within bounds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from analysis.forecast import blend, calibration, entrants, model, ratios, uncertainty
from analysis.forecast.backtest import cases, score_rows
from analysis.forecast.entrants import EntryCandidate
from analysis.forecast.model import CohortModel
from analysis.forecast.tidy import read_tidy
from benchmarks.forecast_accuracy import HORIZONS, Data, held_out, read

FAMILIES = {
    "Taiwan": ("taiwan_counties", "taiwan_townships", "taiwan_schools"),
    "North Dakota": ("north_dakota", "north_dakota_counties", "north_dakota_state"),
    "US states": ("us_states",),
    "England": ("london_boroughs", "england_authorities"),
    "Wisconsin": ("wisconsin_schools",),
}


def _only(common: bool) -> Any:
    kept = np.array([c.common is common for c in ratios.CANDIDATES]) * ratios.PRIOR
    return kept / kept.sum()


def _entry(*decays: float) -> Any:
    """Return a maker of entry candidates with these memories."""

    def made(drivers: tuple[str, ...]) -> tuple[EntryCandidate, ...]:
        every = product(("", *drivers), decays, (0.0, 0.85, 0.93))
        return tuple(EntryCandidate(*c) for c in every if c[0] or c[2] == 0.0)

    return made


#: Setting -> value -> (module, name, value) of what is changed; the first value is the one in use.
SETTINGS: dict[str, dict[str, tuple[Any, str, Any]]] = {
    "departures of grades": {
        "together and apart": (model, "PRIOR", ratios.PRIOR),
        "together only": (model, "PRIOR", _only(True)),
        "apart only": (model, "PRIOR", _only(False)),
    },
    "growth brought into entrants, halved at": {
        "150": (entrants, "GROWTH_ENTRANTS", 150.0),
        "none": (entrants, "GROWTH_ENTRANTS", 1e-9),
        "50": (entrants, "GROWTH_ENTRANTS", 50.0),
        "500": (entrants, "GROWTH_ENTRANTS", 500.0),
    },
    "series far from the cohorts, usual errors": {
        "2.5": (blend, "DEPARTURE", 2.5),
        "1.5": (blend, "DEPARTURE", 1.5),
        "4": (blend, "DEPARTURE", 4.0),
    },
    "weight of the cohorts before the past speaks": {
        "4": (blend, "COHORT_ODDS", 4.0),
        "1": (blend, "COHORT_ODDS", 1.0),
        "12": (blend, "COHORT_ODDS", 12.0),
    },
    "memory of entrants": {
        "0.5, 0.75": (model, "entry_candidates", _entry(0.5, 0.75)),
        "0.5, 0.75, 0.9": (model, "entry_candidates", _entry(0.5, 0.75, 0.9)),
        "0.6, 0.85": (model, "entry_candidates", _entry(0.6, 0.85)),
        "0.35, 0.6": (model, "entry_candidates", _entry(0.35, 0.6)),
    },
    "sharpness of entry weights": {
        "0.7": (model, "ENTRY_SHARPNESS", 0.7),
        "0.35": (model, "ENTRY_SHARPNESS", 0.35),
        "2": (model, "ENTRY_SHARPNESS", 2.0),
    },
    "sharpness of progression weights": {
        "12": (model, "PROGRESSION_SHARPNESS", 12.0),
        "6": (model, "PROGRESSION_SHARPNESS", 6.0),
        "25": (model, "PROGRESSION_SHARPNESS", 25.0),
    },
}
#: The same of the bands.
BAND_SETTINGS: dict[str, dict[str, tuple[Any, str, Any]]] = {
    "quantiles of the reference": {
        "1.20, 2.15": (calibration, "REFERENCE_QUANTILE", {0.8: 1.20, 0.95: 2.15}),
        "1.15, 2.05": (calibration, "REFERENCE_QUANTILE", {0.8: 1.15, 0.95: 2.05}),
        "1.05, 1.90": (calibration, "REFERENCE_QUANTILE", {0.8: 1.05, 0.95: 1.90}),
    },
    "errors they are worth": {
        "8": (calibration, "QUANTILE_PRIOR_ERRORS", 8.0),
        "3": (calibration, "QUANTILE_PRIOR_ERRORS", 3.0),
        "16": (calibration, "QUANTILE_PRIOR_ERRORS", 16.0),
    },
    "origins the reference is worth": {
        "3": (uncertainty, "SHARED_PRIOR_ORIGINS", 3.0),
        "2": (uncertainty, "SHARED_PRIOR_ORIGINS", 2.0),
        "5": (uncertainty, "SHARED_PRIOR_ORIGINS", 5.0),
    },
    "rows the own reference is worth": {
        "25": (uncertainty, "OWN_PRIOR_ROWS", 25.0),
        "100": (uncertainty, "OWN_PRIOR_ROWS", 100.0),
    },
    "weight of the origin a year before": {
        "0.8": (uncertainty, "RECENCY", 0.8),
        "0.65": (uncertainty, "RECENCY", 0.65),
        "0.9": (uncertainty, "RECENCY", 0.9),
    },
}
#: Coverage of these shares counts as held between these per cents, in cells of this many cases.
HELD = {"coverage80": (75, 85), "coverage95": (92, 98)}
FEWEST_CASES = 40


@contextmanager
def changed(module: Any, name: str, value: Any) -> Iterator[None]:
    """Give a module another value for a while."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def log_errors(name: str, data: Data) -> np.ndarray:
    """Return logs of the mean absolute percentage errors by level and years ahead."""
    table = data.table.drop(columns=["level"], errors="ignore")
    panel = read_tidy(table, data.births, data.start_age)[0].panel
    fitted = CohortModel(panel, 5)
    found: dict[tuple[str, int], list[np.ndarray]] = {}
    for place, origin in enumerate(panel.years[:-1]):
        if origin < data.first_origin:
            continue
        pupils = fitted.forecast(origin).pupils
        for level, grades in data.levels.items():
            columns = [panel.grades.index(g) for g in grades]
            series = panel.pupils[:, columns].sum(axis=1)
            for h in HORIZONS.get(name, (1, 3, 5)):
                if place + h >= len(panel.years):
                    continue
                actual, expected = series[:, place + h], pupils[:, columns, h - 1].sum(axis=1)
                good = (series[:, place] >= 30) & (actual > 0) & np.isfinite(expected)
                error = np.abs(expected[good] - actual[good]) / actual[good]
                found.setdefault((level, h), []).append(error)
    return np.log([np.concatenate(errors).mean() for errors in found.values()])


def band_cells(name: str, data: Data) -> list[dict[str, Any]]:
    """Return score rows of our bands by level, years ahead and size band, of enough cases."""
    table = data.table.drop(columns=["level"], errors="ignore")
    panel = read_tidy(table, data.births, data.start_age)[0].panel
    levels = {k: tuple(panel.grades.index(g) for g in v) for k, v in data.levels.items()}
    origins = [year for year in panel.years[:-1] if year >= data.first_origin]
    rows: list[dict[str, Any]] = score_rows(list(cases(panel, levels, methods=(), origins=origins)))
    kept = HORIZONS.get(name, (1, 3, 5))
    return [r for r in rows if r["horizon"] in kept and r["n"] >= FEWEST_CASES]


def held(rows: list[dict[str, Any]], share: str, *, whole: bool) -> int:
    """Count the cells whose coverage, in whole per cents, is within bounds."""
    low, high = HELD[share]
    cells = [r for r in rows if (r["size_band"] == "all") is whole]
    return sum(low <= round(100 * r[share]) <= high for r in cells)


def print_bands(sets: dict[str, Data]) -> None:
    """Print the change of the interval score by family and the cells held, for each setting."""
    heads = " | ".join([*FAMILIES, "all", "80 % held", "95 % held", "of sizes", "of sizes"])
    print(f"\n| setting of bands | value | {heads} |\n|---|---|{'---|' * (len(FAMILIES) + 5)}")
    base: dict[str, float] = {}
    for setting, values in BAND_SETTINGS.items():
        for value, (module, attribute, new) in values.items():
            with changed(module, attribute, new):
                found = {n: band_cells(n, d) for n, d in sets.items()}
            score = {}
            for family, members in FAMILIES.items():
                of_levels = [r for n in members for r in found[n] if r["size_band"] == "all"]
                score[family] = float(np.mean([np.log(r["interval_score"]) for r in of_levels]))
            base = base or score
            change = [100 * (score[f] - base[f]) for f in FAMILIES]
            rows = [r for cells in found.values() for r in cells]
            counts = [held(rows, s, whole=w) for w in (True, False) for s in HELD]
            shown = [*(f"{c:+.2f}" for c in (*change, np.mean(change))), *map(str, counts)]
            print(f"| {setting} | {value} | {' | '.join(shown)} |", flush=True)


def main() -> int:
    """Print the change against the value in use, and the choice without each family."""
    named = os.environ.get("XUEWEI_REFERENCE_DATA")
    if not named:
        print("Set XUEWEI_REFERENCE_DATA to the folder of the reference data.", file=sys.stderr)
        return 2
    sets = {**read(Path(named)), **held_out(Path(named))}
    base = {name: log_errors(name, data) for name, data in sets.items()}
    heads = " | ".join(FAMILIES)
    print(f"| setting | value | {heads} | all |\n|---|---|{'---|' * (len(FAMILIES) + 1)}")
    for setting, values in SETTINGS.items():
        change: dict[str, dict[str, float]] = {}
        for value, (module, attribute, new) in values.items():
            with changed(module, attribute, new):
                by_set = {n: float((log_errors(n, d) - base[n]).mean()) for n, d in sets.items()}
            change[value] = {
                family: float(np.mean([by_set[n] for n in members]))
                for family, members in FAMILIES.items()
            }
            shown = [f"{100 * c:+.2f}" for c in change[value].values()]
            whole = 100 * np.mean(list(change[value].values()))
            print(f"| {setting} | {value} | {' | '.join(shown)} | {whole:+.2f} |")
        chosen = []
        for family in FAMILIES:
            others = {v: sum(c[f] for f in FAMILIES if f != family) for v, c in change.items()}
            chosen.append(min(others, key=lambda v: others[v]))
        print(f"| {setting} | chosen without this one | {' | '.join(chosen)} | |", flush=True)
    print_bands(sets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
