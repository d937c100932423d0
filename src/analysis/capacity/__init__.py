"""Capacity (学位供给与余缺): the ledger of seats, the two-sided gap, its risk and its warnings."""

from analysis.capacity.class_sizes import class_size_scenarios
from analysis.capacity.gap import gap_tables
from analysis.capacity.ledger import capacity_ledger
from analysis.capacity.risk import gap_risk
from analysis.capacity.step import both_sides, capacity_gap, seat_gap
from analysis.capacity.supply import seat_supply
from analysis.capacity.warnings import seat_warnings, warning_levels

__all__ = [
    "both_sides",
    "capacity_gap",
    "capacity_ledger",
    "class_size_scenarios",
    "gap_risk",
    "gap_tables",
    "seat_gap",
    "seat_supply",
    "seat_warnings",
    "warning_levels",
]
