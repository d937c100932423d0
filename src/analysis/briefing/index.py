"""``reports/index.html``: every area, its status and headline numbers, to search and compare."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import terms, wording
from analysis.briefing.page import render
from analysis.findings.headlines import shown_value
from analysis.store import write_text

STAGES = ("primary", "junior")


@dataclass(frozen=True)
class Cell:
    """One cell of the index: what is shown, what it is sorted by, how it looks."""

    text: str
    value: str = ""
    look: str = ""


@dataclass(frozen=True)
class Row:
    """One run of the index."""

    name: str
    title: str
    link: str
    state: str
    state_word: str
    reason: str
    synthetic: bool
    cells: tuple[Cell, ...]


def write_index(root: Path) -> Path:
    """Write ``reports/index.html`` from every ``reports/*/summary.json`` and ``status.json``."""
    folder = root / "reports"
    found = sorted(
        {p.parent for name in ("summary.json", "status.json") for p in folder.glob(f"*/{name}")}
    )
    return write_text(folder / "index.html", index_page([_read(path) for path in found]))


def _read(folder: Path) -> tuple[str, dict[str, Any], dict[str, Any]]:
    return folder.name, _json(folder / "summary.json"), _json(folder / "status.json")


def _json(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file; one that is absent or broken reads as empty."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def index_page(runs: list[tuple[str, dict[str, Any], dict[str, Any]]], language: str = "zh") -> str:
    """Return the index of some runs (name, summary, status)."""
    rows = [_row(name, content, status, language) for name, content, status in runs]
    rows.sort(key=lambda row: (row.state != "failed", row.title, row.name))
    states = {s: sum(row.state == s for row in rows) for s in ("done", "failed", "running")}
    return render(
        "index.html.j2",
        language=language,
        title=wording.say("briefing.index_title", language),
        rows=rows,
        states=states,
        heads=[wording.say(f"briefing.index_{key}", language) for key in _HEADS],
        script="index.js",
    )


_HEADS = (
    "pupils_primary",
    "pupils_junior",
    "short_primary",
    "short_junior",
    "spare_primary",
    "spare_junior",
    "probability",
    "verdict",
    "projects",
    "cost",
    "base_year",
    "rules",
    "cautions",
)


def _row(name: str, content: dict[str, Any], status: dict[str, Any], language: str) -> Row:
    run = content.get("run", {})
    title = str(run.get(f"name_{language}") or status.get(f"title_{language}") or name)
    state = str(status.get("state") or ("done" if content else "unknown"))
    state = {"ok": "done", "error": "failed"}.get(state, state)
    return Row(
        name,
        title,
        f"{name}/briefing.html" if content or state != "failed" else f"{name}/error.html",
        state,
        wording.say(f"briefing.state_run_{state}", language)
        if state in ("done", "failed", "running")
        else "—",
        str(status.get("problem") or status.get("error") or ""),
        bool(run.get("synthetic") or status.get("synthetic")),
        tuple(_cells(content, language)),
    )


def _cells(content: dict[str, Any], language: str) -> list[Cell]:
    run = content.get("run", {})
    parameters = run.get("parameters", {})
    base = parameters.get("base_year")
    end = base + parameters.get("plan_years", 0) if base else None
    cells = [_pupils(content, s, base, language) for s in STAGES]
    cells += [_short(content, s, end, language) for s in STAGES]
    cells += [_number(content, f"seats_spare.{s}.{end}", language, "spare") for s in STAGES]
    chances = [content.get(f"probability_short.{s}", {}).get("value") for s in STAGES]
    known = [c for c in chances if c is not None]
    cells.append(
        Cell(wording.probability(max(known), language), str(max(known))) if known else _NONE
    )
    cells.append(_verdict(content, language))
    cells += [_number(content, key, language) for key in ("plan_projects", "plan_cost")]
    cells.append(Cell(str(base or "—"), str(base or "")))
    cells.append(Cell(str(run.get("rules", "—"))))
    missing = content.get("missing", [])
    cells.append(Cell(str(len(missing)), str(len(missing))) if content else _NONE)
    return cells


_NONE = Cell("—")


def _number(content: dict[str, Any], key: str, language: str, look: str = "") -> Cell:
    item = content.get(key)
    if not item or item.get("value") is None:
        return _NONE
    value = item["value"]
    text = shown_value(item, language) if item["unit"] == "cny" else wording.number(value, language)
    return Cell(text, str(value), look if value else "")


def _pupils(content: dict[str, Any], stage: str, base: int | None, language: str) -> Cell:
    """Return the pupils counted last; their year stands beside them where it is not the base."""
    item = content.get(f"pupils.{stage}")
    if not item or item.get("value") is None:
        return _number(content, f"seats_required.{stage}.{base}", language)
    said = wording.number(item["value"], language)
    if item.get("year") != base:
        said = wording.say(
            "briefing.index_counted", language, pupils=said, year=str(item.get("year") or "—")
        )
    return Cell(said, str(item["value"]))


def _short(content: dict[str, Any], stage: str, end: int | None, language: str) -> Cell:
    """Return the shortage at the end of the plan, and the worst year before it where larger."""
    at_end = _number(content, f"seats_short.{stage}.{end}", language, "short")
    worst = content.get(f"worst_year.{stage}")
    if not worst or worst["value"] <= float(at_end.value or 0):
        return at_end
    said = wording.say(
        "briefing.index_worst",
        language,
        worst=wording.number(worst["value"], language),
        year=worst["year"],
        end=at_end.text,
    )
    return Cell(said, str(worst["value"]), "short")


def _verdict(content: dict[str, Any], language: str) -> Cell:
    state = content.get("verdict.overall.all", {}).get("state")
    return Cell(terms.label("verdict", state, language), state, state) if state else _NONE
