"""What has changed since last year's plan (与上年规划对照)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.tables import StepResult, contract

_COMPARED = ("seats", "finish_year", "cost_mid_cny")
_NAMES = {"seats": "seats", "finish_year": "finish", "cost_mid_cny": "cost"}


def plan_changes(now: pd.DataFrame, before: pd.DataFrame) -> StepResult:
    """Compare two plans project by project.

    Parameters
    ----------
    now, before
        ``plan_projects`` of this plan and of last year's; an empty one means there is none.

    Returns
    -------
    StepResult
        ``plan_changes``: new, dropped, changed (seats, opening or cost differ), unchanged.
    """
    rows: list[dict[str, Any]] = []
    if before.empty:
        return StepResult({"plan_changes": contract("plan_changes").empty()})
    left, right = (t.set_index("project_id") for t in (before, now))
    for name in sorted({*left.index, *right.index}):
        old = left.loc[name] if name in left.index else None
        new = right.loc[name] if name in right.index else None
        shown = old if new is None else new
        row: dict[str, Any] = {"project_id": name}
        if shown is not None:
            row["project_name"] = shown["project_name"]
        for column in _COMPARED:
            for when, values in (("before", old), ("now", new)):
                key = f"{_NAMES[column]}_{when}" + ("_cny" if column.startswith("cost") else "")
                row[key] = np.nan if values is None else values[column]
        rows.append(row | {"change": _change(old, new)})
    return StepResult({"plan_changes": contract("plan_changes").frame(rows)})


def _change(old: pd.Series[Any] | None, new: pd.Series[Any] | None) -> str:
    if old is None:
        return "new"
    if new is None:
        return "dropped"
    same = all(old[c] == new[c] or (pd.isna(old[c]) and pd.isna(new[c])) for c in _COMPARED)
    return "same" if same else "changed"
