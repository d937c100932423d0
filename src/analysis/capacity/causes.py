"""Which schools cause a shortage or hold a surplus, for every cell of the gap."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

#: Schools named in a cell, at most.
NAMED_SCHOOLS = 5
_KEYS = ["area_id", "stage", "school_year", "scenario"]


def named_schools(schools: pd.DataFrame, names: Mapping[str, str], code: str) -> pd.DataFrame:
    """Return the schools involved in each cell: those short, else those that are blue.

    Parameters
    ----------
    schools
        ``gap_schools``.
    names
        Names of schools by code.
    code
        Code of the county, whose cells name its towns' schools.

    Returns
    -------
    DataFrame
        ``area_id, stage, school_year, scenario, schools``: at most five names, the largest
        shortage (surplus) first; a cell without such a school has no row.
    """
    short = schools["shortage"] > 0
    involved = schools[short | (schools["warning"] == "blue")]
    if involved.empty:
        return pd.DataFrame(columns=[*_KEYS, "schools"])
    involved = involved.assign(
        named=[names.get(s, s) for s in involved["school_id"]],
        rank=np.where(involved["shortage"] > 0, 0, 1),
        size=np.where(involved["shortage"] > 0, involved["shortage"], involved["surplus"]),
    )
    cells = pd.concat(
        [involved.assign(area_id=involved["town_id"]), involved.assign(area_id=code)],
        ignore_index=True,
    )
    # where a school is short, spare seats elsewhere in the cell are another matter
    first = cells.groupby(_KEYS)["rank"].transform("min")
    cells = cells[cells["rank"] == first].sort_values(
        ["size", "school_id"], ascending=[False, True]
    )
    cells = cells.groupby(_KEYS).head(NAMED_SCHOOLS)
    return cells.groupby(_KEYS)["named"].agg(" · ".join).rename("schools").reset_index()
