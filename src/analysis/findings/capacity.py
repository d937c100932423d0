"""Sentences of notebook 50: seats, the two-sided gap, warnings, schools, smaller classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis import terms, wording
from analysis.findings.sentences import Sentences, number, place_name, stage_name
from analysis.store import Run

STAGES = ("primary", "junior")
_MOST_SENTENCES = 8


def _say(run: Run, key: str, **values: object) -> str:
    return wording.say(f"capacity.{key}", run.language, **values)


def _percent(run: Run, value: float) -> str:
    return wording.percent(value, run.language, 0)


def _county(run: Run, table: str) -> pd.DataFrame:
    """Return the county's rows of the run's scenario."""
    rows = run.tables[table]
    rows = rows[rows["level"] == "county"]
    return rows[rows["scenario"] == run.parameters.scenario] if "scenario" in rows else rows


def supply(run: Run) -> Sentences:
    """Say how many seats there are, and what stands apart from them."""
    ledger, base = run.tables["capacity_ledger"], run.parameters.base_year
    table = run.tables["seat_supply"]
    table = table[table["level"] == "county"]
    said: list[str] = []
    for stage in STAGES:
        own = ledger[ledger["stage"] == stage]
        now = table[(table["stage"] == stage) & (table["school_year"] == base)]
        if own.empty:
            said += _published_seats(run, now, stage)
            continue
        said += _counted_seats(run, own, stage)
        said += _apart(run, own, stage)
        later = table[(table["stage"] == stage) & (table["school_year"] == run.plan_end)]
        coming = later["seats_committed"].sum()
        if coming > 0:
            said.append(
                _say(
                    run,
                    "committed_sentence",
                    stage=stage_name(run, stage),
                    year=run.plan_end,
                    seats=number(run, coming),
                )
            )
    return Sentences(said) + totals(run)


def _published_seats(run: Run, now: pd.DataFrame, stage: str) -> list[str]:
    if now.empty or now["seats_available"].isna().all():
        return []
    seats = number(run, now["seats_available"].iloc[0])
    return [_say(run, "seats_total_sentence", stage=stage_name(run, stage), seats=seats)]


def _counted_seats(run: Run, own: pd.DataFrame, stage: str) -> list[str]:
    unknown = int(own["seats_available"].isna().sum())
    values = {"stage": stage_name(run, stage), "schools": number(run, len(own))}
    seats = number(run, own["seats_available"].sum())
    if unknown:
        return [_say(run, "supply_unknown_sentence", **values, unknown=unknown, seats=seats)]
    return [
        _say(
            run,
            "supply_sentence",
            **values,
            rooms=number(run, own["usable_classrooms"].sum()),
            cap=number(run, own["class_size_max"].iloc[0]),
            seats=seats,
            temporary=number(run, own["seats_temporary"].sum(min_count=1)),
            unsafe=number(run, own["seats_unsafe"].sum(min_count=1)),
        )
    ]


def _apart(run: Run, own: pd.DataFrame, stage: str) -> list[str]:
    """Say start-up vacancy and what the second ceiling takes."""
    said = []
    new = own[own["start_up"]]
    if not new.empty:
        said.append(
            _say(
                run,
                "start_up_sentence",
                stage=stage_name(run, stage),
                schools=len(new),
                seats=number(run, new["start_up_vacancy"].sum()),
            )
        )
    bound = own[own["seats_within_norms"] < own["seats_available"]]
    if not bound.empty:
        less = (bound["seats_available"] - bound["seats_within_norms"]).sum()
        reason = str(bound["limit_reason"].mode().iloc[0])
        said.append(
            _say(
                run,
                "ceiling_sentence",
                stage=stage_name(run, stage),
                count=len(bound),
                within=number(run, own["seats_within_norms"].sum()),
                less=number(run, less),
                reason=terms.label("seat_limit", reason, run.language),
            )
        )
    return said


def totals(run: Run) -> Sentences:
    """Say class sizes against the cap where only totals are known, and what is missing."""
    if not run.tables["capacity_ledger"].empty:
        return Sentences([])
    gap = run.tables["seat_gap"]
    rows = gap[gap["scenario"] == "central"]
    supplied = run.tables["seat_supply"].drop_duplicates(["area_id", "stage"])
    said = []
    given = run.tables["totals"]
    for row in supplied.to_dict("records"):
        own = given[(given["town_id"] == row["area_id"]) & (given["stage"] == row["stage"])]
        own = own[own["classes"].notna() & own["pupils"].notna()]
        own = own[own["school_year"] <= run.parameters.base_year].sort_values("school_year")
        if own.empty or own["classes"].iloc[-1] == 0:
            continue
        last = own.iloc[-1]
        needed = rows[
            (rows["area_id"] == row["area_id"])
            & (rows["stage"] == row["stage"])
            & (rows["school_year"] == last["school_year"])
        ]["classes_required"]
        if needed.empty:
            continue
        said.append(_totals_sentence(run, row, last, float(needed.iloc[0])))
    if said and run.tables["seat_supply"]["seats_available"].isna().all():
        said.append(_say(run, "totals_missing"))
    return Sentences(said)


def _totals_sentence(run: Run, row: dict[Any, Any], last: pd.Series[Any], needed: float) -> str:
    cap = run.rules.value("class_size_max", str(row["stage"]))
    size = last["pupils"] / last["classes"]
    more = needed - last["classes"]
    return _say(
        run,
        "totals_sentence",
        place=place_name(run, row["area_id"]),
        stage=stage_name(run, row["stage"]),
        year=last["school_year"],
        pupils=number(run, last["pupils"]),
        classes=number(run, last["classes"]),
        size=number(run, size, 1),
        cap=number(run, cap),
        verdict=_say(run, "totals_over" if size > cap else "totals_within"),
        needed=number(run, needed),
        more=_say(run, "totals_more", count=number(run, more))
        if more > 0
        else _say(run, "totals_enough"),
    )


def norm(run: Run) -> Sentences:
    """Say what the planning norm asks beside the seats that are there."""
    table = run.tables["norm_gap"]
    rows = table[table["level"] == "county"]
    said = []
    rows = (rows if not rows.empty else table).sort_values(
        ["stage"], ascending=False, kind="stable"
    )
    for row in rows.to_dict("records"):
        known = np.isfinite(row["seats_available"])
        seats = _say(
            run,
            "norm_seats_known" if known else "norm_seats_unknown",
            **({"seats": number(run, row["seats_available"])} if known else {}),
        )
        said.append(
            _say(
                run,
                "norm_sentence",
                place=place_name(run, row["area_id"]),
                stage=stage_name(run, row["stage"]),
                norm=number(run, row["norm_seats"]),
                basis=terms.label("population_basis", row["basis"], run.language),
                year=row["year"],
                seats=seats,
            )
        )
    return Sentences(said[:_MOST_SENTENCES])


def gap(run: Run) -> Sentences:
    """Say the shortage and the surplus of each stage: now, at the end of the plan, at most."""
    table = _county(run, "seat_gap")
    said = []
    for stage in STAGES:
        rows = table[table["stage"] == stage].sort_values("school_year")
        if rows.empty or rows["shortage_known"].isna().all():
            continue
        wanted = {run.parameters.base_year, min(run.plan_end, int(rows["school_year"].max()))}
        chosen = rows[rows["school_year"].isin(wanted)].to_dict("records")
        said += [_gap_sentence(run, row) for row in chosen]
        known = rows[rows["shortage"].notna()].reset_index(drop=True)
        if len(known) > 1 and known["shortage"].max() > 0:
            said.append(_largest(run, known, stage))
        last = rows.iloc[-1] if run.plan_end > rows["school_year"].max() else None
        end = rows[rows["school_year"] == run.plan_end].iloc[0] if last is None else last
        if np.isfinite(end["classrooms_short"]):
            said.append(
                _say(
                    run,
                    "gap_rooms",
                    stage=stage_name(run, stage),
                    year=end["school_year"],
                    classes=number(run, end["classes_required"]),
                    rooms=number(run, end["classrooms_short"]),
                    spare=number(run, end["classrooms_spare"]),
                )
            )
    return Sentences(said)


def _gap_sentence(run: Run, row: dict[Any, Any]) -> str:
    known = np.isfinite(row["shortage"])
    return _say(
        run,
        "gap_sentence" if known else "gap_unknown",
        stage=stage_name(run, row["stage"]),
        year=row["school_year"],
        short=number(run, row["shortage_known"]),
        spare=number(run, row["surplus_known"]),
    )


def _largest(run: Run, rows: pd.DataFrame, stage: str) -> str:
    most = rows.iloc[int(rows["shortage"].to_numpy().argmax())]
    spare = rows.iloc[int(rows["surplus"].to_numpy().argmax())]
    return _say(
        run,
        "gap_largest",
        stage=stage_name(run, stage),
        year=most["school_year"],
        short=number(run, most["shortage"]),
        spare_year=spare["school_year"],
        spare=number(run, spare["surplus"]),
    )


def risk(run: Run) -> Sentences:
    """Say the probability of a shortage in the year warnings look at."""
    table, warned = _county(run, "gap_risk"), run.tables["seat_warnings"]
    said = []
    for stage in STAGES:
        years = warned.loc[warned["stage"] == stage, "school_year"]
        rows = table[(table["stage"] == stage) & table["probability_short"].notna()]
        rows = rows[rows["school_year"].isin(years)]
        said += [_risk_sentence(run, row) for row in rows.to_dict("records")[:1]]
    return Sentences(said)


def _risk_sentence(run: Run, row: dict[Any, Any]) -> str:
    return _say(
        run,
        "risk_sentence",
        stage=stage_name(run, row["stage"]),
        year=row["school_year"],
        probability=_percent(run, row["probability_short"]),
        expected=number(run, row["expected_shortage"]),
        p80=number(run, row["shortage_p80"]),
        spare=number(run, row["expected_surplus"]),
    )


def warnings(run: Run) -> Sentences:
    """Say which towns are red, amber and blue, why, and the latest safe start."""
    table = run.tables["seat_warnings"]
    towns = table[table["level"] == "town"]
    rows = towns if not towns.empty else table
    if rows.empty:
        return Sentences([])
    said = []
    for level in ("red", "amber", "blue"):
        own = rows[rows["warning"] == level].sort_values(
            "utilisation_rate", ascending=level == "blue"
        )
        said += [_warning_sentence(run, r) for r in own.to_dict("records")[:_MOST_SENTENCES]]
    unknown = int((rows["warning"] == "undetermined").sum())
    if unknown:
        said.append(_say(run, "warning_undetermined", count=unknown))
    elif not said:
        said.append(_say(run, "warning_none", year=rows["school_year"].iloc[0]))
    return Sentences(said) + levels(run)


def levels(run: Run) -> Sentences:
    """Say the warning levels and that they are the tool's own."""
    names = {"red": "red_from", "amber": "amber_from", "blue": "blue_below"}
    values = {
        name: _percent(run, run.rules.value(f"warning_{norm}")) for name, norm in names.items()
    }
    years = number(run, run.rules.value("warning_years_ahead"))
    return Sentences([_say(run, "warning_levels", **values, years=years)])


def _warning_sentence(run: Run, row: dict[Any, Any]) -> str:
    level = str(row["warning"])
    shown = "red" if level == "amber" else level
    schools = (
        _say(run, "warning_schools", schools=row["schools"])
        if isinstance(row["schools"], str)
        else ""
    )
    values = {
        "place": place_name(run, row["area_id"]),
        "stage": stage_name(run, row["stage"]),
        "year": row["school_year"],
        "rate": _percent(run, row["utilisation_rate"]),
        "probability": _percent(run, row[f"probability_{shown}"]),
        "schools": schools,
    }
    if level == "blue":
        return _say(run, "warning_blue", **values, spare=number(run, row["largest_surplus"]))
    return _say(run, f"warning_{level}", **values, latest=_latest(run, row))


def _latest(run: Run, row: dict[Any, Any]) -> str:
    state = str(row["slowest_in_time"])
    if state in ("none_needed", "unknown"):
        return ""
    short_year = row["first_short_year"]
    short_year = short_year if np.isfinite(short_year) else row["first_risk_year"]
    start = row.get(f"latest_{state}_year", float("nan"))
    return _say(
        run,
        f"latest_{state}",
        short_year=int(short_year),
        **({"start": int(start)} if np.isfinite(start) else {}),
    )


def class_sizes(run: Run) -> Sentences:
    """Say what smaller classes would need at the end of the plan, and special rooms."""
    table = run.tables["class_size_scenarios"]
    rows = table[(table["level"] == "county") & table["classrooms_short"].notna()]
    said = []
    for stage in STAGES:
        own = rows[(rows["stage"] == stage) & (rows["school_year"] == run.plan_end)]
        for row in own.sort_values("class_size", ascending=False).to_dict("records"):
            if row["is_norm"]:
                continue
            said.append(
                _say(
                    run,
                    "class_size_sentence",
                    stage=stage_name(run, stage),
                    year=row["school_year"],
                    size=row["class_size"],
                    classes=number(run, row["classes_required"]),
                    rooms=number(run, row["classrooms_short"]),
                    short=number(run, row["shortage"]),
                )
            )
    return Sentences(said) + special_rooms(run)


def special_rooms(run: Run) -> Sentences:
    """Say how many music and art rooms are missing."""
    table = run.tables["special_room_need"]
    if table.empty:
        return Sentences([])
    each = number(run, run.rules.value("classes_per_special_room"))
    if table["rooms"].isna().all():
        needed = number(run, table["rooms_needed"].sum())
        return Sentences([_say(run, "special_needed", needed=needed, each=each)])
    return Sentences(
        [
            _say(
                run,
                "special_sentence",
                now=number(run, table["rooms_short"].sum()),
                peak=number(run, table["rooms_short_peak"].sum()),
                each=each,
            )
        ]
    )
