"""How long the plan of a large county takes, how close to the optimum it is proven, and memory.

    python benchmarks/planning_scale.py [--schools 150] [--towns 20] [--paths 20] [--monolithic]

The county is generated (seeded). ``--monolithic`` solves the textbook model instead: a shortage and
a surplus column for every zone, year and future, every measure its own column, no start, no local
search. Run one at a time: peak memory is that of the process.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import highspy
import numpy as np
from planning.counties import BASE_YEAR, county

from analysis import standards
from analysis.planning import model, programme
from analysis.planning.greedy import greedy_plan
from analysis.planning.instance import start_cost
from analysis.planning.problem import read_problem


def large_instance(schools: int, towns: int, paths: int):
    """Return the instance of a generated county with about so many schools."""
    tables = county(
        towns=towns,
        schools_each=max(1, round(schools / towns / 2)),
        paths=paths * 2,
        funds=9e6 * towns,
    )
    problem = read_problem(
        tables,
        rules=standards.load("national_2017"),
        base_year=BASE_YEAR,
        plan_years=5,
        horizon_years=10,
        area="450000",
    )
    demand = problem.futures.held_out[..., :paths]
    kept = demand if demand.shape[2] == paths else problem.futures.planning[..., :paths]
    count = kept.shape[2]
    return replace(problem.instance, demand=kept, probability=np.full(count, 1 / count))


def monolithic(instance, seconds: float):
    """Solve the model with a column a future, and nothing else."""
    build = programme.build(
        replace(instance, demand=instance.demand[:, :, :0], probability=np.ones(0)), merge=False
    )
    columns = build.columns
    fresh = programme.Columns()
    places = {}
    for (number, start), _ in build.starts.items():
        option = build.classes[number].option
        cost = sum(start_cost(instance, option, start).values())
        places[number, start] = fresh.column(cost, option.most, whole=True)
    whole = programme.Programme(fresh, build.classes, places, {})
    programme.limit_rows(instance, whole)
    factor = instance.weights.discount(instance.horizon)
    touching = {}
    for (number, start), column in places.items():
        option = build.classes[number].option
        for t in option.open_years(start, instance.horizon):
            for zone, seats in option.effects.items():
                touching.setdefault((zone, t), []).append((column, seats))
    infinity = highspy.kHighsInf
    for zone in range(len(instance.zones)):
        for t in range(instance.horizon):
            terms = touching.get((zone, t), [])
            here = instance.seats[zone, t]
            if any(seats < 0 for _, seats in terms):
                fresh.row(-here, infinity, terms)
            for k, mass in enumerate(instance.probability):
                weight = mass * factor[t]
                short = fresh.column(weight * instance.weights.shortage[zone], infinity)
                over = fresh.column(weight * instance.weights.spare[zone], infinity)
                need = instance.demand[zone, t, k] - here
                fresh.row(need, need, [*terms, (short, 1.0), (over, -1.0)])
                if t == instance.horizon - 1:
                    idle = fresh.column(weight * instance.weights.stranded[zone], infinity)
                    most = max(instance.demand[zone, t, k], here) - here
                    fresh.row(-infinity, most, [*terms, (idle, -1.0)])
    programme.budget_rows(instance, whole)
    del columns
    solver = model._solver(model.Limits(gap=0.01, nodes=2_000_000_000, seconds=seconds))
    solver.passModel(fresh.programme())
    begin = time.perf_counter()
    solver.run()
    info = solver.getInfo()
    return {
        "columns": len(fresh.cost),
        "rows": len(fresh.row_low),
        "seconds": time.perf_counter() - begin,
        "objective": info.objective_function_value * programme.MONEY_UNIT,
        "bound": info.mip_dual_bound * programme.MONEY_UNIT,
        "status": str(solver.getModelStatus()),
    }


def ours(instance, seconds: float):
    """Solve it as the plan does."""
    begin = time.perf_counter()
    start = greedy_plan(instance, instance.demand.mean(axis=2))
    found = model.solve(instance, start=start, limits=model.Limits(seconds=seconds))
    took = time.perf_counter() - begin
    built = programme.build(instance)
    return {
        "columns": len(built.columns.cost),
        "rows": len(built.columns.row_low),
        "seconds": took,
        "objective": found.objective,
        "bound": found.bound,
        "status": found.status,
    }


def main() -> None:
    """Print one line of figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--schools", type=int, default=150)
    parser.add_argument("--towns", type=int, default=20)
    parser.add_argument("--paths", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--monolithic", action="store_true")
    given = parser.parse_args()
    instance = large_instance(given.schools, given.towns, given.paths)
    begin = time.process_time()
    found = (monolithic if given.monolithic else ours)(instance, given.seconds)
    found["cpu_seconds"] = time.process_time() - begin
    found["gap"] = (found["objective"] - found["bound"]) / abs(found["objective"])
    found["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shape = (
        f"{len(instance.zones)} zones, {len(instance.options)} measures, {instance.demand.shape}"
    )
    print(shape)
    for name, value in found.items():
        print(f"{name:12} {value:,.4f}" if isinstance(value, float) else f"{name:12} {value}")


if __name__ == "__main__":
    main()
