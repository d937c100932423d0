"""Find the tables in a sheet: header rows (one or two), the data below, totals and footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from analysis.intake.grid import Grid, clean_text
from analysis.intake.headers import Head, HeaderBook

TOTAL_WORDS = frozenset(
    {"合计", "总计", "共计", "总数", "全县合计", "全市合计", "全镇合计", "total"}
)
SUBTOTAL_WORDS = frozenset({"小计", "subtotal"})
_FOOTNOTE = re.compile(r"^(注|备注|说明|填表|制表|审核|单位负责人|note)", re.IGNORECASE)
MINIMUM_HEADS = 2


@dataclass
class Region:
    """One table found in a sheet."""

    grid: Grid
    table: str
    header_row: int
    heads: dict[int, Head]
    unknown: dict[int, str]
    data_rows: list[int] = field(default_factory=list)
    totals: list[tuple[int, bool]] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)


def _best_table(book: HeaderBook, cells: list[object], named: str | None) -> tuple[str, int]:
    scores = {name: book.score(name, cells) for name in book.tables()}
    best = max(scores, key=lambda name: (scores[name], name == named, name))
    if named and scores[named] >= min(MINIMUM_HEADS, scores[best]) and scores[named] > 0:
        return named, scores[named]
    return best, scores[best]


def _joined(upper: list[object], lower: list[object]) -> list[object]:
    cells: list[object] = []
    for index, low in enumerate(lower):
        high = clean_text(upper[index]) if index < len(upper) else ""
        text = clean_text(low)
        if high and text and high != text:
            cells.append(f"{high}|{text}")
        else:
            cells.append(text or high)
    return cells


def _heads(book: HeaderBook, table: str, cells: list[object]) -> tuple[dict[int, Head], dict]:  # type: ignore[type-arg]
    heads: dict[int, Head] = {}
    unknown: dict[int, str] = {}
    taken: set[tuple[str, int | None]] = set()
    for index, cell in enumerate(cells):
        text = clean_text(cell)
        if not text:
            continue
        head = book.head(table, text)
        if head is None and "|" in text:
            high, low = text.split("|", 1)
            head = book.head(table, f"{high}{low}") or book.head(table, low)
            head = head or book.head(table, high)
        if head is None or (head.column, head.grade) in taken:
            unknown[index] = text
            continue
        taken.add((head.column, head.grade))
        heads[index] = head
    return heads, unknown


def _is_header(book: HeaderBook, cells: list[object], named: str | None) -> tuple[str, int] | None:
    filled = [cell for cell in cells if clean_text(cell)]
    if len(filled) < MINIMUM_HEADS or any(isinstance(cell, (int, float)) for cell in filled):
        return None
    table, score = _best_table(book, cells, named)
    enough = max(MINIMUM_HEADS, len(filled) // 2)
    named_enough = named == table and score >= MINIMUM_HEADS
    return (table, score) if score >= enough or named_enough else None


def regions(grid: Grid, book: HeaderBook) -> Iterator[Region]:
    """Yield the tables of a sheet in order."""
    named = book.table_of_name(grid.sheet) or book.table_of_name(
        grid.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    )
    current: Region | None = None
    row = 0
    while row < len(grid.rows):
        cells = grid.rows[row]
        found = _is_header(book, cells, named)
        if found:
            if current is not None:
                yield current
            current, row = _start(grid, book, row, found, named)
            continue
        if current is not None:
            _take(current, row)
        row += 1
    if current is not None:
        yield current


def _start(
    grid: Grid, book: HeaderBook, row: int, found: tuple[str, int], named: str | None
) -> tuple[Region, int]:
    table, score = found
    heads, unknown = _heads(book, table, grid.rows[row])
    if row + 1 < len(grid.rows):
        below = grid.rows[row + 1]
        if not any(isinstance(cell, (int, float)) for cell in below) and any(
            map(clean_text, below)
        ):
            joined = _joined(grid.rows[row], below)
            two, two_unknown = _heads(book, table, joined)
            again = _is_header(book, joined, named)
            looks_like_heads = not any(clean_text(c)[:1].isdigit() for c in below)
            if (
                again
                and again[0] == table
                and len(two) > max(len(heads), score)
                and (looks_like_heads)
            ):
                return Region(grid, table, row + 1, two, two_unknown), row + 2
    return Region(grid, table, row, heads, unknown), row + 1


def _take(region: Region, row: int) -> None:
    cells = region.grid.rows[row]
    texts = [clean_text(cell) for cell in cells]
    filled = [text for text in texts if text]
    if not filled:
        return
    for text in (text.replace(" ", "").lower() for text in filled[:3]):
        if text in TOTAL_WORDS or text in SUBTOTAL_WORDS:
            region.totals.append((row, text in SUBTOTAL_WORDS))
            return
    if len(filled) == 1 and (_FOOTNOTE.match(filled[0]) or len(region.heads) > MINIMUM_HEADS):
        region.notes.append(row)
        return
    if _FOOTNOTE.match(filled[0]) and len(filled) <= MINIMUM_HEADS:
        region.notes.append(row)
        return
    region.data_rows.append(row)
