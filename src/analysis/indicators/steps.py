"""The steps of the assessment: what notebook 10 calls, and what the others build on."""

from __future__ import annotations

import pandas as pd

from analysis.indicators.balance import balance_2012, scope_2012
from analysis.indicators.compliance import school_compliance, school_verdicts
from analysis.indicators.definitions import EIGHT, SEVEN, Indicator
from analysis.indicators.items import missing_words
from analysis.indicators.ratios import indicator_values, with_resources
from analysis.indicators.resources import (
    KEYS,
    facility_resources,
    facility_rows,
    merged_campuses,
    stage_pupils,
    stage_shares,
    teacher_resources,
    teaches,
)
from analysis.indicators.scope import assessed_rows, with_scope
from analysis.indicators.variation import lorenz, variation, variation_parts
from analysis.standards import RuleSet
from analysis.tables import Note, StepResult, Tables, contract

INPUTS = ("schools", "enrolment", "teachers", "facilities")
TABLES = (
    "indicator_values",
    "school_compliance",
    "variation",
    "variation_parts",
    "lorenz",
    "balance_2012",
)


def latest_year(tables: Tables, school_year: int | None = None) -> int | None:
    """Return the newest school year with pupils not after ``school_year``; None without any."""
    years = tables["enrolment"]["school_year"]
    years = years if school_year is None else years[years <= school_year]
    return None if years.empty else int(years.max())


def assessed(tables: Tables, rules: RuleSet, *school_years: int) -> pd.DataFrame:
    """Return every assessed row with pupils, scope, teachers and its part of the facilities.

    Parameters
    ----------
    tables
        ``schools``, ``enrolment``, ``teachers``, ``facilities``.
    rules
        Scope, campus and split norms.
    school_years
        The assessed years; years before the last of them are returned too.
    """
    tables = merged_campuses(tables, rules)
    schools = tables["schools"]
    pupils = stage_pupils(tables)
    # a year without teachers or facilities has nothing to assess and would only be undetermined
    resources = (tables["teachers"]["school_year"], tables["facilities"]["school_year"])
    years = {*school_years, *(year for part in resources for year in part.unique().tolist())}
    pupils = pupils[pupils["school_year"].isin([y for y in years if y <= max(school_years)])]
    rows = with_scope(assessed_rows(pupils, schools, school_years), rules)
    shares = stage_shares(pupils, schools, rules)
    facilities = facility_resources(facility_rows(tables, schools, rules), shares, rules)
    return with_resources(rows, teacher_resources(tables), facilities, rules)


def indicators(
    tables: Tables, *, rules: RuleSet, school_year: int | None = None, area: str = ""
) -> StepResult:
    """Compute the seven ratios, compliance and variation of every school (七项指标).

    Parameters
    ----------
    tables
        ``schools``, ``enrolment``, ``teachers``, ``facilities``; what is absent leaves the
        indicators that need it undetermined.
    rules
        Rule set with thresholds, scope and limits.
    school_year
        Assessed year; by default the newest with pupils. Earlier years are kept as history.
    area
        County code; not needed for school rows.

    Returns
    -------
    StepResult
        ``indicator_values``, ``school_compliance``, ``variation``, ``variation_parts``,
        ``lorenz``, ``balance_2012``.
    """
    del area
    year = latest_year(tables, school_year)
    if year is None or not tables.has("schools"):
        missing = tables.missing("schools", "enrolment")
        note = Note("indicators.no_schools", {}, missing, "gap")
        return StepResult({name: contract(name).empty() for name in TABLES}, (note,))
    rows = assessed(tables, rules, year)
    inside = rows[rows["in_scope"]]
    detailed = detailed_values(inside, rules)
    compliance = school_compliance(rows, school_verdicts(detailed, rules))
    frames = {
        "indicator_values": detailed[contract("indicator_values").names],
        "school_compliance": compliance,
        "variation": variation(detailed, rules),
        "variation_parts": variation_parts(detailed, year),
        "lorenz": lorenz(detailed, year),
        "balance_2012": balance_2012(eight_values(rows, rules), rules),
    }
    return StepResult(
        {name: contract(name).frame(frame) for name, frame in frames.items()},
        tuple(_notes(tables, compliance[compliance["school_year"] == year], rows, year)),
    )


def assessed_in(tables: Tables, rules: RuleSet, *school_years: int) -> pd.DataFrame:
    """Return the rows of :func:`assessed` of some years without computing the others.

    Nothing in a row depends on another year, so the rows are the same (a test holds them to it).
    """
    own = {
        name: tables[name][tables[name]["school_year"].isin(school_years)]
        for name in ("enrolment", "teachers", "facilities")
    }
    if not teaches(own["enrolment"]):  # no row to take the dtypes of what is unknown from
        own = {}
    rows = assessed(tables.with_tables(own), rules, *school_years)
    return rows[rows["school_year"].isin(school_years)]


def detailed_values(
    rows: pd.DataFrame, rules: RuleSet, wanted: tuple[Indicator, ...] = SEVEN
) -> pd.DataFrame:
    """Return indicator values with the town, owner and class that variation is broken down by."""
    values = indicator_values(rows, rules, wanted)
    details = rows[[*KEYS, "town_id", "owner", "urban_rural"]]
    return values.merge(details, on=KEYS, how="left", validate="m:1")


def eight_values(rows: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Return the eight values of 2012 of assessed rows, each in the universe of 2012."""
    within = with_scope(rows, scope_2012(rules))
    return detailed_values(within[within["in_scope"]], rules, EIGHT)


def _notes(tables: Tables, compliance: pd.DataFrame, rows: pd.DataFrame, year: int) -> list[Note]:
    notes = []
    absent = tables.missing("teachers", "facilities")
    if absent:
        notes.append(Note("indicators.no_resources", {"year": year}, absent, "gap"))
    unknown = compliance[compliance["verdict"] == "undetermined"]
    if not unknown.empty:
        columns = sorted({c for text in unknown["missing"].dropna() for c in text.split(", ")})
        tables_named = tuple(sorted({c.partition(".")[0] for c in columns}))
        values: dict[str, object] = {"count": len(unknown), "year": year}
        values |= {f"columns_{lang}": missing_words(columns, lang) for lang in ("zh", "en")}
        notes.append(Note("indicators.undetermined_schools", values, tables_named, "gap"))
    methods = rows.loc[rows["school_year"] == year, "split_method"].value_counts()
    if methods.get("weights", 0) or methods.get("stage_returns", 0):
        values = {
            "weights": int(methods.get("weights", 0)),
            "returns": int(methods.get("stage_returns", 0)),
        }
        notes.append(Note("indicators.splits", values))
    if methods.get("unknown", 0):
        count = int(methods["unknown"])
        notes.append(Note("indicators.split_unknown", {"count": count}, ("enrolment",), "gap"))
    return notes
