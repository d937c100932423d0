"""Figures of notebook 30: pupils, class size, urban and rural, change by town."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from analysis import figures, terms, wording
from analysis.figures import style
from analysis.store import Run

_ORDER = {"primary": 0, "junior": 1}
_URBAN_COLOUR = {"city": style.PRIMARY, "town": style.AMBER, "village": style.GREEN}


def _county(run: Run) -> pd.DataFrame:
    table = run.tables["trend_pupils"]
    top = table[table["level"] == "county"]
    return top if not top.empty else table


def _lines(
    run: Run, rows: pd.DataFrame, column: str, key: str, unit: str, names: Sequence[str]
) -> figures.Shown:
    """Draw one line a stage of the county and wrap it."""
    rows = rows[rows[column].notna()]
    if rows.empty:
        return figures.nothing(run)
    figure, (ax,) = style.plots(height=3.2)
    texts = []
    for stage, group in _stages_in_order(rows).groupby("stage", sort=False):
        ordered = group.groupby("school_year")[column].sum().sort_index()
        colour = style.STAGE_COLOUR[str(stage)]
        name = terms.label("stage", str(stage), run.language)
        ax.plot(ordered.index, ordered, color=colour, marker="o", markersize=3.5)
        style.direct_label(ax, ordered.index[-1], ordered.iloc[-1], name, colour)
        texts.append(
            f"{name} {ordered.index[0]}: {ordered.iloc[0]:,.1f}, "
            f"{ordered.index[-1]}: {ordered.iloc[-1]:,.1f}"
        )
    style.whole_years(ax)
    ax.margins(x=0.08)
    ax.set_ylim(bottom=0)
    style.counts(ax.yaxis, run.language)
    return figures.card(
        figure,
        title=wording.say(f"trends.{key}_title", run.language),
        unit=wording.say(f"trends.{unit}", run.language),
        source=run.area.title(run.language),
        alt=wording.say(f"trends.{key}_alt", run.language, text="; ".join(texts)),
        data=figures.display_frame(
            rows, of="trend_pupils", columns=list(names), language=run.language
        ),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def _legend(ax: Axes) -> tuple[list[Any], list[Any]]:
    handles, labels = ax.get_legend_handles_labels()
    return handles, labels


def _stages_in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with primary before junior, otherwise in the order they were."""
    return rows.sort_values("stage", key=lambda v: v.map(_ORDER), kind="stable")


def pupils(run: Run) -> figures.Shown:
    """Draw the county's pupils by stage."""
    names = ("stage", "school_year", "pupils", "change_pupils", "change_rate")
    return _lines(run, _county(run), "pupils", "pupils", "unit_pupils", names)


def class_size(run: Run) -> figures.Shown:
    """Draw the county's mean class size by stage."""
    names = ("stage", "school_year", "classes", "class_size")
    return _lines(run, _county(run), "class_size", "class_size", "unit_size", names)


def urban_rural(run: Run) -> figures.Shown:
    """Draw the shares of city, town and village schools by stage."""
    table = run.tables["trend_urban_rural"]
    if table.empty:
        return figures.nothing(run)
    stages = [s for s in ("primary", "junior") if s in set(table["stage"])]
    figure, grid = style.plots(1, len(stages), height=3.0, share_y=True)
    for ax, stage in zip(grid, stages, strict=True):
        for kind, rows in table[table["stage"] == stage].groupby("urban_rural"):
            name = terms.label("urban_rural", str(kind), run.language)
            ax.plot(
                rows["school_year"],
                rows["pupil_share"] * 100,
                color=_URBAN_COLOUR[str(kind)],
                marker="o",
                ms=3,
                label=name,
            )
        ax.set_title(terms.label("stage", stage, run.language))
        style.whole_years(ax)
    for ax in grid:
        ax.set_ylim(bottom=0)
    # shares of the classes often meet: names beside the lines would lie on each other
    named = {label: handle for ax in grid for handle, label in zip(*_legend(ax), strict=True)}
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=3)
    last = table[table["school_year"] == table["school_year"].max()]
    return figures.card(
        figure,
        title=wording.say("trends.urban_title", run.language),
        unit=wording.say("trends.unit_percent", run.language),
        source=run.area.title(run.language),
        alt=wording.say(
            "trends.urban_alt",
            run.language,
            text="; ".join(
                f"{terms.label('stage', r['stage'], run.language)} "
                f"{terms.label('urban_rural', r['urban_rural'], run.language)} "
                f"{wording.percent(r['pupil_share'], run.language)}"
                for r in last.to_dict("records")
            ),
        ),
        data=figures.display_frame(table, of="trend_urban_rural", language=run.language),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def result_table(run: Run, name: str) -> figures.Shown:
    """Show ``trend_pupils``, ``turning_points`` or ``trend_contributions``."""
    keys = {
        "trend_pupils": "table_title",
        "turning_points": "turning_title",
        "trend_contributions": "towns_title",
    }
    frame = _county(run) if name == "trend_pupils" else run.tables[name]
    if frame.empty:
        return figures.nothing(run)
    towns = run.tables["towns"]
    names = dict(zip(towns["town_id"], towns["town_name"], strict=True))
    names[run.area.code] = run.area.title(run.language)
    frame = _stages_in_order(frame)
    frame = frame.assign(area_id=[names.get(a, a) for a in frame["area_id"]])
    columns = [c for c in frame.columns if c != "level"]
    return figures.table(
        frame,
        of=name,
        title=wording.say(f"trends.{keys[name]}", run.language),
        columns=columns,
        language=run.language,
        synthetic=run.area.synthetic,
    )
