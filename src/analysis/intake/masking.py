"""Numbers of persons never appear in what the intake says: they are masked."""

from __future__ import annotations

import re

#: Form of an identity number: six digits of a place, a date, three digits and a check digit.
RESIDENT_ID = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
    r"(?![0-9A-Za-z])"
)
#: A mobile number, whole or in groups of 3-4-4.
MOBILE = re.compile(r"(?<![0-9.])1[3-9]\d(?:\d{8}|[- ]\d{4}[- ]\d{4})(?![0-9.])")
#: An identity number that a spreadsheet has turned into a floating-point number.
_FLOATED = re.compile(r"(?<![0-9])[1-9]\.\d{6,}[eE]\+?1[67](?![0-9])")


def mask(text: str) -> str:
    """Return a text with identity and mobile numbers replaced by stars."""
    if len(text) < 11:
        return text
    for pattern in (RESIDENT_ID, MOBILE, _FLOATED):
        text = pattern.sub("***", text)
    return text
