"""Builders of small counties with known rates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import standards
from analysis.forecast.panel import Panel, entry_cohorts
from analysis.tables import Tables, contract


@pytest.fixture(scope="session")
def rules():
    return standards.load("national_2017")


def known_county(
    *, towns=4, years=14, ratios=None, entry=0.9, seed=3, noise=0.0, first_year=2010, grades=9
):
    """Return a panel made by fixed rates, and its continuation for five more years.

    Births are smooth by town; entrants = entry x cohort; every grade moves up by its ratio.
    """
    random = np.random.default_rng(seed)
    ahead = 5
    total = years + ahead
    ratios = np.full(grades - 1, 1.0) if ratios is None else np.asarray(ratios)
    birth_years = tuple(range(first_year - 20, first_year + total))
    level = random.uniform(300, 900, towns)
    wave = 1 + 0.3 * np.sin(np.arange(len(birth_years)) / 4.0)
    births = level[:, None] * wave[None, :]
    children, entry_years, known = entry_cohorts(births, birth_years, 6)
    place = {year: i for i, year in enumerate(entry_years)}
    pupils = np.zeros((towns, grades, total))
    for t in range(total):
        for g in range(grades):
            start = first_year + t - g
            value = entry * children[:, place[start]] * np.prod(ratios[:g])
            pupils[:, g, t] = value * np.exp(noise * random.standard_normal(towns))
    panel = Panel(
        areas=tuple(f"T{i}" for i in range(towns)),
        grades=tuple(range(1, grades + 1)),
        years=tuple(range(first_year, first_year + years)),
        pupils=pupils[:, :, :years],
        drivers={"births": children},
        driver_years=entry_years,
        driver_known=known,
    )
    return panel, pupils[:, :, years:]


def county_tables(*, towns=3, years=10, first_year=2015, births=True, junior_in=(0, 1)):
    """Return tables of a county: a primary school a town, junior schools in some towns."""
    schools, enrolment = [], []
    for town in range(towns):
        schools.append((f"P{town}", f"T{town}", "primary", "town" if town == 0 else "village"))
    for town in junior_in:
        schools.append((f"J{town}", f"T{town}", "junior", "town" if town == 0 else "village"))
    for year in range(first_year, first_year + years):
        for town in range(towns):
            for grade in range(1, 7):
                cohort = year - grade
                pupils = round(60 + 20 * town + 8 * np.sin(cohort / 3.0 + town))
                enrolment.append((f"P{town}", year, grade, pupils, max(1, round(pupils / 40))))
        for town in junior_in:
            for grade in range(7, 10):
                share = towns / len(junior_in)
                pupils = round(share * (78 + 6 * np.sin((year - grade) / 3.0)))
                enrolment.append((f"J{town}", year, grade, pupils, max(1, round(pupils / 45))))
    frames = {
        "towns": contract("towns").frame(
            pd.DataFrame(
                {
                    "town_id": [f"T{i}" for i in range(towns)],
                    "town_name": [f"镇{i}" for i in range(towns)],
                }
            )
        ),
        "schools": contract("schools").frame(
            pd.DataFrame(schools, columns=["school_id", "town_id", "kind", "urban_rural"]).assign(
                school_name=lambda d: d["school_id"]
            )
        ),
        "enrolment": contract("enrolment").frame(
            pd.DataFrame(
                enrolment, columns=["school_id", "school_year", "grade", "pupils", "classes"]
            )
        ),
    }
    if births:
        rows = [
            ("C01", year, 0, "resident", round(250 + 20 * np.sin(year / 3.0)))
            for year in range(first_year - 12, first_year + years)
        ]
        frames["births"] = contract("births").frame(
            pd.DataFrame(rows, columns=["town_id", "year", "month", "basis", "births"])
        )
    return Tables(frames)
