"""Projects of the county's own list: sized candidates, committed ones, and those only named."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.planning.instance import ANY_SOURCE, FOREVER, Option
from analysis.planning.measures import (
    PERMANENT,
    Price,
    Setting,
    building_life,
    building_price,
    floor_per_seat,
    option,
    price,
)
from analysis.tables import Tables

_UNIT_PRICE = {
    "new_build": "new_build_cost_per_m2",
    "relocation": "new_build_cost_per_m2",
    "expansion": "expansion_cost_per_m2",
}
_LIFE = {"temporary": "temporary_life_years", "lease": "lease_life_years"}
SEATLESS = ("equipment", "other", "merger", "smaller_classes")


def with_place(tables: Tables) -> pd.DataFrame:
    """Return the projects, their town taken from their school where it is not given."""
    projects = tables["projects"]
    towns = dict(zip(tables["schools"]["school_id"], tables["schools"]["town_id"], strict=True))
    own = projects["town_id"].where(projects["town_id"].notna(), projects["school_id"].map(towns))
    return projects.assign(town_id=own.astype("str").where(own.notna(), None).astype("str"))


def town_stage(row: dict[str, object]) -> tuple[str, str] | None:
    """Return the town and stage of a project, or None where one is not given."""
    town, stage = row["town_id"], row["stage"]
    return (town, stage) if isinstance(town, str) and isinstance(stage, str) else None


def seats_of(setting: Setting, row: dict[str, object]) -> float:
    """Return the seats of a project: given, or classes x largest class; NaN where unknown."""
    seats, classes, stage = float(row["seats"]), float(row["classes"]), row["stage"]  # type: ignore[arg-type]
    if np.isfinite(seats):
        return seats
    if np.isfinite(classes) and isinstance(stage, str):
        return classes * setting.parameters.value("class_size_max", stage)
    return float("nan")


def project_price(setting: Setting, row: dict[str, object], seats: float) -> tuple[Price, float]:
    """Return the cost of a listed project and its floor area.

    A cost of the list stands, with the relative range of the unit price around it; without one the
    unit price and the floor area (given, or by the teaching-space indicator) make it.
    """
    parameters, stage = setting.parameters, str(row["stage"])
    given, floor = float(row["cost_cny"]), float(row["floor_area_m2"])  # type: ignore[arg-type]
    kind = str(row["kind"])
    if kind in PERMANENT and not np.isfinite(floor):
        floor = seats * floor_per_seat(parameters, stage)
    if kind in _UNIT_PRICE:
        unit = price(parameters, _UNIT_PRICE[kind], 1.0)
        if np.isfinite(given):
            return Price(given * unit.low / unit.mid, given, given * unit.high / unit.mid), floor
        return building_price(parameters, _UNIT_PRICE[kind], floor, seats), floor
    if kind == "temporary" and not np.isfinite(given):
        rooms = seats / parameters.value("class_size_max", stage)
        return price(parameters, "temporary_cost_per_room", rooms), floor
    known = given if np.isfinite(given) else 0.0
    return Price(known, known, known), floor


def candidates(setting: Setting, tables: Tables) -> Iterator[Option]:
    """Offer every sized candidate of the county's own list, once each."""
    parameters = setting.parameters
    rows = with_place(tables)
    rows = rows[(rows["status"] == "candidate") & ~rows["kind"].isin(SEATLESS)]
    sources = set(tables["finance"]["funding_source"])
    for row in rows.sort_values("project_id").to_dict("records"):
        record = {str(key): value for key, value in row.items()}
        place = town_stage(record)
        zone = None if place is None else setting.zone(*place)
        seats = seats_of(setting, record)
        if zone is None or not np.isfinite(seats):
            continue
        cost, floor = project_price(setting, record, seats)
        kind = str(record["kind"])
        base = setting.futures.years[0]
        known = [record[c] for c in ("land_year", "start_year") if np.isfinite(record[c])]
        life = parameters.value(_LIFE[kind]) if kind in _LIFE else FOREVER
        offer = option(
            setting,
            str(record["project_id"]),
            kind,
            {zone: seats},
            cost,
            first=max([0, *(int(year) - base for year in known)]),
            lead=setting.lead("new_build" if kind == "relocation" else kind),
            life=building_life(parameters) if kind in PERMANENT else int(life),
            residual_share=1.0 if kind in PERMANENT else 0.0,
            source=record["funding_source"] if record["funding_source"] in sources else ANY_SOURCE,
            details={
                "name_zh": record["project_name"],
                "name_en": record["project_name"],
                "status": "candidate",
                "school_id": record["school_id"],
                "town_id": record["town_id"],
                "stage": record["stage"],
                "classes": record["classes"],
                "floor_area_m2": floor,
                "site_area_m2": record["site_area_m2"],
                "land_year": record["land_year"],
                "responsible": record["responsible"],
                "limit": "land" if kind == "new_build" else "",
                "source": record["source"],
            },
        )
        if offer is not None:
            yield offer


def unplaced(setting: Setting, tables: Tables) -> list[str]:
    """Return candidates of the list that cannot be judged: no town, no stage or no size."""
    rows = with_place(tables)
    rows = rows[(rows["status"] == "candidate") & ~rows["kind"].isin(SEATLESS)]
    found = []
    for row in rows.to_dict("records"):
        record = {str(key): value for key, value in row.items()}
        place = town_stage(record)
        known = place is not None and setting.zone(*place) is not None
        if not known or not np.isfinite(seats_of(setting, record)):
            found.append(str(record["project_id"]))
    return found
