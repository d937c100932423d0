"""The measures a county has: what each adds, costs, needs and takes (备选措施).

Every measure is an :class:`~analysis.planning.instance.Option` with seat effects by zone. Sizes
come from school templates and ceilings, money from norms with a price year; where a table that a
measure needs is missing, that measure is not offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis import wording
from analysis.planning.futures import Futures
from analysis.planning.instance import FOREVER, Option
from analysis.planning.parameters import Parameters
from analysis.planning.places import Site, can_host

_MU_M2 = 10_000 / 15
PERMANENT = ("new_build", "expansion", "relocation")


@dataclass(frozen=True)
class Setting:
    """What every measure is made from."""

    futures: Futures
    parameters: Parameters
    sites: tuple[Site, ...]
    towns: Mapping[str, str]
    plan_years: int

    def zone(self, town: str, stage: str) -> int | None:
        """Return the position of a zone, or None where it is not planned for."""
        try:
            return self.futures.zones.index((town, stage))
        except ValueError:
            return None

    def starts(self, lead: int, first: int = 0) -> tuple[int, ...]:
        """Return the years of the plan in which work may start and still open in the forecast."""
        last = min(self.plan_years, len(self.futures.years) - lead)
        return tuple(range(first, last))

    def lead(self, kind: str) -> int:
        """Return the whole years from start to opening."""
        value = self.parameters.value(f"lead_time_{kind}")
        return 0 if np.isnan(value) else int(value)

    def here(self, stage: str, town: str) -> list[Site]:
        """Return the schools of a town and stage, best hosts first."""
        return [s for s in self.sites if (s.town_id, s.stage) == (town, stage)]


@dataclass(frozen=True)
class Price:
    """Low, middle and high cost of one unit in prices of the base year."""

    low: float
    mid: float
    high: float


def price(
    parameters: Parameters, name: str, quantity: float, *, most: float | None = None
) -> Price:
    """Return the cost of a quantity at a unit price that has a range.

    Parameters
    ----------
    quantity
        What the low and the middle cost count.
    most
        What the high cost counts; the same quantity if not given.
    """
    low, mid, high = (parameters.money(name, part=part) for part in ("low", "mid", "high"))
    return Price(low * quantity, mid * quantity, high * (quantity if most is None else most))


def building_price(parameters: Parameters, name: str, floor: float, seats: float) -> Price:
    """Return the cost of a building: floor area by norm; the high cost as schools are built.

    The norms give the least floor area; the cases with known costs have about 12 m² a seat
    (``built_floor_per_seat_m2``), so a high cost at the norm's area would be below both of the
    dearer ones.
    """
    built = seats * parameters.value("built_floor_per_seat_m2")
    return price(parameters, name, floor, most=float(np.nanmax([floor, built])))


def floor_per_seat(parameters: Parameters, stage: str) -> float:
    """Return floor area a seat that the teaching-space indicator needs.

    Indicator L4 asks for teaching space; all of the building is that over the usual share. A rule
    set without the indicator takes the floor area of its largest template.
    """
    needed = parameters.value("l4_threshold", stage) / parameters.value("teaching_floor_share")
    templates = parameters.templates(stage)
    if np.isnan(needed) and templates:
        largest = templates[max(templates)]
        return largest["floor_m2"] / largest["seats"]
    return needed


def names(key: str, **values: object) -> dict[str, str]:
    """Return the name of a measure in both languages."""
    return {
        "name_zh": wording.say(f"planning.{key}", "zh", **values),
        "name_en": wording.say(f"planning.{key}", "en", **values),
    }


def option(
    setting: Setting,
    option_id: str,
    kind: str,
    effects: Mapping[int, float],
    cost: Price,
    *,
    details: Mapping[str, Any],
    first: int = 0,
    lead: int | None = None,
    life: int = FOREVER,
    **more: Any,
) -> Option | None:
    """Build a measure, or None when it could not open within the forecast."""
    lead = setting.lead(kind) if lead is None else lead
    starts = setting.starts(lead, first)
    if not starts or more.get("most", 1) < 1:
        return None
    return Option(
        option_id,
        kind,
        effects,
        cost.mid,
        starts,
        lead,
        life,
        details={"cost_low": cost.low, "cost_high": cost.high, "status": "proposed"}
        | dict(details),
        **more,
    )


def building_life(parameters: Parameters) -> int:
    """Return the life of a school building in whole years."""
    return int(parameters.value("building_life_years"))


def expansions(setting: Setting) -> Iterator[Option]:
    """Offer expansion at every public school with room under its ceilings, a class a grade each."""
    parameters = setting.parameters
    for site in setting.sites:
        zone = setting.zone(site.town_id, site.stage)
        classes = int(parameters.value("expansion_unit_classes", site.stage))
        seats = classes * parameters.value("class_size_max", site.stage)
        if zone is None or not can_host(site, parameters):
            continue
        most = int(min(site.room_for // seats, parameters.value("expansion_units_most")))
        floor = seats * floor_per_seat(parameters, site.stage)
        built = option(
            setting,
            f"X-{site.school_id}-{site.stage}",
            "expansion",
            {zone: seats},
            building_price(parameters, "expansion_cost_per_m2", floor, seats),
            most=most,
            life=building_life(parameters),
            residual_share=1.0,
            details={
                **names("name_expansion", school=site.name),
                "school_id": site.school_id,
                "town_id": site.town_id,
                "stage": site.stage,
                "classes": classes,
                "floor_area_m2": floor,
                "site_area_m2": 0.0,
                "limit": site.limit,
            },
        )
        if built is not None and np.isfinite(built.capital_cny):
            yield built


def new_schools(setting: Setting, with_sites: frozenset[tuple[str, str]]) -> Iterator[Option]:
    """Offer new schools by template in every town, unless the county has named its sites there.

    Parameters
    ----------
    with_sites
        Towns and stages for which the county's own list has sites for new schools.
    """
    parameters = setting.parameters
    if parameters.value("land_unknown_allowed") < 1:
        return
    first = int(parameters.value("land_lead_years"))
    for town in sorted({town for town, _ in setting.futures.zones}):
        for kind in ("primary", "junior", "nine_year"):
            stages = ("primary", "junior") if kind == "nine_year" else (kind,)
            zones = [setting.zone(town, stage) for stage in stages]
            if None in zones or any((town, stage) in with_sites for stage in stages):
                continue
            for classes, template in parameters.templates(kind).items():
                built = _new_school(setting, town, kind, classes, template, first)
                if built is not None:
                    yield built


def _new_school(
    setting: Setting, town: str, kind: str, classes: int, template: Mapping[str, float], first: int
) -> Option | None:
    parameters = setting.parameters
    seats = split_seats(parameters, kind, classes, template["seats"])
    by_indicator = sum(n * floor_per_seat(parameters, stage) for stage, n in seats.items())
    floor = max(template["floor_m2"], 0.0 if np.isnan(by_indicator) else by_indicator)
    site = site_area(parameters, seats, template)
    effects = {setting.futures.zones.index((town, stage)): n for stage, n in seats.items()}
    stage = "junior" if kind == "junior" else "primary"
    quota = parameters.money("public_funds_quota_cny", stage)
    return option(
        setting,
        f"N-{town}-{kind}-{classes}",
        "new_build",
        effects,
        building_price(parameters, "new_build_cost_per_m2", floor, sum(seats.values())),
        first=first,
        life=building_life(parameters),
        residual_share=1.0,
        running_cny=quota * parameters.value("school_funded_pupils_min"),
        group=f"new-{town}-{kind}",
        details={
            **names(f"name_new_{kind}", town=setting.towns.get(town, town), classes=classes),
            "town_id": town,
            "stage": None if kind == "nine_year" else kind,
            "classes": classes,
            "floor_area_m2": floor,
            "site_area_m2": site,
            "limit": "land",
        },
    )


def split_seats(parameters: Parameters, kind: str, classes: int, seats: float) -> dict[str, float]:
    """Return the seats of a template by stage; a nine-year school has its classes by grade."""
    if kind != "nine_year":
        return {kind: seats}
    a_grade = classes / 9
    return {
        "primary": 6 * a_grade * parameters.value("class_size_max", "primary"),
        "junior": 3 * a_grade * parameters.value("class_size_max", "junior"),
    }


def site_area(
    parameters: Parameters, seats: Mapping[str, float], template: Mapping[str, float]
) -> float:
    """Return the site a new school needs: the model's, or the land norm; never under its sports."""
    if "site_mu" in template:
        return template["site_mu"] * _MU_M2
    by_norm = sum(n * parameters.value("site_area_per_pupil_min", s) for s, n in seats.items())
    sports = sum(n * parameters.value("l5_threshold", s) for s, n in seats.items())
    return float(np.nanmax([by_norm, sports]))


def relocations(setting: Setting) -> Iterator[Option]:
    """Offer to rebuild elsewhere a school whose rooms are mostly unsafe, by template."""
    parameters = setting.parameters
    for site in setting.sites:
        zone = setting.zone(site.town_id, site.stage)
        rooms = site.rooms + (0.0 if np.isnan(site.unsafe_rooms) else site.unsafe_rooms)
        share = site.unsafe_rooms / rooms if rooms else float("nan")
        one_stage = site.kind in ("primary", "junior")
        unsafe = share >= parameters.value("relocation_unsafe_share")
        if zone is None or not one_stage or not unsafe or site.owner == "private":
            continue
        templates = parameters.templates(site.stage)
        fitting = [c for c, t in templates.items() if t["seats"] >= site.pupils] or [max(templates)]
        classes = fitting[0]
        template = templates[classes]
        floor = max(
            template["floor_m2"], template["seats"] * floor_per_seat(parameters, site.stage)
        )
        built = option(
            setting,
            f"R-{site.school_id}-{site.stage}",
            "relocation",
            {zone: template["seats"] - site.seats},
            building_price(parameters, "new_build_cost_per_m2", floor, template["seats"]),
            first=int(parameters.value("land_lead_years")),
            lead=setting.lead("new_build"),
            life=building_life(parameters),
            residual_share=1.0,
            churn_cny=site.pupils * parameters.value("churn_cost_per_pupil"),
            details={
                **names("name_relocation", school=site.name, classes=classes),
                "school_id": site.school_id,
                "town_id": site.town_id,
                "stage": site.stage,
                "classes": classes,
                "floor_area_m2": floor,
                "site_area_m2": site_area(parameters, {site.stage: template["seats"]}, template),
                "limit": "land",
            },
        )
        if built is not None:
            yield built
