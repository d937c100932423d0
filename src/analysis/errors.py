"""The error tree. A message says which table or model, what is wrong, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class AnalysisError(Exception):
    """Base of every error this package raises on purpose."""


class ParameterError(AnalysisError):
    """A run parameter or a command-line value is unknown, ill-typed or out of range."""


class AreaError(AnalysisError):
    """An area folder is missing, unreadable or its ``area.toml`` is wrong."""


class StandardsError(AnalysisError):
    """A rule set or a norm does not exist, or a norm file is wrong."""


class WordingError(AnalysisError):
    """A catalogue entry is missing or is given the wrong values."""


class DataError(AnalysisError):
    """A table breaks its contract; ``rows`` holds every offending row."""

    def __init__(self, *, table: str, problem: str, fix: str, rows: pd.DataFrame) -> None:
        self.table, self.problem, self.fix, self.rows = table, problem, fix, rows
        sample = rows.head(5).to_string(index=False)
        rest = f"\n... {len(rows) - 5} more, see .rows" if len(rows) > 5 else ""
        super().__init__(f"{table}: {problem} ({len(rows)} rows). {fix}\n{sample}{rest}")


class IntakeError(AnalysisError):
    """A raw file cannot be read at all."""


class ForecastError(AnalysisError):
    """A forecast cannot be made from what was given."""


class InfeasiblePlanError(AnalysisError):
    """No plan meets the hard constraints."""


class SolverLimitError(AnalysisError):
    """The solver stopped before it found any plan."""


class RunLockedError(AnalysisError):
    """Another process is working on the same run."""


class ExecutionError(AnalysisError):
    """A notebook failed, timed out or lost its kernel."""
