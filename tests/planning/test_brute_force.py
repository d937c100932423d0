"""The optimiser against every plan there is, priced by an outside checker."""

from __future__ import annotations

import json

import pytest

from analysis.planning import solve_instance

from . import brute_force, checker
from .random_instances import document

CASES = 380
BATCH = 38


@pytest.mark.parametrize("batch", range(CASES // BATCH))
def test_plan_is_as_cheap_as_the_cheapest_of_all_plans(batch):
    compared = 0
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        instance = document(seed)
        plan = solve_instance(instance)
        assert checker.check(instance, plan) == [], seed
        least = brute_force.best(instance)
        if least is None:
            continue
        compared += 1
        assert plan["objective"]["total"] == pytest.approx(least, abs=1.0, rel=1e-7), seed
        assert plan["bound"] <= least + 1.0 + 1e-6 * abs(least), seed
    # some documents have more plans than can be looked at; most must not
    assert compared >= 30


def test_same_document_gives_the_same_bytes():
    for seed in range(12):
        first, second = (json.dumps(solve_instance(document(seed))) for _ in range(2))
        assert first == second


def test_dropping_a_chosen_project_makes_the_plan_dearer_or_is_called_a_tie():
    seen = 0
    for seed in range(60):
        plan = solve_instance(document(seed))
        for project in plan["projects"]:
            seen += 1
            assert project["gain_cny"] > 1.0 or project["tie"], (seed, project)
    assert seen > 30
