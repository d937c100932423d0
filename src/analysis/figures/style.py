"""One visual language: colours with fixed meanings, the Chinese font, the shape of axes.

The colours are those of Okabe and Ito (2008), distinguishable under the common forms of colour
blindness; each has one meaning everywhere.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextvars import ContextVar
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.figures.plot import Plot
from analysis.figures.sheet import Sheet
from analysis.figures.ticks import Side

FONT_FAMILY = "Xuewei Sans SC"
FONT_FILE = "XueweiSansSC-Regular.otf"

PRIMARY = "#0072B2"
JUNIOR = "#D55E00"
SHORTAGE = "#B2182B"
SURPLUS = "#4393C3"
NORM = "#7A5195"
ACTUAL = "#222222"
NEUTRAL = "#8C8C8C"
MET = "#1B7837"
NOT_MET = "#B2182B"
UNDETERMINED = "#8C8C8C"
RED, AMBER, GREEN, BLUE = "#B2182B", "#E69F00", "#1B7837", "#4393C3"
#: Opacity of the 80 % and 95 % bands of a forecast.
BAND_80, BAND_95 = 0.28, 0.13

STAGE_COLOUR = {"primary": PRIMARY, "junior": JUNIOR}
VERDICT_COLOUR = {
    "met": MET,
    "not_met": NOT_MET,
    "undetermined": UNDETERMINED,
    "not_applicable": "#D9D9D9",
}
WARNING_COLOUR = {
    "red": RED,
    "amber": AMBER,
    "green": GREEN,
    "blue": BLUE,
    "undetermined": UNDETERMINED,
}
SCENARIO_STYLE = {"low": (0, (1, 1.5)), "central": "-", "high": (0, (5, 2))}

WIDTH, HEIGHT = 7.2, 3.6  # inches; fills the text width of an A4 page

#: Whether figures are drawn as images, for documents that cannot hold SVG.
RASTER: ContextVar[bool] = ContextVar("raster", default=False)

_SETTINGS: dict[Any, Any] = {
    "font.family": [FONT_FAMILY],
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9A9A9A",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.7,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "axes.labelcolor": "#333333",
    "figure.dpi": 100,
    "svg.hashsalt": "xuewei",
    "svg.fonttype": "path",
    "lines.linewidth": 1.8,
    "legend.frameon": False,
}


@cache
def register_font() -> str:
    """Make the shipped font and the project's settings matplotlib's own; return the family name.

    Text resolves its font when it is drawn, not when it is made, so settings that hold only while
    the axes are built would lose the Chinese.
    """
    path = Path(str(resources.files("analysis.figures") / "fonts" / FONT_FILE))
    font_manager.fontManager.addfont(path)
    mpl.rcParams.update(_SETTINGS)
    # a missing glyph raises a warning of its own; chatter about font families does not help
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    return FONT_FAMILY


def plots(
    rows: int = 1,
    columns: int = 1,
    *,
    width: float = WIDTH,
    height: float = HEIGHT,
    share_x: bool = False,
    share_y: bool = False,
) -> tuple[Any, list[Any]]:
    """Return a light picture and its plots, row by row; matplotlib's where images are asked for.

    A light picture costs a hundredth of one that matplotlib lays out. Both take the drawing words
    our figures use. Parameters are those of :func:`axes`.
    """
    if RASTER.get():
        return axes(rows, columns, width=width, height=height, share_x=share_x, share_y=share_y)
    sheet = Sheet(rows, columns, (width, height), (share_x, share_y))
    return sheet, sheet.plots


def axes(
    rows: int = 1,
    columns: int = 1,
    *,
    width: float = WIDTH,
    height: float = HEIGHT,
    share_x: bool = False,
    share_y: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Return a figure in the project's style and its axes, row by row.

    The figure belongs to no window and no global list, so nothing has to be closed.

    Parameters
    ----------
    rows, columns
        Grid of small multiples.
    width, height
        Size in inches.
    share_x, share_y
        Whether the axes share their scales.
    """
    register_font()
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=share_x, sharey=share_y)
    return figure, [item for row in grid for item in row]


@cache
def glyphs() -> frozenset[int]:
    """Return the code points the shipped font can draw."""
    path = str(resources.files("analysis.figures") / "fonts" / FONT_FILE)
    return frozenset(font_manager.get_font(path).get_charmap())


def drawable(text: str) -> str:
    """Return ``text`` with characters the font lacks replaced by 〓, and control ones dropped."""
    kept = (c for c in text if c.isprintable())
    return "".join(c if ord(c) in glyphs() else "〓" for c in kept)


def missing_glyphs(texts: Sequence[str]) -> set[str]:
    """Return the characters of ``texts`` that the shipped font lacks."""
    return {c for text in texts for c in text if c.isprintable() and ord(c) not in glyphs()}


def whole_years(ax: Any) -> None:
    """Label the x axis with whole years only."""
    if isinstance(ax, Plot):
        ax.x.whole = True
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def few_levels(ax: Any, most: int) -> None:
    """Label the y axis with few levels: a small chart is read for its shape."""
    if isinstance(ax, Plot):
        ax.y.most = most
    else:
        ax.yaxis.set_major_locator(MaxNLocator(most))


def sizes(ax: Any) -> None:
    """Label the y axis without signs: both sides of zero are sizes."""
    if isinstance(ax, Plot):
        ax.y.write = lambda value: f"{abs(value):,.0f}"
    else:
        ax.yaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")


def counts(axis: Any, language: str) -> None:
    """Label an axis of counts in full, or in 万 (million) where the numbers are large."""
    scale, unit = (1e4, "万") if language == "zh" else (1e6, " m")

    def words(value: float, ends: Sequence[float]) -> str:
        top = max(abs(limit) for limit in ends)
        if top < scale * 50 or value == 0:
            return f"{value:,.0f}"
        return f"{value / scale:,.0f}{unit}" if top >= scale * 5 else f"{value / scale:,.1f}{unit}"

    if isinstance(axis, Side):
        axis.write = lambda value: words(value, axis.ends())
    else:
        axis.set_major_formatter(FuncFormatter(lambda v, _: words(v, axis.get_view_interval())))


def direct_label(ax: Any, x: float, y: float, text: str, colour: str) -> None:
    """Write a series' name beside its last point instead of in a legend."""
    if isinstance(ax, Plot):
        ax.label(x, y, drawable(text), colour)
        return
    ax.annotate(
        drawable(text),
        (x, y),
        xytext=(4, 0),
        textcoords="offset points",
        color=colour,
        va="center",
        fontsize=9,
        annotation_clip=False,
    )
