"""A finished run is in one language: its pages, its pictures, its workbook, its paper."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.config import run_parameters
from analysis.store import ROOT_VARIABLE, read_area, run_of
from analysis.tables import contracts
from tests.areas.conftest import PROJECT, Done
from tests.briefing.languages import (
    chinese_of_archive,
    chinese_of_ours,
    remarks_in,
    stray_english,
    texts_of_archive,
    texts_of_page,
    unmarked_chinese,
    without_citations,
    words_given,
)

KEY = re.compile(r"[a-z0-9]+(?:[_.][a-z0-9]+)+")


def given(root: Path, name: str, language: str = "zh") -> str:
    """Return everything the area sent and cites, with the names of the run itself."""
    own = read_area(root, name)
    run = run_of(
        run_parameters(
            area=name,
            base_year=own.base_year,
            horizon_years=own.horizon_years,
            plan_years=own.plan_years,
            language=language,
        ),
        root,
    )
    return words_given(run, [run.parameters.run_name, run.rules.name])


def root_of(done: Done) -> Path:
    return done.reports.parents[1]


@pytest.mark.parametrize("name", ["demo", "luoding", "xinpu"])
def test_a_chinese_run_shows_no_stray_english(done, name):
    made = done(name)
    known = given(root_of(made), name)
    found = {
        path.name: stray_english(texts_of_page(path.read_text("utf-8")), known)
        for path in sorted(made.reports.glob("*.html"))
    }
    for file in ("tables.xlsx", "briefing.docx"):
        words = stray_english(texts_of_archive(made.reports / file), known)
        # keys of csv/, summary.json and area.toml, which a reader of these needs
        found[file] = {word for word in words - set(contracts()) if not KEY.fullmatch(word)}

    assert len(found) > 10
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["luoding", "demo"])
def test_an_english_run_shows_chinese_only_in_names_and_citations(tmp_path, name):
    """Names and sources stay Chinese, marked as Chinese; nothing else does.

    ``luoding`` is a real county, ``demo`` has every table.
    """
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "raw").symlink_to(PROJECT / "data" / "raw")
    (tmp_path / "notebooks").symlink_to(PROJECT / "notebooks")
    subprocess.run(
        [sys.executable, "-m", "analysis", "run", name, "--lang", "en"],
        env={**os.environ, ROOT_VARIABLE: str(tmp_path), "XUEWEI_PDF": "0"},
        capture_output=True,
        check=True,
    )
    known = given(tmp_path, name, "en")
    folder = next((tmp_path / "reports").glob(f"{name}_*"))
    pages = sorted(folder.glob("*.html"))

    assert len(pages) > 10
    for path in pages:
        text = path.read_text("utf-8")
        assert unmarked_chinese(text) == [], path.name
        assert chinese_of_ours(without_citations(text, known), known) == set(), path.name
        assert remarks_in([text]) == set(), path.name
    for file in ("tables.xlsx", "briefing.docx"):
        assert len(texts_of_archive(folder / file)) > 50  # neither is empty, nor left unread
        assert chinese_of_archive(folder / file, known) == set(), file


def test_a_stray_word_is_found_and_a_cell_a_file_or_a_symbol_is_none():
    said = ["等级 tool", "02_在校生.xlsx#在校生!D4:D71", "12 km，CV 0.45，L5", "甲镇 Foo School"]

    assert stray_english(said, "Foo School") == {"tool"}
