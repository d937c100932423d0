"""The page on how far the forecast can be trusted, counted again by other means."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest

from analysis import forecast
from tests.forecast.conftest import county_tables

BASE = 2024


@pytest.fixture(scope="module")
def tables():
    """Return three towns whose counts wobble by up to 6 per cent (a fixed pattern)."""
    given = county_tables(years=10)
    rows = given["enrolment"].copy()
    random = np.random.default_rng(11)
    rows["pupils"] = (rows["pupils"] * random.uniform(0.94, 1.06, len(rows))).round()
    return given.with_tables({"enrolment": rows})


def run(given, rules, base_year):
    return forecast.seat_demand(
        given, rules=rules, base_year=base_year, horizon_years=5, area="C01", paths=50
    )


@pytest.fixture(scope="module")
def step(tables, rules):
    return run(tables, rules, BASE)


@pytest.fixture(scope="module")
def counted(tables):
    """Return pupils by (level, area, stage, year), added up in plain Python."""
    schools = tables["schools"].set_index("school_id")["town_id"].to_dict()
    found = defaultdict(float)
    for row in tables["enrolment"].to_dict("records"):
        stage = "primary" if row["grade"] <= 6 else "junior"
        found["town", schools[row["school_id"]], stage, row["school_year"]] += row["pupils"]
        found["county", "C01", stage, row["school_year"]] += row["pupils"]
    return dict(found)


def key(row, year):
    return (row["level"], row["area_id"], row["stage"], year)


def test_what_came_is_what_was_counted(step, counted):
    rows = step["forecast_vintages"].to_dict("records")

    assert {r["level"] for r in rows} == {"town", "county"}
    assert {r["stage"] for r in rows} == {"primary", "junior"}
    for row in rows:
        assert 1 <= row["school_year"] - row["origin_year"] <= 5
        assert row["pupils"] == pytest.approx(counted[key(row, row["school_year"])])
        error = row["forecast_pupils"] / row["pupils"] - 1
        assert row["signed_error"] == pytest.approx(error)


def test_every_year_that_came_and_every_origin_is_judged(step):
    rows = step["forecast_vintages"]
    ahead = rows["school_year"] - rows["origin_year"]
    pairs = set(zip(rows["origin_year"], ahead, strict=True))

    origins = {origin for origin, _ in pairs}
    assert max(origins) == BASE - 1
    # from each origin every year up to 2024, five at most
    assert pairs == {(o, h) for o in origins for h in range(1, min(5, BASE - o) + 1)}


def test_a_past_forecast_is_the_one_that_year_would_have_given(step, tables, rules):
    rows = step["forecast_vintages"]
    for origin in (2020, 2022):
        then = run(tables, rules, origin)["seat_demand"]
        central = then[then["scenario"] == "central"].set_index(
            ["level", "area_id", "stage", "school_year"]
        )["pupils"]
        past = rows[rows["origin_year"] == origin]
        assert len(past)
        for row in past.to_dict("records"):
            expected = central[key(row, row["school_year"])]
            assert row["forecast_pupils"] == pytest.approx(expected, rel=1e-9)


def test_errors_of_last_year_and_of_a_straight_line_by_plain_arithmetic(step, counted):
    accuracy = step["forecast_accuracy"].set_index(["level", "stage", "horizon", "method"])
    rows = step["forecast_vintages"].to_dict("records")
    first = min(year for *_, year in counted)
    seen = defaultdict(list)
    for row in rows:
        now, start = (counted.get(key(row, y)) for y in (row["origin_year"], first))
        ahead = row["school_year"] - row["origin_year"]
        drift = (now - start) / (row["origin_year"] - first)
        came = row["pupils"]
        guesses = {
            "naive": now,
            "drift": max(now + ahead * drift, 0.0),
            "cohort": row["forecast_pupils"],
        }
        for method, guess in guesses.items():
            place = (row["level"], row["stage"], ahead, method)
            seen[place].append((guess, came, row["origin_year"]))
    for place, cases in seen.items():
        found = accuracy.loc[place]
        assert found["n"] == len(cases)
        assert found["origins"] == len({origin for *_, origin in cases})
        mape = sum(abs(g - a) / a for g, a, _ in cases) / len(cases)
        total = sum(a for _, a, _ in cases)
        assert found["mape"] == pytest.approx(mape)
        assert found["wape"] == pytest.approx(sum(abs(g - a) for g, a, _ in cases) / total)
        assert found["bias"] == pytest.approx(sum(g - a for g, a, _ in cases) / total)


def test_only_the_cohorts_have_bands_and_those_are_shares(step):
    accuracy = step["forecast_accuracy"]
    own = accuracy[accuracy["n"] > 0]
    ours, others = own[own["method"] == "cohort"], own[own["method"] != "cohort"]

    assert others[["coverage80", "coverage95"]].isna().all().all()
    assert ours["coverage80"].between(0, 1).all()
    assert (ours["coverage95"] >= ours["coverage80"]).all()
    # a share of n cases is a whole number of n-ths
    for name in ("coverage80", "coverage95"):
        hits = ours[name] * ours["n"]
        assert all(math.isclose(h, round(h), abs_tol=1e-9) for h in hits)


def test_published_practice_stands_beside_without_cases(step):
    published = step["forecast_accuracy"].query("method.str.startswith('published')")

    assert len(published)
    assert (published["n"] == 0).all()
    assert published["mape"].between(0.001, 0.2).all()
    assert set(published["level"]) == {"county"}
