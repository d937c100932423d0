"""Draw. Figures read result tables and compute nothing; see :mod:`analysis.figures.card`."""

from analysis.figures import style
from analysis.figures.card import (
    Card,
    TableCard,
    as_images,
    card,
    table,
)
from analysis.figures.cells import code_words, display_frame, html_table, is_year
from analysis.figures.shown import (
    Shown,
    in_language,
    named,
    nothing,
    place_names,
    reading_order,
    result_table,
    rule_words,
)
from analysis.wording import unit_word

__all__ = [
    "Card",
    "Shown",
    "TableCard",
    "as_images",
    "card",
    "code_words",
    "display_frame",
    "html_table",
    "in_language",
    "is_year",
    "named",
    "nothing",
    "place_names",
    "reading_order",
    "result_table",
    "rule_words",
    "style",
    "table",
    "unit_word",
]
