"""Every page opens offline, reads without script, on a phone and on paper, in both themes."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from analysis.briefing.index import index_page
from analysis.figures import style
from tests.browser.conftest import REPORTS, Watched, reports

COUNTY_BYTES, TOWN_BYTES = 3_000_000, 1_000_000
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
#: What a theme can break: it changes colours and nothing else.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
_AXE = """rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})
.then(found => found.violations.map(v => v.id + ' ' + v.nodes[0].html.slice(0, 160)))"""


def briefings() -> list[Path]:
    return sorted(reports().glob("*/briefing.html"))


def every_page() -> list[Path]:
    return sorted(reports().rglob("*.html"))


def folders() -> list[str]:
    """Name the folders that hold pages: of each run, and the one of all runs."""
    if not REPORTS:
        return ["."]  # there is nothing to look at, and the tests are skipped
    return [".", *sorted({p.relative_to(REPORTS).parts[0] for p in reports().glob("*/*.html")})]


def pages_of(folder: str) -> list[Path]:
    """Return the pages of one folder."""
    if folder == ".":
        return sorted(reports().glob("*.html"))
    return sorted((reports() / folder).rglob("*.html"))


def of_each_kind(folder: str) -> list[Path]:
    """Return one page of each kind."""
    pages = pages_of(folder)
    towns = [p for p in pages if p.name.startswith("town_")]
    steps = [p for p in pages if p.name[:2].isdigit()]
    rest = [p for p in pages if p not in towns and p not in steps]
    return [*rest, *towns[:1], *steps[:2]]


def name(path: Path) -> str:
    return path.relative_to(reports()).as_posix()


class Visit:
    """What was seen as every page of a folder was opened once, in the light and in the dark."""

    def __init__(self, browser: Browser, folder: str) -> None:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
        watched = Watched(context)
        checker = Axe().axe_script
        self.pages = pages_of(folder)
        self.problems: list[str] = []
        self.violations: dict[str, list[str]] = {"light": [], "dark": []}
        for path in self.pages:
            page = watched.open(path)
            self.problems += [f"{name(path)}: {said}" for said in watched.problems]
            if path in of_each_kind(folder):
                page.evaluate(checker)
                for theme, rules in (("light", TAGS), ("dark", COLOURS)):
                    page.emulate_media(color_scheme=theme)
                    found = page.evaluate(_AXE, rules)
                    self.violations[theme] += [f"{name(path)}: {said}" for said in found]
                page.emulate_media(color_scheme="light")
            watched.problems.clear()  # what the checker itself complains about is not the page's
        self.requests = watched.requests
        context.close()


def _one_process(folder):
    return pytest.param(folder, marks=pytest.mark.xdist_group(f"pages {folder}"))


@pytest.fixture(scope="module", params=[_one_process(folder) for folder in folders()])
def visit(request: pytest.FixtureRequest, browser: Browser) -> Visit:
    return Visit(browser, request.param)


def test_there_are_briefings_to_look_at():
    assert briefings()
    assert (reports() / "index.html").exists()


def test_no_page_asks_for_anything_or_complains(visit: Visit):
    outside = [r for r in visit.requests if not r.startswith(("file:", "data:"))]
    loaded = [r for r in visit.requests if r.startswith("file:") and not r.endswith(".html")]

    assert visit.pages
    assert outside == []
    assert loaded == []  # a page is one file
    assert visit.problems == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(visit: Visit, theme: str):
    assert visit.violations[theme] == []


@pytest.mark.parametrize(("theme", "broken"), [("light", "image-alt"), ("dark", "color-contrast")])
def test_a_broken_rule_is_found(browser: Browser, theme: str, broken: str):
    context = browser.new_context(offline=True, color_scheme=theme)
    page = context.new_page()
    page.set_content(
        "<html lang='en'><title>t</title><style>p{color:#888;background:#fff}"
        "@media (prefers-color-scheme:dark){p{background:#999}}</style>"
        "<main><h1>title</h1><p>words to read</p><img src='data:,'></main>"
    )
    page.evaluate(Axe().axe_script)
    found = page.evaluate(_AXE, TAGS if theme == "light" else COLOURS)
    context.close()

    assert broken in {said.split(" ")[0] for said in found}


def test_everything_reads_without_script(browser: Browser):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    for path in briefings():
        page.goto(path.resolve().as_uri())
        text = page.inner_text("main")
        for item in re.findall(r'<span class="said">([^<]+)</span>', path.read_text("utf-8")):
            assert html.unescape(item).strip()[:20] in text, name(path)
        assert not page.is_visible(".code >> nth=0")
        page.check("#code-switch")
        assert page.is_visible(".code >> nth=0")
    context.close()


def test_a_phone_scrolls_down_only(browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True)
    page = context.new_page()
    wide = []
    for path in [p for folder in folders() for p in of_each_kind(folder)]:
        page.goto(path.resolve().as_uri())
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append(name(path))
    context.close()

    assert wide == []


def test_every_headline_is_traced_within_three_clicks(browser: Browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    for path in briefings():
        page.goto(path.resolve().as_uri())
        for place in range(page.locator(".answers details.trace").count()):
            details = page.locator(".answers details.trace").nth(place)
            details.locator("summary").click()  # one click from page one
            assert details.locator("dl").first.is_visible(), name(path)
            assert details.inner_text().strip()
    context.close()


def test_every_character_is_in_the_font_that_travels_with_the_package():
    missing: dict[str, set[str]] = {}
    for path in every_page():
        text = re.sub(r"<(script|style)\b.*?</\1>", "", path.read_text("utf-8"), flags=re.DOTALL)
        text = html.unescape(re.sub(r"<[^>]+>", " ", text))
        if lacking := style.missing_glyphs([text]):
            missing[name(path)] = lacking

    assert missing == {}


def test_pages_are_light():
    for path in every_page():
        most = TOWN_BYTES if path.name.startswith("town_") else COUNTY_BYTES
        assert path.stat().st_size <= most, (name(path), path.stat().st_size)


def test_a_briefing_prints_on_a4_with_page_numbers_and_no_cut_figure(browser: Browser):
    context = browser.new_context(offline=True)
    page = context.new_page()
    for path in briefings():
        page.goto(path.resolve().as_uri())
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 690, "height": 1000})  # an A4 page less its margins
        tall = page.evaluate(
            """() => [...document.querySelectorAll('figure.card')]
            .filter(f => f.getBoundingClientRect().height > 980
                || f.scrollWidth > f.clientWidth + 1)
            .map(f => f.querySelector('.card-title').textContent)"""
        )
        assert tall == [], name(path)
        content = page.pdf(format="A4", prefer_css_page_size=True)
        assert len(re.findall(rb"/Type ?/Page\b", content)) >= 2, name(path)
    context.close()


def printed(content: bytes, folder: Path) -> list[str]:
    """Return the text of each page of a print."""
    (folder / "print.pdf").write_bytes(content)
    command = ["pdftotext", str(folder / "print.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\f")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext reads the print")
def test_page_one_is_one_page_on_paper(browser: Browser, tmp_path: Path):
    """What follows begins on a new page: the list of contents, which the second must hold."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    for path in briefings():
        page.goto(path.resolve().as_uri())
        first = page.locator("nav.contents a").first.text_content()
        pages = printed(page.pdf(format="A4", prefer_css_page_size=True), tmp_path)
        assert first is not None
        assert first in pages[1], name(path)
    context.close()


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext reads the print")
def test_heads_of_a_long_table_stand_on_every_printed_page(browser: Browser, tmp_path: Path):
    """Chromium leaves what is inside a button out of a repeated head."""
    path = next(p for p in briefings() if p.parent.name.startswith("luoding_"))
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    page.evaluate(
        """() => { const table = [...document.querySelectorAll('main table')]
            .find(t => t.querySelector('th button') && !t.closest('details'));
        const row = table.tBodies[0].rows[0];
        table.tHead.rows[0].cells[0].querySelector('button').textContent = 'HEADWORD';
        for (let i = 0; i < 300; i++) {
            const made = row.cloneNode(true); made.cells[0].textContent = 'ROWWORD';
            table.tBodies[0].appendChild(made); } }"""
    )
    content = page.pdf(format="A4", prefer_css_page_size=True)
    context.close()
    pages = [text for text in printed(content, tmp_path) if "ROWWORD" in text]

    assert len(pages) > 3
    assert [("HEADWORD" in text) for text in pages] == [True] * len(pages)


def test_the_index_searches_sorts_and_compares_two_thousand_areas(browser: Browser, tmp_path: Path):
    path = tmp_path / "index.html"
    path.write_text(index_page([_area(place) for place in range(2200)]), "utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    seconds = page.evaluate(
        """() => { const start = performance.now();
        const box = document.getElementById('search');
        box.value = '县1999'; box.dispatchEvent(new Event('input'));
        return performance.now() - start; }"""
    )
    shown = page.locator("#areas tbody tr:visible").count()
    page.fill("#search", "")
    head = page.locator("#areas thead button").nth(4)
    sorting = page.evaluate(
        """head => { const start = performance.now(); head.click();
        return performance.now() - start; }""",
        head.element_handle(),
    )
    head.click()  # the other way round: largest shortage first
    first = page.locator("#areas tbody tr").first.inner_text()
    for place in (0, 1):
        page.locator("#areas tbody input").nth(place).check()
    page.click("#compare-button")
    context.close()

    assert shown == 1
    assert seconds < 1000
    assert sorting < 3000
    assert "2,199" in first


def _area(place: int) -> tuple[str, dict[str, object], dict[str, object]]:
    """A made-up summary: area number ``place`` is short of ``place`` primary seats."""
    content = {
        "run": {
            "name_zh": f"县{place}",
            "name_en": f"County {place}",
            "rules": "national_2017",
            "parameters": {"base_year": 2025, "plan_years": 5},
        },
        "missing": [],
        "seats_short.primary.2030": {
            "value": place,
            "unit": "seats",
            "year": 2030,
            "source": "seat_gap",
        },
    }
    return f"county{place}_2025_central", content, {"state": "done"}
