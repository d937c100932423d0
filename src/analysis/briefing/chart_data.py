"""The numbers behind the chart a reader can explore: place, stage, scenario, year."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from analysis import figures, terms, wording
from analysis.figures import style
from analysis.store import Run

STAGES = ("primary", "junior")
_WORDS = ("required", "available", "short", "spare", "band", "unknown")


def chart_data(run: Run) -> str:
    """Return the numbers as JSON that can stand inside a page; empty when there are none.

    ``series`` holds, by ``place|stage|scenario``, one list a year of required, available, lower
    and upper bound (80 %), short, spare; a number that is unknown is null.
    """
    demand = run.tables["seat_demand"]
    if demand.empty:
        return ""
    keys = ["area_id", "stage", "scenario", "school_year"]
    gap = run.tables["seat_gap"][[*keys, "seats_available", "shortage", "surplus"]]
    rows = demand[[*keys, "pupils", "lower80", "upper80"]].merge(
        gap, on=keys, how="left", validate="1:1"
    )
    years = sorted(int(y) for y in rows["school_year"].unique())
    series: dict[str, list[list[float | None]]] = {}
    for (area, stage, scenario), group in rows.groupby(["area_id", "stage", "scenario"]):
        by_year = group.set_index("school_year").reindex(years)
        columns = ["pupils", "seats_available", "lower80", "upper80", "shortage", "surplus"]
        series[f"{area}|{stage}|{scenario}"] = [
            [_number(v) for v in line] for line in by_year[columns].to_numpy().tolist()
        ]
    content: dict[str, Any] = {
        "years": years,
        "base": run.parameters.base_year,
        "end": run.plan_end,
        "series": series,
        "colours": {s: style.STAGE_COLOUR[s] for s in STAGES},
        "words": {k: wording.say(f"briefing.chart_{k}", run.language) for k in _WORDS},
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("&", "\\u0026")


def _number(value: float) -> float | None:
    return None if pd.isna(value) else round(value)


def chart_choices(run: Run) -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen, as (code, words): places, stages, scenarios."""
    demand = run.tables["seat_demand"]
    names = figures.place_names(run)
    county = run.area.code
    areas = sorted(demand["area_id"].unique(), key=lambda a: (a != county, a))
    return {
        "place": [(str(a), str(names.get(a, a))) for a in areas],
        "stage": [
            (s, terms.label("stage", s, run.language)) for s in STAGES if s in set(demand["stage"])
        ],
        "scenario": [
            (str(s), terms.label("scenario", str(s), run.language))
            for s in ("central", "low", "high")
            if s in set(demand["scenario"])
        ],
    }
