"""Figures of notebook 00: what was read, findings by severity, population bases."""

from __future__ import annotations

from IPython.display import Markdown

from analysis import figures, terms, wording
from analysis.figures import style
from analysis.store import Run
from analysis.tables import contract

_SEVERITY_COLOUR = {"blocks": style.RED, "affects": style.AMBER, "note": style.NEUTRAL}
_BASIS_COLOUR = {
    "resident": style.PRIMARY,
    "registered": style.JUNIOR,
    "urban_resident": style.GREEN,
    "unstated": style.NEUTRAL,
}
#: The workbook holds every finding; the page shows the first of them.
_ROWS = 30


def _title(run: Run, key: str) -> str:
    return wording.say(f"intake.{key}", run.language)


def _none(run: Run, key: str) -> figures.Shown:
    """Say that there is none: an empty list is an answer, not a lack of data."""
    if run.tables["intake_read"].empty:
        return figures.nothing(run)
    return Markdown(wording.say(key, run.language))  # type: ignore[no-untyped-call]


def read(run: Run) -> figures.Shown:
    """Show which table was read from which file and sheet."""
    frame = run.tables["intake_read"]
    titles = [contract(str(name)).title(run.language) for name in frame["table_name"]]
    return figures.result_table(
        run, "intake_read", frame=frame.assign(table_name=titles), title=_title(run, "read_title")
    )


def findings(run: Run) -> figures.Shown:
    """Draw the number of findings by table and severity."""
    table = run.tables["intake_findings"]
    if table.empty:
        return _none(run, "intake.nothing")
    names = table["table_name"].fillna("").astype(str)
    counts = table.assign(table_name=names).groupby(["table_name", "severity"]).size().unstack()
    counts = counts.reindex(columns=list(_SEVERITY_COLOUR)).fillna(0)
    counts = counts.loc[counts.sum(axis=1).sort_values(kind="stable").index]
    labels = [
        contract(str(n)).title(run.language) if n else _title(run, "whole_file")
        for n in counts.index
    ]
    figure, (ax,) = style.plots(height=0.9 + 0.34 * len(counts))
    left = [0.0] * len(counts)
    for severity, colour in _SEVERITY_COLOUR.items():
        values = counts[severity].tolist()
        name = terms.label("severity", severity, run.language)
        ax.barh(labels, values, left=left, color=colour, height=0.62, label=name)
        left = [a + b for a, b in zip(left, values, strict=True)]
    for place, total in enumerate(left):
        ax.text(total, place, f" {total:,.0f}", va="center", fontsize=9)
    ax.legend(loc="lower right", ncols=len(_SEVERITY_COLOUR))
    ax.grid(visible=False)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.margins(x=0.1)
    said = "; ".join(f"{n}: {t:,.0f}" for n, t in zip(labels, left, strict=True))
    return figures.card(
        figure,
        title=_title(run, "findings_title"),
        unit=_title(run, "unit_findings"),
        source=contract("intake_findings").title(run.language),
        alt=wording.say("intake.findings_alt", run.language, text=said),
        data=_counts_frame(run, counts.assign(label=labels)),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def _counts_frame(run: Run, counts):  # type: ignore[no-untyped-def]
    titles = {"label": contract("intake_findings")["table_name"].title(run.language)}
    titles |= {s: terms.label("severity", s, run.language) for s in _SEVERITY_COLOUR}
    return figures.display_frame(counts, columns=titles, language=run.language)


def corrections(run: Run) -> figures.Shown:
    """Show the correction sheet: where, what was found, what is expected, why, what to do."""
    frame = run.tables["intake_findings"]
    if frame.empty:
        return _none(run, "figures.none_to_correct")
    order = frame["severity"].map({s: i for i, s in enumerate(_SEVERITY_COLOUR)})
    frame = frame.loc[order.sort_values(kind="stable").index]
    schools = run.tables["schools"]
    names = dict(zip(schools["school_id"], schools["school_name"], strict=True))
    frame = frame.assign(entity=[names.get(e, e) for e in frame["entity"]])
    said = [f"{part}_{run.language}" for part in ("expected", "why", "suggestion")]
    columns = ["severity", "file", "sheet", "cell", "entity", "found", *said, "treatment"]
    return figures.result_table(
        run,
        "intake_findings",
        frame=frame,
        columns=columns,
        title=_title(run, "corrections_title"),
        note=_title(run, "corrections_note"),
        rows=_ROWS,
    )


def affected(run: Run) -> figures.Shown:
    """Show which conclusions depend on affected cells."""
    frame = run.tables["affected_conclusions"]
    if frame.empty:
        return _none(run, "figures.none_affected")
    names = [
        contract(str(n)).title(run.language) if n != "—" else _title(run, "whole_file")
        for n in frame["table_name"]
    ]
    return figures.result_table(
        run,
        "affected_conclusions",
        frame=frame.assign(table_name=names),
        title=_title(run, "affected_title"),
        note=_title(run, "affected_note"),
    )


def answers(run: Run) -> figures.Shown:
    """Show the clerk's answers and what became of each."""
    if run.tables["intake_corrections"].empty:
        return _none(run, "figures.none_answered")
    return figures.result_table(run, "intake_corrections", title=_title(run, "answers_title"))


def changes(run: Run) -> figures.Shown:
    """Show every kind of conversion of every column: how often, and the first of them."""
    frame = run.tables["intake_changes"]
    if frame.empty:
        return _none(run, "figures.none_changed")
    frame = frame.fillna({"table_name": "", "column_name": ""})
    keys = ["file", "table_name", "column_name", "rule"]
    kinds = frame.groupby(keys, sort=True, as_index=False).agg(
        {"cell": ["size", "first"], "before": "first", "after": "first"}
    )
    kinds.columns = [*keys, "count", "cell", "before", "after"]
    # a text that means "not given" becomes no value at all
    kinds = kinds.assign(after=kinds["after"].replace("None", "—"))
    titles = []
    for table_name, column in zip(kinds["table_name"], kinds["column_name"], strict=True):
        item = contract(str(table_name)) if table_name else None
        known = item is not None and column in item.names
        titles.append(item[column].title(run.language) if item and known else str(column))
    kinds = kinds.assign(column_name=titles)
    item = contract("intake_changes")
    shown = {c: item[c].title(run.language) for c in ("file", "column_name", "rule")}
    shown |= {"count": _title(run, "unit_changes")}
    shown |= {c: item[c].title(run.language) for c in ("cell", "before", "after")}
    rules = [terms.label("intake_change", str(rule), run.language) for rule in kinds["rule"]]
    return figures.table(
        kinds.assign(rule=rules),
        columns=shown,
        title=_title(run, "changes_title"),
        note=_title(run, "changes_note"),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def unused(run: Run) -> figures.Shown:
    """Show what was not used."""
    if run.tables["intake_unused"].empty:
        return _none(run, "figures.none_unused")
    return figures.result_table(run, "intake_unused", title=_title(run, "unused_title"), rows=_ROWS)


def bases(run: Run) -> figures.Shown:
    """Draw the county's population on every basis, beside each other."""
    table = run.tables["population_bases"]
    rows = table[table["level"] == "county"]
    rows = rows if not rows.empty else table[table["area_id"] == run.area.code]
    given = [b for b in _BASIS_COLOUR if not rows.empty and rows[b].notna().any()]
    if not given:
        # no row of the county itself: its towns, as they were counted last
        newest = table[table["year"] == table["year"].max()] if len(table) else table
        columns = [c for c in newest.columns if c not in ("level", "source")]
        return figures.result_table(
            run,
            "population_bases",
            frame=newest,
            columns=[c for c in columns if newest[c].notna().any()],
            title=_title(run, "bases_title"),
        )
    figure, (ax,) = style.plots(height=3.2)
    texts = []
    for basis in given:
        line = rows.dropna(subset=[basis]).sort_values("year")
        name = terms.label("population_basis", basis, run.language)
        ax.plot(line["year"], line[basis], color=_BASIS_COLOUR[basis], marker="o", markersize=4)
        end = line.iloc[-1]
        style.direct_label(ax, end["year"], end[basis], name, _BASIS_COLOUR[basis])
        texts.append(f"{name} {int(end['year'])}: {end[basis]:,.0f}")
    style.whole_years(ax)
    style.counts(ax.yaxis, run.language)
    ax.set_ylim(bottom=0)
    ax.margins(x=0.12)
    return figures.card(
        figure,
        title=_title(run, "bases_title"),
        unit=_title(run, "unit_persons"),
        source=contract("population_bases").title(run.language),
        alt=wording.say("intake.bases_alt", run.language, text="; ".join(texts)),
        data=figures.display_frame(
            figures.named(run, rows), of="population_bases", language=run.language
        ),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def births(run: Run) -> figures.Shown:
    """Show the county's children by year of entry and basis, beside those who entered."""
    frame = run.tables["births_rebased"]
    county = frame[frame["level"] == "county"]
    rows = county if not county.empty else frame
    last = rows[rows["entry_year"] >= run.parameters.base_year - run.parameters.plan_years]
    return figures.result_table(
        run, "births_rebased", frame=last, title=_title(run, "births_title"), rows=_ROWS
    )
