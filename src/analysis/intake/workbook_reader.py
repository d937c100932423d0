"""Cells of a workbook by python-calamine, here or in a process of its own.

Run as a script this reads one workbook from standard input and writes its cells as JSON. A broken
file can make the reader ask for more memory than there is, which ends the whole process and cannot
be caught; a process of its own ends alone. The script imports nothing of this package, so that it
starts in a few hundredths of a second.
"""

from __future__ import annotations

import datetime
import io
import json
import subprocess
import sys
from typing import Any

import python_calamine

MOST_SECONDS = 120
#: Address space of the process that reads apart, where the system can limit it.
MOST_MEMORY_BYTES = 3 * 1024**3

#: Name, rows (None: more cells than allowed) and merged ranges of a sheet.
Sheet = tuple[str, list[list[object]] | None, list[tuple[tuple[int, int], tuple[int, int]]]]

_KINDS: dict[str, Any] = {
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
}


def read(content: bytes, most_cells: int) -> list[Sheet]:
    """Return the sheets of a workbook, read in this process.

    Raises
    ------
    BaseException
        Whatever the reader raises; a panic of it is no ordinary exception.
    """
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    found: list[Sheet] = []
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        # the last row and column, counted from 0
        row, column = sheet.end or (0, 0)
        if (row + 1) * (column + 1) > most_cells:
            found.append((name, None, []))
            continue
        rows: list[list[object]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
        found.append((name, rows, list(sheet.merged_cell_ranges or [])))
    return found


def read_apart(content: bytes, most_cells: int) -> list[Sheet]:
    """Return the same as :func:`read`, from a process of its own.

    Raises
    ------
    subprocess.SubprocessError, ValueError
        The process was ended, took too long or could not read the file.
    """
    # -P: the modules beside this file must not stand for those of the standard library
    command = [sys.executable, "-P", "-X", "utf8", __file__, str(most_cells)]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=MOST_SECONDS, check=True
        )
    except OSError:
        # no process can be started here: that says nothing about the file
        return read(content, most_cells)
    return [
        (name, rows, [((a[0], a[1]), (b[0], b[1])) for a, b in merged])
        for name, rows, merged in json.loads(done.stdout, object_hook=_plain)
    ]


def _plain(value: dict[str, Any]) -> object:
    ((kind, said),) = value.items()
    return datetime.timedelta(seconds=said) if kind == "timedelta" else _KINDS[kind](said)


def _written(value: object) -> dict[str, Any]:
    if isinstance(value, datetime.timedelta):
        return {"timedelta": value.total_seconds()}
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return {type(value).__name__: value.isoformat()}
    raise TypeError(type(value).__name__)


def _limit_memory() -> None:
    try:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = MOST_MEMORY_BYTES if hard < 0 else min(MOST_MEMORY_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    except (ImportError, ValueError, OSError):
        # no such limit on this system: the process still ends alone
        return


if __name__ == "__main__":
    _limit_memory()
    sheets = read(sys.stdin.buffer.read(), int(sys.argv[1]))
    sys.stdout.write(json.dumps(sheets, ensure_ascii=True, default=_written))
