"""The two-sided gap (学位余缺): shortage and surplus side by side, never netted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.capacity.demand import SCENARIOS, Array, SchoolShares, StageDemand
from analysis.capacity.norms import norm_value
from analysis.capacity.rooms import classes_required
from analysis.capacity.warnings import WarningLevels, most_serious, use_rate
from analysis.standards import RuleSet
from analysis.tables import contract
from analysis.terms import STAGE_GRADES

_NAN = float("nan")
_COUNTED = ("red", "amber", "green", "blue", "undetermined")


@dataclass(frozen=True)
class StageSupply:
    """Supply of one stage on the grid ``(place, year)``, and of its schools ``(school, year)``."""

    places: Mapping[str, Array]
    basis: NDArrayOfText
    schools: Mapping[str, Array] = field(default_factory=dict)


NDArrayOfText = np.ndarray[Any, np.dtype[np.str_]]
_PLACE_COLUMNS = (
    "seats_available",
    "seats_temporary",
    "seats_within_norms",
    "seats_of_known_schools",
    "start_up_vacancy",
    "usable_classrooms",
)
_SCHOOL_COLUMNS = ("seats_available", "usable_classrooms")


def supply_grid(
    demand: StageDemand, supply: pd.DataFrame, schools: pd.DataFrame, shares: SchoolShares | None
) -> StageSupply:
    """Lay ``seat_supply`` and the seats of schools out on the grid of the demand."""
    own = supply[(supply["stage"] == demand.stage) & supply["area_id"].isin(demand.places)]
    own = own.drop_duplicates(["area_id", "school_year"])
    index = pd.MultiIndex.from_product([demand.places, demand.years])
    laid = own.set_index(["area_id", "school_year"]).reindex(index)
    shape = (len(demand.places), len(demand.years))
    places = {c: laid[c].to_numpy(dtype=float).reshape(shape) for c in _PLACE_COLUMNS}
    basis = laid["basis"].fillna("unknown").to_numpy(dtype=str).reshape(shape)
    if shares is None:
        return StageSupply(places, basis)
    rows = schools[schools["stage"] == demand.stage] if not schools.empty else schools
    by_school = {}
    index = pd.MultiIndex.from_product([shares.schools, demand.years])
    if not rows.empty:
        rows = rows.assign(seats_available=rows["seats_existing"] + rows["seats_committed"])
        laid = rows.set_index(["school_id", "school_year"])[list(_SCHOOL_COLUMNS)].reindex(index)
    else:
        laid = pd.DataFrame(np.nan, index=index, columns=list(_SCHOOL_COLUMNS))
    shape = (len(shares.schools), len(demand.years))
    by_school = {c: laid[c].to_numpy(dtype=float).reshape(shape) for c in _SCHOOL_COLUMNS}
    return StageSupply(places, basis, by_school)


def grade_classes(demand: StageDemand, shares: SchoolShares | None, class_size: float) -> Array:
    """Return classes required ``(scenario, place, grade, year)``: every school's grades rounded up.

    Without schools the place's own grades are rounded up, which is a lower bound.
    """
    if shares is None:
        return classes_required(demand.pupils, class_size)
    by_school = classes_required(shares.pupils(demand.pupils), class_size)
    return summed_by_place(by_school, shares, len(demand.places))


def summed_by_place(by_school: Array, shares: SchoolShares, places: int) -> Array:
    """Sum ``(..., school, grade, year)`` to ``(..., place, grade, year)``; unknown schools aside.

    The pupils of a school that did not report are spread over the others of its town, so leaving
    it out counts nobody twice. A place without any known school is unknown.
    """
    shape = (*by_school.shape[:-3], places, *by_school.shape[-2:])
    result = np.full(shape, np.nan)
    for place in range(places):
        own = by_school[..., shares.place == place, :, :]
        if own.shape[-3]:
            known = np.isfinite(own)
            total = np.where(known, own, 0.0).sum(axis=-3)
            result[..., place, :, :] = np.where(known.any(axis=-3), total, np.nan)
    return result


def positive(values: Array) -> Array:
    """Return the part above zero; unknown stays unknown."""
    return np.maximum(values, 0.0)


def gap_tables(
    demand: Mapping[str, StageDemand],
    supply: Mapping[str, StageSupply],
    shares: Mapping[str, SchoolShares | None],
    *,
    rules: RuleSet,
    levels: WarningLevels,
    base_year: int,
    code: str,
) -> dict[str, pd.DataFrame]:
    """Return ``seat_gap``, ``grade_gap`` and ``gap_schools`` (余缺), every scenario side by side.

    Shortage is pupils above seats and surplus is seats above pupils, place by place and stage by
    stage; the county adds its towns' shortages and, apart, its towns' surpluses. Classes are
    rounded up for each grade of each school.
    """
    gaps, grades, schools = [], [], []
    for stage, wanted in demand.items():
        size = norm_value(rules, "class_size_max", stage, base_year)
        classes = grade_classes(wanted, shares[stage], size)
        gaps.append(_place_rows(wanted, supply[stage], classes, levels))
        grades.append(_grade_rows(wanted, supply[stage], classes, shares[stage], size))
        if shares[stage] is not None:
            schools.append(
                _school_rows(wanted, supply[stage], shares[stage], rules, levels, base_year)
            )
    by_grade = pd.concat(grades, ignore_index=True) if grades else pd.DataFrame()
    places = pd.concat(gaps, ignore_index=True) if gaps else pd.DataFrame()
    if not places.empty:
        keys = ["area_id", "stage", "school_year", "scenario"]
        places = places.merge(_by_grade(by_grade), on=keys, how="left", validate="1:1")
    return {
        "seat_gap": _framed("seat_gap", with_county(places, code, _county_gap)),
        "grade_gap": _framed("grade_gap", with_county(by_grade, code, _county_grades)),
        "gap_schools": _framed("gap_schools", pd.concat(schools) if schools else pd.DataFrame()),
    }


def _framed(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    return contract(name).frame(rows) if not rows.empty else contract(name).empty()


def _long(demand: StageDemand, places: Sequence[str], name: str) -> pd.DataFrame:
    """Return the key columns of ``(scenario, place, year)`` in order."""
    index = pd.MultiIndex.from_product(
        [SCENARIOS, places, demand.years], names=["scenario", name, "school_year"]
    )
    return index.to_frame(index=False).assign(stage=demand.stage)


def _place_rows(
    demand: StageDemand, supply: StageSupply, classes: Array, levels: WarningLevels
) -> pd.DataFrame:
    frame = _long(demand, demand.places, "area_id")
    need = demand.total
    seats = {c: np.broadcast_to(v, need.shape) for c, v in supply.places.items()}
    rooms = seats["usable_classrooms"]
    wanted = classes.sum(axis=2)
    surplus = positive(seats["seats_available"] - need)
    values = {
        "seats_required": need,
        "seats_available": seats["seats_available"],
        "shortage": positive(need - seats["seats_available"]),
        "surplus": surplus,
        "start_up_vacancy": np.minimum(surplus, seats["start_up_vacancy"]),
        "utilisation_rate": use_rate(need, seats["seats_available"]),
        "warning": levels.of(need, seats["seats_available"]),
        "classes_required": wanted,
        "usable_classrooms": rooms,
        "classrooms_short": positive(wanted - rooms),
        "classrooms_spare": positive(rooms - wanted),
        "shortage_at_most": positive(need - np.nan_to_num(seats["seats_of_known_schools"])),
        "shortage_within_norms": positive(need - seats["seats_within_norms"]),
        "shortage_after_temporary": positive(
            need - seats["seats_available"] - seats["seats_temporary"]
        ),
        "basis": np.broadcast_to(supply.basis, need.shape),
    }
    frame = frame.assign(**{name: value.reshape(-1) for name, value in values.items()})
    return frame.assign(shortage_known=frame["shortage"], surplus_known=frame["surplus"])


def _grade_rows(
    demand: StageDemand,
    supply: StageSupply,
    classes: Array,
    shares: SchoolShares | None,
    size: float,
) -> pd.DataFrame:
    """Return each grade against its even share of the stage's seats."""
    if not demand.by_grade:
        return pd.DataFrame()
    parts = []
    seats = supply.places["seats_available"] / len(STAGE_GRADES[demand.stage])
    for place, grade in enumerate(demand.grades):
        need = demand.pupils[:, :, place, :]
        own = np.broadcast_to(seats, need.shape)
        entry = np.full(need.shape, np.nan)
        if place == 0:
            entry = _entry_seats(demand, supply, shares, size)
        values = {
            "seats_required": need,
            "seats_available": own,
            "shortage": positive(need - own),
            "surplus": positive(own - need),
            "classes_required": classes[:, :, place, :],
            "entry_seats": entry,
        }
        frame = _long(demand, demand.places, "area_id").assign(grade=grade)
        parts.append(frame.assign(**{name: value.reshape(-1) for name, value in values.items()}))
    return pd.concat(parts, ignore_index=True)


def _entry_seats(
    demand: StageDemand, supply: StageSupply, shares: SchoolShares | None, size: float
) -> Array:
    """Return seats open to the entry grade: rooms the other grades leave, school by school."""
    unknown = np.full(demand.total.shape, np.nan)
    if shares is None:
        return unknown
    upper = classes_required(shares.pupils(demand.pupils)[:, :, 1:, :], size).sum(axis=2)
    free = positive(supply.schools["usable_classrooms"] - upper) * size
    result = np.zeros(demand.total.shape)
    for place in range(len(demand.places)):
        result[:, place] = free[:, shares.place == place].sum(axis=1)
    # rooms of schools that open later have no pupils of upper grades to take them
    listed = np.zeros(supply.places["usable_classrooms"].shape)
    for place in range(len(demand.places)):
        listed[place] = supply.schools["usable_classrooms"][shares.place == place].sum(axis=0)
    coming = positive(supply.places["usable_classrooms"] - listed) * size
    return result + coming / len(STAGE_GRADES[demand.stage])


def _by_grade(grades: pd.DataFrame) -> pd.DataFrame:
    keys = ["area_id", "stage", "school_year", "scenario"]
    if grades.empty:
        return pd.DataFrame(columns=[*keys, "shortage_by_grade", "surplus_by_grade"])
    summed = strict_sum(grades, keys, ["shortage", "surplus"])
    return summed.rename(
        columns={"shortage": "shortage_by_grade", "surplus": "surplus_by_grade"}
    ).reset_index()


def with_county(
    rows: pd.DataFrame, code: str, county: Callable[[pd.DataFrame, str], pd.DataFrame]
) -> pd.DataFrame:
    """Add the county's rows to the towns'; a stage known as one place is the county's own."""
    if rows.empty:
        return rows
    whole = rows["area_id"] == code
    towns = rows[~whole]
    parts = [rows[whole].assign(level="county"), towns.assign(level="town")]
    if not towns.empty:
        parts.append(county(towns, code).assign(level="county"))
    return pd.concat([part for part in parts if not part.empty], ignore_index=True)


_SUMMED_GAP = [
    "seats_required",
    "seats_available",
    "shortage",
    "surplus",
    "start_up_vacancy",
    "classes_required",
    "usable_classrooms",
    "classrooms_short",
    "classrooms_spare",
    "shortage_by_grade",
    "surplus_by_grade",
    "shortage_at_most",
    "shortage_within_norms",
    "shortage_after_temporary",
]


def strict_sum(rows: pd.DataFrame, keys: list[str], columns: list[str]) -> pd.DataFrame:
    """Sum ``columns``; a sum with an unknown part is unknown."""
    return rows.groupby(keys)[columns].sum(skipna=False)


def _county_gap(rows: pd.DataFrame, code: str) -> pd.DataFrame:
    keys = ["stage", "school_year", "scenario"]
    numbers = rows.astype({"shortage_by_grade": "float64", "surplus_by_grade": "float64"})
    summed = strict_sum(numbers, keys, _SUMMED_GAP)
    grouped = rows.groupby(keys)
    known = grouped[["shortage_known", "surplus_known"]].sum(min_count=1)
    flags = {f"towns_{level}": (rows["warning"] == level).astype(float) for level in _COUNTED}
    counts = rows[keys].assign(**flags).groupby(keys)[list(flags)].sum()
    rate = use_rate(
        summed["seats_required"].to_numpy(dtype=float),
        summed["seats_available"].to_numpy(dtype=float),
    )
    order = list(contract("seat_supply")["basis"].values)
    worst = grouped["basis"].agg(lambda values: max(values, key=order.index))
    return summed.assign(
        **known,
        **counts,
        utilisation_rate=rate,
        warning=grouped["warning"].agg(most_serious),
        basis=worst,
        area_id=code,
    ).reset_index()


def _county_grades(rows: pd.DataFrame, code: str) -> pd.DataFrame:
    keys = ["stage", "grade", "school_year", "scenario"]
    columns = [
        "seats_required",
        "seats_available",
        "shortage",
        "surplus",
        "classes_required",
        "entry_seats",
    ]
    return strict_sum(rows, keys, columns).assign(area_id=code).reset_index()


def _school_rows(
    demand: StageDemand,
    supply: StageSupply,
    shares: SchoolShares | None,
    rules: RuleSet,
    levels: WarningLevels,
    base_year: int,
) -> pd.DataFrame:
    """Return ``gap_schools`` of a stage."""
    if shares is None:
        return pd.DataFrame()
    size = norm_value(rules, "class_size_max", demand.stage, base_year)
    limit = norm_value(rules, "school_size_max", year=base_year)
    by_grade = shares.pupils(demand.pupils)
    pupils = by_grade.sum(axis=2)
    classes = classes_required(by_grade, size).sum(axis=2)
    seats = np.broadcast_to(supply.schools["seats_available"], pupils.shape)
    rooms = np.broadcast_to(supply.schools["usable_classrooms"], pupils.shape)
    values = {
        "pupils": pupils,
        "seats_available": seats,
        "shortage": positive(pupils - seats),
        "surplus": positive(seats - pupils),
        "classes_required": classes,
        "usable_classrooms": rooms,
        "classrooms_short": positive(classes - rooms),
        "utilisation_rate": use_rate(pupils, seats),
        "warning": levels.of(pupils, seats),
        "school_size_over": positive(pupils - limit),
    }
    frame = _long(demand, shares.schools, "school_id")
    frame = frame.assign(**{name: value.reshape(-1) for name, value in values.items()})
    town_of = {s: demand.places[p] for s, p in zip(shares.schools, shares.place, strict=True)}
    frame = frame.assign(town_id=frame["school_id"].map(town_of))
    whole = frame.groupby(["town_id", "scenario", "school_year"])["shortage"].transform("sum")
    return frame.assign(shortage_share=frame["shortage"] / whole.where(whole > 0))
