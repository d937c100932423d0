"""Heads that are only 一 二 三, Ⅰ Ⅱ Ⅲ or 1 2 3 over columns of grades: which grades they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analysis.intake.context import ROWS_ABOVE
from analysis.intake.found import Findings, Place
from analysis.intake.grid import Grid, cell_name, clean_text
from analysis.intake.headers import HeaderBook

_KINDS = (
    ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"),
    ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"),
    tuple(str(number) for number in range(1, 13)),
)
#: What a word or number alone may stand for, and in which way of writing.
_BARE = {word: (kind, n) for kind, words in enumerate(_KINDS) for n, word in enumerate(words, 1)}
#: Grades a run may begin with.
_STARTS = (1, 6, 7, 10)
#: Cells a run may begin with, as readers give them; looked for in every row, so it must be quick.
_FIRSTS = frozenset(
    {*(words[n - 1] for words in _KINDS for n in _STARTS), "Ⅰ", "Ⅵ", "Ⅶ", "Ⅹ", "１", "７"}
    | {1.0, 6.0, 7.0, 10.0}
)
SHORTEST_RUN = 3
#: Rows of a head above the bare one in which the column of schools and group titles may stand.
_ROWS_OF_HEAD = 2
_PUPILS = re.compile(r"学生数|学生人数|在校生|在校学生|学生情况|分年级学生")
_CLASSES = re.compile(r"班级数|教学班|班数")
#: Quantities and divisions under which such heads mean something else, or may.
_OTHERWISE = re.compile(
    r"招生|毕业|教师|年龄|周岁|[0-9]岁|各班|分班|班级学生|分月|各月|月份|图书|班额"
)
_STAGES = ("小学", "初中", "高中")
_NUMERALS = _KINDS[0]


@dataclass(frozen=True)
class BareGrades:
    """One run of bare heads: its columns, and what each is read as; empty where it is unclear."""

    row: int
    columns: tuple[int, ...]
    said: tuple[str, ...]
    meant: tuple[str, ...]


def spell_out(grid: Grid, book: HeaderBook, found: Findings) -> None:
    """Let the finder of tables read bare heads as grades where that is the only reading.

    A run counts where the head has a column of schools and a title, or a head above it, says
    pupils or classes. Each run is a note, and each column a change; an unclear run is said.
    """
    for run in bare_grades(grid, book):
        place = Place(grid.file, grid.sheet, cell_name(run.row, run.columns[0]))
        said = " ".join(run.said)
        if not run.meant:
            found.add(place, "bare_grades_unclear", "affects", found=said, treatment="left_out")
            continue
        found.add(place, "bare_grades", "note", found=said, grades="、".join(run.meant))
        cells = grid.meant.setdefault(run.row, list(grid.rows[run.row]))
        for column, before, after in zip(run.columns, run.said, run.meant, strict=True):
            cells[column] = after
            place = Place(grid.file, grid.sheet, cell_name(run.row, column))
            found.change(place, "enrolment", "grade", before, after, "bare_grade")


def bare_grades(grid: Grid, book: HeaderBook) -> Iterator[BareGrades]:
    """Yield the runs of bare heads of a sheet that stand in a table of schools."""
    for row, cells in enumerate(grid.rows):
        for column, cell in enumerate(cells):
            if cell in _FIRSTS and _begins_run(cells, column) and _names_schools(grid, book, row):
                yield from _runs(grid, book, row, column)
                break


def _begins_run(cells: list[object], start: int) -> bool:
    marks = [_BARE.get(clean_text(cell)) for cell in cells[start : start + SHORTEST_RUN]]
    first = marks[0]
    return first is not None and marks == [(first[0], first[1] + i) for i in range(SHORTEST_RUN)]


def _names_schools(grid: Grid, book: HeaderBook, row: int) -> bool:
    """Tell whether a row, or the head above it, has the title of a column of schools."""
    titles = [t for r in _head_rows(row) for t in map(clean_text, grid.rows[r]) if t]
    heads = [book.head("schools", t) for t in titles if not t.isdigit()]
    return any(h is not None and h.column in ("school_id", "school_name") for h in heads)


def _head_rows(row: int) -> range:
    return range(max(0, row - _ROWS_OF_HEAD), row + 1)


def _runs(grid: Grid, book: HeaderBook, row: int, start: int) -> Iterator[BareGrades]:
    texts = [clean_text(cell) for cell in grid.rows[row]]
    runs: list[list[int]] = []
    for column in range(start, len(texts)):
        mark = _BARE.get(texts[column])
        if mark is None:
            continue
        before = _BARE[texts[runs[-1][-1]]] if runs and runs[-1][-1] == column - 1 else None
        if before is not None and mark == (before[0], before[1] + 1):
            runs[-1].append(column)
        else:
            runs.append([column])
    runs = [run for run in runs if len(run) >= SHORTEST_RUN and _BARE[texts[run[0]]][1] in _STARTS]
    graded = [head for t in texts if t and (head := book.head("enrolment", t)) is not None]
    has_grade = any(head.column == "grade" and not head.keys for head in graded)
    for run in runs:
        group = _group(grid, row, run)
        if group is None:
            continue  # each has a title of its own above it: the line that numbers the columns
        measure, grouped = _measure(grid, row, group)
        if not measure:
            continue
        numbers = [_BARE[texts[column]][1] for column in run]
        stage = _stage(grid, row, group)
        clear = not has_grade and (len(runs) == 1 or bool(group)) and measure != "either"
        ending = "" if grouped or measure == "pupils" else "班数"
        meant = _grades(numbers, stage) if clear else ()
        yield BareGrades(
            row,
            tuple(run),
            tuple(texts[column] for column in run),
            tuple(f"{word}{ending}" for word in meant),
        )


def _group(grid: Grid, row: int, run: list[int]) -> str | None:
    """Return the one title above a run, "" for none, None where every column has its own."""
    if row == 0:
        return ""
    above = [grid.text(row - 1, column) for column in run]
    titles = list(dict.fromkeys(filter(None, above)))
    if not titles:
        return ""
    # a title over merged cells stands in all of them, one that is not merged in the first
    whole = len(titles) == 1 and (all(above) or not any(above[1:]))
    return titles[0] if whole else None


def titles_above(grid: Grid, row: int) -> Iterator[str]:
    """Yield what stands above a head, the nearest first, then the names of sheet and file."""
    for above in range(row - 1, max(-1, row - 1 - ROWS_ABOVE), -1):
        for column, cell in enumerate(grid.rows[above]):
            if isinstance(cell, str) and (above, column) not in grid.copied:
                yield clean_text(cell)
    yield clean_text(grid.sheet)
    yield clean_text(grid.file.rsplit("/", 1)[-1].rsplit(".", 1)[0])


def said_measure(texts: list[str] | Iterator[str]) -> str:
    """Return pupils or classes, the first that a title says; "either" where one says more."""
    for text in texts:
        words = [name for name, p in (("pupils", _PUPILS), ("classes", _CLASSES)) if p.search(text)]
        if words:
            return words[0] if len(words) == 1 and not _OTHERWISE.search(text) else "either"
    return ""


def _measure(grid: Grid, row: int, group: str) -> tuple[str, bool]:
    """Return what the columns hold, and whether the title right above them says it."""
    own = said_measure([group])
    if own or _OTHERWISE.search(group):
        return own or "either", True
    return said_measure(titles_above(grid, row)), False


def _stage(grid: Grid, row: int, group: str) -> str:
    """Return the stage said nearest by; "both" where a title names several, "" for none."""
    for text in (group, *titles_above(grid, row)):
        stages = [stage for stage in _STAGES if stage in text]
        if stages and "学校名称" not in text and "中心小学" not in text:
            return stages[0] if len(stages) == 1 else "both"
    return ""


def _grades(numbers: list[int], stage: str) -> tuple[str, ...]:
    """Return the grades that a run means in a stage, nothing where it may mean several.

    >>> _grades([1, 2, 3], "初中"), _grades([1, 2, 3], "")
    (('初一', '初二', '初三'), ())
    """
    first, last = numbers[0], numbers[-1]
    words = tuple(f"{_NUMERALS[n - 1]}年级" for n in numbers)
    if first == 1 and last == SHORTEST_RUN and stage in ("初中", "高中"):
        return tuple(f"{stage[0]}{_NUMERALS[n - 1]}" for n in numbers)
    allowed = {
        "小学": first == 1 and last <= 6,
        "初中": first in (6, 7) and last == 9,
        "高中": first == 10 and last == 12,
    }
    if stage in allowed:
        return words if allowed[stage] else ()
    whole = {(1, 5), (1, 6), (1, 9), (6, 9), (7, 9), (10, 12)}
    return words if (first, last) in whole else ()
