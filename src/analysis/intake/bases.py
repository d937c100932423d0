"""Which people a number counts: population bases side by side, births by year of school entry."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.tables import Note, StepResult, Tables, contract

#: Children enter in the autumn of the year in which they are six by 31 August (grade 1, age 6).
ENTRY_AGE = 6
#: Births of September to December miss the cut-off of their sixth year: a third of a year's births.
LATE_MONTHS, LATE_SHARE = 9, 1 / 3
_WIDE = ("resident", "urban_resident", "registered", "unstated")
_COMPULSORY = range(1, 10)


def bases(tables: Tables, *, basis: str = "resident", area: str = "") -> StepResult:
    """Set the population bases side by side and births on the entry cut-off (人口口径).

    Parameters
    ----------
    tables
        ``population``, ``births``, ``under_six``; ``enrolment`` with ``schools``, or ``totals``.
    basis
        The basis the area asks for; where the data lack it, the one with most rows is chosen, and
        a note says so. Bases are never mixed.
    area
        The county's code.

    Returns
    -------
    StepResult
        ``population_bases`` and ``births_rebased``.
    """
    notes: list[Note] = []
    chosen = _chosen(tables["population"], basis, notes)
    enrolled = _enrolled(tables, area)
    people = _population(tables, chosen, area, enrolled)
    children = _children(tables, area)
    if people.empty:
        notes.append(Note("intake.no_population", {}, ("population",), "gap"))
    if children.empty:
        notes.append(Note("intake.no_births", {}, ("births", "under_six"), "gap"))
    elif (children["method"] == "third_and_two_thirds").any():
        notes.append(Note("intake.births_split", {}, ("births",), "caution"))
    if (tables["population"]["basis"] == "unstated").any():
        notes.append(Note("intake.basis_unstated", {}, (), "caution"))
    return StepResult({"population_bases": people, "births_rebased": children}, tuple(notes))


def _chosen(population: pd.DataFrame, basis: str, notes: list[Note]) -> str:
    counts = population.dropna(subset=["persons"]).groupby("basis").size()
    if basis in counts.index or counts.empty:
        return basis
    other = str(counts.sort_index().idxmax())
    values = {"wanted_zh": _word(basis, "zh"), "wanted_en": _word(basis, "en")}
    values |= {"used_zh": _word(other, "zh"), "used_en": _word(other, "en")}
    notes.append(Note("intake.basis_replaced", values, ("population",), "caution"))
    return other


def _word(basis: str, language: str) -> str:
    from analysis.terms import label

    return label("population_basis", basis, language)


def _level(codes: Iterable[object], area: str, towns: set[str]) -> list[str]:
    return ["county" if str(c) == area or str(c) not in towns else "town" for c in codes]


def _enrolled(tables: Tables, area: str) -> pd.DataFrame:
    """Return pupils of compulsory education and of grade 1 by place and year."""
    enrolment = tables["enrolment"]
    rows = enrolment[enrolment["grade"].isin(_COMPULSORY)]
    if not rows.empty and tables.has("schools"):
        joined = rows.merge(tables["schools"][["school_id", "town_id"]], on="school_id", how="left")
        parts = [joined.assign(area_id=area), joined.rename(columns={"town_id": "area_id"})]
        together = pd.concat(parts, ignore_index=True).dropna(subset=["area_id"])
        entry = together["grade"] == 1
        together = together.assign(first=together["pupils"].where(entry), entry=entry)
        grouped = together.groupby(["area_id", "school_year"])
        sums = grouped[["pupils", "first"]].sum(min_count=1)
        # a sum that leaves an unknown grade out is no count of pupils
        full = grouped["pupils"].count() == grouped.size()
        sums["pupils"] = sums["pupils"].where(full)
        sums["first"] = sums["first"].where(grouped["first"].count() == grouped["entry"].sum())
        return sums.reset_index().rename(columns={"school_year": "year"})
    totals = tables["totals"]
    if totals.empty:
        return pd.DataFrame(columns=["area_id", "year", "pupils", "first"])
    entrants = totals["entrants"].where(totals["stage"] == "primary")
    both = totals.assign(first=entrants).groupby(["town_id", "school_year"])
    sums = both[["pupils", "first"]].sum(min_count=1)
    sums["pupils"] = sums["pupils"].where(both["pupils"].count() == 2)
    return sums.reset_index().rename(columns={"town_id": "area_id", "school_year": "year"})


def _population(tables: Tables, chosen: str, area: str, enrolled: pd.DataFrame) -> pd.DataFrame:
    item = contract("population_bases")
    population = tables["population"]
    if population.empty:
        return item.empty()
    wide = population.set_index(["town_id", "year", "basis"])["persons"].unstack()  # noqa: PD010
    wide = wide.reindex(columns=list(_WIDE)).reset_index().rename(columns={"town_id": "area_id"})
    wide = wide.merge(
        enrolled.rename(columns={"pupils": "enrolled"})[["area_id", "year", "enrolled"]],
        on=["area_id", "year"],
        how="left",
        validate="1:1",
    )
    towns = set(tables["towns"]["town_id"])
    wide["level"] = _level(wide["area_id"], area, towns)
    wide["registered_to_resident"] = wide["registered"] / wide["resident"].where(
        wide["resident"] > 0
    )
    if chosen in wide:
        wide["chosen_basis"] = chosen
        wide["chosen_persons"] = wide[chosen]
        people = wide[chosen].where(wide[chosen] > 0)
        wide["enrolled_per_thousand"] = wide["enrolled"].astype(float) / people * 1000
    return item.frame(wide)


def _children(tables: Tables, area: str) -> pd.DataFrame:
    """Return children by place and year of entry, from births or a register of ages."""
    item = contract("births_rebased")
    parts = [part for part in (_from_births(tables), _from_register(tables)) if not part.empty]
    if not parts:
        return item.empty()
    children = pd.concat(parts, ignore_index=True)
    enrolled = _enrolled(tables, area).rename(columns={"year": "entry_year", "first": "entrants"})
    children = children.merge(
        enrolled[["area_id", "entry_year", "entrants"]],
        on=["area_id", "entry_year"],
        how="left",
        validate="m:1",
    )
    known = children["children"].where(children["children"] > 0)
    children["entry_ratio"] = children["entrants"].astype(float) / known
    children["level"] = _level(children["area_id"], area, set(tables["towns"]["town_id"]))
    return item.frame(children)


def _from_births(tables: Tables) -> pd.DataFrame:
    births = tables["births"].dropna(subset=["births"])
    if births.empty:
        return pd.DataFrame()
    return pd.concat([_by_month(births), _by_year(births)], ignore_index=True)


def _by_month(births: pd.DataFrame) -> pd.DataFrame:
    """Add up the twelve months from September to August that make one year of entry."""
    months = births[births["month"] > 0]
    late = (months["month"] >= LATE_MONTHS).astype(int)
    rows = months.assign(entry_year=months["year"] + ENTRY_AGE + late)
    grouped = rows.groupby(["town_id", "entry_year", "basis"])["births"]
    sums = grouped.sum()[grouped.size() == 12].reset_index()
    return sums.rename(columns={"town_id": "area_id", "births": "children"}).assign(
        method="monthly"
    )


def _by_year(births: pd.DataFrame) -> pd.DataFrame:
    """Split calendar years: two thirds of one and a third of the year before enter together."""
    columns = ["town_id", "basis"]
    monthly = set(births.loc[births["month"] > 0, columns].itertuples(index=False, name=None))
    years = births[births["month"] == 0]
    only = [key not in monthly for key in years[columns].itertuples(index=False, name=None)]
    years = years.loc[pd.Series(only, index=years.index, dtype=bool)]
    years = years[["town_id", "year", "basis", "births"]]
    before = years.assign(year=years["year"] + 1)
    pairs = years.merge(before, on=["town_id", "year", "basis"], suffixes=("", "_before"))
    return pd.DataFrame(
        {
            "area_id": pairs["town_id"],
            "entry_year": pairs["year"] + ENTRY_AGE,
            "basis": pairs["basis"],
            "children": pairs["births"] * (1 - LATE_SHARE) + pairs["births_before"] * LATE_SHARE,
            "method": "third_and_two_thirds",
        }
    )


def _from_register(tables: Tables) -> pd.DataFrame:
    """Take the latest count of each year of entry from a register of ages at 31 August."""
    register = tables["under_six"].dropna(subset=["children"])
    if register.empty:
        return pd.DataFrame()
    rows = register.assign(entry_year=register["year"] + ENTRY_AGE - register["age"])
    rows = rows.sort_values("year", kind="stable")
    last = rows.drop_duplicates(["town_id", "entry_year", "basis"], keep="last")
    return pd.DataFrame(
        {
            "area_id": last["town_id"],
            "entry_year": last["entry_year"],
            "basis": last["basis"],
            "children": last["children"],
            "method": "register",
            "age_counted": last["age"].astype(float),
            "year_counted": last["year"].astype(float),
        }
    )
