"""Which schools the rules cover, and the reason for every one they do not (评估范围)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from analysis.indicators.definitions import STAGES
from analysis.indicators.resources import KEYS, STAGES_OF_KIND
from analysis.standards import RuleSet

_DETAILS = [
    "school_id",
    "town_id",
    "kind",
    "owner",
    "urban_rural",
    "built_year",
    "opened_year",
    "closed_year",
]
_BY_KIND = {"special": "special_school", "vocational": "vocational_school"}


def _choice(rules: RuleSet, name: str) -> str:
    found = rules.find(name)
    return "" if found is None else str(found.value)


def assessed_rows(
    pupils: pd.DataFrame, schools: pd.DataFrame, school_years: Collection[int]
) -> pd.DataFrame:
    """Return one row per school, year and compulsory stage, with the school's details.

    Every stage with pupils is a row. In the assessed years a stage that a school's kind teaches,
    but of which no pupils were given, is a row too, so that it shows as undetermined instead of
    disappearing; so is a special school, which is listed as out of scope.
    """
    given = pupils.loc[pupils["stage"].isin(STAGES), [*KEYS, "pupils", "classes"]]
    expected = [
        (school, stage)
        for school, kind in zip(schools["school_id"], schools["kind"], strict=True)
        for stage in STAGES_OF_KIND.get(str(kind), ("primary",) if kind == "special" else ())
        if stage in STAGES
    ]
    campus = set(schools.loc[schools["main_school_id"].notna(), "school_id"])
    added = [
        {"school_id": school, "school_year": year, "stage": stage}
        for year in sorted(school_years)
        for school, stage in _absent(given[given["school_year"] == year], expected, campus)
    ]
    rows = given
    if added:
        rows = pd.concat([given, pd.DataFrame(added, columns=KEYS)], ignore_index=True)
    return rows.merge(schools[_DETAILS], on="school_id", how="inner", validate="m:1")


def _absent(
    given: pd.DataFrame, expected: Iterable[tuple[str, str]], campus: Collection[str]
) -> list[tuple[str, str]]:
    """Return the stages expected in a year that has rows, but not given; a campus has its own."""
    if given.empty:
        return []
    seen = set(zip(given["school_id"], given["stage"], strict=True))
    schools = set(given["school_id"])
    return [
        (school, stage)
        for school, stage in expected
        if (school, stage) not in seen and not (school in schools and school in campus)
    ]


def with_scope(rows: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Add ``in_scope``, ``scope_reason`` and ``school_pupils`` (both stages) to assessed rows.

    Notes
    -----
    Left out of the seven indicators: special schools, vocational schools, and teaching points
    with fewer pupils than the norm ``teaching_point_pupils_min`` (河北 method, grade D). A
    100-pupil line belongs to funding, not to scope. Teaching points and private schools as a
    whole follow the norms ``teaching_points_in_scope`` and ``private_in_scope``.
    """
    grouped = rows.groupby(["school_id", "school_year"])["pupils"]
    total = grouped.transform("sum").where(grouped.transform("count") == grouped.transform("size"))
    points, private = _choice(rules, "teaching_points_in_scope"), _choice(rules, "private_in_scope")
    minimum = rules.value("teaching_point_pupils_min") if points == "over_minimum" else 0.0
    reason = pd.Series("ordinary", index=rows.index, dtype="str")
    # later lines win: the strongest reason is written last
    reason[rows["pupils"].isna()] = "pupils_unknown"
    if private == "no":
        reason[rows["owner"].isna()] = "owner_unknown"
        reason[rows["owner"] == "private"] = "private_excluded"
    teaching_point = rows["kind"] == "teaching_point"
    if points == "no":
        reason[teaching_point] = "teaching_point_excluded"
    else:
        reason[teaching_point & (total < minimum)] = "teaching_point_below_minimum"
    reason[rows["pupils"] == 0] = "no_pupils"
    reason[rows["opened_year"] > rows["school_year"]] = "not_open"
    reason[rows["closed_year"] <= rows["school_year"]] = "closed"
    reason[rows["kind"].isin(["kindergarten"])] = "not_compulsory"
    for kind, name in _BY_KIND.items():
        reason[rows["kind"] == kind] = name
    inside = reason.isin(["ordinary", "pupils_unknown", "owner_unknown"])
    return rows.assign(in_scope=inside, scope_reason=reason, school_pupils=total)
