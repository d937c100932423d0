"""The measures of a plan, one by one: when each starts and opens, and how far it is used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.planning.instance import Array, Instance, Option

#: Years after the peak at which use is looked at.
AFTER_PEAK = (5, 10)


@dataclass(frozen=True)
class Chosen:
    """Some units of one measure that start in the same year."""

    project_id: str
    place: int
    start: int
    units: float
    option: Option

    def span(self, horizon: int) -> range:
        """Return the positions of the years in which it is in use."""
        return self.option.open_years(self.start, horizon)

    @property
    def moves_away(self) -> list[tuple[int, int, float]]:
        """Return the moves that take it out of the plan."""
        return [(self.place, self.start, -self.units)]

    @property
    def gains(self) -> dict[int, float]:
        """Return the seats it adds by zone."""
        return {z: self.units * n for z, n in self.option.effects.items() if n > 0}


def chosen_projects(instance: Instance, counts: Array) -> list[Chosen]:
    """Return the measures of a plan in the order in which they open.

    A measure that starts in several years is several projects; the later ones carry their number.
    """
    found = []
    for place, option in enumerate(instance.options):
        starts = np.nonzero(counts[place])[0]
        for number, start in enumerate(starts):
            name = option.option_id if number == 0 else f"{option.option_id}-{number + 1}"
            found.append(Chosen(name, place, int(start), float(counts[place, start]), option))
    return sorted(
        found, key=lambda c: (c.start + c.option.lead_years, c.option.builds, c.project_id)
    )


def seats_used(
    instance: Instance, projects: list[Chosen], demand: Array, first: Array
) -> dict[str, Array]:
    """Return the seats ``(T,)`` of every project that demand needs (NaN while it is not open).

    Parameters
    ----------
    instance
        The problem.
    projects
        In the order in which they fill.
    demand
        ``(Z, T)`` seats required in one future.
    first
        ``(Z, T)`` seats that fill before any project: those there are, less what measures take.

    Notes
    -----
    Existing seats fill first, then projects in the order in which they open: a project counts as
    used only so far as the seats before it do not suffice. That is the question of an auditor,
    not of the pupil, who may well sit in the new building.
    """
    horizon = instance.horizon
    filled = first.copy()
    used: dict[str, Array] = {}
    for project in projects:
        if not project.gains:
            continue
        total = np.full(horizon, np.nan)
        span = project.span(horizon)
        years = slice(span.start, span.stop)
        total[years] = 0.0
        for zone, seats in project.gains.items():
            rest = demand[zone, years] - filled[zone, years]
            total[years] += np.clip(rest, 0.0, seats)
            filled[zone, years] += seats
        used[project.project_id] = total
    return used


def seats_before(instance: Instance, projects: list[Chosen]) -> Array:
    """Return seats ``(Z, T)`` that fill before any project."""
    seats = instance.seats.copy()
    for project in projects:
        span = project.span(instance.horizon)
        for zone, n in project.option.effects.items():
            if n < 0:
                seats[zone, span.start : span.stop] += project.units * n
    return seats


def peak_of(instance: Instance, project: Chosen, demand: Array) -> int:
    """Return the year in which demand where the project stands is largest while it is open."""
    span = project.span(instance.horizon)
    total = demand[list(project.gains)].sum(axis=0)
    return span.start + int(np.argmax(total[span.start : span.stop]))
