"""Tables of notebook 50: ledger, warnings, schools, special rooms."""

from __future__ import annotations

import pandas as pd

from analysis import figures, wording
from analysis.store import Run
from analysis.tables import contract

_ORDER = ("red", "amber", "blue", "undetermined", "green")


def _say(run: Run, key: str, **values: object) -> str:
    return wording.say(f"capacity.{key}", run.language, **values)


#: Units counted in whole things: a reader never sees a third of a pupil or of a room.
_WHOLE = ("人", "个", "间")


def whole(frame: pd.DataFrame, of: str) -> pd.DataFrame:
    """Round pupils, seats, rooms and classes to whole ones, for display only."""
    columns = [
        c.name
        for c in contract(of).columns
        if c.kind == "number" and c.unit in _WHOLE and c.name in frame
    ]
    return frame.assign(**{name: frame[name].round(0) for name in columns})


def places(run: Run, table: str) -> pd.DataFrame:
    """Return the towns' rows of the run's scenario, or the area's where there are no towns."""
    rows = run.tables[table]
    if "scenario" in rows:
        rows = rows[rows["scenario"] == run.parameters.scenario]
    towns = rows[rows["level"] == "town"]
    return towns if not towns.empty else rows


def level_limits(run: Run) -> dict[str, str]:
    """Return the limits of the warning levels as written."""
    norms = {"red": "red_from", "amber": "amber_from", "blue": "blue_below"}
    return {
        name: wording.percent(run.rules.value(f"warning_{norm}"), run.language, 0)
        for name, norm in norms.items()
    }


def ledger(run: Run) -> figures.Shown:
    """Show the capacity ledger."""
    columns = (
        "school_id",
        "town_id",
        "stage",
        "pupils",
        "classes",
        "classrooms",
        "unsafe_classrooms",
        "temporary_classrooms",
        "usable_classrooms",
        "seats_available",
        "seats_within_norms",
        "limit_reason",
        "utilisation_rate",
        "basis",
    )
    return figures.result_table(
        run,
        "capacity_ledger",
        frame=whole(run.tables["capacity_ledger"], "capacity_ledger"),
        columns=columns,
        note=_say(run, "ledger_note"),
        rows=20,
    )


def warnings(run: Run) -> figures.Shown:
    """Show one row a town and stage: warning, its probability, years, latest starts, schools."""
    rows = places(run, "seat_warnings")
    columns = (
        "area_id",
        "stage",
        "school_year",
        "warning",
        "utilisation_rate",
        "probability_red",
        "probability_blue",
        "first_short_year",
        "largest_shortage",
        "largest_surplus",
        "latest_new_build_year",
        "latest_expansion_year",
        "schools",
    )
    order = {level: place for place, level in enumerate(_ORDER)}
    rows = rows.assign(order=rows["warning"].map(order)).sort_values(
        ["order", "utilisation_rate"], ascending=[True, False]
    )
    return figures.result_table(
        run,
        "seat_warnings",
        frame=whole(rows.drop(columns="order"), "seat_warnings"),
        columns=columns,
        title=_say(run, "warnings_title"),
        note=_say(run, "tiles_note", **level_limits(run)),
    )


def schools(run: Run) -> figures.Shown:
    """Show the schools with the largest shortages in the year warnings look at."""
    rows = run.tables["gap_schools"]
    warned = run.tables["seat_warnings"]
    if rows.empty or warned.empty:
        return figures.nothing(run)
    year = int(warned["school_year"].max())
    rows = rows[(rows["scenario"] == run.parameters.scenario) & (rows["school_year"] == year)]
    rows = rows[rows["shortage"] > 0].sort_values("shortage", ascending=False)
    columns = (
        "school_id",
        "town_id",
        "stage",
        "pupils",
        "seats_available",
        "shortage",
        "shortage_share",
        "classes_required",
        "usable_classrooms",
        "classrooms_short",
        "warning",
    )
    return figures.result_table(
        run,
        "gap_schools",
        frame=whole(rows, "gap_schools"),
        columns=columns,
        title=_say(run, "schools_title", year=year),
        note=_say(run, "schools_note"),
        rows=15,
    )


def special_rooms(run: Run) -> figures.Shown:
    """Show the schools that lack music and art rooms."""
    rows = run.tables["special_room_need"]
    rows = rows[(rows["rooms_short"] > 0) | (rows["rooms_short_peak"] > 0)]
    return figures.result_table(
        run, "special_room_need", frame=rows, title=_say(run, "special_title"), rows=15
    )
