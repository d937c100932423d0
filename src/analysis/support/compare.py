"""What changed between two runs: tables row by row, headline by headline."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from analysis.errors import AreaError
from analysis.store import read_table
from analysis.tables import contract

COLUMNS = ["table", "key", "column", "before", "after"]


def _keyed(frame: pd.DataFrame, keys: tuple[str, ...]) -> dict[tuple[str, ...], dict[str, object]]:
    names = list(frame.columns)
    rows = frame.to_dict("records")
    return {
        tuple(str(row[k]) for k in keys): {str(n): row[n] for n in names if n not in keys}
        for row in rows
    }


def _same(left: object, right: object) -> bool:
    both_missing = all(isinstance(value, float) and value != value for value in (left, right))
    return left == right or both_missing


def _table_changes(name: str, left: pd.DataFrame, right: pd.DataFrame) -> list[dict[str, object]]:
    keys = contract(name).keys
    before, after = _keyed(left, keys), _keyed(right, keys)
    found: list[dict[str, object]] = []
    for key in sorted(before.keys() | after.keys()):
        said = " · ".join(key)
        if key not in after or key not in before:
            there = key in before
            found.append(
                {
                    "table": name,
                    "key": said,
                    "column": "*",
                    "before": "row" if there else None,
                    "after": None if there else "row",
                }
            )
            continue
        found += [
            {"table": name, "key": said, "column": c, "before": v, "after": after[key][c]}
            for c, v in before[key].items()
            if not _same(v, after[key][c])
        ]
    return found


def changes(
    before: Path, after: Path, *, skip: tuple[str, ...] = ("demand_paths",)
) -> pd.DataFrame:
    """Compare the tables of two runs cell by cell.

    Parameters
    ----------
    before, after
        Folders ``data/processed/<run>``.
    skip
        Tables not compared cell by cell (the simulated paths are a million rows).

    Returns
    -------
    DataFrame
        ``table, key, column, before, after``; column ``*`` marks a whole row that came or went.

    Raises
    ------
    AreaError
        One of the folders holds no run.
    """
    for folder in (before, after):
        if not (folder / "tables").is_dir():
            msg = f"{folder} holds no run. Runs lie below data/processed."
            raise AreaError(msg)
    names = {path.stem for folder in (before, after) for path in folder.glob("tables/*.parquet")}
    rows: list[dict[str, object]] = []
    for name in sorted(names - set(skip)):
        left, right = (read_table(folder / "tables", name) for folder in (before, after))
        if not left.equals(right):
            rows += _table_changes(name, left, right)
    return pd.DataFrame(rows, columns=COLUMNS)


def headline_changes(before: Path, after: Path) -> dict[str, tuple[object, object]]:
    """Compare two ``summary.json`` files key by key; equal values are left out."""
    left, right = (json.loads(path.read_text("utf-8")) for path in (before, after))
    keys = sorted(set(left) | set(right))
    return {k: (left.get(k), right.get(k)) for k in keys if left.get(k) != right.get(k)}
