"""A worksheet that takes a table by columns and writes it as one block of rows.

xlsxwriter keeps an object a cell and writes them one by one; 300 000 cells cost it six seconds.
The rows of a table are plain, so they are written here as text, in the same form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from xlsxwriter.url import Url
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

#: A column: its format, and its values; text and numbers do not mix, None leaves a cell empty.
Block = tuple[Any, Sequence[str | float | None]]


class BlockSheet(Worksheet):
    """A worksheet whose last rows may be one block of columns."""

    fh: Any
    str_table: Any
    dim_rowmax: Any

    def __init__(self) -> None:
        super().__init__()
        self._block_row = 0
        self._block: list[tuple[Any, list[Any], bool]] = []

    def write_block(self, row: int, columns: Sequence[Block]) -> None:
        """Put columns of equal length below everything else, from ``row`` and the first column on.

        Text is written as text; a number that is not finite must not be among the values. A cell
        that is written by itself stands in place of that of the block.
        """
        height = max((len(values) for _, values in columns), default=0)
        if not height:
            return
        self._block_row = row
        # the table of texts is closed before sheets are written: each gets its number now
        self._block = [
            (look, self._numbered(values), True)
            if _is_text(values)
            else (look, list(values), False)
            for look, values in columns
        ]
        self._check_dimensions(row, 0)
        self._check_dimensions(row + height - 1, len(columns) - 1)

    def _numbered(self, values: Sequence[str | float | None]) -> list[int | None]:
        """Return the number of each text; the table of texts also counts how often they come."""
        number_of = self.str_table._get_shared_string_index
        numbers = {v: None if v is None else number_of(v) for v in dict.fromkeys(values)}
        found = [numbers[value] for value in values]
        again = len(found) - found.count(None) - sum(v is not None for v in numbers)
        self.str_table.count += again
        return found

    def _write_rows(self) -> None:
        if not self._block:
            super()._write_rows()
            return
        last = self.dim_rowmax
        self.dim_rowmax = self._block_row - 1
        super()._write_rows()
        self.dim_rowmax = last
        numbers = range(self._block_row + 1, last + 2)
        columns = [
            _cells(xl_col_to_name(place), numbers, look, values, text=text)
            for place, (look, values, text) in enumerate(self._block)
        ]
        for row, place, text in self._alone():
            columns[place][row - self._block_row] = text
        rows = zip(numbers, zip(*columns, strict=True), strict=True)
        self.fh.write("".join(f'<row r="{n}">{"".join(cells)}</row>' for n, cells in rows))

    def _alone(self) -> Iterator[tuple[int, int, str]]:
        """Give the cells written by themselves inside the block, as they stand in the file."""
        file = self.fh
        for row in [row for row in self.table if row >= self._block_row]:
            for place, cell in self.table[row].items():
                self.fh = StringIO()
                self._write_cell(row, place, cell)
                yield row, place, self.fh.getvalue()
        self.fh = file


class FileAddress(Url):
    """An address of a file beside the workbook; every office program follows its slashes.

    xlsxwriter writes backslashes, which are part of a name wherever it is not Windows.
    """

    def __init__(self, path: str, words: str, cells: str = "") -> None:
        super().__init__(f"external:{path}{'#' if cells else ''}{cells}")
        self.text = words

    def _target(self) -> str:
        return super()._target().replace("\\", "/")


def _is_text(values: Sequence[str | float | None]) -> bool:
    return isinstance(next((value for value in values if value is not None), None), str)


def _cells(letters: str, rows: range, look: Any, values: list[Any], *, text: bool) -> list[str]:
    """Return the cells of one column as they stand in the file; a text stands by its number."""
    style = f'" s="{look._get_xf_index()}"'
    head = f'<c r="{letters}'
    if text:
        return [
            "" if value is None else f'{head}{row}{style} t="s"><v>{value}</v></c>'
            for row, value in zip(rows, values, strict=True)
        ]
    return [
        "" if value is None else f"{head}{row}{style}><v>{value:.16G}</v></c>"
        for row, value in zip(rows, values, strict=True)
    ]
