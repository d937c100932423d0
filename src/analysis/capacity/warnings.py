"""Warnings (学位预警) both ways, the year they look at, and the latest safe start of works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.capacity.demand import Array
from analysis.capacity.norms import norm_value
from analysis.capacity.rooms import TOLERANCE
from analysis.standards import RuleSet
from analysis.tables import contract

LEVELS = ("red", "amber", "green", "blue")
#: The most serious first: a county shows the most serious warning of any of its towns.
SERIOUSNESS = ("red", "amber", "undetermined", "blue", "green")
_NAN = float("nan")
#: Columns of one place, one value a year.
Years = dict[str, NDArray[Any]]
_OF_GAP = (
    "school_year",
    "shortage",
    "surplus",
    "warning",
    "utilisation_rate",
    "schools",
    "seats_required",
    "seats_available",
)
_OF_RISK = (
    "school_year",
    "probability_short",
    *(f"warning_probability_{level}" for level in LEVELS),
)


@dataclass(frozen=True)
class WarningLevels:
    """Limits of use of seats, from the rule set."""

    red_from: float
    amber_from: float
    blue_below: float

    def of(self, required: ArrayLike, available: ArrayLike) -> NDArray[np.str_]:
        """Return the level of each place: pupils against usable seats.

        Unknown pupils or seats are undetermined; pupils without any seat are red; a place with
        neither is green.
        """
        need, seats = np.asarray(required, dtype=float), np.asarray(available, dtype=float)
        # sums of grades carry rounding noise: a rate this close to a limit has reached it
        rate = use_rate(need, seats) + TOLERANCE
        none = (seats == 0) & np.isfinite(need)
        level = np.where(rate >= self.red_from, "red", "green")
        level = np.where((rate >= self.amber_from) & (rate < self.red_from), "amber", level)
        level = np.where(rate < self.blue_below, "blue", level)
        level = np.where(none, np.where(need > 0, "red", "green"), level)
        unknown = np.isnan(need) | np.isnan(seats)
        return np.where(unknown, "undetermined", level)


def warning_levels(rules: RuleSet, year: int) -> WarningLevels:
    """Return the limits that hold in ``year`` (工具默认值, editable in the rule set)."""
    return WarningLevels(
        norm_value(rules, "warning_red_from", year=year),
        norm_value(rules, "warning_amber_from", year=year),
        norm_value(rules, "warning_blue_below", year=year),
    )


def use_rate(required: Array, available: Array) -> Array:
    """Return pupils over seats; unknown where there is no seat."""
    seats = np.where(available > 0, available, np.nan)
    return np.asarray(required / seats)


def most_serious(levels: pd.Series[str]) -> str:
    """Return the most serious of some warnings."""
    present = set(levels)
    return next((level for level in SERIOUSNESS if level in present), "undetermined")


def seat_warnings(
    gap: pd.DataFrame,
    risk: pd.DataFrame,
    *,
    rules: RuleSet,
    base_year: int,
    scenario: str,
) -> pd.DataFrame:
    """Sum each place's warnings up in one row (学位预警).

    Parameters
    ----------
    gap, risk
        ``seat_gap`` and ``gap_risk``.
    rules
        ``warning_years_ahead``, ``warning_risk_probability`` and the lead times.
    base_year
        Works cannot start in it any more, since its pupils are already counted.
    scenario
        Scenario of the levels; probabilities come from the simulated paths.

    Returns
    -------
    DataFrame
        ``seat_warnings``. The latest start is the first year short (else at risk) less the lead
        time of the work, so that seats are there when that year begins.
    """
    ahead = base_year + round(norm_value(rules, "warning_years_ahead", year=base_year))
    keys = ["level", "area_id", "stage"]
    own = gap[gap["scenario"] == scenario].sort_values([*keys, "school_year"])
    chances = {} if risk.empty else _by_place(risk.sort_values("school_year"), _OF_RISK)
    rows: list[dict[str, Any]] = []
    none: Years = {name: np.empty(0) for name in _OF_RISK}
    for key, place in _by_place(own, _OF_GAP).items():
        year = min(ahead, int(place["school_year"].max()))
        at = int(np.flatnonzero(place["school_year"] == year)[0])
        now = {name: values[at] for name, values in place.items()}
        chance = chances.get(key, none)
        rows.append(
            dict(zip(keys, key, strict=True))
            | {
                "school_year": year,
                "utilisation_rate": now["utilisation_rate"],
                "warning": now["warning"],
                "schools": now["schools"],
                "missing": "" if now["warning"] != "undetermined" else _missing(now),
            }
            | _probabilities(chance, year)
            | _years(place, chance, rules, base_year)
        )
    return contract("seat_warnings").frame(rows)


def _by_place(rows: pd.DataFrame, columns: Sequence[str]) -> dict[tuple[str, ...], Years]:
    """Return the columns of each level, place and stage, in the order of the rows."""
    held = {name: rows[name].to_numpy() for name in columns}
    keys = zip(*(rows[name].tolist() for name in ("level", "area_id", "stage")), strict=True)
    found: dict[tuple[str, ...], list[int]] = {}
    for at, key in enumerate(keys):
        found.setdefault(key, []).append(at)
    return {key: {name: v[places] for name, v in held.items()} for key, places in found.items()}


def _missing(row: Mapping[str, Any]) -> str:
    """Name the tables that would give the warning."""
    need = [] if np.isfinite(row["seats_required"]) else ["enrolment"]
    return ", ".join([*need, *([] if np.isfinite(row["seats_available"]) else ["facilities"])])


def _probabilities(chance: Years, year: int) -> dict[str, float]:
    at = np.flatnonzero(chance["school_year"] == year)
    return {
        f"probability_{level}": float(chance[f"warning_probability_{level}"][at[0]])
        if len(at)
        else _NAN
        for level in LEVELS
    }


def _years(gap: Years, chance: Years, rules: RuleSet, base_year: int) -> dict[str, Any]:
    """Return when a place is short, at risk and blue, and when works must start at the latest."""
    year, shortage = gap["school_year"], gap["shortage"]
    short = shortage > 0
    at_risk = norm_value(rules, "warning_risk_probability", year=base_year)
    first = _first(year[short])
    risk_year = _first(chance["school_year"][chance["probability_short"] >= at_risk])
    need = first if np.isfinite(first) else risk_year
    starts = {
        kind: need - norm_value(rules, f"lead_time_{kind}", year=base_year)
        for kind in ("new_build", "expansion", "temporary")
    }
    return {
        "first_short_year": first,
        "first_risk_year": risk_year,
        "last_short_year": float(year[short].max()) if short.any() else _NAN,
        "largest_shortage": _largest(shortage),
        "largest_shortage_year": float(year[short][shortage[short].argmax()])
        if short.any()
        else _NAN,
        "first_blue_year": _first(year[gap["warning"] == "blue"]),
        "largest_surplus": _largest(gap["surplus"]),
        "slowest_in_time": _in_time(shortage, need, starts, base_year),
    } | {f"latest_{kind}_year": start for kind, start in starts.items()}


def _first(years: NDArray[Any]) -> float:
    return float(years.min()) if len(years) else _NAN


def _largest(values: NDArray[Any]) -> float:
    """Return the largest of the known values."""
    known = values[~np.isnan(values)]
    return float(known.max()) if len(known) else _NAN


def _in_time(
    shortage: NDArray[Any], need: float, starts: Mapping[str, float], base_year: int
) -> str:
    """Return the most lasting work that can still open before the place runs short."""
    if np.isnan(shortage).any() and not np.isfinite(need):
        return "unknown"
    if not np.isfinite(need):
        return "none_needed"
    fitting = [kind for kind, year in starts.items() if year > base_year]
    return fitting[0] if fitting else "too_late"
