"""Mergers looked at (撤并情形): who is affected, how far they go, and every rule that says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.access.coverage import distance_limit
from analysis.access.distance import Ways, nearest
from analysis.standards import Norm, RuleSet
from analysis.terms import Verdict

_NAN = float("nan")
_SEVERAL_COMPULSORY = ("nine_year", "twelve_year")


@dataclass(frozen=True)
class Trips:
    """Ways the pupils of a closing school would have: kilometres, minutes and their weights."""

    km: np.ndarray[Any, np.dtype[np.float64]]
    minutes: np.ndarray[Any, np.dtype[np.float64]]
    weight: np.ndarray[Any, np.dtype[np.float64]]

    @property
    def longest(self) -> float:
        """Longest trip; unknown when any is."""
        return float(self.km.max()) if self.km.size else _NAN

    @property
    def mean(self) -> float:
        """Mean trip a child."""
        total = self.weight.sum()
        return float((self.km * self.weight).sum() / total) if total > 0 else _NAN

    @property
    def longest_minutes(self) -> float:
        """Longest trip in minutes; unknown when any is."""
        return float(self.minutes.max()) if self.minutes.size else _NAN

    def share_beyond(self, limit_km: float) -> float:
        """Share of children farther than the limit; unknown when any way or the limit is."""
        total = self.weight.sum()
        if np.isnan(self.km).any() or not np.isfinite(limit_km) or total <= 0:
            return _NAN
        return float(self.weight[self.km > limit_km].sum() / total)


def merger_proposals(
    schools: pd.DataFrame,
    between: Ways,
    settlements: pd.DataFrame,
    ways: Ways,
    gap_schools: pd.DataFrame,
    *,
    stage: str,
    rules: RuleSet,
    base_year: int,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Look at every small school and the nearest school that could take its pupils (撤并情形).

    Parameters
    ----------
    schools
        Schools of the stage with pupils, seats and ceilings (ledger joined with places).
    between
        Ways from each school to each school.
    settlements, ways
        Places of origin and their ways to the schools. A settlement belongs to its nearest
        school; where only towns are known, the closing school's own site is the origin.
    gap_schools
        Pupils and seats of schools in every scenario and year.
    rules
        ``merger_pupils_below`` and every limit a merger is tested against.

    Returns
    -------
    tuple
        Rows of ``merger_proposals`` and of ``merger_rules``.

    Notes
    -----
    The receiving school is the nearest whose spare seats suffice; where none has them, the
    nearest of all, and the rule on seats says no. Cases only: nothing here recommends a closure.
    """
    below = rules.value("merger_pupils_below")
    proposals, tested = [], []
    forecast = _Forecast(gap_schools, stage)
    by_id: dict[str, dict[str, Any]] = {
        str(row["school_id"]): {str(k): v for k, v in row.items()}
        for row in schools.to_dict("records")
    }
    for name, school in by_id.items():
        if not school["pupils"] < below:
            continue
        receiver = _receiver(name, school, by_id, between)
        if receiver is None:
            continue
        target = by_id[receiver]
        trips = _trips(name, receiver, settlements, ways, between, stage)
        ahead = forecast.ahead(name, receiver)
        rows = merger_rules(school, target, trips, ahead, stage, rules, base_year)
        verdicts = [row["verdict"] for row in rows]
        limit = _limit(rules, stage, school, base_year)
        beyond = trips.share_beyond(float(limit.value) if limit else _NAN)
        key = {"school_id": name, "stage": stage}
        tested += [{**key, **row} for row in rows]
        proposals.append(
            {
                **key,
                "town_id": school["town_id"],
                "school_name": school["school_name"],
                "receiving_school_id": receiver,
                "receiving_name": target["school_name"],
                "children_affected": school["pupils"],
                "mean_trip_km": trips.mean,
                "longest_trip_km": trips.longest,
                "longest_trip_minutes": trips.longest_minutes,
                "boarding_needed": whole_children(school["pupils"], beyond),
                "seats_spare": max(target["seats_available"] - target["pupils"], 0.0)
                if np.isfinite(target["seats_available"] - target["pupils"])
                else _NAN,
                "rules_against": verdicts.count(str(Verdict.NOT_MET)),
                "rules_undetermined": verdicts.count(str(Verdict.UNDETERMINED)),
                "verdict": overall(verdicts),
            }
        )
    return proposals, tested


def whole_children(pupils: float, share: float) -> float:
    """Return a share of some pupils, rounded up to whole children."""
    return float(np.maximum(np.ceil(pupils * share - 1e-9), 0.0))


def overall(verdicts: list[str]) -> str:
    """Return not met if any rule says no, else undetermined if any is, else met."""
    for verdict in (Verdict.NOT_MET, Verdict.UNDETERMINED):
        if str(verdict) in verdicts:
            return str(verdict)
    return str(Verdict.MET)


def _limit(rules: RuleSet, stage: str, school: Mapping[str, Any], base_year: int) -> Norm | None:
    return distance_limit(rules, stage, school["urban_rural"], base_year)


def _receiver(
    name: str, school: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]], between: Ways
) -> str | None:
    """Return the nearest school with enough spare seats, else the nearest, else None."""
    row = between.origins.index(name)
    others = [
        (float(between.km[row, column]), target)
        for column, target in enumerate(between.schools)
        if target != name and np.isfinite(between.km[row, column])
    ]
    if not others:
        return None
    others.sort()
    fitting = [
        target
        for _, target in others
        if by_id[target]["seats_available"] - by_id[target]["pupils"] >= school["pupils"]
    ]
    return fitting[0] if fitting else others[0][1]


def _trips(
    name: str, receiver: str, settlements: pd.DataFrame, ways: Ways, between: Ways, stage: str
) -> Trips:
    """Return the ways from the closing school's settlements, or from its own site."""
    column = ways.schools.index(receiver)
    if not settlements.empty and not settlements["from_towns"].any():
        own = nearest(ways) == ways.schools.index(name)
        children = settlements[stage].to_numpy(dtype=float)
        served = own & (children > 0)
        if served.any():
            return Trips(ways.km[served, column], ways.minutes[served, column], children[served])
    row = between.origins.index(name)
    at = between.schools.index(receiver)
    return Trips(between.km[row, [at]], between.minutes[row, [at]], np.ones(1))


class _Forecast:
    """Pupils and seats of the schools of a stage by scenario and year, found by school."""

    def __init__(self, gap_schools: pd.DataFrame, stage: str) -> None:
        columns = ["school_id", "scenario", "school_year", "pupils", "seats_available"]
        rows = gap_schools.loc[gap_schools["stage"] == stage, columns]
        self._none = rows.head(0)
        self._of = dict(list(rows.groupby("school_id", sort=False)))

    def ahead(self, name: str, receiver: str) -> pd.DataFrame:
        """Return pupils of both schools and seats of the receiver, year by year."""
        closing, taking = (self._of.get(school, self._none) for school in (name, receiver))
        keys = ["scenario", "school_year"]
        if closing[keys].reset_index(drop=True).equals(taking[keys].reset_index(drop=True)):
            # rows of a table in the order of its key: the usual case needs no search
            return pd.DataFrame(
                {
                    "pupils": closing["pupils"].to_numpy(),
                    "pupils_receiver": taking["pupils"].to_numpy(),
                    "seats_available": taking["seats_available"].to_numpy(),
                }
            )
        joined: pd.DataFrame = closing[[*keys, "pupils"]].merge(
            taking[[*keys, "pupils", "seats_available"]],
            on=keys,
            how="inner",
            validate="1:1",
            suffixes=("", "_receiver"),
        )
        return joined[["pupils", "pupils_receiver", "seats_available"]]


def _rule(
    rule: str, value: float, threshold: float, unit: str, source: str, *, missing: str, most: bool
) -> dict[str, Any]:
    """Test one rule: ``value`` at most (or at least) ``threshold``; unknown is undetermined."""
    if not np.isfinite(value) or not np.isfinite(threshold):
        verdict = Verdict.UNDETERMINED
    else:
        kept = value <= threshold + 1e-9 if most else value >= threshold - 1e-9
        verdict = Verdict.MET if kept else Verdict.NOT_MET
    return {
        "rule": rule,
        "value": value,
        "threshold": threshold,
        "unit": unit,
        "verdict": str(verdict),
        "source": source,
        "missing": missing if verdict is Verdict.UNDETERMINED else None,
    }


def merger_rules(
    school: Mapping[str, Any],
    target: Mapping[str, Any],
    trips: Trips,
    ahead: pd.DataFrame,
    stage: str,
    rules: RuleSet,
    base_year: int,
) -> list[dict[str, Any]]:
    """Test a merger against every rule: distance, seats, size, areas, boarding, the years ahead."""
    together = target["pupils"] + school["pupils"]
    limit = _limit(rules, stage, school, base_year)
    limit_km = float(limit.value) if limit else _NAN
    several = target["kind"] in _SEVERAL_COMPULSORY
    size = rules.norm("school_size_max_multi_stage" if several else "school_size_max")
    cap = rules.norm("class_size_max", stage)
    beyond = trips.share_beyond(limit_km)
    boarding = whole_children(school["pupils"], beyond)
    most = (ahead["pupils"] + ahead["pupils_receiver"] - ahead["seats_available"]).max()
    below = rules.norm("merger_pupils_below")
    largest = float(ahead["pupils"].max()) if len(ahead) else _NAN
    # a year of unknown pupils is no year without pupils; one known year that is too large decides
    if ahead["pupils"].isna().any() and not largest > float(below.value) + 1e-9:
        largest = _NAN
    return [
        _rule(
            "distance",
            trips.longest,
            limit_km,
            "km",
            limit.source if limit else "",
            missing="schools",
            most=True,
        ),
        _rule(
            "seats_now",
            together,
            target["seats_available"],
            "人",
            cap.source,
            missing="facilities",
            most=True,
        ),
        _rule(
            "seats_ahead",
            float(most) if len(ahead) and ahead.notna().all(axis=None) else _NAN,
            0.0,
            "人",
            cap.source,
            missing="enrolment",
            most=True,
        ),
        _rule(
            "classrooms",
            target["classes"] + np.ceil(school["pupils"] / float(cap.value) - 1e-9),
            target["usable_classrooms"],
            "个",
            cap.source,
            missing="facilities",
            most=True,
        ),
        _rule(
            "school_size",
            together,
            float(size.value),
            "人",
            size.source,
            missing="enrolment",
            most=True,
        ),
        _rule(
            "teaching_area",
            together,
            target["seats_by_teaching_area"],
            "人",
            rules.norm("l4_threshold", stage).source,
            missing="facilities",
            most=True,
        ),
        _rule(
            "sports_area",
            together,
            target["seats_by_sports_area"],
            "人",
            rules.norm("l5_threshold", stage).source,
            missing="facilities",
            most=True,
        ),
        _boarding_rule(boarding, limit.source if limit else ""),
        _rule(
            "stays_small",
            largest,
            float(below.value),
            "人",
            below.source,
            missing="enrolment",
            most=True,
        ),
    ]


def _boarding_rule(boarding: float, source: str) -> dict[str, Any]:
    """Nobody who must board needs no bed; beds themselves are in no table, so they are unknown."""
    row = _rule("boarding", boarding, 0.0, "人", source, missing="", most=True)
    if row["verdict"] == str(Verdict.NOT_MET):
        row["verdict"] = str(Verdict.UNDETERMINED)
    row["missing"] = "boarding_places" if row["verdict"] == str(Verdict.UNDETERMINED) else None
    return row
