"""School compliance: at least six of seven met and the rest at 85 % or more (学校达标)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.indicators.definitions import SEVEN_CODES, TOLERANCE, number_or_none
from analysis.indicators.resources import KEYS
from analysis.standards import RuleSet

_DETAILS = ["town_id", "kind", "owner", "urban_rural", "in_scope", "scope_reason", "pupils"]


def school_verdicts(values: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Judge each school and stage by its indicator values.

    Three-valued: a school fails as soon as what is known fails it (two known indicators below the
    threshold, or one below the floor), passes only when all seven are known and pass, and is
    undetermined otherwise.

    Parameters
    ----------
    values
        Rows of ``indicator_values``.

    Returns
    -------
    DataFrame
        ``KEYS``, the counts, the lowest indicator, ``verdict`` and the flags.

    Notes
    -----
    Source: 教督〔2017〕6号 article 6: ``met >= 6 and min(value / threshold) >= 0.85``.
    """
    minimum = number_or_none(rules, "school_indicators_met_minimum")
    floor = number_or_none(rules, "school_floor_share")
    columns = list(SEVEN_CODES)
    by_code = values.set_index([*KEYS, "indicator"])["ratio"]
    # a pivot table would drop schools of which nothing is known
    wide = by_code.unstack("indicator").reindex(columns=columns)  # noqa: PD010
    ratios = wide.to_numpy(dtype=float)
    known = ~np.isnan(ratios)
    met = (ratios >= 1 - TOLERANCE).sum(axis=1)
    unknown = (~known).sum(axis=1)
    not_met = known.sum(axis=1) - met
    lowest = np.where(known, ratios, np.inf)
    lowest_share = np.where(known.any(axis=1), lowest.min(axis=1), np.nan)
    lowest_code = np.array(columns, dtype=object)[lowest.argmin(axis=1)]
    if minimum is None or floor is None:
        verdict = np.full(len(wide), "not_applicable", dtype=object)
    else:
        fails = (not_met > len(columns) - minimum) | (lowest_share < floor - TOLERANCE)
        verdict = np.where(fails, "not_met", np.where(unknown > 0, "undetermined", "met"))
    result = pd.DataFrame(
        {
            "indicators_met": met.astype(float),
            "indicators_not_met": not_met.astype(float),
            "indicators_unknown": unknown.astype(float),
            "lowest_indicator": np.where(known.any(axis=1), lowest_code, None),
            "lowest_share": lowest_share,
            "verdict": verdict,
        },
        index=wide.index,
    ).reset_index()
    return result.merge(_rounding(values, minimum, floor), on=KEYS, how="left", validate="1:1")


def _rounding(values: pd.DataFrame, minimum: float | None, floor: float | None) -> pd.DataFrame:
    """Flag schools with a near miss, those that pass only on rounded values, and what they lack."""
    rounded_met = (values["verdict"] == "met") | values["passes_by_rounding"]
    rows = values[KEYS].assign(
        near_miss=values["near_miss"],
        met=(values["verdict"] == "met").astype(int),
        rounded_met=rounded_met.astype(int),
        below_floor=(values["floor_verdict"] == "not_met").astype(int),
        unknown=(values["verdict"] == "undetermined").astype(int),
        missing=values["missing"].fillna(""),
    )
    grouped = rows.groupby(KEYS)
    sums = grouped[["met", "rounded_met", "below_floor", "unknown"]].sum()
    needed = np.inf if minimum is None or floor is None else minimum
    by_rounding = (
        (sums["met"] < needed)
        & (sums["rounded_met"] >= needed)
        & (sums["below_floor"] == 0)
        & (sums["unknown"] == 0)
    )
    missing = grouped["missing"].agg(_listed)
    return pd.DataFrame(
        {
            "near_miss": grouped["near_miss"].any(),
            "passes_by_rounding": by_rounding,
            "missing": missing,
        }
    ).reset_index()


def _listed(names: pd.Series[Any]) -> str | None:
    parts = sorted({part for text in names for part in text.split(", ") if part})
    return ", ".join(parts) or None


def school_compliance(rows: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return every assessed row, those out of scope included, with its verdict."""
    joined = rows[[*KEYS, *_DETAILS]].merge(verdicts, on=KEYS, how="left", validate="1:1")
    joined["verdict"] = joined["verdict"].fillna("not_applicable")
    for flag in ("near_miss", "passes_by_rounding"):
        joined[flag] = joined[flag].eq(other=True)
    return joined
