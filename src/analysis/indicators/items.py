"""The county's items as data: which facts decide them, and under which keys a county gives them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from analysis.tables import contract, contracts
from analysis.terms import LABELS

Sense = Literal["at_least", "at_most", "below"]


class FactKey(BaseModel):
    """A value of the county that ``county_facts`` may give."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str
    unit: str


class ItemTest(BaseModel):
    """One numeric test of an item: a fact, or a ratio of sums of facts, against a norm.

    A key with a leading minus is subtracted. Without a norm the value is only reported.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str = ""
    numerator: tuple[str, ...] = ()
    denominator: tuple[str, ...] = ()
    years_since: str = ""
    norm: str
    stage: Literal["primary", "junior", "all"] = "all"
    sense: Sense = "at_least"

    @property
    def keys(self) -> tuple[str, ...]:
        """Every fact the test can read."""
        named = (self.value, self.years_since, *self.numerator, *self.denominator)
        return tuple(key.removeprefix("-") for key in named if key)


class Item(BaseModel):
    """One item of a dimension of the assessment.

    ``schools`` names a school-level test; an item with neither tests nor ``schools``, or with
    ``document``, also needs a judgement with named evidence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    item: Annotated[str, Field(pattern=r"^[gqve]\d\d$")]
    dimension: Literal["guarantee", "quality", "veto", "eligibility"]
    zh: str
    en: str
    source: str
    grade: str
    document: bool = False
    schools: str = ""
    applies: str = ""
    tests: tuple[ItemTest, ...] = ()

    @property
    def needs_judgement(self) -> bool:
        """Whether a document decides the item, alone or beside its numbers."""
        return self.document or not (self.tests or self.schools)


@cache
def _document() -> dict[str, object]:
    path = resources.files("analysis.indicators") / "items.toml"
    return tomllib.loads(path.read_text("utf-8"))


@cache
def fact_keys() -> dict[str, FactKey]:
    """Return the values a county may give, by key."""
    facts = _document()["facts"]
    assert isinstance(facts, dict)
    return {key: FactKey.model_validate(entry) for key, entry in facts.items()}


@cache
def items() -> tuple[Item, ...]:
    """Return every item in order."""
    entries = _document()["item"]
    assert isinstance(entries, list)
    return tuple(Item.model_validate(entry) for entry in entries)


@cache
def key_of_title() -> dict[str, str]:
    """Return the key of every Chinese or English title, and of every key itself."""
    found: dict[str, str] = {}
    for key, fact in fact_keys().items():
        found |= {key: key, fact.zh: key, fact.en: key}
    for item in items():
        found |= {item.item: item.item, item.zh: item.item, item.en: item.item}
    return found


@cache
def titles() -> dict[str, tuple[str, str]]:
    """Return the Chinese and English title of every fact and item, by key."""
    named = {key: (fact.zh, fact.en) for key, fact in fact_keys().items()}
    return named | {item.item: (item.zh, item.en) for item in items()}


def missing_words(names: Iterable[str], language: str) -> str:
    """Return what is missing in words: ``facilities.computers`` as the titles of both.

    Names are tables, columns of tables, facts of ``county_facts``, items or dimensions of the
    assessment, or stages.
    """
    known = contracts()
    place = 0 if language == "zh" else 1
    own = titles() | LABELS["dimension"] | LABELS["stage"] | LABELS["missing"]
    said = []
    for name in names:
        table, _, column = name.partition(".")
        if table not in known:
            said.append(own.get(name, (name, name))[place])
            continue
        title = contract(table).title(language)
        columns = {c.name: c.title(language) for c in contract(table).columns}
        word = columns.get(column) or titles().get(column, (column, column))[place]
        said.append(f"{title}{'：' if language == 'zh' else ': '}{word}" if column else title)
    return ("；" if language == "zh" else "; ").join(said)
