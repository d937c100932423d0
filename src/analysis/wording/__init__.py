"""Every string a user sees, in Chinese and English, and the number style of each language."""

from analysis.wording.catalogue import entries, languages, say
from analysis.wording.citations import citation_words, remarks
from analysis.wording.numbers import (
    area,
    money,
    number,
    percent,
    probability,
    signed,
    total,
    year_label,
)
from analysis.wording.units import rule_words, unit_word

__all__ = [
    "area",
    "citation_words",
    "entries",
    "languages",
    "money",
    "number",
    "percent",
    "probability",
    "remarks",
    "rule_words",
    "say",
    "signed",
    "total",
    "unit_word",
    "year_label",
]
