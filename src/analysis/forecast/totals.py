"""Places that have only totals (只有合计数的地方): the series itself, with a reference range.

Without grades or entrants no cohort can be followed. What is left is the stage's own series: half
last year's figure, half its damped trend (on the reference data the half-way house was nearer than
either, docs/forecast-accuracy.md). It knows nothing of births and turns later than they do; its
range is that of such forecasts on the reference data, never of the place itself.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from analysis.forecast.blend import series_forecasts
from analysis.forecast.panel import Array
from analysis.forecast.reference import ReferenceErrors
from analysis.forecast.scenario import SCENARIOS
from analysis.tables import Tables

METHOD = "series_reference"
#: Fewest yearly totals, and how old the latest may be, for a series to be carried on.
FEWEST_TOTALS = 3
OLDEST_TOTAL_YEARS = 3
_LONGEST = 6
#: Errors of such forecasts in Taiwan, North Dakota, Wisconsin and the US states, set so that bands
#: of 80 per cent hold 67 to 100 in the sets, 85 to 91 in the mean, one to five years ahead.
SERIES_REFERENCE = ReferenceErrors(0.020, 0.70, 0.015, 0.80, 0.50, 0.70)
#: Half widths in standard deviations (Student's t with seven degrees of freedom).
_QUANTILES = {"80": 1.2816, "95": 2.05}


def series_rows(
    tables: Tables, *, base_year: int, end: int, code: str, done: Collection[tuple[str, str]] = ()
) -> list[dict[str, object]]:
    """Return rows of ``seat_demand`` for stages of places of which only totals are known.

    Parameters
    ----------
    tables
        ``totals`` with ``pupils`` by place, stage and year.
    base_year
        Later years are not looked at.
    end
        Last school year wanted.
    code
        The county's code; other places are towns.
    done
        Place and stage of what has a forecast already.
    """
    totals = tables["totals"]
    totals = totals[(totals["school_year"] <= base_year) & totals["pupils"].notna()]
    rows: list[dict[str, object]] = []
    for (area, stage), group in totals.groupby(["town_id", "stage"], sort=True):
        if (area, stage) not in done:
            rows += _one(group, str(area), str(stage), base_year, end, code)
    return rows


def _one(
    group: pd.DataFrame, area: str, stage: str, base_year: int, end: int, code: str
) -> list[dict[str, object]]:
    known = group.set_index("school_year")["pupils"].astype("float64").sort_index()
    last = int(known.index[-1])
    series = known.reindex(range(last - _LONGEST + 1, last + 1))
    if series.notna().sum() < FEWEST_TOTALS or base_year - last > OLDEST_TOTAL_YEARS or end <= last:
        return []
    middle = series_middle(series.interpolate(limit_area="inside").dropna().to_numpy(), end - last)
    ahead = np.arange(1, end - last + 1, dtype=float)
    spread = SERIES_REFERENCE.whole(ahead, np.array([known.iloc[-1]]))
    bounds = {
        f"{side}{share}": middle * np.exp(sign * q * spread)
        for share, q in _QUANTILES.items()
        for side, sign in (("lower", -1), ("upper", 1))
    }
    key = {"level": "county" if area == code else "town", "area_id": area, "stage": stage}
    rows: list[dict[str, object]] = []
    for scenario in SCENARIOS:
        now = dict.fromkeys(("pupils", *bounds), float(known.iloc[-1]))
        rows.append({**key, "scenario": scenario, "school_year": last, "method": "observed"} | now)
        for h in range(end - last):
            values = {"pupils": middle[h]} | {name: value[h] for name, value in bounds.items()}
            year = {"scenario": scenario, "school_year": last + h + 1, "method": METHOD}
            rows.append({**key, **year, **values})
    return rows


def series_middle(series: Array, horizon: int) -> Array:
    """Return half last value, half damped trend of a yearly series, ``(horizon,)``."""
    return np.asarray(series_forecasts(series[None], horizon)[:, 0].mean(axis=0))
