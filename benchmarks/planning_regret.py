"""Cost and regret of the plan against other ways to plan, on futures that no plan has seen.

    XUEWEI_REFERENCE_DATA=/path/to/reference python benchmarks/planning_regret.py [--futures 240]

Three counties: one generated (seeded), and two of Taiwan whose townships are forecast from their
own history (primary school). The data have neither rooms nor population by township, so seats there
are taken as 90 % of today's pupils (crowded now, falling rolls ahead), and the norm's population is
the one of which today's pupils are 5 %. Regret is taken twice: against the cheapest of the plans
compared, and against the best plan for that one future (the relaxation's bound). Every method is
solved with the same limits.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import numpy as np
import pandas as pd
from planning.counties import SIZE, county, filled, supply_row

from analysis import forecast, standards
from analysis.planning import costs, model, programme
from analysis.planning.methods import compare, other_plans
from analysis.planning.plan import best_plan
from analysis.planning.problem import read_problem
from analysis.tables import Tables, contract

TAIWAN = ("桃園市", "彰化縣")
PUPILS_OF_PEOPLE = 0.05
#: Today's pupils do not fit: without that, falling rolls leave nothing to plan in either county.
SEATS_OF_PUPILS = 0.9
RULES = standards.load("national_2017")


def taiwan(name: str, folder: Path) -> tuple[Tables, int]:
    """Return the tables of a Taiwan county: forecast of its townships, seats from its classes."""
    rows = pd.read_csv(folder / "dev" / "tw_township_grade.csv")
    rows = rows[rows["county"].eq(name) & rows["level"].eq("primary")]
    base = int(rows["year"].max())
    towns = rows[["area_id", "area_name"]].drop_duplicates()
    schools = [
        {
            "school_id": f"{r['area_id']}-p",
            "school_name": f"{r['area_name']}小學",
            "town_id": str(r["area_id"]),
            "kind": "primary",
            "owner": "public",
        }
        for r in towns.to_dict("records")
    ]
    enrolment = rows.assign(school_id=rows["area_id"].astype(str) + "-p", school_year=rows["year"])
    enrolment = enrolment.rename(columns={"enrolment": "pupils"})
    frames = {
        "towns": contract("towns").frame(
            [
                {"town_id": str(r["area_id"]), "town_name": r["area_name"]}
                for r in towns.to_dict("records")
            ]
        ),
        "schools": contract("schools").frame(schools),
        "enrolment": contract("enrolment").frame(
            enrolment[["school_id", "school_year", "grade", "pupils", "classes"]]
        ),
    }
    tables = Tables(frames)
    step = forecast.seat_demand(
        tables, rules=RULES, base_year=base, horizon_years=10, scenario="central", area="TW"
    )
    now = rows[rows["year"].eq(base)].groupby("area_id")[["enrolment", "classes"]].sum()
    seats = np.ceil(now["enrolment"] * SEATS_OF_PUPILS / SIZE["primary"]) * SIZE["primary"]
    supply = [
        supply_row(str(town), "primary", year, float(value))
        for town, value in seats.items()
        for year in range(base, base + 11)
    ]
    persons = now["enrolment"] / PUPILS_OF_PEOPLE
    per_thousand = RULES.value("seats_per_thousand", "primary")
    norm = [
        {
            "level": "town",
            "area_id": str(town),
            "stage": "primary",
            "basis": "resident",
            "year": base,
            "persons": float(n),
            "seats_per_thousand": per_thousand,
            "seats": float(n) * per_thousand / 1000,
        }
        for town, n in persons.items()
    ]
    more = {
        "seat_supply": filled("seat_supply", supply),
        "norm_demand": contract("norm_demand").frame(norm),
        "finance": finance(base, 1.2e8),
    }
    return tables.with_tables({**step.tables, **more}), base


def finance(base: int, a_year: float) -> pd.DataFrame:
    """Return funds of the five years of a plan."""
    return contract("finance").frame(
        [{"year": base + t, "funding_source": "funds", "amount_cny": a_year} for t in range(1, 6)]
    )


def generated(paths: int) -> tuple[Tables, int]:
    """Return a generated county with a planning norm beside it."""
    tables = county(towns=8, schools_each=3, paths=paths, funds=6e7, spread=0.10)
    supply = tables["seat_supply"]
    first = supply[supply["school_year"] == supply["school_year"].min()]
    norm = [
        {
            "level": "town",
            "area_id": row["area_id"],
            "stage": row["stage"],
            "basis": "resident",
            "year": 2025,
            "persons": row["seats_available"] / 0.055 if row["stage"] == "primary" else 0.0,
            "seats_per_thousand": 80.0,
            "seats": row["seats_available"] * (1.45 if row["stage"] == "primary" else 1.3),
        }
        for row in first.to_dict("records")
    ]
    return tables.with_tables({"norm_demand": contract("norm_demand").frame(norm)}), 2025


def perfect_foresight(instance, futures, count: int) -> np.ndarray:
    """Return a lower bound on the cost of each future had it been known."""
    bounds = []
    for k in range(count):
        one = replace(instance, demand=futures[:, :, k : k + 1], probability=np.ones(1))
        solver = model._run(programme.build(one), model.Limits(), relax=True)
        bounds.append(solver.getInfo().objective_function_value * programme.MONEY_UNIT)
    return np.array(bounds)


def report(name: str, tables: Tables, base: int, futures: int, limits: model.Limits) -> None:
    """Print the methods of one county."""
    problem = read_problem(
        tables, rules=RULES, base_year=base, plan_years=5, horizon_years=10, area="450000"
    )
    held_out = problem.futures.held_out[..., :futures]
    plans = {
        "robust": best_plan(problem, limits).counts,
        **other_plans(problem, tables, "central", limits),
    }
    table = compare(problem.instance, plans, held_out).set_index("method")
    least = perfect_foresight(problem.instance, held_out, held_out.shape[2])
    print(f"== {name}: {len(problem.instance.zones)} zones, {held_out.shape[2]} futures unseen")
    cost = {m: costs.future_costs(problem.instance, p, held_out) for m, p in plans.items()}
    high = {m: float(np.quantile(c - least, 0.95)) for m, c in cost.items()}
    for method, row in table.sort_values("expected_cost_cny").iterrows():
        print(
            f"{method:13} cost {row['expected_cost_cny'] / 1e6:9.2f}M"
            f"  ratio {cost[method].mean() / cost['robust'].mean():6.3f}"
            f"  regret95 {row['regret95_cny'] / 1e6:8.2f}M"
            f"  foresight: mean {(cost[method] - least).mean() / 1e6:8.2f}M"
            f"  95th {high[method] / 1e6:8.2f}M  ratio {high[method] / high['robust']:6.3f}"
            f"  short {row['expected_shortage']:9.0f}  capital {row['capital_cny'] / 1e6:8.1f}M"
        )


def main() -> None:
    """Print every county."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--futures", type=int, default=240)
    given = parser.parse_args()
    limits = model.Limits(gap=0.01, nodes=200, seconds=120)
    report("generated", *generated(600), given.futures, limits)
    folder = os.environ.get("XUEWEI_REFERENCE_DATA")
    if not folder:
        print("XUEWEI_REFERENCE_DATA is not set: no Taiwan counties")
        return
    for name in TAIWAN:
        report(name, *taiwan(name, Path(folder)), given.futures, limits)


if __name__ == "__main__":
    main()
