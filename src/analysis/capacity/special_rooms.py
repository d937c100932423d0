"""Special rooms (专用教室): music and art rooms against classes, now and at the most ahead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.capacity.norms import norm_value
from analysis.capacity.rooms import TOLERANCE
from analysis.standards import RuleSet
from analysis.tables import Tables, contract

KINDS = ("music", "art")


def special_room_need(
    tables: Tables,
    ledger: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    rules: RuleSet,
    base_year: int,
    scenario: str,
) -> pd.DataFrame:
    """Count music and art rooms against the classes of each school (专用教室需求).

    A school of several stages needs the sum of its stages' rooms. Where the area lists no
    special rooms at all, how many a school has is unknown, not none. Source: 教督〔2017〕6号
    article 7: one music and one art room for every 12 classes.
    """
    each = norm_value(rules, "classes_per_special_room", year=base_year)
    listed = tables["special_rooms"]
    counted = listed.groupby(["school_id", "kind"]).size()
    covered = set(listed["school_id"])
    most = _most_classes(schools, scenario, each)
    rows: list[dict[str, Any]] = []
    for school, group in ledger.groupby("school_id", sort=True):
        needed = np.ceil(group["classes"] / each - TOLERANCE).sum(skipna=False)
        peak = most.get(str(school), {})
        for kind in KINDS:
            rooms = float(counted.get((school, kind), 0.0)) if school in covered else float("nan")
            rows.append(
                {
                    "school_id": school,
                    "town_id": group["town_id"].iloc[0],
                    "kind": kind,
                    "rooms": rooms,
                    "classes": group["classes"].sum(skipna=False),
                    "rooms_needed": needed,
                    "rooms_short": np.maximum(needed - rooms, 0.0),
                    "classes_peak": peak.get("classes", float("nan")),
                    "peak_year": peak.get("year", float("nan")),
                    "rooms_short_peak": np.maximum(peak.get("needed", float("nan")) - rooms, 0.0),
                }
            )
    return contract("special_room_need").frame(rows)


def _most_classes(schools: pd.DataFrame, scenario: str, each: float) -> dict[str, dict[str, float]]:
    """Return the most classes ahead of each school, their year, and the rooms they need."""
    own = schools[(schools["scenario"] == scenario) & schools["classes_required"].notna()]
    own = own.assign(needed=np.ceil(own["classes_required"] / each - TOLERANCE))
    yearly = own.groupby(["school_id", "school_year"])[["classes_required", "needed"]].sum()
    found: dict[str, dict[str, float]] = {}
    for school, group in yearly.reset_index().groupby("school_id"):
        top = group.iloc[int(group["classes_required"].to_numpy().argmax())]
        found[str(school)] = {
            "classes": float(top["classes_required"]),
            "year": float(top["school_year"]),
            "needed": float(top["needed"]),
        }
    return found
