"""What must hold of every assessment: unknown is no pass, more is no worse, order is nothing."""

from __future__ import annotations

import json
from random import Random

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis import standards
from analysis.indicators import (
    assess_lines,
    assess_report,
    assessment,
    indicators,
    national,
    remedies,
)
from analysis.indicators.national import COLUMNS
from analysis.tables import Tables

from . import plain
from .conftest import YEAR, County

RULES = standards.load("national_2017")
TWICE = settings(max_examples=2, deadline=None)
WORDS = {"met", "not_met", "undetermined", "not_applicable"}
RESOURCES = COLUMNS[5:]

#: Schools as (hundreds of pupils, junior or primary, the seven as twentieths of their thresholds).
schools = st.lists(
    st.tuples(
        st.integers(1, 18),
        st.sampled_from(["primary", "junior"]),
        st.lists(st.integers(14, 30), min_size=7, max_size=7),
    ),
    min_size=2,
    max_size=3,
)


def built(values, *, times=1):
    county = County()
    for i, (hundreds, kind, shares) in enumerate(values):
        county.plain(
            f"S{i}", 100.0 * hundreds * times, [s / 20 for s in shares], kind=kind, classes=40
        )
    return county


def shuffled(tables, random):
    return Tables(
        {
            name: frame.sample(frac=1, random_state=random.randrange(1000)).reset_index(drop=True)
            for name, frame in tables.items()
        }
    )


def verdicts_of(step):
    return step["school_compliance"].set_index(["school_id", "stage"])["verdict"]


@pytest.mark.holds("indicators.indicators")
@TWICE
@given(schools, st.randoms(use_true_random=False), st.integers(0, 2), st.integers(0, 3))
def test_ratios_are_the_formula_unknown_is_no_pass_and_more_is_no_worse(
    values, random, place, amount
):
    county = built(values)
    tables = county.tables()
    at = place % len(values)
    column = ("teaching_area_m2", "sports_ground_m2", "equipment_cny", "multimedia_rooms")[amount]
    facilities = tables["facilities"]
    own = facilities["school_id"] == f"S{at}"
    unknown = tables.with_tables(
        {"facilities": facilities.assign(**{column: facilities[column].mask(own)})}
    )
    richer = tables.with_tables(
        {
            "facilities": facilities.assign(
                **{column: facilities[column].mask(own, facilities[column] * 2)}
            )
        }
    )

    step, mixed, less, more = (
        indicators(each, rules=RULES)
        for each in (tables, shuffled(tables, random), unknown, richer)
    )

    for name, frame in step.tables.items():
        pd.testing.assert_frame_equal(frame, mixed[name])
    for row in step["indicator_values"].to_dict("records"):
        number = int(row["indicator"][1]) - 1
        expected = row["resource"] * plain.FACTORS[number] / row["pupils"]
        assert row["value"] == pytest.approx(expected)
        threshold = plain.THRESHOLDS[row["stage"]][number]
        assert (row["verdict"] == "met") == (row["value"] >= threshold * (1 - 1e-9))
        lacking = threshold * row["pupils"] / plain.FACTORS[number] - row["resource"]
        assert row["shortfall"] >= max(lacking, 0.0) - 1e-6
    before, after, better = (verdicts_of(each) for each in (step, less, more))
    key = (f"S{at}", values[at][1])
    assert after[key] != "met"
    assert (after.drop(index=key) == before.drop(index=key)).all()
    assert not (before[key] == "met" and better[key] != "met")
    judged = less["indicator_values"].set_index(["school_id", "stage", "indicator"])
    cell = judged.loc[(*key, f"L{4 + amount}")]
    assert cell["verdict"] == "undetermined"
    assert np.isnan(cell["value"])
    cvs = less["variation"].query("population == 'all' and stage == @values[@at][1]")
    assert np.isnan(cvs.set_index("indicator").loc[f"L{4 + amount}", "cv"])


@pytest.mark.holds("indicators.assessment")
@TWICE
@given(schools, st.randoms(use_true_random=False), st.integers(85, 100), st.booleans())
def test_the_whole_is_met_only_with_every_part_and_a_lost_fact_never_passes(
    values, random, share, large
):
    county = built(values)
    for group in ("pupils", "parents", "teachers"):
        county.add(
            "survey",
            year=YEAR,
            channel="questionnaire",
            respondent_group=group,
            respondents=500.0 if large else 20.0,
            satisfied=5.0 * share if large else float(share // 5),
        )
    county.add("county_facts", indicator="special_education_funding_cny", year=YEAR, value=6000.0)
    tables = county.tables()
    tables = tables.with_tables(indicators(tables, rules=RULES).tables)
    lost = Tables({n: f for n, f in tables.items() if n not in ("survey", "county_facts")})

    step, mixed, less = (
        assessment(each, rules=RULES) for each in (tables, shuffled(tables, random), lost)
    )

    for name in ("county_verdict", "assessment_items", "recognition", "school_tests"):
        pd.testing.assert_frame_equal(step[name], mixed[name])
    for each in (step, less):
        whole = each["county_verdict"].query("stage == 'all'").set_index("dimension")["verdict"]
        parts = whole.drop("overall")
        assert set(whole) <= WORDS
        expected = (
            "not_met"
            if (parts == "not_met").any()
            else "met"
            if (parts == "met").all()
            else "undetermined"
        )
        assert whole["overall"] == expected
    items, without = (
        each["assessment_items"].set_index(["item", "test_no", "stage"])["verdict"]
        for each in (step, less)
    )
    assert not ((without.reindex(items.index) == "met") & (items != "met")).any()
    heads = step["county_verdict"].set_index(["dimension", "stage"])
    own = step["assessment_items"].query("test_no == 0")
    for dimension in ("guarantee", "quality", "veto", "eligibility"):
        words = own.loc[own["dimension"] == dimension, "verdict"]
        for word in ("met", "not_met", "undetermined"):
            assert heads.loc[(dimension, "all"), word] == (words == word).sum()


@pytest.mark.holds("indicators.assess_report", "indicators.assess_lines")
@TWICE
@given(schools, st.randoms(use_true_random=False))
def test_the_report_is_json_of_every_school_once_and_lines_name_who_fails(values, random):
    tables = built(values).tables()

    report = assess_report(tables, RULES)

    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report == assess_report(shuffled(tables, random), RULES)
    assert sorted(school["school_id"] for school in report["schools"]) == sorted(
        f"S{i}" for i in range(len(values))
    )
    failing = []
    for school in report["schools"]:
        assert school["verdict"] in WORDS
        for code, word in school["met"].items():
            assert (word == "met") == (school["shortfall"][code] == 0)
            assert (word == "undetermined") == (school["values"][code] is None)
        if school["verdict"] != "met":
            failing.append(f"{school['school_id']} {school['stage']}: {school['verdict']}")
    for stage, part in report["county"]["stages"].items():
        own = [s for s in report["schools"] if s["stage"] == stage]
        if any(school["verdict"] == "not_met" for school in own):
            assert part["verdict"] == "not_met"
        if not own:
            assert part["verdict"] != "met"
        for code, word in part["cv_met"].items():
            assert part["cv"][code] is not None or word != "met"
    lines = assess_lines(report)
    told = [line for line in lines if any(line.startswith(text) for text in failing)]
    assert len(told) == len(failing)
    assert [line.split("  ")[0] for line in told] == failing
    dimensions = report["assessment"]["dimensions"]
    assert len(lines) == 3 + 2 * 2 + len(dimensions) + len(failing)


@pytest.mark.holds("indicators.remedies")
@TWICE
@given(schools, st.randoms(use_true_random=False))
def test_what_is_needed_fills_the_gap_costs_its_price_and_adds_up(values, random):
    tables = built(values).tables()
    tables = tables.with_tables(indicators(tables, rules=RULES).tables)
    tables = tables.with_tables(assessment(tables, rules=RULES).tables)

    step, mixed = (
        remedies(each, rules=RULES, area="C") for each in (tables, shuffled(tables, random))
    )

    for name in ("school_remedies", "remedy_totals", "pass_path"):
        pd.testing.assert_frame_equal(step[name], mixed[name])
    needs, totals = step["school_remedies"], step["remedy_totals"]
    short = tables["indicator_values"].query("verdict == 'not_met'")
    listed = needs[needs["indicator"].str.fullmatch("L[1-7]")]
    keys = ["school_id", "stage", "indicator"]
    assert set(listed[keys].itertuples(index=False)) == set(short[keys].itertuples(index=False))
    assert (listed["value_after"] >= listed["threshold"] * (1 - 1e-9)).all()
    assert (listed["quantity"] >= listed["shortfall"] - 1e-6).all()
    assert listed["turns_verdict"].all()
    priced = needs[needs["unit_price_cny"].notna()]
    cost = priced["quantity"] * priced["unit_price_cny"]
    assert priced["cost_cny"].to_numpy() == pytest.approx(cost.to_numpy())
    # a need without a price is not free: the sum is then unknown
    for row in totals.to_dict("records"):
        own = needs[(needs["indicator"] == row["indicator"]) & (needs["stage"] == row["stage"])]
        if row["level"] == "town":
            own = own[own["town_id"] == row["area_id"]]
        assert row["schools"] == own["school_id"].nunique()
        assert row["quantity"] == pytest.approx(own["quantity"].sum())
        assert row["cost_cny"] == pytest.approx(own["cost_cny"].sum(skipna=False), nan_ok=True)


cell = st.one_of(st.none(), st.integers(10, 60))
nation = st.lists(
    st.tuples(
        st.sampled_from(["甲", "乙"]),
        st.sampled_from(["primary", "junior"]),
        st.one_of(st.none(), st.integers(0, 900)),
        st.one_of(
            st.lists(st.integers(40, 44), min_size=7, max_size=7),
            st.lists(cell, min_size=7, max_size=7),
        ),
    ),
    min_size=1,
    max_size=4,
)


def national_rows(values, times=1.0):
    rows = [
        {"county_id": county, "school_year": 2024, "stage": stage, "school_id": str(i)}
        | {"pupils": None if pupils is None else pupils * times}
        | {
            name: None if share is None else share / 40 * level / factor * (pupils or 1) * times
            for name, share, level, factor in zip(
                RESOURCES, shares, plain.THRESHOLDS[stage], plain.FACTORS, strict=True
            )
        }
        for i, (county, stage, pupils, shares) in enumerate(values)
    ]
    types = dict.fromkeys(COLUMNS[4:], pl.Float64)
    return pl.DataFrame(rows, schema_overrides=types, infer_schema_length=None)


def words_of(frame, *keys):
    return {tuple(row[k] for k in keys): row["verdict"] for row in frame.to_dicts()}


@pytest.mark.holds("indicators.national")
@settings(max_examples=20, deadline=None)
@example(
    values=[("甲", "primary", 100, [42] * 7), ("甲", "primary", None, [42] * 7)],
    random=Random(1),
    times=2.0,
)
@given(values=nation, random=st.randoms(use_true_random=False), times=st.sampled_from([2.0, 4.0]))
def test_a_nation_is_its_counties_and_no_unknown_school_passes(values, random, times):
    result = national(national_rows(values), RULES)

    key = ("county_id", "stage")
    counties = words_of(result.counties, *key)
    mixed = national(
        national_rows(values).sample(fraction=1, shuffle=True, seed=random.randrange(99)), RULES
    )
    larger = national(national_rows(values, times), RULES)
    alone = {
        word: verdict
        for name in ("甲", "乙")
        for word, verdict in words_of(
            national(national_rows(values).filter(pl.col("county_id") == name), RULES).counties,
            *key,
        ).items()
    }
    assert words_of(mixed.counties, *key) == counties
    assert words_of(larger.counties, *key) == counties
    assert alone == counties
    for row, (_, stage, pupils, shares) in zip(result.schools.to_dicts(), values, strict=True):
        told = [
            None if not pupils or share is None else share / 40 * t
            for share, t in zip(shares, plain.THRESHOLDS[stage], strict=True)
        ]
        assert row["verdict"] == plain.school_verdict(told, stage)
        assert [row[f"L{i}"] for i in range(1, 8)] == [
            None if value is None else pytest.approx(value) for value in told
        ]
    for (county, stage), verdict in counties.items():
        own = [v for v in values if v[:2] == (county, stage) and v[2] != 0]
        if verdict == "met":
            assert all(v[2] is not None and None not in v[3] for v in own)
