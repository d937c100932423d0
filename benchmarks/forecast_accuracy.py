"""Backtest the forecast on the reference data and print the whole accuracy table.

Usage: XUEWEI_REFERENCE_DATA=/path/to/reference python -m benchmarks.forecast_accuracy
       [--json OUT] [--page docs/forecast-accuracy.md]

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

from analysis import intake
from analysis.forecast.backtest import FEWEST_PUPILS, SIZE_BANDS, Case, cases, score_rows
from analysis.forecast.history import read_history
from analysis.forecast.methods import BASELINES
from analysis.forecast.model import CohortModel
from analysis.forecast.tidy import read_tidy
from analysis.tables import Tables

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
HORIZONS = {"london_boroughs": (1, 2, 3), "england_authorities": (1, 2, 3)}
#: Our data sets and levels as ``baselines.csv``, an independent yardstick, names them.
YARDSTICK = {
    "taiwan_counties": "Taiwan counties",
    "taiwan_townships": "Taiwan townships",
    "taiwan_schools": "Taiwan schools",
    "north_dakota": "ND districts (>=200 pupils)",
    "north_dakota_state": "ND state total",
    "us_states": "US states",
    "london_boroughs": "London boroughs",
}
YARDSTICK_LEVELS = {
    "grade 1": "grade 1 (entry)",
    "primary": "primary 1-6",
    "junior": "junior 7-9",
    "reception": "reception (entry)",
}
YARDSTICK_METHODS = ("AutoETS", "AutoARIMA")
MARK = "<!-- below: written by benchmarks/forecast_accuracy.py -->"


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


def held_out(folder: Path) -> dict[str, Data]:
    """Return data sets without targets: other countries, units and births than the ones above."""
    dev = folder / "dev"
    england = pd.read_csv(dev / "england_la_reception.csv").rename(
        columns={"reception_enrolment": "enrolment"}
    )
    england = england.assign(grade=0)[["area_id", "grade", "year", "enrolment"]].dropna()
    wisconsin = pd.read_csv(dev / "ecasd_school_grade.csv")
    keys = ["area_id", "grade", "year"]
    wisconsin = unbroken(wisconsin.groupby(keys, as_index=False)["enrolment"].sum())
    births = pd.read_csv(dev / "ecasd_births.csv").assign(area_id="district")
    dakota = pd.read_csv(dev / "nd_district_grade.csv")
    whole = {"primary": tuple(range(1, 7)), "junior": (7, 8, 9), "K-12": tuple(range(13))}
    county = dakota.assign(area_id=dakota["county_code"].astype(str))
    county = unbroken(county.groupby(keys, as_index=False)["enrolment"].sum())
    state = dakota.assign(area_id="ND").groupby(keys, as_index=False)["enrolment"].sum()
    return {
        "england_authorities": Data(england, None, 4, {"reception": (0,)}, 2018),
        "wisconsin_schools": Data(
            wisconsin, births, 5, {"elementary": tuple(sorted(set(wisconsin["grade"])))}, 2004
        ),
        "north_dakota_counties": Data(county, None, None, whole, 2014),
        "north_dakota_state": Data(state, None, None, whole, 2014),
    }


def cases_of(data: Data, methods=BASELINES) -> list[Case]:
    """Return forecasts beside actuals of one data set, from every origin."""
    table = data.table.drop(columns=["level"], errors="ignore")
    panel = read_tidy(table, data.births, data.start_age)[0].panel
    levels = {k: tuple(panel.grades.index(g) for g in v) for k, v in data.levels.items()}
    origins = [y for y in panel.years[:-1] if y >= data.first_origin]
    return list(cases(panel, levels, methods=methods, origins=origins))


def scores(data: Data, methods=BASELINES) -> pd.DataFrame:
    """Return score rows of one data set, with the naive width at our coverage."""
    found = cases_of(data, methods)
    rows = pd.DataFrame(score_rows(found))
    return rows.merge(equal_coverage(found), on=["level", "horizon", "size_band"], how="left")


def equal_coverage(found: list[Case]) -> pd.DataFrame:
    """Return how wide last year's figure needs its band to be to hold as many cases as ours.

    The naive band is the best possible afterwards: one width a level, horizon and size band,
    symmetric in logs, set on the very cases it is measured on. Ours is set beforehand.
    """
    rows = []
    for level in sorted({c.level for c in found}):
        ours = [c for c in found if c.level == level and c.method == "cohort"]
        naive = [c for c in found if c.level == level and c.method == "naive"]
        for h in range(ours[0].forecast.shape[1]):
            actual = np.concatenate([c.actual[:, h] for c in ours])
            size = np.concatenate([c.size for c in ours])
            lower, upper = (np.concatenate([c.bands[0.8][i][:, h] for c in ours]) for i in (0, 1))
            last = np.concatenate([c.forecast[:, h] for c in naive])
            for name, low, high in (("all", FEWEST_PUPILS, np.inf), *SIZE_BANDS):
                usable = (size >= low) & (size < high) & np.isfinite(actual) & (actual > 0)
                usable &= np.isfinite(last) & (last > 0)
                if not usable.any():
                    continue
                inside = (actual >= lower) & (actual <= upper)
                gap = np.abs(np.log(actual[usable] / last[usable]))
                half = np.quantile(gap, inside[usable].mean(), method="higher")
                width = (np.exp(half) - np.exp(-half)) * last[usable] / actual[usable]
                rows.append((level, h + 1, name, float(width.mean())))
    return pd.DataFrame(rows, columns=["level", "horizon", "size_band", "naive_width"])


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
    filled = panel.__class__(panel.areas, panel.grades, panel.years, np.nan_to_num(panel.pupils))
    ours = CohortModel(filled, 7).forecast(2013).pupils.sum(axis=0)
    rows = []
    for lead in range(1, 8):
        actual = state[state["year"] == 2013 + lead]["enrolment"].sum()
        theirs = wiche[wiche["year"] == 2013 + lead]["enrolment"].sum()
        mine = ours[list(columns.values()), lead - 1].sum()
        rows.append({"lead": lead, "wiche": theirs / actual - 1, "cohort": mine / actual - 1})
    return pd.DataFrame(rows)


def national_peaks(folder: Path) -> pd.DataFrame:
    """Return errors and peak years of China's primary and junior pupils from each origin.

    ``folder`` is the project: the national sample area is read as any area is. A peak is the
    highest year of the last ten observed ones and the ten ahead. Junior totals of 2014 to 2020 are
    rebuilt from entrants.
    """
    raw = {p.name: p.read_bytes() for p in sorted((folder / "data/raw/national").glob("*.csv"))}
    tables = Tables(intake.read_area(raw, area_code="CHN").tables)
    whole = read_history(tables, base_year=2024, code="CHN")
    if whole is None:
        return pd.DataFrame()
    rows = []
    for origin in range(2015, 2025):
        history = read_history(tables, base_year=origin, code="CHN")
        if history is None:
            continue
        panel = history.panel
        pupils = CohortModel(panel, 10).forecast().pupils[0]
        for stage in history.stages:
            columns = list(history.columns(stage))
            past, ahead = panel.pupils[0, columns].sum(axis=0), pupils[columns].sum(axis=0)
            series = np.concatenate([past[-10:], ahead])
            years = [*panel.years[-10:], *(panel.years[-1] + h for h in range(1, 11))]
            row = {"origin": panel.years[-1], "stage": stage, "peak": years[int(series.argmax())]}
            for h in (1, 3, 5):
                year = panel.years[-1] + h
                if year not in whole.panel.years:
                    row[f"error{h}"] = np.nan
                    continue
                place = whole.panel.years.index(year)
                actual = whole.panel.pupils[0, list(whole.columns(stage)), place].sum()
                row[f"error{h}"] = ahead[h - 1] / actual - 1
            rows.append(row)
    return pd.DataFrame(rows)


def report(folder: Path, project: Path, methods=BASELINES) -> dict[str, object]:
    """Measure everything; a record that can be kept as JSON."""
    record: dict[str, object] = {}
    for name, data in {**read(folder), **held_out(folder)}.items():
        record[name] = scores(data, methods).to_dict("records")
    record["wiche"] = dakota_against_wiche(folder).to_dict("records")
    record["national"] = national_peaks(project).to_dict("records")
    return record


def lines(record: dict[str, object]) -> list[str]:
    """Write the record as a Markdown page."""
    shown = [
        "| data, level | MAPE % at {} | be below | reached |".format("1 / 3 / 5"),
        "|---|---|---|---|",
    ]
    for (name, level), target in TARGETS.items():
        rows = _rows(record, name, level, "all", "cohort")
        horizons = HORIZONS.get(name, (1, 3, 5))
        found = [100 * rows.loc[h, "mape"] for h in horizons]
        reached = ["yes" if f < t else "no" for f, t in zip(found, target, strict=True)]
        said = " / ".join(f"{f:.2f}" for f in found)
        at = "" if horizons == (1, 3, 5) else " (1 / 2 / 3 years)"
        shown.append(
            f"| {name} {level}{at} | {said} | {' / '.join(map(str, target))} "
            f"| {' / '.join(reached)} |"
        )
    heads = (
        "n",
        "MAPE",
        "naive MAPE",
        "bias",
        "in 80 %",
        "in 95 %",
        "width 80 %",
        "naive width at equal coverage",
        "interval score",
        "naive",
        "bootstrap",
    )
    for name in (n for n in record if n not in ("wiche", "national")):
        horizons = HORIZONS.get(name, (1, 3, 5))
        shown += ["", f"### {name}", "", f"| level, size | years | {' | '.join(heads)} |"]
        shown.append("|---" * (len(heads) + 2) + "|")
        table = pd.DataFrame(record[name])
        for level in dict.fromkeys(table["level"]):
            for band in ("all", *(b[0] for b in SIZE_BANDS)):
                ours = _rows(record, name, level, band, "cohort")
                naive = _rows(record, name, level, band, "naive")
                raw = _rows(record, name, level, band, "progression_3_naive_entry")
                for h in (h for h in horizons if h in ours.index):
                    o, n = ours.loc[h], naive.loc[h]
                    values = [f"{o['n']:.0f}"] + [
                        f"{100 * v:.{d}f}"
                        for v, d in (
                            (o["mape"], 2),
                            (n["mape"], 2),
                            (o["bias"], 1),
                            (o["coverage80"], 0),
                            (o["coverage95"], 0),
                            (o["width80"], 1),
                            (o["naive_width"], 1),
                            (o["interval_score"], 1),
                            (n["interval_score"], 1),
                            (raw.loc[h, "interval_score"], 1),
                        )
                    ]
                    shown.append(f"| {level}, {band} | {h} | {' | '.join(values)} |")
    shown += ["", "### WICHE's 2016 forecast of North Dakota, grades 1-12, from autumn 2013", ""]
    shown += ["| years ahead | WICHE, signed error % | cohort, signed error % |", "|---|---|---|"]
    shown += [
        f"| {r['lead']} | {100 * r['wiche']:+.1f} | {100 * r['cohort']:+.1f} |"
        for r in record["wiche"]
    ]
    shown += ["", "### China, from each origin", ""]
    shown += ["| origin | stage | error % at 1 / 3 / 5 years | peak year |", "|---|---|---|---|"]
    for r in record["national"]:
        errors = " / ".join(
            "-" if np.isnan(r[f"error{h}"]) else f"{100 * r[f'error{h}']:+.1f}" for h in (1, 3, 5)
        )
        shown.append(f"| {r['origin']} | {r['stage']} | {errors} | {r['peak']} |")
    return shown


def beside_yardstick(record: dict[str, object], folder: Path) -> list[str]:
    """Write our errors beside those of the yardstick, case for case where the numbers agree."""
    path = folder / "baselines.csv"
    if not path.is_file():
        return []
    given = pd.read_csv(path)
    heads = [f"{m}, MAPE (in 80 %)" for m in YARDSTICK_METHODS]
    shown = ["", "### Beside an independent yardstick: same areas, same origins", ""]
    shown.append(f"| data, level | years | n | cohort | {' | '.join(heads)} | lowest other |")
    shown.append("|---" * (len(heads) + 5) + "|")
    for name, theirs in YARDSTICK.items():
        levels = dict.fromkeys(row["level"] for row in record[name])
        for level in levels:
            label = YARDSTICK_LEVELS.get(level, level)
            cell = given[(given["data"] == theirs) & (given["level"] == label)]
            ours = _rows(record, name, level, "all", "cohort")
            for h in (h for h in HORIZONS.get(name, (1, 3, 5)) if h in ours.index):
                o = ours.loc[h]
                same = cell[(cell["h"] == h) & (cell["n"] == o["n"])].set_index("method")
                if same.empty:
                    continue
                best = same["MAPE"].idxmin()
                parts = [
                    f"{same.loc[m, 'MAPE']:.2f} ({same.loc[m, 'cov80']:.0f})"
                    if m in same.index
                    else "-"
                    for m in YARDSTICK_METHODS
                ]
                mine = f"{100 * o['mape']:.2f} ({100 * o['coverage80']:.0f})"
                other = f"{same.loc[best, 'MAPE']:.2f} {best}"
                row = (f"{name} {level}", str(h), f"{o['n']:.0f}", mine, *parts, other)
                shown.append(f"| {' | '.join(row)} |")
    return shown


def _rows(record: dict[str, object], name: str, level: str, band: str, method: str) -> pd.DataFrame:
    table = pd.DataFrame(record[name])
    kept = table[(table["level"] == level) & (table["size_band"] == band)]
    return kept[kept["method"] == method].set_index("horizon")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="keep the record as JSON")
    parser.add_argument("--page", type=Path, help="write the tables below the mark of this page")
    arguments = parser.parse_args()
    named = os.environ.get("XUEWEI_REFERENCE_DATA")
    if not named:
        print("Set XUEWEI_REFERENCE_DATA to the folder of the reference data.", file=sys.stderr)
        return 2
    record = report(Path(named), Path(__file__).resolve().parents[1])
    text = "\n".join([*lines(record), *beside_yardstick(record, Path(named))])
    print(text)
    if arguments.json:
        arguments.json.write_text(json.dumps(record, indent=1), encoding="utf-8")
    if arguments.page:
        head = arguments.page.read_text("utf-8").split(MARK)[0]
        arguments.page.write_text(f"{head}{MARK}\n\n{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
