"""The building plan: measures, optimiser, over-building guard, explanations, money and people."""

from analysis.planning.changes import plan_changes
from analysis.planning.document import parse_document
from analysis.planning.plan import building_plan
from analysis.planning.standalone import solve_instance

__all__ = ["building_plan", "parse_document", "plan_changes", "solve_instance"]
