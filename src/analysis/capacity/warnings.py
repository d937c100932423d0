"""Warnings (学位预警) both ways, the year they look at, and the latest safe start of works."""

from __future__ import annotations

from collections.abc import Mapping
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
    own = gap[gap["scenario"] == scenario]
    keys = ["level", "area_id", "stage"]
    chances = dict(list(risk.groupby(keys, sort=False)))
    rows: list[dict[str, Any]] = []
    for key, group in own.groupby(keys, sort=True):
        level, area, stage = (str(part) for part in key)
        ordered = group.sort_values("school_year")
        year = min(ahead, int(ordered["school_year"].max()))
        now = ordered[ordered["school_year"] == year].iloc[0]
        chance = chances.get((level, area, stage), risk.head(0)).sort_values("school_year")
        rows.append(
            {
                "level": level,
                "area_id": area,
                "stage": stage,
                "school_year": year,
                "utilisation_rate": now["utilisation_rate"],
                "warning": now["warning"],
                "schools": now["schools"],
                "missing": "" if now["warning"] != "undetermined" else _missing(now),
            }
            | _probabilities(chance, year)
            | _years(ordered, chance, rules, base_year)
        )
    return contract("seat_warnings").frame(rows)


def _missing(row: pd.Series[Any]) -> str:
    """Name the tables that would give the warning."""
    need = [] if np.isfinite(row["seats_required"]) else ["enrolment"]
    return ", ".join([*need, *([] if np.isfinite(row["seats_available"]) else ["facilities"])])


def _probabilities(chance: pd.DataFrame, year: int) -> dict[str, float]:
    row = chance[chance["school_year"] == year]
    return {
        f"probability_{level}": float(row[f"warning_probability_{level}"].iloc[0])
        if not row.empty
        else _NAN
        for level in LEVELS
    }


def _years(
    gap: pd.DataFrame, chance: pd.DataFrame, rules: RuleSet, base_year: int
) -> dict[str, Any]:
    """Return when a place is short, at risk and blue, and when works must start at the latest."""
    short = gap[gap["shortage"] > 0]
    at_risk = norm_value(rules, "warning_risk_probability", year=base_year)
    risky = chance[chance["probability_short"] >= at_risk]
    blue = gap[gap["warning"] == "blue"]
    first = _first(short)
    risk_year = _first(risky)
    need = first if np.isfinite(first) else risk_year
    largest = short.iloc[int(short["shortage"].to_numpy().argmax())] if not short.empty else None
    starts = {
        kind: need - norm_value(rules, f"lead_time_{kind}", year=base_year)
        for kind in ("new_build", "expansion", "temporary")
    }
    return {
        "first_short_year": first,
        "first_risk_year": risk_year,
        "last_short_year": float(short["school_year"].max()) if not short.empty else _NAN,
        "largest_shortage": gap["shortage"].max(),
        "largest_shortage_year": float(largest["school_year"]) if largest is not None else _NAN,
        "first_blue_year": _first(blue),
        "largest_surplus": gap["surplus"].max(),
        "slowest_in_time": _in_time(gap, need, starts, base_year),
    } | {f"latest_{kind}_year": year for kind, year in starts.items()}


def _first(rows: pd.DataFrame) -> float:
    return float(rows["school_year"].min()) if not rows.empty else _NAN


def _in_time(gap: pd.DataFrame, need: float, starts: Mapping[str, float], base_year: int) -> str:
    """Return the most lasting work that can still open before the place runs short."""
    if gap["shortage"].isna().any() and not np.isfinite(need):
        return "unknown"
    if not np.isfinite(need):
        return "none_needed"
    fitting = [kind for kind, year in starts.items() if year > base_year]
    return fitting[0] if fitting else "too_late"
