"""One scale of a plot: how far it reaches, round places for its ticks, how they are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def round_step(span: float, most: int, *, whole: bool = False) -> float:
    """Return the smallest round distance that puts at most ``most`` ticks on a span.

    >>> round_step(11, 6), round_step(11, 6, whole=True), round_step(0.9, 5)
    (2.0, 2.0, 0.2)
    """
    raw = max(span, 1e-12) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (*_STEPS, 20.0):
        step = factor * power
        if step >= raw * (1 - 1e-9) and (not whole or step == int(step)):
            return max(step, 1.0) if whole else step
    return max(math.ceil(raw), 1.0) if whole else 10.0 * power


def round_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Return round places between two ends, both included.

    >>> round_ticks(-0.4, 10.2, 6)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    step = round_step(high - low, most, whole=whole)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def written(values: list[float]) -> list[str]:
    """Write ticks with as many decimals as the finest of them needs; thousands are set apart.

    Ticks that can only be years are not: four digits stay together.

    >>> written([0.0, 0.25, 0.5]), written([0.0, 2000.0]), written([2024.0, 2026.0])
    (['0.00', '0.25', '0.50'], ['0', '2,000'], ['2024', '2026'])
    """
    digits = 0
    while digits < 6 and any(abs(round(v, digits) - v) > 1e-9 for v in values):
        digits += 1
    apart = digits > 0 or not all(1900 <= v <= 2200 for v in values)
    texts = [f"{v:,.{digits}f}" if apart else f"{v:.{digits}f}" for v in values]
    return [
        text.replace("-", "\N{MINUS SIGN}") if text.strip("-0.,") else text.lstrip("-")
        for text in texts
    ]


@dataclass
class Side:
    """One scale of a plot: its reach, its ticks, how they are written."""

    low: float = math.inf
    high: float = -math.inf
    set_low: float | None = None
    set_high: float | None = None
    margin: float = 0.05
    from_zero: bool = False
    whole: bool = False
    most: int = 0
    ticks: list[float] | None = None
    names: list[str] | None = None
    write: Callable[[float], str] | None = None
    flipped: bool = False
    grid: bool = False
    small: bool = False
    hidden: bool = False

    def take(self, values: Iterable[float]) -> None:
        """Reach over some values."""
        found = np.asarray(list(values), dtype=float)
        found = found[np.isfinite(found)]
        if found.size:
            self.low, self.high = min(self.low, found.min()), max(self.high, found.max())

    def ends(self) -> tuple[float, float]:
        """Return both ends, room at the edges included."""
        low, high = (self.low, self.high) if self.low <= self.high else (0.0, 1.0)
        if low == high:
            low, high = low - 0.5, high + 0.5
        room = (high - low) * self.margin
        low, high = (
            low if self.from_zero and low == 0 else low - room,
            high if self.from_zero and high == 0 else high + room,
        )
        low = low if self.set_low is None else self.set_low
        high = high if self.set_high is None else self.set_high
        return (low, high) if low < high else (low, low + 1.0)
