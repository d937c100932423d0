"""Pictures of page one and of the town pages: where seats are short, and the way ahead."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from analysis import figures, terms, wording
from analysis.figures import style, svg
from analysis.figures.card import Card
from analysis.store import Run

STAGES = ("primary", "junior")
#: Beyond this many towns tiles no longer fit beside each other on a page.
MOST_TILES = 60


def _stage(run: Run, stage: str) -> str:
    return terms.label("stage", stage, run.language)


def _say(run: Run, key: str, **values: object) -> str:
    return wording.say(f"figures.{key}", run.language, **values)


def picture(run: Run) -> figures.Shown:
    """Show page one's picture: tiles of towns, else the way demand goes, else the norm."""
    for draw in (tile_map, demand_lines, norm_bars):
        shown = draw(run)
        if isinstance(shown, Card):
            return shown
    return figures.nothing(run)


def _gap_rows(run: Run, level: str, stage: str = "") -> pd.DataFrame:
    table = run.tables["seat_gap"]
    table = table[(table["level"] == level) & (table["scenario"] == run.parameters.scenario)]
    return table[table["stage"] == stage] if stage else table


def tile_map(run: Run) -> figures.Shown:
    """Show one tile a town and stage at the end of the plan: short or spare, by warning level.

    Tiles keep the towns' places where coordinates are given; without them they stand by name.
    """
    rows = _gap_rows(run, "town")
    if rows.empty or rows["shortage"].isna().all():
        return figures.nothing(run)
    year = min(run.plan_end, int(rows["school_year"].max()))
    rows = rows[rows["school_year"] == year]
    towns = run.tables["towns"]
    towns = towns[towns["town_id"].isin(rows["area_id"])].sort_values("town_id")
    if not 2 <= len(towns) <= MOST_TILES:
        return figures.nothing(run)
    places, placed = _places(towns)
    names = dict(zip(towns["town_id"], towns["town_name"], strict=True))
    bodies = []
    for stage in (s for s in STAGES if s in set(rows["stage"])):
        own = rows[rows["stage"] == stage].set_index("area_id")
        items = [
            _tile(run, names[town], places[town], own.loc[town].to_dict())
            for town in places
            if town in own.index
        ]
        said = "; ".join(item.hint for item in items)
        alt = _say(run, "tiles_alt", stage=_stage(run, stage), year=year, text=said)
        bodies.append(
            f'<div><p class="tile-title"><strong>{svg.escape(_stage(run, stage))}</strong></p>'
            f"{svg.tiles(items, alt)}</div>"
        )
    shown = rows.sort_values(["stage", "area_id"], ascending=[False, True])
    return Card(
        title=_say(run, "tiles_title", year=wording.year_label(year, run.language)),
        body=f'<div class="tile-pair">{"".join(bodies)}</div>{_legend(run)}',
        alt=_say(run, "tiles_title", year=year),
        unit=_say(run, "unit_seats"),
        source=_say(run, "tiles_source"),
        note=_say(run, "tiles_placed" if placed else "tiles_by_name"),
        data=figures.display_frame(
            figures.named(run, shown),
            of="seat_gap",
            columns=(
                "area_id",
                "stage",
                "seats_required",
                "seats_available",
                "shortage",
                "surplus",
            ),
            language=run.language,
        ),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def _tile(run: Run, name: str, place: tuple[int, int], row: Mapping[Hashable, Any]) -> svg.Tile:
    if pd.isna(row["shortage"]):
        said = "—"
    elif row["shortage"] > 0:
        said = _say(run, "tile_short", seats=wording.number(row["shortage"], run.language))
    else:
        said = _say(run, "tile_spare", seats=wording.number(row["surplus"], run.language))
    warning = str(row.get("warning", "undetermined"))
    hint = _say(
        run,
        "tile_hint",
        town=name,
        said=said,
        required=wording.number(row["seats_required"], run.language),
        available=wording.number(row["seats_available"], run.language),
        warning=terms.label("warning", warning, run.language),
    )
    return svg.Tile(place[0], place[1], name, said, svg.TILE_FILL[warning], hint)


def _legend(run: Run) -> str:
    parts = []
    for code, fill in svg.TILE_FILL.items():
        word = terms.label("warning", code, run.language)
        meaning = _say(run, f"warning_{code}")
        swatch = (
            f'<svg width="14" height="14" aria-hidden="true"><rect width="14" height="14" rx="2" '
            f'fill="{fill}" stroke="#8C8C8C"/></svg>'
        )
        parts.append(f"<span>{swatch} {svg.escape(word)} {svg.escape(meaning)}</span>")
    return f'<p class="legend">{" ".join(parts)}</p>'


def _places(towns: pd.DataFrame) -> tuple[dict[str, tuple[int, int]], bool]:
    """Return a grid cell for each town, near its coordinates where all are given."""
    ids = towns["town_id"].tolist()
    across = min(max(math.ceil(math.sqrt(len(ids) * 1.1)), 2), 6)
    down = math.ceil(len(ids) / across)
    lon, lat = towns["lon"].to_numpy(float), towns["lat"].to_numpy(float)
    if np.isnan(lon).any() or np.isnan(lat).any() or np.ptp(lon) == 0 or np.ptp(lat) == 0:
        return {town: (i % across, i // across) for i, town in enumerate(ids)}, False
    # ranks rather than degrees: a crowded county seat must not push villages off the grid
    x = (pd.Series(lon).rank().to_numpy() - 0.5) / len(ids) * across
    y = (len(ids) + 0.5 - pd.Series(lat).rank().to_numpy()) / len(ids) * down
    cells = [(c, r) for r in range(down) for c in range(across)]
    cost = [
        [(px - c - 0.5) ** 2 + (py - r - 0.5) ** 2 for c, r in cells]
        for px, py in zip(x, y, strict=True)
    ]
    rows, chosen = linear_sum_assignment(np.array(cost))
    return {ids[i]: cells[j] for i, j in zip(rows, chosen, strict=True)}, True


class WaysAhead:
    """What the ways ahead are drawn from, divided once for all places and stages."""

    def __init__(self, run: Run) -> None:
        demand = run.tables["seat_demand"]
        demand = demand[demand["scenario"] == run.parameters.scenario]
        past = run.tables["trend_pupils"]
        self._demand = _by_place(demand)
        self._past = _by_place(past[past["pupils"].notna()])
        self._supply = _by_place(run.tables["seat_supply"])
        shown = figures.display_frame(
            demand,
            of="seat_demand",
            columns=("stage", "school_year", "pupils", "lower80", "upper80"),
            language=run.language,
        )
        self._none = shown.head(0)
        groups = shown.groupby(demand["area_id"].to_numpy(dtype=object))
        self._shown = {str(area_id): rows.reset_index(drop=True) for area_id, rows in groups}

    def demand(self, area_id: str, stage: str, name: str) -> svg.Line | None:
        """Return the line of pupils so far and seats required ahead; None without one."""
        rows, past = self._demand.get((area_id, stage)), self._past.get((area_id, stage))
        points = _by_year(past, "pupils") | _by_year(rows, "pupils")
        if len(points) < 2:
            return None
        return svg.Line(
            name,
            style.STAGE_COLOUR[stage],
            points,
            _by_year(rows, "lower80") or None,
            _by_year(rows, "upper80") or None,
        )

    def supply(self, area_id: str, stage: str, name: str) -> svg.Line | None:
        """Return the line of seats available; None without one."""
        points = _by_year(self._supply.get((area_id, stage)), "seats_available")
        if len(points) < 2:
            return None
        return svg.Line(name, style.NEUTRAL, points, dashes="6 4")

    def shown(self, area_id: str) -> pd.DataFrame:
        """Return the rows of a place as they stand below its picture."""
        return self._shown.get(area_id, self._none)


def _by_place(table: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    groups = table.groupby(["area_id", "stage"], sort=False)
    return {(str(area_id), str(stage)): rows for (area_id, stage), rows in groups}


def _by_year(rows: pd.DataFrame | None, column: str) -> dict[int, float]:
    if rows is None:
        return {}
    pairs = zip(rows["school_year"].tolist(), rows[column].tolist(), strict=True)
    return {int(year): float(value) for year, value in pairs if not math.isnan(value)}


def way_ahead(run: Run, area_id: str, ways: WaysAhead | None = None) -> figures.Shown:
    """Show pupils so far, seats required ahead (80 % band) and seats available, by stage.

    ``ways`` saves dividing the tables anew for each of many places.
    """
    ways = ways or WaysAhead(run)
    bodies, texts = [], []
    for stage in STAGES:
        demand = ways.demand(area_id, stage, _say(run, "seats_required"))
        if demand is None:
            continue
        supply = ways.supply(area_id, stage, _say(run, "seats_available"))
        items = [demand] if supply is None else [demand, supply]
        years = sorted(demand.points)
        said = _say(
            run,
            "way_alt",
            stage=_stage(run, stage),
            first=years[0],
            first_value=wording.number(demand.points[years[0]], run.language),
            last=years[-1],
            last_value=wording.number(demand.points[years[-1]], run.language),
        )
        texts.append(said)
        chart = svg.lines(items, said, size=(520, 250), mark=run.parameters.base_year)
        bodies.append(
            f'<div><p class="tile-title"><strong>{svg.escape(_stage(run, stage))}</strong></p>'
            f"{chart}</div>"
        )
    if not bodies:
        return figures.nothing(run)
    place = figures.place_names(run).get(area_id, run.area.title(run.language))
    return Card(
        title=_say(run, "way_title", place=place),
        body=f'<div class="tile-pair">{"".join(bodies)}</div>',
        alt=" ".join(texts),
        unit=_say(run, "unit_seats"),
        source=_say(run, "way_source"),
        note=_say(run, "way_note"),
        data=ways.shown(area_id),
        language=run.language,
        synthetic=run.area.synthetic,
    )


def demand_lines(run: Run) -> figures.Shown:
    """Show the way ahead of the whole area."""
    return way_ahead(run, run.area.code)


def _bar_name(run: Run, name: str, row: Mapping[Hashable, Any], *, several: bool) -> str:
    """Name a bar by place and stage, and by population basis where there are several."""
    said = f"{name} {_stage(run, str(row['stage']))}".strip()
    if not several:
        return said
    return f"{said} {terms.label('population_basis', str(row['basis']), run.language)}"


def _bars_by_stage(run: Run, bars: Sequence[tuple[str, float, float | None, str]]) -> str:
    """Draw the bars of many towns beside each other, a picture a stage."""
    parts = []
    for stage in STAGES:
        own = [bar for bar in bars if bar[3] == style.STAGE_COLOUR[stage]][:MOST_TILES]
        said = "; ".join(f"{name} {wording.number(v, run.language)}" for name, v, _, _ in own)
        alt = _say(run, "norm_alt", text=f"{_stage(run, stage)}: {said}")
        title = f'<p class="tile-title"><strong>{svg.escape(_stage(run, stage))}</strong></p>'
        if own:
            parts.append(f"<div>{title}{svg.bars(own, alt, size=(520, 22))}</div>")
    return f'<div class="tile-pair many">{"".join(parts)}</div>'


def norm_bars(run: Run) -> figures.Shown:
    """Show seats by the planning norm beside the pupils counted, by place."""
    table = run.tables["norm_demand"]
    if table.empty:
        return figures.nothing(run)
    table = table[table["year"] == table["year"].max()]
    many = (table["level"] == "town").sum() > 1
    rows = table[table["level"] == ("town" if many else "county")]
    names = figures.place_names(run)
    many_bases = len(set(rows["basis"])) > 1
    per_stage = many and not many_bases
    counted = run.tables["norm_comparison"]
    counted = counted[counted["pupils"].notna() & ~counted["forecast"]]
    pupils = {(r["area_id"], r["stage"]): r["pupils"] for r in counted.to_dict("records")}
    bars = [
        (
            names.get(r["area_id"], r["area_id"])
            if per_stage
            else _bar_name(
                run,
                names.get(r["area_id"], r["area_id"]) if many else "",
                r,
                several=many_bases,
            ),
            float(r["seats"]),
            pupils.get((r["area_id"], r["stage"])),
            style.STAGE_COLOUR[str(r["stage"])],
        )
        for r in rows.sort_values(["stage", "seats"], ascending=[False, False]).to_dict("records")
    ]
    if not bars:
        return figures.nothing(run)
    said = "; ".join(f"{name} {wording.number(seats, run.language)}" for name, seats, _, _ in bars)
    return Card(
        title=_say(run, "norm_title" if any(bar[2] for bar in bars) else "norm_title_only"),
        body=_bars_by_stage(run, bars)
        if per_stage
        else svg.bars(bars[:MOST_TILES], _say(run, "norm_alt", text=said)),
        alt=_say(run, "norm_alt", text=said),
        unit=_say(run, "unit_seats"),
        source="; ".join(sorted(set(rows["norm_source"].dropna()))),
        note=_say(run, "norm_note"),
        data=figures.display_frame(
            figures.named(run, rows),
            of="norm_demand",
            columns=("area_id", "stage", "basis", "year", "persons", "seats"),
            language=run.language,
        ),
        language=run.language,
        synthetic=run.area.synthetic,
    )
