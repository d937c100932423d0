"""Figures of notebook 70: costs, school plans, gap list, cheapest path, years ahead."""

from __future__ import annotations

from analysis import figures, wording
from analysis.figures import style
from analysis.figures.indicators import STAGES, carded, word
from analysis.store import Run

_WAN = 10_000


def costs(run: Run) -> figures.Shown:
    """Draw what closing the shortages costs by item, with low and high prices."""
    table = run.tables["school_remedies"]
    rows = table[table["cost_cny"] > 0]
    if rows.empty:
        return figures.nothing(run)
    columns = ["cost_cny", "cost_low_cny", "cost_high_cny"]
    sums = rows.groupby("indicator")[columns].sum().sort_values("cost_cny") / _WAN
    drawn, (ax,) = style.plots(height=1.2 + 0.3 * len(sums))
    names = [style.drawable(word(run, "remedy_target", code)) for code in sums.index]
    ax.barh(names, sums["cost_cny"], color=style.PRIMARY, height=0.6)
    for place, row in enumerate(sums.to_dict("records")):
        ax.plot([row["cost_low_cny"], row["cost_high_cny"]], [place] * 2, color=style.ACTUAL, lw=1)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    texts = [f"{n} {v:,.0f}" for n, v in zip(names, sums["cost_cny"], strict=True)]
    shown = run.tables["remedy_totals"]
    data = figures.display_frame(
        shown[shown["level"] == "county"], of="remedy_totals", language=run.language
    )
    return carded(
        run,
        drawn,
        "remedies.cost",
        "remedies.unit_money",
        "; ".join(texts),
        data,
        source="remedy_totals",
    )


def policies(run: Run) -> figures.Shown:
    """Show what each school needs, indicator by indicator."""
    rows = run.tables["school_remedies"]
    columns = ["school_id", "stage", "indicator", "value", "threshold", "quantity", "unit"]
    more = ["measure", "cost_cny", "responsible", "finish_year", "value_after", "turns_verdict"]
    return figures.result_table(
        run,
        "school_remedies",
        frame=rows,
        columns=[*columns, *more, "needed_to_pass", "price_grade"],
        title=wording.say("remedies.policy_title", run.language),
    )


def gap_list(run: Run) -> figures.Shown:
    """Show the gap list rolled up for the county."""
    table = run.tables["gap_list_totals"]
    columns = ["item", "year", "responsible", "quantity", "quantity_unit", "amount_cny"]
    return figures.result_table(
        run,
        "gap_list_totals",
        frame=table[table["level"] == "county"],
        columns=[*columns, "unpriced_items", "done_quantity", "progress"],
    )


def path(run: Run) -> figures.Shown:
    """Show every action of the cheapest path."""
    rows = run.tables["pass_path"]
    schools = run.tables["schools"]
    names = dict(zip(schools["school_id"], schools["school_name"], strict=True))
    rows = rows.assign(from_school_id=[names.get(s, s) for s in rows["from_school_id"]])
    columns = ["stage", "measure", "from_school_id", "school_id", "indicator", "quantity", "unit"]
    return figures.result_table(
        run, "pass_path", frame=rows, columns=[*columns, "unit_price_cny", "cost_cny"]
    )


def forward(run: Run) -> figures.Shown:
    """Draw how many schools fall below each threshold in the years ahead."""
    table = run.tables["forward_variation"]
    table = table[table["schools_not_met"].notna()]
    if table["school_year"].nunique() < 2:
        return figures.nothing(run)
    stages = [s for s in STAGES if s in set(table["stage"])]
    drawn, grid = style.plots(1, len(stages), height=3.2, share_y=True)
    texts = []
    for ax, stage in zip(grid, stages, strict=True):
        for code, rows in table[table["stage"] == stage].groupby("indicator", sort=True):
            ax.plot(rows["school_year"], rows["schools_not_met"], marker="o", ms=3, lw=1.2)
            end = rows.iloc[-1]
            style.direct_label(ax, end["school_year"], end["schools_not_met"], str(code), "#333333")
            first = rows["schools_not_met"].iloc[0]
            texts.append(f"{code} {first:.0f}-{end['schools_not_met']:.0f}")
        ax.set_title(word(run, "stage", stage))
        style.whole_years(ax)
        ax.margins(x=0.12)
    grid[0].set_ylim(0, 1.08 * max(1.0, table["schools_not_met"].max()))
    data = figures.display_frame(table, of="forward_variation", language=run.language)
    return carded(
        run,
        drawn,
        "remedies.forward",
        "remedies.unit_schools",
        "; ".join(texts),
        data,
        source="forward_indicators",
    )
