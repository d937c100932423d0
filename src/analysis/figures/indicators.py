"""Figures of notebook 10: schools by indicator, variation, its history, Lorenz curves, tables."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis import figures, terms, wording
from analysis.figures import style
from analysis.store import Run
from analysis.tables import contract

STAGES = ("primary", "junior")
CODES = tuple(f"L{i}" for i in range(1, 8))
_VERDICTS = ("met", "not_met", "undetermined")
TOP = 5


def current(run: Run, name: str) -> pd.DataFrame:
    """Return the rows of a table that belong to its newest school year."""
    table: pd.DataFrame = run.tables[name]
    newest: pd.DataFrame = table[table["school_year"] == table["school_year"].max()]
    return newest


def word(run: Run, family: str, code: object) -> str:
    """Return the word for a code in the run's language."""
    return terms.label(family, str(code), run.language)


def carded(
    run: Run,
    drawn: Figure,
    key: str,
    unit: str,
    text: str,
    data: pd.DataFrame,
    *,
    source: str,
    note: str = "",
) -> figures.Shown:
    """Wrap a figure with the title, unit and alternative text of catalogue entry ``key``.

    ``source`` is the result table it is drawn from, ``note`` what its marks stand for.
    """
    return figures.card(
        drawn,
        title=wording.say(f"{key}_title", run.language),
        unit=wording.say(unit, run.language),
        source=contract(source).title(run.language),
        note=note,
        alt=wording.say(f"{key}_alt", run.language, text=text),
        data=data,
        language=run.language,
        synthetic=run.area.synthetic,
    )


def schools_met(run: Run) -> figures.Shown:
    """Draw how many schools of each stage meet, miss or leave open each indicator."""
    table = current(run, "indicator_values")
    if table.empty:
        return figures.nothing(run)
    stages = [s for s in STAGES if s in set(table["stage"])]
    drawn, grid = style.plots(1, len(stages), height=3.2)
    texts = []
    for ax, stage in zip(grid, stages, strict=True):
        rows = table[table["stage"] == stage]
        left = pd.Series(0, index=list(CODES))
        for verdict in _VERDICTS:
            count = rows[rows["verdict"] == verdict]["indicator"].value_counts()
            count = count.reindex(list(CODES)).fillna(0).astype(int)
            ax.barh(list(CODES), count, left=left, color=style.VERDICT_COLOUR[verdict], height=0.65)
            left = left + count
            texts.append(
                f"{word(run, 'stage', stage)} {word(run, 'verdict', verdict)}: "
                + ", ".join(f"{code} {n}" for code, n in count.items())
            )
        ax.invert_yaxis()
        style.whole_years(ax)
        ax.grid(visible=False, axis="y")
        ax.set_title(word(run, "stage", stage))
    handles = [
        Patch(color=style.VERDICT_COLOUR[v], label=style.drawable(word(run, "verdict", v)))
        for v in _VERDICTS
    ]
    drawn.legend(handles=handles, loc="outside lower center", ncols=3)
    counts = table.groupby(["stage", "indicator", "verdict"]).size().rename("schools").reset_index()
    titles = {
        name: wording.say(f"indicators.column_{name}", run.language)
        for name in ("stage", "indicator", "verdict", "schools")
    }
    for family in ("stage", "indicator", "verdict"):
        counts[family] = [word(run, family, v) for v in counts[family]]
    data = figures.display_frame(counts, columns=titles, language=run.language)
    unit = "indicators.unit_schools"
    return carded(
        run,
        drawn,
        "indicators.met",
        unit,
        "; ".join(texts),
        data,
        source="indicator_values",
        note=code_note(run),
    )


def variation(run: Run) -> figures.Shown:
    """Draw each CV beside its limit, the unweighted one in grey."""
    table = current(run, "variation")
    table = table[(table["population"] == "all") & table["cv"].notna()]
    if table.empty:
        return figures.nothing(run)
    stages = [s for s in STAGES if s in set(table["stage"])]
    drawn, grid = style.plots(1, len(stages), height=3.2, share_x=True)
    texts = []
    for ax, stage in zip(grid, stages, strict=True):
        rows = table[table["stage"] == stage].set_index("indicator").reindex(list(CODES))
        colours = [style.VERDICT_COLOUR.get(str(v), style.NEUTRAL) for v in rows["verdict"]]
        ax.scatter(
            rows["cv_unweighted"], list(CODES), marker="o", facecolors="none", edgecolors="#9A9A9A"
        )
        ax.scatter(rows["cv"], list(CODES), color=colours, zorder=3)
        limit = rows["cv_limit"].max()
        if pd.notna(limit):
            ax.axvline(limit, color=style.NORM, linestyle="--", linewidth=1.2)
            texts.append(
                f"{word(run, 'stage', stage)} {wording.say('indicators.limit_word', run.language)}"
                f" {limit:.2f}"
            )
        texts += [f"{code} {cv:.3f}" for code, cv in rows["cv"].dropna().items()]
        ax.set_xlim(left=0)
        ax.invert_yaxis()
        ax.set_title(word(run, "stage", stage))
    columns = ["stage", "indicator", "cv", "cv_limit", "verdict", "county_value", "schools"]
    data = figures.display_frame(
        table, of="variation", columns=[*columns, "cv_unweighted"], language=run.language
    )
    for key, colour, face in (
        ("weighted", style.ACTUAL, style.ACTUAL),
        ("unweighted", "#9A9A9A", "none"),
    ):
        label = wording.say(f"indicators.{key}_word", run.language)
        grid[0].scatter([], [], edgecolors=colour, facecolors=face, label=style.drawable(label))
    limit_label = wording.say("indicators.limit_word", run.language)
    grid[0].plot([], [], color=style.NORM, linestyle="--", label=style.drawable(limit_label))
    drawn.legend(loc="outside lower center", ncols=3)
    return carded(
        run,
        drawn,
        "indicators.cv",
        "indicators.unit_cv",
        "; ".join(texts),
        data,
        source="variation",
        note=f"{wording.say('indicators.cv_note', run.language)} {code_note(run)}",
    )


def history(run: Run) -> figures.Shown:
    """Draw each CV over the years."""
    table = run.tables["variation"]
    table = table[(table["population"] == "all") & table["cv"].notna()]
    if table["school_year"].nunique() < 2:
        return figures.nothing(run)
    stages = [s for s in STAGES if s in set(table["stage"])]
    drawn, grid = style.plots(1, len(stages), height=3.4, share_y=True)
    top = 1.08 * float(table[["cv", "cv_limit"]].max().max())
    texts = []
    for ax, stage in zip(grid, stages, strict=True):
        rows = table[table["stage"] == stage]
        ends: dict[str, float] = {}
        for code, group in rows.groupby("indicator", sort=True):
            ax.plot(group["school_year"], group["cv"], marker="o", ms=3, linewidth=1.2)
            end = group.iloc[-1]
            ends[str(code)] = float(end["cv"])
            texts.append(f"{code} {group['cv'].iloc[0]:.3f}-{end['cv']:.3f}")
        for code, height in spread(ends, gap=0.055 * top).items():
            style.direct_label(ax, rows["school_year"].max(), height, code, "#333333")
        ax.axhline(rows["cv_limit"].max(), color=style.NORM, linestyle="--", linewidth=1.2)
        ax.set_title(word(run, "stage", stage))
        style.whole_years(ax)
        ax.margins(x=0.12)
    grid[0].set_ylim(0, top)
    columns = ["school_year", "stage", "indicator", "cv", "cv_limit", "verdict"]
    data = figures.display_frame(table, of="variation", columns=columns, language=run.language)
    return carded(
        run,
        drawn,
        "indicators.history",
        "indicators.unit_cv",
        "; ".join(texts),
        data,
        source="variation",
        note=code_note(run),
    )


def spread(ends: dict[str, float], gap: float) -> dict[str, float]:
    """Return heights for labels at the ends of lines, at least ``gap`` apart, near their lines.

    >>> spread({"a": 1.0, "b": 1.0, "c": 3.0}, gap=0.5)
    {'a': 0.75, 'b': 1.25, 'c': 3.0}
    """
    groups = [[code] for code in sorted(ends, key=lambda code: ends[code])]

    def middle(group: list[str]) -> float:
        return sum(ends[code] for code in group) / len(group)

    def reach(group: list[str]) -> float:
        return (len(group) - 1) * gap / 2

    place = 0
    while place < len(groups) - 1:
        low, high = groups[place], groups[place + 1]
        if middle(high) - reach(high) - middle(low) - reach(low) < gap:
            groups[place : place + 2] = [low + high]
            place = max(place - 1, 0)
        else:
            place += 1
    return {
        code: middle(group) + (at - (len(group) - 1) / 2) * gap
        for group in groups
        for at, code in enumerate(group)
    }


def code_note(run: Run, codes: Iterable[str] = CODES) -> str:
    """Say what the marks L1 to L7 on an axis stand for."""
    said = [f"{code} {word(run, 'indicator', code).removeprefix(code).strip()}" for code in codes]
    return ("；" if run.language == "zh" else "; ").join(said)


def worst_indicators(run: Run) -> dict[str, str]:
    """Return, by stage, the indicator whose CV is highest against its limit."""
    table = current(run, "variation")
    table = table[(table["population"] == "all") & table["cv"].notna()]
    ranked = table.assign(of_limit=table["cv"] / table["cv_limit"].fillna(1.0))
    first = ranked.sort_values("of_limit", ascending=False, kind="stable").drop_duplicates("stage")
    return {str(row["stage"]): str(row["indicator"]) for row in first.to_dict("records")}


def lorenz(run: Run) -> figures.Shown:
    """Draw the Lorenz curve of each stage's most uneven indicator."""
    worst = worst_indicators(run)
    table = run.tables["lorenz"]
    if table.empty or not worst:
        return figures.nothing(run)
    drawn, grid = style.plots(1, len(worst), height=3.2, share_y=True)
    texts, shown = [], []
    for ax, (stage, code) in zip(grid, sorted(worst.items(), reverse=True), strict=True):
        rows = table[(table["stage"] == stage) & (table["indicator"] == code)]
        ax.plot([0, 100], [0, 100], color=style.NEUTRAL, linestyle="--", linewidth=1)
        colour = style.STAGE_COLOUR[stage]
        ax.plot(rows["pupil_share"] * 100, rows["resource_share"] * 100, color=colour)
        ax.set_title(f"{word(run, 'stage', stage)} {code}")
        half = rows[rows["pupil_share"] <= 0.5]["resource_share"].max()
        texts.append(f"{word(run, 'stage', stage)} {code}: 50% / {half:.0%}")
        shown.append(rows)
    data = figures.display_frame(
        pd.concat(shown),
        of="lorenz",
        language=run.language,
        columns=["stage", "indicator", "pupil_share", "resource_share"],
    )
    return carded(
        run,
        drawn,
        "indicators.lorenz",
        "indicators.unit_share",
        "; ".join(texts),
        data,
        source="lorenz",
        note=code_note(run, sorted(set(worst.values()))),
    )


def parts(run: Run) -> figures.Shown:
    """Show the five schools that contribute most to each CV."""
    table = current(run, "variation_parts")
    rows = table[
        (table["population"] == "all") & (table["part"] == "school") & (table["rank"] <= TOP)
    ]
    if rows.empty:
        return figures.nothing(run)
    names = dict(
        zip(run.tables["schools"]["school_id"], run.tables["schools"]["school_name"], strict=True)
    )
    rows = rows.sort_values(["stage", "indicator", "rank"], ascending=[False, True, True])
    rows = rows.assign(unit_id=[names.get(u, u) for u in rows["unit_id"]])
    columns = ["stage", "indicator", "rank", "unit_id", "value", "county_value"]
    return figures.result_table(
        run,
        "variation_parts",
        frame=rows,
        columns=[*columns, "pupil_share", "cv_contribution", "share", "cv_if_at_mean"],
        title=wording.say("indicators.parts_title", run.language),
    )


def not_passing(run: Run) -> figures.Shown:
    """Show the schools that do not pass, are undetermined or are out of scope, with the reason."""
    rows = current(run, "school_compliance")
    rows = rows[rows["verdict"] != "met"].sort_values(["stage", "verdict", "school_id"])
    columns = ["school_id", "stage", "kind", "scope_reason", "pupils", "indicators_met"]
    return figures.result_table(
        run,
        "school_compliance",
        frame=rows,
        columns=[*columns, "lowest_indicator", "lowest_share", "verdict", "missing"],
    )


def values(run: Run) -> figures.Shown:
    """Show every indicator a school misses, with what it is short of."""
    rows = current(run, "indicator_values")
    rows = rows[rows["verdict"].isin(["not_met", "undetermined"])]
    columns = ["school_id", "stage", "indicator", "value", "threshold", "floor_value", "verdict"]
    return figures.result_table(
        run,
        "indicator_values",
        frame=rows,
        columns=[*columns, "shortfall", "quantity_unit", "split_method", "missing"],
        title=wording.say("indicators.values_title", run.language),
    )
