"""Staged targets, standard schools and what differs between rule sets."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.indicators.definitions import STAGES, TOLERANCE, norm_or_none, number_or_none
from analysis.standards import RuleSet, differences
from analysis.tables import Tables, contract
from analysis.terms import STAGE_GRADES

_SHARES = (
    "standard_school_share_target",
    "standard_school_share_target_strong",
    "standard_school_share_target_other",
)
#: Area of a school and the norm it is held against.
_NEEDS = {
    "site_area_m2": "standard_school_site_m2",
    "floor_area_m2": "standard_school_floor_m2",
}


def target_progress(
    targets: pd.DataFrame, actuals: Mapping[tuple[str, int], float]
) -> pd.DataFrame:
    """Return staged targets (one, three, five, ten years) with the actual value beside each.

    A series of targets that falls over the years is a ceiling ("at most"), any other a floor.

    Parameters
    ----------
    targets
        Table ``targets``.
    actuals
        Values of the run by (indicator, year), used where the table gives none.
    """
    rows: list[dict[str, object]] = []
    for name, group in targets.sort_values("year").groupby("indicator", sort=True):
        wanted = group["target"].dropna().to_numpy(dtype=float)
        ceiling = len(wanted) > 1 and wanted[-1] < wanted[0]
        first = int(group["year"].min())
        for row in group.to_dict("records"):
            actual = row["actual"]
            if pd.isna(actual):
                actual = actuals.get((str(name), int(row["year"])), float("nan"))
            target = float(row["target"])
            gap = (actual - target) if ceiling else (target - actual)
            verdict = "undetermined"
            if not math.isnan(gap):
                verdict = "met" if gap <= TOLERANCE * max(1.0, abs(target)) else "not_met"
            rows.append(
                {
                    "indicator": name,
                    "year": int(row["year"]),
                    "years_ahead": float(int(row["year"]) - first),
                    "target": target,
                    "actual": actual,
                    "progress": actual / target if target and not ceiling else float("nan"),
                    "remaining": max(0.0, gap) if not math.isnan(gap) else float("nan"),
                    "unit": row["unit"],
                    "verdict": verdict,
                    "responsible": row["responsible"],
                }
            )
    return pd.DataFrame(rows)


def standard_schools(
    tables: Tables, rows: pd.DataFrame, rules: RuleSet, school_year: int
) -> pd.DataFrame:
    """Test every school against the standard-school models (保定: 4138 and 1215612).

    A school conforms when it has at least the model's classes a grade (rural schools: the rural
    minimum) and, per pupil, at least the model's site and floor area; the compulsory stages of a
    school share its site, so it is held against the sum of their needs.

    Parameters
    ----------
    rows
        Assessed rows in scope of the assessed year.
    """
    if norm_or_none(rules, "standard_school_pupils", "primary") is None or rows.empty:
        return pd.DataFrame()
    areas = tables["facilities"]
    areas = areas[(areas["school_year"] == school_year) & (areas["scope"] == "school")]
    joined = rows.merge(areas[["school_id", *_NEEDS]], on="school_id", how="left", validate="m:1")
    for column, norm in _NEEDS.items():
        each = joined["stage"].map(
            {s: rules.value(norm, s) / rules.value("standard_school_pupils", s) for s in STAGES}
        )
        # one site serves all stages of a school, so their needs add up
        grouped = joined.assign(need=each * joined["pupils"]).groupby("school_id")["need"]
        need = grouped.transform("sum").where(
            grouped.transform("count") == grouped.transform("size")
        )
        joined[f"{column}_need"] = need
    return pd.DataFrame(
        [_standard_row(row, rules, school_year) for row in joined.to_dict("records")]
    )


def _standard_row(row: dict[Any, Any], rules: RuleSet, school_year: int) -> dict[str, Any]:
    stage = str(row["stage"])
    rural = row["urban_rural"] == "village"
    name = "standard_school_classes_per_grade" + ("_rural" if rural else "")
    per_grade = row["classes"] / len(STAGE_GRADES[stage])
    tests = {"classes_per_grade": (per_grade, rules.value(name, stage))}
    tests |= {column: (row[column], row[f"{column}_need"]) for column in _NEEDS}
    short = [k for k, (v, w) in tests.items() if v < w - TOLERANCE * max(1.0, w)]
    unknown = [k for k, (v, w) in tests.items() if math.isnan(v) or math.isnan(w)]
    titles = {c.name: c for c in contract("standard_schools").columns}
    lacking = {
        "enrolment.classes" if k == "classes_per_grade" else f"facilities.{k}" for k in unknown
    }
    if math.isnan(row["pupils"]):
        lacking.add("enrolment.pupils")
    return {
        "school_id": row["school_id"],
        "school_year": school_year,
        "stage": stage,
        "model": "rural" if rural else "standard",
        "short_zh": "、".join(titles[k].zh for k in short) or None,
        "short_en": ", ".join(titles[k].en for k in short) or None,
        "classes_per_grade": per_grade,
        "pupils": row["pupils"],
        "site_area_m2": row["site_area_m2"],
        "floor_area_m2": row["floor_area_m2"],
        "verdict": "not_met" if short else ("undetermined" if unknown else "met"),
        "missing": ", ".join(sorted(lacking)) or None,
    }


def standard_school_share(schools: pd.DataFrame, rules: RuleSet, school_year: int) -> pd.DataFrame:
    """Return the share of standard schools against each of the county's possible targets."""
    if schools.empty:
        return pd.DataFrame()
    by_school = schools.groupby("school_id")["verdict"].agg(
        lambda v: "not_met" if (v == "not_met").any() else v.max()
    )
    count = float(len(by_school))
    standard = float((by_school == "met").sum())
    unknown = float((by_school == "undetermined").sum())
    rows = []
    for name in _SHARES:
        target = number_or_none(rules, name)
        if target is None:
            continue
        needed = math.ceil(count * target - TOLERANCE)
        verdict = "met" if standard >= needed else "not_met"
        if verdict == "not_met" and standard + unknown >= needed:
            verdict = "undetermined"
        rows.append(
            {
                "school_year": school_year,
                "target_name": name,
                "schools": count,
                "standard": standard,
                "undetermined": unknown,
                "share": standard / count,
                "target": target,
                "schools_short": max(0.0, needed - standard),
                "verdict": verdict,
            }
        )
    return pd.DataFrame(rows)


def rule_differences(rules: RuleSet, others: Iterable[RuleSet]) -> pd.DataFrame:
    """Return every norm in which the run's rule set differs from each of the others."""
    rows = []
    for other in others:
        table = differences(rules, other)
        titles = {
            (norm.name, norm.stage): norm for r in (other, rules) for norm in reversed(r.norms())
        }
        for row in table.to_dict("records"):
            norm = titles[(row["name"], row["stage"])]
            rows.append(
                {
                    "left": rules.name,
                    "right": other.name,
                    "norm": row["name"],
                    "stage": row["stage"],
                    "title_zh": norm.zh,
                    "title_en": norm.en,
                    "left_value": _written(row["left"]),
                    "right_value": _written(row["right"]),
                    "unit": row["unit"],
                    "left_source": row["left_source"],
                    "right_source": row["right_source"],
                }
            )
    return pd.DataFrame(rows).drop_duplicates(["left", "right", "norm", "stage"])


def _written(value: object) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return f"{value:g}" if isinstance(value, float) else str(value)


def run_actuals(variation: pd.DataFrame, facts: pd.DataFrame) -> dict[tuple[str, int], float]:
    """Return what a run knows by (indicator, year): CVs, and the county's own facts.

    CVs are named ``cv_L1_primary`` and so on, with the school year as year.
    """
    found = {
        (str(row["indicator"]), int(row["year"])): float(row["value"])
        for row in facts.dropna(subset=["value"]).to_dict("records")
    }
    rows = variation[(variation["population"] == "all") & variation["stage"].isin(STAGES)]
    for row in rows.dropna(subset=["cv"]).to_dict("records"):
        name = f"cv_{row['indicator']}_{row['stage']}"
        found[(name, int(row["school_year"]))] = float(np.float64(row["cv"]))
    return found
