"""Rules about names: letters of a script that a Chinese name does not use look like others."""

from __future__ import annotations

import unicodedata

from analysis.intake.found import Findings
from analysis.intake.resolve import Records

#: Scripts whose letters can be taken for Latin ones; none belongs in a Chinese place name.
_FOREIGN = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_NAMES = (("towns", "town_name"), ("schools", "school_name"))


def foreign_letters(text: str) -> str:
    """Return the letters of ``text`` that can be taken for Latin letters but are not."""
    return "".join(
        letter for letter in text if unicodedata.name(letter, "").split(" ")[0] in _FOREIGN
    )


def scripts(records: Records, found: Findings) -> None:
    """Report a name with look-alike letters: it would silently fail to match its own code."""
    for table, column in _NAMES:
        for record in records.get(table, []):
            name = str(record.values.get(column) or "")
            letters = foreign_letters(name)
            if letters:
                found.doubt(
                    record,
                    column,
                    "foreign_letters",
                    table=table,
                    set_aside=False,
                    found=name,
                    letters=letters,
                )
