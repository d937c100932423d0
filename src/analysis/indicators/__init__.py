"""The official assessment: ratios, compliance, variation, verdicts, and what it takes to pass."""

from analysis.indicators.steps import indicators

__all__ = ["indicators"]
