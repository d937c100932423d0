"""Every rule of every contract has a frame that breaks it alone and is refused, by name.

The frames are made from the contracts themselves: first one that is right, then one counter-example
a rule. A rule for which none can be made fails a test; none is skipped.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandera.errors import SchemaErrors

from analysis.errors import DataError
from analysis.tables import contracts
from analysis.tables.quick import keeps

CONTRACTS = contracts()
ROWS = 3
#: Units a column may have; everything else that is measured is a plain number or a share.
UNITS = {
    "", "km", "m²", "°", "‰", "个", "个/千人", "亩", "人", "人/班", "元", "册", "分钟", "台", "套",
    "岁", "年", "所", "条", "班", "间", "项", "m²/人", "元/人", "人/百名学生", "间/百名学生",
}  # fmt: skip


def short_of_seats(frame):
    """Seats and pupils are known and the shortage is not."""
    return frame.assign(seats_available=5.0, seats_required=5.0, shortage=np.nan)


#: What breaks each rule over several columns; a rule without an entry fails.
WRONG_ROWS = {("seat_gap", "known_supply_has_a_gap"): short_of_seats}


def right_value(column, row):
    """Return a value of row ``row`` that keeps the column's rules, different in each if it can."""
    if column.values:
        value = column.values[row % len(column.values)]
        return value if column.dtype == "str" else float(value)
    if column.dtype == "str":
        return f"{column.name} {row}"
    if column.dtype == "bool":
        return row % 2 == 0
    low = column.low if column.low is not None else 0.0
    high = column.high if column.high is not None else low + 10
    step = 1.0 if column.kind in ("whole", "count") else (high - low) / 10
    return min(low + row * step, high)


def right_frame(item):
    """Return up to ``ROWS`` rows that keep the contract; fewer if its key has few values."""
    rows = [{c.name: right_value(c, row) for c in item.columns} for row in range(ROWS)]
    frame = pd.DataFrame(rows).astype({c.name: c.dtype for c in item.columns})
    return frame.drop_duplicates(list(item.keys), ignore_index=True)


def wrong_values(column):
    """Return a value for every rule of the column, breaking that one alone."""
    found = {}
    low = 0.0 if column.kind == "count" and column.low is None else column.low
    if low is not None:
        found["least"] = low - 1
    if column.high is not None:
        found["most"] = column.high + 1
    if column.values:
        found["code"] = "no such code" if column.dtype == "str" else -987.0
    if column.kind == "count":
        found["whole number"] = (low or 0.0) + 0.5
    if column.required and column.dtype == "str":
        found["not empty"] = ""
    if not column.nullable and column.dtype in ("str", "float64"):
        found["present"] = None if column.dtype == "str" else np.nan
    return found


def refused(item, frame):
    """Return the refusal of a frame; the quick look must not let it through either."""
    assert not keeps(item, frame)
    with pytest.raises(DataError) as caught:
        item.validate(frame)
    assert caught.value.table == item.name
    return caught.value


def named(names, error):
    """Return the columns that a refusal does not name."""
    return [name for name in names if name not in str(error)]


each_contract = pytest.mark.parametrize("item", CONTRACTS.values(), ids=list(CONTRACTS))


@each_contract
def test_frame_made_from_a_contract_keeps_it(item):
    frame = right_frame(item)

    assert len(frame)
    assert keeps(
        item, frame
    )  # that the quick look agrees with the complete one: test_quick_contract


@each_contract
def test_each_value_that_breaks_one_rule_is_refused_with_its_column_and_row(item):
    # one row a counter-example: the complete validation names them all at once
    broken = [(c.name, v) for c in item.columns for v in wrong_values(c).values()]
    right = right_frame(item)
    rows = {c.name: [right[c.name].iloc[0]] * len(broken) for c in item.columns}
    for row, (name, value) in enumerate(broken):
        rows[name][row] = value
        values = pd.Series([value, *right[name].iloc[1:]], dtype="object")
        alone = right.assign(**{name: values.astype(item[name].dtype)})
        assert not keeps(item, alone), (name, value)
    frame = pd.DataFrame({c.name: pd.Series(rows[c.name], dtype=c.dtype) for c in item.columns})

    with pytest.raises(SchemaErrors) as caught:
        item.schema.validate(frame, lazy=True)

    cases = caught.value.failure_cases
    repeated = cases["check"] == "multiple_fields_uniqueness"
    found = set(zip(cases["column"][~repeated], cases["index"][~repeated], strict=True))
    assert found == {(name, row) for row, (name, _) in enumerate(broken)}
    assert repeated.any() == frame.duplicated(list(item.keys)).any()


@pytest.mark.parametrize("name", ["enrolment", "seat_gap", "public_pupils"])
def test_a_refusal_names_column_and_row(name):
    item = CONTRACTS[name]
    column, value = next((c, v) for c in item.columns for v in wrong_values(c).values())
    frame = right_frame(item).astype("object")
    frame.loc[0, column.name] = value

    error = refused(item, frame.astype({c.name: c.dtype for c in item.columns}))

    assert column.name in str(error)
    assert error.rows.index.tolist() == [0]


@each_contract
def test_no_column_of_another_type_is_let_through(item):
    frame = right_frame(item)
    for name in frame:
        other = pd.Series([("not a value", row) for row in range(len(frame))])
        assert not keeps(item, frame.assign(**{name: other})), name


@pytest.mark.parametrize("name", ["enrolment", "seat_gap", "public_pupils"])
def test_each_column_of_another_type_is_refused_by_name(name):
    # with all of them wrong at once each must still be named
    item = CONTRACTS[name]
    rows = range(len(right_frame(item)))
    other = {name: pd.Series([("not a value", row) for row in rows]) for name in item.names}

    assert not named(item.names, refused(item, pd.DataFrame(other)))


@each_contract
def test_each_absent_column_and_each_that_is_not_of_the_contract_is_refused(item):
    absent = refused(item, pd.DataFrame({"stranger": [1.0]}))

    assert not named([*item.names, "stranger"], absent)


@each_contract
def test_repeated_key_is_not_let_through(item):
    frame = right_frame(item)

    assert not keeps(item, pd.concat([frame, frame.head(1)], ignore_index=True))


def test_a_repeated_key_is_refused_with_its_rows():
    item = CONTRACTS["enrolment"]
    frame = right_frame(item)

    error = refused(item, pd.concat([frame, frame.head(1)], ignore_index=True))

    assert error.rows.index.tolist() == [0, 3]


@each_contract
def test_missing_value_is_kept_missing_where_it_may_be(item):
    frame = right_frame(item)
    for column in item.columns:
        if column.nullable and column.name not in item.keys:
            frame[column.name] = pd.Series([None] * len(frame), dtype=column.dtype)

    assert keeps(item, frame)
    pd.testing.assert_frame_equal(item.validate(frame), frame)


ROW_RULES = [(item, rule) for item in CONTRACTS.values() for rule in item.checks]


@pytest.mark.parametrize(("item", "rule"), ROW_RULES, ids=lambda v: v.name)
def test_rule_over_several_columns_is_refused(item, rule):
    frame = WRONG_ROWS[item.name, rule.name](right_frame(item))

    assert rule.name in str(refused(item, frame))


def test_no_counter_example_is_left_over():
    assert set(WRONG_ROWS) == {(item.name, rule.name) for item, rule in ROW_RULES}


def test_every_table_has_a_key_and_known_units():
    units = {column.unit for item in CONTRACTS.values() for column in item.columns}

    assert not [name for name, item in CONTRACTS.items() if not item.keys]
    assert units <= UNITS, units - UNITS


def test_there_is_something_to_refuse():
    rules = [
        rule
        for item in CONTRACTS.values()
        for column in item.columns
        for rule in wrong_values(column)
    ]

    assert len(CONTRACTS) > 100
    assert len(rules) > 800
    assert set(rules) == {"least", "most", "code", "whole number", "not empty", "present"}
