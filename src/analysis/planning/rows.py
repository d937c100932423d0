"""Rows of the plan's tables: measures considered, projects, shortages that remain, triggers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis import terms, wording
from analysis.planning.chosen import Chosen
from analysis.planning.explain import LEAST_SEATS, Alternative, alternatives, regrets
from analysis.planning.guard import ranked
from analysis.planning.instance import Array, Instance
from analysis.planning.measures import PERMANENT
from analysis.planning.problem import Problem
from analysis.planning.state import State
from analysis.planning.triggers import Trigger
from analysis.tables import contract

LANGUAGES = ("zh", "en")
_DETAILS = ("school_id", "town_id", "stage", "classes", "site_area_m2", "floor_area_m2")


def both(key: str, **values: Any) -> dict[str, str]:
    """Return a sentence in both languages; a value given as a pair is (Chinese, English)."""
    said = {}
    for place, language in enumerate(LANGUAGES):
        own = {k: v[place] if isinstance(v, tuple) else v for k, v in values.items()}
        said[language] = wording.say(f"planning.{key}", language, **own)
    return said


def money_pair(value: float) -> tuple[str, str]:
    """Return money as each language writes it."""
    return wording.money(value, "zh"), wording.money(value, "en")


def stage_pair(stage: object) -> tuple[str, str]:
    """Return a stage in both languages; a measure of both stages names them both."""
    names = [str(stage)] if isinstance(stage, str) else ["primary", "junior"]
    joined = [[terms.label("stage", n, language) for n in names] for language in LANGUAGES]
    return "、".join(joined[0]), " and ".join(joined[1])


def option_pair(instance: Instance, place: int | None) -> tuple[str, str]:
    """Return the name of a measure in both languages."""
    if place is None:
        return "—", "—"
    option = instance.options[place]
    name = str(option.details.get("name_zh", option.option_id))
    return name, str(option.details.get("name_en", name))


def candidate_rows(problem: Problem, counts: Array) -> pd.DataFrame:
    """Return ``plan_candidates``: every measure, chosen or not, with the money of one unit."""
    instance = problem.instance
    rows: list[dict[str, Any]] = []
    for place, option in enumerate(instance.options):
        gains = {"primary": 0.0, "junior": 0.0}
        for zone, seats in option.effects.items():
            gains[instance.zones[zone][1]] += seats
        units = float(counts[place].sum())
        details = option.details
        rows.append(
            {name: details.get(name) for name in _DETAILS}
            | {
                "project_id": option.option_id,
                "project_name": option_pair(instance, place)[0],
                "project_name_en": option_pair(instance, place)[1],
                "kind": option.kind,
                "status": details.get("status", "proposed"),
                "seats": sum(gains.values()),
                "seats_primary": gains["primary"],
                "seats_junior": gains["junior"],
                "cost_low_cny": details.get("cost_low", option.capital_cny),
                "cost_mid_cny": option.capital_cny,
                "cost_high_cny": details.get("cost_high", option.capital_cny),
                "lead_years": option.lead_years,
                "life_years": option.life_years if option.life_years < 100 else np.nan,
                "first_start_year": instance.years[option.starts[0]],
                "first_open_year": instance.years[option.starts[0]] + option.lead_years,
                "land_year": details.get("land_year"),
                "units_most": option.most,
                "units_chosen": units,
                "chosen": units > 0,
                "limit": details.get("limit"),
                "source": details.get("source"),
            }
        )
    return contract("plan_candidates").frame(rows)


def project_rows(
    problem: Problem,
    state: State,
    projects: Sequence[Chosen],
    *,
    spending: pd.DataFrame,
    guard: pd.DataFrame,
    triggers: Mapping[str, Trigger],
    scenario: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``plan_projects`` (proposed, committed, named) and ``plan_alternatives``."""
    sums = spending.groupby("project_id")[["cost_low_cny", "cost_mid_cny", "cost_high_cny"]].sum()
    payers = spending.groupby("project_id")["funding_source"].agg(
        lambda v: "、".join(sorted(set(v)))
    )
    uses = guard[guard["scenario"] == scenario].set_index("project_id")
    proposed, compared = [], []
    for project in projects:
        found = alternatives(state, project)
        compared += _alternative_rows(problem, state, project, found)
        row = _proposed_row(problem, state, project, found, triggers.get(project.project_id))
        proposed.append(row | _money_of(sums, payers, project.project_id, row))
    rows = [*proposed, *_listed_rows(problem, sums, payers)]
    limit = problem.parameters.value("under_used_below")
    for row in rows:
        use = uses.loc[row["project_id"]] if row["project_id"] in uses.index else None
        row |= _use_of(use)
        row["under_used"] = bool(row["use_plus10"] < limit) and row["kind"] in PERMANENT
    if proposed:
        frame = pd.DataFrame(proposed)
        for row, rank in zip(proposed, ranked(frame), strict=True):
            row["rank"] = rank
            if row["under_used"]:
                note = both("flag_under_used", use=_percent_pair(row["use_plus10"]))
                row["why_zh"] += note["zh"]
                row["why_en"] += " " + note["en"]
    return contract("plan_projects").frame(rows), contract("plan_alternatives").frame(compared)


def _percent_pair(value: float) -> tuple[str, str]:
    return wording.percent(value, "zh", 0), wording.percent(value, "en", 0)


def _money_of(
    sums: pd.DataFrame, payers: pd.Series[str], project_id: str, row: Mapping[str, Any]
) -> dict[str, Any]:
    if project_id not in sums.index:
        none = 0.0 if row["status"] in ("proposed", "candidate") else np.nan
        return dict.fromkeys(sums.columns, none) | {"funding_source": row.get("funding_source")}
    return dict(sums.loc[project_id]) | {"funding_source": payers[project_id]}


def _use_of(use: Any) -> dict[str, Any]:
    names = ("peak_year", "use_peak", "plus5_year", "use_plus5", "plus10_year", "use_plus10")
    return {name: np.nan if use is None else use[name] for name in names}


def _proposed_row(
    problem: Problem,
    state: State,
    project: Chosen,
    found: list[Alternative],
    trigger: Trigger | None,
) -> dict[str, Any]:
    instance, option = problem.instance, project.option
    details, parameters = option.details, problem.parameters
    by_code = {a.code: a for a in found}
    gain = by_code["nothing"].extra
    wait = by_code.get("wait")
    scaled = {
        name: float(details[name]) * project.units
        for name in ("classes", "site_area_m2", "floor_area_m2")
        if details.get(name) is not None and np.isfinite(details[name])
    }
    departments = parameters.text("responsible_education")
    if option.kind in PERMANENT:
        departments += "、" + parameters.text("responsible_construction")
    why = _why(problem, state, project, gain)
    others = _others(problem, found)
    start = _trigger_text(problem, project, trigger)
    given = details.get("responsible")
    return (
        scaled
        | {
            "project_id": project.project_id,
            "project_name": option_pair(instance, project.place)[0],
            "project_name_en": option_pair(instance, project.place)[1],
            "school_id": details.get("school_id"),
            "town_id": details.get("town_id"),
            "stage": details.get("stage"),
            "kind": option.kind,
            "status": details.get("status", "proposed"),
            "seats": sum(project.gains.values()) or sum(option.effects.values()) * project.units,
            "start_year": instance.years[project.start],
            "finish_year": instance.years[project.start] + option.lead_years,
            "price_year": parameters.base_year,
            "responsible": given if isinstance(given, str) else departments,
            "gain_cny": gain,
            "tie": bool(abs(gain) <= 1.0),
            "wait_cost_cny": np.nan if wait is None else wait.extra,
            "wait_seat_years": np.nan if wait is None else wait.seat_years,
            "under_used": False,
            "source": details.get("source"),
        }
        | {
            f"{name}_{language}": text[language]
            for name, text in (("why", why), ("alternatives", others), ("trigger", start))
            for language in LANGUAGES
        }
    )


def _why(problem: Problem, state: State, project: Chosen, gain: float) -> dict[str, str]:
    """Return why a project is in the plan."""
    instance = problem.instance
    if not project.gains:
        return both("why_surplus", gain=money_pair(gain))
    zone = max(project.gains, key=lambda z: project.gains[z])
    town, stage = instance.zones[zone]
    line = problem.futures.lines.get("central", problem.futures.planning.mean(axis=2))[zone]
    gaps = line - instance.seats[zone]
    # the year of most need while the project stands
    span = project.span(instance.horizon)
    year = int(span.start + np.argmax(gaps[span.start : span.stop]))
    saved = state.shortage_difference(project.moves_away)
    values = {
        "town": problem.setting.towns.get(town, town),
        "stage": stage_pair(stage),
        "year": instance.years[year],
        "demand": wording.number(float(line[year])),
        "seats": wording.number(float(instance.seats[zone, year])),
        "saved": wording.number(saved),
        "gain": money_pair(gain),
    }
    if gaps[year] < LEAST_SEATS:
        return both("why_risk", **values)
    return both("why_gap", **values, gap=wording.number(float(gaps[year])))


def _others(problem: Problem, found: list[Alternative]) -> dict[str, str]:
    """Return which alternatives lost and by how much."""
    parts: dict[str, list[str]] = {"zh": [], "en": []}
    for item in found:
        labels = tuple(
            terms.label("plan_alternative", item.code, language) for language in LANGUAGES
        )
        key = "alternative_lost" if item.feasible else "alternative_barred"
        said = both(
            key,
            kind=labels,
            option=("", "")
            if item.option is None
            else tuple(
                f"（{n}）" if i == 0 else f" ({n})"
                for i, n in enumerate(option_pair(problem.instance, item.option))
            ),
            extra=money_pair(item.extra),
            seats=wording.number(max(item.seat_years, 0.0)),
        )
        for language in LANGUAGES:
            parts[language].append(said[language])
    return {"zh": "；".join(parts["zh"]) + "。", "en": "; ".join(parts["en"]) + "."}


def _trigger_text(problem: Problem, project: Chosen, trigger: Trigger | None) -> dict[str, str]:
    instance = problem.instance
    if project.start == 0:
        return both("trigger_now", year=instance.years[0])
    if trigger is None:
        return both("trigger_unknown")
    town, stage = instance.zones[trigger.zone]
    values = {
        "year": instance.years[trigger.signal],
        "town": problem.setting.towns.get(town, town),
        "grade": (("一", "1"), ("七", "7"))[stage == "junior"],
        "threshold": wording.number(trigger.threshold),
        "share": _percent_pair(trigger.probability),
        "saving": money_pair(trigger.saving),
        "start": instance.years[project.start],
        "hits": _percent_pair(trigger.hit_rate),
        "always": _percent_pair(trigger.hit_rate_build),
        "judged": trigger.judged,
    }
    keys = {"build": "trigger_build", "trigger": "trigger_if", "unclear": "trigger_unclear"}
    return both(keys[trigger.decision], **values)


def _alternative_rows(
    problem: Problem, state: State, project: Chosen, found: list[Alternative]
) -> list[dict[str, Any]]:
    rows = []
    for item in found:
        expected, high = regrets(state, item.moves, problem.futures.held_out)
        rows.append(
            {
                "project_id": project.project_id,
                "alternative": item.code,
                "option_id": None
                if item.option is None
                else problem.instance.options[item.option].option_id,
                "option_name": None
                if item.option is None
                else option_pair(problem.instance, item.option)[0],
                "extra_cost_cny": item.extra,
                "expected_regret_cny": expected,
                "regret95_cny": high,
                "extra_seat_years": item.seat_years,
                "feasible": item.feasible,
            }
        )
    return rows


def _listed_rows(
    problem: Problem, sums: pd.DataFrame, payers: pd.Series[str]
) -> list[dict[str, Any]]:
    """Return committed projects; their cost is the one stated."""
    rows = []
    for row in problem.committed.to_dict("records"):
        record = {str(k): v for k, v in row.items()}
        said = both("why_committed")
        cost = float(record.pop("cost_cny"))
        for name in ("land_year", "lon", "lat"):
            record.pop(name)
        rows.append(
            record
            | {
                "project_name_en": record["project_name"],
                "why_zh": said["zh"],
                "why_en": said["en"],
                "price_year": np.nan,
                "under_used": False,
                "tie": False,
            }
            | dict.fromkeys(("cost_low_cny", "cost_mid_cny", "cost_high_cny"), cost)
        )
        if record["project_id"] in sums.index:
            rows[-1] |= dict(sums.loc[record["project_id"]])
            rows[-1]["funding_source"] = payers[record["project_id"]]
    return rows
