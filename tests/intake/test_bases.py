"""Population bases side by side; births on the 31 August cut-off."""

from __future__ import annotations

import math

import pytest

from analysis import intake
from analysis.tables import Tables, contract


def tables(**rows):
    return Tables({name: contract(name).frame(found) for name, found in rows.items()})


def births(rows):
    return [
        {"town_id": "T", "year": y, "month": m, "basis": "resident", "births": float(n)}
        for y, m, n in rows
    ]


def test_months_from_september_to_august_enter_together():
    # 10 a month in 2017, 20 a month in 2018: entry 2024 = 4 x 10 (Sep-Dec 2017) + 8 x 20 = 200
    rows = [(2017, m, 10) for m in range(1, 13)] + [(2018, m, 20) for m in range(1, 13)]
    frame = intake.bases(tables(births=births(rows)), area="C")["births_rebased"]

    assert frame[["entry_year", "children", "method"]].values.tolist() == [[2024, 200.0, "monthly"]]


def test_calendar_years_are_split_and_the_split_is_said():
    # entry 2024 = 2/3 x 300 (2018) + 1/3 x 240 (2017) = 280
    step = intake.bases(tables(births=births([(2017, 0, 240), (2018, 0, 300)])), area="C")
    frame = step["births_rebased"]

    assert frame["children"].tolist() == pytest.approx([280.0])
    assert frame["method"].tolist() == ["third_and_two_thirds"]
    assert "intake.births_split" in {note.key for note in step.notes}


def test_a_register_counts_with_its_age():
    rows = [
        {"town_id": "T", "year": 2024, "age": 4, "basis": "vaccinated", "children": 120.0},
        {"town_id": "T", "year": 2023, "age": 3, "basis": "vaccinated", "children": 118.0},
    ]
    frame = intake.bases(tables(under_six=rows), area="C")["births_rebased"]

    # both are the children who enter in 2026; the later count stands
    assert frame[["entry_year", "children", "age_counted"]].values.tolist() == [[2026, 120.0, 4.0]]


def test_bases_stand_side_by_side_and_one_is_chosen():
    people = [
        {"town_id": "C", "year": 2023, "basis": "resident", "persons": 100_000.0},
        {"town_id": "C", "year": 2023, "basis": "registered", "persons": 125_000.0},
    ]
    step = intake.bases(tables(population=people), basis="registered", area="C")
    row = step["population_bases"].iloc[0]

    assert (row["resident"], row["registered"]) == (100_000.0, 125_000.0)
    assert row["registered_to_resident"] == pytest.approx(1.25)
    assert (row["chosen_basis"], row["chosen_persons"]) == ("registered", 125_000.0)


def test_a_basis_the_data_lack_is_replaced_aloud():
    people = [{"town_id": "C", "year": 2023, "basis": "registered", "persons": 125_000.0}]
    step = intake.bases(tables(population=people), basis="resident", area="C")

    assert step["population_bases"]["chosen_basis"].tolist() == ["registered"]
    assert "intake.basis_replaced" in {note.key for note in step.notes}


def test_nothing_given_gives_empty_tables_and_says_what_would_help():
    step = intake.bases(tables(), area="C")

    assert all(frame.empty for frame in step.tables.values())
    assert {name for note in step.notes for name in note.missing} >= {"population", "births"}


def test_entrants_of_a_school_that_does_not_say_are_not_nought():
    # 280 children; A enters 150 and B does not say: not 150 / 280 but unknown. The town of A alone
    # knows its own.
    rows = [
        {"school_id": s, "school_year": 2024, "grade": 1, "pupils": n}
        for s, n in (("A", 150.0), ("B", None))
    ]
    schools = [
        {"school_id": s, "school_name": s, "town_id": t, "kind": "primary"}
        for s, t in (("A", "T"), ("B", "U"))
    ]
    born = births([(2017, 0, 240), (2018, 0, 300)])
    given = tables(
        births=[*born, *({**row, "town_id": "C"} for row in born)],
        enrolment=rows,
        schools=schools,
        towns=[{"town_id": t, "town_name": t} for t in "TU"],
    )

    frame = intake.bases(given, area="C")["births_rebased"].set_index("area_id")

    assert frame.loc["T", "entry_ratio"] == pytest.approx(150 / 280)
    assert math.isnan(frame.loc["C", "entry_ratio"])
