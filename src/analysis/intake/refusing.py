"""Limits of a raw file, and the error that says why one is not read."""

from __future__ import annotations

from typing import Any, NoReturn

from analysis import wording
from analysis.errors import IntakeError

#: Limits that a county's workbook never reaches and a hostile one does.
MAX_FILE_BYTES = 200 * 1024**2
MAX_UNPACKED_BYTES = 256 * 1024**2
MAX_CELLS = 10_000_000


class UnreadableFileError(IntakeError):
    """A raw file is not read; ``reason`` names the entries ``intake.unreadable_<reason>_*``."""

    def __init__(self, name: str, reason: str, values: dict[str, Any]) -> None:
        self.reason, self.values = reason, values
        said = " ".join(
            wording.say(f"intake.unreadable_{reason}_{part}", language, **values)
            for language in wording.languages()
            for part in ("why", "suggestion")
        )
        super().__init__(f"{name}: {said}")


def refuse(name: str, reason: str, **values: Any) -> NoReturn:
    """Raise an error that names the file and says why it is not read and what to do about it.

    Raises
    ------
    UnreadableFileError
        Always.
    """
    raise UnreadableFileError(name, reason, values)
