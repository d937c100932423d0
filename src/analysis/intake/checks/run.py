"""The list of rules over rows and tables, in the order they are applied."""

from __future__ import annotations

from collections.abc import Callable

from analysis.intake.checks import (
    areas,
    codes,
    gaps,
    joins,
    names,
    pupils,
    scale,
    schools,
    staff,
    sums,
    wholes,
)
from analysis.intake.found import Findings
from analysis.intake.resolve import Records

Rule = Callable[[Records, Findings], None]
CountyRule = Callable[[Records, Findings, str], None]
#: A rule that sets a value aside comes before the rules that would trip over it.
RULES: tuple[Rule, ...] = (
    wholes.percent_units,
    wholes.rates,
    scale.columns_in_wan,
    scale.unit_slips,
    schools.all_zero,
    wholes.parts_of_wholes,
    wholes.parts_together,
    areas.divisions,
    wholes.isolated_years,
    staff.years_to_come,
    staff.pupils_per_teacher,
    pupils.without_classes,
    pupils.class_sizes,
    pupils.mixed_stages,
    pupils.jumps,
    pupils.entry_and_leaving,
    names.scripts,
    codes.lengths,
    codes.declared,
    schools.same_name,
    schools.coordinates,
    schools.no_equipment,
    sums.registers,
    sums.bands,
    sums.school_totals,
    sums.months_and_year,
    scale.yearly_jumps,
    gaps.products,
    gaps.parts_of_items,
)
#: Rules that must know the county's own code.
COUNTY_RULES: tuple[CountyRule, ...] = (
    joins.unknown_places,
    sums.place_totals,
    sums.towns_and_county,
)


def run(records: Records, found: Findings, area_code: str) -> None:
    """Apply every rule that looks across rows and tables."""
    for county_rule in COUNTY_RULES:
        county_rule(records, found, area_code)
    for rule in RULES:
        rule(records, found)
