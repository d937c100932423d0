"""Every headline opens how it was computed, down to the source cells: workbook and notebook."""

from __future__ import annotations

import html
import json
import re

import pytest

from analysis import wording
from analysis.tables import contract
from tests.briefing.links import follow

KINDS = {kind: wording.say(f"briefing.trace_{kind}", "zh") for kind in ("tables", "cells")}
_CELL = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>", re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)


@pytest.mark.parametrize(("name", "files"), [("demo", 100), ("luoding", 5), ("xinpu", 5)])
def test_every_headline_of_the_workbook_reaches_its_source_cells(done, name, files):
    made = done(name)
    found = follow(
        made.reports / "tables.xlsx",
        contract("headlines").title("zh"),
        wording.say("briefing.sheet_trace", "zh"),
        KINDS,
    )

    assert found.broken == []
    assert found.headlines == len(made.tables["headlines"])
    assert found.tables >= found.headlines / 2
    assert found.files >= files
    # one click to the block, one from its line to the file: every trace that names cells gets there
    assert found.reached == found.with_cells


@pytest.mark.parametrize("name", ["demo", "luoding", "xinpu"])
def test_the_notebook_of_the_briefing_shows_the_trace_of_every_sentence(done, name):
    made = done(name)
    folder = made.reports.parents[1] / "data" / "processed" / made.reports.name / "notebooks"
    notebook = json.loads((folder / "90_briefing.ipynb").read_text("utf-8"))
    shown = next(c for c in notebook["cells"] if "traces(run)" in "".join(c["source"]))
    page = "".join("".join(o["data"].get("text/html", "")) for o in shown["outputs"])
    rows = [[html.unescape(t) for t in _CELL.findall(row)] for row in _ROW.findall(page)][1:]
    by_sentence = {row[0]: row for row in rows}
    said = made.tables["headlines"].dropna(subset=["sentence_zh"])
    items = said[said["sentence_zh"] != ""].to_dict("records")

    assert len(rows) == len(items)
    for item in items:
        # sentence, formula with its numbers, rule with its citation, tables, cells, age of the data
        how, row = json.loads(item["trace"]), by_sentence[item["sentence_zh"]]
        assert row[1] == (how["formula_zh"] or "—"), item["item"]
        assert (row[2] != "—") == isinstance(item["rule"], str), item["item"]
        assert row[4] == ("; ".join(how["cells"]) or "—"), item["item"]
        assert row[5] == str(how["data_year"] or "—"), item["item"]
    assert any(re.search(r"\d.*[=≥].*\d", row[1]) for row in rows)
    assert any(row[2] != "—" for row in rows)
