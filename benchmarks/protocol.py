"""What a benchmark module gives: a list of measurements, each beside what it is measured against.

A module ``benchmarks/<room>.py`` takes part in ``make bench`` when it has::

    def run(quick: bool) -> list[Measurement]:
        ...

``quick`` asks for a sample that takes at most about a minute; otherwise the full size. A module
whose data is not there (``XUEWEI_REFERENCE_DATA`` unset) raises :class:`NotMeasuredError` with the
reason. Use :func:`interleaved` to time several ways of doing one thing on a machine others use
too: it runs them in turn and gives the median of each.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


class NotMeasuredError(Exception):
    """This benchmark cannot run here; the message says what it needs."""


@dataclass(frozen=True)
class Measurement:
    """One measured figure.

    Parameters
    ----------
    name
        What was measured, in words, with its size ("weighted CV, 250 000 schools x 10 years").
    value, unit
        The figure (a median where it was timed more than once) and its unit ("s", "MB", "x").
    target
        What it should be ("<= 40", ">= 8"), read by :meth:`met`; empty if there is none.
    baseline, baseline_name
        The figure of the thing it is compared with, in the same unit and the same run.
    note
        Sample size, scaling, anything a reader must know to trust the figure.
    """

    name: str
    value: float
    unit: str
    target: str = ""
    baseline: float | None = None
    baseline_name: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """``value / baseline``, if there is a baseline."""
        return None if not self.baseline else self.value / self.baseline

    def met(self) -> bool | None:
        """Tell whether ``value`` reaches ``target``; None if there is no target."""
        if not self.target:
            return None
        sign, number = self.target.split()[:2]
        limit = float(number)
        reached = {
            "<=": self.value <= limit,
            "<": self.value < limit,
            ">=": self.value >= limit,
            ">": self.value > limit,
        }[sign]
        return bool(reached)  # a numpy number compares to a numpy truth, which JSON does not know


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def interleaved(ways: Mapping[str, Callable[[], object]], rounds: int = 3) -> dict[str, float]:
    """Return the median seconds of each way, run in turn ``rounds`` times."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            taken[name].append(seconds(work))
    return {name: statistics.median(values) for name, values in taken.items()}


def peak_megabytes(children: bool = False) -> float:
    """Return the largest memory this process (or any finished child of it) has held."""
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_maxrss / 1024
