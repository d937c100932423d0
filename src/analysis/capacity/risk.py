"""The gap on every simulated path (余缺概率): probabilities and quantiles, never netted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.capacity.demand import Array, SchoolShares, StageDemand
from analysis.capacity.gap import StageSupply, positive
from analysis.capacity.norms import norm_value
from analysis.capacity.rooms import classes_required
from analysis.capacity.warnings import LEVELS, WarningLevels
from analysis.standards import RuleSet
from analysis.tables import Tables, contract
from analysis.terms import STAGE_GRADES


class Paths:
    """The simulated paths, their keys numbered once for all stages: they are a million rows."""

    def __init__(self, tables: Tables) -> None:
        rows = tables["demand_paths"]
        self._coded = {
            name: pd.factorize(rows[name])
            for name in ("stage", "path", "town_id", "grade", "school_year")
        }
        self._pupils = rows["pupils"].to_numpy(dtype=float)

    def grid(
        self, stage: str, places: tuple[str, ...], end_year: int
    ) -> tuple[Array, tuple[int, ...]]:
        """Return the pupils of a stage as ``(path, place, grade, year)`` and the years."""
        wanted = self._where("stage", lambda of: of == stage)
        wanted &= self._where("school_year", lambda of: of <= end_year)
        wanted &= self._where("town_id", lambda of: of.isin(places))
        rows = np.flatnonzero(wanted)
        if not len(rows):
            return np.empty((0, len(places), len(STAGE_GRADES[stage]), 0)), ()
        years = tuple(sorted(int(y) for y in self._present("school_year", rows)))
        numbers = np.sort(self._present("path", rows))
        axes: list[Any] = [numbers, list(places), list(STAGE_GRADES[stage]), list(years)]
        grid = np.full([len(axis) for axis in axes], np.nan)
        columns = ("path", "town_id", "grade", "school_year")
        at = tuple(
            self._place(name, axis)[self._coded[name][0][rows]]
            for name, axis in zip(columns, axes, strict=True)
        )
        grid[at] = self._pupils[rows]
        return grid, years

    def _where(self, name: str, rule: Callable[[Any], Any]) -> NDArray[np.bool_]:
        """Return which rows keep a rule about the values of a column."""
        codes, values = self._coded[name]
        return np.asarray(rule(values), dtype=bool)[codes]

    def _present(self, name: str, rows: NDArray[np.intp]) -> NDArray[Any]:
        """Return the values of a column in some rows."""
        codes, values = self._coded[name]
        return np.asarray(values)[np.bincount(codes[rows], minlength=len(values)) > 0]

    def _place(self, name: str, axis: list[Any]) -> NDArray[np.intp]:
        """Return the place of each value of a column on an axis."""
        return np.asarray(pd.Index(axis).get_indexer(pd.Index(self._coded[name][1])))


def gap_risk(
    tables: Tables,
    demand: Mapping[str, StageDemand],
    supply: Mapping[str, StageSupply],
    shares: Mapping[str, SchoolShares | None],
    *,
    rules: RuleSet,
    levels: WarningLevels,
    base_year: int,
    end_year: int,
    code: str,
) -> pd.DataFrame:
    """Work the gap out on every simulated path (余缺概率).

    Returns
    -------
    DataFrame
        ``gap_risk``. On each path shortage and surplus are taken town by town and then summed, so
        the county's are never netted. Its probability of shortage (surplus) is the share of paths
        on which at least one town is short (has spare seats), and a level's probability the share
        of paths on which at least one town is at it.
    """
    rows: list[dict[str, Any]] = []
    paths = Paths(tables)
    for stage, wanted in demand.items():
        grid, years = paths.grid(stage, wanted.places, end_year)
        size = norm_value(rules, "class_size_max", stage, base_year)
        for column, year in enumerate(years):
            if year not in wanted.years:
                continue
            at = wanted.years.index(year)
            own = {c: v[:, at] for c, v in supply[stage].places.items()}
            pupils = grid[:, :, :, column]
            school = shares[stage]
            need = pupils.sum(axis=2)
            classes = _classes(pupils, school, at, size)
            found = _measures(need, classes, own, levels)
            key = {"stage": stage, "school_year": year}
            single = wanted.places == (code,)
            level = "county" if single else "town"
            rows += _rows(_summary(found), wanted.places, {"level": level, **key})
            if not single:
                rows += _rows(_county(found), (code,), {"level": "county", **key})
    return contract("gap_risk").frame(rows)


def _classes(pupils: Array, shares: SchoolShares | None, year: int, size: float) -> Array:
    """Return classes ``(path, place)`` of one year."""
    if shares is None:
        return np.asarray(classes_required(pupils, size).sum(axis=2))
    result = np.zeros(pupils.shape[:2])
    for place in range(pupils.shape[1]):
        own = shares.share[shares.place == place, :, year]
        if not np.isfinite(own).any():
            result[:, place] = np.nan
            continue
        by_school = pupils[:, place, None, :] * own[None, :, :]
        result[:, place] = np.nansum(classes_required(by_school, size), axis=(1, 2))
    # a path that does not say how many pupils there are does not need no class
    return np.where(np.isnan(pupils).any(axis=2), np.nan, result)


def _measures(
    need: Array, classes: Array, supply: Mapping[str, Array], levels: WarningLevels
) -> dict[str, Array]:
    """Return shortage, surplus, classes, rooms short and levels, each ``(path, place)``."""
    seats = np.broadcast_to(supply["seats_available"], need.shape)
    warned = levels.of(need, seats)
    unknown = np.isnan(seats) | np.isnan(need)
    return {
        "shortage": positive(need - seats),
        "surplus": positive(seats - need),
        "classes": classes,
        "rooms": positive(classes - supply["usable_classrooms"]),
    } | {level: np.where(unknown, np.nan, warned == level) for level in LEVELS}


def _county(found: Mapping[str, Array]) -> dict[str, Array]:
    """Sum the towns on each path; a level holds where any town is at it."""
    sums = {n: found[n].sum(axis=1) for n in ("shortage", "surplus", "classes", "rooms")}
    anywhere = {level: found[level].max(axis=1) for level in LEVELS}
    return _summary({name: values[:, None] for name, values in (sums | anywhere).items()})


def _rows(
    summary: Mapping[str, Array], places: Sequence[str], key: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return one row a place."""
    return [
        {"area_id": place, **key, **{name: float(v[i]) for name, v in summary.items()}}
        for i, place in enumerate(places)
    ]


def _summary(found: Mapping[str, Array]) -> dict[str, Array]:
    """Return probabilities, means and quantiles by place of ``(path, place)`` over the paths."""
    result = {"paths": np.full(found["shortage"].shape[1], float(len(found["shortage"])))}
    for name in ("shortage", "surplus"):
        values = found[name]
        quantiles = np.quantile(values, (0.5, 0.8, 0.95), axis=0)
        result[f"expected_{name}"] = values.mean(axis=0)
        for share, value in zip((50, 80, 95), quantiles, strict=True):
            result[f"{name}_p{share}"] = value
    result |= {
        "probability_short": _share(found["shortage"]),
        "probability_spare": _share(found["surplus"]),
        "probability_rooms_short": _share(found["rooms"]),
        "expected_classes": found["classes"].mean(axis=0),
        "expected_classrooms_short": found["rooms"].mean(axis=0),
        "classrooms_short_p80": np.quantile(found["rooms"], 0.8, axis=0),
    }
    for level in LEVELS:
        result[f"warning_probability_{level}"] = found[level].mean(axis=0)
    return result


def _share(values: Array) -> Array:
    """Return the share of paths above zero by place; unknown when any path is."""
    unknown = np.isnan(values).any(axis=0)
    return np.where(unknown, np.nan, (values > 0).mean(axis=0))
