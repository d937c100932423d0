"""Rule sets: norms as dated, sourced rows of data files, extended and overridden per area."""

from analysis.standards.rules import Norm, RuleSet, available, differences, load

__all__ = ["Norm", "RuleSet", "available", "differences", "load"]
