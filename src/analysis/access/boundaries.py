"""Boundaries from GeoJSON (RFC 7946): just what a map of towns needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]
#: A file with more positions than this is no town map; drawing it would stall the page.
MOST_POSITIONS = 2_000_000


@dataclass(frozen=True)
class Boundaries:
    """Outlines by town code; each polygon is its outer ring followed by its holes."""

    towns: Mapping[str, tuple[tuple[Ring, ...], ...]]
    others: tuple[tuple[Ring, ...], ...]

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east and north of everything."""
        rings = [p[0] for polygons in self.towns.values() for p in polygons]
        rings += [polygon[0] for polygon in self.others]
        points = np.concatenate(rings)
        west, south = points.min(axis=0)
        east, north = points.max(axis=0)
        return float(west), float(south), float(east), float(north)


def read_boundaries(content: bytes, names: Mapping[str, str]) -> Boundaries | None:
    """Read the polygons of a GeoJSON file and say which town each is.

    Parameters
    ----------
    content
        The file. Polygons and multipolygons in longitude and latitude; points and lines are left
        out.
    names
        Names of the towns by code. A feature belongs to a town when its ``id`` or any of its
        properties is the town's code or name.

    Returns
    -------
    Boundaries or None
        None when the file is no GeoJSON with at least one polygon; a map is never worth a
        failure, since no number depends on it.
    """
    try:
        document = json.loads(content.decode("utf-8-sig"))
        features = list(_features(document))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        return None
    codes = {name: code for code, name in names.items()} | {code: code for code in names}
    towns: dict[str, list[tuple[Ring, ...]]] = {}
    others: list[tuple[Ring, ...]] = []
    total = 0
    for feature in features:
        polygons = _polygons(feature.get("geometry"))
        total += sum(len(ring) for polygon in polygons for ring in polygon)
        if total > MOST_POSITIONS:
            return None
        code = _town(feature, codes)
        if code is None:
            others += polygons
        else:
            towns.setdefault(code, []).extend(polygons)
    if not others and not any(towns.values()):
        return None
    return Boundaries({code: tuple(found) for code, found in towns.items()}, tuple(others))


def _features(document: object) -> Iterable[Mapping[str, Any]]:
    if not isinstance(document, dict):
        return
    if document.get("type") == "Feature":
        yield document
    elif document.get("type") == "FeatureCollection":
        members = document.get("features")
        yield from (
            f for f in (members if isinstance(members, list) else []) if isinstance(f, dict)
        )
    elif document.get("type") in ("Polygon", "MultiPolygon"):
        yield {"geometry": document}


def _town(feature: Mapping[str, Any], codes: Mapping[str, str]) -> str | None:
    properties = feature.get("properties")
    values = [feature.get("id"), *(properties.values() if isinstance(properties, dict) else [])]
    for value in values:
        found = codes.get(str(value).strip()) if isinstance(value, (str, int)) else None
        if found is not None:
            return found
    return None


def _polygons(geometry: object) -> list[tuple[Ring, ...]]:
    if not isinstance(geometry, dict):
        return []
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Polygon":
        coordinates = [coordinates]
    elif geometry.get("type") != "MultiPolygon":
        return []
    found = []
    for polygon in coordinates if isinstance(coordinates, list) else []:
        rings = [_ring(ring) for ring in (polygon if isinstance(polygon, list) else [])]
        if rings and all(ring is not None for ring in rings):
            found.append(tuple(ring for ring in rings if ring is not None))
    return found


def _ring(positions: object) -> Ring | None:
    """Return a ring of at least a triangle, closed; None when it is none."""
    try:
        listed = [position[:2] for position in positions] if isinstance(positions, list) else []
        points = np.array(listed, dtype=np.float64)
    except (TypeError, ValueError, IndexError):
        return None
    closed = points.ndim == 2 and points.shape[0] >= 4 and points.shape[1] == 2
    return points if closed and bool(np.isfinite(points).all()) else None
