"""Sentences as a list, and the words every room's sentences share."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from analysis import terms, wording
from analysis.store import Run


class Sentences(tuple[str, ...]):
    """Sentences in order; a notebook shows them as a list."""

    __slots__ = ()

    def __new__(cls, said: Iterable[str]) -> Sentences:
        """Keep the sentences that say something."""
        return super().__new__(cls, [s for s in said if s])

    def __add__(self, more: tuple[object, ...]) -> Sentences:
        """Return both lists, one after the other."""
        return Sentences([*self, *(str(s) for s in more)])

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(s)}</li>" for s in self)
        return f'<ul class="findings">{items}</ul>'


def notes(run: Run, *tables: str) -> Sentences:
    """Return what could not be said and what the reader must know, in words."""
    return Sentences(
        wording.say(note.key, run.language, **note.values) for note in run.notes(*tables)
    )


def stage_name(run: Run, stage: str) -> str:
    """Return the word for a stage in the run's language."""
    return terms.label("stage", stage, run.language)


def number(run: Run, value: Any, digits: int = 0) -> str:
    """Write a number in the run's language."""
    return wording.number(value, run.language, digits)


def place_name(run: Run, area_id: str) -> str:
    """Return the name of a town, or the area's own name for every other code."""
    towns = run.tables["towns"]
    names = dict(zip(towns["town_id"], towns["town_name"], strict=True))
    if area_id in names:
        return str(names[area_id])
    return run.area.title(run.language)
