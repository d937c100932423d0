"""What every room's figures share: what is shown when there is nothing, and result tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from IPython.display import Markdown
from pandas.api.types import is_numeric_dtype

from analysis import wording
from analysis.figures.card import Card, TableCard, table
from analysis.store import Run
from analysis.tables import contract
from analysis.terms import LABELS

Shown = Card | TableCard | Markdown
#: Columns that hold names of measures, several of them divided by semicolons.
_MEASURES = ("project_name", "option_name", "projects")
_PLACES = ("area_id", "town_id", "home_town_id", "school_town_id")


def nothing(run: Run) -> Markdown:
    """Return the sentence shown in place of a figure or table that has no data."""
    return Markdown(wording.say("figures.nothing", run.language))  # type: ignore[no-untyped-call]


def place_names(run: Run) -> dict[str, str]:
    """Return the names of the towns and of the area itself by their codes."""
    towns = run.tables["towns"]
    names = dict(zip(towns["town_id"], towns["town_name"], strict=True))
    return names | {run.area.code: run.area.title(run.language)}


def rule_words(run: Run, rule: str) -> str:
    """Return a rule of a trace with the title of its norm in the run's language."""
    place = 0 if run.language == "zh" else 1
    titles = {norm.name: (norm.zh, norm.en)[place] or norm.name for norm in run.rules.norms()}
    said = wording.rule_words(rule, run.language, titles)
    return said.replace("[tool]", f"[{wording.say('codes.grade_tool', run.language)}]")


def named(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with names in place of the codes of towns and schools."""
    names = place_names(run)
    schools = run.tables["schools"]
    school_names = dict(zip(schools["school_id"], schools["school_name"], strict=True))
    for column in (c for c in _PLACES if c in frame):
        frame = frame.assign(**{column: [names.get(v, v) for v in frame[column].tolist()]})
    frame = in_language(run, frame)
    if "school_id" in frame:
        ids = frame["school_id"].tolist()
        frame = frame.assign(school_id=[school_names.get(v, v) for v in ids])
    return frame


def in_language(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with measures of the plan under their names in the run's language.

    A project the area has named itself keeps the name it was given.
    """
    if run.language == "zh":
        return frame
    if {"project_name", "project_name_en"} <= set(frame):
        ours = frame["project_name_en"].where(frame["project_name_en"].notna())
        frame = frame.assign(project_name=ours.fillna(frame["project_name"]))
    for column in (c for c in _MEASURES if c in frame and not is_numeric_dtype(frame[c])):
        names = _english_names(run)
        said = [
            "; ".join(names.get(part, part) for part in v.split("; ")) if isinstance(v, str) else v
            for v in frame[column]
        ]
        frame = frame.assign(**{column: pd.Series(said, index=frame.index, dtype="str")})
    return frame


def _english_names(run: Run) -> dict[str, str]:
    """Return the English names of the measures considered and of the projects of the plan."""
    found: dict[str, str] = {}
    for name in ("plan_candidates", "plan_projects"):
        rows = run.tables[name].dropna(subset=["project_name", "project_name_en"])
        found |= dict(zip(rows["project_name"], rows["project_name_en"], strict=True))
    return found


#: Codes with an order of their own; in a table sorted by its key they would stand by the alphabet.
_ORDERS: dict[str, tuple[str, ...]] = {
    "stage": ("all", "primary", "junior"),
    "dimension": ("overall", *(d for d in LABELS["dimension"] if d != "overall")),
    "respondent_group": tuple(LABELS["respondent_group"]),
    "scenario": ("central", "low", "high"),
}


def reading_order(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table that stands in the order of its key in the order people read it.

    Primary before junior, the whole before its parts; a table in any other order stays as it is.
    """
    keys = [key for key in contract(name).keys if key in frame]
    coded = [key for key in keys if key in _ORDERS]
    if not coded or len(frame) < 2 or frame[keys].isna().any(axis=None):
        return frame
    if not pd.MultiIndex.from_frame(frame[keys]).is_monotonic_increasing:
        return frame

    def place(column: pd.Series[Any]) -> pd.Series[Any]:
        order = {code: at for at, code in enumerate(_ORDERS.get(str(column.name), ()))}
        return column.map(lambda v: order.get(v, len(order))) if order else column

    return frame.sort_values(keys, key=place, kind="stable")


def result_table(
    run: Run,
    name: str,
    *,
    columns: Sequence[str] = (),
    frame: pd.DataFrame | None = None,
    title: str = "",
    note: str = "",
    rows: int = 40,
) -> Shown:
    """Show a result table (or the rows of it given as ``frame``) under its contract's titles."""
    shown = run.tables[name] if frame is None else frame
    if shown.empty:
        return nothing(run)
    shown = named(run, reading_order(name, shown))
    return table(
        shown,
        of=name,
        title=title or contract(name).title(run.language),
        columns=list(columns) or [c for c in shown.columns if c != "source"],
        note=note,
        language=run.language,
        synthetic=run.area.synthetic,
        rows=rows,
    )
