"""A light picture: plots laid out side by side, their scales, titles and legend, as one SVG.

Nothing is measured by drawing: widths of words are estimated, as in :mod:`analysis.figures.svg`.
The picture takes its text colour and its font from the page it stands in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.figures.marks import Look, ink, marker, number, words
from analysis.figures.plot import Plot
from analysis.figures.svg import SIZE, Scale, escape, picture, shortened, width_of
from analysis.figures.ticks import Side, round_ticks, written

#: User units an inch; widths and heights are asked for in inches.
UNITS = 100.0
LINE = 16.0  # height of a line of ticks or legend
TITLE = 22.0
GAP = 18.0  # between plots
SMALL = 0.8  # of a small tick to an ordinary one
ASIDE = 6.0  # from the end of a line to its name
#: Names beside a plot take no more of the picture's width than this.
MOST_NAMES = 0.42
_FRAME = "#9A9A9A"
_GRID = 'stroke="#8C8C8C" stroke-opacity="0.28"'


@dataclass(frozen=True)
class Place:
    """Where a plot lies inside its picture."""

    left: float
    top: float
    width: float
    height: float
    beside: float  # room for names on its left


@dataclass(frozen=True)
class Scaled:
    """A plot in its place, with its scales and its ticks."""

    plot: Plot
    place: Place
    px: Scale
    py: Scale


class Sheet:
    """Plots in rows and columns, laid out when the picture is asked for."""

    def __init__(
        self, rows: int, columns: int, size: tuple[float, float], share: tuple[bool, bool]
    ) -> None:
        self.rows, self.columns = rows, columns
        self.width, self.height = size[0] * UNITS, size[1] * UNITS
        self._share_x, self._share_y = share
        self.plots = [Plot() for _ in range(rows * columns)]
        self._looks: list[Look] = []

    def legend(self, handles: Iterable[Any] = (), labels: Iterable[str] = (), **_: Any) -> None:
        """Name what is drawn below the plots: what is given, else all that has a name."""
        given = list(handles) or [look for plot in self.plots for look in plot.looks]
        names = list(labels) or [
            item.label if isinstance(item, Look) else item.get_label() for item in given
        ]
        self._looks = [
            item if isinstance(item, Look) else _patch(item, name)
            for item, name in zip(given, names, strict=True)
        ]

    def svg(self, alt: str, mark: str = "") -> str:
        """Return the picture.

        Parameters
        ----------
        alt
            Alternative text.
        mark
            Words across the picture (synthetic data).
        """
        self._agree()
        for plot in self.plots:
            if plot.legend_inside:
                self.legend()
        legend, below = _legend(self._looks, self.width, self.height)
        parts = [part for scaled in self._laid_out(below) for part in _drawn(scaled)]
        parts += legend
        if mark:
            x, y = self.width / 2, (self.height - below) / 2
            parts.append(
                f'<text x="{number(x)}" y="{number(y)}" text-anchor="middle" font-size="36" '
                f'fill="currentColor" fill-opacity="0.1" '
                f'transform="rotate(-18 {number(x)} {number(y)})">{escape(mark)}</text>'
            )
        return picture(self.width, self.height, parts, alt)

    def _agree(self) -> None:
        """Let plots that share a scale reach equally far."""
        for shared, side_of in ((self._share_x, _x), (self._share_y, _y)):
            sides = [side_of(plot) for plot in self.plots if plot.visible]
            if shared and len(sides) > 1:
                ends = [side.ends() for side in sides]
                turned = any(side.flipped for side in sides)
                for side in sides:
                    side.set_low = min(low for low, _ in ends)
                    side.set_high = max(high for _, high in ends)
                    side.flipped = turned

    def _laid_out(self, below: float) -> list[Scaled]:
        """Give every plot its place: what stands beside and below it decides how large it is."""
        titles = TITLE if any(plot.title for plot in self.plots) else 8.0
        grid = [self.plots[r * self.columns : (r + 1) * self.columns] for r in range(self.rows)]
        foot = LINE + 6 if any(_names(plot.x, 4) for plot in self.plots) else 6.0
        height = (self.height - below - self.rows * (titles + foot)) / self.rows
        left = [
            max((self._beside(plot, column, height) for plot in _in(grid, column)), default=0.0)
            for column in range(self.columns)
        ]
        room = self.width - sum(left) - GAP * (self.columns - 1)
        right = _right(grid, room / self.columns)
        width = (room - sum(right)) / self.columns
        found, x = [], 0.0
        for column in range(self.columns):
            x += left[column]
            for row, plots in enumerate(grid):
                if plots[column].visible:
                    y = titles + row * (titles + height + foot)
                    found.append(_scaled(plots[column], Place(x, y, width, height, left[column])))
            x += width + right[column] + GAP
        return found

    def _beside(self, plot: Plot, column: int, height: float) -> float:
        """Return how much room the names left of a plot take; shared scales are named once."""
        if self._share_y and column:
            plot.y.hidden = True
            return 0.0
        names = _names(plot.y, _most(height, 2.2 * LINE))
        small = SMALL if plot.y.small else 1.0
        widest = max((width_of(name) * small for _, name in names), default=0.0)
        return min(widest + 10, self.width * MOST_NAMES / self.columns**0.5) if names else 4.0


def _x(plot: Plot) -> Side:
    return plot.x


def _y(plot: Plot) -> Side:
    return plot.y


def _in(grid: Sequence[Sequence[Plot]], column: int) -> list[Plot]:
    return [plots[column] for plots in grid if plots[column].visible]


def _most(length: float, each: float) -> int:
    return max(2, int(length / each))


def _right(grid: Sequence[Sequence[Plot]], width: float) -> list[float]:
    """Return the room each column needs for names that stand beyond the ends of its lines."""
    found = []
    for column in range(len(grid[0])):
        needed = 4.0
        for plot in _in(grid, column):
            low, high = plot.x.ends()
            for x, name in _names(plot.x, 8):  # half of a name hangs over the end
                inside = (high - x) / (high - low) * width
                needed = max(needed, width_of(name) / 2 + 2 - inside)
            for x, _, name, _ in plot.labels:
                inside = (high - x) / (high - low) * width
                needed = max(needed, width_of(name) + ASIDE + 2 - inside)
        found.append(min(needed, width * 0.5))
    return found


def _names(side: Side, most: int) -> list[tuple[float, str]]:
    """Return the ticks of a scale that lie within its ends, with their names."""
    if side.hidden:
        return []
    low, high = side.ends()
    if side.ticks is not None:
        names = side.names if side.names is not None else _write(side, side.ticks)
        return [
            (place, name)
            for place, name in zip(side.ticks, names, strict=True)
            if low - 1e-9 <= place <= high + 1e-9
        ]
    ticks = round_ticks(low, high, min(most, side.most or most), whole=side.whole)
    return list(zip(ticks, _write(side, ticks), strict=True))


def _write(side: Side, ticks: Sequence[float]) -> list[str]:
    return [side.write(v) for v in ticks] if side.write else written(list(ticks))


def _scaled(plot: Plot, place: Place) -> Scaled:
    (left, right), (low, high) = plot.x.ends(), plot.y.ends()
    if plot.aspect:
        left, right, low, high = _alike(plot.aspect, (left, right, low, high), place)
        plot.x.set_low, plot.x.set_high, plot.y.set_low, plot.y.set_high = left, right, low, high

    def px(value: float) -> float:
        return place.left + (value - left) / (right - left) * place.width

    def py(value: float) -> float:
        share = (value - low) / (high - low)
        return place.top + (share if plot.y.flipped else 1 - share) * place.height

    return Scaled(plot, place, px, py)


def _alike(
    ratio: float, ends: tuple[float, float, float, float], place: Place
) -> tuple[float, float, float, float]:
    """Widen the scale with room to spare until a unit up is ``ratio`` units across."""
    left, right, low, high = ends
    wanted = (high - low) * ratio * place.width / place.height
    if wanted > right - left:
        more = (wanted - (right - left)) / 2
        return left - more, right + more, low, high
    more = ((right - left) * place.height / place.width / ratio - (high - low)) / 2
    return left, right, low - more, high + more


def _drawn(scaled: Scaled) -> list[str]:
    """Return everything of one plot: lines behind, data, scales, names."""
    plot, place = scaled.plot, scaled.place
    across = _ticks_across(scaled)
    up = _names(plot.y, _most(place.height, 2.2 * LINE))
    small: dict[str, Any] = {"fontsize": SIZE * SMALL * 0.72} if plot.x.small else {}
    room = place.beside / (SMALL if plot.y.small else 1.0)
    parts = [_lines_behind(scaled, [v for v, _ in across], up)]
    parts += [draw(scaled.px, scaled.py) for _, draw in sorted(plot.drawn, key=_order)]
    parts.append(_edges(scaled))
    right, bottom = place.left + place.width, place.top + place.height
    parts += [
        words(_within(scaled.px(v), name, place), bottom + LINE - 4, name, ha="center",
              va="baseline", **small)
        for v, name in across
    ]  # fmt: skip
    parts += [
        words(place.left - 6, scaled.py(v), shortened(name, room), ha="right", **small)
        for v, name in up
    ]
    if plot.title:
        title = shortened(plot.title, right - place.left + GAP)
        parts.append(
            words(place.left, place.top - 7, title, va="baseline", fontsize=plot.title_points)
        )
    return parts + _beside_lines(scaled) + _in_corners(scaled)


def _order(item: tuple[float, Any]) -> float:
    return item[0]


def _within(x: float, name: str, place: Place) -> float:
    """Keep a name below the end of a scale from running into the next plot."""
    half = width_of(name) / 2
    return min(max(x, place.left - 24 + half), place.left + place.width + GAP - half)


def _ticks_across(scaled: Scaled) -> list[tuple[float, str]]:
    """Return the ticks of the lower scale: fewer where their names would meet."""
    plot, width = scaled.plot, scaled.place.width
    found = _names(plot.x, 8)
    for most in (7, 6, 5, 4, 3, 2):
        needed = max((width_of(name) + 12 for _, name in found), default=0.0)
        if len(found) * needed <= width + needed or plot.x.ticks is not None:
            break
        found = _names(plot.x, most)
    return found


def _lines_behind(scaled: Scaled, across: Sequence[float], up: Sequence[tuple[float, str]]) -> str:
    plot, place = scaled.plot, scaled.place
    path = ""
    if plot.y.grid:
        path += "".join(
            f"M{number(place.left)} {number(scaled.py(v))}h{number(place.width)}"
            for v in _levels(plot, up, place)
        )
    if plot.x.grid:
        path += "".join(
            f"M{number(scaled.px(v))} {number(place.top)}v{number(place.height)}" for v in across
        )
    return f'<path d="{path}" {_GRID}/>' if path else ""


def _levels(plot: Plot, up: Sequence[tuple[float, str]], place: Place) -> list[float]:
    """Return where level lines lie: also where a shared scale is named on another plot."""
    if up or not plot.y.hidden:
        return [v for v, _ in up]
    low, high = plot.y.ends()
    if plot.y.ticks is not None:
        return plot.y.ticks
    most = _most(place.height, 2.2 * LINE)
    return round_ticks(low, high, min(most, plot.y.most or most), whole=plot.y.whole)


def _edges(scaled: Scaled) -> str:
    place, spines = scaled.place, scaled.plot.spines
    x, y = number(place.left), number(place.top + place.height)
    path = f"M{x} {y}v-{number(place.height)}" if spines["left"].shown else ""
    path += f"M{x} {y}h{number(place.width)}" if spines["bottom"].shown else ""
    return f'<path d="{path}" stroke="{_FRAME}"/>' if path else ""


def _beside_lines(scaled: Scaled) -> list[str]:
    """Write names beside line ends, moved up where they would meet or leave the plot."""
    taken: list[tuple[float, float, float]] = []
    bottom = scaled.place.top + scaled.place.height - LINE / 2
    parts = []
    for x, y, name, colour in sorted(scaled.plot.labels, key=_height):
        left, level = scaled.px(x) + ASIDE, min(scaled.py(y), bottom)
        right = left + width_of(name)
        while any(
            abs(level - at) < LINE - 2 and left < end and start < right for start, end, at in taken
        ):
            level -= 2
        taken.append((left, right, level))
        parts.append(words(left, level, name, color=colour, fontsize=9))
    return parts


def _height(label: tuple[float, float, str, str]) -> float:
    return label[1]


def _in_corners(scaled: Scaled) -> list[str]:
    place = scaled.place
    return [
        words(place.left + x * place.width, place.top + (1 - y) * place.height, said, **look)
        for x, y, said, look in scaled.plot.corners
    ]


def _patch(item: Any, name: str) -> Look:
    colour = ink(item.get_facecolor())
    return Look(name, colour, "patch", face=colour)


def _legend(looks: Sequence[Look], width: float, height: float) -> tuple[list[str], float]:
    """Return the legend at the foot of a picture, and the room it takes."""
    seen = {look.label: look for look in looks}
    lines: list[list[Look]] = []
    left = width
    for look in seen.values():
        needed = width_of(look.label) + 46
        if left + needed > width:
            lines.append([])
            left = 0.0
        lines[-1].append(look)
        left += needed
    parts = []
    for place, line in enumerate(lines):
        y = height - (len(lines) - place) * (LINE + 4) + LINE / 2 + 2
        x = (width - sum(width_of(look.label) + 46 for look in line)) / 2
        for look in line:
            parts += [_sample(look, x, y), words(x + 28, y, look.label)]
            x += width_of(look.label) + 46
    return parts, len(lines) * (LINE + 4) + (4 if lines else 0)


def _sample(look: Look, x: float, y: float) -> str:
    if look.kind == "line":
        return (
            f'<path d="M{number(x)} {number(y)}h22" stroke="{look.colour}" stroke-width="2.2"'
            f"{look.dashes}{look.faint}/>"
        )
    if look.kind == "patch":
        return (
            f'<rect x="{number(x + 4)}" y="{number(y - 6)}" width="16" height="12" '
            f'fill="{look.face}"{look.faint}/>'
        )
    return marker(look.kind, x + 12, y, 9, look.colour, look.face)
