"""Look into a workbook's package before it is read: bombs, passwords, macros, links, formulas."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from analysis.intake import opendocument
from analysis.intake.refusing import MAX_CELLS, MAX_UNPACKED_BYTES, UnreadableFileError, refuse

#: Parts that unpack to more than this many times their size, once they are large, are refused.
MAX_RATIO, RATIO_FROM_BYTES = 200, 10 * 1024**2
#: Cells times the longest shared text: what a reader may be made to copy.
MAX_TEXT_COPIED = 10**9
#: Formulas without a stored value are named one by one up to this many a sheet.
MOST_FORMULAS = 200
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_END_OF_PACKAGE = b"PK\x05\x06"
_PASSWORD_MARKS = ("EncryptedPackage".encode("utf-16-le"), "EncryptionInfo".encode("utf-16-le"))
_CELL = re.compile(rb"<c\s([^>]*?)(?<!/)>(.*?)</c>", re.DOTALL)
_VALUE = re.compile(rb"<v[^>]*>[^<]+</v>|<t[^>]*>[^<]+</t>")
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_ERROR = re.compile(rb"<v[^>]*>(#[^<]+)</v>")
_HIDDEN_ROW = re.compile(rb'<row\s[^>]*?\br="(\d{1,7})"[^>]*>')
_HIDDEN = re.compile(rb'\bhidden="(1|true)"')
#: Rule of a remark that gives an error cell's text back to its sheet; it is no finding by itself.
ERROR_CELL = "error_cell"
#: The file is not as Excel writes it, so the limits below may not see what its reader sees: it is
#: read in a process of its own. No finding either.
READ_APART = "read_apart"
_CELL_START = re.compile(rb"<(?:\w+:)?c[\s/>]")
_PLAIN_CELL = b'<c r="'
_FAR = re.compile(rb'\br="(?:[A-Z]{3}\d+|[A-Z]{1,3}\d{6,7})"')
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*?)/?>")
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_TEXT_RUN = re.compile(rb"<t[^>]*>([^<]*)</t>")
_XML_MARKS = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}


@dataclass(frozen=True)
class Remark:
    """Something a reader of the file should know; ``rule`` is an entry of the catalogue.

    ``line`` of a text file and ``rows`` lost are given where the words of the rule need them.
    """

    rule: str
    sheet: str = ""
    cell: str = ""
    found: str = ""
    line: int = 0
    rows: int = 0


def examine(name: str, content: bytes) -> list[Remark]:
    """Check a workbook before reading it.

    Raises
    ------
    IntakeError
        It has a password, is cut off or damaged, or unpacks to an absurd size.
    """
    if content.startswith(OLE_MAGIC):
        if any(mark in content for mark in _PASSWORD_MARKS):
            refuse(name, "password")
        return [Remark(READ_APART)]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _look(name, archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        ValueError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        # the list of parts stands at the end of the package: without it the end is missing
        reason = "damaged" if _END_OF_PACKAGE in content else "cut_off"
        raise UnreadableFileError(name, reason, {"bytes": f"{len(content):,}"}) from error


def _look(name: str, archive: zipfile.ZipFile) -> list[Remark]:
    items = archive.infolist()
    total = sum(item.file_size for item in items)
    if total > MAX_UNPACKED_BYTES or len(items) > 10_000:
        refuse(name, "unpacks", bytes=f"{total:,}")
    for item in items:
        if item.flag_bits & 0x1:
            refuse(name, "password")
        packed = max(item.compress_size, 1)
        if item.file_size > RATIO_FROM_BYTES and item.file_size / packed > MAX_RATIO:
            refuse(name, "unpacks", bytes=f"{item.file_size:,}")
    names = {item.filename for item in items}
    if "content.xml" in names and "xl/workbook.xml" not in names:
        opendocument.examine(name, archive, names)
        return [Remark(READ_APART)]
    if not any(n.startswith("xl/") for n in names):
        refuse(name, "not_workbook")
    return _look_inside(name, archive, names)


def _look_inside(name: str, archive: zipfile.ZipFile, names: set[str]) -> list[Remark]:
    if "xl/workbook.bin" in names:
        refuse(name, "xlsb")
    remarks = []
    if any(n.lower().endswith("vbaproject.bin") for n in names):
        remarks.append(Remark("macros_ignored"))
    if any("/externallinks/" in f"/{n.lower()}" for n in names):
        remarks.append(Remark("external_links"))
    longest = 0
    if "xl/sharedStrings.xml" in names:
        shared = archive.read("xl/sharedStrings.xml")
        longest = max((len(m[1]) for m in _TEXT_RUN.finditer(shared)), default=0)
    for path, sheet, hidden in _sheets(archive, names):
        if hidden:
            remarks.append(Remark("sheet_hidden", sheet))
        xml = archive.read(path)
        if not _as_excel_writes(xml):
            remarks.append(Remark(READ_APART, sheet))
        remarks += _look_at_sheet(name, sheet, xml, longest) + _hidden_rows(sheet, xml)
    return remarks


def _as_excel_writes(xml: bytes) -> bool:
    """Tell whether every cell says where it stands, in the words that the limits look for."""
    starts = sum(1 for _ in _CELL_START.finditer(xml))
    return b"\x00" not in xml[:64] and starts == xml.count(_PLAIN_CELL)


def _look_at_sheet(name: str, sheet: str, xml: bytes, longest: int) -> list[Remark]:
    if _FAR.search(xml):
        columns, rows = 0, 0
        for found in _REFERENCE.finditer(xml):
            columns = max(columns, _column_number(found[1]))
            rows = max(rows, int(found[2]))
        if columns * rows > MAX_CELLS:
            refuse(name, "far_cells", sheet=sheet, rows=f"{rows:,}", columns=f"{columns:,}")
    if longest * xml.count(b't="s"') > MAX_TEXT_COPIED:
        refuse(name, "long_text", sheet=sheet)
    errors = _errors(sheet, xml)
    if b"<f" not in xml:
        return errors
    empty = [
        _REFERENCE.search(b" " + found[1])
        for found in _CELL.finditer(xml)
        if b"<f" in found[2] and not _VALUE.search(found[2])
    ]
    cells = [(m[1] + m[2]).decode("ascii") for m in empty if m]
    remarks = [Remark("formula_without_value", sheet, cell) for cell in cells[:MOST_FORMULAS]]
    if len(cells) > MOST_FORMULAS:
        remarks.append(Remark("formulas_without_value", sheet, "", str(len(cells))))
    return errors + remarks


def _errors(sheet: str, xml: bytes) -> list[Remark]:
    """Return the cells that hold an Excel error such as #REF!, which readers give as empty."""
    if b't="e"' not in xml:
        return []
    found = []
    for cell in _CELL.finditer(xml):
        place = _REFERENCE.search(b" " + cell[1])
        value = _ERROR.search(cell[2])
        if place and value and b't="e"' in cell[1]:
            name = (place[1] + place[2]).decode("ascii")
            found.append(Remark(ERROR_CELL, sheet, name, value[1].decode("ascii", "replace")))
    return found


def _hidden_rows(sheet: str, xml: bytes) -> list[Remark]:
    """Return a remark on rows that are hidden: they are read like the others."""
    rows = [m[1].decode() for m in _HIDDEN_ROW.finditer(xml) if _HIDDEN.search(m[0])]
    if not rows:
        return []
    shown = ", ".join(rows[:10]) + (" …" if len(rows) > 10 else "")
    return [Remark("rows_hidden", sheet, f"A{rows[0]}", shown)]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _attributes(raw: bytes) -> dict[str, str]:
    found = {}
    for key, value in _ATTRIBUTE.findall(raw):
        text = value.decode("utf-8", "replace")
        for mark, plain in _XML_MARKS.items():
            text = text.replace(mark, plain)
        found[key.decode("ascii", "replace")] = text
    return found


def _sheets(archive: zipfile.ZipFile, names: set[str]) -> list[tuple[str, str, bool]]:
    """Return (part, name of the sheet, hidden) of every worksheet of the package."""
    parts = sorted(n for n in names if re.fullmatch(r"xl/worksheets/[^/]+\.xml", n))
    targets: dict[str, str] = {}
    if "xl/_rels/workbook.xml.rels" in names:
        links = archive.read("xl/_rels/workbook.xml.rels")
        for found in re.finditer(rb"<(?:\w+:)?Relationship\s([^>]*?)/?>", links):
            link = _attributes(found[1])
            path = link.get("Target", "").lstrip("/")
            targets[link.get("Id", "")] = path if path.startswith("xl/") else f"xl/{path}"
    titles: dict[str, tuple[str, bool]] = {}
    if "xl/workbook.xml" in names:
        for found in _SHEET.finditer(archive.read("xl/workbook.xml")):
            sheet = _attributes(found[1])
            hidden = sheet.get("state", "visible") != "visible"
            link_id = next((v for k, v in sheet.items() if k.endswith(":id")), "")
            titles[targets.get(link_id, "")] = (sheet.get("name", ""), hidden)
    return [(part, *titles.get(part, (part.rsplit("/", 1)[-1], False))) for part in parts]
