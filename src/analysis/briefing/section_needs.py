"""Which tables of the bureau would fill a section of the briefing that has nothing to show."""

from __future__ import annotations

from collections.abc import Mapping

from analysis import wording
from analysis.store import Run
from analysis.tables import contract

_SCHOOLS = ("schools", "enrolment")
_ROOMS = (*_SCHOOLS, "facilities")
_AHEAD = (*_SCHOOLS, "births")
#: Tables by the anchor of a chapter, or of a section that needs others than its chapter.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "s00-4": ("population", "births"),
    "s10": (*_SCHOOLS, "teachers", "facilities"),
    "s20": ("county_facts",),
    "s20-3": (*_SCHOOLS, "class_sizes", "special_rooms"),
    "s20-4": ("survey", "targets"),
    "s30": _SCHOOLS,
    "s40": _AHEAD,
    "s40-3": ("population",),
    "s50": (*_ROOMS, "births"),
    "s50-1": _ROOMS,
    "s50-5": ("schools", "settlements"),
    "s60": (*_ROOMS, "births", "finance"),
    "s60-6": (),
    "s70": (*_SCHOOLS, "teachers", "facilities"),
    "s70-2": ("gap_items",),
    "s70-4": (*_AHEAD, "teachers", "facilities"),
}


def tables_of(anchor: str) -> tuple[str, ...]:
    """Return the tables a section needs, its chapter's where it has none of its own.

    >>> tables_of("s30-4")
    ('schools', 'enrolment')
    """
    return NEEDED.get(anchor, NEEDED.get(anchor.partition("-")[0], ()))


def missing_titles(run: Run, anchor: str) -> tuple[str, ...]:
    """Return the titles of the tables a section needs and the bureau has not given."""
    missing = run.tables.missing(*tables_of(anchor))
    return tuple(contract(name).title(run.language) for name in missing)


def nothing_said(titles: tuple[str, ...], language: str) -> str:
    """Say that a section has nothing to show, and which tables would fill it."""
    if not titles:
        return wording.say("figures.nothing", language)
    joined = ("、" if language == "zh" else ", ").join(titles)
    return wording.say("figures.nothing_needs", language, tables=joined)
