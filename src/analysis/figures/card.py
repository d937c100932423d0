"""A figure or a table as a reader meets it: title, unit, source, alternative text, its data."""

from __future__ import annotations

import base64
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from analysis import wording
from analysis.errors import DataError
from analysis.figures import style
from analysis.figures.cells import display_frame, escaped, html_table
from analysis.figures.sheet import Sheet

#: Above this an SVG is heavier than it is worth, and a 200 dpi image is shipped instead.
SVG_LIMIT_BYTES = 60_000
#: Above this estimate an SVG is not even tried (estimates lie within a fifth of the truth).
SVG_HOPELESS_BYTES = 80_000
PNG_DPI = 170
#: A figure shows so many rows of its data; the rest is in the workbook.
DATA_ROWS = 80
#: A table longer than this shows its first rows; all rows are in the workbook.
TABLE_ROWS = 40


@contextmanager
def as_images() -> Iterator[None]:
    """Draw figures as images, for documents that cannot hold SVG (Word)."""
    token = style.RASTER.set(True)
    try:
        yield
    finally:
        style.RASTER.reset(token)


@dataclass(frozen=True)
class Card:
    """A figure with everything around it; shows itself in a notebook and in the briefing."""

    title: str
    body: str
    alt: str
    unit: str = ""
    source: str = ""
    note: str = ""
    data: pd.DataFrame | None = None
    language: str = "zh"
    synthetic: bool = False

    def _repr_html_(self) -> str:
        unit = f'<span class="unit">{escaped(self.unit)}</span>' if self.unit else ""
        parts = [
            '<figure class="card">',
            (
                f'<figcaption><strong class="card-title">{escaped(self.title)}</strong>{unit}'
                f"{_watermark(self.synthetic, self.language)}</figcaption>"
            ),
            self.body,
        ]
        if self.note:
            parts.append(f'<p class="card-note">{escaped(self.note)}</p>')
        parts.append(_source(self.source, self.language))
        if self.data is not None and not self.data.empty:
            said = wording.say("figures.data", self.language, rows=len(self.data))
            parts.append(
                f'<details class="card-data"><summary>{escaped(said)}</summary>'
                f"{_scrolled(html_table(self.data.head(DATA_ROWS)), self.title)}{_rest(self)}"
                "</details>"
            )
        parts.append("</figure>")
        return "\n".join(part for part in parts if part)

    def __repr__(self) -> str:
        return f"Card({self.title!r})"


@dataclass(frozen=True)
class TableCard:
    """A table with title, units in its heads and source."""

    title: str
    frame: pd.DataFrame
    source: str = ""
    note: str = ""
    language: str = "zh"
    synthetic: bool = False
    rows: int = TABLE_ROWS

    def _repr_html_(self) -> str:
        more = len(self.frame) - self.rows
        said = (
            wording.say("figures.more_rows", self.language, rows=more, all=len(self.frame))
            if more > 0
            else ""
        )
        caption = f"{escaped(self.title)}{_watermark(self.synthetic, self.language)}"
        parts = [
            '<div class="table-card">',
            _scrolled(html_table(self.frame.head(self.rows), caption=caption), self.title),
            f'<p class="card-note">{escaped(said)}</p>' if said else "",
            f'<p class="card-note">{escaped(self.note)}</p>' if self.note else "",
            _source(self.source, self.language),
            "</div>",
        ]
        return "\n".join(part for part in parts if part)

    def __repr__(self) -> str:
        return f"TableCard({self.title!r}, {len(self.frame)} rows)"


def _rest(card: Card) -> str:
    """Say how many rows of a figure's data are left to the workbook."""
    rows = 0 if card.data is None else len(card.data)
    if rows <= DATA_ROWS:
        return ""
    said = wording.say("figures.more_rows", card.language, rows=rows - DATA_ROWS, all=rows)
    return f'<p class="card-note">{escaped(said)}</p>'


def _scrolled(inner: str, name: str) -> str:
    """Wrap something wide so that it scrolls by itself, also from the keyboard."""
    label = escaped(name)
    return f'<div class="scroll" role="group" tabindex="0" aria-label="{label}">{inner}</div>'


def _watermark(synthetic: bool, language: str) -> str:
    if not synthetic:
        return ""
    return f' <span class="synthetic">{escaped(wording.say("figures.synthetic", language))}</span>'


def _source(source: str, language: str) -> str:
    if not source:
        return ""
    said = wording.say("figures.source", language, source=source)
    return f'<p class="card-source">{escaped(said)}</p>'


def _picture(figure: Figure) -> tuple[str, bytes]:
    """Return the media type and bytes of a figure: SVG where it is light, else a palette PNG."""
    with warnings.catch_warnings():
        # a character that would show as a box must stop the run, not slip through
        warnings.filterwarnings("error", message=".*[Gg]lyph.*missing.*")
        _settle(figure)
        if not style.RASTER.get() and _estimated_bytes(figure) <= SVG_HOPELESS_BYTES:
            buffer = BytesIO()
            figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
            if buffer.tell() <= SVG_LIMIT_BYTES:
                return "image/svg+xml", buffer.getvalue()
        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=PNG_DPI, metadata={"Software": None})
    small = BytesIO()
    with Image.open(buffer) as image:
        image.convert("RGB").quantize(128).save(small, format="png", optimize=True)
    return "image/png", small.getvalue()


def _settle(figure: Figure) -> None:
    """Lay the axes out once: left to itself, every saving lays out and draws twice.

    Not ``"none"``: the placeholder it leaves behind has every saving draw twice all the same.
    """
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)


def _estimated_bytes(figure: Figure) -> float:
    """Estimate how heavy a figure is as SVG: outlines of its letters, their places, its parts."""
    artists = figure.findobj()
    texts = [a.get_text() for a in artists if isinstance(a, Text) and a.get_visible()]
    letters = "".join(texts)
    return 800 * len(set(letters)) + 100 * len(letters) + 60 * len(artists)


_SVG_EXTRAS = re.compile(
    r"<!--.*?-->|<metadata>.*?</metadata>|<\?xml.*?\?>|<!DOCTYPE.*?>", re.DOTALL
)
#: A hundredth of a point is not seen in a place, but it is in the scale of a letter.
_LONG_FRACTION = re.compile(r"(scale\([^)]*\))|(\d\.\d\d)\d+")
_BETWEEN = re.compile(r"\s*\n\s*")


def data_address(media: str, content: bytes) -> str:
    """Return the ``data:`` address of a picture; SVG stays text, a quarter smaller than base64."""
    if media != "image/svg+xml":
        return f"data:{media};base64,{base64.b64encode(content).decode('ascii')}"
    text = _LONG_FRACTION.sub(r"\1\2", _SVG_EXTRAS.sub("", content.decode("utf-8")))
    text = _BETWEEN.sub(" ", text).replace("> <", "><").strip()
    for plain, coded in (("%", "%25"), ("#", "%23"), ('"', "'"), ("<", "%3C"), (">", "%3E")):
        text = text.replace(plain, coded)
    return f"data:{media},{text}"


def card(
    figure: Figure | Sheet,
    *,
    title: str,
    unit: str,
    source: str,
    alt: str,
    data: pd.DataFrame | None = None,
    note: str = "",
    language: str = "zh",
    synthetic: bool = False,
) -> Card:
    """Wrap a figure with its title, unit, source line, alternative text and data.

    Parameters
    ----------
    figure
        From :func:`analysis.figures.style.plots` or, drawn by matplotlib, from
        :func:`analysis.figures.style.axes`.
    title, unit, source, note
        Shown around it, in the run's language.
    alt
        Alternative text written from the data.
    data
        The rows drawn, with display titles as column names.
    synthetic
        Whether the data are synthetic; drawn across the figure and said beside the title.

    Raises
    ------
    DataError
        Title or alternative text is empty.
    """
    if not title or not alt:
        raise DataError(
            table="figure",
            problem=f"figure {title!r} has no title or no alternative text",
            fix="Give both.",
            rows=pd.DataFrame(),
        )
    mark = wording.say("figures.synthetic", language) if synthetic else ""
    body = figure.svg(alt, mark) if isinstance(figure, Sheet) else _image(figure, alt, mark)
    return Card(title, body, alt, unit, source, note, data, language, synthetic)


def _image(figure: Figure, alt: str, mark: str) -> str:
    """Return a figure of matplotlib as an image, with words across it if any."""
    if mark:
        figure.text(
            0.5,
            0.5,
            mark,
            color="#000000",
            alpha=0.09,
            fontsize=26,
            ha="center",
            va="center",
            rotation=18,
            family=style.register_font(),
        )
    media, content = _picture(figure)
    width, height = (round(inch * 100) for inch in figure.get_size_inches())
    return (
        f'<img src="{data_address(media, content)}" alt="{escaped(alt)}" '
        f'width="{width}" height="{height}">'
    )


def table(
    frame: pd.DataFrame,
    *,
    title: str,
    of: str = "",
    columns: Sequence[str] | Mapping[str, str] = (),
    source: str = "",
    note: str = "",
    language: str = "zh",
    synthetic: bool = False,
    rows: int = TABLE_ROWS,
) -> TableCard:
    """Show a table with the titles and units of its contract, codes as words, numbers as written.

    Parameters
    ----------
    frame
        Rows to show.
    of
        Name of the contract the columns come from; empty if ``columns`` maps all to titles.
    columns
        Columns to show in order, or a mapping from column to title.
    """
    shown = display_frame(frame, of=of, columns=columns, language=language)
    return TableCard(title, shown, source, note, language, synthetic, rows)
