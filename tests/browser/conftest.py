"""Pages of a reports folder in headless Chromium, with the network refused."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from analysis.briefing.pdf import font_environment

REPORTS = os.environ.get("XUEWEI_REPORTS", "")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MUST_RUN = bool(REPORTS) and os.environ.get("CI", "").lower() in ("1", "true", "yes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here not in Path(item.fspath).parents:
            continue
        item.add_marker(pytest.mark.browser)
        if not REPORTS and not MUST_RUN:
            reason = "XUEWEI_REPORTS names no folder of rendered briefings"
            item.add_marker(pytest.mark.skip(reason=reason))
        elif CHROMIUM is None and not MUST_RUN:
            item.add_marker(pytest.mark.skip(reason="there is no Chromium on this machine"))


def reports() -> Path:
    return Path(REPORTS)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert CHROMIUM is not None, "CI needs Chromium for the pages"
    fonts = font_environment(tmp_path_factory.mktemp("fonts"))
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], env=dict(fonts)
        )
        yield made
        made.close()


class Watched:
    """A page with everything it asked for and everything it complained about."""

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[str] = []
        self.problems: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.on("pageerror", lambda e: self.problems.append(str(e)))
        self.page.on(
            "console",
            lambda m: self.problems.append(m.text) if m.type in ("error", "warning") else None,
        )

    def open(self, path: Path) -> Page:
        self.page.goto(path.resolve().as_uri())
        return self.page
