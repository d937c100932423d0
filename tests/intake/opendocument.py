"""A small .ods workbook for tests: cells, merged heads, repeated rows."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

MIME = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
)
_MANIFEST = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'


def _cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, (int, float)):
        return (
            f'<table:table-cell office:value-type="float" office:value="{value}">'
            f"<text:p>{value}</text:p></table:table-cell>"
        )
    text = escape(str(value))
    return (
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    )


def ods(sheets: dict[str, list[list[object]]], *, raw: str = "", manifest: str = "") -> bytes:
    """Return the workbook; ``raw`` is put in as further rows of the last sheet."""
    body = ""
    for name, rows in sheets.items():
        lines = "".join(
            f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows
        )
        # as LibreOffice writes it: the rest of the sheet is one repeated empty row
        rest = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/>'
        body += (
            f'<table:table table:name="{name}">{lines}{raw}{rest}</table:table-row></table:table>'
        )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_SPACES}>'
        f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", MIME)
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            f"<manifest:manifest {_MANIFEST}>"
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIME}"/>'
            '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">'
            f"{manifest}</manifest:file-entry></manifest:manifest>",
        )
    return buffer.getvalue()
