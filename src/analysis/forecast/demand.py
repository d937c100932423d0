"""Seat demand (学位需求) of an area: the question notebook 40 asks, answered from its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.forecast.calibration import CalibratedCohort
from analysis.forecast.credibility import accuracy_tables, input_ages
from analysis.forecast.drivers import is_shared
from analysis.forecast.effects import assumption_effects
from analysis.forecast.history import History, area_code, read_history
from analysis.forecast.housing import housing_pupils, placed
from analysis.forecast.model import PointForecast
from analysis.forecast.norm_tables import norm_comparison, norm_demand
from analysis.forecast.panel import Array
from analysis.forecast.paths import PATHS, SEED, StageMap, quantile_band, simulate
from analysis.forecast.peaks import demand_peaks
from analysis.forecast.scenario import (
    SCENARIOS,
    apply_scenario,
    register,
    scenario_values,
    without_boom,
)
from analysis.forecast.totals import series_rows
from analysis.forecast.uncertainty import ErrorProfile
from analysis.standards import RuleSet
from analysis.tables import Note, StepResult, Tables, contract
from analysis.terms import STAGE_GRADES, stage_of_grade

#: Fewer school years than this give no interval of the area's own.
YEARS_FOR_OWN_INTERVAL = 4
#: Years ahead at which past forecasts are judged.
JUDGED_AHEAD = 5


@dataclass(frozen=True)
class DemandForecast:
    """Everything the result tables are cut from.

    ``scenarios`` maps each scenario to pupils ``(A, G, H)``; ``paths`` ``(P, A, G, H)`` belong to
    the chosen scenario.
    """

    history: History
    point: PointForecast
    scenarios: Mapping[str, Array]
    profile: ErrorProfile
    paths: Array
    chosen: str
    own_interval: bool

    @property
    def years(self) -> tuple[int, ...]:
        """School years ahead."""
        last = self.history.panel.years[-1]
        return tuple(last + h for h in range(1, self.paths.shape[3] + 1))


def seat_demand(
    tables: Tables,
    *,
    rules: RuleSet,
    base_year: int,
    horizon_years: int = 10,
    scenario: str = "central",
    area: str = "",
    births_basis: str = "",
    paths: int = PATHS,
    seed: int = SEED,
) -> StepResult:
    """Forecast seats required by town, stage, grade and school year (学位需求预测).

    Parameters
    ----------
    tables
        Uses what is there of ``enrolment`` + ``schools`` (or ``totals``), ``births``, ``flows``,
        ``housing``, ``population``, ``towns``, ``assumptions``.
    rules
        Planning norms ``seats_per_thousand`` and ``seats_population_basis``.
    base_year
        Last school year that may be used; ``horizon_years`` are counted from it.
    horizon_years
        Years ahead.
    scenario
        Scenario of ``demand_paths``; every scenario is in the other tables with equal prominence.
    area
        Code of the county.
    births_basis
        Basis of the births to use where several are given; by default the one with most rows.
    paths, seed
        Number and seed of the simulated paths.

    Returns
    -------
    StepResult
        ``seat_demand``, ``grade_demand``, ``demand_paths``, ``norm_demand``, ``norm_comparison``,
        ``demand_peaks``, ``forecast_accuracy``, ``forecast_vintages``, ``assumption_register``,
        ``assumption_effects``, ``entry_ratios``, ``structural_breaks``, ``input_ages``. What
        cannot be computed is empty, and a note names the table that would give it.
    """
    code = area_code(tables, area)
    norms = norm_demand(tables, rules=rules, base_year=base_year, code=code)
    result: dict[str, pd.DataFrame] = {
        "norm_demand": norms,
        "assumption_register": register(tables, base_year),
        "input_ages": input_ages(tables, base_year),
    }
    notes: list[Note] = []
    if norms.empty:
        notes.append(Note("forecast.no_population", {}, ("population",), "gap"))
    history = read_history(tables, base_year=base_year, code=code, births_basis=births_basis)
    end = base_year + horizon_years
    if history is None:
        notes.append(Note("forecast.no_history", {}, ("enrolment", "schools", "births"), "gap"))
        empty = ("seat_demand", "grade_demand", "demand_paths", "demand_peaks", "entry_ratios")
        judged = ("forecast_accuracy", "forecast_vintages", "structural_breaks")
        for name in (*empty, *judged, "assumption_effects"):
            result[name] = contract(name).empty()
        rest = series_rows(tables, base_year=base_year, end=end, code=code)
        if rest:
            notes.append(_series_note(rest))
            result["seat_demand"] = contract("seat_demand").frame(rest)
        result["norm_comparison"] = norm_comparison(
            norms, result["seat_demand"], tables, rules, base_year, code
        )
        return StepResult(result, tuple(notes))
    notes += history.notes
    model, forecast = forecast_demand(
        tables, history, end=end, scenario=scenario, paths=paths, seed=seed
    )
    if not forecast.own_interval:
        notes.append(
            Note(
                "forecast.no_own_interval",
                {"years": len(history.panel.years), "needed": YEARS_FOR_OWN_INTERVAL},
                ("enrolment",),
                "caution",
            )
        )
    result |= demand_tables(forecast, code)
    if not history.by_town:
        made = result["seat_demand"]
        done = set(zip(made["area_id"], made["stage"], strict=True))
        rest = series_rows(tables, base_year=base_year, end=end, code=code, done=done)
        if rest:
            notes.append(_series_note(rest))
            both = pd.concat([made, contract("seat_demand").frame(rest)], ignore_index=True)
            result["seat_demand"] = contract("seat_demand").frame(both)
    result["demand_peaks"] = demand_peaks(forecast, code)
    result |= accuracy_tables(model, history, code, tables, base_year)
    result["assumption_effects"] = assumption_effects(
        tables, history, forecast.point, end, _class_caps(rules)
    )
    result["norm_comparison"] = norm_comparison(
        norms, result["seat_demand"], tables, rules, base_year, code
    )
    return StepResult(result, tuple(notes))


def _series_note(rows: Sequence[Mapping[str, object]]) -> Note:
    places = {(row["area_id"], row["stage"]) for row in rows}
    return Note(
        "forecast.series_alone", {"series": len(places)}, ("enrolment", "schools"), "caution"
    )


def _class_caps(rules: RuleSet) -> dict[str, float]:
    found = {stage: rules.find("class_size_max", stage) for stage in STAGE_GRADES}
    return {
        stage: float(norm.value)
        for stage, norm in found.items()
        if norm is not None and not isinstance(norm.value, str)
    }


def forecast_demand(
    tables: Tables,
    history: History,
    *,
    end: int,
    scenario: str,
    paths: int = PATHS,
    seed: int = SEED,
) -> tuple[CalibratedCohort, DemandForecast]:
    """Fit, project every scenario and simulate the chosen one."""
    panel = history.panel
    horizon = max(end - panel.years[-1], 1)
    stages = StageMap(tuple(history.columns(stage) for stage in history.stages))
    levels = dict(zip(history.stages, stages.columns, strict=True))
    calibrated = CalibratedCohort(panel, levels, max(horizon, JUDGED_AHEAD))
    model = calibrated.model
    point = shortened(model.forecast(), horizon)
    sites = tables["housing"]
    future = tuple(panel.years[-1] + h for h in range(1, horizon + 1))
    if not sites.empty:
        coming = sites[(sites["last_year"] >= future[0]) & sites["probability"].notna()]
        point = without_boom(point, np.isin(np.array(panel.areas), list(coming["town_id"])))
    scenarios = {}
    for name in SCENARIOS:
        values = scenario_values(tables, name)
        stream = housing_pupils(
            sites,
            panel.areas,
            panel.grades,
            future,
            realisation=values["housing_realisation"],
            delay=values["housing_delay"],
        )
        scenarios[name] = apply_scenario(point, values, placed(stream, point.mixing))
    base = np.stack([panel.pupils[:, c, -1].sum(axis=1) for c in stages.columns], axis=1)
    profile = calibrated.calibrated_profile(panel.years[-1]).until(horizon)
    blocks = simulate(scenarios[scenario], base, stages, profile, paths=paths, seed=seed)
    simulated = np.concatenate([part for _, part in blocks], axis=1)
    own = len(panel.years) >= YEARS_FOR_OWN_INTERVAL and profile.origins > 0
    return calibrated, DemandForecast(history, point, scenarios, profile, simulated, scenario, own)


def shortened(point: PointForecast, horizon: int) -> PointForecast:
    """Cut a point forecast to ``horizon`` years."""
    return replace(
        point,
        pupils=point.pupils[:, :, :horizon],
        log_ratios=point.log_ratios[:, :, :horizon],
        entrants=point.entrants[:, :horizon],
        correction=point.correction[:, :, :horizon],
    )


def demand_tables(forecast: DemandForecast, code: str) -> dict[str, pd.DataFrame]:
    """Cut ``seat_demand``, ``grade_demand``, ``demand_paths`` and ``entry_ratios``."""
    return {
        "seat_demand": _seat_table(forecast, code),
        "grade_demand": _grade_table(forecast, code),
        "demand_paths": _paths_table(forecast),
        "entry_ratios": _entry_table(forecast, code),
    }


def _places(forecast: DemandForecast, code: str) -> list[tuple[str, str, Array]]:
    """Return (level, area_id, rows of the panel) of each place of the results."""
    areas = forecast.history.panel.areas
    county = [("county", code, np.arange(len(areas)))]
    if not forecast.history.by_town:
        return county
    return county + [("town", area, np.array([i])) for i, area in enumerate(areas)]


def _seat_table(forecast: DemandForecast, code: str) -> pd.DataFrame:
    panel = forecast.history.panel
    central = forecast.scenarios[forecast.chosen]
    method = "cohort" if forecast.own_interval else "cohort_reference"
    rows: list[dict[str, object]] = []
    for level, area, index in _places(forecast, code):
        for stage in forecast.history.stages:
            columns = list(forecast.history.columns(stage))
            now = float(panel.pupils[index][:, columns, -1].sum())
            simulated = forecast.paths[:, index][:, :, columns].sum(axis=(1, 2))
            middle = central[index][:, columns].sum(axis=(0, 1))
            bands = [quantile_band(simulated, middle, share) for share in (0.8, 0.95)]
            relative = [[b / np.maximum(middle, 1e-9) for b in pair] for pair in bands]
            for scenario, pupils in forecast.scenarios.items():
                key = {"level": level, "area_id": area, "stage": stage, "scenario": scenario}
                names = ("pupils", "lower80", "upper80", "lower95", "upper95")
                rows.append(
                    {**key, "school_year": panel.years[-1], "method": "observed"}
                    | dict.fromkeys(names, now)
                )
                value = pupils[index][:, columns].sum(axis=(0, 1))
                for h, year in enumerate(forecast.years):
                    factors = [1.0, *(r[h] for pair in relative for r in pair)]
                    rows.append(
                        {**key, "school_year": year, "method": method}
                        | {n: value[h] * f for n, f in zip(names, factors, strict=True)}
                    )
    return contract("seat_demand").frame(rows)


def _grade_table(forecast: DemandForecast, code: str) -> pd.DataFrame:
    panel = forecast.history.panel
    years = np.array([panel.years[-1], *forecast.years])
    frames = []
    for scenario, pupils in forecast.scenarios.items():
        values = np.concatenate([panel.pupils[:, :, -1:], pupils], axis=2)
        for level, area, index in _places(forecast, code):
            part = values[index].sum(axis=0)
            kept = [g for s in forecast.history.stages for g in STAGE_GRADES[s]]
            frames.append(
                pd.DataFrame(
                    {
                        "level": level,
                        "area_id": area,
                        "stage": np.repeat([str(stage_of_grade(g)) for g in kept], len(years)),
                        "grade": np.repeat(kept, len(years)),
                        "school_year": np.tile(years, len(kept)),
                        "scenario": scenario,
                        "pupils": part[[panel.grades.index(g) for g in kept]].reshape(-1),
                    }
                )
            )
    return contract("grade_demand").frame(pd.concat(frames, ignore_index=True))


def _paths_table(forecast: DemandForecast) -> pd.DataFrame:
    """Return the paths in the order of the table's key: a million rows are checked in passing."""
    panel = forecast.history.panel
    grades = sorted(
        (stage, grade) for stage in forecast.history.stages for grade in STAGE_GRADES[stage]
    )
    kept = [panel.grades.index(grade) for _, grade in grades]
    values = np.transpose(forecast.paths[:, :, kept, :], (1, 2, 3, 0))
    axes: tuple[Sequence[object], ...] = (
        panel.areas,
        grades,
        forecast.years,
        range(forecast.paths.shape[0]),
    )

    def spread(items: Sequence[object], axis: int) -> pd.Series[Any]:
        shape = [1, 1, 1, 1]
        shape[axis] = len(items)
        codes = np.arange(len(items), dtype=np.int32).reshape(shape)
        place = np.broadcast_to(codes, values.shape).reshape(-1)
        named: pd.Series[Any] = pd.Series(list(items)).take(place)
        return named.reset_index(drop=True)

    return pd.DataFrame(
        {
            "town_id": spread(axes[0], 0),
            "stage": spread([stage for stage, _ in grades], 1),
            "grade": spread([grade for _, grade in grades], 1),
            "school_year": spread(axes[2], 2),
            "path": spread(axes[3], 3),
            "pupils": values.reshape(-1).astype(np.float64),
        }
    )


def _entry_table(forecast: DemandForecast, code: str) -> pd.DataFrame:
    panel = forecast.history.panel
    weight = forecast.point.driver_weight()
    rows: list[dict[str, object]] = []
    for name in panel.drivers:
        children = panel.driver(name, len(forecast.years))
        entrants = np.concatenate([panel.pupils[:, 0, :], forecast.point.pupils[:, 0, :]], axis=1)
        for level, area, index in _places(forecast, code):
            cohort = children[index[0]] if is_shared(name) else children[index].sum(axis=0)
            total = entrants[index].sum(axis=0)
            for i, year in enumerate((*panel.years, *forecast.years)):
                if np.isfinite(cohort[i]) and cohort[i] > 0:
                    rows.append(
                        {
                            "level": level,
                            "area_id": area,
                            "school_year": year,
                            "driver": name,
                            "children": cohort[i],
                            "entrants": total[i],
                            "entry_ratio": total[i] / cohort[i],
                            "driver_weight": float(weight[index].mean()),
                        }
                    )
    return contract("entry_ratios").frame(rows)
