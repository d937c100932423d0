"""Words of the figures of notebook 40: stages, sources, titles, alternative texts."""

from __future__ import annotations

import pandas as pd

from analysis import terms, wording
from analysis.store import Run
from analysis.tables import contract


def stage_word(run: Run, stage: str) -> str:
    """Return the name of a stage."""
    return terms.label("stage", stage, run.language)


def source(run: Run) -> str:
    """Return the source line: the tables given, with their first and last years."""
    ages = run.tables["input_ages"]
    known = ages[ages["table"].isin(["enrolment", "totals", "births", "housing", "flows"])]
    names = [
        f"{contract(r['table']).title(run.language)} {r['first_year']}-{r['last_year']}"
        for r in known.to_dict("records")
    ]
    return wording.say("forecast.source_model", run.language, tables="; ".join(names) or "-")


def town_names(run: Run) -> dict[str, str]:
    """Return the names of towns by code."""
    towns = run.tables["towns"]
    return dict(zip(towns["town_id"], towns["town_name"], strict=True))


def titled(run: Run, frame: pd.DataFrame, of: str) -> pd.DataFrame:
    """Return a frame with contract titles, scenario columns as words and whole numbers."""
    known = {c.name: c.title(run.language) for c in contract(of).columns}
    scenarios = {str(s): terms.label("scenario", s, run.language) for s in terms.Scenario}
    result = frame.round(0)
    if "stage" in result:
        result = result.assign(stage=[stage_word(run, s) for s in result["stage"]])
    for name in result.columns.intersection(["school_year", "origin_year"]):
        result[name] = result[name].astype(str)
    return result.rename(columns=known | scenarios)


def ends(run: Run, table: pd.DataFrame) -> str:
    """Say the first and last central value of each stage, for the alternative text."""
    parts = []
    for stage, rows in table[table["scenario"] == "central"].groupby("stage"):
        ordered = rows.sort_values("school_year")
        first, last = ordered.iloc[0], ordered.iloc[-1]
        parts.append(
            f"{stage_word(run, str(stage))} {first['school_year']}: "
            f"{wording.number(first['pupils'], run.language)}, {last['school_year']}: "
            f"{wording.number(last['pupils'], run.language)}"
        )
    return "; ".join(parts)


def basis_shown(run: Run, norms: pd.DataFrame) -> str:
    """Return the basis the area states, else the one the rules name, else the first given."""
    stated = "population_basis" in run.area.model_fields_set
    wanted: list[str] = [run.area.population_basis] if stated else []
    norm = run.rules.find("seats_population_basis")
    wanted.append("resident" if norm is None else str(norm.value))
    given = sorted(set(norms["basis"]))
    return next((basis for basis in wanted if basis in given), given[0])


def counted_word(run: Run) -> str:
    """Return the word for numbers that were counted."""
    return wording.say("forecast.counted_word", run.language)
