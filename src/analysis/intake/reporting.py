"""What the intake says about itself: a report a script can read, and lines a person can."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from analysis import wording
from analysis.tables import contract
from analysis.terms import label

if TYPE_CHECKING:
    from analysis.intake.reading import IntakeResult

ANSWER_STATUSES = ("applied", "confirmed", "outdated", "no_cell")
SEVERITIES = ("blocks", "affects", "note")
#: Version of the document that ``check_report`` returns; see docs/check-json.md.
SCHEMA_VERSION = 1
_SAID = ("expected", "why", "suggestion")


def check_report(result: IntakeResult, *, language: str = "zh") -> dict[str, object]:
    """Return what was read, found, changed and not used, as values JSON can hold.

    Notes
    -----
    The schema is ``docs/check-json.md``. ``found`` is the cell as it stands in the source;
    ``expected``, ``why`` and ``suggestion`` are in ``language`` and again in both languages.
    """
    frames = result.result_tables()
    findings = frames.pop("intake_findings")
    counts = findings["severity"].value_counts()
    return {
        "version": SCHEMA_VERSION,
        "tables": dict(sorted(result.row_counts().items())),
        "counts": {severity: int(counts.get(severity, 0)) for severity in SEVERITIES},
        "findings": [_finding(row, language) for row in _plain_rows(findings)],
        **{name.removeprefix("intake_"): _plain_rows(frame) for name, frame in frames.items()},
    }


def _plain_rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {str(k): (None if v != v else v) for k, v in row.items()}
        for row in frame.to_dict("records")
    ]


def _finding(row: dict[str, object], language: str) -> dict[str, object]:
    said = {part: row[f"{part}_{language}"] for part in _SAID}
    return {
        "file": row["file"],
        "sheet": row["sheet"] or "",
        "cell": row["cell"] or "",
        "table": row["table_name"] or "",
        "entity": row["entity"] or "",
        "found": row["found"] or "",
        **said,
        "severity": row["severity"],
        "rule": row["rule"],
        "column": row["column_name"] or "",
        "treatment": row["treatment"] or "",
        **{f"{part}_{lang}": row[f"{part}_{lang}"] for part in _SAID for lang in ("zh", "en")},
    }


def summary_lines(result: IntakeResult, *, language: str, most: int = 20) -> list[str]:
    """Return lines for a terminal: tables read, faults by severity, the first ``most`` faults."""
    lines = [
        wording.say(
            "intake.read_line",
            language,
            table=contract(name).title(language),
            rows=wording.number(rows, language, 0),
        )
        for name, rows in sorted(result.row_counts().items())
    ]
    if not lines:
        lines.append(wording.say("intake.no_files", language))
    findings = result.findings
    counts = findings["severity"].value_counts()
    lines.append(
        wording.say(
            "intake.count_line",
            language,
            **{severity: int(counts.get(severity, 0)) for severity in SEVERITIES},
        )
    )
    if result.found.answered:
        met = Counter(str(row["status"]) for row in result.found.answered)
        said = {status: met[status] for status in ANSWER_STATUSES}
        lines.append(wording.say("intake.answers_line", language, **said))
    order = findings["severity"].map({s: i for i, s in enumerate(SEVERITIES)})
    rows = findings.loc[order.sort_values(kind="stable").index].head(most).to_dict("records")
    lines += [_line({str(k): v for k, v in row.items()}, language) for row in rows]
    if len(findings) > most:
        lines.append(wording.say("intake.more_line", language, more=len(findings) - most))
    return lines


def _line(row: dict[str, object], language: str) -> str:
    return wording.say(
        "intake.finding_line",
        language,
        severity=label("severity", str(row["severity"]), language),
        place="#".join(str(p) for p in (row["file"], row["sheet"]) if p and p == p),
        cell=row["cell"] or "-",
        found=row["found"] or "-",
        expected=row[f"expected_{language}"],
        suggestion=row[f"suggestion_{language}"],
    )
