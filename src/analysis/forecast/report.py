"""Backtest of any tidy table (``xuewei backtest``): rows in, accuracy rows out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.forecast.backtest import HORIZON, Case, cases, score_rows
from analysis.forecast.methods import BASELINES, Method
from analysis.forecast.tidy import read_tidy


def backtest_report(
    table: pd.DataFrame,
    births: pd.DataFrame | None = None,
    start_age: int | None = None,
    *,
    horizon: int = HORIZON,
    methods: Sequence[Method] = BASELINES,
    first_origin_year: int | None = None,
) -> list[dict[str, object]]:
    """Backtest our method and the baselines on a tidy enrolment table (滚动起点回测).

    Parameters
    ----------
    table
        ``area_id, year, enrolment`` and ``grade`` or ``age`` (one row per area, grade and year;
        a table without them is one grade), optionally ``level`` (name of a group of grades, or the
        kind of place) and ``parent_id`` (areas of one parent are shrunk towards it). Counts of one
        autumn. See :mod:`analysis.forecast.tidy`.
    births
        ``area_id, year, births`` and optionally ``month``: of the same areas, of their parents, or
        of the whole (any other ``area_id``), then shared by all areas.
    start_age
        Completed age at entry into the lowest grade; by default 6 for grade 1 and one year less
        for each grade below, or the lowest age.
    horizon
        Years ahead.
    methods
        Methods beside ours.
    first_origin_year
        First origin; by default the first with five years of history (four when years are few).

    Returns
    -------
    list of dict
        ``level, horizon, size_band, method, n, mape, wape, bias, coverage80, coverage95, width80,
        interval_score``; errors as fractions; None where a method gives no interval.

    Raises
    ------
    ParameterError
        The table cannot be read as such (see :func:`analysis.forecast.tidy.read_tidy`), or no
        forecast in it can be judged.
    """
    found: list[Case] = []
    for tidy in read_tidy(table, births, start_age):
        origins = None
        if first_origin_year is not None:
            origins = [y for y in tidy.panel.years[:-1] if y >= first_origin_year]
        made = cases(tidy.panel, tidy.levels, horizon=horizon, methods=methods, origins=origins)
        found.extend(made)
    rows = score_rows(found)
    if not rows:
        msg = (
            "No forecast in this table can be judged: no area has at least 30 pupils and counts "
            "in an origin year (with years before it) and in a year after it."
        )
        raise ParameterError(msg)
    return [{key: _plain(value) for key, value in row.items()} for row in rows]


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not np.isfinite(value) else value
