"""Headlines: the numbers and sentences of page one, read from the result tables of every room.

:func:`headlines` gathers them into the tables ``headlines`` and ``decisions``; nothing is
computed that a result table does not already hold.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis import figures, terms, wording
from analysis.findings.headlines.decisions import decisions
from analysis.findings.headlines.item import STAGES, Desk, Headline
from analysis.findings.headlines.plan import plan
from analysis.findings.headlines.pupils import pupils
from analysis.findings.headlines.seats import seats
from analysis.findings.headlines.trust import trust
from analysis.findings.sentences import Sentences
from analysis.store import Run
from analysis.tables import StepResult, contract

__all__ = [
    "conclusions",
    "gathered",
    "headlines",
    "name_of",
    "shown_value",
    "trace_of",
    "wanted",
]

FINDINGS = 5


def headlines(run: Run) -> StepResult:
    """Gather the headline numbers and the decisions of a run (要点与建议决策).

    Returns
    -------
    StepResult
        Tables ``headlines`` (key item) and ``decisions`` (key decision).
    """
    desk = Desk(run)
    found = gathered(desk)
    ranked = _ranks(found)
    rows = [h.row(ranked.get(h.item)) for h in found]
    chosen = [d.row(rank) for rank, d in enumerate(decisions(desk, found), 1)]
    return StepResult(
        {
            "headlines": contract("headlines").frame(rows),
            "decisions": contract("decisions").frame(chosen),
        }
    )


def gathered(desk: Desk) -> list[Headline]:
    """Return every headline once; of two with the same item the first stays."""
    seen: dict[str, Headline] = {}
    for part in (seats, pupils, plan, trust):
        for headline in part(desk):
            seen.setdefault(headline.item, headline)
    return list(seen.values())


def _ranks(found: list[Headline]) -> dict[str, int]:
    """Rank the five findings: heaviest first, no more than two that say the same kind of thing."""
    kinds: Counter[str] = Counter()
    ranked: dict[str, int] = {}
    for headline in sorted(found, key=lambda h: -h.weight):
        kind = headline.item.partition(".")[0]
        if not headline.weight or not headline.said or kinds[kind] >= 2:
            continue
        kinds[kind] += 1
        ranked[headline.item] = len(ranked) + 1
        if len(ranked) == FINDINGS:
            break
    return ranked


def conclusions(run: Run) -> Sentences:
    """Return the five findings of page one in the run's language."""
    table = run.tables["headlines"]
    rows = table[table["finding_rank"].notna()].sort_values("finding_rank")
    return Sentences(rows[f"sentence_{run.language}"])


def wanted(run: Run) -> Sentences:
    """Return the decisions of page one, each with its reason."""
    rows = run.tables["decisions"].sort_values("rank")
    language = run.language
    return Sentences(
        " ".join(part for part in (row[f"sentence_{language}"], row[f"why_{language}"]) if part)
        for row in rows.fillna("").to_dict("records")
    )


def shown_value(row: Mapping[Hashable, Any], language: str) -> str:
    """Write the value of a headline with its unit; a verdict as its word."""
    value = row["value"]
    if pd.isna(value):
        state = row.get("state")
        return wording.say(f"briefing.state_{state}", language) if pd.notna(state) else "—"
    unit = str(row["unit"])
    if unit == "cny":
        return wording.money(value, language)
    if unit == "probability":
        return wording.probability(value, language)
    if unit == "share":
        return wording.percent(value, language)
    digits = {"ratio": 2, "cv": 3, "pupils_per_class": 1}.get(unit, 0)
    text = wording.number(value, language, digits)
    return wording.say(f"briefing.unit_{unit}", language, value=text) if unit else text


def name_of(run: Run, row: Mapping[Hashable, Any]) -> str:
    """Return what a headline is about, in the run's language; a key without a name stays."""
    language, item = run.language, str(row["item"])
    root, _, rest = item.partition(".")
    if f"headlines.{root}" not in wording.entries():
        return item
    parts = rest.split(".") if rest else []
    stage = next((part for part in parts if part in (*STAGES, "all")), "all")
    others = [part for part in parts if part != stage]
    year = row.get("school_year")
    return wording.say(
        f"headlines.{root}",
        language,
        stage=wording.say("figures.all_stages", language)
        if stage == "all"
        else terms.label("stage", stage, language),
        part=_part_words(others[0], language) if others else "",
        year=wording.year_label(int(year), language) if pd.notna(year) else "",
        place=figures.place_names(run).get(str(row.get("area_id")), ""),
    )


def _part_words(part: str, language: str) -> str:
    """Return an indicator or a dimension as words; a number stays."""
    for family in ("dimension", "indicator"):
        if (word := terms.label(family, part, language)) != part:
            return word
    return part


def trace_of(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    """Return how a headline was computed, as :class:`~analysis.findings.headlines.item.Trace`."""
    content: dict[str, Any] = json.loads(row["trace"]) if pd.notna(row.get("trace")) else {}
    return content
