"""What the command line shows: words that files and people have typed never act on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer.core
from rich.console import Console

#: White space that is no printable character for Python and harms nobody.
_KEPT = "\n\t\u3000\u00a0"


def inert(text: str) -> str:
    """Return text in which no character can steer a terminal or turn a line round."""
    return "".join(c if c.isprintable() or c in _KEPT else _number(c) for c in text)


def _number(character: str) -> str:
    """Return a character as JSON writes it by number."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))


@contextmanager
def _typed_words_inert() -> Iterator[None]:
    """Let a usage error say what was typed without acting on the terminal."""
    try:
        yield
    except Exception as error:
        said = getattr(error, "message", None)
        if isinstance(said, str):
            error.message = inert(said)  # type: ignore[attr-defined]
        raise


class Commands(typer.core.TyperGroup):
    """The commands; both places where typed words are parsed are looked after."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Parse what stands before the command."""
        with _typed_words_inert():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        """Parse what stands after it, and run it."""
        with _typed_words_inert():
            return super().invoke(ctx)


class Terminal(Console):
    """A console that shows what files and people have named, and lets none of it act."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, with characters that act shown by their number."""
        super().print(*(inert(o) if isinstance(o, str) else o for o in objects), **options)
