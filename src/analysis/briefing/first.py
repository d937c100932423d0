"""Everything page one shows, gathered from the run's tables."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis import figures, wording
from analysis.briefing.answers import Answer, Entry, answers, entry, without_repeats
from analysis.figures import headline_table
from analysis.figures import page as pictures
from analysis.findings import headlines
from analysis.store import Run


@dataclass(frozen=True)
class Choice:
    """A decision as a page shows it."""

    said: str
    why: str
    when: str
    item: str = ""


@dataclass(frozen=True)
class PageOne:
    """The answers, five findings, three decisions, one picture, one table, every trace."""

    answers: tuple[Answer, ...]
    findings: tuple[Entry, ...]
    decisions: tuple[Choice, ...]
    picture: str
    table: str
    traced: tuple[Entry, ...]

    def heading(self, what: str, language: str) -> str:
        """Return the heading of ``findings`` or ``decisions``: it says how many there are."""
        count = len(self.findings if what == "findings" else self.decisions)
        return wording.say(f"briefing.{what}_{count}" if count else f"briefing.{what}", language)


def with_headlines(run: Run) -> None:
    """Gather headlines and decisions if the last notebook has not written them."""
    if not run.tables.has("headlines"):
        run.save(headlines.headlines(run))


def page_one(run: Run) -> PageOne:
    """Return what page one shows."""
    table = run.tables["headlines"]
    said = table[table[f"sentence_{run.language}"].fillna("") != ""]
    ranked = said[said["finding_rank"].notna()].sort_values("finding_rank")
    found = tuple(entry(run, row) for row in ranked.to_dict("records"))
    return PageOne(
        tuple(without_repeats(answers(run), {e.item for e in found})),
        found,
        tuple(_decisions(run, {e.said for e in found})),
        shown_or_nothing(pictures.picture(run)),
        shown_or_nothing(headline_table.one_table(run)),
        tuple(entry(run, row) for row in said.to_dict("records")),
    )


def _decisions(run: Run, told: set[str]) -> list[Choice]:
    """Return the decisions; a reason that is one of the findings is not said a second time."""
    rows = run.tables["decisions"].sort_values("rank")
    return [
        Choice(
            str(row[f"sentence_{run.language}"]),
            _why(row[f"why_{run.language}"], told),
            _when(run, row["by_year"]),
            str(row["item"]) if pd.notna(row["item"]) else "",
        )
        for row in rows.to_dict("records")
    ]


def _why(why: object, told: set[str]) -> str:
    text = str(why) if isinstance(why, str) else ""
    return "" if text in told else text


def _when(run: Run, by_year: float | None) -> str:
    """Say until when a decision can wait; a year that is past is said to be past."""
    if by_year is None or pd.isna(by_year):
        return ""
    key = "by_when" if by_year > run.parameters.base_year else "overdue"
    return wording.say(f"briefing.{key}", run.language, year=int(by_year))


def shown_or_nothing(shown: figures.Shown) -> str:
    """Return a figure or a table; nothing where there is none: page one says what is missing."""
    return shown_html(shown) if isinstance(shown, (figures.Card, figures.TableCard)) else ""


def shown_html(shown: figures.Shown) -> str:
    """Return a figure, a table or a sentence as HTML."""
    if isinstance(shown, (figures.Card, figures.TableCard)):
        return shown._repr_html_()
    return f'<p class="gap">{shown.data}</p>'
