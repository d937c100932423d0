"""What it takes: quantities, prices, the check through the engine, gap lists, targets."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import standards
from analysis.indicators import remedies
from analysis.indicators.gap_lists import gap_list_checks, gap_list_totals
from analysis.indicators.passing import needs
from analysis.indicators.remedies import apply_quantities, whole_quantity
from analysis.indicators.school_tests import school_tests
from analysis.indicators.steps import assessed, assessed_in, detailed_values
from analysis.indicators.targets import (
    rule_differences,
    standard_school_share,
    standard_schools,
    target_progress,
)
from analysis.tables import Tables, contract
from tests.indicators.conftest import YEAR, County, assessed_rows_of, frame

RULES = standards.load("national_2017")


def with_tests(county, rules=RULES):
    """Return a county's tables with its school tests: all that the needs read."""
    tables = county.tables()
    tests = contract("school_tests").frame(school_tests(tables, rules, YEAR))
    return tables.with_tables({"school_tests": tests})


def step(county, rules=RULES):
    rows = assessed_rows_of(county, rules)
    rows = rows[rows["in_scope"]]
    values = detailed_values(rows, rules)
    return needs(with_tests(county, rules), rules, YEAR, "C01", rows, values)


def test_whole_quantities_of_a_share():
    assert whole_quantity(0.2, 1.0) == 1
    assert whole_quantity(3.0, 1.0) == 3
    # 204.615 m² of a stage that gets 0.4230769 of what its school adds
    assert whole_quantity(204.615384, 440 / 1040) == 484


def test_every_failing_indicator_has_a_quantity_that_turns_it():
    county = County().plain("A", 1000, (0.9,) * 7, classes=30).plain("B", 2000, classes=50)
    county.teachers[0] |= {
        "above_required_qualification": 37,
        "backbone": 9,
        "pe_and_arts": 8,
        "full_time": 60,
    }
    county.facilities[0]["multimedia_rooms"] = 20

    table = step(county)["school_remedies"]
    seven = table[table["indicator"].str.startswith("L")].set_index("indicator")

    # 4.2 x 1000 / 100 - 37 = 5; 10 - 9 = 1; 9 - 8 = 1; 450 m²; 750 m²; 200 000 yuan; 23 - 20 = 3
    assert seven["quantity"].tolist() == [5, 1, 1, 450, 750, 200_000, 3]
    assert seven["turns_verdict"].all()
    assert seven.loc["L1", "measure"] == "qualification"
    assert seven.loc["L3", "measure"] == "teachers"
    assert seven.loc["L4", "cost_cny"] == pytest.approx(450 * 4927)
    assert seven.loc["L4", "cost_low_cny"] == pytest.approx(450 * 2778)
    assert seven.loc["L6", "cost_cny"] == pytest.approx(200_000)
    assert seven.loc["L7", "price_grade"] == "B"


def test_new_posts_where_the_staff_has_no_more_to_qualify():
    county = County().plain("A", 1000).plain("B", 2000)
    county.teachers[0] |= {"above_required_qualification": 37, "full_time": 39}

    table = step(county)["school_remedies"].set_index(["school_id", "indicator"])

    assert table.loc[("A", "L1"), "measure"] == "teachers"
    assert table.loc[("A", "L1"), "unit_price_cny"] == RULES.value("cost_teacher_post")


def test_the_dearest_forgivable_shortage_is_not_needed_to_pass():
    county = County().plain("A", 1000, (1, 1, 1, 0.9, 0.9, 1, 1), classes=30)
    county.plain("B", 2000, classes=50)

    table = step(county)["school_remedies"]
    needed = table[table["indicator"].str.startswith("L")].set_index("indicator")["needed_to_pass"]

    # L4 costs 450 x 4927, L5 750 x 240: six of seven forgives the dearer one
    assert needed.to_dict() == {"L4": False, "L5": True}


def test_below_the_floor_everything_is_needed():
    county = County().plain("A", 1000, (1, 1, 1, 0.8, 1, 1, 1), classes=30).plain("B", 2000)

    table = step(county)["school_remedies"].set_index(["school_id", "indicator"])

    assert table.loc[("A", "L4"), "needed_to_pass"]


def test_common_resources_of_a_nine_year_school_are_bought_once():
    # both stages lack teaching area; the larger need at the school covers the smaller
    county = County().school("A", "nine_year", pupils={1: 600, 7: 400}).rooms("A", 4000.0)

    table = step(county)["school_remedies"]
    rows = table[table["indicator"] == "L4"].set_index("stage")

    # junior part 4000 x 440/1040 = 1692.3, wants 2320: 627.7 / 0.42308 = 1483.6 -> 1484
    # primary part 2307.7, wants 2700: 392.3 / 0.57692 = 680 -> covered
    assert rows["quantity"].to_dict() == {"junior": 1484, "primary": 0}
    assert rows["turns_verdict"].all()


def test_effect_on_the_cv_is_the_formula_done_again():
    county = County().plain("A", 1000, (1, 1, 1, 0.5, 1, 1, 1)).plain("B", 1000)

    table = step(county)["school_remedies"].set_index(["school_id", "indicator"])

    # x = 2.25 and 4.5 before: X = 3.375, CV = 1.125 / 3.375 = 1/3; both 4.5 after: 0
    assert table.loc[("A", "L4"), "cv_change"] == pytest.approx(-1 / 3)


def test_school_tests_are_remedied_too_and_totals_add_up():
    county = County().plain("A", 1000, (1, 1, 1, 0.9, 1, 1, 1), classes=30, town="T1")
    county.plain("B", 2000, (1, 1, 1, 0.9, 1, 1, 1), classes=30, town="T2")
    county.add("special_rooms", school_id="A", kind="art", room_no="1", area_m2=95.0)

    result = step(county)
    table, totals = result["school_remedies"], result["remedy_totals"]
    rooms = table[table["indicator"] == "music_rooms"].iloc[0]

    assert (rooms["quantity"], rooms["measure"]) == (3, "special_rooms")  # ceil(30/12), none there
    county_rows = totals[totals["level"] == "county"].set_index("indicator")
    towns = totals[totals["level"] == "town"].groupby("indicator")
    assert county_rows.loc["L4", "quantity"] == 450 + 900
    assert towns["quantity"].sum()["L4"] == county_rows.loc["L4", "quantity"]
    assert county_rows.loc["L4", "cost_cny"] == pytest.approx(1350 * 4927)


def test_tool_prices_and_old_prices_are_said():
    county = County().plain("A", 1000, (0.9,) * 7).plain("B", 1000)
    whole = remedies(with_tests(county), rules=RULES, area="C01")
    keys = {note.key for note in whole.notes}

    assert {"remedies.tool_prices", "remedies.price_years"} <= keys
    assert whole["pass_path_status"].set_index("item").loc["verdict_after", "text"] == "met"


def gap(*rows):
    names = ("item_id", "parent_item_id", "item", "quantity", "unit_price_cny", "amount_cny")
    return frame(
        "gap_items",
        [{"town_id": "T1", **dict(zip(names, row, strict=False))} for row in rows],
    )


XINPU = gap(
    ("0", None, "缺口总额", None, None, 3_000_000),
    ("1", "0", "计算机", 240, 5000, 1_200_000),
    ("1.1", "1", "教师用", 110, None, None),
    ("1.2", "1", "机房用", 130, None, None),
    ("2", "0", "电子白板", 26, 30_000, 780_000),
    ("2.1", "2", "白板一", 12, 30_000, None),
    ("2.2", "2", "白板二", 2, 30_000, None),
    ("2.3", "2", "白板三", 5, 30_000, None),
    ("2.4", "2", "白板四", 6, 30_000, None),
    ("3", "0", "劳动器材", 24, None, 26_000),
    ("4", "0", "科学器材", 4, None, None),
    ("5", "0", "图书", 10_000, 10, 100_000),
    ("6", "0", "幼儿园图书", 1800, None, 8_000),
    ("7", "0", "多媒体", 19, 15_000, 285_000),
)


def test_both_mismatches_of_xinpu_are_shown():
    checks = gap_list_checks(XINPU).set_index(["item_id", "check"])
    wrong = checks[checks["agrees"] == "not_met"]

    assert sorted(wrong.index) == [("0", "amount"), ("2", "amount"), ("2", "quantity")]
    assert checks.loc[("2", "quantity"), ["stated", "computed"]].tolist() == [26, 25]
    assert checks.loc[("0", "amount"), ["stated", "computed"]].tolist() == [3_000_000, 2_399_000]
    assert checks.loc[("1", "quantity"), "agrees"] == "met"
    assert checks.loc[("5", "price"), "agrees"] == "met"


def test_list_is_rolled_up_once_and_unpriced_rows_are_not_zero():
    totals = gap_list_totals(XINPU, "C01")
    county = totals[totals["level"] == "county"].set_index("item")

    assert county["amount_cny"].sum() == 2_399_000
    assert county.loc["电子白板", "quantity"] == 26  # its parts do not add up: counted as stated
    assert set(county.index) >= {"教师用", "机房用"}  # these do: counted by part
    assert county.loc["教师用", "amount_cny"] == 110 * 5000
    assert pd.isna(county.loc["科学器材", "amount_cny"])
    assert county["unpriced_items"].sum() == 1


def test_schedule_department_and_progress():
    # the district's 8.5 ten thousand m² = 2 + 5 + 1.5 by year
    rows = frame(
        "gap_items",
        [
            {"item_id": "1", "town_id": "C01", "item": "C级校舍", "quantity": 85_000.0},
            *(
                {
                    "item_id": f"1.{year}",
                    "parent_item_id": "1",
                    "town_id": "C01",
                    "item": "C级校舍",
                    "quantity": area,
                    "year": year,
                    "responsible": "住建",
                    "done_quantity": done,
                }
                for year, area, done in (
                    (2020, 20_000.0, 20_000.0),
                    (2021, 50_000.0, 10_000.0),
                    (2022, 15_000.0, None),
                )
            ),
        ],
    )
    totals = gap_list_totals(rows, "C01")
    county = totals[totals["level"] == "county"].set_index("year")

    assert county["quantity"].to_dict() == {2020: 20_000, 2021: 50_000, 2022: 15_000}
    assert county["cumulative_quantity"].tolist() == [20_000, 70_000, 85_000]
    assert county["progress"].tolist()[:2] == [1.0, 0.2]
    assert set(county["responsible"]) == {"住建"}


def test_a_need_without_year_or_department_is_undecided_not_dropped():
    totals = gap_list_totals(gap(("1", None, "图书", 300, 20, None)), "C01")

    # 0 is "not decided" among the years; 300 books at 20 yuan in the county and in its town
    assert totals["level"].tolist() == ["county", "town"]
    assert totals["area_id"].tolist() == ["C01", "T1"]
    assert totals["year"].tolist() == [0, 0]
    assert totals["responsible"].tolist() == ["—", "—"]
    assert totals["amount_cny"].tolist() == [6000, 6000]


def test_staged_targets_against_actual_values():
    rows = frame(
        "targets",
        [
            {"indicator": "标准化学校", "year": 2021, "target": 20.0, "actual": 21.0},
            {"indicator": "标准化学校", "year": 2025, "target": 40.0, "actual": 30.0},
            {"indicator": "cv_L5_primary", "year": 2021, "target": 0.6},
            {"indicator": "cv_L5_primary", "year": 2023, "target": 0.5},
            {"indicator": "骨干教师", "year": 2023, "target": 0.5},
        ],
    )
    table = target_progress(rows, {("cv_L5_primary", 2021): 0.55, ("cv_L5_primary", 2023): 0.51})
    found = table.set_index(["indicator", "year"])

    assert found["verdict"].to_dict() == {
        ("cv_L5_primary", 2021): "met",  # a falling series is a ceiling
        ("cv_L5_primary", 2023): "not_met",
        ("标准化学校", 2021): "met",
        ("标准化学校", 2025): "not_met",
        ("骨干教师", 2023): "undetermined",
    }
    assert found.loc[("标准化学校", 2025), "remaining"] == 10
    assert found.loc[("标准化学校", 2025), "years_ahead"] == 4


def test_a_large_target_has_a_tolerance_of_its_own_size():
    # 1e-9 of a million is 0.001: half of that short is met, twice that is not
    rows = [
        {"indicator": "seats", "year": 2025, "target": 1e6, "actual": 1e6 - 0.0005},
        {"indicator": "seats", "year": 2026, "target": 1e6, "actual": 1e6 - 0.002},
    ]

    table = target_progress(frame("targets", rows), {})

    assert table["verdict"].tolist() == ["met", "not_met"]


def test_baoding_standard_schools_and_their_share():
    rules = standards.load("baoding_2010")
    # 24 classes and 1000 pupils on 30 mu with 8000 m²; 30 mu = 20 000 m²
    county = County()
    grades = dict.fromkeys(range(1, 7), 1000 / 6)
    cases = {
        "A": (4, 20_000.0, 8_000.0, "town"),
        "B": (4, 19_999.0, 8_000.0, "town"),
        "C": (2, 20_000.0, 8_000.0, "village"),  # rural minimum of two classes a grade
        "D": (2, 20_000.0, 8_000.0, "town"),
        "E": (4, None, 8_000.0, "town"),
    }
    for name, (classes, site, floor, place) in cases.items():
        pupils = {g: float(167 if g < 5 else 166) for g in grades}
        county.school(name, pupils=pupils, classes=classes, urban_rural=place)
        county.rooms(name, site_area_m2=site, floor_area_m2=floor)
    tables = county.tables()
    rows = assessed_rows_of(county, rules)

    table = standard_schools(tables, rows, rules, YEAR)
    share = standard_school_share(table, rules, YEAR).set_index("target_name")

    assert table.set_index("school_id")["verdict"].to_dict() == {
        "A": "met",
        "B": "not_met",
        "C": "met",
        "D": "not_met",
        "E": "undetermined",
    }
    found = table.set_index("school_id")
    assert found["model"].tolist() == ["standard", "standard", "rural", "standard", "standard"]
    assert found["short_zh"].dropna().to_dict() == {"B": "占地面积", "D": "每年级班数"}
    assert found["short_en"].dropna().to_dict() == {"B": "Site area", "D": "Classes a grade"}
    assert found["missing"].dropna().to_dict() == {"E": "facilities.site_area_m2"}
    # 2 of 5; 38 % of 5 rounds up to 2, 45 % to 3
    assert share["verdict"].to_dict() == {
        "standard_school_share_target": "met",
        "standard_school_share_target_strong": "undetermined",
        "standard_school_share_target_other": "met",
    }


def test_a_nine_year_school_needs_the_sites_of_both_its_stages():
    # 500 primary pupils at 20 000 / 1000 m² and 300 junior ones at 40 000 / 1500 m²:
    # 10 000 + 8 000 m² of site, 4 000 + 2 400 m² of floor
    rules = standards.load("baoding_2010")
    county = County()
    for name, site, floor in (("A", 18_000.0, 6_400.0), ("B", 17_999.0, 6_400.0)):
        pupils = {1: 500, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 300, 8: 0, 9: 0}
        county.school(name, "nine_year", pupils=pupils, classes=12)
        county.rooms(name, site_area_m2=site, floor_area_m2=floor)
    rows = assessed_rows_of(county, rules)

    table = standard_schools(county.tables(), rows, rules, YEAR)

    assert table.set_index(["school_id", "stage"])["verdict"].to_dict() == {
        ("A", "primary"): "met",
        ("A", "junior"): "met",
        ("B", "primary"): "not_met",
        ("B", "junior"): "not_met",
    }


def test_differences_between_rule_sets_are_listed():
    table = rule_differences(RULES, [standards.load("luoding_2019")])
    row = table[(table["norm"] == "l3_threshold") & (table["stage"] == "primary")].iloc[0]

    assert (row["left_value"], row["right_value"]) == ("0.9", "1")
    assert "罗府办" in row["right_source"]
    assert not table.duplicated(["left", "right", "norm", "stage"]).any()


def test_nothing_to_say_without_schools():
    result = remedies(Tables({"gap_items": XINPU}), rules=RULES, area="C01")

    assert result["school_remedies"].empty
    assert not result["gap_list_checks"].empty
    assert [note.key for note in result.notes] == ["remedies.no_schools"]


def years_of(county):
    """Return a county's tables with the year before: other pupils, other teachers, same rooms."""
    tables = county.tables()
    before = {
        "enrolment": tables["enrolment"].assign(
            school_year=YEAR - 1, pupils=tables["enrolment"]["pupils"] * 3
        ),
        "teachers": tables["teachers"].assign(school_year=YEAR - 1, backbone=1.0),
        "facilities": tables["facilities"].assign(school_year=YEAR - 1, scope="school").iloc[:1],
    }
    return tables.with_tables(
        {name: pd.concat([frame, tables[name]]) for name, frame in before.items()}
    )


@pytest.mark.parametrize("year", [YEAR, YEAR - 1, YEAR + 1])
def test_a_year_alone_is_assessed_as_among_others(year):
    county = County().school("A", "nine_year", pupils={1: 600, 7: 400}).rooms("A", 4000.0)
    county.plain("B", 2000).plain("C", 300, kind="junior")
    county.school("D", "primary", pupils={1: None})
    tables = years_of(county)
    among = assessed(tables, RULES, year)
    among = among[among["school_year"] == year].reset_index(drop=True)

    alone = assessed_in(tables, RULES, year).reset_index(drop=True)

    assert (len(alone) > 0) == (year <= YEAR)
    pd.testing.assert_frame_equal(alone, among)


def test_several_years_are_assessed_at_once_as_each_alone():
    county = County().school("A", "nine_year", pupils={1: 600, 7: 400}).rooms("A", 4000.0)
    county.plain("B", 2000).school("D", "special", pupils={1: None})
    tables = years_of(county)
    years = (YEAR - 1, YEAR)
    keys = ["school_id", "school_year", "stage"]

    both = assessed_in(tables, RULES, *years)
    alone = pd.concat([assessed_in(tables, RULES, year) for year in years])

    # D teaches nobody, and is listed in every assessed year
    assert both.loc[both["school_id"] == "D", "school_year"].tolist() == list(years)
    pd.testing.assert_frame_equal(
        *(frame.sort_values(keys).reset_index(drop=True) for frame in (both, alone))
    )


def test_quantities_reach_the_row_of_the_school_or_else_of_the_stage():
    county = County().school("A", "nine_year", pupils={1: 600, 7: 400}).rooms("A", 4000.0)
    county.school("B", "nine_year", pupils={1: 60, 7: 40})
    county.rooms("B", 500.0, scope="primary").rooms("B", 300.0, scope="junior")
    county.staff("A", "primary", 10).staff("A", "junior", 20)
    tables = county.tables()
    wanted = [("A", "primary", "L4", 5.0), ("A", "junior", "L4", 7.0), ("B", "junior", "L4", 2.0)]
    wanted += [("A", "junior", "L1", -3.0), ("C", "primary", "L4", 9.0)]
    names = ["school_id", "stage", "indicator", "quantity"]

    changed = apply_quantities(tables, pd.DataFrame(wanted, columns=names), YEAR)

    # A's rooms are common: 4000 + 5 + 7; B returns its stages apart; C has no row
    rooms = changed["facilities"].set_index(["school_id", "scope"])["teaching_area_m2"]
    assert rooms.to_dict() == {
        ("A", "school"): 4012.0,
        ("B", "junior"): 302.0,
        ("B", "primary"): 500.0,
    }
    staff = changed["teachers"].set_index("stage")["above_required_qualification"]
    assert staff.to_dict() == {"junior": 17.0, "primary": 10.0}
    assert tables["facilities"]["teaching_area_m2"].tolist() == [4000.0, 300.0, 500.0]
    nothing = apply_quantities(tables, pd.DataFrame(wanted, columns=names), YEAR + 1)
    pd.testing.assert_frame_equal(nothing["facilities"], tables["facilities"])
