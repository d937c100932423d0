"""What a step gives back: tables, and notes about what could not be said."""

from __future__ import annotations

import html
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

import pandas as pd

from analysis.tables.registry import contract, contracts
from analysis.tables.shown import list_of_tables


@dataclass(frozen=True)
class Note:
    """Something a reader must know: a catalogue key, the values in it, the tables that would help.

    ``key`` is an entry of the wording catalogue; ``missing`` names input tables whose arrival
    would let the step say more; ``severity`` is ``info``, ``caution`` or ``gap``.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    severity: str = "info"


@dataclass(frozen=True)
class StepResult:
    """Tables (each valid by its contract) and notes of one question."""

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        """Hold every table to its contract at once."""
        for name, frame in self.tables.items():
            contract(name).validate(frame)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return one of the tables."""
        return self.tables[name]

    def _ipython_key_completions_(self) -> list[str]:
        return sorted(self.tables)

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(n.key)}</li>" for n in self.notes)
        listed = list_of_tables((name, len(frame)) for name, frame in self.tables.items())
        return f"{listed}<ul>{notes}</ul>" if notes else listed


class Tables(Mapping[str, pd.DataFrame]):
    """Tables by name; one that is absent reads as its empty contract frame.

    A table is also an attribute, so that a notebook completes its name.

    >>> tables = Tables({"towns": contract("towns").frame([{"town_id": "1", "town_name": "甲镇"}])})
    >>> tables.towns["town_name"].tolist()
    ['甲镇']
    >>> tables
    Tables(towns)
    >>> "births" in tables, len(tables.births), "births" in dir(tables)
    (False, 0, True)
    """

    def __init__(self, frames: Mapping[str, pd.DataFrame] | None = None) -> None:
        self._frames: Mapping[str, pd.DataFrame] = frames if frames is not None else {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return the table, or the empty frame of its contract."""
        if name in self._frames:
            return self._frames[name]
        return contract(name).empty()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of tables that are present."""
        return iter(self._frames)

    def __len__(self) -> int:
        """Count the tables that are present."""
        return len(self._frames)

    def __getattr__(self, name: str) -> pd.DataFrame:
        """Return the table of that name."""
        if name.startswith("_") or name not in contracts():
            raise AttributeError(name)
        return self[name]

    def __dir__(self) -> list[str]:
        """List methods and every table there is a contract for."""
        return sorted({*super().__dir__(), *contracts()})

    def _ipython_key_completions_(self) -> list[str]:
        return sorted(self)

    def __repr__(self) -> str:
        """Name the tables that are present."""
        return f"Tables({', '.join(self)})"

    def _repr_html_(self) -> str:
        counted = getattr(self._frames, "rows_of", lambda name: len(self._frames[name]))
        return list_of_tables((name, counted(name)) for name in self)

    def __contains__(self, name: object) -> bool:
        """Tell whether the table is present."""
        return name in self._frames

    def has(self, *names: str) -> bool:
        """Tell whether every one of ``names`` is present and has rows."""
        return all(name in self._frames and not self._frames[name].empty for name in names)

    def missing(self, *names: str) -> tuple[str, ...]:
        """Return those of ``names`` that are absent or empty."""
        return tuple(name for name in names if not self.has(name))

    def with_tables(self, more: Mapping[str, pd.DataFrame]) -> Tables:
        """Return these tables with ``more`` added or replaced."""
        return Tables(ChainMap(dict(more), cast("dict[str, pd.DataFrame]", self._frames)))
