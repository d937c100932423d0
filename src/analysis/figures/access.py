"""Figures of access: places and schools on a map, seats within reach, mergers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import figures, terms, wording
from analysis.figures import maps, style
from analysis.figures.capacity_tables import whole
from analysis.store import Run

_MOST_BARS = 12


def _say(run: Run, key: str, **values: object) -> str:
    return wording.say(f"access.{key}", run.language, **values)


def _stage(run: Run, stage: str) -> str:
    return terms.label("stage", stage, run.language)


def _card(run: Run, figure: Any, **given: Any) -> figures.Card:
    return figures.card(
        figure,
        source=_say(run, "source_line"),
        language=run.language,
        synthetic=run.area.synthetic,
        **given,
    )


def _located(run: Run, rows: pd.DataFrame) -> pd.DataFrame:
    """Add the coordinates of the places of origin; leave out those without."""
    settled = run.tables["settlements"]
    towns = list(run.tables["towns"]["town_id"])
    located = maps.town_points(run, towns)
    points = pd.concat(
        [
            settled[["settlement_id", "lon", "lat"]].rename(columns={"settlement_id": "id"}),
            pd.DataFrame({"id": towns, "lon": located[:, 0], "lat": located[:, 1]}),
        ],
        ignore_index=True,
    ).drop_duplicates("id")
    joined: pd.DataFrame = rows.merge(
        points, left_on="origin_id", right_on="id", how="inner", validate="m:1"
    )
    return joined.dropna(subset=["lon", "lat"])


def places(run: Run, stage: str = "primary") -> figures.Shown:
    """Draw places by whether they are within the limit, and the schools of the stage."""
    rows = run.tables["access_distances"]
    rows = _located(run, rows[rows["stage"] == stage])
    if rows.empty:
        return figures.nothing(run)
    ledger = run.tables["capacity_ledger"]
    taught = ledger.loc[ledger["stage"] == stage, "school_id"]
    schools = run.tables["schools"]
    schools = schools[schools["school_id"].isin(taught)].dropna(subset=["lon", "lat"])
    figure, (ax,) = style.plots(height=4.2)
    maps.base_map(ax, run, pd.concat([rows[["lon", "lat"]], schools[["lon", "lat"]]]))
    _dots(ax, rows)
    ax.scatter(
        schools["lon"], schools["lat"], marker="s", s=16, color=style.ACTUAL, zorder=3, linewidth=0
    )
    counts = rows.groupby("verdict")["children"].sum()
    said = "; ".join(
        f"{terms.label('verdict', verdict, run.language)} "
        f"{wording.number(counts[verdict], run.language)}"
        for verdict in ("met", "not_met", "undetermined")
        if verdict in counts
    )
    columns = ["origin_id", "town_id", "children", "school_id", "distance_km", "minutes"]
    columns += ["limit_km", "verdict", "distance_basis"]
    return _card(
        run,
        figure,
        title=_say(run, "places_title", stage=_stage(run, stage)),
        unit="",
        alt=_say(run, "places_alt", text=said),
        note=_say(run, "places_note"),
        data=figures.display_frame(
            figures.named(run, rows[columns]),
            of="access_distances",
            columns=columns,
            language=run.language,
        ),
    )


def _dots(ax: Axes, rows: pd.DataFrame) -> None:
    children = rows["children"].fillna(0.0).to_numpy(dtype=float)
    sizes = 14.0 + 160.0 * children / max(children.max(), 1.0)
    colours = [style.VERDICT_COLOUR[verdict] for verdict in rows["verdict"]]
    ax.scatter(rows["lon"], rows["lat"], s=sizes, c=colours, alpha=0.6, linewidth=0, zorder=2)


def catchment(run: Run, stage: str = "primary") -> figures.Shown:
    """Draw seats within reach a child: the places with the fewest, and the county's mean."""
    rows = run.tables["access_catchment"]
    rows = rows[(rows["stage"] == stage) & rows["seats_per_child"].notna()]
    if rows.empty:
        return figures.nothing(run)
    mean = float(np.average(rows["seats_per_child"], weights=rows["children"]))
    few = rows.sort_values("seats_per_child").head(_MOST_BARS).iloc[::-1]
    names = _origin_names(run)
    figure, (ax,) = style.plots(height=max(1.6, 0.25 * len(few) + 0.8))
    ax.barh(range(len(few)), few["seats_per_child"], color=style.STAGE_COLOUR[stage], height=0.7)
    ax.axvline(mean, color=style.ACTUAL, linewidth=1)
    labels = [style.drawable(names.get(o, o)) for o in few["origin_id"]]
    ax.set_yticks(range(len(few)), labels)
    ax.grid(visible=False)
    lowest = few.iloc[::-1].head(5).to_dict("records")
    columns = ["origin_id", "town_id", "children", "seats_per_child", "relative"]
    columns += ["schools_in_reach", "reach_km"]
    return _card(
        run,
        figure,
        title=_say(run, "catchment_title", stage=_stage(run, stage)),
        unit=_say(run, "unit_seats"),
        alt=_say(
            run,
            "catchment_alt",
            text="; ".join(
                f"{names.get(r['origin_id'], r['origin_id'])} {r['seats_per_child']:.2f}"
                for r in lowest
            ),
        ),
        note=_say(
            run, "catchment_note", reach=wording.number(rows["reach_km"].iloc[0], run.language, 0)
        ),
        data=figures.display_frame(
            figures.named(run, rows[columns]),
            of="access_catchment",
            columns=columns,
            language=run.language,
        ),
    )


def _origin_names(run: Run) -> dict[str, str]:
    settled = run.tables["settlements"]
    named = settled[settled["settlement_name"].notna()]
    own = dict(zip(named["settlement_id"], named["settlement_name"], strict=True))
    return figures.place_names(run) | own


def changes(run: Run) -> figures.Shown:
    """Show the boundaries that could move before anything is built."""
    rows = run.tables["catchment_changes"].sort_values(["stage", "distance_km"])
    if rows.empty:
        return figures.nothing(run)
    schools = run.tables["schools"].set_index("school_id")["school_name"]
    rows = rows.assign(
        receiving_school_id=rows["receiving_school_id"].map(schools),
        receiving_town_id=rows["receiving_town_id"].map(figures.place_names(run)),
    )
    columns = (
        "school_id",
        "stage",
        "receiving_school_id",
        "same_town",
        "distance_km",
        "shortage",
        "surplus",
        "pupils_movable",
        "shortage_left",
    )
    return figures.result_table(
        run,
        "catchment_changes",
        frame=whole(rows, "catchment_changes"),
        columns=columns,
        title=_say(run, "changes_title", year=rows["school_year"].iloc[0]),
        note=_say(run, "changes_note"),
        rows=20,
    )


def projects(run: Run) -> figures.Shown:
    """Show what each project does for the way to school."""
    rows = run.tables["access_projects"]
    rows = rows[rows["children_nearer"] > 0].sort_values(
        ["children_gained", "children_nearer"], ascending=False
    )
    plan = run.tables["plan_projects"]
    column = "project_name" if run.language == "zh" else "project_name_en"
    names = dict(zip(plan["project_id"], plan[column], strict=True))
    rows = rows.drop_duplicates(["project_name", "stage"])
    rows = rows.assign(project_name=[names.get(i, i) for i in rows["project_id"]])
    columns = [c for c in rows.columns if c != "project_id"]
    return figures.result_table(
        run,
        "access_projects",
        frame=rows,
        columns=columns,
        title=_say(run, "projects_title"),
        note=_say(run, "projects_note"),
        rows=25,
    )


def mergers(run: Run) -> figures.Shown:
    """Show the mergers looked at."""
    rows = run.tables["merger_proposals"].sort_values(["rules_against", "school_id"])
    columns = (
        "school_name",
        "town_id",
        "stage",
        "receiving_name",
        "children_affected",
        "longest_trip_km",
        "boarding_needed",
        "seats_spare",
        "rules_against",
        "rules_undetermined",
        "verdict",
    )
    return figures.result_table(
        run,
        "merger_proposals",
        frame=rows,
        columns=columns,
        title=_say(run, "mergers_title"),
        note=_say(run, "mergers_note"),
        rows=25,
    )


def merger_rules(run: Run) -> figures.Shown:
    """Show the rules that say no or cannot be tested."""
    rows = run.tables["merger_rules"]
    rows = rows[rows["verdict"] != "met"]
    columns = ["school_id", "rule", "value", "threshold", "unit", "verdict"]
    if run.language == "zh":  # sources are kept in Chinese
        columns.append("source")
    return figures.result_table(
        run,
        "merger_rules",
        frame=rows,
        columns=columns,
        title=_say(run, "rules_title"),
        note=_say(run, "rules_note"),
        rows=20,
    )
