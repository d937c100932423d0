"""Figures of notebook 50: warnings as tiles, both sides of the gap, towns, risk, class sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from analysis import figures, terms, wording
from analysis.figures import style
from analysis.figures.capacity_tables import (
    ledger,
    level_limits,
    places,
    schools,
    special_rooms,
    warnings,
    whole,
)
from analysis.store import Run

__all__ = [
    "class_sizes",
    "drawn",
    "gap",
    "ledger",
    "risk",
    "schools",
    "special_rooms",
    "tiles",
    "towns",
    "warnings",
]

STAGES = ("primary", "junior")
_MOST_TOWNS = 24
_MULTIPLES = 12
_LEVELS = ("red", "amber", "green", "blue")


def _say(run: Run, key: str, **values: object) -> str:
    return wording.say(f"capacity.{key}", run.language, **values)


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


def drawn(run: Run, *shown: figures.Shown) -> list[figures.Shown]:
    """Return what there is to show; the sentence that there is nothing once, if nothing is."""
    kept = [item for item in shown if isinstance(item, (figures.Card, figures.TableCard))]
    return [*kept] or [figures.nothing(run)]


def tiles(run: Run, stage: str = "primary") -> figures.Shown:
    """Draw one tile a town and year: its warning as colour, its use of seats as text."""
    rows = places(run, "seat_gap")
    rows = rows[rows["stage"] == stage]
    if rows.empty or rows["utilisation_rate"].isna().all():
        return figures.nothing(run)
    cells = rows.set_index(["area_id", "school_year"])
    level, use = cells["warning"], cells["utilisation_rate"]
    size = rows.groupby("area_id")["seats_required"].max().sort_values(ascending=False)
    order = list(size.index[:_MOST_TOWNS])
    names = figures.place_names(run)
    figure, (ax,) = style.plots(height=max(1.6, 0.27 * len(order) + 0.8))
    years = sorted(int(y) for y in rows["school_year"].unique())
    for y, town in enumerate(order):
        for x, year in enumerate(years):
            _tile(ax, x, y, str(level[town, year]), float(use[town, year]))
    ax.set_xlim(-0.5, len(years) - 0.5)
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.set_xticks(range(len(years)), [str(y) for y in years])
    ax.set_yticks(range(len(order)), [style.drawable(names.get(t, t)) for t in order])
    ax.grid(visible=False)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return _card(
        run,
        figure,
        title=_say(run, "tiles_title", stage=_stage(run, stage)),
        unit=_say(run, "unit_rate"),
        alt=_say(run, "tiles_alt", text=_levels_said(run, rows)),
        note=_say(run, "tiles_note", **level_limits(run)),
        data=_data(run, rows, "seat_gap", _TILE_COLUMNS),
    )


_TILE_COLUMNS = (
    "area_id",
    "school_year",
    "seats_required",
    "seats_available",
    "shortage",
    "surplus",
    "utilisation_rate",
    "warning",
    "basis",
    "schools",
)


def _tile(ax: Axes, x: int, y: int, level: str, rate: float) -> None:
    colour = style.WARNING_COLOUR[level]
    quiet = level in ("green", "undetermined")
    corner = (x - 0.47, y - 0.45)
    ax.add_patch(
        Rectangle(corner, 0.94, 0.9, facecolor=colour, alpha=0.28 if quiet else 0.85, linewidth=0)
    )
    text = f"{rate * 100:.0f}" if np.isfinite(rate) else "?"
    light = level in ("red", "blue")
    ax.text(x, y, text, ha="center", va="center", fontsize=8, color="white" if light else "#222222")


def _levels_said(run: Run, rows: pd.DataFrame) -> str:
    """Say how many towns are at each level in the first and last year, for the alternative text."""
    parts = []
    for year in sorted({int(rows["school_year"].min()), int(rows["school_year"].max())}):
        counts = rows.loc[rows["school_year"] == year, "warning"].value_counts()
        said = ", ".join(
            f"{terms.label('warning', level, run.language)} {counts[level]}"
            for level in (*_LEVELS, "undetermined")
            if level in counts
        )
        parts.append(f"{year}: {said}")
    return "; ".join(parts)


def _data(run: Run, rows: pd.DataFrame, of: str, columns: tuple[str, ...]) -> pd.DataFrame:
    named = figures.named(run, whole(rows[list(columns)], of))
    return figures.display_frame(named, of=of, columns=list(columns), language=run.language)


def gap(run: Run) -> figures.Shown:
    """Draw the county's shortage above the line and its surplus below, by stage and year."""
    rows = run.tables["seat_gap"]
    rows = rows[(rows["level"] == "county") & (rows["scenario"] == run.parameters.scenario)]
    rows = rows[rows["shortage_known"].notna()]
    if rows.empty:
        return figures.nothing(run)
    risk = run.tables["gap_risk"]
    stages = [s for s in STAGES if s in set(rows["stage"])]
    figure, grid = style.plots(1, len(stages), height=3.2)
    texts = []
    for ax, stage in zip(grid, stages, strict=True):
        own = rows[rows["stage"] == stage].sort_values("school_year")
        ax.bar(own["school_year"], own["shortage_known"], color=style.SHORTAGE, width=0.7)
        ax.bar(own["school_year"], -own["surplus_known"], color=style.SURPLUS, width=0.7)
        chance = risk[(risk["level"] == "county") & (risk["stage"] == stage)]
        ax.plot(chance["school_year"], chance["shortage_p80"], "_", color=style.ACTUAL, ms=9)
        ax.plot(chance["school_year"], -chance["surplus_p80"], "_", color=style.ACTUAL, ms=9)
        ax.axhline(0, color="#444444", linewidth=0.8)
        ax.set_title(_stage(run, stage))
        _both_ways(run, ax)
        end = own.iloc[-1]
        texts.append(
            f"{_stage(run, stage)} {end['school_year']}: {_say(run, 'short')} "
            f"{wording.number(end['shortage_known'], run.language)}, {_say(run, 'spare')} "
            f"{wording.number(end['surplus_known'], run.language)}"
        )
    columns = ("stage", "school_year", "seats_required", "seats_available")
    both = ("shortage_known", "surplus_known", "classrooms_short", "classrooms_spare")
    return _card(
        run,
        figure,
        title=_say(run, "gap_title"),
        unit=_say(run, "unit_seats"),
        alt=_say(run, "gap_alt", text="; ".join(texts)),
        note=_say(run, "gap_note") if not risk.empty else "",
        data=_data(run, rows, "seat_gap", columns + both),
    )


def _both_ways(run: Run, ax: Axes) -> None:
    """Write sizes without a sign on both sides, and say which side is which."""
    style.whole_years(ax)
    ax.margins(y=0.12)
    low, high = ax.get_ylim()
    ax.set_ylim(low, high)
    style.sizes(ax)
    where: dict[str, Any] = {"x": 0.01, "transform": ax.transAxes, "fontsize": 8.5}
    ax.text(y=0.99, s=_say(run, "short"), va="top", color=style.SHORTAGE, **where)
    ax.text(y=0.01, s=_say(run, "spare"), va="bottom", color=style.SURPLUS, **where)


def towns(run: Run, stage: str = "primary") -> figures.Shown:
    """Draw demand and seats of the towns with the largest gaps, one small chart each."""
    rows = places(run, "seat_gap")
    rows = rows[(rows["stage"] == stage) & rows["shortage"].notna()]
    if rows.empty or rows["school_year"].nunique() < 2:
        return figures.nothing(run)
    sizes = rows.groupby("area_id")[["shortage", "surplus"]].max()
    order = list(sizes.sort_values(["shortage", "surplus"], ascending=False).index[:_MULTIPLES])
    names = figures.place_names(run)
    columns = min(4, len(order))
    lines = -(-len(order) // columns)
    figure, grid = style.plots(lines, columns, height=0.6 + 1.45 * lines, share_x=True)
    for place, ax in enumerate(grid):
        if place >= len(order):
            ax.set_visible(False)
            continue
        own = rows[rows["area_id"] == order[place]].sort_values("school_year")
        _town(ax, own)
        ax.set_title(style.drawable(names.get(order[place], order[place])), fontsize=9)
    shown = rows[rows["area_id"].isin(order)]
    return _card(
        run,
        figure,
        title=_say(run, "towns_title", stage=_stage(run, stage)),
        unit=_say(run, "unit_seats"),
        alt=_say(run, "towns_alt", text=_towns_said(run, shown, order, names)),
        note=_say(run, "towns_note"),
        data=_data(run, rows, "seat_gap", _TILE_COLUMNS),
    )


def _town(ax: Axes, own: pd.DataFrame) -> None:
    years = own["school_year"].to_numpy()
    need = own["seats_required"].to_numpy(dtype=float)
    seats = own["seats_available"].to_numpy(dtype=float)
    ax.fill_between(
        years, seats, need, where=need > seats, color=style.SHORTAGE, alpha=0.55, interpolate=True
    )
    ax.fill_between(
        years, need, seats, where=seats > need, color=style.SURPLUS, alpha=0.35, interpolate=True
    )
    ax.plot(years, seats, color=style.ACTUAL, linewidth=1.0, drawstyle="default")
    ax.plot(years, need, color=style.PRIMARY, linewidth=1.4)
    ax.set_ylim(bottom=0)
    ax.tick_params(labelsize=7)
    ax.set_xticks([int(years[0]), int(years[len(years) // 2]), int(years[-1])])
    style.few_levels(ax, 3)


def _towns_said(run: Run, rows: pd.DataFrame, order: list[str], names: dict[str, str]) -> str:
    last = rows[rows["school_year"] == rows["school_year"].max()].set_index("area_id")
    return "; ".join(
        f"{names.get(t, t)}: {_say(run, 'need')} "
        f"{wording.number(last['seats_required'][t], run.language)}, {_say(run, 'have')} "
        f"{wording.number(last['seats_available'][t], run.language)}"
        for t in order[:5]
        if t in last.index
    )


def risk(run: Run, stage: str = "primary") -> figures.Shown:
    """Draw the probability of each warning level by town in the year warnings look at."""
    rows = places(run, "seat_warnings")
    rows = rows[(rows["stage"] == stage) & rows["probability_red"].notna()]
    if rows.empty:
        return figures.nothing(run)
    rows = rows.sort_values(["probability_red", "probability_amber"]).tail(_MOST_TOWNS)
    names = figures.place_names(run)
    figure, (ax,) = style.plots(height=max(1.6, 0.25 * len(rows) + 0.8))
    left = np.zeros(len(rows))
    for level in _LEVELS:
        width = rows[f"probability_{level}"].to_numpy(dtype=float) * 100
        ax.barh(range(len(rows)), width, left=left, color=style.WARNING_COLOUR[level], height=0.75)
        left = left + width
    ax.set_yticks(range(len(rows)), [style.drawable(names.get(t, t)) for t in rows["area_id"]])
    ax.set_xlim(0, 100)
    ax.grid(visible=False)
    columns = ("area_id", *(f"probability_{level}" for level in _LEVELS))
    top = rows.iloc[::-1].head(5).to_dict("records")
    red = terms.label("warning", "red", run.language)
    return _card(
        run,
        figure,
        title=_say(run, "risk_title", year=rows["school_year"].iloc[0], stage=_stage(run, stage)),
        unit=_say(run, "unit_probability"),
        alt=_say(
            run,
            "risk_alt",
            text="; ".join(
                f"{names.get(r['area_id'], r['area_id'])} {red} "
                f"{wording.percent(r['probability_red'], run.language, 0)}"
                for r in top
            ),
        ),
        note=_say(run, "tiles_note", **level_limits(run)),
        data=_data(run, rows, "seat_warnings", columns),
    )


def class_sizes(run: Run) -> figures.Shown:
    """Draw rooms short at each class size at the end of the plan, by stage."""
    rows = run.tables["class_size_scenarios"]
    rows = rows[(rows["level"] == "county") & rows["classrooms_short"].notna()]
    rows = rows[rows["school_year"] == min(run.plan_end, rows["school_year"].max())]
    if rows.empty:
        return figures.nothing(run)
    stages = [s for s in STAGES if s in set(rows["stage"])]
    figure, grid = style.plots(1, len(stages), height=2.2)
    texts = []
    for ax, stage in zip(grid, stages, strict=True):
        own = rows[rows["stage"] == stage].sort_values("class_size")
        places = range(len(own))
        ax.barh(places, own["classrooms_short"], color=style.STAGE_COLOUR[stage], height=0.65)
        labels = [_say(run, "class_of", size=size) for size in own["class_size"]]
        ax.set_yticks(list(places), labels)
        for place, value in zip(places, own["classrooms_short"], strict=True):
            ax.text(value, place, f" {value:,.0f}", va="center", fontsize=8.5)
        ax.margins(x=0.15)
        ax.set_title(_stage(run, stage))
        ax.grid(visible=False)
        texts += [
            f"{_stage(run, stage)} {size}: {short:,.0f}"
            for size, short in zip(own["class_size"], own["classrooms_short"], strict=True)
        ]
    columns = ("stage", "class_size", "classes_required", "usable_classrooms")
    short = ("classrooms_short", "classrooms_spare", "shortage", "surplus")
    return _card(
        run,
        figure,
        title=_say(run, "sizes_title", year=rows["school_year"].iloc[0]),
        unit=_say(run, "unit_rooms"),
        alt=_say(run, "sizes_alt", text="; ".join(texts)),
        data=_data(run, rows, "class_size_scenarios", columns + short),
    )
