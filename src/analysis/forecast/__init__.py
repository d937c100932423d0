"""Seat-demand forecasts: norm, cohorts, scenarios, simulated paths, backtests."""

from analysis.forecast.demand import seat_demand
from analysis.forecast.model import CohortModel
from analysis.forecast.panel import Panel

__all__ = ["CohortModel", "Panel", "seat_demand"]
