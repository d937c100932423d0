"""Pupils from new housing (住宅配套学位): deliveries, probability, delay and yield by age."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.forecast.history import STAGES
from analysis.forecast.panel import Array
from analysis.forecast.progression import Mixing
from analysis.terms import STAGE_GRADES

#: Share of the full yield reached in the first, second, ... year after delivery.
YIELD_BY_AGE = (0.5, 0.8, 1.0)


def delivered_units(first: int, last: int, units: float, years: Array) -> Array:
    """Spread deliveries evenly over the years first to last; return units delivered each year."""
    span = max(last - first + 1, 1)
    return np.where((years >= first) & (years <= last), units / span, 0.0)


def housing_pupils(
    sites: pd.DataFrame,
    towns: tuple[str, ...],
    grades: tuple[int, ...],
    years: tuple[int, ...],
    *,
    realisation: float = 1.0,
    delay: float = 0.0,
) -> Array:
    """Return pupils that new housing adds, by town, grade and year (A, G, H).

    Parameters
    ----------
    sites
        Table ``housing``: units, first and last year of delivery, probability, yields.
    towns, grades, years
        Axes of the result; ``years`` are the forecast years. Units delivered before the first of
        them are already in the counts and add nothing.
    realisation, delay
        Factor on the stated probability, and years by which deliveries slip.

    Notes
    -----
    A dwelling yields its stated pupils of a stage from the third year on, half of them in the
    first; pupils spread evenly over the grades of a stage. A site without a stated probability or
    yield adds nothing: neither is invented.
    """
    result = np.zeros((len(towns), len(grades), len(years)))
    place = {town: i for i, town in enumerate(towns)}
    axis = np.array(years)
    usable = sites[
        sites["town_id"].isin(towns) & sites["probability"].notna() & sites["units"].notna()
    ]
    for site in usable.to_dict("records"):
        first, last = int(site["first_year"]), int(site["last_year"])
        slip = round(delay) if first >= years[0] else 0
        units = delivered_units(first + slip, last + slip, float(site["units"]), axis)
        units *= min(float(site["probability"]) * realisation, 1.0)
        living = np.zeros(len(years))
        before = 0.0
        for age, share in enumerate(YIELD_BY_AGE):
            arrived = np.concatenate([np.zeros(age), units])[: len(years)]
            living += np.cumsum(arrived) * (share - before)
            before = share
        for stage in STAGES:
            dwelling_yield = float(site[f"{stage}_yield"])
            columns = [i for i, g in enumerate(grades) if g in STAGE_GRADES[stage]]
            if columns and not np.isnan(dwelling_yield):
                result[place[site["town_id"]], columns] += living * dwelling_yield / len(columns)
    return result


def placed(stream: Array, mixing: Mixing | None) -> Array:
    """Send the pupils of new housing on to where their town's pupils go after primary school.

    Parameters
    ----------
    stream
        ``(A, G, H)`` pupils by the town of the development.
    mixing
        Who changes town between two grades; None when nobody does.
    """
    if mixing is None:
        return stream
    later = slice(mixing.transition + 1, None)
    result = stream.copy()
    result[:, later] = np.einsum("ab,agh->bgh", mixing.shares, stream[:, later])
    return result
