"""Page one: the questions a deputy mayor has, each answered or said to be open."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from analysis import figures, terms, wording
from analysis.findings.headlines import shown_value, trace_of
from analysis.store import Run
from analysis.tables import contract

#: The input tables that answer a question; those absent are named where it stays open.
NEEDED = {
    "short": ("enrolment", "schools", "facilities", "births"),
    "spare": ("enrolment", "schools", "facilities", "births"),
    "where": ("towns", "enrolment", "schools", "facilities"),
    "when": ("enrolment", "schools", "births"),
    "build": ("enrolment", "schools", "facilities", "finance"),
    "cost": ("enrolment", "schools", "facilities", "finance"),
    "sure": ("enrolment", "schools"),
    "verdict": ("enrolment", "schools", "teachers", "facilities"),
}
MOST_ENTRIES = {"where": 4, "when": 4, "build": 6, "sure": 4, "verdict": 3}
#: Items whose sentence says all; a number in large type beside it would say it twice.
_SENTENCE_ONLY = ("data_age", "data_findings", "forecast_error", "norm_seats.")
#: What says how sure the numbers ahead are; the age of the data alone does not.
_SURE = ("probability_short.", "forecast_error.")
#: Names put before a number that does not say what it is of.
_NAMED = {
    "plan_cost": "total",
    "funding_gap": "funding_gap",
    "gap_list_total": "gap_list",
    "named_projects": "named",
}
#: Questions whose few words in large type say it all on page one.
_FEW_WORDS = ("where", "when")
_BUILD = {
    "plan_projects": "new",
    "committed_projects": "committed",
    "candidates_not_chosen": "not",
}


#: Headlines whose sentence stands among the findings already; page one keeps the number.
_BIG_ONLY = ("committed_projects", "candidates_not_chosen")


#: What comes first under a question, by the first part of the item.
_PLACE = {
    "worst_year": 0,
    "peak_year": 1,
    "plan_projects": 0,
    "committed_projects": 1,
    "candidates_not_chosen": 2,
    "project": 3,
    "plan_cost": 0,
    "funding_gap": 1,
    "probability_short": 0,
    "forecast_error": 1,
    "data_age": 8,
    "seats_still_short": 9,
    "verdict": 0,
}


@dataclass(frozen=True)
class Traced:
    """How a headline was computed, as a page shows it."""

    formula: str
    rule: str
    tables: str
    cells: tuple[str, ...]
    data_year: str
    step: str


@dataclass(frozen=True)
class Entry:
    """One headline under a question: a few words in large type, a sentence, its trace."""

    item: str
    big: str
    said: str
    trace: Traced
    few_words: bool = False
    nothing: bool = False
    #: Its sentence stands among the findings of the same page already.
    told: bool = False


@dataclass(frozen=True)
class Answer:
    """A question of page one with what answers it; ``open_words`` says what is missing."""

    topic: str
    question: str
    entries: tuple[Entry, ...] = ()
    open_words: str = ""
    more: tuple[Entry, ...] = field(default=())


def answers(run: Run) -> list[Answer]:
    """Return the questions of page one in reading order."""
    table = run.tables["headlines"]
    said = table[table[f"sentence_{run.language}"].fillna("") != ""]
    found = []
    for topic in NEEDED:
        rows = _ordered(topic, said[said["topic"] == topic])
        answered = not rows.empty and (topic != "sure" or rows["item"].str.startswith(_SURE).any())
        if not answered and topic == "short":
            # where neither pupils nor rooms are known the planning norm is all there is
            rows = _ordered(topic, said[said["item"].str.startswith("norm_seats.")])
        entries = tuple(entry(run, row) for row in rows.to_dict("records"))
        most = MOST_ENTRIES.get(topic, 2)
        found.append(
            Answer(
                topic,
                wording.say(f"briefing.question_{topic}", run.language),
                entries[:most],
                "" if answered else _open(run, topic),
                entries[most:],
            )
        )
    return found


def _ordered(topic: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Put what matters first: larger shortages for places, else the order they were made in."""
    if topic == "where":
        short_first = rows.assign(spare=rows["state"] == "spare")
        return short_first.sort_values(["spare", "value"], ascending=[True, False])
    stage = {"primary": 1, "junior": 2}
    return rows.assign(
        place=[_PLACE.get(i.partition(".")[0], 5) for i in rows["item"]],
        second=[stage.get(str(s), 0) for s in rows["stage"]],
    ).sort_values(["place", "second", "item"], kind="stable")


def _open(run: Run, topic: str) -> str:
    missing = run.tables.missing(*NEEDED[topic])
    if not missing:
        return wording.say("briefing.open", run.language)
    names = [contract(name).title(run.language) for name in missing]
    joined = ("、" if run.language == "zh" else ", ").join(names)
    return wording.say("briefing.open_missing", run.language, tables=joined)


def entry(run: Run, row: Mapping[Hashable, Any]) -> Entry:
    """Return a headline as a page shows it."""
    return Entry(
        str(row["item"]),
        _big(run, row),
        str(row[f"sentence_{run.language}"] or ""),
        traced(run, row),
        _few_words(row),
        (row["value"] == 0 and not _short_now(run, row))
        or str(row["item"]).startswith("seats_required."),
    )


def without_repeats(found: list[Answer], told: set[str]) -> list[Answer]:
    """Keep the large type of headlines whose sentence stands among the findings, not the sentence.

    Parameters
    ----------
    told
        Items of the findings.
    """
    return [
        replace(
            answer,
            entries=tuple(replace(e, told=bool(e.big) and e.item in told) for e in answer.entries),
        )
        for answer in found
    ]


def _few_words(row: Mapping[Hashable, Any]) -> bool:
    item = str(row["item"])
    return (
        item.startswith("project.")
        or item in _BIG_ONLY
        or (str(row["topic"]) in _FEW_WORDS and not item.endswith("_change"))
    )


def _big(run: Run, row: Mapping[Hashable, Any]) -> str:
    """Return the few words in large type: place, stage, and what counts about them."""
    item = str(row["item"])
    if item.startswith(_SENTENCE_ONLY):
        return ""
    if item.startswith("project."):
        return _project(run, row)
    if item.endswith("_change"):
        what = item.removesuffix("_change")
        rate = f"{wording.signed(row['value'] * 100, run.language, 1)}%"
        year = int(row["school_year"])
        return wording.say(f"briefing.change_{what}", run.language, year=year, rate=rate)
    parts = []
    if row["topic"] == "where":
        towns = run.tables["towns"]
        names = dict(zip(towns["town_id"], towns["town_name"], strict=True))
        parts.append(names.get(row["area_id"], ""))
    if pd.notna(row["stage"]):
        parts.append(terms.label("stage", str(row["stage"]), run.language))
    parts.append(_counts(run, row))
    return " ".join(part for part in parts if part)


def _counts(run: Run, row: Mapping[Hashable, Any]) -> str:
    """Return the number of a headline as its question asks for it."""
    item, value = str(row["item"]), shown_value(row, run.language)
    if item.startswith("probability_short."):
        return _chance(run, row)
    if item.startswith("schools_met."):
        return _of_all(run, row)

    def words(key: str) -> str:
        return wording.say(f"briefing.{key}", run.language, value=value)

    if item.startswith("seats_required."):
        return words("open_short")  # a demand is no shortage and must not look like one
    if item.startswith(("seats_short.", "seats_spare.")):
        return _then(run, row)
    if row["topic"] == "when":
        year = wording.year_label(int(row["school_year"]), run.language)
        if row["state"] == "first_year":
            return f"{year} {words('when_since')}"
        return f"{year} {words('when_peak' if item.startswith('peak') else 'when_worst')}"
    if row["topic"] == "where":
        said = words(f"where_{row['state']}")
        if row["school_year"] == run.plan_end:
            return said
        when = wording.year_label(int(row["school_year"]), run.language)
        return f"{said}（{when}）" if run.language == "zh" else f"{said} ({when})"
    if item in _BUILD:
        return words(f"build_{_BUILD[item]}")
    if item in _NAMED:
        return words(f"big_{_NAMED[item]}")
    return words("big_verdict") if item.startswith("verdict.") else value


def _chance(run: Run, row: Mapping[Hashable, Any]) -> str:
    """Say whether seats will be short before saying how probable that is."""
    value = float(row["value"])
    key = "chance_none" if value < 0.01 else "chance_sure" if value > 0.99 else "chance"
    said = wording.probability(value, run.language)
    year = wording.year_label(int(row["school_year"]), run.language)
    return wording.say(f"briefing.{key}", run.language, value=said, year=year)


def _of_all(run: Run, row: Mapping[Hashable, Any]) -> str:
    table = run.tables["headlines"]
    whole = table[table["item"] == f"schools_in_scope.{row['stage']}"]["value"]
    return wording.say(
        "briefing.big_schools_met",
        run.language,
        met=wording.number(row["value"], run.language),
        all=wording.number(whole.iloc[0] if len(whole) else None, run.language),
    )


def _then(run: Run, row: Mapping[Hashable, Any]) -> str:
    """Return seats and year, and for a shortage the worst year where that is another one."""
    side = "short" if str(row["item"]).startswith("seats_short.") else "spare"
    said = wording.say(
        f"briefing.{side}_then" if row["value"] else f"briefing.{side}_none",
        run.language,
        year=wording.year_label(int(row["school_year"]), run.language),
        seats=shown_value(row, run.language),
    )
    now = _short_now(run, row)
    if now:
        seats = wording.number(now, run.language)
        said = wording.say("briefing.short_now", run.language, now=seats) + said
    worst = _worst(run, row)
    if worst is None:
        return said
    return said + wording.say(
        "briefing.short_more",
        run.language,
        year=wording.year_label(int(worst["school_year"]), run.language),
        worst=wording.number(worst["value"], run.language),
    )


def _short_now(run: Run, row: Mapping[Hashable, Any]) -> float:
    """Return the seats that are short in the base year behind a shortage at the end of the plan."""
    base = run.parameters.base_year
    if not str(row["item"]).startswith("seats_short.") or row["school_year"] == base:
        return 0.0
    table = run.tables["headlines"]
    found = table.loc[table["item"] == f"seats_short.{row['stage']}.{base}", "value"]
    return float(found.iloc[0]) if len(found) else 0.0


def _worst(run: Run, row: Mapping[Hashable, Any]) -> Mapping[Hashable, Any] | None:
    """Return the headline of the worst year behind a shortage at the end of the plan."""
    if not str(row["item"]).startswith("seats_short."):
        return None
    table = run.tables["headlines"]
    found = table[table["item"] == f"worst_year.{row['stage']}"].to_dict("records")
    return next((r for r in found if r["value"] > row["value"]), None)


def _project(run: Run, row: Mapping[Hashable, Any]) -> str:
    """Return name, seats and opening year of a project (``state`` holds its kind)."""
    sentence = str(row[f"sentence_{run.language}"])
    name = re.split("[：:]", sentence, maxsplit=1)[0]
    year = int(row["school_year"]) if pd.notna(row["school_year"]) else "—"
    seats = wording.signed(row["value"], run.language)
    return wording.say("briefing.project_few", run.language, name=name, seats=seats, year=year)


def traced(run: Run, row: Mapping[Hashable, Any]) -> Traced:
    """Return how a headline was computed, in the run's language."""
    content = trace_of(row)
    tables = [contract(name).title(run.language) for name in content.get("tables", [])]
    year = content.get("data_year")
    age = wording.say("briefing.no_data_year", run.language)
    if year is not None:
        age = wording.say(
            "briefing.data_year",
            run.language,
            year=year,
            age=max(run.parameters.base_year - year, 0),
        )
    return Traced(
        str(content.get(f"formula_{run.language}", "")),
        figures.rule_words(run, str(row["rule"])) if pd.notna(row["rule"]) else "",
        ("、" if run.language == "zh" else ", ").join(tables),
        tuple(content.get("cells", ())),
        age,
        str(content.get("step", "")),
    )
