"""A planning problem of one or two zones, put together by hand: nothing is solved."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import standards
from analysis.planning.futures import Futures
from analysis.planning.instance import Instance, Option, Weights
from analysis.planning.measures import Setting
from analysis.planning.parameters import Parameters
from analysis.planning.problem import Problem
from analysis.tables import Tables, contract

BASE = 2025
RULES = standards.load("national_2017")


def option(option_id, kind="expansion", effects=None, capital=1000.0, starts=(0, 1), **more):
    """Return a measure of zone 0 with a name in both languages."""
    details = {"name_zh": f"措施{option_id}", "name_en": f"Measure {option_id}"}
    details |= more.pop("details", {})
    return Option(option_id, kind, effects or {0: 30.0}, capital, starts, details=details, **more)


def problem(
    *,
    lines=None,
    options=(),
    seats=((100.0,) * 4,),
    budget=None,
    committed=(),
    spending=(),
    funds=None,
    sites=(),
    beyond=None,
    zones=(("A", "primary"),),
    planning=None,
    tables=None,
):
    """Return a problem; ``lines`` are ``(Z, T)`` by scenario, the futures are those of them."""
    grid = np.array(seats, dtype=float)
    given = {name: np.array(line, dtype=float) for name, line in (lines or {}).items()}
    given = given or {"central": grid}
    years = tuple(range(BASE + 1, BASE + 1 + grid.shape[1]))
    cube = np.stack(list(given.values()), axis=2) if planning is None else planning
    futures = Futures(
        "town",
        zones,
        years,
        grid,
        grid * 0,
        given,
        cube,
        cube,
        np.zeros_like(cube),
        simulated=True,
    )
    parameters = Parameters(RULES, tables or Tables({}), BASE)
    setting = Setting(futures, parameters, tuple(sites), {"A": "甲镇", "B": "乙镇"}, 3)
    each = len(zones)
    instance = Instance(
        zones,
        years,
        grid,
        cube,
        np.full(cube.shape[2], 1 / cube.shape[2]),
        tuple(options),
        Weights(np.full(each, 10.0), np.full(each, 1.0), np.full(each, 5.0), 0.0),
        budget,
        stranded_built=True,
    )
    columns = ["project_id", "year", "funding_source", "cost_cny"]
    return Problem(
        setting,
        instance,
        contract("projects").frame(list(committed)),
        pd.DataFrame(list(spending), columns=columns),
        funds,
        beyond or {},
        (),
    )


def counts_of(problem_, **started):
    """Return a plan ``(J, T)`` from ``name=(start, units)``."""
    instance = problem_.instance
    plan = np.zeros((len(instance.options), instance.horizon))
    names = [o.option_id for o in instance.options]
    for name, (start, units) in started.items():
        plan[names.index(name), start] = units
    return plan
