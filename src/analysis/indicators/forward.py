"""The indicators looked at forward: every coming year, as rolls and projects change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.indicators.definitions import TOLERANCE, number_or_none
from analysis.indicators.resources import KEYS
from analysis.standards import RuleSet
from analysis.tables import Tables
from analysis.terms import STAGE_GRADES

_STAGE_OF = {grade: stage for stage, grades in STAGE_GRADES.items() for grade in grades}
_ID = ["school_id", "stage", "indicator"]
#: ``indicator_values`` and ``variation``.
Values = tuple[pd.DataFrame, pd.DataFrame]
#: Both of tables in some school years.
Evaluate = Callable[[Tables, Sequence[int]], Values]


def projects_at_schools(tables: Tables) -> pd.DataFrame:
    """Return projects that add seats to a town: the plan's own, else those already committed.

    Returns
    -------
    DataFrame
        ``project_name, school_id, town_id, stage, seats, floor_area_m2, finish_year``.
    """
    columns = ["project_name", "school_id", "town_id", "stage"]
    columns += ["seats", "floor_area_m2", "finish_year"]
    planned, given = tables["plan_projects"], tables["projects"]
    given = given[given["status"] == "committed"]
    rows = pd.concat([planned.reindex(columns=columns), given.reindex(columns=columns)])
    rows = rows.drop_duplicates(["project_name", "school_id", "stage"])
    home = dict(zip(tables["schools"]["school_id"], tables["schools"]["town_id"], strict=True))
    towns = [
        t if isinstance(t, str) else home.get(s)
        for t, s in zip(rows["town_id"], rows["school_id"], strict=True)
    ]
    rows = rows.assign(town_id=pd.Series(towns, index=rows.index, dtype="str"))
    return rows[rows["finish_year"].notna() & (rows["seats"] > 0)].reset_index(drop=True)


def town_growth(tables: Tables, base_year: int, scenario: str) -> pd.DataFrame:
    """Return pupils of each year over those of the base year, by town and stage.

    A town without its own forecast follows the county's.
    """
    demand = tables["seat_demand"]
    demand = demand[(demand["scenario"] == scenario) & (demand["school_year"] >= base_year)]
    keys = ["level", "area_id", "stage"]
    base = demand[demand["school_year"] == base_year][[*keys, "pupils"]]
    joined = demand.merge(base, on=keys, suffixes=("", "_base"), validate="m:1")
    joined["growth"] = joined["pupils"] / joined["pupils_base"].where(joined["pupils_base"] > 0)
    return joined[[*keys, "school_year", "growth"]]


def _stage_pupils(tables: Tables, year: int) -> pd.DataFrame:
    """Return pupils by school and stage with the school's town, every school of the county."""
    rows = tables["enrolment"]
    rows = rows[(rows["school_year"] == year) & rows["grade"].isin(_STAGE_OF)]
    grouped = rows.assign(stage=rows["grade"].map(_STAGE_OF)).groupby(["school_id", "stage"])
    pupils = grouped["pupils"].sum(min_count=1).reset_index()
    towns = tables["schools"][["school_id", "town_id"]]
    return pupils.merge(towns, on="school_id", how="inner", validate="m:1")


def projected_pupils(
    pupils: pd.DataFrame, growth: pd.DataFrame, projects: pd.DataFrame, year: int
) -> pd.DataFrame:
    """Return the pupils of every school and stage in a coming year.

    A town's pupils follow its forecast. They are shared among its schools in proportion to
    today's pupils plus the seats of projects open by then, so an expansion draws pupils to its
    school; seats at a school that does not exist yet draw pupils away from the others.

    Parameters
    ----------
    pupils
        ``school_id, stage, town_id, pupils`` of the base year.
    """
    now = growth[growth["school_year"] == year]
    towns = now[now["level"] == "town"].set_index(["area_id", "stage"])["growth"].to_dict()
    county = now[now["level"] == "county"].set_index("stage")["growth"].to_dict()
    opened = projects[projects["finish_year"] <= year]
    own = opened.groupby(["school_id", "stage"])["seats"].sum().to_dict()
    by_town = opened.groupby(["town_id", "stage"])["seats"].sum().to_dict()
    of_school = list(zip(pupils["school_id"], pupils["stage"], strict=True))
    of_town = list(zip(pupils["town_id"], pupils["stage"], strict=True))
    table = pupils.assign(
        growth=[towns.get(key, county.get(key[1], np.nan)) for key in of_town],
        seats=[own.get(key, 0.0) for key in of_school],
    )
    total = table.groupby(["town_id", "stage"])["pupils"].transform("sum")
    new = pd.Series([by_town.get(key, 0.0) for key in of_town], index=table.index)
    future = total * table["growth"] * (table["pupils"] + table["seats"]) / (total + new)
    return table[["school_id", "stage"]].assign(pupils_future=future)


def projected_tables(
    tables: Tables,
    future: pd.DataFrame,
    projects: pd.DataFrame,
    rules: RuleSet,
    base_year: int,
    year: int,
) -> Tables:
    """Return tables whose only school year is ``year``: pupils projected, resources as today.

    Projects add teaching rooms (norm ``project_teaching_area_share`` of their floor area) and
    nothing else: teachers, grounds and equipment have to be listed to be counted.
    """
    enrolment = tables["enrolment"]
    enrolment = enrolment[enrolment["school_year"] == base_year]
    stage = enrolment["grade"].map(_STAGE_OF)
    rows = enrolment.assign(stage=stage, school_year=year)
    now = rows.groupby(["school_id", "stage"])["pupils"].sum(min_count=1)
    ratio = (future.set_index(["school_id", "stage"])["pupils_future"] / now).to_dict()
    factors = [
        ratio.get(key, 1.0) if isinstance(key[1], str) else 1.0
        for key in zip(rows["school_id"], rows["stage"], strict=True)
    ]
    rows["pupils"] = rows["pupils"] * pd.Series(factors, index=rows.index)
    share = number_or_none(rules, "project_teaching_area_share") or 0.0
    opened = projects[(projects["finish_year"] <= year) & projects["school_id"].notna()]
    added = opened.groupby("school_id")["floor_area_m2"].sum(min_count=1) * share
    facilities = tables["facilities"]
    facilities = facilities[facilities["school_year"] == base_year].assign(school_year=year)
    more = facilities["school_id"].map(added).astype("float64").fillna(0.0)
    facilities["teaching_area_m2"] = facilities["teaching_area_m2"] + more
    teachers = tables["teachers"]
    teachers = teachers[teachers["school_year"] == base_year].assign(school_year=year)
    return tables.with_tables(
        {
            "enrolment": rows[tables["enrolment"].columns],
            "facilities": facilities,
            "teachers": teachers,
        }
    )


def changes_of(rows: pd.DataFrame) -> NDArray[np.object_]:
    """Return the label of each indicator in a coming year, against the base year.

    Parameters
    ----------
    rows
        ``verdict``, ``value``, ``resource`` and ``pupils``, each also with ``_base``.
    """
    before, after = (rows[n].to_numpy(dtype=object) for n in ("verdict_base", "verdict"))

    def beyond(name: str, share: float) -> NDArray[np.bool_]:
        now, then = rows[name].to_numpy(dtype=float), rows[f"{name}_base"].to_numpy(dtype=float)
        return now > then * share if share > 1 else now < then * share

    more, grown = beyond("resource", 1 + TOLERANCE), beyond("pupils", 1 + TOLERANCE)
    shrunk, better = beyond("pupils", 1 - TOLERANCE), beyond("value", 1 + TOLERANCE)
    improves = (before == "not_met") & better
    relapses = (before == "met") & (after == "not_met")
    unknown = rows["verdict_base"].isna().to_numpy()
    unknown = unknown | (before == "undetermined") | (after == "undetermined")
    labels = np.select(
        [unknown, relapses & grown, relapses, improves & more & ~shrunk, improves & shrunk & ~more],
        [
            np.array(label, dtype=object)
            for label in (
                "undetermined",
                "relapse_growth",
                "relapse_other",
                "improves_by_project",
                "improves_by_decline",
            )
        ],
        default=after,
    )
    return labels


def forward(
    tables: Tables,
    rules: RuleSet,
    *,
    base_year: int,
    years: int,
    scenario: str,
    today: Values,
    evaluate: Evaluate,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return ``forward_indicators``, ``forward_variation`` and ``forward_warnings``.

    Parameters
    ----------
    tables
        ``seat_demand`` (forecast), ``plan_projects`` or ``projects``, and the school tables.
    today
        Values and variation of the base year.
    evaluate
        The engine: values and variation of tables in some years; asked once for all years ahead.
    """
    base_values, base_variation = today
    pupils = _stage_pupils(tables, base_year)
    growth = town_growth(tables, base_year, scenario)
    projects = projects_at_schools(tables)
    last = min(base_year + years, int(growth["school_year"].max())) if len(growth) else base_year
    found, variations = [base_values], [base_variation]
    coming = range(base_year + 1, last + 1)
    if coming:
        ahead = []
        for year in coming:
            future = projected_pupils(pupils, growth, projects, year)
            ahead.append(projected_tables(tables, future, projects, rules, base_year, year))
        names = ("enrolment", "facilities", "teachers")
        changed = {n: pd.concat([t[n] for t in ahead], ignore_index=True) for n in names}
        values, variation = evaluate(tables.with_tables(changed), coming)
        found.append(values)
        variations.append(variation)
    values = _labelled(pd.concat(found, ignore_index=True), base_values, projects)
    table = _variation(pd.concat(variations, ignore_index=True), base_variation, values)
    return values, table, _warnings(values, table)


def _labelled(values: pd.DataFrame, base: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    columns = [*_ID, "value", "verdict", "resource", "pupils"]
    joined = values.merge(base[columns], on=_ID, how="left", suffixes=("", "_base"))
    joined["change"] = changes_of(joined)
    plans = {
        key: list(zip(rows["finish_year"], rows["project_name"], strict=True))
        for key, rows in projects.groupby(["school_id", "stage"])
    }
    named = [
        _opened(plans.get((school, stage), []), year)
        for school, stage, year in zip(
            joined["school_id"], joined["stage"], joined["school_year"], strict=True
        )
    ]
    return joined.assign(projects=pd.Series(named, index=joined.index, dtype="str"))


def _opened(plans: Iterable[tuple[float, str]], year: int) -> str | None:
    """Name the projects of a school and stage that are open by a year, in their order."""
    return "; ".join(name for finish, name in plans if finish <= year) or None


def _variation(variation: pd.DataFrame, base: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    keys = ["stage", "indicator"]
    rows = variation[variation["population"] == "all"]
    before = base[base["population"] == "all"].set_index(keys)["verdict"]
    below = values[values["verdict"] == "not_met"].groupby([*keys, "school_year"]).size()
    changes = []
    for row in rows.to_dict("records"):
        was = before.get((row["stage"], row["indicator"]))
        relapsed = was == "met" and row["verdict"] == "not_met"
        changes.append("relapse_other" if relapsed else row["verdict"])
    index = pd.MultiIndex.from_frame(rows[[*keys, "school_year"]])
    return rows.assign(
        change=changes, schools_not_met=below.reindex(index).fillna(0).to_numpy(dtype=float)
    )


def _warnings(values: pd.DataFrame, variation: pd.DataFrame) -> pd.DataFrame:
    """Return the first year in which each indicator relapses, or improves only by decline."""
    met_by_decline = (values["change"] == "improves_by_decline") & (values["verdict"] == "met")
    chosen = values[values["change"].str.startswith("relapse") | met_by_decline]
    first = chosen.sort_values("school_year", kind="stable").drop_duplicates(_ID)
    rows = [
        {
            **{name: row[name] for name in (*KEYS, "indicator", "value", "threshold")},
            "passes_in": int(row["school_year"]) - (0 if row["verdict"] == "met" else 1),
            "pupils_change": row["pupils"] - row["pupils_base"],
            "resource_change": row["resource"] - row["resource_base"],
            "change": row["change"],
            "projects": row["projects"],
        }
        for row in first.to_dict("records")
    ]
    county = variation[variation["change"] == "relapse_other"]
    county = county.sort_values("school_year", kind="stable").drop_duplicates(
        ["stage", "indicator"]
    )
    rows += [
        {
            "school_id": "county",
            "school_year": row["school_year"],
            "stage": row["stage"],
            "indicator": row["indicator"],
            "value": row["cv"],
            "threshold": row["cv_limit"],
            "passes_in": int(row["school_year"]) - 1,
            "change": "relapse_other",
        }
        for row in county.to_dict("records")
    ]
    return pd.DataFrame(rows)
