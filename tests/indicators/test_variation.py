"""Variation: the published example, its guards, parts that add up, properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import standards
from analysis.indicators import indicators, national
from analysis.indicators.passing import evaluated
from analysis.indicators.variation import (
    gini,
    lorenz_points,
    theil,
    unweighted_cv,
    variation,
    variation_parts,
    weighted_cv,
)
from tests.indicators import plain
from tests.indicators.conftest import YEAR, County, values_of

# the published worked example: five schools, pupils and library volumes
PUPILS = np.array([45.0, 37, 89, 76, 55])
BOOKS = np.array([279.0, 137, 935, 160, 402])


def test_published_example_to_its_printed_digits():
    values = BOOKS / PUPILS
    mean = BOOKS.sum() / PUPILS.sum()
    terms = PUPILS / PUPILS.sum() * (values - mean) ** 2

    assert values == pytest.approx([6.20, 3.70, 10.51, 2.11, 7.31], abs=0.005)
    assert mean == pytest.approx(6.334437, abs=5e-7)
    assert terms == pytest.approx([0.002693, 0.848553, 5.127446, 4.501090, 0.173004], abs=5e-7)
    assert weighted_cv(BOOKS, PUPILS) == pytest.approx(0.515257, abs=5e-7)


def test_the_unweighted_value_would_pass_what_the_right_one_fails():
    assert unweighted_cv(BOOKS, PUPILS) == pytest.approx(0.488771, abs=5e-7)
    sample = (BOOKS / PUPILS).std(ddof=1) / (BOOKS / PUPILS).mean()
    assert sample == pytest.approx(0.546463, abs=5e-6)
    assert unweighted_cv(BOOKS, PUPILS) < 0.50 < weighted_cv(BOOKS, PUPILS)


def example(**details):
    county = County()
    for place, (pupils, books) in enumerate(zip(PUPILS, BOOKS, strict=True)):
        county.school(f"A{place}", pupils={1: pupils}, town=f"T{place % 2}", **details)
        county.staff(f"A{place}", "primary", 5, 1, 1)
        county.rooms(f"A{place}", books, books * 2, books * 500, 3)
    return county


def test_engine_gives_the_published_value_and_fails_it(rules):
    table = variation(values_of(example(), rules), rules)
    row = table[(table["indicator"] == "L4") & (table["population"] == "all")].iloc[0]

    assert row["cv"] == pytest.approx(0.515257, abs=5e-7)
    assert row["county_value"] == pytest.approx(6.334437, abs=5e-7)
    assert row["verdict"] == "not_met"
    assert row["cv_unweighted"] == pytest.approx(0.488771, abs=5e-7)
    assert not row["passes_by_rounding"]


def test_a_cv_that_prints_as_the_limit_still_fails(rules):
    # two schools of 100 pupils with x = 1 +- d around 1: CV = d exactly; d = 0.5004 prints 0.50
    county = County()
    for name, value in (("A", 0.4996), ("B", 1.5004)):
        county.school(name, pupils={1: 10_000}).rooms(name, value * 10_000, 1.0, 1.0, 1)

    table = variation(values_of(county, rules), rules)
    row = table[(table["indicator"] == "L4") & (table["population"] == "all")].iloc[0]

    assert row["cv"] == pytest.approx(0.5004)
    assert row["verdict"] == "not_met"
    assert row["passes_by_rounding"]


@pytest.mark.parametrize(("spread", "expected"), [(0.5, "met"), (0.500001, "not_met")])
def test_the_limit_itself_is_met(rules, spread, expected):
    county = County()
    for name, sign in (("A", -1), ("B", 1)):
        county.school(name, pupils={1: 1_000}).rooms(name, (1 + sign * spread) * 1_000)

    table = variation(values_of(county, rules), rules)
    row = table[(table["indicator"] == "L4") & (table["population"] == "all")].iloc[0]

    assert row["verdict"] == expected


def test_junior_limit_is_its_own(rules):
    county = County()
    for name, sign in (("A", -1), ("B", 1)):
        county.school(name, "junior", pupils={7: 1_000}).rooms(name, (1 + sign * 0.47) * 1_000)

    table = variation(values_of(county, rules), rules)

    assert table.loc[table["indicator"] == "L4", "verdict"].tolist() == ["not_met", "not_met"]


def test_every_indicator_is_tested_not_their_mean(rules):
    # mean of the seven CVs is far below 0.5, one of them is above it
    county = County()
    for name, ground in (("A", 200.0), ("B", 2000.0)):
        county.school(name, pupils={1: 100}).staff(name, "primary", 5, 1, 1)
        county.rooms(name, 500.0, ground, 250_000.0, 3)

    table = variation(values_of(county, rules), rules)
    table = table[table["population"] == "all"]

    assert table["cv"].mean() < 0.2
    assert (table["verdict"] == "not_met").sum() == 1


def test_one_school_is_not_applicable(rules):
    table = variation(values_of(County().plain("A", 1000), rules), rules)

    assert set(table["verdict"]) == {"not_applicable"}
    assert table["cv"].tolist() == pytest.approx([0.0] * 14)


def test_one_unknown_school_leaves_the_county_undetermined(rules):
    county = example()
    county.facilities[0]["teaching_area_m2"] = None

    table = variation(values_of(county, rules), rules)
    row = table[(table["indicator"] == "L4") & (table["population"] == "all")].iloc[0]

    assert row["verdict"] == "undetermined"
    assert np.isnan(row["cv"])
    assert row["schools_missing"] == 1
    assert row["cv_known_schools"] > 0


def test_private_schools_are_in_all_and_out_of_public(rules):
    county = example().school("P", pupils={1: 50}, owner="private").rooms("P", 1000.0)

    table = variation(values_of(county, rules), rules)
    table = table[table["indicator"] == "L4"].set_index("population")

    assert table["schools"].to_dict() == {"all": 6, "public": 5}
    assert table.loc["public", "cv"] == pytest.approx(0.515257, abs=5e-7)
    assert table.loc["all", "cv"] > 0.6


def test_parts_add_up_and_the_fix_is_the_formula_done_again(rules):
    values = values_of(example(), rules)
    parts = variation_parts(values, YEAR)
    parts = parts[(parts["indicator"] == "L4") & (parts["population"] == "all")]
    schools = parts[parts["part"] == "school"].set_index("unit_id")

    assert schools["cv_contribution"].sum() == pytest.approx(0.515257, abs=5e-7)
    assert schools["share"].sum() == pytest.approx(1.0)
    for part in ("town",):
        assert parts.loc[parts["part"] == part, "share"].sum() == pytest.approx(1.0)
    between = parts.loc[parts["part"] == "town_between", "share"].sum()
    within = parts.loc[parts["part"] == "town_within", "share"].sum()
    assert between + within == pytest.approx(1.0)
    assert schools.loc["A2", "rank"] == 1
    # A2 at the county value: 89 pupils x 6.334437
    fixed = BOOKS.copy()
    fixed[2] = 89 * BOOKS.sum() / PUPILS.sum()
    assert schools.loc["A2", "cv_if_at_mean"] == pytest.approx(plain.cv(fixed, PUPILS))


def test_parts_carry_values_in_the_unit_of_their_indicator(rules):
    # 3 rooms at 45 pupils: 6.67 per hundred; 15 rooms at 302 pupils: 4.97
    parts = variation_parts(values_of(example(), rules), YEAR)
    rooms = parts[(parts["indicator"] == "L7") & (parts["population"] == "all")]
    row = rooms[rooms["unit_id"] == "A0"].iloc[0]
    town = rooms[(rooms["part"] == "town") & (rooms["unit_id"] == "T1")].iloc[0]

    assert row["value"] == pytest.approx(300 / 45)
    assert row["county_value"] == pytest.approx(1500 / 302)
    assert row["pupil_share"] == pytest.approx(45 / 302)
    # T1 holds A1 and A3: 6 rooms at 113 pupils
    assert town["value"] == pytest.approx(600 / 113)
    assert town["county_value"] == pytest.approx(1500 / 302)
    between = rooms[(rooms["part"] == "town_between") & (rooms["unit_id"] == "T1")].iloc[0]
    spread = (rooms.loc[rooms["part"] == "school", "cv_contribution"].sum() * 15 / 302) ** 2
    expected = 113 / 302 * (6 / 113 - 15 / 302) ** 2 / spread
    assert between["share"] == pytest.approx(expected)


def test_theil_by_hand_and_its_parts():
    # two equal groups with 1 and 3 of 4: T = 0.25 ln 0.5 + 0.75 ln 1.5 = 0.1308
    resource, pupils = np.array([1.0, 3.0]), np.array([1.0, 1.0])
    whole, between, within = theil(resource, pupils, np.array(["a", "b"]))

    assert whole == pytest.approx(0.25 * np.log(0.5) + 0.75 * np.log(1.5))
    assert between == pytest.approx(whole)
    assert within == pytest.approx(0.0)
    assert theil(resource, pupils, np.array(["a", "a"]))[1] == pytest.approx(0.0)
    assert theil(np.array([0.0, 2.0]), pupils, np.array(["a", "b"]))[0] == pytest.approx(np.log(2))


def test_lorenz_and_gini_by_hand():
    # half the pupils hold a quarter: Gini = 0.25
    x, y = lorenz_points(np.array([3.0, 1.0]), np.array([1.0, 1.0]))

    assert x.tolist() == pytest.approx([0, 0.5, 1])
    assert y.tolist() == pytest.approx([0, 0.25, 1])
    assert gini(np.array([3.0, 1.0]), np.array([1.0, 1.0])) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("cvs", "printed"),
    [
        ((0.393, 0.578, 0.372, 0.246, 0.208, 0.311, 0.311, 0.455), 0.359),
        ((0.433, 0.464, 0.334, 0.318, 0.433, 0.362, 0.368, 0.335), 0.381),
        ((0.251, 0.426, 0.267, 0.227, 0.127, 0.318, 0.302, 0.440), 0.295),
        ((0.285, 0.373, 0.243, 0.333, 0.224, 0.391, 0.355, 0.569), 0.347),
    ],
)
def test_published_composites_of_2012(cvs, printed):
    from analysis.indicators.balance import composite

    assert round(composite(list(cvs)), 3) == printed


def test_composite_of_2012_has_its_own_scope_and_limit():
    county = example()
    for row in county.teachers:
        row |= {"full_time": 8, "senior_title": 4}
    for row in county.facilities:
        row |= {"computers": 10, "books": row["teaching_area_m2"]}
    county.school("P", pupils={1: 50}, owner="private").rooms("P", 1000.0)

    step = indicators(county.tables(), rules=standards.load("national_2012"))
    table = step["balance_2012"].set_index("indicator")

    assert table.loc["B5", "cv"] == pytest.approx(0.515257, abs=5e-7)
    eight = table.loc[[f"B{i}" for i in range(1, 9)], "cv"]
    assert table.loc["composite", "cv"] == pytest.approx(eight.mean())
    assert table.loc["composite", "verdict"] == "met"
    assert table.loc["composite", "schools"] == 5


def eight_values(spread: float, *, pupils: float = 100.0, stage: str = "primary") -> pd.DataFrame:
    """Two schools of equal size, all eight indicators ``1 - spread`` and ``1 + spread`` a pupil."""
    return pd.DataFrame(
        {
            "school_year": 2020,
            "stage": stage,
            "indicator": f"B{number}",
            "resource": pupils * (1 + sign * spread),
            "pupils": pupils,
            "value": 1 + sign * spread,
        }
        for number in range(1, 9)
        for sign in (-1, 1)
    )


@pytest.mark.parametrize(
    ("spread", "stage", "verdict"),
    [
        # two equal schools at 1 - s and 1 + s: mean 1, deviation s, so each CV and their mean are s
        (0.65, "primary", "met"),
        (0.651, "primary", "not_met"),
        (0.55, "junior", "met"),
        (0.56, "junior", "not_met"),
    ],
)
def test_balance_of_2012_by_hand(spread, stage, verdict):
    from analysis.indicators.balance import balance_2012

    table = balance_2012(eight_values(spread, stage=stage), standards.load("national_2012"))
    table = table.set_index("indicator")

    assert table["cv"].tolist() == pytest.approx([spread] * 9)
    assert table.loc["composite", "verdict"] == verdict
    # 200 of everything for 200 pupils; computers are told by the hundred pupils
    assert table.loc["B1", "county_value"] == pytest.approx(1.0)
    assert table.loc["B4", "county_value"] == pytest.approx(100.0)
    assert table["schools"].tolist() == [2.0] * 9
    assert table.loc["B1", "schools_missing"] == 0


def test_balance_of_2012_with_a_gap_is_undetermined():
    from analysis.indicators.balance import balance_2012

    rules = standards.load("national_2012")
    values = eight_values(0.2)
    unknown = values.assign(value=values["value"].where(values.index != 0))
    absent = values[values["indicator"] != "B1"]
    later = eight_values(0.2, stage="junior").assign(school_year=2019)

    for gap in (unknown, absent):
        table = balance_2012(gap, rules).set_index("indicator")
        assert pd.isna(table.loc["B1", "cv"])
        assert pd.isna(table.loc["composite", "cv"])
        assert table.loc["composite", "verdict"] == "undetermined"
        assert table.loc["B2", "cv"] == pytest.approx(0.2)
    table = balance_2012(unknown, rules)
    assert table["schools_missing"].tolist()[:2] == [1.0, 0.0]
    both = balance_2012(pd.concat([values, later]), rules)
    assert both["school_year"].tolist() == [2019] * 9 + [2020] * 9
    one = balance_2012(values[values["value"] < 1], rules)
    assert one["verdict"].iloc[-1] == "not_applicable"


#: A busy machine is no reason to fail.
PATIENT = settings(deadline=None, max_examples=60)
sizes = st.lists(st.integers(1, 3000), min_size=2, max_size=12)
amounts = st.floats(0.1, 1e6)


@st.composite
def schools(draw):
    pupils = draw(sizes)
    resource = draw(st.lists(amounts, min_size=len(pupils), max_size=len(pupils)))
    return np.array(resource), np.array(pupils, dtype=float)


@PATIENT
@given(schools())
def test_second_implementation_agrees(drawn):
    assert weighted_cv(*drawn) == pytest.approx(plain.cv(*map(list, drawn)), rel=1e-9, abs=1e-12)


@PATIENT
@given(schools(), st.floats(0.01, 100), st.integers(2, 9))
def test_scale_of_resource_and_of_county_changes_nothing(drawn, unit, times):
    resource, pupils = drawn

    assert weighted_cv(resource * unit, pupils) == pytest.approx(weighted_cv(*drawn), abs=1e-9)
    assert weighted_cv(resource * times, pupils * times) == pytest.approx(
        weighted_cv(*drawn), abs=1e-9
    )


@PATIENT
@given(schools(), st.randoms())
def test_order_changes_nothing(drawn, random):
    order = list(range(len(drawn[0])))
    random.shuffle(order)

    assert weighted_cv(drawn[0][order], drawn[1][order]) == pytest.approx(
        weighted_cv(*drawn), abs=1e-9
    )


@PATIENT
@given(schools(), st.integers(2, 5))
def test_splitting_a_school_into_equal_ones_changes_the_weighted_cv_not_at_all(drawn, pieces):
    resource, pupils = drawn
    parts = np.full(pieces, 1 / pieces)
    many = (
        np.concatenate([resource[1:], resource[0] * parts]),
        np.concatenate([pupils[1:], pupils[0] * parts]),
    )

    assert weighted_cv(*many) == pytest.approx(weighted_cv(resource, pupils), abs=1e-9)


@PATIENT
@given(schools(), st.integers(1, 500))
def test_merging_two_schools_of_equal_ratio_changes_nothing(drawn, extra):
    resource, pupils = drawn
    ratio = resource[0] / pupils[0]
    two = (np.append(resource, ratio * extra), np.append(pupils, extra))
    one = (resource.copy(), pupils.copy())
    one[0][0] += ratio * extra
    one[1][0] += extra

    assert weighted_cv(*two) == pytest.approx(weighted_cv(*one), rel=1e-9, abs=1e-12)


@PATIENT
@given(schools())
def test_merging_any_two_schools_never_raises_it(drawn):
    resource, pupils = drawn
    merged = (
        np.append(resource[2:], resource[:2].sum()),
        np.append(pupils[2:], pupils[:2].sum()),
    )

    assert weighted_cv(*merged) <= weighted_cv(*drawn) + 1e-9


@st.composite
def counties(draw):
    """Draw schools with one or two stages, as the plain implementation takes them."""
    found = {}
    for place in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["primary", "junior", "nine_year"]))
        stages = {"primary": ["primary"], "junior": ["junior"]}.get(kind, ["primary", "junior"])
        pupils = {stage: draw(st.integers(1, 2000)) for stage in stages}
        near = draw(st.floats(0.7, 2.0))
        whole = sum(pupils.values())
        level = plain.THRESHOLDS[stages[-1]]
        found[f"S{place}"] = {
            "kind": kind,
            "pupils": pupils,
            "teachers": {
                s: [float(draw(st.integers(0, 2 + int(0.08 * n)))) for _ in range(3)]
                for s, n in pupils.items()
            },
            "facilities": [
                draw(st.floats(0.5, 2.0)) * near * level[3] * whole,
                draw(st.floats(0.5, 2.0)) * near * level[4] * whole,
                draw(st.floats(0.5, 2.0)) * near * level[5] * whole,
                float(draw(st.integers(0, 2 + int(0.05 * whole)))),
            ],
        }
    return found


def built(drawn):
    county = County()
    grade = {"primary": 1, "junior": 7}
    for name, school in drawn.items():
        pupils = {grade[stage]: n for stage, n in school["pupils"].items()}
        county.school(name, school["kind"], pupils=pupils)
        for stage, counted in school["teachers"].items():
            county.staff(name, stage, *counted)
        county.rooms(name, *school["facilities"])
    return county


@settings(max_examples=12, deadline=None)
@given(counties())
def test_whole_counties_agree_with_the_second_implementation(drawn):
    from analysis.indicators.compliance import school_verdicts

    rules = standards.load("national_2017")
    verdicts, cvs, _ = plain.county(drawn)
    values = values_of(built(drawn), rules)
    found = school_verdicts(values, rules).set_index(["school_id", "stage"])["verdict"]
    table = variation(values, rules)
    table = table[table["population"] == "all"].set_index(["stage", "indicator"])["cv"]

    for name, stages in verdicts.items():
        for stage, verdict in stages.items():
            assert found[name, stage] == verdict
    for stage, expected in cvs.items():
        got = [table[stage, f"L{i}"] for i in range(1, 8)]
        assert got == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


def test_national_scale_gives_the_same_numbers(rules):
    random = np.random.default_rng(7)
    county = County()
    for place in range(12):
        pupils = float(random.integers(2, 20) * 100)
        county.plain(f"A{place}", pupils * 10, tuple(random.uniform(0.9, 3.0, 7).round(1)))
    county.teachers = [
        {k: round(v) if isinstance(v, float) else v for k, v in row.items()}
        for row in county.teachers
    ]
    for row in county.facilities:
        row["multimedia_rooms"] = round(row["multimedia_rooms"])
    county.facilities[3]["equipment_cny"] = None
    tables = county.tables()
    values, table = evaluated(tables, rules, YEAR)
    wide = values.pivot_table(
        index="school_id", columns="indicator", values="resource", dropna=False
    )
    names = (
        "above_required_qualification",
        "backbone",
        "pe_and_arts",
        "teaching_m2",
        "sports_m2",
        "equipment_cny",
        "multimedia_rooms",
    )
    wide.columns = pd.Index(names)
    pupils = values.drop_duplicates("school_id").set_index("school_id")["pupils"]
    import polars as pl

    rows = wide.assign(pupils=pupils, county_id="C", school_year=YEAR, stage="primary")
    result = national(pl.from_pandas(rows.reset_index(), nan_to_null=True), rules)

    cvs = table[table["population"] == "all"].set_index("indicator")["cv"]
    for code in [f"L{i}" for i in range(1, 8)]:
        got = result.counties[f"cv_{code}"][0]
        if np.isnan(cvs[code]):
            assert got is None
        else:
            assert got == pytest.approx(cvs[code], rel=1e-12)
    from analysis.indicators.compliance import school_verdicts

    expected = school_verdicts(values, rules).set_index("school_id")["verdict"].sort_index()
    assert result.schools.sort("school_id")["verdict"].to_list() == expected.tolist()


def test_national_verdict_of_a_county():
    import polars as pl

    rules = standards.load("national_2017")
    names = ["above_required_qualification", "backbone", "pe_and_arts", "teaching_m2"]
    names += ["sports_m2", "equipment_cny", "multimedia_rooms"]
    # resources a pupil at exactly the primary thresholds
    level = [0.042, 0.01, 0.009, 4.5, 7.5, 2000.0, 0.023]

    def rows(county, *scales):
        return [
            {"county_id": county, "school_year": 1, "stage": "primary", "school_id": f"{k}"}
            | {"pupils": 100.0}
            | {n: None if s is None else v * s * 100 for n, v in zip(names, level, strict=True)}
            for k, s in enumerate(scales)
        ]

    frame = pl.DataFrame(
        [
            *rows("even", 1.0, 1.0),
            *rows("short", 1.0, 0.9),
            *rows("uneven", 1.0, 10.0),
            *rows("open", 1.0, None),
            *rows("single", 1.0),
            # a school that does not say how many pupils it has is no school without pupils
            *rows("unknown", 1.0),
            *({**row, "school_id": "x", "pupils": None} for row in rows("unknown", 1.0)),
            *rows("closed", 1.0),
            *({**row, "school_id": "x", "pupils": 0.0} for row in rows("closed", 1.0)),
        ],
        infer_schema_length=None,
    )
    found = national(frame, rules).counties

    assert dict(zip(found["county_id"], found["verdict"], strict=True)) == {
        "even": "met",
        "short": "not_met",
        "uneven": "not_met",
        "open": "undetermined",
        "single": "met",
        "unknown": "undetermined",
        "closed": "met",
    }
