"""Pages: one template engine, one style sheet, one small script, nothing from outside.

A page holds its own style and script; its content security policy lets nothing else run or load.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache, partial
from importlib import resources

import jinja2
from markupsafe import Markup

from analysis import __version__, terms, wording

#: The only page small counts have been taken out of; every other one says that it is internal.
PUBLIC = "public.html.j2"
HTML_LANGUAGE = {"zh": "zh-Hans", "en": "en"}
_CHINESE_RUN = re.compile(
    r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]*[\u3400-\u9fff][\u3000-\u9fff\uff00-\uffef]*"
)
#: Characters that show nothing but can turn a line round or hide part of it: no page holds one.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_PICTURE_TEXT = re.compile(r"<(text|tspan|title)\b([^>]*)>([^<]+)<")
_BETWEEN_TAGS = re.compile(r">([^<]+)<")
#: A picture holds titles of its own, so each kind ends where it itself is closed.
_OPAQUE = re.compile(
    "(" + "|".join(rf"<{t}\b.*?</{t}>" for t in ("svg", "style", "script", "title")) + ")",
    re.DOTALL,
)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("analysis.briefing", "templates/pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> str:
    folder = resources.files("analysis.briefing") / "templates" / "pages"
    return (folder / name).read_text("utf-8").strip()


def script_hash(script: str) -> str:
    """Return the source expression that lets exactly this script run."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _style(printed: str) -> str:
    return _asset("page.css").replace("PAGE_FOOT", _css_text(printed))


def _css_text(text: str) -> str:
    """Return text that can stand between double quotes in a style sheet inside a page."""
    kept = "".join(c if c.isprintable() and c not in '\\"<>' else " " for c in text)
    return kept


def render(
    template: str,
    *,
    language: str,
    title: str,
    foot: str = "",
    synthetic: bool = False,
    script: str = "page.js",
    **values: object,
) -> str:
    """Render one page.

    Parameters
    ----------
    template
        File below ``templates/pages``.
    language
        ``"zh"`` or ``"en"``.
    title
        Title of the page, also in the foot of the printed page unless ``foot`` says otherwise.
    synthetic
        Whether every screen and every printed page carries the watermark.
    script
        Script file; everything on a page can be read without it.
    **values
        What the template shows.
    """
    code = _asset(script)
    watermark = wording.say("figures.synthetic", language) if synthetic else ""
    internal = "" if template == PUBLIC else wording.say("disclosure.internal", language)
    printed = " — ".join(part for part in (foot or title, internal, watermark) if part)
    text = (
        _environment()
        .get_template(template)
        .render(
            language=language,
            html_lang=HTML_LANGUAGE[language],
            title=title,
            version=__version__,
            style=Markup(_style(printed)),  # noqa: S704 - our own # nosec B704
            script=Markup(code),  # noqa: S704 - our own # nosec B704
            script_hash=Markup(script_hash(code)),  # noqa: S704 - base64 # nosec B704
            watermark=watermark,
            internal=internal,
            say=partial(_say, language),
            label=lambda family, code: terms.label(family, code, language),
            number=lambda value, digits=0: wording.number(value, language, digits),
            **values,
        )
    )
    text = _UNSEEN.sub("", text)
    return text if language == "zh" else with_language_of_names(text)


def _say(language: str, key: str, **values: object) -> str:
    return wording.say(key, language, **values)


def with_language_of_names(page: str) -> str:
    """Mark Chinese names on an English page as Chinese, for screen readers and for fonts."""

    def marked(match: re.Match[str]) -> str:
        said = _CHINESE_RUN.sub(
            lambda name: f'<span lang="{HTML_LANGUAGE["zh"]}">{name[0]}</span>', match[1]
        )
        return f">{said}<"

    parts = _OPAQUE.split(page)
    return "".join(
        _marked_picture(part) if place % 2 else _BETWEEN_TAGS.sub(marked, part)
        for place, part in enumerate(parts)
    )


def _marked_picture(part: str) -> str:
    """Mark the texts of a picture that hold Chinese; scripts and styles stay as they are."""
    if not part.startswith("<svg"):
        return part

    def marked(match: re.Match[str]) -> str:
        if not _CHINESE_RUN.search(match[3]):
            return match[0]
        return f'<{match[1]}{match[2]} lang="{HTML_LANGUAGE["zh"]}">{match[3]}<'

    return _PICTURE_TEXT.sub(marked, part)


def file_name(stem: str, mapping: Mapping[str, str] | None = None) -> str:
    """Return a safe file name ``<stem>.html``: letters, digits, - and _ only."""
    wanted = (mapping or {}).get(stem, stem)
    return re.sub(r"[^0-9A-Za-z_-]", "-", wanted) + ".html"
