"""Seats by the planning norm (千人指标) as the plan uses them: for comparison, never as demand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import terms, wording
from analysis.tables import Note, Tables

#: Population the norm is read on, best first: the rule asks for residents.
BASES = ("resident", "urban_resident", "registered", "unstated")


def latest_norm(tables: Tables, basis: str) -> pd.DataFrame:
    """Return ``norm_demand`` of one basis in its latest year."""
    norm = tables["norm_demand"].dropna(subset=["seats", "persons"])
    norm = norm[norm["basis"] == basis]
    return norm[norm["year"] == norm["year"].max()] if not norm.empty else norm


def usual_norm(tables: Tables) -> pd.DataFrame:
    """Return the norm on the best basis there is; empty if there is none."""
    for basis in BASES:
        found = latest_norm(tables, basis)
        if not found.empty:
            return found
    return tables["norm_demand"].head(0)


def norm_notes(tables: Tables) -> list[Note]:
    """Say what the norm asks for, on resident and on urban population where they are known."""
    notes = []
    for basis in BASES[:2] if not latest_norm(tables, "resident").empty else BASES:
        norm = latest_norm(tables, basis)
        county = norm[norm["level"] == "county"]
        norm = norm if county.empty else county
        if norm.empty:
            continue
        seats = norm.groupby("stage")["seats"].sum()
        persons = norm.groupby("stage")["persons"].sum().max()
        labels = [terms.label("population_basis", basis, language) for language in ("zh", "en")]
        values = {
            "year": int(norm["year"].iloc[0]),
            "basis": labels[0],
            "basis_en": labels[1],
            "persons": wording.number(float(persons)),
            "primary": wording.number(float(seats.get("primary", np.nan))),
            "junior": wording.number(float(seats.get("junior", np.nan))),
        }
        notes.append(Note("planning.norm_statement", values, (), "info"))
    return notes
