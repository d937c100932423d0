"""The project table of the plan, folded so that it is read on a sheet of A4.

The workbook keeps a column for each fact; a page puts those that belong together in one cell.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import figures, wording
from analysis.store import Run

#: Cells of the page: key of the head in the catalogue, columns in one cell, what joins them.
_CELLS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("project", ("project_name",), ""),
    ("rank", ("rank",), ""),
    ("town", ("town_id",), ""),
    ("kind", ("kind", "status"), " · "),
    ("classes", ("classes",), ""),
    ("seats", ("seats",), ""),
    ("areas", ("site_area_m2", "floor_area_m2"), " / "),
    ("years", ("start_year", "finish_year"), "–"),
    ("cost", ("cost_mid_cny",), ""),
    ("range", ("cost_low_cny", "cost_high_cny"), "–"),
    ("paid", ("funding_source", "responsible"), " · "),
    ("use", ("use_plus10",), ""),
)
_MONEY = ("cost_low_cny", "cost_mid_cny", "cost_high_cny")
_OPEN = "—"


def folded(run: Run, rows: pd.DataFrame) -> figures.Shown:
    """Return the projects, a row each; a cell that no project fills is no column.

    Parameters
    ----------
    rows
        Rows of ``plan_projects`` in the order they are to stand in.
    """
    if rows.empty:
        return figures.nothing(run)
    texts = _texts(run, rows)
    shown: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    for key, columns, between in _CELLS:
        kept = [c for c in columns if rows[c].notna().any()]
        if not kept:
            continue
        titles[key] = wording.say(f"planning.table_{key}", run.language)
        shown[key] = [_joined([texts[c][i] for c in kept], between) for i in range(len(rows))]
    if rows["under_used"].any():
        titles["flag"] = wording.say("planning.table_flag", run.language)
        yes = wording.say("figures.yes", run.language)
        shown["flag"] = [yes if flag else "" for flag in rows["under_used"]]
    return figures.table(
        pd.DataFrame(shown),
        columns=titles,
        title=wording.say("planning.table_title", run.language),
        note=wording.say("planning.table_note", run.language),
        language=run.language,
        synthetic=run.area.synthetic,
        rows=60,
    )


def _texts(run: Run, rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return every column as a page writes it; money in ten thousand yuan, or millions."""
    scale = 1e4 if run.language == "zh" else 1e6
    named = figures.named(run, rows)
    names = [c for _, columns, _ in _CELLS for c in columns if c not in _MONEY]
    words = figures.display_frame(named[names], of="plan_projects", language=run.language)
    found = dict(zip(names, (words.iloc[:, i].tolist() for i in range(len(names))), strict=True))
    for name in _MONEY:
        found[name] = [
            _OPEN if value != value else wording.number(value / scale, run.language, 1)
            for value in rows[name].astype(float)
        ]
    return found


def _joined(parts: Sequence[str], between: str) -> str:
    """Join what is known; two that are the same are said once."""
    if all(part == _OPEN for part in parts):
        return _OPEN
    if between == " · ":
        parts = [part for part in parts if part != _OPEN]
    same = len(set(parts)) == 1
    return parts[0] if same else between.join(parts)
