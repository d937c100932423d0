"""Draw. Figures read result tables and compute nothing; see :mod:`analysis.figures.card`."""

from analysis.figures import style
from analysis.figures.card import Card, TableCard, card, display_frame, html_table, table

__all__ = ["Card", "TableCard", "card", "display_frame", "html_table", "style", "table"]
