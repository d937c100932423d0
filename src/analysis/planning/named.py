"""What can be said without demand or seats: the county's own list, and what is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.planning.listed import with_place
from analysis.planning.norm import norm_notes
from analysis.planning.parameters import Parameters
from analysis.planning.rows import both
from analysis.planning.staff import staff_need
from analysis.standards import RuleSet
from analysis.tables import Note, StepResult, Tables, contract

RESULTS = (
    "plan_candidates",
    "plan_spending",
    "plan_money",
    "plan_money_sources",
    "plan_residuals",
    "plan_use",
    "plan_guard",
    "plan_alternatives",
    "plan_triggers",
    "plan_methods",
    "plan_sensitivity",
    "plan_objective",
    "plan_status",
    "plan_land",
    "plan_phasing",
)
_NEEDED = {
    "seat_demand": ("enrolment", "schools", "births"),
    "seat_supply": ("facilities",),
}


def named_plan(
    tables: Tables, *, rules: RuleSet, base_year: int, scenario: str = "central"
) -> StepResult:
    """List the county's projects as they stand; nothing about them is made up (项目清单).

    Returns
    -------
    StepResult
        ``plan_projects`` with sizes and costs as given and missing where not given, ``staff_need``
        and ``plan_assumptions``; every other table of the plan empty. A note says which tables
        would turn the list into a plan.
    """
    parameters = Parameters(rules, tables, base_year)
    projects = listed_rows(with_place(tables))
    missing = [t for name in tables.missing(*_NEEDED) for t in _NEEDED[name]]
    notes = [Note("planning.no_plan", {}, tuple(dict.fromkeys(missing)), "gap")]
    notes += norm_notes(tables)
    named = int((projects["status"] == "named").sum())
    if named:
        notes.append(Note("planning.named_only", {"n": named}, ("projects",), "gap"))
    return StepResult(
        {
            **{name: contract(name).empty() for name in RESULTS},
            "plan_projects": projects,
            "plan_assumptions": parameters.register(),
            "staff_need": staff_need(tables, parameters, scenario),
        },
        tuple(notes),
    )


def listed_rows(projects: pd.DataFrame) -> pd.DataFrame:
    """Return the projects of the county's list as ``plan_projects``, without any judgement."""
    rows: list[dict[str, Any]] = []
    for row in projects.to_dict("records"):
        record = {str(key): value for key, value in row.items()}
        cost = float(record.pop("cost_cny"))
        for name in ("land_year", "lon", "lat"):
            record.pop(name)
        key = {"named": "why_named", "committed": "why_committed"}.get(
            str(record["status"]), "why_listed"
        )
        said = both(key)
        rows.append(
            record
            | dict.fromkeys(("cost_low_cny", "cost_mid_cny", "cost_high_cny"), cost)
            | {
                "project_name_en": record["project_name"],
                "why_zh": said["zh"],
                "why_en": said["en"],
                "under_used": False,
                "tie": False,
                "rank": np.nan,
            }
        )
    return contract("plan_projects").frame(rows)
