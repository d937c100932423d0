"""The explorer's picture: demand as it stands beside demand under the moved assumptions."""

from __future__ import annotations

import pandas as pd

from analysis import figures, terms, wording
from analysis.figures import style
from analysis.store import Run


def _county(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["level"] == "county") & (table["scenario"] == "central")]


def compare(run: Run, base: pd.DataFrame, changed: pd.DataFrame) -> figures.Shown:
    """Draw the county's seats required by stage: as assumed, and as moved.

    Parameters
    ----------
    run
        Gives language, names and the synthetic mark.
    base, changed
        ``seat_demand`` before and after.
    """
    before, after = _county(base), _county(changed)
    stages = [s for s in ("primary", "junior") if s in set(before["stage"])]
    if not stages:
        return figures.nothing(run)
    figure, grid = style.plots(1, len(stages), height=2.8)
    texts = []
    for ax, stage in zip(grid, stages, strict=True):
        colour = style.STAGE_COLOUR[stage]
        parts = [t[t["stage"] == stage].sort_values("school_year") for t in (before, after)]
        for part, line, shade in (
            (parts[0], (0, (4, 2)), style.NEUTRAL),
            (parts[1], "-", colour),
        ):
            ax.plot(part["school_year"], part["pupils"], linestyle=line, color=shade)
        ax.set_title(terms.label("stage", stage, run.language))
        ax.set_ylim(bottom=0)
        style.whole_years(ax)
        ends = [float(part["pupils"].iloc[-1]) for part in parts]
        texts.append(
            f"{terms.label('stage', stage, run.language)} "
            f"{wording.number(ends[0], run.language)} → {wording.number(ends[1], run.language)}"
        )
    return figures.card(
        figure,
        title=wording.say("explorer.picture_title", run.language),
        unit=wording.say("explorer.unit", run.language),
        source=run.area.title(run.language),
        alt=wording.say("explorer.picture_alt", run.language, text="; ".join(texts)),
        note=wording.say("explorer.picture_note", run.language),
        language=run.language,
        synthetic=run.area.synthetic,
    )
