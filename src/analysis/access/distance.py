"""Distances from coordinates, or from road distances that are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.tables import Tables

Array = NDArray[np.float64]
#: Mean radius of the earth, as the International Union of Geodesy and Geophysics gives it.
EARTH_RADIUS_KM = 6371.0088


def haversine_km(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Array:
    """Return great-circle distances in kilometres between points in degrees (球面距离).

    Arguments broadcast against each other; a missing coordinate gives a missing distance.
    """
    first_lon, first_lat, second_lon, second_lat = (
        np.radians(np.asarray(values, dtype=float)) for values in (lon1, lat1, lon2, lat2)
    )
    half_lat = np.sin((second_lat - first_lat) / 2.0) ** 2
    half_lon = np.sin((second_lon - first_lon) / 2.0) ** 2
    chord = half_lat + np.cos(first_lat) * np.cos(second_lat) * half_lon
    return np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0))))


@dataclass(frozen=True)
class Ways:
    """Ways from origins to schools: kilometres, minutes and where each came from.

    All are ``(origin, school)``; ``given`` marks kilometres that are supplied road distances.
    """

    origins: tuple[str, ...]
    schools: tuple[str, ...]
    km: Array
    minutes: Array
    given: NDArray[np.bool_]

    def columns(self, schools: list[str]) -> Ways:
        """Return the ways to some of the schools."""
        at = [self.schools.index(school) for school in schools]
        return Ways(
            self.origins,
            tuple(schools),
            self.km[:, at],
            self.minutes[:, at],
            self.given[:, at],
        )


def ways_between(
    origins: pd.DataFrame, schools: pd.DataFrame, tables: Tables, *, detour: float
) -> Ways:
    """Return the way from every origin to every school (就学距离).

    Parameters
    ----------
    origins, schools
        ``id, lon, lat`` and ``school_id, lon, lat``; a place without coordinates has no straight
        line.
    tables
        ``road_times``, where given, comes before the straight line.
    detour
        Kilometres by road for one in a straight line.
    """
    straight = haversine_km(
        origins["lon"].to_numpy(dtype=float)[:, None],
        origins["lat"].to_numpy(dtype=float)[:, None],
        schools["lon"].to_numpy(dtype=float)[None, :],
        schools["lat"].to_numpy(dtype=float)[None, :],
    )
    names, targets = tuple(origins["id"]), tuple(schools["school_id"])
    roads = tables["road_times"]
    minutes = np.full(straight.shape, np.nan)
    road = np.full(straight.shape, np.nan)
    rows = pd.Index(names).get_indexer(roads["origin_id"])
    columns = pd.Index(targets).get_indexer(roads["school_id"])
    known = (rows >= 0) & (columns >= 0)
    road[rows[known], columns[known]] = roads["road_km"].to_numpy(dtype=float)[known]
    minutes[rows[known], columns[known]] = roads["minutes"].to_numpy(dtype=float)[known]
    given = np.isfinite(road)
    return Ways(names, targets, np.where(given, road, straight * detour), minutes, given)


def nearest(ways: Ways) -> NDArray[np.intp]:
    """Return the position of the nearest school of each origin; -1 where none has a distance."""
    if not ways.schools:
        return np.full(len(ways.origins), -1, dtype=np.intp)
    # minutes decide only where no way of the place has kilometres
    by_time = ~np.isfinite(ways.km).any(axis=1, keepdims=True)
    length = np.where(by_time, ways.minutes, ways.km)
    filled = np.where(np.isfinite(length), length, np.inf)
    place: NDArray[Any] = filled.argmin(axis=1)
    return np.where(np.isfinite(filled.min(axis=1)), place, -1).astype(np.intp)
