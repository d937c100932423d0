"""Read rule sets and look norms up by name, stage and year."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Annotated, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.errors import StandardsError

Grade = Literal["A", "B", "C", "D", "E", "tool", "local"]


class Norm(BaseModel):
    """One norm: a value for one stage (or all) from a date on, with its source and grade.

    Grades: A government page; B supplied policy text; C working public code; D copy of an official
    text; E recollection, not confirmed; ``tool`` default of this tool (工具默认值, 非法定);
    ``local`` set by the area.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    stage: Literal["primary", "junior", "all"] = "all"
    value: float | str
    unit: str = ""
    valid_from: int = 1900
    source: Annotated[str, Field(min_length=3)]
    grade: Grade
    zh: str = ""
    en: str = ""
    low: float | None = None
    high: float | None = None
    price_year: int | None = None


class _Document(BaseModel):
    """A rule-set file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    zh: str
    en: str
    extends: str = ""
    source: str
    norm: tuple[Norm, ...] = ()


class RuleSet:
    """A named set of norms; a norm of the set itself beats one of the set it extends.

    Among norms of the same name and stage that the same file gives, the one with the latest
    ``valid_from`` not after the year asked for holds.
    """

    def __init__(
        self, name: str, zh: str, en: str, source: str, layers: Sequence[Sequence[Norm]]
    ) -> None:
        self.name, self.zh, self.en, self.source = name, zh, en, source
        self._layers = tuple(tuple(layer) for layer in layers)
        # norms of one name and stage, layer by layer, the latest first
        self._dated: dict[tuple[str, str], list[list[Norm]]] = {}
        for place, layer in enumerate(self._layers):
            for norm in layer:
                found = self._dated.setdefault((norm.name, norm.stage), [[] for _ in self._layers])
                found[place].append(norm)
        for found in self._dated.values():
            for norms in found:
                norms.sort(key=lambda norm: norm.valid_from, reverse=True)

    def __repr__(self) -> str:
        return f"RuleSet({self.name!r}, {len(self.norms())} norms)"

    def title(self, language: str) -> str:
        """Title in ``"zh"`` or ``"en"``."""
        return self.zh if language == "zh" else self.en

    def find(self, name: str, stage: str = "all", year: int = 2100) -> Norm | None:
        """Return the norm that holds, or None when the rule set has none."""
        wanted = (stage, "all") if stage != "all" else ("all",)
        known = [self._dated[name, s] for s in wanted if (name, s) in self._dated]
        for place in range(len(self._layers)):
            for found in known:
                for norm in found[place]:
                    if norm.valid_from <= year:
                        return norm
        return None

    def norm(self, name: str, stage: str = "all", year: int = 2100) -> Norm:
        """Return the norm that holds, with unit, source and grade.

        Raises
        ------
        StandardsError
            The rule set has no such norm for that stage and year.
        """
        found = self.find(name, stage, year)
        if found is None:
            known = sorted({norm.name for norm in self.norms()})
            msg = (
                f"Rule set {self.name} has no norm {name!r} for stage {stage}, year {year}. "
                f"Known: {', '.join(known)}."
            )
            raise StandardsError(msg)
        return found

    def value(self, name: str, stage: str = "all", year: int = 2100) -> float:
        """Return the number of a norm.

        Raises
        ------
        StandardsError
            No such norm, or its value is not a number.
        """
        value = self.norm(name, stage, year).value
        if isinstance(value, str):
            msg = f"Norm {name!r} of rule set {self.name} is text ({value!r}), not a number."
            raise StandardsError(msg)
        return value

    def text(self, name: str, stage: str = "all", year: int = 2100) -> str:
        """Return a norm that is a choice rather than a number."""
        return str(self.norm(name, stage, year).value)

    def norms(self) -> list[Norm]:
        """Return every norm that can hold at some time, nearest layer first."""
        seen: set[tuple[str, str]] = set()
        result: list[Norm] = []
        for layer in self._layers:
            result += [norm for norm in layer if (norm.name, norm.stage) not in seen]
            seen |= {(norm.name, norm.stage) for norm in layer}
        return result

    def overridden(self, norms: Iterable[Norm], title: str = "") -> RuleSet:
        """Return this rule set with ``norms`` on top (an area's own values)."""
        return RuleSet(
            self.name,
            self.zh + title,
            self.en + title,
            self.source,
            [tuple(norms), *self._layers],
        )


@cache
def _document(name: str) -> _Document:
    path = resources.files("analysis.standards") / "data" / f"{name}.toml"
    if not path.is_file():
        msg = f"No rule set {name!r}. Available: {', '.join(available())}."
        raise StandardsError(msg)
    try:
        document = _Document.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        msg = f"Rule set file {name}.toml is wrong: {error}"
        raise StandardsError(msg) from error
    if document.name != name:
        msg = f"Rule set file {name}.toml says its name is {document.name!r}."
        raise StandardsError(msg)
    return document


def available() -> list[str]:
    """Return the names of the rule sets that ship with the package."""
    folder = resources.files("analysis.standards") / "data"
    return sorted(
        item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")
    )


def load(name: str, overrides: Iterable[Mapping[str, object] | Norm] = ()) -> RuleSet:
    """Read a rule set with everything it extends, and put an area's overrides on top.

    Parameters
    ----------
    name
        One of :func:`available`.
    overrides
        Norms, or mappings with the fields of :class:`Norm` (``[[norm]]`` of ``area.toml``).

    Raises
    ------
    StandardsError
        No such rule set, a wrong file, a circle of extensions, or a wrong override.
    """
    layers: list[tuple[Norm, ...]] = []
    seen: list[str] = []
    current = name
    while current:
        if current in seen:
            msg = f"Rule sets extend each other in a circle: {' -> '.join([*seen, current])}."
            raise StandardsError(msg)
        seen.append(current)
        document = _document(current)
        layers.append(document.norm)
        current = document.extends
    top = _document(name)
    rules = RuleSet(name, top.zh, top.en, top.source, layers)
    given = list(overrides)
    if not given:
        return rules
    try:
        norms = [n if isinstance(n, Norm) else Norm.model_validate(n) for n in given]
    except ValidationError as error:
        msg = f"A norm in the area's overrides is wrong: {error}"
        raise StandardsError(msg) from error
    return rules.overridden(norms)


def differences(left: RuleSet, right: RuleSet, year: int = 2100) -> pd.DataFrame:
    """Return the norms in which two rule sets differ.

    Returns
    -------
    DataFrame
        ``name, stage, left, right, unit, left_source, right_source``; a value that one of them
        does not have is missing.
    """
    keys = sorted({(norm.name, norm.stage) for rules in (left, right) for norm in rules.norms()})
    rows = []
    for name, stage in keys:
        pair = (left.find(name, stage, year), right.find(name, stage, year))
        values = [None if norm is None else norm.value for norm in pair]
        if values[0] == values[1]:
            continue
        any_norm = pair[0] or pair[1]
        rows.append(
            {
                "name": name,
                "stage": stage,
                "left": values[0],
                "right": values[1],
                "unit": any_norm.unit if any_norm else "",
                "left_source": pair[0].source if pair[0] else None,
                "right_source": pair[1].source if pair[1] else None,
            }
        )
    columns = ["name", "stage", "left", "right", "unit", "left_source", "right_source"]
    return pd.DataFrame(rows, columns=columns)
