"""Every string a user sees, in Chinese and English, and the number style of each language."""

from analysis.wording.catalogue import entries, languages, say
from analysis.wording.numbers import area, money, number, percent, signed, year_label

__all__ = [
    "area",
    "entries",
    "languages",
    "money",
    "number",
    "percent",
    "say",
    "signed",
    "year_label",
]
