"""The quick look at a contract never says yes where the complete validation says no."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from analysis.tables import Column, Contract, RowCheck, quick
from analysis.tables.quick import keeps

TABLE = Contract(
    "sample",
    "样表",
    "Sample",
    ("place", "year"),
    (
        Column("place", "text", "地区", "Place", required=True),
        Column("year", "whole", "年", "Year", low=2000, high=2030),
        Column("stage", "code", "学段", "Stage", family="stage"),
        Column("pupils", "count", "学生", "Pupils"),
        Column("rate", "share", "比例", "Rate", high=1),
        Column("done", "flag", "完成", "Done"),
    ),
    "result",
    checks=(
        RowCheck(
            "rate_needs_pupils",
            "有比例须有学生",
            "A rate needs pupils",
            lambda f: f["rate"].isna() | f["pupils"].notna(),
        ),
    ),
)
ROW = st.fixed_dictionaries(
    {
        "place": st.sampled_from(["a", "b", "", None]),
        "year": st.sampled_from([2000, 2030, 1999, 2031]),
        "stage": st.sampled_from(["primary", None, "senior"]),
        "pupils": st.sampled_from([0.0, 3.0, 3.5, -1.0, np.nan]),
        "rate": st.sampled_from([0.5, 1.0, 1.5, np.nan]),
        "done": st.booleans(),
    }
)


def typed(rows):
    frame = pd.DataFrame(rows, columns=TABLE.names)
    return frame.astype({c.name: c.dtype for c in TABLE.columns})


@settings(max_examples=100, deadline=None)
@given(st.lists(ROW, max_size=4))
def test_quick_look_agrees_with_the_complete_validation(rows):
    frame = typed(rows)
    try:
        TABLE.schema.validate(frame, lazy=True)
        complete = True
    except SchemaErrors:
        complete = False

    assert keeps(TABLE, frame) == complete


def good():
    whole = {"place": "a", "year": 2020, "stage": "primary", "pupils": 3, "rate": 0.5, "done": True}
    empty = {"place": "a", "year": 2021, "done": False}
    return typed([whole, empty])


def test_frame_that_keeps_the_contract_is_seen_at_once():
    assert keeps(TABLE, good())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("place", ""),
        ("place", None),
        ("year", 1999),
        ("year", 2031),
        ("stage", "senior"),
        ("pupils", -1.0),
        ("pupils", 2.5),
        ("rate", 1.01),
    ],
)
def test_each_broken_rule_is_left_to_the_complete_validation(column, value):
    frame = good()
    frame.loc[0, column] = value

    assert not keeps(TABLE, frame.astype({c.name: c.dtype for c in TABLE.columns}))


def test_repeated_key_wrong_order_wrong_kind_and_broken_row_rule_are_not_kept():
    repeated = good().assign(year=np.int64(2020))
    reordered = good()[TABLE.names[::-1]]
    mistyped = good().assign(year=[2020.0, 2021.0])
    unruly = good().assign(pupils=[np.nan, 1.0])

    assert not any(keeps(TABLE, frame) for frame in (repeated, reordered, mistyped, unruly))


def test_rows_come_in_the_order_of_their_key_and_a_repeated_key_is_seen():
    # by code point: "10" < "9" < "甲"; a missing year comes last; equal keys stay as they were
    rows = pd.DataFrame(
        {
            "name": pd.array(["甲", "9", "10", "9", "9"], dtype="str"),
            "year": [2.0, math.nan, 5.0, -1.0, -1.0],
            "at": [0, 1, 2, 3, 4],
        }
    )
    item = SimpleNamespace(keys=("name", "year"))

    ordered, unique = quick.sorted_by_key(item, rows)

    assert ordered["at"].tolist() == [2, 3, 4, 1, 0]
    assert list(ordered.index) == [0, 1, 2, 3, 4]
    assert not unique
    assert quick.sorted_by_key(item, rows.drop(index=4))[1]
