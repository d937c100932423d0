"""Executed notebooks as chapters of the briefing, through nbconvert with a template of our own.

The templates that come with nbconvert load scripts from the network; ours loads nothing.
"""

from __future__ import annotations

import html
import io
import re
import tokenize
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import TemplateExporter

from analysis import wording
from analysis.briefing import prose
from analysis.briefing.section_needs import nothing_said

#: Headings of a chapter begin at this level in the briefing; its title is one above.
SECTION_LEVEL = 3
_LIMITS = ("局限", "Limits")
_IMAGES = ("image/png", "image/jpeg")
_SECTION = re.compile(rf"(?=<h{SECTION_LEVEL} id=)")
_SECTION_ID = re.compile(rf'<h{SECTION_LEVEL} id="([^"]+)"')
#: What a section that shows something holds.
_SHOWN = ("<table", "<figure", "<img")
#: Returns the titles of the tables a section lacks, by its anchor.
Missing = Callable[[str], tuple[str, ...]]
_PANDAS_STYLE = re.compile(r"<style scoped>.*?</style>", re.DOTALL)


@dataclass(frozen=True)
class Chapter:
    """One step of the briefing: ``html`` without its title, sections as (anchor, title)."""

    name: str
    title: str
    lead: str
    html: str
    sections: tuple[tuple[str, str], ...]
    limits: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """Identifier of the chapter inside a page."""
        return f"s{self.name.partition('_')[0]}"

    @property
    def page(self) -> str:
        """File name of the chapter's own page."""
        return f"{self.name}.html"

    def at_level(self, level: int) -> str:
        """Return the chapter with its sections at heading level ``level``."""
        shift = level - SECTION_LEVEL
        if not shift:
            return self.html

        def moved(match: re.Match[str]) -> str:
            return f"<{match[1]}h{int(match[2]) + shift}"

        return re.sub(r"<(/?)h([3-6])\b", moved, self.html)


class ChapterExporter(TemplateExporter):
    """Turns an executed notebook into a fragment of HTML in one language."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._anchor = ""
        self._title = ""
        self._lead: list[str] = []
        self._sections: list[tuple[str, str]] = []
        self._limits: list[str] = []
        folder = resources.files("analysis.briefing") / "templates"
        super().__init__(  # type: ignore[no-untyped-call]
            extra_template_basedirs=[str(folder)], template_name="xuewei"
        )

    def _template_name_default(self) -> str:
        return "xuewei"

    def _file_extension_default(self) -> str:
        return ".html"

    def default_filters(self) -> Iterable[tuple[str, Callable[..., str]]]:
        """Return nbconvert's filters and ours."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield "prose", self._prose
        yield "shown", self._shown
        yield "code_shown", self._code

    def chapter(self, path: Path, missing: Missing = lambda _: ()) -> Chapter:
        """Export one executed notebook; ``missing`` as in :func:`chapters`."""
        name = path.stem
        self._anchor = f"s{name.partition('_')[0]}"
        self._title, self._lead, self._sections, self._limits = "", [], [], []
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        body, _ = self.from_notebook_node(notebook)
        return Chapter(
            name,
            self._title,
            "\n".join(self._lead),
            said_once(body, self._language, missing),
            tuple(self._sections),
            tuple(self._limits),
        )

    def _prose(self, cell: Any) -> str:
        parts: list[str] = []
        for block in prose.blocks(cell.source):
            found = prose.heading_of(block)
            if found is None:
                said = prose.in_language(block, self._language)
                shown = prose.to_html(said) if said else ""
                if self._sections and self._sections[-1][1] in _LIMITS:
                    self._limits += prose.items(said)
                # what stands between the title and the first section opens the chapter
                target = parts if self._sections or not self._title else self._lead
                target.append(shown)
            elif found[0] == 1:
                self._title = prose.heading(found[1], self._language)
            else:
                parts.append(self._heading(*found))
        return "\n".join(part for part in parts if part)

    def _heading(self, depth: int, text: str) -> str:
        title = prose.heading(text, self._language)
        level = min(SECTION_LEVEL + depth - 2, 6)
        if depth > 2:
            return f"<h{level}>{html.escape(title)}</h{level}>"
        anchor = f"{self._anchor}-{len(self._sections) + 1}"
        self._sections.append((anchor, title))
        return f'<h{level} id="{anchor}">{html.escape(title)}</h{level}>'

    def _code(self, source: str) -> str:
        return source if self._language == "zh" else _without_chinese_comments(source)

    def _shown(self, output: Any) -> str:
        if output.output_type == "stream":
            return "" if output.name == "stderr" else f"<pre>{html.escape(output.text)}</pre>"
        if output.output_type == "error":
            said = wording.say("briefing.cell_failed", self._language)
            problem = html.escape(f"{output.ename}: {output.evalue}")
            return f'<p class="problem">{html.escape(said)} {problem}</p>'
        return _rich(output.data, self._language)


def _rich(data: Any, language: str) -> str:
    """Return the richest form of an output that needs nothing from outside."""
    if "text/html" in data:
        body = _PANDAS_STYLE.sub("", data["text/html"])
        if 'class="dataframe"' in body:
            name = html.escape(wording.say("briefing.table", language))
            return f'<div class="scroll" role="group" tabindex="0" aria-label="{name}">{body}</div>'
        return str(body)
    for media in _IMAGES:
        if media in data:
            name = html.escape(wording.say("briefing.figure", language))
            return f'<img src="data:{media};base64,{data[media].strip()}" alt="{name}">'
    if "text/markdown" in data:
        return prose.to_html(data["text/markdown"])
    return f"<pre>{html.escape(data.get('text/plain', ''))}</pre>"


def _without_chinese_comments(source: str) -> str:
    """Drop comments that hold Chinese, so that a page in English stays in English."""
    lines = source.splitlines()
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return source
    for token in tokens:
        if token.type == tokenize.COMMENT and prose.is_chinese(token.string):
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(lines)


@cache
def exporter(language: str) -> ChapterExporter:
    """Return the exporter of a language; making one costs more than a chapter."""
    return ChapterExporter(language)


def chapters(folder: Path, language: str, missing: Missing = lambda _: ()) -> list[Chapter]:
    """Return the executed notebooks of a run as chapters, in the order of their numbers.

    Parameters
    ----------
    missing
        Titles of the tables that would fill a section, by its anchor.
    """
    made = exporter(language)
    return [made.chapter(path, missing) for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))]


def said_once(body: str, language: str, missing: Missing) -> str:
    """Say that there is nothing to show once a section, with what is missing, or not at all.

    A section that shows a table or a figure has something; beside it the sentence would not say
    what it is about. Where the section names what is missing already, it is not said again.
    """
    nothing = prose.to_html(wording.say("figures.nothing", language)).strip()
    parts = _SECTION.split(body)
    for place, part in enumerate(parts):
        if nothing not in part:
            continue
        bare = part.replace(nothing, "")
        found = _SECTION_ID.match(part)
        titles = missing(found[1]) if found else ()
        told = titles and all(title in bare for title in titles)
        if any(sign in bare for sign in _SHOWN) or told or (not titles and "<li" in bare):
            parts[place] = bare
            continue
        said = prose.to_html(nothing_said(titles, language)).strip()
        head, _, tail = part.partition(nothing)
        parts[place] = head + said + tail.replace(nothing, "")
    return "".join(parts)


_DATA = re.compile(r'<details class="card-data">.*?</details>', re.DOTALL)
_PICTURE = re.compile(r'<img src="data:[^"]*" alt="([^"]*)"[^>]*>')
#: Bytes a chapter may take in the one-page briefing when the whole is too heavy.
LIGHT_BYTES = 250_000


def lighter(steps: list[Chapter]) -> list[Chapter]:
    """Return chapters without the data under their figures, and the heaviest without pictures.

    What is left out stands on the chapter's own page and in the workbook; the words that
    describe a picture stay in its place.
    """
    found = []
    for step in steps:
        body = _DATA.sub("", step.html)
        if len(body) > LIGHT_BYTES:
            body = _PICTURE.sub(rf'<p class="gap">\1 <a href="{step.page}">→</a></p>', body)
        found.append(replace(step, html=body))
    return found
