"""Backtest the forecast on the reference data and print the whole accuracy table.

Usage: XUEWEI_REFERENCE_DATA=/path/to/reference python benchmarks/forecast_accuracy.py [--json OUT]

Every figure is a rolling-origin error with what was known at the origin. Births are today's
revised series, which flatters every method that uses them. Areas count when the last observed and
the actual value are at least 30 and above 0.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.forecast.backtest import cases, score_rows
from analysis.forecast.methods import BASELINES
from analysis.forecast.tidy import read_tidy

TARGETS = {
    ("taiwan_counties", "primary"): (0.50, 1.50, 2.4),
    ("taiwan_townships", "primary"): (1.75, 4.2, 6.9),
    ("taiwan_schools", "primary"): (4.2, 9.6, 14.5),
    ("north_dakota", "K-12"): (3.2, 5.8, 8.0),
    ("north_dakota", "junior"): (4.6, 7.8, 11.5),
    ("us_states", "1-12"): (0.64, 1.5, 2.4),
    ("us_states", "junior"): (0.85, 2.1, 3.8),
    ("london_boroughs", "reception"): (2.3, 3.0, 3.3),
}
HORIZONS = {"london_boroughs": (1, 2, 3)}


@dataclass(frozen=True)
class Data:
    """One data set of the table."""

    table: pd.DataFrame
    births: pd.DataFrame | None
    start_age: int | None
    levels: dict[str, tuple[int, ...]]
    first_origin: int


def read(folder: Path) -> dict[str, Data]:
    """Return the data sets by name, filtered as the published baselines are."""
    dev = folder / "dev"
    world = pd.read_csv(dev / "wpp2024_births.csv")
    world = world[world["variant"] == "estimate"][["area_id", "year", "births"]]
    taiwan, usa = (world[world["area_id"] == code] for code in ("TWN", "USA"))
    primary = {"grade 1": (1,), "primary": tuple(range(1, 7))}
    found = {}
    for name, file in (
        ("taiwan_counties", "tw_county_grade"),
        ("taiwan_townships", "tw_township_grade"),
        ("taiwan_schools", "tw_school_grade"),
    ):
        table = unbroken(pd.read_csv(dev / f"{file}.csv"))
        if name == "taiwan_townships":
            table = table.assign(parent_id=table["area_id"].str[:6])
        if name == "taiwan_schools":
            town = pd.read_csv(dev / "tw_school_lookup.csv").set_index("area_id")["township_id"]
            table = table.assign(parent_id=table["area_id"].map(town))
        found[name] = Data(table, taiwan, None, primary, 2018)
    dakota = unbroken(pd.read_csv(dev / "nd_district_grade.csv"), least=200)
    whole = {"primary": tuple(range(1, 7)), "junior": (7, 8, 9), "K-12": tuple(range(13))}
    found["north_dakota"] = Data(dakota, None, None, whole, 2014)
    states = pd.read_csv(dev / "us_state_grade.csv")
    states = states[(states["grade"] <= 12) & (states["area_id"] != "US-US")]
    levels = {"primary": tuple(range(1, 7)), "junior": (7, 8, 9), "1-12": tuple(range(1, 13))}
    found["us_states"] = Data(states, usa, None, levels, 2006)
    london = pd.read_csv(dev / "london_borough_births_reception.csv")
    london = london.groupby("area_id").filter(lambda g: g["reception_enrolment"].gt(0).sum() == 8)
    table = london.dropna(subset=["reception_enrolment"]).assign(grade=0)
    table = table.rename(columns={"reception_enrolment": "enrolment"})
    found["london_boroughs"] = Data(
        table[["area_id", "grade", "year", "enrolment"]],
        london[["area_id", "year", "births"]],
        4,
        {"reception": (0,)},
        2018,
    )
    return found


def unbroken(table: pd.DataFrame, least: float = 0.0) -> pd.DataFrame:
    """Keep areas with pupils in every year, and at least ``least`` on average."""
    yearly = table.pivot_table(
        index="area_id", columns="year", values="enrolment", aggfunc="sum", fill_value=0
    )
    kept = yearly.index[(yearly > 0).all(axis=1) & (yearly.mean(axis=1) >= least)]
    return table[table["area_id"].isin(kept)]


def scores(data: Data, methods=BASELINES) -> pd.DataFrame:
    """Return score rows of one data set."""
    table = data.table.drop(columns=["level"], errors="ignore")
    panel = read_tidy(table, data.births, data.start_age)[0].panel
    levels = {k: tuple(panel.grades.index(g) for g in v) for k, v in data.levels.items()}
    origins = [y for y in panel.years[:-1] if y >= data.first_origin]
    return pd.DataFrame(score_rows(list(cases(panel, levels, methods=methods, origins=origins))))


def dakota_against_wiche(folder: Path) -> pd.DataFrame:
    """Return errors of WICHE's 2016 forecast of North Dakota and of ours from the same origin."""
    dev = folder / "dev"
    dakota = pd.read_csv(dev / "nd_district_grade.csv")
    state = dakota.groupby(["grade", "year"], as_index=False)["enrolment"].sum()
    state = state[state["grade"].between(1, 12)]
    wiche = pd.read_csv(dev / "us_state_grade_wiche2016_projection.csv")
    wiche = wiche[(wiche["area_id"] == "US-ND") & wiche["grade"].between(1, 12)]
    table = dakota[dakota["grade"] <= 12].drop(columns=["level"])
    panel = read_tidy(table[["area_id", "grade", "year", "enrolment"]])[0].panel
    columns = {g: panel.grades.index(g) for g in range(1, 13)}
    from analysis.forecast.model import CohortModel

    filled = panel.__class__(panel.areas, panel.grades, panel.years, np.nan_to_num(panel.pupils))
    ours = CohortModel(filled, 7).forecast(2013).pupils.sum(axis=0)
    rows = []
    for lead in range(1, 8):
        actual = state[state["year"] == 2013 + lead]["enrolment"].sum()
        theirs = wiche[wiche["year"] == 2013 + lead]["enrolment"].sum()
        mine = ours[list(columns.values()), lead - 1].sum()
        rows.append({"lead": lead, "wiche": theirs / actual - 1, "cohort": mine / actual - 1})
    return pd.DataFrame(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    named = os.environ.get("XUEWEI_REFERENCE_DATA")
    if not named:
        print("Set XUEWEI_REFERENCE_DATA to the folder of the reference data.", file=sys.stderr)
        return 2
    folder = Path(named)
    record = {}
    for name, data in read(folder).items():
        table = scores(data)
        record[name] = table.to_dict("records")
        shown = table[(table["size_band"] == "all") & table["method"].eq("cohort")]
        horizons = HORIZONS.get(name, (1, 3, 5))
        for level in data.levels:
            rows = shown[shown["level"] == level].set_index("horizon").loc[list(horizons)]
            target = TARGETS.get((name, level))
            said = " / ".join(f"{100 * v:.2f}" for v in rows["mape"])
            wanted = "" if target is None else f"  wanted below {' / '.join(map(str, target))}"
            cover = " ".join(
                f"{100 * a:.0f}/{100 * b:.0f}"
                for a, b in zip(rows["coverage80"], rows["coverage95"], strict=True)
            )
            bias = " / ".join(f"{100 * v:+.1f}" for v in rows["bias"])
            print(f"{name:17s} {level:10s} MAPE {said}{wanted}  bias {bias}  cover {cover}")
    print(dakota_against_wiche(folder).round(4).to_string(index=False))
    if arguments.json:
        arguments.json.write_text(json.dumps(record, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
