"""The scenario explorer: move an assumption, see demand, gap, plan and cost."""

from analysis.explorer.levers import LEVERS, Lever, lever_values
from analysis.explorer.panel import AREA_VARIABLE, TEMPLATE_FOLDER, panel
from analysis.explorer.study import Outcome, ScenarioStudy

__all__ = [
    "AREA_VARIABLE",
    "LEVERS",
    "TEMPLATE_FOLDER",
    "Lever",
    "Outcome",
    "ScenarioStudy",
    "lever_values",
    "panel",
]
