"""Headlines about seats: short, spare, where, when; and the planning norm beside them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from analysis import terms, wording
from analysis.findings.headlines.item import BASES, STAGES, Desk, Headline, Trace, known, record

_QUANTITIES = {
    "required": "seats_required",
    "available": "seats_available",
    "short": "shortage",
    "spare": "surplus",
}
MOST_TOWNS = 3
Row = Mapping[Hashable, Any]


def seats(desk: Desk) -> Iterator[Headline]:
    """Yield everything page one says about seats."""
    for stage in STAGES:
        yield from _quantities(desk, stage)
        yield from _two_sides(desk, stage)
        yield from _towns(desk, stage, "short", "shortage")
        yield from _towns(desk, stage, "spare", "surplus")
        yield from _when(desk, stage)
        yield from _required_only(desk, stage)
        yield from _norm(desk, stage)


def _county(desk: Desk, stage: str, scenario: str = "") -> pd.DataFrame:
    chosen = scenario or desk.scenario
    rows = desk.rows("seat_gap", level="county", stage=stage, scenario=chosen)
    return desk.once(("county_gap", stage, chosen), lambda: rows.sort_values("school_year"))


def _quantities(desk: Desk, stage: str) -> Iterator[Headline]:
    """Yield required, available, short and spare of every year, without a sentence."""
    for row in _county(desk, stage).to_dict("records"):
        year = int(row["school_year"])
        trace = _gap_trace(desk, stage, row) if known(row["shortage"]) else Trace()
        for name, column in _QUANTITIES.items():
            if year == desk.end and name in ("short", "spare") and known(row["shortage"]):
                continue  # said with its sentence below
            if known(row[column]) and known(row["shortage"]):
                yield Headline(
                    f"seats_{name}.{stage}.{year}",
                    "context",
                    float(row[column]),
                    "seats",
                    year,
                    stage,
                    desk.area_id,
                    source="seat_gap",
                    trace=trace,
                )


def _gap_trace(desk: Desk, stage: str, row: Row) -> Trace:
    def formula(language: str) -> str:
        return wording.say(
            "briefing.formula_gap",
            language,
            required=wording.number(row["seats_required"], language),
            available=wording.number(row["seats_available"], language),
            short=wording.number(row["shortage"], language),
            spare=wording.number(row["surplus"], language),
        )

    return Trace(
        formula("zh"),
        formula("en"),
        desk.rule("class_size_max", stage),
        ("seat_gap", "seat_supply", "capacity_ledger", "seat_demand"),
        (*desk.pupils_cells(stage), *desk.latest_cells("facilities")),
        desk.data_year("enrolment", "facilities") or desk.data_year("totals"),
        "50_capacity_gap",
    )


def _two_sides(desk: Desk, stage: str) -> Iterator[Headline]:
    """Yield seats short and seats spare at the end of the plan, never netted.

    Where nothing is short then but was short earlier, the sentence tells the worst year too.
    """
    rows = _county(desk, stage)
    row = record(rows[rows["school_year"] == min(desk.end, _last(rows))])
    if row is None or not known(row["shortage"]):
        return
    year = int(row["school_year"])
    worst = _worst(desk, stage)
    for name, column, weight in (("short", "shortage", 100), ("spare", "surplus", 70)):
        value = float(row[column])
        key = f"seats_{name}" if value > 0 else f"seats_no_{name}"
        if name == "short" and worst is not None and worst["shortage"] > value:
            key += "_worst"
        yield Headline(
            f"seats_{name}.{stage}.{year}",
            name,
            value,
            "seats",
            year,
            stage,
            desk.area_id,
            lower=_scenario_value(desk, stage, "low", year, column),
            upper=_scenario_value(desk, stage, "high", year, column),
            said=_joined(
                _short_now(desk, stage) if name == "short" and year > desk.base else {},
                desk.both(key, _side_words(desk, stage, row, column, worst)),
            ),
            source="seat_gap",
            trace=_gap_trace(desk, stage, row),
            weight=weight if value > 0 else (95 if key.endswith("_worst") else 20),
        )


def _joined(first: Mapping[str, str], then: Mapping[str, str]) -> Mapping[str, str]:
    """Put one sentence before another in each language."""
    gap = {"zh": "", "en": " "}
    return {
        lang: f"{first[lang]}{gap[lang]}{text}" if first else text for lang, text in then.items()
    }


def _short_now(desk: Desk, stage: str) -> Mapping[str, str]:
    """Say what is short in the base year: what lies ahead is no news to those who lack it now."""
    rows = _county(desk, stage)
    row = record(rows[rows["school_year"] == desk.base])
    if row is None or not known(row["shortage"]) or row["shortage"] <= 0:
        return {}
    return desk.both(
        "seats_short_now",
        lambda language: {
            "year": wording.year_label(desk.base, language),
            "stage": desk.stage(stage, language),
            "seats": wording.number(row["shortage"], language),
        },
    )


def _side_words(
    desk: Desk, stage: str, row: Row, column: str, worst: Row | None
) -> Callable[[str], dict[str, object]]:
    """Return the words of one side of the gap, and of the worst year where there is one."""
    year = int(row["school_year"])
    low, high = (_scenario_value(desk, stage, s, year, column) for s in ("low", "high"))

    def words(language: str) -> dict[str, object]:
        said: dict[str, object] = {
            "year": wording.year_label(year, language),
            "stage": desk.stage(stage, language),
            "seats": wording.number(row[column], language),
            "towns": _places(desk, stage, year, column),
            "low": wording.number(low, language),
            "high": wording.number(high, language),
        }
        if worst is not None:
            at = int(worst["school_year"])
            said |= {
                "worst_year": wording.year_label(at, language),
                "worst": wording.number(worst["shortage"], language),
                "worst_towns": _places(desk, stage, at, "shortage"),
            }
        return said

    return words


def _places(desk: Desk, stage: str, year: int, column: str) -> int:
    """Count the towns that are short (or have seats to spare) in a year."""
    towns = desk.rows("seat_gap", level="town", stage=stage, scenario=desk.scenario)
    return int((towns[towns["school_year"] == year][column] > 0).sum())


def _last(rows: pd.DataFrame) -> int:
    return int(rows["school_year"].max()) if not rows.empty else 0


def _scenario_value(desk: Desk, stage: str, scenario: str, year: int, column: str) -> float | None:
    rows = _county(desk, stage, scenario)
    row = record(rows[rows["school_year"] == year])
    return float(row[column]) if row is not None and known(row[column]) else None


def _towns(desk: Desk, stage: str, name: str, column: str) -> Iterator[Headline]:
    """Yield the towns with the largest shortage (or surplus) at the end of the plan.

    Where none is short then, those of the worst year ahead are named.
    """
    table = desk.rows("seat_gap", level="town", stage=stage, scenario=desk.scenario)
    rows = _with(table, min(desk.end, _last(table)), column)
    worst = _worst(desk, stage) if name == "short" else None
    if rows.empty and worst is not None:
        rows = _with(table, int(worst["school_year"]), column)
    top = rows.sort_values([column, "area_id"], ascending=[False, True]).head(MOST_TOWNS)
    for place, row in enumerate(top.to_dict("records"), 1):
        yield Headline(
            f"town_{name}.{stage}.{place}",
            "where",
            float(row[column]),
            "seats",
            int(row["school_year"]),
            stage,
            str(row["area_id"]),
            state=name,
            said=desk.both(
                f"town_{name}",
                lambda language, row=row: {  # type: ignore[misc]
                    "town": desk.place(str(row["area_id"]), language),
                    "stage": desk.stage(stage, language),
                    "seats": wording.number(row[column], language),
                    "year": wording.year_label(int(row["school_year"]), language),
                },
            ),
            source="seat_gap",
            trace=_gap_trace(desk, stage, row),
            weight=60 if place == 1 and name == "short" else 0,
        )


def _with(table: pd.DataFrame, year: int, column: str) -> pd.DataFrame:
    return table[(table["school_year"] == year) & (table[column] > 0)]


def _short_years(desk: Desk, stage: str) -> pd.DataFrame:
    """Return the years ahead in which the area is short somewhere."""
    gaps = _county(desk, stage)
    return gaps[(gaps["shortage"] > 0) & (gaps["school_year"] > desk.base)]


def _worst(desk: Desk, stage: str) -> Row | None:
    """Return the year ahead with the largest shortage."""
    short = _short_years(desk, stage)
    return record(short.sort_values("shortage", kind="stable", ascending=False).head(1))


def _when(desk: Desk, stage: str) -> Iterator[Headline]:
    """Yield the years with a shortage and the worst of them."""
    worst, years = _worst(desk, stage), _short_years(desk, stage)["school_year"]
    if worst is None:
        return
    yield Headline(
        f"worst_year.{stage}",
        "when",
        float(worst["shortage"]),
        "seats",
        int(worst["school_year"]),
        stage,
        desk.area_id,
        said=desk.both(
            "worst_year" if len(years) > 1 else "only_year",
            lambda language: {
                "stage": desk.stage(stage, language),
                "years": len(years),
                "first": wording.year_label(int(years.min()), language),
                "last": wording.year_label(int(years.max()), language),
                "year": wording.year_label(int(worst["school_year"]), language),
                "seats": wording.number(worst["shortage"], language),
            },
        ),
        source="seat_gap",
        trace=_gap_trace(desk, stage, worst),
        weight=50,
    )


def _required_only(desk: Desk, stage: str) -> Iterator[Headline]:
    """Yield the demand at the end of the plan where no gap can be given."""
    rows = desk.rows("seat_demand", level="county", stage=stage, scenario=desk.scenario)
    rows = rows.sort_values("school_year")
    gaps = _county(desk, stage)
    with_gap = set(gaps[gaps["shortage"].notna()]["school_year"])
    for row in rows[~rows["school_year"].isin(with_gap)].to_dict("records"):
        year = int(row["school_year"])
        final = year == min(desk.end, _last(rows))
        yield Headline(
            f"seats_required.{stage}.{year}",
            "short" if final else "context",
            float(row["pupils"]),
            "seats",
            year,
            stage,
            desk.area_id,
            lower=row["lower80"],
            upper=row["upper80"],
            said=_required_words(desk, stage, row) if final else {},
            source="seat_demand",
            trace=Trace(
                tables=("seat_demand",),
                cells=desk.pupils_cells(stage),
                data_year=desk.data_year("enrolment") or desk.data_year("totals"),
                step="40_seat_demand",
            ),
            weight=65 if final else 0,
        )


def _required_words(desk: Desk, stage: str, row: Row) -> dict[str, str]:
    """Say what is required, and what is known of the towns where the whole is not."""
    towns = desk.rows("seat_gap", level="town", stage=stage, scenario=desk.scenario)
    towns = towns[towns["school_year"] == row["school_year"]]
    there = towns[towns["shortage"].notna()]
    return desk.both(
        "required_part" if len(there) else "required_only",
        lambda language: {
            "stage": desk.stage(stage, language),
            "year": wording.year_label(int(row["school_year"]), language),
            "seats": wording.number(row["pupils"], language),
            "lower": wording.number(row["lower80"], language),
            "upper": wording.number(row["upper80"], language),
            "known": len(there),
            "unknown": len(towns) - len(there),
            "short": wording.number(there["shortage"].sum(), language),
            "spare": wording.number(there["surplus"].sum(), language),
        },
    )


def _norm(desk: Desk, stage: str) -> Iterator[Headline]:
    """Yield the norm's seats beside the pupils of the last counted year."""
    rows = desk.rows("norm_comparison", level="county", stage=stage, forecast=False)
    rows = rows[rows["school_year"] == rows["school_year"].max()] if len(rows) else rows
    rank = rows["basis"].map({basis: at for at, basis in reversed(list(enumerate(_bases(desk))))})
    row = record(rows.assign(rank=rank).sort_values("rank", kind="stable"))
    if row is None:
        return
    norms = desk.rows("norm_demand", level="county", stage=stage, basis=row["basis"])
    norm = record(norms[norms["year"] == row["population_year"]])
    if norm is None:
        return
    ratio = row["norm_ratio"]

    def words(language: str) -> dict[str, object]:
        return {
            "stage": desk.stage(stage, language),
            "rate": wording.number(norm["seats_per_thousand"], language),
            "basis": _basis(str(row["basis"]), language),
            "persons": wording.number(norm["persons"], language),
            "year": int(norm["year"]),
            "seats": wording.number(row["norm_seats"], language),
            "pupils": wording.number(row["pupils"], language),
            "school_year": wording.year_label(int(row["school_year"]), language),
            "ratio": wording.number(ratio, language, 2),
        }

    formula = desk.both("formula_norm" if known(ratio) else "formula_norm_only", words)
    trace = Trace(
        formula["zh"],
        formula["en"],
        str(norm["norm_source"]),
        ("norm_demand", "norm_comparison"),
        desk.cells(norm=pd.DataFrame([norm])) + desk.pupils_cells(stage),
        int(norm["year"]),
        "40_seat_demand",
    )
    yield Headline(
        f"norm_seats.{stage}",
        "context",
        float(row["norm_seats"]),
        "seats",
        int(norm["year"]),
        stage,
        desk.area_id,
        said=desk.both("norm_ratio" if known(ratio) else "norm_seats", words),
        source="norm_comparison",
        trace=trace,
        weight=55 if not known(ratio) or not 0.85 <= ratio <= 1.15 else 15,
    )
    if known(ratio):
        yield Headline(
            f"norm_ratio.{stage}",
            "context",
            float(ratio),
            "ratio",
            int(row["school_year"]),
            stage,
            desk.area_id,
            source="norm_comparison",
            trace=trace,
        )


def _bases(desk: Desk) -> list[str]:
    """Return population bases: the one the area states, the one its rules name, then the rest."""
    area, norm = desk.run.area, desk.run.rules.find("seats_population_basis")
    stated = [area.population_basis] if "population_basis" in area.model_fields_set else []
    return [*stated, *([str(norm.value)] if norm is not None else []), *BASES]


def _basis(basis: str, language: str) -> str:
    if basis == "unstated":
        return wording.say("briefing.basis_unstated", language)
    word = terms.label("population_basis", basis, language)
    return word if language == "zh" else word.lower()
