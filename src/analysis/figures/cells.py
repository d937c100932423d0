"""What stands in the cells of a table: titles with units, codes as words, numbers as written."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping, Sequence

import pandas as pd

from analysis import terms, wording
from analysis.indicators.items import missing_words
from analysis.tables import Column, contract, contracts
from analysis.wording import unit_word

#: Units of things that come whole: a forecast of 726.11 pupils reads 726.
_COUNTED = ("人", "个", "间", "所", "元")
#: Columns that hold names of tables, or names of what is missing, divided by commas.
_TABLES = ("table_name", "tables")
#: Columns that name offices of a county, or the purse that pays.
_OFFICES = ("responsible", "owner", "funding_source")
#: Families in which the codes of a column that takes several kinds are looked up.
_FAMILIES = {
    "state": ("verdict", "project_kind", "plan_reason"),
    "weight": ("plan_part",),
    "limit": ("plan_reason", "seat_limit"),
    "cheapest": ("plan_method",),
    "lowest_regret": ("plan_method",),
}
_CODES = re.compile(r"[A-Za-z0-9_.]+(, [A-Za-z0-9_.]+)*")


def escaped(text: object) -> str:
    """Return a text that can stand anywhere in a page."""
    return html.escape(str(text), quote=True)


def code_words(name: str, text: str, language: str) -> str:
    """Return a code in a cell as words: names of tables and columns, units, codes without terms.

    Other texts stay as they are.

    >>> code_words("missing", "facilities.equipment_cny", "zh")
    '办学条件：教学仪器设备值'
    >>> code_words("decided_by", "both", "en")
    'numbers and evidence'
    """
    if language == "en" and name in _OFFICES and not text.isascii():
        return _offices(text)
    if not _CODES.fullmatch(text):
        return _text_words(name, text, language)
    if name == "missing":
        return missing_words(text.split(", "), language)
    known = contracts()
    if name in _TABLES or (name == "source" and text in known):
        said = [known[n].title(language) if n in known else n for n in text.split(", ")]
        return ("、" if language == "zh" else ", ").join(said)
    if name == "stage":
        if text == "all":
            return wording.say("figures.all_stages", language)
        return terms.label("stage", text, language)
    if name.endswith("unit"):
        return unit_word(text, language)
    if text in ("yes", "no"):
        return wording.say(f"figures.{text}", language)
    for family in _FAMILIES.get(name, ()):
        if (word := terms.label(family, text, language)) != text:
            return word
    entry = wording.entries().get(f"codes.{name}_{text}")
    return entry[language] if entry else text


def _text_words(name: str, text: str, language: str) -> str:
    """Return a text that is no code: a citation, a unit, or what the area wrote."""
    if name.endswith("source"):
        return wording.citation_words(text, language)
    if not name.endswith("unit"):
        return text
    word = unit_word(text, language)
    # an assumption whose value is an office has the office in place of its unit
    return _offices(text) if language == "en" and word == text else word


def _offices(text: str) -> str:
    """Return offices or purses in English; one the catalogue does not know keeps its name.

    >>> _offices("县教育局、县人社局")
    'Education, Human resources'
    """
    known = wording.entries()

    def word(name: str) -> str:
        keys = (f"codes.responsible_{said}" for said in (name, name[1:]) if said)
        return next((known[key]["en"] for key in keys if key in known), name)

    return ", ".join(word(part) for part in re.split("、|, |; ", text))


def is_year(name: str) -> bool:
    """Tell whether a column holds years, which are written without a comma.

    >>> is_year("peak_year"), is_year("year_counted"), is_year("years")
    (True, True, False)
    """
    return name.endswith("year") or name.startswith("year_")


def display_frame(
    frame: pd.DataFrame,
    *,
    of: str = "",
    columns: Sequence[str] | Mapping[str, str] = (),
    language: str = "zh",
) -> pd.DataFrame:
    """Return ``frame`` as a reader sees it: titles with units, codes as words, numbers as text."""
    titles = dict(columns) if isinstance(columns, Mapping) else {}
    names = list(columns) or list(frame.columns)
    known = {column.name: column for column in contract(of).columns} if of else {}
    shown: dict[str, list[str]] = {}
    for name in names:
        column = known.get(name)
        title = titles.get(name) or _title(name, column, language)
        unit = "%" if column and column.kind == "share" else (column.unit if column else "")
        unit = unit_word(unit, language)
        family = column.shown_family if column else ""
        kind = column.kind if column else ""
        head = f"{title} ({unit})" if unit and name not in titles else title
        counted = column is not None and column.unit in _COUNTED
        values = frame[name].tolist()
        if frame[name].dtype == object:  # in such a column 1 and True are different words
            shown[head] = [_cell(v, name, kind, family, language, counted=counted) for v in values]
            continue
        said = {
            v: _cell(v, name, kind, family, language, counted=counted)
            for v in dict.fromkeys(values)
        }
        shown[head] = [said[v] for v in values]
    return pd.DataFrame(shown)


#: Codes that pages show as names, so their heads do not say "code".
_NAMED = ("area_id", "town_id", "home_town_id", "school_town_id", "school_id")


def _title(name: str, column: Column | None, language: str) -> str:
    if name in _NAMED:
        return wording.say(f"figures.title_{name}", language)
    return column.title(language) if column else name


def _cell(
    value: object, name: str, kind: str, family: str, language: str, *, counted: bool = False
) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "—"
    if name == "stage" and not family:
        word = wording.say("figures.all_stages", language)
        return word if value == "all" else terms.label("stage", str(value), language)
    if family:
        return terms.label(family, str(value), language)
    if isinstance(value, bool):
        return wording.say("figures.yes" if value else "figures.no", language)
    if isinstance(value, (int, float)):
        if is_year(name):
            return str(int(value))
        if kind == "share":
            return wording.number(value * 100, language, 1)
        whole = counted or float(value).is_integer() or abs(value) >= 1000
        return wording.number(float(value), language, 0 if whole else 2)
    return code_words(name, str(value), language)


def html_table(frame: pd.DataFrame, caption: str = "") -> str:
    """Return an HTML table with column heads and row heads in their scopes, all text escaped."""
    columns = [
        [_written(value) for value in frame.iloc[:, place].tolist()]
        for place in range(len(frame.columns))
    ]
    looks = [{text: _numeric(text) for text in dict.fromkeys(column)} for column in columns]
    marks = [_head_look(column, look) for column, look in zip(columns, looks, strict=True)]
    heads = "".join(
        f'<th scope="col"{mark}>{escaped(str(name))}</th>'
        for name, mark in zip(frame.columns, marks, strict=True)
    )
    cells = [
        [cell[text] for text in column]
        for column, cell in zip(columns, _marked(looks, marks), strict=True)
    ]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    said = f"<caption>{caption}</caption>" if caption else ""
    return f"<table>{said}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _marked(looks: Sequence[Mapping[str, str]], marks: Sequence[str]) -> list[dict[str, str]]:
    """Return the cell of each text of each column; the first column heads the rows."""
    return [
        # an empty place stands where its column's values stand
        {t: f"<td{mark if t == '—' else numeric}>{escaped(t)}</td>" for t, numeric in look.items()}
        if place
        else {t: f'<th scope="row"{numeric}>{escaped(t)}</th>' for t, numeric in look.items()}
        for place, (look, mark) in enumerate(zip(looks, marks, strict=True))
    ]


def _head_look(column: Sequence[str], look: Mapping[str, str]) -> str:
    """Set the head of a column of numbers above its numbers."""
    return ' class="n"' if column and all(look[text] for text in column[:20]) else ""


def _written(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "—"
    if isinstance(value, float):
        return wording.number(value, "zh", 0 if value.is_integer() else 2)
    return str(value)


#: From one number to another, or one beside another, stands as a number does.
_BETWEEN = re.compile(r"(?<=[\d—])(?: / |–)(?=[\d—])")
#: A year in brackets behind a number does not make it a text.
_YEAR_BEHIND = re.compile(r"（\d{4}年）$| \(\d{4}\)$")


def _numeric(text: str) -> str:
    bare = (
        _YEAR_BEHIND.sub("", text).replace(",", "").replace("%", "").replace("\N{MINUS SIGN}", "-")
    )
    return ' class="n"' if all(_is_number(part) for part in _BETWEEN.split(bare)) else ""


def _is_number(text: str) -> bool:
    try:
        float(text.replace("—", "") or "0")
    except ValueError:
        return False
    return True
