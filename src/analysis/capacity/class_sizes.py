"""Smaller classes (小班化情景): the same rooms with fewer pupils in each."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.capacity.demand import SCENARIOS, SchoolShares, StageDemand
from analysis.capacity.gap import (
    StageSupply,
    grade_classes,
    positive,
    strict_sum,
    with_county,
)
from analysis.capacity.norms import norm_text, norm_value
from analysis.standards import RuleSet
from analysis.tables import contract


def class_size_scenarios(
    demand: Mapping[str, StageDemand],
    supply: Mapping[str, StageSupply],
    shares: Mapping[str, SchoolShares | None],
    *,
    rules: RuleSet,
    base_year: int,
    scenario: str,
    code: str,
) -> pd.DataFrame:
    """Return what smaller classes would need (小班化情景): the same rooms, fewer pupils in each.

    Class sizes are the norm and those of ``smaller_class_sizes`` (工具默认值).
    """
    listed = norm_text(rules, "smaller_class_sizes", year=base_year).split(",")
    chosen = SCENARIOS.index(scenario)
    parts = []
    for stage, wanted in demand.items():
        norm = norm_value(rules, "class_size_max", stage, base_year)
        for size in sorted({round(norm), *(int(part) for part in listed)}, reverse=True):
            classes = grade_classes(wanted, shares[stage], size).sum(axis=2)[chosen]
            rooms = supply[stage].places["usable_classrooms"]
            need, seats = wanted.total[chosen], rooms * size
            values = {
                "seats_required": need,
                "seats_available": seats,
                "shortage": positive(need - seats),
                "surplus": positive(seats - need),
                "classes_required": classes,
                "usable_classrooms": rooms,
                "classrooms_short": positive(classes - rooms),
                "classrooms_spare": positive(rooms - classes),
            }
            index = pd.MultiIndex.from_product(
                [wanted.places, wanted.years], names=["area_id", "school_year"]
            )
            frame = index.to_frame(index=False).assign(
                stage=stage, class_size=size, is_norm=size == round(norm)
            )
            frame = frame.assign(**{k: v.reshape(-1) for k, v in values.items()})
            parts.append(frame)
    if not parts:
        return contract("class_size_scenarios").empty()
    rows = pd.concat(parts, ignore_index=True)
    return contract("class_size_scenarios").frame(with_county(rows, code, _county_sizes))


def _county_sizes(rows: pd.DataFrame, code: str) -> pd.DataFrame:
    keys = ["stage", "school_year", "class_size", "is_norm"]
    columns = [
        "seats_required",
        "seats_available",
        "shortage",
        "surplus",
        "classes_required",
        "usable_classrooms",
        "classrooms_short",
        "classrooms_spare",
    ]
    return strict_sum(rows, keys, columns).assign(area_id=code).reset_index()
