"""The older basic balance of 2012: eight indicators and their composite (基本均衡综合差异系数)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.indicators.definitions import EIGHT, TOLERANCE, number_or_none
from analysis.indicators.variation import GROUP, Array, positions, weighted_cv
from analysis.standards import Norm, RuleSet

#: The universe of 2012: teaching points and private schools were left out.
_SCOPE_2012 = tuple(
    Norm(name=name, value="no", source="2012年表格填写说明（文库副本）", grade="D")
    for name in ("teaching_points_in_scope", "private_in_scope")
)


def composite(cvs: list[float]) -> float:
    """Return the arithmetic mean of the indicator CVs; missing if one of them is."""
    return float(np.mean(cvs)) if cvs else float("nan")


def scope_2012(rules: RuleSet) -> RuleSet:
    """Return the rules with the universe of 2012."""
    return rules.overridden(_SCOPE_2012)


def balance_2012(values: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Return the eight CVs of 2012 and their composite, every year and stage.

    Parameters
    ----------
    values
        Values of the eight indicators within :func:`scope_2012`.

    Notes
    -----
    Source: 教督〔2012〕3号 (composite <= 0.65 primary, 0.55 junior; A: 镜湖区). The composite is no
    test of the 2017 standard, whose limit holds for each indicator.
    """
    rows: list[dict[str, object]] = []
    groups = positions(values, GROUP)
    value = values["value"].to_numpy(dtype=float)
    resource = values["resource"].to_numpy(dtype=float)
    pupils = values["pupils"].to_numpy(dtype=float)
    nobody = np.zeros(0, dtype=np.intp)
    for year, stage in dict.fromkeys((year, stage) for year, stage, _ in groups):
        limit = number_or_none(rules, "composite_cv_limit", str(stage))
        cvs = []
        schools = 0
        for indicator in EIGHT:
            places = groups.get((year, stage, indicator.code), nobody)
            row = _row(value[places], resource[places], pupils[places], indicator.factor)
            schools = max(schools, len(places))
            cvs.append(float(row.get("cv", float("nan"))))  # type: ignore[arg-type]
            rows.append({"school_year": year, "stage": stage, "indicator": indicator.code, **row})
        mean = composite(cvs)
        verdict = "undetermined"
        if schools == 1:
            verdict = "not_applicable"
        elif not np.isnan(mean) and limit is not None:
            verdict = "met" if mean <= limit + TOLERANCE else "not_met"
        rows.append(
            {
                "school_year": year,
                "stage": stage,
                "indicator": "composite",
                "cv": mean,
                "cv_limit": limit,
                "verdict": verdict,
                "schools": float(schools),
            }
        )
    return pd.DataFrame(rows)


def _row(value: Array, resource: Array, pupils: Array, factor: float) -> dict[str, object]:
    missing = int(np.isnan(value).sum())
    row: dict[str, object] = {
        "schools": float(len(value)),
        "schools_missing": float(missing),
        "verdict": "not_applicable",
    }
    if len(value) and not missing:
        row["cv"] = weighted_cv(resource, pupils)
        row["county_value"] = factor * resource.sum() / pupils.sum()
    return row
