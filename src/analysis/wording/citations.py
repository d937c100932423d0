"""Citations as each language shows them: their words stay, our remarks inside them do not."""

from __future__ import annotations

import re
from functools import cache

from analysis.wording.catalogue import entries

_TOPIC = "citations."


@cache
def remarks() -> dict[str, str]:
    """Return this tool's own remarks inside citations: the English of each by its Chinese."""
    own = [entry for key, entry in entries().items() if key.startswith(_TOPIC)]
    return {entry["zh"]: entry["en"] for entry in own}


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(remarks(), key=len, reverse=True)
    return re.compile("|".join(re.escape(text) for text in longest_first))


def citation_words(source: str, language: str) -> str:
    """Return a citation with the remarks of this tool in a language; the rest stays as published.

    >>> citation_words("工具默认值，非法定", "en")
    'default of this tool, not law'
    >>> citation_words("教督〔2017〕6号 第七条", "en")
    '教督〔2017〕6号 第七条'
    """
    if language == "zh":
        return source
    return _pattern().sub(lambda found: remarks()[found[0]], source)
