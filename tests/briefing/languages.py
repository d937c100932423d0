"""A walk through a page: which words stand in which language, and whose words they are."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

from analysis import terms, wording
from analysis.store import Run
from analysis.tables import contracts
from analysis.wording import unit_word

CHINESE = re.compile(
    r"[\u3400-\u9fff](?:[\u3000-\u303f\uff00-\uffef\u3400-\u9fff]*[\u3400-\u9fff])?"
)
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_SHOWN = ("alt", "aria-label", "title", "placeholder")


class Walk(HTMLParser):
    """Texts of a page with their language; code, scripts and styles are left out."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[tuple[str, str]] = []
        self.attributes: list[tuple[str, str]] = []
        self._stack: list[tuple[str, str]] = [("", "")]
        self.feed(page)

    @property
    def language(self) -> str:
        return self._stack[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        language = given.get("lang") or self.language
        self.attributes += [(language, str(given[k])) for k in _SHOWN if given.get(k)]
        if tag not in _VOID:
            self._stack.append((tag, str(language)))

    def handle_endtag(self, tag: str) -> None:
        while len(self._stack) > 1:
            if self._stack.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        inside = {tag for tag, _ in self._stack}
        if not data.strip() or inside & {"script", "style", "code", "pre"}:
            return
        # the title of a page cannot hold an element, so it cannot be marked in part
        kept = self.attributes if inside >= {"head", "title"} else self.texts
        kept.append((self.language, data))


def unmarked_chinese(page: str) -> list[str]:
    """Return Chinese that stands outside elements marked as Chinese."""
    return [t.strip() for lang, t in Walk(page).texts if lang == "en" and CHINESE.search(t)]


def chinese_of_ours(page: str, given: str) -> set[str]:
    """Return the Chinese on a page that is ours and not a name or a citation.

    Parameters
    ----------
    given
        Everything the area sent and every rule it cites: their words may stay.
    """
    walk = Walk(page)
    runs = {r for _, t in (*walk.texts, *walk.attributes) for r in CHINESE.findall(t)}
    ours = our_words()
    return {r for r in runs if r in ours or r not in given}


def our_words() -> set[str]:
    """Return labels, titles and units this tool has words of its own for."""
    labels = {zh for family in terms.LABELS.values() for zh, _ in family.values()}
    units = {c.unit for item in contracts().values() for c in item.columns if c.unit}
    return labels | {u for u in units if unit_word(u, "en") != u}


def english_words(page: str) -> set[str]:
    """Return the English words of a page in Chinese."""
    walk = Walk(page)
    texts = [t for lang, t in (*walk.texts, *walk.attributes) if lang != "en"]
    return {w for t in texts for w in re.findall(r"[A-Za-z]{2,}", t)}


#: What may stand in Latin letters on a Chinese page: units, symbols, names of file formats and of
#: this command; the mark of synthetic data, which a reader of either language must understand.
ALLOWED = {"km", "CV", "GDP", "GB", "PDF", "Word", "Excel", "CSV", "JSON", "xuewei", "diff"}
ALLOWED |= {"SYNTHETIC", "II", "III", "IV", "VI", "MIT", "area.toml"}
_NOT_WORDS = re.compile(
    r"https?://\S+|[\w.-]+\.(?:cn|com|org|net|edu|gov|ai)\b[\w./-]*"  # addresses
    r"|[^\s，；、（(]+\.(?:xlsx|csv|html|toml|json)(?:#[^;；]*)?"  # files, and cells in them
    r"|\b[A-Z]{1,3}\d+(?::[A-Z]{1,3}\d+)?\b|\b[gqve]\d\d\b"  # cells, L1 to L7, items
    r"|\b[0-9a-f]{12,64}\b"  # hashes
)


_NAMES_A_CELL = ".xlsx#"
#: Result tables that quote cells, sheets and files of the area.
_QUOTED = ("intake_findings", "intake_unused", "intake_changes", "intake_read")
_CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)


def without_citations(page: str, given: str) -> str:
    """Return a page without the cells that hold nothing but a text the area sent or a rule cites.

    A citation may hold a word we have one of our own for.
    """

    def kept(match: re.Match[str]) -> str:
        text = html.unescape(re.sub(r"<[^>]+>", "", match[1])).strip()
        if ".xlsx#" in text or ".csv#" in text:  # cells of the area's own sheets
            return "<td></td>"
        return "<td></td>" if text and text in given else match[0]

    return _CELL.sub(kept, page)


def stray_english(texts: Iterable[str], given: str) -> set[str]:
    """Return English words in Chinese texts that the area has not sent and no rule cites."""
    found: set[str] = set()
    for text in texts:
        bare = _NOT_WORDS.sub(" ", text)
        found |= set(re.findall(r"[A-Za-z][A-Za-z0-9_.]*[A-Za-z0-9]", bare))
    return {word for word in found - ALLOWED if word not in given}


def texts_of_page(page: str) -> list[str]:
    """Return what a page in Chinese shows: texts, pictures, alternative texts, no code."""
    walk = Walk(page)
    return [text for language, text in (*walk.texts, *walk.attributes) if language != "en"]


def texts_of_archive(path: Path) -> list[str]:
    """Return the texts of a workbook (its strings) or of a Word paper, read without opening it."""
    parts = ("xl/sharedStrings.xml", "xl/workbook.xml", "word/document.xml", "word/header1.xml")
    found: list[str] = []
    with zipfile.ZipFile(path) as archive:
        for name in set(parts) & set(archive.namelist()):
            text = archive.read(name).decode("utf-8")
            found += re.findall(r'<sheet name="([^"]+)"', text)
            for block in re.findall(r"<(?:si|w:p)\b.*?</(?:si|w:p)>", text, re.DOTALL):
                runs = re.findall(r"<(?:t|w:t)(?:\s[^>]*)?>([^<]*)<", block)
                found.append(html.unescape("".join(runs)))
    return found


def chinese_of_archive(path: Path, given: str) -> set[str]:
    """Return the Chinese of an English workbook or Word paper that is no name and no citation.

    A text that stands in the area's sheets as it is may stay, and so may one that names cells.
    A word of ours may stay only where it is the whole of a cell the area sent, a sheet's name say.
    """
    cells, ours = set(given.split("\n")), our_words()

    def sent(text: str) -> bool:
        return text in cells or (text in given and text not in ours) or _NAMES_A_CELL in text

    texts = [*texts_of_archive(path), *_comments(path)]
    own = [text for text in texts if not sent(text.replace(".csv#", ".xlsx#"))]
    page = "<p>".join(html.escape(text) for text in own)
    return chinese_of_ours(page, given) | remarks_in(texts)


def remarks_in(texts: Iterable[str]) -> set[str]:
    """Return remarks of this tool on a citation that stand in Chinese."""
    return {remark for text in texts for remark in wording.remarks() if remark in text}


def _comments(path: Path) -> list[str]:
    """Return the notes on the cells of a workbook."""
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.startswith("xl/comments")]
        found = [archive.read(name).decode("utf-8") for name in names]
    return [html.unescape(t) for part in found for t in re.findall(r"<t[^>]*>([^<]*)<", part)]


def words_given(run: Run, more: Iterable[str] = ()) -> str:
    """Return everything an area sent as one text: cells, sources, rules and their citations."""
    texts = [*more, run.area.model_dump_json(), run.rules.source, run.rules.title("zh")]
    texts += [f"{n.source} {n.zh}" for n in run.rules.norms()]
    for name, item in contracts().items():
        cited = [c for c in item.names if c.endswith("source") and c != "funding_source"]
        for column in {*cited, "rule"} & set(item.names):
            quoted = [str(v) for v in run.tables[name][column].dropna().unique()]
            texts += [*quoted, *(wording.citation_words(v, "en") for v in quoted)]
        if item.group == "input" or name in _QUOTED:
            frame = run.tables[name]
            for column in frame.select_dtypes(include=["object", "string"]):
                texts += [str(v) for v in frame[column].dropna().unique()]
    return "\n".join(texts)


__all__ = [
    "Walk",
    "chinese_of_archive",
    "chinese_of_ours",
    "english_words",
    "our_words",
    "remarks_in",
    "stray_english",
    "texts_of_archive",
    "texts_of_page",
    "unmarked_chinese",
    "without_citations",
    "words_given",
]
