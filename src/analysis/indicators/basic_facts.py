"""Form I of the declaration (申报表Ⅰ 基本情况): its 22 columns, filled from what a county gave.

Source: a copy of the form (grade D) names people, farming population, towns, villages, GDP a head,
revenue, income, schools by kind, classes, pupils, staff and full-time teachers, and says that there
are 22 columns. It does not say how income is worded nor how classes to teachers are divided; income
in towns and villages, and a division by stage, make 22 and are ours (grade E).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.indicators.declaration import decimals, rounded
from analysis.indicators.judgements import Fact, facts
from analysis.standards import RuleSet
from analysis.tables import Tables
from analysis.terms import STAGE_GRADES


@dataclass(frozen=True)
class Known:
    """A number of the form and the table it was taken from; None where it is not known."""

    value: float | None = None
    source: str = ""
    basis: str = ""


@dataclass(frozen=True)
class Field:
    """One column of the form: titles, unit, grade of its wording, and where it comes from.

    ``take`` is ``fact:<key>``, ``kinds:<kind> <kind>``, or ``<column>:<stage>``.
    """

    zh: str
    en: str
    unit: str
    grade: str
    take: str


_FIELDS = (
    Field("人口总数", "Population", "万人", "D", "people"),
    Field("农业人口", "Farming population", "万人", "D", "fact:agricultural_population"),
    Field("乡镇数", "Towns", "个", "D", "towns"),
    Field("行政村数", "Villages", "个", "D", "fact:villages"),
    Field("人均GDP", "GDP a head", "元", "D", "fact:gdp_per_person_cny"),
    Field("财政收入", "Fiscal revenue", "元", "D", "fact:fiscal_revenue_cny"),
    Field("城镇居民人均可支配收入", "Income a head, towns", "元", "E", "fact:urban_income_cny"),
    Field("农村居民人均可支配收入", "Income a head, villages", "元", "E", "fact:rural_income_cny"),
    Field("小学校数", "Primary schools", "所", "D", "kinds:primary"),
    Field(
        "一贯制学校数", "Nine- and twelve-year schools", "所", "D", "kinds:nine_year twelve_year"
    ),
    Field("初级中学校数", "Junior secondary schools", "所", "D", "kinds:junior"),
    Field("完全中学校数", "Complete secondary schools", "所", "D", "kinds:complete_secondary"),
    Field("特殊教育学校数", "Special schools", "所", "D", "kinds:special"),
    Field("教学点数", "Teaching points", "个", "D", "kinds:teaching_point"),
    Field("小学班数", "Classes, primary", "个", "E", "classes:primary"),
    Field("初中班数", "Classes, junior", "个", "E", "classes:junior"),
    Field("小学在校生数", "Pupils, primary", "人", "E", "pupils:primary"),
    Field("初中在校生数", "Pupils, junior", "人", "E", "pupils:junior"),
    Field("小学教职工数", "Staff, primary", "人", "E", "staff:primary"),
    Field("初中教职工数", "Staff, junior", "人", "E", "staff:junior"),
    Field("小学专任教师数", "Full-time teachers, primary", "人", "E", "teachers:primary"),
    Field("初中专任教师数", "Full-time teachers, junior", "人", "E", "teachers:junior"),
)


def declaration_basic(tables: Tables, rules: RuleSet, school_year: int) -> pd.DataFrame:
    """Return form I: the 22 columns, each with its unit, the grade of its wording and its source.

    School rows are added up where there are any; a place that only has totals is filled from
    those. What is not given stays empty. People are written in 万人 with two decimals, the rest
    whole (grade D).
    """
    found = facts(tables, school_year + 1)
    rows = []
    for number, field in enumerate(_FIELDS, start=1):
        known = _taken(field.take, tables, found, school_year)
        rows.append(
            {
                "row": number,
                "title_zh": field.zh,
                "title_en": field.en,
                "value": _written(known.value, field.unit, rules),
                "unit": field.unit,
                "basis": known.basis or None,
                "grade": field.grade,
                "source": known.source if known.value is not None else None,
            }
        )
    return pd.DataFrame(rows)


def _written(value: float | None, unit: str, rules: RuleSet) -> str | None:
    """Write a number as the form does: people in 万人 with two decimals, the rest whole."""
    if value is None or unit != "万人":
        return rounded(value, decimals(rules, "whole"))
    return rounded(value / 10_000, decimals(rules, "value"))


def _taken(take: str, tables: Tables, found: Mapping[str, Fact], school_year: int) -> Known:
    what, _, which = take.partition(":")
    if what == "fact":
        value = found.get(which, {}).get("value")
        return Known() if value is None or pd.isna(value) else Known(float(value), "county_facts")
    if what == "people":
        return _people(tables, school_year)
    if what == "towns":
        return Known(float(len(tables["towns"])), "towns") if len(tables["towns"]) else Known()
    if what == "kinds":
        return _schools(tables, which.split(), school_year)
    return _by_stage(tables, what, which, school_year)


def _people(tables: Tables, school_year: int) -> Known:
    """Return residents, failing them registered people: the form does not say which it means."""
    rows = tables["population"]
    rows = rows[(rows["year"] <= school_year + 1) & rows["persons"].notna()]
    for basis in ("resident", "registered"):
        part = rows[rows["basis"] == basis]
        value = _whole(part[part["year"] == part["year"].max()], "persons", tables)
        if value is not None:
            return Known(value, "population", basis)
    return Known()


def _whole(rows: pd.DataFrame, column: str, tables: Tables) -> float | None:
    """Return a county's own row, failing it the sum of all of its towns; None if one is unknown."""
    towns = set(tables["towns"]["town_id"])
    own = rows[~rows["town_id"].isin(towns)]
    parts = own if len(own) == 1 else rows[rows["town_id"].isin(towns)]
    complete = len(own) == 1 or (towns and set(parts["town_id"]) == towns)
    return _total(parts[column]) if complete else None


def _total(values: pd.Series[float]) -> float | None:
    """Return the sum, None where nothing is given or a part is unknown."""
    return float(values.sum()) if len(values) and bool(values.notna().all()) else None


def _schools(tables: Tables, kinds: list[str], school_year: int) -> Known:
    schools = tables["schools"]
    if len(schools):
        there = ~(schools["closed_year"] <= school_year) & ~(schools["opened_year"] > school_year)
        own_site = schools["main_school_id"].isna()  # a campus belongs to its main school
        count = (schools["kind"].isin(kinds) & there & own_site).sum()
        return Known(float(count), "schools")
    column = "teaching_points" if kinds == ["teaching_point"] else "schools"
    stage = "junior" if kinds == ["junior"] else "primary"
    if kinds[0] not in ("primary", "junior", "teaching_point"):
        return Known()
    return _from_totals(tables, column, stage, school_year)


def _from_totals(tables: Tables, column: str, stage: str, school_year: int) -> Known:
    rows = tables["totals"]
    rows = rows[(rows["stage"] == stage) & (rows["school_year"] == school_year)]
    value = _whole(rows, column, tables)
    return Known() if value is None else Known(value, "totals")


def _by_stage(tables: Tables, what: str, stage: str, school_year: int) -> Known:
    if what in ("pupils", "classes"):
        rows = tables["enrolment"]
        rows = rows[rows["school_year"] == school_year]
        value = _total(rows.loc[rows["grade"].isin(STAGE_GRADES[stage]), what])
        source = "enrolment"
    elif what == "teachers":
        rows = tables["teachers"]
        rows = rows[(rows["school_year"] == school_year) & (rows["stage"] == stage)]
        value, source = _total(rows["full_time"]), "teachers"
    else:
        value, source = None, ""
    if value is not None:
        return Known(value, source)
    return _from_totals(tables, what, stage, school_year)
