"""How much time and memory one area may take, and how often its process is renewed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

from analysis.errors import ParameterError

#: How much the log of a batch tells: one of these, ``info`` if nothing is said.
LOG_VARIABLE = "XUEWEI_LOG"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True)
class Limits:
    """Bounds on one area (tool defaults).

    Parameters
    ----------
    seconds
        Longest an area may take; then it is stopped and counted as failed.
    memory_mb
        Most memory an area's processes may hold together (their proportional share of pages).
    areas_per_process
        A working process is renewed after this many areas, so that memory stays flat.
    attempts
        How often an area is tried whose process was lost through no limit of ours.
    """

    seconds: float = 3600.0
    memory_mb: float = 6000.0
    areas_per_process: int = 50
    attempts: int = 2

    @classmethod
    def from_environment(cls) -> Self:
        """Return the defaults, or what ``XUEWEI_AREA_SECONDS``, ``XUEWEI_AREA_MEMORY_MB`` say.

        Raises
        ------
        ParameterError
            One of them is not a positive number.
        """
        own = cls()
        return cls(
            seconds=_positive("XUEWEI_AREA_SECONDS", own.seconds),
            memory_mb=_positive("XUEWEI_AREA_MEMORY_MB", own.memory_mb),
            areas_per_process=int(_positive("XUEWEI_AREAS_PER_PROCESS", own.areas_per_process)),
        )


def _positive(variable: str, default: float) -> float:
    text = os.environ.get(variable)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if value <= 0:
        msg = f"{variable} must be a positive number, not {text!r}."
        raise ParameterError(msg)
    return value
