"""Collect what the intake has to say: findings, changes, what was not used."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from analysis import wording
from analysis.tables import contract


@dataclass(frozen=True)
class Place:
    """Where something stands."""

    file: str
    sheet: str = ""
    cell: str = ""


@dataclass
class Findings:
    """A list that grows while files are read."""

    rows: list[dict[str, object]] = field(default_factory=list)
    changed: list[dict[str, object]] = field(default_factory=list)
    unused: list[dict[str, object]] = field(default_factory=list)
    read: list[dict[str, object]] = field(default_factory=list)

    def add(
        self,
        place: Place,
        rule: str,
        severity: str,
        *,
        found: object = "",
        table: str = "",
        entity: str = "",
        column: str = "",
        key: str = "",
        **values: object,
    ) -> None:
        """Add a finding; its words come from the catalogue entries ``intake.<rule>_*``."""
        said = {"found": found, **values}
        row: dict[str, object] = {
            "finding_id": f"F{len(self.rows) + 1:05d}",
            "file": place.file,
            "sheet": place.sheet,
            "cell": place.cell,
            "table_name": table,
            "entity": entity,
            "column_name": column,
            "rule": rule,
            "found": str(found),
            "severity": severity,
            "key": key,
        }
        for part in ("expected", "why", "suggestion"):
            for language in wording.languages():
                row[f"{part}_{language}"] = wording.say(f"intake.{rule}_{part}", language, **said)
        self.rows.append(row)

    def change(
        self, place: Place, table: str, column: str, before: object, after: object, rule: str
    ) -> None:
        """Record a conversion with both values."""
        self.changed.append(
            {
                "file": place.file,
                "sheet": place.sheet,
                "cell": place.cell,
                "table_name": table,
                "column_name": column,
                "before": str(before),
                "after": str(after),
                "rule": rule,
            }
        )

    def leave(self, place: Place, content: object, rule: str) -> None:
        """Record something that is not used."""
        self.unused.append(
            {
                "file": place.file,
                "sheet": place.sheet,
                "cell": place.cell,
                "content": str(content)[:200],
                "rule": rule,
            }
        )

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the result tables of the intake."""
        changes = pd.DataFrame(self.changed)
        if not changes.empty:
            changes = changes.drop_duplicates(["file", "sheet", "cell"])
        unused = pd.DataFrame(self.unused)
        if not unused.empty:
            unused = unused.drop_duplicates(["file", "sheet", "cell"])
        return {
            "intake_findings": contract("intake_findings").frame(self.rows),
            "intake_changes": contract("intake_changes").frame(changes),
            "intake_unused": contract("intake_unused").frame(unused),
            "intake_read": contract("intake_read").frame(self.read),
        }
