"""Contracts refuse what breaks them, and say what and where."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import DataError
from analysis.tables import Note, StepResult, Tables, contract, contracts, empty

CONTRACTS = sorted(contracts().values(), key=lambda item: item.name)


@pytest.mark.parametrize("item", CONTRACTS, ids=lambda c: c.name)
def test_contract_is_complete(item):
    assert item.zh
    assert item.en
    assert set(item.keys) <= set(item.names)
    assert len(set(item.names)) == len(item.names)
    for column in item.columns:
        assert column.zh, f"{item.name}.{column.name}"
        assert column.en, f"{item.name}.{column.name}"


@pytest.mark.parametrize("item", CONTRACTS, ids=lambda c: c.name)
def test_empty_frame_keeps_its_own_contract(item):
    pd.testing.assert_frame_equal(item.validate(item.empty()), item.empty())


@pytest.mark.parametrize("item", [c for c in CONTRACTS if c.group == "input"], ids=lambda c: c.name)
def test_titles_of_an_input_table_are_unambiguous(item):
    titles = [column.zh for column in item.columns]

    assert len(set(titles)) == len(titles)


def population(**changes: object) -> dict[str, object]:
    return {"town_id": "t1", "year": 2020, "basis": "resident", "persons": 10.0, **changes}


def test_missing_quantity_stays_missing():
    frame = contract("population").frame([population(persons=None)])

    assert np.isnan(frame["persons"].item())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"persons": -1.0}, "persons"),
        ({"persons": 1.5}, "whole number"),
        ({"basis": "guessed"}, "basis"),
        ({"town_id": None}, "town_id"),
        ({"year": 1066}, "year"),
    ],
)
def test_each_rule_is_refused_by_name(change, said):
    with pytest.raises(DataError, match=said) as caught:
        contract("population").frame([population(), population(**{"year": 2021, **change})])

    assert caught.value.table == "population"


def test_duplicate_key_is_refused():
    with pytest.raises(DataError, match="population"):
        contract("population").frame([population(), population(persons=11.0)])


def test_unknown_column_is_refused_with_the_known_ones():
    with pytest.raises(DataError, match=r"unknown columns person_count.*town_id"):
        contract("population").frame([population(person_count=1)])


def test_unknown_table_names_the_known_ones():
    with pytest.raises(DataError, match="enrolment"):
        contract("enrollment")


def test_absent_table_reads_as_empty_and_is_not_there():
    tables = Tables({"population": contract("population").frame([population()])})

    assert tables["births"].empty
    assert list(tables["births"].columns) == contract("births").names
    assert tables.has("population")
    assert not tables.has("population", "births")
    assert tables.missing("population", "births") == ("births",)
    assert "births" not in tables


def test_step_result_holds_its_tables_to_their_contracts():
    wrong = empty("population").rename(columns={"persons": "people"})

    with pytest.raises(DataError, match="population"):
        StepResult({"population": wrong})
    assert StepResult(notes=(Note("x.y"),)).notes[0].severity == "info"


@settings(deadline=None)
@given(order=st.permutations(list(range(5))))
def test_frame_does_not_depend_on_the_order_of_rows(order):
    rows = [population(year=2000 + i, persons=float(i)) for i in range(5)]
    shuffled = contract("population").frame([rows[i] for i in order])

    pd.testing.assert_frame_equal(shuffled, contract("population").frame(rows))
