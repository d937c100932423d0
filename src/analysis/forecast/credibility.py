"""How wrong the forecast usually is here (预测可信度): past forecasts against what came."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.forecast.history import History
from analysis.forecast.model import CohortModel
from analysis.forecast.panel import Array
from analysis.forecast.regime import structural_breaks
from analysis.forecast.uncertainty import error_profile
from analysis.tables import Tables, contract

#: Errors of published practice, as fractions: mean absolute error by stage and years ahead.
#: England: local authorities' own forecasts (DfE school places scorecards, releases 2019 to 2025,
#: recomputed), lowest and highest release. United States: NCES Projections to 2022, mean of ten
#: states, PK-12.
PUBLISHED: tuple[tuple[str, str, int, float], ...] = (
    ("published_england_low", "primary", 1, 0.0084),
    ("published_england_high", "primary", 1, 0.0142),
    ("published_england_low", "primary", 3, 0.0229),
    ("published_england_high", "primary", 3, 0.0302),
    ("published_england_low", "junior", 1, 0.0108),
    ("published_england_high", "junior", 1, 0.0148),
    ("published_england_low", "junior", 3, 0.0199),
    ("published_england_high", "junior", 3, 0.0345),
    ("published_nces_states", "primary", 1, 0.0081),
    ("published_nces_states", "primary", 3, 0.0145),
    ("published_nces_states", "primary", 5, 0.0194),
    ("published_nces_states", "junior", 1, 0.0081),
    ("published_nces_states", "junior", 3, 0.0145),
    ("published_nces_states", "junior", 5, 0.0194),
)
Z80, Z95 = 1.2816, 1.9600
_INPUTS = (
    ("enrolment", "school_year"),
    ("totals", "school_year"),
    ("births", "year"),
    ("under_six", "year"),
    ("population", "year"),
    ("flows", "school_year"),
    ("facilities", "school_year"),
    ("teachers", "school_year"),
)


def input_ages(tables: Tables, base_year: int) -> pd.DataFrame:
    """Return the years each input table covers and how old its latest year is."""
    rows = []
    for name, column in _INPUTS:
        years = tables[name][column]
        if len(years):
            rows.append(
                {
                    "table": name,
                    "first_year": int(years.min()),
                    "last_year": int(years.max()),
                    "years": int(years.nunique()),
                    "age_years": base_year - int(years.max()),
                }
            )
    return contract("input_ages").frame(rows)


def accuracy_tables(
    model: CohortModel, history: History, errors: Mapping[int, Array], code: str
) -> dict[str, pd.DataFrame]:
    """Return ``forecast_accuracy``, ``forecast_vintages`` and ``structural_breaks``.

    Parameters
    ----------
    model
        Model on the whole known history.
    history
        Where it came from.
    errors
        Past errors, :func:`analysis.forecast.uncertainty.past_errors`.
    code
        The county's code.
    """
    rows = list(_cases(model, history, errors, code))
    vintages = pd.DataFrame(rows)
    accuracy = [] if vintages.empty else _accuracy_rows(vintages)
    accuracy += [
        {
            "level": "county",
            "stage": stage,
            "horizon": h,
            "method": name,
            "n": 0,
            "origins": 0,
            "mape": value,
        }
        for name, stage, h, value in PUBLISHED
        if stage in history.stages
    ]
    kept = contract("forecast_vintages")
    if vintages.empty:
        table = kept.empty()
    else:
        ours = vintages[vintages["method"] == "cohort"].rename(
            columns={"forecast": "forecast_pupils", "actual": "pupils"}
        )
        ours = ours.assign(signed_error=ours["forecast_pupils"] / ours["pupils"] - 1)
        table = kept.frame(ours[kept.names])
    return {
        "forecast_accuracy": contract("forecast_accuracy").frame(accuracy),
        "forecast_vintages": table,
        "structural_breaks": structural_breaks(history, code),
    }


def _cases(
    model: CohortModel, history: History, errors: Mapping[int, Array], code: str
) -> list[dict[str, object]]:
    """Return one row per method, place, stage, past origin and year ahead."""
    panel = model.panel
    rows: list[dict[str, object]] = []
    for origin in sorted(errors):
        place = panel.years.index(origin)
        forecast = model.forecast(origin).pupils
        for s, stage in enumerate(history.stages):
            columns = list(history.columns(stage))
            observed = panel.pupils[:, columns].sum(axis=1)  # (A, T)
            ahead = min(model.horizon, 5, len(panel.years) - 1 - place)
            past = observed[:, : place + 1]
            drift = (past[:, -1] - past[:, 0]) / max(place, 1)
            profile = error_profile(
                {k: v for k, v in errors.items() if k < origin} or {},
                np.stack(
                    [
                        panel.pupils[:, list(history.columns(x)), place].sum(axis=1)
                        for x in history.stages
                    ],
                    axis=1,
                ),
                origin=origin,
                horizon=model.horizon,
            )
            shared = profile.shared[s]
            own = profile.own(s, past[:, -1])
            for h in range(1, ahead + 1):
                ours = forecast[:, columns, h - 1].sum(axis=1)
                actual = observed[:, place + h]
                common = {
                    "stage": stage,
                    "origin_year": origin,
                    "school_year": origin + h,
                    "horizon": h,
                }
                choices = {
                    "cohort": ours,
                    "naive": past[:, -1],
                    "drift": np.maximum(past[:, -1] + h * drift, 0.0),
                }
                if history.by_town:
                    spread = np.hypot(shared[h - 1], own[:, h - 1])
                    for a, area in enumerate(panel.areas):
                        rows += _one(common, "town", area, choices, actual, a, spread[a])
                weight = past[:, -1] / max(past[:, -1].sum(), 1e-9)
                county = np.sqrt(shared[h - 1] ** 2 + ((weight * own[:, h - 1]) ** 2).sum())
                whole = {name: values.sum(keepdims=True) for name, values in choices.items()}
                rows += _one(common, "county", code, whole, actual.sum(keepdims=True), 0, county)
    return rows


def _one(
    common: Mapping[str, object],
    level: str,
    area: str,
    choices: Mapping[str, Array],
    actual: Array,
    place: int,
    spread: float,
) -> list[dict[str, object]]:
    value = float(actual[place])
    if not np.isfinite(value) or value <= 0:
        return []
    rows: list[dict[str, object]] = []
    for method, values in choices.items():
        centre = float(values[place])
        band = spread if method == "cohort" else np.nan
        rows.append(
            {
                **common,
                "level": level,
                "area_id": area,
                "method": method,
                "forecast": centre,
                "actual": value,
                "spread": band,
            }
        )
    return rows


def _accuracy_rows(cases: pd.DataFrame) -> list[dict[str, object]]:
    """Average the cases by level, stage, years ahead and method."""
    rows = []
    for key, group in cases.groupby(["level", "stage", "horizon", "method"], sort=True):
        error = group["forecast"] - group["actual"]
        record: dict[str, object] = dict(
            zip(("level", "stage", "horizon", "method"), key, strict=True)
        )
        record |= {
            "n": len(group),
            "origins": group["origin_year"].nunique(),
            "mape": float((error.abs() / group["actual"]).mean()),
            "wape": float(error.abs().sum() / group["actual"].sum()),
            "bias": float(error.sum() / group["actual"].sum()),
        }
        if record["method"] == "cohort":
            deviation = np.abs(np.log(group["actual"] / group["forecast"].clip(lower=1e-9)))
            record["coverage80"] = float((deviation <= Z80 * group["spread"]).mean())
            record["coverage95"] = float((deviation <= Z95 * group["spread"]).mean())
            lower = group["forecast"] * np.exp(-Z80 * group["spread"])
            upper = group["forecast"] * np.exp(Z80 * group["spread"])
            outside = (lower - group["actual"]).clip(lower=0) + (group["actual"] - upper).clip(
                lower=0
            )
            score = (upper - lower + outside * 2 / 0.2) / group["actual"]
            record["interval_score"] = float(score.mean())
        rows.append(record)
    return rows
