"""Pieces of a light picture: colours, dashes, boxes, lines, markers, as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.svg import SIZE, Scale, escape

Array = NDArray[np.float64]
#: User units to a point: a picture is drawn at 100 units an inch.
POINT = 100 / 72
#: Inks that follow the page: dark on white, light on dark.
_INKS = ("#222222", "#333333", "#444444", "black")
#: Colours of lines that are told apart by their labels alone (Okabe and Ito).
CYCLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7A5195", "#8C8C8C")
#: Line styles by matplotlib's names: lengths in line widths.
DASHES = {"-": "", "--": "4 2", ":": "1 1.5", "": "", "None": ""}


def number(value: float) -> str:
    """Write a coordinate: a tenth of a unit is not seen."""
    return f"{value:.1f}".removesuffix(".0")


def ink(colour: Any) -> str:
    """Return a colour as SVG takes it; dark inks become that of the page.

    >>> ink("#222222"), ink((1.0, 0.0, 0.0, 0.5)), ink("none")
    ('currentColor', '#FF0000', 'none')
    """
    if isinstance(colour, str):
        return "currentColor" if colour in _INKS else colour
    red, green, blue = (round(255 * part) for part in tuple(colour)[:3])
    return f"#{red:02X}{green:02X}{blue:02X}"


def opacity(kind: str, alpha: float | None) -> str:
    """Return the opacity of a fill or a stroke as an attribute."""
    return "" if alpha is None or alpha >= 1 else f' {kind}-opacity="{alpha:g}"'


def dashed(linestyle: Any, width: float) -> str:
    """Return the dash attribute of a line style, its lengths in line widths."""
    parts = linestyle[1] if isinstance(linestyle, tuple) else DASHES[str(linestyle)].split()
    lengths = " ".join(number(float(part) * width) for part in parts)
    return f' stroke-dasharray="{lengths}"' if lengths else ""


def box(x1: float, x2: float, y1: float, y2: float) -> str:
    """Return the path of a rectangle between two pairs of edges."""
    left, top = min(x1, x2), min(y1, y2)
    across, down = abs(x2 - x1), abs(y2 - y1)
    return f"M{number(left)} {number(top)}h{number(across)}v{number(down)}h-{number(across)}z"


def runs(x: Array, y: Array, px: Scale, py: Scale) -> Iterator[str]:
    """Give the points of each unbroken run of a line; a missing value breaks it."""
    known = np.isfinite(x) & np.isfinite(y)
    points: list[str] = []
    for a, b, there in zip(x.tolist(), y.tolist(), known.tolist(), strict=True):
        if there:
            points.append(f"{number(px(a))},{number(py(b))}")
        elif points:
            yield " ".join(points)
            points = []
    if points:
        yield " ".join(points)


def marker(kind: str, x: float, y: float, size: float, edge: str, face: str, more: str = "") -> str:
    """Return one marker of matplotlib's names ``o s D ^ > _``, ``size`` units across."""
    half = size / 2
    colours = f'fill="{face}"' if face == edge else f'fill="{face}" stroke="{edge}"'
    if kind == "o":
        return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(half)}" {colours}{more}/>'
    if kind == "_":
        line = f'd="M{number(x - half)} {number(y)}h{number(size)}"'
        return f'<path {line} stroke="{edge}" stroke-width="1.4"/>'
    shapes = {
        "s": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
        "D": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
        "^": ((0, -1), (1, 1), (-1, 1)),
        ">": ((-1, -1), (1, 0), (-1, 1)),
    }
    points = "L".join(f"{number(x + a * half)} {number(y + b * half)}" for a, b in shapes[kind])
    return f'<path d="M{points}z" {colours}{more}/>'


def markers(kind: str, x: Array, y: Array, size: float, colour: str, px: Scale, py: Scale) -> str:
    """Return the same marker at every known point."""
    return "".join(
        marker(kind, px(a), py(b), size, colour, colour)
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
        if np.isfinite(a) and np.isfinite(b)
    )


_ANCHOR = {"left": "start", "center": "middle", "right": "end"}
#: How far below its place the base line of a text lies, in text heights.
_DROP = {"center": 0.36, "top": 0.85, "bottom": -0.15, "baseline": 0.0}


def words(
    x: float,
    y: float,
    said: str,
    *,
    ha: str = "left",
    va: str = "center",
    fontsize: float = 0.0,
    color: str = "#222222",
    weight: str = "",
) -> str:
    """Return a text; sizes are points, alignment in matplotlib's words."""
    size = fontsize * POINT if fontsize else float(SIZE)
    fill = ink(color)
    # the page has a colour and a size for texts that say neither themselves
    look = f'font-size="{number(size)}" fill="{fill}"'
    bold = f' font-weight="{weight}"' if weight else ""
    return (
        f'<text x="{number(x)}" y="{number(y + _DROP[va] * size)}" text-anchor="{_ANCHOR[ha]}" '
        f"{look}{bold}>{escape(said)}</text>"
    )


def with_crossings(x: Array, one: Array, two: Array) -> tuple[Array, Array, Array]:
    """Add the places where two lines cross, so that what lies between them ends there.

    >>> [list(map(float, v)) for v in with_crossings(*np.array([[0.0, 1], [0, 2], [1, 1]]))]
    [[0.0, 0.5, 1.0], [0.0, 1.0, 2.0], [1.0, 1.0, 1.0]]
    """
    apart = one - two
    turns = np.flatnonzero(apart[1:] * apart[:-1] < 0)
    share = apart[turns] / (apart[turns] - apart[turns + 1])
    at = x[turns] + share * (x[turns + 1] - x[turns])
    value = one[turns] + share * (one[turns + 1] - one[turns])
    places = turns + 1
    return np.insert(x, places, at), np.insert(one, places, value), np.insert(two, places, value)


@dataclass(frozen=True)
class Look:
    """What stands beside a word in a legend."""

    label: str
    colour: str
    kind: str  # line, patch or a marker
    dashes: str = ""
    face: str = ""
    faint: str = ""  # how far what is drawn lets the paper through
