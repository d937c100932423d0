"""Briefings: HTML pages, workbook, Word, headline numbers, and the index of all areas.

What each function needs is imported when it is called: a kernel that only executes notebooks
does not have to load nbconvert, Word and Excel writers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.briefing.light_imports import keep_light

if TYPE_CHECKING:
    from analysis.store import Run

__all__ = ["compare_runs", "error_page", "export", "publish", "summary", "write_index"]

keep_light()


def export(run: Run) -> dict[str, Path]:
    """Write everything a run leaves in ``reports/<run>``; see ``briefing.exporting``."""
    from analysis.briefing import exporting

    return exporting.export(run)


def compare_runs(root: Path, before: str, after: str, language: str = "zh") -> Path:
    """Write the page of changes between any two runs; see ``briefing.changes``."""
    from analysis.briefing import changes

    return changes.compare_runs(root, before, after, language)


def publish(run: Run) -> dict[str, Path]:
    """Write the public edition, small counts suppressed; see ``briefing.public``."""
    from analysis.briefing import public

    return public.publish(run)


def summary(run: Run) -> dict[str, Any]:
    """Return the headline numbers of a run; see ``briefing.headline_numbers``."""
    from analysis.briefing import headline_numbers

    return headline_numbers.summary(run)


def write_index(root: Path) -> Path:
    """Write ``reports/index.html`` from every ``reports/*/summary.json`` and ``status.json``."""
    from analysis.briefing import index

    return index.write_index(root)


def error_page(run_name: str, title: str, language: str, error: BaseException, root: Path) -> Path:
    """Write the page of a run that failed: what went wrong, in one paragraph, and what to do.

    Parameters
    ----------
    run_name
        Folder below ``reports``.
    title
        Name of the area in the run's language.
    error
        What stopped the run; its message is shown, a traceback is not.
    """
    from analysis import wording
    from analysis.briefing.page import render
    from analysis.store import write_text

    page = render(
        "error.html.j2",
        language=language,
        title=wording.say("briefing.error_title", language, place=title),
        problem=f"{type(error).__name__}: {error}",
        run_name=run_name,
    )
    return write_text(root / "reports" / run_name / "error.html", page)
