"""Why a shortage remains, and what keeps the county's own candidates out of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis import wording
from analysis.planning.explain import LEAST_SEATS, given_up, reason_for
from analysis.planning.listed import SEATLESS
from analysis.planning.problem import Problem
from analysis.planning.rows import LANGUAGES, both, money_pair, option_pair, stage_pair
from analysis.planning.state import State
from analysis.tables import contract


def with_reasons(
    problem: Problem, state: State, listed: pd.DataFrame, unplaced: Sequence[str]
) -> pd.DataFrame:
    """Say of every candidate of the county's list that is not chosen what keeps it out.

    Parameters
    ----------
    listed
        ``plan_projects`` of the county's list.
    unplaced
        Candidates that cannot be judged because they lack a town, a stage or a size.
    """
    place = {o.option_id: i for i, o in enumerate(problem.instance.options)}
    rows = listed.to_dict("records")
    for row in rows:
        option = place.get(str(row["project_id"]))
        if row["status"] != "candidate" or str(row["project_id"]) in unplaced:
            continue
        if option is None:
            if row["kind"] not in SEATLESS:
                row |= {f"why_{k}": v for k, v in both("why_no_start").items()}
            continue
        tried = []
        for start in problem.instance.options[option].starts:
            move: list[tuple[int, int, float]] = [(option, start, 1.0)]
            tried.append((state.difference(move), state.broken(move)))
        extra, rule = min(tried)
        if rule and extra < 0:
            barred = tuple(both(f"rule_{rule}")[language] for language in LANGUAGES)
            said = both("why_not_possible", rule=barred, gain=money_pair(-extra))
        else:
            said = both("why_not_chosen", extra=money_pair(extra))
        row |= {"why_zh": said["zh"], "why_en": said["en"]}
    return contract("plan_projects").frame(pd.DataFrame(rows, columns=listed.columns))


def residual_rows(problem: Problem, state: State, scenario: str) -> pd.DataFrame:
    """Return ``plan_residuals``: every shortage that remains, with its binding reason."""
    instance = problem.instance
    rows: list[dict[str, Any]] = []
    chosen = problem.futures.lines.get(scenario)
    for name, line in problem.futures.lines.items():
        short = line - state.seats
        for zone, t in zip(*np.nonzero(short >= LEAST_SEATS), strict=True):
            usual = line if chosen is None else chosen
            only = bool(usual[zone, t] - state.seats[zone, t] < LEAST_SEATS)
            lent = given_up(state, int(zone), int(t), float(short[zone, t]))
            reason = lent or reason_for(problem, state, int(zone), int(t), only_here=only)
            town, stage = instance.zones[int(zone)]
            values = dict(reason.values)
            if "option" in values:
                values["option"] = option_pair(instance, values["option"])
            for key in ("extra", "missing"):
                if key in values:
                    values[key] = money_pair(values[key])
            if "seats" in values:
                values["seats"] = wording.number(values["seats"])
            for key in ("km", "limit_km"):
                if key in values:
                    values[key] = wording.number(values[key], digits=1)
            said = both(
                f"reason_{reason.code}",
                town=problem.setting.towns.get(town, town),
                stage=stage_pair(stage),
                school_year=instance.years[int(t)],
                **values,
            )
            rows.append(
                {
                    "town_id": town,
                    "stage": stage,
                    "school_year": instance.years[int(t)],
                    "scenario": name,
                    "shortage": float(short[zone, t]),
                    "reason": reason.code,
                    "reason_zh": said["zh"],
                    "reason_en": said["en"],
                }
            )
    return contract("plan_residuals").frame(rows)
