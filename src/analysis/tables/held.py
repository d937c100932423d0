"""Frames that have just been held to a contract, so that the next who asks need not look again."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

    from analysis.tables.contract import Contract


class _Held(NamedTuple):
    frame: weakref.ref[pd.DataFrame]
    item: Contract
    arrays: list[Any]
    #: Shares the arrays with the frame: whoever changes the frame in place has to give it other
    #: ones (copy on write), and that shows.
    sharing: pd.DataFrame


_HELD: dict[int, _Held] = {}


def remember(item: Contract, frame: pd.DataFrame) -> None:
    """Remember that ``frame``, as it is now, keeps the contract ``item``."""
    place = id(frame)
    gone = weakref.ref(frame, lambda _: _HELD.pop(place, None))
    _HELD[place] = _Held(gone, item, _arrays(frame), frame.copy(deep=False))


def remembered(item: Contract, frame: pd.DataFrame) -> bool:
    """Tell whether ``frame`` has been seen to keep ``item`` and has not been changed since."""
    held = _HELD.get(id(frame))
    if held is None or held.frame() is not frame or held.item is not item:
        return False
    now = _arrays(frame)
    return (
        len(held.arrays) == len(now) > 0
        and all(old is new for old, new in zip(held.arrays, now, strict=True))
        and frame.columns.equals(held.sharing.columns)
    )


def _arrays(frame: pd.DataFrame) -> list[Any]:
    """Return the arrays that hold the values; none where this pandas keeps them elsewhere."""
    blocks = getattr(getattr(frame, "_mgr", None), "blocks", ())
    return [getattr(block, "values", None) for block in blocks]
