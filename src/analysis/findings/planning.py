"""Sentences of notebook 60, written from the plan's tables."""

from __future__ import annotations

import pandas as pd

from analysis import terms, wording
from analysis.findings.sentences import Sentences, number, stage_name
from analysis.store import Run

#: Name in the tables of money that no declared source pays.
NOT_SECURED = "—"


def _say(run: Run, key: str, **values: object) -> str:
    return wording.say(f"planning.{key}", run.language, **values)


def _money(run: Run, value: float) -> str:
    return wording.money(value, run.language)


def chosen(run: Run) -> pd.DataFrame:
    """Return the measures the plan chose, in order of rank."""
    table = run.tables["plan_projects"]
    return table[table["rank"].notna()].sort_values("rank")


def headline(run: Run) -> Sentences:
    """Say what to do, how many seats, by when, for how much."""
    table = run.tables["plan_projects"]
    ours = chosen(run)
    said = []
    if run.tables["plan_status"].empty:
        if table.empty:
            return Sentences([_say(run, "said_no_list")])
        named = table[table["status"] == "named"]
        known = len(table) - len(named)
        return Sentences([_say(run, "said_list", n=len(table), named=len(named), known=known)])
    if ours.empty:
        said.append(_say(run, "said_nothing"))
    for kinds, key in (
        (("new_build", "expansion", "relocation"), "said_built"),
        (("temporary", "lease"), "said_temporary"),
        (("conversion", "shared_campus", "catchment", "merger"), "said_arranged"),
        (("smaller_classes",), "said_smaller"),
    ):
        rows = ours[ours["kind"].isin(kinds)]
        if rows.empty:
            continue
        said.append(
            _say(
                run,
                key,
                n=len(rows),
                seats=wording.total(rows["seats"].abs(), run.language),
                kinds=_by_kind(run, rows),
                first=int(rows["finish_year"].min()),
                last=int(rows["finish_year"].max()),
                cost=wording.total(rows["cost_mid_cny"], run.language, wording.money),
                low=wording.total(rows["cost_low_cny"], run.language, wording.money),
                high=wording.total(rows["cost_high_cny"], run.language, wording.money),
            )
        )
    listed = table[table["rank"].isna() & table["status"].isin(["committed", "named"])]
    if not listed.empty:
        counts = listed["status"].value_counts()
        said.append(
            _say(
                run,
                "said_listed",
                committed=int(counts.get("committed", 0)),
                named=int(counts.get("named", 0)),
            )
        )
    return Sentences(said)


def _by_kind(run: Run, rows: pd.DataFrame) -> str:
    """Say how many measures of each kind there are and what seats they add or take away.

    Seats added are not to be summed with seats moved or given up.
    """
    said = [
        _say(
            run,
            "said_kind",
            kind=terms.label("project_kind", str(kind), run.language),
            n=len(of_kind),
            seats=wording.total(of_kind["seats"], run.language),
        )
        for kind, of_kind in rows.groupby("kind")
    ]
    return ("；" if run.language == "zh" else "; ").join(said)


def residuals(run: Run) -> Sentences:
    """Say how many seats stay short, where most, and why."""
    table = run.tables["plan_residuals"]
    if run.tables["plan_status"].empty:
        return Sentences([])
    said = []
    for stage in ("primary", "junior"):
        rows = table[(table["scenario"] == run.parameters.scenario) & (table["stage"] == stage)]
        if rows.empty:
            said.append(_say(run, "said_no_residual", stage=stage_name(run, stage)))
            continue
        sums = rows.groupby("school_year", as_index=False)[["shortage"]].sum()
        most = sums.sort_values("shortage", kind="stable").iloc[-1]
        worst = rows.sort_values("shortage").iloc[-1]
        said.append(
            _say(
                run,
                "said_residual",
                stage=stage_name(run, stage),
                year=int(most["school_year"]),
                seats=number(run, most["shortage"]),
                reason=worst[f"reason_{run.language}"],
            )
        )
    return Sentences(said)


def guard(run: Run) -> Sentences:
    """Say which projects would stand half empty, committed ones too, and what waiting costs."""
    ours, table = chosen(run), run.tables["plan_projects"]
    committed = table[(table["status"] == "committed") & table["under_used"]]
    flagged = ours[ours["under_used"]]
    name = "project_name" if run.language == "zh" else "project_name_en"
    said = [
        _say(
            run,
            "said_flagged_committed",
            project=row[name],
            peak=int(row["peak_year"]),
            top=wording.percent(row["use_peak"], run.language, 0),
            use=wording.percent(row["use_plus10"], run.language, 0),
            year=int(row["plus10_year"]),
        )
        for row in committed.to_dict("records")
    ]
    said += [
        _say(
            run,
            "said_flagged",
            project=row[name],
            use=wording.percent(row["use_plus10"], run.language, 0),
            year=int(row["plus10_year"]),
        )
        for row in flagged.to_dict("records")
    ]
    if not ours.empty and flagged.empty:
        said.append(_say(run, "said_none_flagged"))
    waits = ours[ours["wait_cost_cny"].notna()]
    if not waits.empty:
        said.append(
            _say(
                run,
                "said_wait",
                cost=_money(run, float(waits["wait_cost_cny"].sum())),
                seats=number(run, float(waits["wait_seat_years"].clip(lower=0).sum())),
            )
        )
    return Sentences(said)


def triggers(run: Run) -> Sentences:
    """Say which later projects wait for a count, and from which number on."""
    table = run.tables["plan_triggers"]
    waiting = set(table.loc[table["decision"] == "trigger", "project_id"])
    rows = chosen(run)
    rows = rows[rows["project_id"].isin(waiting)]
    name = "project_name" if run.language == "zh" else "project_name_en"
    return Sentences(
        _say(
            run,
            "said_trigger",
            project=f"{row[name]} {int(row['finish_year'])}",
            text=row[f"trigger_{run.language}"],
        )
        for row in rows.to_dict("records")
    )


def unpriced(projects: pd.DataFrame) -> list[float]:
    """Return the missing costs of committed projects: a sum of the plan leaves them out."""
    rows = projects[(projects["status"] == "committed") & projects["cost_mid_cny"].isna()]
    return rows["cost_mid_cny"].astype("float64").tolist()


def money(run: Run) -> Sentences:
    """Say what the plan costs, what is not funded, and what spare seats cost to run."""
    table = run.tables["plan_money"]
    if table.empty:
        return Sentences([])
    said = [
        _say(
            run,
            "said_money",
            cost=wording.total(
                [float(table["cost_mid_cny"].sum()), *unpriced(run.tables["plan_projects"])],
                run.language,
                wording.money,
            ),
            low=_money(run, float(table["cost_low_cny"].sum())),
            high=_money(run, float(table["cost_high_cny"].sum())),
            price_year=int(table["price_year"].iloc[0]),
        )
    ]
    if table["gap_cny"].notna().any():
        said.append(_funding(run, float(table["gap_cny"].sum())))
    last = table.iloc[-1]
    said.append(
        _say(
            run,
            "said_spare",
            year=int(last["year"]),
            seats=number(run, float(last["spare_seats"])),
            cost=_money(run, float(last["spare_cost_cny"])),
            added=number(run, float(last["spare_seats_added"])),
        )
    )
    return Sentences(said)


def _funding(run: Run, gap: float) -> str:
    """Say whether the funds suffice, and which source is overdrawn when, by how much."""
    if gap <= 0:
        return _say(run, "said_funded")
    parts = overdrawn(run.tables["plan_money_sources"], run.language)
    return _say(run, "said_gap", gap=_money(run, gap), parts=parts)


def overdrawn(sources: pd.DataFrame, language: str) -> str:
    """Name every source that is to pay more than it has: year, both amounts, difference."""
    rows = sources[sources["over_spent"]].sort_values(["year", "funding_source"])
    parts = []
    for row in rows.to_dict("records"):
        known = row["funding_source"] != NOT_SECURED
        values = {
            "source": row["funding_source"],
            "year": int(row["year"]),
            "cost": wording.money(row["cost_mid_cny"], language),
            "funds": wording.money(row["cost_mid_cny"] + row["carried_cny"], language),
            "missing": wording.money(-row["carried_cny"], language),
        }
        key = "said_overdrawn" if known else "said_unsecured"
        parts.append(wording.say(f"planning.{key}", language, **values))
    return ("；" if language == "zh" else "; ").join(parts)


def staff(run: Run) -> Sentences:
    """Say how many teachers are needed in the year of most need."""
    table = run.tables["staff_need"]
    said = []
    for stage, rows in table.groupby("stage", sort=False):
        peak = rows.sort_values("teachers_needed", kind="stable").iloc[-1]
        last = rows.sort_values("school_year").iloc[-1]
        known = pd.notna(peak["teachers_now"])
        said.append(
            _say(
                run,
                "said_staff" if known else "said_staff_unknown",
                stage=stage_name(run, str(stage)),
                year=int(peak["school_year"]),
                needed=number(run, peak["teachers_needed"]),
                now=number(run, peak["teachers_now"]),
                short=number(run, peak["shortage"]),
                last=int(last["school_year"]),
                spare=number(run, last["surplus"]),
            )
        )
    return Sentences(said)


def methods(run: Run) -> Sentences:
    """Say how our plan stands beside the others on the same futures."""
    rows = {str(r["method"]): r for r in run.tables["plan_methods"].to_dict("records")}
    ours = rows.pop("robust", None)
    if ours is None:
        return Sentences([])
    said = []
    for method, row in rows.items():
        said.append(
            _say(
                run,
                "said_method",
                method=terms.label("plan_method", method, run.language),
                ratio=wording.number(
                    row["expected_cost_cny"] / ours["expected_cost_cny"], digits=2
                ),
                regret=_money(run, row["regret95_cny"]),
                ours=_money(run, ours["regret95_cny"]),
                futures=number(run, ours["futures"]),
            )
        )
    return Sentences(said)


def sensitivity(run: Run) -> Sentences:
    """Say whether other weights would change which plan is cheapest and which projects pay."""
    table = run.tables["plan_sensitivity"]
    if table.empty:
        return Sentences([])
    both = table[(table["cheapest"] == "robust") & (table["lowest_regret"] == "robust")]
    worst = table.sort_values("projects_kept", kind="stable").iloc[0]
    return Sentences(
        [
            _say(
                run,
                "said_sensitivity",
                cases=len(table),
                best=len(both),
                projects=int(worst["projects"]),
                kept=int(worst["projects_kept"]),
                weight=terms.label("plan_part", str(worst["weight"]), run.language),
                factor=number(run, float(worst["factor"]), 1),
            )
        ]
    )


def status(run: Run) -> Sentences:
    """Say how the plan was found and how close to the optimum it is proven to be."""
    rows = {str(r["item"]): r for r in run.tables["plan_status"].to_dict("records")}
    if "gap" not in rows:
        return Sentences([])
    text = rows["solver_status"]["text"]
    values = {
        "gap": wording.percent(rows["gap"]["value"], run.language, 2),
        "measures": number(run, rows["measures"]["value"]),
        "paths": number(run, rows["planning_paths"]["value"]),
    }
    said = [_say(run, "said_status", **values)]
    if text == "time_limit":
        said.append(_say(run, "said_time_limit"))
    return Sentences(said)


def changes(run: Run) -> Sentences:
    """Say how the plan differs from last year's, or that there is none to compare with."""
    table = run.tables["plan_changes"]
    if table.empty:
        return Sentences([_say(run, "said_no_earlier_plan")])
    counts = table["change"].value_counts()
    return Sentences(
        [
            _say(
                run,
                "said_changes",
                new=int(counts.get("new", 0)),
                dropped=int(counts.get("dropped", 0)),
                changed=int(counts.get("changed", 0)),
                same=int(counts.get("same", 0)),
            )
        ]
    )
