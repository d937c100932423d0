"""What can be moved: assumptions of the forecast, class size, the money of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from analysis.errors import ParameterError


@dataclass(frozen=True)
class Lever:
    """One thing a reader may move, its range and step; ``kind`` says what it acts on.

    ``assumption``: a row of the assumption register; ``norm``: a norm of the rule set, for one
    stage; ``funds``: a multiple of the funds of the plan.
    """

    name: str
    kind: Literal["assumption", "norm", "funds"]
    low: float
    high: float
    step: float
    start: float
    norm: str = ""
    stage: str = ""


LEVERS: tuple[Lever, ...] = (
    Lever("births_after_known", "assumption", 0.5, 1.5, 0.05, 1.0),
    Lever("entry_ratio", "assumption", 0.8, 1.2, 0.01, 1.0),
    Lever("net_migration", "assumption", -0.05, 0.05, 0.005, 0.0),
    Lever("junior_outflow", "assumption", 0.0, 0.3, 0.01, 0.0),
    Lever("housing_realisation", "assumption", 0.0, 1.5, 0.1, 1.0),
    Lever("housing_delay", "assumption", 0.0, 5.0, 1.0, 0.0),
    Lever("class_size_primary", "norm", 25, 55, 1, 45, "class_size_max", "primary"),
    Lever("class_size_junior", "norm", 25, 55, 1, 50, "class_size_max", "junior"),
    Lever("reserve_rate", "norm", 0.0, 0.2, 0.01, 0.0, "reserve_rate", "all"),
    Lever("funds", "funds", 0.0, 3.0, 0.1, 1.0),
)


def lever_values(given: Mapping[str, float], starts: Mapping[str, float]) -> dict[str, float]:
    """Return a value for every lever: the one given, or where it starts.

    Raises
    ------
    ParameterError
        A name is unknown or a value lies outside the lever's range.
    """
    known = {lever.name: lever for lever in LEVERS}
    for name, value in given.items():
        if name not in known:
            raise ParameterError(f"No lever {name!r}. Known: {', '.join(known)}.")
        lever = known[name]
        if not lever.low <= value <= lever.high:
            raise ParameterError(f"{name} = {value} lies outside {lever.low} to {lever.high}.")
    return {name: float(given.get(name, starts.get(name, known[name].start))) for name in known}
