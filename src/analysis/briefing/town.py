"""A page for each town from the county's own run: no kernel is started for it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from analysis import figures, terms, wording
from analysis.briefing.calculation import BUILT
from analysis.briefing.first import shown_html, shown_or_nothing
from analysis.briefing.page import file_name, render
from analysis.briefing.section_needs import missing_titles, nothing_said
from analysis.figures import page as pictures
from analysis.findings.headlines.item import BASES
from analysis.findings.headlines.plan import ADDS_SEATS
from analysis.store import Run
from analysis.tables import contract, contracts

STAGES = ("primary", "junior")
#: Rows of a table on the page of a town.
MOST_ROWS = 80
#: Tables of a town page: name, columns shown, how the town's rows are found.
_TABLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "seat_gap",
        (
            "stage",
            "school_year",
            "seats_required",
            "seats_available",
            "shortage",
            "surplus",
            "utilisation_rate",
            "warning",
        ),
    ),
    (
        "plan_projects",
        (
            "project_name",
            "kind",
            "stage",
            "seats",
            "start_year",
            "finish_year",
            "cost_mid_cny",
            "responsible",
        ),
    ),
    ("plan_residuals", ("stage", "school_year", "shortage", "reason")),
    (
        "capacity_ledger",
        (
            "school_id",
            "stage",
            "pupils",
            "classes",
            "usable_classrooms",
            "seats_available",
            "utilisation_rate",
            "limit_reason",
        ),
    ),
    ("school_compliance", ("school_id", "stage", "pupils", "indicators_met", "verdict")),
    ("school_remedies", ("school_id", "stage", "indicator", "quantity", "unit", "cost_cny")),
    ("norm_comparison", ("stage", "school_year", "norm_seats", "pupils", "norm_ratio")),
    (
        "merger_proposals",
        ("school_name", "stage", "receiving_name", "children_affected", "verdict"),
    ),
)


def _towns(run: Run) -> pd.DataFrame:
    return run.tables["towns"].sort_values("town_id")


def _file(town_id: str) -> str:
    return file_name(f"town_{town_id}")


def town_links(run: Run) -> list[tuple[str, str]]:
    """Return the file and the name of every town page."""
    rows = _towns(run).to_dict("records")
    return [(_file(str(r["town_id"])), str(r["town_name"])) for r in rows]


def town_pages(run: Run, common: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return file name and page by town code."""
    rows = TownRows(run)
    sections, ways = _sections(run, rows), pictures.WaysAhead(run)
    place = run.area.title(run.language)
    pages = {}
    for row in _towns(run).to_dict("records"):
        town_id, name = str(row["town_id"]), str(row["town_name"])
        page = render(
            "town.html.j2",
            title=wording.say("briefing.town_title", run.language, town=name, place=place),
            facts=_facts(run, rows, town_id),
            needs=_needs(run, rows, town_id),
            picture=shown_or_nothing(pictures.way_ahead(run, town_id, ways)),
            sections=sections.get(town_id, []),
            **common,
        )
        pages[town_id] = _file(town_id), page
    return pages


class TownRows:
    """The rows of each town, found once for all towns: by town, by place, or by its schools."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._towns: dict[str, dict[str, pd.DataFrame]] = {}

    def of(self, name: str, town_id: str) -> pd.DataFrame:
        """Return a table's rows of one town."""
        if name not in self._towns:
            frame, town = self.every(name)
            self._towns[name] = {str(t): rows for t, rows in frame.groupby(town, sort=False)}
        return self._towns[name].get(town_id, self._run.tables[name].head(0))

    def every(self, name: str) -> tuple[pd.DataFrame, pd.Series[str]]:
        """Return the rows of a table that a town page speaks of, and the town of each."""
        frame = self._run.tables[name]
        if "scenario" in frame:
            frame = frame[frame["scenario"] == self._run.parameters.scenario]
        if name == "plan_projects":
            frame = frame[frame["kind"] != "smaller_classes"]  # nothing is built for them
        if "town_id" in frame:
            return frame, frame["town_id"]
        if "area_id" in frame:
            return frame, frame["area_id"]
        schools = self._run.tables["schools"]
        of_school = dict(zip(schools["school_id"], schools["town_id"], strict=True))
        return frame, frame["school_id"].map(of_school)


def _sections(run: Run, own: TownRows) -> dict[str, list[tuple[str, str]]]:
    """Return title and content of every section by town; a table's words are found once."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, columns in (t for t in _TABLES if t[0] in contracts()):
        rows, town = own.every(name)
        if name == "school_compliance":
            rows = rows[rows["school_year"] == rows["school_year"].groupby(town).transform("max")]
        if rows.empty:
            continue
        if "stage" in rows:
            rows = rows.sort_values(["stage"], ascending=False, kind="stable")
        shown = figures.display_frame(
            figures.named(run, rows),
            of=name,
            columns=[c for c in columns if c in rows],
            language=run.language,
        )
        title = contract(name).title(run.language)
        towns = town.loc[rows.index].to_numpy(dtype=object)
        for town_id, part in shown.groupby(towns, sort=False):
            card = figures.TableCard(
                title, part, language=run.language, synthetic=run.area.synthetic, rows=MOST_ROWS
            )
            found.setdefault(str(town_id), []).append((title, shown_html(card)))
    return found


def _facts(run: Run, own: TownRows, town_id: str) -> list[tuple[str, str]]:
    """Return the few numbers the page opens with, as (name, value)."""
    found = []
    columns = ["stage", "school_year", "shortage", "surplus"]
    gaps = own.of("seat_gap", town_id)[columns].to_dict("records")
    peaks = own.of("demand_peaks", town_id).to_dict("records")
    for stage in STAGES:
        gap = [row for row in gaps if row["stage"] == stage]
        found += [
            (_name(run, stage, "fact_gap"), _gap_words(run, row) + _worst(run, gap))
            for row in gap
            if row["school_year"] == run.plan_end
        ]
        for row in (peak for peak in peaks if peak["stage"] == stage):
            value = wording.say(
                "briefing.fact_peak_value",
                run.language,
                year=wording.year_label(int(row["peak_year"]), run.language),
                pupils=wording.number(row["peak_pupils"], run.language),
            )
            found.append((_name(run, stage, "fact_peak"), value))
    if not gaps:
        found += _norm(run, own, town_id)
    projects = own.of("plan_projects", town_id)
    projects = projects[projects["status"].isin(BUILT)]
    if not projects.empty:
        found.append((wording.say("briefing.fact_projects", run.language), _added(run, projects)))
    return found


def _added(run: Run, projects: pd.DataFrame) -> str:
    """Say how many seats the projects add: a changed catchment or a merger adds none.

    Where measures follow one another in the same rooms, the most that stand in one year.
    """
    adding = projects[projects["kind"].isin(ADDS_SEATS) & ~(projects["seats"] <= 0)]
    use = run.tables["plan_use"]
    use = use[use["scenario"] == run.parameters.scenario]
    use = use[use["project_id"].isin(adding["project_id"])]
    by_year = use.groupby("school_year")["seats"].sum()
    # what no year is told of, or has no seats told, stands beside the others and is not left out
    beside = adding.loc[~adding["project_id"].isin(use["project_id"]), "seats"]
    turns = not by_year.empty and by_year.max() + beside.sum() < adding["seats"].sum()
    key = "turns" if turns else "none" if adding.empty else "value"
    seats = [by_year.max(), *beside] if turns else adding["seats"]
    return wording.say(
        f"briefing.fact_projects_{key}",
        run.language,
        projects=len(projects),
        seats=wording.total(seats, run.language),
        cost=wording.total(projects["cost_mid_cny"], run.language, wording.money),
        year=wording.year_label(int(by_year.index[int(by_year.to_numpy().argmax())]), run.language)
        if turns
        else "",
    )


def _needs(run: Run, own: TownRows, town_id: str) -> str:
    """Say which tables would tell what the town is short of; nothing where it is told."""
    if not own.of("seat_gap", town_id).empty:
        return ""
    return nothing_said(missing_titles(run, "s50"), run.language)


def _norm(run: Run, own: TownRows, town_id: str) -> list[tuple[str, str]]:
    """Return the seats by the per-thousand norm: all there is to say of a town without schools."""
    rows = own.of("norm_comparison", town_id)
    basis = next((b for b in BASES if b in set(rows["basis"])), "")
    rows = rows[(rows["basis"] == basis) & (rows["school_year"] == rows["school_year"].min())]
    found = []
    for stage in STAGES:
        for row in rows[rows["stage"] == stage].head(1).to_dict("records"):
            value = wording.say(
                "briefing.fact_norm_value",
                run.language,
                seats=wording.number(row["norm_seats"], run.language),
                year=int(row["population_year"]),
                basis=terms.label("population_basis", basis, run.language),
            )
            found.append((_name(run, stage, "fact_norm"), value))
    return found


def _name(run: Run, stage: str, key: str) -> str:
    return wording.say(
        f"briefing.{key}",
        run.language,
        stage=terms.label("stage", stage, run.language),
        year=wording.year_label(run.plan_end, run.language),
    )


def _worst(run: Run, rows: list[dict[Hashable, Any]]) -> str:
    """Say the worst year ahead where the shortage is larger than at the end of the plan."""
    ahead = [r for r in rows if r["school_year"] > run.parameters.base_year and r["shortage"] > 0]
    if not ahead:
        return ""
    top = max(ahead, key=lambda row: (row["shortage"], -row["school_year"]))
    at_end = [row["shortage"] for row in rows if row["school_year"] == run.plan_end]
    if top["shortage"] <= max((v for v in at_end if not pd.isna(v)), default=float("nan")):
        return ""
    return wording.say(
        "briefing.short_more",
        run.language,
        year=wording.year_label(int(top["school_year"]), run.language),
        worst=wording.number(top["shortage"], run.language),
    )


def _gap_words(run: Run, row: Any) -> str:
    if pd.isna(row["shortage"]):
        return wording.say("briefing.fact_unknown", run.language)
    key = "where_short" if row["shortage"] > 0 else "where_spare"
    value = row["shortage"] if row["shortage"] > 0 else row["surplus"]
    return wording.say(f"briefing.{key}", run.language, value=wording.number(value, run.language))
