"""One plot of a light picture: what is drawn on it and how far its scales reach.

It takes the few drawing words of matplotlib's axes that our figures use, so a figure is written
once, and drawn as light SVG in a page or by matplotlib in a document that holds images.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from analysis.figures.marks import (
    CYCLE,
    DASHES,
    POINT,
    Array,
    Look,
    box,
    dashed,
    ink,
    marker,
    markers,
    number,
    opacity,
    runs,
    with_crossings,
    words,
)
from analysis.figures.svg import Scale
from analysis.figures.ticks import Side

Draw = Callable[[Scale, Scale], str]
_EDGES = ("left", "bottom", "right", "top")


class Spine:
    """One edge of the frame."""

    def __init__(self, shown: bool) -> None:
        self.shown = shown

    def set_visible(self, shown: bool) -> None:
        """Show or hide the edge."""
        self.shown = shown


class Plot:
    """Records what is drawn on it; :class:`analysis.figures.sheet.Sheet` lays it out."""

    transAxes = "of the plot"  # noqa: N815 - matplotlib's word

    def __init__(self) -> None:
        self.x, self.y = Side(), Side(grid=True)
        self.title, self.title_points = "", 10.5
        self.visible = True
        self.aspect = 0.0
        self.drawn: list[tuple[float, Draw]] = []
        #: Names beside line ends, and words in a corner: placed when the size is known.
        self.labels: list[tuple[float, float, str, str]] = []
        self.corners: list[tuple[float, float, str, dict[str, Any]]] = []
        self.looks: list[Look] = []
        self.legend_inside = False
        self.spines = {name: Spine(name in ("left", "bottom")) for name in _EDGES}
        self._lines = 0

    @property
    def xaxis(self) -> Side:
        """The lower scale."""
        return self.x

    @property
    def yaxis(self) -> Side:
        """The upright scale."""
        return self.y

    # what a figure draws

    def plot(self, xs: Any, ys: Any, fmt: str = "", **look: Any) -> None:
        """Draw a line, its points, or both."""
        x, y = self._take(self.x, xs), self._take(self.y, ys)
        points = look.get("marker", "") or (fmt if fmt not in DASHES else "")
        line = look.get("linestyle", fmt if fmt in DASHES and fmt else "" if fmt else "-")
        width = POINT * look.get("linewidth", look.get("lw", 1.8))
        size = POINT * look.get("markersize", look.get("ms", 6.0))
        colour = ink(look.get("color") or self._next_colour())
        alpha = opacity("stroke", look.get("alpha"))
        dashes = dashed(line, width)
        lined = bool(line)

        def draw(px: Scale, py: Scale) -> str:
            parts = []
            if lined:
                parts += [
                    f'<polyline points="{run}" fill="none" stroke="{colour}" '
                    f'stroke-width="{number(width)}"{dashes}{alpha}/>'
                    for run in runs(x, y, px, py)
                ]
            if points:
                parts.append(markers(points, x, y, size, colour, px, py))
            return "".join(parts)

        self.drawn.append((2, draw))
        if look.get("label"):
            kind = "line" if lined else points
            faint = alpha if lined else ""
            self.looks.append(Look(str(look["label"]), colour, kind, dashes, colour, faint))

    def step(self, xs: Any, ys: Any, *, where: str = "mid", **look: Any) -> None:
        """Draw a line of steps whose middles are the points."""
        del where
        x, y = np.asarray(xs, dtype=float), np.asarray(ys, dtype=float)
        between = (x[1:] + x[:-1]) / 2
        edges = np.concatenate([x[:1], np.repeat(between, 2), x[-1:]])
        self.plot(edges, np.repeat(y, 2), **look)

    def fill_between(
        self,
        xs: Any,
        one: Any,
        two: Any,
        *,
        where: Any = None,
        color: str = "",
        alpha: float = 1.0,
        **_: Any,
    ) -> None:
        """Fill between two lines; with ``where`` only where the second lies above the first."""
        x = self._take(self.x, xs)
        low, high = self._take(self.y, one), self._take(self.y, two)
        if where is not None:
            x, low, high = with_crossings(x, low, high)
            high = np.maximum(low, high)
        known = np.isfinite(low) & np.isfinite(high)
        x, low, high = x[known], low[known], high[known]
        fill = f'fill="{ink(color)}"{opacity("fill", alpha)}'

        def draw(px: Scale, py: Scale) -> str:
            if len(x) < 2:
                return ""
            edge = [*zip(x, high, strict=True), *zip(x[::-1], low[::-1], strict=True)]
            points = " ".join(f"{number(px(a))},{number(py(b))}" for a, b in edge)
            return f'<polygon points="{points}" {fill}/>'

        self.drawn.append((1, draw))

    def bar(self, xs: Any, heights: Any, *, width: float = 0.8, **look: Any) -> None:
        """Draw bars that stand on zero."""
        x, height = self._take(self.x, xs), np.asarray(heights, dtype=float)
        self.x.take([*(x - width / 2), *(x + width / 2)])
        self.y.from_zero = True
        self.y.take([0.0, *height])
        corners = zip(x - width / 2, np.minimum(height, 0), np.full(len(x), width), abs(height),
                      strict=True)  # fmt: skip
        self._boxes([c for c in corners if np.isfinite(c).all()], look)

    def barh(
        self, ys: Any, widths: Any, *, left: Any = 0.0, height: float = 0.8, **look: Any
    ) -> None:
        """Draw bars that lie from ``left`` on."""
        y, width = self._take(self.y, ys), np.asarray(widths, dtype=float)
        start = np.broadcast_to(np.asarray(left, dtype=float), width.shape)
        self.y.take([*(y - height / 2), *(y + height / 2)])
        self.x.from_zero = True
        self.x.take([0.0, *start, *(start + width)])
        corners = zip(start + np.minimum(width, 0), y - height / 2, abs(width),
                      np.full(len(y), height), strict=True)  # fmt: skip
        boxes = [(c, n) for n, c in enumerate(corners) if np.isfinite(c).all() and c[2]]
        colour = look.get("color")
        if isinstance(colour, (list, tuple)):
            for box, place in boxes:
                self._boxes([box], look | {"color": colour[place]})
            return
        self._boxes([box for box, _ in boxes], look)

    def _boxes(self, boxes: Sequence[tuple[float, float, float, float]], look: dict[str, Any]
               ) -> None:  # fmt: skip
        colour, alpha = ink(look.get("color") or self._next_colour()), look.get("alpha")
        fill = f'fill="{colour}"{opacity("fill", alpha)}'

        def draw(px: Scale, py: Scale) -> str:
            path = "".join(box(px(x), px(x + w), py(y), py(y + h)) for x, y, w, h in boxes)
            return f'<path d="{path}" {fill}/>' if path else ""

        self.drawn.append((1, draw))
        if look.get("label"):
            faint = opacity("fill", alpha)
            self.looks.append(Look(str(look["label"]), colour, "patch", face=colour, faint=faint))

    def add_patch(self, patch: Any) -> None:
        """Draw a rectangle or a polygon with holes made by matplotlib."""
        face = patch.get_facecolor()
        fill = f'fill="{ink(face)}"{opacity("fill", face[3])}'
        width = patch.get_linewidth()
        edge = patch.get_edgecolor()
        if hasattr(patch, "get_xy") and hasattr(patch, "get_width"):
            x, y = patch.get_xy()
            w, h = patch.get_width(), patch.get_height()
            self.x.take([x, x + w])
            self.y.take([y, y + h])
            self.drawn.append(
                (1, lambda px, py: f'<path d="{box(px(x), px(x + w), py(y), py(y + h))}" {fill}/>')
            )
            return
        path = patch.get_path()
        self.x.take(path.vertices[:, 0])
        self.y.take(path.vertices[:, 1])
        line = f' stroke="{ink(edge)}" stroke-width="{number(POINT * width)}"' if width else ""

        def outline(px: Scale, py: Scale) -> str:
            places = [
                f"{'M' if code == 1 else 'L'}{number(px(a))} {number(py(b))}"
                for (a, b), code in zip(path.vertices, path.codes, strict=True)
            ]
            return f'<path d="{"".join(places)}Z" fill-rule="evenodd" {fill}{line}/>'

        self.drawn.append((1, outline))

    def scatter(self, xs: Any, ys: Any, s: Any = 36.0, c: Any = None, **look: Any) -> None:
        """Draw points; their sizes are areas in square points."""
        x, y = self._take(self.x, xs), self._take(self.y, ys)
        colours = look.get("color", look.get("edgecolors", "")) if c is None else c
        edges = [ink(colours)] * len(x) if isinstance(colours, str) else [ink(v) for v in colours]
        face = look.get("facecolors", "")
        sizes = np.broadcast_to(np.sqrt(np.asarray(s, dtype=float)) * POINT, x.shape)
        kind = look.get("marker", "o")
        alpha = opacity("fill", look.get("alpha"))

        def draw(px: Scale, py: Scale) -> str:
            return "".join(
                marker(kind, px(a), py(b), size, edge, ink(face) if face else edge, alpha)
                for a, b, size, edge in zip(x.tolist(), y.tolist(), sizes.tolist(), edges,
                                            strict=True)
                if math.isfinite(a) and math.isfinite(b)
            )  # fmt: skip

        self.drawn.append((look.get("zorder", 1), draw))
        if look.get("label"):
            edge = ink(colours)
            shown = ink(face) if face else edge
            self.looks.append(Look(str(look["label"]), edge, kind, face=shown))

    def hlines(self, ys: Any, starts: Any, ends: Any, **look: Any) -> None:
        """Draw level lines."""
        for y, start, end in zip(ys, starts, ends, strict=True):
            if np.isfinite([y, start, end]).all():
                self.plot([start, end], [y, y], **look)

    def errorbar(self, xs: Any, ys: Any, *, yerr: Any, ecolor: str, **_: Any) -> None:
        """Draw ranges about points."""
        x, y = np.asarray(xs, dtype=float), np.asarray(ys, dtype=float)
        for place, middle, below, above in zip(x, y, *np.asarray(yerr, dtype=float), strict=True):
            if np.isfinite([middle, below, above]).all():
                ends = [middle - below, middle + above]
                self.plot([place, place], ends, color=ecolor, lw=1.4)
                self.plot([place] * 2, ends, "_", color=ecolor, ms=6)

    def axhline(self, y: float = 0.0, **look: Any) -> None:
        """Draw a level line through the whole plot."""
        self.y.take([y])
        self._across(look, lambda: (*self.x.ends(), y, y))

    def axvline(self, x: float = 0.0, **look: Any) -> None:
        """Draw an upright line through the whole plot."""
        self.x.take([x])
        self._across(look, lambda: (x, x, *self.y.ends()))

    def _across(self, look: dict[str, Any], ends: Callable[[], tuple[float, ...]]) -> None:
        width = POINT * look.get("linewidth", 1.8)
        dashes = dashed(look.get("linestyle", "-"), width)
        line = f'stroke="{ink(look.get("color", "#222222"))}" stroke-width="{number(width)}"'

        def draw(px: Scale, py: Scale) -> str:
            x1, x2, y1, y2 = ends()
            if not all(math.isfinite(v) for v in (x1, x2, y1, y2)):
                return ""
            path = f"M{number(px(x1))} {number(py(y1))}L{number(px(x2))} {number(py(y2))}"
            return f'<path d="{path}" {line}{dashes}/>'

        self.drawn.append((2, draw))

    def text(self, x: float, y: float, s: str, **look: Any) -> None:
        """Write words at a place of the data, or of the plot (``transform=transAxes``)."""
        if look.pop("transform", "") == self.transAxes:
            self.corners.append((x, y, s, look))
            return
        # words beside a bar need room as the bar does; those inside one do not
        if look.get("ha", "left") == "left":
            self.labels.append((x, y, s.strip(), look.get("color", "#222222")))
            return
        self.drawn.append((3, lambda px, py: words(px(x), py(y), s, **look)))

    def label(self, x: float, y: float, name: str, colour: str) -> None:
        """Write a name beside a point."""
        self.labels.append((float(x), float(y), name, colour))

    # how a figure sets it up

    def _take(self, side: Side, values: Any) -> Array:
        """Return values as numbers; names become places with the names as ticks."""
        found = list(values)
        if found and isinstance(found[0], str):
            names = side.names if side.names is not None else []
            names += [name for name in dict.fromkeys(found) if name not in names]
            side.names, side.ticks = names, [float(n) for n in range(len(names))]
            found = [names.index(name) for name in found]
        numbers = np.asarray(found, dtype=float)
        side.take(numbers)
        return numbers

    def _next_colour(self) -> str:
        self._lines += 1
        return CYCLE[(self._lines - 1) % len(CYCLE)]

    def set_title(self, title: str, *, fontsize: float = 10.5) -> None:
        """Write a title above the plot."""
        self.title, self.title_points = title, fontsize

    def set_xlim(self, left: float | None = None, right: float | None = None) -> None:
        """Set one or both ends of the lower scale."""
        self._limit(self.x, left, right)

    def set_ylim(self, bottom: float | None = None, top: float | None = None) -> None:
        """Set one or both ends of the upright scale; the larger first turns it over."""
        self._limit(self.y, bottom, top)

    @staticmethod
    def _limit(side: Side, first: float | None, last: float | None) -> None:
        if first is not None and last is not None and first > last:
            first, last, side.flipped = last, first, True
        side.set_low = side.set_low if first is None else first
        side.set_high = side.set_high if last is None else last

    def get_ylim(self) -> tuple[float, float]:
        """Return both ends of the upright scale."""
        return self.y.ends()

    def margins(self, x: float | None = None, y: float | None = None) -> None:
        """Set the room at the edges, as a share of what the data reach."""
        self.x.margin = self.x.margin if x is None else x
        self.y.margin = self.y.margin if y is None else y

    def invert_yaxis(self) -> None:
        """Turn the upright scale over."""
        self.y.flipped = not self.y.flipped

    def grid(self, visible: bool | None = None, axis: str = "both") -> None:
        """Show or hide the lines behind the data."""
        for name, side in (("x", self.x), ("y", self.y)):
            if axis in (name, "both"):
                side.grid = visible is not False

    def set_xticks(self, places: Any, labels: Sequence[str] | None = None) -> None:
        """Set the ticks of the lower scale."""
        self._tick(self.x, places, labels)

    def set_yticks(self, places: Any, labels: Sequence[str] | None = None) -> None:
        """Set the ticks of the upright scale."""
        self._tick(self.y, places, labels)

    @staticmethod
    def _tick(side: Side, places: Any, labels: Sequence[str] | None) -> None:
        side.ticks = [float(place) for place in places]
        side.take(side.ticks)
        side.names = None if labels is None else list(labels)

    def tick_params(self, **look: Any) -> None:
        """Write ticks small where a size is given."""
        self.x.small = self.y.small = "labelsize" in look or self.x.small

    def set_aspect(self, ratio: float, **_: Any) -> None:
        """Set how many units of the lower scale one of the upright scale is as long as."""
        self.aspect = ratio

    def set_visible(self, visible: bool) -> None:
        """Show the plot or leave its place empty."""
        self.visible = visible

    def legend(self, **_: Any) -> None:
        """Name what is drawn below the picture."""
        self.legend_inside = True

    def get_legend_handles_labels(self) -> tuple[list[Look], list[str]]:
        """Return what can be named, and the names."""
        return self.looks, [look.label for look in self.looks]
