"""What the measures need to know of towns and schools: sites with room, distances, names."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.planning.futures import Futures
from analysis.planning.instance import Array
from analysis.planning.parameters import Parameters
from analysis.tables import Tables

_EARTH_KM = 6371.0088
_NOT_EXPANDED = ("teaching_point", "special", "vocational", "senior", "kindergarten")
#: Ceilings of the ledger that a new building does not lift.
_CEILINGS = {
    "school_size": "seats_by_school_size",
    "sports_area": "seats_by_sports_area",
    "site_area": "seats_by_site_area",
}


@dataclass(frozen=True)
class Site:
    """One school and stage: its seats, how many more its norms allow, and what limits them."""

    school_id: str
    name: str
    town_id: str
    stage: str
    kind: str
    owner: str
    pupils: float
    seats: float
    rooms: float
    unsafe_rooms: float
    room_for: float
    limit: str
    meets_norms: bool
    lon: float
    lat: float
    main_school_id: str


def read_sites(tables: Tables) -> list[Site]:
    """Return every school and stage of the capacity ledger, best hosts for new seats first.

    Schools that meet the indicators come first, then those with most room under their ceilings.
    """
    ledger = tables["capacity_ledger"]
    schools = tables["schools"].set_index("school_id")
    met = tables["school_compliance"] if "school_compliance" in tables else pd.DataFrame()
    passing = set()
    if not met.empty:
        latest = met[(met["school_year"] == met["school_year"].max()) & (met["verdict"] == "met")]
        passing = set(zip(latest["school_id"], latest["stage"], strict=True))
    found = []
    for row in ledger.to_dict("records"):
        if row["school_id"] not in schools.index:
            continue
        school = schools.loc[row["school_id"]]
        room, limit = _room(row)
        found.append(
            Site(
                str(row["school_id"]),
                str(school["school_name"]),
                str(row["town_id"]),
                str(row["stage"]),
                str(school["kind"]),
                _text(school["owner"]),
                float(row["pupils"]),
                float(row["seats_available"]),
                float(row["usable_classrooms"]),
                float(row["unsafe_classrooms"]),
                room,
                limit,
                (row["school_id"], row["stage"]) in passing,
                float(school["lon"]),
                float(school["lat"]),
                _text(school["main_school_id"]),
            )
        )
    return sorted(found, key=lambda s: (not s.meets_norms, -s.room_for, s.school_id, s.stage))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _room(row: Mapping[Hashable, Any]) -> tuple[float, str]:
    """Return how many more seats the known ceilings allow, and which of them binds."""
    seats = float(row["seats_available"])
    known = {
        name: float(row[column]) for name, column in _CEILINGS.items() if np.isfinite(row[column])
    }
    if not known or not np.isfinite(seats):
        return 0.0, "unknown"
    limit = min(known, key=lambda name: known[name])
    return max(known[limit] - seats, 0.0), limit


def can_host(site: Site, parameters: Parameters) -> bool:
    """Tell whether a school is one that is expanded: public, ordinary, not very small."""
    large = site.pupils >= parameters.value("expansion_pupils_min")
    return site.kind not in _NOT_EXPANDED and site.owner != "private" and large


def town_names(tables: Tables, code: str, county: str) -> dict[str, str]:
    """Return the names of towns; the county's own code reads as ``county``."""
    towns = tables["towns"]
    return {code: county} | dict(zip(towns["town_id"], towns["town_name"], strict=True))


def road_km(left: tuple[Array, Array], right: tuple[Array, Array], detour: float) -> Array:
    """Return road distances ``(n, m)`` between places given as (lon, lat) in degrees.

    Great-circle distance times the detour factor.
    """
    lon1, lat1 = (np.radians(v)[:, None] for v in left)
    lon2, lat2 = (np.radians(v)[None, :] for v in right)
    half = (
        np.sin((lat2 - lat1) / 2) ** 2
        + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    )
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))) * detour)


def nearest_km(sites: list[Site], futures: Futures, detour: float) -> dict[tuple[int, int], float]:
    """Return, for two zones of one stage, the road between their two nearest schools.

    Pupils on the border between two towns change the least; their way is what counts. Zones without
    coordinates are left out.
    """
    by_zone: dict[tuple[str, str], list[Site]] = {}
    for site in sites:
        if np.isfinite(site.lon) and np.isfinite(site.lat):
            by_zone.setdefault((site.town_id, site.stage), []).append(site)
    places = {
        zone: (np.array([s.lon for s in group]), np.array([s.lat for s in group]))
        for zone, group in by_zone.items()
    }
    found: dict[tuple[int, int], float] = {}
    for i, left in enumerate(futures.zones):
        for j, right in enumerate(futures.zones):
            if i < j and left[1] == right[1] and left in places and right in places:
                found[i, j] = float(road_km(places[left], places[right], detour).min())
    return found
