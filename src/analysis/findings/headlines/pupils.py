"""Headlines about people: pupils counted, where the rolls turn, births, who lives where."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from analysis import terms, wording
from analysis.findings.headlines.item import BASES, STAGES, Desk, Headline, Trace, known, record

#: A change of births in one year, or of a population between counts, from here on is a finding
#: (tool).
LARGE_CHANGE = 0.10
Row = Mapping[Hashable, Any]


def pupils(desk: Desk) -> Iterator[Headline]:
    """Yield pupils counted, peaks and troughs, and changes of births and population."""
    for stage in STAGES:
        yield from _counted(desk, stage)
        yield from _peak(desk, stage)
    yield from _births(desk)
    yield from _population(desk)


def _counted(desk: Desk, stage: str) -> Iterator[Headline]:
    """Yield the pupils of the last year in which they were counted, without a sentence."""
    rows = desk.rows("trend_pupils", level="county", stage=stage)
    rows = rows[rows["pupils"].notna()] if len(rows) else rows
    row = record(rows.sort_values("school_year").tail(1))
    if row is None:
        return
    yield Headline(
        f"pupils.{stage}",
        "context",
        float(row["pupils"]),
        "pupils",
        int(row["school_year"]),
        stage,
        desk.area_id,
        source="trend_pupils",
        trace=Trace(
            tables=("trend_pupils",),
            cells=desk.pupils_cells(stage),
            data_year=int(row["school_year"]),
            step="30_trends",
        ),
    )


def _peak(desk: Desk, stage: str) -> Iterator[Headline]:
    """Yield the peak of the rolls; the trough stands before or after it as it comes."""
    row = record(desk.rows("demand_peaks", level="county", stage=stage, scenario=desk.scenario))
    if row is None:
        return
    year = int(row["peak_year"])
    counted = desk.rows("trend_pupils", level="county", stage=stage)
    counted = counted[counted["pupils"].notna()] if len(counted) else counted
    # a peak cannot be seen in the first year of the data: all that is known is the fall since
    first = bool(len(counted)) and year == int(counted["school_year"].min()) < desk.base

    def words(language: str) -> dict[str, object]:
        return {
            "stage": desk.stage(stage, language),
            "year": wording.year_label(year, language),
            "peak": wording.number(row["peak_pupils"], language),
            "base": wording.year_label(int(row["school_year"]), language),
            "pupils": wording.number(row["pupils"], language),
            "trough_year": wording.year_label(int(row["trough_year"]), language),
            "trough": wording.number(row["trough_pupils"], language),
        }

    formula = desk.both("formula_peak", words)
    yield Headline(
        f"peak_year.{stage}",
        "when",
        float(row["peak_pupils"]),
        "pupils",
        year,
        stage,
        desk.area_id,
        state="first_year" if first else None,
        said=desk.both("peak_first" if first else _peak_words(row), words),
        source="demand_peaks",
        trace=Trace(
            formula["zh"],
            formula["en"],
            tables=("demand_peaks", "seat_demand"),
            cells=desk.pupils_cells(stage) + desk.cells(births=desk.run.tables["births"]),
            data_year=desk.data_year("enrolment", "births") or desk.data_year("totals"),
            step="40_seat_demand",
        ),
        weight=80,
    )


def _peak_words(row: Row) -> str:
    """Return the sentence in which years follow each other.

    The trough is taken from the base year on, so it may come before a peak that lies ahead.
    """
    base, peak, trough = (int(row[name]) for name in ("school_year", "peak_year", "trough_year"))
    if peak > base:
        if trough > peak:
            return "peak_ahead"
        return "peak_after_trough" if trough > base else "peak_rising"
    if trough == base:
        return "peak_past_lowest"
    return "peak_now" if peak == base else "peak_past"


def _births(desk: Desk) -> Iterator[Headline]:
    """Yield the change of births between the last two years, where it is large."""
    table = desk.rows("births")
    whole = table[table["town_id"] == desk.area_id]
    rows = whole if not whole.empty else table
    if rows.empty:
        return
    rows = rows[rows["basis"] == rows["basis"].iloc[-1]]
    by_year = rows.groupby("year")["births"].sum(min_count=1).dropna()
    last = int(by_year.index.max()) if len(by_year) else 0
    if last - 1 not in by_year.index or not by_year[last - 1]:
        return
    before, now = float(by_year[last - 1]), float(by_year[last])
    rate = now / before - 1
    if abs(rate) < LARGE_CHANGE:
        return

    def words(language: str) -> dict[str, object]:
        return {
            "year": last,
            "before_year": last - 1,
            "births": wording.number(now, language),
            "before": wording.number(before, language),
            "rate": wording.percent(abs(rate), language),
        }

    yield Headline(
        "births_change",
        # where nothing says when the rolls turn, births at least say when entrants do
        "when" if desk.rows("demand_peaks").empty else "context",
        rate,
        "share",
        last,
        area_id=desk.area_id,
        said=desk.both("births_fell" if rate < 0 else "births_rose", words),
        source="births",
        trace=_change_trace(
            "births", before, now, desk.cells(births=rows[rows["year"] >= last - 1]), last
        ),
        weight=67,
    )


def _population(desk: Desk) -> Iterator[Headline]:
    """Yield how the population changed between the first and the last count on one basis."""
    counted = _counts(desk)
    if counted is None:
        return
    basis, whole, towns = counted
    first, last = int(whole.index.min()), int(whole.index.max())
    before, now = float(whole[first]), float(whole[last])
    if not before:
        return
    rate = now / before - 1
    moved = _moved(towns, first, last)

    def words(language: str) -> dict[str, object]:
        said: dict[str, object] = {
            "basis": terms.label("population_basis", basis, language),
            "first": first,
            "last": last,
            "before": wording.number(before, language),
            "now": wording.number(now, language),
            "rate": f"{wording.signed(rate * 100, language, 1)}%",
        }
        if moved is not None:
            for name, place in (("up", str(moved.idxmax())), ("down", str(moved.idxmin()))):
                said[name] = desk.place(place, language)
                said[f"{name}_by"] = wording.signed(float(moved[place]), language)
        return said

    large = abs(rate) >= LARGE_CHANGE or (
        moved is not None and (moved.abs() >= LARGE_CHANGE * before / len(moved)).any()
    )
    used = desk.rows("population", basis=basis)
    yield Headline(
        "population_change",
        # where no seats are known by town, it is the towns that grow and shrink that say where
        "context" if moved is None or desk.gap_known else "where",
        rate,
        "share",
        last,
        area_id=desk.area_id,
        said=desk.both("population_moved" if moved is not None else "population_changed", words),
        source="population",
        trace=_change_trace(
            "population",
            before,
            now,
            desk.cells(population=used[used["year"].isin([first, last])]),
            last,
        ),
        weight=64 if large else 22,
    )


def _counts(desk: Desk) -> tuple[str, pd.Series[Any], pd.DataFrame] | None:
    """Return basis, persons of the whole by year, and the town rows; None without two years."""
    table = desk.rows("population")
    table = table[table["persons"].notna()] if len(table) else table
    for basis in BASES:
        rows = table[table["basis"] == basis]
        towns = rows[rows["town_id"] != desk.area_id]
        whole = rows[rows["town_id"] == desk.area_id].set_index("year")["persons"]
        if whole.empty and not towns.empty:
            # a sum counts only for years in which every town is known
            by_year = towns.groupby("year")["persons"].agg(["sum", "size"])
            whole = by_year[by_year["size"] == towns["town_id"].nunique()]["sum"]
        if len(whole) >= 2:
            return basis, whole, towns
    return None


def _moved(towns: pd.DataFrame, first: int, last: int) -> pd.Series[Any] | None:
    """Return the change of each town counted in both years; None below two towns."""
    ends = [towns[towns["year"] == year].set_index("town_id")["persons"] for year in (first, last)]
    change = (ends[1] - ends[0]).dropna()
    return change if len(change) >= 2 and known(float(change.max())) else None


def _change_trace(
    table: str, before: float, now: float, cells: tuple[str, ...], year: int
) -> Trace:
    rate = wording.signed((now / before - 1) * 100, digits=1)
    formula = f"{now:,.0f} ÷ {before:,.0f} − 1 = {rate}%"
    return Trace(formula, formula, tables=(table,), cells=cells, data_year=year)
