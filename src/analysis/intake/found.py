"""Collect what the intake has to say: findings, changes, what was not used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import wording
from analysis.intake.grid import Grid, cell_indices
from analysis.intake.masking import mask
from analysis.intake.refusing import UnreadableFileError
from analysis.tables import contract

if TYPE_CHECKING:
    from analysis.intake.record import Record


#: Findings and changes of one rule in one column that are listed (tool defaults); the rest are
#: counted, so that a fault in every row of a large file neither fills the memory nor the evening.
MOST_ALIKE, MOST_CHANGES_ALIKE = 1_000, 100_000


@dataclass(frozen=True, slots=True)
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
    answered: list[dict[str, object]] = field(default_factory=list)
    grids: dict[tuple[str, str], Grid] = field(default_factory=dict)
    confirmed: set[Place] = field(default_factory=set)
    said: set[tuple[Place, str]] = field(default_factory=set)
    places: set[Place] = field(default_factory=set)
    #: While a big file streams by: findings or changes alike that are listed, fewer than usual.
    most_alike: int | None = None
    alike: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def raw(self, place: Place) -> str:
        """Return what the cell says in the source."""
        grid = self.grids.get((place.file, place.sheet))
        indices = cell_indices(place.cell) if place.cell else None
        return grid.text(*indices) if grid is not None and indices else ""

    def has(self, place: Place) -> bool:
        """Tell whether something was already found at a place."""
        return place in self.places

    def add(
        self,
        place: Place,
        rule: str,
        severity: str,
        *,
        found: object = None,
        table: str = "",
        entity: str = "",
        column: str = "",
        key: str = "",
        treatment: str = "kept",
        words: str = "",
        **values: object,
    ) -> bool:
        """Add a finding; its words come from the catalogue entries ``intake.<rule>_*``.

        ``words`` names other entries for why and suggestion, of one case among those of the rule.

        ``found`` is what the cell says in the source unless given. Nothing is added twice for
        one cell and rule. Returns False where the clerk has confirmed the cell.
        """
        if (place, rule) in self.said:
            return True
        confirmed = place in self.confirmed
        if self._enough("found", place.file, rule, table, column):
            return not confirmed
        self.said.add((place, rule))
        self.places.add(place)
        raw = self.raw(place)
        said = {"found": raw or found or "", **values}
        if found is not None:
            said["found"] = found
        row: dict[str, object] = {
            "finding_id": f"F{len(self.rows) + 1:05d}",
            "file": place.file,
            "sheet": place.sheet,
            "cell": place.cell,
            "table_name": table,
            "entity": entity,
            "column_name": column,
            "rule": rule,
            "found": raw or str(said["found"]),
            "severity": "note" if confirmed else severity,
            "key": key,
            "treatment": "confirmed" if confirmed else treatment,
        }
        for part in ("expected", "why", "suggestion"):
            for language in wording.languages():
                entry = words if words and part != "expected" else rule
                row[f"{part}_{language}"] = wording.say(f"intake.{entry}_{part}", language, **said)
        self.rows.append({k: mask(v) if isinstance(v, str) else v for k, v in row.items()})
        return not confirmed

    def unreadable(self, place: Place, error: UnreadableFileError, severity: str) -> None:
        """Add a finding about a file that is not read, with the words of its reason."""
        self.add(
            place,
            "file_unreadable",
            severity,
            found=place.file.rsplit("/", 1)[-1],
            treatment="left_out",
            words=f"unreadable_{error.reason}",
            **error.values,
        )

    def _enough(self, what: str, file: str, rule: str, table: str, column: str) -> bool:
        mark = (what, file, rule, table, column)
        self.alike[mark] += 1
        return self.alike[mark] > self._most(what)

    def _most(self, what: str) -> int:
        usual = MOST_ALIKE if what == "found" else MOST_CHANGES_ALIKE
        return usual if self.most_alike is None else self.most_alike

    def count_the_rest(self) -> None:
        """Say how many more findings and changes were alike than are listed."""
        counted = dict(self.alike)
        self.alike.clear()
        for (what, file, rule, table, column), number in counted.items():
            most = self._most(what)
            if number <= most:
                continue
            more = number - most
            if what == "change":
                self.change(Place(file), table, column, f"… +{more:,}", f"… +{more:,}", rule)
            else:
                self.said.discard((Place(file), "more_alike"))
                self.add(
                    Place(file),
                    "more_alike",
                    "affects",
                    found=f"+{more:,}",
                    table=table,
                    column=column,
                    rule_name=rule,
                    listed=most,
                )
        self.most_alike = None
        self.alike.clear()

    def doubt(
        self,
        record: Record,
        column: str,
        rule: str,
        *,
        table: str,
        set_aside: bool,
        affects: bool = False,
        **values: Any,
    ) -> None:
        """Add a finding about one value; with ``set_aside`` it counts as missing from then on."""
        treatment = "set_aside" if set_aside else "kept"
        stands = self.add(
            record.place(column),
            rule,
            "affects" if set_aside or affects else "note",
            table=table,
            entity=record.entity(),
            column=column,
            treatment=treatment,
            **values,
        )
        if set_aside and stands:
            record.values[column] = None

    def change(
        self, place: Place, table: str, column: str, before: object, after: object, rule: str
    ) -> None:
        """Record a conversion with both values."""
        if self._enough("change", place.file, rule, table, column):
            return
        self.changed.append(
            {
                "file": place.file,
                "sheet": place.sheet,
                "cell": place.cell,
                "table_name": table,
                "column_name": column,
                "before": mask(str(before)),
                "after": mask(str(after)),
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
                "content": mask(str(content))[:200],
                "rule": rule,
            }
        )

    def size(self) -> tuple[int, ...]:
        """Return how much has been said of each kind; it grows with every word."""
        lists = (self.rows, self.changed, self.unused, self.read, self.answered)
        return tuple(map(len, lists))

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the result tables of the intake."""
        return {
            "intake_findings": contract("intake_findings").frame(self.rows),
            "intake_changes": _distinct("intake_changes", self.changed),
            "intake_unused": _distinct("intake_unused", self.unused),
            "intake_read": contract("intake_read").frame(_counted(self.read)),
            "intake_corrections": _distinct("intake_corrections", self.answered),
        }


def _distinct(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    item = contract(name)
    frame = pd.DataFrame(rows)
    if not frame.empty:
        frame = frame.drop_duplicates(list(item.keys))
    return item.frame(frame)


def _counted(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Add up the rows of several regions of one sheet and table."""
    frame = pd.DataFrame(rows, columns=["file", "sheet", "table_name", "rows"])
    return frame.groupby(["file", "sheet", "table_name"], as_index=False).agg({"rows": "sum"})
