"""Follow the links of a workbook as a reader clicks them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl


@dataclass
class Followed:
    """What was found: headlines, links of each kind, and every link that leads nowhere."""

    headlines: int = 0
    tables: int = 0
    rows_read: int = 0
    files: int = 0
    #: Headlines whose trace names source cells, and those that reach them in two clicks.
    with_cells: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)


def follow(path: Path, headlines: str, traces: str, kinds: dict[str, str]) -> Followed:
    """Click every headline, then every link of its block.

    Parameters
    ----------
    headlines, traces
        Names of both sheets.
    kinds
        The words for ``tables`` and ``cells`` in the column of parts.
    """
    book = openpyxl.load_workbook(path)
    found = Followed()
    for row in book[headlines].iter_rows():
        links = [cell for cell in row[:2] if cell.hyperlink]
        if not links:
            continue
        found.headlines += 1
        item = str(row[0].value)
        if len(links) != 2:
            found.broken.append(f"{item}: {len(links)} links")
        for cell in links:  # the headline and its value both open the block
            target = _inside(book, cell, found)
            if target is not None and (target.parent.title, target.value) != (traces, item):
                found.broken.append(f"{item}: opens {target.parent.title}!{target.coordinate}")
        _block(book, path, _inside(book, links[0], found), kinds, found)
    return found


def _block(book: Any, path: Path, head: Any, kinds: dict[str, str], found: Followed) -> None:
    """Follow the links of the block below a headline in the sheet of traces."""
    if head is None:
        return
    item, sheet = str(head.value), head.parent
    back = _inside(book, head, found) if head.hyperlink else None
    if back is None or back.value != item:
        found.broken.append(f"{item}: no way back")
    for row in sheet.iter_rows(min_row=head.row + 1):
        name, kind, words, read = row[:4]
        if name.value != item or name.hyperlink:
            break
        if kind.value == kinds["tables"] and words.hyperlink:
            found.tables += 1
            _any(book, path, words, found)
        if kind.value == kinds["cells"] and "#" in str(words.value):
            found.with_cells.add(item)
            if words.hyperlink:
                found.files += 1
                found.reached.add(item)
                _any(book, path, words, found)
            if read.hyperlink:
                found.rows_read += 1
                target = _inside(book, read, found)
                cells = str(words.value).partition(" — ")[0].partition(":")[0]
                texts = [c.value for c in target.parent[target.row]] if target else []
                if not any(str(text).partition("; ")[0] == cells for text in texts):
                    found.broken.append(f"{item}: {cells} is not at {read.hyperlink.location}")


def _inside(book: Any, cell: Any, found: Followed) -> Any:
    """Return the cell of the workbook a link opens; None and a note where there is none."""
    sheet, _, place = str(cell.hyperlink.location).rpartition("!")
    name = sheet.strip("'")
    if name in book.sheetnames and book[name][place].value is not None:
        return book[name][place]
    found.broken.append(f"{cell.parent.title}!{cell.coordinate} -> {cell.hyperlink.location}")
    return None


def _any(book: Any, path: Path, cell: Any, found: Followed) -> None:
    """Follow a link inside the workbook or to a file beside it."""
    if cell.hyperlink.target is None:
        _inside(book, cell, found)
        return
    target = path.parent / unquote(cell.hyperlink.target)
    if not target.is_file():
        found.broken.append(f"{cell.parent.title}!{cell.coordinate} -> {cell.hyperlink.target}")
