"""Headlines about the rules (verdict, variation, class size) and about how sure all this is."""

from __future__ import annotations

from collections.abc import Iterator

from analysis import terms, wording
from analysis.findings.headlines.item import STAGES, Desk, Headline, Trace, is_table, known, record

#: Years ahead at which the forecast's past error is quoted.
QUOTED_HORIZON = 3


def trust(desk: Desk) -> Iterator[Headline]:
    """Yield verdicts, class sizes, probabilities, past errors and the age of the data."""
    if is_table("county_verdict"):
        yield from _verdicts(desk)
        yield from _schools(desk)
        yield from _variation(desk)
    for stage in STAGES:
        yield from _class_size(desk, stage)
        yield from _probability(desk, stage)
        yield from _error(desk, stage)
    yield from _age(desk)
    yield from _findings(desk)


def _verdicts(desk: Desk) -> Iterator[Headline]:
    for row in desk.rows("county_verdict").to_dict("records"):
        dimension, stage = str(row["dimension"]), str(row["stage"])
        overall = dimension == "overall" and stage == "all"
        state = str(row["verdict"])
        yield Headline(
            f"verdict.{dimension}.{stage}",
            "verdict" if overall else "context",
            state=state,
            stage=stage if stage in STAGES else None,
            area_id=desk.area_id,
            school_year=desk.base,
            said=desk.both(
                f"verdict_{desk.run.area.level}",
                lambda language, state=state: {  # type: ignore[misc]
                    "rules": desk.run.rules.title(language),
                    "verdict": terms.label("verdict", state, language),
                },
            )
            if overall
            else {},
            source="county_verdict",
            trace=Trace(
                rule=desk.run.rules.source,
                tables=("county_verdict", "assessment_items", "school_compliance", "variation"),
                cells=desk.pupils_cells("primary"),
                data_year=desk.data_year("enrolment", "teachers", "facilities"),
                step="20_assessment",
            ),
            # only a county can meet or fail the rule as a whole
            weight=_verdict_weight(desk, state) if overall else 0,
        )


def _verdict_weight(desk: Desk, state: str) -> int:
    return 62 if state == "not_met" and desk.run.area.level == "county" else 25


def _schools(desk: Desk) -> Iterator[Headline]:
    for stage in STAGES:
        rows = desk.rows("school_compliance", stage=stage)
        rows = rows[rows["school_year"] == rows["school_year"].max()] if len(rows) else rows
        rows = rows[rows["in_scope"]] if len(rows) else rows
        if rows.empty:
            continue
        counts = {v: int((rows["verdict"] == v).sum()) for v in ("met", "not_met", "undetermined")}
        trace = Trace(
            f"{counts['met']} / {len(rows)}",
            f"{counts['met']} / {len(rows)}",
            desk.run.rules.source,
            ("school_compliance", "indicator_values"),
            desk.pupils_cells(stage),
            desk.data_year("enrolment", "teachers", "facilities"),
            "10_indicators",
        )
        yield Headline(
            f"schools_met.{stage}",
            "verdict",
            float(counts["met"]),
            "schools",
            int(rows["school_year"].max()),
            stage,
            desk.area_id,
            said=desk.both(
                "schools_met",
                lambda language, stage=stage, rows=rows, counts=counts: {  # type: ignore[misc]
                    "stage": desk.stage(stage, language),
                    "schools": len(rows),
                    **counts,
                },
            ),
            source="school_compliance",
            trace=trace,
            weight=58 if counts["not_met"] else 18,
        )
        yield Headline(
            f"schools_in_scope.{stage}",
            "context",
            float(len(rows)),
            "schools",
            int(rows["school_year"].max()),
            stage,
            desk.area_id,
            source="school_compliance",
            trace=trace,
        )


def _variation(desk: Desk) -> Iterator[Headline]:
    rows = desk.rows("variation", population="all")
    rows = rows[rows["school_year"] == rows["school_year"].max()] if len(rows) else rows
    for row in rows.to_dict("records"):
        if not known(row["cv"]):
            continue
        formula = wording.number(row["cv"], "zh", 3)
        yield Headline(
            f"cv.{row['stage']}.{row['indicator']}",
            "context",
            float(row["cv"]),
            "cv",
            int(row["school_year"]),
            str(row["stage"]),
            desk.area_id,
            state=str(row["verdict"]),
            upper=row["cv_limit"] if known(row["cv_limit"]) else None,
            source="variation",
            trace=Trace(
                f"S / X̄ = {formula}",
                f"S / X̄ = {formula}",
                desk.rule("cv_limit", str(row["stage"])),
                ("variation", "indicator_values"),
                desk.pupils_cells(str(row["stage"])),
                desk.data_year("enrolment", "teachers", "facilities"),
                "10_indicators",
            ),
        )


def _class_size(desk: Desk, stage: str) -> Iterator[Headline]:
    rows = desk.rows("trend_pupils", level="county", stage=stage)
    row = record(rows[rows["class_size"].notna()].sort_values("school_year").tail(1))
    if row is None:
        return
    cap = desk.run.rules.value("class_size_max", stage)
    over = row["class_size"] > cap

    def words(language: str) -> dict[str, object]:
        return {
            "stage": desk.stage(stage, language),
            "year": wording.year_label(int(row["school_year"]), language),
            "size": wording.number(row["class_size"], language, 1),
            "cap": wording.number(cap, language),
            "pupils": wording.number(row["pupils"], language),
            "classes": wording.number(row["classes"], language),
        }

    formula = desk.both("formula_class_size", words)
    yield Headline(
        f"class_size.{stage}",
        "context",
        float(row["class_size"]),
        "pupils_per_class",
        int(row["school_year"]),
        stage,
        desk.area_id,
        upper=cap,
        state="not_met" if over else "met",
        said=desk.both("class_size_over" if over else "class_size_within", words),
        source="trend_pupils",
        trace=Trace(
            formula["zh"],
            formula["en"],
            desk.rule("class_size_max", stage),
            ("trend_pupils",),
            desk.pupils_cells(stage),
            int(row["school_year"]),
            "30_trends",
        ),
        weight=66 if over else 8,
    )


def _probability(desk: Desk, stage: str) -> Iterator[Headline]:
    rows = desk.rows("gap_risk", level="county", stage=stage)
    row = record(rows[rows["school_year"] == desk.end])
    if row is None or not known(row["probability_short"]):
        return

    def words(language: str) -> dict[str, object]:
        return {
            "stage": desk.stage(stage, language),
            "year": wording.year_label(desk.end, language),
            "probability": wording.probability(row["probability_short"], language),
            "p50": wording.number(row["shortage_p50"], language),
            "p80": wording.number(row["shortage_p80"], language),
            "p95": wording.number(row["shortage_p95"], language),
        }

    formula = desk.both("formula_probability", words)
    yield Headline(
        f"probability_short.{stage}",
        "sure",
        float(row["probability_short"]),
        "probability",
        desk.end,
        stage,
        desk.area_id,
        lower=row["shortage_p50"],
        upper=row["shortage_p80"],
        said=desk.both("probability", words),
        source="gap_risk",
        trace=Trace(
            formula["zh"],
            formula["en"],
            tables=("gap_risk", "demand_paths"),
            cells=desk.pupils_cells(stage),
            data_year=desk.data_year("enrolment") or desk.data_year("totals"),
            step="50_capacity_gap",
        ),
    )


def _error(desk: Desk, stage: str) -> Iterator[Headline]:
    rows = desk.rows(
        "forecast_accuracy", level="county", stage=stage, method="cohort", horizon=QUOTED_HORIZON
    )
    row = record(rows)
    if row is None or not known(row["mape"]):
        return

    def words(language: str) -> dict[str, object]:
        return {
            "stage": desk.stage(stage, language),
            "years": QUOTED_HORIZON,
            "error": wording.percent(row["mape"], language),
            "cases": int(row["n"]),
        }

    yield Headline(
        f"forecast_error.{stage}",
        "sure",
        float(row["mape"]),
        "share",
        desk.base,
        stage,
        desk.area_id,
        said=desk.both("forecast_error", words),
        source="forecast_accuracy",
        trace=Trace(
            tables=("forecast_accuracy", "forecast_vintages"),
            cells=desk.pupils_cells(stage),
            data_year=desk.data_year("enrolment") or desk.data_year("totals"),
            step="40_seat_demand",
        ),
    )


def _age(desk: Desk) -> Iterator[Headline]:
    ages = desk.rows("input_ages")
    old = ages[ages["age_years"] > 0].sort_values("age_years", ascending=False)
    if ages.empty:
        return
    newest = int(ages["last_year"].max())

    def words(language: str) -> dict[str, object]:
        from analysis.tables import contract  # titles only where a sentence is said

        return {
            "newest": newest,
            "old": ("、" if language == "zh" else ", ").join(
                f"{contract(r['table']).title(language)} {r['last_year']}"
                for r in old.head(3).to_dict("records")
            ),
        }

    yield Headline(
        "data_age",
        "sure",
        float(ages["age_years"].max()),
        "years",
        newest,
        area_id=desk.area_id,
        said=desk.both("data_age" if len(old) else "data_new", words),
        source="input_ages",
        trace=Trace(tables=("input_ages",), data_year=newest),
        weight=12,
    )


def _findings(desk: Desk) -> Iterator[Headline]:
    found = desk.rows("intake_findings")
    serious = found[found["severity"] != "note"]
    yield Headline(
        "data_findings",
        "sure" if len(serious) else "context",
        float(len(serious)),
        "findings",
        area_id=desk.area_id,
        said=desk.both(
            "data_findings" if len(serious) else "no_data_findings",
            lambda _: {"findings": len(serious)},
        ),
        source="intake_findings",
        trace=Trace(tables=("intake_findings",), step="00_data_quality"),
        weight=52 if len(serious) else 0,
    )
