"""Figures of notebook 20: item tiles, recognition, oversize classes, tables."""

from __future__ import annotations

import pandas as pd
from matplotlib.patches import Rectangle

from analysis import figures, wording
from analysis.figures import style
from analysis.figures.indicators import carded, word
from analysis.figures.shown import reading_order
from analysis.store import Run

_DIMENSIONS = ("guarantee", "quality", "veto", "eligibility")
_WORDS = ("met", "not_met", "undetermined", "not_applicable")
#: First letter of an item's mark in the tiles, by dimension.
_MARK = {"guarantee": "G", "quality": "Q", "veto": "V", "eligibility": "E"}


def _title_column(run: Run) -> str:
    return "title_zh" if run.language == "zh" else "title_en"


def items(run: Run) -> figures.Shown:
    """Draw a tile for every item, coloured by its verdict."""
    table = run.tables["assessment_items"]
    heads = table[table["test_no"] == 0]
    if heads.empty:
        return figures.nothing(run)
    drawn, (ax,) = style.plots(height=2.6)
    texts = []
    for line, dimension in enumerate(_DIMENSIONS):
        rows = heads[heads["dimension"] == dimension].sort_values("item")
        for place, row in enumerate(rows.to_dict("records")):
            colour = style.VERDICT_COLOUR[row["verdict"]]
            ax.add_patch(Rectangle((place, line), 0.9, 0.9, color=colour))
            mark = f"{_MARK[dimension]}{int(row['item'][1:])}"
            ink = "#FFFFFF" if row["verdict"] != "not_applicable" else "#333333"
            ax.text(place + 0.45, line + 0.45, mark, color=ink, ha="center", va="center")
            texts.append(f"{mark} {word(run, 'verdict', row['verdict'])}")
    ax.set_xlim(0, 15)
    ax.set_ylim(len(_DIMENSIONS), 0)
    ax.set_xticks([])
    ax.set_yticks(
        [i + 0.45 for i in range(len(_DIMENSIONS))],
        [style.drawable(word(run, "dimension", d)) for d in _DIMENSIONS],
    )
    ax.grid(visible=False)
    for verdict in _WORDS:
        label = style.drawable(word(run, "verdict", verdict))
        ax.scatter([], [], marker="s", color=style.VERDICT_COLOUR[verdict], label=label)
    drawn.legend(loc="outside lower center", ncols=4)
    columns = ["dimension", "item", _title_column(run), "value", "threshold", "verdict"]
    shown = with_veto_words(run, reading_order("assessment_items", heads))
    data = figures.display_frame(
        shown, of="assessment_items", columns=columns, language=run.language
    )
    return carded(
        run,
        drawn,
        "assessment.items",
        "assessment.unit_items",
        "; ".join(texts),
        data,
        source="assessment_items",
    )


def with_veto_words(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    """Return items in which a veto says whether it was found: "met" would read the wrong way."""
    veto = frame["dimension"] == "veto"
    said = [
        word(run, "veto_verdict", v) if of else v
        for v, of in zip(frame["verdict"], veto, strict=True)
    ]
    return frame.assign(verdict=said)


def item_table(run: Run) -> figures.Shown:
    """Show every item that is not met or open, with its evidence and what is missing."""
    table = run.tables["assessment_items"]
    heads = table[table["test_no"] == 0]
    rows = with_veto_words(run, heads[heads["verdict"].isin(["not_met", "undetermined"])])
    columns = ["dimension", _title_column(run), "value", "threshold", "verdict"]
    more = ["failing_schools", "shortfall", "shortfall_unit", "evidence", "evidence_date"]
    columns += [*more, "responsible", "missing", "grade"]
    # where no item has a value or a paper, the verdict and what is missing say so
    given = [c for c in columns if c == "verdict" or rows[c].notna().any()]
    return figures.result_table(run, "assessment_items", frame=rows, columns=given)


def oversize(run: Run) -> figures.Shown:
    """Draw classes above the norm over the years by stage."""
    table = run.tables["oversize_years"]
    table = table[table["band"] == "all_over"]
    if table["school_year"].nunique() < 2:
        return figures.nothing(run)
    drawn, (ax,) = style.plots(height=2.8)
    texts = []
    for (stage, basis), rows in table.sort_values("school_year").groupby(["stage", "basis"]):
        # a register counts every class, a mean only bounds them: never one line
        colour, name = style.STAGE_COLOUR[str(stage)], word(run, "stage", stage)
        line = "-" if basis in ("class_sizes", "class_bands") else "--"
        ax.plot(rows["school_year"], rows["classes"], line, color=colour, marker="o", ms=3.5)
        end = rows.iloc[-1]
        said = f"{name} {word(run, 'class_basis', basis)}"
        style.direct_label(ax, end["school_year"], end["classes"], said, colour)
        texts.append(f"{said} {rows['classes'].iloc[0]:.0f}-{end['classes']:.0f}")
    ax.set_ylim(bottom=0)
    ax.margins(x=0.22)
    style.whole_years(ax)
    data = figures.display_frame(table, of="oversize_years", language=run.language)
    return carded(
        run,
        drawn,
        "assessment.oversize",
        "assessment.unit_classes",
        "; ".join(texts),
        data,
        source="oversize_years",
    )


def oversize_table(run: Run) -> figures.Shown:
    """Show the oversize-class ledger of the newest year."""
    table = run.tables["oversize_classes"]
    rows = table[table["school_year"] == table["school_year"].max()]
    rows = rows.sort_values(["pupils_over", "school_id"], ascending=[False, True])
    columns = ["school_id", "stage", "grade", "class_no", "classes", "pupils", "class_size_max"]
    return figures.result_table(
        run,
        "oversize_classes",
        frame=rows,
        columns=[*columns, "pupils_over", "band", "classes_needed", "planned_year"],
    )


def recognition(run: Run) -> figures.Shown:
    """Draw each group's recognition with its interval."""
    table = run.tables["recognition"]
    table = table[table["share"].notna()]
    if table.empty:
        return figures.nothing(run)
    rows = reading_order("recognition", table).reset_index(drop=True)
    drawn, (ax,) = style.plots(height=1.2 + 0.24 * len(rows))
    texts, names = [], []
    for place, row in enumerate(rows.to_dict("records")):
        colour = style.VERDICT_COLOUR[row["verdict"]]
        ax.plot([row["lower"] * 100, row["upper"] * 100], [place, place], color=colour, lw=1.6)
        ax.scatter([row["share"] * 100], [place], color=colour, zorder=3, s=22)
        said = wording.say(f"assessment.channel_{row['channel']}", run.language)
        group = word(run, "respondent_group", row["respondent_group"])
        names.append(style.drawable(f"{said} {group}"))
        texts.append(f"{names[-1]} {row['share']:.1%}")
    ax.axvline(rows["threshold"].max() * 100, color=style.NORM, linestyle="--", linewidth=1.2)
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    data = figures.display_frame(rows, of="recognition", language=run.language)
    return carded(
        run,
        drawn,
        "assessment.recognition",
        "assessment.unit_percent",
        "; ".join(texts),
        data,
        source="recognition",
        note=wording.say("assessment.recognition_note", run.language),
    )


def differences(run: Run, other: str) -> figures.Shown:
    """Show the norms in which the run's rules differ from another rule set."""
    table = run.tables["rule_differences"]
    rows: pd.DataFrame = table[table["right"] == other]
    columns = ["norm", "stage", _title_column(run), "left_value", "right_value", "unit"]
    return figures.result_table(run, "rule_differences", frame=rows, columns=columns)
