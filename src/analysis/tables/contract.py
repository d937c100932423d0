"""What a table contract is, and how a frame is held to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from analysis.errors import DataError
from analysis.tables.held import remember, remembered
from analysis.tables.quick import dtype_of, keeps, sorted_by_key
from analysis.terms import LABELS

Kind = Literal["text", "code", "whole", "count", "number", "share", "flag"]

Dtype = Literal["str", "int64", "float64", "bool"]

_DTYPES: dict[Kind, Dtype] = {
    "text": "str",
    "code": "str",
    "whole": "int64",
    "count": "float64",
    "number": "float64",
    "share": "float64",
    "flag": "bool",
}


#: Checks of pandera that fail for a column as a whole; its name is then the failing case.
_OF_COLUMNS = ("column_in_dataframe", "column_in_schema")


@dataclass(frozen=True)
class Column:
    """One column: name, kind, titles in Chinese and English, unit, and the values it may hold.

    Kinds: ``text`` free text; ``code`` text from ``allowed`` (or from a family of
    :data:`analysis.terms.LABELS`); ``whole`` an integer that is never missing; ``count`` a
    non-negative whole quantity that may be missing (float64 with NaN); ``number`` a real number
    that may be missing; ``share`` a fraction that may be missing and, unless ``high`` says
    otherwise, may exceed one (gross rates do); ``flag`` true or false, never missing.
    ``words`` names a family whose words are shown where they fit, though any text may stand.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    unit: str = ""
    required: bool = False
    family: str = ""
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    note_zh: str = ""
    note_en: str = ""
    words: str = ""

    @property
    def shown_family(self) -> str:
        """Family of :data:`analysis.terms.LABELS` by which the column's codes are shown."""
        return self.words or self.family

    @property
    def dtype(self) -> Dtype:
        """Pandas dtype of the column."""
        return _DTYPES[self.kind]

    @property
    def values(self) -> tuple[str, ...]:
        """Codes that may stand in the column; empty when any text may."""
        return self.allowed or tuple(LABELS.get(self.family, ()))

    @cached_property
    def value_set(self) -> frozenset[str]:
        """The same as a set."""
        return frozenset(self.values)

    @property
    def nullable(self) -> bool:
        """Whether a missing value is allowed."""
        return not self.required and self.kind not in ("whole", "flag")

    def title(self, language: str) -> str:
        """Title in ``"zh"`` or ``"en"``, without the unit."""
        return self.zh if language == "zh" else self.en

    def schema(self) -> pa.Column:
        """Return the pandera column that enforces this definition."""
        checks: list[pa.Check] = []
        low = 0.0 if self.kind == "count" and self.low is None else self.low
        if low is not None:
            checks.append(pa.Check.ge(low))
        if self.high is not None:
            checks.append(pa.Check.le(self.high))
        if self.values:
            checks.append(pa.Check.isin(list(self.values)))
        if self.kind == "count":
            checks.append(
                pa.Check(lambda values: (values % 1 == 0) | values.isna(), error="whole number")
            )
        if self.required and self.dtype == "str":
            checks.append(pa.Check(lambda values: values.str.len() > 0, error="not empty"))
        return pa.Column(self.dtype, checks=checks, nullable=self.nullable, coerce=False)


@dataclass(frozen=True)
class RowCheck:
    """A rule over several columns of one table; ``test`` is true where a row is right."""

    name: str
    zh: str
    en: str
    test: Callable[[pd.DataFrame], pd.Series[bool]]


@dataclass(frozen=True)
class Contract:
    """A table: its columns, its key, its titles and its row rules."""

    name: str
    zh: str
    en: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    group: Literal["input", "result"]
    checks: tuple[RowCheck, ...] = ()
    note_zh: str = ""
    note_en: str = ""
    owner: str = field(default="", compare=False)

    def __getitem__(self, name: str) -> Column:
        """Return the column called ``name``."""
        return self._by_name[name]

    def get(self, name: str) -> Column | None:
        """Return the column called ``name`` if there is one."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return list(self._by_name)

    def title(self, language: str) -> str:
        """Title in ``"zh"`` or ``"en"``."""
        return self.zh if language == "zh" else self.en

    @cached_property
    def version(self) -> str:
        """Twelve signs that change when a key, a column, its kind, unit or values change."""
        columns = [
            (c.name, c.kind, c.unit, c.required, c.values, c.low, c.high) for c in self.columns
        ]
        text = repr((self.name, self.keys, columns, [rule.name for rule in self.checks]))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]

    def empty(self) -> pd.DataFrame:
        """Return a frame with the contract's columns and no rows."""
        return self._no_rows.copy()

    @cached_property
    def _no_rows(self) -> pd.DataFrame:
        return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in self.columns})

    def frame(self, rows: pd.DataFrame | Sequence[dict[str, object]]) -> pd.DataFrame:
        """Build a valid frame from rows: absent columns are missing, order and dtype are set.

        Only dtypes are set; a value that does not fit its dtype raises. Use it where a room
        builds a result table; reading raw cells is the intake's work.

        Raises
        ------
        DataError
            A column is unknown, a value does not fit its dtype, or a rule of the contract fails.
        """
        given = pd.DataFrame(rows) if not isinstance(rows, pd.DataFrame) else rows
        unknown = sorted(set(given.columns) - set(self.names))
        if unknown:
            raise DataError(
                table=self.name,
                problem=f"unknown columns {', '.join(unknown)}",
                fix=f"The contract has: {', '.join(self.names)}.",
                rows=given[unknown].head(3),
            )
        if given.empty:
            return self.empty()
        absent = pd.Series(np.nan, index=given.index)
        held: dict[str, Any] = {}
        for column in self.columns:
            values = given.get(column.name, absent)
            dtype = dtype_of(column)
            try:
                typed = values if values.dtype == dtype else values.astype(dtype)
            except (TypeError, ValueError) as error:
                raise DataError(
                    table=self.name,
                    problem=f"column {column.name} does not fit {column.dtype}: {error}",
                    fix="Give values of the contract's kind; leave unknown ones missing.",
                    rows=given.head(3),
                ) from error
            held[column.name] = typed.array if column.dtype == "str" else typed.to_numpy()
        built, unique = sorted_by_key(self, pd.DataFrame(held))
        if unique and keeps(self, built, key_is_unique=True):
            remember(self, built)
        return self.validate(built)

    @cached_property
    def schema(self) -> pa.DataFrameSchema:
        """Pandera schema of the table (strict, unique key, no coercion)."""
        checks = [pa.Check(rule.test, error=rule.name, ignore_na=False) for rule in self.checks]
        return pa.DataFrameSchema(
            {column.name: column.schema() for column in self.columns},
            checks=checks,
            strict=True,
            unique=list(self.keys) or None,
            name=self.name,
        )

    def validate(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` unchanged if it keeps the contract.

        Raises
        ------
        DataError
            With every failure at once: the rule, the column and the offending rows.
        """
        if remembered(self, frame):
            return frame
        if keeps(self, frame):
            remember(self, frame)
            return frame
        try:
            return self.schema.validate(frame, lazy=True)
        except SchemaErrors as error:
            cases = error.failure_cases
            said = cases["column"].where(~cases["check"].isin(_OF_COLUMNS), cases["failure_case"])
            rules = sorted({f"{c}: {k}" for c, k in zip(said, cases["check"], strict=True)})
            index = [i for i in cases["index"].dropna().unique() if i in frame.index]
            raise DataError(
                table=self.name,
                problem="; ".join(rules),
                fix="Correct these rows, or leave the cell empty where the value is unknown.",
                rows=frame.loc[index],
            ) from error
