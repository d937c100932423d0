"""The seven ratios of every school and stage, tested unrounded against the rule set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.indicators.definitions import (
    SEVEN,
    STAGES,
    TOLERANCE,
    Indicator,
    number_or_none,
)
from analysis.indicators.resources import KEYS
from analysis.standards import RuleSet

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = NDArray[np.object_]
_MISSING_OF = {
    "teaching_m2": "facilities.teaching_area_m2, facilities.indoor_sports_m2",
    "sports_m2": "facilities.sports_ground_m2, facilities.indoor_sports_m2",
    "equipment_cny": "facilities.equipment_cny",
    "multimedia_rooms": "facilities.multimedia_rooms",
    "computers": "facilities.computers",
    "books": "facilities.books",
}


def with_resources(
    rows: pd.DataFrame, teachers: pd.DataFrame, facilities: pd.DataFrame, rules: RuleSet
) -> pd.DataFrame:
    """Put each row's teachers and its part of the facilities beside its pupils.

    Rural schools and teaching points of 50 to 99 pupils may count PE and arts teachers they share
    with others (L3 relief): their ``pe_and_arts`` is raised and ``shared_teachers`` says by how
    many.
    """
    wide = rows.merge(teachers, on=KEYS, how="left", validate="1:1").merge(
        facilities, on=KEYS, how="left", validate="1:1"
    )
    wide["split_method"] = wide["split_method"].fillna("none")
    low = number_or_none(rules, "small_school_relief_pupils_min")
    high = number_or_none(rules, "small_school_relief_pupils_max")
    shared = pd.Series(0.0, index=wide.index)
    if low is not None and high is not None:
        small = (wide["school_pupils"] >= low) & (wide["school_pupils"] < high)
        rural = (wide["urban_rural"] == "village") | (wide["kind"] == "teaching_point")
        shared = wide["pe_and_arts_shared"].fillna(0.0).where(small & rural, 0.0)
    return wide.assign(pe_and_arts=wide["pe_and_arts"] + shared, shared_teachers=shared)


def _thresholds(stages: Words, indicator: Indicator, rules: RuleSet) -> Array:
    known = {s: number_or_none(rules, indicator.threshold_name, s) for s in STAGES}
    found = np.full(len(stages), np.nan)
    for stage, threshold in known.items():
        if threshold is not None:
            found[stages == stage] = threshold
    return found


def _verdict(passed: Flags, known: Flags, applies: Flags) -> Words:
    words = np.where(known, np.where(passed, "met", "not_met"), "undetermined")
    return np.where(applies, words, "not_applicable").astype(object)


def _missing(wide: pd.DataFrame, indicator: Indicator) -> Words:
    column = _MISSING_OF.get(indicator.resource, f"{indicator.table}.{indicator.resource}")
    text = np.full(len(wide), None, dtype=object)
    text[wide[indicator.resource].isna().to_numpy()] = column
    if indicator.table == "facilities":
        text[(wide["split_method"] == "unknown").to_numpy()] = "enrolment.pupils"
    text[wide["pupils"].isna().to_numpy()] = "enrolment.pupils"
    return text


def _relief(wide: pd.DataFrame, indicator: Indicator) -> Words:
    text = np.full(len(wide), None, dtype=object)
    if indicator.resource == "pe_and_arts":
        text[(wide["shared_teachers"] > 0).to_numpy()] = "pe_and_arts_shared"
    if indicator.resource == "sports_m2":
        text[(wide["sports_relief_m2"] > 0).to_numpy()] = "dense_city_sports"
    return text


def indicator_values(
    wide: pd.DataFrame, rules: RuleSet, indicators: Sequence[Indicator] = SEVEN
) -> pd.DataFrame:
    """Return one row per in-scope school, year, stage and indicator (学校指标值).

    Parameters
    ----------
    wide
        From :func:`with_resources`, in scope only.
    rules
        Thresholds, floor share, near-miss share and rounding decimals.
    indicators
        The seven by default.

    Returns
    -------
    DataFrame
        Columns of ``indicator_values``; ``value`` is missing where a part of it is.

    Notes
    -----
    Source: 教督〔2017〕6号 article 6 (thresholds); 沈阳 sheets and working importers for the
    gymnasium (grade C). A resource in 万元 must have become yuan in the intake.
    """
    share = number_or_none(rules, "school_floor_share")
    floor_share = np.nan if share is None else share
    near = number_or_none(rules, "near_miss_share") or 0.0
    decimals = int(number_or_none(rules, "rounding_decimals") or 0)
    stages = wide["stage"].to_numpy(dtype=object)
    pupils = wide["pupils"].to_numpy(dtype=float)
    some = np.where(pupils > 0, pupils, np.nan)
    split = wide["split_method"].to_numpy(dtype=object)
    parts: list[dict[str, Any]] = []
    for indicator in indicators:
        resource = wide[indicator.resource].to_numpy(dtype=float)
        value = indicator.factor * resource / some
        threshold = _thresholds(stages, indicator, rules)
        ratio = value / threshold
        met, known = ratio >= 1 - TOLERANCE, ~np.isnan(ratio)
        above_floor = ratio >= floor_share - TOLERANCE
        wanted = threshold * pupils / indicator.factor
        short = np.where(met, 0.0, np.clip(wanted - resource, 0.0, None))
        short_floor = np.where(
            above_floor, 0.0, np.clip(wanted * floor_share - resource, 0.0, None)
        )
        applies = ~np.isnan(threshold)
        parts.append(
            {
                "indicator": np.full(len(wide), indicator.code, dtype=object),
                "resource": resource,
                "pupils": pupils,
                "value": value,
                "threshold": threshold,
                "floor_value": threshold * floor_share,
                "ratio": ratio,
                "verdict": _verdict(met, known, applies),
                "floor_verdict": _verdict(above_floor, known, applies & (share is not None)),
                "shortfall": np.where(known, short, np.nan),
                "shortfall_floor": np.where(known, short_floor, np.nan),
                "quantity_unit": np.full(len(wide), indicator.quantity_unit, dtype=object),
                "split_method": split
                if indicator.table == "facilities"
                else np.full(len(wide), "none", dtype=object),
                "relief": _relief(wide, indicator),
                "near_miss": known & (np.abs(ratio - 1) <= near + TOLERANCE),
                "passes_by_rounding": known
                & ~met
                & (np.round(value, decimals) >= threshold - TOLERANCE),
                "missing": _missing(wide, indicator),
            }
        )
    keys = pd.concat([wide[KEYS]] * len(parts), ignore_index=True)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    texts = {n: pd.Series(v, dtype="str") for n, v in columns.items() if v.dtype == object}
    return keys.assign(**(columns | texts))
