"""Sentences of notebook 10: scope, compliance, variation and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis import terms, wording
from analysis.figures import place_names
from analysis.findings.sentences import Sentences, number, stage_name
from analysis.store import Run

STAGES = ("primary", "junior")
#: How many names a sentence lists before it stops.
LISTED = 8
TOP = 5


def assessed_year(run: Run) -> int | None:
    """Return the newest school year that was assessed."""
    years = run.tables["school_compliance"]["school_year"]
    return None if years.empty else int(years.max())


def current(run: Run, name: str) -> pd.DataFrame:
    """Return the rows of a table that belong to the assessed year."""
    table = run.tables[name]
    return table[table["school_year"] == assessed_year(run)]


def word(run: Run, family: str, code: object) -> str:
    """Return the word for a code in the run's language."""
    return terms.label(family, str(code), run.language)


def listed(run: Run, names: Iterable[str], limit: int = LISTED) -> str:
    """Return names as a list, cut after ``limit`` with the number of those left out."""
    every = list(dict.fromkeys(names))
    comma = "、" if run.language == "zh" else ", "
    said = comma.join(every[:limit])
    return said if len(every) <= limit else f"{said}… ({len(every)})"


def school_names(run: Run) -> dict[str, str]:
    """Return the schools' names by code."""
    schools = run.tables["schools"]
    return dict(zip(schools["school_id"], schools["school_name"], strict=True))


def verdict(run: Run) -> Sentences:
    """Say the verdict on resources, of the county and of each stage."""
    compliance, variation = current(run, "school_compliance"), current(run, "variation")
    if compliance.empty:
        return Sentences([])
    inside = compliance[compliance["in_scope"]]
    cvs = variation[variation["population"] == "all"]
    said = []
    for stage in (s for s in STAGES if s in set(inside["stage"])):
        schools = inside.loc[inside["stage"] == stage, "verdict"]
        found = cvs.loc[cvs["stage"] == stage, "verdict"]
        said.append(
            wording.say(
                "indicators.stage_sentence",
                run.language,
                stage=stage_name(run, stage),
                schools=len(schools),
                met=int((schools == "met").sum()),
                not_met=int((schools == "not_met").sum()),
                unknown=int((schools == "undetermined").sum()),
                cv_met=int((found == "met").sum()),
                cv_not_met=int((found == "not_met").sum()),
                cv_unknown=int((found == "undetermined").sum()),
            )
        )
        if len(found) and (found == "not_applicable").all() and len(schools) == 1:
            said.append(
                wording.say("indicators.single_school", run.language, stage=stage_name(run, stage))
            )
    return Sentences(said)


def scope(run: Run) -> Sentences:
    """Say which schools are left out, and why."""
    rows = current(run, "school_compliance")
    if rows.empty:
        return Sentences([])
    out = rows[~rows["in_scope"]].drop_duplicates(["school_id", "scope_reason"])
    if out.empty:
        return Sentences([wording.say("indicators.all_in_scope", run.language)])
    names = school_names(run)
    parts = [
        wording.say(
            "indicators.excluded_part",
            run.language,
            reason=word(run, "scope_reason", reason),
            count=len(group),
            schools=listed(run, (names.get(s, s) for s in group["school_id"])),
        )
        for reason, group in out.groupby("scope_reason", sort=True)
    ]
    return Sentences(
        [
            wording.say(
                "indicators.excluded_sentence",
                run.language,
                count=out["school_id"].nunique(),
                reasons="；".join(parts) if run.language == "zh" else "; ".join(parts),
            )
        ]
    )


def failures(run: Run) -> Sentences:
    """Say which indicator most schools miss, and which passes hang on rounding."""
    values, rows = current(run, "indicator_values"), current(run, "school_compliance")
    said = []
    for stage in (s for s in STAGES if s in set(values["stage"])):
        short = values[(values["stage"] == stage) & (values["verdict"] == "not_met")]
        if short.empty:
            continue
        worst = short["indicator"].value_counts().sort_index().idxmax()
        floor = short[(short["indicator"] == worst) & (short["floor_verdict"] == "not_met")]
        said.append(
            wording.say(
                "indicators.fails_sentence",
                run.language,
                stage=stage_name(run, stage),
                indicator=word(run, "indicator", worst),
                count=int((short["indicator"] == worst).sum()),
                floor=len(floor),
            )
        )
    names = school_names(run)
    rounded = rows[rows["passes_by_rounding"]]
    if not rounded.empty:
        schools = listed(run, (names.get(s, s) for s in rounded["school_id"]))
        said.append(
            wording.say(
                "indicators.rounding_sentence",
                run.language,
                count=len(rounded),
                schools=schools,
            )
        )
    near = int(rows["near_miss"].sum())
    if near:
        share = wording.percent(run.rules.value("near_miss_share"), run.language, 0)
        said.append(wording.say("indicators.near_sentence", run.language, count=near, share=share))
    return Sentences(said)


def variation(run: Run) -> Sentences:
    """Say each CV that fails, with the unweighted and public-only value; and rounding cases."""
    table = current(run, "variation")
    if table["cv"].isna().all():
        return Sentences([wording.say("indicators.no_variation", run.language)])
    public = table[table["population"] == "public"].set_index(["stage", "indicator"])["cv"]
    rows = table[(table["population"] == "all") & table["cv"].notna()]
    chosen = rows[rows["verdict"] == "not_met"]
    if chosen.empty:
        chosen = rows.sort_values("cv", ascending=False).groupby("stage", sort=False).head(1)
    said = []
    for row in chosen.to_dict("records"):
        values = {
            "stage": stage_name(run, str(row["stage"])),
            "indicator": word(run, "indicator", row["indicator"]),
            "cv": number(run, row["cv"], 3),
            "limit": number(run, row["cv_limit"], 2),
        }
        said.append(
            wording.say(
                "indicators.cv_sentence",
                run.language,
                **values,
                verdict=word(run, "verdict", row["verdict"]),
                unweighted=number(run, row["cv_unweighted"], 3),
                public=number(run, public.get((row["stage"], row["indicator"])), 3),
            )
        )
        if row["passes_by_rounding"]:
            values["cv"] = number(run, row["cv"], 6)
            said.append(wording.say("indicators.rounding_cv_sentence", run.language, **values))
    return Sentences(said)


def contributions(run: Run) -> Sentences:
    """Say which schools make the most uneven indicator of each stage, and what fixing them does."""
    table, parts = current(run, "variation"), current(run, "variation_parts")
    table = table[(table["population"] == "all") & table["cv"].notna()]
    parts = parts[(parts["population"] == "all") & (parts["part"] == "school")]
    names = school_names(run)
    said = []
    for stage in (s for s in STAGES if s in set(parts["stage"])):
        rows = table[table["stage"] == stage]
        ranked = rows.assign(of_limit=rows["cv"] / rows["cv_limit"].fillna(1.0))
        worst = ranked.sort_values("of_limit", ascending=False, kind="stable").iloc[0]
        top = parts[(parts["stage"] == stage) & (parts["indicator"] == worst["indicator"])]
        top = top[top["rank"] <= TOP].sort_values("rank")
        words = [
            wording.say(
                "indicators.contribution_part",
                run.language,
                school=names.get(row["unit_id"], row["unit_id"]),
                share=wording.percent(row["share"], run.language, 0),
                after=number(run, row["cv_if_at_mean"], 3),
            )
            for row in top.to_dict("records")
        ]
        values = {
            "stage": stage_name(run, stage),
            "indicator": word(run, "indicator", worst["indicator"]),
        }
        said.append(
            wording.say(
                "indicators.contribution_sentence",
                run.language,
                **values,
                parts="；".join(words) if run.language == "zh" else "; ".join(words),
            )
        )
        if worst["theil"] > 0:
            between = wording.percent(worst["theil_between_towns"] / worst["theil"], run.language)
            said.append(
                wording.say("indicators.towns_sentence", run.language, **values, between=between)
            )
    return Sentences(said)


def place(run: Run, code: object) -> str:
    """Return the name of a town or of the area."""
    return place_names(run).get(str(code), str(code))
