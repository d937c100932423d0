"""What a headline is: a number with its sentence, its rule, and how it was computed."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd

from analysis import terms, wording
from analysis.store import Run
from analysis.tables import contracts

LANGUAGES = wording.languages()
STAGES = ("primary", "junior")
#: Bases of a population, the one a planner counts with first.
BASES = ("resident", "registered", "urban_resident", "unstated")
_CELL = re.compile(r"^(?P<place>.+![A-Z]+)(?P<row>\d+)$")
Kept = TypeVar("Kept")
#: A trace names at most this many places; the rest is counted.
MOST_PLACES = 8


@dataclass(frozen=True)
class Trace:
    """How a headline came about: formula with its numbers, rule, tables, cells, age of data."""

    formula_zh: str = ""
    formula_en: str = ""
    rule: str = ""
    tables: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    data_year: int | None = None
    step: str = ""

    def text(self) -> str:
        """Return the trace as JSON, as it stands in the table ``headlines``."""
        content = {
            "formula_zh": self.formula_zh,
            "formula_en": self.formula_en,
            "tables": list(self.tables),
            "cells": list(self.cells),
            "data_year": self.data_year,
            "step": self.step,
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class Headline:
    """One row of the table ``headlines``."""

    item: str
    topic: str
    value: float | None = None
    unit: str = ""
    school_year: int | None = None
    stage: str | None = None
    area_id: str | None = None
    state: str | None = None
    lower: float | None = None
    upper: float | None = None
    said: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    trace: Trace = field(default_factory=Trace)
    #: Weight as a finding of page one; 0 is never one.
    weight: int = 0

    def row(self, rank: int | None) -> dict[str, object]:
        """Return the row of the table."""
        return {
            "item": self.item,
            "topic": self.topic,
            "area_id": self.area_id,
            "stage": self.stage,
            "school_year": self.school_year,
            "value": self.value,
            "unit": self.unit,
            "state": self.state,
            "lower": self.lower,
            "upper": self.upper,
            "finding_rank": rank,
            "sentence_zh": self.said.get("zh"),
            "sentence_en": self.said.get("en"),
            "source": self.source,
            "rule": self.trace.rule or None,
            "trace": self.trace.text(),
        }


def known(value: object) -> bool:
    """Tell whether a value is there (not missing)."""
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def places_of(sources: Iterable[object]) -> tuple[str, ...]:
    """Return the files, sheets and cells of some rows, neighbouring rows joined.

    >>> places_of(["a.csv#a!A2; report", "a.csv#a!A3; report", "b.xlsx#s!C9"])
    ('a.csv#a!A2:A3 — report', 'b.xlsx#s!C9')
    """
    rows: dict[tuple[str, str], list[int]] = {}
    for source in sources:
        if not isinstance(source, str) or not source:
            continue
        cell, _, citation = source.partition("; ")
        found = _CELL.match(cell)
        place, row = (found["place"], int(found["row"])) if found else (cell, 0)
        rows.setdefault((place, citation), []).append(row)
    said = [f"{_range(place, r)}{' — ' + c if c else ''}" for (place, c), r in rows.items()]
    if len(said) > MOST_PLACES:
        return (*said[:MOST_PLACES], f"… +{len(said) - MOST_PLACES}")
    return tuple(said)


def _range(place: str, rows: list[int]) -> str:
    first, last = min(rows), max(rows)
    if first == 0:
        return place
    column = place.rpartition("!")[2]
    return f"{place}{first}" if first == last else f"{place}{first}:{column}{last}"


class Desk:
    """A run's tables with what every headline needs beside them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.base = run.parameters.base_year
        self.end = run.plan_end
        self.scenario = run.parameters.scenario
        self.area_id = run.area.code
        #: What several headlines ask for: the tables do not change while headlines are gathered.
        self._kept: dict[tuple[object, ...], Any] = {}

    def once(self, key: tuple[object, ...], work: Callable[[], Kept]) -> Kept:
        """Return what was worked out under ``key`` before, else work it out now."""
        if key not in self._kept:
            self._kept[key] = work()
        return cast("Kept", self._kept[key])

    def rows(self, name: str, /, **where: object) -> pd.DataFrame:
        """Return the rows of a table in which columns have given values."""
        return self.once(("rows", name, *where.items()), lambda: self._rows(name, where))

    def _rows(self, name: str, where: Mapping[str, object]) -> pd.DataFrame:
        frame = self.run.tables[name]
        if not where:
            return frame
        kept = np.ones(len(frame), dtype=bool)
        for column, value in where.items():
            kept &= (frame[column] == value).to_numpy()
        return frame[kept]

    @cached_property
    def towns(self) -> dict[str, str]:
        """Names of the towns by code."""
        table = self.run.tables["towns"]
        return dict(zip(table["town_id"], table["town_name"], strict=True))

    @cached_property
    def gap_known(self) -> bool:
        """Whether anywhere, at any time, both pupils and seats are known."""
        gap = self.run.tables["seat_gap"]
        return bool(len(gap) and gap["shortage"].notna().any())

    def place(self, area_id: str, language: str) -> str:
        """Name of a town, or the area's own."""
        return str(self.towns.get(area_id) or self.run.area.title(language))

    def stage(self, stage: str, language: str) -> str:
        """Word for a stage; in English as it stands inside a sentence."""
        word = terms.label("stage", stage, language)
        return word if language == "zh" else word.lower()

    def both(self, key: str, values: Callable[[str], Mapping[str, object]]) -> dict[str, str]:
        """Say one catalogue entry in every language."""
        return {lang: wording.say(f"briefing.{key}", lang, **values(lang)) for lang in LANGUAGES}

    def cells(self, **tables: pd.DataFrame) -> tuple[str, ...]:
        """Return the source cells of input rows."""
        sources: list[object] = []
        for frame in tables.values():
            if "source" in frame:
                sources += frame["source"].tolist()
        return places_of(sources)

    def pupils_cells(self, stage: str) -> tuple[str, ...]:
        """Return where the pupils of a stage were read: school rows, or totals."""
        return self.once(("pupils_cells", stage), lambda: self._pupils_cells(stage))

    def _pupils_cells(self, stage: str) -> tuple[str, ...]:
        grades = terms.STAGE_GRADES[stage]
        enrolment = self.run.tables["enrolment"]
        if not enrolment.empty:
            own = enrolment.loc[enrolment["grade"].isin(grades), ["school_year", "source"]]
            return self.cells(enrolment=own[own["school_year"] == own["school_year"].max()])
        totals = self.rows("totals", stage=stage)
        return self.cells(totals=totals[totals["school_year"] == totals["school_year"].max()])

    def latest_cells(self, name: str) -> tuple[str, ...]:
        """Return where the latest year of an input table was read."""

        def cells() -> tuple[str, ...]:
            rows = self.run.tables[name]
            latest = rows[rows["school_year"] == rows["school_year"].max()] if len(rows) else rows
            return self.cells(**{name: latest})

        return self.once(("latest_cells", name), cells)

    def data_year(self, *tables: str) -> int | None:
        """Return the last year of the oldest of some input tables."""
        return self.once(("data_year", *tables), lambda: self._data_year(*tables))

    def _data_year(self, *tables: str) -> int | None:
        years = []
        for name in tables:
            frame = self.run.tables[name]
            column = "school_year" if "school_year" in frame else "year"
            if not frame.empty and column in frame:
                years.append(int(frame[column].max()))
        return min(years) if years else None

    def rule(self, name: str, stage: str = "all") -> str:
        """Return a norm with its value, unit, source and grade."""
        norm = self.run.rules.find(name, stage)
        if norm is None:
            return ""
        value = norm.value if isinstance(norm.value, str) else f"{norm.value:g}"
        return f"{name} = {value} {norm.unit}; {norm.source} [{norm.grade}]"


def is_table(name: str) -> bool:
    """Tell whether a contract of that name exists."""
    return name in contracts()


def record(frame: pd.DataFrame) -> dict[Hashable, Any] | None:
    """Return the first row of a frame, or None."""
    if frame.empty:
        return None
    return dict(frame.iloc[0].to_dict())
