"""Social recognition (社会认可度): groups, weights, design effect, interval."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.indicators.definitions import TOLERANCE, number_or_none
from analysis.standards import RuleSet

TOTAL = "all"


def wilson(share: float, respondents: float, confidence: float) -> tuple[float, float]:
    """Return the Wilson interval of a share for an (effective) number of respondents."""
    z = float(ndtri(0.5 + confidence / 2))
    centre = (share + z**2 / (2 * respondents)) / (1 + z**2 / respondents)
    spread = math.sqrt(share * (1 - share) / respondents + z**2 / (4 * respondents**2))
    half = z * spread / (1 + z**2 / respondents)
    return max(0.0, centre - half), min(1.0, centre + half)


def weighted_share(group: pd.DataFrame) -> tuple[float, float]:
    """Return the share over all groups and the effective number of respondents.

    With weights, ``p = sum w p_g / sum w`` and its variance is
    ``sum (w / W)^2 d_g p_g (1 - p_g) / n_g``; the effective number is the simple random sample of
    the same variance. Without any weight the answers are pooled. A weight missing for some groups
    leaves the share unknown.
    """
    respondents = group["respondents"].to_numpy(dtype=float)
    shares = group["share"].to_numpy(dtype=float)
    effect = group["design_effect"].to_numpy(dtype=float)
    weights = group["weight"].to_numpy(dtype=float)
    some, every = np.isnan(weights).any(), np.isnan(weights).all()
    if np.isnan(shares).any() or (some and not every):
        return float("nan"), float("nan")
    if every:
        weights = respondents
    part = weights / weights.sum()
    share = float((part * shares).sum())
    variance = float((part**2 * effect * shares * (1 - shares) / respondents).sum())
    if variance > 0:
        return share, share * (1 - share) / variance
    return share, 1 / float((part**2 * effect / respondents).sum())


def recognition(survey: pd.DataFrame, rules: RuleSet, year: int) -> pd.DataFrame:
    """Return every group's share with its interval, and the total of each channel.

    Parameters
    ----------
    survey
        Table ``survey``; the newest year not after ``year`` counts.

    Returns
    -------
    DataFrame
        Rows of ``recognition``. The verdict is on the point value (教督〔2017〕6号 article 9:
        85 %); ``interval_verdict`` is undetermined while the interval holds the threshold.
    """
    rows = survey[survey["year"] <= year]
    if rows.empty:
        return pd.DataFrame()
    rows = rows[rows["year"] == rows["year"].max()]
    share = rows["satisfied"] / rows["respondents"].where(rows["respondents"] > 0)
    default = number_or_none(rules, "survey_design_effect") or 1.0
    rows = rows.assign(
        share=share.where(rows["satisfied"] <= rows["respondents"]),
        design_effect=rows["design_effect"].fillna(default),
    )
    threshold = number_or_none(rules, "recognition_share_min")
    confidence = number_or_none(rules, "survey_confidence") or 0.95
    result: list[dict[str, object]] = []
    for row in rows.to_dict("records"):
        effective = row["respondents"] / row["design_effect"]
        result.append(_judged(dict(row), float(row["share"]), effective, threshold, confidence))
    for (when, channel), group in rows.groupby(["year", "channel"], sort=True):
        total, effective = weighted_share(group)
        result.append(
            _judged(
                {
                    "year": when,
                    "channel": channel,
                    "respondent_group": TOTAL,
                    "respondents": group["respondents"].sum(min_count=1),
                    "satisfied": group["satisfied"].sum(min_count=1),
                    "weight": group["weight"].sum(min_count=1),
                },
                total,
                effective,
                threshold,
                confidence,
            )
        )
    return pd.DataFrame(result).drop(columns=["source"], errors="ignore")


def _judged(
    row: dict[str, object],
    share: float,
    effective: float,
    threshold: float | None,
    confidence: float,
) -> dict[str, object]:
    known = not math.isnan(share) and threshold is not None
    row |= {
        "share": share,
        "threshold": threshold,
        "verdict": "undetermined",
        "interval_verdict": "undetermined",
    }
    if not math.isnan(share):
        row["lower"], row["upper"] = wilson(share, effective, confidence)
    if known and threshold is not None:
        row["verdict"] = "met" if share >= threshold - TOLERANCE else "not_met"
        if float(str(row["lower"])) >= threshold - TOLERANCE:
            row["interval_verdict"] = "met"
        elif float(str(row["upper"])) < threshold - TOLERANCE:
            row["interval_verdict"] = "not_met"
    return row
