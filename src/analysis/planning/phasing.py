"""Land to reserve, and the tasks of each year with the departments that answer for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.planning.measures import PERMANENT
from analysis.planning.problem import Problem
from analysis.tables import contract

_MU_M2 = 10_000 / 15


def land_rows(problem: Problem, projects: pd.DataFrame) -> pd.DataFrame:
    """Return ``plan_land`` (用地储备清单): the site of every new or moved school and its date."""
    known = {o.option_id: o.details.get("land_year") for o in problem.instance.options}
    wanted = projects[
        projects["kind"].isin(["new_build", "relocation"]) & (projects["site_area_m2"] > 0)
    ]
    rows: list[dict[str, Any]] = []
    for row in wanted.to_dict("records"):
        given = known.get(row["project_id"])
        ready = np.nan if given is None else float(given)
        needed = row["start_year"]
        state = "unknown" if not np.isfinite(ready) else ("ready" if ready <= needed else "late")
        rows.append(
            {
                "project_id": row["project_id"],
                "project_name": row["project_name"],
                "town_id": row["town_id"],
                "site_area_m2": row["site_area_m2"],
                "site_area_mu": row["site_area_m2"] / _MU_M2,
                "needed_year": needed,
                "land_year": ready,
                "ready": "ready" if row["status"] == "committed" else state,
            }
        )
    return contract("plan_land").frame(rows)


def phasing_rows(problem: Problem, projects: pd.DataFrame, spending: pd.DataFrame) -> pd.DataFrame:
    """Return ``plan_phasing``: who does what in which year for every sized project.

    Notes
    -----
    Source: the gap list of a district's three-year plan (gap, year, department, money), domain
    section 7.3; the departments are norms and can be set by the area.
    """
    parameters = problem.parameters
    department = {
        task: parameters.text(f"responsible_{task}")
        for task in ("land", "approval", "construction", "staff", "education")
    }
    money = spending.groupby(["project_id", "year"])["cost_mid_cny"].sum()
    rows: list[dict[str, Any]] = []
    for row in projects[projects["start_year"].notna() & projects["finish_year"].notna()].to_dict(
        "records"
    ):
        start, finish = int(row["start_year"]), int(row["finish_year"])
        shared = {"project_id": row["project_id"], "project_name": row["project_name"]}
        seats = {"quantity": row["seats"], "unit": "个学位"}
        if row["kind"] not in PERMANENT:
            task = {"task": "arrangement", "responsible": department["education"], **seats}
            rows.append(shared | task | {"year": start})
        else:
            if row["kind"] != "expansion":
                site = {"quantity": row["site_area_m2"], "unit": "m²"}
                land = {"task": "land", "responsible": department["land"], **site}
                rows.append(shared | land | {"year": start})
            rows.append(
                shared | {"year": start, "task": "approval", "responsible": department["approval"]}
            )
            staff = f"{department['education']}、{department['staff']}"
            rows.append(
                shared
                | {"year": finish, "task": "equipment", "responsible": staff}
                | {"quantity": row["classes"], "unit": "个班"}
            )
        for year in range(start, max(finish, start + 1)):
            cost = float(money.get((row["project_id"], year), np.nan))
            if row["kind"] in PERMANENT or np.isfinite(cost):
                task = {"task": "construction", "responsible": department["construction"]}
                rows.append(shared | task | {"year": year, "cost_mid_cny": cost})
        if row["kind"] in PERMANENT or finish > start:
            opening = {"task": "opening", "responsible": department["education"], **seats}
            rows.append(shared | opening | {"year": finish})
    return contract("plan_phasing").frame(rows)
