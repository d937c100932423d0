"""What the intake says about itself: a report a script can read, and lines a person can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis import wording
from analysis.tables import contract
from analysis.terms import label

if TYPE_CHECKING:
    from analysis.intake.reading import IntakeResult

SEVERITIES = ("blocks", "affects", "note")


def check_report(result: IntakeResult) -> dict[str, object]:
    """Return what was read, found, changed and not used, as values JSON can hold."""
    frames = result.result_tables()
    findings = frames["intake_findings"]
    counts = findings["severity"].value_counts()
    return {
        "tables": {name: len(frame) for name, frame in sorted(result.tables.items())},
        "counts": {severity: int(counts.get(severity, 0)) for severity in SEVERITIES},
        **{
            name.removeprefix("intake_"): [
                {str(k): (None if v != v else v) for k, v in row.items()}
                for row in frame.to_dict("records")
            ]
            for name, frame in frames.items()
        },
    }


def summary_lines(result: IntakeResult, *, language: str, most: int = 20) -> list[str]:
    """Return lines for a terminal: tables read, faults by severity, the first ``most`` faults."""
    lines = [
        wording.say(
            "intake.read_line",
            language,
            table=contract(name).title(language),
            rows=wording.number(len(frame), language, 0),
        )
        for name, frame in sorted(result.tables.items())
    ]
    findings = result.findings
    counts = findings["severity"].value_counts()
    lines.append(
        wording.say(
            "intake.count_line",
            language,
            **{severity: int(counts.get(severity, 0)) for severity in SEVERITIES},
        )
    )
    order = findings["severity"].map({s: i for i, s in enumerate(SEVERITIES)})
    for row in findings.loc[order.sort_values(kind="stable").index].head(most).to_dict("records"):
        lines.append(
            wording.say(
                "intake.finding_line",
                language,
                severity=label("severity", str(row["severity"]), language),
                place="#".join(p for p in (row["file"], row["sheet"]) if p),
                cell=row["cell"] or "-",
                found=row["found"] or "-",
                expected=row[f"expected_{language}"],
                suggestion=row[f"suggestion_{language}"],
            )
        )
    if len(findings) > most:
        lines.append(wording.say("intake.more_line", language, more=len(findings) - most))
    return lines
