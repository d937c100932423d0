"""The gallery shows every study there is, from pictures that are there, and stays small."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MOST_BYTES = 1_500_000


def page() -> str:
    return (DOCS / "gallery.md").read_text("utf-8")


def make_gallery():
    spec = importlib.util.spec_from_file_location("make_gallery", DOCS / "make_gallery.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_study_and_every_step_is_in_the_gallery():
    linked = set(re.findall(r"\(\.\./(notebooks/[^)]+\.ipynb)\)", page()))
    there = {p.relative_to(ROOT).as_posix() for p in (ROOT / "notebooks").rglob("*.ipynb")}

    assert linked == {p for p in there if ".ipynb_checkpoints" not in p}


def test_pictures_are_there_and_nothing_else_is():
    named = set(re.findall(r"\]\(gallery/([^)]+)\)", page()))

    assert named == {path.name for path in (DOCS / "gallery").iterdir()}
    assert len(named) >= 10


def test_the_gallery_is_small():
    size = sum(p.stat().st_size for p in (DOCS / "gallery").iterdir()) + len(page().encode())

    assert size < MOST_BYTES


def test_tables_and_pictures_are_taken_from_what_a_notebook_shows(tmp_path, monkeypatch):
    module = make_gallery()
    monkeypatch.setattr(module, "PICTURES", tmp_path)
    rows = "".join(f"<tr><th>{n}</th><td>a|b</td></tr>" for n in range(9))
    table = f"<table><thead><tr><th>n</th><th>x</th></tr></thead><tbody>{rows}</tbody></table>"
    card = (
        '<figure class="card"><strong class="card-title">Seats</strong>'
        '<img src="data:image/svg+xml,%3Csvg/%3E" alt="one [1]"></figure>'
    )

    assert module.first_table([card, table]).splitlines()[:3] == [
        "| n | x |",
        "| --- | --- |",
        "| 0 | a/b |",
    ]
    assert module.first_table([table]).endswith("… 3 more rows")
    assert module.pictures([card], "some", 2) == ["![one (1)](gallery/some_1.svg)\n\n*Seats*"]
    assert (tmp_path / "some_1.svg").read_text() == "<svg/>"
