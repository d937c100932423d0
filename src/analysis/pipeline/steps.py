"""The steps of one area: the numbered notebooks of the project, in the order of their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import ParameterError

PATTERN = "[0-9][0-9]_*.ipynb"


@dataclass(frozen=True)
class Step:
    """One notebook of the chain."""

    name: str
    notebook: Path


def steps(root: Path) -> tuple[Step, ...]:
    """Return the steps of the project in order.

    Raises
    ------
    ParameterError
        The project has no numbered notebook.
    """
    found = tuple(Step(p.stem, p) for p in sorted((root / "notebooks").glob(PATTERN)))
    if not found:
        msg = f"There is no numbered notebook in {root / 'notebooks'}."
        raise ParameterError(msg)
    return found


def chosen_steps(every: Sequence[Step], only: Sequence[str]) -> frozenset[str]:
    """Return the names of the steps that ``only`` names, by number or by name; all if empty.

    Raises
    ------
    ParameterError
        A name fits no step.
    """
    if not only:
        return frozenset(step.name for step in every)
    chosen = set()
    for wanted in only:
        fitting = {s.name for s in every if wanted in (s.name, s.name[:2], s.name[3:])}
        if not fitting:
            known = ", ".join(step.name for step in every)
            msg = f"There is no step {wanted!r}. Steps: {known}."
            raise ParameterError(msg)
        chosen |= fitting
    return frozenset(chosen)
