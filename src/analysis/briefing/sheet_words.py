"""Codes of a table as words, for the sheets of the workbook; ``csv/`` keeps the codes."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analysis import standards, terms, wording
from analysis.errors import AnalysisError
from analysis.findings.headlines import name_of
from analysis.indicators.items import titles
from analysis.store import Run
from analysis.tables import contract, contracts

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
    return frame


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
