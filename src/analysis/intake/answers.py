"""The clerk's answers: a returned corrections.xlsx becomes dated corrections, each with a guard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import IntakeError
from analysis.intake.cells import parse
from analysis.intake.found import Findings, Place
from analysis.intake.grid import clean_text, grids
from analysis.tables import contract

if TYPE_CHECKING:
    from analysis.intake.reading import Record

COLUMNS = ("file", "sheet", "cell", "found", "answer")
_HEADS = {
    "文件": "file",
    "file": "file",
    "工作表": "sheet",
    "sheet": "sheet",
    "单元格": "cell",
    "cell": "cell",
    "原值": "found",
    "found": "found",
    "答复": "answer",
    "answer": "answer",
}


def is_answers(name: str) -> bool:
    """Tell whether a raw file is a correction sheet that came back."""
    return name.rsplit("/", 1)[-1].lower().startswith(("corrections", "更正"))


def read(files: Mapping[str, bytes], found: Findings) -> pd.DataFrame:
    """Return the answers given in the correction sheets among the files."""
    rows: list[dict[str, str]] = []
    for name in sorted(files):
        if not is_answers(name):
            continue
        try:
            for grid in grids(name, files[name]):
                rows += _answers(grid.rows)
        except IntakeError as error:
            found.add(Place(name), "file_unreadable", "affects", found=str(error))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _answers(rows: list[list[object]]) -> list[dict[str, str]]:
    for top, cells in enumerate(rows):
        heads = {i: _HEADS.get(clean_text(c).lower()) for i, c in enumerate(cells)}
        if {"file", "cell", "answer"} <= set(heads.values()):
            given = []
            for row in rows[top + 1 :]:
                values = {h: clean_text(row[i]) for i, h in heads.items() if h and i < len(row)}
                if values.get("answer"):
                    given.append({column: values.get(column, "") for column in COLUMNS})
            return given
    return []


def apply(given: pd.DataFrame, records: dict[str, list[Record]], found: Findings) -> None:
    """Put answers into the records; an answer whose source cell has changed is refused."""
    cells = {
        (r.file, r.sheet, r.place(column).cell): (table, r, column)
        for table, rows in records.items()
        for r in rows
        for column in r.columns
    }
    for answer in given.to_dict("records"):
        place = Place(str(answer["file"]), str(answer["sheet"]), str(answer["cell"]))
        target = cells.get((place.file, place.sheet, place.cell))
        if target is None:
            found.add(place, "answer_without_cell", "note", found=answer["answer"])
            continue
        table, record, column = target
        before = record.values.get(column)
        wanted = parse(contract(table)[column], answer["found"]).value
        if before is not None and before != wanted:
            found.add(
                place,
                "answer_outdated",
                "note",
                found=str(before),
                table=table,
                entity=record.entity(),
                column=column,
                answer=answer["answer"],
                was=answer["found"],
            )
            continue
        parsed = parse(contract(table)[column], answer["answer"])
        if parsed.problem or parsed.value is None:
            found.add(place, "answer_unreadable", "note", found=answer["answer"], table=table)
            continue
        record.values[column] = parsed.value
        found.change(place, table, column, answer["found"], parsed.value, "answer")
