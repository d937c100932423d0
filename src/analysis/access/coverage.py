"""Children within and beyond the limits, place by place (就近入学覆盖)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.access.distance import Ways, nearest
from analysis.standards import Norm, RuleSet
from analysis.tables import contract
from analysis.terms import Verdict

_NAN = float("nan")
_URBAN = ("city", "town")


def distance_limit(rules: RuleSet, stage: str, urban_rural: object, year: int) -> Norm | None:
    """Return the longest way to school that holds for a place; None where its class is unknown."""
    if not isinstance(urban_rural, str):
        return None
    name = "distance_limit_urban" if urban_rural in _URBAN else "distance_limit_rural"
    return rules.find(name, stage, year) or rules.find(name, stage)


def access_distances(
    places: pd.DataFrame, ways: Ways, *, stage: str, rules: RuleSet, base_year: int
) -> pd.DataFrame:
    """Return each place's nearest school, the way there, and whether it is within the limit.

    A place without coordinates, or whose urban-rural class is unknown, is undetermined; so is a
    town that stands in for its settlements, whose children live all over it.
    """
    at = nearest(ways)
    longest_minutes = rules.value("travel_minutes_max")
    rows: list[dict[str, Any]] = []
    for position, place in enumerate(places.to_dict("records")):
        found = int(at[position])
        limit = distance_limit(rules, stage, place["urban_rural"], base_year)
        km = float(ways.km[position, found]) if found >= 0 else _NAN
        value = float(limit.value) if limit is not None else _NAN
        minutes = float(ways.minutes[position, found]) if found >= 0 else _NAN
        longest = longest_minutes if place["urban_rural"] in _URBAN else _NAN
        rows.append(
            {
                "origin_id": place["id"],
                "town_id": place["town_id"],
                "stage": stage,
                "children": place[stage],
                "school_id": ways.schools[found] if found >= 0 else None,
                "distance_km": km,
                "minutes": minutes,
                "limit_km": value,
                # one point for a whole town says nothing of each child's way
                "verdict": str(Verdict.UNDETERMINED)
                if place["from_towns"]
                else within_limit(km, value, minutes, longest),
                "distance_basis": _basis(ways, position, found),
                "limit_source": limit.source if limit is not None else None,
            }
        )
    return contract("access_distances").frame(rows)


def within_limit(
    km: float, limit_km: float, minutes: float = _NAN, limit_minutes: float = _NAN
) -> str:
    """Test a way by its kilometres, or by its minutes where only those are known."""
    for value, limit in ((km, limit_km), (minutes, limit_minutes)):
        if np.isfinite(value) and np.isfinite(limit):
            return str(Verdict.MET if value <= limit else Verdict.NOT_MET)
    return str(Verdict.UNDETERMINED)


def _basis(ways: Ways, position: int, found: int) -> str | None:
    if found < 0:
        return None
    return "road_km" if ways.given[position, found] else "straight_line"


def access_coverage(distances: pd.DataFrame, code: str) -> pd.DataFrame:
    """Add children up by town and for the county: within, beyond, undetermined.

    Children whose number is unknown take no part; the share is that of the children whose case is
    decided.
    """
    if distances.empty:
        return contract("access_coverage").empty()
    parts = []
    for level, rows in (
        ("town", distances.assign(area_id=distances["town_id"])),
        ("county", distances.assign(area_id=code)),
    ):
        for key, group in rows.groupby(["area_id", "stage"], sort=True):
            parts.append({"level": level, "area_id": key[0], "stage": key[1]} | _counts(group))
    return contract("access_coverage").frame(parts)


def _counts(group: pd.DataFrame) -> dict[str, float]:
    children = group["children"].fillna(0.0)
    within, beyond, unknown = (
        float(children[group["verdict"] == verdict].sum())
        for verdict in ("met", "not_met", "undetermined")
    )
    known = group["distance_km"].notna() & (children > 0)
    weight = children[known]
    decided = within + beyond
    return {
        "children": float(group["children"].sum(min_count=1)),
        "children_within": within,
        "children_beyond": beyond,
        "children_undetermined": unknown,
        "coverage_rate": within / decided if decided > 0 else _NAN,
        "mean_km": float((group["distance_km"][known] * weight).sum() / weight.sum())
        if weight.sum() > 0
        else _NAN,
        "longest_km": float(group["distance_km"].max()),
    }
