"""Markdown of the notebooks in one language: their prose stands in Chinese and English."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_NUMBER = re.compile(r"^(\d+(?:\.\d+)*)\s+")
_ITEM = re.compile(r"^\s*(?:[*+-]|\d+[.)])\s+")
#: Between the Chinese and the English part of a heading.
SEPARATOR = " · "


def is_chinese(text: str) -> bool:
    """Tell whether a text holds a Chinese character."""
    return _CHINESE.search(text) is not None


def heading(text: str, language: str) -> str:
    """Return one language's part of ``1 中文 · English``; the number belongs to both.

    >>> heading("1 在校生怎样变化 · How have pupils changed?", "en")
    '1 How have pupils changed?'
    """
    zh, found, en = text.partition(SEPARATOR)
    if not found or language == "zh":
        return zh.strip()
    number = _NUMBER.match(zh)
    english = en.strip()
    return f"{number[1]} {english}" if number and not _NUMBER.match(english) else english


def blocks(source: str) -> list[str]:
    """Split Markdown into blocks at blank lines; a fenced block stays whole."""
    found: list[list[str]] = [[]]
    fenced = False
    for line in source.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if not line.strip() and not fenced:
            found.append([])
        elif _HEADING.match(line) and not fenced:
            found += [[line], []]
        else:
            found[-1].append(line)
    return ["\n".join(lines) for lines in found if lines]


def _items(block: str) -> list[str]:
    """Split a list into its items, each with its continued lines."""
    lines = block.splitlines()
    starts = [place for place, line in enumerate(lines) if _ITEM.match(line)]
    return ["\n".join(lines[a:b]) for a, b in pairwise([*starts, len(lines)])]


def items(block: str) -> list[str]:
    """Return the items of a list as plain text, without their marks."""
    found = _items(block) if _ITEM.match(block) else [block]
    return [" ".join(_ITEM.sub("", item).split()) for item in found if item.strip()]


def in_language(block: str, language: str) -> str:
    """Return what a block says in a language; empty when it speaks the other one.

    Fenced blocks and tables belong to both. A list is chosen item by item.
    """
    if block.lstrip().startswith(("```", "|")):
        return block
    wanted = language == "zh"
    if _ITEM.match(block):
        return "\n".join(item for item in _items(block) if is_chinese(item) == wanted)
    return block if is_chinese(block) == wanted else ""


def heading_of(block: str) -> tuple[int, str] | None:
    """Return level and text when the block is a heading."""
    found = _HEADING.match(block)
    return (len(found[1]), found[2]) if found else None


@cache
def _markdown() -> MarkdownWithMath:
    return MarkdownWithMath(renderer=IPythonRenderer(escape=True))


def to_html(markdown: str) -> str:
    """Render Markdown; raw HTML in it is shown as text."""
    return str(_markdown().render(markdown)).strip()
