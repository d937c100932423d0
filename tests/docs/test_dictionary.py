"""The data dictionary and the contracts are one thing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def make_dictionary():
    spec = importlib.util.spec_from_file_location("make_dictionary", DOCS / "make_dictionary.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_dictionary_is_current():
    page = (DOCS / "data-dictionary.md").read_text("utf-8")

    assert page == make_dictionary().dictionary(), "run: make dictionary"
