"""The demonstration county, made once and read once."""

from __future__ import annotations

import pytest

from analysis import example, intake
from analysis.tables import Tables


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    return example.county(seed=2025)


@pytest.fixture(scope="session")
def result(files):
    return intake.read_area(
        {name: content for name, content in files.items() if name != "area.toml"},
        area_code="990000",
    )


@pytest.fixture(scope="session")
def tables(result) -> Tables:
    return Tables(result.tables)
