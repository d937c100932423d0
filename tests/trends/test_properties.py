"""What must hold of the trends of every county: sums, shares, order, unknowns, mirror images."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis import trends
from analysis.tables import Tables, contract

from .test_trends import tables_of

FEW = settings(max_examples=5, deadline=None)
MANY = settings(max_examples=100, deadline=None)
PLACES = ("city", "town", "village")
#: Three schools over two years; one does not say its second grade, one closes its seventh.
SPOILT = {
    ("S1", 2023, 1): (60, 2),
    ("S1", 2023, 2): (None, 2),
    ("S1", 2024, 1): (70, 2),
    ("S1", 2024, 2): (66, 3),
    ("S2", 2023, 1): (40, 1),
    ("S2", 2024, 1): (30, 1),
    ("S2", 2023, 7): (25, 1),
    ("S3", 2023, 7): (90, 2),
    ("S3", 2024, 7): (80, 2),
}

#: Rows (school, year, grade) -> (pupils, classes); pupils may be unknown.
cells = st.dictionaries(
    st.tuples(
        st.sampled_from(["S1", "S2", "S3"]), st.integers(2021, 2024), st.sampled_from([1, 2, 7])
    ),
    st.tuples(st.one_of(st.none(), st.integers(0, 900)), st.integers(1, 20)),
    min_size=1,
    max_size=14,
)


def tables_from(given_cells, towns=("T1", "T1", "T2")):
    rows = [
        (*key, np.nan if pupils is None else float(pupils), float(classes))
        for key, (pupils, classes) in given_cells.items()
    ]
    return tables_of(
        rows,
        {
            f"S{i + 1}": (town, "nine_year", place)
            for i, (town, place) in enumerate(zip(towns, PLACES, strict=True))
        },
    )


def plain_sum(given_cells, stage, year, schools=("S1", "S2", "S3"), grades=None):
    """Add cells up in plain Python; unknown where one is, None where there is none."""
    wanted = grades or ([7] if stage == "junior" else [1, 2])
    found = [
        pupils
        for (school, at, grade), (pupils, _) in given_cells.items()
        if at == year and grade in wanted and school in schools
    ]
    return None if not found else (np.nan if None in found else sum(found))


@pytest.mark.holds("trends.school_rows", "trends.yearly_by_place")
@FEW
@example(SPOILT)
@given(cells)
def test_every_place_has_the_sum_of_its_schools_and_no_sum_with_a_gap(given_cells):
    rows = trends.school_rows(tables_from(given_cells), 2023)
    table = trends.yearly_by_place(rows, "C") if not rows.empty else pd.DataFrame()

    assert len(rows) == sum(year <= 2023 for _, year, _ in given_cells)
    for row in table.to_dict("records"):
        schools = {"C": ("S1", "S2", "S3"), "T1": ("S1", "S2"), "T2": ("S3",)}[row["area_id"]]
        own = (given_cells, row["stage"], row["school_year"], schools)
        entry = plain_sum(*own, grades=[7 if row["stage"] == "junior" else 1])
        assert row["pupils"] == pytest.approx(plain_sum(*own), nan_ok=True)
        # where nobody reports an entry grade, its pupils are not nought but unknown
        expected = np.nan if entry is None else entry
        assert row["entrants"] == pytest.approx(expected, nan_ok=True)


@pytest.mark.holds("trends.trends")
@settings(max_examples=3, deadline=None)
@example(SPOILT, Random(3), 2)
@given(cells, st.randoms(use_true_random=False), st.integers(2, 9))
def test_order_changes_nothing_and_scale_only_the_numbers(given_cells, random, times):
    items = list(given_cells.items())
    mixed = dict(random.sample(items, len(items)))
    larger = {
        key: (None if pupils is None else pupils * times, classes * times)
        for key, (pupils, classes) in given_cells.items()
    }

    plain, other, scaled = (
        trends.trends(tables_from(each), base_year=2024, area="C").tables
        for each in (given_cells, mixed, larger)
    )

    for name, table in plain.items():
        pd.testing.assert_frame_equal(table, other[name])
        assert len(scaled[name]) == len(table)
    whole = plain["trend_pupils"].query("level == 'county'").set_index(["stage", "school_year"])
    classes = plain["trend_urban_rural"].groupby(["stage", "school_year"])["pupils"]
    summed = classes.apply(lambda values: values.sum(skipna=False)).reindex(whole.index)
    assert summed.to_numpy(float) == pytest.approx(whole["pupils"].to_numpy(float), nan_ok=True)
    for name, counted, rates in (
        (
            "trend_pupils",
            ["pupils", "change_pupils"],
            ["class_size", "change_rate", "county_share"],
        ),
        ("trend_urban_rural", ["pupils", "classes"], ["class_size", "pupil_share"]),
        ("trend_contributions", ["change_pupils", "classes_effect"], ["contribution"]),
    ):
        for columns, factor in ((counted, times), (rates, 1)):
            left, right = (each[name][columns].to_numpy(float) for each in (plain, scaled))
            assert right == pytest.approx(left * factor, nan_ok=True)


@pytest.mark.holds("trends.totals_rows")
@FEW
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["C", "T1", "T2"]), st.integers(2021, 2025)),
        st.one_of(st.none(), st.integers(0, 9000)),
        min_size=1,
    )
)
def test_totals_are_taken_as_they_are(totals):
    rows = [
        {"town_id": town, "school_year": year, "stage": "primary", "pupils": pupils}
        for (town, year), pupils in totals.items()
    ]

    table = trends.totals_rows(Tables({"totals": contract("totals").frame(rows)}), 2024, "C")

    found = {
        (row["area_id"], row["school_year"]): None if np.isnan(row["pupils"]) else row["pupils"]
        for row in table.to_dict("records")
    }
    assert found == {key: pupils for key, pupils in totals.items() if key[1] <= 2024}
    if len(table):
        assert ((table["level"] == "county") == (table["area_id"] == "C")).all()


@pytest.mark.holds("trends.with_changes")
@FEW
@given(st.dictionaries(st.integers(2015, 2024), st.one_of(st.none(), st.integers(0, 900))))
def test_changes_add_up_to_the_whole_way_and_never_cross_a_gap(yearly):
    rows = [
        {
            "level": "county",
            "area_id": "C",
            "stage": "primary",
            "school_year": year,
            "pupils": np.nan if pupils is None else float(pupils),
            "classes": 2.0,
            "entrants": np.nan,
        }
        for year, pupils in yearly.items()
    ]

    table = trends.with_changes(pd.DataFrame(rows)).set_index("school_year")

    for year in yearly:
        now, before = yearly[year], yearly.get(year - 1)
        known = now is not None and before is not None
        expected = now - before if known else np.nan
        assert table.loc[year, "change_pupils"] == pytest.approx(expected, nan_ok=True)
        rate = expected / before if known and before else np.nan
        assert table.loc[year, "change_rate"] == pytest.approx(rate, nan_ok=True)
    if len(yearly) > 1 and len(yearly) == max(yearly) - min(yearly) + 1:
        ends = [yearly[max(yearly)], yearly[min(yearly)]]
        if None not in yearly.values():
            assert table["change_pupils"].sum() == ends[0] - ends[1]


@pytest.mark.holds("trends.urban_rural")
@FEW
@example(SPOILT)
@given(cells)
def test_classes_of_place_share_all_pupils_and_an_unknown_school_is_no_empty_one(given_cells):
    table = trends.urban_rural(trends.school_rows(tables_from(given_cells), 2024))

    for row in table.to_dict("records"):
        school = f"S{PLACES.index(row['urban_rural']) + 1}"
        expected = plain_sum(given_cells, row["stage"], row["school_year"], [school])
        assert row["pupils"] == pytest.approx(expected, nan_ok=True)
    for (stage, year), group in table.groupby(["stage", "school_year"]):
        whole = plain_sum(given_cells, stage, year)
        if np.isnan(whole) or whole == 0:
            assert group["pupil_share"].isna().all()
        else:
            assert group["pupil_share"].sum() == pytest.approx(1)


series = st.lists(st.integers(0, 30), min_size=1, max_size=12).map(lambda v: np.array(v, float))


@pytest.mark.holds("trends.turns")
@MANY
@given(series, st.integers(1, 5), st.integers(1, 3))
def test_turns_alternate_and_a_mirror_swaps_peaks_and_troughs(values, factor, confirming):
    found = trends.turns(values, confirming)

    kinds = [kind for _, kind, _ in found]
    assert all(a != b for a, b in itertools.pairwise(kinds))
    swapped = {"peak": "trough", "trough": "peak"}
    assert trends.turns(-values, confirming) == [(p, swapped[k], c) for p, k, c in found]
    assert trends.turns(values * factor + 7, confirming) == found
    # a flat piece is one value
    for place, kind, confirmed in found:
        sign = 1 if kind == "peak" else -1
        assert 0 < place < len(values) - 1
        assert (values[place] - values[place - 1]) * sign > 0
        later = values[place + 1 :] * sign
        assert later[later != values[place] * sign][0] < values[place] * sign
        if confirmed:
            changed = later[np.flatnonzero(later != values[place] * sign)[0] :]
            assert len(changed) >= confirming
            assert (changed[:confirming] < values[place] * sign).all()


@pytest.mark.holds("trends.turning_points")
@FEW
@given(series, st.lists(st.integers(0, 12), max_size=3, unique=True))
def test_turning_points_are_those_of_the_known_years_of_each_place(values, gaps):
    rows = [
        {
            "level": "town",
            "area_id": area,
            "stage": "primary",
            "school_year": 2010 + year,
            "pupils": sign * value + 40,
        }
        for area, sign in (("A", 1), ("B", -1))
        for year, value in enumerate(
            np.insert(values, [g for g in gaps if g <= len(values)], np.nan)
        )
    ]

    table = trends.turning_points(pd.DataFrame(rows))

    expected = [(k, c) for _, k, c in trends.turns(values)]
    own = table[table["area_id"] == "A"]
    assert list(zip(own["kind"], own["confirmed"], strict=True)) == expected
    assert own["pupils"].tolist() == [values[p] + 40 for p, _, _ in trends.turns(values)]
    assert len(table) == 2 * len(expected)


@pytest.mark.holds("trends.contributions")
@FEW
@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.integers(1, 20), st.integers(0, 900), st.integers(1, 20)),
        min_size=1,
        max_size=4,
    )
)
def test_the_two_effects_add_up_to_the_change_and_the_towns_to_the_countys_rate(towns):
    rows = [
        {
            "level": "town",
            "area_id": f"T{i}",
            "stage": "primary",
            "school_year": year,
            "pupils": float(pupils),
            "classes": float(classes),
        }
        for i, (early, before, late, after) in enumerate(towns)
        for year, pupils, classes in ((2020, early, before), (2024, late, after))
    ]

    table = trends.contributions(pd.DataFrame(rows))

    both = table["classes_effect"] + table["class_size_effect"]
    assert both.to_numpy() == pytest.approx(table["change_pupils"].to_numpy())
    assert table["change_pupils"].tolist() == [late - early for early, _, late, _ in towns]
    first = sum(town[0] for town in towns)
    if first:
        rate = sum(town[2] for town in towns) / first - 1
        assert table["contribution"].sum() == pytest.approx(rate)
    else:
        assert table["contribution"].isna().all()
