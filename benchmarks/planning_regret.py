"""Cost and regret of the plan against other ways to plan, on futures that no plan has seen.

    XUEWEI_REFERENCE_DATA=/path/to/reference python -m benchmarks planning_regret
    python -m benchmarks.planning_regret [--county demo] [--futures 240] [--weights]

Four counties: the demonstration county as its notebooks plan it, one generated (seeded), and two of
Taiwan whose townships are forecast from their own history (primary school). The data of these have
neither rooms nor population by township, so seats there are taken as 90 % of today's pupils
(crowded now, falling rolls ahead), and the norm's population is the one of which today's pupils are
5 %. Regret is taken twice: against the cheapest of the plans compared, and against the best plan
for that one future (the relaxation's bound). Every method is solved with the same limits.

``--weights`` plans anew with one weight halved or doubled at a time, and says what changes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import numpy as np
import pandas as pd
from planning.counties import SIZE, county, filled, supply_row

from analysis import access, capacity, forecast, indicators, intake, standards, store
from analysis.planning import costs, model, programme
from analysis.planning.methods import compare, other_plans
from analysis.planning.plan import best_plan
from analysis.planning.problem import Problem, read_problem
from analysis.planning.sensitivity import FACTORS, WEIGHTS, reweighted
from analysis.tables import Tables, contract
from benchmarks.protocol import Measurement

TAIWAN = ("桃園市", "彰化縣")
PUPILS_OF_PEOPLE = 0.05
#: Today's pupils do not fit: without that, falling rolls leave nothing to plan in either county.
SEATS_OF_PUPILS = 0.9
RULES = standards.load("national_2017")
LIMITS = model.Limits(gap=0.01, nodes=200, seconds=120)


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


def demo() -> tuple[Tables, int]:
    """Return the tables of the demonstration county as the notebooks before the plan leave them."""
    root = Path(__file__).resolve().parents[1]
    area = store.read_area(root, "demo")
    files = store.raw_files(root, "demo")
    tables = Tables(intake.read_area(files, area_code=area.code).tables)
    year, code = area.base_year, area.code
    for step in (
        lambda t: indicators.indicators(t, rules=RULES, school_year=year),
        lambda t: forecast.seat_demand(t, rules=RULES, base_year=year, area=code),
        lambda t: capacity.capacity_gap(t, rules=RULES, base_year=year, area=code),
        lambda t: access.access(t, rules=RULES, base_year=year, area=code),
    ):
        tables = tables.with_tables(step(tables).tables)
    return tables, year


def counties() -> dict[str, Callable[[], tuple[Tables, int]]]:
    """Return how to make the tables of each county that can be made here."""
    found: dict[str, Callable[[], tuple[Tables, int]]] = {
        "demo": demo,
        "generated": lambda: generated(600),
    }
    folder = os.environ.get("XUEWEI_REFERENCE_DATA")
    if folder:
        found |= {name: partial(taiwan, name, Path(folder)) for name in TAIWAN}
    return found


def problem_of(tables: Tables, base: int) -> Problem:
    """Return the planning problem of a county."""
    problem = read_problem(
        tables, rules=RULES, base_year=base, plan_years=5, horizon_years=10, area="450000"
    )
    assert problem is not None
    return problem


@dataclass(frozen=True)
class Row:
    """One method on the futures kept back, in millions of yuan."""

    method: str
    cost: float
    regret95: float
    foresight95: float
    short: float
    capital: float


def measured(
    problem: Problem, tables: Tables, futures: int, *, foresight: bool = True
) -> tuple[list[Row], np.ndarray]:
    """Return the methods, cheapest first, and our plan's units by measure and year."""
    held_out = problem.futures.held_out[..., :futures]
    plans = {
        "robust": best_plan(problem, LIMITS).counts,
        **other_plans(problem, tables, "central", LIMITS),
    }
    table = compare(problem.instance, plans, held_out).set_index("method")
    cost = {m: costs.future_costs(problem.instance, p, held_out) for m, p in plans.items()}
    count = held_out.shape[2]
    least = perfect_foresight(problem.instance, held_out, count) if foresight else np.zeros(count)
    rows = [
        Row(
            str(method),
            row["expected_cost_cny"] / 1e6,
            row["regret95_cny"] / 1e6,
            float(np.quantile(cost[str(method)] - least, 0.95)) / 1e6,
            row["expected_shortage"],
            row["capital_cny"] / 1e6,
        )
        for method, row in table.sort_values("expected_cost_cny").iterrows()
    ]
    return rows, plans["robust"]


def report(name: str, tables: Tables, base: int, futures: int) -> list[Measurement]:
    """Print the methods of one county; return the figures of the others against ours."""
    problem = problem_of(tables, base)
    rows, _ = measured(problem, tables, futures)
    ours = next(row for row in rows if row.method == "robust")
    count = min(futures, problem.futures.held_out.shape[2])
    print(f"== {name}: {len(problem.instance.zones)} zones, {count} futures unseen", flush=True)
    found = []
    for row in rows:
        print(
            f"{row.method:13} cost {row.cost:9.2f}M  ratio {row.cost / ours.cost:6.3f}"
            f"  regret95 {row.regret95:8.2f}M"
            f"  foresight 95th {row.foresight95:8.2f}M"
            f"  ratio {row.foresight95 / ours.foresight95:6.3f}"
            f"  short {row.short:9.0f}  capital {row.capital:8.1f}M",
            flush=True,
        )
        if row.method not in ("robust", "nothing"):
            label = f"{name}: {row.method} against ours"
            note = f"{count} futures that no plan has seen"
            found += [
                Measurement(
                    f"{label}, expected cost", row.cost / ours.cost, "x", ">= 1", note=note
                ),
                Measurement(
                    f"{label}, 95th-percentile regret",
                    row.regret95 / ours.regret95 if ours.regret95 else float("inf"),
                    "x",
                    ">= 1",
                    note=note,
                ),
            ]
    return found


def weights(name: str, tables: Tables, base: int, futures: int) -> None:
    """Print what the plan becomes when one weight is halved or doubled."""
    problem = problem_of(tables, base)
    first: np.ndarray | None = None
    print(f"== {name}: one weight at a time, planned anew")
    for weight, factor in [("none", 1.0), *product(WEIGHTS, FACTORS)]:
        instance = problem.instance
        if weight != "none":
            instance = reweighted(instance, weight, factor)
        other = replace(problem, instance=instance)
        rows, counts = measured(other, tables, futures, foresight=False)
        first = counts if first is None else first
        units = counts.sum(axis=1), first.sum(axis=1)
        built = [o.builds and o.residual_share > 0 for o in instance.options]
        seats = np.array([sum(n for n in o.effects.values() if n > 0) for o in instance.options])
        shared = np.minimum(*units).sum() / max(np.maximum(*units).sum(), 1)
        by_regret = sorted(rows, key=lambda row: row.regret95)
        ours = next(row for row in rows if row.method == "robust")
        rest = [row for row in rows if row.method != "robust"]
        print(
            f"{weight:9} x{factor:3g}  measures {int((units[0] > 0).sum()):3d}"
            f"  permanent seats {units[0][built] @ seats[built]:7.0f}"
            f"  capital {ours.capital:7.1f}M  units in common {shared:5.0%}"
            f"  by cost {' < '.join(row.method for row in rows)}"
            f"  next {min(row.cost for row in rest) / ours.cost:.3f}"
            f"  by regret {' < '.join(row.method for row in by_regret)}",
            flush=True,
        )


def run(quick: bool) -> list[Measurement]:
    """Measure every county that can be made here; of a quick run the demonstration county."""
    found = []
    for name, make in counties().items():
        if not quick or name == "demo":
            found += report(name, *make(), 40 if quick else 240)
    return found


def main() -> None:
    """Print the counties asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--futures", type=int, default=240)
    parser.add_argument("--county", action="append", choices=sorted(counties()))
    parser.add_argument("--weights", action="store_true")
    given = parser.parse_args()
    for name, make in counties().items():
        if not given.county or name in given.county:
            (weights if given.weights else report)(name, *make(), given.futures)


if __name__ == "__main__":
    main()
