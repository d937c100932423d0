"""Own maps: town outlines from a supplied GeoJSON file, or tiles where there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline
from scipy.optimize import linear_sum_assignment

from analysis import access, figures, store, terms, wording
from analysis.figures import style
from analysis.store import Run

_SUFFIXES = (".geojson", ".json")
_OUTSIDE = "#F2F2F2"
_EDGE = "#FFFFFF"


def boundaries(run: Run) -> access.Boundaries | None:
    """Return the outlines of the area's first readable GeoJSON file, or None."""
    names = figures.place_names(run)
    for name, content in store.raw_files(run.root, run.area.name).items():
        if name.lower().endswith(_SUFFIXES):
            found = access.read_boundaries(content, names)
            if found is not None:
                return found
    return None


def warnings(run: Run, stage: str = "primary") -> figures.Shown:
    """Draw the towns coloured by their warning, on their outlines or as tiles."""
    rows = run.tables["seat_warnings"]
    rows = rows[(rows["level"] == "town") & (rows["stage"] == stage)]
    if rows.empty:
        return figures.nothing(run)
    colours = {r["area_id"]: style.WARNING_COLOUR[r["warning"]] for r in rows.to_dict("records")}
    names = figures.place_names(run)
    outlines = boundaries(run)
    if outlines is not None and set(outlines.towns) & set(colours):
        figure, (ax,) = style.plots(height=_height(outlines.extent))
        draw_outlines(ax, outlines, colours, names)
        note = "map_note_boundaries"
    else:
        cells, placed = tile_cells(town_points(run, list(colours)), len(colours))
        figure, (ax,) = style.plots(height=0.75 * (max(row for row, _ in cells) + 1) + 0.5)
        draw_tiles(ax, dict(zip(colours, cells, strict=True)), colours, names)
        note = "map_note_tiles" if placed else "map_note_plain"
    said = [
        f"{names.get(r['area_id'], r['area_id'])} "
        f"{terms.label('warning', r['warning'], run.language)}"
        for r in rows.to_dict("records")
        if r["warning"] != "green"
    ]
    columns = ["area_id", "stage", "school_year", "warning", "utilisation_rate"]
    return figures.card(
        figure,
        title=wording.say(
            "access.map_title",
            run.language,
            year=rows["school_year"].iloc[0],
            stage=terms.label("stage", stage, run.language),
        ),
        unit="",
        source=wording.say("access.source_line", run.language),
        alt=wording.say("access.map_alt", run.language, text="; ".join(said[:12])),
        note=wording.say(f"access.{note}", run.language),
        data=figures.display_frame(
            figures.named(run, rows[columns]),
            of="seat_warnings",
            columns=columns,
            language=run.language,
        ),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def _height(extent: tuple[float, float, float, float]) -> float:
    """Return the height in inches that keeps a map's shape at full width."""
    west, south, east, north = extent
    wide = max((east - west) * _narrowing(south, north), 1e-9)
    return float(np.clip(style.WIDTH * (north - south) / wide, 2.5, 7.0))


def _narrowing(south: float, north: float) -> float:
    """Return how much shorter a degree of longitude is than one of latitude there."""
    middle = (south + north) / 2.0
    return math.cos(math.radians(middle)) if abs(middle) <= 90.0 else 1.0


def bare(ax: Axes) -> None:
    """Take scales and frame off a map."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def draw_outlines(
    ax: Axes,
    outlines: access.Boundaries,
    colours: Mapping[str, str],
    names: Mapping[str, str],
    *,
    labels: bool = True,
) -> None:
    """Draw every outline; towns of ``colours`` in their colour with their name inside."""
    for polygon in outlines.others:
        ax.add_patch(_patch(polygon, _OUTSIDE))
    for town, polygons in outlines.towns.items():
        for polygon in polygons:
            ax.add_patch(_patch(polygon, colours.get(town, _OUTSIDE)))
        if labels:
            largest = max((polygon[0] for polygon in polygons), key=len)
            x, y = (largest.min(axis=0) + largest.max(axis=0)) / 2.0
            text = style.drawable(names.get(town, town))
            ax.text(x, y, text, ha="center", va="center", fontsize=8)
    west, south, east, north = outlines.extent
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_aspect(1.0 / _narrowing(south, north))
    bare(ax)


def _patch(polygon: tuple[Any, ...], colour: str) -> PathPatch:
    """Return a polygon with its holes cut out."""
    points = np.concatenate(polygon)
    codes = np.concatenate(
        [[Outline.MOVETO] + [Outline.LINETO] * (len(r) - 2) + [Outline.CLOSEPOLY] for r in polygon]
    )
    return PathPatch(Outline(points, codes), facecolor=colour, edgecolor=_EDGE, linewidth=0.8)


def town_points(run: Run, towns: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return longitude and latitude of towns: their own, else the mean of their schools."""
    own = run.tables["towns"].set_index("town_id")[["lon", "lat"]].reindex(towns)
    schools = run.tables["schools"].groupby("town_id")[["lon", "lat"]].mean().reindex(towns)
    located = own.notna().all(axis=1)
    return np.asarray(own.where(located, schools).to_numpy(dtype=float))


def tile_cells(
    points: np.ndarray[Any, np.dtype[np.float64]], count: int
) -> tuple[list[tuple[int, int]], bool]:
    """Return a cell (row, column) for each town, and whether cells follow positions.

    Towns are laid on a grid about square so that the squared distance between where each is and
    where its tile stands is least in sum; without positions the cells are in order.
    """
    columns = max(math.ceil(math.sqrt(count * 1.6)), 1)
    rows = math.ceil(count / columns)
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    if not np.isfinite(points).all() or count < 2:
        return cells[:count], False
    low, high = points.min(axis=0), points.max(axis=0)
    scaled = (points - low) / np.where(high > low, high - low, 1.0)
    x = scaled[:, 0] * max(columns - 1, 1)
    y = (1.0 - scaled[:, 1]) * max(rows - 1, 1)
    grid = np.array(cells, dtype=float)
    cost = (y[:, None] - grid[None, :, 0]) ** 2 + (x[:, None] - grid[None, :, 1]) ** 2
    _, chosen = linear_sum_assignment(cost)
    return [cells[int(place)] for place in chosen], True


def draw_tiles(
    ax: Axes,
    cells: Mapping[str, tuple[int, int]],
    colours: Mapping[str, str],
    names: Mapping[str, str],
) -> None:
    """Draw one tile a town with its name."""
    for town, (row, column) in cells.items():
        colour = colours[town]
        ax.add_patch(
            Rectangle((column + 0.03, row + 0.04), 0.94, 0.92, facecolor=colour, alpha=0.75)
        )
        text = style.drawable(names.get(town, town))
        light = colour in (style.RED, style.BLUE, style.GREEN)
        ax.text(
            column + 0.5,
            row + 0.5,
            text,
            ha="center",
            va="center",
            fontsize=8.5,
            color="white" if light else "#222222",
        )
    ax.set_xlim(0, max(column for _, column in cells.values()) + 1)
    ax.set_ylim(max(row for row, _ in cells.values()) + 1, 0)
    bare(ax)


def base_map(ax: Axes, run: Run, points: pd.DataFrame) -> None:
    """Draw outlines below points, or set the axes to the points' own extent."""
    outlines = boundaries(run)
    if outlines is not None:
        draw_outlines(ax, outlines, {}, figures.place_names(run), labels=False)
        return
    south, north = float(points["lat"].min()), float(points["lat"].max())
    ax.set_aspect(1.0 / _narrowing(south, north), adjustable="datalim")
    ax.margins(0.08)
    bare(ax)
