"""How the settings of the forecast were chosen: errors with each changed, whole countries left out.

Usage: XUEWEI_REFERENCE_DATA=... python -m benchmarks.forecast_settings

Every setting is tried at a few values, the others as they are. A table gives the mean change of the
mean absolute percentage error (all levels, 1, 3 and 5 years ahead, rolling origins) by family of
data sets, and the value that would be chosen if that family had not been seen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from analysis.forecast import blend, entrants, model, ratios
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
}


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
    return 0


if __name__ == "__main__":
    sys.exit(main())
