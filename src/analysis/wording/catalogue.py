"""The catalogue: one TOML file a topic, one entry a string, Chinese and English side by side."""

from __future__ import annotations

import string
import tomllib
from functools import cache
from importlib import resources

from analysis.errors import WordingError

LANGUAGES = ("zh", "en")


def languages() -> tuple[str, ...]:
    """Return the languages of the catalogue."""
    return LANGUAGES


@cache
def entries() -> dict[str, dict[str, str]]:
    """Return every entry by ``topic.key``.

    Raises
    ------
    WordingError
        A file is not valid, or an entry lacks a language or names other values in each.
    """
    folder = resources.files("analysis.wording") / "catalogue"
    found: dict[str, dict[str, str]] = {}
    for item in sorted(folder.iterdir(), key=lambda path: path.name):
        if not item.name.endswith(".toml"):
            continue
        topic = item.name.removesuffix(".toml")
        try:
            document = tomllib.loads(item.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            msg = f"Catalogue {item.name} is not valid TOML: {error}"
            raise WordingError(msg) from error
        for key, entry in document.items():
            found[f"{topic}.{key}"] = _checked(f"{topic}.{key}", entry)
    return found


def _checked(key: str, entry: object) -> dict[str, str]:
    if not isinstance(entry, dict) or set(entry) != set(LANGUAGES):
        msg = f"Catalogue entry {key} needs exactly: {', '.join(LANGUAGES)}."
        raise WordingError(msg)
    fields = [
        # a value that is itself a word comes twice: ``title`` or ``title_zh``, and ``title_en``
        {
            n.removesuffix("_en").removesuffix("_zh")
            for _, n, _, _ in string.Formatter().parse(entry[language])
            if n
        }
        for language in LANGUAGES
    ]
    if fields[0] != fields[1]:
        msg = f"Catalogue entry {key} names {sorted(fields[0])} in zh but {sorted(fields[1])} in en"
        raise WordingError(msg)
    return {language: str(entry[language]) for language in LANGUAGES}


def say(key: str, language: str, **values: object) -> str:
    """Return the string ``topic.key`` in a language with its values put in.

    Raises
    ------
    WordingError
        No such entry or language, or a value is missing.
    """
    entry = entries().get(key)
    if entry is None or language not in entry:
        msg = f"The catalogue has no {key!r} in {language!r}."
        raise WordingError(msg)
    try:
        return entry[language].format(**values)
    except KeyError as error:
        msg = f"Catalogue entry {key!r} needs the value {error}."
        raise WordingError(msg) from error
