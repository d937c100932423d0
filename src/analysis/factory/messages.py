"""What the pool and its working processes say to each other: one JSON object a line."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from analysis.config import RunParameters, run_parameters
from analysis.pipeline import AreaOutcome


@dataclass(frozen=True)
class Job:
    """One area to bring up to date."""

    parameters: RunParameters
    root: Path
    fresh: bool = False
    only: tuple[str, ...] = ()
    wait_seconds: float = 0.0

    @property
    def name(self) -> str:
        """The run's name."""
        return self.parameters.run_name

    def as_message(self) -> dict[str, Any]:
        """Return the job as JSON can hold it."""
        return {
            "parameters": self.parameters.model_dump(),
            "root": str(self.root),
            "fresh": self.fresh,
            "only": list(self.only),
            "wait_seconds": self.wait_seconds,
        }


def job_of(message: dict[str, Any]) -> Job:
    """Return the job that :meth:`Job.as_message` wrote."""
    return Job(
        parameters=run_parameters(**message["parameters"]),
        root=Path(message["root"]),
        fresh=bool(message["fresh"]),
        only=tuple(message["only"]),
        wait_seconds=float(message["wait_seconds"]),
    )


def outcome_message(outcome: AreaOutcome) -> dict[str, Any]:
    """Return an outcome as JSON can hold it."""
    return {**asdict(outcome), "reports": str(outcome.reports)}


def outcome_of(message: dict[str, Any]) -> AreaOutcome:
    """Return the outcome that :func:`outcome_message` wrote."""
    found = AreaOutcome(**{**message, "reports": Path(message["reports"])})
    return replace(found, ran=tuple(found.ran), kernels=tuple(found.kernels))
