"""Pupils and resources of each school by stage: campuses, splits of multi-stage schools."""

from __future__ import annotations

import pandas as pd

from analysis.standards import RuleSet
from analysis.tables import Tables
from analysis.terms import STAGE_GRADES

KEYS = ["school_id", "school_year", "stage"]
_SENIOR = "senior"
_STAGE_OF = {
    grade: stage
    for stage, grades in {**STAGE_GRADES, _SENIOR: (10, 11, 12)}.items()
    for grade in grades
}
#: The stages a school of each kind teaches.
STAGES_OF_KIND: dict[str, tuple[str, ...]] = {
    "primary": ("primary",),
    "teaching_point": ("primary",),
    "junior": ("junior",),
    "nine_year": ("primary", "junior"),
    "complete_secondary": ("junior", _SENIOR),
    "twelve_year": ("primary", "junior", _SENIOR),
}
_SHARED = ("teaching_m2", "sports_m2", "equipment_cny", "multimedia_rooms", "computers", "books")
_TEACHERS = (
    "full_time",
    "above_required_qualification",
    "backbone",
    "pe_and_arts",
    "pe_and_arts_shared",
    "certified",
    "trained",
    "senior_title",
)


def _sum_known(frame: pd.DataFrame, keys: list[str], columns: list[str]) -> pd.DataFrame:
    """Add up, and leave a sum unknown where a part of it is unknown."""
    grouped = frame.groupby(keys, sort=True)[columns]
    return grouped.sum(min_count=1).where(grouped.count().eq(grouped.size(), axis=0))


def merged_campuses(tables: Tables, rules: RuleSet) -> Tables:
    """Count campuses with their main school where the rule set says so (校区).

    By default the site is the unit (norm ``campus_rule`` is ``site``): a campus with its own rows
    is its own school, and one that teaches a single stage counts for that stage alone.
    """
    found = rules.find("campus_rule")
    schools = tables["schools"]
    if found is None or found.value != "merged" or schools["main_school_id"].isna().all():
        return tables
    main = schools.dropna(subset=["main_school_id"])
    moved = dict(zip(main["school_id"], main["main_school_id"], strict=True))
    changed: dict[str, pd.DataFrame] = {"schools": schools[~schools["school_id"].isin(moved)]}
    for name, keys in (
        ("enrolment", ["school_id", "school_year", "grade"]),
        ("teachers", KEYS),
        ("facilities", ["school_id", "school_year", "scope"]),
    ):
        frame = tables[name]
        frame = frame.assign(school_id=frame["school_id"].replace(moved))
        numbers = [c for c in frame.select_dtypes("number").columns if c not in keys]
        sums = _sum_known(frame, keys, numbers).reset_index()
        changed[name] = sums.reindex(columns=list(tables[name].columns))
    return tables.with_tables(changed)


def teaches(enrolment: pd.DataFrame) -> bool:
    """Tell whether any row of an enrolment is of a grade that belongs to a stage."""
    return bool(enrolment["grade"].isin(_STAGE_OF).any())


def stage_pupils(tables: Tables) -> pd.DataFrame:
    """Return pupils and classes by school, year and stage (senior included); unknown stays so."""
    enrolment = tables["enrolment"]
    rows = enrolment[enrolment["grade"].isin(_STAGE_OF)]
    if rows.empty:
        return pd.DataFrame(columns=[*KEYS, "pupils", "classes", "migrant_children"])
    rows = rows.assign(stage=rows["grade"].map(_STAGE_OF))
    return _sum_known(rows, KEYS, ["pupils", "classes", "migrant_children"]).reset_index()


def teacher_resources(tables: Tables) -> pd.DataFrame:
    """Return teachers by school, year and stage, each under the stage it was returned for."""
    return tables["teachers"][[*KEYS, *_TEACHERS]]


def facility_rows(tables: Tables, schools: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Return facilities with gymnasiums taken from teaching rooms and added to sports.

    Converted and leased grounds count for schools of dense city centres only (L5 relief); where
    they count, ``sports_relief_m2`` says how much.
    """
    facilities = tables["facilities"]
    teaching = facilities["teaching_area_m2"] - facilities["indoor_sports_m2"]
    relief = rules.find("dense_city_sports_relief")
    allowed = relief is not None and relief.value == "yes"
    dense = set(schools.loc[schools["dense_city_centre"] == "yes", "school_id"]) if allowed else ()
    # a relief nobody claims adds nothing; it is not a missing count
    extra = facilities[["leased_sports_m2", "converted_sports_m2"]].fillna(0.0).sum(axis=1)
    extra = extra.where(facilities["school_id"].isin(dense), 0.0)
    return facilities.assign(
        teaching_m2=teaching.where(teaching >= 0),
        sports_m2=facilities["sports_ground_m2"] + facilities["indoor_sports_m2"] + extra,
        sports_relief_m2=extra,
    )


def _stage_weights(rules: RuleSet) -> dict[str, float]:
    junior = rules.value("split_weight_junior_to_primary")
    senior = junior * rules.value("split_weight_senior_to_junior")
    return {"primary": 1.0, "junior": junior, _SENIOR: senior}


def stage_shares(pupils: pd.DataFrame, schools: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Return the share of a school's common resources that falls to each stage (拆分).

    The share of stage s is ``w_s n_s / sum(w_k n_k)`` over the stages the school teaches, with
    weights 1 : 1.1 : 1.32; the parts of a school add up to the whole. A stage the school's kind
    teaches but for which no pupils were given leaves the share unknown, except on a campus,
    which counts for the stages it has.
    """
    weights = _stage_weights(rules)
    pair = ["school_id", "school_year"]
    by_stage = {s: pupils[pupils["stage"] == s].set_index(pair)["pupils"] for s in weights}
    wide = pd.DataFrame(by_stage)
    reported = {stage: wide.index.isin(part.index) for stage, part in by_stage.items()}
    kind_of = dict(zip(schools["school_id"], schools["kind"], strict=True))
    kinds = [kind_of.get(s) for s in wide.index.get_level_values("school_id")]
    campus = set(schools.loc[schools["main_school_id"].notna(), "school_id"])
    on_campus = wide.index.get_level_values("school_id").isin(campus)
    unknown = pd.Series(False, index=wide.index)
    total = pd.Series(0.0, index=wide.index)
    stages = pd.Series(0, index=wide.index)
    for stage, weight in weights.items():
        expected = pd.Series(
            [stage in STAGES_OF_KIND.get(str(kind), ()) for kind in kinds], index=wide.index
        )
        absent = ~reported[stage]
        unknown |= (absent & expected & ~on_campus) | (~absent & wide[stage].isna())
        total += weight * wide[stage].where(reported[stage], 0.0).fillna(0.0)
        stages += (reported[stage] & ~(wide[stage] == 0)).astype(int)
    shares = wide.mul(pd.Series(weights)).div(total.where(total > 0), axis=0)
    shares = shares.where(~unknown, other=float("nan"))
    single = (stages <= 1) & ~unknown
    long = (
        shares.assign(several=~single)
        .reset_index()
        .melt([*pair, "several"], list(STAGE_GRADES), var_name="stage", value_name="share")
    )
    return long.assign(stage=long["stage"].astype("str"))


def facility_resources(rows: pd.DataFrame, shares: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Return the facilities of each school, year and stage and how they were split.

    Returns
    -------
    DataFrame
        ``KEYS``, the shared resources, ``sports_relief_m2`` and ``split_method``: ``none`` for a
        school of one stage, ``stage_returns`` where each stage was returned on its own,
        ``weights`` where the whole was split, ``unknown`` where it cannot be.
    """
    columns = [*_SHARED, "sports_relief_m2"]
    method = rules.find("split_method")
    prefer_returns = method is not None and method.value == "stage_returns"
    pair = ["school_id", "school_year"]
    whole = shares.merge(
        rows.loc[rows["scope"] == "school", [*pair, *columns]], on=pair, how="left", validate="m:1"
    )
    own = rows[rows["scope"] != "school"].rename(columns={"scope": "stage"})
    both = whole.merge(
        own[[*KEYS, *columns]], on=KEYS, how="left", suffixes=("", "_own"), validate="1:1"
    )
    own_given = both[[f"{c}_own" for c in _SHARED]].notna().any(axis=1)
    whole_given = both[list(_SHARED)].notna().any(axis=1)
    use_own = own_given & (~whole_given | prefer_returns | ~both["several"])
    share = both["share"].where(both["several"], 1.0)
    for column in columns:
        both[column] = (both[column] * share).where(~use_own, both[f"{column}_own"])
    several = both["several"]
    both["split_method"] = "none"
    both.loc[several & whole_given, "split_method"] = "weights"
    both.loc[several & share.isna(), "split_method"] = "unknown"
    both.loc[several & use_own, "split_method"] = "stage_returns"
    return both[[*KEYS, *columns, "split_method"]].assign(share=share)
