"""The public edition of a run: county and town counts with small ones suppressed, no school rows.

Everything on the page and in the workbook comes from the suppressed tables, so nothing that was
suppressed can slip through a figure, an alternative text, a change or a sentence.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from analysis import disclosure, figures, terms, wording
from analysis.briefing.csv_files import harmless
from analysis.briefing.first import shown_html
from analysis.briefing.page import render
from analysis.briefing.workbook import CREATED
from analysis.figures import style
from analysis.store import Run, write_bytes, write_text
from analysis.tables import StepResult, contract

_FOLDER = "public"
_PIVOTED = ("pupils", "boarders", "migrant_children")


def publish(run: Run) -> dict[str, Path]:
    """Write ``reports/<run>/public``: one page, a workbook and the tables as CSV (公开版).

    Returns
    -------
    dict of str to Path
        ``page``, ``workbook``, ``csv/public_pupils``, ``csv/public_demand``.
    """
    made = disclosure.public_edition(run.tables, rules=run.rules, area=run.area.code)
    folder = run.reports / _FOLDER
    written = {"page": write_text(folder / "index.html", public_page(run, made))}
    written["workbook"] = write_bytes(folder / "tables.xlsx", public_workbook(run, made))
    for name, frame in made.tables.items():
        content = frame.map(harmless).to_csv(index=False, lineterminator="\n").encode("utf-8-sig")
        written[f"csv/{name}"] = write_bytes(folder / f"{name}.csv", content)
    return written


def public_page(run: Run, made: StepResult) -> str:
    """Return the page of the public edition.

    Parameters
    ----------
    run
        Gives names, language and sources.
    made
        From :func:`analysis.disclosure.public_edition`.
    """
    language = run.language
    parts: list[Any] = [_demand_picture(run, made["public_demand"])]
    parts += [_demand_table(run, made["public_demand"])]
    for measure in _PIVOTED:
        parts.append(_counts(run, made["public_pupils"], measure))
        parts.append(_over_years(run, made["public_pupils"], measure))
    threshold = run.rules.norm("small_count_threshold")
    notes = [wording.say(note.key, language, **note.values) for note in made.notes]
    sources = [" · ".join(p for p in (s.title, s.publisher, s.date) if p) for s in run.area.source]
    return render(
        "public.html.j2",
        language=language,
        title=wording.say("disclosure.page_title", language, place=run.area.title(language)),
        synthetic=run.area.synthetic,
        lead=wording.say(
            "disclosure.lead",
            language,
            threshold=wording.number(float(threshold.value), language),
            unit=wording.number(run.rules.value("public_forecast_unit"), language),
        ),
        notes=notes,
        body="\n".join(shown_html(part) for part in parts if part is not None),
        sources=sources,
    )


def public_workbook(run: Run, made: StepResult) -> bytes:
    """Return the tables of the public edition as a workbook, marked as such.

    Text is written as text; a suppressed count is an empty cell.
    """
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"created": CREATED, "title": run.area.title(run.language)})
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
    for name, frame in made.tables.items():
        item = contract(name)
        sheet = book.add_worksheet(name)
        note = item.note_zh if run.language == "zh" else item.note_en
        mark = wording.say("disclosure.public", run.language)
        sheet.write_string(0, 0, f"{item.title(run.language)} · {mark}")
        sheet.write_string(1, 0, note)
        for place, column in enumerate(item.columns):
            unit = f" ({column.unit})" if column.unit else ""
            sheet.write_string(3, place, column.title(run.language) + unit, head)
        for number, row in enumerate(frame.itertuples(index=False), start=4):
            for place, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, place, harmless(value))
                elif not pd.isna(value):
                    sheet.write(number, place, value)
        sheet.freeze_panes(4, 0)
        sheet.set_column(0, len(item.columns) - 1, 14)
    book.close()
    return buffer.getvalue()


def _demand_picture(run: Run, demand: pd.DataFrame) -> figures.Shown | None:
    county = demand[demand["level"] == "county"]
    stages = [s for s in ("primary", "junior") if s in set(county["stage"])]
    if not stages:
        return None
    figure, grid = style.axes(1, len(stages), height=3.0)
    texts = []
    for ax, stage in zip(grid, stages, strict=True):
        for scenario, line in style.SCENARIO_STYLE.items():
            rows = county[(county["stage"] == stage) & (county["scenario"] == scenario)]
            ax.plot(
                rows["school_year"],
                rows["seats_required"],
                linestyle=line,
                color=style.STAGE_COLOUR[stage],
            )
            if rows.empty:
                continue
            end = rows.iloc[-1]
            style.direct_label(
                ax,
                end["school_year"],
                end["seats_required"],
                terms.label("scenario", scenario, run.language),
                style.STAGE_COLOUR[stage],
            )
            if scenario == "central":
                first, last = rows.iloc[0], rows.iloc[-1]
                texts.append(
                    f"{terms.label('stage', stage, run.language)} {first['school_year']}: "
                    f"{wording.number(first['seats_required'], run.language)}, "
                    f"{last['school_year']}: "
                    f"{wording.number(last['seats_required'], run.language)}"
                )
        ax.set_title(terms.label("stage", stage, run.language))
        ax.set_ylim(bottom=0)
        ax.margins(x=0.16)
        style.whole_years(ax)
    return figures.card(
        figure,
        title=wording.say("disclosure.demand_title", run.language),
        unit=wording.say("disclosure.unit", run.language),
        source=run.area.title(run.language),
        alt=wording.say("disclosure.demand_alt", run.language, text="; ".join(texts)),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def _demand_table(run: Run, demand: pd.DataFrame) -> figures.Shown | None:
    """Show each town's seats required: a row a town and stage, a column a year."""
    rows = demand[(demand["level"] == "town") & (demand["scenario"] == "central")]
    if rows.empty:
        return None
    names = figures.place_names(run)
    shown = []
    for (area, stage), years in rows.groupby(["area_id", "stage"], sort=True):
        line = {
            wording.say("disclosure.place", run.language): str(names.get(str(area), area)),
            wording.say("disclosure.stage", run.language): terms.label(
                "stage", str(stage), run.language
            ),
        }
        for row in years.sort_values("school_year").to_dict("records"):
            line[str(row["school_year"])] = wording.number(row["seats_required"], run.language)
        shown.append(line)
    return figures.TableCard(
        wording.say("disclosure.towns_title", run.language),
        pd.DataFrame(shown),
        note=wording.say("disclosure.dash", run.language),
        language=run.language,
        synthetic=run.area.synthetic,
        rows=len(shown),
    )


def _counts(run: Run, pupils: pd.DataFrame, measure: str) -> figures.Shown | None:
    """Show one measure of the latest year: a row a place and stage, a column a grade."""
    rows = pupils[pupils["measure"] == measure]
    if rows.empty:
        return None
    rows = rows[rows["school_year"] == rows["school_year"].max()]
    names = figures.place_names(run)
    heads = {0: wording.say("disclosure.whole_stage", run.language)}
    shown: list[dict[str, str]] = []
    place_title = wording.say("disclosure.place", run.language)
    stage_title = wording.say("disclosure.stage", run.language)
    for (area, stage), cells in rows.groupby(["area_id", "stage"], sort=True):
        line = {
            place_title: str(names.get(str(area), area)),
            stage_title: terms.label("stage", str(stage), run.language),
        }
        for row in cells.sort_values("grade").to_dict("records"):
            grade = int(row["grade"])
            first = 6 if stage == "junior" else 0
            head = heads.get(
                grade,
                wording.say("disclosure.grade", run.language, grade=grade - first),
            )
            line[head] = wording.number(row["count"], run.language)
        shown.append(line)
    frame = pd.DataFrame(shown)
    last = heads[0]
    frame = frame[[c for c in frame.columns if c != last] + [last]].fillna("")
    year = int(rows["school_year"].max())
    return figures.TableCard(
        wording.say(f"disclosure.{measure}_title", run.language, year=year),
        frame,
        note=wording.say("disclosure.dash", run.language),
        language=run.language,
        synthetic=run.area.synthetic,
        rows=len(frame),
    )


def _over_years(run: Run, pupils: pd.DataFrame, measure: str) -> figures.Shown | None:
    """Show one measure by place and stage over the years, with the change in the last of them.

    A change is shown only of two published counts.
    """
    rows = pupils[(pupils["measure"] == measure) & (pupils["grade"] == 0)]
    years = sorted(int(year) for year in rows["school_year"].unique())
    if len(years) < 2:
        return None
    names = figures.place_names(run)
    change_title = wording.say("disclosure.change", run.language, year=years[-2])
    shown: list[dict[str, str]] = []
    for (area, stage), cells in rows.groupby(["area_id", "stage"], sort=True):
        counts = cells.set_index("school_year")["count"].reindex(years)
        line = {
            wording.say("disclosure.place", run.language): str(names.get(str(area), area)),
            wording.say("disclosure.stage", run.language): terms.label(
                "stage", str(stage), run.language
            ),
        }
        line |= {str(year): wording.number(counts[year], run.language) for year in years}
        change = counts.iloc[-1] - counts.iloc[-2]
        line[change_title] = wording.signed(change, run.language)
        shown.append(line)
    return figures.TableCard(
        wording.say(f"disclosure.{measure}_years_title", run.language),
        pd.DataFrame(shown),
        note=wording.say("disclosure.dash", run.language),
        language=run.language,
        synthetic=run.area.synthetic,
        rows=len(shown),
    )
