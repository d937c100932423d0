"""Figures of notebook 40: demand with its bands, towns, norm, accuracy, vintages, effects."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import figures, terms, wording
from analysis.figures import style
from analysis.figures.forecast_words import (
    basis_shown,
    counted_word,
    ends,
    source,
    stage_word,
    titled,
    town_names,
)
from analysis.store import Run

_MOST_TOWNS = 24


def _whole_years(run: Run, ax: Any) -> None:
    style.whole_years(ax)
    style.counts(ax.yaxis, run.language)
    ax.margins(x=0.02)


def demand(run: Run) -> figures.Shown:
    """Draw pupils counted and forecast for the county: three scenarios, two bands."""
    table = run.tables["seat_demand"]
    table = table[table["level"] == "county"]
    if table.empty:
        return figures.nothing(run)
    past = run.tables["trend_pupils"]
    past = past[(past["level"] == "county") & past["pupils"].notna()]
    stages = [s for s in ("primary", "junior") if s in set(table["stage"])]
    figure, grid = style.plots(1, len(stages), height=3.4)
    for ax, stage in zip(grid, stages, strict=True):
        colour = style.STAGE_COLOUR[stage]
        rows = table[table["stage"] == stage]
        first = int(rows["school_year"].min())
        before = past[(past["stage"] == stage) & (past["school_year"] <= first)]
        ax.plot(before["school_year"], before["pupils"], color=style.ACTUAL, marker="o", ms=3)
        middle = rows[rows["scenario"] == run.parameters.scenario]
        for share, alpha in (("95", style.BAND_95), ("80", style.BAND_80)):
            ax.fill_between(
                middle["school_year"],
                middle[f"lower{share}"],
                middle[f"upper{share}"],
                color=colour,
                alpha=alpha,
                linewidth=0,
            )
        for scenario, group in rows.groupby("scenario"):
            line = style.SCENARIO_STYLE[str(scenario)]
            ax.plot(group["school_year"], group["pupils"], color=colour, linestyle=line)
        ax.set_title(stage_word(run, stage))
        ax.set_ylim(bottom=0)
        _whole_years(run, ax)
    shown = table.pivot_table(index=["stage", "school_year"], columns="scenario", values="pupils")
    return figures.card(
        figure,
        title=wording.say("forecast.demand_title", run.language),
        unit=wording.say("forecast.unit_pupils", run.language),
        source=source(run),
        alt=wording.say(
            "forecast.demand_alt",
            run.language,
            stages=", ".join(stage_word(run, s) for s in stages),
            text=ends(run, table),
        ),
        data=titled(run, shown.reset_index(), "seat_demand"),
        note=wording.say("forecast.demand_note", run.language),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def towns(run: Run, stage: str = "primary") -> figures.Shown:
    """Draw seats required by town now and at the end of the plan, with the 80 % band."""
    table = run.tables["seat_demand"]
    table = table[(table["level"] == "town") & (table["stage"] == stage)]
    table = table[table["scenario"] == run.parameters.scenario]
    if table.empty:
        return figures.nothing(run)
    first, last = (
        int(table["school_year"].min()),
        min(run.plan_end, int(table["school_year"].max())),
    )
    now = table[table["school_year"] == first].set_index("area_id")["pupils"]
    then = table[table["school_year"] == last].set_index("area_id")
    order = now.sort_values(ascending=False).index[:_MOST_TOWNS][::-1]
    names = town_names(run)
    figure, (ax,) = style.plots(height=max(2.4, 0.3 * len(order) + 0.8))
    places = range(len(order))
    ax.barh([p + 0.2 for p in places], now[order], height=0.38, color=style.NEUTRAL)
    ax.barh(
        [p - 0.2 for p in places],
        then.loc[order, "pupils"],
        height=0.38,
        color=style.STAGE_COLOUR[stage],
    )
    ax.hlines(
        [p - 0.2 for p in places],
        then.loc[order, "lower80"],
        then.loc[order, "upper80"],
        color=style.ACTUAL,
        linewidth=1,
    )
    ax.set_yticks(list(places), [style.drawable(names.get(t, t)) for t in order])
    style.counts(ax.xaxis, run.language)
    ax.grid(axis="x")
    ax.grid(axis="y", visible=False)
    data = pd.DataFrame(
        {
            "town": [names.get(t, t) for t in order[::-1]],
            str(first): now[order[::-1]].round(0).to_numpy(),
            str(last): then.loc[order[::-1], "pupils"].round(0).to_numpy(),
        }
    )
    return figures.card(
        figure,
        title=wording.say(
            "forecast.town_title",
            run.language,
            stage=stage_word(run, stage),
            base_year=first,
            year=last,
        ),
        unit=wording.say("forecast.unit_pupils", run.language),
        source=source(run),
        alt=wording.say(
            "forecast.town_alt",
            run.language,
            text="; ".join(f"{names.get(t, t)} {now[t]:,.0f}" for t in order[::-1][:5]),
        ),
        note=wording.say("forecast.town_note", run.language, base_year=first, year=last),
        data=data,
        language=run.language,
        synthetic=run.area.synthetic,
    )


def norm(run: Run) -> figures.Shown:
    """Draw seats by the per-thousand norm beside pupils, by stage (county, or every town)."""
    table = run.tables["norm_demand"]
    if table.empty:
        return figures.nothing(run)
    latest = (
        table.sort_values("year")
        .groupby(["level", "area_id", "stage", "basis"], as_index=False)
        .last()
    )
    basis = basis_shown(run, latest)
    wide = latest[latest["basis"] == basis]
    names = town_names(run)
    many = (wide["level"] == "town").any()
    shown = wide[wide["level"] == "town"] if many else wide
    order = shown.groupby("area_id")["seats"].sum().sort_values().index[-_MOST_TOWNS:]
    figure, (ax,) = style.plots(height=max(2.2, 0.3 * len(order) + 1.0))
    places = list(range(len(order)))
    pupils = run.tables["norm_comparison"]
    pupils = pupils[~pupils["forecast"] & pupils["pupils"].notna() & pupils["area_id"].isin(order)]
    for shift, stage in ((0.2, "primary"), (-0.2, "junior")):
        seats = shown[shown["stage"] == stage].set_index("area_id")["seats"].reindex(order)
        ax.barh(
            [p + shift for p in places],
            seats,
            height=0.38,
            color=style.STAGE_COLOUR[stage],
            alpha=0.85,
            label=stage_word(run, stage),
        )
        have = pupils[pupils["stage"] == stage]
        counted = have.groupby("area_id")["pupils"].last().reindex(order)
        heights = [p + shift for p in places]
        if len(pupils):
            label = style.drawable(counted_word(run)) if stage == "junior" else None
            ax.plot(counted, heights, "D", color=style.ACTUAL, ms=4, label=label)
    ax.set_yticks(
        places, [style.drawable(names.get(t, run.area.title(run.language))) for t in order]
    )
    style.counts(ax.xaxis, run.language)
    figure.legend(loc="outside lower center", ncols=3)
    return figures.card(
        figure,
        title=wording.say(f"forecast.norm_title{'' if len(pupils) else '_only'}", run.language),
        unit=wording.say("forecast.unit_seats", run.language),
        source="; ".join(sorted({str(s) for s in latest["norm_source"].dropna()})),
        note=wording.say(
            "forecast.norm_note",
            run.language,
            basis=terms.label("population_basis", basis, run.language),
        ),
        alt=wording.say(
            "forecast.norm_alt",
            run.language,
            text="; ".join(
                f"{stage_word(run, r['stage'])} {wording.number(r['seats'], run.language, 2)}"
                for r in wide[wide["level"] == "county"].to_dict("records")
            ),
        ),
        data=figures.display_frame(
            latest,
            of="norm_demand",
            columns=("area_id", "stage", "basis", "year", "persons", "seats"),
            language=run.language,
        ),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def accuracy(run: Run) -> figures.Shown:
    """Draw the mean absolute error of each method by years ahead, with published practice."""
    table = run.tables["forecast_accuracy"]
    table = table[(table["level"] == "county") & table["mape"].notna()]
    if table.empty:
        return figures.nothing(run)
    stages = [s for s in ("primary", "junior") if s in set(table["stage"])]
    figure, grid = style.plots(1, len(stages), height=3.4, share_y=True)
    looks: dict[str, dict[str, Any]] = {
        "cohort": {"color": style.PRIMARY, "marker": "o"},
        "naive": {"color": style.NEUTRAL, "marker": "s"},
        "drift": {"color": style.NEUTRAL, "marker": "^", "linestyle": "--"},
    }
    for ax, stage in zip(grid, stages, strict=True):
        for method, rows in table[table["stage"] == stage].groupby("method"):
            name = wording.say(f"forecast.method_{method}", run.language)
            look = looks.get(str(method), {"marker": "_", "linestyle": ":", "color": style.NORM})
            ax.plot(rows["horizon"], rows["mape"] * 100, label=name, markersize=4, **look)
        ax.set_title(stage_word(run, stage))
        style.whole_years(ax)
    for ax in grid:
        ax.set_ylim(bottom=0)
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=7.5, loc="outside lower center", ncols=3)
    return figures.card(
        figure,
        title=wording.say("forecast.accuracy_title", run.language),
        unit=wording.say("forecast.unit_percent", run.language),
        source=source(run),
        alt=wording.say(
            "forecast.accuracy_alt",
            run.language,
            text="; ".join(
                f"{stage_word(run, r['stage'])} {r['horizon']}: {r['mape'] * 100:.1f}%"
                for r in table[table["method"] == "cohort"].to_dict("records")
            ),
        ),
        data=figures.display_frame(
            table,
            of="forecast_accuracy",
            columns=("stage", "horizon", "method", "n", "mape", "bias", "coverage80"),
            language=run.language,
        ),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def vintages(run: Run) -> figures.Shown:
    """Draw every past county forecast against what came (the vintage chart)."""
    table = run.tables["forecast_vintages"]
    table = table[table["level"] == "county"]
    if table.empty:
        return figures.nothing(run)
    stages = [s for s in ("primary", "junior") if s in set(table["stage"])]
    figure, grid = style.plots(1, len(stages), height=3.0)
    for ax, stage in zip(grid, stages, strict=True):
        rows = table[table["stage"] == stage]
        actual = rows.groupby("school_year")["pupils"].first()
        said = wording.say("forecast.vintage_word", run.language, stage=stage_word(run, stage))
        for place, (_, group) in enumerate(rows.groupby("origin_year")):
            ax.plot(
                group["school_year"],
                group["forecast_pupils"],
                linewidth=1,
                color=style.STAGE_COLOUR[stage],
                alpha=0.7,
                label=style.drawable(said) if place == 0 else None,
            )
        label = style.drawable(counted_word(run)) if stage == stages[-1] else None
        ax.plot(actual.index, actual, color=style.ACTUAL, marker="o", markersize=3, label=label)
        ax.set_title(stage_word(run, stage))
        _whole_years(run, ax)
    figure.legend(loc="outside lower center", ncols=len(stages) + 1)
    return figures.card(
        figure,
        title=wording.say("forecast.vintage_title", run.language),
        unit=wording.say("forecast.unit_pupils", run.language),
        source=source(run),
        alt=wording.say(
            "forecast.vintage_alt",
            run.language,
            text=f"{int(table['origin_year'].min())}-{int(table['origin_year'].max())}",
        ),
        data=titled(
            run,
            table[["stage", "origin_year", "school_year", "forecast_pupils", "pupils"]],
            "forecast_vintages",
        ),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def effects(run: Run) -> figures.Shown:
    """Draw what each assumption moves by itself (tornado), primary seats of the last year."""
    table = run.tables["assumption_effects"]
    table = table[table["span_pupils"] > 0]
    if table.empty:
        return figures.nothing(run)
    stage = "primary" if "primary" in set(table["stage"]) else str(table["stage"].iloc[0])
    rows = table[table["stage"] == stage].sort_values("span_pupils")
    figure, (ax,) = style.plots(height=max(1.8, 0.4 * len(rows) + 0.7))
    names = [
        wording.say(f"forecast.assumption_{n}", run.language) for n in rows["assumption"].tolist()
    ]
    ax.barh(names, rows["low_effect_pupils"], color=style.SURPLUS)
    ax.barh(names, rows["high_effect_pupils"], color=style.SHORTAGE)
    ax.axvline(0, color=style.ACTUAL, linewidth=0.8)
    style.counts(ax.xaxis, run.language)
    return figures.card(
        figure,
        title=wording.say("forecast.effects_title", run.language),
        unit=wording.say("forecast.unit_seats", run.language),
        source=source(run),
        alt=wording.say(
            "forecast.effects_alt",
            run.language,
            text="; ".join(
                f"{n} {s:,.0f}" for n, s in zip(names, rows["span_pupils"], strict=True)
            ),
        ),
        data=figures.display_frame(
            rows.assign(assumption=names),
            of="assumption_effects",
            columns=(
                "assumption",
                "stage",
                "school_year",
                "low_effect_pupils",
                "high_effect_pupils",
                "low_effect_classes",
                "high_effect_classes",
            ),
            language=run.language,
        ),
        language=run.language,
        synthetic=run.area.synthetic,
    )
