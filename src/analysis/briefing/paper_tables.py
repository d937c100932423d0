"""The result tables of the Word briefing: which columns and rows, and how wide they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis import figures, wording
from analysis.store import Run
from analysis.tables import contract

#: Width between the margins of an official paper (GB/T 9704-2012), in millimetres.
PAPER_MM = 156
#: Letters of a line that a text may claim at most, and that it keeps at least.
_WIDEST, _NARROWEST = 30, 8
#: Width of a Latin letter in a table (9 points), and of the room at both sides of a cell.
_LETTER_MM, _PADDING_MM = 1.7, 2.8
#: A year in brackets behind a number does not make it a text.
_YEAR = re.compile(r"（\d{4}年）$| \(\d{4}\)$")


@dataclass(frozen=True)
class PaperTable:
    """A result table on paper: its columns, and which of its rows."""

    name: str
    columns: tuple[str, ...]
    rows: str = ""


TABLES = (
    PaperTable(
        "plan_projects",
        (
            "rank",
            "project_name",
            "town_id",
            "kind",
            "seats",
            "start_year",
            "finish_year",
            "cost_mid_cny",
            "funding_source",
            "responsible",
        ),
        "projects",
    ),
    PaperTable(
        "plan_money",
        ("year", "cost_low_cny", "cost_mid_cny", "cost_high_cny", "funds_cny", "gap_cny"),
        "plan",
    ),
    PaperTable("plan_residuals", ("town_id", "stage", "school_year", "shortage", "reason")),
    PaperTable(
        "staff_need",
        ("stage", "school_year", "classes", "teachers_needed", "shortage", "surplus"),
        "plan",
    ),
    PaperTable(
        "county_verdict", ("dimension", "stage", "verdict", "met", "not_met", "undetermined")
    ),
    PaperTable("variation", ("stage", "indicator", "cv", "cv_limit", "verdict"), "newest"),
    PaperTable(
        "norm_comparison",
        ("area_id", "stage", "basis", "school_year", "norm_seats", "pupils", "norm_ratio"),
        "ends",
    ),
)


def paper_rows(run: Run, item: PaperTable) -> pd.DataFrame:
    """Return the rows of a table that a paper shows: the workbook has all of them."""
    frame = run.tables[item.name]
    if "scenario" in frame:
        frame = frame[frame["scenario"] == run.parameters.scenario]
    if item.name == "variation":
        frame = frame[frame["population"] == "all"]
    year = next((c for c in ("school_year", "year") if c in frame), "")
    if item.rows == "projects":
        # spare rooms used for smaller classes build nothing; the listed projects follow the chosen
        frame = frame[frame["kind"] != "smaller_classes"]
        return frame.sort_values(["rank", "project_id"], na_position="last", kind="stable")
    if item.rows == "newest" and len(frame):
        frame = frame[frame[year] == frame[year].max()]
    if item.rows == "plan":
        frame = frame[frame[year] <= run.plan_end]
    if item.rows == "ends":
        county = frame[frame["level"] == "county"]
        frame = county[county[year].isin([run.parameters.base_year, run.plan_end])]
    return figures.reading_order(item.name, frame)


def paper_frame(run: Run, item: PaperTable) -> pd.DataFrame:
    """Return a table as it is printed: words for codes, money in 万元 (millions in English)."""
    frame = figures.named(run, paper_rows(run, item))
    columns = [c for c in item.columns if c in frame and frame[c].notna().any()]
    if not columns:
        return pd.DataFrame()
    zh = run.language == "zh"
    unit = "万元" if zh else "CNY million"
    heads: dict[str, str] = {}
    for name in columns:
        column = contract(item.name)[name]
        if name.endswith("_cny"):
            written = [
                wording.number(v / (1e4 if zh else 1e6), run.language, 1) for v in frame[name]
            ]
            frame = frame.assign(**{name: written})
            heads[name] = f"{column.title(run.language)} ({unit})"
    shown = figures.display_frame(frame, of=item.name, columns=columns, language=run.language)
    places = {head: heads[name] for head, name in zip(shown, columns, strict=True) if name in heads}
    return shown.rename(columns=places)


def widths(frame: pd.DataFrame, whole: float = PAPER_MM) -> list[float]:
    """Share the width of a paper among the columns: numbers whole, texts by their length."""
    fixed, loose = [], []
    for name in frame.columns:
        texts = frame[name].tolist()
        # a year in brackets may stand under its number
        longest = max([_width(_YEAR.sub("\n（2030年）", str(text))) for text in texts], default=0)
        head = _width(str(name))
        # a number must not break, and a head may take three lines; a text may take several
        kept = longest if numeric(texts) else min(longest, _NARROWEST)
        fixed.append(_PADDING_MM + _LETTER_MM * max(kept, head / 3, _NARROWEST / 2))
        loose.append(max(min(longest, _WIDEST) - kept, 0.0))
    left = whole - sum(fixed)
    if left <= 0 or not sum(loose):
        return [whole * part / sum(fixed) for part in fixed]
    return [part + left * more / sum(loose) for part, more in zip(fixed, loose, strict=True)]


def numeric(values: Sequence[object]) -> bool:
    """Tell whether a column holds numbers, which stand at the right."""
    bare = [
        _YEAR.sub("", str(v))
        .replace(",", "")
        .replace("—", "")
        .strip("%")
        .replace("\N{MINUS SIGN}", "-")
        for v in values
    ]
    filled = [text for text in bare if text]
    return bool(filled) and all(_is_number(text) for text in filled)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _width(text: str) -> int:
    """Return how many Latin characters wide the longest line of a text is."""
    return max((len(p) + sum(ord(c) > 0x2E7F for c in p) for p in text.split("\n")), default=0)
