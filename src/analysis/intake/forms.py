"""Statistical forms of one school: by header text first, by cell position as a fallback."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

from analysis.intake.cells import parse
from analysis.intake.context import read_context
from analysis.intake.found import Findings, Place
from analysis.intake.grid import Grid, cell_indices, cell_name, clean_text
from analysis.intake.headers import squeeze
from analysis.intake.heads import FACTORS
from analysis.intake.record import Record
from analysis.intake.regions import Region
from analysis.tables import Contract, contract

#: Rows below the title in which the labels of a form are looked for.
MOST_FORM_ROWS = 200
_NUMBERING = re.compile(r"^(编号|行次|序号|代码|甲|乙|丙|栏次)$")
_UNIT_END = re.compile(r"[(\[]([^()\[\]]*)[)\]]$")


@cache
def form_list() -> list[dict[str, Any]]:
    """Return the forms known (data file ``forms.toml``)."""
    path = resources.files("analysis.intake") / "forms.toml"
    found: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["form"]
    return found


@cache
def _row_labels() -> dict[str, tuple[str, str]]:
    """Return what the label of a line means: (table, column)."""
    path = resources.files("analysis.intake") / "forms.toml"
    lines: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["line"]
    return {
        squeeze(label): (line["table"], line["column"])
        for line in lines
        for label in line["labels"]
    }


def form_of(code: str) -> dict[str, Any] | None:
    """Return the form with a code such as 教基3112, whatever its suffix."""
    for form in form_list():
        if code in form["codes"]:
            return form
    return None


def grades_of_stage(region: Region, found: Findings) -> None:
    """Count 一年级 to 四年级 of a junior form from grade 7 (初中一年级), and list it.

    Only where the title says the stage and no column of the table names a higher grade.
    """
    if region.context.values.get("stage") != "junior":
        return
    for part in region.parts:
        graded = {i: h for i, h in part.heads.items() if "grade" in dict(h.keys)}
        grades = {int(str(dict(h.keys)["grade"])) for h in graded.values()}
        if not grades or max(grades) > 4:
            continue
        for index, head in graded.items():
            keys = tuple((k, int(str(v)) + 6 if k == "grade" else v) for k, v in head.keys)
            part.heads[index] = replace(head, keys=keys)
            place = Place(region.grid.file, region.grid.sheet, cell_name(region.header_row, index))
            before, after = dict(head.keys)["grade"], dict(keys)["grade"]
            found.change(place, part.table, "grade", before, after, "grade_from_title")


def matrix(region: Region, found: Findings) -> list[Record] | None:
    """Read a form of one school whose columns are grades and whose lines are what was counted.

    Returns None where the region is an ordinary table.
    """
    part = region.parts[0]
    graded = {i: h for i, h in part.heads.items() if "grade" in dict(h.keys) and not h.total}
    context = region.context
    about_one = "school_id" in context.values or "school_name" in context.values
    has_school = any(h.column in ("school_id", "school_name") for h in part.heads.values())
    if part.table != "enrolment" or not graded or has_school or not about_one:
        return None
    made: dict[tuple[str, int], Record] = {}
    rows = sorted([*region.data_rows, *(row for row, _ in region.totals)])
    for row in rows:
        first = next((t for t in map(clean_text, region.grid.rows[row]) if t), "")
        meaning = _row_labels().get(squeeze(first))
        if meaning is None:
            place = Place(region.grid.file, region.grid.sheet, cell_name(row, 0))
            found.leave(place, first, "unknown_row")
            continue
        _matrix_row(region, row, meaning[1], graded, made, found)
    return [record for record in made.values() if record.values]


def _matrix_row(
    region: Region,
    row: int,
    column: str,
    graded: dict[int, Any],
    made: dict[tuple[str, int], Record],
    found: Findings,
) -> None:
    item, grid, context = contract("enrolment"), region.grid, region.context
    for index, head in graded.items():
        if index >= len(grid.rows[row]) or (head.column != "pupils" and column == "pupils"):
            continue
        target = column if head.column == "pupils" else head.column
        raw = grid.rows[row][index]
        parsed = parse(item[target], raw)
        place = Place(grid.file, grid.sheet, cell_name(row, index))
        name = str(context.values.get("school_name") or context.values.get("school_id"))
        if parsed.problem:
            found.add(
                place,
                parsed.problem,
                "affects",
                table="enrolment",
                entity=name,
                column=target,
                treatment="set_aside",
                title=item[target].zh,
                title_en=item[target].en,
                allowed="—",
                allowed_en="—",
            )
        grade = int(dict(head.keys)["grade"])
        record = made.get((name, grade))
        if record is None:
            values = _school_of(context.values, "school_year") | {"grade": grade}
            record = Record("enrolment", values, grid.file, grid.sheet, row, {}, (target,))
            made[name, grade] = record
        record.values[target] = parsed.value
        if record.row == row:
            record.columns[target] = index
        else:
            record.others[target] = Record(
                "enrolment", {}, grid.file, grid.sheet, row, {target: index}
            )


def _school_of(values: dict[str, object], year_column: str) -> dict[str, object]:
    kept: dict[str, object] = {}
    kept.update({k: v for k, v in values.items() if k in ("school_id", "school_name")})
    if "year" in values:
        kept[year_column] = values["year"]
    return kept


def items(grid: Grid, found: Findings) -> list[Record]:
    """Read a form of one school that lists items and quantities, such as 教基5170 校舍."""
    context = read_context(grid, 0, min(len(grid.rows), 15))
    form = form_of(context.form) if context.form else None
    about_one = "school_id" in context.values or "school_name" in context.values
    if form is None or not form.get("item") or not about_one:
        return []
    table = str(form["table"])
    item = contract(table)
    values = _school_of(context.values, "school_year")
    if "stage" in item.keys:
        values["stage"] = form.get("stage") or context.values.get("stage")
    record = Record(table, values, grid.file, grid.sheet, 0)
    first: list[str] = []
    for wanted, (cell, how) in _cells_of(grid, form, item):
        column = item[wanted["column"]]
        if cell is None:
            continue
        factor = _factor(grid, wanted, column.unit, context.units)
        row, index = cell
        raw = grid.rows[row][index]
        parsed = parse(column, raw, factor)
        place = Place(grid.file, grid.sheet, cell_name(row, index))
        if parsed.problem:
            found.add(
                place,
                parsed.problem,
                "affects",
                table=table,
                entity=record.entity(),
                column=column.name,
                treatment="set_aside",
                title=column.zh,
                title_en=column.en,
                allowed="—",
                allowed_en="—",
            )
            continue
        if parsed.value is None:
            continue
        if how == "anchor":
            found.change(place, table, column.name, raw, parsed.value, "anchor")
        elif factor != 1:
            found.change(place, table, column.name, raw, parsed.value, "unit")
        record.values[column.name] = parsed.value
        holder = Record(table, {}, grid.file, grid.sheet, row, {column.name: index})
        record.others[column.name] = holder
        first.append(column.name)
    if not first:
        return []
    record.own = tuple(first[:1])
    top = record.others[first[0]]
    record.row, record.columns = top.row, dict(top.columns)
    return [record]


def _cells_of(
    grid: Grid, form: dict[str, Any], item: Contract
) -> list[tuple[dict[str, Any], tuple[tuple[int, int] | None, str]]]:
    """Return where each item of a form stands.

    Positions count only where all of them hold what their columns may hold: one that does not
    shows that this sheet is laid out in another way.
    """
    places = [(wanted, _find(grid, wanted)) for wanted in form["item"]]
    for wanted, (cell, how) in places:
        if how == "anchor" and cell is not None:
            parsed = parse(item[wanted["column"]], grid.rows[cell[0]][cell[1]])
            if parsed.problem:
                return [(w, p) for w, p in places if p[1] != "anchor"]
    return places


def _find(grid: Grid, wanted: dict[str, Any]) -> tuple[tuple[int, int] | None, str]:
    """Return the cell of an item: beside its label, or at its position in the form."""
    labels = {squeeze(label) for label in wanted["labels"]}
    for row in range(min(len(grid.rows), MOST_FORM_ROWS)):
        for column, raw in enumerate(grid.rows[row][:12]):
            if not isinstance(raw, str) or (row, column) in grid.copied:
                continue
            title = squeeze(raw)
            bare = _UNIT_END.sub("", title)
            plain = re.sub(r"^(其中|[一二三四五六七八九十]+|\d+)", "", bare)
            if title in labels or bare in labels or plain in labels:
                beside = _beside(grid, row, column)
                if beside is not None:
                    return (row, beside), "label"
    anchor = cell_indices(wanted.get("anchor", ""))
    if anchor and isinstance(_at(grid, *anchor), (int, float)):
        return anchor, "anchor"
    return None, ""


def _at(grid: Grid, row: int, column: int) -> object:
    if row < len(grid.rows) and column < len(grid.rows[row]):
        return grid.rows[row][column]
    return None


def _beside(grid: Grid, row: int, column: int) -> int | None:
    """Return the first column right of a label that holds a quantity and no line number."""
    for index in range(column + 1, min(len(grid.rows[row]), column + 8)):
        text = grid.text(row, index)
        if not text or not re.match(r"^[-+]?[\d,.]+", text):
            continue
        above = [grid.text(r, index) for r in range(max(0, row - 60), row)]
        if any(_NUMBERING.match(t) for t in above) and not re.search(r"[.]", text):
            continue
        return index
    return None


def _factor(grid: Grid, wanted: dict[str, Any], unit: str, units: tuple[str, ...]) -> float:
    """Return what the form's unit is multiplied with: said in the label, in the title, or known."""
    for row in grid.rows[:MOST_FORM_ROWS]:
        for raw in row[:12]:
            if isinstance(raw, str):
                match = _UNIT_END.search(squeeze(raw))
                bare = _UNIT_END.sub("", squeeze(raw))
                if match and bare in {squeeze(label) for label in wanted["labels"]}:
                    return FACTORS.get(unit, {}).get(match[1], 1.0)
    for said in units:
        if said in FACTORS.get(unit, {}):
            return FACTORS[unit][said]
    return FACTORS.get(unit, {}).get(str(wanted.get("unit", unit)), 1.0)
