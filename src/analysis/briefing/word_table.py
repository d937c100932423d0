"""A table of the Word briefing, written as text and read once.

python-docx makes every cell of a table from a dozen objects that each look for their place among
the others; the tables of a briefing cost it four times what they cost here, and come out the same.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Mm, Pt

_HEAD, _ROW = "<w:cantSplit/><w:tblHeader/>", "<w:cantSplit/>"
_TABLE = (
    '<w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:type="auto" w:w="0"/><w:jc w:val="center"/>'
    '<w:tblLayout w:type="fixed"/>'
    # 1 mm at both sides of a cell
    '<w:tblCellMar><w:left w:w="57" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar>'
    '<w:tblLook w:firstColumn="1" w:firstRow="1" w:lastColumn="0" w:lastRow="0" w:noHBand="0" '
    'w:noVBand="1" w:val="04A0"/></w:tblPr>'
)
_KEPT, _RIGHT = "<w:keepNext/>", '<w:jc w:val="right"/>'
_BREAK = re.compile("([\t\r\n])")


def table(
    heads: Sequence[str],
    columns: Sequence[Sequence[str]],
    *,
    right: Sequence[bool],
    widths: Sequence[float],
    fonts: tuple[str, str],
    points: float,
    kept: int = 0,
) -> Any:
    """Return the element of a table: its heads repeated on every page, no row broken by one.

    Parameters
    ----------
    columns
        The texts of each column, below its head.
    right
        Which columns stand at the right, as numbers do.
    widths
        Width of each column in millimetres; also in the grid: not every program reads the cells'.
    fonts
        East Asian and Latin font of every cell.
    kept
        So many rows stay on the page of the row below them, and so does the head.
    """
    across = [Mm(width).twips for width in widths]
    look = _look(fonts, points)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in across)
    first = [
        _cell(text, width, _KEPT if kept else "", "", look.format(bold="<w:b/>"))
        for text, width in zip(heads, across, strict=True)
    ]
    plain = look.format(bold='<w:b w:val="0"/>')
    cells = [
        [
            _cell(text, width, _KEPT if row < kept else "", _RIGHT if number else "", plain)
            for row, text in enumerate(column)
        ]
        for column, width, number in zip(columns, across, right, strict=True)
    ]
    rows = "".join(_row(_ROW, row) for row in zip(*cells, strict=True))
    return parse_xml(
        f"<w:tbl {nsdecls('w')}>{_TABLE}<w:tblGrid>{grid}</w:tblGrid>{_row(_HEAD, first)}{rows}"
        "</w:tbl>"
    )


def _look(fonts: tuple[str, str], points: float) -> str:
    east, latin = (html.escape(font) for font in fonts)
    return (
        f'<w:rPr><w:rFonts w:eastAsia="{east}" w:ascii="{latin}" w:hAnsi="{latin}" '
        f'w:cs="{latin}"/>{{bold}}<w:sz w:val="{round(Pt(points).pt * 2)}"/></w:rPr>'
    )


def _row(properties: str, cells: Sequence[str]) -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(text: str, width: int, keep: str, side: str, look: str) -> str:
    return (
        f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width}"/></w:tcPr><w:p><w:pPr>{keep}'
        f'<w:spacing w:line="240" w:lineRule="auto"/>{side}</w:pPr>'
        f"<w:r>{look}{_text(text)}</w:r></w:p></w:tc>"
    )


def _text(text: str) -> str:
    """Return the content of a run as python-docx writes it: breaks, tabs, spaces at the ends."""
    parts = []
    for part in _BREAK.split(text):
        if part in ("\r", "\n"):
            parts.append("<w:br/>")
        elif part == "\t":
            parts.append("<w:tab/>")
        elif part:
            kept = ' xml:space="preserve"' if part != part.strip() else ""
            parts.append(f"<w:t{kept}>{html.escape(part, quote=False)}</w:t>")
    return "".join(parts)
