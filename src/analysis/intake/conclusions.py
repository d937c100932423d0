"""Which conclusions of the briefing depend on the cells a finding is about."""

from __future__ import annotations

import pandas as pd

from analysis.tables import contract

_SCHOOLS = ("schools", "school_changes")
_PUPILS = ("enrolment", "school_totals", "class_sizes", "class_bands")
#: Conclusion -> tables it needs. One place; the notebook and the briefing read it from here.
NEEDS: dict[str, tuple[str, ...]] = {
    "indicators": (
        *(*_SCHOOLS, *_PUPILS, "teachers"),
        *("facilities", "building_areas", "special_rooms"),
    ),
    "class_and_school_size": (*_SCHOOLS, *_PUPILS),
    "assessment": ("county_facts", "survey", "finance", "targets"),
    "trends": (*_SCHOOLS, "enrolment", "totals", "towns", "town_changes"),
    "demand": (
        *(*_SCHOOLS, "enrolment", "totals", "towns", "town_changes"),
        *("births", "under_six", "flows", "housing", "assumptions"),
    ),
    "norm": ("population", "towns", "town_changes"),
    "capacity": (*_SCHOOLS, "enrolment", "facilities", "projects", "totals"),
    "building_plan": ("projects", "finance", "housing", "facilities"),
    "gap_list": ("gap_items",),
    "access": ("schools", "towns"),
}
#: Of a table that serves many conclusions, the only columns that these ones read.
COLUMNS: dict[tuple[str, str], frozenset[str]] = {
    ("capacity", "facilities"): frozenset(
        {"school_id", "school_year", "scope", "classrooms", "unsafe_classrooms"}
        | {"temporary_classrooms", "floor_area_m2", "unsafe_area_m2"}
    ),
    ("building_plan", "facilities"): frozenset(
        {"school_id", "school_year", "scope", "classrooms", "unsafe_classrooms"}
        | {"temporary_classrooms", "floor_area_m2", "unsafe_area_m2", "site_area_m2"}
    ),
    ("access", "schools"): frozenset({"school_id", "town_id", "kind", "lon", "lat"}),
}
_MOST_CELLS = 20
_ORDER = {"blocks": 0, "affects": 1}


def affected(findings: pd.DataFrame) -> pd.DataFrame:
    """Return the conclusions that rest on affected cells (受影响的结论).

    Parameters
    ----------
    findings
        ``intake_findings``. Findings that are only notes touch no conclusion; one without a table
        (a file that cannot be read) may touch every conclusion.

    Returns
    -------
    DataFrame
        ``affected_conclusions``: ``undetermined`` where a cell or row had to be left out,
        ``caution`` where the value stands beside a contradiction.
    """
    item = contract("affected_conclusions")
    serious = findings[findings["severity"].isin(["blocks", "affects"])]
    rows: list[dict[str, object]] = []
    by_table = [*serious.groupby(serious["table_name"].fillna(""), sort=True)]
    for conclusion, tables in NEEDS.items():
        for table, group in by_table:
            if str(table) and table not in tables:
                continue
            read = COLUMNS.get((conclusion, str(table)))
            if read is not None:
                group = group[group["column_name"].isin(read) | (group["column_name"] == "")]
            if group.empty:
                continue
            left_out = group["treatment"].isin(["set_aside", "left_out"]) | (
                group["severity"] == "blocks"
            )
            cells = [
                "#".join(filter(None, (f, s, c)))
                for f, s, c in zip(group["file"], group["sheet"], group["cell"], strict=True)
            ]
            more = f" … +{len(cells) - _MOST_CELLS}" if len(cells) > _MOST_CELLS else ""
            rows.append(
                {
                    "conclusion": conclusion,
                    "table_name": str(table) or "—",
                    "severity": min(group["severity"], key=lambda s: _ORDER[s]),
                    "findings": float(len(group)),
                    "cells": "; ".join(cells[:_MOST_CELLS]) + more,
                    "status": "undetermined" if left_out.any() else "caution",
                }
            )
    return item.frame(rows)
