"""Seat-demand forecasts: norm, cohorts, scenarios, simulated paths, backtests."""

from analysis.forecast.demand import seat_demand
from analysis.forecast.model import CohortModel
from analysis.forecast.panel import Panel
from analysis.forecast.report import backtest_report
from analysis.forecast.tidy import tidy_remarks

__all__ = ["CohortModel", "Panel", "backtest_report", "seat_demand", "tidy_remarks"]
