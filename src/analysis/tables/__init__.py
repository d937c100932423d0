"""One contract per table: columns, units, keys, Chinese and English titles; and the registry.

``inputs_*`` modules define what the intake delivers, ``results_*`` modules what each room adds.
"""

from analysis.tables.contract import Column, Contract, RowCheck
from analysis.tables.registry import contract, contracts, empty, validate
from analysis.tables.step import Note, StepResult, Tables

__all__ = [
    "Column",
    "Contract",
    "Note",
    "RowCheck",
    "StepResult",
    "Tables",
    "contract",
    "contracts",
    "empty",
    "validate",
]
