"""From a county's tables to a planning instance: zones, measures, budget, weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.planning import adaptations, listed, measures
from analysis.planning.futures import Futures, read_futures
from analysis.planning.instance import Array, Budget, Instance, Option, Weights
from analysis.planning.measures import Setting, floor_per_seat
from analysis.planning.parameters import Parameters
from analysis.planning.places import read_sites, town_names
from analysis.standards import RuleSet
from analysis.tables import Note, Tables

_MODULES_ON_LIST = ("new_build", "expansion", "relocation")


@dataclass(frozen=True)
class Problem:
    """An instance with what it was made from, for explaining and for the tables."""

    setting: Setting
    instance: Instance
    committed: pd.DataFrame
    committed_spending: pd.DataFrame
    funds: Array | None
    beyond: dict[int, float]
    notes: tuple[Note, ...]

    @property
    def futures(self) -> Futures:
        """Demand and supply."""
        return self.setting.futures

    @property
    def parameters(self) -> Parameters:
        """Norms, costs, weights."""
        return self.setting.parameters


def read_problem(
    tables: Tables,
    *,
    rules: RuleSet,
    base_year: int,
    plan_years: int,
    horizon_years: int,
    area: str,
) -> Problem | None:
    """Build the problem, or return None when demand or seats are not known anywhere."""
    parameters = Parameters(rules, tables, base_year)
    futures = read_futures(
        tables,
        base_year=base_year,
        horizon_years=horizon_years,
        reserve_rate=parameters.value("reserve_rate"),
    )
    if futures is None:
        return None
    sites = tuple(read_sites(tables))
    setting = Setting(futures, parameters, sites, town_names(tables, area, ""), plan_years)
    options, beyond = offered(setting, tables)
    committed = committed_projects(tables, base_year)
    spending = committed_spending(committed, parameters)
    budget, funds = read_budget(tables, futures.years, parameters, spending)
    instance = Instance(
        futures.zones,
        futures.years,
        futures.seats,
        futures.planning,
        np.full(futures.planning.shape[2], 1.0 / futures.planning.shape[2]),
        tuple(options),
        weights(futures, parameters),
        budget,
        group_most={o.group: int(parameters.value("new_schools_most")) for o in options if o.group},
        stranded_built=True,
    )
    return Problem(
        setting, instance, committed, spending, funds, beyond, _notes(setting, tables, funds)
    )


def offered(setting: Setting, tables: Tables) -> tuple[list[Option], dict[int, float]]:
    """Return every measure: no-build ones first, then the county's list, then by template."""
    on_list = list(listed.candidates(setting, tables))
    rows = listed.with_place(tables)
    own = rows[rows["status"].isin(["candidate", "committed"]) & rows["kind"].eq("new_build")]
    with_sites = frozenset(zip(own["town_id"], own["stage"], strict=True))
    own = rows[rows["status"].eq("candidate") & rows["kind"].isin(_MODULES_ON_LIST)]
    listed_schools = set(zip(own["school_id"], own["stage"], strict=True))
    borders, beyond = adaptations.catchments(setting)
    found: list[Option] = [
        *borders,
        *adaptations.smaller_classes(setting),
        *adaptations.conversions(setting),
        *adaptations.mergers(setting, tables),
        *adaptations.temporary_rooms(setting),
        *on_list,
        *(
            o
            for o in measures.expansions(setting)
            if (o.details["school_id"], o.details["stage"]) not in listed_schools
        ),
        *measures.relocations(setting),
        *measures.new_schools(setting, with_sites),
    ]
    return found, beyond


def weights(futures: Futures, parameters: Parameters) -> Weights:
    """Return the price of a seat short, spare and stranded by zone.

    A stranded seat is charged with what a new seat is still worth at the end of the forecast: the
    value that :func:`~analysis.planning.instance.start_cost` gives back for every permanent seat.
    """
    stages = [stage for _, stage in futures.zones]
    life = parameters.value("building_life_years")
    left = 1.0 - len(futures.years) / 2 / life
    per_seat = {
        stage: floor_per_seat(parameters, stage) * parameters.money("new_build_cost_per_m2")
        for stage in set(stages)
    }
    return Weights(
        np.full(len(stages), parameters.value("shortage_cost_per_seat_year")),
        np.array([parameters.money("spare_cost_per_seat_year", stage) for stage in stages]),
        np.array([np.nan_to_num(per_seat[stage]) * left for stage in stages]),
        parameters.value("discount_rate"),
    )


def committed_projects(tables: Tables, base_year: int) -> pd.DataFrame:
    """Return committed projects that are not finished by the base year."""
    rows = listed.with_place(tables)
    open_later = ~(rows["finish_year"] <= base_year)
    return rows[(rows["status"] == "committed") & open_later].sort_values("project_id")


def committed_spending(committed: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Spread the stated cost of committed projects evenly over their years of work.

    Returns
    -------
    DataFrame
        ``project_id, year, funding_source, cost_cny``; years that are past included, so that a
        project's years add up to its cost.
    """
    rows = []
    for row in committed.to_dict("records"):
        cost, start, finish = row["cost_cny"], row["start_year"], row["finish_year"]
        if not np.isfinite(cost) or not np.isfinite(finish):
            continue
        lead = parameters.value("lead_time_" + str(row["kind"]))
        if not np.isfinite(start):
            start = finish - (lead if np.isfinite(lead) else 1)
        years = range(int(start), max(int(finish), int(start) + 1))
        rows += [
            {
                "project_id": row["project_id"],
                "year": year,
                "funding_source": row["funding_source"],
                "cost_cny": cost / len(years),
            }
            for year in years
        ]
    return pd.DataFrame(rows, columns=["project_id", "year", "funding_source", "cost_cny"])


def read_budget(
    tables: Tables, years: Sequence[int], parameters: Parameters, committed: pd.DataFrame
) -> tuple[Budget | None, Array | None]:
    """Return what is left of the funds after committed projects, and the funds as declared.

    What committed projects overspend is not a reason to forbid everything else for ever: it counts
    as nothing left until the funds catch up.
    """
    finance = tables["finance"]
    finance = finance[finance["year"].isin(list(years)) & finance["amount_cny"].notna()]
    if finance.empty:
        return None, None
    sources = tuple(sorted(set(finance["funding_source"])))
    declared = (
        finance.pivot_table(
            index="funding_source", columns="year", values="amount_cny", aggfunc="sum"
        )
        .reindex(index=list(sources), columns=list(years))
        .fillna(0.0)
        .to_numpy(dtype=float)
    )
    used = np.zeros_like(declared)
    for row in committed.to_dict("records"):
        if row["year"] in years:
            name = row["funding_source"]
            place = sources.index(name) if name in sources else 0
            used[place, list(years).index(row["year"])] += row["cost_cny"]
    carry = parameters.value("budget_carry_over") >= 1
    if carry:
        left = np.maximum((declared - used).cumsum(axis=1), 0.0)
        left = np.diff(left, axis=1, prepend=0.0)
    else:
        left = np.maximum(declared - used, 0.0)
    index = np.array(parameters.price_index(len(years)))
    return Budget(sources, left, index, carry), declared


def _notes(setting: Setting, tables: Tables, funds: Array | None) -> tuple[Note, ...]:
    notes = []
    futures = setting.futures
    if futures.unknown:
        towns = [setting.towns.get(town, town) for town, _ in futures.unknown]
        names = "、".join(dict.fromkeys(towns))
        notes.append(
            Note(
                "planning.zones_unknown",
                {"towns": names, "n": len(futures.unknown)},
                ("facilities",),
                "gap",
            )
        )
    if not futures.simulated:
        notes.append(Note("planning.no_paths", {}, ("demand_paths",), "caution"))
    if funds is None:
        notes.append(Note("planning.no_finance", {}, ("finance",), "gap"))
    if not setting.sites:
        notes.append(Note("planning.no_sites", {}, ("facilities", "schools"), "gap"))
    elif not any(np.isfinite(site.lon) for site in setting.sites):
        notes.append(Note("planning.no_coordinates", {}, ("schools",), "gap"))
    if unplaced := listed.unplaced(setting, tables):
        notes.append(
            Note(
                "planning.unplaced",
                {"projects": "、".join(unplaced), "n": len(unplaced)},
                ("projects",),
                "caution",
            )
        )
    return tuple(notes)
