"""Class size (班额): classes over the norm, the oversize ledger, zero growth and clearing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.indicators.definitions import STAGES, number_or_none, text_where
from analysis.indicators.resources import KEYS
from analysis.indicators.variation import positions
from analysis.standards import RuleSet
from analysis.tables import Tables
from analysis.terms import STAGE_GRADES

_STAGE_OF = {grade: stage for stage, grades in STAGE_GRADES.items() for grade in grades}


def class_groups(tables: Tables) -> pd.DataFrame:
    """Return groups of classes with the least and the most pupils a class of them can have.

    Every school, year and stage is described by its best source: the class register (one row a
    class, low = high), failing that the class-size bands, failing that pupils and classes by
    grade (one class is exact; of several only the mean is known, which bounds the largest from
    below).

    Returns
    -------
    DataFrame
        ``school_id, school_year, stage, grade, class_no, classes, low, high, pupils, source``;
        ``grade`` 0 where bands are not by grade; ``high`` is missing where unknown.
    """
    register = _from_register(tables["class_sizes"])
    bands = _from_bands(tables["class_bands"])
    grades = _from_enrolment(tables["enrolment"])
    bands = _not_in(bands, register)
    grades = _not_in(_not_in(grades, register), bands)
    parts = [part for part in (register, bands, grades) if not part.empty]
    return pd.concat(parts, ignore_index=True) if parts else register


def _not_in(frame: pd.DataFrame, better: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``frame`` whose school, year and stage ``better`` does not describe."""
    described = pd.MultiIndex.from_frame(better[KEYS])
    return frame[~pd.MultiIndex.from_frame(frame[KEYS]).isin(described)]


def _from_register(register: pd.DataFrame) -> pd.DataFrame:
    rows = register[register["grade"].isin(_STAGE_OF)]
    return pd.DataFrame(
        {
            "school_id": rows["school_id"],
            "school_year": rows["school_year"],
            "stage": rows["grade"].map(_STAGE_OF),
            "grade": rows["grade"],
            "class_no": rows["class_no"],
            "classes": 1.0,
            "low": rows["pupils"],
            "high": rows["pupils"],
            "pupils": rows["pupils"],
            "source": "class_sizes",
        }
    )


def _from_bands(bands: pd.DataFrame) -> pd.DataFrame:
    rows = bands[~(bands["classes"] == 0)]
    high = rows["high_pupils"]
    low = rows["low_pupils"].astype("float64")
    return pd.DataFrame(
        {
            "school_id": rows["school_id"],
            "school_year": rows["school_year"],
            "stage": rows["stage"],
            "grade": 0,
            "class_no": [
                f"{a:.0f}+" if pd.isna(b) else f"{a:.0f}-{b:.0f}"
                for a, b in zip(low, high, strict=True)
            ],
            "classes": rows["classes"],
            "low": low,
            "high": high,
            "pupils": np.nan,
            "source": "class_bands",
        }
    )


def _from_enrolment(enrolment: pd.DataFrame) -> pd.DataFrame:
    rows = enrolment[enrolment["grade"].isin(_STAGE_OF) & ~(enrolment["pupils"] == 0)]
    mean = rows["pupils"] / rows["classes"].where(rows["classes"] > 0)
    return pd.DataFrame(
        {
            "school_id": rows["school_id"],
            "school_year": rows["school_year"],
            "stage": rows["grade"].map(_STAGE_OF),
            "grade": rows["grade"],
            "class_no": ["×?" if pd.isna(v) else f"×{v:.0f}" for v in rows["classes"]],
            "classes": rows["classes"],
            # the largest of several classes has at least the mean
            "low": np.ceil(mean),
            "high": mean.where(rows["classes"] == 1),
            "pupils": rows["pupils"],
            "source": "enrolment",
        }
    )


def _caps(stages: pd.Series[str], rules: RuleSet) -> pd.Series[float]:
    return stages.map({s: rules.value("class_size_max", s) for s in STAGES}).astype("float64")


def largest_classes(groups: pd.DataFrame, school_year: int) -> dict[str, float]:
    """Return the largest class of each school where every class of it is known."""
    rows = groups[groups["school_year"] == school_year]
    known = rows.groupby("school_id")["high"].agg(lambda v: v.max() if v.notna().all() else np.nan)
    return {str(k): float(v) for k, v in known.dropna().items()}


def class_size_tests(groups: pd.DataFrame, school_year: int, rules: RuleSet) -> pd.DataFrame:
    """Test that no class of the assessed year is above the norm, by school and stage.

    ``value`` counts the classes that certainly are; a band or mean that leaves it open makes the
    school undetermined unless another class already fails it. ``shortfall`` is the number of
    classes to add so that every grade fits the norm: 0 where its pupils only need to be spread
    more evenly, the count of classes above the norm where grades are not known.
    """
    rows = groups[groups["school_year"] == school_year]
    if rows.empty:
        return pd.DataFrame()
    cap = _caps(rows["stage"], rules)
    over = rows["low"] > cap
    certain = rows["source"] != "enrolment"
    count = np.where(over, np.where(certain, rows["classes"], 1.0), 0.0)
    open_ = ~over & ~(rows["high"] <= cap)
    table = rows[["school_id", "stage"]].assign(
        value=count, open=open_, source=np.where(open_, rows["source"], "")
    )
    sums = table.groupby(["school_id", "stage"]).agg(
        value=("value", "sum"), open=("open", "any"), source=("source", "max")
    )
    added = _classes_to_add(rows, cap).reindex(sums.index)
    fails = sums["value"] > 0
    verdict = np.where(fails, "not_met", np.where(sums["open"], "undetermined", "met"))
    return sums.assign(
        test="class_size",
        threshold=0.0,
        shortfall=added.fillna(sums["value"]).where(fails, 0.0),
        shortfall_unit="个",
        verdict=verdict,
        missing=text_where(verdict == "undetermined", "class_sizes.pupils"),
    ).reset_index()[
        [
            "test",
            "school_id",
            "stage",
            "value",
            "threshold",
            "shortfall",
            "shortfall_unit",
            "verdict",
            "missing",
        ]
    ]


def _classes_to_add(rows: pd.DataFrame, cap: pd.Series[float]) -> pd.Series[float]:
    """Return classes to add by school and stage: ``ceil(pupils / cap) - classes``, by grade."""
    keys = ["school_id", "stage"]
    grades = rows.assign(cap=cap).groupby([*keys, "grade"])
    pupils = grades["pupils"].sum(min_count=1).where(grades["pupils"].count() == grades.size())
    needed = np.ceil(pupils / grades["cap"].first()) - grades["classes"].sum(min_count=1)
    by_grade = needed.clip(lower=0.0).groupby(level=keys)
    whole: pd.Series[float] = by_grade.sum(min_count=1)
    return whole.where(by_grade.count() == by_grade.size())


def _band(low: pd.Series[float], rules: RuleSet) -> pd.Series[str]:
    big = number_or_none(rules, "oversize_class_from") or np.inf
    huge = number_or_none(rules, "super_oversize_class_from") or np.inf
    words = np.where(low >= huge, "super_oversize", np.where(low >= big, "oversize", "over_norm"))
    return pd.Series(words, index=low.index, dtype="str")


def oversize_classes(groups: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Return the oversize-class ledger (大班额台账) of every year at hand.

    A row is cleared (销号) in the first later year with data in which the school's grade has no
    class above the norm; ``planned_year`` is the rule set's date for all of them, if it has one.
    """
    cap = _caps(groups["stage"], rules)
    rows = groups.assign(class_size_max=cap)[groups["low"] > cap]
    if rows.empty:
        return pd.DataFrame()
    keys = ["school_id", "stage", "grade"]
    sources: dict[tuple[Any, ...], dict[int, set[str]]] = {}
    for *key, year, source in zip(
        *(groups[name].tolist() for name in (*keys, "school_year", "source")), strict=True
    ):
        sources.setdefault(tuple(key), {}).setdefault(year, set()).add(source)
    places = list(zip(*(rows[name].tolist() for name in (*keys, "school_year")), strict=True))
    cleared, basis = _cleared(places, sources)
    per_grade = groups.groupby([*keys, "school_year"])[["pupils", "classes"]].sum(min_count=1)
    needed = np.ceil(per_grade["pupils"] / _caps_of(per_grade, rules)) - per_grade["classes"]
    index = pd.MultiIndex.from_frame(rows[[*keys, "school_year"]])
    first = ~rows.duplicated([*keys, "school_year"])
    known_pupils = rows["pupils"].where(rows["classes"] == 1, rows["low"])
    when = number_or_none(rules, "oversize_class_clear_year")
    return rows.assign(
        pupils=known_pupils,
        pupils_over=known_pupils - rows["class_size_max"],
        band=_band(rows["low"], rules),
        classes_needed=np.where(first, np.clip(needed.reindex(index).to_numpy(), 0, None), 0.0),
        planned_year=None if when is None else f"{when:.0f}",
        cleared_year=pd.Series(cleared, index=rows.index, dtype="str"),
        cleared_basis=pd.Series(basis, index=rows.index, dtype="str"),
    ).drop(columns=["low", "high", "source"])


def _cleared(
    places: Sequence[tuple[Any, ...]], sources: Mapping[tuple[Any, ...], Mapping[int, set[str]]]
) -> tuple[list[str | None], list[str | None]]:
    """Return the year in which each oversize class is cleared, and the source that shows it.

    Parameters
    ----------
    places
        School, stage, grade and year of every class above the norm.
    sources
        Sources of each year with data, by school, stage and grade.
    """
    bad = set(places)
    years: list[str | None] = []
    basis: list[str | None] = []
    for *key, year in places:
        known = sources[tuple(key)]
        later = next((y for y in sorted(known) if y > year and (*key, y) not in bad), None)
        years.append(None if later is None else str(later))
        basis.append(None if later is None else _one_source(known[later]))
    return years, basis


def _one_source(names: Collection[str]) -> str:
    return next(iter(names)) if len(names) == 1 else "mixed"


def _caps_of(frame: pd.DataFrame, rules: RuleSet) -> pd.Series[float]:
    stages = frame.index.get_level_values("stage").to_series(index=frame.index)
    return _caps(stages.astype("str"), rules)


def oversize_years(groups: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Return classes above the norm by year, stage and band, with zero growth and clearing.

    ``zero_growth`` is met when the count does not exceed that of the year before, undetermined in
    the first year or after a gap. A school is cleared when it had such classes the year before
    and has none, and is known to have none, this year.
    """
    if groups.empty:
        return pd.DataFrame()
    over = groups["low"] > _caps(groups["stage"], rules)
    count = np.where(over, np.where(groups["source"] == "enrolment", 1.0, groups["classes"]), 0.0)
    bands = _band(groups["low"], rules).to_numpy(dtype=object)
    names = ("school_id", "source", "classes")
    schools_of, source_of, classes_of = (groups[name].to_numpy() for name in names)
    rows: list[dict[str, object]] = []
    previous: dict[tuple[str, str], tuple[int, float, set[str]]] = {}
    of_stage: dict[str, set[str]] = {}
    for (stage, year), places in positions(groups, ["stage", "school_year"]).items():
        all_classes = float(np.nansum(classes_of[places]))
        present, sources = set(schools_of[places]), set(source_of[places])
        # a register counts classes, a mean only bounds them: not comparable with each other
        comparable = of_stage.get(stage, set()) == sources
        of_stage[stage] = sources
        for band in ("over_norm", "oversize", "super_oversize", "all_over"):
            chosen = places if band == "all_over" else places[bands[places] == band]
            classes = float(np.nansum(count[chosen]))
            schools = set(schools_of[chosen[count[chosen] > 0]])
            row: dict[str, object] = {
                "school_year": year,
                "stage": stage,
                "band": band,
                "basis": _one_source(sources),
                "classes": classes,
                "classes_all": all_classes,
                "share": classes / all_classes if all_classes else float("nan"),
                "zero_growth": "undetermined",
            }
            before = previous.get((stage, band))
            if before is not None and comparable and before[0] == year - 1:
                change = classes - before[1]
                row |= {
                    "change": change,
                    "cleared": float(len((before[2] - schools) & present)),
                    "appeared": float(len(schools - before[2])),
                    "zero_growth": "met" if change <= 0 else "not_met",
                }
            previous[stage, band] = (year, classes, schools)
            rows.append(row)
    return pd.DataFrame(rows)
