"""The demonstration county: deterministic, coherent, and as varied as it claims to be."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import example, intake
from analysis.config import parse_area
from analysis.example.places import read_county
from analysis.example.pupils import class_register, simulate
from analysis.tables import Tables, contracts

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "data" / "raw" / "demo"
BASE = 2025
ORDINARY = ("primary", "teaching_point", "junior", "nine_year", "complete_secondary", "twelve_year")


def digest(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def stage_pupils(tables, grades) -> dict[int, float]:
    kinds = tables["schools"].set_index("school_id")["kind"]
    rows = tables["enrolment"]
    rows = rows[rows["grade"].isin(grades) & rows["school_id"].map(kinds).isin(ORDINARY)]
    return rows.groupby("school_year")["pupils"].sum().to_dict()


def test_the_committed_area_is_what_the_seed_gives(files):
    committed = {path.name: path.read_bytes() for path in COMMITTED.iterdir() if path.is_file()}

    assert digest(committed) == digest(files)


@pytest.mark.holds("example.county")
@settings(max_examples=1, deadline=None)
@given(st.integers(1, 10_000))
def test_any_seed_gives_the_same_county_again_whose_pupils_are_read_in_full(seed):
    files = example.county(seed)

    assert digest(example.county(seed)) == digest(files)
    assert parse_area("demo", files["area.toml"].decode()).synthetic
    wanted = [name for name in files if name.startswith(("01", "02", "05"))]
    result = intake.read_area({name: files[name] for name in wanted}, area_code="990000")
    tables = Tables(result.tables)
    schools, enrolment = tables["schools"], tables["enrolment"]
    # the towns and schools described, whatever the seed; every pupil is in one of them
    assert len(tables["towns"]) == len(read_county().towns)
    assert len(schools) == len(read_county().schools)
    assert set(enrolment["school_id"]) <= set(schools["school_id"])
    assert set(schools["town_id"]) <= set(tables["towns"]["town_id"])
    # nobody appears or vanishes in numbers between two autumns
    yearly = stage_pupils(tables, range(1, 10))
    for before, now in itertools.pairwise(sorted(yearly)):
        assert yearly[now] == pytest.approx(yearly[before], rel=0.15)
    # the list of classes has every pupil and class of its year once
    classes = tables["class_sizes"].groupby(["school_id", "grade"])["pupils"].agg(["sum", "size"])
    counted = enrolment[enrolment["school_year"] == BASE].set_index(["school_id", "grade"])
    both = classes.join(counted, how="inner")
    assert len(both) == len(classes)
    assert (both["sum"] == both["pupils"]).all()
    assert (both["size"] == both["classes"]).all()
    assert not (result.findings["severity"] == "blocks").any()


def test_another_seed_gives_another_county():
    left, right = example.county(seed=1), example.county(seed=2)

    assert set(left) == set(right)
    assert left["06_出生人口.csv"] != right["06_出生人口.csv"]


def test_the_area_says_that_it_is_synthetic(files):
    area = parse_area("demo", files["area.toml"].decode())

    assert area.synthetic
    assert "合成数据" in area.note_zh
    assert (area.base_year, area.code) == (BASE, "990000")


def test_every_input_table_is_there(tables):
    # a register stands for class bands, schools for totals; no town changed, nobody has answered;
    # the areas of single uses are not asked for where the whole ones are there
    wanted = {name for name, item in contracts().items() if item.group == "input"}
    absent = wanted - set(tables)

    assert absent <= {
        "class_bands", "totals", "school_totals", "town_changes", "answers", "building_areas"
    }  # fmt: skip


def test_schools_of_every_kind_and_size(tables):
    schools = tables["schools"].set_index("school_id")
    now = tables["enrolment"].query("school_year == @BASE and grade <= 9")
    points = now.groupby("school_id")["pupils"].sum()[
        lambda s: s.index.map(schools["kind"]) == "teaching_point"
    ]

    assert 60 <= len(schools) <= 90
    assert {*ORDINARY, "special", "vocational", "senior"} <= set(schools["kind"])
    assert set(schools["owner"]) == {"public", "private"}
    assert (points < 50).sum() >= 5
    assert points.between(50, 99).sum() >= 5
    assert not schools[["lon", "lat"]].duplicated().any()


def test_primary_is_past_its_peak_and_junior_still_rises(tables):
    primary, junior = stage_pupils(tables, range(1, 7)), stage_pupils(tables, range(7, 10))
    peak = max(primary, key=primary.__getitem__)

    assert len(primary) >= 10
    assert peak in (2022, 2023, 2024)
    assert primary[BASE] < primary[peak]
    assert junior[BASE] == max(junior.values())
    # the size lies between Xinchang (22 250, 2024) and Anqiu (60 766, 2023)
    assert 22_250 < primary[BASE] < 60_766


def test_the_county_seat_grows_and_villages_empty(tables):
    town = tables["schools"].set_index("school_id")["town_id"]
    names = tables["towns"].set_index("town_id")["town_name"]
    rows = tables["enrolment"].query("grade <= 6")
    sums = rows.groupby([rows["school_id"].map(town).map(names), "school_year"])["pupils"].sum()
    change = sums.xs(BASE, level=1) / sums.xs(2013, level=1)

    assert change["东城街道"] > 1.5
    assert change["城关街道"] > 1.2
    assert change["竹山乡"] < 0.8


def test_entrants_come_from_the_births_of_their_cohort(tables):
    births = tables["births"].assign(
        # born from September on: a year later
        entry=lambda b: b["year"] + 6 + (b["month"] >= 9)
    )
    cohort = births.groupby("entry")["births"].sum()
    entrants = stage_pupils(tables, [1])

    # complete cohorts: September 2006 to August 2007 is the first, 2018-19 the last one at school
    ratios = [entrants[year] / cohort[year] for year in range(2013, BASE + 1)]
    assert min(ratios) > 0.85
    assert max(ratios) < 1.15


def test_a_cohort_is_followed_through_the_grades(tables):
    # public and private schools of the county together: losses and gains stay below 3 % a year
    by_grade = {grade: stage_pupils(tables, [grade]) for grade in range(1, 10)}
    for year in range(2014, BASE + 1):
        for grade in (2, 3, 4, 5, 6, 8, 9):
            before, now = by_grade[grade - 1][year - 1], by_grade[grade][year]
            assert now == pytest.approx(before, rel=0.03), (grade, year)


def test_flows_are_the_junior_pupils_of_the_county(tables):
    flows = tables["flows"]
    arriving = flows[flows["school_town_id"] != "outside"].groupby("school_year")["pupils"].sum()
    pupils = stage_pupils(tables, range(7, 10))

    for year, count in arriving.items():
        # entrants of three years; since then a few have moved
        assert count == pytest.approx(pupils[year], rel=0.02)


def test_settlements_hold_the_children_of_their_towns(tables):
    settled = tables["settlements"].groupby("town_id")["primary_children"].sum()
    town = tables["schools"].set_index("school_id")["town_id"]
    now = tables["enrolment"].query("school_year == @BASE and grade <= 6")
    now = now[~now["school_id"].str.startswith("51")]
    pupils = now.groupby(now["school_id"].map(town))["pupils"].sum()

    # shares are rounded settlement by settlement
    assert (settled - pupils).abs().max() <= 10
    assert len(settled) == 12


def test_the_class_register_adds_up_to_the_grades(tables):
    register = tables["class_sizes"].groupby(["school_id", "grade"])["pupils"].agg(["sum", "size"])
    grades = tables["enrolment"].query("school_year == @BASE and grade <= 9")
    grades = grades.set_index(["school_id", "grade"]).loc[register.index]

    assert (register["sum"] == grades["pupils"]).all()
    assert (register["size"] == grades["classes"]).all()
    assert (tables["class_sizes"]["pupils"] > 50).sum() > 10


def test_a_class_list_by_hand():
    # 100 pupils in 3 classes: 34, 33, 33 before the first class takes up to 3 from the last
    sizes = class_register(100, 3, np.random.default_rng(0))

    assert sum(sizes) == 100
    assert sizes[0] - 34 == 33 - sizes[2]
    assert 34 <= sizes[0] <= 37
    assert class_register(0, 0, np.random.default_rng(0)) == []


def test_a_school_that_reports_by_stage_and_shares_that_add_up(tables):
    rows = tables["facilities"].query("school_year == @BASE")
    scopes = rows.groupby("school_id")["scope"].agg(set)

    assert {"primary", "junior"} in list(scopes)
    assert (scopes.map(len) != 2).sum() > 60
    assert (rows["indoor_sports_m2"] <= rows["teaching_area_m2"]).all()


def test_untidy_cells_are_found_and_nothing_else(result):
    findings = result.findings
    rules = sorted(findings["rule"])

    # one each: a total that is off, a part above its whole, a word for a number, an impossible
    # percentage, a row given twice
    assert len(rules) == 5, findings[["file", "sheet", "cell", "rule", "found"]].to_string()
    assert {
        "total_differs",
        "part_exceeds_whole",
        "repeated_row",
    } <= set(rules)
    assert "20230%" in set(findings["found"])


def test_units_are_converted(tables):
    name = tables["schools"].set_index("school_id")["school_name"]
    rows = tables["facilities"].query("school_year == @BASE").set_index("school_id")
    now = tables["enrolment"].query("school_year == @BASE and grade <= 9")
    pupils = now.groupby("school_id")["pupils"].sum()
    whole = rows[(rows["scope"] == "school") & (pupils.reindex(rows.index) >= 200)]
    a_pupil = whole["public_funds_cny"] / pupils.reindex(whole.index)

    # sent in 万元: 720 yuan a primary pupil and 940 a junior one, or between in mixed schools
    assert a_pupil.between(719, 941).all()
    # sent in 亩: 666.67 m2 each; no school has less land than its teaching rooms need
    assert (whole["site_area_m2"] > whole["teaching_area_m2"]).all()
    # classrooms in full-width digits
    assert rows.loc[rows.index.map(name) == "东桥小学", "classrooms"].notna().all()


def test_simulation_depends_on_its_generator_alone():
    county = read_county()
    one, two = (simulate(county, np.random.default_rng(7)) for _ in range(2))

    assert (one.births == two.births).all()
    assert one.flows == two.flows
