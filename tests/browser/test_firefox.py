"""The same pages in Firefox: they open offline, show every character, and need no script.

Runs wherever a Firefox is installed; without one the tests are skipped and say so.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from fontTools.ttLib import TTCollection, TTFont

from analysis.briefing.pdf import font_environment
from tests.browser.conftest import reports
from tests.browser.firefox import Firefox, firefox
from tests.browser.test_pages import name

pytestmark = pytest.mark.skipif(firefox() is None, reason="there is no Firefox on this machine")
#: An area with everything, one with little, and all of them.
AREAS = ("demo", "luoding")
#: Every character a page shows with the font Firefox shows it in. A character that no font has is
#: drawn as a box in the name of the first font, so what a font holds is read from its file.
_LETTERS = """
const found = [], seen = new Set(), page = window.document;
const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
const range = page.createRange();
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const holder = node.parentElement;
  if (["SCRIPT", "STYLE"].includes(holder.tagName) || !holder.getClientRects().length) { continue; }
  let at = 0;
  for (const letter of node.data) {
    const start = at;
    at += letter.length;
    if (seen.has(letter) || !letter.trim()) { continue; }
    range.setStart(node, start);
    range.setEnd(node, at);
    if (!range.getClientRects().length) { continue; }
    seen.add(letter);
    const fonts = [...InspectorUtils.getUsedFontFaces(range)].map(f => f.CSSFamilyName);
    found.push([letter, fonts[0] || ""]);
  }
}
return found;
"""


def boxes(shown: list[list[str]]) -> list[str]:
    """Return the characters that the font they are shown in does not have."""
    return [letter for letter, family in shown if ord(letter) not in characters(family)]


@cache
def characters(family: str) -> frozenset[int]:
    """Return what the fonts of a family hold, as the system finds them."""
    settings = font_environment(Path(mkdtemp(prefix="xuewei-fonts-")))
    asked = ["fc-list", f":family={family}", "file"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True, env=settings).stdout
    held: set[int] = set()
    for line in filter(None, said.splitlines()):
        path = line.rstrip().rstrip(":")
        many = path.endswith((".ttc", ".otc"))
        fonts = TTCollection(path).fonts if many else [TTFont(path)]
        for font in fonts:
            held |= set(font.getBestCmap() or ())
    return frozenset(held)


def test_a_box_is_found(opened: Firefox, tmp_path: Path):
    path = tmp_path / "page.html"
    text = "学 \U000e0ffe"  # the second is no character of any font
    path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><p>{text}</p>', "utf-8")
    opened.open(path)

    assert boxes(opened.run(_LETTERS)) == ["\U000e0ffe"]


def pages() -> list[Path]:
    found = [p for area in AREAS for p in sorted(reports().glob(f"{area}_*_central/briefing.html"))]
    towns = [p for area in AREAS for p in sorted(reports().glob(f"{area}_*_central/town_*.html"))]
    return [*found, *towns[:1], reports() / "index.html"]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    made = Firefox(tmp_path_factory.mktemp("firefox"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def without_script(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    made = Firefox(tmp_path_factory.mktemp("firefox"), script=False)
    yield made
    made.close()


def test_pages_open_offline_without_complaint_or_box(opened: Firefox):
    assert len(pages()) >= 3
    for path in pages():
        opened.resize(1280, 900)
        opened.open(path)

        assert opened.complaints() == [], name(path)
        assert opened.run("return performance.getEntriesByType('resource').map(e => e.name)") == []
        assert opened.run("return document.readyState") == "complete"
        assert boxes(opened.run(_LETTERS)) == [], name(path)
        broken = "return [...document.images].filter(i => !i.naturalWidth).map(i => i.alt)"
        assert opened.run(broken) == [], name(path)


def test_nothing_is_wider_than_the_window(opened: Firefox):
    for path in pages():
        opened.resize(500, 900)
        opened.open(path)
        wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"

        assert opened.run(wide) == 0, name(path)


def test_chart_answers_and_tables_sort(opened: Firefox):
    (path,) = reports().glob("demo_*_central/briefing.html")
    opened.open(path)
    before = opened.run("return document.getElementById('chart-said').textContent")
    opened.run(
        """const box = document.getElementById('chart-stage'); box.selectedIndex = 1;
        box.dispatchEvent(new Event('input'));"""
    )

    assert opened.run("return document.getElementById('chart-said').textContent") != before
    assert opened.run("return location.hash").startswith("#chart=")
    opened.open(reports() / "index.html")
    sort = """const head = document.querySelectorAll('#areas thead button')[0]; head.click();
        return head.closest('th').getAttribute('aria-sort');"""
    assert opened.run(sort) == "ascending"


def test_everything_reads_without_script(without_script: Firefox):
    for path in pages():
        without_script.open(path)
        said = without_script.run("return document.documentElement.classList.contains('js')")
        hidden = without_script.run(
            """return [...document.querySelectorAll('.said, .findings > li, figure.card img')]
            .filter(e => !e.closest('details') && !e.getClientRects().length).length"""
        )

        assert said is False, name(path)
        assert hidden == 0, name(path)
    (path,) = reports().glob("demo_*_central/briefing.html")
    without_script.open(path)
    first = "document.querySelector('.answers details.trace')"
    seen = f"return {first}.querySelector('dl').checkVisibility({{contentVisibilityAuto: true}})"
    assert without_script.run(seen) is False
    without_script.run(f"{first}.open = true")
    assert without_script.run(seen) is True
