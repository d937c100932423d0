"""How long the plan of a large county takes, how close to the optimum it is proven, and memory.

    python -m benchmarks planning_scale
    python -m benchmarks.planning_scale [--schools 150] [--towns 20] [--paths 20] [--monolithic]

The first runs every size beside the textbook model, each in a process of its own so that peak
memory is its own; the second runs one. The county is generated (seeded). ``--monolithic`` solves
the textbook model instead: a shortage and a surplus column for every zone, year and future, every
measure its own column, no start, no local search.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
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
from benchmarks.protocol import Measurement


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
    touching, lasting = {}, {}
    for (number, start), column in places.items():
        option = build.classes[number].option
        for t in option.open_years(start, instance.horizon):
            for zone, seats in option.effects.items():
                touching.setdefault((zone, t), []).append((column, seats))
                if t == instance.horizon - 1 and instance.may_strand(option):
                    lasting.setdefault(zone, []).append((column, seats))
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
                    fresh.row(-infinity, most, [*lasting.get(zone, []), (idle, -1.0)])
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


def figures(arguments: argparse.Namespace) -> dict[str, float | str]:
    """Return what one solve took and reached."""
    instance = large_instance(arguments.schools, arguments.towns, arguments.paths)
    begin = time.process_time()
    found = (monolithic if arguments.monolithic else ours)(instance, arguments.seconds)
    found["cpu_seconds"] = time.process_time() - begin
    found["gap"] = (found["objective"] - found["bound"]) / abs(found["objective"])
    found["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found["zones"], found["measures"] = len(instance.zones), len(instance.options)
    found["futures"] = instance.demand.shape[2]
    return found


def alone(*arguments: str) -> dict[str, float]:
    """Run one solve in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.planning_scale", "--json", *arguments]
    root = Path(__file__).resolve().parents[1]
    answer = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def run(quick: bool) -> list[Measurement]:
    """Measure both sizes, and the smaller one beside the textbook model."""
    sizes = [("60", "8", 60.0)] if quick else [("150", "20", 60.0), ("300", "30", 300.0)]
    limit = "60" if quick else "120"
    rows = []
    for place, (schools, towns, target) in enumerate(sizes):
        size = ["--schools", schools, "--towns", towns, "--paths", "20"]
        own = alone(*size)
        plain = alone(*size, "--monolithic", "--seconds", limit) if place == 0 else None
        name = f"{schools} schools x {towns} towns x 10 years x {own['futures']} futures"
        shape = f"{own['columns']} columns, {own['rows']} rows, {own['status']}"
        rows += [
            Measurement(
                f"{name}: plan within 1 %",
                own["seconds"],
                "s",
                f"<= {target:g}",
                plain and plain["seconds"],
                "the model with a column a future",
                f"{shape}; {own['cpu_seconds']:.1f} s of processor",
            ),
            Measurement(
                f"{name}: proven gap",
                own["gap"] * 100,
                "%",
                "<= 1",
                plain and plain["gap"] * 100,
                "the model with a column a future",
            ),
            Measurement(
                f"{name}: memory",
                own["memory_mb"],
                "MB",
                "",
                plain and plain["memory_mb"],
                "the model with a column a future",
            ),
        ]
        if plain:
            rows.append(
                Measurement(
                    f"{name}: cost of the plan",
                    own["objective"] / 1e6,
                    "million yuan",
                    "",
                    plain["objective"] / 1e6,
                    "the model with a column a future",
                    f"{plain['columns']} columns, {plain['rows']} rows, {plain['status']}",
                )
            )
    return rows


def main() -> None:
    """Print the figures of one solve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--schools", type=int, default=150)
    parser.add_argument("--towns", type=int, default=20)
    parser.add_argument("--paths", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--monolithic", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = figures(given)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:12} {value:,.4f}" if isinstance(value, float) else f"{name:12} {value}")


if __name__ == "__main__":
    main()
