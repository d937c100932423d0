"""Xuewei (学位): from a county's own spreadsheets to a defensible school building plan.

Researchers start here::

    import analysis
    county = analysis.open_area("demo")
    county.tables["enrolment"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.store import Run

__version__ = "0.1.0"
__all__ = ["__version__", "open_area"]


def open_area(area: str, **parameters: object) -> Run:
    """Open an area: its raw data is read into canonical tables if nobody has run it yet.

    Parameters
    ----------
    area
        Folder below ``data/raw``.
    **parameters
        Other fields of :class:`analysis.config.RunParameters`; by default those the area's
        ``area.toml`` gives.

    Raises
    ------
    AreaError
        There is no such area, or its ``area.toml`` is wrong.
    ParameterError
        A parameter is unknown, ill-typed or out of range.

    Examples
    --------
    >>> import analysis
    >>> town = analysis.open_area("lingshou")
    >>> town
    Run('lingshou_2014_central', 'Lingshou', rules='national_2017')
    >>> sorted(town.tables.totals["pupils"])
    [1441.0, 4719.0]
    >>> town.plan_end
    2019
    >>> "totals" in town.tables
    True
    >>> len(town.tables["schools"])  # absent: an empty table, not an error
    0
    """
    from analysis.store import open_run, project_root, read_area

    own = read_area(project_root(), area)
    defaults = {
        "base_year": own.base_year,
        "horizon_years": own.horizon_years,
        "plan_years": own.plan_years,
    }
    return open_run(area=area, **{**defaults, **parameters})
