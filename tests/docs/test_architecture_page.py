"""The architecture page names every room on its floor."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "analysis"


def rooms() -> set[str]:
    return {
        path.name.removesuffix(".py")
        for path in PACKAGE.iterdir()
        if not path.name.startswith(("_", "."))
        and (path.suffix == ".py" or (path / "__init__.py").exists())
    }


def floors() -> dict[str, int]:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    found = {}
    for floor, names in re.findall(r"^\| (\d) \| ((?:`[a-z_/]+` ?)+)\|", page, re.MULTILINE):
        found |= {name.strip("`/"): int(floor) for name in names.split()}
    return found


def test_every_room_is_on_the_page():
    assert set(floors()) == rooms()


def test_the_floors_are_those_that_the_import_test_uses():
    text = (ROOT / "tests" / "test_architecture.py").read_text("utf-8")
    used = {name: int(floor) for name, floor in re.findall(r'^    "(\w+)": (\d),', text, re.M)}

    assert all(used[name] == floor for name, floor in floors().items())
