"""The official assessment: ratios, compliance, variation, verdicts, and what it takes to pass."""

from analysis.indicators.judging import assessment
from analysis.indicators.national import NationalResult, national
from analysis.indicators.passing import remedies
from analysis.indicators.report import assess_lines, assess_report
from analysis.indicators.steps import indicators

__all__ = [
    "NationalResult",
    "assess_lines",
    "assess_report",
    "assessment",
    "indicators",
    "national",
    "remedies",
]
