"""Headlines about the plan: what to build, what is left out, what stays short."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis import terms, wording
from analysis.findings.headlines.item import STAGES, Desk, Headline, Trace, known, record
from analysis.findings.headlines.money import costs, funds, gap_list, plan_trace

MOST_PROJECTS = 3
#: A formula writes out at most this many parts.
MOST_PARTS = 12
#: Works that make seats; a changed catchment or smaller classes only use them differently.
ADDS_SEATS = (
    "new_build",
    "expansion",
    "relocation",
    "lease",
    "temporary",
    "conversion",
    "shared_campus",
)


def plan(desk: Desk) -> Iterator[Headline]:
    """Yield everything page one says about the plan."""
    projects = desk.rows("plan_projects")
    if projects.empty or not desk.gap_known:
        # without a known gap nothing was planned: that is no sign that nothing is needed
        yield from _named(desk)
    else:
        yield from _measures(desk, projects)
        yield from _committed(desk, projects)
        yield from _not_chosen(desk, projects)
        yield from costs(desk, projects)
        yield from _under_used(desk, projects)
        yield from funds(desk)
        yield from _residual(desk)
    yield from gap_list(desk)


def chosen(projects: pd.DataFrame) -> pd.DataFrame:
    """Return the measures the plan itself adds; those already committed carry no rank.

    Smaller classes in spare rooms cost nothing and build nothing: they are not among them.
    """
    own = projects["rank"].notna() & (projects["kind"] != "smaller_classes")
    return projects[own].sort_values(["rank", "project_id"])


def not_chosen(projects: pd.DataFrame) -> pd.DataFrame:
    """Return the candidates an area named and the plan leaves out."""
    return projects[projects["rank"].isna() & (projects["status"] == "candidate")]


def _measures(desk: Desk, projects: pd.DataFrame) -> Iterator[Headline]:
    measures = chosen(projects)
    adding = measures[measures["kind"].isin(ADDS_SEATS) & (measures["seats"] > 0)]
    seats = float(adding["seats"].sum())
    kinds = measures["kind"].value_counts().sort_index()
    at_once = _at_once(desk, adding)

    def words(language: str) -> dict[str, object]:
        said = [f"{terms.label('project_kind', str(k), language)} {n}" for k, n in kinds.items()]
        return {
            "measures": len(measures),
            "adding": len(adding),
            "seats": wording.number(seats, language),
            "kinds": ("、" if language == "zh" else ", ").join(said),
            "years": desk.run.parameters.plan_years,
            "at_once": wording.number(at_once[1], language),
            "stages": _by_stage(desk, at_once[3], language),
            "at_year": wording.year_label(at_once[0], language),
            "used": wording.number(at_once[2], language),
            "counted": _counted(desk, language, lent=lends_both_ways(adding)),
            "scenario": terms.label("scenario", desk.scenario, language),
        }

    key = "plan_projects_turns" if at_once[1] < seats else "plan_projects"
    there = at_once[1] < seats
    every = _parts(adding)
    shown = list(at_once[3].values()) if there else every
    yield Headline(
        "plan_projects",
        "build",
        float(len(measures)),
        "measures",
        desk.end,
        area_id=desk.area_id,
        said=desk.both(key if len(measures) else "plan_nothing", words),
        source="plan_projects",
        trace=_added(desk, shown, at_once[1] if there else seats),
        weight=90,
    )
    yield Headline(
        "plan_seats",
        "context",
        seats,
        "seats",
        desk.end,
        area_id=desk.area_id,
        source="plan_projects",
        trace=_added(desk, every, seats),
    )
    for place, row in enumerate(adding.head(MOST_PROJECTS).to_dict("records"), 1):
        yield _project(desk, row, place)


def _parts(adding: pd.DataFrame) -> list[float]:
    """Return the seats that add up to all added: of every measure, or of every stage if many."""
    if len(adding) <= MOST_PARTS:
        return [float(seats) for seats in adding["seats"]]
    return [float(seats) for seats in adding.groupby("stage", dropna=False)["seats"].sum()]


def _added(desk: Desk, parts: Sequence[float], total: float) -> Trace:
    """Return the trace of seats that are added up."""
    return plan_trace(
        desk,
        "plan_projects",
        "plan_candidates",
        "plan_status",
        key="formula_sum",
        parts="+".join(wording.number(seats) for seats in parts) or "0",
        total=wording.number(total),
    )


def lends_both_ways(adding: pd.DataFrame) -> bool:
    """Tell whether the stages of one town lend each other rooms: seats are then made good twice."""
    lending = adding[adding["kind"].isin(["shared_campus", "conversion"])]
    return bool(lending.drop_duplicates(["town_id", "stage"])["town_id"].duplicated().any())


def _counted(desk: Desk, language: str, *, lent: bool = False) -> str:
    """Say what the plan counts as needed: demand, the seats kept in reserve, rooms made good."""
    rate = record(desk.rows("plan_assumptions", name="reserve_rate"))
    kept = float(rate["value"]) if rate is not None and known(rate["value"]) else 0.0
    said = wording.say(
        "briefing.counted_reserve" if kept else "briefing.counted_demand",
        language,
        rate=wording.percent(kept, language, 0 if float(kept * 100).is_integer() else 1),
    )
    return said + (wording.say("briefing.counted_lent", language) if lent else "")


def _by_stage(desk: Desk, seats: Mapping[str, float], language: str) -> str:
    said = [f"{desk.stage(s, language)} {wording.number(n, language)}" for s, n in seats.items()]
    return ("、" if language == "zh" else ", ").join(said)


def _at_once(desk: Desk, adding: pd.DataFrame) -> tuple[int, float, float, dict[str, float]]:
    """Return the school year in which most added seats stand together: how many, used, by stage.

    Leased and shared rooms come and go and one measure follows another in the same rooms, so the
    sum over all measures is never there at once.
    """
    use = desk.rows("plan_use", scenario=desk.scenario)
    use = use[use["project_id"].isin(adding["project_id"])]
    sums = use.groupby("school_year")[["seats", "seats_used"]].sum()
    if sums.empty:
        return desk.end, float(adding["seats"].sum()), float("nan"), {}
    most = int(sums["seats"].to_numpy().argmax())
    together, used = (float(sums[column].iloc[most]) for column in ("seats", "seats_used"))
    year = int(sums.index[most])
    stage = adding.set_index("project_id")["stage"]
    now = use[use["school_year"] == year]
    parts = now.groupby(now["project_id"].map(stage))["seats"].sum()
    return year, together, used, {s: float(parts[s]) for s in STAGES if parts.get(s, 0) > 0}


def _committed(desk: Desk, projects: pd.DataFrame) -> Iterator[Headline]:
    rows = projects[projects["status"] == "committed"]
    if rows.empty:
        return
    yield Headline(
        "committed_projects",
        "build",
        float(len(rows)),
        "projects",
        desk.end,
        area_id=desk.area_id,
        said=desk.both(
            "committed_projects",
            lambda language: {
                "projects": len(rows),
                "seats": wording.total(rows["seats"], language),
                "names": _names(rows, language),
            },
        ),
        source="plan_projects",
        trace=plan_trace(desk, "plan_projects"),
        weight=20,
    )


def _not_chosen(desk: Desk, projects: pd.DataFrame) -> Iterator[Headline]:
    rows = not_chosen(projects)
    if rows.empty:
        return
    cost = float(rows["cost_mid_cny"].sum(min_count=1))
    yield Headline(
        "candidates_not_chosen",
        "build",
        float(len(rows)),
        "projects",
        desk.end,
        area_id=desk.area_id,
        lower=cost,
        said=desk.both(
            "not_chosen",
            lambda language: {
                "projects": len(rows),
                "cost": wording.total(rows["cost_mid_cny"], language, wording.money),
                "names": _names(rows, language),
            },
        ),
        source="plan_projects",
        trace=plan_trace(
            desk,
            "plan_projects",
            "plan_methods",
            key="formula_sum",
            parts="+".join(wording.number(v) for v in rows["cost_mid_cny"].dropna()),
            total=wording.number(cost),
        ),
        weight=85,
    )


def _names(rows: pd.DataFrame, language: str) -> str:
    column = "project_name_en" if language == "en" and "project_name_en" in rows else "project_name"
    names = rows[column].fillna(rows["project_name"]).head(MOST_PROJECTS)
    return ("、" if language == "zh" else ", ").join(names)


def _project(desk: Desk, row: Mapping[Hashable, Any], place: int) -> Headline:
    def words(language: str) -> dict[str, object]:
        return {
            "name": row["project_name_en"]
            if language == "en" and known(row["project_name_en"])
            else row["project_name"],
            "kind": terms.label("project_kind", str(row["kind"]), language),
            "seats": wording.number(row["seats"], language),
            "year": int(row["finish_year"]) if known(row["finish_year"]) else "—",
            "cost": wording.money(row["cost_mid_cny"], language),
        }

    return Headline(
        f"project.{place}",
        "build",
        row["seats"],
        "seats",
        int(row["finish_year"]) if known(row["finish_year"]) else None,
        row["stage"] if known(row["stage"]) else None,
        row["town_id"] if known(row["town_id"]) else None,
        state=str(row["kind"]),
        said=desk.both("project", words),
        source="plan_projects",
        trace=plan_trace(desk, "plan_projects", "plan_candidates"),
    )


def _under_used(desk: Desk, projects: pd.DataFrame) -> Iterator[Headline]:
    flagged = projects[projects["under_used"] & (projects["status"] != "candidate")]
    yield Headline(
        "projects_under_used",
        "context",
        float(len(flagged)),
        "projects",
        desk.end,
        area_id=desk.area_id,
        said=desk.both(
            "under_used" if len(flagged) else "not_under_used",
            lambda language: {
                "projects": len(flagged),
                "names": _names(flagged, language),
            },
        ),
        source="plan_projects",
        trace=plan_trace(desk, "plan_projects", "plan_guard", "plan_use"),
        weight=75 if len(flagged) else 10,
    )


def _residual(desk: Desk) -> Iterator[Headline]:
    ahead = desk.rows("plan_residuals", scenario=desk.scenario)
    ahead = ahead[ahead["shortage"] > 0]
    rows = ahead[ahead["school_year"] <= desk.end]
    if rows.empty:
        yield Headline(
            "seats_still_short",
            "build",
            0.0,
            "seats",
            desk.end,
            area_id=desk.area_id,
            said=desk.both("no_residual", lambda _: {"year": desk.end}),
            source="plan_residuals",
            trace=plan_trace(desk, "plan_residuals"),
            weight=30,
        )
        return
    by_year = rows.groupby("school_year")["shortage"].sum()
    last = rows[rows["school_year"] == by_year.idxmax()]
    worst = last.sort_values(["shortage", "town_id"], ascending=[False, True]).iloc[0].to_dict()
    total = float(last["shortage"].sum())
    yield Headline(
        "seats_still_short",
        "build",
        total,
        "seats",
        int(worst["school_year"]),
        area_id=str(worst["town_id"]),
        state=str(worst["reason"]),
        said=desk.both(
            "residual",
            lambda language: {
                "year": wording.year_label(int(worst["school_year"]), language),
                "seats": wording.number(total, language),
                "reason": str(worst[f"reason_{language}"]).rstrip("。."),
                "counted": _counted(desk, language),
                "last": wording.year_label(int(ahead["school_year"].max()), language),
            },
        ),
        source="plan_residuals",
        trace=plan_trace(desk, "plan_residuals"),
        weight=78,
    )


def _named(desk: Desk) -> Iterator[Headline]:
    """Yield the projects an area names without size or cost (a plan cannot be costed then)."""
    projects = desk.rows("projects")
    if projects.empty:
        return
    priced = projects["cost_cny"].notna()
    sized = bool(priced.any() or projects["seats"].notna().any())
    yield Headline(
        "named_projects",
        "build",
        float(len(projects)),
        "projects",
        area_id=desk.area_id,
        said=desk.both(
            "named_projects" if sized else "named_unpriced",
            lambda language: {
                "projects": len(projects),
                "priced": int(priced.sum()),
                "names": _names(projects, language),
            },
        ),
        source="projects",
        trace=Trace(tables=("projects",), cells=desk.cells(projects=projects)),
        weight=45,
    )
