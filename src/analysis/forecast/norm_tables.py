"""The norm view: seats per thousand people by place, beside counted and forecast pupils."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.forecast.history import STAGES
from analysis.forecast.norm import norm_seats, ratio_verdict, seats_per_grade
from analysis.standards import RuleSet
from analysis.tables import Tables, contract
from analysis.terms import STAGE_GRADES


def norm_demand(tables: Tables, *, rules: RuleSet, base_year: int, code: str) -> pd.DataFrame:
    """Return seats by norm for every population figure up to the base year (千人指标).

    Parameters
    ----------
    tables
        ``population`` (any basis), ``births`` for the births per thousand.
    rules
        ``seats_per_thousand`` by stage.
    base_year
        Later figures are not used.
    code
        The county's code. Without a county row the towns are added up, when all have the year.

    Notes
    -----
    The norm is provision for a population, not a forecast: 80 per thousand over six grades asks
    for 13.3 children of one age per thousand people. Source: 罗府办〔2019〕6号.
    """
    population = tables["population"]
    population = population[(population["year"] <= base_year) & population["persons"].notna()]
    if population.empty:
        return contract("norm_demand").empty()
    births = tables["births"]
    births = births[births["births"].notna()]
    born_in = _births_of_year(births)
    rows: list[dict[str, object]] = []
    for place in with_county_sum(population, code).to_dict("records"):
        for stage in STAGES:
            norm = rules.find("seats_per_thousand", stage)
            if norm is None or isinstance(norm.value, str):
                continue
            born = born_in.get((place["town_id"], place["year"], place["basis"]), np.nan)
            rows.append(
                {
                    "level": "county" if place["town_id"] == code else "town",
                    "area_id": place["town_id"],
                    "stage": stage,
                    "basis": place["basis"],
                    "year": place["year"],
                    "persons": place["persons"],
                    "seats_per_thousand": norm.value,
                    "seats": norm_seats(float(place["persons"]), norm.value),
                    "seats_per_thousand_grade": seats_per_grade(
                        norm.value, len(STAGE_GRADES[stage])
                    ),
                    "births_per_thousand": born / float(place["persons"]) * 1_000,
                    "norm_source": norm.source,
                    "source": place["source"],
                }
            )
    return contract("norm_demand").frame(rows)


def _births_of_year(births: pd.DataFrame) -> dict[object, float]:
    """Return births by (place, year, basis): the yearly row, or twelve months added up.

    Births of one basis over people of another would be no rate, so the basis stays in the key.
    """
    keys = ["town_id", "year", "basis"]
    months = births[births["month"] > 0].groupby(keys)["births"].agg(["sum", "size"])
    full = months.loc[months["size"] == 12, "sum"]
    yearly = births[births["month"] == 0].set_index(keys)["births"]
    return {**full.to_dict(), **yearly.to_dict()}


def with_county_sum(population: pd.DataFrame, code: str) -> pd.DataFrame:
    """Add a county row where only towns are given and every town has that year and basis."""
    towns = population[population["town_id"] != code]
    if towns.empty:
        return population
    wanted = towns["town_id"].nunique()
    sums = towns.groupby(["year", "basis"], as_index=False).agg(
        persons=("persons", "sum"), count=("town_id", "nunique"), source=("source", "first")
    )
    sums = sums[sums["count"] == wanted].drop(columns="count").assign(town_id=code)
    have = population.loc[population["town_id"] == code, ["year", "basis"]]
    new = sums.merge(have, on=["year", "basis"], how="left", indicator=True)
    new = new[new["_merge"] == "left_only"].drop(columns="_merge")
    return pd.concat([population, new], ignore_index=True)


def counted_pupils(tables: Tables, seat_demand: pd.DataFrame, base_year: int) -> pd.DataFrame:
    """Return pupils by place, stage and year: the central forecast, or the totals alone."""
    central = seat_demand[seat_demand["scenario"] == "central"]
    if not central.empty:
        return central.assign(forecast=central["method"] != "observed")[
            ["area_id", "stage", "school_year", "pupils", "forecast"]
        ]
    totals = tables["totals"]
    totals = totals[(totals["school_year"] <= base_year) & totals["pupils"].notna()]
    return totals.rename(columns={"town_id": "area_id"})[
        ["area_id", "stage", "school_year", "pupils"]
    ].assign(forecast=False)


def norm_comparison(
    norms: pd.DataFrame,
    seat_demand: pd.DataFrame,
    tables: Tables,
    rules: RuleSet,
    base_year: int,
    code: str,
) -> pd.DataFrame:
    """Return the latest norm of each basis beside the pupils of each year, with their ratio.

    Parameters
    ----------
    norms
        From :func:`norm_demand`.
    seat_demand
        From the cohort forecast; may be empty, then the pupils of ``totals`` stand in.
    tables, rules, base_year, code
        As in :func:`norm_demand`.
    """
    del rules, code
    if norms.empty:
        return contract("norm_comparison").empty()
    latest = (
        norms.sort_values("year")
        .groupby(["level", "area_id", "stage", "basis"], as_index=False)
        .last()
    )
    pupils = counted_pupils(tables, seat_demand, base_year)
    joined = latest.merge(pupils, on=["area_id", "stage"], how="left", validate="m:m")
    ratio = joined["seats"] / joined["pupils"].where(joined["pupils"] > 0)
    year = joined["school_year"].fillna(joined["year"]).astype("int64")
    return contract("norm_comparison").frame(
        joined[["level", "area_id", "stage", "basis", "pupils"]].assign(
            school_year=year,
            population_year=joined["year"],
            norm_seats=joined["seats"],
            forecast=joined["forecast"].eq(True),
            norm_ratio=ratio,
            sentence=[ratio_verdict(value) for value in ratio.tolist()],
        )
    )
