"""Which areas have raw files newer than some moment."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

from analysis.errors import ParameterError
from analysis.store import raw_paths

_UNITS = {"h": 3600, "d": 86400, "w": 7 * 86400}


def moment(text: str, now: datetime.datetime) -> datetime.datetime:
    """Return the moment that ``2026-11-01``, ``2026-11-01T08:00`` or ``12h``, ``3d``, ``2w`` names.

    Raises
    ------
    ParameterError
        It is none of these.
    """
    if found := re.fullmatch(r"(\d+)([hdw])", text):
        return now - datetime.timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    try:
        said = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"--since {text!r}: give a date (2026-11-01) or an age (12h, 3d, 2w)."
        raise ParameterError(msg) from error
    return said if said.tzinfo else said.astimezone()


def changed_since(root: Path, area: str, when: datetime.datetime) -> bool:
    """Tell whether a raw file of an area, or its description, is newer than ``when``."""
    folder = root / "data" / "raw" / area
    files = [*raw_paths(folder), folder / "area.toml"]
    return any(path.stat().st_mtime >= when.timestamp() for path in files)
