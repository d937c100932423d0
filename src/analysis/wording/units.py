"""Units and norms as each language writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from analysis.wording.catalogue import entries
from analysis.wording.citations import citation_words

_NORM = re.compile(r"^(?P<name>\w+) = (?P<value>\S+) (?P<unit>[^;]*); (?P<source>.*)$", re.DOTALL)


def unit_word(unit: str, language: str) -> str:
    """Return a unit as a language shows it; one the catalogue does not know stays as it is.

    >>> unit_word("人", "en")
    'persons'
    """
    entry = entries().get(f"units.{unit}")
    return entry[language] if entry else unit


def rule_words(rule: str, language: str, titles: Mapping[str, str] | None = None) -> str:
    """Return a norm (``name = value unit; source [grade]``) with its unit in a language.

    The source stays in the language it was published in; our remarks in it do not.

    Parameters
    ----------
    titles
        Titles of norms by name; a name that has none stays as it is.

    >>> rule_words("class_size_max = 45 人; 教督〔2017〕6号 [A]", "en")
    'class_size_max = 45 persons; 教督〔2017〕6号 [A]'
    """
    found = _NORM.match(rule)
    if found is None:
        return citation_words(rule, language)
    unit = unit_word(found["unit"], language)
    value = " ".join(part for part in (found["value"], unit) if part)
    name = (titles or {}).get(found["name"], found["name"])
    return f"{name} = {value}; {citation_words(found['source'], language)}"
