"""The briefing as a Word document in the layout of official papers (GB/T 9704-2012)."""

from __future__ import annotations

import base64
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pandas as pd
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from analysis import figures, wording
from analysis.briefing import word_table
from analysis.briefing.first import PageOne
from analysis.briefing.paper_tables import TABLES, PaperTable, numeric, paper_frame
from analysis.briefing.paper_tables import widths as column_widths
from analysis.figures import forecast as forecast_figures
from analysis.figures import headline_table
from analysis.store import Run
from analysis.tables import contract

#: East Asian font and size by role, with the font Word takes where the first is not installed.
FONTS = {
    "title": ("方正小标宋简体", "宋体", 22),
    "Heading 1": ("黑体", "SimHei", 16),
    "Heading 2": ("楷体_GB2312", "楷体", 16),
    "Normal": ("仿宋_GB2312", "仿宋", 16),
    "table": ("宋体", "SimSun", 9),
}
LATIN = "Times New Roman"
#: Tables of so many rows stay on one page.
WHOLE_ROWS = 12
CREATED = datetime(2000, 1, 1, tzinfo=UTC)
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_PNG = re.compile(r'src="data:image/png;base64,([^"]+)"')
_NUMERALS = "一二三四五六七八九十"
MOST_ROWS = 60


def word(run: Run, one: PageOne, limits: Sequence[tuple[str, Sequence[str]]]) -> bytes:
    """Return the Word briefing of a run.

    Parameters
    ----------
    one
        What page one shows.
    limits
        Title and limits of each step.
    """
    paper = _Paper(run)
    paper.front()
    paper.heading(one.heading("findings", run.language))
    paper.numbered([entry.said for entry in one.findings])
    paper.heading(one.heading("decisions", run.language))
    paper.numbered([" ".join(p for p in (d.said, d.why) if p) for d in one.decisions])
    paper.heading(paper.words("word_answers"))
    paper.answers(one)
    paper.heading(paper.words("word_gap"))
    paper.card(headline_table.one_table(run))
    with figures.as_images():
        paper.picture(forecast_figures.demand(run))
    paper.heading(paper.words("word_tables"))
    for item in TABLES:
        paper.result(item)
    paper.heading(paper.words("word_limits"))
    for title, items in limits:
        paper.subheading(title)
        paper.numbered(items)
    paper.heading(paper.words("sources"))
    paper.numbered(
        [" ".join(p for p in (s.title, s.date, s.licence) if p) for s in run.area.source]
    )
    return paper.content()


class _Paper:
    """One document while it is written."""

    def __init__(self, run: Run) -> None:
        self._run, self._document = run, Document()
        self._headings = 0
        self._counts = {"table": 0, "figure": 0}
        self._styles()

    def words(self, key: str, **values: object) -> str:
        """Return a catalogue entry of the briefing."""
        return wording.say(f"briefing.{key}", self._run.language, **values)

    def _styles(self) -> None:
        section = self._document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        for name in ("Normal", "Heading 1", "Heading 2"):
            font, _, size = FONTS[name]
            style = self._document.styles[name]
            _set_font(style.element.get_or_add_rPr(), font)
            style.font.size = Pt(size if self._run.language == "zh" else size - 4)
            style.font.name = LATIN
            style.font.bold = name != "Normal" and self._run.language == "en"
            style.font.color.rgb = None
            if name != "Normal":
                _plain_colour(style.element.get_or_add_rPr())
        body = self._document.styles["Normal"].paragraph_format
        body.line_spacing_rule, body.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(28)
        body.space_after = Pt(0)
        self._alternatives()
        self._header_and_footer(section)

    def _alternatives(self) -> None:
        """Name the font to take where one is not installed (``w:altName``)."""
        for part in self._document.part.package.iter_parts():
            if str(part.partname).endswith("fontTable.xml"):
                fonts = "".join(
                    f'<w:font w:name="{font}"><w:altName w:val="{other}"/></w:font>'
                    for font, other, _ in FONTS.values()
                )
                text = part.blob.decode("utf-8").replace("</w:fonts>", f"{fonts}</w:fonts>")
                part._blob = text.encode("utf-8")

    def _header_and_footer(self, section: Any) -> None:
        marks = [wording.say("disclosure.internal", self._run.language)]
        if self._run.area.synthetic:
            marks.insert(0, wording.say("figures.synthetic", self._run.language))
        head = section.header.paragraphs[0]
        head.text = " — ".join(marks)
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _small(head)
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        foot.add_run("— ")
        _field(foot, "PAGE", "1")
        foot.add_run(" —")

    def front(self) -> None:
        """Write the title and the line under it."""
        run = self._run
        title = self._document.add_paragraph(style="Title")
        for border in self._document.styles["Title"].element.iter(qn("w:pBdr")):
            border.getparent().remove(border)  # official papers have no line under the title
        title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line = title.add_run(
            self.words(
                "title",
                place=run.area.title(run.language),
                base=run.parameters.base_year,
                end=run.plan_end,
            )
        )
        font, _, size = FONTS["title"]
        _set_font(line._r.get_or_add_rPr(), font)
        line.font.size = Pt(size)
        line.font.name = LATIN
        line.font.color.rgb = None
        _plain_colour(line._r.get_or_add_rPr())
        self._document.add_paragraph(
            self.words(
                "kicker",
                base=run.parameters.base_year,
                plan=run.parameters.plan_years,
                horizon=run.parameters.horizon_years,
                scenario=self.words(f"scenario_{run.parameters.scenario}"),
                rules=run.rules.title(run.language),
            )
        )

    def heading(self, text: str) -> None:
        """Write a heading of the first level, numbered as official papers are."""
        zh = self._run.language == "zh"
        mark = f"{_NUMERALS[self._headings]}、" if zh else f"{self._headings + 1} "
        self._headings += 1
        self._document.add_heading(mark + text, 1)

    def subheading(self, text: str) -> None:
        """Write a heading of the second level."""
        self._document.add_heading(text, 2)

    def numbered(self, items: Sequence[str]) -> None:
        """Write items as numbered paragraphs, or say that there is nothing."""
        for place, item in enumerate(items, 1):
            paragraph = self._document.add_paragraph(f"{place}. {item}")
            paragraph.paragraph_format.first_line_indent = Pt(32)
        if not items:
            self._document.add_paragraph(wording.say("figures.nothing", self._run.language))

    def answers(self, one: PageOne) -> None:
        """Write the questions of page one with their answers as a table."""
        rows = [
            {
                "question": answer.question,
                "answer": "\n".join(e.said for e in answer.entries) or answer.open_words,
            }
            for answer in one.answers
        ]
        frame = pd.DataFrame(rows).rename(
            columns={"question": self.words("word_question"), "answer": self.words("word_answer")}
        )
        self._table(frame, self.words("word_answers"), widths=(34, 122))

    def card(self, shown: figures.Shown) -> None:
        """Write a table card, or the sentence that stands in its place."""
        if isinstance(shown, figures.TableCard):
            self._table(shown.frame.head(MOST_ROWS), shown.title, note=shown.note)
        elif not isinstance(shown, figures.Card):
            self._document.add_paragraph(str(shown.data))

    def result(self, item: PaperTable) -> None:
        """Write a result table if the run has it."""
        frame = paper_frame(self._run, item)
        if not frame.empty:
            title = contract(item.name).title(self._run.language)
            self._table(frame.head(MOST_ROWS), title, note=self._left_out(len(frame)))

    def _left_out(self, rows: int) -> str:
        if rows <= MOST_ROWS:
            return ""
        more = {"rows": rows - MOST_ROWS, "all": rows}
        return wording.say("figures.more_rows", self._run.language, **more)

    def picture(self, shown: figures.Shown) -> None:
        """Write a figure with its caption, source and alternative text."""
        found = _PNG.search(shown.body) if isinstance(shown, figures.Card) else None
        if found is None or not isinstance(shown, figures.Card):
            return
        picture = self._document.add_picture(BytesIO(base64.b64decode(found[1])), width=Mm(156))
        properties = picture._inline.docPr
        properties.set("descr", shown.alt)
        paragraph = self._document.paragraphs[-1]
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        paragraph.paragraph_format.keep_with_next = True
        self._caption("figure", f"{shown.title} ({shown.unit}) {shown.source}".strip())

    def _caption(self, kind: str, text: str) -> Any:
        self._counts[kind] += 1
        paragraph = self._document.add_paragraph(style="Caption")
        paragraph.paragraph_format.space_before = Pt(10)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        words = self.words(kind)
        paragraph.add_run(f"{words} ")
        _field(paragraph, f"SEQ {words} \\* ARABIC", str(self._counts[kind]))
        paragraph.add_run(f" {text}")
        for run in paragraph.runs:
            _set_font(run._r.get_or_add_rPr(), FONTS["Heading 1"][0])
            run.font.size, run.font.bold = Pt(10.5), False
            _plain_colour(run._r.get_or_add_rPr())
        return paragraph

    def _table(
        self, frame: pd.DataFrame, title: str, *, note: str = "", widths: Sequence[float] = ()
    ) -> None:
        caption = self._caption("table", title)
        caption.paragraph_format.keep_with_next = True
        east, _, points = FONTS["table"]
        columns = [[str(value) for value in frame[name].tolist()] for name in frame.columns]
        # a head never stands alone at the end of a page, and a short table never breaks
        short = len(frame) <= WHOLE_ROWS and not widths  # rows of prose may fill a page
        made = word_table.table(
            [str(name) for name in frame.columns],
            columns,
            right=[numeric(column) for column in columns],
            widths=widths or column_widths(frame),
            fonts=(east, LATIN),
            points=points,
            kept=max(len(frame) - 1, 0) if short else 1,
        )
        self._document.element.body.insert_element_before(made, "w:sectPr")
        if note:
            _small(self._document.add_paragraph(note))

    def content(self) -> bytes:
        """Return the document; the same content gives the same bytes."""
        core = self._document.core_properties
        core.created = core.modified = CREATED
        core.author = core.last_modified_by = "xuewei"
        core.title = self._run.area.title(self._run.language)
        core.language = "zh-CN" if self._run.language == "zh" else "en"
        buffer = BytesIO()
        self._document.save(buffer)
        return _dated(buffer.getvalue())


def _dated(content: bytes) -> bytes:
    """Return the same archive with one fixed date on every member."""
    target = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for item in source.infolist():
            info = zipfile.ZipInfo(item.filename, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, source.read(item.filename))
    return target.getvalue()


def _set_font(properties: Any, font: str) -> None:
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for name in list(fonts.attrib):
        if "heme" in name:  # theme fonts would win over named ones
            del fonts.attrib[name]
    fonts.set(qn("w:eastAsia"), font)
    for name in ("w:ascii", "w:hAnsi", "w:cs"):
        fonts.set(qn(name), LATIN)


def _plain_colour(properties: Any) -> None:
    for old in properties.findall(qn("w:color")):
        properties.remove(old)
    colour = OxmlElement("w:color")
    colour.set(qn("w:val"), "000000")
    properties.append(colour)


def _field(paragraph: Any, instruction: str, shown: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), instruction)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = shown
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _small(paragraph: Any) -> None:
    for run in paragraph.runs:
        run.font.size = Pt(9)
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
