"""The registry of contracts: every module ``inputs_*`` and ``results_*`` of this package."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import pandas as pd

import analysis.tables as package
from analysis.errors import DataError
from analysis.tables.contract import Contract


@cache
def contracts() -> dict[str, Contract]:
    """Return every contract by name, input tables first.

    Raises
    ------
    DataError
        Two modules define a table of the same name.
    """
    found: dict[str, Contract] = {}
    modules = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    for module in (m for m in modules if m.startswith(("inputs_", "results_"))):
        for item in vars(importlib.import_module(f"analysis.tables.{module}")).values():
            if not isinstance(item, Contract) or found.get(item.name) is item:
                continue
            if item.name in found:
                raise DataError(
                    table=item.name,
                    problem=f"defined twice, the second time in {module}",
                    fix="Give one of them another name.",
                    rows=pd.DataFrame(),
                )
            found[item.name] = item
    return found


def contract(name: str) -> Contract:
    """Return the contract called ``name``.

    Raises
    ------
    DataError
        No such table.
    """
    known = contracts()
    if name not in known:
        raise DataError(
            table=name,
            problem="no such table",
            fix=f"Known tables: {', '.join(sorted(known))}.",
            rows=pd.DataFrame(),
        )
    return known[name]


def validate(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` unchanged if it keeps the contract called ``name``.

    Raises
    ------
    DataError
        No such table, or the frame breaks the contract.
    """
    return contract(name).validate(frame)


def empty(name: str) -> pd.DataFrame:
    """Return the empty frame of the contract called ``name``."""
    return contract(name).empty()
