"""A county that only gives totals: grades rebuilt from entrants, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.forecast.history import read_history
from analysis.tables import Tables, contract

YEARS = range(2010, 2021)


def totals(stage, place="C01", **columns):
    """Return rows of one stage; every column is a dict by year, None is unknown."""
    years = sorted({y for values in columns.values() for y in values})
    return [
        {
            "town_id": place,
            "school_year": year,
            "stage": stage,
            **{name: values.get(year) for name, values in columns.items()},
        }
        for year in years
    ]


def read(rows, base_year=2020, code="C01"):
    given = Tables({"totals": contract("totals").frame(rows)})
    return read_history(given, base_year=base_year, code=code)


def same(value, years=YEARS):
    return dict.fromkeys(years, float(value))


def test_six_years_of_entrants_make_the_first_year_of_six_grades():
    # entrants 100, 101, ... of 2010, 2011, ...: the grades of 2015 are the entrants of 2015 to 2010
    entrants = {year: 100.0 + year - 2010 for year in YEARS}

    history = read(totals("primary", entrants=entrants))

    assert history.stages == ("primary",)
    panel = history.panel
    assert panel.areas == ("C01",)
    assert panel.grades == (1, 2, 3, 4, 5, 6)
    assert panel.transfer_grade is None
    assert panel.years == (2015, 2016, 2017, 2018, 2019, 2020)
    assert panel.pupils[0, :, 0].tolist() == [105, 104, 103, 102, 101, 100]
    assert panel.pupils[0, :, -1].tolist() == [110, 109, 108, 107, 106, 105]


def test_fewer_than_six_years_of_entrants_are_no_history():
    rows = totals("primary", entrants=same(100, range(2015, 2020)), pupils=same(600))

    assert read(rows) is None


def test_years_after_the_base_year_are_not_looked_at():
    entrants = same(100) | {2020: 9_999.0}

    panel = read(totals("primary", entrants=entrants), base_year=2019).panel

    assert panel.years[-1] == 2019
    assert panel.pupils.max() == 100


def test_a_year_without_entrants_in_between_lies_on_the_line_and_one_at_the_end_ends_the_history():
    # 2014 is unknown between 100 and 120: 110; 2020 is unknown at the end: the history ends in 2019
    entrants = same(100) | {2014: None, 2015: 120.0, 2020: None}
    rows = totals("primary", entrants=entrants, pupils={2020: 640.0})

    panel = read(rows).panel

    assert panel.years == (2015, 2016, 2017, 2018, 2019)
    grades_of_2019 = panel.pupils[0, :, -1]
    assert grades_of_2019 == pytest.approx(np.array([100, 100, 100, 100, 120, 110]))


def test_junior_entrants_that_are_unknown_are_graduates_at_the_usual_rate():
    # 90 and 80 of 100 graduates entered in the years that are known: 85 of 100 on the mean, so the
    # entrants of 2012 to 2015 are 85 of each year's graduates
    graduates = same(100) | {2013: 200.0}
    entered = {2016: 90.0, 2017: 80.0, 2018: 90.0, 2019: 80.0, 2020: 85.0}
    rows = totals("primary", entrants=same(100), graduates=graduates)
    rows += totals("junior", entrants=entered)

    panel = read(rows).panel

    assert panel.grades == tuple(range(1, 10))
    assert panel.transfer_grade == 6
    assert panel.years == (2015, 2016, 2017, 2018, 2019, 2020)
    # junior grades of 2015: entrants of 2015, 2014 and 2013 (of 200 graduates)
    assert panel.pupils[0, 6:, 0] == pytest.approx(np.array([85, 85, 170]))
    assert panel.pupils[0, 6:, -1] == pytest.approx(np.array([85, 80, 90]))


def test_without_graduates_the_years_before_the_first_junior_entrants_are_left_out():
    entered = same(90, range(2014, 2021))
    rows = totals("primary", entrants=same(100)) + totals("junior", entrants=entered)

    panel = read(rows).panel

    # three junior grades are whole from 2016 on
    assert panel.years == (2016, 2017, 2018, 2019, 2020)
    assert (panel.pupils[0, 6:] == 90).all()


def test_two_years_of_junior_entrants_are_too_few_for_the_stage():
    rows = totals("primary", entrants=same(100))
    rows += totals("junior", entrants=same(90, range(2019, 2021)))

    assert read(rows).stages == ("primary",)
    rows = totals("primary", entrants=same(100))
    rows += totals("junior", entrants=same(90, range(2018, 2021)))
    history = read(rows)
    assert history.stages == ("primary", "junior")
    assert history.panel.years == (2020,)


def test_the_place_that_is_asked_for_is_read_and_failing_that_the_first():
    rows = totals("primary", entrants=same(100)) + totals("primary", "A", entrants=same(7))

    assert read(rows).panel.pupils.max() == 100
    found = read(rows, code="elsewhere").panel
    assert found.pupils.max() == 7


def test_grades_stand_on_the_scale_of_the_published_total():
    # 6 x 100 = 600 by entrants, 540 published in 2020: a tenth less in every grade
    panel = read(totals("primary", entrants=same(100), pupils={2020: 540.0})).panel

    assert panel.pupils[0, :, -1] == pytest.approx(np.full(6, 90.0))
