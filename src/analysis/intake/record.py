"""One canonical row of what was sent in, and the cells its values came from."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.intake.found import Place
from analysis.intake.grid import cell_name


@dataclass(slots=True)
class Record:
    """A canonical row; ``columns`` tells which column of the sheet each value stands in.

    ``others`` holds rows of other sheets that gave some of the values, ``was`` the former code of
    a place that has changed, ``joined`` the rows added to this one because of such a change.
    """

    table: str
    values: dict[str, object]
    file: str
    sheet: str
    row: int
    columns: dict[str, int] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    others: dict[str, Record] = field(default_factory=dict)
    was: str = ""
    joined: list[Record] = field(default_factory=list)
    head_row: int = -1
    added: tuple[str, ...] = ()

    def place(self, column: str = "") -> Place:
        """Return the cell of a column, or the cell the record is known by."""
        if column in self.others:
            return self.others[column].place(column)
        if self.row < 0:
            return Place(self.file, self.sheet)
        index = self.columns.get(column)
        if index is None:
            index = next((self.columns[c] for c in self.own if c in self.columns), None)
        if index is None:
            index = min(self.columns.values(), default=0)
        return Place(self.file, self.sheet, cell_name(self.row, index))

    def entity(self) -> str:
        """Return the school or town the row is about."""
        if self.table == "gap_items":
            named = (self.values.get("school_name"), self.values.get("item"))
            return " ".join(str(part) for part in named if part)
        for column in ("school_name", "school_id", "town_name", "town_id", "project_name"):
            if self.values.get(column):
                return str(self.values[column])
        return str(self.values.get("indicator") or "")

    def number(self, column: str) -> float | None:
        """Return a value as a number, None where it is missing."""
        value = self.values.get(column)
        return float(value) if isinstance(value, (int, float)) else None
