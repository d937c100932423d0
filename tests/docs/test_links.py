"""Every relative link of the pages leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    missing = [
        target
        for target in targets
        if not target.startswith(("http:", "https:")) and not (page.parent / target).exists()
    ]

    assert missing == []


def test_both_readmes_have_the_same_sections_and_rows():
    english, chinese = (
        (ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md")
    )

    for mark in (r"^#+ ", r"^\|", r"^```", r"^\* "):
        count = [len(re.findall(mark, text, re.MULTILINE)) for text in (english, chinese)]
        assert count[0] == count[1], mark


def test_the_feature_table_has_a_row_for_each_of_the_five_documents():
    text = (ROOT / "README.md").read_text("utf-8")
    table = text.split("## What it computes", 1)[1].split("\n\n", 3)[2]

    assert len(table.splitlines()) == 2 + 5
