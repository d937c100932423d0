"""Demand, gap, plan and cost of one area under values a reader moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import capacity, planning
from analysis.config import is_area_name
from analysis.errors import AreaError, ForecastError, ParameterError
from analysis.explorer.levers import LEVERS, lever_values
from analysis.forecast.demand import DemandForecast, demand_tables, forecast_demand
from analysis.forecast.history import read_history
from analysis.forecast.housing import housing_pupils
from analysis.forecast.scenario import apply_scenario, scenario_values
from analysis.standards import Norm, RuleSet
from analysis.store import Run, write_text
from analysis.tables import StepResult, Tables, contract

SCENARIO = "central"
_BANDS = ("lower80", "upper80", "lower95", "upper95")


@dataclass(frozen=True)
class Outcome:
    """Demand and gap of every year, and the plan once it has been asked for."""

    values: Mapping[str, float]
    seat_demand: pd.DataFrame
    seat_gap: pd.DataFrame
    plan: StepResult | None = None


class ScenarioStudy:
    """Fit the forecast of a run once, then answer quickly what a changed assumption does.

    Parameters
    ----------
    run
        An opened run; its tables are read and nothing of it is written.

    Raises
    ------
    ForecastError
        The area has no history of pupils to forecast from.

    Notes
    -----
    Assumptions act on the fitted cohort model, class size and reserve act through the rule set,
    funds multiply the table of funds: the same functions the notebooks call, on changed tables.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        tables, parameters = run.tables, run.parameters
        history = read_history(tables, base_year=parameters.base_year, code=run.area.code)
        if history is None:
            raise ForecastError(
                f"{run.area.name}: no history of pupils, so there is nothing to explore. "
                "The enrolment and schools tables would give it."
            )
        _, fitted = forecast_demand(
            tables, history, end=run.horizon_end, scenario=SCENARIO, paths=2
        )
        self._fitted: DemandForecast = fitted
        self.starts = self._starts()
        self.base = self.outcome({})

    def _starts(self) -> dict[str, float]:
        """Return where each lever stands: the area's own assumptions and rules."""
        own = scenario_values(self.run.tables, SCENARIO)
        starts = {}
        for lever in LEVERS:
            norm = self.run.rules.find(lever.norm, lever.stage) if lever.kind == "norm" else None
            value = own.get(lever.name, lever.start) if norm is None else norm.value
            starts[lever.name] = float(value)
        return starts

    def outcome(self, moved: Mapping[str, float]) -> Outcome:
        """Return demand and gap with some levers moved (under a second).

        Raises
        ------
        ParameterError
            A lever is unknown or moved out of its range.
        """
        values = lever_values(moved, self.starts)
        tables, rules = self._changed(values)
        gap = capacity.seat_gap(
            tables,
            rules=rules,
            base_year=self.run.parameters.base_year,
            horizon_years=self.run.parameters.horizon_years,
            area=self.run.area.code,
        )
        return Outcome(values, tables["seat_demand"], gap)

    def plan(self, moved: Mapping[str, float]) -> Outcome:
        """Return demand, gap and the building plan with some levers moved (some seconds)."""
        values = lever_values(moved, self.starts)
        tables, rules = self._changed(values)
        parameters = self.run.parameters
        gap = capacity.capacity_gap(
            tables,
            rules=rules,
            base_year=parameters.base_year,
            horizon_years=parameters.horizon_years,
            scenario=SCENARIO,
            area=self.run.area.code,
        )
        plan = planning.building_plan(
            tables.with_tables(gap.tables),
            rules=rules,
            base_year=parameters.base_year,
            plan_years=parameters.plan_years,
            horizon_years=parameters.horizon_years,
            scenario=SCENARIO,
            area=self.run.area.code,
        )
        return Outcome(values, tables["seat_demand"], gap["seat_gap"], plan)

    def _changed(self, values: Mapping[str, float]) -> tuple[Tables, RuleSet]:
        fitted = self._fitted
        panel = fitted.history.panel
        assumed = scenario_values(self.run.tables, SCENARIO)
        assumed |= {k: v for k, v in values.items() if k in assumed}
        stream = housing_pupils(
            self.run.tables["housing"],
            panel.areas,
            panel.grades,
            fitted.years,
            realisation=assumed["housing_realisation"],
            delay=assumed["housing_delay"],
        )
        pupils = apply_scenario(fitted.point, assumed, stream)
        made = demand_tables(replace(fitted, scenarios={SCENARIO: pupils}), self.run.area.code)
        # two paths cannot give a band, so none is shown
        seats = made["seat_demand"].assign(**dict.fromkeys(_BANDS, np.nan))
        changed = {
            "seat_demand": seats,
            "grade_demand": made["grade_demand"],
            "demand_paths": contract("demand_paths").empty(),
            "finance": self._funds(values["funds"]),
        }
        return self.run.tables.with_tables(changed), self._rules(values)

    def _funds(self, multiple: float) -> pd.DataFrame:
        finance = self.run.tables["finance"]
        return finance.assign(amount_cny=finance["amount_cny"] * multiple)

    def _rules(self, values: Mapping[str, float]) -> RuleSet:
        norms = [
            Norm(
                name=lever.norm,
                stage=lever.stage,  # type: ignore[arg-type]
                value=values[lever.name],
                source="scenario explorer 情景浏览器",
                grade="local",
            )
            for lever in LEVERS
            if lever.kind == "norm" and values[lever.name] != self.starts[lever.name]
        ]
        return self.run.rules.overridden(norms)

    def save(self, moved: Mapping[str, float], name: str, *, scenario: str = SCENARIO) -> Path:
        """Write the moved assumptions as a file of the area; the next run reads it.

        Parameters
        ----------
        moved
            Levers and values; only assumptions are saved, norms belong into ``area.toml``.
        name
            Becomes part of the file's name.
        scenario
            Scenario whose values they become.

        Raises
        ------
        ParameterError
            Nothing was moved, the name cannot be part of a file name, or the area already states
            one of the assumptions for that scenario: its file is not overruled in silence.
        AreaError
            A file of that name exists.
        """
        values = lever_values(moved, self.starts)
        kept = {
            lever.name: values[lever.name]
            for lever in LEVERS
            if lever.kind == "assumption" and values[lever.name] != self.starts[lever.name]
        }
        if not is_area_name(name):
            raise ParameterError(
                f"{name!r}: 名称只能用字母、数字、-、_。 Letters, digits, - and _."
            )
        if not kept:
            raise ParameterError("没有改动任何假设。 No assumption was moved.")
        own = self.run.tables["assumptions"]
        there = own[(own["scenario"] == scenario) & own["assumption"].isin(list(kept))]
        if not there.empty:
            rows = there.to_dict("records")
            places = "; ".join(f"{row['assumption']}: {row['source']}" for row in rows)
            raise ParameterError(
                f"已有同名假设，请在原处修改。 Already stated, change it there: {places}"
            )
        path = self.run.root / "data" / "raw" / self.run.area.name / f"假设登记_{name}.csv"
        if path.exists():
            raise AreaError(f"{path.name} 已存在，没有改动。 It exists; nothing was changed.")
        lines = ["假设,情景,取值,来源"]
        lines += [f"{k},{scenario},{v!r},情景浏览器 {name}" for k, v in kept.items()]
        return write_text(path, "\n".join(lines) + "\n")
