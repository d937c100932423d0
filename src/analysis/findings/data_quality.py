"""Sentences of notebook 00, written from its result tables."""

from __future__ import annotations

import pandas as pd

from analysis import terms, wording
from analysis.findings.sentences import Sentences, number
from analysis.store import Run

_SEVERITIES = ("blocks", "affects", "note")


def read(run: Run) -> Sentences:
    """Say how many files, sheets and rows were read."""
    table = run.tables["intake_read"]
    if table.empty:
        return Sentences([wording.say("intake.no_files", run.language)])
    return Sentences(
        [
            wording.say(
                "intake.read_sentence",
                run.language,
                files=number(run, table["file"].nunique()),
                sheets=number(run, len(table[["file", "sheet"]].drop_duplicates())),
                tables=number(run, table["table_name"].nunique()),
                rows=number(run, table["rows"].sum()),
                changes=number(run, len(run.tables["intake_changes"])),
                unused=number(run, len(run.tables["intake_unused"])),
            )
        ]
    )


def found(run: Run) -> Sentences:
    """Say how many findings of each severity there are, and the gravest."""
    table = run.tables["intake_findings"]
    if table.empty:
        return Sentences([wording.say("intake.nothing", run.language)])
    counts = table["severity"].value_counts()
    said = [
        wording.say(
            "intake.count_line", run.language, **{s: int(counts.get(s, 0)) for s in _SEVERITIES}
        )
    ]
    confirmed = int((table["treatment"] == "confirmed").sum())
    if confirmed:
        said.append(wording.say("intake.confirmed_sentence", run.language, count=confirmed))
    return Sentences(said)


def affected(run: Run) -> Sentences:
    """Say which conclusions are undetermined until cells are settled."""
    table = run.tables["affected_conclusions"]
    said = []
    for status in ("undetermined", "caution"):
        names = table.loc[table["status"] == status, "conclusion"].drop_duplicates()
        if status == "caution":
            worse = set(table.loc[table["status"] == "undetermined", "conclusion"])
            names = names[~names.isin(worse)]
        if len(names):
            words = [terms.label("conclusion", str(n), run.language) for n in names]
            joint = "、" if run.language == "zh" else "; "
            said.append(
                wording.say(
                    f"intake.affected_{status}", run.language, conclusions=joint.join(words)
                )
            )
    if not said:
        said.append(wording.say("intake.affected_none", run.language))
    return Sentences(said)


def bases(run: Run) -> Sentences:
    """Say which basis is used and how far the others are from it."""
    table = run.tables["population_bases"]
    rows = table[(table["level"] == "county") & table["chosen_persons"].notna()]
    if rows.empty:
        return Sentences([])
    last = rows.sort_values("year").iloc[-1]
    said = [
        wording.say(
            "intake.basis_sentence",
            run.language,
            year=last["year"],
            basis=terms.label("population_basis", str(last["chosen_basis"]), run.language),
            persons=number(run, last["chosen_persons"]),
        )
    ]
    both = rows.dropna(subset=["registered_to_resident"]).sort_values("year")
    if not both.empty:
        row = both.iloc[-1]
        said.append(
            wording.say(
                "intake.ratio_sentence",
                run.language,
                year=row["year"],
                registered=number(run, row["registered"]),
                resident=number(run, row["resident"]),
                ratio=number(run, row["registered_to_resident"], 2),
            )
        )
    if pd.notna(last["enrolled"]):
        said.append(
            wording.say(
                "intake.enrolled_sentence",
                run.language,
                year=last["year"],
                enrolled=number(run, last["enrolled"]),
                rate=number(run, last["enrolled_per_thousand"], 1),
            )
        )
    return Sentences(said)
