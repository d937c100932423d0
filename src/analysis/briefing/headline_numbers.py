"""The headline numbers of a run as documented JSON (see docs/summary-json.md)."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from analysis import __version__, terms, wording
from analysis.store import INPUTS_FILE, Run

SCHEMA = 1


def summary(run: Run) -> dict[str, Any]:
    """Return the headline numbers of a run: ``{item: {value, unit, year, source, ...}}``.

    Besides the items there are ``schema`` (an integer that grows when a key changes its meaning),
    ``run`` (area, parameters, rule set) and ``missing`` (input tables that were not given).
    """
    rows = run.tables["headlines"]
    items = {str(row["item"]): _item(row) for row in rows.to_dict("records")}
    return {"schema": SCHEMA, "run": _run(run), "missing": list(missing_inputs(run)), **items}


def missing_inputs(run: Run) -> tuple[str, ...]:
    """Return the input tables that were not given and whose absence a step has noted.

    Most wanted first. A table that is there but lacks cells is none of them.
    """
    return tuple(name for name in _noted(run) if not run.tables.has(name))


def incomplete_inputs(run: Run) -> tuple[str, ...]:
    """Return the input tables that were given and in which a step missed cells."""
    return tuple(name for name in _noted(run) if run.tables.has(name))


def _noted(run: Run) -> list[str]:
    wanted: dict[str, int] = {}
    for note in run.notes():
        for name in note.missing if note.severity == "gap" else ():
            wanted[name] = wanted.get(name, 0) + 1
    return sorted(wanted, key=lambda name: (-wanted[name], name))


def _run(run: Run) -> dict[str, Any]:
    area = run.area
    return {
        "name": run.parameters.run_name,
        "area": area.name,
        "code": area.code,
        "name_zh": area.name_zh,
        "name_en": area.name_en,
        "level": area.level,
        "rules": run.rules.name,
        "rules_source": run.rules.source,
        "synthetic": area.synthetic,
        "parameters": run.parameters.model_dump(),
        "version": __version__,
        "inputs": _inputs(run),
    }


def _inputs(run: Run) -> dict[str, str]:
    """Return the hash of every raw file the run has read, by its path below the area's folder."""
    try:
        content = json.loads((run.folder / INPUTS_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in content.items()}


def _item(row: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "value": _plain(row["value"]),
        "unit": row["unit"] or "",
        "year": None if pd.isna(row["school_year"]) else int(row["school_year"]),
        "source": row["source"],
    }
    for name, key in (
        ("state", "state"),
        ("stage", "stage"),
        ("area_id", "area_id"),
        ("lower", "lower"),
        ("upper", "upper"),
        ("rule", "rule"),
        ("sentence_zh", "sentence_zh"),
        ("sentence_en", "sentence_en"),
    ):
        value = _plain(row[name])
        if value is not None and value != "":
            given[key] = value
    return given


def _plain(value: Any) -> Any:
    """Return a value JSON can hold; whole numbers lose their point."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 6)
    return value


def parameter_words(run: Run) -> list[tuple[str, str]]:
    """Return the parameters of a run with their names and codes in the run's language."""
    said = []
    for name, value in run.parameters.model_dump().items():
        text = str(value)
        if name == "scenario":
            text = terms.label("scenario", text, run.language)
        elif name == "language":
            text = wording.say(f"briefing.language_{text}", run.language)
        said.append((wording.say(f"briefing.parameter_{name}", run.language), text))
    return said
