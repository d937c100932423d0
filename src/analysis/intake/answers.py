"""The clerk's answers: a returned corrections.xlsx becomes dated corrections, each with a guard."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.intake.found import Findings, Place
from analysis.intake.grid import Grid, cell_indices, clean_text, grids
from analysis.intake.refusing import UnreadableFileError
from analysis.tables import contract

COLUMNS = ("file", "sheet", "cell", "found", "answer", "date", "responsible")
_ANSWER = ("file", "sheet", "cell", "answer")
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
    "答复日期": "date",
    "date": "date",
    "责任人": "responsible",
    "by": "responsible",
}
#: Answers that say the value is right as it stands.
CONFIRMING = frozenset(
    {
        "确认",
        "属实",
        "无误",
        "正确",
        "核实无误",
        "原数正确",
        "confirm",
        "confirmed",
        "ok",
        "correct",
    }
)


def is_answers(name: str) -> bool:
    """Tell whether a raw file is a correction sheet that came back."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0].lower()
    return stem.startswith(("corrections", "更正")) or stem.endswith(("_corrections", "_更正单"))


def read(files: Mapping[str, bytes], found: Findings) -> pd.DataFrame:
    """Return the answers given in the correction sheets among the files."""
    rows: list[dict[str, str]] = []
    for name in sorted(files):
        if not is_answers(name):
            continue
        try:
            for grid in grids(name, files[name])[0]:
                rows += _answers(grid.rows)
        except UnreadableFileError as error:
            found.unreadable(Place(name), error, "affects")
    given = pd.DataFrame(rows, columns=list(COLUMNS))
    return given.drop_duplicates(["file", "sheet", "cell"], keep="last")


def waiting(content: bytes, found: Findings) -> int:
    """Return how many answers a correction sheet holds that no reading has met yet.

    Such a sheet has been filled in where it was written and not put back into the area's folder;
    a new one in its place would lose the answers.
    """
    given = read({"corrections.xlsx": content}, Findings())
    met = {tuple(str(row[c]) for c in _ANSWER) for row in found.answered}
    return sum(tuple(str(row[c]) for c in _ANSWER) not in met for row in given.to_dict("records"))


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


def apply(given: pd.DataFrame, grids_read: Mapping[tuple[str, str], Grid], found: Findings) -> None:
    """Put answers into the cells they are for, before anything is read from them.

    An answer holds only while its cell still says what was found; once the source is corrected the
    answer is refused, so that it can never overwrite the correction. An answer that confirms a
    value keeps it and settles the findings about it.
    """
    for answer in given.to_dict("records"):
        place = Place(str(answer["file"]), str(answer["sheet"]), str(answer["cell"]))
        status = _apply_one(place, answer, grids_read, found)
        found.answered.append({**{str(k): v for k, v in answer.items()}, "status": status})


def _apply_one(
    place: Place,
    answer: Mapping[object, object],
    grids_read: Mapping[tuple[str, str], Grid],
    found: Findings,
) -> str:
    said = str(answer["answer"])
    grid = grids_read.get((place.file, place.sheet))
    indices = cell_indices(place.cell)
    if grid is None or indices is None or not _inside(grid, *indices):
        found.add(place, "answer_without_cell", "note", found=said)
        return "no_cell"
    row, column = indices
    now = grid.text(row, column)
    if now != answer["found"]:
        found.add(
            place, "answer_outdated", "note", found=now or "—", answer=said, was=answer["found"]
        )
        return "outdated"
    if said.lower() in CONFIRMING or said == now:
        found.confirmed.add(place)
        return "confirmed"
    grid.rows[row][column] = said
    found.change(place, "", "", answer["found"], said, "answer")
    return "applied"


def _inside(grid: Grid, row: int, column: int) -> bool:
    if not 0 <= row < len(grid.rows):
        return False
    cells = grid.rows[row]
    if column >= len(cells) and column < max(map(len, grid.rows)):
        cells += [None] * (column + 1 - len(cells))
    return 0 <= column < len(cells)


def as_table(found: Findings) -> pd.DataFrame:
    """Return the answers as the canonical table ``answers``."""
    item = contract("answers")
    rows = [
        {**{c: row[c] for c in COLUMNS}, "source": str(row["status"])}
        for row in found.answered
        if row["sheet"]
    ]
    return item.frame(pd.DataFrame(rows).drop_duplicates(["file", "sheet", "cell"]) if rows else [])
