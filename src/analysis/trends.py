"""Trends (变化趋势): pupils, classes and class size by place, turning points, contributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.tables import Note, StepResult, Tables, contract
from analysis.terms import STAGE_GRADES

#: A turning point is confirmed when this many later years run the other way.
CONFIRMING_YEARS = 2
#: Years over which contributions to change are taken, at most.
CONTRIBUTION_YEARS = 5
_NOT_COUNTED = ("special", "vocational", "senior", "kindergarten")
_STAGE_OF = {grade: stage for stage, grades in STAGE_GRADES.items() for grade in grades}
_KEYS = ["level", "area_id", "stage", "school_year"]


def trends(tables: Tables, *, base_year: int, area: str = "") -> StepResult:
    """Describe how pupils, classes and class size have changed (在校生变化趋势).

    Parameters
    ----------
    tables
        ``enrolment`` with ``schools``; failing that ``totals``.
    base_year
        Later school years are left out.
    area
        The county's code, used for county rows.

    Returns
    -------
    StepResult
        ``trend_pupils``, ``trend_urban_rural``, ``turning_points``, ``trend_contributions``;
        empty, with a note on what is missing, where nothing can be said.
    """
    rows = school_rows(tables, base_year)
    notes: list[Note] = []
    if rows.empty:
        yearly = totals_rows(tables, base_year, area)
        urban = contract("trend_urban_rural").empty()
        missing = ("enrolment", "schools")
        notes.append(Note("trends.totals_only", {}, missing, "gap"))
        if yearly.empty:
            notes = [Note("trends.no_pupils", {}, (*missing, "totals"), "gap")]
    else:
        yearly = yearly_by_place(rows, _code(tables, area))
        urban = urban_rural(rows)
        if urban.empty:
            notes.append(Note("trends.no_urban_rural", {}, ("schools",), "gap"))
    pupils = with_changes(yearly)
    if not pupils.empty and pupils["school_year"].nunique() < 2:
        notes.append(Note("trends.one_year", {}, ("enrolment",), "gap"))
    return StepResult(
        {
            "trend_pupils": pupils,
            "trend_urban_rural": urban,
            "turning_points": turning_points(pupils),
            "trend_contributions": contributions(pupils),
        },
        tuple(notes),
    )


def _code(tables: Tables, area: str) -> str:
    if area:
        return area
    towns = set(tables["towns"]["town_id"])
    others = sorted(set(tables["totals"]["town_id"]) - towns)
    return others[0] if others else "county"


def school_rows(tables: Tables, base_year: int) -> pd.DataFrame:
    """Return enrolment rows of ordinary schools with town, stage and urban-rural class."""
    if not tables.has("enrolment", "schools"):
        return pd.DataFrame()
    enrolment = tables["enrolment"]
    rows = enrolment[(enrolment["school_year"] <= base_year) & enrolment["grade"].isin(_STAGE_OF)]
    schools = tables["schools"][["school_id", "town_id", "kind", "urban_rural"]]
    joined = rows.merge(schools, on="school_id", how="inner", validate="m:1")
    joined = joined[~joined["kind"].isin(_NOT_COUNTED)]
    return joined.assign(stage=joined["grade"].map(_STAGE_OF))


def yearly_by_place(rows: pd.DataFrame, code: str) -> pd.DataFrame:
    """Add up school rows by town and for the county: pupils, classes, entrants."""
    first = rows["grade"].isin([grades[0] for grades in STAGE_GRADES.values()])
    rows = rows.assign(entrants=rows["pupils"].where(first), entry_grade=first)
    parts = []
    for level, frame in (
        ("county", rows.assign(area_id=code)),
        ("town", rows.rename(columns={"town_id": "area_id"})),
    ):
        grouped = frame.groupby(["area_id", "stage", "school_year"])
        sums = grouped[["pupils", "classes", "entrants"]].sum(min_count=1)
        # a sum that leaves an unknown cell out would read as a fall
        full = grouped[["pupils", "classes"]].count().eq(grouped.size(), axis=0)
        full["entrants"] = grouped["entrants"].count() == grouped["entry_grade"].sum()
        sums = sums.where(full)
        parts.append(sums.reset_index().assign(level=level))
    return pd.concat(parts, ignore_index=True)


def totals_rows(tables: Tables, base_year: int, area: str) -> pd.DataFrame:
    """Return the totals table in the shape of :func:`yearly_by_place`."""
    totals = tables["totals"]
    totals = totals[totals["school_year"] <= base_year]
    if totals.empty:
        return pd.DataFrame()
    code = _code(tables, area)
    level = np.where(totals["town_id"] == code, "county", "town")
    kept = totals.rename(columns={"town_id": "area_id"})
    return kept[["area_id", "stage", "school_year", "pupils", "classes", "entrants"]].assign(
        level=level
    )


def with_changes(yearly: pd.DataFrame) -> pd.DataFrame:
    """Add class size, yearly change and the share of the county; return ``trend_pupils``."""
    if yearly.empty:
        return contract("trend_pupils").empty()
    table = yearly.sort_values(_KEYS).reset_index(drop=True)
    group = table.groupby(["level", "area_id", "stage"])
    before = group["pupils"].shift()
    consecutive = group["school_year"].diff() == 1
    change = (table["pupils"] - before).where(consecutive)
    county = table.loc[table["level"] == "county", ["stage", "school_year", "pupils"]]
    whole = table.merge(
        county.rename(columns={"pupils": "county_pupils"}),
        on=["stage", "school_year"],
        how="left",
        validate="m:1",
    )["county_pupils"]
    return contract("trend_pupils").frame(
        table.assign(
            class_size=(table["pupils"] / table["classes"].where(table["classes"] > 0)),
            change_pupils=change,
            change_rate=change / before.where(before > 0),
            county_share=(table["pupils"] / whole.where(whole > 0)).to_numpy(),
        )
    )


def urban_rural(rows: pd.DataFrame) -> pd.DataFrame:
    """Return pupils, classes and class size by urban-rural class, stage and year."""
    known = rows[rows["urban_rural"].notna()]
    if known.empty:
        return contract("trend_urban_rural").empty()
    keys = ["stage", "urban_rural", "school_year"]
    # an unknown school is no empty one: its class is unknown, and with it every class's share
    sums = known.groupby(keys)[["pupils", "classes"]].sum(skipna=False).reset_index()
    years = sums.groupby(["stage", "school_year"])["pupils"]
    total = years.transform("sum").where(years.transform("count") == years.transform("size"))
    return contract("trend_urban_rural").frame(
        sums.assign(
            class_size=sums["pupils"] / sums["classes"].where(sums["classes"] > 0),
            pupil_share=sums["pupils"] / total.where(total > 0),
        )
    )


def turns(values: NDArray[Any], confirming: int = CONFIRMING_YEARS) -> list[tuple[int, str, bool]]:
    """Return the turning points of a series as (position, kind, confirmed).

    A value higher (lower) than both neighbours is a peak (trough); a flat top counts at its first
    year. It is confirmed when the next ``confirming`` values all lie on its far side and the
    values before it rose (fell) towards it.
    """
    found: list[tuple[int, str, bool]] = []
    direction = 0
    start = 0
    for place in range(1, len(values)):
        step = np.sign(values[place] - values[place - 1])
        if step == 0 or not np.isfinite(step):
            continue
        if direction and step != direction:
            kind = "peak" if direction > 0 else "trough"
            later = values[place : place + confirming]
            beyond = (later < values[start]) if direction > 0 else (later > values[start])
            found.append((start, kind, len(later) >= confirming and bool(beyond.all())))
        direction, start = step, place
    return found


def turning_points(pupils: pd.DataFrame) -> pd.DataFrame:
    """Return ``turning_points`` of every place and stage of ``trend_pupils``."""
    rows: list[dict[str, object]] = []
    known = pupils[pupils["pupils"].notna()]
    for (level, area, stage), group in known.groupby(["level", "area_id", "stage"], sort=True):
        ordered = group.sort_values("school_year")
        values = ordered["pupils"].to_numpy(dtype=float)
        years = ordered["school_year"].to_numpy()
        for place, kind, confirmed in turns(values):
            rows.append(
                {
                    "level": level,
                    "area_id": area,
                    "stage": stage,
                    "school_year": int(years[place]),
                    "kind": kind,
                    "pupils": values[place],
                    "confirmed": confirmed,
                }
            )
    return contract("turning_points").frame(rows)


def contributions(pupils: pd.DataFrame, years: int = CONTRIBUTION_YEARS) -> pd.DataFrame:
    """Split each town's change over the last years, and its part in the county's rate of change.

    The change of a town is split into the effect of the number of classes (at the mean class size
    of the two years) and of class size (at the mean number of classes); the two add up exactly.
    A town that has no row of a year taught nobody then; one whose pupils are unknown stays unknown,
    and with it the county's rate.
    """
    towns = pupils[pupils["level"] == "town"]
    towns = towns[towns["school_year"].isin(towns.loc[towns["pupils"].notna(), "school_year"])]
    if towns.empty or towns["school_year"].nunique() < 2:
        return contract("trend_contributions").empty()
    last = int(towns["school_year"].max())
    first = max(int(towns["school_year"].min()), last - years)
    keys = ["area_id", "stage"]
    columns = [*keys, "pupils", "classes"]
    early, late = (towns.loc[towns["school_year"] == y, columns] for y in (first, last))
    both = early.merge(
        late,
        on=keys,
        how="outer",
        suffixes=("_early", "_late"),
        validate="1:1",
        indicator="side",
    )
    for column, other in (("pupils_early", "right_only"), ("pupils_late", "left_only")):
        both[column] = both[column].where(both["side"] != other, 0.0)
    change = both["pupils_late"] - both["pupils_early"]
    unknown = both["pupils_early"].isna().groupby(both["stage"]).transform("any")
    county = both.groupby("stage")["pupils_early"].transform("sum").where(~unknown)
    size_early = both["pupils_early"] / both["classes_early"].where(both["classes_early"] > 0)
    size_late = both["pupils_late"] / both["classes_late"].where(both["classes_late"] > 0)
    return contract("trend_contributions").frame(
        both[keys].assign(
            first_year=first,
            school_year=last,
            change_pupils=change,
            contribution=change / county.where(county > 0),
            classes_effect=(both["classes_late"] - both["classes_early"])
            * (size_early + size_late)
            / 2,
            class_size_effect=(size_late - size_early)
            * (both["classes_early"] + both["classes_late"])
            / 2,
        )
    )
