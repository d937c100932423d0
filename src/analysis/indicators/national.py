"""The same assessment for a nation's schools: ratios, compliance and CV by county and year.

Written for tables of millions of rows: a Polars plan over columns, two passes (the shortcut by
sums of squares loses digits), nothing looped. The caller scans or reads; nothing here touches a
file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.indicators.definitions import SEVEN, STAGES, TOLERANCE, number_or_none
from analysis.standards import RuleSet

if TYPE_CHECKING:
    import polars as pl

#: Columns the caller gives: one row a school, year and stage, the resources already split.
COLUMNS = (
    "county_id",
    "school_year",
    "stage",
    "school_id",
    "pupils",
    *(indicator.resource for indicator in SEVEN),
)
GROUP = ["county_id", "school_year", "stage"]


@dataclass(frozen=True)
class NationalResult:
    """``schools``: ratios, shortfalls and verdict of rows; ``counties``: CVs, verdict of groups.

    ``counties`` has, per county, year and stage, ``cv_L1`` to ``cv_L7``, ``schools``,
    ``schools_met``, ``schools_not_met``, ``schools_undetermined`` and ``verdict``.
    """

    schools: pl.DataFrame
    counties: pl.DataFrame


def _by_stage(rules: RuleSet, name: str) -> pl.Expr:
    """Return a norm as a column that depends on the stage; null where the rules have none."""
    import polars as pl

    expression = pl.lit(None, dtype=pl.Float64)
    for stage in STAGES:
        value = number_or_none(rules, name, stage)
        expression = pl.when(pl.col("stage") == stage).then(pl.lit(value)).otherwise(expression)
    return expression


def school_plan(rows: pl.LazyFrame, rules: RuleSet) -> pl.LazyFrame:
    """Return ratios, shortfalls, ``met``, ``lowest_share`` and the verdict of every row.

    ``L1`` to ``L7`` are the ratios; ``short_L1`` to ``short_L7`` what lacks to the threshold in
    the indicator's own unit: 0 where it is met, null where the ratio is not known.
    """
    import polars as pl

    floor = number_or_none(rules, "school_floor_share")
    minimum = number_or_none(rules, "school_indicators_met_minimum")
    some = pl.col("pupils") > 0
    values = {
        i.code: pl.when(some).then(i.factor * pl.col(i.resource) / pl.col("pupils")) for i in SEVEN
    }
    norms = {i.code: _by_stage(rules, i.threshold_name) for i in SEVEN}
    ratios = [pl.col(i.code) / norms[i.code] for i in SEVEN]
    met = pl.sum_horizontal([(r >= 1 - TOLERANCE).fill_null(value=False) for r in ratios])
    known = pl.sum_horizontal([r.is_not_null() for r in ratios])
    lacking = {
        f"short_{i.code}": pl.when(ratio >= 1 - TOLERANCE)
        .then(0.0)
        .when(ratio.is_not_null())
        .then(norms[i.code] * pl.col("pupils") / i.factor - pl.col(i.resource))
        for i, ratio in zip(SEVEN, ratios, strict=True)
    }
    plan = rows.with_columns(**values).with_columns(
        **lacking,
        met=met.cast(pl.Int8),
        known=known.cast(pl.Int8),
        lowest_share=pl.min_horizontal(ratios),
    )
    if floor is None or minimum is None:
        return plan.with_columns(verdict=pl.lit("not_applicable"))
    fails = (pl.col("known") - pl.col("met") > len(SEVEN) - minimum) | (
        pl.col("lowest_share") < floor - TOLERANCE
    ).fill_null(value=False)
    verdict = (
        pl.when(fails)
        .then(pl.lit("not_met"))
        .when(pl.col("known") < len(SEVEN))
        .then(pl.lit("undetermined"))
        .otherwise(pl.lit("met"))
    )
    return plan.with_columns(verdict=verdict)


def variation_plan(rows: pl.LazyFrame, **more: pl.Expr) -> pl.LazyFrame:
    """Return the seven pupil-weighted CVs of every county, year and stage, in two passes.

    A CV is null where a school of the group has no value or unknown pupils, and does not apply to a
    single school. A school without pupils takes no part; one of unknown pupils does.
    ``more`` are further columns to take over the same groups.
    """
    import polars as pl

    pupils = pl.col("pupils")
    totals = [
        (pl.col(i.resource).sum() / pupils.sum()).over(GROUP).alias(f"mean_{i.code}") for i in SEVEN
    ]
    spreads = {}
    for i in SEVEN:
        mean = pl.col(f"mean_{i.code}")
        each = pupils * (pl.col(i.resource) / pupils - mean) ** 2
        complete = (pl.col(i.resource).null_count() == 0) & (pupils.null_count() == 0)
        cv = (each.sum() / pupils.sum()).sqrt() / mean.first()
        # the order of sums differs from run to run in the last bit; 13 decimals hold
        spreads[f"cv_{i.code}"] = pl.when(complete).then(cv.round(13))
    return (
        rows.filter((pupils > 0) | pupils.is_null())
        .with_columns(totals)
        .group_by(GROUP)
        .agg(schools=pl.len(), **spreads, **more)
    )


def county_plan(schools: pl.LazyFrame, rules: RuleSet) -> pl.LazyFrame:
    """Return the CVs and the verdict of every county, year and stage."""
    import polars as pl

    counts = {
        f"schools_{word}": (pl.col("verdict") == word).sum()
        for word in ("met", "not_met", "undetermined")
    }
    plan = variation_plan(schools, **counts)
    limit = _by_stage(rules, "cv_limit")
    over = pl.any_horizontal([pl.col(f"cv_{i.code}") > limit + TOLERANCE for i in SEVEN])
    open_ = pl.any_horizontal([pl.col(f"cv_{i.code}").is_null() for i in SEVEN])
    several = pl.col("schools") > 1
    verdict = (
        pl.when((pl.col("schools_not_met") > 0) | (several & over.fill_null(value=False)))
        .then(pl.lit("not_met"))
        .when((pl.col("schools_undetermined") > 0) | (several & open_))
        .then(pl.lit("undetermined"))
        .otherwise(pl.lit("met"))
    )
    return plan.with_columns(verdict=verdict).sort(GROUP)


def national(rows: pl.LazyFrame | pl.DataFrame, rules: RuleSet) -> NationalResult:
    """Assess every school, county and year of a nation.

    Parameters
    ----------
    rows
        The columns of :data:`COLUMNS`, one row a school in scope, year and stage; resources are
        the stage's own part (see :mod:`analysis.indicators.resources`). Null is unknown.
    rules
        Rule set; the same norms hold for all counties.

    Returns
    -------
    NationalResult
        The numbers are those of :func:`analysis.indicators.indicators`, by test.
    """
    schools = school_plan(rows.lazy(), rules).collect()
    return NationalResult(schools, county_plan(schools.lazy(), rules).collect())
