"""Any tidy table becomes panels, or the message says what is wrong with it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ParameterError
from analysis.forecast import backtest_report
from analysis.forecast.tidy import read_tidy, tidy_remarks
from analysis.forecast.tidy_columns import identifiers
from analysis.store import read_csv


def table(areas=("A", "B"), years=range(2010, 2022), grades=range(1, 4), **columns):
    rows = [
        (area, grade, year, 100.0 + 10 * i + grade + (year - 2010))
        for i, area in enumerate(areas)
        for year in years
        for grade in grades
    ]
    frame = pd.DataFrame(rows, columns=["area_id", "grade", "year", "enrolment"])
    return frame.assign(**columns)


def panel(frame, **more):
    return read_tidy(frame, **more)[0].panel


def test_areas_grades_and_years_are_the_axes():
    found = panel(table())

    assert (found.areas, found.grades, found.years[0], found.years[-1]) == (
        ("A", "B"),
        (1, 2, 3),
        2010,
        2021,
    )
    assert found.pupils[1, 2, 0] == 113  # 100 + 10 + grade 3


def test_other_ways_of_writing_grades_years_and_counts():
    plain = table(grades=range(3))
    written = plain.assign(
        grade=plain["grade"].map({0: "KG", 1: "Grade 1", 2: "2.0"}),
        year=plain["year"].astype(str) + "/" + (plain["year"] + 1).astype(str).str[2:],
        enrolment=plain["enrolment"].map("{:,.0f}".format),
    ).rename(columns={"area_id": " Area_ID "})

    assert panel(written).pupils == pytest.approx(panel(plain).pupils)


def test_ages_are_grades_five_years_later():
    found = panel(table(grades=range(4, 8)).rename(columns={"grade": "age"}))

    assert found.grades == (-1, 0, 1, 2)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (table().drop(columns="year"), "no column year"),
        (table().head(0), "no rows"),
        (table(grade="third"), "third"),
        (table(year="last"), "cannot be read as a year"),
        (table(enrolment=-1.0), "below zero"),
        (table(enrolment="?"), "mostly not numbers"),
        (table(years=range(2020, 2022)), "at least 3 school years"),
        (table()[lambda d: d["grade"] != 2], "grade 2"),
        (pd.concat([table(), table().head(1)]), "share area, grade and year"),
        (
            table(enrolment=np.inf),
            r"'inf', which is no number of people \(line 2, 3, 4 and 69 more",
        ),
        (table(year=2205), "'2205'.*1900 to 2100"),
        (table(area_id=""), "area_id is empty"),
        (
            table()
            .assign(pupils=1)
            .set_axis(["area_id", "grade", "year", "enrolment"] * 1 + ["Year.1"], axis=1),
            "Column year is there twice",
        ),
    ],
)
def test_what_is_wrong_is_said(changed, said):
    with pytest.raises(ParameterError, match=said):
        backtest_report(changed)


def test_nothing_to_judge_is_an_error():
    with pytest.raises(ParameterError, match="at least 30 pupils"):
        backtest_report(table(enrolment=2.0))


def test_a_suppressed_count_is_unknown_and_an_absent_small_one_is_empty():
    rows = table(areas=("A",), enrolment=5.0).astype({"enrolment": object})
    rows.loc[(rows["year"] == 2015) & (rows["grade"] == 2), "enrolment"] = "*"
    rows = rows[~((rows["year"] == 2016) & (rows["grade"] == 3))]

    found = panel(rows)

    assert np.isnan(found.pupils[0, 1, 5])
    assert found.pupils[0, 2, 6] == 0


def test_many_pupils_do_not_vanish_because_a_row_is_absent():
    rows = table(areas=("A",))
    rows = rows[~((rows["year"] == 2016) & (rows["grade"] == 3))]

    assert np.isnan(panel(rows).pupils[0, 2, 6])


def test_an_area_without_rows_in_a_year_is_unknown_then():
    rows = table()
    found = panel(rows[~((rows["area_id"] == "B") & (rows["year"] < 2013))])

    assert np.isnan(found.pupils[1, :, :3]).all()
    assert np.isfinite(found.pupils[1, :, 3:]).all()


def test_levels_of_grades_are_levels_of_one_panel():
    rows = table()
    found = read_tidy(rows.assign(level=np.where(rows["grade"] < 3, "lower", "upper")))

    assert len(found) == 1
    assert found[0].levels == {"lower": (0, 1), "upper": (2,), "all": (0, 1, 2), "entry": (0,)}


def test_levels_of_places_are_panels_of_their_own():
    both = pd.concat([table(level="town"), table(areas=("C",), level="county")])

    found = read_tidy(both)

    assert [(t.panel.areas, list(t.levels)) for t in found] == [
        (("C",), ["county", "county entry"]),
        (("A", "B"), ["town", "town entry"]),
    ]


def test_identifiers_written_as_numbers_are_the_same_places():
    assert identifiers(pd.Series([101.0, 7.0])).tolist() == ["101", "7"]
    assert identifiers(pd.Series([1, None], dtype="Int64")).tolist() == ["1", ""]


def births_of(areas, births=120.0, years=range(2000, 2022)):
    rows = [(area, year, births) for area in areas for year in years]
    return pd.DataFrame(rows, columns=["area_id", "year", "births"])


def test_births_of_areas_parents_and_the_whole_are_told_apart():
    rows = table(parent_id="P")

    own = panel(rows, births=births_of(["A", "B"])).drivers
    parent = panel(rows, births=births_of(["P"])).drivers
    whole = panel(rows, births=births_of(["X"], 240.0)).drivers
    both = panel(rows, births=births_of(["A", "B", "X"])).drivers

    assert list(own) == ["births"]
    assert list(parent) == ["parent_births"]
    assert list(whole) == ["county_births"]
    assert whole["county_births"][0, 0] == pytest.approx(240)
    assert set(both) == {"births", "county_births"}


def test_births_enter_at_the_given_age():
    # 4/12 of the earlier and 8/12 of the later year: the first whole cohort is that of 2000 and
    # 2001, which is 4 on 31 August 2005
    found = panel(table(areas=("A",)), births=births_of(["A"]), start_age=4)

    assert found.driver_years[0] == 2005
    assert panel(table(areas=("A",)), births=births_of(["A"])).driver_years[0] == 2007


def test_births_given_twice_are_an_error():
    with pytest.raises(ParameterError, match="twice"):
        read_tidy(table(), births=pd.concat([births_of(["A"])] * 2))


@pytest.mark.parametrize("years", [range(2019, 2022), range(2010, 2013)])
def test_three_years_give_one_origin(years):
    rows = pd.DataFrame(backtest_report(table(years=years)))

    assert set(rows["horizon"]) == {1}
    assert {"cohort", "naive", "drift"} <= set(rows["method"])


def test_a_missing_year_and_areas_that_come_and_go_still_give_a_table():
    rows = table(areas=tuple("ABCDEF"))
    rows = rows[(rows["year"] != 2015) & ~((rows["area_id"] == "B") & (rows["year"] > 2017))]

    found = pd.DataFrame(backtest_report(rows))

    ours = found[(found["method"] == "cohort") & (found["size_band"] == "all")]
    assert ours["mape"].max() < 0.05
    assert set(ours["horizon"]) == {1, 2, 3, 4, 5}


def test_the_row_has_the_documented_keys():
    row = backtest_report(table())[0]

    assert set(row) == {
        "level",
        "horizon",
        "size_band",
        "method",
        "n",
        "mape",
        "wape",
        "bias",
        "coverage80",
        "coverage95",
        "width80",
        "interval_score",
    }


@pytest.mark.parametrize(
    ("births", "said"),
    [
        (births_of(["X", "Y"]), r"2 places that the table does not have, the first X \(line 2"),
        (births_of(["A"]).assign(month=13), "Column month holds '13'.*1 to 12"),
        (births_of(["A"], -4.0), "Column births holds '-4.0', which is below zero"),
        (births_of(["A"], "many"), "births is mostly not numbers"),
        (births_of(["A"]).drop(columns="year"), "births table has no column year"),
        (pd.concat([births_of(["A"])] * 2), "Births stand twice"),
    ],
)
def test_what_is_wrong_with_births_is_said(births, said):
    with pytest.raises(ParameterError, match=said):
        backtest_report(table(), births=births)


@pytest.mark.parametrize("age", [-1, 21])
def test_an_age_at_entry_that_cannot_be_meant_is_refused(age):
    with pytest.raises(ParameterError, match="an age from 0 to 20"):
        read_tidy(table(), start_age=age)


def test_a_fault_is_named_with_the_line_of_the_file():
    # the head is line 1, so the fourth row of data is line 5
    rows = table().astype({"grade": object})
    rows.loc[3, "grade"] = "top"

    with pytest.raises(ParameterError, match=r"'top' \(line 5\)"):
        read_tidy(rows)


def test_repeated_keys_are_shown_once_with_their_lines():
    rows = pd.concat([table(), table().head(1)], ignore_index=True)

    with pytest.raises(ParameterError, match=r"area_id A, grade 1, year 2010 \(line 2, 74\)"):
        read_tidy(rows)


def test_american_spelling_is_read():
    assert panel(table().rename(columns={"enrolment": "Enrollment"})).pupils[1, 2, 0] == 113


def test_empty_lines_are_no_rows():
    rows = pd.concat([table(), pd.DataFrame([[None] * 4], columns=table().columns)])

    assert panel(rows).pupils[1, 2, 0] == 113


def test_a_clean_table_is_without_remarks():
    assert tidy_remarks(table(parent_id="P"), births_of(["A", "B", "P"])) == []


def test_remarks_say_what_is_unknown_odd_or_left_out():
    rows = table().astype({"enrolment": object})
    rows.loc[[2, 5], "enrolment"] = "about 90"
    rows.loc[7, "enrolment"] = 5.5
    rows = rows.assign(age=6, parent_id=rows["area_id"])
    births = births_of(["A", "X", "Y"])

    said = tidy_remarks(rows, births)

    assert said == [
        "2 cells of enrolment are unknown, the first 'about 90' (line 4, 7).",
        "1 cells of enrolment are not whole, the first '5.5' (line 9); they are used as they are.",
        "Columns grade and age are both there; grade is used.",
        "Areas are their own parents: area_id A; area_id B (line 2, 3, 4 and 69 more).",
        "Births of 2 areas that are not in the table are not used, the first X.",
    ]


def test_an_area_with_several_parents_is_pointed_out():
    rows = table(areas=("A",))
    rows = rows.assign(parent_id=np.where(rows["year"] < 2015, "P", "Q"))

    assert tidy_remarks(rows) == ["Area A has several parents; the last one named is used."]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_files_as_spreadsheets_save_them_are_read(tmp_path, encoding):
    path = tmp_path / "table.csv"
    path.write_bytes(table(areas=("甲乡",)).to_csv(index=False).encode(encoding))

    assert panel(read_csv(path)).areas == ("甲乡",)


def test_other_separators_are_named(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(table().to_csv(index=False, sep=";"))

    with pytest.raises(ParameterError, match="not separated by commas"):
        read_csv(path)


def test_parents_of_each_other_are_pointed_out():
    rows = table()
    rows = rows.assign(parent_id=np.where(rows["area_id"] == "A", "B", "A"))

    assert tidy_remarks(rows) == ["Areas are each other's parents: A, B."]


def test_the_age_at_entry_follows_from_the_lowest_grade():
    births = births_of(["A"])

    # grade 1 is entered at six, kindergarten (grade 0) at five, age 4 at four; the first whole
    # cohort is born in 2000 and 2001
    by_grade = table(areas=("A",))
    assert panel(by_grade, births=births).driver_years[0] == 2007
    lower = table(areas=("A",), grades=range(3))
    assert panel(lower, births=births).driver_years[0] == 2006
    by_age = table(areas=("A",), grades=range(4, 8)).rename(columns={"grade": "age"})
    assert panel(by_age, births=births).driver_years[0] == 2005
    # lower secondary alone: grade 7 is entered from births twelve years back only if one says so
    assert panel(table(areas=("A",), grades=range(7, 10)), births=births).driver_years[0] == 2007
    # with both columns the grade counts, and so does its age
    assert panel(by_grade.assign(age=3), births=births).driver_years[0] == 2007


def test_births_by_month_go_to_the_cohort_of_their_school_year():
    # 40 a month from September to December, 10 a month before: 4 x 40 + 8 x 10
    rows = [
        ("A", year, month, 40.0 if month > 8 else 10.0)
        for year in range(2000, 2022)
        for month in range(1, 13)
    ]
    births = pd.DataFrame(rows, columns=["area_id", "year", "month", "births"])

    found = panel(table(areas=("A",)), births=births)

    assert found.driver_years[0] == 2007
    assert found.drivers["births"][0, 0] == pytest.approx(4 * 40 + 8 * 10)
    # a month that is not known for every row: years count, and the months of a year are added up
    part = births.assign(month=births["month"].where(births["month"] > 1, 0))
    assert panel(table(areas=("A",)), births=part).drivers["births"][0, 0] == pytest.approx(240)


def test_one_year_of_births_makes_no_cohort():
    assert panel(table(), births=births_of(["A"], years=[2010])).drivers == {}
    assert panel(table(), births=births_of(["A"], years=[2010, 2011])).drivers != {}
    assert panel(table(), births=births_of(["A"]).head(0)).drivers == {}


def test_births_without_an_area_are_those_of_the_whole():
    births = births_of(["any"], 240.0).drop(columns="area_id")

    found = panel(table(), births=births).drivers["county_births"]
    assert found[:, 0] == pytest.approx(np.array([240, 240]))


def test_areas_of_a_parent_are_one_group():
    rows = table(areas=("A", "B", "C"))
    rows = rows.assign(parent_id=rows["area_id"].map({"A": "Q", "B": "P", "C": "Q"}))

    assert panel(rows).group_index.tolist() == [1, 0, 1]
    assert panel(table(parent_id="")).groups is None


def test_one_grade_has_no_entry_level_of_its_own():
    assert read_tidy(table(grades=[1]))[0].levels == {"all": (0,)}
    assert read_tidy(table(grades=[1], level="x"))[0].levels == {"x": (0,)}
    # one grade and two kinds of places: panels of their own
    both = pd.concat([table(grades=[1], level="town"), table(("C",), grades=[1], level="county")])
    assert [list(t.levels) for t in read_tidy(both)] == [["county"], ["town"]]


def test_pupils_do_not_vanish_where_the_grade_below_had_many_a_year_before():
    # grade 3 of 2016 is not listed: it is empty where either it or grade 2 had few in 2015
    rows = table(areas=("A",), enrolment=100.0)
    rows = rows[~((rows["year"] == 2016) & (rows["grade"] == 3))]
    few = rows.assign(
        enrolment=rows["enrolment"].where((rows["year"] != 2015) | (rows["grade"] != 2), 1.0)
    )

    assert np.isnan(panel(rows).pupils[0, 2, 6])
    assert panel(few).pupils[0, 2, 6] == 0
