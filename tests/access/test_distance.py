"""Distances: great circles, detour, supplied roads, the nearest school."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.access.distance import EARTH_RADIUS_KM, haversine_km, nearest, ways_between
from analysis.tables import Tables

from .conftest import DEGREES_A_KM, frame

lon = st.floats(-180, 180)
lat = st.floats(-89, 89)


def test_known_great_circles():
    # a quarter of a meridian and of the equator: pi / 2 x R; one degree of latitude: pi R / 180
    quarter = np.pi / 2 * EARTH_RADIUS_KM

    assert haversine_km(0, 0, 0, 90) == pytest.approx(quarter)
    assert haversine_km(10, 0, 100, 0) == pytest.approx(quarter)
    assert haversine_km(0, 30, 0, 31) == pytest.approx(np.pi * EARTH_RADIUS_KM / 180)
    # on the 60th parallel a degree of longitude is about half a degree of the equator
    assert haversine_km(0, 60, 0.01, 60) == pytest.approx(
        0.5 * np.pi * EARTH_RADIUS_KM / 180 * 0.01, rel=1e-6
    )
    assert haversine_km(0, 0, 180, 0) == pytest.approx(2 * quarter)
    assert np.isnan(haversine_km(0, 0, np.nan, 0))


@given(lon, lat, lon, lat)
def test_distance_is_the_same_there_and_back(a, b, c, d):
    there, back = haversine_km(a, b, c, d), haversine_km(c, d, a, b)

    assert there == pytest.approx(back, abs=1e-9)
    assert 0 <= there <= np.pi * EARTH_RADIUS_KM + 1e-9
    assert haversine_km(a, b, a, b) == 0


def points(values, name="id"):
    return pd.DataFrame(
        {
            name: [key for key, _ in values],
            "lon": 0.0,
            "lat": [np.nan if km is None else km * DEGREES_A_KM for _, km in values],
        }
    )


def test_straight_lines_are_lengthened_and_roads_are_taken_as_given():
    tables = Tables(
        {
            "road_times": frame(
                "road_times",
                [
                    {"origin_id": "v", "school_id": "s2", "road_km": 9.0, "minutes": 20.0},
                    {"origin_id": "elsewhere", "school_id": "s1", "road_km": 1.0},
                ],
            )
        }
    )

    ways = ways_between(
        points([("v", 0), ("w", 4)]),
        points([("s1", 3), ("s2", 5)], "school_id"),
        tables,
        detour=1.4,
    )

    # v: 3 km x 1.4 = 4.2 to s1, 9 km by road to s2; w: 1 km x 1.4 = 1.4 to each
    assert ways.km == pytest.approx(np.array([[4.2, 9.0], [1.4, 1.4]]))
    assert ways.given.tolist() == [[False, True], [False, False]]
    assert ways.minutes[0, 1] == 20
    assert nearest(ways).tolist() == [0, 0]


def test_a_place_without_coordinates_has_no_nearest_school():
    ways = ways_between(
        points([("v", None), ("w", 4)]),
        points([("s1", None), ("s2", 5)], "school_id"),
        Tables(),
        detour=1.0,
    )

    assert nearest(ways).tolist() == [-1, 1]


def test_minutes_decide_where_no_way_has_kilometres():
    tables = Tables(
        {
            "road_times": frame(
                "road_times",
                [
                    {"origin_id": "v", "school_id": "s1", "minutes": 20.0},
                    {"origin_id": "v", "school_id": "s2", "minutes": 10.0},
                ],
            )
        }
    )

    ways = ways_between(
        points([("v", None)]), points([("s1", 3), ("s2", 5)], "school_id"), tables, detour=1.0
    )

    assert nearest(ways).tolist() == [1]
