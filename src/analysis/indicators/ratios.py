"""The seven ratios of every school and stage, tested unrounded against the rule set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.indicators.definitions import (
    SEVEN,
    STAGES,
    TOLERANCE,
    Indicator,
    number_or_none,
)
from analysis.indicators.resources import KEYS
from analysis.standards import RuleSet

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


def _thresholds(stages: pd.Series[str], indicator: Indicator, rules: RuleSet) -> pd.Series[float]:
    known = {s: number_or_none(rules, indicator.threshold_name, s) for s in STAGES}
    return stages.map({s: np.nan if v is None else v for s, v in known.items()}).astype("float64")


def _verdict(
    passed: pd.Series[bool], known: pd.Series[bool], applies: pd.Series[bool]
) -> pd.Series[str]:
    words = np.where(known, np.where(passed, "met", "not_met"), "undetermined")
    words = np.where(applies, words, "not_applicable")
    return pd.Series(words, index=passed.index, dtype="str")


def _missing(wide: pd.DataFrame, indicator: Indicator) -> pd.Series[str]:
    column = _MISSING_OF.get(indicator.resource, f"{indicator.table}.{indicator.resource}")
    text = pd.Series("", index=wide.index, dtype="str")
    text[wide[indicator.resource].isna()] = column
    if indicator.table == "facilities":
        text[wide["split_method"] == "unknown"] = "enrolment.pupils"
    text[wide["pupils"].isna()] = "enrolment.pupils"
    return text.where(text != "", other=None)


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
    near = number_or_none(rules, "near_miss_share") or 0.0
    decimals = int(number_or_none(rules, "rounding_decimals") or 0)
    parts = []
    for indicator in indicators:
        resource = wide[indicator.resource].astype("float64")
        value = indicator.factor * resource / wide["pupils"].where(wide["pupils"] > 0)
        threshold = _thresholds(wide["stage"], indicator, rules)
        ratio = value / threshold
        floor = threshold * (np.nan if share is None else share)
        met = ratio >= 1 - TOLERANCE
        known = ratio.notna()
        above_floor = ratio >= (np.nan if share is None else share) - TOLERANCE
        wanted = threshold * wide["pupils"] / indicator.factor
        short = (wanted - resource).clip(lower=0).where(~met, 0.0).where(known)
        short_floor = (wanted * (np.nan if share is None else share) - resource).clip(lower=0)
        relief = pd.Series(None, index=wide.index, dtype="object")
        if indicator.resource == "pe_and_arts":
            relief[wide["shared_teachers"] > 0] = "pe_and_arts_shared"
        if indicator.resource == "sports_m2":
            relief[wide["sports_relief_m2"] > 0] = "dense_city_sports"
        split = wide["split_method"] if indicator.table == "facilities" else "none"
        parts.append(
            wide[KEYS].assign(
                indicator=indicator.code,
                resource=resource,
                pupils=wide["pupils"],
                value=value,
                threshold=threshold,
                floor_value=floor,
                ratio=ratio,
                verdict=_verdict(met, known, threshold.notna()),
                floor_verdict=_verdict(above_floor, known, threshold.notna() & (share is not None)),
                shortfall=short,
                shortfall_floor=short_floor.where(~above_floor, 0.0).where(known),
                quantity_unit=indicator.quantity_unit,
                split_method=split,
                relief=relief,
                near_miss=known & ((ratio - 1).abs() <= near + TOLERANCE),
                passes_by_rounding=known & ~met & (value.round(decimals) >= threshold - TOLERANCE),
                missing=_missing(wide, indicator),
            )
        )
    return pd.concat(parts, ignore_index=True)
