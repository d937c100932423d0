"""The instance file of ``xuewei plan`` (``docs/plan-instance.md``): what may stand in it.

Everything is checked before anything is solved: an unknown field, a wrong type, a name that is used
but not given, or a number that cannot be is an error that names the field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.errors import ParameterError

VERSION = 1
Name = Annotated[str, Field(min_length=1, max_length=200)]
Year = Annotated[int, Field(ge=1900, le=2200)]
#: Larger numbers are slips of the keyboard, and the solver cannot add them up.
MOST_CNY = 1e13
MOST_SEATS = 1e7
Amount = Annotated[float, Field(ge=0, le=MOST_CNY, allow_inf_nan=False)]
Seats = Annotated[float, Field(ge=-MOST_SEATS, le=MOST_SEATS, allow_inf_nan=False)]
SeatCount = Annotated[float, Field(ge=0, le=MOST_SEATS, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SeatRow(_Strict):
    """Seats of a town and stage in a year, without any project."""

    town: Name
    stage: Name
    year: Year
    seats: SeatCount


class DemandRow(_Strict):
    """Seats required in a town and stage in a year under a scenario."""

    town: Name
    stage: Name
    year: Year
    scenario: Name
    seats: SeatCount


class ScenarioRow(_Strict):
    """A future and its probability."""

    name: Name
    probability: Annotated[float, Field(gt=0, le=1)]


class Effect(_Strict):
    """Seats that one unit of a project adds (or takes) in a town and stage while it is open."""

    town: Name
    stage: Name
    seats: Seats


class Project(_Strict):
    """A candidate project in whole units; money in base prices for one unit."""

    id: Name
    kind: Name
    effects: Annotated[tuple[Effect, ...], Field(min_length=1)]
    capital_cny: Amount = 0.0
    running_cny: Annotated[float, Field(ge=-MOST_CNY, le=MOST_CNY, allow_inf_nan=False)] = 0.0
    travel_cny: Amount = 0.0
    churn_cny: Amount = 0.0
    lead_years: Annotated[int, Field(ge=0, le=30)] = 0
    life_years: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    first_start: Year | None = None
    last_start: Year | None = None
    max_units: Annotated[int, Field(ge=0, le=1_000)] = 1
    residual_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    group: str = ""
    requires: str = ""
    source: str = ""


class Group(_Strict):
    """At most this many units of the projects that name the group."""

    name: Name
    max_units: Annotated[int, Field(ge=0)]


class BudgetRow(_Strict):
    """Funds of a source in a year, in money of the day."""

    source: Name
    year: Year
    amount_cny: Amount


class ZoneWeights(_Strict):
    """Weights of one stage (or of every stage: ``*``), in yuan."""

    stage: Name = "*"
    shortage_cny: Amount
    spare_cny: Amount = 0.0
    stranded_cny: Amount = 0.0


class Stopping(_Strict):
    """When the solver stops."""

    gap: Annotated[float, Field(ge=0, le=1)] = 0.01
    nodes: Annotated[int, Field(ge=0)] = 2_000
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 240.0


class PlanInstance(_Strict):
    """The whole file."""

    version: Literal[1] = 1
    years: Annotated[tuple[Year, ...], Field(min_length=1)]
    scenarios: Annotated[tuple[ScenarioRow, ...], Field(min_length=1)]
    seats: Annotated[tuple[SeatRow, ...], Field(min_length=1)]
    demand: Annotated[tuple[DemandRow, ...], Field(min_length=1)]
    projects: tuple[Project, ...] = ()
    groups: tuple[Group, ...] = ()
    budgets: tuple[BudgetRow, ...] | None = None
    carry_over: bool = True
    price_index: tuple[Amount, ...] | None = None
    weights: Annotated[tuple[ZoneWeights, ...], Field(min_length=1)]
    discount_rate: Annotated[float, Field(ge=0, lt=1)] = 0.0
    limits: Stopping = Stopping()

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        _consecutive(self.years)
        _once("scenarios", [row.name for row in self.scenarios])
        _once("projects", [row.id for row in self.projects])
        _once("groups", [row.name for row in self.groups])
        total = sum(row.probability for row in self.scenarios)
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"scenarios: probabilities add up to {total:g}, not to 1")
        zones = {(row.town, row.stage) for row in self.seats}
        _grid("seats", [(r.town, r.stage, r.year) for r in self.seats], zones, self.years)
        scenarios = [row.name for row in self.scenarios]
        for name in scenarios:
            rows = [(r.town, r.stage, r.year) for r in self.demand if r.scenario == name]
            _grid(f"demand of scenario {name!r}", rows, zones, self.years)
        unknown = sorted({row.scenario for row in self.demand} - set(scenarios))
        if unknown:
            raise ValueError(f"demand: scenario {unknown[0]!r} is not in scenarios")
        if self.price_index is not None and len(self.price_index) != len(self.years):
            raise ValueError(
                f"price_index: {len(self.price_index)} values for {len(self.years)} years"
            )
        _projects(self, zones)
        _weights(self, {stage for _, stage in zones})
        return self


def _consecutive(years: tuple[int, ...]) -> None:
    if list(years) != list(range(years[0], years[0] + len(years))):
        raise ValueError(f"years: must follow one another, found {list(years)}")


def _once(field: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{field}: {twice[0]!r} is given twice")


def _grid(
    field: str,
    rows: list[tuple[str, str, int]],
    zones: set[tuple[str, str]],
    years: tuple[int, ...],
) -> None:
    """Require exactly one row for every town, stage and year."""
    found = set(rows)
    if len(found) != len(rows):
        twice = next(row for row in rows if rows.count(row) > 1)
        raise ValueError(f"{field}: town {twice[0]!r}, {twice[1]!r}, {twice[2]} is given twice")
    wanted = {(*zone, year) for zone in zones for year in years}
    if missing := sorted(wanted - found):
        town, stage, year = missing[0]
        raise ValueError(f"{field}: no row for town {town!r}, {stage!r}, {year}")
    if extra := sorted(found - wanted):
        town, stage, year = extra[0]
        raise ValueError(
            f"{field}: town {town!r}, {stage!r}, {year} has no row in seats or is not in years"
        )


def _projects(document: PlanInstance, zones: set[tuple[str, str]]) -> None:
    ids = {row.id for row in document.projects}
    sources = {row.source for row in document.budgets or ()}
    for number, project in enumerate(document.projects):
        field = f"projects[{number}] ({project.id})"
        for effect in project.effects:
            if (effect.town, effect.stage) not in zones:
                raise ValueError(
                    f"{field}.effects: town {effect.town!r}, {effect.stage!r} is not in seats"
                )
        _once(f"{field}.effects", [f"{e.town} {e.stage}" for e in project.effects])
        if project.requires and project.requires not in ids:
            raise ValueError(f"{field}.requires: no project {project.requires!r}")
        if project.requires == project.id:
            raise ValueError(f"{field}.requires: a project cannot require itself")
        if project.source and document.budgets is not None and project.source not in sources:
            raise ValueError(f"{field}.source: no budget of {project.source!r}")
        first, last = project.first_start, project.last_start
        if first is not None and last is not None and first > last:
            raise ValueError(f"{field}.first_start: {first} is after last_start {last}")
    for row in document.budgets or ():
        if row.year not in document.years:
            raise ValueError(f"budgets: year {row.year} of {row.source!r} is not in years")
    _once("budgets", [f"{row.source} {row.year}" for row in document.budgets or ()])


def _weights(document: PlanInstance, stages: set[str]) -> None:
    given = [row.stage for row in document.weights]
    _once("weights", given)
    missing = sorted(stages - set(given))
    if missing and "*" not in given:
        raise ValueError(f"weights: none for stage {missing[0]!r} and none for every stage ('*')")


def parse_document(content: bytes) -> Mapping[str, object]:
    """Read the text of an instance file: JSON in UTF-8, with or without a byte-order mark.

    Raises
    ------
    ParameterError
        It is not JSON, it is nested without end, or a name stands twice in one object; the message
        gives the place.
    """
    try:
        found = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_each_once)
    except RecursionError as error:
        msg = "The planning instance is nested too deeply. See docs/plan-instance.md."
        raise ParameterError(msg) from error
    except ValueError as error:
        msg = f"The planning instance is not JSON: {error}. See docs/plan-instance.md."
        raise ParameterError(msg) from error
    if not isinstance(found, dict):
        msg = "The planning instance is not a JSON object. See docs/plan-instance.md."
        raise ParameterError(msg)
    return found


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            msg = f"the name {name!r} stands twice in one object"
            raise ValueError(msg)
        found[name] = value
    return found


def read_instance(document: Mapping[str, object]) -> PlanInstance:
    """Check an instance document.

    Raises
    ------
    ParameterError
        Something in it is missing, unknown, ill-typed or contradicts something else; the message
        names the field.
    """
    try:
        # strict JSON: a number in quotes is not a number, and a list is a list
        return PlanInstance.model_validate_json(json.dumps(document, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        if not isinstance(error, ValidationError):
            msg = f"The planning instance is not JSON: {error}. See docs/plan-instance.md."
            raise ParameterError(msg) from error
        parts = _told(error)
        msg = f"The planning instance is not right: {'; '.join(parts)}. See docs/plan-instance.md."
        raise ParameterError(msg) from error


def _told(error: ValidationError) -> list[str]:
    """Return what is wrong, field by field; a list is not called empty for a fault in a row."""
    items = error.errors(include_url=False)
    places = [item["loc"] for item in items]
    inside = {place[0] for place in places if len(place) > 1}
    real = [
        item
        for item in items
        if not (item["type"] == "too_short" and item["input"] and item["loc"][0] in inside)
    ]
    return [_said(item) for item in (real or items)[:5]]


def _said(item: Mapping[str, object]) -> str:
    place = item["loc"]
    field = ".".join(str(part) for part in place) if isinstance(place, tuple) else ""
    message = str(item["msg"]).removeprefix("Value error, ")
    found = item["input"]
    shown = "" if isinstance(found, (Mapping, list, tuple)) else f" (found {found!r})"
    return f"{field}: {message}{shown}" if field else message
