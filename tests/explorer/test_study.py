"""Moving a lever changes what it should and nothing else."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import capacity, store
from analysis.config import run_parameters
from analysis.errors import AreaError, ForecastError, ParameterError
from analysis.explorer import LEVERS, ScenarioStudy, lever_values

AREA = 'name_zh = "某县"\nname_en = "Some county"\ncode = "440000"\nbase_year = 2024\n'
YEARS = range(2018, 2025)


def county(folder):
    """Write one town, one primary and one junior school: 90 a grade, 12 and 6 rooms."""
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(AREA, encoding="utf-8")
    schools = "学校代码,学校名称,乡镇代码,办学类型\np1,第一小学,t1,小学\nj1,第一中学,t1,初级中学\n"
    pupils = ["学校代码,学年,年级,在校生数,班级数"]
    for year in YEARS:
        pupils += [f"p1,{year},{grade},90,2" for grade in range(1, 7)]
        pupils += [f"j1,{year},{grade},90,2" for grade in range(7, 10)]
    births = ["乡镇代码,年份,月份,人口口径,出生人数"]
    births += [f"440000,{year},0,常住,100" for year in range(2010, 2024)]
    rooms = "学校代码,学年,填报范围,普通教室数,其中危房教室数,其中临时教室数\n"
    rooms += "p1,2024,school,12,0,0\nj1,2024,school,6,0,0\n"
    files = {
        "乡镇街道.csv": "乡镇代码,乡镇名称\nt1,城关镇\n",
        "学校.csv": schools,
        "在校生.csv": "\n".join(pupils) + "\n",
        "出生人口.csv": "\n".join(births) + "\n",
        "办学条件.csv": rooms,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    county(folder / "data" / "raw" / "some")
    return folder


def opened(root):
    run = store.run_of(run_parameters(area="some", base_year=2024), root)
    store.import_raw(run)
    return store.run_of(run_parameters(area="some", base_year=2024), root)


@pytest.fixture(scope="module")
def study(root):
    return ScenarioStudy(opened(root))


def county_row(frame, stage, year):
    rows = frame[(frame["level"] == "county") & (frame["scenario"] == "central")]
    return rows[(rows["stage"] == stage) & (rows["school_year"] == year)].iloc[0]


def test_nothing_moved_is_the_area_as_it_stands(study):
    # By hand: 90 a grade every year stay 90: 540 primary, 270 junior pupils; 12 x 45 = 540 and
    # 6 x 50 = 300 seats, so nothing is short.
    assert county_row(study.base.seat_demand, "primary", 2030)["pupils"] == pytest.approx(
        540, abs=3
    )
    gap = county_row(study.base.seat_gap, "junior", 2030)
    assert (gap["seats_available"], gap["shortage"]) == (300, 0)


def test_gap_of_the_explorer_is_the_gap_of_the_briefing(study):
    run = study.run
    tables, rules = study._changed(lever_values({"class_size_primary": 40}, study.starts))
    whole = capacity.capacity_gap(
        tables, rules=rules, base_year=2024, horizon_years=10, area=run.area.code
    )["seat_gap"]

    quick = study.outcome({"class_size_primary": 40}).seat_gap

    pd.testing.assert_frame_equal(
        quick.drop(columns="schools"), whole.drop(columns="schools"), check_like=True
    )


def test_smaller_classes_leave_fewer_seats(study):
    # 12 rooms x 40 = 480 seats for about 540 pupils.
    moved = study.outcome({"class_size_primary": 40})

    gap = county_row(moved.seat_gap, "primary", 2026)
    assert gap["seats_available"] == 480
    assert gap["shortage"] == pytest.approx(gap["seats_required"] - 480)


def test_out_flow_before_junior_moves_junior_only(study):
    # A tenth of each cohort leaves before grade 7; from 2027 on every junior grade has felt it:
    # 270 x 0.9 = 243.
    moved = study.outcome({"junior_outflow": 0.1})

    assert county_row(moved.seat_demand, "junior", 2030)["pupils"] == pytest.approx(243, abs=3)
    before = county_row(study.base.seat_demand, "primary", 2030)["pupils"]
    assert county_row(moved.seat_demand, "primary", 2030)["pupils"] == pytest.approx(before)


def test_fewer_births_reach_school_only_after_the_births_that_are_known(study):
    moved = study.outcome({"births_after_known": 0.5})

    def pupils(outcome, year):
        return county_row(outcome.seat_demand, "primary", year)["pupils"]

    assert pupils(moved, 2026) == pytest.approx(pupils(study.base, 2026))
    assert pupils(moved, 2034) < 0.9 * pupils(study.base, 2034)


def test_lever_outside_its_range_or_unknown_is_refused():
    with pytest.raises(ParameterError, match="outside"):
        lever_values({"entry_ratio": 9.0}, {})
    with pytest.raises(ParameterError, match="Known"):
        lever_values({"births": 1.0}, {})


def test_every_lever_starts_inside_its_range(study):
    for lever in LEVERS:
        assert lever.low <= study.starts[lever.name] <= lever.high


def test_saved_scenario_is_what_the_next_run_starts_from(tmp_path):
    county(tmp_path / "data" / "raw" / "some")
    study = ScenarioStudy(opened(tmp_path))

    path = study.save({"entry_ratio": 0.9, "class_size_primary": 40}, "fewer")

    assert path.name == "假设登记_fewer.csv"
    again = ScenarioStudy(opened(tmp_path))
    assert again.starts["entry_ratio"] == pytest.approx(0.9)
    assert again.starts["class_size_primary"] == 45
    with pytest.raises(ParameterError, match="entry_ratio"):
        again.save({"entry_ratio": 0.8}, "other")


def test_saving_refuses_a_bad_name_nothing_moved_and_a_file_that_is_there(study):
    with pytest.raises(ParameterError, match="Letters"):
        study.save({"entry_ratio": 0.9}, "../x")
    with pytest.raises(ParameterError, match="No assumption"):
        study.save({"class_size_primary": 40}, "x")
    path = study.save({"entry_ratio": 0.9}, "twice")
    with pytest.raises(AreaError, match="exists"):
        study.save({"entry_ratio": 0.9}, "twice")
    path.unlink()


def test_area_without_history_has_nothing_to_explore(tmp_path):
    folder = tmp_path / "data" / "raw" / "some"
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(AREA, encoding="utf-8")

    with pytest.raises(ForecastError, match="history"):
        ScenarioStudy(opened(tmp_path))
