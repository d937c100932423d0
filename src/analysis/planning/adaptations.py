"""Measures without a new building: rooms put up, rented, converted, shared; boundaries; mergers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from analysis.planning.instance import Option
from analysis.planning.measures import Price, Setting, names, option, price
from analysis.planning.places import Site, nearest_km, road_km
from analysis.tables import Tables

_OTHER = {"primary": "junior", "junior": "primary"}
_FREE = Price(0.0, 0.0, 0.0)


def temporary_rooms(setting: Setting) -> Iterator[Option]:
    """Offer temporary classrooms and leased premises in every zone, a few rooms at a time."""
    parameters = setting.parameters
    rooms = {k: int(parameters.value(f"{k}_unit_rooms")) for k in ("temporary", "lease")}
    for zone, (town, stage) in enumerate(setting.futures.zones):
        size = parameters.value("class_size_max", stage)
        hosts = setting.here(stage, town)
        seats = float(setting.futures.seats[zone, 0])
        shared = {
            "town_id": town,
            "stage": stage,
            "school_id": hosts[0].school_id if hosts else None,
            "limit": "share",
        }
        place = setting.towns.get(town, town)
        put_up, rented = (size * rooms[kind] for kind in ("temporary", "lease"))
        offers = (
            option(
                setting,
                f"T-{town}-{stage}",
                "temporary",
                {zone: put_up},
                price(parameters, "temporary_cost_per_room", rooms["temporary"]),
                most=max(int(seats * parameters.value("temporary_share_max") // put_up), 1),
                life=int(parameters.value("temporary_life_years")),
                running_cny=put_up * parameters.value("temporary_penalty_per_seat_year"),
                details={
                    **shared,
                    **names(f"name_temporary_{stage}", town=place),
                    "classes": rooms["temporary"],
                },
            ),
            option(
                setting,
                f"L-{town}-{stage}",
                "lease",
                {zone: rented},
                _FREE,
                most=int(seats * parameters.value("lease_share_max") // rented),
                life=int(parameters.value("lease_life_years")),
                running_cny=rented * parameters.money("lease_cost_per_seat_year"),
                details={
                    **shared,
                    **names(f"name_lease_{stage}", town=place),
                    "classes": rooms["lease"],
                },
            ),
        )
        yield from (offer for offer in offers if offer is not None)


def conversions(setting: Setting) -> Iterator[Option]:
    """Offer rooms of one stage to the other in the same town: for good, or as a shared campus.

    A conversion needs schools of both stages in the town; sharing a campus needs two of them within
    the distance of a short walk, or one school with both.
    """
    parameters = setting.parameters
    rooms = int(parameters.value("conversion_unit_rooms"))
    for zone, (town, stage) in enumerate(setting.futures.zones):
        donor = _OTHER[stage]
        other = setting.zone(town, donor)
        givers, takers = setting.here(donor, town), setting.here(stage, town)
        if other is None or not givers or not takers:
            continue
        gain = rooms * parameters.value("class_size_max", stage)
        loss = rooms * parameters.value("class_size_max", donor)
        share = parameters.value("conversion_share_max")
        most = int(float(setting.futures.seats[other, 0]) * share // loss)
        place = setting.towns.get(town, town)
        for kind in ("conversion", "shared_campus"):
            if kind == "shared_campus" and not _near(
                givers, takers, parameters.value("shared_campus_distance_m") / 1000
            ):
                continue
            offer = option(
                setting,
                f"{'C' if kind == 'conversion' else 'H'}-{town}-{stage}",
                kind,
                {zone: gain, other: -loss},
                price(parameters, f"{kind}_cost_per_room", rooms),
                most=most,
                life=int(parameters.value("shared_campus_life_years"))
                if kind == "shared_campus"
                else int(parameters.value("building_life_years")),
                churn_cny=loss * parameters.value("churn_cost_per_pupil") / 2,
                details={
                    **names(f"name_{kind}_{stage}", town=place),
                    "town_id": town,
                    "stage": stage,
                    "classes": rooms,
                    "school_id": givers[0].school_id,
                    "limit": "share",
                },
            )
            if offer is not None:
                yield offer


def _near(givers: list[Site], takers: list[Site], limit_km: float) -> bool:
    """Tell whether two schools share a campus already or stand within a short walk."""
    for giver, taker in product(givers, takers):
        same = giver.school_id == taker.school_id
        main = giver.main_school_id or giver.school_id
        if same or main == (taker.main_school_id or taker.school_id):
            return True
        spots = np.array([giver.lon, giver.lat, taker.lon, taker.lat])
        if np.isfinite(spots).all():
            left, right = (spots[:1], spots[1:2]), (spots[2:3], spots[3:])
            if road_km(left, right, 1.0)[0, 0] <= limit_km:
                return True
    return False


def catchments(setting: Setting) -> tuple[list[Option], dict[int, float]]:
    """Offer boundary changes between neighbouring zones within the travel limit.

    Returns
    -------
    tuple
        The measures, and for each zone without a neighbour in reach the distance of the nearest
        (so that the limit can be named where a shortage remains).
    """
    parameters = setting.parameters
    limit = parameters.value("catchment_distance_km")
    share = parameters.value("catchment_share_max")
    nearest = nearest_km(list(setting.sites), setting.futures, parameters.value("detour_factor"))
    found: list[Option] = []
    beyond: dict[int, float] = {}
    for (i, j), km in nearest.items():
        for taker, giver in ((i, j), (j, i)):
            if km > limit:
                beyond[taker] = min(km, beyond.get(taker, np.inf))
                continue
            (town, stage), (other, _) = setting.futures.zones[taker], setting.futures.zones[giver]
            size = parameters.value("class_size_max", stage)
            place, lender = (setting.towns.get(t, t) for t in (town, other))
            offer = option(
                setting,
                f"B-{town}-{other}-{stage}",
                "catchment",
                {taker: size, giver: -size},
                _FREE,
                most=int(float(setting.futures.seats[giver, 0]) * share // size),
                travel_cny=size * km * parameters.value("travel_cost_per_pupil_km_year"),
                churn_cny=size * parameters.value("churn_cost_per_pupil"),
                details={
                    **names(f"name_catchment_{stage}", town=place, other=lender),
                    "town_id": town,
                    "stage": stage,
                    "classes": 1,
                    "distance_km": km,
                    "limit": "travel",
                },
            )
            if offer is not None:
                found.append(offer)
    reached = {zone for option_ in found for zone, seats in option_.effects.items() if seats > 0}
    return found, {zone: km for zone, km in beyond.items() if zone not in reached}


def smaller_classes(setting: Setting) -> Iterator[Option]:
    """Offer seats that stand empty for smaller classes, the seats of one full class at a time."""
    parameters = setting.parameters
    for zone, (town, stage) in enumerate(setting.futures.zones):
        size = parameters.value("class_size_max", stage)
        freed = size - parameters.value("smaller_class_size")
        there = float(setting.futures.seats[zone, 0]) / size
        spare = parameters.money("spare_cost_per_seat_year", stage)
        value = parameters.value("smaller_class_value_per_seat_year")
        if freed <= 0:
            continue
        classes = size / freed
        offer = option(
            setting,
            f"S-{town}-{stage}",
            "smaller_classes",
            {zone: -size},
            _FREE,
            most=int(there * parameters.value("smaller_class_share_max") // classes),
            # the class goes on running: what is no longer spare is not saved, only put to use
            running_cny=size * (spare - value),
            details={
                **names(f"name_smaller_{stage}", town=setting.towns.get(town, town)),
                "town_id": town,
                "stage": stage,
                "classes": classes,
                "limit": "share",
            },
        )
        if offer is not None:
            yield offer


def mergers(setting: Setting, tables: Tables) -> Iterator[Option]:
    """Offer closing a school into another where every merger rule of the access table says yes."""
    proposals = tables["merger_proposals"]
    if proposals.empty:
        return
    parameters = setting.parameters
    seats_of = {(s.school_id, s.stage): s.seats for s in setting.sites}
    for row in proposals[proposals["verdict"] == "met"].to_dict("records"):
        zone = setting.zone(str(row["town_id"]), str(row["stage"]))
        seats = seats_of.get((row["school_id"], row["stage"]), float("nan"))
        if zone is None or not np.isfinite(seats):
            continue
        children = float(np.nan_to_num(row["children_affected"]))
        km = float(np.nan_to_num(row["mean_trip_km"]))
        quota = parameters.money("public_funds_quota_cny", str(row["stage"]))
        fixed = quota * max(parameters.value("school_funded_pupils_min") - children, 0.0)
        offer = option(
            setting,
            f"M-{row['school_id']}-{row['stage']}",
            "merger",
            {zone: -seats},
            _FREE,
            running_cny=-fixed,
            travel_cny=children * km * parameters.value("travel_cost_per_pupil_km_year"),
            churn_cny=children * parameters.value("churn_cost_per_pupil"),
            details={
                **names(
                    "name_merger", school=row["school_name"], other=row["receiving_name"] or "—"
                ),
                "school_id": row["school_id"],
                "town_id": row["town_id"],
                "stage": row["stage"],
                "classes": 0,
                "limit": "rules",
            },
        )
        if offer is not None:
            yield offer
