"""The numeric panel all forecast methods work on: areas x grades x school years, with births."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Share of a cohort that was born in the calendar year before its main year of birth: the cohort
#: runs from 1 September to 31 August, so four months of twelve lie in the earlier year.
EARLIER_YEAR_SHARE = 4 / 12
#: Completed age on 31 August at which a child enters grade 1 (义务教育法 第十一条).
DEFAULT_START_AGE = 6


@dataclass(frozen=True)
class Panel:
    """Pupils by area, grade and school year, all that a method may know.

    Parameters
    ----------
    areas
        Identifiers, length A.
    grades
        Consecutive grades in order, length G; the first is the entry grade.
    years
        Consecutive school years (year of the autumn), length T; the last is the origin.
    pupils
        ``(A, G, T)`` pupils; NaN where unknown.
    drivers
        Series that may drive entrants, by name: ``(A, E)`` children by *entry year*, see
        :attr:`driver_years`; NaN where unknown. Births are turned into entry cohorts by
        :func:`entry_cohorts`.
    driver_years
        Entry school years of the drivers' columns, consecutive.
    driver_known
        Calendar year in which a driver's column became known (same length); a column may be used
        at origin T only if it was known by T.
    own_known
        The same by driver, for drivers that were counted at other times than ``driver_known``.
    transfer_grade
        The last grade before pupils change school and perhaps town (6 for primary to junior), when
        the areas are the towns of one county; None when areas are unrelated.
    transfers
        ``(A, A)`` shares of those pupils who go on in each town, when they were counted;
        estimated from the grades otherwise.
    groups
        Index of each area's parent (county, say), length A; all zero when there is none.
    repeaters
        ``(A, G, T)`` of the pupils who repeat their grade, NaN where unknown; None if nobody says.
    """

    areas: tuple[str, ...]
    grades: tuple[int, ...]
    years: tuple[int, ...]
    pupils: Array
    drivers: Mapping[str, Array] = field(default_factory=dict)
    driver_years: tuple[int, ...] = ()
    driver_known: tuple[int, ...] = ()
    groups: Array | None = None
    transfer_grade: int | None = None
    transfers: Array | None = None
    own_known: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    repeaters: Array | None = None

    @property
    def group_index(self) -> Array:
        """Index of each area's parent, zeros when no parent is named."""
        if self.groups is None:
            return np.zeros(len(self.areas), dtype=np.int64)
        return self.groups

    def until(self, year: int) -> Panel:
        """Return what was known in ``year``: later pupils and later drivers are cut off."""
        keep = [i for i, y in enumerate(self.years) if y <= year]
        drivers = {
            name: np.where(
                np.array(self.own_known.get(name, self.driver_known)) <= year, values, np.nan
            )
            for name, values in self.drivers.items()
        }
        return replace(
            self,
            years=tuple(self.years[i] for i in keep),
            pupils=self.pupils[:, :, keep],
            drivers=drivers,
            repeaters=None if self.repeaters is None else self.repeaters[:, :, keep],
        )

    def select(self, index: Array) -> Panel:
        """Return the panel of some areas only."""
        return replace(
            self,
            areas=tuple(self.areas[i] for i in index),
            pupils=self.pupils[index],
            drivers={name: values[index] for name, values in self.drivers.items()},
            groups=None if self.groups is None else self.groups[index],
            transfers=None if self.transfers is None else self.transfers[np.ix_(index, index)],
            repeaters=None if self.repeaters is None else self.repeaters[index],
        )

    def stage_columns(self, grades: tuple[int, ...]) -> list[int]:
        """Return the positions of ``grades`` in this panel."""
        return [self.grades.index(g) for g in grades if g in self.grades]

    def driver(self, name: str, horizon: int) -> Array:
        """Return a driver on the entry years of the history and ``horizon`` years beyond.

        Returns
        -------
        Array
            ``(A, T + horizon)``; NaN where the driver was not known.
        """
        wanted = [self.years[0] + i for i in range(len(self.years) + horizon)]
        place = {year: i for i, year in enumerate(self.driver_years)}
        values = self.drivers[name]
        result = np.full((len(self.areas), len(wanted)), np.nan)
        for column, year in enumerate(wanted):
            if year in place:
                result[:, column] = values[:, place[year]]
        return result


def entry_cohorts(
    births: Array, birth_years: tuple[int, ...], start_age: int, *, monthly: bool = False
) -> tuple[Array, tuple[int, ...], tuple[int, ...]]:
    """Turn births into children by entry school year, by the 31 August cut-off (入学队列).

    A child enters in the autumn in which it has completed ``start_age`` years by 31 August: born
    between 1 September of year ``t - start_age - 1`` and 31 August of ``t - start_age``.

    Parameters
    ----------
    births
        ``(A, Y)`` births by calendar year, or ``(A, Y, 12)`` by month when ``monthly``.
    birth_years
        Calendar years, consecutive.
    start_age
        Completed age at entry.
    monthly
        Whether the last axis holds months; then the cohorts are exact. With yearly totals a third
        of the earlier and two thirds of the later year are taken, and the caller says so.

    Returns
    -------
    tuple
        Children ``(A, E)``, entry years (E), and the calendar year after which each column is
        complete and therefore known.
    """
    first, last = birth_years[0], birth_years[-1]
    entry_years = tuple(range(first + 1 + start_age, last + 1 + start_age))
    if monthly:
        children = births[:, :-1, 8:].sum(axis=2) + births[:, 1:, :8].sum(axis=2)
    else:
        children = EARLIER_YEAR_SHARE * births[:, :-1] + (1 - EARLIER_YEAR_SHARE) * births[:, 1:]
    known = tuple(year - start_age + 1 for year in entry_years)
    return children, entry_years, known
