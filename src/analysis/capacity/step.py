"""How many seats there are, and where they are short and spare: the question of notebook 50."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.capacity.causes import named_schools
from analysis.capacity.class_sizes import class_size_scenarios
from analysis.capacity.demand import (
    SchoolShares,
    StageDemand,
    area_code,
    read_demand,
    school_shares,
)
from analysis.capacity.gap import StageSupply, gap_tables, supply_grid
from analysis.capacity.ledger import capacity_ledger
from analysis.capacity.risk import gap_risk
from analysis.capacity.silent import silent_notes
from analysis.capacity.special_rooms import special_room_need
from analysis.capacity.supply import committed_projects, school_years, seat_supply
from analysis.capacity.warnings import seat_warnings, warning_levels
from analysis.standards import RuleSet
from analysis.tables import Note, StepResult, Tables, contract


@dataclass(frozen=True)
class Sides:
    """Supply and demand laid out on the same grid, before they are compared."""

    ledger: pd.DataFrame
    supply: pd.DataFrame
    demand: dict[str, StageDemand]
    shares: dict[str, SchoolShares | None]
    grids: dict[str, StageSupply]
    unsized: list[str]


def both_sides(
    tables: Tables, *, rules: RuleSet, base_year: int, end_year: int, code: str
) -> Sides:
    """Lay seats and pupils out by place, school, stage, grade and year."""
    ledger = capacity_ledger(tables, rules=rules, base_year=base_year)
    projects, unsized = committed_projects(tables, rules=rules, base_year=base_year)
    demand = read_demand(tables, base_year=base_year, end_year=end_year, code=code)
    # a count older than the base year is set against the seats at its own time
    years = range(min([base_year, *(w.years[0] for w in demand.values())]), end_year + 1)
    by_school = school_years(ledger, projects, tables, years, base_year)
    supply = seat_supply(
        by_school, tables, projects, rules=rules, years=years, base_year=base_year, code=code
    )
    starting = _starting(ledger)
    shares = {
        stage: school_shares(tables, wanted, starting.get(stage, {}), base_year=base_year)
        for stage, wanted in demand.items()
    }
    grids = {
        stage: supply_grid(wanted, supply, by_school, shares[stage])
        for stage, wanted in demand.items()
    }
    return Sides(ledger, supply, demand, shares, grids, unsized)


def capacity_gap(
    tables: Tables,
    *,
    rules: RuleSet,
    base_year: int,
    horizon_years: int = 10,
    scenario: str = "central",
    area: str = "",
) -> StepResult:
    """Set seats against pupils by town, stage, grade and year, both ways (学位台账与余缺).

    Parameters
    ----------
    tables
        Uses what is there of ``schools``, ``facilities``, ``enrolment``, ``totals``,
        ``projects``, ``special_rooms``, and of the forecast ``seat_demand``, ``grade_demand``,
        ``demand_paths``, ``norm_demand``.
    rules
        Class sizes, area thresholds, warning levels, lead times.
    base_year
        School year the seats are counted in.
    horizon_years
        Years ahead.
    scenario
        Scenario of warnings and class-size scenarios; the gap itself has every scenario.
    area
        Code of the county.

    Returns
    -------
    StepResult
        ``capacity_ledger``, ``seat_supply``, ``seat_gap``, ``grade_gap``, ``gap_risk``,
        ``gap_schools``, ``seat_warnings``, ``class_size_scenarios``, ``special_room_need``,
        ``norm_gap``. What cannot be said is missing or empty, and a note names the table that
        would give it.
    """
    code = area_code(tables, area)
    end = base_year + horizon_years
    sides = both_sides(tables, rules=rules, base_year=base_year, end_year=end, code=code)
    ledger, supply = sides.ledger, sides.supply
    demand, shares, grids = sides.demand, sides.shares, sides.grids
    levels = warning_levels(rules, base_year)
    result = {"capacity_ledger": ledger, "seat_supply": supply}
    result |= gap_tables(
        demand, grids, shares, rules=rules, levels=levels, base_year=base_year, code=code
    )
    result["seat_gap"] = _with_schools(result, tables, code)
    result["gap_risk"] = gap_risk(
        tables,
        demand,
        grids,
        shares,
        rules=rules,
        levels=levels,
        base_year=base_year,
        end_year=end,
        code=code,
    )
    result["seat_warnings"] = seat_warnings(
        result["seat_gap"],
        result["gap_risk"],
        rules=rules,
        base_year=base_year,
        scenario=scenario,
    )
    result["class_size_scenarios"] = class_size_scenarios(
        demand, grids, shares, rules=rules, base_year=base_year, scenario=scenario, code=code
    )
    result["special_room_need"] = special_room_need(
        tables, ledger, result["gap_schools"], rules=rules, base_year=base_year, scenario=scenario
    )
    result["norm_gap"] = norm_gap(tables, result["seat_gap"], supply, base_year)
    notes = _notes(tables, result, demand, sides.unsized)
    return StepResult(result, (*notes, *silent_notes(tables, demand, ledger, base_year)))


def seat_gap(
    tables: Tables, *, rules: RuleSet, base_year: int, horizon_years: int = 10, area: str = ""
) -> pd.DataFrame:
    """Return ``seat_gap`` alone, without names of schools: what a moved assumption changes.

    The numbers are those of :func:`capacity_gap`, in a third of its time.
    """
    code = area_code(tables, area)
    end = base_year + horizon_years
    sides = both_sides(tables, rules=rules, base_year=base_year, end_year=end, code=code)
    found = gap_tables(
        sides.demand,
        sides.grids,
        sides.shares,
        rules=rules,
        levels=warning_levels(rules, base_year),
        base_year=base_year,
        code=code,
    )
    return found["seat_gap"]


def _with_schools(result: dict[str, pd.DataFrame], tables: Tables, code: str) -> pd.DataFrame:
    """Name the schools involved in every cell of the gap."""
    schools = tables["schools"]
    names = dict(zip(schools["school_id"], schools["school_name"], strict=True))
    involved = named_schools(result["gap_schools"], names, code)
    keys = ["area_id", "stage", "school_year", "scenario"]
    gap = result["seat_gap"].drop(columns="schools")
    if involved.empty:
        return contract("seat_gap").frame(gap.assign(schools=None))
    return contract("seat_gap").frame(gap.merge(involved, on=keys, how="left", validate="1:1"))


def _starting(ledger: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Return, by stage, the schools that open grade by grade and their grades still empty."""
    found: dict[str, dict[str, int]] = {}
    for row in ledger[ledger["start_up"]].to_dict("records"):
        found.setdefault(row["stage"], {})[row["school_id"]] = int(row["empty_grades"])
    return found


def norm_gap(
    tables: Tables, gap: pd.DataFrame, supply: pd.DataFrame, base_year: int
) -> pd.DataFrame:
    """Set the seats of the planning norm beside the seats and pupils that are there.

    The norm provides for a population and is no demand; an area that knows nothing but its
    people still sees what the norm asks, with its seats unknown.
    """
    norm = tables["norm_demand"]
    if norm.empty:
        return contract("norm_gap").empty()
    keys = ["level", "area_id", "stage"]
    latest = norm.sort_values("year").groupby([*keys, "basis"]).tail(1)
    now = supply[supply["school_year"] == base_year]
    pupils = gap[(gap["scenario"] == "central") & (gap["school_year"] == base_year)]
    rows = latest.rename(columns={"seats": "norm_seats"})[[*keys, "basis", "year", "norm_seats"]]
    rows = rows.merge(now[[*keys, "seats_available"]], on=keys, how="left", validate="m:1")
    rows = rows.merge(pupils[[*keys, "seats_required"]], on=keys, how="left", validate="m:1")
    difference = rows["norm_seats"] - rows["seats_available"]
    return contract("norm_gap").frame(
        rows.rename(columns={"seats_required": "pupils"}).assign(
            below_norm=difference.clip(lower=0), above_norm=(-difference).clip(lower=0)
        )
    )


def _notes(
    tables: Tables,
    result: dict[str, pd.DataFrame],
    demand: dict[str, StageDemand],
    unsized: list[str],
) -> tuple[Note, ...]:
    """Say what is missing, and which table would give it."""
    notes: list[Note] = []
    ledger = result["capacity_ledger"]
    if not demand:
        notes.append(
            Note("capacity.no_pupils", {}, tables.missing("enrolment", "schools", "totals"), "gap")
        )
    elif all(len(wanted.years) == 1 for wanted in demand.values()):
        notes.append(Note("capacity.no_forecast", {}, ("enrolment", "births"), "gap"))
    if ledger.empty:
        key = "capacity.totals_only" if demand else "capacity.no_schools"
        notes.append(Note(key, {}, ("schools", "enrolment", "facilities"), "gap"))
    else:
        notes += _ledger_notes(ledger)
    if result["seat_supply"].empty or result["seat_supply"]["seats_available"].isna().all():
        notes.append(Note("capacity.no_seats", {}, ("facilities",), "gap"))
    if unsized:
        notes.append(
            Note(
                "capacity.projects_without_size", {"count": len(unsized)}, ("projects",), "caution"
            )
        )
    if not tables.has("projects"):
        notes.append(Note("capacity.no_projects", {}, ("projects",), "info"))
    if result["gap_risk"].empty and demand:
        notes.append(Note("capacity.no_paths", {}, ("enrolment",), "gap"))
    if not tables.has("special_rooms") and not ledger.empty:
        notes.append(Note("capacity.no_special_rooms", {}, ("special_rooms",), "gap"))
    return tuple(notes)


def _ledger_notes(ledger: pd.DataFrame) -> list[Note]:
    notes = []
    schools = int(ledger["school_id"].nunique())
    for basis, severity in (("unknown", "gap"), ("classrooms_unchecked", "caution")):
        count = int(ledger.loc[ledger["basis"] == basis, "school_id"].nunique())
        if count:
            key = f"capacity.schools_{basis}"
            notes.append(Note(key, {"count": count, "all": schools}, ("facilities",), severity))
    return notes
