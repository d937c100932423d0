"""Which places of a big table may break a rule across cells: only their rows are then judged.

A sieve passes every row that a rule could report, and some more; the rules themselves are those of
every other file. So the findings are the same, and a nation's table is never held as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from analysis.intake.checks import pupils, wholes
from analysis.tables import contract

if TYPE_CHECKING:
    import polars as pl


@dataclass
class Sieve:
    """What is remembered of the rows of one table: few places, a number a row, counts."""

    table: str
    known: Collection[str] = ()
    places: set[str] = field(default_factory=set)
    years: Counter[int] = field(default_factory=Counter)
    unknown: dict[str, tuple[str, int]] = field(default_factory=dict)
    rows: int = 0
    with_classes: int = 0
    _marks: list[np.ndarray[Any, Any]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The column that says which school or place a row is about."""
        return contract(self.table).keys[0]

    def take(self, rows: pa.Table) -> None:
        """Look at the rows of one block."""
        import polars as pl

        frame = pl.DataFrame(rows.drop_columns(["source"]))
        self.rows += len(frame)
        self._marks.append(key_marks(frame, self.table))
        odd = frame.filter(row_may_be_wrong(self.table))
        self.places |= set(odd[self.key].unique())
        if "classes" in frame.columns:
            self.with_classes += len(frame) - frame["classes"].null_count()
        if "school_year" in frame.columns:
            for year, count in frame["school_year"].value_counts().iter_rows():
                self.years[year] += count
        if self.known:
            self._strangers(frame, rows)

    def _strangers(self, frame: pl.DataFrame, rows: pa.Table) -> None:
        """Count the rows of codes that no list knows, with the first cell of each."""
        codes = frame[self.key].value_counts()
        for code, count in codes.iter_rows():
            if code in self.known:
                continue
            first, before = self.unknown.get(code, ("", 0))
            if not first:
                place = int((frame[self.key] == code).arg_max() or 0)
                first = rows.column("source")[place].as_py()
            self.unknown[code] = (first, before + count)

    def repeated(self) -> np.ndarray[Any, Any]:
        """Return the marks of keys that more than one row has."""
        if not self._marks:
            return np.zeros(0, dtype=np.uint64)
        marks = np.sort(np.concatenate(self._marks))
        return np.unique(marks[1:][marks[1:] == marks[:-1]])

    def lonely_years(self) -> bool:
        """Tell whether a year stands alone."""
        return bool(wholes.lonely_years(self.years))


def key_marks(frame: pl.DataFrame, table: str) -> np.ndarray[Any, Any]:
    """Return a number for the key of each row; equal keys have equal numbers."""
    return frame.select(contract(table).keys).hash_rows(seed=1).to_numpy()


def row_may_be_wrong(table: str) -> pl.Expr:
    """Return a test that is true for every row that a rule within one row could report."""
    import polars as pl

    item = contract(table)
    tests = [pl.lit(value=False)]
    tests += [pl.col(part) > pl.col(whole) for t, part, whole in wholes.PARTS if t == table]
    for of, parts, whole in wholes.TOGETHER:
        if of == table:
            tests.append(pl.sum_horizontal(parts) > pl.col(whole))
    if {"pupils", "classes"} <= set(item.names):
        people, classes = pl.col("pupils"), pl.col("classes")
        tests += [(people > 0) & (classes == 0), (people == 0) & (classes > 0)]
        tests += [people > classes * pupils.CLASS_SIZE_BELIEVABLE, people < classes]
        tests += [(people > 0) & classes.is_null(), (classes > 0) & people.is_null()]
    if table == "facilities":
        tests.append((pl.col("equipment_cny") == 0) & (pl.col("teaching_area_m2") > 0))
    numbers = [c.name for c in item.columns if c.dtype == "float64"]
    if numbers and table in ("school_totals", "teachers", "facilities"):
        tests.append(pl.max_horizontal(numbers) == 0)
    return pl.any_horizontal(tests).fill_null(value=False)


def jump_places(frame: pl.DataFrame) -> set[str]:
    """Return the schools of which a grade or cohort may have jumped, or a year is all zeros.

    Parameters
    ----------
    frame
        Rows of ``enrolment``; all rows of a school are among them.
    """
    import polars as pl

    rows = frame.select("school_id", "school_year", "grade", "pupils", "classes")
    zero = (
        rows.group_by("school_id", "school_year")
        .agg(pl.max("pupils", "classes"))
        .filter(pl.max_horizontal("pupils", "classes") == 0)
    )
    places = set(zero["school_id"])
    for step in (1, 0):
        before = rows.select(
            "school_id",
            pl.col("school_year") + 1,
            pl.col("grade") + step,
            pl.col("pupils").alias("then"),
        )
        both = rows.join(before, on=["school_id", "school_year", "grade"], how="inner")
        change = (pl.col("pupils") - pl.col("then")).abs()
        least = pupils.JUMP_SHARE * pl.min_horizontal("pupils", "then")
        jumped = both.filter((change >= pupils.COHORT_PUPILS) & (change > least))
        places |= set(jumped["school_id"])
    return places
