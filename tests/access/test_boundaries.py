"""GeoJSON: what is read, what is left out, and that a bad file only costs the map."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.access import read_boundaries

NAMES = {"101": "城关镇", "102": "东城镇"}
SQUARE = [[0, 0], [2, 0], [2, 1], [0, 1], [0, 0]]
HOLE = [[0.5, 0.2], [1, 0.2], [1, 0.5], [0.5, 0.2]]


def feature(properties, coordinates, kind="Polygon", **more):
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
        **more,
    }


def read(*features, names=NAMES):
    document = {"type": "FeatureCollection", "features": list(features)}
    return read_boundaries(json.dumps(document).encode(), names)


def test_features_are_towns_by_code_name_or_id():
    found = read(
        feature({"NAME": "城关镇", "area": 3.2}, [SQUARE, HOLE]),
        feature({"code": 102}, [[SQUARE]], "MultiPolygon"),
        feature({"NAME": "邻县"}, [SQUARE]),
    )

    assert set(found.towns) == {"101", "102"}
    assert [len(ring) for ring in found.towns["101"][0]] == [5, 4]
    assert len(found.others) == 1
    assert found.extent == (0, 0, 2, 1)
    assert set(read(feature({}, [SQUARE], id="101")).towns) == {"101"}


def test_parts_of_one_town_are_kept_together():
    found = read(feature({"n": "城关镇"}, [SQUARE]), feature({"n": "城关镇"}, [SQUARE]))

    assert len(found.towns["101"]) == 2


def test_heights_are_dropped_and_single_geometries_are_read():
    raised = [[x, y, 100.0] for x, y in SQUARE]
    content = json.dumps({"type": "Polygon", "coordinates": [raised]}).encode()

    found = read_boundaries(content, NAMES)

    assert found.others[0][0].shape == (5, 2)
    one = json.dumps(feature({"n": "城关镇"}, [SQUARE])).encode()
    assert set(read_boundaries(one, NAMES).towns) == {"101"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"[1, 2]",
        b"{}",
        b'{"type": "FeatureCollection"}',
        b'{"type": "FeatureCollection", "features": [null, 3, {"type": "Feature"}]}',
        b'{"type": "Polygon", "coordinates": 5}',
        b'{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}',
        b'{"type": "Polygon", "coordinates": [[["a", 0], [1, 1], [2, 2], [0, 0]]]}',
        b'{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1e999, 2], [0, 0]]]}',
        b'{"type": "MultiPolygon", "coordinates": [[1, 2]]}',
        b'{"type": "Point", "coordinates": [0, 0]}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_no_map_gives_none(content):
    assert read_boundaries(content, NAMES) is None


def test_a_byte_order_mark_does_no_harm():
    content = json.dumps(feature({"n": "城关镇"}, [SQUARE])).encode("utf-8-sig")

    assert np.array_equal(read_boundaries(content, NAMES).towns["101"][0][0], np.array(SQUARE))
