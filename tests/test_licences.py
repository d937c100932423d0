"""Every package of the lock has a licence that fits an MIT project, and the list is current."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs"))

import make_licences  # noqa: E402

ROWS = dict(
    re.findall(r"^\| ([\w.-]+) \| (.+) \|$", (ROOT / "docs/licences.md").read_text("utf-8"), re.M)
)


def test_list_names_exactly_the_packages_of_the_lock():
    assert sorted(set(ROWS) - {"package"}) == make_licences.locked()


def test_no_licence_is_unstated():
    assert [name for name, said in ROWS.items() if said == "not stated"] == []


def test_no_licence_asks_more_than_the_project_gives():
    strict = re.compile(r"(?<!L)GPL|AGPL|SSPL|Commons Clause|Proprietary", re.IGNORECASE)

    assert {name: said for name, said in ROWS.items() if strict.search(said)} == {}


def test_font_licence_lies_beside_the_font():
    fonts = ROOT / "src" / "analysis" / "figures" / "fonts"

    assert "SIL OPEN FONT LICENSE" in (fonts / "OFL.txt").read_text("utf-8").upper()
