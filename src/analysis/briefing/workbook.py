"""The Excel workbook: every table with units and notes, and a sheet to change.

Text is always written as text, so nothing a school typed can run as a formula.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from analysis import figures, terms, wording
from analysis.briefing.block_sheet import Block, BlockSheet, FileAddress
from analysis.briefing.calculation import has_calculation, write_calculation
from analysis.briefing.headline_numbers import parameter_words
from analysis.briefing.headline_sheets import (
    Block as TraceBlock,
)
from analysis.briefing.headline_sheets import (
    Traces,
    place_of,
    write_headlines,
    write_traces,
)
from analysis.briefing.sheet_words import in_words, number_look, shortened
from analysis.store import Run
from analysis.tables import Contract, contract, contracts

#: A fixed date, so that the same tables give the same bytes.
CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
#: Not in the workbook: simulated paths are a hundred thousand rows and stay in Parquet.
LEFT_OUT = ("demand_paths",)
#: Longer tables are in csv/ only; a planner reads a workbook, programs read CSV.
MOST_ROWS = 3_000
#: Letters of a head before it wraps, and of a printed page across (A4 landscape, still read).
_HEAD, _PAGE = 22, 190
#: Width of the widest column, and the rows up to which long texts wrap in it.
_WIDEST, _FEW = 48, 150
#: Characters as wide as two Latin ones.
_WIDE = re.compile("[\u2e80-\U0010ffff]")
#: Keys of the workbook's own sheets; the others go by the names of their tables.
ABOUT, TRACES, CALCULATION = "about ", "traces ", "calculation "


def table_names(run: Run) -> list[str]:
    """Return the tables with rows: headlines first, then results, then inputs."""
    first = ["headlines", "decisions"]
    known = contracts()
    results = [n for n, c in known.items() if c.group == "result" and n not in first]
    inputs = [n for n, c in known.items() if c.group == "input"]
    order = [*first, *sorted(results), *sorted(inputs)]
    return [n for n in order if n not in LEFT_OUT and run.tables.has(n)]


def sheet_names(run: Run, tables: Sequence[str]) -> list[str]:
    """Return those of the tables that have a sheet in the workbook."""
    return [n for n in tables if len(run.tables[n]) <= MOST_ROWS]


def workbook(run: Run) -> bytes:
    """Return the workbook of a run."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "nan_inf_to_errors": False,
        },
    )
    book.set_properties({"created": CREATED, "title": run.area.title(run.language)})
    writer = _Writer(run, book)
    writer.about()
    writer.headlines()
    if has_calculation(run):
        writer.calculation()
    writer.tables()
    book.close()
    return buffer.getvalue()


def names_of_sheets(titles: Mapping[str, str]) -> dict[str, str]:
    """Return a name for each sheet by its key: at most 31 characters, each once, none forbidden.

    >>> names_of_sheets({"a": "IV-VI: all", "b": "iv-vi  all"})
    {'a': 'IV-VI  all', 'b': 'iv-vi  all 2'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for key, title in titles.items():
        plain = "".join(c if c not in "[]:*?/\\'" else " " for c in title)
        name, count = plain[:31].strip(), 1
        while name.lower() in taken:
            count += 1
            name = f"{plain[:27].strip()} {count}"
        taken.add(name.lower())
        names[key] = name
    return names


class _Writer:
    """Writes the sheets of one workbook."""

    def __init__(self, run: Run, book: Any) -> None:
        self._run, self._book = run, book
        self._language = run.language
        self._tables = table_names(run)
        self._sheets = sheet_names(run, self._tables)
        self._names = names_of_sheets(self._titles())
        self._wide = 0.0
        plain = {"font_name": "Microsoft YaHei" if run.language == "zh" else "Calibri"}
        self._text = book.add_format({**plain, "text_wrap": True, "valign": "top"})
        self._bare = book.add_format({**plain, "valign": "top"})
        self._bold = book.add_format({**plain, "bold": True, "font_size": 14})
        self._strong = book.add_format({**plain, "bold": True, "text_wrap": True, "valign": "top"})
        self._head = book.add_format(
            {**plain, "bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True}
        )
        self._unit = book.add_format({**plain, "italic": True, "font_color": "#525C67"})
        self._mark = book.add_format({**plain, "bold": True, "font_color": "#B2182B"})
        self._unmet = book.add_format({**plain, "valign": "top", "bg_color": "#F2B3AB"})
        self._link = book.add_format(
            {**plain, "valign": "top", "text_wrap": True, "font_color": "#0B5394", "underline": 1}
        )
        formats = {
            "whole": "#,##0",
            "share": "0.0%",
            "number": "#,##0.00",
            "fine": "0.000",
            "year": "0",
            "plain": "General",
        }
        self._numbers = {k: book.add_format({**plain, "num_format": v}) for k, v in formats.items()}

    def _say(self, key: str, **values: object) -> str:
        return wording.say(f"briefing.{key}", self._language, **values)

    def _titles(self) -> dict[str, str]:
        """Return the title of every sheet by its key, in their order."""
        own = {ABOUT: self._say("sheet_about")}
        tables = {n: contract(n).title(self._language) for n in self._sheets}
        own["headlines"] = contract("headlines").title(self._language)
        own[TRACES] = self._say("sheet_trace")
        if has_calculation(self._run):
            own[CALCULATION] = self._say("sheet_calculation")
        return own | tables

    def _sheet(self, key: str) -> Any:
        """Add the sheet of a key (a table's name, or one of the workbook's own)."""
        sheet = self._book.add_worksheet(self._names[key], BlockSheet)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")
        if self._run.area.synthetic:
            sheet.set_header(f"&C{wording.say('figures.synthetic', self._language)}")
        return sheet

    def _rows_of_titles(self, *, note: bool) -> int:
        """Return how many rows stand above the heads of a sheet."""
        return 1 + self._run.area.synthetic + note

    def _row_of(self, name: str, row: int) -> int:
        """Return the row of the sheet (from 1) of a row of a table (from 0)."""
        return self._rows_of_titles(note=bool(self._note(name))) + 3 + row

    def _note(self, name: str) -> str:
        item = contract(name)
        return item.note_zh if self._language == "zh" else item.note_en

    def _titled(self, sheet: Any, title: str, note: str = "") -> int:
        """Write title, watermark and note; return the next free row."""
        sheet.write_string(0, 0, title, self._bold)
        row = 1
        if self._run.area.synthetic:
            sheet.write_string(row, 0, wording.say("figures.synthetic", self._language), self._mark)
            row += 1
        if note:
            sheet.write_string(row, 0, note, self._unit)
            row += 1
        return row

    def about(self) -> None:
        """Write the first sheet: what this is, the parameters, the list of sheets."""
        sheet = self._sheet(ABOUT)
        run = self._run
        row = self._titled(sheet, run.area.title(self._language), self._say("sheet_about_note"))
        internal = wording.say("disclosure.internal", self._language)
        sheet.write_string(row, 0, internal, self._mark)
        row += 1
        source = wording.citation_words(run.rules.source, self._language)
        title = run.rules.title(self._language)
        rules = f"{title}（{source}）" if self._language == "zh" else f"{title} ({source})"
        facts = [*parameter_words(run), (self._say("foot_rules"), rules)]
        for name, value in facts:
            sheet.write_string(row, 0, name, self._head)
            sheet.write_string(row, 1, value, self._text)
            row += 1
        row += 1
        sheets = set(self._sheets)
        heads = ("sheet_name", "sheet_table", "sheet_rows", "sheet_group")
        for place, key in enumerate(heads):
            sheet.write_string(row, place, self._say(key), self._head)
        for name in self._tables:
            row += 1
            item = contract(name)
            title = item.title(self._language)
            if name in sheets:
                sheet.write_url(row, 0, place_of(self._names[name]), self._link, title)
            else:
                said = f"{title} (csv/{name}.csv)"
                sheet.write_url(row, 0, FileAddress(f"csv/{name}.csv", said), self._link)
            sheet.write_string(row, 1, name, self._bare)
            sheet.write_number(row, 2, len(run.tables[name]), self._numbers["whole"])
            sheet.write_string(row, 3, self._say(f"group_{item.group}"), self._bare)
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 1, 46)

    def headlines(self) -> None:
        """Write the headlines, and the sheet that says how each was computed."""
        looks = {
            "head": self._head,
            "text": self._text,
            "bold": self._strong,
            "faint": self._unit,
            "link": self._link,
        }
        titles, notes = self._titles(), ("sheet_headlines_note", "sheet_trace_note")
        first = self._rows_of_titles(note=True)
        blocks = Traces(self._run, self._names, self._tables, self._row_of).blocks()

        def headline(number: int) -> str:
            return place_of(self._names["headlines"], f"A{first + 2 + number}")

        def trace(block: TraceBlock) -> str:
            return place_of(self._names[TRACES], f"A{first + 2 + block.row}")

        for key, note in zip(("headlines", TRACES), notes, strict=True):
            sheet = self._sheet(key)
            self._titled(sheet, titles[key], self._say(note))
            if key == TRACES:
                write_traces(self._run, sheet, first, blocks, looks, headline)
            else:
                write_headlines(self._run, sheet, first, blocks, looks, trace)

    def calculation(self) -> None:
        """Write the sheet whose yellow cells a planner changes."""
        title = self._say("sheet_calculation")
        sheet = self._sheet(CALCULATION)
        row = self._titled(sheet, title, self._say("sheet_calculation_note"))
        knob = {"bg_color": "#FFF2CC", "border": 1}
        looks = {
            "head": self._head,
            "text": self._bare,
            "unit": self._unit,
            "number": self._numbers["whole"],
            **{
                f"knob_{kind}": self._book.add_format({**knob, "num_format": shown})
                for kind, shown in (("whole", "#,##0"), ("share", "0.0%"))
            },
        }
        write_calculation(self._run, self._book, sheet, row, looks)

    def _other(self, name: str, frame: pd.DataFrame) -> bool:
        """Tell whether a column belongs to the other language: csv holds both, a sheet one."""
        if self._language == "zh":
            return name.endswith("_en")
        return (
            name.endswith("_zh")
            or name == "project_name_en"
            or (name != "project_name" and f"{name}_en" in frame)
        )

    def tables(self) -> None:
        """Write a sheet for every table that has one; the headlines have theirs."""
        for name in self._sheets:
            if name != "headlines":
                self.table(name)

    def table(self, name: str) -> None:
        """Write one table: titles, units, notes on the heads, frozen heads, filter."""
        item = contract(name)
        frame = in_words(self._run, name, figures.in_language(self._run, self._run.tables[name]))
        sheet = self._sheet(name)
        row = self._titled(sheet, item.title(self._language), self._note(name))
        columns = [c for c in item.columns if c.name in frame and not self._other(c.name, frame)]
        for place, column in enumerate(columns):
            sheet.write_string(row, place, column.title(self._language), self._head)
            comment = column.note_zh if self._language == "zh" else column.note_en
            sheet.write_comment(row, place, f"{column.name}\n{comment}", {"x_scale": 2})
            unit = "%" if column.kind == "share" else figures.unit_word(column.unit, self._language)
            sheet.write_string(row + 1, place, unit, self._unit)
        lines = max(math.ceil(_width(c.title(self._language)) / (_HEAD - 3)) for c in columns)
        sheet.set_row(row, 16 * lines)
        sheet.freeze_panes(row + 2, min(len(item.keys), 3, len(columns)))
        if len(frame):
            sheet.autofilter(row + 1, 0, row + 1 + len(frame), len(columns) - 1)
        # declared numbers are text: rounded as they are declared
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self._wide = 0.0
        block = [
            self._column(sheet, place, column, frame[column.name])
            for place, column in enumerate(columns)
        ]
        sheet.write_block(row + 2, block)
        # the heads and the key stand on every printed page; wide tables take several across
        sheet.repeat_rows(row, row + 1)
        sheet.repeat_columns(0, max(min(len(item.keys), 2) - 1, 0))
        sheet.fit_to_pages(math.ceil(self._wide / _PAGE), 0)
        if name == "declaration_schools":
            self._shade_unmet(sheet, row + 2, columns, frame)

    def _shade_unmet(self, sheet: Any, first: int, columns: list[Any], frame: pd.DataFrame) -> None:
        """Shade the indicators a school does not meet, as the official form does."""
        places = {column.name: place for place, column in enumerate(columns)}
        for row, line in enumerate(frame.to_dict("records"), first):
            unmet = line["unmet"].split(", ") if isinstance(line["unmet"], str) else []
            for code in (c for c in unmet if isinstance(line[c], str)):
                sheet.write_string(row, places[code], line[code], self._unmet)

    def _column(self, sheet: Any, place: int, column: Any, values: pd.Series[Any]) -> Block:
        """Return one column as it is written, and set its width; a missing value is no cell."""
        # a long head wraps; without this seven wide heads make a sheet no printer can show
        title = min(_width(column.title(self._language)) + 2, _HEAD)
        texts = values.tolist()
        if values.dtype.kind in "if":
            numbers = values.to_numpy(dtype=float)
            numbers = numbers[~np.isnan(numbers)]
            kind = number_look(column, numbers)
            if kind == "plain":
                texts = [v if v != v else shortened(v) for v in texts]
            widest = np.abs(numbers).max(initial=0)
            longest = max(4, title, len(f"{widest:,.0f}") + 4 if len(numbers) else 0)
            block: Block = (self._numbers[kind], [None if v != v else v for v in texts])
        else:
            different = dict.fromkeys(texts)
            said = {v: None if _missing(v) else self._said(column, v) for v in different}
            shown = [said[v] for v in texts]
            longest = max([4, title, *(_width(s) + 1 for s in set(shown[:200]) if s is not None)])
            nothing = not any(text is not None for text in said.values())
            # a sentence is read whole where there are few; a cell beside it would cut it off
            wraps = longest > _WIDEST and len(texts) <= _FEW
            look = self._text if wraps else self._bare
            block = (self._numbers["whole"] if nothing else look, shown)
        width = min(longest + 2, _WIDEST)
        sheet.set_column(place, place, width)
        self._wide += width
        return block

    def _said(self, column: Any, value: Any) -> str:
        if isinstance(value, bool):
            return wording.say("figures.yes" if value else "figures.no", self._language)
        said = terms.label(column.shown_family, str(value), self._language)
        return figures.code_words(column.name, said, self._language)[:32000]


def _missing(value: Any) -> bool:
    return value is None or value != value


def _width(text: str) -> int:
    """Return how many Latin characters wide a text is shown."""
    return len(text) + len(_WIDE.findall(text))


def described(item: Contract, language: str) -> pd.DataFrame:
    """Return a contract's columns as a table of titles, units and notes."""
    return pd.DataFrame(
        [
            {
                "name": c.name,
                "title": c.title(language),
                "unit": c.unit,
                "note": c.note_zh if language == "zh" else c.note_en,
            }
            for c in item.columns
        ]
    )
