"""From canonical tables to the numeric panel: towns by grade, or a county from its totals."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.forecast.drivers import with_drivers
from analysis.forecast.panel import Array, Panel
from analysis.tables import Note, Tables
from analysis.terms import STAGE_GRADES

STAGES: tuple[str, ...] = ("primary", "junior")
GRADES: tuple[int, ...] = tuple(range(1, 10))
TRANSFER_GRADE = 6
COUNTY = "county"
#: Kinds of school whose pupils are not part of the demand for ordinary seats.
_NOT_COUNTED = ("special", "vocational", "senior", "kindergarten")
_OUTSIDE = "outside"


@dataclass(frozen=True)
class History:
    """What the forecast starts from: the panel, whether it is by town, and what to tell."""

    panel: Panel
    by_town: bool
    stages: tuple[str, ...]
    monthly_births: bool = False
    notes: tuple[Note, ...] = field(default=())

    def columns(self, stage: str) -> tuple[int, ...]:
        """Return the positions of a stage's grades."""
        return tuple(self.panel.stage_columns(STAGE_GRADES[stage]))


def area_code(tables: Tables, given: str = "") -> str:
    """Return the county's code: the one given, or the code that is in totals but is no town."""
    if given:
        return given
    towns = set(tables["towns"]["town_id"])
    for name in ("totals", "births", "population"):
        others = sorted(set(tables[name]["town_id"]) - towns)
        if others:
            return str(others[0])
    return COUNTY


def read_history(
    tables: Tables, *, base_year: int, code: str, births_basis: str = ""
) -> History | None:
    """Build the panel of pupils by grade, or return None when no history can be built.

    Parameters
    ----------
    tables
        ``enrolment`` with ``schools`` (by town and grade); failing that ``totals`` of the county
        with entrants (grades are rebuilt from them).
    base_year
        Later years are not looked at.
    code
        The county's code.
    births_basis
        Basis of the births to use where several are given.
    """
    if tables.has("enrolment", "schools"):
        panel = _from_schools(tables, base_year)
        by_town = True
    else:
        panel = _from_totals(tables, base_year, code)
        by_town = False
    if panel is None:
        return None
    panel, monthly = with_drivers(panel, tables, code, base_year, births_basis)
    notes = []
    if panel.years[-1] < base_year:
        notes.append(
            Note(
                "forecast.history_ends_early",
                {"last_year": panel.years[-1], "base_year": base_year},
                ("enrolment",),
                "caution",
            )
        )
    if not panel.drivers:
        notes.append(Note("forecast.no_births", {}, ("births",), "gap"))
    elif not monthly:
        notes.append(Note("forecast.births_by_year", {}, (), "info"))
    if not by_town:
        notes.append(Note("forecast.rebuilt_from_totals", {}, ("enrolment", "schools"), "caution"))
    stages = tuple(s for s in STAGES if set(STAGE_GRADES[s]) <= set(panel.grades))
    return History(panel, by_town, stages, monthly, tuple(notes))


def _from_schools(tables: Tables, base_year: int) -> Panel | None:
    enrolment = tables["enrolment"]
    rows = enrolment[(enrolment["school_year"] <= base_year) & enrolment["grade"].isin(GRADES)]
    schools = tables["schools"][["school_id", "town_id", "kind"]]
    joined = rows.merge(schools, on="school_id", how="inner", validate="m:1")
    joined = joined[~joined["kind"].isin(_NOT_COUNTED)]
    if joined.empty:
        return None
    taught = joined.groupby("grade")["pupils"].sum()
    grades = tuple(
        g for s in STAGES for g in STAGE_GRADES[s] if taught.reindex(STAGE_GRADES[s]).sum() > 0
    )
    if not grades:
        return None
    joined = joined[joined["grade"].isin(grades)]
    grouped = joined.groupby(["town_id", "grade", "school_year"])["pupils"]
    # one unknown school makes the town's cell unknown: a sum without it would read as a fall
    cell = grouped.sum(min_count=1).where(grouped.count() == grouped.size())
    towns = tuple(sorted(joined["town_id"].unique()))
    years = tuple(range(int(joined["school_year"].min()), int(joined["school_year"].max()) + 1))
    index = pd.MultiIndex.from_product(
        [towns, grades, years], names=["town_id", "grade", "school_year"]
    )
    observed = set(joined["school_year"].unique())
    shape = (len(towns), len(grades), len(years))
    grid = cell.reindex(index).to_numpy(dtype=float).reshape(shape)
    repeaters = _repeaters(joined, index, shape)
    seen = pd.Series(1, index=cell.index).reindex(index).isna().to_numpy()
    grid = np.where(seen.reshape(grid.shape), 0.0, grid)  # a counted year without such pupils
    for place, year in enumerate(years):
        if year not in observed:
            grid[:, :, place] = np.nan
    grid = fill_by_cohort(grid)
    first = int(np.argmax(np.isfinite(grid).all(axis=(0, 1))))
    return Panel(
        areas=towns,
        grades=grades,
        years=years[first:],
        pupils=grid[:, :, first:],
        transfer_grade=_transfer_grade(grades),
        transfers=_counted_transfers(tables, towns, base_year),
        repeaters=None if repeaters is None else repeaters[:, :, first:],
    )


def _repeaters(
    joined: pd.DataFrame, index: pd.MultiIndex, shape: tuple[int, int, int]
) -> Array | None:
    """Return pupils who repeat their grade, NaN where a school does not say; None if none does.

    A town without pupils of a grade has no repeaters there.
    """
    if joined["repeaters"].isna().all():
        return None
    grouped = joined.groupby(["town_id", "grade", "school_year"])["repeaters"]
    told = grouped.sum().where(grouped.count() == grouped.size())
    values = told.reindex(index)
    absent = ~index.isin(told.index)
    return np.where(absent, 0.0, values.to_numpy(dtype=float)).reshape(shape)


def _transfer_grade(grades: tuple[int, ...]) -> int | None:
    """Return the last primary grade when both sides of the transfer are there."""
    return TRANSFER_GRADE if {TRANSFER_GRADE, TRANSFER_GRADE + 1} <= set(grades) else None


def fill_by_cohort(grid: Array) -> Array:
    """Fill unknown cells of the last year from the grade below a year earlier.

    A forecast needs every cell of its base year. Unknown cells of earlier years stay unknown.
    """
    result = grid.copy()
    last = result.shape[2] - 1
    missing = np.isnan(result[:, :, last])
    if last == 0 or not missing.any():
        return result
    before = result[:, :, last - 1]
    from_below = np.concatenate([before[:, :1], before[:, :-1]], axis=1)
    result[:, :, last] = np.where(missing, from_below, result[:, :, last])
    return result


def _counted_transfers(tables: Tables, towns: tuple[str, ...], base_year: int) -> Array | None:
    flows = tables["flows"]
    flows = flows[(flows["stage"] == "junior") & (flows["school_year"] <= base_year)]
    flows = flows[flows["pupils"].notna() & flows["home_town_id"].isin(towns)]
    if flows.empty:
        return None
    latest = flows[flows["school_year"] == flows["school_year"].max()]
    place = {town: i for i, town in enumerate(towns)}
    shares = np.zeros((len(towns), len(towns)))
    leaving = np.zeros(len(towns))
    for row in latest.itertuples(index=False):
        home = place[row.home_town_id]
        if row.school_town_id in place:
            shares[home, place[row.school_town_id]] += row.pupils
        elif row.school_town_id == _OUTSIDE:
            leaving[home] += row.pupils
    total = shares.sum(axis=1) + leaving
    known = total > 0
    shares[known] /= total[known, None]
    shares[~known] = np.eye(len(towns))[~known]
    return shares


def _series(rows: pd.DataFrame, column: str, years: tuple[int, ...]) -> Array:
    values = rows.set_index("school_year")[column]
    return np.asarray(values.reindex(list(years)).to_numpy(dtype=float))


def _from_totals(tables: Tables, base_year: int, code: str) -> Panel | None:
    totals = tables["totals"]
    totals = totals[totals["school_year"] <= base_year]
    ids = sorted(totals["town_id"].unique())
    if not ids:
        return None
    totals = totals[totals["town_id"] == (code if code in ids else ids[0])]
    primary, junior = (totals[totals["stage"] == stage] for stage in STAGES)
    known = primary[primary["entrants"].notna() | primary["pupils"].notna()]
    if known.empty or primary["entrants"].notna().sum() < len(STAGE_GRADES["primary"]):
        return None
    first, last = int(known["school_year"].min()), int(known["school_year"].max())
    years = tuple(range(first, last + 1))
    parts = [
        grades_from_entrants(
            _interpolated(_series(primary, "entrants", years)),
            _series(primary, "pupils", years),
            len(STAGE_GRADES["primary"]),
        )
    ]
    if junior["entrants"].notna().sum() >= len(STAGE_GRADES["junior"]):
        entrants = _series(junior, "entrants", years)
        graduates = _series(primary, "graduates", years)
        rate = np.nanmean(entrants / graduates) if np.isfinite(entrants / graduates).any() else 1.0
        entrants = np.where(np.isfinite(entrants), entrants, graduates * rate)
        parts.append(
            grades_from_entrants(
                _interpolated(entrants),
                _series(junior, "pupils", years),
                len(STAGE_GRADES["junior"]),
            )
        )
    grid = np.concatenate(parts, axis=0)[None]
    complete = np.isfinite(grid).all(axis=(0, 1))
    if not complete.any() or not complete[-1]:
        keep = np.flatnonzero(complete)
        if keep.size == 0:
            return None
        end = int(keep[-1]) + 1
        years, grid, complete = years[:end], grid[:, :, :end], complete[:end]
    broken = np.flatnonzero(~complete)
    start = int(broken[-1]) + 1 if broken.size else 0
    grades = GRADES if len(parts) == 2 else STAGE_GRADES["primary"]
    return Panel(
        (code,),
        grades,
        years[start:],
        grid[:, :, start:],
        transfer_grade=_transfer_grade(grades),
    )


def _interpolated(values: Array) -> Array:
    """Fill inner gaps of a yearly series by straight lines; ends stay unknown."""
    return pd.Series(values).interpolate(limit_area="inside").to_numpy(dtype=float)


def grades_from_entrants(entrants: Array, pupils: Array, grades: int) -> Array:
    """Rebuild pupils by grade from entrants, scaled to the published stage totals.

    Parameters
    ----------
    entrants
        ``(T,)`` entrants of the stage by school year.
    pupils
        ``(T,)`` published pupils of the stage, NaN where not published; the scale of a year
        without a total is interpolated between its neighbours, and 1 where none is known.
    grades
        Number of grades of the stage.

    Returns
    -------
    Array
        ``(grades, T)``; NaN in years whose cohorts are not all known.
    """
    count = len(entrants)
    grid = np.full((grades, count), np.nan)
    for grade in range(grades):
        grid[grade, grade:] = entrants[: count - grade]
    total = grid.sum(axis=0)
    scale = pd.Series(pupils / total).interpolate(limit_direction="both").fillna(1.0)
    return np.asarray(grid * scale.to_numpy(dtype=float)[None, :])
