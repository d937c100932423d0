"""Codes of a table as words, for the sheets of the workbook; ``csv/`` keeps the codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import figures, standards, terms, wording
from analysis.errors import AnalysisError
from analysis.findings.headlines import name_of
from analysis.indicators.items import titles
from analysis.store import Run
from analysis.tables import Column, contract, contracts

#: Columns without a unit of their own, in which things of several kinds stand.
_MIXED = ("value", "low", "high", "threshold")

Words = Callable[[Run, str], str]


def in_words(run: Run, name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with codes that have no family of terms as words, decisions by rank.

    A code without words stays as it is.
    """
    if name == "decisions" and len(frame):
        return _decisions(run, frame.sort_values("rank"))
    if name in ("intake_changes", "intake_findings"):
        return _column_titles(run, frame)
    for (table, column), words in _COLUMNS.items():
        if table == name and column in frame:
            known = {v: words(run, v) for v in set(frame[column]) if isinstance(v, str)}
            said = [known.get(v, v) for v in frame[column]]
            frame = frame.assign(**{column: pd.Series(said, index=frame.index, dtype="object")})
    return _named(run, name, frame)


def _named(run: Run, name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Put the name behind the code of a place, a school or a measure, where no column has it.

    The code stays in front: the sheets are joined by it. Input tables stay as they were sent.
    """
    if contract(name).group != "result":
        return frame
    for columns, names_of, beside in _NAMES:
        if beside in frame:
            continue
        for column in (c for c in columns if c in frame):
            names = names_of(run)
            known = {v: f"{v} {names[v]}" for v in set(frame[column]) if v in names}
            said = [known.get(v, v) for v in frame[column]]
            frame = frame.assign(**{column: pd.Series(said, index=frame.index, dtype="object")})
    return frame


def _schools(run: Run) -> dict[str, str]:
    table = run.tables["schools"]
    return dict(zip(table["school_id"], table["school_name"], strict=True))


def _measures(run: Run) -> dict[str, str]:
    """Return the names of measures; phases of one measure differ by their codes alone."""
    column = "project_name" if run.language == "zh" else "project_name_en"
    found: dict[str, str] = {}
    for name in ("plan_candidates", "plan_projects"):
        rows = run.tables[name].dropna(subset=[column])
        found |= dict(zip(rows["project_id"], rows[column], strict=True))
    return found


#: Columns that hold codes, what returns their names, and the column that says the name already.
_NAMES: tuple[tuple[tuple[str, ...], Callable[[Run], Mapping[str, str]], str], ...] = (
    (
        ("area_id", "town_id", "home_town_id", "school_town_id"),
        figures.place_names,
        "town_name",
    ),
    (("school_id",), _schools, "school_name"),
    (("project_id",), _measures, "project_name"),
)


def _entry(topic: str) -> Words:
    """Return words of the catalogue whose key begins with ``topic``."""

    def words(run: Run, code: str) -> str:
        entry = wording.entries().get(f"{topic}{code}")
        return entry[run.language] if entry else code

    return words


def _table(run: Run, code: str) -> str:
    return contract(code).title(run.language) if code in contracts() else code


def _driver(run: Run, code: str) -> str:
    if code.startswith("county_") and (own := code.removeprefix("county_")) in contracts():
        return wording.say("briefing.driver_county", run.language, table=_table(run, own))
    return _table(run, code)


def _fact(run: Run, code: str) -> str:
    return titles().get(code, (code, code))[0 if run.language == "zh" else 1]


def _rules(run: Run, code: str) -> str:
    try:
        return standards.load(code).title(run.language)
    except AnalysisError:
        return code  # a rule set an area has overridden is not among those of the tool


_ASSUMPTION = _entry("forecast.assumption_")
_COLUMNS: dict[tuple[str, str], Words] = {
    ("assumption_register", "assumption"): _ASSUMPTION,
    ("assumption_effects", "assumption"): _ASSUMPTION,
    ("assumptions", "assumption"): _ASSUMPTION,
    ("entry_ratios", "driver"): _driver,
    ("input_ages", "table"): _table,
    ("rule_differences", "left"): _rules,
    ("rule_differences", "right"): _rules,
    ("norm_comparison", "sentence"): _entry(""),
    ("county_facts", "indicator"): _fact,
}


def _decisions(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    """Name the headline a decision rests on, and the stage of one that stands for a stage."""
    rows = {str(r["item"]): r for r in run.tables["headlines"].to_dict("records")}
    items = [name_of(run, rows[v]) if v in rows else v for v in frame["item"]]
    said = []
    for code in frame["decision"]:
        root, _, stage = str(code).partition(".")
        word = _entry("codes.decision_")(run, root)
        said.append(f"{word} · {terms.label('stage', stage, run.language)}" if stage else word)
    return frame.assign(item=items, decision=said)


def _column_titles(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    """Name columns of input tables as their contracts do."""
    said = []
    for table, column in zip(frame["table_name"], frame["column_name"], strict=True):
        item = contract(table) if table in contracts() else None
        known = item is not None and column in item.names
        said.append(item[column].title(run.language) if item and known else column)
    frame = frame.assign(column_name=pd.Series(said, index=frame.index, dtype="object"))
    if "after" in frame:  # a text that means "not given" becomes no value at all
        frame = frame.assign(after=frame["after"].replace("None", None))
    return frame


def number_look(column: Column, given: Sequence[float] | NDArray[np.float64]) -> str:
    """Return which format of the workbook the numbers of a column are shown in."""
    values = np.asarray(given, dtype=float)
    if figures.is_year(column.name):
        return "year"
    if column.kind == "share":
        return "share"
    if (values % 1 == 0).all():
        return "whole"
    if column.name in _MIXED and not column.unit:
        return "plain"  # yuan, years and shares below each other: one format fits none
    # coefficients of variation and their like: the official form gives three decimals
    return "fine" if np.abs(values).max() < 1 else "number"


def shortened(value: float) -> float:
    """Return a number of a column of several kinds without the digits nobody reads.

    >>> shortened(181017256.7679878), shortened(0.00065145), shortened(2016)
    (181017256.768, 0.0006515, 2016)
    """
    return float(f"{value:.4g}") if 0 < abs(value) < 1 else round(value, 4)
