"""The public page, its alternative texts and its workbook show suppressed counts only."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import numpy as np
import openpyxl
import pandas as pd
import pytest

from analysis import briefing, store
from analysis.briefing.public import public_page
from analysis.config import run_parameters
from analysis.disclosure import public_edition
from analysis.tables import contract

AREA = 'name_zh = "某县"\nname_en = "Some county"\ncode = "440000"\nbase_year = 2024\n'
#: Grade 1 of town t1 holds 3 in 2024 and 2 in 2023; every other count is told apart by its digits.
PUPILS = {
    ("a", 2023): (2, 611), ("b", 2023): (523, 633), ("c", 2023): (741, 853),
    ("a", 2024): (3, 619), ("b", 2024): (529, 637), ("c", 2024): (743, 859),
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("public")
    folder = root / "data" / "raw" / "some"
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(AREA, encoding="utf-8")
    run = store.run_of(run_parameters(area="some", base_year=2024), root)
    schools = [
        {"school_id": s, "school_name": f"=学校{s}", "town_id": f"t{n}", "kind": "primary"}
        for n, s in enumerate("abc", start=1)
    ]
    pupils = [
        {"school_id": school, "school_year": year, "grade": grade, "pupils": count, "boarders": 0}
        for (school, year), counts in PUPILS.items()
        for grade, count in enumerate(counts, start=1)
    ]
    keys = {"stage": "primary", "school_year": 2025, "scenario": "central", "method": "cohort"}
    demand = [
        {"level": "town", "area_id": town, "pupils": count, **keys}
        for town, count in (("t1", 621.3), ("t2", 1166.0), ("t3", 1602.0))
    ] + [{"level": "county", "area_id": "440000", "pupils": 3389.3, **keys}]
    towns = [{"town_id": f"t{n}", "town_name": f"@镇{n}"} for n in (1, 2, 3)]
    for name, rows in {
        "schools": schools, "enrolment": pupils, "seat_demand": demand, "towns": towns,
    }.items():  # fmt: skip
        frame = pd.DataFrame(rows).reindex(columns=contract(name).names)
        store.write_table(run.tables_folder, name, contract(name).frame(frame))
    return run


@pytest.fixture(scope="module")
def made(run):
    return public_edition(run.tables, rules=run.rules, area=run.area.code)


class Texts(HTMLParser):
    """Everything a reader or a screen reader meets: text, alternative texts, titles."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(re.sub(r"<(style|script).*?</\1>", "", page, flags=re.S))

    def handle_starttag(self, tag, attrs):
        self.found += [v for k, v in attrs if k in ("alt", "title", "aria-label") and v]

    def handle_data(self, data):
        self.found.append(data)


def hidden_numbers(made):
    """Return the true counts that are hidden: cells, and the totals of what was given."""
    pupils = made["public_pupils"]
    hidden = pupils[pupils["suppressed"] & (pupils["measure"] == "pupils")]
    found = set()
    for row in hidden.itertuples():
        school = {"t1": "a", "t2": "b", "t3": "c"}.get(row.area_id)
        cells = [v for (s, y), v in PUPILS.items() if y == row.school_year and school in (s, None)]
        found.add(sum(sum(v) if row.grade == 0 else v[row.grade - 1] for v in cells))
    return found


def test_small_counts_and_their_complements_are_hidden(made):
    # each year: the small cell, one more in its town, one more in its grade, the corner: 4
    pupils = made["public_pupils"]
    pupils = pupils[pupils["measure"] == "pupils"]

    assert pupils.groupby("school_year")["suppressed"].sum().tolist() == [4, 4]
    assert {2, 3} <= hidden_numbers(made)


def test_no_text_of_the_page_holds_a_hidden_count_or_a_change_of_one(run, made):
    texts = Texts(public_page(run, made)).found
    shown = {w.replace(",", "") for text in texts for w in re.findall(r"[+−]?[\d,]*\d", text)}

    assert {"743", "859"} & shown, "the page shows no counts at all"
    secret = {str(n) for n in hidden_numbers(made)} - {"2", "3", "5"}
    assert len(secret) >= 5
    assert not secret & shown
    # the changes of hidden grades would be +1, +8, +6; of published totals: t1 +9, t2 +10, t3 +8
    assert {"+9", "+10"} <= shown


def test_page_is_made_of_the_suppressed_tables_alone(run, made):
    class Closed:
        language, area, rules = run.language, run.area, run.rules

        @property
        def tables(self):
            names = run.tables["towns"]
            return {"towns": names, "schools": contract("schools").empty()}

    assert public_page(Closed(), made) == public_page(run, made)


def test_page_is_marked_as_public_and_names_no_school(run, made):
    page = public_page(run, made)

    assert "公开版" in page
    assert "学校a" not in page
    assert "Content-Security-Policy" in page


def test_workbook_leaves_hidden_counts_empty_and_runs_nothing(run, made):
    written = briefing.publish(run)
    book = openpyxl.load_workbook(written["workbook"])
    rows = list(book["public_pupils"].iter_rows(min_row=5, values_only=True))
    names = contract("public_pupils").names
    frame = pd.DataFrame(rows, columns=names)

    assert "公开版" in book["public_pupils"]["A1"].value
    assert frame["count"].isna().sum() == made["public_pupils"]["suppressed"].sum() > 0
    assert not [c for sheet in book for r in sheet.iter_rows() for c in r if c.data_type == "f"]
    assert written["workbook"].read_bytes() == briefing.publish(run)["workbook"].read_bytes()


def test_csv_leaves_hidden_counts_empty(run, made):
    written = briefing.publish(run)
    frame = pd.read_csv(io.BytesIO(written["csv/public_pupils"].read_bytes()))

    assert np.array_equal(frame["count"].isna(), made["public_pupils"]["count"].isna())
