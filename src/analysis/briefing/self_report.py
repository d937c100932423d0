"""The county's self-assessment report (自评报告) from the same run: outline, forms, tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis import figures, wording
from analysis.briefing.first import shown_html
from analysis.briefing.page import render
from analysis.store import Run
from analysis.tables import contracts

#: Columns kept where a whole table would be too wide for paper.
_NARROW: dict[str, tuple[str, ...]] = {
    "assessment_items": ("item", "title", "stage", "value", "threshold", "verdict", "evidence"),
    "variation": ("stage", "indicator", "county_value", "cv", "cv_limit", "verdict"),
    "school_compliance": (
        "school_id",
        "stage",
        "pupils",
        "indicators_met",
        "lowest_share",
        "verdict",
    ),
    "county_verdict": ("dimension", "stage", "verdict", "met", "not_met", "undetermined", "reason"),
    "recognition": ("channel", "respondent_group", "respondents", "share", "threshold", "verdict"),
    "school_remedies": ("school_id", "stage", "indicator", "quantity", "unit", "cost_cny"),
}
MOST_ROWS = 200


@dataclass(frozen=True)
class Section:
    """One chapter of the report: its heading, its paragraphs, its tables as HTML."""

    heading: str
    paragraphs: tuple[str, ...]
    tables: tuple[str, ...]


def self_report(run: Run, common: dict[str, Any]) -> str | None:
    """Return the self-assessment report, or None when nothing has been assessed."""
    outline = run.tables["self_assessment"]
    if outline.empty:
        return None
    return render(
        "self_assessment.html.j2",
        title=wording.say("briefing.self_title", run.language, place=common["place"]),
        sections=[_section(run, rows) for _, rows in outline.groupby("section", sort=True)],
        **common,
    )


def _section(run: Run, rows: pd.DataFrame) -> Section:
    language = run.language
    rows = rows.sort_values("row")
    paragraphs = [
        str(text) for text in rows[f"text_{language}"] if isinstance(text, str) and text.strip()
    ]
    names: list[str] = []
    for given in rows["tables"].dropna():
        names += [n.strip() for n in str(given).replace(";", ",").split(",") if n.strip()]
    tables = [shown_html(_table(run, n)) for n in dict.fromkeys(names) if _is_given(run, n)]
    return Section(str(rows[f"heading_{language}"].iloc[0]), tuple(paragraphs), tuple(tables))


def _is_given(run: Run, name: str) -> bool:
    known = contracts()
    return name in known and known[name].group == "result" and run.tables.has(name)


def _table(run: Run, name: str) -> figures.Shown:
    frame = run.tables[name]
    other = "en" if run.language == "zh" else "zh"
    if "school_year" in frame and name != "oversize_years":
        frame = frame[frame["school_year"] == frame["school_year"].max()]
    if "population" in frame:
        frame = frame[frame["population"] == "all"]
    wanted = _NARROW.get(name, ())
    columns = [
        c
        for c in frame.columns
        if c not in ("source", "missing", "evidence_date") and not c.endswith(f"_{other}")
    ]
    if wanted:
        columns = [
            c for c in columns if c in wanted or c.removesuffix(f"_{run.language}") in wanted
        ]
    columns = [c for c in columns if frame[c].notna().any()]
    return figures.result_table(run, name, frame=frame, columns=columns, rows=MOST_ROWS)
