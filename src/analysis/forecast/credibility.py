"""How wrong the forecast usually is here (预测可信度): past forecasts against what came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from analysis.forecast.calibration import CalibratedCohort
from analysis.forecast.history import History
from analysis.forecast.panel import Array
from analysis.forecast.regime import structural_breaks
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
#: Half widths of the simulated county bands in standard deviations (Student's t, 7 degrees).
TAIL = {0.8: 1.2816, 0.95: 2.05}
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
    calibrated: CalibratedCohort,
    history: History,
    code: str,
    tables: Tables | None = None,
    base_year: int | None = None,
) -> dict[str, pd.DataFrame]:
    """Return ``forecast_accuracy``, ``forecast_vintages`` and ``structural_breaks``.

    Parameters
    ----------
    calibrated
        Calibrated model on the whole known history; its levels are the stages.
    history
        Where it came from.
    code
        The county's code.
    tables, base_year
        For the accounts of the totals, see :func:`analysis.forecast.regime.structural_breaks`.
    """
    rows = list(_cases(calibrated, history, code))
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
        "structural_breaks": structural_breaks(history, code, tables, base_year),
    }


def _cases(
    calibrated: CalibratedCohort, history: History, code: str
) -> Iterator[dict[str, object]]:
    """Yield one row per method, place, stage, past origin and year ahead."""
    panel, horizon = calibrated.model.panel, min(calibrated.horizon, 5)
    for origin in sorted(calibrated.errors):
        place = panel.years.index(origin)
        fitted = calibrated.fit(panel.until(origin), horizon)
        profile = calibrated.calibrated_profile(origin)
        for s, stage in enumerate(history.stages):
            columns = history.columns(stage)
            observed = panel.pupils[:, list(columns)].sum(axis=1)  # (A, T)
            past = observed[:, : place + 1]
            drift = (past[:, -1] - past[:, 0]) / max(place, 1)
            bands = fitted.bands(columns)
            ours = fitted.point(columns)
            county = profile.whole(s, np.nan_to_num(past[:, -1]))
            for h in range(1, min(horizon, len(panel.years) - 1 - place) + 1):
                common = {
                    "stage": stage,
                    "origin_year": origin,
                    "school_year": origin + h,
                    "horizon": h,
                }
                choices = {
                    "cohort": ours[:, h - 1],
                    "naive": past[:, -1],
                    "drift": np.maximum(past[:, -1] + h * drift, 0.0),
                }
                actual = observed[:, place + h]
                if history.by_town:
                    for a, area in enumerate(panel.areas):
                        spread = (
                            {
                                k: float(np.log(v[1][a, h - 1] / ours[a, h - 1]))
                                for k, v in bands.items()
                            }
                            if ours[a, h - 1] > 0
                            else {}
                        )
                        yield from _one(common, "town", area, choices, actual, a, spread)
                whole = {name: values.sum(keepdims=True) for name, values in choices.items()}
                spread = {k: county[h - 1] * TAIL[k] for k in TAIL}
                total = actual.sum(keepdims=True)
                yield from _one(common, "county", code, whole, total, 0, spread)


def _one(
    common: Mapping[str, object],
    level: str,
    area: str,
    choices: Mapping[str, Array],
    actual: Array,
    place: int,
    spread: Mapping[float, float],
) -> list[dict[str, object]]:
    value = float(actual[place])
    if not np.isfinite(value) or value <= 0:
        return []
    rows: list[dict[str, object]] = []
    for method, values in choices.items():
        centre = float(values[place])
        own = spread if method == "cohort" else {}
        rows.append(
            {
                **common,
                "level": level,
                "area_id": area,
                "method": method,
                "forecast": centre,
                "actual": value,
                "half80": own.get(0.8, np.nan),
                "half95": own.get(0.95, np.nan),
            }
        )
    return rows


def _accuracy_rows(cases: pd.DataFrame) -> list[dict[str, object]]:
    """Average the cases by level, stage, years ahead and method."""
    error = cases["forecast"] - cases["actual"]
    deviation = (cases["actual"] / cases["forecast"].clip(lower=1e-9)).map(np.log).abs()
    lower = cases["forecast"] * np.exp(-cases["half80"])
    upper = cases["forecast"] * np.exp(cases["half80"])
    below, above = (lower - cases["actual"]).clip(lower=0), (cases["actual"] - upper).clip(lower=0)
    measured = cases.assign(
        absolute=error.abs(),
        relative=error.abs() / cases["actual"],
        error=error,
        # unknown where a method gives no band
        inside80=(deviation <= cases["half80"]).astype(float).where(cases["half80"].notna()),
        inside95=(deviation <= cases["half95"]).astype(float).where(cases["half95"].notna()),
        score=(upper - lower + (below + above) * 2 / 0.2) / cases["actual"],
    )
    grouped = measured.groupby(["level", "stage", "horizon", "method"], sort=True)
    found = grouped.agg(
        n=("actual", "size"),
        origins=("origin_year", "nunique"),
        mape=("relative", "mean"),
        absolute=("absolute", "sum"),
        error=("error", "sum"),
        actual=("actual", "sum"),
        coverage80=("inside80", "mean"),
        coverage95=("inside95", "mean"),
        interval_score=("score", "mean"),
    ).reset_index()
    found = found.assign(
        wape=found["absolute"] / found["actual"], bias=found["error"] / found["actual"]
    )
    kept = found.drop(columns=["absolute", "error", "actual"])
    return [{str(k): v for k, v in row.items()} for row in kept.to_dict("records")]
