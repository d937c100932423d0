"""Small pictures as inline SVG with real text: light, sharp, readable in both themes.

They carry no font and no script; a pointer resting on a mark shows its value (``<title>``).
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

#: Pale fills on which dark text keeps its contrast, by warning level.
TILE_FILL = {
    "red": "#F2B3AB",
    "amber": "#F7DFA4",
    "green": "#C2E4C8",
    "blue": "#BAD6EE",
    "undetermined": "#DCDCDC",
}
DARK = "#111111"
CHARACTER = 13.5  # width of a Chinese character in user units at the text size below
SIZE = 13
Scale = Callable[[float], float]


def escape(text: object) -> str:
    """Escape text for SVG."""
    return html.escape(str(text), quote=True)


def width_of(text: str) -> float:
    """Estimate how wide a text is drawn."""
    return sum(CHARACTER if ord(c) > 0x2E7F else CHARACTER * 0.56 for c in text)


def shortened(text: str, room: float) -> str:
    """Cut a text so that it fits into ``room`` user units."""
    if width_of(text) <= room:
        return text
    kept = text
    while kept and width_of(kept + "…") > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def text(x: float, y: float, said: str, *, anchor: str = "start", look: str = "") -> str:
    """Return a text element; ``look`` holds further attributes."""
    extra = f" {look}" if look else ' fill="currentColor"'
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{SIZE}"{extra}>'
        f"{escape(said)}</text>"
    )


def picture(width: float, height: float, parts: Sequence[str], alt: str) -> str:
    """Return the SVG element of a picture with its alternative text."""
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'role="img" aria-label="{escape(alt)}" xmlns="http://www.w3.org/2000/svg">'
        f"{''.join(parts)}</svg>"
    )


@dataclass(frozen=True)
class Tile:
    """One tile: where in the grid, what it says, which fill, what a pointer shows."""

    column: int
    row: int
    name: str
    said: str
    fill: str
    hint: str


def tiles(items: Sequence[Tile], alt: str, *, cell: tuple[float, float] = (96, 50)) -> str:
    """Draw tiles in a grid, one a place."""
    across, down = cell
    parts = []
    for item in items:
        x, y = item.column * across, item.row * down
        middle = x + across / 2
        ink = f'fill="{DARK}" class="ink"'
        name = shortened(item.name, across - 10)
        parts.append(
            f"<g><title>{escape(item.hint)}</title>"
            f'<rect x="{x + 2:.1f}" y="{y + 2:.1f}" width="{across - 4:.1f}" '
            f'height="{down - 4:.1f}" rx="4" fill="{item.fill}" stroke="#8C8C8C" '
            f'stroke-width="0.6"/>'
            f"{text(middle, y + down * 0.42, name, anchor='middle', look=ink)}"
            f"{text(middle, y + down * 0.78, item.said, anchor='middle', look=ink)}</g>"
        )
    width = max((i.column for i in items), default=0) * across + across
    height = max((i.row for i in items), default=0) * down + down
    return picture(width, height, parts, alt)


@dataclass(frozen=True)
class Line:
    """One line: its name, colour, points; a band and dashes if it has them."""

    name: str
    colour: str
    points: Mapping[int, float]
    lower: Mapping[int, float] | None = None
    upper: Mapping[int, float] | None = None
    dashes: str = ""


def _nice_step(top: float, wanted: int = 4) -> float:
    """Return a round distance between grid lines."""
    raw = max(top, 1) / wanted
    power = float(10 ** (len(str(int(raw))) - 1))
    for factor in (1, 2, 2.5, 5, 10):
        if power * factor >= raw:
            return power * factor
    return power * 10


def lines(
    items: Sequence[Line], alt: str, *, size: tuple[float, float] = (640, 270), mark: int = 0
) -> str:
    """Draw lines over years with their bands, grid and direct labels.

    Parameters
    ----------
    mark
        Year at which a thin vertical line stands (the last counted year); 0 for none.
    """
    width, height = size
    years = sorted({year for item in items for year in item.points})
    tops = [max([*i.points.values(), *(i.upper or {}).values()], default=0) for i in items]
    step = _nice_step(max(tops, default=1))
    top = step * (int(max(tops, default=1) / step) + 1)
    left = max(width_of(f"{top:,.0f}") + 10, 40)
    right = max((width_of(i.name) for i in items), default=0) + 14
    first, last = years[0], max(years[-1], years[0] + 1)

    def across(year: float) -> float:
        return left + (year - first) / (last - first) * (width - left - right)

    def down(value: float) -> float:
        return 12 + (1 - value / top) * (height - 46)

    parts = _grid(top, step, left, width - right, down)
    every = max(1, round(len(years) / 8))
    parts += [
        text(across(year), height - 14, str(year), anchor="middle") for year in years[::every]
    ]
    if mark and first < mark < last:
        x = across(mark)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="12" y2="{down(0):.1f}" stroke="#8C8C8C" '
            f'stroke-dasharray="2 3"/>'
        )
    labels: list[float] = []
    for item in items:
        parts += _line(item, across, down)
        end = max(item.points)
        y = down(item.points[end]) + 4
        while any(abs(y - other) < 14 for other in labels):
            y += 14
        labels.append(y)
        parts.append(text(across(end) + 7, y, item.name))
    return picture(width, height, parts, alt)


def _grid(top: float, step: float, left: float, right: float, down: Scale) -> list[str]:
    parts = []
    for count in range(round(top / step) + 1):
        y = down(count * step)
        parts.append(
            f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="#8C8C8C" stroke-opacity="0.35"/>'
        )
        parts.append(text(left - 6, y + 4, f"{count * step:,.0f}", anchor="end"))
    return parts


def _line(item: Line, x_of: Scale, y_of: Scale) -> list[str]:
    years = sorted(item.points)
    parts = []
    if item.lower and item.upper:
        edge = [(y, item.upper[y]) for y in years if y in item.upper]
        edge += [(y, item.lower[y]) for y in reversed(years) if y in item.lower]
        points = " ".join(f"{x_of(y):.1f},{y_of(v):.1f}" for y, v in edge)
        parts.append(f'<polygon points="{points}" fill="{item.colour}" fill-opacity="0.22"/>')
    points = " ".join(f"{x_of(y):.1f},{y_of(item.points[y]):.1f}" for y in years)
    dashes = f' stroke-dasharray="{item.dashes}"' if item.dashes else ""
    parts.append(
        f'<polyline points="{points}" fill="none" stroke="{item.colour}" stroke-width="2.2"'
        f"{dashes}/>"
    )
    for year in years:
        value = item.points[year]
        parts.append(
            f'<circle cx="{x_of(year):.1f}" cy="{y_of(value):.1f}" r="3" fill="{item.colour}">'
            f"<title>{escape(item.name)} {year}: {value:,.0f}</title></circle>"
        )
    return parts


def bars(
    items: Sequence[tuple[str, float, float | None, str]],
    alt: str,
    *,
    size: tuple[float, float] = (640.0, 24.0),
) -> str:
    """Draw bars with their values; a diamond marks the second value where there is one.

    Parameters
    ----------
    items
        Name, length of the bar, value of the diamond or None, colour.
    size
        Width of the picture and height of a bar with its gap, in user units.
    """
    left = min(max(width_of(name) for name, *_ in items), 240) + 14
    top = max(max(value, mark or 0) for _, value, mark, _ in items) or 1
    width, step = size
    room = width - left - 80
    parts = []
    for place, (name, value, mark, colour) in enumerate(items):
        y = 4 + place * step
        end = left + value / top * room
        parts.append(text(left - 8, y + 14, shortened(name, left - 12), anchor="end"))
        parts.append(
            f'<rect x="{left:.1f}" y="{y:.1f}" width="{max(end - left, 1):.1f}" height="17" '
            f'fill="{colour}" fill-opacity="0.75" class="bar">'
            f"<title>{escape(name)}: {value:,.0f}</title></rect>"
        )
        parts.append(text(end + 8, y + 14, f"{value:,.0f}"))
        if mark is not None:
            x = left + mark / top * room
            parts.append(
                f'<path d="M{x:.1f} {y + 1:.1f}l7 7.5l-7 7.5l-7-7.5z" fill="#F0E442" '
                f'stroke="{DARK}"><title>{mark:,.0f}</title></path>'
            )
    return picture(width, 8 + len(items) * step, parts, alt)
