"""What each assumption does by itself: one at a time from its low to its high value."""

from __future__ import annotations

import pandas as pd

from analysis.forecast.history import History
from analysis.forecast.housing import housing_pupils, placed
from analysis.forecast.model import PointForecast
from analysis.forecast.panel import Array
from analysis.forecast.scenario import apply_scenario, defaults, scenario_values
from analysis.tables import Tables, contract


def _pupils(
    tables: Tables, history: History, point: PointForecast, values: dict[str, float]
) -> Array:
    panel = history.panel
    horizon = point.entrants.shape[1]
    stream = housing_pupils(
        tables["housing"],
        panel.areas,
        panel.grades,
        tuple(panel.years[-1] + h for h in range(1, horizon + 1)),
        realisation=values["housing_realisation"],
        delay=values["housing_delay"],
    )
    total: Array = apply_scenario(point, values, placed(stream, point.mixing)).sum(axis=0)
    return total


def assumption_effects(
    tables: Tables, history: History, point: PointForecast, end: int
) -> pd.DataFrame:
    """Return the effect of each assumption on the seats of the last forecast year.

    Each assumption takes its low and its high value in turn while all others stay central;
    ``span_pupils`` is the distance between the two results and ranks the assumptions.
    """
    central = scenario_values(tables, "central")
    sides = {side: scenario_values(tables, side) for side in ("low", "high")}
    base = _pupils(tables, history, point, central)
    rows: list[dict[str, object]] = []
    for name in defaults():
        moved = {
            side: _pupils(tables, history, point, central | {name: values[name]})
            for side, values in sides.items()
        }
        for stage in history.stages:
            columns = list(history.columns(stage))
            middle = float(base[columns, -1].sum())
            low, high = (float(moved[s][columns, -1].sum()) - middle for s in ("low", "high"))
            rows.append(
                {
                    "assumption": name,
                    "stage": stage,
                    "school_year": end,
                    "central_pupils": middle,
                    "low_effect_pupils": low,
                    "high_effect_pupils": high,
                    "span_pupils": abs(high - low),
                }
            )
    return contract("assumption_effects").frame(rows)
