"""Where children live and how many there are: settlements, or towns in their stead."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.tables import Tables

STAGES = ("primary", "junior")
OUTSIDE = "outside"


def origins(tables: Tables, base_year: int) -> pd.DataFrame:
    """Return places of origin with coordinates and children by stage.

    Settlements where they are given; else towns, placed at their own coordinates and failing
    those at the mean of their schools.

    Returns
    -------
    DataFrame
        ``id, town_id, urban_rural, lon, lat, primary, junior, from_towns``.
    """
    settled = tables["settlements"]
    if not settled.empty:
        renamed = settled.rename(
            columns={
                "settlement_id": "id",
                "primary_children": "primary",
                "junior_children": "junior",
            }
        )
        kept = ["id", "town_id", "urban_rural", "lon", "lat", *STAGES]
        return renamed[kept].assign(from_towns=False)
    towns = tables["towns"]
    if towns.empty:
        return pd.DataFrame(
            columns=["id", "town_id", "urban_rural", "lon", "lat", *STAGES, "from_towns"]
        )
    places = towns.set_index("town_id")
    means = tables["schools"].groupby("town_id")[["lon", "lat"]].mean()
    located = places[["lon", "lat"]].notna().all(axis=1)
    here = places[["lon", "lat"]].where(located, means.reindex(places.index))
    children = home_children(tables, base_year).reindex(places.index)
    return pd.DataFrame(
        {
            "id": places.index,
            "town_id": places.index,
            "urban_rural": places["urban_rural"].to_numpy(),
            "lon": here["lon"].to_numpy(dtype=float),
            "lat": here["lat"].to_numpy(dtype=float),
            "primary": children["primary"].to_numpy(dtype=float),
            "junior": children["junior"].to_numpy(dtype=float),
            "from_towns": True,
        }
    )


def home_children(tables: Tables, base_year: int) -> pd.DataFrame:
    """Return children by home town and stage: pupils of its schools, moved home by the flows.

    Pupils are counted where they go to school; flows say where they live. A town that no flow
    names keeps its pupils.
    """
    gap = tables["seat_gap"]
    level = "town" if (gap["level"] == "town").any() else "county"
    now = gap[(gap["level"] == level) & (gap["scenario"] == "central")]
    now = now[now["school_year"] == base_year]
    pupils = now.set_index(["area_id", "stage"])["seats_required"].unstack("stage")  # noqa: PD010
    pupils = pupils.reindex(columns=list(STAGES)).astype(float)
    flows = tables["flows"]
    flows = flows[(flows["school_year"] <= base_year) & flows["pupils"].notna()]
    away = flows[flows["home_town_id"] != flows["school_town_id"]]
    for stage in STAGES:
        own = away[away["stage"] == stage]
        if own.empty:
            continue
        own = own[own["school_year"] == own["school_year"].max()]
        out = own.groupby("home_town_id")["pupils"].sum()
        arrived = own.groupby("school_town_id")["pupils"].sum()
        for town, number in arrived.items():
            if town in pupils.index:
                pupils.loc[town, stage] -= number
        for town, number in out.items():
            if town in pupils.index:
                pupils.loc[town, stage] += number
    return pupils.clip(lower=0)


def stage_schools(tables: Tables, stage: str) -> pd.DataFrame:
    """Return the schools of a stage with coordinates, seats and pupils, from the ledger."""
    ledger = tables["capacity_ledger"]
    own = ledger[ledger["stage"] == stage]
    places = tables["schools"][["school_id", "school_name", "kind", "urban_rural", "lon", "lat"]]
    joined: pd.DataFrame = own.merge(places, on="school_id", how="inner", validate="1:1")
    return joined.reset_index(drop=True)


def has_coordinates(tables: Tables) -> bool:
    """Tell whether any school has coordinates, or any road distance is given."""
    schools = tables["schools"]
    located = np.isfinite(schools["lon"]) & np.isfinite(schools["lat"])
    return bool(located.any()) or tables.has("road_times")
