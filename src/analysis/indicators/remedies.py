"""What each school needs to pass (一校一策): quantities, prices, and the check that they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.indicators.definitions import BY_CODE, SEVEN_CODES, TOLERANCE
from analysis.indicators.resources import KEYS
from analysis.indicators.variation import positions, weighted_cv
from analysis.standards import Norm, RuleSet
from analysis.tables import Tables

#: Column that grows when a quantity of an indicator is added.
COLUMN_OF = {
    "L1": "above_required_qualification",
    "L2": "backbone",
    "L3": "pe_and_arts",
    "L4": "teaching_area_m2",
    "L5": "sports_ground_m2",
    "L6": "equipment_cny",
    "L7": "multimedia_rooms",
}
_MEASURES = {
    "L1": ("qualification", "cost_teacher_qualification", "education"),
    "L2": ("backbone_training", "cost_backbone_training", "education"),
    "L3": ("teachers", "cost_teacher_post", "establishment"),
    "L4": ("teaching_rooms", "cost_teaching_area_m2", "development"),
    "L5": ("sports_area", "cost_sports_area_m2", "natural_resources"),
    "L6": ("equipment", "cost_equipment_per_cny", "finance"),
    "L7": ("multimedia", "cost_multimedia_room", "finance"),
    "music_rooms": ("special_rooms", "cost_special_room", "finance"),
    "art_rooms": ("special_rooms", "cost_special_room", "finance"),
    "school_size": ("catchment", "cost_catchment_pupil", "education"),
    "class_size": ("more_classes", "", "education"),
    "trained": ("training", "", "education"),
    "certified": ("certification", "", "education"),
    "training_funds": ("budget", "cost_equipment_per_cny", "finance"),
}
_NEW_TEACHER = ("teachers", "cost_teacher_post", "establishment")
_BUILT = ("teaching_rooms", "sports_area", "special_rooms")
Assess = Callable[[Tables], pd.DataFrame]


def _priced(price: Norm | None, quantity: float) -> dict[str, object]:
    if price is None or isinstance(price.value, str):
        return {}
    low = price.value if price.low is None else price.low
    high = price.value if price.high is None else price.high
    return {
        "unit_price_cny": price.value,
        "cost_cny": price.value * quantity,
        "cost_low_cny": low * quantity,
        "cost_high_cny": high * quantity,
        "price_year": price.price_year,
        "price_source": price.source,
        "price_grade": price.grade,
    }


def measure_of(indicator: str, quantity: float, spare_teachers: float) -> tuple[str, str, str]:
    """Return measure, norm of its price and department.

    Qualifications and backbone teachers come from the staff there while it has that many others
    (``spare_teachers``); beyond that new posts are needed.
    """
    if indicator in ("L1", "L2") and not spare_teachers >= quantity - TOLERANCE:
        return _NEW_TEACHER
    return _MEASURES[indicator]


def whole_quantity(shortfall: float, share: float) -> float:
    """Return the whole quantity to add to the school so that the stage gains its shortfall.

    A stage that gets only a share of what its school adds needs ``shortfall / share``; teachers,
    rooms, square metres and yuan come in whole ones.
    """
    return float(np.ceil(shortfall / share - TOLERANCE * max(1.0, shortfall / share)))


def school_remedies(
    values: pd.DataFrame,
    rows: pd.DataFrame,
    tests: pd.DataFrame,
    rules: RuleSet,
    school_year: int,
    towns: Mapping[str, str],
) -> pd.DataFrame:
    """Return what every school lacks, as whole quantities with prices.

    Parameters
    ----------
    values
        Rows of ``indicator_values`` of the assessed year.
    rows
        Assessed rows with ``share`` (part of the school's facilities that falls to the stage),
        ``full_time`` and ``town_id``.
    tests
        Rows of ``school_tests``.
    towns
        Town of every school, those out of the scope of the seven indicators included.

    Returns
    -------
    DataFrame
        Rows of ``school_remedies`` without the columns that need the engine
        (see :func:`checked_remedies`). Where both stages of a school lack a common resource, the
        larger need covers the other: its row has quantity 0. ``needed_to_pass`` leaves out the
        costliest shortage that the 6-of-7 rule forgives.
    """
    short = values[values["verdict"] == "not_met"].drop(columns=["town_id"], errors="ignore")
    details = rows[[*KEYS, "share", "full_time", "town_id"]]
    short = short.merge(details, on=KEYS, how="left", validate="m:1")
    found = [_indicator_row(row, rules, school_year) for row in short.to_dict("records")]
    table = pd.DataFrame(found)
    if not table.empty:
        table = _needed(_covered(table), rules)
    failing = tests[tests["verdict"] == "not_met"] if not tests.empty else tests
    more = [
        _test_row(row, rules, school_year, towns.get(str(row["school_id"])))
        for row in failing.to_dict("records")
    ]
    parts = [part for part in (table, pd.DataFrame(more)) if not part.empty]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _finish_year(measure: str, rules: RuleSet, school_year: int) -> float:
    lead = rules.find("lead_time_expansion")
    years = lead.value if lead is not None and not isinstance(lead.value, str) else 1.0
    return school_year + (years if measure in _BUILT else 1.0)


def _indicator_row(row: dict[Any, Any], rules: RuleSet, school_year: int) -> dict[str, Any]:
    code = str(row["indicator"])
    share = row["share"] if BY_CODE[code].table == "facilities" else 1.0
    share = 1.0 if row["split_method"] in ("none", "stage_returns") else share
    quantity = whole_quantity(float(row["shortfall"]), float(share))
    spare = float(row["full_time"]) - float(row["resource"])
    measure, price_name, department = measure_of(code, quantity, spare)
    return {
        **{name: row[name] for name in ("school_id", "stage", "indicator", "town_id", "value")},
        **{name: row[name] for name in ("threshold", "floor_value", "verdict", "shortfall")},
        "quantity": quantity,
        "unit": row["quantity_unit"],
        "measure": measure,
        "responsible": department,
        "finish_year": _finish_year(measure, rules, school_year),
        "price_name": price_name,
        "above_floor": row["floor_verdict"] == "met",
        "split_method": row["split_method"],
        **_priced(rules.find(price_name), quantity),
    }


def _test_row(
    row: dict[Any, Any], rules: RuleSet, school_year: int, town: str | None
) -> dict[str, Any]:
    measure, price_name, department = _MEASURES[str(row["test"])]
    quantity = float(np.ceil(float(row["shortfall"]) - TOLERANCE))
    return {
        "school_id": row["school_id"],
        "stage": row["stage"],
        "indicator": row["test"],
        "town_id": town,
        "value": row["value"],
        "threshold": row["threshold"],
        "verdict": row["verdict"],
        "needed_to_pass": True,
        "shortfall": row["shortfall"],
        "quantity": quantity,
        "unit": row["shortfall_unit"],
        "measure": measure,
        "responsible": department,
        "finish_year": _finish_year(measure, rules, school_year),
        **_priced(rules.find(price_name) if price_name else None, quantity),
    }


def _covered(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the larger need of a common resource where both stages of a school lack it."""
    common = table["split_method"] == "weights"
    ranked = table[common].sort_values("quantity", ascending=False, kind="stable")
    repeated = ranked.index[ranked.duplicated(["school_id", "indicator"])]
    money = ["quantity", "cost_cny", "cost_low_cny", "cost_high_cny"]
    table.loc[repeated, [c for c in money if c in table]] = 0.0
    return table


def _needed(table: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Flag what must be closed: all but what 6 of 7 forgives, dearest first, floor permitting."""
    minimum = rules.find("school_indicators_met_minimum")
    allowed = 0
    if minimum is not None and not isinstance(minimum.value, str):
        allowed = len(SEVEN_CODES) - int(minimum.value)
    cost = table["cost_cny"] if "cost_cny" in table else pd.Series(np.nan, index=table.index)
    ordered = table.assign(cost=cost.fillna(np.inf))[table["above_floor"]]
    ordered = ordered.sort_values("cost", ascending=False, kind="stable")
    forgiven = ordered.groupby(["school_id", "stage"]).head(allowed).index
    return table.assign(needed_to_pass=~table.index.isin(forgiven))


def apply_quantities(tables: Tables, quantities: pd.DataFrame, school_year: int) -> Tables:
    """Return the tables with quantities added to teachers and facilities of one year.

    Parameters
    ----------
    quantities
        ``school_id, stage, indicator, quantity`` with indicators L1 to L7; a quantity may be
        negative (a teacher who leaves). Facilities are added to the school's own row, or to the
        stage's row where stages are returned apart.
    """
    teachers, facilities = tables["teachers"].copy(), tables["facilities"].copy()
    row_of = {
        "teachers": _rows_of_year(teachers, "stage", school_year),
        "facilities": _rows_of_year(facilities, "scope", school_year),
    }
    columns: dict[tuple[str, str], NDArray[np.float64]] = {}
    for school, stage, code, quantity in zip(
        *(quantities[name] for name in ("school_id", "stage", "indicator", "quantity")), strict=True
    ):
        table, column = str(BY_CODE[str(code)].table), COLUMN_OF[str(code)]
        places = row_of[table]
        place = places.get((school, "school"), places.get((school, stage)))
        if place is None:
            continue
        if (table, column) not in columns:
            columns[table, column] = tables[table][column].to_numpy(dtype=float, copy=True)
        columns[table, column][place] += float(quantity)
    for (changed, column), values in columns.items():
        (teachers if changed == "teachers" else facilities)[column] = values
    return tables.with_tables({"teachers": teachers, "facilities": facilities})


def _rows_of_year(frame: pd.DataFrame, key: str, year: int) -> dict[tuple[str, str], int]:
    """Return the place of every row of one year by school and stage or scope."""
    places = np.flatnonzero(frame["school_year"].to_numpy() == year)
    own = frame.iloc[places]
    return dict(zip(zip(own["school_id"], own[key], strict=True), places.tolist(), strict=True))


def checked_remedies(
    table: pd.DataFrame,
    tables: Tables,
    values: pd.DataFrame,
    school_year: int,
    assess: Assess,
) -> pd.DataFrame:
    """Put every quantity back through the engine and say what it does.

    Adds ``value_after`` and ``turns_verdict`` (with all quantities of all schools in place) and
    ``cv_change`` (what this row alone does to the county's CV).

    Parameters
    ----------
    assess
        Function that gives ``indicator_values`` of tables.
    """
    if table.empty:
        return table
    of_seven = table["indicator"].isin(SEVEN_CODES)
    changed = apply_quantities(tables, table[of_seven], school_year)
    after = _by_row(assess(changed), school_year)
    groups = {
        key: _Group(values.iloc[places])
        for key, places in positions(values, ["stage", "indicator"]).items()
    }
    value_after, turns, change = [], [], []
    for school, stage, code in zip(
        table["school_id"], table["stage"], table["indicator"], strict=True
    ):
        found = after.get((school, stage, code))
        value_after.append(float("nan") if found is None else found["value"])
        turns.append(found is not None and found["verdict"] == "met")
        change.append(
            float("nan")
            if found is None
            else groups[stage, code].cv_change(str(school), found["resource"])
        )
    names = ["price_name", "above_floor", "split_method"]
    return table.drop(columns=[n for n in names if n in table]).assign(
        value_after=value_after, turns_verdict=turns, cv_change=change
    )


def _by_row(values: pd.DataFrame, school_year: int) -> dict[tuple[str, str, str], dict[Any, Any]]:
    """Return value, verdict and resource of one year by school, stage and indicator."""
    rows = values.loc[
        (values["school_year"] == school_year) & values["indicator"].isin(SEVEN_CODES),
        ["school_id", "stage", "indicator", "value", "verdict", "resource"],
    ].to_dict("records")
    return {(row["school_id"], row["stage"], row["indicator"]): row for row in rows}


class _Group:
    """The schools of a stage with one indicator, as columns."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self._complete = len(rows) > 1 and not rows["value"].isna().any()
        self._resource = rows["resource"].to_numpy(dtype=float)
        self._pupils = rows["pupils"].to_numpy(dtype=float)
        self._place = {school: place for place, school in enumerate(rows["school_id"].tolist())}
        self._cv = weighted_cv(self._resource, self._pupils) if self._complete else float("nan")

    def cv_change(self, school: str, resource_after: float) -> float:
        """Return what another resource of one school does to the CV."""
        if not self._complete:
            return float("nan")
        moved = self._resource.copy()
        if school in self._place:
            moved[self._place[school]] = resource_after
        return weighted_cv(moved, self._pupils) - self._cv


def remedy_totals(remedies: pd.DataFrame, area: str) -> pd.DataFrame:
    """Add the remedies up by town and for the county; a cost that is not known stays so."""
    if remedies.empty:
        return pd.DataFrame()
    columns = ["quantity", "cost_cny", "cost_low_cny", "cost_high_cny"]
    levels = []
    for level, frame in (
        ("county", remedies.assign(area_id=area or "county")),
        ("town", remedies.rename(columns={"town_id": "area_id"})),
    ):
        frame = frame.dropna(subset=["area_id"])
        grouped = frame.groupby(["area_id", "stage", "indicator"], sort=True)
        sums = grouped[columns].sum(min_count=1)
        sums = sums.where(grouped[columns].count().eq(grouped.size(), axis=0))
        sums["schools"] = grouped["school_id"].nunique().astype("float64")
        sums["unit"] = grouped["unit"].first()
        levels.append(sums.reset_index().assign(level=level))
    return pd.concat(levels, ignore_index=True)
