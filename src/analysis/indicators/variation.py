"""Variation between schools (校际差异系数): the official CV, its parts, and other measures."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.indicators.definitions import BY_CODE, TOLERANCE, number_or_none
from analysis.standards import RuleSet

Array = NDArray[np.float64]
GROUP = ["school_year", "stage", "indicator"]


def weighted_cv(resource: Array, pupils: Array) -> float:
    """Return the pupil-weighted population CV around the ratio of totals (差异系数).

    ``x_i = r_i / n_i``, mean ``X = sum r / sum n``, ``CV = sqrt(sum n_i (x_i - X)^2 / sum n) / X``.
    A constant unit factor of the indicator cancels out.

    Notes
    -----
    Source: 差异系数计算方法及数据来源 (two copies agree, grade D). Two passes: the shortcut by
    sums of squares loses digits.
    """
    total = pupils.sum()
    mean = resource.sum() / total
    if mean == 0:
        return float("nan")
    spread = (pupils / total * (resource / pupils - mean) ** 2).sum()
    return float(np.sqrt(spread) / mean)


def unweighted_cv(resource: Array, pupils: Array) -> float:
    """Return the CV that counts every school alike: for information, not the official test."""
    values = resource / pupils
    mean = values.mean()
    return float(values.std() / mean) if mean else float("nan")


def theil(resource: Array, pupils: Array, groups: NDArray[Any]) -> tuple[float, float, float]:
    """Return Theil's T of the resource over pupils: whole, between groups, within groups.

    A school without any resource adds nothing (the limit of x log x). The two parts add up.
    """
    total_pupils, total = pupils.sum(), resource.sum()
    if total <= 0:
        return float("nan"), float("nan"), float("nan")
    whole = _theil_term(resource / total, pupils / total_pupils)
    codes, index = np.unique(groups, return_inverse=True)
    by_resource = np.bincount(index, weights=resource, minlength=len(codes)) / total
    by_pupils = np.bincount(index, weights=pupils, minlength=len(codes)) / total_pupils
    between = _theil_term(by_resource, by_pupils)
    return whole, between, whole - between


def _theil_term(resource_share: Array, pupil_share: Array) -> float:
    some = resource_share > 0
    ratio = resource_share[some] / pupil_share[some]
    return float(max(0.0, (resource_share[some] * np.log(ratio)).sum()))


def lorenz_points(resource: Array, pupils: Array) -> tuple[Array, Array]:
    """Return the Lorenz curve: cumulative pupils and resource, poorest schools first."""
    order = np.argsort(resource / pupils, kind="stable")
    zero = np.zeros(1)
    cumulative_pupils = np.concatenate([zero, pupils[order].cumsum() / pupils.sum()])
    total = resource.sum()
    share = resource[order].cumsum() / total if total > 0 else np.zeros(len(order))
    return cumulative_pupils, np.concatenate([zero, share])


def gini(resource: Array, pupils: Array) -> float:
    """Return the Gini coefficient: twice the area between the Lorenz curve and the diagonal."""
    x, y = lorenz_points(resource, pupils)
    return float(max(0.0, 1 - (np.diff(x) * (y[1:] + y[:-1])).sum()))


def _columns(group: pd.DataFrame) -> tuple[Array, Array]:
    return group["resource"].to_numpy(dtype=float), group["pupils"].to_numpy(dtype=float)


def variation(values: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Return ``variation`` rows: every year, stage and indicator, with and without private schools.

    Parameters
    ----------
    values
        Rows of ``indicator_values`` with ``owner``, ``town_id`` and ``urban_rural``.

    Returns
    -------
    DataFrame
        ``cv`` is missing and the verdict undetermined where any school in scope has no value:
        the CV of some of the schools is not the county's. One school alone is not applicable.
    """
    decimals = int(number_or_none(rules, "rounding_decimals") or 0)
    schools = _Schools(
        values["value"].to_numpy(dtype=float),
        *_columns(values),
        pd.factorize(values["town_id"], sort=True, use_na_sentinel=False)[0],
        pd.factorize(values["urban_rural"], sort=True)[0],
    )
    public = (values["owner"] == "public").to_numpy()
    groups = positions(values, GROUP)
    rows = []
    for population in ("all", "public"):
        for (year, stage, code), every in groups.items():
            places = every if population == "all" else every[public[every]]
            if not len(places):
                continue
            limit = number_or_none(rules, "cv_limit", str(stage))
            factor = BY_CODE[str(code)].factor
            row = _variation_row(schools.among(places), factor, limit, decimals)
            rows.append(
                {
                    "school_year": year,
                    "stage": stage,
                    "indicator": code,
                    "population": population,
                    **row,
                }
            )
    return pd.DataFrame(rows)


def positions(frame: pd.DataFrame, keys: list[str]) -> dict[Any, NDArray[np.intp]]:
    """Return the places of the rows of each group, groups in the order of their keys."""
    number = frame.groupby(keys, sort=True).ngroup().to_numpy()
    order = np.argsort(number, kind="stable")
    order = order[number[order] >= 0]
    if not len(order):
        return {}
    parts = np.split(order, np.flatnonzero(np.diff(number[order])) + 1)
    first = frame[keys].iloc[[part[0] for part in parts]]
    return dict(zip(zip(*(first[k].tolist() for k in keys), strict=True), parts, strict=True))


@dataclass(frozen=True)
class _Schools:
    """Schools as columns of numbers; towns and urban-rural classes by number, -1 is unknown."""

    value: Array
    resource: Array
    pupils: Array
    town: NDArray[np.intp]
    urban_rural: NDArray[np.intp]

    def among(self, chosen: NDArray[Any]) -> _Schools:
        """Return some of the schools, by place or by flag."""
        return _Schools(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def __len__(self) -> int:
        return len(self.value)


def _variation_row(
    group: _Schools, factor: float, limit: float | None, decimals: int
) -> dict[str, object]:
    known = group.among(~np.isnan(group.value))
    row: dict[str, object] = {
        "cv_limit": limit,
        "schools": float(len(group)),
        "schools_missing": float(len(group) - len(known)),
        "verdict": "undetermined",
        "passes_by_rounding": False,
    }
    if len(group) == 1:
        row["verdict"] = "not_applicable"
    if not len(known):
        return row
    resource, pupils = known.resource, known.pupils
    cv = weighted_cv(resource, pupils)
    complete = len(known) == len(group)
    whole, between, within = theil(resource, pupils, known.town)
    row |= {
        "cv_known_schools": cv,
        "cv_unweighted": unweighted_cv(resource, pupils),
        "theil": whole,
        "theil_between_towns": between,
        "theil_within_towns": max(0.0, within),
        "gini": gini(resource, pupils),
    }
    if (known.urban_rural >= 0).all():
        _, between, within = theil(resource, pupils, known.urban_rural)
        row |= {
            "theil_between_urban_rural": between,
            "theil_within_urban_rural": max(0.0, within),
        }
    if not complete:
        return row
    row |= {"cv": cv, "county_value": factor * resource.sum() / pupils.sum()}
    if len(group) > 1 and limit is None:
        row["verdict"] = "not_applicable"
    elif len(group) > 1 and limit is not None and not np.isnan(cv):
        row["verdict"] = "met" if cv <= limit + TOLERANCE else "not_met"
        row["passes_by_rounding"] = row["verdict"] == "not_met" and round(cv, decimals) <= limit
    return row


def variation_parts(values: pd.DataFrame, school_year: int) -> pd.DataFrame:
    """Return where each CV of one year comes from, by school and by town; parts add up to the CV.

    For every school ``share = n_i (x_i - X)^2 / sum`` and ``cv_contribution = CV x share``. A
    town's part is the sum over its schools, split into ``town_between`` (its own ratio against
    the county's) and ``town_within`` (its schools against its own ratio). ``cv_if_at_mean`` gives
    the school the resources that make its ratio equal to the county's and computes the CV anew,
    the county value having moved with it.
    """
    year = values[(values["school_year"] == school_year) & values["value"].notna()]
    public = year[year["owner"] == "public"]
    rows = pd.concat([year.assign(population="all"), public.assign(population="public")])
    keys = [*GROUP, "population"]
    rows = rows[rows.groupby(keys)["pupils"].transform("size") > 1].reset_index(drop=True)
    if rows.empty:
        return pd.DataFrame()
    group = rows.groupby(keys)
    total = group["pupils"].transform("sum")
    mean = group["resource"].transform("sum") / total
    factor = rows["indicator"].map({code: i.factor for code, i in BY_CODE.items()})
    x, weight = rows["resource"] / rows["pupils"], rows["pupils"] / total
    rows = rows.assign(
        unit_id=rows["school_id"],
        value=factor * x,
        county_value=factor * mean,
        pupil_share=weight,
        deviation=weight * (x - mean) ** 2,
    )
    spread = rows.groupby(keys)["deviation"].transform("sum")
    cv = np.sqrt(spread) / mean.where(mean > 0)
    moved = mean + weight * (mean - x)
    left = spread + (mean - moved) ** 2 - weight * ((x - moved) ** 2 - (mean - moved) ** 2)
    rows = rows.assign(
        cv=cv,
        spread=spread,
        share=(rows["deviation"] / spread.where(spread > 0)).fillna(0.0),
        cv_if_at_mean=np.sqrt(left.clip(lower=0.0)) / moved.where(moved > 0),
    )
    parts = [_part(rows, "school", keys), *_town_parts(rows, keys)]
    return pd.concat(parts, ignore_index=True).drop(columns=["deviation", "cv", "spread"])


_PART = ["unit_id", "value", "county_value", "pupil_share", "deviation", "cv", "spread", "share"]


def _part(rows: pd.DataFrame, part: str, keys: list[str]) -> pd.DataFrame:
    """Add contribution and rank to rows that already have their share."""
    columns = [*keys, *_PART, *(c for c in ("cv_if_at_mean",) if c in rows)]
    table = rows[columns].assign(part=part, cv_contribution=rows["cv"] * rows["share"])
    rank = table.groupby(keys)["share"].rank(ascending=False, method="first")
    return table.assign(rank=rank)


def _town_parts(rows: pd.DataFrame, keys: list[str]) -> list[pd.DataFrame]:
    grouped = rows.groupby([*keys, "town_id"], sort=True)
    towns = grouped[["resource", "pupils", "pupil_share", "deviation", "share"]].sum()
    towns = towns.join(grouped[["county_value", "cv", "spread"]].first()).reset_index()
    factor = towns["indicator"].map({code: i.factor for code, i in BY_CODE.items()})
    x, mean = towns["resource"] / towns["pupils"], towns["county_value"] / factor
    towns = towns.assign(unit_id=towns["town_id"], value=factor * x)
    spread = towns["spread"].where(towns["spread"] > 0)
    between = (towns["pupil_share"] * (x - mean) ** 2 / spread).fillna(0.0)
    within = towns["share"] - between
    return [
        _part(towns, "town", keys),
        _part(towns.assign(share=between), "town_between", keys),
        _part(towns.assign(share=within), "town_within", keys),
    ]


def lorenz(values: pd.DataFrame, school_year: int) -> pd.DataFrame:
    """Return the Lorenz curve of each stage and indicator in one year."""
    rows = []
    year = values[(values["school_year"] == school_year) & values["value"].notna()]
    for key, group in year.groupby(GROUP, sort=True):
        x, y = lorenz_points(*_columns(group))
        named: dict[str, Any] = dict(zip(GROUP, key, strict=True))
        rows.append(
            pd.DataFrame({"point": range(len(x)), "pupil_share": x, "resource_share": y} | named)
        )
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
