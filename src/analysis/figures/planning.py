"""Figures of notebook 60: projects in time, use after the peak, money, methods, teachers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import figures, terms, wording
from analysis.figures import style
from analysis.figures.project_table import folded
from analysis.store import Run

_KIND_COLOUR = {
    "new_build": style.PRIMARY,
    "relocation": style.PRIMARY,
    "expansion": style.SURPLUS,
    "temporary": style.AMBER,
    "lease": style.AMBER,
    "conversion": style.GREEN,
    "shared_campus": style.GREEN,
    "catchment": style.NORM,
    "merger": style.NORM,
    "smaller_classes": style.NORM,
}
_SHOWN = 24
_MILLION = 1e6
_WAN = 1e4


def ranked(run: Run) -> pd.DataFrame:
    """Return the plan's projects in order: ranked ones, then committed, listed and named ones."""
    table = run.tables["plan_projects"]
    names = table["project_name"]
    if run.language == "en":
        names = table["project_name_en"].where(table["project_name_en"].notna(), names)
    twice = names.duplicated(keep=False) & table["finish_year"].notna()
    opens = table["finish_year"].fillna(0).astype(int).astype(str)
    # phases of one measure carry the year in which they open
    names = names.where(~twice, names + " " + opens)
    order = table.assign(project_name=names).sort_values(
        ["rank", "status", "project_id"], na_position="last"
    )
    return order.reset_index(drop=True)


def _say(run: Run, key: str, **values: object) -> str:
    return wording.say(f"planning.{key}", run.language, **values)


def _scale(run: Run) -> float:
    return _WAN if run.language == "zh" else _MILLION


def _card(
    run: Run, figure: Figure, key: str, alt: str, data: pd.DataFrame, **more: str
) -> figures.Card:
    return figures.card(
        figure,
        title=_say(run, f"{key}_title"),
        unit=more.get("unit", ""),
        source=run.area.title(run.language),
        alt=_say(run, f"{key}_alt", text=alt),
        data=data,
        note=more.get("note", ""),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def listed(run: Run) -> pd.DataFrame:
    """Return :func:`ranked` without smaller classes, which :func:`spare_use` shows by town."""
    rows = ranked(run)
    return rows[rows["kind"] != "smaller_classes"].reset_index(drop=True)


def projects(run: Run) -> figures.Shown:
    """Show the project table in the columns of a five-year plan."""
    return folded(run, listed(run))


def spare_use(run: Run) -> figures.Shown:
    """Show the spare seats put to use for smaller classes (余裕学位转用清单), a row a town."""
    rows = run.tables["plan_projects"]
    rows = rows[(rows["kind"] == "smaller_classes") & rows["rank"].notna()]
    if rows.empty:
        return figures.nothing(run)
    # an empty place in the list is a town without such a measure in that stage
    seats = rows.assign(seats=rows["seats"].abs()).pivot_table(
        index="town_id", columns="stage", values="seats", aggfunc="sum"
    )
    years = rows.groupby("town_id")["finish_year"].agg(["min", "max"])
    names = figures.place_names(run)
    shown = pd.DataFrame(
        {
            "town": [names.get(town, town) for town in seats.index],
            **{s: seats[s].to_numpy() for s in ("primary", "junior") if s in seats},
            "years": [_span(int(a), int(b)) for a, b in years.loc[seats.index].to_numpy()],
        }
    )
    titles = {name: _say(run, f"spare_{name}") for name in shown.columns}
    return figures.table(
        shown,
        columns=titles,
        title=_say(run, "spare_title"),
        note=_say(run, "spare_note"),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def reasons(run: Run) -> figures.Shown:
    """Show why each project is in, what lost against it, and when to start."""
    rows = listed(run)
    language = run.language
    columns = ["project_name", *(f"{n}_{language}" for n in ("why", "alternatives", "trigger"))]
    return figures.result_table(
        run, "plan_projects", frame=rows, columns=columns, title=_say(run, "reasons_title")
    )


def schedule(run: Run) -> figures.Shown:
    """Draw the projects in time: work, and the school year in which they open."""
    rows = listed(run)
    rows = rows[rows["start_year"].notna() & rows["finish_year"].notna()].head(_SHOWN)
    if rows.empty:
        return figures.nothing(run)
    figure, (ax,) = style.plots(height=0.9 + 0.26 * len(rows))
    texts = []
    for place, row in enumerate(rows.to_dict("records")):
        colour = _KIND_COLOUR.get(str(row["kind"]), style.NEUTRAL)
        start, finish = row["start_year"], row["finish_year"]
        ax.plot([start, finish], [place, place], color=colour, linewidth=4, solid_capstyle="butt")
        ax.plot([finish], [place], marker=">", color=colour, markersize=6)
        texts.append(f"{row['project_name']} {int(start)}-{int(finish)}")
    ax.set_yticks(range(len(rows)), [style.drawable(str(n)) for n in rows["project_name"]])
    ax.invert_yaxis()
    ax.grid(axis="x")
    style.whole_years(ax)
    columns = ["project_name", "kind", "start_year", "finish_year", "seats"]
    data = figures.display_frame(rows, of="plan_projects", columns=columns, language=run.language)
    return _card(
        run, figure, "schedule", "; ".join(texts[:8]), data, note=_say(run, "schedule_note")
    )


def guard(run: Run) -> figures.Shown:
    """Draw the use of every project at its peak and ten years on, in the three scenarios."""
    table = run.tables["plan_guard"]
    names = ranked(run)[["project_id", "project_name"]]
    rows = names.merge(table, on="project_id", how="inner", validate="1:m")
    rows = rows[rows["use_peak"].notna()]
    order = list(dict.fromkeys(rows["project_name"]))[:_SHOWN]
    rows = rows[rows["project_name"].isin(order)]
    if rows.empty:
        return figures.nothing(run)
    figure, (ax,) = style.plots(height=0.9 + 0.26 * len(order))
    shift = {"low": 0.22, "central": 0.0, "high": -0.22}
    for row in rows.to_dict("records"):
        place = order.index(str(row["project_name"])) + shift[str(row["scenario"])]
        peak, late = row["use_peak"] * 100, row["use_plus10"] * 100
        ax.plot([peak, late], [place, place], color="#BBBBBB", linewidth=1)
        ax.plot([peak], [place], marker="o", color=style.PRIMARY, markersize=4)
        ax.plot([late], [place], marker="D", color=style.JUNIOR, markersize=4)
    limit = run.rules.value("under_used_below") * 100
    ax.axvline(limit, color=style.SHORTAGE, linewidth=1, linestyle="--")
    ax.set_yticks(range(len(order)), [style.drawable(name) for name in order])
    ax.invert_yaxis()
    ax.set_xlim(-3, 103)
    columns = ["project_name", "scenario", "peak_year", "use_peak", "use_plus5", "use_plus10"]
    shown = rows[columns].rename(columns={"project_name": "project_id"})
    data = figures.display_frame(shown, of="plan_guard", language=run.language)
    middle = rows[rows["scenario"] == run.parameters.scenario]
    text = "; ".join(
        f"{r['project_name']} {wording.percent(r['use_peak'], run.language, 0)}"
        f" / {wording.percent(r['use_plus10'], run.language, 0)}"
        for r in middle.head(8).to_dict("records")
    )
    return _card(run, figure, "guard", text, data, unit="%", note=_say(run, "guard_note"))


def residuals(run: Run) -> figures.Shown:
    """Draw the seats still short after the plan, by stage, year and scenario."""
    table = run.tables["plan_residuals"]
    years = sorted(set(run.tables["plan_money"]["year"]))
    if not years:
        return figures.nothing(run)
    figure, grid = style.plots(1, 2, height=3.0, share_y=True)
    texts = []
    for ax, stage in zip(grid, ("primary", "junior"), strict=True):
        for scenario, dashes in style.SCENARIO_STYLE.items():
            rows = table[(table["stage"] == stage) & (table["scenario"] == scenario)]
            sums = rows.groupby("school_year")["shortage"].sum().reindex(years).fillna(0.0)
            colour = style.STAGE_COLOUR[stage]
            ax.plot(years, sums, color=colour, linestyle=dashes, label=scenario)
            name = terms.label("scenario", scenario, run.language)
            style.direct_label(ax, years[-1], float(sums.iloc[-1]), name, colour)
            if scenario == run.parameters.scenario:
                worst = years[int(np.argmax(sums.to_numpy()))]
                most = wording.number(float(sums.max()), run.language)
                texts.append(f"{terms.label('stage', stage, run.language)} {worst}: {most}")
        ax.set_title(terms.label("stage", stage, run.language))
        ax.set_ylim(bottom=0)
        ax.margins(x=0.16)
        style.whole_years(ax)
    totals = table.groupby(["stage", "school_year", "scenario"], as_index=False)[["shortage"]].sum()
    data = figures.display_frame(totals, of="plan_residuals", language=run.language)
    unit = _say(run, "unit_seats")
    return _card(run, figure, "residuals", "; ".join(texts), data, unit=unit)


def residual_reasons(run: Run) -> figures.Shown:
    """Show every shortage that remains in the chosen scenario, with its reason in words."""
    table = run.tables["plan_residuals"]
    rows = table[table["scenario"] == run.parameters.scenario]
    rows = rows.sort_values(["school_year", "shortage"], ascending=[True, False])
    columns = ["town_id", "stage", "school_year", "shortage", "reason", f"reason_{run.language}"]
    return figures.result_table(run, "plan_residuals", frame=rows, columns=columns)


def money(run: Run) -> figures.Shown:
    """Draw cost by year with its range, beside the funds."""
    table = run.tables["plan_money"]
    table = table[(table["cost_mid_cny"] > 0) | (table["funds_cny"] > 0)]
    if table.empty:
        return figures.nothing(run)
    scale = _scale(run)
    figure, (ax,) = style.plots(height=3.2)
    years, middle = table["year"], table["cost_mid_cny"] / scale
    below = (table["cost_mid_cny"] - table["cost_low_cny"]) / scale
    above = (table["cost_high_cny"] - table["cost_mid_cny"]) / scale
    ax.bar(years, middle, width=0.6, color=style.PRIMARY)
    bars = np.vstack([below.to_numpy(), above.to_numpy()])
    ax.errorbar(years, middle, yerr=bars, fmt="none", ecolor=style.ACTUAL, capsize=3)
    if table["funds_cny"].notna().any():
        funds = table["funds_cny"] / scale
        ax.step(years, funds, where="mid", color=style.GREEN)
        label = _say(run, "funds_label")
        style.direct_label(ax, float(years.iloc[-1]), float(funds.iloc[-1]), label, style.GREEN)
    style.whole_years(ax)
    ax.margins(x=0.1)
    text = "; ".join(
        f"{int(r['year'])}: {wording.money(r['cost_mid_cny'], run.language)}"
        for r in table.to_dict("records")
    )
    data = figures.display_frame(table, of="plan_money", language=run.language)
    unit = _say(run, "unit_money")
    return _card(run, figure, "money", text, data, unit=unit, note=_say(run, "money_note"))


def methods(run: Run) -> figures.Shown:
    """Draw expected cost and 95th-percentile regret of every method on the same futures."""
    table = run.tables["plan_methods"].sort_values("expected_cost_cny")
    if table.empty:
        return figures.nothing(run)
    scale = _scale(run)
    figure, grid = style.plots(1, 2, height=2.6, share_y=True)
    labels = [terms.label("plan_method", m, run.language) for m in table["method"]]
    colours = [style.PRIMARY if m == "robust" else style.NEUTRAL for m in table["method"]]
    pairs = (("expected_cost_cny", "cost_label"), ("regret95_cny", "regret_label"))
    for ax, (column, key) in zip(grid, pairs, strict=True):
        ax.barh(range(len(table)), table[column] / scale, color=colours)
        ax.set_title(_say(run, key))
        ax.grid(axis="x")
    grid[0].set_yticks(range(len(table)), [style.drawable(name) for name in labels])
    grid[0].invert_yaxis()
    text = "; ".join(
        f"{name} {wording.money(cost, run.language)}"
        for name, cost in zip(labels, table["expected_cost_cny"], strict=True)
    )
    data = figures.display_frame(table, of="plan_methods", language=run.language)
    unit = _say(run, "unit_money")
    return _card(run, figure, "methods", text, data, unit=unit, note=_say(run, "methods_note"))


def sensitivity(run: Run) -> figures.Shown:
    """Show what halved and doubled weights would say of the plan, projects by name."""
    frame = run.tables["plan_sensitivity"]
    names = dict(zip(ranked(run)["project_id"], ranked(run)["project_name"], strict=True))
    between = "、" if run.language == "zh" else ", "
    listed = [
        between.join(names.get(code, code) for code in str(codes).split(", ")) if codes else "—"
        for codes in frame["dropped"].fillna("")
    ]
    return figures.result_table(run, "plan_sensitivity", frame=frame.assign(dropped=listed))


def staff(run: Run) -> figures.Shown:
    """Draw teachers needed beside the teachers there are, by stage."""
    table = run.tables["staff_need"]
    if table.empty:
        return figures.nothing(run)
    figure, (ax,) = style.plots(height=3.0)
    texts = []
    for stage, rows in table.groupby("stage"):
        colour = style.STAGE_COLOUR[str(stage)]
        ax.plot(rows["school_year"], rows["teachers_needed"], color=colour, marker="o", ms=3)
        name = terms.label("stage", str(stage), run.language)
        last = rows.iloc[-1]
        style.direct_label(ax, last["school_year"], last["teachers_needed"], name, colour)
        if rows["teachers_now"].notna().any():
            now = float(rows["teachers_now"].iloc[0])
            ax.axhline(now, color=colour, linewidth=1, linestyle="--")
        texts.append(f"{name} {wording.number(last['teachers_needed'], run.language)}")
    style.whole_years(ax)
    ax.margins(x=0.1)
    ax.set_ylim(bottom=0)
    data = figures.display_frame(table, of="staff_need", language=run.language)
    unit, note = _say(run, "unit_teachers"), _say(run, "staff_note")
    return _card(run, figure, "staff", "; ".join(texts), data, unit=unit, note=note)


def with_names(run: Run, name: str, columns: Sequence[str] = ()) -> figures.Shown:
    """Show a table keyed by project with the project's name; smaller classes stand apart."""
    every = ranked(run)
    aside = set(every.loc[every["kind"] == "smaller_classes", "project_id"])
    frame = run.tables[name]
    frame = frame[~frame["project_id"].isin(aside)]
    names = every.set_index("project_id")["project_name"]
    found = frame["project_id"].map(names)
    frame = frame.assign(project_id=found.where(found.notna(), frame["project_id"]))
    hidden = ("option_id", "project_name")
    kept = [c for c in (columns or frame.columns) if c in frame and c not in hidden]
    if run.language == "en":
        kept = [c for c in kept if c not in ("option_name", "unit")]
    return figures.result_table(run, name, frame=frame, columns=kept)


def assumptions(run: Run) -> figures.Shown:
    """Show the planning parameters with value, range, source and grade."""
    frame = run.tables["plan_assumptions"]
    if run.tables["plan_status"].empty:
        return figures.nothing(run)  # nothing was planned with them; the workbook lists them
    frame = frame[~frame["name"].str.startswith(("template_", "model_", "responsible_"))]
    columns = [f"title_{run.language}", "stage", "value", "low", "high", "unit", "grade", "source"]
    return figures.result_table(run, "plan_assumptions", frame=frame, columns=columns, rows=80)


#: Columns of a table too wide for a page; the workbook has all of them.
_PAGE_COLUMNS = {
    "plan_candidates": (
        "project_name",
        "stage",
        "kind",
        "seats",
        "cost_mid_cny",
        "first_start_year",
        "first_open_year",
        "units_most",
        "units_chosen",
        "limit",
    )
}


def result_table(run: Run, name: str) -> figures.Shown:
    """Show a table of the plan under its contract's titles, names in one language."""
    frame = run.tables[name]
    if name in _PAGE_COLUMNS:
        return figures.result_table(run, name, columns=_PAGE_COLUMNS[name])
    hidden = ("project_id", "project_name_en") if "project_name_en" in frame else ()
    columns = [c for c in frame.columns if c not in (*hidden, "source")]
    return figures.result_table(run, name, columns=columns)
