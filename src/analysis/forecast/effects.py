"""What each assumption does by itself: one at a time from its low to its high value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.forecast.history import History
from analysis.forecast.housing import housing_pupils, placed
from analysis.forecast.model import PointForecast
from analysis.forecast.panel import Array
from analysis.forecast.scenario import apply_scenario, defaults, scenario_values
from analysis.tables import Tables, contract

#: A cap that is met exactly needs no further class, whatever the last digit says.
_ROUNDING = 1e-9


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
    return apply_scenario(point, values, placed(stream, point.mixing))


def classes_of(pupils: Array, cap: float) -> float:
    """Return the classes that pupils by town and grade need: each grade of a town fills its own."""
    return float(np.ceil(pupils / cap - _ROUNDING).clip(min=0).sum())


def assumption_effects(
    tables: Tables,
    history: History,
    point: PointForecast,
    end: int,
    caps: Mapping[str, float],
) -> pd.DataFrame:
    """Return the effect of each assumption on seats and classes of the last forecast year.

    Each assumption takes its low and its high value in turn while all others stay central;
    ``span_pupils`` is the distance between the two results and ranks the assumptions.

    Parameters
    ----------
    tables, history, point
        What was forecast.
    end
        Last school year.
    caps
        Pupils a class may have, by stage; a stage without one gets no classes.
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
            middle = float(base[:, columns, -1].sum())
            low, high = (float(moved[s][:, columns, -1].sum()) - middle for s in ("low", "high"))
            cap = caps.get(stage, np.nan)
            classes = {
                name: classes_of(pupils[:, columns, -1], cap) if np.isfinite(cap) else np.nan
                for name, pupils in (("central", base), *moved.items())
            }
            rows.append(
                {
                    "assumption": name,
                    "stage": stage,
                    "school_year": end,
                    "central_pupils": middle,
                    "low_effect_pupils": low,
                    "high_effect_pupils": high,
                    "span_pupils": abs(high - low),
                    "central_classes": classes["central"],
                    "low_effect_classes": classes["low"] - classes["central"],
                    "high_effect_classes": classes["high"] - classes["central"],
                }
            )
    return contract("assumption_effects").frame(rows)
