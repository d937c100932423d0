"""A frame that has been held to its contract is looked at again as soon as it has been changed."""

import gc

import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.tables import contract, held

ITEM = contract("towns")


def towns() -> pd.DataFrame:
    return ITEM.frame(
        [{"town_id": "1", "town_name": "甲镇"}, {"town_id": "2", "town_name": "乙镇"}]
    )


def test_a_frame_is_looked_at_once_and_again_by_another_contract():
    frame = towns()
    assert held.remembered(ITEM, frame)
    assert not held.remembered(contract("schools"), frame)
    assert not held.remembered(ITEM, frame.copy())  # an equal frame is another one


def one_value(frame: pd.DataFrame) -> None:
    frame.loc[1, "town_id"] = "1"


def one_place(frame: pd.DataFrame) -> None:
    frame.iloc[1, 0] = "1"


def one_column(frame: pd.DataFrame) -> None:
    frame["town_id"] = ["1", "1"]


def one_number(frame: pd.DataFrame) -> None:
    frame.loc[1, "lon"] = 999.0


def the_names(frame: pd.DataFrame) -> None:
    frame.columns = list(reversed(frame.columns))


def a_column_gone(frame: pd.DataFrame) -> None:
    del frame["town_name"]


@pytest.mark.parametrize(
    "change",
    [
        one_value,
        one_place,
        one_column,
        one_number,
        the_names,
        a_column_gone,
    ],
)
def test_whatever_is_changed_in_place_is_refused(change):
    frame = towns()
    change(frame)
    assert not held.remembered(ITEM, frame)
    with pytest.raises(DataError):
        ITEM.validate(frame)


def test_nothing_is_kept_of_a_frame_that_is_gone():
    frame = towns()
    place = id(frame)
    assert place in held._HELD
    del frame
    gc.collect()
    assert place not in held._HELD
