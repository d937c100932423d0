"""What changed since the last run of the same area and parameters: headline by headline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import figures, wording
from analysis.briefing.first import shown_html
from analysis.briefing.page import render
from analysis.findings.headlines import shown_value
from analysis.store import Run, write_json

PREVIOUS = "summary_previous.json"
_NOT_HEADLINES = ("schema", "run", "missing")


def keep_previous(run: Run, now: dict[str, Any]) -> dict[str, Any] | None:
    """Keep the last summary that differs from this one, and return it (None if there is none)."""
    stored, previous = run.reports / "summary.json", run.reports / PREVIOUS
    before = _read(stored)
    if before is not None and before != now:
        write_json(previous, before)
        return before
    return _read(previous)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def changes_page(
    run: Run, before: dict[str, Any] | None, now: dict[str, Any], common: dict[str, Any]
) -> str:
    """Return the page that sets the headlines of two runs side by side."""
    return render(
        "changes.html.j2",
        title=wording.say("briefing.changes_title", run.language, place=common["place"]),
        first=before is None,
        body=shown_html(_table(run, before, now)) if before is not None else "",
        **common,
    )


def changed_items(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the headlines whose value or state differs, or that came or went."""
    keys = [k for k in sorted({*before, *now}) if k not in _NOT_HEADLINES]
    return [k for k in keys if _core(before.get(k)) != _core(now.get(k))]


def _core(item: dict[str, Any] | None) -> tuple[Any, ...] | None:
    return None if item is None else tuple(item.get(k) for k in ("value", "unit", "year", "state"))


def _table(run: Run, before: dict[str, Any], now: dict[str, Any]) -> figures.Shown:
    items = changed_items(before, now)
    if not items:
        return figures.nothing(run)
    language = run.language
    rows = [
        {
            "item": key,
            "said": str((now.get(key) or before[key]).get(f"sentence_{language}", "—")),
            "before": _written(before.get(key), language),
            "now": _written(now.get(key), language),
            "difference": _difference(before.get(key), now.get(key)),
        }
        for key in items
    ]
    titles = {k: wording.say(f"briefing.changes_{k}", language) for k in rows[0]}
    return figures.table(
        pd.DataFrame(rows),
        columns=titles,
        title=wording.say("briefing.changes_table", language, changed=len(items)),
        language=language,
        synthetic=run.area.synthetic,
        rows=len(rows),
    )


def _written(item: dict[str, Any] | None, language: str) -> str:
    return "—" if item is None else shown_value(dict([("state", None), *item.items()]), language)


def _difference(before: dict[str, Any] | None, now: dict[str, Any] | None) -> str:
    values = [None if item is None else item.get("value") for item in (before, now)]
    if any(not isinstance(v, (int, float)) for v in values):
        return "—"
    return wording.signed(float(values[1] or 0) - float(values[0] or 0), digits=2)
