"""The explorer as a browser sees it: only with the token, only on this machine, and it answers."""

from __future__ import annotations

import shutil
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.servers import started

from .test_study import county

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
needs_browser = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="no chromium on this machine"
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    root = tmp_path_factory.mktemp("served")
    county(root / "data" / "raw" / "some")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "analysis",
        "explore",
        "some",
        f"--port={port}",
        "--no-browser",
    ]
    values = {"XUEWEI_ROOT": str(root)}
    with started(command, root, values, r"token=(\w+)", 60) as (found, _):
        yield port, found[1]


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.url
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.url


def test_without_the_token_nobody_gets_in(served):
    port, token = served

    for query in ("", f"?token={'0' * len(token)}"):
        code, url = status(f"http://127.0.0.1:{port}/{query}")
        assert code in (401, 403) or "/login?" in url, (code, url)


def test_no_file_of_the_project_is_served(served):
    port, token = served

    for path in ("voila/files/scenario_explorer.ipynb", "files/../data/raw/some/area.toml"):
        code, _ = status(f"http://127.0.0.1:{port}/{path}?token={token}")
        assert code in (403, 404), path


def test_server_listens_on_this_machine_only(served):
    port, _ = served
    own = {a[4][0] for a in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in own - {"127.0.0.1", "127.0.1.1"}:
        with socket.socket() as probe:
            probe.settimeout(2)
            assert probe.connect_ex((address, port)) != 0


@needs_browser
def test_moved_lever_changes_the_gap_on_the_page(served):
    from playwright.sync_api import sync_playwright

    port, token = served
    with sync_playwright() as tool:
        browser = tool.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page()
        outside = []
        page.on("request", lambda r: outside.append(r.url) if "127.0.0.1" not in r.url else None)
        page.goto(f"http://127.0.0.1:{port}/?token={token}", timeout=90_000)
        page.get_by_text("学位供给").or_(page.get_by_text("全县余缺")).first.wait_for(
            timeout=90_000
        )
        before = page.locator("table").first.inner_text()
        slider = page.locator(".noUi-handle").nth(6)
        slider.focus()
        for _ in range(5):
            slider.press("ArrowLeft")
        page.wait_for_function(
            "before => document.querySelector('table').innerText !== before",
            arg=before,
            timeout=30_000,
        )
        after = page.locator("table").first.inner_text()
        browser.close()

    assert "→" in after
    assert [u for u in outside if not u.startswith(("data:", "blob:"))] == []
