"""Everything a run leaves in ``reports/<run>``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from analysis import __version__, wording
from analysis.briefing.changes import changes_page, keep_previous
from analysis.briefing.chapters import Chapter, chapters, lighter
from analysis.briefing.chart_data import chart_choices, chart_data
from analysis.briefing.csv_files import csv_tables
from analysis.briefing.first import PageOne, page_one, with_headlines
from analysis.briefing.headline_numbers import (
    incomplete_inputs,
    missing_inputs,
    parameter_words,
    summary,
)
from analysis.briefing.page import render
from analysis.briefing.pdf import browser, pdf
from analysis.briefing.section_needs import missing_titles
from analysis.briefing.self_report import self_report
from analysis.briefing.town import town_links, town_pages
from analysis.briefing.word import word
from analysis.briefing.workbook import workbook
from analysis.store import Run, sha256, write_bytes, write_json, write_text
from analysis.tables import contract

#: The notebook whose content is page one itself.
CONCLUSION = "90_briefing"
#: A county's briefing must travel by mail and open on an old phone.
MOST_BYTES = 2_900_000


def export(run: Run) -> dict[str, Path]:
    """Write the briefing of a run: pages, workbook, CSV, Word, headline numbers.

    Reads the run's tables and its executed notebooks; what is not there is left out and said so.

    Returns
    -------
    dict of str to Path
        Every file by a stable name: ``briefing``, ``workbook``, ``summary``, ``step/<name>``,
        ``town/<town_id>``, ``csv/<table>`` ...
    """
    with_headlines(run)
    steps = chapters(run.folder / "notebooks", run.language, partial(missing_titles, run))
    common = _common(run)
    now = summary(run)
    before = keep_previous(run, now)
    pages = {"changes": ("changes.html", changes_page(run, before, now, common))}
    report = self_report(run, common)
    if report is not None:
        pages["self_assessment"] = ("self_assessment.html", report)
    one = page_one(run)
    for chapter in steps:
        pages[f"step/{chapter.name}"] = (chapter.page, _step_page(run, chapter, common))
    for town_id, page in town_pages(run, common).items():
        pages[f"town/{town_id}"] = page
    whole = briefing_page(run, one, steps, common)
    if len(whole.encode("utf-8")) > MOST_BYTES:
        whole = briefing_page(run, one, lighter(steps), common)
    pages["briefing"] = ("briefing.html", whole)
    written = {key: write_text(run.reports / name, text) for key, (name, text) in pages.items()}
    written["summary"] = write_json(run.reports / "summary.json", now)
    written["workbook"] = write_bytes(run.reports / "tables.xlsx", workbook(run))
    limits = [(chapter.title, chapter.limits) for chapter in steps if chapter.limits]
    written["word"] = write_bytes(run.reports / "briefing.docx", word(run, one, limits))
    for name, content in csv_tables(run).items():
        written[f"csv/{name}"] = write_bytes(run.reports / "csv" / f"{name}.csv", content)
    printed = pdf(written["briefing"])
    if printed is not None:
        written["pdf"] = write_bytes(run.reports / "briefing.pdf", printed)
    return written


def _common(run: Run) -> dict[str, Any]:
    """Return what every page of a run carries."""
    return {
        "language": run.language,
        "synthetic": run.area.synthetic,
        "place": run.area.title(run.language),
        "footer": {"sources": _sources(run), "facts": _facts(run)},
    }


def _sources(run: Run) -> list[str]:
    return [
        " · ".join(p for p in (s.title, s.publisher, s.date, s.licence, s.address) if p)
        for s in run.area.source
    ]


def _facts(run: Run) -> list[tuple[str, str]]:
    def words(key: str) -> str:
        return wording.say(f"briefing.{key}", run.language)

    joint = "；" if run.language == "zh" else "; "
    shown = joint.join(f"{name} {value}" for name, value in parameter_words(run))
    return [
        (words("foot_made"), run.parameters.run_name),
        (words("foot_rules"), f"{run.rules.title(run.language)} ({run.rules.name})"),
        (words("foot_parameters"), shown),
        (words("foot_version"), f"xuewei {__version__}"),
        (words("foot_inputs"), _inputs_hash(run)),
    ]


def _inputs_hash(run: Run) -> str:
    """Return a short hash over the run's input tables."""
    from analysis.tables import contracts

    names = [n for n, c in contracts().items() if c.group == "input"]
    paths = [run.tables_folder / f"{n}.parquet" for n in sorted(names)]
    joined = "".join(sha256(p.read_bytes()) for p in paths if p.exists())
    return sha256(joined.encode("ascii"))[:16]


def briefing_page(run: Run, one: PageOne, steps: list[Chapter], common: dict[str, Any]) -> str:
    """Return the briefing: page one, then every step, then the annex."""
    parameters = run.parameters

    def words(key: str, **values: object) -> str:
        return wording.say(f"briefing.{key}", run.language, **values)

    return render(
        "briefing.html.j2",
        title=words(
            "title",
            place=run.area.title(run.language),
            base=parameters.base_year,
            end=run.plan_end,
        ),
        kicker=words(
            "kicker",
            base=parameters.base_year,
            plan=parameters.plan_years,
            horizon=parameters.horizon_years,
            scenario=words(f"scenario_{parameters.scenario}"),
            rules=run.rules.title(run.language),
        ),
        note=run.area.note_zh if run.language == "zh" else run.area.note_en,
        one=one,
        chart=chart_data(run),
        choices=chart_choices(run),
        missing=_not_given(run),
        chapters=[step for step in steps if step.name != CONCLUSION],
        links=_links(run),
        towns=town_links(run),
        **common,
    )


def _not_given(run: Run) -> list[str]:
    """Say which input tables are absent, and which are there but not complete."""
    said = []
    absent, partial = missing_inputs(run), incomplete_inputs(run)
    for key, names in (("missing_inputs", absent), ("incomplete_inputs", partial)):
        titles = [contract(name).title(run.language) for name in names]
        joined = ("、" if run.language == "zh" else ", ").join(titles)
        if names:
            said.append(wording.say(f"briefing.{key}", run.language, tables=joined))
    return said


def _links(run: Run) -> list[tuple[str, str]]:
    names = [
        ("briefing.docx", "file_word"),
        ("tables.xlsx", "file_workbook"),
        ("csv/", "file_csv"),
        ("summary.json", "file_summary"),
        ("changes.html", "file_changes"),
        ("../index.html", "file_index"),
    ]
    if run.tables.has("county_verdict"):
        names.insert(0, ("self_assessment.html", "file_self"))
    if browser() is not None:
        names.insert(0, ("briefing.pdf", "file_pdf"))
    return [(link, wording.say(f"briefing.{key}", run.language)) for link, key in names]


def _step_page(run: Run, chapter: Chapter, common: dict[str, Any]) -> str:
    alone = Chapter(chapter.name, chapter.title, chapter.lead, chapter.at_level(2), ())
    place = run.area.title(run.language)
    return render(
        "step.html.j2",
        title=chapter.title,
        foot=f"{place} {chapter.title}",
        chapter=alone,
        **common,
    )
