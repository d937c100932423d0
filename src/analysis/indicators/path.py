"""The cheapest path as tables, and its proof: applied to the county, the engine's verdict turns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from analysis.errors import InfeasiblePlanError, SolverLimitError
from analysis.indicators.cheapest import Path, cheapest
from analysis.indicators.definitions import BY_CODE, STAGES, norm_or_none, number_or_none
from analysis.indicators.measures import Measure, Problem
from analysis.indicators.milp import GAP
from analysis.indicators.remedies import apply_quantities
from analysis.standards import RuleSet
from analysis.tables import Tables
from analysis.terms import STAGE_GRADES

#: Verdict of each stage of tables: :func:`analysis.indicators.verdicts.stage_verdict` after a run.
Judge = Callable[[Tables], dict[str, str]]


def pass_path(
    tables: Tables,
    rows: pd.DataFrame,
    rules: RuleSet,
    *,
    school_year: int,
    years: int,
    judge: Judge,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``pass_path`` and ``pass_path_status``.

    Parameters
    ----------
    tables
        The county's tables, to which the path is applied for the proof.
    rows
        Assessed rows in scope of the assessed year.
    years
        Years until the target; yearly costs are counted that often.
    judge
        Engine's verdict on each stage of changed tables.
    """
    if norm_or_none(rules, "school_indicators_met_minimum") is None or rows.empty:
        return pd.DataFrame(), pd.DataFrame()
    stages = [stage for stage in STAGES if stage in set(rows["stage"])]
    known = rows[rows["pupils"] > 0]
    problem = Problem(with_grades(known, tables, school_year), rules, years)
    share = number_or_none(rules, "path_catchment_share_max") or 0.0
    try:
        path = cheapest(problem, share)
    except InfeasiblePlanError:
        return pd.DataFrame(), _status(stages, {}, "infeasible")
    except SolverLimitError:
        return pd.DataFrame(), _status(stages, {}, "limit")
    actions = path_actions(problem, path, school_year + years)
    changed = apply_path(tables, actions, school_year)
    status: list[pd.DataFrame] = []
    all_before = judge(tables)
    all_after = judge(changed) if not actions.empty else all_before
    for stage in stages:
        own = actions[actions["stage"] == stage] if not actions.empty else actions
        before = all_before[stage]
        values = {
            "cost": float(own["cost_cny"].sum()) if not own.empty else 0.0,
            "target_year": float(school_year + years),
            "cost_all": path.cost,
            "bound": path.bound,
            "gap": path.gap,
            "proven": float(path.gap <= (number_or_none(rules, "path_gap_max") or GAP)),
        }
        outcome = "already" if before == "met" else "found"
        texts = {"verdict_before": before, "verdict_after": all_after[stage]}
        status.append(_status([stage], values, outcome, texts))
    return actions, pd.concat(status, ignore_index=True)


def with_grades(rows: pd.DataFrame, tables: Tables, school_year: int) -> pd.DataFrame:
    """Add ``grades``: those of the stage that a row teaches; pupils move between equal ones."""
    enrolment = tables["enrolment"]
    enrolment = enrolment[(enrolment["school_year"] == school_year) & (enrolment["pupils"] > 0)]
    taught = enrolment.groupby("school_id")["grade"].agg(set).to_dict()
    written = [
        " ".join(map(str, sorted(taught.get(school, set()) & set(STAGE_GRADES[str(stage)]))))
        for school, stage in zip(rows["school_id"], rows["stage"], strict=True)
    ]
    return rows.assign(grades=written)


def _status(
    stages: Sequence[str],
    values: dict[str, float],
    outcome: str,
    texts: dict[str, str] | None = None,
) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for stage in stages:
        rows.append({"stage": stage, "item": "outcome", "text": outcome})
        rows += [{"stage": stage, "item": k, "text": v} for k, v in (texts or {}).items()]
        rows += [{"stage": stage, "item": k, "value": v} for k, v in values.items()]
    return pd.DataFrame(rows)


def path_actions(problem: Problem, path: Path, target_year: int) -> pd.DataFrame:
    """Return every change as a row: what, where from, where to, how much, at what price."""
    rows: list[dict[str, Any]] = []
    leaving: dict[tuple[str, str], list[list[Any]]] = {}
    arriving: dict[tuple[str, str], list[list[Any]]] = {}
    for measure, quantity in path.steps:
        if measure.name == "rotation":
            side = leaving if measure.direction < 0 else arriving
            key = (measure.stage, measure.indicator)
            side.setdefault(key, []).append([measure.school_id, quantity])
            continue
        rows.append(_row(measure, quantity * measure.lot))
    for (stage, code), targets in arriving.items():
        price = problem.price("cost_teacher_rotation")
        for source, target, quantity in _paired(leaving.get((stage, code), []), targets):
            rows.append(
                {
                    "measure": "rotation",
                    "stage": stage,
                    "from_school_id": source,
                    "school_id": target,
                    "indicator": code,
                    "quantity": quantity,
                    "unit": BY_CODE[code].quantity_unit,
                    "unit_price_cny": price,
                    "cost_cny": price * quantity,
                }
            )
    for a, b, quantity in path.moves:
        price = problem.price("cost_catchment_pupil")
        rows.append(
            {
                "measure": "catchment",
                "stage": str(problem.stages[a]),
                "from_school_id": str(problem.rows["school_id"][a]),
                "school_id": str(problem.rows["school_id"][b]),
                "indicator": None,
                "quantity": quantity,
                "unit": "人",
                "unit_price_cny": price,
                "cost_cny": price * quantity,
            }
        )
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows)
    order = ["stage", "measure", "indicator", "school_id"]
    table = table.sort_values(order, ascending=[False, True, True, True], ignore_index=True)
    return table.assign(action_no=range(1, len(table) + 1), target_year=target_year)


def _row(measure: Measure, quantity: float) -> dict[str, Any]:
    price = measure.price / measure.lot
    return {
        "measure": measure.name,
        "stage": measure.stage,
        "school_id": measure.school_id,
        "indicator": measure.indicator,
        "quantity": quantity,
        "unit": BY_CODE[measure.indicator].quantity_unit,
        "unit_price_cny": price,
        "cost_cny": price * quantity,
    }


def _paired(sources: list[list[Any]], targets: list[list[Any]]) -> list[tuple[str, str, float]]:
    """Match teachers who leave with places that take them; a school never swaps with itself."""
    pairs = []
    left = [[name, amount] for name, amount in sources]
    for target, wanted in targets:
        for source in left:
            moved = min(wanted, source[1])
            if moved > 0 and source[0] != target:
                pairs.append((str(source[0]), str(target), float(moved)))
                source[1] -= moved
                wanted -= moved
    return pairs


def apply_path(tables: Tables, actions: pd.DataFrame, school_year: int) -> Tables:
    """Return the county's tables after the path: teachers, facilities and pupils moved."""
    if actions.empty:
        return tables
    columns = ["school_id", "stage", "indicator", "quantity"]
    given = actions[actions["indicator"].notna()]
    quantities = [given[columns]]
    rotation = given[given["measure"] == "rotation"]
    if not rotation.empty:
        out = rotation.assign(school_id=rotation["from_school_id"], quantity=-rotation["quantity"])
        quantities.append(out[columns])
    changed = apply_quantities(tables, pd.concat(quantities, ignore_index=True), school_year)
    moves = actions[actions["measure"] == "catchment"]
    return changed if moves.empty else _with_moves(changed, moves, school_year)


def _with_moves(tables: Tables, moves: pd.DataFrame, school_year: int) -> Tables:
    """Move pupils between schools, every grade by its share of the school's pupils."""
    enrolment = tables["enrolment"].copy()
    current = enrolment["school_year"] == school_year
    for row in moves.to_dict("records"):
        grades = enrolment["grade"].isin(STAGE_GRADES[str(row["stage"])])
        source = enrolment[current & grades & (enrolment["school_id"] == row["from_school_id"])]
        target = enrolment[current & grades & (enrolment["school_id"] == row["school_id"])]
        place_of = dict(zip(target["grade"], target.index, strict=True))
        source = source[source["grade"].isin(place_of) & (source["pupils"] > 0)]
        for place, moved in zip(
            source.index, _by_share(source["pupils"], float(row["quantity"])), strict=True
        ):
            enrolment.loc[place, "pupils"] -= moved
            enrolment.loc[place_of[source.loc[place, "grade"]], "pupils"] += moved
    return tables.with_tables({"enrolment": enrolment})


def _by_share(pupils: pd.Series[float], quantity: float) -> list[float]:
    """Divide a whole quantity in proportion to pupils, the largest remainders rounded up.

    >>> _by_share(pd.Series([30.0, 30.0, 40.0]), 5)
    [2.0, 1.0, 2.0]
    """
    exact = pupils * quantity / pupils.sum()
    whole = exact.apply(math.floor).astype("float64")
    order = (exact - whole).sort_values(ascending=False, kind="stable").index
    whole[order[: round(quantity - whole.sum())]] += 1.0
    return [float(v) for v in whole]
