"""What changed between two runs: headline by headline, and the inputs behind it.

The page "changes since the last run" compares a run with its own last summary; ``xuewei diff A B``
compares any two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import figures, wording
from analysis.briefing.first import shown_html
from analysis.briefing.page import render
from analysis.errors import AreaError
from analysis.findings.headlines import shown_value
from analysis.store import Run, write_json, write_text

PREVIOUS = "summary_previous.json"
_NOT_HEADLINES = ("schema", "run", "missing")
#: What a run was made with, beside its input files and parameters.
_MADE_WITH = ("area", "rules", "version")
_SHARES = ("share", "probability")


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
    """Return the page that sets a run beside its own last one that differed."""
    return render(
        "changes.html.j2",
        title=wording.say("briefing.changes_title", run.language, place=common["place"]),
        first=before is None,
        parts=_parts(before, now, run.language) if before is not None else [],
        **common,
    )


def compare_runs(root: Path, before: str, after: str, language: str = "zh") -> Path:
    """Write ``reports/<after>/changes_<before>.html``: any two runs side by side.

    Parameters
    ----------
    root
        Folder of the project.
    before, after
        Runs below ``reports``; they may be of other scenarios, years or areas.

    Raises
    ------
    AreaError
        One of them has no ``summary.json``.
    """
    summaries = [read_summary(root, name) for name in (before, after)]
    synthetic = any(bool(s.get("run", {}).get("synthetic")) for s in summaries)
    page = render(
        "changes.html.j2",
        language=language,
        title=wording.say("briefing.changes_between", language, before=before, after=after),
        first=False,
        parts=_parts(summaries[0], summaries[1], language),
        place=str(summaries[1].get("run", {}).get(f"name_{language}") or after),
        synthetic=synthetic,
        footer={"sources": [], "facts": [(before, "A"), (after, "B")]},
    )
    return write_text(root / "reports" / after / f"changes_{before}.html", page)


def read_summary(root: Path, name: str) -> dict[str, Any]:
    """Return the summary of a run below ``reports``.

    Raises
    ------
    AreaError
        There is none.
    """
    found = _read(root / "reports" / name / "summary.json")
    if found is None:
        msg = f"reports/{name} 没有 summary.json，请先运行。 It has no summary.json; run it first."
        raise AreaError(msg)
    return found


def changed_items(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the headlines whose value or state differs, or that came or went."""
    keys = [k for k in sorted({*before, *now}) if k not in _NOT_HEADLINES]
    return [k for k in keys if _core(before.get(k)) != _core(now.get(k))]


def _core(item: dict[str, Any] | None) -> tuple[Any, ...] | None:
    return None if item is None else tuple(item.get(k) for k in ("value", "unit", "year", "state"))


def changed_inputs(before: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return what two runs were made from and differs: kind, name, before, now.

    Kinds are ``file`` (a raw file, by its hash), ``parameter`` and ``made`` (area, rule set,
    version of the program), ``missing`` (an input table that was not given).
    """
    left, right = before.get("run", {}), now.get("run", {})
    found = _differing("made", *({k: r.get(k) for k in _MADE_WITH} for r in (left, right)))
    found += _differing("parameter", left.get("parameters", {}), right.get("parameters", {}))
    found += _differing("file", *(_short(r.get("inputs", {})) for r in (left, right)))
    absent = [dict.fromkeys(s.get("missing", ()), "missing") for s in (before, now)]
    return found + _differing("missing", absent[0], absent[1])


def _differing(
    kind: str, before: Mapping[str, Any], now: Mapping[str, Any]
) -> list[tuple[str, str, str, str]]:
    return [
        (kind, key, str(before.get(key, "")), str(now.get(key, "")))
        for key in sorted({*before, *now})
        if before.get(key) != now.get(key)
    ]


def _short(hashes: Mapping[str, str]) -> dict[str, str]:
    return {name: str(value)[:12] for name, value in hashes.items()}


def _parts(before: dict[str, Any], now: dict[str, Any], language: str) -> list[tuple[str, str]]:
    """Return title and content of each part: headlines, inputs, all other numbers."""
    items = changed_items(before, now)
    said = [k for k in items if (now.get(k) or before[k]).get(f"sentence_{language}")]
    rest = [k for k in items if k not in said]
    parts = [
        ("changes_headlines", _items(before, now, said, language)),
        ("changes_inputs", _inputs(before, now, language)),
        ("changes_numbers", _items(before, now, rest, language)),
    ]
    return [(wording.say(f"briefing.{key}", language), body) for key, body in parts if body]


def _items(before: dict[str, Any], now: dict[str, Any], items: list[str], language: str) -> str:
    if not items:
        return ""
    rows = [
        {
            "said": str((now.get(k) or before[k]).get(f"sentence_{language}") or k),
            "before": _written(before.get(k), language),
            "now": _written(now.get(k), language),
            "difference": _difference(before.get(k), now.get(k), language),
        }
        for k in items
    ]
    return _table(rows, "changes_table", language)


def _inputs(before: dict[str, Any], now: dict[str, Any], language: str) -> str:
    rows = [
        {
            "kind": wording.say(f"briefing.changes_kind_{kind}", language),
            "name": name,
            "before": old or "—",
            "now": new or "—",
        }
        for kind, name, old, new in changed_inputs(before, now)
    ]
    if not rows:
        said = wording.say("briefing.changes_same_inputs", language)
        return f'<p class="gap">{said}</p>'
    return _table(rows, "changes_inputs_table", language)


def _table(rows: list[dict[str, str]], title: str, language: str) -> str:
    shown = figures.table(
        pd.DataFrame(rows),
        columns={k: wording.say(f"briefing.changes_{k}", language) for k in rows[0]},
        title=wording.say(f"briefing.{title}", language, changed=len(rows)),
        language=language,
        rows=len(rows),
    )
    return shown_html(shown)


def _written(item: dict[str, Any] | None, language: str) -> str:
    return "—" if item is None else shown_value(dict([("state", None), *item.items()]), language)


def _difference(before: dict[str, Any] | None, now: dict[str, Any] | None, language: str) -> str:
    """Write by how much a number moved: shares in points, money as money, the rest as it counts."""
    values = [None if item is None else item.get("value") for item in (before, now)]
    if any(not isinstance(v, (int, float)) for v in values):
        return "—"
    by = float(values[1] or 0) - float(values[0] or 0)
    unit = str((now or {}).get("unit", ""))
    if unit in _SHARES:
        points = wording.signed(by * 100, language, 1)
        return wording.say("briefing.changes_points", language, points=points)
    if unit == "cny":
        return ("+" if by > 0 else "\N{MINUS SIGN}") + wording.money(abs(by), language)
    return wording.signed(by, language, 0 if by.is_integer() or abs(by) >= 100 else 2)
