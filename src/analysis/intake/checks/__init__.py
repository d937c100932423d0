"""Rules over several cells. One rule is one function; thresholds stand beside it with their source.

Rules come from the county checking notes of ``docs/methods/intake.md`` (grade D) unless a comment
says otherwise; every limit that is ours is marked as a tool default.
"""

from analysis.intake.checks.run import COUNTY_RULES, RULES, run
from analysis.intake.checks.sums import totals

__all__ = ["COUNTY_RULES", "RULES", "run", "totals"]
