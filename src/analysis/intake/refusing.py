"""Limits of a raw file, and the error that says why one is not read."""

from __future__ import annotations

from typing import NoReturn

from analysis.errors import IntakeError

#: Limits that a county's workbook never reaches and a hostile one does.
MAX_FILE_BYTES = 200 * 1024**2
MAX_UNPACKED_BYTES = 256 * 1024**2
MAX_CELLS = 10_000_000


def refuse(name: str, zh: str, en: str) -> NoReturn:
    """Raise an error that names the file, in both languages.

    Raises
    ------
    IntakeError
        Always.
    """
    raise IntakeError(f"{name}: {zh} {en}")
