"""Tests of every school beside the seven ratios: size, classes, rooms, teachers, training funds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.indicators.class_sizes import class_groups, class_size_tests, largest_classes
from analysis.indicators.definitions import STAGES, TOLERANCE, number_or_none, text_where
from analysis.indicators.resources import STAGES_OF_KIND, stage_pupils
from analysis.indicators.rooms import special_room_tests
from analysis.standards import RuleSet
from analysis.tables import Tables

_MULTI_STAGE = ("nine_year", "twelve_year")


def open_schools(tables: Tables, school_year: int) -> pd.DataFrame:
    """Return the compulsory schools that are open in the assessed year."""
    schools = tables["schools"]
    kinds = schools["kind"].isin(list(STAGES_OF_KIND))
    closed = schools["closed_year"] <= school_year
    later = schools["opened_year"] > school_year
    return schools[kinds & ~closed & ~later]


def size_verdict(
    pupils: float,
    caps: tuple[float, float | None],
    *,
    built_year: float,
    migrant_share: float,
    rules: RuleSet,
) -> tuple[str, float, str]:
    """Return verdict, cap that counts and relief of one school's size (学校规模).

    The relief (2400, or 3000 for nine- and twelve-year schools) holds for schools planned and
    built up to 2010, or with more than half migrant children. Where what the relief depends on is
    unknown and decides, the verdict is undetermined.

    Parameters
    ----------
    caps
        Ordinary cap and cap under the relief (None: the rule set has none).
    built_year, migrant_share
        NaN where unknown.
    """
    cap, relaxed = caps
    if np.isnan(pupils):
        return "undetermined", cap, ""
    if pupils <= cap + TOLERANCE:
        return "met", cap, ""
    if relaxed is None or pupils > relaxed + TOLERANCE:
        return "not_met", cap, ""
    year = number_or_none(rules, "school_size_relief_built_year")
    share = number_or_none(rules, "school_size_relief_migrant_share")
    if year is not None and built_year <= year:
        return "met", relaxed, "old_building"
    if share is not None and migrant_share > share + TOLERANCE:
        return "met", relaxed, "migrant_children"
    if np.isnan(built_year) or np.isnan(migrant_share):
        return "undetermined", cap, ""
    return "not_met", cap, ""


def school_size_tests(schools: pd.DataFrame, pupils: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Test the compulsory pupils of every school against the cap of its kind."""
    compulsory = pupils[pupils["stage"].isin(STAGES)]
    grouped = compulsory.groupby("school_id")[["pupils", "migrant_children"]]
    totals = grouped.sum(min_count=1).where(grouped.count().eq(grouped.size(), axis=0))
    rows = []
    for school in schools.to_dict("records"):
        name = school["school_id"]
        if name not in totals.index:
            continue
        many, migrants = totals.loc[name, "pupils"], totals.loc[name, "migrant_children"]
        suffix = "_multi_stage" if school["kind"] in _MULTI_STAGE else ""
        caps = (
            rules.value(f"school_size_max{suffix}"),
            number_or_none(rules, f"school_size_max{suffix}_relief"),
        )
        verdict, cap, relief = size_verdict(
            float(many),
            caps,
            built_year=float(school["built_year"]),
            migrant_share=float(migrants / many) if many > 0 else float("nan"),
            rules=rules,
        )
        missing = "enrolment.pupils" if np.isnan(many) else "schools.built_year"
        rows.append(
            {
                "test": "school_size",
                "school_id": name,
                "stage": "all",
                "value": many,
                "threshold": cap,
                "relief": relief or None,
                "shortfall": max(0.0, many - cap) if verdict == "not_met" else 0.0,
                "shortfall_unit": "人",
                "verdict": verdict,
                "missing": missing if verdict == "undetermined" else None,
            }
        )
    return pd.DataFrame(rows)


def teacher_share_tests(
    teachers: pd.DataFrame, column: str, norm: str, rules: RuleSet
) -> pd.DataFrame:
    """Test a share of full-time teachers (trained, certified) by school and stage."""
    minimum = number_or_none(rules, norm)
    if teachers.empty or minimum is None:
        return pd.DataFrame()
    whole = teachers["full_time"]
    share = teachers[column] / whole.where(whole > 0)
    met = share >= minimum - TOLERANCE
    verdict = np.where(share.isna(), "undetermined", np.where(met, "met", "not_met"))
    verdict = np.where(whole == 0, "not_applicable", verdict)
    short = (whole * minimum - teachers[column]).clip(lower=0)
    return pd.DataFrame(
        {
            "test": column,
            "school_id": teachers["school_id"],
            "stage": teachers["stage"],
            "value": share,
            "threshold": minimum,
            "shortfall": short.where(verdict == "not_met", 0.0),
            "shortfall_unit": "人",
            "verdict": verdict,
            "missing": text_where(verdict == "undetermined", f"teachers.{column}"),
        }
    )


def training_funds_tests(facilities: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Test the training share of each school's public-funds budget."""
    minimum = number_or_none(rules, "training_funds_share_min")
    rows = facilities[facilities["scope"] == "school"]
    if rows.empty or minimum is None:
        return pd.DataFrame()
    funds, spent = rows["public_funds_cny"], rows["training_funds_cny"]
    share = spent / funds.where(funds > 0)
    met = share >= minimum - TOLERANCE
    verdict = np.where(share.isna(), "undetermined", np.where(met, "met", "not_met"))
    return pd.DataFrame(
        {
            "test": "training_funds",
            "school_id": rows["school_id"],
            "stage": "all",
            "value": share,
            "threshold": minimum,
            "shortfall": (funds * minimum - spent).clip(lower=0).where(verdict == "not_met", 0.0),
            "shortfall_unit": "元",
            "verdict": verdict,
            "missing": text_where(
                verdict == "undetermined",
                "facilities.public_funds_cny, facilities.training_funds_cny",
            ),
        }
    )


def school_tests(tables: Tables, rules: RuleSet, school_year: int) -> pd.DataFrame:
    """Return every school test of the assessed year (rows of ``school_tests``)."""
    schools = open_schools(tables, school_year)
    names = set(schools["school_id"])
    pupils = stage_pupils(tables)
    pupils = pupils[(pupils["school_year"] == school_year) & pupils["school_id"].isin(names)]
    groups = class_groups(tables)
    groups = groups[groups["school_id"].isin(names)]
    year = {
        name: tables[name][
            (tables[name]["school_year"] == school_year) & tables[name]["school_id"].isin(names)
        ]
        for name in ("teachers", "facilities")
    }
    compulsory = pupils.loc[pupils["stage"].isin(STAGES), ["school_id", "stage", "classes"]]
    parts = [
        school_size_tests(schools, pupils, rules),
        class_size_tests(groups, school_year, rules),
        special_room_tests(
            schools,
            compulsory,
            tables["special_rooms"],
            largest_classes(groups, school_year),
            rules,
        ),
        teacher_share_tests(year["teachers"], "trained", "trained_share_min", rules),
        teacher_share_tests(year["teachers"], "certified", "certified_share_min", rules),
        training_funds_tests(year["facilities"], rules),
    ]
    found = [part for part in parts if not part.empty]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()
