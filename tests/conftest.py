"""How tests are spread over processes, and what they are spared: threads, and a browser's PDF."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent
# as many test processes as cores: threads of linear algebra on top of them only wait
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("XUEWEI_PDF", "0")  # the test that is about it asks for it
# drawing takes longer where other processes want the cores: that is no fault of a property
settings.register_profile("xuewei", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("xuewei")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # the order below is kept


def shares_with_its_file(item: pytest.Item) -> bool:
    """Tell whether a test uses something that is made once for all tests of its file."""
    information = getattr(item, "_fixtureinfo", None)
    made = information.name2fixturedefs.values() if information else ()
    return any(each.scope == "module" for several in made for each in several)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, object, object]:
    """Keep together what shares a fixture, and begin with what takes long.

    Otherwise each process would make the fixture again, and one long test at the end would leave
    the other cores idle.
    """
    spread = bool(getattr(config.option, "loadgroup", False))
    for item in items if spread else ():
        if item.get_closest_marker("xdist_group") is None and shares_with_its_file(item):
            group = item.path.relative_to(HERE).as_posix()
            item.add_marker(pytest.mark.xdist_group(group))
    result = yield
    if spread:
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    return result
