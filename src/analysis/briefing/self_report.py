"""The county's self-assessment report (自评报告) from the same run: outline, forms, tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis import figures, wording
from analysis.briefing.first import shown_html
from analysis.briefing.page import render
from analysis.figures.assessment import with_veto_words
from analysis.store import Run

#: Columns kept where a whole table would be too wide for paper.
_NARROW: dict[str, tuple[str, ...]] = {
    "assessment_items": ("title", "value", "threshold", "verdict", "evidence"),
    "trend_pupils": ("stage", "school_year", "pupils", "classes", "class_size"),
    "school_tests": ("school_id", "test", "value", "threshold", "shortfall", "shortfall_unit"),
    "variation": ("stage", "indicator", "county_value", "cv", "cv_limit", "verdict"),
    "school_compliance": (
        "school_id",
        "stage",
        "pupils",
        "indicators_met",
        "lowest_share",
        "verdict",
    ),
    "county_verdict": (
        "dimension",
        "stage",
        "verdict",
        "met",
        "not_met",
        "undetermined",
        "reason",
    ),
    "declaration_items": (
        "form",
        "title",
        "value",
        "threshold",
        "failing_schools",
        "verdict",
        "evidence",
    ),
    "recognition": ("channel", "respondent_group", "respondents", "share", "threshold", "verdict"),
    "school_remedies": (
        "school_id",
        "stage",
        "indicator",
        "quantity",
        "unit",
        "measure",
        "cost_cny",
        "responsible",
        "finish_year",
    ),
}
#: Rows of a table on the page; the workbook has them all.
MOST_ROWS = 200


@dataclass(frozen=True)
class Chapter:
    """One chapter of the outline: its heading, its number in ``self_assessment``, its tables.

    A table stands with the rows that are kept of it; number 0 has no sentences of its own.
    """

    heading: str
    number: int
    tables: tuple[tuple[str, str], ...]


#: The outline of a 自评报告 under 教督〔2017〕6号 (大足区 2019 adapted; no official form is known).
OUTLINE = (
    Chapter("self_preface", 1, (("county_verdict", ""),)),
    Chapter("self_basics", 2, (("declaration_basic", ""), ("trend_pupils", "county"))),
    # the seven indicators of every school, who passes, and the CV of each indicator
    Chapter(
        "self_resources",
        3,
        (("declaration_schools", ""), ("school_compliance", "in_scope"), ("variation", "")),
    ),
    Chapter("self_guarantee", 4, (("declaration_items", "IV"), ("school_tests", "not_met"))),
    Chapter("self_quality", 5, (("declaration_items", "V"),)),
    Chapter("self_recognition", 6, (("recognition", ""),)),
    Chapter("self_veto", 7, (("assessment_items", "veto"),)),
    Chapter("self_eligibility", 0, (("assessment_items", "eligibility"),)),
    Chapter(
        "self_remedies",
        8,
        (("remedy_totals", ""), ("school_remedies", "needed_to_pass"), ("oversize_classes", "")),
    ),
    Chapter(
        "self_forms",
        9,
        (("declaration_balance", ""), ("declaration_items", "VI")),
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
        sections=[_section(run, chapter) for chapter in OUTLINE],
        **common,
    )


def _section(run: Run, chapter: Chapter) -> Section:
    shown = []
    for name, kept in chapter.tables:
        frame = _kept(run.tables[name], kept)
        if not frame.empty:
            shown.append(shown_html(_table(run, name, frame)))
    said = _sentences(run, chapter.number)
    if chapter.heading == "self_preface":
        said += _verdict_words(run)
    if not shown:
        said.append(wording.say("figures.nothing", run.language))
    return Section(
        wording.say(f"briefing.{chapter.heading}", run.language), tuple(said), tuple(shown)
    )


def _sentences(run: Run, number: int) -> list[str]:
    """Return the verdict and the sentences that the assessment wrote for a chapter."""
    rows = run.tables["self_assessment"]
    rows = rows[rows["section"] == number].sort_values("row")
    said = [str(text) for text in rows[f"text_{run.language}"].dropna()]
    if number == 2 and said:
        said.append(wording.say("briefing.self_basics_note", run.language))
    if number == 9:
        said.append(wording.say("briefing.self_forms_note", run.language))
    return said


def _verdict_words(run: Run) -> list[str]:
    """Return the verdict of the whole, then of each stage."""
    rows = run.tables["headlines"]
    rows = rows[rows["topic"] == "verdict"]
    order = rows["stage"].map({"primary": 1, "junior": 2}).fillna(0)
    rows = rows.loc[order.sort_values(kind="stable").index]
    return [str(text) for text in rows[f"sentence_{run.language}"].dropna()]


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
    if kept in ("IV", "V", "VI"):
        return frame[frame["form"] == kept]
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
    if name == "assessment_items":
        frame = with_veto_words(run, frame)
    return figures.result_table(run, name, frame=frame, columns=columns, rows=MOST_ROWS)
