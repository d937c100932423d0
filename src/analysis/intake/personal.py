"""Personal data of pupils and parents in what was sent: said once a column, repeated nowhere.

Identity numbers are recognised by their form and check digit (GB 11643-1999), mobile numbers by
their form, names and addresses by the header over them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from analysis.intake.found import Findings, Place
from analysis.intake.grid import Grid, cell_name, clean_text
from analysis.intake.masking import MOBILE, RESIDENT_ID
from analysis.intake.regions import Region
from analysis.tables import contract

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
#: Headers of columns about single children or their parents; staff of the school are not meant.
_HEADER = re.compile(
    r"^(?:学生|幼儿|儿童|孩子|考生|家长|父亲|母亲|监护人|户主)?"
    r"(?:姓名|身份证(?:件)?号码?|公民身份号码|身份证|证件号码?|学籍号|全国学籍号|手机号?码?|移动电话)$"
    r"|^(?:家长|父亲|母亲|监护人|家庭)(?:联系)?(?:电话|手机|方式|住址|地址|信息).{0,4}$"
)
_HEADER_ROWS = 30
#: Shortest text that can hold such a number, and the numbers that read like a mobile number.
_SCAN_FROM, _MOBILE_FROM, _MOBILE_TO = 11, 1.3e10, 2e10


def is_resident_id(text: str) -> bool:
    """Tell whether a text is an identity number with the right check digit (GB 11643-1999).

    >>> is_resident_id("11010519491231002X"), is_resident_id("110105194912310021")
    (True, False)
    """
    if not RESIDENT_ID.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False))
    return _CHECK[total % 11] == text[17].upper()


def scan(grid: Grid, found: Findings) -> None:
    """Report columns with identity numbers, mobile numbers, or a header of such, once each."""
    numbers: dict[tuple[int, str], list[int]] = {}
    for row, cells in enumerate(grid.rows):
        for column, cell in enumerate(cells):
            kind = _kind(cell)
            if kind:
                numbers.setdefault((column, kind), []).append(row)
    told: set[int] = set()
    for (column, kind), rows in numbers.items():
        told.add(column)
        say(grid, cell_name(rows[0], column), kind, len(rows), found)
    for row, column, title in _headers(grid):
        if column not in told:
            told.add(column)
            filled = sum(1 for r in range(row + 1, len(grid.rows)) if grid.text(r, column))
            say(grid, cell_name(row, column), "personal_column", filled, found, title)


def say(
    grid: Grid, cell: str, rule: str, count: int, found: Findings, title: object = "***"
) -> None:
    """Report one column; the numbers themselves are quoted nowhere."""
    place = Place(grid.file, grid.sheet, cell)
    found.add(place, rule, "note", found=title, treatment="left_out", count=count)
    found.leave(place, title, "personal_data")


def _kind(cell: object) -> str:
    if isinstance(cell, str):
        if len(cell) < _SCAN_FROM:
            return ""
        text = clean_text(cell)
        if any(is_resident_id(match[0]) for match in RESIDENT_ID.finditer(text)):
            return "resident_ids"
        return "mobile_numbers" if MOBILE.search(text) else ""
    if isinstance(cell, float) and _MOBILE_FROM <= cell < _MOBILE_TO and cell.is_integer():
        # a number of money or people is no mobile number, but one that reads like it is said
        return "mobile_numbers" if MOBILE.fullmatch(str(int(cell))) and cell % 1000 else ""
    return ""


def _headers(grid: Grid) -> Iterable[tuple[int, int, str]]:
    for row in range(min(_HEADER_ROWS, len(grid.rows))):
        for column, cell in enumerate(grid.rows[row]):
            if not isinstance(cell, str) or (row, column) in grid.copied:
                continue
            if is_personal_header(cell) and grid.text(row + 1, column):
                yield row, column, clean_text(cell)


def is_personal_header(title: object) -> bool:
    """Tell whether a header is about single pupils or their parents."""
    return bool(_HEADER.match(re.sub(r"\s|[（(].*?[)）]", "", clean_text(title))))


def is_pupil_list(region: Region) -> bool:
    """Tell whether a table lists single pupils: a column of names or numbers, and no quantity."""
    titles = [*region.unknown.values()]
    if not any(is_personal_header(part) for title in titles for part in title.split("|")):
        return False
    for part in region.parts:
        item = contract(part.table)
        for head in part.heads.values():
            column = item[head.column] if head.column in item.names else None
            if column is not None and column.kind in ("count", "number", "share"):
                return head.column == "classes" and _all_text(region, part.heads, head.column)
    return True


def _all_text(region: Region, heads: dict, column: str) -> bool:  # type: ignore[type-arg]
    """Tell whether a column 班级 names the class of each pupil."""
    index = next(i for i, h in heads.items() if h.column == column)
    texts = [region.grid.text(row, index) for row in region.data_rows[:50]]
    return any("班" in text for text in texts)
