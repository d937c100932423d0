"""The county's self-assessment report (自评报告) from the same run: outline, forms, tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis import figures, wording
from analysis.briefing.first import shown_html
from analysis.briefing.page import render
from analysis.store import Run

#: Columns kept where a whole table would be too wide for paper.
_NARROW: dict[str, tuple[str, ...]] = {
    "assessment_items": ("item", "title", "value", "threshold", "verdict", "evidence"),
    "trend_pupils": ("stage", "school_year", "pupils", "classes", "class_size"),
    "school_tests": ("school_id", "test", "value", "threshold", "verdict", "shortfall"),
    "variation": ("stage", "indicator", "county_value", "cv", "cv_limit", "verdict"),
    "school_compliance": (
        "school_id",
        "stage",
        "pupils",
        "indicators_met",
        "lowest_share",
        "verdict",
    ),
    "county_verdict": ("dimension", "stage", "verdict", "met", "not_met", "undetermined"),
    "recognition": ("channel", "respondent_group", "respondents", "share", "threshold", "verdict"),
    "school_remedies": ("school_id", "stage", "indicator", "quantity", "unit", "cost_cny"),
}
MOST_ROWS = 200


#: The outline (domain: 自评报告 under 教督〔2017〕6号): heading, tables, rows kept of each.
_OUTLINE: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("self_preface", (("county_verdict", ""),)),
    ("self_basics", (("declaration_basic", ""), ("trend_pupils", "county"))),
    ("self_resources", (("school_compliance", "in_scope"), ("variation", ""))),
    ("self_guarantee", (("assessment_items", "guarantee"), ("school_tests", "not_met"))),
    ("self_quality", (("assessment_items", "quality"),)),
    ("self_recognition", (("recognition", ""),)),
    ("self_veto", (("assessment_items", "veto"),)),
    ("self_eligibility", (("assessment_items", "eligibility"),)),
    ("self_remedies", (("remedy_totals", ""), ("school_remedies", "needed_to_pass"))),
    (
        "self_forms",
        (("declaration_schools", ""), ("declaration_balance", ""), ("declaration_items", "")),
    ),
)


@dataclass(frozen=True)
class Section:
    """One chapter of the report: its heading, its paragraphs, its tables as HTML."""

    heading: str
    paragraphs: tuple[str, ...]
    tables: tuple[str, ...]


def self_report(run: Run, common: dict[str, Any]) -> str | None:
    """Return the self-assessment report, or None when nothing has been assessed."""
    if not run.tables.has("county_verdict"):
        return None
    title = "self_title" if run.area.level == "county" else "self_title_other"
    return render(
        "self_assessment.html.j2",
        title=wording.say(f"briefing.{title}", run.language, place=common["place"]),
        sections=[_section(run, heading, tables) for heading, tables in _OUTLINE],
        **common,
    )


def _section(run: Run, heading: str, tables: tuple[tuple[str, str], ...]) -> Section:
    shown = []
    for name, kept in tables:
        frame = _kept(run.tables[name], kept)
        if not frame.empty:
            shown.append(shown_html(_table(run, name, frame)))
    said = [_verdict_words(run)] if heading == "self_preface" else []
    if not shown:
        said.append(wording.say("figures.nothing", run.language))
    return Section(wording.say(f"briefing.{heading}", run.language), tuple(said), tuple(shown))


def _verdict_words(run: Run) -> str:
    rows = run.tables["headlines"]
    rows = rows[rows["topic"] == "verdict"]
    return " ".join(str(text) for text in rows[f"sentence_{run.language}"].dropna())


def _kept(frame: pd.DataFrame, kept: str) -> pd.DataFrame:
    """Return the rows of a table that its place in the outline speaks of."""
    if "school_year" in frame and not frame.empty:
        frame = frame[frame["school_year"] == frame["school_year"].max()]
    if kept in ("in_scope", "needed_to_pass"):
        return frame[frame[kept]]
    if kept == "county":
        return frame[frame["level"] == kept]
    if kept == "not_met":
        return frame[frame["verdict"] == kept]
    if kept:
        return frame[(frame["dimension"] == kept) & (frame["test_no"] == 0)]
    return frame[frame["population"] == "all"] if "population" in frame else frame


def _table(run: Run, name: str, frame: pd.DataFrame) -> figures.Shown:
    other = "en" if run.language == "zh" else "zh"
    left_out = ("source", "missing", "evidence_date", "level", "population", "test_no")
    columns = [c for c in frame.columns if c not in left_out and not c.endswith(f"_{other}")]
    if name in _NARROW:
        wanted = _NARROW[name]
        columns = [c for c in columns if c.removesuffix(f"_{run.language}") in wanted]
    columns = [c for c in columns if frame[c].notna().any()]
    return figures.result_table(run, name, frame=frame, columns=columns, rows=MOST_ROWS)
