"""Scenarios (情景): readable values, an area's own rows first, and what each of them does."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from analysis.errors import ForecastError
from analysis.forecast.model import PointForecast
from analysis.forecast.panel import Array
from analysis.forecast.progression import project
from analysis.tables import Tables, contract
from analysis.terms import Scenario

SCENARIOS: tuple[str, ...] = tuple(s.value for s in Scenario)


@dataclass(frozen=True)
class Assumption:
    """One assumption with its three values and where each comes from."""

    name: str
    values: Mapping[str, float]
    unit: str
    zh: str
    en: str
    source: str


@cache
def defaults() -> dict[str, Assumption]:
    """Return the tool's own assumptions by name (file ``scenarios.toml``)."""
    path = resources.files("analysis.forecast") / "scenarios.toml"
    document = tomllib.loads(path.read_text("utf-8"))
    return {
        name: Assumption(
            name,
            {s: float(entry[s]) for s in SCENARIOS},
            entry["unit"],
            entry["zh"],
            entry["en"],
            entry["source"],
        )
        for name, entry in document.items()
    }


def scenario_values(tables: Tables, scenario: str) -> dict[str, float]:
    """Return every assumption's value under a scenario; the area's own rows win.

    Raises
    ------
    ForecastError
        ``scenario`` is not low, central or high.
    """
    if scenario not in SCENARIOS:
        msg = f"No scenario {scenario!r}. Known: {', '.join(SCENARIOS)}."
        raise ForecastError(msg)
    values = {name: item.values[scenario] for name, item in defaults().items()}
    own = tables["assumptions"]
    own = own[(own["scenario"] == scenario) & own["assumption"].isin(list(values))]
    for row in own.dropna(subset=["value"]).to_dict("records"):
        values[str(row["assumption"])] = float(row["value"])
    return values


def register(tables: Tables, base_year: int) -> pd.DataFrame:
    """Return the assumption register: every assumption, scenario, value, source and status.

    An own row without a source is ``unsourced``; one past its stated life is ``stale``.
    """
    rows: dict[tuple[str, str], dict[str, object]] = {}
    for name, item in defaults().items():
        for scenario in SCENARIOS:
            rows[name, scenario] = {
                "assumption": name,
                "scenario": scenario,
                "value": item.values[scenario],
                "unit": item.unit,
                "status": "default",
                "source": item.source,
            }
    for row in tables["assumptions"].to_dict("records"):
        status = "own"
        if pd.isna(row["source"]) or not str(row["source"]).strip():
            status = "unsourced"
        until = str(row["valid_until"])[:4]
        if until.isdigit() and int(until) < base_year:
            status = "stale"
        rows[str(row["assumption"]), str(row["scenario"])] = {
            **{str(key): value for key, value in row.items()},
            "status": status,
        }
    return contract("assumption_register").frame(list(rows.values()))


def apply_scenario(
    point: PointForecast, values: Mapping[str, float], housing: Array | None = None
) -> Array:
    """Return pupils ``(A, G, H)`` under a scenario's values.

    Parameters
    ----------
    point
        Central forecast of the cohort model.
    values
        From :func:`scenario_values`.
    housing
        ``(A, G, H)`` pupils from new housing, added to the cohorts.
    """
    panel = point.panel
    horizon = point.entrants.shape[1]
    entrants = point.entrants * values["entry_ratio"]
    unborn = np.array([panel.years[-1] + h for h in range(1, horizon + 1)])
    known = _last_known_entry(point)
    entrants = np.where(
        unborn[None, :] > known[:, None], entrants * values["births_after_known"], entrants
    )
    growth = np.log1p(values["net_migration"])
    log_ratios = point.log_ratios + growth
    if panel.transfer_grade in panel.grades:
        transition = panel.grades.index(panel.transfer_grade or 0)
        if transition < log_ratios.shape[1]:
            log_ratios = log_ratios.copy()
            log_ratios[:, transition] += np.log1p(-values["junior_outflow"])
    current = panel.pupils[:, :, -1]
    pupils = project(current, log_ratios, entrants, point.mixing, point.feeding, point.staying)
    pupils = pupils * point.correction
    return pupils if housing is None else pupils + housing


def _last_known_entry(point: PointForecast) -> Array:
    """Return, per area, the last entry year whose children were counted."""
    panel = point.panel
    last = np.full(len(panel.areas), panel.years[-1])
    for values in panel.drivers.values():
        years = np.array(panel.driver_years)
        known = np.where(np.isfinite(values), years[None, :], panel.years[-1]).max(axis=1)
        last = np.maximum(last, known)
    return last


def without_boom(point: PointForecast, towns: Array) -> PointForecast:
    """Take growth above the pooled ratio out of towns whose new housing is counted by itself.

    Notes
    -----
    Progression ratios above the others' already carry the in-migration of recent developments. A
    town with a housing stream of its own would have it twice (需求之坑 9、10).
    """
    if not towns.any():
        return point
    others = ~towns if (~towns).any() else np.ones_like(towns)
    pooled = np.median(point.log_ratios[others], axis=0)
    capped = np.where(
        towns[:, None, None], np.minimum(point.log_ratios, pooled[None]), point.log_ratios
    )
    return replace(point, log_ratios=capped)
