"""Sentences of notebook 20: the verdict, failing and open items, recognition, targets."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import standards, wording
from analysis.findings.indicators import listed, word
from analysis.findings.sentences import Sentences, number, stage_name
from analysis.store import Run

_DIMENSIONS = ("resources", "guarantee", "quality", "recognition", "veto", "eligibility")


def _heads(run: Run) -> pd.DataFrame:
    table = run.tables["assessment_items"]
    return table[table["test_no"] == 0]


def _title(run: Run, row: Any) -> str:
    return str(row["title_zh"] if run.language == "zh" else row["title_en"])


def verdict(run: Run) -> Sentences:
    """Say the verdict of the county and of each dimension."""
    table = run.tables["county_verdict"]
    if table.empty:
        return Sentences([])
    whole = table[table["stage"] == "all"].set_index("dimension")
    said = [
        wording.say(
            "assessment.overall_sentence",
            run.language,
            verdict=word(run, "verdict", whole.loc["overall", "verdict"]),
        )
    ]
    heads = _heads(run)
    vetoes = heads[(heads["dimension"] == "veto") & (heads["verdict"] == "not_met")]
    if not vetoes.empty:
        items = listed(run, (_title(run, row) for row in vetoes.to_dict("records")))
        said.append(wording.say("assessment.veto_sentence", run.language, items=items))
    for dimension in (d for d in _DIMENSIONS if d in whole.index):
        row = whole.loc[dimension]
        counted = row["met"] + row["not_met"] + row["undetermined"]
        said.append(
            wording.say(
                f"assessment.dimension_{'sentence' if counted else 'open'}",
                run.language,
                dimension=word(run, "dimension", dimension),
                verdict=word(run, "verdict", row["verdict"]),
                met=number(run, row["met"]),
                not_met=number(run, row["not_met"]),
                unknown=number(run, row["undetermined"]),
            )
        )
    return Sentences(said)


def items(run: Run) -> Sentences:
    """Say every item that fails with what it is short of, and list those that are open."""
    heads = _heads(run)
    said = [_failing(run, row) for row in heads[heads["verdict"] == "not_met"].to_dict("records")]
    unknown = heads[heads["verdict"] == "undetermined"]
    if not unknown.empty:
        titles = listed(run, (_title(run, row) for row in unknown.to_dict("records")), 20)
        said.append(
            wording.say(
                "assessment.unknown_sentence", run.language, count=len(unknown), titles=titles
            )
        )
    differs = heads[heads["judgement_differs"]]
    if not differs.empty:
        titles = listed(run, (_title(run, row) for row in differs.to_dict("records")))
        said.append(wording.say("assessment.differs_sentence", run.language, titles=titles))
    return Sentences(said)


def _failing(run: Run, row: dict[Any, Any]) -> str:
    title = _title(run, row)
    tests = run.tables["assessment_items"]
    tests = tests[(tests["item"] == row["item"]) & (tests["verdict"] == "not_met")]
    tests = tests[tests["test_no"] > 0]
    if pd.notna(row["failing_schools"]):
        return wording.say(
            "assessment.failing_schools_sentence",
            run.language,
            title=title,
            count=number(run, row["failing_schools"]),
        )
    if tests.empty:
        return wording.say("assessment.failing_plain_sentence", run.language, title=title)
    test = tests.iloc[0]
    unit = test["shortfall_unit"]
    unit = "" if pd.isna(unit) else f" {word(run, 'quantity_unit', unit)}"
    share = abs(float(test["threshold"])) <= 1.5

    def written(value: float) -> str:
        if share:
            return wording.percent(value, run.language)
        return number(run, value, 0 if abs(value) >= 100 else 2)

    short = float(test["shortfall"])
    is_share = share and not unit.strip()
    return wording.say(
        "assessment.failing_sentence",
        run.language,
        title=title,
        value=written(float(test["value"])),
        threshold=written(float(test["threshold"])),
        shortfall=written(short) if is_share else f"{number(run, short, 1)}{unit}",
    )


def school_tests(run: Run) -> Sentences:
    """Say how many schools pass each school test, and the state of oversize classes."""
    table = run.tables["school_tests"]
    said = list(_oversize(run))
    for test, rows in table.groupby("test", sort=False):
        said.append(
            wording.say(
                "assessment.tests_sentence",
                run.language,
                test=word(run, "school_test", test),
                met=int((rows["verdict"] == "met").sum()),
                not_met=int((rows["verdict"] == "not_met").sum()),
                unknown=int((rows["verdict"] == "undetermined").sum()),
            )
        )
    return Sentences(said)


def _oversize(run: Run) -> list[str]:
    table = run.tables["oversize_years"]
    said = []
    for stage, rows in table.groupby("stage", sort=False):
        last = rows[rows["school_year"] == rows["school_year"].max()].set_index("band")
        whole = last.loc["all_over"]
        growth = wording.say(
            f"assessment.growth_{whole['zero_growth']}",
            run.language,
            **({"change": number(run, whole["change"])} if pd.notna(whole["change"]) else {}),
        )
        if pd.notna(whole["cleared"]):
            growth += wording.say(
                "assessment.growth_words",
                run.language,
                cleared=number(run, whole["cleared"]),
                appeared=number(run, whole["appeared"]),
            )
        said.append(
            wording.say(
                "assessment.oversize_sentence",
                run.language,
                stage=stage_name(run, str(stage)),
                year=whole["school_year"],
                over=number(run, whole["classes"]),
                big=number(run, last.loc["oversize", "classes"]),
                huge=number(run, last.loc["super_oversize", "classes"]),
                growth=growth,
            )
        )
    return said


def channel(run: Run, code: object) -> str:
    """Return the word for a survey channel."""
    return wording.say(f"assessment.channel_{code}", run.language)


def recognition(run: Run) -> Sentences:
    """Say the recognition by channel with its interval, and the groups below the standard."""
    table = run.tables["recognition"]
    said = []
    totals = table[(table["respondent_group"] == "all") & table["share"].notna()]
    for row in totals.to_dict("records"):
        open_ = row["interval_verdict"] == "undetermined"
        said.append(
            wording.say(
                "assessment.recognition_sentence",
                run.language,
                channel=channel(run, row["channel"]),
                share=wording.percent(row["share"], run.language),
                confidence=wording.percent(run.rules.value("survey_confidence"), run.language, 0),
                lower=wording.percent(row["lower"], run.language),
                upper=wording.percent(row["upper"], run.language),
                respondents=number(run, row["respondents"]),
                threshold=wording.percent(row["threshold"], run.language, 0),
                verdict=word(run, "verdict", row["verdict"]),
                interval=wording.say(
                    f"assessment.interval_{'open' if open_ else 'clear'}", run.language
                ),
            )
        )
    groups = table[(table["respondent_group"] != "all") & (table["verdict"] == "not_met")]
    if not groups.empty:
        left, right = ("（", "）") if run.language == "zh" else (" (", ")")
        names = listed(
            run,
            (
                f"{word(run, 'respondent_group', row['respondent_group'])}"
                f"{left}{channel(run, row['channel'])}{right}"
                for row in groups.to_dict("records")
            ),
        )
        said.append(wording.say("assessment.group_below_sentence", run.language, groups=names))
    return Sentences(said)


def targets(run: Run) -> Sentences:
    """Say progress on staged targets, standard schools, and what other rule sets ask."""
    table, said = run.tables["target_progress"], []
    if table.empty:
        said.append(wording.say("assessment.no_targets", run.language))
    else:
        said.append(
            wording.say(
                "assessment.target_sentence",
                run.language,
                count=len(table),
                met=int((table["verdict"] == "met").sum()),
                not_met=int((table["verdict"] == "not_met").sum()),
                unknown=int((table["verdict"] == "undetermined").sum()),
            )
        )
    said += [
        wording.say(
            "assessment.standard_sentence",
            run.language,
            standard=number(run, row["standard"]),
            share=wording.percent(row["share"], run.language),
            target=wording.percent(row["target"], run.language, 0),
            short=number(run, row["schools_short"]),
            verdict=word(run, "verdict", row["verdict"]),
        )
        for row in run.tables["standard_school_share"].head(1).to_dict("records")
    ]
    for other, rows in run.tables["rule_differences"].groupby("right", sort=True):
        title = standards.load(str(other)).title(run.language)
        said.append(
            wording.say(
                "assessment.differences_sentence", run.language, other=title, count=len(rows)
            )
        )
    return Sentences(said)
